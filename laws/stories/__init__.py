"""Stories: terminals, server, devices, customers, network and clocks in one world that lives from one seed.

The parts are the real ones; only threads, wires and time are given to them here. No thread, no network, no
real time.
"""
