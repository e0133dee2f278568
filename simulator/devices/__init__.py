"""Simulated devices: each speaks its real protocol, and each has its faults as switches.

A device's logic takes bytes and a clock and gives bytes: it needs no thread. What puts it on a real wire
(`pty_wire.py` for serial lines) is a thin thread around it.
"""
