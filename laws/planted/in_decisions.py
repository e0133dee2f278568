"""Mistakes in what the terminal decides, remembers and shows: sessions, flows, folding."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from kiosk.flows import customer, folding, machine, recovery, settlement, showing, step
from kiosk.flows.commands import PayOut, WatchCoins
from kiosk.flows.events import CoinAccepted, Event
from kiosk.flows.folding import fold_all
from kiosk.flows.screens import ResultScreen
from kiosk.flows.showing import Reveal, screen_of
from kiosk.flows.state import Paying, Payment, Site, Terminal
from kiosk.flows.step import Draft
from kiosk.session import Session, Store
from kiosk.store import journal
from laws.planted.mistake import mistake, patched
from parking.civil_time import Moment
from parking.claims import ClaimReason
from parking.facts import (
    ClaimIssued,
    CodeOpened,
    CoinKept,
    Fact,
    PaymentOpened,
    PayoutOrdered,
    PayoutReported,
)

if TYPE_CHECKING:
    from parking.release_codes import SealedCode

Fold = Callable[[Terminal, Fact, Moment], Terminal]


# --- record first, then act ----------------------------------------------------------------------------


@mistake("code-before-record", "the code is on the screen before its fact is durable", laws=("3",))
def _code_before_record() -> Iterator[None]:
    honest = Session._decide_and_act

    def show_first(self: Session, event: Event, at: Moment, store: Store) -> None:
        step = customer.decide(self._terminal, event, at, self._site)
        after = fold_all(self._terminal, step.facts, at)
        self._show(screen_of(after, at, self._site, store.reveal, store.sign))
        honest(self, event, at, store)

    with patched(Session, "_decide_and_act", show_first):
        yield


@mistake("payout-without-intent", "the hopper is told to pay, and no fact says so", laws=("6",))
def _payout_without_intent() -> Iterator[None]:
    honest = journal.Journal.append

    def append(self: journal.Journal, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        told = [fact for fact in facts if not isinstance(fact, PayoutOrdered)]
        honest(self, told, at, books_version)

    with patched(journal.Journal, "append", append):
        yield


# --- coins ---------------------------------------------------------------------------------------------


@mistake("coin-counter-forgotten", "a coin is credited without moving the counter it came with", laws=("5",))
def _coin_counter_forgotten() -> Iterator[None]:
    honest = folding._counted

    def counted(terminal: Terminal, fact: Fact) -> Terminal:
        after = honest(terminal, fact)
        if isinstance(fact, CoinKept):
            return msgspec.structs.replace(after, acceptor_counter=terminal.acceptor_counter)
        return after

    with patched(folding, "_counted", counted):
        yield


@mistake(
    "start-up-events-skipped",
    "coins that fell while the program was dead are not credited",
    laws=("5",),
    near=5,
)
def _start_up_events_skipped() -> Iterator[None]:
    honest = recovery.started

    def started(draft: Draft, software: str) -> None:
        honest(draft, software)
        draft._commands = [
            WatchCoins(None) if isinstance(command, WatchCoins) else command for command in draft._commands
        ]

    with patched(recovery, "started", started):
        yield


@mistake("coin-counts-twice", "one event of the acceptor is kept as two coins", laws=("5",))
def _coin_counts_twice() -> Iterator[None]:
    honest = machine.answered

    def answered(draft: Draft, event: Event) -> bool:
        told = honest(draft, event)
        if isinstance(event, CoinAccepted) and event.counter % 9 == 0:
            draft.note(*(fact for fact in draft._facts if isinstance(fact, CoinKept)))
        return told

    with patched(machine, "answered", answered):
        yield


@mistake(
    "late-coin-ignored", "a coin that falls when nobody is asked to pay is not kept", laws=("5",), near=5
)
def _late_coin_ignored() -> Iterator[None]:
    honest = settlement.coin

    def coin(draft: Draft, event: CoinAccepted) -> None:
        if isinstance(draft.terminal.stage, Paying):
            honest(draft, event)

    with patched(settlement, "coin", coin):
        yield


# --- money out -----------------------------------------------------------------------------------------


@mistake(
    "change-again-after-restart",
    "after a restart the change of an open payment is paid again",
    laws=("6",),
    near=11,
)
def _change_again_after_restart() -> Iterator[None]:
    honest = recovery._ask_devices

    def pay_again(draft: Draft, payment: Payment) -> None:
        honest(draft, payment)
        for order in payment.payouts:
            draft.order(PayOut(order.order, order.hopper, order.coins, None))

    with patched(recovery, "_ask_devices", pay_again):
        yield


@mistake("claim-issued-twice", "what the hoppers lack is claimed on two slips", laws=("1", "2"))
def _claim_issued_twice() -> Iterator[None]:
    honest = settlement.claim

    def claim(draft: Draft, payment: str, amount_minor: int, reason: ClaimReason) -> None:
        honest(draft, payment, amount_minor, reason)
        if reason is ClaimReason.CHANGE_SHORT:
            honest(draft, payment, amount_minor, reason)

    with patched(settlement, "claim", claim):
        yield


@mistake("claim-not-issued", "what cannot be given back in coins is not claimed", laws=("1", "2"), near=20)
def _claim_not_issued() -> Iterator[None]:
    honest = settlement.claim

    def claim(draft: Draft, payment: str, amount_minor: int, reason: ClaimReason) -> None:
        if reason is ClaimReason.LATE_COIN:
            honest(draft, payment, amount_minor, reason)

    with patched(settlement, "claim", claim):
        yield


@mistake(
    "late-coin-not-owed",
    "a coin that falls when the payment is over is kept for nothing",
    laws=("2",),
    near=49,
)
def _late_coin_not_owed() -> Iterator[None]:
    honest = settlement.claim

    def claim(draft: Draft, payment: str, amount_minor: int, reason: ClaimReason) -> None:
        if reason is not ClaimReason.LATE_COIN:
            honest(draft, payment, amount_minor, reason)

    with patched(settlement, "claim", claim):
        yield


# --- a fold that forgets -------------------------------------------------------------------------------


def _forgetting(kind: type[Fact]) -> Iterator[None]:
    """The state knows nothing of such a fact: after it all is as before."""
    honest: Fold = folding.fold

    def fold(terminal: Terminal, fact: Fact, at: Moment) -> Terminal:
        return terminal if isinstance(fact, kind) else honest(terminal, fact, at)

    with patched(folding, "fold", fold), patched(step, "fold", fold), patched(journal, "fold", fold):
        yield


@mistake("fold-forgets-claim", "the state does not know of a claim that was issued", laws=("1", "2"))
def _fold_forgets_claim() -> Iterator[None]:
    yield from _forgetting(ClaimIssued)


@mistake("fold-forgets-payout-report", "the state does not know what a hopper paid", laws=("1", "2", "6"))
def _fold_forgets_payout_report() -> Iterator[None]:
    yield from _forgetting(PayoutReported)


@mistake("fold-forgets-code-opened", "the state does not know that the code was opened", laws=("1", "2", "4"))
def _fold_forgets_code_opened() -> Iterator[None]:
    yield from _forgetting(CodeOpened)


@mistake(
    "fold-forgets-payout-order", "the state does not know that a hopper was told to pay", laws=("1", "2", "6")
)
def _fold_forgets_payout_order() -> Iterator[None]:
    yield from _forgetting(PayoutOrdered)


# --- codes and prices ----------------------------------------------------------------------------------


@mistake("code-for-the-next-payment", "the next customer sees the code of the one before", laws=("3", "4"))
def _code_for_the_next_payment() -> Iterator[None]:
    honest = showing._result
    shown: list[SealedCode] = []

    def result(payment: Payment, site: Site, reveal: Reveal, *others: object) -> ResultScreen:
        if payment.delivery.sealed not in shown:
            shown.append(payment.delivery.sealed)
        made: ResultScreen = honest(payment, site, reveal, *others)  # type: ignore[arg-type] # as it was called
        return msgspec.structs.replace(made, code=reveal(shown[-2:][0]))

    with patched(showing, "_result", result):
        yield


@mistake("price-of-another-version", "the price is not the sum of the lines that were shown", laws=("15",))
def _price_of_another_version() -> Iterator[None]:
    honest = settlement.open_payment

    def open_payment(draft: Draft, line: str, subject: str, price_minor: int) -> None:
        honest(draft, line, subject, max(price_minor - 10, 10))

    with patched(settlement, "open_payment", open_payment):
        yield


@mistake(
    "clock-step-repeats-key",
    "a payment's number is made from the clock, which may step back",
    laws=("1", "9"),
)
def _key_from_the_clock() -> Iterator[None]:

    def open_payment(draft: Draft, line: str, subject: str, price_minor: int) -> None:
        def numbered(payment: str, *rest: object, **named: object) -> PaymentOpened:
            head = payment.rpartition("-")[0]
            number = f"{head}-{draft.at.utc_ms // 15_000 % 100_000:05d}"
            return PaymentOpened(number, *rest, **named)  # type: ignore[arg-type] # as it was called

        with patched(settlement, "PaymentOpened", numbered):
            opened(draft, line, subject, price_minor)

    opened = settlement.open_payment
    with patched(settlement, "open_payment", open_payment):
        yield
