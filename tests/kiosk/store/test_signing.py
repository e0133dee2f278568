"""The key that signs claims: always the same for a terminal and epoch, and nobody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.store.sealing import KEY_BYTES, Sealer
from kiosk.store.signing import ClaimSigner, is_signed_with
from parking.claims import SIGNATURE_BYTES, ClaimReason, ClaimSlip, SignedClaim, read_slip

SEALER = Sealer(bytes(range(KEY_BYTES)))
SIGNER = ClaimSigner(SEALER, "0412", 1)
SLIP = ClaimSlip("0412-1-C00012", 750, "EUR", ClaimReason.CHANGE_SHORT)


def test_the_same_terminal_signs_the_same_slip_with_the_same_signature() -> None:
    again = ClaimSigner(Sealer(bytes(range(KEY_BYTES))), "0412", 1)
    assert again.public_key == SIGNER.public_key
    assert again.sign(SLIP) == SIGNER.sign(SLIP)


@pytest.mark.parametrize(
    "other",
    [
        ClaimSigner(SEALER, "0413", 1),
        ClaimSigner(SEALER, "0412", 2),
        ClaimSigner(Sealer(bytes(KEY_BYTES)), "0412", 1),
    ],
)
def test_another_terminal_epoch_or_store_has_another_key(other: ClaimSigner) -> None:
    assert other.public_key != SIGNER.public_key
    assert not is_signed_with(SIGNER.public_key, other.sign(SLIP))


@given(
    number=st.integers(1, 99_999),
    amount_minor=st.integers(1, 10_000_000),
    reason=st.sampled_from(ClaimReason),
)
def test_what_is_signed_is_read_from_the_paper_and_fits(
    number: int, amount_minor: int, reason: ClaimReason
) -> None:
    slip = ClaimSlip(f"0412-1-C{number:05d}", amount_minor, "EUR", reason)
    signed = read_slip(SIGNER.sign(slip).text)
    assert is_signed_with(SIGNER.public_key, signed)
    richer = ClaimSlip(slip.number, amount_minor + 1, slip.currency, reason)
    assert not is_signed_with(SIGNER.public_key, SignedClaim(richer, signed.signature))


@given(st.binary(min_size=SIGNATURE_BYTES, max_size=SIGNATURE_BYTES))
def test_no_other_bytes_are_a_signature(signature: bytes) -> None:
    assert not is_signed_with(SIGNER.public_key, SignedClaim(SLIP, signature))


@pytest.mark.parametrize("key", ["", "no base64!", "AAAA", "é"])
def test_a_key_that_is_none_signed_nothing(key: str) -> None:
    assert not is_signed_with(key, SIGNER.sign(SLIP))


def test_the_signing_key_is_not_the_key_of_anything_else() -> None:
    assert SEALER.seed("claims/0412/1") != SEALER.seed("claims/0412/2")
    assert SEALER.seed("index") != SEALER.index_of("")
