"""Reads ccTalk frames for a technician.

    python -m kiosk.hardware.cctalk decode HEX...

HEX is one frame or several back to back, with or without spaces, in one argument or in many:

    python -m kiosk.hardware.cctalk decode "02 00 01 FE FF"
    python -m kiosk.hardware.cctalk decode 020001FEFF 01 00 02 00 FD

Each frame is printed as one JSON object on a line:

    destination  address of the receiver
    source       address of the sender; null in CRC-16 mode, where the frame does not carry it
    header       the header byte
    name         what the header means
    data         the data bytes as upper-case hex digits, without spaces; empty when there are none
    checksum     "simple" or "crc16", whichever is right; the simple one is tried first

Where the bytes are no frame, one line on stderr says why, nothing behind is read, and the exit status is 1.
"""

import json
import os
import sys
from collections.abc import Sequence

from kiosk.hardware.cctalk.frames import Frame, FrameRefusedError, split
from kiosk.hardware.cctalk.messages import header_name

_REFUSED, _MISUSED = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status. A reader that has seen enough, as `head`, ends it."""
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still to be written goes nowhere; Python would complain about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _run(arguments: Sequence[str]) -> int:
    if "-h" in arguments or "--help" in arguments:
        print(__doc__)
        return 0
    if len(arguments) < 2 or arguments[0] != "decode":  # noqa: PLR2004 - the word and at least one HEX
        print("use: python -m kiosk.hardware.cctalk decode HEX...   (--help tells more)", file=sys.stderr)
        return _MISUSED
    try:
        for frame in split(_bytes_of(arguments[1:])):
            print(json.dumps(_described(frame)))
    except ValueError as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return _REFUSED
    return 0


def _bytes_of(arguments: Sequence[str]) -> bytes:
    words = " ".join(arguments).split()
    for word in words:
        if any(sign not in "0123456789abcdefABCDEF" for sign in word):
            raise FrameRefusedError(f"{word[:40]!a} is not hex; write bytes as 02 00 01 FE FF")
        if len(word) % 2:
            raise FrameRefusedError(f"{word[:40]!a} has an odd number of hex digits; two make a byte")
    return bytes.fromhex("".join(words))


def _described(frame: Frame) -> dict[str, object]:
    return {
        "destination": frame.destination,
        "source": frame.source,
        "header": frame.header,
        "name": header_name(frame.header),
        "data": frame.data.hex().upper(),
        "checksum": frame.checksum.value,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
