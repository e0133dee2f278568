"""The touchscreen: draws the screens that the session decides on, and posts what the customer touches.

Nothing is decided here. A screen is a frozen value of `kiosk/flows/screens.py`; a page paints it.
"""

import builtins

import PySide6.QtCore  # noqa: F401 - replaces the function behind `import`, which is undone here

# PySide6 reads the source of every module that is imported after it, to see who uses its `__feature__`
# switches, and Python keeps each of these files as text: 11 MB for a look-up that nobody here needs. Python's
# own function, which PySide6 puts aside under this name, takes its place again.
builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
