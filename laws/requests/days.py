"""What happens at a terminal, as facts: customers who pay, cancel, walk away; and facts of every other kind.

The money of a payment adds up, as a terminal's does. Facts of no customer are of any kind, with any values:
the server must take them in once, too. Who writes them down and sends them stands in `kiosk.py`.
"""

import enum
from collections.abc import Sequence
from random import Random
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from parking import facts as f
from parking.claims import ClaimReason, ClaimSlip
from parking.facts import Fact
from parking.release_codes import SealedCode
from parking.wire import ClampDocument

SEALED = SealedCode(box="c2VhbGVk", bound_to="7F314/1")
COIN_MINOR = 10
_OF_A_CONVERSATION = (f.CodeOpened, f.SubjectNamed)
"""Not made by chance: the first would end a fitting that somebody else is paying for."""


class LockOpened(f._Fact, frozen=True):
    """A fact of newer software, which this server keeps without understanding it."""

    lock: str
    payment: str


def paid(chance: Random, payment: str, document: ClampDocument, series: int, claim: str) -> list[Fact]:
    """A payment that frees the clamp, sometimes with change, paid, short, or in doubt: `claim` is for it."""
    price_minor = document.debt.total_minor
    change_minor = chance.choice((0, 0, COIN_MINOR, 5 * COIN_MINOR))
    kept_minor = price_minor + change_minor
    said: list[Fact] = [
        _opened(payment, document, price_minor),
        *_coins(chance, payment, kept_minor),
        f.PaymentSettled(payment, price_minor),
        f.CodeOpened(payment, document.identifier, document.fitting, document.code_number, SEALED),
    ]
    paid_out_minor = claimed_minor = 0
    if change_minor:
        back, paid_out_minor = _given_back(chance, payment, change_minor, f.PayoutPurpose.CHANGE, claim)
        said += back
        claimed_minor = change_minor - paid_out_minor
    said += _paper(chance, payment, series)
    if chance.random() < 0.05:
        said.append(f.CodeNotSeen(payment))
    return [*said, f.PaymentClosed(payment, kept_minor, price_minor, paid_out_minor, claimed_minor)]


def cancelled(chance: Random, payment: str, document: ClampDocument, series: int, claim: str) -> list[Fact]:
    """A payment that is broken off: what was kept goes back, in coins or as a claim; a coin may come late."""
    kept_minor = chance.randrange(COIN_MINOR, 500, COIN_MINOR)
    back, paid_out_minor = _given_back(chance, payment, kept_minor, f.PayoutPurpose.REFUND, claim)
    claimed_minor = kept_minor - paid_out_minor
    said: list[Fact] = [
        _opened(payment, document, document.debt.total_minor),
        *_coins(chance, payment, kept_minor),
        f.PaymentCancelled(payment, chance.choice(list(f.EndReason))),
        f.MoneyReturning(payment),
        *back,
        *_paper(chance, payment, series),
        f.PaymentClosed(payment, kept_minor, 0, paid_out_minor, claimed_minor),
    ]
    if chance.random() < 0.2 and not claimed_minor:
        late = ClaimReason.LATE_COIN
        said += [f.CoinKept(payment, 200, 1, None, 7), f.ClaimIssued(claim, payment, 200, late)]
    return said


def turned_into_coins(
    chance: Random, payment: str, slip: ClaimSlip, by: f.SecuredBy, claim: str
) -> list[Fact]:
    """A payment that buys nothing: a slip comes in; coins, and perhaps a smaller slip, go out."""
    amount_minor = slip.amount_minor
    back, paid_out_minor = _given_back(chance, payment, amount_minor, f.PayoutPurpose.REFUND, claim)
    claimed_minor = amount_minor - paid_out_minor
    return [
        f.PaymentOpened(payment, "claim", slip.number, 0, slip.currency, exact_only=False),
        f.ClaimRedeemed(slip.number, payment, amount_minor, by),
        f.MoneyReturning(payment),
        *back,
        f.PaymentClosed(payment, amount_minor, 0, paid_out_minor, claimed_minor),
    ]


def _opened(payment: str, document: ClampDocument, price_minor: int) -> Fact:
    return f.PaymentOpened(
        payment, "release", document.identifier, price_minor, document.currency, exact_only=False
    )


def _coins(chance: Random, payment: str, kept_minor: int) -> list[Fact]:
    """The sum in one coin or two; what coins there are is no matter of the server's."""
    first_minor = chance.randint(0, kept_minor)
    parts = [part for part in (first_minor, kept_minor - first_minor) if part]
    return [f.CoinKept(payment, part, 1, "hopper 1", place) for place, part in enumerate(parts, start=1)]


def _given_back(
    chance: Random, payment: str, amount_minor: int, purpose: f.PayoutPurpose, number: str
) -> tuple[list[Fact], int]:
    """Facts of giving this back, and what of it came out in coins."""
    order, coins = f"{payment}/1", amount_minor // COIN_MINOR
    ordered = f.PayoutOrdered(payment, order, "hopper 1", coins, COIN_MINOR, purpose, 0)
    if chance.random() < 0.15:
        claim = f.ClaimIssued(number, payment, amount_minor, ClaimReason.PAYOUT_IN_DOUBT)
        return [ordered, f.PayoutInDoubt(order, "no answer"), claim], 0
    came = chance.choice((coins, coins, coins, chance.randint(0, coins)))
    said: list[Fact] = [ordered, f.PayoutReported(order, came, coins - came, 1)]
    short_minor = (coins - came) * COIN_MINOR
    if short_minor:
        said.append(f.ClaimIssued(number, payment, short_minor, ClaimReason.CHANGE_SHORT))
    return said, came * COIN_MINOR


def _paper(chance: Random, payment: str, series: int) -> list[Fact]:
    job = f"{payment}/p{series}"
    ends: Sequence[Fact] = (f.ReceiptPrinted(job), f.ReceiptFailed(job, "PRN.PAPER_OUT"))
    return [f.ReceiptOrdered(job, payment, "release", copy=False), chance.choice(ends)]


# --- facts of any kind ---------------------------------------------------------------------------------


def anything(chance: Random, names: Sequence[str]) -> Fact:
    """A fact of any kind; where it names a payment, an order or a job it is one of `names`."""
    if chance.random() < 0.1:
        return LockOpened("gate", chance.choice(names))  # type: ignore[return-value] # of newer software
    kind = chance.choice([kind for kind in get_args(Fact) if kind not in _OF_A_CONVERSATION])
    hints = get_type_hints(kind)
    values = {name: _value(chance, hints[name], names) for name in kind.__struct_fields__}
    made: Fact = kind(**values)
    return made


def _value(chance: Random, hint: Any, names: Sequence[str]) -> Any:  # noqa: ANN401 - any field of any fact
    if hint in _PLAIN:
        return chance.choice((*_PLAIN[hint], *(names if hint is str else ())))
    if get_origin(hint) in (Union, UnionType):
        return _value(chance, chance.choice(get_args(hint)), names)
    if get_origin(hint) is tuple:
        return tuple(_value(chance, get_args(hint)[0], names) for _ in range(chance.randint(0, 2)))
    if issubclass(hint, enum.Enum):
        return chance.choice(list(hint))
    inner = get_type_hints(hint)
    return hint(**{name: _value(chance, inner[name], names) for name in hint.__struct_fields__})


_PLAIN: dict[Any, tuple[Any, ...]] = {
    NoneType: (None,),
    bool: (False, True),
    int: (0, 1, 5, 100, 255, 10**9),
    str: ("hopper 1", "", "Straße"),
}
