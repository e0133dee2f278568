"""The acceptor's counter: every value, every gap, every reset, every place where the program can die.

`python -m laws.counters` lives through the whole product of them. The driver, the session and the journal on
its file are the real ones; the acceptor is simulated below the wire. Stories of whole payments are not here.
"""
