"""Claims: money that we owe the customer, as a numbered slip."""

from enum import StrEnum

import msgspec


class ClaimReason(StrEnum):
    """Why money could not be given back in coins."""

    CHANGE_SHORT = "change-short"
    """The hoppers could not pay the change or the refund whole."""
    PAYOUT_IN_DOUBT = "payout-in-doubt"
    """A hopper did not tell whether it paid; staff decide by counting it."""
    NOBODY_THERE = "nobody-there"
    """The customer had gone when the terminal came back after a power cut."""
    LATE_COIN = "late-coin"
    """A coin fell after the payment was over."""


class Claim(msgspec.Struct, frozen=True):
    """A numbered claim: `number` is unique for ever, `payment` is what it came from."""

    number: str
    payment: str
    amount_minor: int
    reason: ClaimReason
