"""Power cuts, failing disks and damaged pages under the real stores of terminal and server.

`python -m laws.power_cuts --states N --seed S` plays scenarios on a watched disk, makes states that a power
cut may leave at every boundary between two writes, opens each with the real store, and checks the laws.
"""
