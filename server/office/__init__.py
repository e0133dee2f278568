"""What the server does, as plain functions: each takes a connection (a transaction) and the instant.

Who calls them (a terminal, a person, the command line) and how the answer is sent is none of their business.
"""
