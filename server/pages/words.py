"""How things are said on the pages: facts, states and alarms in words, instants and amounts for people.

A release code is never said: a fact carries it sealed, and here it is told by its place in the clamp's list.
"""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from parking import facts as f
from parking.civil_time import local_time
from parking.money import CURRENCIES, Currency, amount_text

UNKNOWN_TIME = "—"
CLAIM_LINE = "claim"
"""The line of a payment that turns a slip into coins; its subject is the claim's number."""

PAYMENT_STATES = {
    "paying": "Paying",
    "cancelled": "Cancelled",
    "paid": "Paid, no code yet",
    "released": "Released",
    "given-back": "Given back",
}

ALARMS = {
    "fork": "Two journals under one number",
    "broken-chain": "Journal does not verify",
    "gap": "Facts are missing",
    "foreign": "Facts of another terminal",
    "paid-twice": "Paid twice",
    "unexpected-code": "Unexpected code shown",
    "unknown-fitting": "Unknown clamp released",
    "unreadable": "Fact cannot be read",
    "code-not-seen": "Paid, code perhaps not seen",
    "coins-unread": "Coins perhaps not counted",
    "hopper-moved": "Hopper paid without an order",
    "sums-differ": "Money does not add up",
    "claim-redeemed-twice": "Claim taken twice",
    "claim-differs": "Claim is not as it was issued",
}

CLAIM_REASONS = {
    "change-short": "The hoppers could not pay it whole",
    "payout-in-doubt": "The hopper did not tell whether it paid",
    "nobody-there": "The customer had gone",
    "late-coin": "A coin fell after the payment",
}

CLAIM_STATES = {
    "open": "Open",
    "in-doubt": "In doubt",
    "held": "In hand",
    "taken": "Taken",
    "taken-twice": "Taken twice",
    "paid": "Paid",
    "void": "Void",
}

_REFUSALS = {
    "unreadable": "it could not be read",
    "forged": "no terminal we know signed it",
    "unknown-issuer": "the books did not know its terminal yet, and the server could not be asked",
    "redeemed": "it had been taken before",
    "held": "another terminal had it in hand",
    "unchecked": "a hopper may have paid it",
    "other-currency": "it is in another currency",
    "no-coins": "there were no coins for it",
    "let-go": "the customer left or paid otherwise",
}

_END_REASONS = {
    "customer": "by the customer",
    "time-out": "after a time-out",
    "restart": "after a restart",
    "nothing-works": "because nothing worked",
}


def amount(amount_minor: int, currency_code: str) -> str:
    """An amount with its currency's sign; a currency that is not known is written by its code."""
    currency = CURRENCIES.get(currency_code) or Currency(
        code=currency_code, decimals=2, sign=currency_code or "?"
    )
    return amount_text(amount_minor, currency)


def when(instant_ms: int | None, zone: str) -> str:
    """An instant as date and time, or a dash where there is none or a clock was beyond all years."""
    return _formatted(instant_ms, zone, "%Y-%m-%d %H:%M:%S")


def recently(instant_ms: int | None, zone: str, now_ms: int) -> str:
    """An instant of today as the time of day, any other with its date."""
    same_day = when(instant_ms, zone)[:10] == when(now_ms, zone)[:10]
    return time_of_day(instant_ms, zone) if same_day else when(instant_ms, zone)


def time_of_day(instant_ms: int | None, zone: str) -> str:
    """The time of day of an instant."""
    return _formatted(instant_ms, zone, "%H:%M:%S")


def _formatted(instant_ms: int | None, zone: str, form: str) -> str:
    if instant_ms is None:
        return UNKNOWN_TIME
    try:
        return local_time(instant_ms, zone).strftime(form)
    except (ValueError, OverflowError, OSError):
        return UNKNOWN_TIME


def zone_exists(name: str) -> bool:
    """Whether this machine knows the time zone."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def fact_in_words(payload: str, kind: str, currency: str) -> str:
    """What happened, in one sentence; a fact of newer software is told by its name."""
    try:
        fact = f.decode_fact(payload)
    except (msgspec.DecodeError, ValueError):
        return f"Something this software does not know yet ({kind or 'no name'})"
    sentence = _SENTENCES.get(type(fact))
    return sentence(fact, currency) if sentence else kind


def _opened(fact: f.PaymentOpened, currency: str) -> str:
    if fact.line == CLAIM_LINE:
        return f"Claim {fact.subject} was brought to be turned into coins."
    exact = " No change could be given, and the customer was told." if fact.exact_only else ""
    return f"Payment of {amount(fact.price_minor, currency)} opened for clamp {fact.subject}.{exact}"


def _coin(fact: f.CoinKept, currency: str) -> str:
    into = fact.hopper or "the cash box"
    return f"Coin of {amount(fact.amount_minor, currency)} fell into {into}."


def _payout(fact: f.PayoutOrdered, currency: str) -> str:
    what = "Change" if fact.purpose is f.PayoutPurpose.CHANGE else "Refund"
    value = amount(fact.coins * fact.coin_minor, currency)
    return (
        f"{what} of {value} ordered from {fact.hopper}: {fact.coins} of {amount(fact.coin_minor, currency)}."
    )


def _payout_done(fact: f.PayoutReported, _currency: str) -> str:
    short = f", {fact.unpaid} not" if fact.unpaid else ""
    return f"The hopper reports: {fact.paid} {'coin' if fact.paid == 1 else 'coins'} paid{short}."


def _claim(fact: f.ClaimIssued, currency: str) -> str:
    why = CLAIM_REASONS.get(fact.reason.value, fact.reason.value)
    return f"Claim {fact.claim} over {amount(fact.amount_minor, currency)}: {why[0].lower()}{why[1:]}."


def _claim_taken(fact: f.ClaimRedeemed, currency: str) -> str:
    checked = {
        "server": "the server held it",
        "books": "the server was silent, the books said nothing against it",
    }
    return (
        f"Slip {fact.claim} over {amount(fact.amount_minor, currency)} taken: "
        f"{checked.get(fact.by.value, fact.by.value)}."
    )


def _closed(fact: f.PaymentClosed, currency: str) -> str:
    def told(amount_minor: int) -> str:
        return amount(amount_minor, currency)

    return (
        f"Payment closed: {told(fact.kept_minor)} kept, {told(fact.delivered_minor)} delivered, "
        f"{told(fact.paid_out_minor)} paid out, {told(fact.claimed_minor)} in claims."
    )


_SENTENCES: dict[type, Callable[[Any, str], str]] = {
    f.PaymentOpened: _opened,
    f.CoinKept: _coin,
    f.PaymentCancelled: lambda fact, _: (
        f"Cancelled {_END_REASONS.get(fact.reason.value, fact.reason.value)}."
    ),
    f.PaymentResumed: lambda _fact, _: "The customer went on after a restart.",
    f.PaymentSettled: lambda fact, currency: f"Paid in full: {amount(fact.price_minor, currency)}.",
    f.CodeOpened: lambda fact, _: (
        f"Release code no. {fact.code_number} of clamp {fact.identifier} given to the customer."
    ),
    f.CodeSeen: lambda _fact, _: "The code was hidden from the screen.",
    f.CodeNotSeen: lambda _fact, _: (
        "The terminal was without power for long: perhaps nobody has seen the code."
    ),
    f.AcceptorConfirmed: lambda _fact, _: "The acceptor confirmed that nothing more comes.",
    f.MoneyReturning: lambda _fact, _: "What was kept goes back.",
    f.PayoutOrdered: _payout,
    f.PayoutReported: _payout_done,
    f.PayoutInDoubt: lambda fact, _: f"Payout in doubt: {fact.detail}. It is never paid again by itself.",
    f.ClaimIssued: _claim,
    f.ClaimKeyMade: lambda _fact, _: "The terminal made the key that signs its claims.",
    f.ClaimPresented: lambda fact, currency: (
        f"Slip {fact.claim} over {amount(fact.amount_minor, currency)} was shown."
    ),
    f.ClaimRedeemed: _claim_taken,
    f.ClaimTurnedAway: lambda fact, _: (
        f"Slip {fact.claim or 'without a number'} was not taken: "
        f"{_REFUSALS.get(fact.reason.value, fact.reason.value)}."
    ),
    f.CodeShownAgain: lambda fact, _: (
        f"The code of clamp {fact.identifier} was shown again to the holder of the receipt number."
    ),
    f.ReceiptOrdered: lambda fact, _: f"Printing the {fact.slip} slip{' again' if fact.copy else ''}.",
    f.ReceiptPrinted: lambda _fact, _: "The printer confirmed the paper.",
    f.ReceiptFailed: lambda fact, _: f"The paper did not come out ({fact.code}).",
    f.PaymentClosed: _closed,
}
