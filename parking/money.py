"""Money as the terminal and the server count it: integers in minor units of one currency.

Here live the currency and the way an amount is read and written in plain text. Which coins make up an
amount is told in `change.py`; how an amount looks on the screen in the customer's language is the screen's
business.
"""

import re

import msgspec


class AmountRefusedError(ValueError):
    """A text that is not an amount of this currency; the message says what was expected."""


class Currency(msgspec.Struct, frozen=True):
    """A currency of ISO 4217: its code, its number of decimals and the sign printed before amounts."""

    code: str
    decimals: int
    sign: str


EURO = Currency(code="EUR", decimals=2, sign="€")
POUND = Currency(code="GBP", decimals=2, sign="£")
ZLOTY = Currency(code="PLN", decimals=2, sign="zł")
FRANC = Currency(code="CHF", decimals=2, sign="CHF")
YEN = Currency(code="JPY", decimals=0, sign="¥")

CURRENCIES = {currency.code: currency for currency in (EURO, POUND, ZLOTY, FRANC, YEN)}

LARGEST_AMOUNT_MINOR = 99_999_999
"""An amount above this is a mistake in the data, not a debt of a motorist."""


def amount_text(amount_minor: int, currency: Currency = EURO) -> str:
    """Write an amount with the currency's sign, as on a receipt: `€ 75.00`."""
    return f"{currency.sign} {plain_amount(amount_minor, currency)}"


def plain_amount(amount_minor: int, currency: Currency = EURO) -> str:
    """Write an amount without a sign: `75.00`, `-0.50`, or `75` where the currency has no decimals."""
    minus = "-" if amount_minor < 0 else ""
    if currency.decimals == 0:
        return f"{minus}{abs(amount_minor)}"
    whole, part = divmod(abs(amount_minor), 10**currency.decimals)
    return f"{minus}{whole}.{part:0{currency.decimals}d}"


def parse_amount_minor(text: str, currency: Currency = EURO) -> int:
    """Read a positive amount as a person writes it in a file (`45`, `45.5`, `45.50`) into minor units.

    Raises:
        AmountRefusedError: not digits with at most the currency's decimals, zero, or implausibly large.
    """
    match = re.fullmatch(r"([0-9]{1,9})(?:\.([0-9]{1,4}))?", text.strip())
    decimals = (match[2] or "") if match else ""
    if match is None or len(decimals) > currency.decimals:
        example = plain_amount(4500, currency)
        raise AmountRefusedError(
            f"{text[:40]!r} is not an amount; write digits with a point, such as {example}"
        )
    amount_minor = int(match[1] + decimals.ljust(currency.decimals, "0"))
    if not 0 < amount_minor <= LARGEST_AMOUNT_MINOR:
        raise AmountRefusedError(
            f"{text[:40]!r} is not between 0.01 and {plain_amount(LARGEST_AMOUNT_MINOR, currency)}"
        )
    return amount_minor
