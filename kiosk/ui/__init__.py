"""The touchscreen: draws the screens that the session decides on, and posts what the customer touches.

Nothing is decided here. A screen is a frozen value of `kiosk/flows/screens.py`; a page paints it.
"""
