"""The trade: pure values and rules, shared by the terminal and the server.

Nothing here asks for the time, throws a dice, opens a file or a socket. Amounts are integers in minor
units (cents) and say so in their name (`..._minor`); instants are integers in milliseconds UTC (`..._ms`).
"""
