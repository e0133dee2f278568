"""The slips that go round in a town: genuine ones, copies of them, forged ones, and ones that do not read.

A slip is paper. It stays here after it was taken: somebody may have kept a copy. Who shows it where stands in
`bearers.py`.
"""

from random import Random

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from parking.claims import ClaimReason, ClaimSlip, SignedClaim

_RECENT = 8


class Papers:
    """All slips that terminals have printed. `show` is what somebody holds before a scanner."""

    def __init__(self) -> None:
        self.printed: list[SignedClaim] = []
        self._last_shown: str | None = None

    def hand_out(self, signed: SignedClaim) -> None:
        """A terminal has printed this."""
        self.printed.append(signed)

    def show(self, chance: Random) -> str | None:
        """The text of a slip; None where nobody has one yet. Often it has just been shown elsewhere."""
        if not self.printed:
            return None
        if self._last_shown is None or chance.random() < 0.4:
            self._last_shown = self._one(chance)
        return self._last_shown

    def number(self, chance: Random) -> str | None:
        """The number of some slip; None where there is none."""
        return self._any(chance).slip.number if self.printed else None

    def _any(self, chance: Random) -> SignedClaim:
        recent = self.printed[-_RECENT:]
        return chance.choice(recent if chance.random() < 0.8 else self.printed)

    def _one(self, chance: Random) -> str:
        genuine = self._any(chance)
        match chance.choices(("genuine", "dearer", "invented", "damaged"), (12, 2, 2, 1))[0]:
            case "dearer":
                more = msgspec.structs.replace(genuine.slip, amount_minor=genuine.slip.amount_minor + 100)
                return SignedClaim(more, genuine.signature).text
            case "invented":
                slip = ClaimSlip(genuine.slip.number, 5_000, "EUR", ClaimReason.CHANGE_SHORT)
                key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
                return SignedClaim(slip, key.sign(slip.text.encode())).text
            case "damaged":
                return genuine.text[: chance.randrange(10, len(genuine.text))]
        return genuine.text
