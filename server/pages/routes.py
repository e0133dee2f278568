"""The pages' addresses. Each page is a template around one live part, which renews itself every two seconds.

The browser tells which version of the part it shows; where nothing has changed it gets 204 and leaves it.
"""

import base64
import binascii
import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.concurrency import run_in_threadpool

from parking.identifiers import IdentifierRefusedError, clamp_identifier
from server.api.reading import TheOffice
from server.office import claims_view, overview
from server.office.setting import Office
from server.pages import words

if TYPE_CHECKING:
    from server.pages.gate import Gate

RELEASES_SHOWN = 8
ALARMS_SHOWN = 20

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


async def pass_the_gate(request: Request) -> None:
    """Ask for the operator's password where one is set."""
    gate: Gate | None = request.app.state.gate
    if gate is None:
        return
    name, password = _basic(request.headers.get("authorization", ""))
    if not await run_in_threadpool(gate.lets_in, name, password):
        raise HTTPException(
            401,
            "These pages are for the operator. Log in with the name and the password.",
            headers={"WWW-Authenticate": 'Basic realm="Parking server", charset="UTF-8"'},
        )


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


router = APIRouter(dependencies=[Depends(pass_the_gate)], include_in_schema=False)


@router.get("/")
def overview_page(request: Request, office: TheOffice) -> Response:
    """Lights, last releases, alarms."""
    now_ms = office.clock()
    with office.database.reading() as connection:
        return _page(
            request,
            "overview",
            "Overview",
            releases=overview.last_releases(connection, RELEASES_SHOWN),
            terminals=overview.terminals_with_lights(connection, now_ms),
            alarms=overview.newest_alarms(connection, ALARMS_SHOWN),
            clamps=overview.clamps_by_state(connection, now_ms),
            paid_without_code=overview.paid_without_code(connection),
            open_claims=sum(row.claims for row in claims_view.open_sums(connection)),
        )


@router.get("/clamps")
def clamps_page(
    request: Request, office: TheOffice, after: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """All clamps with their states."""
    with office.database.reading() as connection:
        clamps = overview.clamps_page(connection, office.clock(), after=after)
    return _page(request, "clamps", "Clamps", clamps=clamps, is_full=len(clamps) == overview.ROWS_A_PAGE)


@router.get("/clamps/{identifier}")
def clamp_page(request: Request, office: TheOffice, identifier: str) -> Response:
    """One clamp with its fittings."""
    try:
        written = clamp_identifier(identifier)
    except IdentifierRefusedError as error:
        raise HTTPException(404, f"No clamp: {error}.") from None
    with office.database.reading() as connection:
        clamp = overview.clamp(connection, office.clock(), written)
        fittings = overview.fittings_of(connection, written)
    if clamp is None:
        raise HTTPException(404, f"There is no clamp {written}.")
    return _page(request, "clamp", f"Clamp {written}", clamp=clamp, fittings=fittings)


@router.get("/payments")
def payments_page(
    request: Request, office: TheOffice, skip: Annotated[int, Query(ge=0, le=2**31)] = 0
) -> Response:
    """All payments, the newest first."""
    with office.database.reading() as connection:
        payments = overview.payments_page(connection, skip=skip)
    is_full = len(payments) == overview.ROWS_A_PAGE
    return _page(
        request, "payments", "Payments", payments=payments, is_full=is_full, then=skip + len(payments)
    )


@router.get("/payments/{terminal}/{epoch}/{number:path}")
def payment_page(request: Request, office: TheOffice, terminal: str, epoch: int, number: str) -> Response:
    """One payment with its timeline."""
    payment = None
    if "\0" not in terminal + number and 0 <= epoch < 2**53:
        with office.database.reading() as connection:
            payment = overview.payment(connection, terminal, epoch, number)
            facts = overview.payment_facts(connection, terminal, epoch, number)
            issued = claims_view.of_payment(connection, terminal, epoch, number)
            taken = claims_view.taken_by_payment(connection, terminal, epoch, number)
    if payment is None:
        raise HTTPException(404, "There is no such payment.")
    timeline = [
        (fact["at_ms"], words.fact_in_words(fact["payload"], fact["kind"], payment["currency"]))
        for fact in facts
    ]
    return _page(
        request,
        "payment",
        f"Payment {number}",
        payment=payment,
        timeline=timeline,
        issued=issued,
        taken=taken,
    )


@router.get("/terminals")
def terminals_page(request: Request, office: TheOffice) -> Response:
    """All terminals with their lights."""
    with office.database.reading() as connection:
        terminals = overview.terminals_with_lights(connection, office.clock())
    return _page(request, "terminals", "Terminals", terminals=terminals)


@router.get("/claims")
def claims_page(
    request: Request,
    office: TheOffice,
    show: Annotated[str, Query(pattern="^(open|all)$")] = "open",
    skip: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Response:
    """What is still owed, or all claims; the newest first."""
    only_open = show == "open"
    with office.database.reading() as connection:
        claims = claims_view.page(connection, only_open=only_open, skip=skip)
        sums = claims_view.open_sums(connection)
        unheard = claims_view.taken_but_not_heard_of(connection)
        in_hand = claims_view.in_hand_but_not_heard_of(connection)
    return _page(
        request,
        "claims",
        "Claims",
        claims=claims,
        sums=sums,
        unheard=unheard,
        in_hand=in_hand,
        long_ago_ms=office.clock() - claims_view.LONG_UNHEARD_MS,
        only_open=only_open,
        is_full=len(claims) == claims_view.ROWS_A_PAGE,
        then=skip + len(claims),
    )


def problem_page(request: Request, status: int, sentence: str) -> Response:
    """An error as a page of its own."""
    office: Office = request.app.state.office
    text = _render("problem.html", request, office, title="That did not work", sentence=sentence)
    return HTMLResponse(text, status_code=status)


def _page(request: Request, name: str, title: str, **values: Any) -> Response:  # noqa: ANN401 - for the template
    office: Office = request.app.state.office
    part = _render(f"{name}_part.html", request, office, **values)
    version = hashlib.sha256(part.encode()).hexdigest()[:16]
    asked_by_part = request.headers.get("hx-request") == "true"
    if asked_by_part and request.headers.get("x-seen") == version:
        return Response(status_code=204)
    live = _render("live.html", request, office, part=part, version=version)
    if asked_by_part:
        return HTMLResponse(live)
    return HTMLResponse(_render("page.html", request, office, title=title, live=live))


def _render(template: str, request: Request, office: Office, **values: Any) -> str:  # noqa: ANN401 - for the template
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return _templates.get_template(template).render(
        **values,
        address=address,
        path=request.url.path,
        zone=office.zone,
        when=partial(words.when, zone=office.zone),
        recently=partial(words.recently, zone=office.zone, now_ms=office.clock()),
        time_of_day=partial(words.time_of_day, zone=office.zone),
        amount=words.amount,
        words=words,
    )
