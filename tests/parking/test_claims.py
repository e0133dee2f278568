"""Slips: what their text says, and what is no slip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.claims import (
    ClaimReason,
    ClaimRefusedError,
    ClaimSlip,
    SignedClaim,
    is_slip,
    issuer_of,
    read_slip,
)

SLIP = ClaimSlip("0412-1-C00012", 750, "EUR", ClaimReason.CHANGE_SHORT)
SIGNED = SignedClaim(SLIP, bytes(range(64)))


def test_a_slip_says_who_owes_what() -> None:
    assert SLIP.text == "CLAIM:0412-1-C00012:750:EUR:CHANGE-SHORT"
    assert SLIP.issuer == ("0412", 1)
    assert SIGNED.text.startswith(f"{SLIP.text}:AAAQEAYEAUDAOCAJ")
    assert is_slip(SIGNED.text)
    assert is_slip(" claim:0412")
    assert not is_slip("RECEIPT:0412-1-00001")


@given(
    number=st.from_regex("[0-9A-Z]{2,8}-[1-9][0-9]{0,3}-C[0-9]{5}", fullmatch=True),
    amount_minor=st.integers(1, 10_000_000),
    reason=st.sampled_from(ClaimReason),
    signature=st.binary(min_size=64, max_size=64),
)
def test_what_is_written_is_read(
    number: str, amount_minor: int, reason: ClaimReason, signature: bytes
) -> None:
    signed = SignedClaim(ClaimSlip(number, amount_minor, "EUR", reason), signature)
    assert read_slip(signed.text) == signed
    assert read_slip(f" {signed.text.lower()}\r") == signed


@given(st.text(max_size=250))
def test_any_text_is_read_or_refused(text: str) -> None:
    for scanned in (text, f"CLAIM:{text}", f"{SLIP.text}:{text}"):
        try:
            signed = read_slip(scanned)
        except ClaimRefusedError:
            continue
        assert read_slip(signed.text) == signed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "six parts"),
        (SLIP.text, "six parts"),
        (SIGNED.text.replace("CLAIM", "CLAMP"), "not that of a slip"),
        (SIGNED.text.replace(":750:", ":0:"), "no amount"),
        (SIGNED.text.replace(":750:", ":10000001:"), "no amount"),
        (SIGNED.text.replace(":750:", ":-5:"), "no amount"),
        (SIGNED.text.replace("EUR", "EU"), "not that of a slip"),
        (SIGNED.text.replace("CHANGE-SHORT", "GIFT"), "no reason"),
        (SIGNED.text.replace("-C00012", "-00012"), "no number of a claim"),
        (SIGNED.text[:-1], "base32"),
        (SIGNED.text[:-8], "64 bytes"),
        (f"{SLIP.text}:{'A' * 102}B", "64 bytes"),
        (SIGNED.text + "A" * 60, "too many"),
    ],
)
def test_what_no_slip_says_is_refused(text: str, words: str) -> None:
    with pytest.raises(ClaimRefusedError, match=words):
        read_slip(text)


def test_a_number_tells_its_issuer() -> None:
    assert issuer_of("A7-12-C123456") == ("A7", 12)
    with pytest.raises(ClaimRefusedError):
        issuer_of("0412-0-C00001")
