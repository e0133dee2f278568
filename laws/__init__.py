"""The harness: the laws that the whole system must keep, and the rooms that look for what breaks one.

Each room looks in its own way; `python -m laws` lives stories of the whole system (`laws/stories/`). It may
import everything and is imported by nothing: the product does not know that it is watched. What all rooms
share (`tally.py`) stands here.
"""
