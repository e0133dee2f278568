"""The other end of each wire: simulated devices, their faults, a scripted street and a panel.

It speaks the real protocols over real wires (pty, TCP) with the terminal's own codecs in the opposite role.
It knows nothing of decisions, journal or server.
"""
