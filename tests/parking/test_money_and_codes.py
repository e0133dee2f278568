"""Money, change, identifiers, codes and receipts: the small values of the trade, and their laws."""

import contextlib
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import change
from parking.change import (
    CoinPosition,
    HopperStock,
    acceptable_coins,
    exact_coins,
    largest_change,
    make_change,
)
from parking.civil_time import local_time
from parking.claims import ClaimReason, ClaimSlip
from parking.facts import CoinKept, chain_hash, decode_fact, encode_fact, entry_after, is_genuine
from parking.identifiers import (
    DIGITS,
    LETTERS,
    IdentifierRefusedError,
    Refusal,
    clamp_identifier,
    terminal_number,
)
from parking.money import EURO, YEN, AmountRefusedError, amount_text, parse_amount_minor, plain_amount
from parking.receipt import ClaimLine, CodeLine, Receipt, Slip, UnsignedClaimError, qr_text, receipt_of
from parking.release_codes import grouped, release_code

# --- money ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount_minor", "text"),
    [(7500, "€ 75.00"), (5, "€ 0.05"), (-50, "€ -0.50"), (0, "€ 0.00"), (123456, "€ 1234.56")],
)
def test_amounts_are_written_with_their_sign(amount_minor: int, text: str) -> None:
    assert amount_text(amount_minor) == text


def test_a_currency_without_decimals() -> None:
    assert plain_amount(1500, YEN) == "1500"
    assert parse_amount_minor("1500", YEN) == 1500
    with pytest.raises(AmountRefusedError):
        parse_amount_minor("15.5", YEN)


@given(st.integers(1, 99_999_999))
def test_what_is_written_is_read_again(amount_minor: int) -> None:
    assert parse_amount_minor(plain_amount(amount_minor), EURO) == amount_minor


@pytest.mark.parametrize(
    "text",
    ["", "abc", "-5", "1,50", "1.234", "0", "0.00", "1e5", "1000000", "9999999999", "١٢", "5 €", "1_0"],
)
def test_what_is_no_amount_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(AmountRefusedError):
        parse_amount_minor(text)


@pytest.mark.parametrize(
    ("text", "amount_minor"), [("45", 4500), ("45.5", 4550), ("45.50", 4550), (" 0.05 ", 5)]
)
def test_amounts_as_people_write_them(text: str, amount_minor: int) -> None:
    assert parse_amount_minor(text) == amount_minor


# --- change --------------------------------------------------------------------------------------------

STOCKS = st.lists(
    st.builds(
        HopperStock, st.uuids().map(str), st.sampled_from([5, 10, 20, 50, 100, 200]), st.integers(0, 6)
    ),
    max_size=3,
)


@given(st.integers(0, 1500), STOCKS)
def test_change_is_made_exactly_when_some_combination_makes_it(
    amount_minor: int, stock: list[HopperStock]
) -> None:
    made = make_change(amount_minor, stock)
    ways = product(*(range(held.coins + 1) for held in stock))
    values = (sum(n * held.coin_minor for n, held in zip(way, stock, strict=True)) for way in ways)
    assert (made is not None) == (amount_minor in set(values))
    if made is not None:
        held_of = {held.hopper: held for held in stock}
        assert sum(payout.value_minor for payout in made) == amount_minor
        assert all(0 < payout.coins <= held_of[payout.hopper].coins for payout in made)


@given(st.integers(0, 1500), STOCKS)
def test_the_largest_change_never_overshoots_and_never_empties_below_nothing(
    amount_minor: int, stock: list[HopperStock]
) -> None:
    payouts = largest_change(amount_minor, stock)
    held_of = {held.hopper: held for held in stock}
    assert sum(payout.value_minor for payout in payouts) <= amount_minor
    assert all(0 < payout.coins <= held_of[payout.hopper].coins for payout in payouts)


def test_change_that_large_coins_first_would_miss() -> None:
    stock = [HopperStock("a", 50, 1), HopperStock("b", 20, 3)]
    assert make_change(60, stock) == (change.Payout("b", 3, 20),)
    assert make_change(30, stock) is None


COINS = (CoinPosition(1, 200), CoinPosition(2, 100, "a"), CoinPosition(3, 50), CoinPosition(4, 20, "b"))


@given(st.integers(10, 2000), st.integers(0, 1500), st.integers(0, 10), st.integers(0, 10))
def test_an_accepted_coin_leaves_every_outcome_changeable(
    due_minor: int, kept_minor: int, ones: int, twenties: int
) -> None:
    stock = (HopperStock("a", 100, ones), HopperStock("b", 20, twenties))
    for position in acceptable_coins(due_minor, kept_minor, COINS, stock):
        coin = COINS[position - 1]
        then_minor = kept_minor + coin.coin_minor
        back_minor = then_minor - due_minor if then_minor >= due_minor else then_minor
        assert make_change(back_minor, change.with_coin(stock, coin)) is not None


def test_exact_coins_never_overshoot() -> None:
    assert exact_coins(250, 0, COINS) == {1, 2, 3, 4}
    assert exact_coins(250, 200, COINS) == {3, 4}
    assert exact_coins(250, 250, COINS) == frozenset()


# --- identifiers ---------------------------------------------------------------------------------------


@given(st.text(alphabet=LETTERS + DIGITS, min_size=3, max_size=12))
def test_an_identifier_reads_as_itself_however_it_is_written(identifier: str) -> None:
    assert clamp_identifier(identifier) == identifier
    assert clamp_identifier(" " + identifier.lower()[:2] + "-" + identifier.lower()[2:]) == identifier


@given(st.text())
def test_any_text_is_an_identifier_of_the_alphabet_or_refused(text: str) -> None:
    with contextlib.suppress(IdentifierRefusedError):
        assert set(clamp_identifier(text)) <= set(LETTERS + DIGITS)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", Refusal.EMPTY),
        (" - ", Refusal.EMPTY),
        ("7F", Refusal.TOO_SHORT),
        ("7F31" * 4, Refusal.TOO_LONG),
        ("A" * 10_000, Refusal.TOO_LONG),
        ("7F31\x00", Refusal.STRANGE_CHARACTER),
        ("7F31\N{CYRILLIC CAPITAL LETTER A}", Refusal.STRANGE_CHARACTER),
        ("\N{FULLWIDTH DIGIT SEVEN}F31", Refusal.STRANGE_CHARACTER),
        ("7F_31", Refusal.STRANGE_CHARACTER),
    ],
)
def test_what_is_no_identifier(text: str, refusal: Refusal) -> None:
    with pytest.raises(IdentifierRefusedError) as told:
        clamp_identifier(text)
    assert told.value.refusal is refusal


def test_letters_that_no_clamp_carries_are_read_as_what_stands_there() -> None:
    assert clamp_identifier("OIQ7") == "0107"


def test_terminal_numbers() -> None:
    assert terminal_number("0412") == "0412"
    with pytest.raises(ValueError, match="no terminal number"):
        terminal_number("04/12")


# --- codes ---------------------------------------------------------------------------------------------


@given(st.text(alphabet=LETTERS + DIGITS, min_size=4, max_size=12))
def test_a_code_in_groups_is_the_same_code(code: str) -> None:
    groups = grouped(code).split(" ")
    assert "".join(groups) == release_code(code)
    assert all(2 <= len(group) <= 4 for group in groups)
    assert max(map(len, groups)) - min(map(len, groups)) <= 1


@pytest.mark.parametrize("text", ["", "123", "1" * 13, "12 34", "12-34", "abcd", "12\n34"])
def test_what_is_no_code_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="4 to 12") as told:
        release_code(text)
    assert not text or text not in str(told.value)


# --- receipts, time, facts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scanned", "number"),
    [
        ("RECEIPT:0412-1-00042", "0412-1-00042"),
        (" receipt:0412-1-00042\r", "0412-1-00042"),
        ("0412-1-00042", "0412-1-00042"),
        ("7F31-4", None),
        ("0412-1-C00042", None),
        ("CLAIM:0412-1-C00042", None),
        ("42", None),
        ("", None),
    ],
)
def test_a_scanned_receipt_says_its_number(scanned: str, number: str | None) -> None:
    assert receipt_of(scanned) == number


def test_the_qr_names_the_paper_and_opens_nothing() -> None:
    receipt = Receipt(
        Slip.RELEASE, "0412-1-00001", "0412", "x", "y", 0, "Europe/Berlin", EURO, (CodeLine("482913"),)
    )
    assert qr_text(receipt) == "RECEIPT:0412-1-00001"
    slip = Receipt(
        Slip.CLAIM,
        "0412-1-00001",
        "0412",
        "x",
        "y",
        0,
        "Europe/Berlin",
        EURO,
        (ClaimLine("0412-1-C00001", 40, "CLAIM:0412-1-C00001:40:EUR:CHANGE-SHORT:AAAA"),),
    )
    assert qr_text(slip) == "CLAIM:0412-1-C00001:40:EUR:CHANGE-SHORT:AAAA"


def test_a_claim_slip_that_nobody_signed_is_not_printed() -> None:
    unsigned = ClaimSlip("0412-1-C00001", 40, "EUR", ClaimReason.CHANGE_SHORT)
    line = ClaimLine(unsigned.number, unsigned.amount_minor, unsigned)
    slip = Receipt(Slip.CLAIM, "0412-1-00001", "0412", "x", "y", 0, "Europe/Berlin", EURO, (line,))
    with pytest.raises(UnsignedClaimError, match="0412-1-C00001 is not signed"):
        qr_text(slip)


@pytest.mark.parametrize(
    ("utc_ms", "text"),
    [(1_774_745_999_000, "2026-03-29 01:59 CET"), (1_774_746_000_000, "2026-03-29 03:00 CEST")],
)
def test_civil_time_knows_summer_time(utc_ms: int, text: str) -> None:
    assert local_time(utc_ms, "Europe/Berlin").strftime("%Y-%m-%d %H:%M %Z") == text


def test_a_fact_is_always_the_same_text_and_its_entry_cannot_be_changed() -> None:
    fact = CoinKept("0412-1-00001", 200, 1, None, 7)
    assert decode_fact(encode_fact(fact)) == fact
    first = entry_after(None, fact, terminal="0412", epoch=1, at_ms=5, books_version=3)
    second = entry_after(first, fact, terminal="0412", epoch=1, at_ms=6, books_version=3)
    assert (second.number, second.previous) == (2, first.hash)
    assert is_genuine(second)
    named = {
        name: getattr(second, name)
        for name in ("terminal", "epoch", "number", "at_ms", "books_version", "payload", "previous")
    }
    for name, value in named.items():
        other = value + 1 if isinstance(value, int) else value + "x"
        assert chain_hash(**{**named, name: other}) != second.hash
