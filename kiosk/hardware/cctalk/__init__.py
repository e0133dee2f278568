"""ccTalk: the coin acceptor and the hoppers on one serial line.

`frames.py` cuts bytes into frames, `messages.py` reads their meaning, `bus.py` asks one question on the line,
`coin_acceptor.py` and `hopper.py` know one device each, `coin_line.py` is the line that a pump gives turns
to. `troubles.py` lists the event codes. `python -m kiosk.hardware.cctalk decode HEX...` helps a technician.
"""
