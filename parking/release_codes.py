"""Release codes: what opens a clamp, how it is written for the eye, and how it travels sealed.

A code is in plain text in two moments only: on the server when it is handed to a terminal, and on the
terminal after the fact that it was opened is durable. In between it is a `SealedCode`.
"""

import itertools
import re

import msgspec

_CODE = re.compile(r"[0-9A-Z]{4,12}")
_LONGEST_GROUP = 4


class SealedCode(msgspec.Struct, frozen=True):
    """A release code that only the holder of the key can read.

    `box` is the base64 of nonce and AES-GCM ciphertext; `bound_to` names the place it was sealed for and is
    authenticated with it, so that a sealed code moved to another clamp does not open.
    """

    box: str
    bound_to: str


def release_code(text: str) -> str:
    """Check a release code: 4 to 12 digits or capital letters, as a clamp's keypad can take them.

    Raises:
        ValueError: anything else; the message does not repeat the code.
    """
    written = text.strip()
    if not _CODE.fullmatch(written):
        raise ValueError("a release code has 4 to 12 digits or capital letters")
    return written


def grouped(code: str) -> str:
    """Write a code in groups that a person can keep in mind: `482913` becomes `482 913`.

    The fewest groups of at most four characters, as even as possible, longer ones last.
    """
    groups = -(-len(code) // _LONGEST_GROUP)
    size, longer = divmod(len(code), groups)
    cuts = [0]
    for group in range(groups):
        cuts.append(cuts[-1] + size + (group >= groups - longer))
    return " ".join(code[start:end] for start, end in itertools.pairwise(cuts))
