"""What a motorist types or scans: the identifier of a wheel clamp, and the number of a terminal.

A clamp carries 3 to 12 characters: digits and capital letters without I, O and Q, which cannot be told
from 1 and 0 on a dirty plate. Hyphens and spaces are for the eye and do not count. Everything else is
refused with a reason; letters of other alphabets that look alike are refused too, never guessed.
"""

import re
from enum import StrEnum

LONGEST_TYPED_TEXT = 64
"""Nothing longer than this is looked at: the longest identifier with hyphens and spaces fits many times."""

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
DIGITS = "0123456789"
SHORTEST, LONGEST = 3, 12

_LOOK_ALIKES = str.maketrans({"O": "0", "Q": "0", "I": "1"})
_FOR_THE_EYE = str.maketrans("", "", "- ")
_IDENTIFIER = re.compile(f"[{DIGITS}{LETTERS}]{{{SHORTEST},{LONGEST}}}")
_TERMINAL = re.compile(r"[0-9A-Z]{2,8}")


class Refusal(StrEnum):
    """Why a typed or scanned text is no identifier."""

    EMPTY = "empty"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    STRANGE_CHARACTER = "strange-character"


class IdentifierRefusedError(ValueError):
    """A text that is no identifier, with the reason as a value and as a sentence."""

    def __init__(self, refusal: Refusal, sentence: str) -> None:
        super().__init__(sentence)
        self.refusal = refusal


def clamp_identifier(text: str) -> str:
    """Read a clamp's identifier into its one written form: `7f31-4` becomes `7F314`.

    I, O and Q are read as 1, 0 and 0, because that is what stands on the clamp.

    Raises:
        IdentifierRefusedError: empty, too short, too long, or with a character no clamp carries.
    """
    if len(text) > LONGEST_TYPED_TEXT:
        raise IdentifierRefusedError(
            Refusal.TOO_LONG, f"{len(text)} characters are too many for an identifier"
        )
    if not text.isascii() or not text.isprintable():
        raise IdentifierRefusedError(
            Refusal.STRANGE_CHARACTER, f"{text!a} has a character that no clamp carries"
        )
    written = text.upper().translate(_FOR_THE_EYE).translate(_LOOK_ALIKES)
    if not written:
        raise IdentifierRefusedError(Refusal.EMPTY, "the identifier is empty")
    if not re.fullmatch(f"[{DIGITS}{LETTERS}]*", written):
        raise IdentifierRefusedError(
            Refusal.STRANGE_CHARACTER, f"{text!a} has a character that no clamp carries"
        )
    if not _IDENTIFIER.fullmatch(written):
        refusal = Refusal.TOO_SHORT if len(written) < SHORTEST else Refusal.TOO_LONG
        raise IdentifierRefusedError(refusal, f"{text!a} does not have {SHORTEST} to {LONGEST} characters")
    return written


def terminal_number(text: str) -> str:
    """Check a terminal's number, as on its front and in every receipt number: 2 to 8 digits or capitals.

    Raises:
        ValueError: anything else.
    """
    if not _TERMINAL.fullmatch(text):
        raise ValueError(
            f"{text[:40]!a} is no terminal number; use 2 to 8 digits or capital letters, such as 0412"
        )
    return text
