"""The routes for terminals. Each reads, calls one function of the office, and answers."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import text

from parking.claims import ClaimRefusal
from parking.wire import (
    LARGEST_PAGE,
    BooksPage,
    ClaimHold,
    ClaimNotTaken,
    ClaimRequest,
    FactsAcknowledged,
    FactsBatch,
    Refused,
    RefusedBecause,
    Reservation,
    ReservationRequest,
)
from server import VERSION
from server.api.reading import TheBody, TheOffice, TheTerminal, answer, decoded
from server.api.schema import Health, Problem, says, takes
from server.office import books, claim_desk, facts, release, terminals
from server.office.facts import FactsRefused

router = APIRouter(prefix="/api/v1")

_WRONG: dict[int | str, dict[str, Any]] = {
    401: says("No key, an unknown key, or a revoked one.", Problem),
    422: says("The request cannot be read.", Problem),
    503: says("The database does not answer; nothing was stored.", Problem),
}
_WRONG_BODY: dict[int | str, dict[str, Any]] = {
    413: says("The body is longer than 512 kB.", Problem),
    **_WRONG,
}


@router.get("/health", responses={200: says("It works.", Health), 503: _WRONG[503]})
def health(office: TheOffice) -> Response:
    """Whether the server and its database work."""
    with office.database.reading() as connection:
        connection.execute(text("SELECT 1"))
    return answer(Health(status="ok", software=VERSION, now_ms=office.clock()))


@router.get("/books", responses={200: says("The changes after the cursor.", BooksPage), **_WRONG})
def changed_books(
    office: TheOffice,
    terminal: TheTerminal,
    after: Annotated[int, Query(ge=0, le=2**53, description="The version the terminal has; 0: none.")] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="So many rows at most.")] = LARGEST_PAGE,
) -> Response:
    """The changes of the books after a cursor, oldest first. A cursor ahead of `newest` begins from 0."""
    now_ms = office.clock()
    with office.database.reading() as connection:
        page = books.page(connection, office.sealer, after=after, limit=limit)
        is_news = terminals.is_news(connection, terminal, now_ms, after)
    if is_news:
        with office.database.writing() as connection:
            terminals.seen(connection, terminal, now_ms, books_version=after)
    return answer(page)


@router.post(
    "/reservations",
    openapi_extra=takes(ReservationRequest),
    responses={
        200: says("Reserved for this reference.", Reservation),
        404: says("The server knows no such clamp.", Refused),
        409: says("Nothing is due, another terminal is at it, or there is no code.", Refused),
        **_WRONG_BODY,
    },
)
def reserve(office: TheOffice, terminal: TheTerminal, body: TheBody) -> Response:
    """Reserve the release of a clamp. The same reference may be repeated and gets the same answer."""
    request = decoded(body, ReservationRequest)
    now_ms = office.clock()
    try:
        with office.database.writing() as connection:
            terminals.seen(connection, terminal, now_ms)
            result = release.reserve(
                connection, office.sealer, request, terminal=terminal, now_ms=now_ms, hold_ms=office.hold_ms
            )
    except release.ReferenceRefusedError as error:
        return answer(Problem(str(error)), 422)
    if isinstance(result, Refused):
        return answer(result, 404 if result.reason is RefusedBecause.UNKNOWN else 409)
    return answer(result)


@router.post(
    "/claims",
    openapi_extra=takes(ClaimRequest),
    responses={
        200: says("Held for this terminal until its facts say what came of it.", ClaimHold),
        404: says("No terminal that the server knows has signed it.", ClaimNotTaken),
        409: says("It was taken, is in hand elsewhere, or cannot be taken now.", ClaimNotTaken),
        **_WRONG_BODY,
        422: says("The request cannot be read, or the slip in it.", Problem, ClaimNotTaken),
    },
)
def hold_claim(office: TheOffice, terminal: TheTerminal, body: TheBody) -> Response:
    """Hold a slip, so that nobody else takes it. May be repeated; ended by the terminal's facts."""
    request = decoded(body, ClaimRequest)
    now_ms = office.clock()
    try:
        with office.database.writing() as connection:
            terminals.seen(connection, terminal, now_ms)
            result = claim_desk.hold(connection, request, terminal=terminal, now_ms=now_ms)
    except release.ReferenceRefusedError as error:
        return answer(Problem(str(error)), 422)
    if isinstance(result, ClaimNotTaken):
        return answer(result, _CLAIM_REFUSED.get(result.reason, 409))
    return answer(result)


_CLAIM_REFUSED = {ClaimRefusal.UNREADABLE: 422, ClaimRefusal.FORGED: 404}


@router.post(
    "/facts",
    openapi_extra=takes(FactsBatch),
    responses={
        200: says("Held durably up to this number.", FactsAcknowledged),
        409: says("The batch does not continue what the server holds.", FactsRefused),
        **_WRONG_BODY,
        422: says("The request or an entry cannot be taken.", Problem, FactsRefused),
    },
)
def take_facts(office: TheOffice, terminal: TheTerminal, body: TheBody) -> Response:
    """Take facts in: in order, each once, repeated as often as needed."""
    batch = decoded(body, FactsBatch)
    now_ms = office.clock()
    with office.database.writing() as connection:
        result = facts.take_in(connection, batch.entries, terminal=terminal, now_ms=now_ms)
    if isinstance(result, FactsAcknowledged):
        return answer(result)
    return answer(result, 409 if result.reason in facts.CONFLICTS else 422)
