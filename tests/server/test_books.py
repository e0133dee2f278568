"""The books: changes by cursor, every prefix consistent, no change ever missed."""

import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parking.wire import AnyRow, BookRow
from server.office import books, release
from tests.server.world import World, document_of, released


def test_fitted_clamps_are_in_the_books_with_debt_and_code(world: World) -> None:
    page = world.terminal("0412").books()

    assert page.status_code == 200
    assert page.json() == {
        "rows": [
            {
                "row": "clamp",
                "sequence": 1,
                "identifier": "7F314",
                "document": {
                    "identifier": "7F314",
                    "fitting": 1,
                    "debt": {
                        "lines": [
                            {"words": "No valid ticket", "amount_minor": 4500},
                            {"words": "Clamping", "amount_minor": 3000},
                        ],
                        "plate": "HH-AB 123",
                    },
                    "currency": "EUR",
                    "code_number": 1,
                    "code": "482913",
                },
            },
            {
                "row": "clamp",
                "sequence": 2,
                "identifier": "8K022",
                "document": {
                    "identifier": "8K022",
                    "fitting": 1,
                    "debt": {"lines": [{"words": "No valid ticket", "amount_minor": 4500}], "plate": ""},
                    "currency": "EUR",
                    "code_number": 1,
                    "code": "774120",
                },
            },
        ],
        "version": 2,
        "newest": 2,
        "more": False,
    }


def test_a_page_ends_at_its_limit_and_says_that_there_is_more(world: World) -> None:
    terminal = world.terminal("0412")

    first = terminal.books(limit=1).json()
    assert ([row["identifier"] for row in first["rows"]], first["version"], first["more"]) == (
        ["7F314"],
        1,
        True,
    )
    second = terminal.books(after=1, limit=1).json()
    assert ([row["identifier"] for row in second["rows"]], second["version"], second["more"]) == (
        ["8K022"],
        2,
        False,
    )
    nothing_new = terminal.books(after=2).json()
    assert nothing_new == {"rows": [], "version": 2, "newest": 2, "more": False}


def test_a_release_removes_the_clamp_and_a_new_fitting_brings_the_next_code(world: World) -> None:
    terminal = world.terminal("0412")
    document = document_of(terminal.books(), "7F314")
    terminal.send(terminal.write(*released(document, "0412-1")))

    gone = terminal.books(after=2).json()
    assert gone["rows"] == [{"row": "clamp", "sequence": 3, "identifier": "7F314", "document": None}]
    assert world.fit("7F314", 1000) == 2
    again = document_of(terminal.books(after=3), "7F314")
    assert (again.fitting, again.code_number, again.code) == (2, 2, "105577")
    assert again.debt.total_minor == 1000


def test_a_clamp_taken_off_by_staff_leaves_the_books_and_its_code_is_not_used_again(world: World) -> None:
    terminal = world.terminal("0412")
    with world.database.writing() as connection:
        release.unfit(connection, "8k022", world.clock())
    assert terminal.books(after=2).json()["rows"] == [
        {"row": "clamp", "sequence": 3, "identifier": "8K022", "document": None}
    ]

    world.fit("8K022")
    assert document_of(terminal.books(after=3), "8K022").code == "339018"
    with world.database.writing() as connection:
        release.unfit(connection, "8K022", world.clock())
    with pytest.raises(release.FittingRefusedError, match="no unused code left"):
        world.fit("8K022")


def test_a_cursor_from_another_server_begins_again_from_nothing(world: World) -> None:
    page = world.terminal("0412").books(after=900).json()

    assert page["newest"] == 2
    assert [row["sequence"] for row in page["rows"]] == [1, 2]


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "limit=0", "limit=1001", "after=99999999999999999999"]
)
def test_a_cursor_that_is_none_is_refused_with_one_sentence(door: World, query: str) -> None:
    answer = door.client.get(f"/api/v1/books?{query}", headers=door.terminal("0412").headers)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(query.partition("=")[0])


def test_a_code_that_does_not_open_takes_only_its_own_clamp_out_of_the_books(world: World) -> None:
    with world.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE codes SET box = 'c3BvaWxlZA==' WHERE clamp = '7F314' AND number = 1"
        )

    rows = world.terminal("0412").books().json()["rows"]
    assert [(row["identifier"], row["document"] is None) for row in rows] == [
        ("7F314", True),
        ("8K022", False),
    ]


acts = st.lists(
    st.tuples(st.sampled_from(["fit", "unfit"]), st.sampled_from(["7F314", "8K022", "5R790"])), max_size=8
)


@given(acts=acts, limit=st.integers(1, 4), cut=st.integers(0, 8))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whoever_stops_in_the_middle_and_goes_on_ends_with_the_books_of_the_server(
    world: World, acts: list[tuple[str, str]], limit: int, cut: int
) -> None:
    held: dict[str, Any] = {}
    cursor = 0
    for place, act in enumerate(acts):
        if place == cut:
            cursor = _read_on(world, held, cursor, limit, pages=1)
        _try(world, *act)
    _read_on(world, held, cursor, limit, pages=1000)

    fresh: dict[str, Any] = {}
    _read_on(world, fresh, 0, 1000, pages=1)
    assert held == fresh


def _try(world: World, act: str, identifier: str) -> None:
    with world.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM reservations")
    try:
        if act == "fit":
            world.fit(identifier)
        else:
            with world.database.writing() as connection:
                release.unfit(connection, identifier, world.clock())
    except release.FittingRefusedError:
        return


def _read_on(world: World, held: dict[str, Any], cursor: int, limit: int, pages: int) -> int:
    for _ in range(pages):
        with world.database.reading() as connection:
            page = books.page(connection, world.sealer, after=cursor, limit=limit)
        sequences = [row.sequence for row in page.rows]
        assert sequences == sorted(set(sequences))
        for row in page.rows:
            _apply(held, row)
        cursor = page.version
        if not page.more:
            break
    return cursor


def _apply(held: dict[str, Any], row: AnyRow) -> None:
    assert isinstance(row, BookRow)
    held.pop(row.identifier, None)
    if row.document is not None:
        held[row.identifier] = row.document


def test_no_reader_skips_a_change_that_is_committed_later(world: World) -> None:
    """A writer that has its number but has not committed holds back everybody behind it."""
    held: dict[str, Any] = {}
    has_number, may_commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with world.database.writing() as connection:
            books.changed(connection, [("5R790", None)])
            has_number.set()
            may_commit.wait(30)

    def quick_writer() -> None:
        with world.database.writing() as connection:
            books.changed(connection, [("8K022", None)])

    slow, quick = threading.Thread(target=slow_writer), threading.Thread(target=quick_writer)
    slow.start()
    assert has_number.wait(30)
    quick.start()
    quick.join(0.3)  # long enough to overtake, if nothing held it back
    cursor = _read_on(world, held, 0, 1000, pages=1)
    may_commit.set()
    slow.join(30)
    quick.join(30)

    with world.database.reading() as connection:
        page = books.page(connection, world.sealer, after=cursor, limit=1000)
    clamps = [(row.sequence, row.identifier) for row in page.rows if isinstance(row, BookRow)]
    assert clamps == [(3, "5R790"), (4, "8K022")]
