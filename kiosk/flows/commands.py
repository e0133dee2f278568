"""What the session is told to do after the facts are durable: orders to devices, to the store, to the sync.

An order carries its own number, so that after a restart the device can be asked whether it happened.
"""

import msgspec

from kiosk.flows.state import AcceptorEvent
from parking.claims import SignedClaim
from parking.receipt import Receipt
from parking.wire import BooksPage, ClampDocument


class _Command(msgspec.Struct, frozen=True):
    """The common form of all commands."""


class WatchCoins(_Command, frozen=True):
    """Start reading credits from the acceptor; `counter` is the last event that the journal has (or None).

    `events` are what happened last up to there, newest first: by them an acceptor is found out that began
    anew and came to the same number again.
    """

    counter: int | None
    events: tuple[AcceptorEvent, ...] = ()


class AcceptCoins(_Command, frozen=True):
    """Let coins of exactly these positions in."""

    positions: frozenset[int]


class StopCoins(_Command, frozen=True):
    """Let no coin in, and confirm with `CoinsStopped` after the last credit has been read."""


class PayOut(_Command, frozen=True):
    """Pay `coins` out of a hopper. `counter_before` is what the journal knows of its counter before this."""

    order: str
    hopper: str
    coins: int
    counter_before: int | None


class SettlePayout(_Command, frozen=True):
    """After a restart: find out from the hopper's own counters what became of this order. Never pay."""

    order: str
    hopper: str
    coins: int
    counter_before: int | None


class Print(_Command, frozen=True):
    """Print a receipt or slip as job `job`."""

    job: str
    receipt: Receipt


class Reserve(_Command, frozen=True):
    """Ask the server to reserve the release of this identifier under `reference`."""

    reference: str
    identifier: str


class HoldClaim(_Command, frozen=True):
    """Ask the server to hold this slip for us under `reference`.

    Answered by `ClaimHeld`, `ClaimNotHeld` or `ServerSilent`.
    """

    reference: str
    claim: SignedClaim


class KeepBooks(_Command, frozen=True):
    """Put a page of the server's books into the store, in one transaction."""

    page: BooksPage
    complete: bool


class KeepReservation(_Command, frozen=True):
    """Put the document of a reserved release into the store, its code sealed; then `ReservationKept`."""

    reference: str
    document: ClampDocument


class NoteAcknowledged(_Command, frozen=True):
    """The server holds the journal up to this number of this epoch."""

    epoch: int
    number: int


Command = (
    WatchCoins
    | AcceptCoins
    | StopCoins
    | PayOut
    | SettlePayout
    | Print
    | Reserve
    | HoldClaim
    | KeepBooks
    | KeepReservation
    | NoteAcknowledged
)
