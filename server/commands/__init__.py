"""The commands of `python -m server`, one file per story: what each asks of the office, and what it says.

Which there are together, and what a refusal looks like, stands in `server/__main__.py`.
"""
