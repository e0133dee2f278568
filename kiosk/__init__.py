"""The terminal: a touchscreen in the street that takes money and gives release codes."""
