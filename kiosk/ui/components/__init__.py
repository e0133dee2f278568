"""The few painted parts that pages are made of. They know the theme, and no screen."""
