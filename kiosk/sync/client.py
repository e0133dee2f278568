"""The sync's thread: one loop that asks for reservations and claims, sends facts up and fetches books down.

It reads the terminal's store through its own shelf and writes nothing: what the server says is posted to
the session, which notes it. What to do next and what an answer is worth is decided in `reconcile.py`.
"""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from kiosk.flows.commands import HoldClaim, Reserve
from kiosk.flows.events import (
    BooksArrived,
    ClaimHeld,
    ClaimNotHeld,
    FactsArrived,
    ReservationRefused,
    Reserved,
    ServerSilent,
)
from kiosk.hardware.health import Health
from kiosk.hardware.ports import Post, SteadyClock
from kiosk.sync.address import ServerAddress
from kiosk.sync.bell import Bell
from kiosk.sync.exchange import AbandonedError, Limits, ServerTroubleError, Trouble
from kiosk.sync.reconcile import (
    LARGEST_BATCH,
    LookAgain,
    Position,
    Progress,
    PullBooks,
    PushFacts,
    Rest,
    Shelf,
    books_answered,
    check_batch,
    claim_answered,
    cut_to_size,
    facts_answered,
    facts_failed,
    looked,
    next_round,
    next_step,
    pause_after,
    reservation_answered,
)
from parking.wire import ClaimRequest, FactsBatch, ReservationRequest

if TYPE_CHECKING:
    from kiosk.sync.connection import Connection

DEVICE = "server"
LOOK_AGAIN_S = 0.05

log = logging.getLogger(__name__)


_Asked = Reserve | HoldClaim
_Answer = Reserved | ReservationRefused | ClaimHeld | ClaimNotHeld | ServerSilent


class _Waiting(msgspec.Struct, frozen=True):
    """A reservation or a claim that somebody waits for, and until when on the steady clock."""

    command: _Asked
    until: float


class SyncClient:
    """Keeps the terminal and one server in step, from `start` until `stop`.

    `make_shelf` opens the terminal's store for reading; it is called in the sync's thread. `post` puts an
    event into the session's inbox. `steady` is the clock that never jumps. `jitter` (0 to 1) is this
    terminal's own, see `pause_after`; `pause_s` is the time between rounds, and the first after a failure.
    """

    def __init__(
        self,
        make_shelf: Callable[[], Shelf],
        post: Post,
        address: ServerAddress,
        *,
        steady: SteadyClock,
        jitter: float = 0.0,
        pause_s: float = 2.0,
    ) -> None:
        self._make_shelf = make_shelf
        self._post = post
        self._address = address
        self._steady = steady
        self._jitter = jitter
        self._pause_s = pause_s
        self._health = Health(DEVICE, post)
        self._bell = Bell()
        self._stopping = threading.Event()
        self._poked = threading.Event()
        self._waiting: deque[_Waiting] = deque()
        self._shelf: Shelf | None = None
        self._progress = Progress()
        self._failures = 0
        self._facts_stuck = False
        self._due = 0.0
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    # --- from any thread -------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin. Only now HTTP and the store are loaded and opened, in the sync's own thread."""
        self._thread.start()

    def order(self, command: Reserve | HoldClaim) -> None:
        """Ask the server for a reservation, or to hold a claim, before anything else; never blocks.

        Answered with `Reserved` or `ReservationRefused`, with `ClaimHeld` or `ClaimNotHeld`, or, after the
        time for connecting and answering at the latest, `ServerSilent`; also when the sync has been stopped.
        """
        until = self._steady() + self._address.connect_s + self._address.answer_s
        self._waiting.append(_Waiting(command, until))
        self._bell.ring()
        if self._stopping.is_set():
            self._leave_nobody_waiting()

    def poke(self) -> None:
        """There are new facts, or a page was kept: look now. Not heeded while the server is in trouble."""
        self._poked.set()
        self._bell.ring()

    def stop(self) -> None:
        """End, abandoning what is under way, and wait for the thread; who still waits is told silence."""
        self._stopping.set()
        self._bell.ring()
        if self._thread.ident is not None:
            self._thread.join()
        self._leave_nobody_waiting()
        self._bell.close()

    # --- the loop --------------------------------------------------------------------------------------

    def _run(self) -> None:
        from kiosk.sync.connection import Connection  # noqa: PLC0415 - HTTP and TLS load beside the first screen

        connection: Connection | None = None
        try:
            connection = Connection(self._address, self._bell, self._steady)
            while not self._stopping.is_set():
                self._turn(connection)
        except Exception as mistake:  # noqa: BLE001 - such as certificates that are not there; the terminal goes on
            self._failed(Trouble.MISTAKE, repr(mistake))
            self._wait_to_be_stopped()
        finally:
            self._close_shelf()
            if connection is not None:
                connection.close()

    def _turn(self, connection: "Connection") -> None:
        if self._waiting:
            self._serve(connection, self._waiting.popleft())
            return
        if self._poked.is_set():
            self._poked.clear()
            if self._failures == 0:
                self._due = self._steady()
        left_s = self._due - self._steady()
        if left_s > 0:
            self._bell.wait(left_s)
        else:
            self._due = self._steady() + self._step(connection)

    def _wait_to_be_stopped(self) -> None:
        """Nothing can be done any more but to say so to everybody who asks."""
        while not self._stopping.is_set():
            self._leave_nobody_waiting()
            self._bell.wait(self._pause_s)

    def _leave_nobody_waiting(self) -> None:
        while self._waiting:
            try:
                waiting = self._waiting.popleft()
            except IndexError:  # another thread was quicker
                return
            self._post(ServerSilent(waiting.command.reference))

    # --- reservations and claims -----------------------------------------------------------------------

    def _serve(self, connection: "Connection", waiting: _Waiting) -> None:
        answer: _Answer = ServerSilent(waiting.command.reference)
        try:
            answer = self._ask(connection, waiting)
            if self._failures:  # the server is back: the facts need not wait any longer
                self._due = self._steady()
            self._worked()
        except AbandonedError:
            pass  # stopping: silence is the answer
        except ServerTroubleError as trouble:
            self._failed(trouble.code, trouble.detail)
        except Exception as mistake:  # noqa: BLE001 - a customer waits: whatever happened, there is an answer
            self._failed(Trouble.MISTAKE, repr(mistake))
        finally:
            self._post(answer)

    def _ask(self, connection: "Connection", waiting: _Waiting) -> _Answer:
        limits = self._limits(waiting.until - self._steady(), self._stopping.is_set)
        match waiting.command:
            case Reserve(reference=reference, identifier=identifier) as command:
                body = msgspec.json.encode(ReservationRequest(identifier, reference))
                answer = connection.ask("POST", "/api/v1/reservations", body, limits)
                return reservation_answered(command, answer)
            case HoldClaim(reference=reference, claim=claim) as command:
                body = msgspec.json.encode(ClaimRequest(claim.text, reference))
                return claim_answered(command, connection.ask("POST", "/api/v1/claims", body, limits))

    # --- facts and books -------------------------------------------------------------------------------

    def _step(self, connection: "Connection") -> float:
        """One exchange, or none where there is nothing to do; returns the seconds until the next."""
        try:
            return self._next(connection)
        except AbandonedError:
            return 0.0
        except ServerTroubleError as trouble:
            self._failed(trouble.code, trouble.detail)
        except sqlite3.Error as error:  # the store, not the sync: where in here says nothing
            log.error("the sync cannot read the terminal's store, and opens it anew: %s", error)  # noqa: TRY400 - one line
            self._close_shelf()
            self._failed(Trouble.MISTAKE, f"the terminal's store: {error}")
        except Exception as mistake:
            log.exception("a mistake in the sync; the store is opened anew")
            self._close_shelf()
            self._failed(Trouble.MISTAKE, repr(mistake))
        self._progress = next_round(self._progress)
        return pause_after(self._failures, self._pause_s, self._jitter)

    def _next(self, connection: "Connection") -> float:
        if self._shelf is None:
            self._shelf = self._make_shelf()
        position = self._shelf.position()
        match next_step(self._progress, position):
            case PushFacts(after=after):
                self._push(connection, self._shelf, position, after)
            case PullBooks(after=after):
                self._pull(connection, position, after)
            case LookAgain():
                self._progress = looked(self._progress)
                return LOOK_AGAIN_S
            case Rest():
                return self._end_round()
        return 0.0

    def _push(self, connection: "Connection", shelf: Shelf, position: Position, after: int) -> None:
        """Send a batch. What goes wrong is told at the end of the round: first the books have their turn."""
        try:
            entries = cut_to_size(shelf.entries_after(after, LARGEST_BATCH))
            check_batch(after, entries)
            body = msgspec.json.encode(FactsBatch(entries))
            answer = connection.ask("POST", "/api/v1/facts", body, self._page_limits())
            self._progress, event = facts_answered(self._progress, position, entries, answer)
        except ServerTroubleError as trouble:
            self._progress = facts_failed(self._progress, trouble)
            self._facts_stuck = True
            return
        self._facts_stuck = False
        self._worked()
        self._tell(event)

    def _pull(self, connection: "Connection", position: Position, after: int) -> None:
        path = f"/api/v1/books?after={after}&limit={LARGEST_BATCH}"
        answer = connection.ask("GET", path, None, self._page_limits())
        self._progress, event = books_answered(self._progress, position, after, answer)
        self._worked()
        self._tell(event)

    def _end_round(self) -> float:
        trouble = self._progress.facts_trouble
        if trouble is not None:
            raise trouble
        self._facts_stuck = False
        self._worked()
        self._progress = next_round(self._progress)
        return self._pause_s

    def _tell(self, event: FactsArrived | BooksArrived | None) -> None:
        if event is not None:
            self._post(event)

    # --- inside ----------------------------------------------------------------------------------------

    def _is_urgent(self) -> bool:
        return self._stopping.is_set() or bool(self._waiting)

    def _page_limits(self) -> Limits:
        return self._limits(self._address.connect_s + self._address.page_s, self._is_urgent)

    def _limits(self, at_most_s: float, is_urgent: Callable[[], bool]) -> Limits:
        return Limits(self._steady() + at_most_s, self._address.silence_s, is_urgent)

    def _worked(self) -> None:
        """An exchange went well. That the server gives books does not mean that it takes facts."""
        if not self._facts_stuck:
            self._failures = 0
            self._health.works()

    def _failed(self, code: Trouble, detail: str) -> None:
        self._failures += 1
        self._health.broke(code, detail)

    def _close_shelf(self) -> None:
        if self._shelf is not None:
            self._shelf.close()
            self._shelf = None
