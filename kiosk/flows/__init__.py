"""Decisions, pure: what happened goes in, facts, commands and a screen come out. No clock, no I/O.

Read `customer.py` from top to bottom to know the business.
"""
