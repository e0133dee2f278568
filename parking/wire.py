"""What the terminal and the server say to each other over HTTP, as JSON.

Documents (the books) come down with a cursor; facts go up with (terminal, epoch, number). All requests carry
`Authorization: Bearer <terminal key>`. Errors are `{"detail": "<what, where and what to do>"}`.

    GET  /api/v1/books?after=CURSOR&limit=N      -> BooksPage
    POST /api/v1/reservations  ReservationRequest -> Reservation (200), Refused (404, 409)
    POST /api/v1/claims        ClaimRequest       -> ClaimHold (200), ClaimNotTaken (404, 409, 422)
    POST /api/v1/facts         FactsBatch         -> FactsAcknowledged
"""

from enum import StrEnum

import msgspec

from parking.claims import ClaimRefusal
from parking.debts import Debt
from parking.facts import Entry

LARGEST_PAGE = 1000
"""So many rows of the books or facts are in one message at most."""


class ClampDocument(msgspec.Struct, frozen=True):
    """What a terminal knows of one fitted clamp: the debt and the code that is current for this fitting.

    `fitting` counts how often the clamp was put on a car, `code_number` the code's place in its clamp's list.
    """

    identifier: str
    fitting: int
    debt: Debt
    currency: str
    code_number: int
    code: str


class BookRow(msgspec.Struct, frozen=True, tag_field="row", tag="clamp"):
    """One change of the books: the clamp's new document, or None when it is not on a car any more."""

    sequence: int
    identifier: str
    document: ClampDocument | None


class ClaimKeyRow(msgspec.Struct, frozen=True, tag_field="row", tag="claim-key"):
    """The public key (Ed25519, 32 bytes in base64) of the claims of this terminal in this epoch."""

    sequence: int
    terminal: str
    epoch: int
    key: str


class ClaimRedeemedRow(msgspec.Struct, frozen=True, tag_field="row", tag="claim-redeemed"):
    """This claim is not to be taken any more: a terminal took it, or the office settled it."""

    sequence: int
    claim: str


AnyRow = BookRow | ClaimKeyRow | ClaimRedeemedRow


class BooksPage(msgspec.Struct, frozen=True):
    """The changes after a cursor, oldest first; every prefix is consistent. `version` is the new cursor.

    `more` tells that there are further changes. A terminal whose cursor is ahead of `newest` has books from
    another server (restored from a backup): it must start again from 0 with `complete`.
    """

    rows: tuple[AnyRow, ...]
    version: int
    newest: int
    more: bool


class ReservationRequest(msgspec.Struct, frozen=True):
    """Asks that nobody else releases this clamp for a while; the same `reference` may be repeated."""

    identifier: str
    reference: str


class Reservation(msgspec.Struct, frozen=True):
    """The release is reserved for this reference until `expires_at_ms` (UTC)."""

    reference: str
    document: ClampDocument
    expires_at_ms: int


class RefusedBecause(StrEnum):
    """Why the server does not reserve."""

    UNKNOWN = "unknown"
    NOTHING_DUE = "nothing-due"
    TAKEN = "taken"
    NO_CODE = "no-code"


class Refused(msgspec.Struct, frozen=True):
    """A reservation that was not made, with the reason as a value and as a sentence."""

    reason: RefusedBecause
    detail: str


class ClaimRequest(msgspec.Struct, frozen=True):
    """Asks that this slip (its whole text, as its QR says it) is taken nowhere else; may be repeated."""

    claim: str
    reference: str


class ClaimHold(msgspec.Struct, frozen=True):
    """The slip is held for this terminal until its facts say that it was redeemed or turned away."""

    reference: str


class ClaimNotTaken(msgspec.Struct, frozen=True):
    """The slip is not held, with the reason as a value and as a sentence."""

    reason: ClaimRefusal
    detail: str


class FactsBatch(msgspec.Struct, frozen=True):
    """Entries of one terminal, in order, without gaps among themselves."""

    entries: tuple[Entry, ...]


class FactsAcknowledged(msgspec.Struct, frozen=True):
    """The server holds every entry of this epoch up to and including `number`, durably."""

    epoch: int
    number: int
