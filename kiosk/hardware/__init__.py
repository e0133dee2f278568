"""Drivers: bytes on a wire become meaning, meaning becomes events; orders become bytes.

Three floors, with the same file names in each protocol: `transport/` moves bytes, `<protocol>/frames.py`
cuts them into frames, `<protocol>/messages.py` reads their meaning; a driver turns meaning into events.
"""
