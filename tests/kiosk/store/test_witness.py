"""The witness beside the store: a write-ahead log that lost its end is found out."""

import os
import shutil
from pathlib import Path

import pytest

from kiosk.store.database import open_for_writing
from kiosk.store.journal import BrokenChainError, Journal
from kiosk.store.sealing import Sealer
from kiosk.store.witness import SLOT_BYTES, Seen, Witness
from parking.civil_time import Moment
from parking.facts import CustomerArrived

ARRIVED = CustomerArrived("release")
HASH = "ab" * 32


def opened(path: Path) -> Journal:
    db = open_for_writing(path)
    return Journal(db, path, terminal="0412", epoch=1, index_of=Sealer(bytes(32)).index_of)


def written(folder: Path) -> Path:
    """A store with three entries that was never closed, as a dead program leaves it."""
    folder.mkdir()
    living = opened(folder / "living.db")
    for at_ms in range(3):
        living.append([ARRIVED], Moment(at_ms, at_ms), 0)
    left = folder / "terminal.db"
    for end in ("", "-wal", "-witness"):
        shutil.copy(folder / f"living.db{end}", f"{left}{end}")
    living.close()
    return left


def test_a_damaged_end_of_the_write_ahead_log_is_found_out(tmp_path: Path) -> None:
    store = written(tmp_path / "store")
    log = Path(f"{store}-wal")
    spoilt = bytearray(log.read_bytes())
    spoilt[-100] ^= 1
    log.write_bytes(spoilt)
    journal = opened(store)
    try:
        assert journal.last_number < 3  # SQLite says nothing of it
        with pytest.raises(BrokenChainError, match="tells of entries up to 3"):
            journal.verify()
    finally:
        journal.close()


def test_another_end_of_the_journal_than_the_witness_saw_is_found_out(tmp_path: Path) -> None:
    store = written(tmp_path / "store")
    Path(f"{store}-witness").unlink()
    Witness(store).saw(Seen(1, 2, HASH))
    journal = opened(store)
    try:
        with pytest.raises(BrokenChainError, match="entry 2: is not the one of which"):
            journal.verify()
    finally:
        journal.close()


@pytest.mark.parametrize("left", [b"", b"\0" * 120, b"epoch 1 number 9 hash", "no file"])
def test_a_witness_that_a_power_cut_took_accuses_nobody(tmp_path: Path, left: bytes | str) -> None:
    store = written(tmp_path / "store")
    witness = Path(f"{store}-witness")
    if isinstance(left, bytes):
        witness.write_bytes(left)
    else:
        witness.unlink()
    journal = opened(store)
    journal.verify()
    journal.append([ARRIVED], Moment(9, 9), 0)
    journal.close()
    assert Witness(store).says() == Seen(1, 4, journal._last.hash if journal._last else "")


def test_an_older_witness_and_one_of_another_epoch_accuse_nobody(tmp_path: Path) -> None:
    store = written(tmp_path / "store")
    for told in (Seen(1, 0, HASH), Seen(7, 99, HASH)):
        Witness(store).saw(told)
        journal = opened(store)
        journal.verify()
        journal.close()


def test_a_changed_witness_says_nothing(tmp_path: Path) -> None:
    store = tmp_path / "terminal.db"
    Witness(store).saw(Seen(1, 12, HASH))
    file = Path(f"{store}-witness")
    for place in range(SLOT_BYTES):
        spoilt = bytearray(file.read_bytes())
        spoilt[place] ^= 1
        file.write_bytes(spoilt)
        assert Witness(store).says() is None
        spoilt[place] ^= 1
        file.write_bytes(spoilt)
    assert Witness(store).says() == Seen(1, 12, HASH)


def test_a_write_that_fails_in_its_middle_leaves_the_entry_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = Witness(tmp_path / "terminal.db")
    for number in range(1, 6):
        witness.saw(Seen(1, number, HASH))
    honest = os.pwrite
    with monkeypatch.context() as full_disk:
        full_disk.setattr(os, "pwrite", lambda file, data, at: honest(file, data[:60], at))
        for number in (6, 7):
            witness.saw(Seen(1, number, HASH))
            assert witness.says() == Seen(1, 5, HASH)
    witness.close()
    again = Witness(tmp_path / "terminal.db")
    for number in (8, 9, 10):
        again.saw(Seen(1, number, HASH))
        assert again.says() == Seen(1, number, HASH)
    again.close()


def test_a_witness_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "terminal.db-witness").mkdir()
    journal = opened(tmp_path / "terminal.db")
    journal.append([ARRIVED], Moment(1, 1), 0)
    journal.verify()
    journal.close()
    assert journal.last_number == 1
