"""The OpenAPI document, truthful: the schemas come from the very types that read and write the messages."""

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from parking.wire import (
    BooksPage,
    ClaimHold,
    ClaimNotTaken,
    ClaimRequest,
    FactsAcknowledged,
    FactsBatch,
    Refused,
    Reservation,
    ReservationRequest,
)
from server.office.facts import FactsRefused


class Problem(msgspec.Struct, frozen=True):
    """Why a request was refused: what, where and what to do, in one sentence."""

    detail: str


class Health(msgspec.Struct, frozen=True):
    """Whether the server works: `now_ms` is its clock (UTC), `software` its version."""

    status: str
    software: str
    now_ms: int


SHAPES = (
    BooksPage,
    ClaimHold,
    ClaimNotTaken,
    ClaimRequest,
    FactsAcknowledged,
    FactsBatch,
    FactsRefused,
    Health,
    Problem,
    Refused,
    Reservation,
    ReservationRequest,
)


def says(description: str, *shapes: type) -> dict[str, Any]:
    """An answer for the OpenAPI document, with the shape (or one of the shapes) of its body."""
    refs = [{"$ref": f"#/components/schemas/{shape.__name__}"} for shape in shapes]
    schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def takes(shape: type) -> dict[str, Any]:
    """The request's body for the OpenAPI document."""
    return {"requestBody": {"required": True, **says(f"A {shape.__name__}.", shape)}}


def describe(app: FastAPI) -> None:
    """Let the app answer with a document that holds our shapes."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            whole = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            _, components = msgspec.json.schema_components(SHAPES, ref_template="#/components/schemas/{name}")
            whole.setdefault("components", {}).setdefault("schemas", {}).update(components)
            app.openapi_schema = whole
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # FastAPI's documented way to extend the document
