"""Requests that come twice, late, in another order, in pieces, or that are rubbish: one effect each.

Terminals with their real store and sync send to the real server application. Between them a network repeats
and delays whatever it likes, for ever. At the end the tables must be those of a server that got every request
once and in order: `python -m laws.requests --requests N`.
"""
