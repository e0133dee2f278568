"""Slips for the tests of claims: a terminal's signing key, and the facts of issuing and taking a slip."""

import base64
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from parking.claims import ClaimReason, ClaimSlip, SignedClaim
from parking.facts import (
    ClaimIssued,
    ClaimKeyMade,
    ClaimPresented,
    ClaimRedeemed,
    CoinKept,
    EndReason,
    Fact,
    PaymentCancelled,
    PaymentClosed,
    PaymentOpened,
    SecuredBy,
)


@dataclass(frozen=True)
class Signer:
    """The key of one terminal in one epoch."""

    terminal: str
    epoch: int = 1
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def key(self) -> str:
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode()

    @property
    def made(self) -> ClaimKeyMade:
        return ClaimKeyMade(self.key)

    def number(self, place: int) -> str:
        return f"{self.terminal}-{self.epoch}-C{place:05d}"

    def slip(
        self,
        place: int,
        amount_minor: int = 750,
        currency: str = "EUR",
        reason: ClaimReason = ClaimReason.CHANGE_SHORT,
    ) -> str:
        """What the QR says."""
        slip = ClaimSlip(self.number(place), amount_minor, currency, reason)
        return SignedClaim(slip, self.private.sign(slip.text.encode())).text


def issued(
    payment: str, claim: str, amount_minor: int = 750, reason: ClaimReason = ClaimReason.CHANGE_SHORT
) -> list[Fact]:
    """A cancelled payment that gave everything back as a claim."""
    return [
        PaymentOpened(payment, "release", "7F314", 7500, "EUR", exact_only=False),
        CoinKept(payment, amount_minor, 8, None, 1),
        PaymentCancelled(payment, EndReason.CUSTOMER),
        ClaimIssued(claim, payment, amount_minor, reason),
        PaymentClosed(payment, amount_minor, 0, 0, amount_minor),
    ]


def taken(
    payment: str, claim: str, amount_minor: int = 750, by: SecuredBy = SecuredBy.BOOKS, currency: str = "EUR"
) -> list[Fact]:
    """A payment that took a claim, and is still open."""
    return [
        ClaimPresented(claim, amount_minor, ClaimReason.CHANGE_SHORT, f"{payment}-r"),
        PaymentOpened(payment, "release", "7F314", 7500, currency, exact_only=False),
        ClaimRedeemed(claim, payment, amount_minor, by),
    ]
