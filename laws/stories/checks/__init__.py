"""The laws, each with a checker of its own: they read the journal, the server's tables and the coins.

None of them asks the program what it thinks. `ledger.py` reads a journal and hands every entry to the
checkers of its terminal, so that what holds at every prefix is demanded at every prefix.
"""
