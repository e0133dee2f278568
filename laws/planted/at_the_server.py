"""Mistakes at the server: what comes again counts again, and what should be refused is taken."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, delete

from laws.planted.mistake import Hunter, mistake, patched
from parking.facts import CoinKept, Entry, Fact
from parking.wire import FactsAcknowledged, Refused, Reservation, ReservationRequest
from server.office import claims, facts, payments, release
from server.office.alarms import Place
from server.store import engine
from server.store.sealing import CodeSealer
from server.store.tables import reservations


@mistake(
    "server-not-synced",
    "the server's database is opened with synchronous = NORMAL",
    laws=("11",),
    hunter=Hunter.POWER_CUTS,
    near=8,
)
def _server_not_synced() -> Iterator[None]:
    weak = tuple(pragma.replace("synchronous=FULL", "synchronous=NORMAL") for pragma in engine._PRAGMAS)
    with patched(engine, "_PRAGMAS", weak):
        yield


@mistake("fact-counts-twice", "some coins count twice on the server", laws=("9",))
def _fact_counts_twice() -> Iterator[None]:
    honest = payments.apply

    def apply(connection: Connection, fact: Fact, place: Place) -> str | None:
        if isinstance(fact, CoinKept) and place.number % 7 == 0:
            honest(connection, fact, place)
        return honest(connection, fact, place)

    with patched(payments, "apply", apply):
        yield


@mistake("no-dedup", "a fact that comes again has its effect again", laws=("9", "12"), hunter=Hunter.REQUESTS)
def _no_dedup() -> Iterator[None]:
    honest = facts._misfit

    def misfit(connection: Connection, entry: Entry, terminal: str, tip: Any, held: Any, now_ms: int) -> Any:  # noqa: ANN401 - as the function it stands for
        found = honest(connection, entry, terminal, tip, held, now_ms)
        if found is None and entry.number <= tip.number:
            place = Place(terminal, entry.epoch, entry.number, entry.hash, entry.at_ms, now_ms)
            fact = facts._read(connection, entry.payload, place)
            if fact is not None:
                payments.apply(connection, fact, place)
        return found

    with patched(facts, "_misfit", misfit):
        yield


@mistake(
    "idempotency-key-expires",
    "a reference is forgotten when its reservation is over",
    laws=("4", "9", "12"),
    hunter=Hunter.REQUESTS,
)
def _idempotency_key_expires() -> Iterator[None]:
    honest = release._answered

    def answered(
        connection: Connection, sealer: CodeSealer, request: ReservationRequest, terminal: str
    ) -> Reservation | Refused | None:
        connection.execute(
            delete(reservations).where(
                reservations.c.terminal == terminal,
                reservations.c.reference == request.reference,
                reservations.c.over_at_ms.is_not(None),
            )
        )
        return honest(connection, sealer, request, terminal)

    with patched(release, "_answered", answered):
        yield


@mistake(
    "reserved-for-two",
    "a fitting that a terminal holds is promised to another one",
    laws=("4",),
    hunter=Hunter.REQUESTS,
    near=4,
)
def _reserved_for_two() -> Iterator[None]:
    def holders(*_asked: object) -> frozenset[str]:
        return frozenset()

    with patched(release, "_holders", holders):
        yield


@mistake(
    "hash-not-checked",
    "an entry is taken whose hash is not the hash of what it says",
    laws=("17",),
    hunter=Hunter.REQUESTS,
)
def _hash_not_checked() -> Iterator[None]:
    def is_genuine(_entry: Entry) -> bool:
        return True

    with patched(facts, "is_genuine", is_genuine):
        yield


def _tolerating(reason: facts.EntryRefusedBecause) -> Iterator[None]:
    """An entry is taken in spite of this."""
    honest: Callable[..., Any] = facts._out_of_place

    def out_of_place(*known: object) -> Any:  # noqa: ANN401 - as the function it stands for
        found = honest(*known)
        return None if found is not None and found[0] is reason else found

    with patched(facts, "_out_of_place", out_of_place):
        yield


@mistake("gap-tolerated", "facts are taken that leave a gap", laws=("8", "9"), hunter=Hunter.REQUESTS)
def _gap_tolerated() -> Iterator[None]:
    yield from _tolerating(facts.EntryRefusedBecause.GAP)


@mistake(
    "fork-unnoticed",
    "another fact under a number that is held counts as that fact",
    laws=("11",),
    hunter=Hunter.REQUESTS,
    near=3,
)
def _fork_unnoticed() -> Iterator[None]:
    yield from _tolerating(facts.EntryRefusedBecause.FORK)


@mistake(
    "answer-names-the-batch",
    "the acknowledgement names the last number that was sent, whatever is held",
    laws=("9", "11"),
    hunter=Hunter.REQUESTS,
)
def _answer_names_the_batch() -> Iterator[None]:
    honest = facts.take_in

    def take_in(connection: Connection, entries: tuple[Entry, ...], **asked: Any) -> Any:  # noqa: ANN401 - as the function it stands for
        kept = entries if len(entries) < 3 else entries[:-1]
        taken = honest(connection, kept, **asked)
        if isinstance(taken, FactsAcknowledged) and kept is not entries:
            return FactsAcknowledged(taken.epoch, max(taken.number, entries[-1].number))
        return taken

    with patched(facts, "take_in", take_in):
        yield


@mistake(
    "slip-held-for-everybody",
    "a slip that a terminal may be taking is promised to another one",
    laws=("9",),
    hunter=Hunter.REQUESTS,
    near=9,
)
def _slip_held_for_everybody() -> Iterator[None]:
    def nobody(*_asked: object) -> list[str]:
        return []

    with patched(claims, "holders_of", nobody):
        yield


@mistake(
    "second-taking-not-told",
    "that a slip was taken a second time is no alarm",
    laws=("2", "9"),
    hunter=Hunter.REQUESTS,
    near=12,
)
def _second_taking_not_told() -> Iterator[None]:
    def silent(*_known: object) -> None:
        return None

    with patched(claims, "compare", silent):
        yield
