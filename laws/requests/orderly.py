"""An orderly server, which gets every request once and in order; and the comparison of all tables with its.

The same routes and the same office on another database, called without HTTP.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random

import msgspec
from fastapi import HTTPException, Response
from sqlalchemy import Table

from kiosk.sync.exchange import Answer
from laws.requests.claims import ABOUT_A_SLIP
from laws.requests.diary import (
    BooksAsked,
    Diary,
    FactsTaken,
    FactsTurnedAway,
    Fitted,
    Reserved,
    Settled,
    SlipShown,
    Step,
)
from laws.requests.served import Clock, Rows, Served, differing
from laws.tally import Tally
from parking.facts import Entry
from parking.wire import FactsBatch
from server.api import routes
from server.office import facts as office_facts
from server.office import terminals
from server.office.alarms import AlarmKind
from server.office.setting import Office
from server.store import tables

_ABOUT_REFUSED = frozenset({AlarmKind.GAP, AlarmKind.BROKEN_CHAIN, AlarmKind.FOREIGN, AlarmKind.FORK})
"""Alarms about entries that were not taken. How often and in which order copies of them came, they tell."""


class OrderlyServer:
    """Lives a diary: every step at its time, each once."""

    def __init__(self, served: Served, clock: Clock, tally: Tally) -> None:
        self.served = served
        self._clock = clock
        self._demand = tally.demand

    def live(self, diary: Diary) -> None:
        """Take everything in. Raises BrokenLawError where it answers otherwise than the other server."""
        for step in diary.steps:
            self._clock.now_ms = step.at_ms
            self._take(step)

    def _take(self, step: Step) -> None:
        office = self.served.office
        match step:
            case FactsTaken(terminal=terminal, entries=entries):
                body = msgspec.json.encode(FactsBatch(entries))
                answer = routes.take_facts(office, terminal, body)
                self._demand(
                    "9", answer.status_code == 200, f"in order it is refused: {bytes(answer.body)!r}"
                )
            case FactsTurnedAway(terminal=terminal, body=body):
                answer = routes.take_facts(office, terminal, body)
                self._demand("9", answer.status_code == 409, "a clone's facts are taken in order")
            case Reserved(terminal=terminal, body=body, answer=given):
                here = _answered(routes.reserve, office, terminal, body)
                self._demand(
                    "12", _meaning(here) == _meaning(given), f"reserved {given} there, in order {here}"
                )
            case SlipShown(terminal=terminal, body=body, answer=given):
                here = _answered(routes.hold_claim, office, terminal, body)
                words = f"{body!r} gets {given} there, in order {here}"
                self._demand("12", _meaning(here) == _meaning(given), words)
            case BooksAsked(terminal=terminal, after=after):
                with self.served.database.writing() as connection:
                    terminals.seen(connection, terminal, self._clock.now_ms, books_version=after)
            case Fitted(clamp=clamp, fine=fine):
                self._demand("9", self.served.fit(clamp, fine), f"{clamp} cannot be fitted in order")
            case Settled(act=act, claim=claim):
                self._demand("9", self.served.settle(act, claim), f"no {act} of {claim} in order")


def _answered(
    route: Callable[[Office, str, bytes], Response], office: Office, terminal: str, body: bytes
) -> Answer:
    try:
        answer = route(office, terminal, body)
    except HTTPException as refused:
        return Answer(refused.status_code, b"")
    return Answer(answer.status_code, bytes(answer.body))


class _Reason(msgspec.Struct):
    reason: str


def _meaning(answer: Answer) -> object:
    """An answer without the words of a refusal, which tell whether it was refused before."""
    if answer.status == 200:
        return answer
    return answer.status, msgspec.json.decode(answer.body, type=_Reason).reason


def compare_all(ours: Served, theirs: Served, tally: Tally) -> None:
    """Demand that all tables are the same, but for when somebody was last heard of."""
    for table in tables.metadata.sorted_tables:
        words = differing(_told(ours, table), _told(theirs, table))
        tally.demand("9", not words, f"table {table.name}: {words}")
    tally.demand("9", _accused(ours) == _accused(theirs), "other terminals are said to be cloned")


def _told(served: Served, table: Table) -> Rows:
    rows = served.rows(table)
    if table is tables.terminals:
        return [{**row, "seen_at_ms": None} for row in rows]
    if table is tables.alarms:
        return [
            {**row, "seen_at_ms": None, "times": None}
            for row in rows
            if row["kind"] not in _ABOUT_REFUSED and not row["hash"].startswith(ABOUT_A_SLIP)
        ]
    return rows


def _accused(served: Served) -> set[tuple[str, int]]:
    """The journals of which there are two: a clone's entry has a hash of its own."""
    kinds = {AlarmKind.FORK, AlarmKind.BROKEN_CHAIN}
    return {
        (row["terminal"], row["epoch"])
        for row in served.rows(tables.alarms)
        if row["kind"] in kinds and row["hash"]
    }


# --- any other order -----------------------------------------------------------------------------------


def take_in_any_order(served: Served, diary: Diary, chance: Random) -> None:
    """The same journals to another server, cut into other batches, some again, terminals in another order.

    Staff do nothing there, and nobody shows a slip: what facts say of payments does not need them.
    """
    journals: dict[str, list[Entry]] = defaultdict(list)
    for step in diary.steps:
        if isinstance(step, FactsTaken):
            journals[step.terminal] += step.entries
    waiting = {terminal: _batches(entries, chance) for terminal, entries in sorted(journals.items())}
    while waiting:
        terminal = chance.choice(list(waiting))
        batch = next(waiting[terminal], None)
        if batch is None:
            del waiting[terminal]
            continue
        with served.database.writing() as connection:
            office_facts.take_in(connection, batch, terminal=terminal, now_ms=0)


def _batches(entries: list[Entry], chance: Random) -> Iterator[tuple[Entry, ...]]:
    """What continues, sometimes with some of what was before it. Each epoch in batches of its own."""
    at = 0
    while at < len(entries):
        start = max(0, at - chance.choice((0, 0, 0, 5, 30)))
        end = at + chance.randint(1, 200)
        epoch = entries[at].epoch
        batch = tuple(entry for entry in entries[start:end] if entry.epoch == epoch)
        yield batch
        at = entries.index(batch[-1], at) + 1


def compare_what_no_order_changes(ours: Served, theirs: Served, tally: Tally) -> None:
    """Demand that what facts say does not depend on which terminal was heard first."""
    for table, ignored in _IN_NO_ORDER.items():
        here, there = (
            [{name: value for name, value in row.items() if name not in ignored} for row in side.rows(table)]
            for side in (ours, theirs)
        )
        words = differing(here, there)
        tally.demand("12", not words, f"another order of deliveries gives other {table.name}: {words}")


_IN_NO_ORDER: dict[Table, frozenset[str]] = {
    tables.facts: frozenset({"received_at_ms"}),
    tables.payments: frozenset({"received_at_ms", "paid_twice"}),
    tables.payouts: frozenset(),
    tables.print_jobs: frozenset(),
    tables.claims: frozenset({"received_at_ms", "confirmed_at_ms", "office_end", "office_ended_at_ms"}),
    tables.faults: frozenset(),
}
"""Of two terminals that released one fitting, the one that is heard first was first: that is left out.

What staff did with a claim is no matter of facts; what else is said of claims, see `claims.py`.
"""
