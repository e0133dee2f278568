"""Who is let in: keys of terminals, and rubbish at the door."""

import json

import msgspec
import pytest
from sqlalchemy import text

from parking.facts import CustomerArrived
from parking.wire import LARGEST_PAGE
from server.api.reading import LARGEST_BODY_BYTES
from server.office import terminals
from server.store import tables
from tests.server.world import NOON_MS, World


def test_the_server_keeps_no_key(world: World) -> None:
    terminal = world.terminal("0412")

    assert len(terminal.key) == 64
    assert terminal.key not in repr(world.rows(tables.terminals))
    assert terminal.books().status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer wrong"}])
@pytest.mark.parametrize("path", ["/api/v1/books", "/api/v1/reservations", "/api/v1/facts"])
def test_nobody_is_let_in_without_a_key(door: World, path: str, headers: dict[str, str]) -> None:
    if path.endswith("books"):
        answer = door.client.get(path, headers=headers)
    else:
        answer = door.client.post(path, content=b"{}", headers=headers)

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "key" in answer.json()["detail"]


def test_a_revoked_terminal_is_not_let_in_until_it_has_a_new_key(world: World) -> None:
    terminal = world.terminal("0412")
    with world.database.writing() as connection:
        terminals.revoke(connection, "0412", NOON_MS)
    refused = terminal.books()
    assert (refused.status_code, refused.json()["detail"]) == (
        401,
        "the key of terminal 0412 has been revoked",
    )

    old_key = terminal.key
    with world.database.writing() as connection:
        terminal.key = terminals.renew(connection, "0412")
    assert terminal.books().status_code == 200
    terminal.key = old_key
    assert terminal.books().status_code == 401


@pytest.mark.parametrize(
    ("number", "place", "message"),
    [
        ("0412", "Quay", "is there already"),
        ("4", "Quay", "is no terminal number; use 2 to 8 digits"),
        ("04-12", "Quay", "is no terminal number"),
        ("0413", " ", "the place needs 1 to 80"),
        ("0413", "x" * 81, "the place needs 1 to 80"),
        ("0413", "a\nb", "the place needs 1 to 80"),
    ],
)
def test_a_terminal_that_cannot_be_added(world: World, number: str, place: str, message: str) -> None:
    world.terminal("0412")
    with pytest.raises(terminals.TerminalRefusedError, match=message), world.database.writing() as connection:
        terminals.add(connection, number, place, NOON_MS)


def test_it_is_noted_when_a_terminal_was_heard_of_and_what_it_has(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.books(after=1)
    world.clock.forward(5_000)
    terminal.send(terminal.write(CustomerArrived("release")))

    (row,) = world.rows(tables.terminals)
    assert (row["seen_at_ms"], row["books_version"]) == (NOON_MS + 5_000, 1)
    assert (row["epoch"], row["facts_number"]) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"rubbish",
        b"[]",
        b"{}",
        b'{"entries":7}',
        b'{"entries":[{"terminal":"0412"}]}',
        b"\xff\xfe\x00",
        b'"\\ud800"',
    ],
)
def test_a_body_that_is_none_is_refused_in_one_sentence(door: World, body: bytes) -> None:
    answer = door.client.post("/api/v1/facts", content=body, headers=door.terminal("0412").headers)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("the body is no FactsBatch: ")


def test_a_body_that_is_nested_too_deeply_is_refused(door: World) -> None:
    body = b'{"identifier":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = door.client.post("/api/v1/reservations", content=body, headers=door.terminal("0412").headers)
    assert (answer.status_code, list(answer.json())) == (422, ["detail"])


def test_a_body_over_its_cap_is_not_read(door: World) -> None:
    answer = door.client.post(
        "/api/v1/facts", content=b" " * (LARGEST_BODY_BYTES + 1), headers=door.terminal("0412").headers
    )
    assert (answer.status_code, answer.json()["detail"]) == (
        413,
        "the body is longer than 524288 bytes; send fewer entries",
    )


def test_the_largest_batch_of_usual_facts_fits_under_the_cap() -> None:
    from parking.wire import FactsBatch  # noqa: PLC0415 - only this test makes a batch without a server
    from tests.server.world import Terminal  # noqa: PLC0415 - as above

    terminal = Terminal(None, "0412", "")  # type: ignore[arg-type] # it sends nothing
    terminal.write(*[CustomerArrived("release")] * LARGEST_PAGE)
    assert len(msgspec.json.encode(FactsBatch(tuple(terminal.entries)))) < LARGEST_BODY_BYTES


def test_an_unknown_path_and_a_wrong_method_are_told_in_one_sentence(door: World) -> None:
    assert door.client.get("/api/v1/nothing").json() == {"detail": "Not Found"}
    assert door.client.get("/api/v1/facts").status_code == 405


def test_the_server_tells_that_it_works(world: World) -> None:
    assert world.client.get("/api/v1/health").json() == {
        "status": "ok",
        "software": "0.1.0",
        "now_ms": NOON_MS,
    }


def test_a_database_that_fails_is_told_and_nothing_is_stored(world: World) -> None:
    terminal = world.terminal("0412")
    entries = terminal.write(CustomerArrived("release"))
    _rename(world, "facts", "elsewhere")

    answer = terminal.send(entries)

    _rename(world, "elsewhere", "facts")
    assert answer.status_code in {500, 503}
    assert "nothing was stored" in answer.json()["detail"]
    assert "SELECT" not in answer.text
    assert terminal.send(entries).status_code == 200


def _rename(world: World, table: str, name: str) -> None:
    with world.database.writing() as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


def test_the_openapi_document_has_the_shapes_of_the_wire(door: World) -> None:
    document = door.client.get("/api/v1/openapi.json").json()

    assert set(document["paths"]) == {
        "/api/v1/health",
        "/api/v1/books",
        "/api/v1/reservations",
        "/api/v1/claims",
        "/api/v1/facts",
    }
    shapes = document["components"]["schemas"]
    assert set(shapes["Entry"]["required"]) == {
        "terminal",
        "epoch",
        "number",
        "at_ms",
        "books_version",
        "payload",
        "previous",
        "hash",
    }
    body = document["paths"]["/api/v1/facts"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/FactsBatch"}
    named = {
        part.partition('"')[0] for part in json.dumps(document).split('"$ref": "#/components/schemas/')[1:]
    }
    assert named - set(shapes) == set()
