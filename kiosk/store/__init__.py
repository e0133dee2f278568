"""What the terminal keeps on its disk: the journal, the books, and what is derived from them.

One SQLite file, written by one thread. WAL with synchronous=FULL: a step is one transaction and one sync.
"""
