"""One file for each screen of `kiosk/flows/screens.py`."""
