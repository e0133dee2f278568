"""How a request is read: who asks, and what the body says. Errors are one sentence under `detail`."""

from typing import Annotated, TypeVar

import msgspec
from fastapi import Depends, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import ClientDisconnect

from server.office import terminals
from server.office.setting import Office

LARGEST_BODY_BYTES = 512 * 1024
"""A page of facts is smaller by far; nothing longer is read."""

Shape = TypeVar("Shape")

_bearer = HTTPBearer(auto_error=False, description="The key that `python -m server terminal add` told.")


def office_of(request: Request) -> Office:
    """The office this server was composed with."""
    office: Office = request.app.state.office
    return office


TheOffice = Annotated[Office, Depends(office_of)]


def terminal_of(
    office: TheOffice, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> str:
    """The number of the terminal that asks, by its key."""
    if credentials is None:
        raise _not_let_in("send the terminal's key as `Authorization: Bearer KEY`")
    try:
        with office.database.reading() as connection:
            return terminals.authenticate(connection, credentials.credentials)
    except terminals.KeyRefusedError as error:
        raise _not_let_in(str(error)) from None


TheTerminal = Annotated[str, Depends(terminal_of)]


def _not_let_in(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})


async def body_of(request: Request) -> bytes:
    """The body, up to its cap; a longer one is not read to its end."""
    too_long = HTTPException(413, f"the body is longer than {LARGEST_BODY_BYTES} bytes; send fewer entries")
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > LARGEST_BODY_BYTES:
        raise too_long
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY_BYTES:
                raise too_long
    except ClientDisconnect:  # a terminal's line drops every day: no mistake, and nobody reads this answer
        raise HTTPException(400, "the connection ended before the body did; nothing was stored") from None
    return bytes(body)


TheBody = Annotated[bytes, Depends(body_of)]


def decoded(body: bytes, shape: type[Shape]) -> Shape:
    """Read a JSON body into its shape; what is wrong, and in which field, becomes the answer's `detail`."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HTTPException(422, f"the body is no {shape.__name__}: {error}") from None
    except RecursionError:
        raise HTTPException(422, f"the body is no {shape.__name__}: it is nested too deeply") from None


def answer(value: object, status: int = 200) -> Response:
    """A message of `parking.wire` as JSON."""
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")
