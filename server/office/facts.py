"""Facts come in: each exactly once, in the order of its terminal's chain, acknowledged when durable.

What a fact changes is told in `payments.py` and `release.py`. An entry that does not fit stops the batch:
what stood before it is stored, it and what follows is not, and the answer says from which number to go on.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec
from sqlalchemy import BigInteger, Connection, and_, bindparam, case, func, insert, select, update

from parking.facts import GENESIS_HASH, Entry, Fact, decode_fact, is_genuine
from parking.money import LARGEST_AMOUNT_MINOR
from parking.wire import LARGEST_PAGE, FactsAcknowledged
from server.office import books, payments
from server.office.alarms import AlarmKind, Place, raise_alarm
from server.store.tables import LONGEST_NAME, facts, terminals

LARGEST_NUMBER = 2**53
"""Nothing that is counted, and no instant, is larger: every JSON reader keeps it exact."""

LONGEST_FIELD = 1_000
MOST_COINS = 100_000


_CHANGES_BOOKS = ('"CodeOpened"', '"Claim')
"""Facts of these names may change the books. Those about claims take turns: two terminals may tell of one."""

# Statements are made once: a batch has a few of them for each of its facts.
_OF_JOURNAL = and_(facts.c.terminal == bindparam("of_terminal"), facts.c.epoch == bindparam("of_epoch"))
_OF_TERMINAL = terminals.c.number == bindparam("of_terminal")
_LOCK = select(terminals.c.number).where(_OF_TERMINAL).with_for_update(key_share=True)
_NEWEST = select(facts.c.number, facts.c.hash).where(_OF_JOURNAL).order_by(facts.c.number.desc()).limit(1)
_HELD = select(facts.c.number, facts.c.hash).where(
    _OF_JOURNAL, facts.c.number.in_(bindparam("numbers", expanding=True))
)
_INSERT = insert(facts)
_IS_NEWEST_EPOCH = func.coalesce(terminals.c.epoch, 0) <= bindparam("of_epoch", type_=BigInteger)
_GOT_ON = (
    update(terminals)
    .where(_OF_TERMINAL)
    .values(
        seen_at_ms=bindparam("now_ms"),
        epoch=case((_IS_NEWEST_EPOCH, bindparam("of_epoch", type_=BigInteger)), else_=terminals.c.epoch),
        facts_number=case(
            (_IS_NEWEST_EPOCH, bindparam("tip", type_=BigInteger)), else_=terminals.c.facts_number
        ),
    )
)


class EntryRefusedBecause(StrEnum):
    """Why an entry, and with it the rest of its batch, was not taken."""

    EMPTY = "empty"
    TOO_MANY = "too-many"
    MALFORMED = "malformed"
    FOREIGN = "foreign"
    NOT_GENUINE = "not-genuine"
    GAP = "gap"
    FORK = "fork"
    BROKEN_CHAIN = "broken-chain"


CONFLICTS = frozenset({EntryRefusedBecause.GAP, EntryRefusedBecause.FORK, EntryRefusedBecause.BROKEN_CHAIN})
"""The batch is well made, but it does not continue what the server holds."""


class FactsRefused(msgspec.Struct, frozen=True):
    """An entry was not taken. The server holds this epoch durably up to `expected - 1`: go on from there."""

    reason: EntryRefusedBecause
    detail: str
    epoch: int
    expected: int


class _Tip(msgspec.Struct, frozen=True):
    """The last stored entry of an epoch."""

    number: int
    hash: str


def take_in(
    connection: Connection, entries: tuple[Entry, ...], *, terminal: str, now_ms: int
) -> FactsAcknowledged | FactsRefused:
    """Store entries of this terminal that are new, and let each have its one effect.

    Entries that are held already are skipped, so a batch may be repeated in whole or in part. The
    acknowledgement names the last entry held, which may be later than the batch's. It counts after commit.
    """
    refused = _misshapen(entries)
    if refused is not None:
        return refused
    # One batch of a terminal at a time; the books before any clamp (see `books`).
    _lock_terminal(connection, terminal)
    if any(words in entry.payload for entry in entries for words in _CHANGES_BOOKS):
        books.lock(connection)
    epoch = entries[0].epoch
    tip = _tip(connection, terminal, epoch)
    held = _held_hashes(connection, terminal, entries, tip)
    new: list[dict[str, object]] = []
    for place, entry in enumerate(entries):
        refused = _misfit(connection, entry, terminal, tip, held, now_ms)
        if refused is not None:
            _store(connection, new)
            return msgspec.structs.replace(refused, detail=f"entry {place} of the batch: {refused.detail}")
        if entry.number > tip.number:
            new.append(_applied(connection, entry, now_ms))
            tip = _Tip(number=entry.number, hash=entry.hash)
            held[entry.number] = entry.hash
    _store(connection, new)
    _note_progress(connection, terminal, epoch, tip.number, now_ms)
    return FactsAcknowledged(epoch=epoch, number=tip.number)


# --- does it fit? --------------------------------------------------------------------------------------


def _misshapen(entries: tuple[Entry, ...]) -> FactsRefused | None:
    """What can be said of a batch without looking at what is stored."""
    if not entries:
        return _refusal(EntryRefusedBecause.EMPTY, "the batch holds no entries", 0, 0)
    if len(entries) > LARGEST_PAGE:
        return _refusal(
            EntryRefusedBecause.TOO_MANY, f"{len(entries)} entries; send at most {LARGEST_PAGE}", 0, 0
        )
    for place, entry in enumerate(entries):
        numbers = (entry.epoch, entry.number, entry.at_ms, entry.books_version)
        if not all(0 <= number <= LARGEST_NUMBER for number in numbers) or entry.number == 0:
            words = f"entry {place} of the batch: epoch, number, at_ms or books_version is out of range"
            return _refusal(EntryRefusedBecause.MALFORMED, words, 0, 0)
        if entry.epoch != entries[0].epoch:
            words = f"entry {place} of the batch: another epoch; send each epoch in batches of its own"
            return _refusal(EntryRefusedBecause.MALFORMED, words, 0, 0)
        if "\0" in entry.payload:
            words = f"entry {place} of the batch: the payload holds a NUL character"
            return _refusal(EntryRefusedBecause.MALFORMED, words, 0, 0)
    return None


def _misfit(
    connection: Connection, entry: Entry, terminal: str, tip: _Tip, held: dict[int, str], now_ms: int
) -> FactsRefused | None:
    """Why an entry does not continue this terminal's chain; raises the alarm that belongs to it."""
    found = _spoiled(entry, terminal) or _out_of_place(entry, tip, held)
    if found is None:
        return None
    reason, alarm, words = found
    place = Place(
        terminal=terminal,
        epoch=entry.epoch,
        number=entry.number,
        hash=entry.hash if reason in CONFLICTS else "",
        at_ms=entry.at_ms,
        now_ms=now_ms,
    )
    raise_alarm(connection, alarm, place, words)
    return _refusal(reason, words, entry.epoch, tip.number + 1)


_Misfit = tuple[EntryRefusedBecause, AlarmKind, str]


def _spoiled(entry: Entry, terminal: str) -> _Misfit | None:
    """What is wrong with an entry whatever is stored."""
    where = f"fact {entry.number} of epoch {entry.epoch}"
    if entry.terminal != terminal:
        words = f"{where} is of terminal {entry.terminal[:8]!a}, but the key is terminal {terminal}'s"
        return EntryRefusedBecause.FOREIGN, AlarmKind.FOREIGN, words
    if not is_genuine(entry):
        words = f"{where} does not have the hash of what it says"
        return EntryRefusedBecause.NOT_GENUINE, AlarmKind.BROKEN_CHAIN, words
    return None


def _out_of_place(entry: Entry, tip: _Tip, held: dict[int, str]) -> _Misfit | None:
    """Why a genuine entry is neither the next of its chain nor one that is held already."""
    where = f"fact {entry.number} of epoch {entry.epoch}"
    if entry.number <= tip.number:
        if held[entry.number] == entry.hash:
            return None
        words = f"{where} is held with another hash: this journal is not the one that was sent before"
        return EntryRefusedBecause.FORK, AlarmKind.FORK, words
    if entry.number > tip.number + 1:
        words = f"{where} leaves a gap: the server holds up to {tip.number}, send from {tip.number + 1}"
        return EntryRefusedBecause.GAP, AlarmKind.GAP, words
    if entry.previous != tip.hash:
        words = f"{where} does not follow fact {tip.number}, which the server holds with another hash"
        return EntryRefusedBecause.BROKEN_CHAIN, AlarmKind.BROKEN_CHAIN, words
    return None


def _refusal(reason: EntryRefusedBecause, detail: str, epoch: int, expected: int) -> FactsRefused:
    return FactsRefused(reason=reason, detail=detail, epoch=epoch, expected=expected)


# --- what is held --------------------------------------------------------------------------------------


def _lock_terminal(connection: Connection, terminal: str) -> None:
    connection.execute(_LOCK, {"of_terminal": terminal}).one()


def _tip(connection: Connection, terminal: str, epoch: int) -> _Tip:
    row = connection.execute(_NEWEST, {"of_terminal": terminal, "of_epoch": epoch}).one_or_none()
    return _Tip(number=row.number, hash=row.hash) if row else _Tip(number=0, hash=GENESIS_HASH)


def _held_hashes(
    connection: Connection, terminal: str, entries: tuple[Entry, ...], tip: _Tip
) -> dict[int, str]:
    if all(entry.number > tip.number for entry in entries):
        return {}
    rows = connection.execute(
        _HELD,
        {
            "of_terminal": terminal,
            "of_epoch": entries[0].epoch,
            "numbers": [entry.number for entry in entries],
        },
    )
    return {row.number: row.hash for row in rows}


# --- storing -------------------------------------------------------------------------------------------


def _store(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    if rows:
        connection.execute(_INSERT, rows)


def _applied(connection: Connection, entry: Entry, now_ms: int) -> dict[str, object]:
    """Let an entry have its effect; returns its row."""
    place = Place(
        terminal=entry.terminal,
        epoch=entry.epoch,
        number=entry.number,
        hash=entry.hash,
        at_ms=entry.at_ms,
        now_ms=now_ms,
    )
    fact = _read(connection, entry.payload, place)
    return {
        **msgspec.structs.asdict(entry),
        "received_at_ms": now_ms,
        "kind": kind_of(entry.payload),
        "projected": fact is not None,
        "payment": payments.apply(connection, fact, place) if fact is not None else None,
    }


def _read(connection: Connection, payload: str, place: Place) -> Fact | None:
    """Read a fact, or None: newer software may say things that this one stores without understanding."""
    kind = kind_of(payload)
    try:
        fact = decode_fact(payload)
        _check_plausible(fact)
    except (msgspec.DecodeError, ValueError) as error:
        if kind in KNOWN_KINDS or not kind:
            words = f"fact {place.number} of epoch {place.epoch} ({kind or 'of no kind'}): {error}"
            raise_alarm(connection, AlarmKind.UNREADABLE, place, words.replace("\0", "?")[:LONGEST_FIELD])
        return None
    return fact


class _Tag(msgspec.Struct):
    fact: str = ""


_tag_of: Callable[[str], _Tag] = msgspec.json.Decoder(_Tag).decode
KNOWN_KINDS = frozenset(kind.__name__ for kind in Fact.__args__)


def kind_of(payload: str) -> str:
    """The name of a fact in its payload, also of one this software does not know; empty if there is none."""
    try:
        kind = _tag_of(payload).fact
    except msgspec.DecodeError:
        return ""
    return kind if kind.isidentifier() and len(kind) <= LONGEST_NAME else ""


def _check_plausible(fact: Fact) -> None:
    """Refuse values that no table can hold or that no machine can mean.

    Raises:
        ValueError: which field, and why.
    """
    for name, value in msgspec.structs.asdict(fact).items():
        if isinstance(value, bool):
            continue
        if isinstance(value, int):
            largest = _largest(name)
            if not 0 <= value <= largest:
                raise ValueError(f"`{name}` is not between 0 and {largest}")
        if isinstance(value, str):
            longest = LONGEST_FIELD if name in {"detail", "event"} else LONGEST_NAME
            if len(value) > longest or "\0" in value:
                raise ValueError(f"`{name}` is longer than {longest} characters or holds a NUL character")


def _largest(name: str) -> int:
    if name.endswith("_minor"):
        return LARGEST_AMOUNT_MINOR
    return MOST_COINS if name in {"coins", "paid", "unpaid"} else 2**31 - 1


def _note_progress(connection: Connection, terminal: str, epoch: int, number: int, now_ms: int) -> None:
    """An old batch that comes again after the disk was replaced says nothing of the newest journal."""
    told = {"of_terminal": terminal, "of_epoch": epoch, "tip": number, "now_ms": now_ms}
    connection.execute(_GOT_ON, told)
