"""The central server: clamps, codes and fines go down to the terminals, facts come up from them.

`api` speaks with terminals, `pages` with people, `office` does the work, `store` keeps it. Nothing here knows
the inside of a terminal; what both say to each other stands in `parking.wire` and `parking.facts`.
"""

VERSION = "0.1.0"
"""The software's version, as `/api/v1/health` and the OpenAPI document tell it."""
