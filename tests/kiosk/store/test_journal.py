"""The journal: append-only, chained, folded; and what happens when somebody or something changed it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlite_utils import Database

from kiosk.flows.folding import fold_all
from kiosk.flows.state import Idle, Terminal
from kiosk.store.database import migrations, open_for_writing
from kiosk.store.journal import SNAPSHOT_EVERY, BrokenChainError, Journal, JournalError, entries_after
from kiosk.store.notes import note_progress, progress
from kiosk.store.shelf import StoreShelf
from parking.civil_time import Moment
from parking.facts import (
    ClaimRedeemed,
    CodeOpened,
    CoinKept,
    ConversationEnded,
    CustomerArrived,
    EndReason,
    Fact,
    SecuredBy,
    StockCounted,
    entry_after,
)
from parking.release_codes import SealedCode

AT = Moment(utc_ms=1_790_000_000_000, steady_ms=5000)
FACTS: list[Fact] = [
    StockCounted("hopper 1", 100, 50),
    CoinKept("", 100, 2, "hopper 1", 1),
    CoinKept("", 200, 1, None, 2),
]


def open_journal(path: Path, *, terminal: str = "0412", epoch: int = 1) -> Journal:
    return Journal(open_for_writing(path), path, terminal=terminal, epoch=epoch, index_of=str.encode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "terminal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = open_journal(path)
    yield journal
    journal.close()


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def test_what_was_appended_is_there_after_opening_again(journal: Journal, path: Path) -> None:
    journal.append(FACTS, AT, 7)
    journal.close()
    again = open_journal(path)
    again.verify()
    assert again.last_number == 3
    assert again.fold() == fold_all(Terminal(), FACTS, Moment(AT.utc_ms, 0))
    again.close()


def test_every_step_is_one_transaction(journal: Journal, path: Path) -> None:
    journal.append(FACTS[:1], AT, 7)
    other = sqlite3.connect(path)
    other.execute("PRAGMA data_version")
    before = other.execute("PRAGMA data_version").fetchone()
    journal.append(FACTS[1:], AT, 7)
    assert other.execute("SELECT count(*) FROM journal").fetchone() == (3,)
    assert other.execute("PRAGMA data_version").fetchone()[0] == before[0] + 1
    other.close()


def test_money_is_written_with_full_sync_in_wal_mode(path: Path) -> None:
    db = open_for_writing(path)
    assert db.conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.conn.execute("PRAGMA synchronous").fetchone() == (2,)
    db.close()


@pytest.mark.parametrize(
    ("harm", "number"),
    [
        ("UPDATE journal SET payload = replace(payload, '200', '900') WHERE number = 3", 3),
        ("UPDATE journal SET at_ms = at_ms + 1 WHERE number = 2", 2),
        ("DELETE FROM journal WHERE number = 2", 2),
        ("DELETE FROM journal WHERE number = 1", 1),
        ("UPDATE journal SET number = 9 WHERE number = 3", 3),
    ],
)
def test_a_changed_journal_does_not_verify_and_says_where(
    journal: Journal, path: Path, harm: str, number: int
) -> None:
    journal.append(FACTS, AT, 7)
    journal.verify()
    change(path, harm)
    with pytest.raises(BrokenChainError) as told:
        journal.verify()
    assert told.value.number == number


def test_a_journal_that_ends_before_what_the_server_holds_does_not_verify(
    journal: Journal, path: Path
) -> None:
    journal.append(FACTS, AT, 7)
    db = open_for_writing(path)
    with db.atomic():
        note_progress(db, "acknowledged", 5)
    db.close()
    with pytest.raises(BrokenChainError, match="the server holds entries up to 5") as told:
        journal.verify()
    assert told.value.number == 4


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("UPDATE releases SET fitting = 3", "rows of releases"),
        ("UPDATE releases SET entry = 1", "rows of releases"),
        ("DELETE FROM releases", "rows of releases"),
        ("INSERT INTO redemptions VALUES ('0413-1-C00007')", "rows of redemptions"),
        ("INSERT INTO redeemed_elsewhere VALUES ('0413-1-C00007')", "rows of redeemed_elsewhere"),
        ("INSERT INTO books VALUES (x'00', 1, 1, '', '')", "rows of books"),
        ("UPDATE progress SET value = 2 WHERE name = 'acknowledged'", "note of acknowledged"),
        ("DELETE FROM progress WHERE name = 'acknowledged'", "note of acknowledged"),
    ],
)
def test_a_row_that_changed_by_itself_takes_no_money(
    journal: Journal, path: Path, harm: str, words: str
) -> None:
    journal.append([*FACTS, CodeOpened("p", "7F314", 2, 1, SealedCode("x", "y"))], AT, 7)
    journal.acknowledge(1, 1)
    journal.verify()
    change(path, harm)
    with pytest.raises((JournalError, sqlite3.DatabaseError), match=words):
        journal.verify()


def test_a_damaged_page_takes_no_money(path: Path) -> None:
    journal = open_journal(path)
    journal.append(FACTS, AT, 7)
    journal.close()
    connection = sqlite3.connect(path)
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'claim_keys'").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(bytes(4096))
    journal = open_journal(path)
    with pytest.raises((JournalError, sqlite3.DatabaseError), match=r"damaged|malformed"):
        journal.verify()
    journal.close()


def test_a_log_without_its_store_is_not_taken_for_a_new_store(path: Path) -> None:
    journal = open_journal(path)
    journal.append(FACTS, AT, 7)
    path.unlink()
    with pytest.raises(sqlite3.DatabaseError, match="bring the file back"):
        open_for_writing(path)
    journal.close()


def test_a_store_that_was_cut_off_in_the_making_is_made_anew(path: Path) -> None:
    path.with_name(f"{path.name}.new").write_bytes(b"half a page")
    path.with_name(f"{path.name}.new-wal").write_bytes(b"half a log")
    open_journal(path).close()
    assert sorted(found.name for found in path.parent.iterdir()) == [path.name]


def test_the_journal_of_another_terminal_or_epoch_is_refused(journal: Journal, path: Path) -> None:
    journal.append(FACTS, AT, 7)
    with pytest.raises(JournalError, match="terminal 0412, epoch 1; the configuration says 0413"):
        open_journal(path, terminal="0413")
    with pytest.raises(JournalError, match="epoch 2"):
        open_journal(path, epoch=2)


def test_an_entry_of_newer_software_is_refused_with_its_number(journal: Journal, path: Path) -> None:
    journal.append(FACTS, AT, 7)
    change(path, 'UPDATE journal SET payload = \'{"fact":"Teleported"}\' WHERE number = 2')
    with pytest.raises(JournalError, match=r"entry 2: .*newer program"):
        journal.fold()


def test_a_failed_write_leaves_nothing_and_is_told(journal: Journal, path: Path) -> None:
    journal.append(FACTS[:1], AT, 7)
    change(
        path,
        "CREATE TRIGGER full BEFORE INSERT ON journal WHEN NEW.number = 3 BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END",
    )
    with pytest.raises(JournalError, match="disk full"):
        journal.append(FACTS[1:], AT, 7)
    assert journal.last_number == 1
    assert [entry.number for entry in entries_after(sqlite3.connect(path), "0412", 1, 0)] == [1]


def test_acknowledgement_never_goes_back_and_never_beyond_what_was_written(journal: Journal) -> None:
    journal.append(FACTS, AT, 7)
    for epoch, number, expected in [(1, 2, 2), (1, 1, 2), (2, 3, 2), (1, 99, 2), (1, 3, 3)]:
        journal.acknowledge(epoch, number)
        assert journal.acknowledged == expected


def test_the_snapshot_gives_the_same_state_as_the_whole_journal(journal: Journal, path: Path) -> None:
    state = Terminal()
    for _ in range(SNAPSHOT_EVERY):
        facts: list[Fact] = [CustomerArrived("release"), ConversationEnded(EndReason.CUSTOMER)]
        journal.append(facts, AT, 7)
        state = fold_all(state, facts, AT)
        journal.keep_snapshot(state)
    (number,) = sqlite3.connect(path).execute("SELECT number FROM snapshot").fetchone()
    assert number == 2 * SNAPSHOT_EVERY
    assert isinstance(journal.fold().stage, Idle)
    journal.append(FACTS, AT, 7)
    assert journal.fold().hoppers["hopper 1"].coins == 51


def test_a_snapshot_of_another_shape_of_state_does_not_count(journal: Journal, path: Path) -> None:
    journal.append(FACTS, AT, 7)
    change(path, "INSERT INTO snapshot VALUES (1, 2, 'another', x'7b7d')")
    assert journal.fold().hoppers["hopper 1"].coins == 51


def test_a_snapshot_that_is_damaged_into_nothing_does_not_count(journal: Journal, path: Path) -> None:
    journal.append(FACTS, AT, 7)
    change(path, "INSERT INTO snapshot VALUES (1, 2, 'seal', NULL)")
    assert journal.fold().hoppers["hopper 1"].coins == 51


def test_an_entry_that_is_damaged_into_another_type_is_told(journal: Journal, path: Path) -> None:
    journal.append(FACTS, AT, 7)
    change(path, "ALTER TABLE journal RENAME TO whole")
    change(path, "CREATE TABLE journal AS SELECT * FROM whole")
    change(path, "UPDATE journal SET payload = CAST(payload AS BLOB) WHERE number = 2")
    with pytest.raises(sqlite3.DatabaseError, match="entry 2 of the journal is damaged"):
        list(entries_after(sqlite3.connect(path), "0412", 1, 0))


def test_the_sync_reads_the_journal_through_its_own_shelf(journal: Journal, path: Path) -> None:
    journal.append(FACTS, AT, 7)
    journal.acknowledge(1, 1)
    shelf = StoreShelf(path, "0412", 1)
    assert shelf.position() == (1, 3, 1, 0)
    assert [entry.number for entry in shelf.entries_after(1, 1)] == [2]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        shelf._connection.execute("DELETE FROM journal")
    shelf.close()


def test_a_release_is_remembered_in_the_same_transaction(journal: Journal, path: Path) -> None:
    journal.append([CodeOpened("p", "7F314", 2, 1, SealedCode("x", "y"))], AT, 7)
    assert sqlite3.connect(path).execute("SELECT * FROM releases").fetchall() == [(b"7F314", 2, 1)]


def test_a_redeemed_claim_is_remembered_in_the_same_transaction(journal: Journal, path: Path) -> None:
    journal.append([ClaimRedeemed("0413-1-C00007", "p", 300, SecuredBy.BOOKS)], AT, 7)
    assert sqlite3.connect(path).execute("SELECT * FROM redemptions").fetchall() == [("0413-1-C00007",)]


def test_an_old_database_is_brought_up_with_everything_in_it(path: Path) -> None:
    old = Database(sqlite3.connect(path), execute_plugins=False)
    migrations.apply(old, stop_before="claims_are_taken")
    opened = CodeOpened("p", "7F314", 2, 1, SealedCode("x", "y"))
    first = entry_after(None, opened, terminal="0412", epoch=1, at_ms=AT.utc_ms, books_version=7)
    values = (first.number, first.at_ms, first.books_version, first.payload, first.previous, first.hash)
    old.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)", values)
    old.execute("INSERT INTO releases VALUES (?, 2)", [b"7F314"])
    old.execute("INSERT INTO progress VALUES ('books_version', 7)")
    old.execute("INSERT INTO books VALUES (x'00', 3, 1, 'box', 'box')")
    old.conn.commit()
    old.close()
    journal = open_journal(path)
    journal.append([msgspec.structs.replace(opened, fitting=3)], AT, 7)
    journal.verify()
    held = sqlite3.connect(path)
    assert held.execute("SELECT * FROM releases").fetchall() == [(b"7F314", 2, None), (b"7F314", 3, 2)]
    assert progress(held, "books_version") == 7
    held.close()
    journal.close()


def test_an_interrupted_upgrade_leaves_the_old_database(path: Path) -> None:
    old = Database(sqlite3.connect(path), execute_plugins=False)
    migrations.apply(old, stop_before="claims_are_taken")
    old.execute("CREATE TABLE claim_keys (in_the_way INTEGER)")
    old.conn.commit()
    old.close()
    with pytest.raises(sqlite3.OperationalError, match="claim_keys"):
        open_for_writing(path)
    change(path, "DROP TABLE claim_keys")
    open_journal(path).close()


def test_a_state_survives_being_written_down(journal: Journal) -> None:
    state = fold_all(Terminal(), FACTS, AT)
    assert msgspec.json.decode(msgspec.json.encode(state), type=Terminal) == state
    assert journal.has_room()
