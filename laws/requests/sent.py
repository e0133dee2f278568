"""A request that a terminal made, with what it says and what kind it is."""

import msgspec

from laws.requests.wires import Request
from parking.claims import read_slip
from parking.facts import Entry
from parking.wire import ClaimRequest, FactsBatch, ReservationRequest

FACTS, RESERVATIONS, CLAIMS = "/api/v1/facts", "/api/v1/reservations", "/api/v1/claims"


class Sent(msgspec.Struct, frozen=True):
    """A request that a terminal made, and what it says."""

    request: Request
    terminal: str
    entries: tuple[Entry, ...] = ()
    reservation: ReservationRequest | None = None
    slip: ClaimRequest | None = None

    @property
    def kind(self) -> str:
        """What it is about, in words."""
        if self.reservation is not None:
            return "a reservation"
        if self.slip is not None:
            return "a slip"
        return "facts" if self.entries else "a question for books"

    @property
    def claim(self) -> str:
        """The number of the claim whose slip it brings."""
        assert self.slip is not None  # noqa: S101 - the caller looked
        return read_slip(self.slip.claim).slip.number

    @property
    def cursor(self) -> int:
        """After which version it asks for books."""
        return int(self.request.path.partition("after=")[2].partition("&")[0])


def read(request: Request, terminal: str) -> Sent:
    """What a terminal has just asked."""
    match request.path:
        case "/api/v1/facts":
            entries = msgspec.json.decode(request.body, type=FactsBatch).entries
            return Sent(request, terminal, entries=entries)
        case "/api/v1/reservations":
            asked = msgspec.json.decode(request.body, type=ReservationRequest)
            return Sent(request, terminal, reservation=asked)
        case "/api/v1/claims":
            slip = msgspec.json.decode(request.body, type=ClaimRequest)
            return Sent(request, terminal, slip=slip)
    return Sent(request, terminal)
