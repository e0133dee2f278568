"""What can happen to a terminal: touched by a customer, told by a device, by the server or by the clock.

Events are posted into the one inbox of the session, which notes the moment. They say what happened, never
what to do about it. Amounts are in minor units; `counter` is the device's own event counter.
"""

import msgspec

from parking.claims import ClaimRefusal
from parking.wire import BooksPage, ClampDocument, RefusedBecause


class _Event(msgspec.Struct, frozen=True):
    """The common form of all events."""


# --- the customer --------------------------------------------------------------------------------------


class LineChosen(_Event, frozen=True):
    """A tile of the start screen was touched: the product line's name, such as `release`."""

    line: str


class Entered(_Event, frozen=True):
    """An identifier was typed and confirmed. Any text: nothing has been checked yet."""

    text: str


class Scanned(_Event, frozen=True):
    """The scanner read something. Any text up to the scanner's cap: nothing has been checked yet."""

    text: str


class ReceiptEntered(_Event, frozen=True):
    """The number of a receipt was typed, to see the code of a paid release again. Any text."""

    text: str


class PayPressed(_Event, frozen=True):
    """The customer agrees to what is owed and wants to pay."""


class BackPressed(_Event, frozen=True):
    """One question back."""


class CancelPressed(_Event, frozen=True):
    """The customer wants out, with the money back."""


class DonePressed(_Event, frozen=True):
    """The customer has seen the code, or has taken what there was to take."""


class PrintAgainPressed(_Event, frozen=True):
    """The customer wants the receipt once more."""


class ContinuePressed(_Event, frozen=True):
    """After a restart: the customer goes on paying."""


class StayPressed(_Event, frozen=True):
    """The customer is still there."""


class Touched(_Event, frozen=True):
    """The customer is busy (a key of the keypad): posted about once a second at most."""


# --- the coin acceptor ---------------------------------------------------------------------------------


class AcceptorReady(_Event, frozen=True):
    """The acceptor answers and has been set up; `counter` is its event counter at that moment."""

    counter: int


class WatchingCoins(_Event, frozen=True):
    """The acceptor's driver begins to tell what followed `counter`. What it told before is stale."""

    counter: int | None


class CoinAccepted(_Event, frozen=True):
    """A coin of this position passed the credit sensor as the acceptor's event number `counter` (1-255).

    `path` is the sorter path the acceptor reported, for the record.
    """

    position: int
    path: int
    counter: int


class CoinRejected(_Event, frozen=True):
    """The acceptor's event number `counter` is no credit but this error code."""

    code: int
    counter: int


class CoinCreditsLost(_Event, frozen=True):
    """`events` events are gone from the acceptor's buffer; `counter` is the last lost one."""

    events: int
    counter: int


class AcceptorReset(_Event, frozen=True):
    """The acceptor's counter is 0 although it was not before: it lost power or was reset."""


class CoinsStopped(_Event, frozen=True):
    """The acceptor is inhibited, confirmed, and its buffer was read once more after that."""


# --- the hoppers ---------------------------------------------------------------------------------------


class HopperReady(_Event, frozen=True):
    """The hopper answers and pays nothing now; `counter` is its payout event counter."""

    hopper: str
    counter: int


class PayoutDone(_Event, frozen=True):
    """The hopper has finished this order: its own numbers of paid and unpaid coins, and its counter."""

    order: str
    paid: int
    unpaid: int
    counter: int


class PayoutUncertain(_Event, frozen=True):
    """Nobody can tell how many coins this order paid; `detail` says why, for the technician."""

    order: str
    detail: str


# --- printer, server, machine --------------------------------------------------------------------------


class Printed(_Event, frozen=True):
    """The printer confirmed the paper of this job."""

    job: str


class PrintFailed(_Event, frozen=True):
    """The paper of this job did not come out or nobody knows; `code` is an event code (`PRN.PAPER_OUT`)."""

    job: str
    code: str


class DeviceBroke(_Event, frozen=True):
    """A device stopped working. Posted once, not at every poll.

    `device` is its name (`coins`, `hopper 1`, `printer`, `scanner`, `server`), `code` the stable event code
    (`COIN.SILENT`), `detail` words for the technician.
    """

    device: str
    code: str
    detail: str


class DeviceWorks(_Event, frozen=True):
    """A device works (again): posted at the first success and after each failure, not at every poll."""

    device: str


class Reserved(_Event, frozen=True):
    """The server reserved the release asked for under `reference`."""

    reference: str
    document: ClampDocument


class ReservationKept(_Event, frozen=True):
    """The reserved release is in the store, its code sealed."""

    reference: str


class ReservationRefused(_Event, frozen=True):
    """The server will not reserve, and says why."""

    reference: str
    reason: RefusedBecause


class ServerSilent(_Event, frozen=True):
    """The server did not answer the reservation asked for under `reference`, or answered rubbish."""

    reference: str


class ClaimHeld(_Event, frozen=True):
    """The server holds the slip asked for under `reference` for this terminal: it can be taken."""

    reference: str


class ClaimNotHeld(_Event, frozen=True):
    """The server says that the slip cannot be taken, and why."""

    reference: str
    reason: ClaimRefusal


class BooksArrived(_Event, frozen=True):
    """A page of changed books came from the server; `complete` means that it replaces all older books."""

    page: BooksPage
    complete: bool


class FactsArrived(_Event, frozen=True):
    """The server holds the journal up to this number of this epoch."""

    epoch: int
    number: int


class Started(_Event, frozen=True):
    """The program runs; `software` is its version."""

    software: str


class TimePassed(_Event, frozen=True):
    """Some time has passed: posted about once a second, and whenever a test wants."""


Event = (
    LineChosen
    | Entered
    | Scanned
    | ReceiptEntered
    | PayPressed
    | BackPressed
    | CancelPressed
    | DonePressed
    | PrintAgainPressed
    | ContinuePressed
    | StayPressed
    | Touched
    | AcceptorReady
    | WatchingCoins
    | CoinAccepted
    | CoinRejected
    | CoinCreditsLost
    | AcceptorReset
    | CoinsStopped
    | HopperReady
    | PayoutDone
    | PayoutUncertain
    | Printed
    | PrintFailed
    | DeviceBroke
    | DeviceWorks
    | Reserved
    | ReservationKept
    | ReservationRefused
    | ServerSilent
    | ClaimHeld
    | ClaimNotHeld
    | BooksArrived
    | FactsArrived
    | Started
    | TimePassed
)
