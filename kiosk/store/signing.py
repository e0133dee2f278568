"""The key that signs this terminal's claims, and the check of anybody's signature.

Ed25519 (RFC 8032): the same slip always gets the same signature, so signatures need not be kept. The key
comes by HKDF from the key that seals the store; nothing new lies on the disk. What a slip says is in
`parking/claims.py`, whose keys are known in `books.py`.
"""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kiosk.store.sealing import Sealer
from parking.claims import ClaimSlip, SignedClaim


class ClaimSigner:
    """Signs claims as this terminal in this epoch."""

    def __init__(self, sealer: Sealer, terminal: str, epoch: int) -> None:
        seed = sealer.seed(f"claims/{terminal}/{epoch}")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.issuer = (terminal, epoch)
        self.public_key = base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, slip: ClaimSlip) -> SignedClaim:
        """The slip with its signature: it is worth money from here on."""
        return SignedClaim(slip, self._key.sign(slip.text.encode()))


def is_signed_with(public_key: str, signed: SignedClaim) -> bool:
    """Whether the slip was signed with the private half of this key (base64); a key that is none did not."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(signed.signature, signed.slip.text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
