"""What a power cut may leave, and what it must leave: in the small, by laws, and with real SQLite on top."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.disk import Disk, Kind, Operation, Order, WatchedDisk, every_damage, some_damage
from laws.disk.content import EMPTY, SECTOR, Content, Draft, pieces

ROOT = Path("/nowhere")
FILE, OTHER = 7, 8


def created(name: str, file: int = FILE) -> Operation:
    return Operation(Kind.CREATED, file, 0, b"", f"{ROOT}/{name}", "")


def written(data: bytes, at: int = 0, file: int = FILE) -> Operation:
    return Operation(Kind.WRITTEN, file, at, data, "", "")


def resized(size: int, file: int = FILE) -> Operation:
    return Operation(Kind.RESIZED, file, size, b"", "", "")


def synced(file: int = FILE) -> Operation:
    return Operation(Kind.SYNCED, file, 0, b"", "", "")


def sync_failed(file: int = FILE) -> Operation:
    return Operation(Kind.SYNC_FAILED, file, 0, b"", "", "")


def folder_synced(name: str = "") -> Operation:
    return Operation(Kind.FOLDER_SYNCED, 1, 0, b"", f"{ROOT}/{name}".rstrip("/"), "")


def renamed(old: str, new: str) -> Operation:
    return Operation(Kind.RENAMED, FILE, 0, b"", f"{ROOT}/{old}", f"{ROOT}/{new}")


def unlinked(name: str) -> Operation:
    return Operation(Kind.UNLINKED, FILE, 0, b"", f"{ROOT}/{name}", "")


def disk(*operations: Operation, order: Order = Order.EXT4) -> Disk:
    made = Disk(ROOT, order)
    made.apply(operations)
    return made


def left(made: Disk) -> set[tuple[tuple[str, bytes], ...]]:
    """Everything that some cut leaves, as far as 300 of them show."""
    damages = [*every_damage(made.parts), *(some_damage(made.parts, Random(seed)) for seed in range(300))]
    return {
        tuple(sorted((name, content.to_bytes()) for name, content in made.image(kept).files.items()))
        for kept in damages
    }


def bytes_left(made: Disk) -> set[bytes]:
    return {dict(files)["f"] for files in left(made)}


NEW = (created("f"), synced(), folder_synced())
A, B, C = (letter * SECTOR for letter in (b"a", b"b", b"c"))


def test_what_is_synced_stays() -> None:
    assert bytes_left(disk(*NEW, written(A + B), synced())) == {A + B}


def test_what_is_not_synced_may_be_there_or_not_in_any_sector() -> None:
    assert bytes_left(disk(*NEW, written(A + A), synced(), written(B + B))) == {A + A, A + B, B + A, B + B}


def test_a_later_write_may_be_there_without_the_earlier() -> None:
    found = bytes_left(disk(*NEW, written(A + A), synced(), written(B), written(B, SECTOR)))
    assert A + B in found
    assert B + A in found


def test_of_two_writes_to_one_sector_either_may_be_the_last_that_came() -> None:
    assert bytes_left(disk(*NEW, written(A), synced(), written(B), written(C))) == {A, B, C}


def test_bytes_beside_a_write_are_not_damaged() -> None:
    found = bytes_left(disk(*NEW, written(A), synced(), written(b"12", 100)))
    assert found == {A, A[:100] + b"12" + A[102:]}


def test_a_file_that_grew_may_have_a_hole() -> None:
    assert bytes(SECTOR) + B in bytes_left(disk(*NEW, written(A), written(B, SECTOR)))


def test_a_file_may_be_cut_off_or_not() -> None:
    assert bytes_left(disk(*NEW, written(A + B), synced(), resized(100))) == {A + B, A[:100]}


def test_what_was_cut_off_does_not_come_back_when_the_file_grows() -> None:
    made = disk(*NEW, written(A + B), synced(), resized(10), resized(SECTOR), synced())
    assert bytes_left(made) == {A[:10] + bytes(SECTOR - 10)}


def test_a_failed_sync_leaves_it_to_chance_and_a_later_one_says_nothing() -> None:
    made = disk(*NEW, written(A), synced(), written(B), sync_failed(), synced())
    assert bytes_left(made) == {A, B}


def test_a_page_that_was_written_again_after_a_failed_sync_is_written_whole() -> None:
    made = disk(*NEW, written(A + A), synced(), written(B), sync_failed(), written(C, SECTOR), synced())
    assert bytes_left(made) == {B + C}


def test_another_page_stays_in_doubt() -> None:
    page = 8 * SECTOR
    made = disk(*NEW, written(A), written(A, page), synced(), written(B), sync_failed(), written(C, page))
    made.apply([synced()])
    assert {(found[:SECTOR], found[page:]) for found in bytes_left(made)} == {(A, C), (B, C)}


# --- names ---------------------------------------------------------------------------------------------


def names_left(made: Disk) -> set[tuple[str, ...]]:
    return {tuple(name for name, _ in files) for files in left(made)}


@pytest.mark.parametrize(("order", "found"), [(Order.EXT4, {("f",)}), (Order.STANDARD, {(), ("f",)})])
def test_the_sync_of_a_new_file_keeps_its_name_on_ext4(order: Order, found: set[tuple[str, ...]]) -> None:
    assert names_left(disk(created("f"), written(A), synced(), order=order)) == found


@pytest.mark.parametrize("order", Order)
def test_the_sync_of_the_folder_keeps_names(order: Order) -> None:
    made = disk(created("f"), synced(), folder_synced(), order=order)
    assert names_left(made) == {("f",)}
    made.apply([renamed("f", "g")])
    assert names_left(made) == {("f",), ("g",)}
    made.apply([folder_synced(), unlinked("g")])
    assert names_left(made) == {("g",), ()}
    made.apply([folder_synced()])
    assert names_left(made) == {()}


def test_names_become_durable_in_their_order_on_ext4_only() -> None:
    making = (created("f"), created("g", OTHER))
    assert names_left(disk(*making)) == {(), ("f",), ("f", "g")}
    assert names_left(disk(*making, order=Order.STANDARD)) == {(), ("f",), ("g",), ("f", "g")}


def test_a_removed_file_that_is_still_there_has_what_it_had() -> None:
    assert left(disk(*NEW, written(A), synced(), unlinked("f"))) == {(), (("f", A),)}


def test_a_renamed_file_that_was_never_synced_may_be_empty() -> None:
    made = disk(*NEW, written(A), synced(), created("new", OTHER), written(B, file=OTHER))
    made.apply([Operation(Kind.RENAMED, OTHER, 0, b"", f"{ROOT}/new", f"{ROOT}/f")])
    assert {dict(files).get("f") for files in left(made)} == {A, B, b""}


def test_files_in_a_folder_that_was_lost_are_lost() -> None:
    made = disk(
        Operation(Kind.FOLDER_MADE, 5, 0, b"", f"{ROOT}/deep", ""),
        created("deep/f"),
        synced(),
        folder_synced("deep"),
        order=Order.STANDARD,
    )
    assert names_left(made) == {(), ("deep/f",)}


# --- laws ----------------------------------------------------------------------------------------------

writes = st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=1500))


@given(st.lists(st.one_of(writes, st.integers(0, 3000)), max_size=8))
def test_a_content_is_what_a_plain_array_of_bytes_is(steps: list[tuple[int, bytes] | int]) -> None:
    plain = bytearray()
    content = EMPTY
    for step in steps:
        draft = Draft(content)
        if isinstance(step, int):
            draft.resize(step)
            plain = plain[:step] + bytearray(max(0, step - len(plain)))
        else:
            at, data = step
            plain += bytes(max(0, at + len(data) - len(plain)))
            plain[at : at + len(data)] = data
            for index, start, part in pieces(at, data):
                draft.put(index, start, part)
        content = draft.content()
    assert content.to_bytes() == plain
    assert content.key == Content.of(bytes(plain)).key


@given(st.lists(st.integers(1, 10), max_size=12), st.randoms(use_true_random=False))
def test_a_damage_has_a_number_for_each_change_and_no_more_bits_than_parts(
    parts: list[int], chance: Random
) -> None:
    def fits(kept: Sequence[int]) -> bool:
        return len(kept) == len(parts) and all(
            0 <= mask < 1 << count for mask, count in zip(kept, parts, strict=True)
        )

    assert all(fits(kept) for kept in every_damage(parts))
    assert fits(some_damage(parts, chance))


# --- a world that goes on ------------------------------------------------------------------------------


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("seed", range(6))
def test_sqlite_keeps_what_it_committed_through_one_cut_after_the_other(
    tmp_path: Path, seed: int, order: Order
) -> None:
    chance = Random(seed)
    path = tmp_path / "coins.db"
    committed = 0
    with WatchedDisk(tmp_path, order) as watched:
        for _ in range(8):
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA wal_autocheckpoint = 4")
                connection.execute("CREATE TABLE IF NOT EXISTS coins (words TEXT)")
                kept = connection.execute("SELECT count(*) FROM coins").fetchone()[0]
                assert kept == committed
                for _ in range(chance.randrange(6)):
                    connection.execute("INSERT INTO coins VALUES (?)", ("coin" * 200,))
                    committed += 1
                connection.execute("BEGIN")
                connection.execute("INSERT INTO coins VALUES ('never')")
                image = watched.power_cut(chance)
            watched.become(image)


def test_sqlite_that_does_not_sync_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "coins.db"
    lost = 0
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE coins (words TEXT)")
    with WatchedDisk(tmp_path) as watched:
        for seed in range(20):
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                before = connection.execute("SELECT count(*) FROM coins").fetchone()[0]
                connection.execute("INSERT INTO coins VALUES ('coin')")
                image = watched.power_cut(Random(seed))
            watched.become(image)
            with closing(sqlite3.connect(path)) as connection:
                lost += connection.execute("SELECT count(*) FROM coins").fetchone()[0] == before
    assert lost > 0
