"""What the sync does next, and what an answer of the server is worth. Pure: no thread, no network, no disk.

`next_step` says what to ask. Each `..._answered` checks an answer against what was asked and returns the
progress and what the session is to be told. An answer that cannot be true raises `ServerTroubleError` and
changes nothing: the server may be broken or hostile, and the journal must not be thought safe because of it.
"""

import base64
from collections.abc import Iterable
from itertools import pairwise
from typing import Protocol, TypeVar

import msgspec

from kiosk.flows.commands import HoldClaim, Reserve
from kiosk.flows.events import (
    BooksArrived,
    ClaimHeld,
    ClaimNotHeld,
    FactsArrived,
    ReservationRefused,
    Reserved,
)
from kiosk.sync.exchange import Answer, ServerTroubleError, Trouble
from parking.claims import ClaimRefusedError, issuer_of
from parking.facts import Entry
from parking.identifiers import terminal_number
from parking.wire import (
    LARGEST_PAGE,
    AnyRow,
    BookRow,
    BooksPage,
    ClaimHold,
    ClaimKeyRow,
    ClaimNotTaken,
    ClaimRedeemedRow,
    ClampDocument,
    FactsAcknowledged,
    Refused,
    Reservation,
)

LARGEST_BATCH = 200
"""So many entries go up, or rows are asked for, in one message: small enough for a slow mobile link."""

LARGEST_BATCH_BYTES = 256_000
"""A batch is cut to this size, the half of what the server takes; a single entry is far below it."""

LARGEST_NUMBER = 2**53
"""No cursor, counter or amount is larger: the store and every JSON reader keep it exact."""

MOST_ROWS_AT_ONCE = 200_000
"""So many rows may come when all books are replaced at once: they wait in memory for the last page."""

KEY_BYTES = 32
"""A public key of Ed25519."""

MOST_LOOKS = 200
"""So often the loop looks whether the session has kept a page before it asks for that page again."""

LONGEST_PAUSE_S = 30.0
"""A server that is back is found again after this time at the latest."""


class Position(Protocol):
    """Where the terminal's journal and books stand, as its own store says."""

    @property
    def epoch(self) -> int:
        """The journal's present epoch."""

    @property
    def last_number(self) -> int:
        """The number of the newest entry of this epoch (0: none)."""

    @property
    def acknowledged_number(self) -> int:
        """The newest number of this epoch that the session has noted as held by the server (0: none)."""

    @property
    def books_version(self) -> int:
        """The cursor of the books that are kept (0: none)."""


class Shelf(Protocol):
    """What the sync reads of the terminal's store: its own connection, in its own thread, never written."""

    def position(self) -> Position:
        """Where journal and books stand now."""

    def entries_after(self, number: int, limit: int) -> tuple[Entry, ...]:
        """The entries of this epoch that follow `number`, in order, at most `limit`."""

    def close(self) -> None:
        """Let go of the store."""


class Progress(msgspec.Struct, frozen=True):
    """What the loop knows beyond the shelf. Nothing of it has to survive a restart.

    `held`: the server said that it holds `epoch` up to here; it leads the shelf until the session has noted
    it, and goes back when the server was restored from a backup. `posted` is the version of a page that the
    session has been given and that the shelf does not show yet, `looks` how often that was looked at.
    `gathered` are the rows so far, up to `cursor`, while all books are fetched anew. `facts_trouble` and
    `books_current` are about this round only.
    """

    epoch: int = -1
    held: int = 0
    posted: int | None = None
    looks: int = 0
    gathered: tuple[tuple[AnyRow, ...], ...] | None = None
    cursor: int = 0
    facts_trouble: ServerTroubleError | None = None
    books_current: bool = False


# --- what to do next -----------------------------------------------------------------------------------


class PushFacts(msgspec.Struct, frozen=True):
    """Send the entries after this number."""

    after: int


class PullBooks(msgspec.Struct, frozen=True):
    """Ask for the changes of the books after this cursor."""

    after: int


class LookAgain(msgspec.Struct, frozen=True):
    """The session still has a page to keep: the next one would only fill its inbox."""


class Rest(msgspec.Struct, frozen=True):
    """Nothing to send and nothing to fetch."""


Next = PushFacts | PullBooks | LookAgain | Rest


def held_by_server(progress: Progress, position: Position) -> int:
    """The newest number of this epoch that the server holds, as far as is known."""
    return progress.held if progress.epoch == position.epoch else position.acknowledged_number


def next_step(progress: Progress, position: Position) -> Next:
    """Facts first, as they are money; then the books, each page kept before the next is asked for."""
    if progress.facts_trouble is None and held_by_server(progress, position) < position.last_number:
        return PushFacts(held_by_server(progress, position))
    if progress.books_current:
        return Rest()
    if progress.gathered is not None:
        return PullBooks(progress.cursor)
    if progress.posted not in (None, position.books_version) and progress.looks < MOST_LOOKS:
        return LookAgain()
    return PullBooks(position.books_version)


def looked(progress: Progress) -> Progress:
    """The shelf did not show the posted page; after many looks it is asked for again, which is harmless."""
    return msgspec.structs.replace(progress, looks=progress.looks + 1)


def facts_failed(progress: Progress, trouble: ServerTroubleError) -> Progress:
    """No more facts in this round. The books do not suffer from it."""
    return msgspec.structs.replace(progress, facts_trouble=trouble)


def next_round(progress: Progress) -> Progress:
    """Everything is looked at again."""
    return msgspec.structs.replace(progress, facts_trouble=None, books_current=False)


def pause_after(failures: int, first_s: float, jitter: float) -> float:
    """Seconds to wait after so many failures in a row: first `first_s`, doubled each time, 30 at most.

    `jitter` (0 to 1) is each terminal's own and shortens the pause by up to a quarter, so that a whole town
    does not come back in the same second.
    """
    doubled = first_s * 2.0 ** min(max(failures - 1, 0), 20)
    return min(doubled, LONGEST_PAUSE_S) * (1 - jitter / 4)


# --- facts ---------------------------------------------------------------------------------------------


class _FactsRefused(msgspec.Struct, frozen=True):
    """The server's word that a batch does not continue what it holds; `expected` is the number it wants."""

    reason: str
    detail: str
    epoch: int
    expected: int


def check_batch(after: int, entries: tuple[Entry, ...]) -> None:
    """Make sure that the shelf gave what follows, without a gap.

    Raises:
        ServerTroubleError: the server asks for entries that this terminal does not keep any more.
    """
    if [entry.number for entry in entries] != list(range(after + 1, after + 1 + len(entries))) or not entries:
        has = f"{entries[0].number} is the next that is kept" if entries else "nothing is kept after it"
        raise ServerTroubleError(Trouble.FORK, f"the server holds the journal up to {after}, but {has}")


def cut_to_size(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """As many of the first entries as fit into one message, one at least."""
    size, fitting = 0, 0
    for entry in entries:
        size += len(msgspec.json.encode(entry)) + 1
        if fitting and size > LARGEST_BATCH_BYTES:
            break
        fitting += 1
    return entries[:fitting]


def facts_answered(
    progress: Progress, position: Position, sent: tuple[Entry, ...], answer: Answer
) -> tuple[Progress, FactsArrived | None]:
    """What the answer to a batch means. Only what was sent now counts as held.

    A server that holds more than this journal has may know a newer copy of it: then what follows differs, and
    the next batch tells both sides.

    Raises:
        ServerTroubleError: an answer that cannot be true, or a journal that the server does not accept.
    """
    before = sent[0].number - 1
    if answer.status == CONFLICT:
        return _resume_at(progress, position, before, _read(answer, _FactsRefused)), None
    if answer.status == NOT_TAKEN:
        raise ServerTroubleError(Trouble.FORK, f"the server does not accept the journal{_told(answer.body)}")
    acknowledged = _read_good(answer, FactsAcknowledged)
    if acknowledged.epoch != position.epoch:
        raise _rubbish(f"acknowledges epoch {acknowledged.epoch}, epoch {position.epoch} was sent")
    if acknowledged.number > sent[-1].number >= position.last_number:
        raise _rubbish(f"acknowledges fact {acknowledged.number}, which does not exist")
    if acknowledged.number <= before:
        raise _rubbish(f"acknowledges fact {acknowledged.number} only, {before + 1} and more were sent")
    held = min(acknowledged.number, sent[-1].number)
    event = FactsArrived(position.epoch, held) if held > position.acknowledged_number else None
    return msgspec.structs.replace(progress, epoch=position.epoch, held=held), event


def _resume_at(progress: Progress, position: Position, before: int, refused: _FactsRefused) -> Progress:
    """A server restored from a backup lacks what it had acknowledged: it says where to go on.

    Its books went back too, and may have grown past this terminal's cursor since: all are fetched anew.
    """
    if refused.reason != "gap":
        raise ServerTroubleError(Trouble.FORK, f"the server does not accept the journal: {refused.detail}")
    if refused.epoch != position.epoch or not 1 <= refused.expected <= before:
        wanted = f"fact {refused.expected} of epoch {refused.epoch}"
        raise _rubbish(f"wants {wanted} when {before + 1} of epoch {position.epoch} was sent")
    return msgspec.structs.replace(
        progress, epoch=position.epoch, held=refused.expected - 1, gathered=(), cursor=0, books_current=False
    )


# --- books ---------------------------------------------------------------------------------------------


def books_answered(
    progress: Progress, position: Position, asked_after: int, answer: Answer
) -> tuple[Progress, BooksArrived | None]:
    """What a page means. All books anew are told once, complete, when their last page is there.

    A cursor ahead of everything the server has means that it was restored from a backup: the old books are
    kept until all of its own are there, and the newest fact is sent again to learn which facts it lacks.

    Raises:
        ServerTroubleError: a page that cannot be true.
    """
    page = _read_good(answer, BooksPage)
    if 0 <= page.newest < asked_after:
        held = max(held_by_server(progress, position) - 1, 0)
        return msgspec.structs.replace(progress, epoch=position.epoch, held=held, gathered=(), cursor=0), None
    _check_page(page, asked_after)
    if progress.gathered is not None:
        return _gather(progress, page)
    if page.version == asked_after:
        return msgspec.structs.replace(progress, books_current=True, posted=None, looks=0), None
    given = msgspec.structs.replace(progress, posted=page.version, looks=0, books_current=not page.more)
    return given, BooksArrived(page, complete=False)


def _gather(progress: Progress, page: BooksPage) -> tuple[Progress, BooksArrived | None]:
    gathered = (*(progress.gathered or ()), page.rows)
    if sum(map(len, gathered)) > MOST_ROWS_AT_ONCE:
        raise _rubbish(f"sends more than {MOST_ROWS_AT_ONCE} rows of books to replace the old ones")
    if page.more:
        return msgspec.structs.replace(progress, gathered=gathered, cursor=page.version), None
    whole = msgspec.structs.replace(page, rows=_newest_rows(gathered))
    done = msgspec.structs.replace(
        progress, gathered=None, cursor=0, posted=page.version, looks=0, books_current=True
    )
    return done, BooksArrived(whole, complete=True)


def _newest_rows(pages: Iterable[tuple[AnyRow, ...]]) -> tuple[AnyRow, ...]:
    """The last word on each clamp, each key and each claim, in the order of the sequence."""
    newest = {_about(row): row for rows in pages for row in rows}
    return tuple(sorted(newest.values(), key=lambda row: row.sequence))


def _about(row: AnyRow) -> tuple[str, ...]:
    """What a row is about: a later one about the same replaces it."""
    match row:
        case BookRow(identifier=identifier):
            return "clamp", identifier
        case ClaimKeyRow(terminal=terminal, epoch=epoch, key=key):
            return "claim key", terminal, str(epoch), key
        case ClaimRedeemedRow(claim=claim):
            return "claim", claim


def _check_page(page: BooksPage, asked_after: int) -> None:
    if len(page.rows) > LARGEST_PAGE:
        raise _rubbish(f"sends {len(page.rows)} rows of books, {LARGEST_PAGE} at most were asked for")
    sequences = [asked_after, *(row.sequence for row in page.rows)]
    if any(later <= earlier for earlier, later in pairwise(sequences)):
        raise _rubbish(f"sends books after {asked_after} out of order")
    if not sequences[-1] <= page.version <= page.newest <= LARGEST_NUMBER:
        raise _rubbish(f"sends books up to {sequences[-1]} as version {page.version} of {page.newest}")
    if page.more and page.version == asked_after:
        raise _rubbish(f"says that books follow version {asked_after}, and sends none")
    for row in page.rows:
        _check_row(row)


def _check_row(row: AnyRow) -> None:
    match row:
        case BookRow(document=ClampDocument() as document, identifier=identifier):
            _check_document(document, identifier)
        case ClaimKeyRow():
            _check_key(row)
        case ClaimRedeemedRow(claim=claim):
            try:
                issuer_of(claim)
            except ClaimRefusedError as error:
                raise _rubbish(f"says that a claim was taken, but {error}") from None


def _check_key(row: ClaimKeyRow) -> None:
    try:
        terminal_number(row.terminal)
        size = len(base64.b64decode(row.key, validate=True))
    except ValueError as error:
        raise _rubbish(f"sends a key of claims that is none: {error}") from None
    if size != KEY_BYTES or not 1 <= row.epoch <= LARGEST_NUMBER:
        raise _rubbish(
            f"sends a key of claims of {size} bytes for epoch {row.epoch} of terminal {row.terminal}"
        )


def _check_document(document: ClampDocument, identifier: str) -> None:
    if document.identifier != identifier:
        raise _rubbish(f"sends clamp {document.identifier[:20]!a} as clamp {identifier[:20]!a}")
    numbers = [document.fitting, document.code_number, *(line.amount_minor for line in document.debt.lines)]
    if not all(0 <= number <= LARGEST_NUMBER for number in numbers):
        raise _rubbish(f"sends clamp {identifier[:20]!a} with a number that is out of range")


# --- reservations --------------------------------------------------------------------------------------


def reservation_answered(command: Reserve, answer: Answer) -> Reserved | ReservationRefused:
    """What the answer to a reservation means.

    Raises:
        ServerTroubleError: an answer that is not about this reservation, or none at all.
    """
    if answer.status in (NOT_FOUND, CONFLICT):
        return ReservationRefused(command.reference, _read(answer, Refused).reason)
    reservation = _read_good(answer, Reservation)
    if reservation.reference != command.reference:
        raise _rubbish(f"reserves {reservation.reference[:40]!a} instead of {command.reference!a}")
    _check_document(reservation.document, command.identifier)
    return Reserved(command.reference, reservation.document)


# --- claims --------------------------------------------------------------------------------------------


def claim_answered(command: HoldClaim, answer: Answer) -> ClaimHeld | ClaimNotHeld:
    """What the answer to the request for a claim means.

    Raises:
        ServerTroubleError: an answer that is not about this request, or none at all.
    """
    if answer.status in (NOT_FOUND, CONFLICT, NOT_TAKEN):
        return ClaimNotHeld(command.reference, _read(answer, ClaimNotTaken).reason)
    hold = _read_good(answer, ClaimHold)
    if hold.reference != command.reference:
        raise _rubbish(f"holds a claim for {hold.reference[:40]!a} instead of {command.reference!a}")
    return ClaimHeld(command.reference)


# --- answers in general --------------------------------------------------------------------------------

OK, NOT_FOUND, CONFLICT, NOT_TAKEN = 200, 404, 409, 422
_KEY_REFUSED = (401, 403)
_FIRST_SERVER_ERROR = 500
_BUSY = (408, 429)

_Meaning = TypeVar("_Meaning")


def _read_good(answer: Answer, meaning: type[_Meaning]) -> _Meaning:
    if answer.status == OK:
        return _read(answer, meaning)
    told = f"HTTP {answer.status}{_told(answer.body)}"
    if answer.status in _KEY_REFUSED:
        raise ServerTroubleError(Trouble.REFUSED, f"the server refuses this terminal's key: {told}")
    if answer.status >= _FIRST_SERVER_ERROR or answer.status in _BUSY:
        raise ServerTroubleError(Trouble.UNREACHABLE, f"the server cannot work now: {told}")
    raise _rubbish(f"answers {told}")


def _read(answer: Answer, meaning: type[_Meaning]) -> _Meaning:
    try:
        return msgspec.json.decode(answer.body, type=meaning)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _rubbish(f"answers no {meaning.__name__.strip('_')}: {error}") from None


class _Told(msgspec.Struct, frozen=True):
    """The common form of the server's errors."""

    detail: str


def _told(body: bytes) -> str:
    """The server's own words, for the technician, where it has any."""
    try:
        return f", {msgspec.json.decode(body, type=_Told).detail[:200]!a}"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _rubbish(detail: str) -> ServerTroubleError:
    return ServerTroubleError(Trouble.RUBBISH, f"the server {detail}")
