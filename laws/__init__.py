"""The whole system from one seed, and the laws that it must keep whatever happens.

`python -m laws --seed N` lives one story again exactly, `--seeds A..B` lives many. It may import everything
and is imported by nothing: the product does not know that it is watched. No thread, no network, no real time.
"""
