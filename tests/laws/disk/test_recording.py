"""What the shim sees is what was done, and what it makes fail fails as a disk does."""

import errno
import mmap
import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from laws.disk import Calls, Disk, Fault, Kind, Manner, Recording, ShimError


def kinds(recording: Recording) -> list[Kind]:
    return [operation.kind for operation in recording.operations]


def fill(path: Path, rows: int = 5) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS coins (number INTEGER PRIMARY KEY, words TEXT)")
        for _ in range(rows):
            with connection:
                connection.execute("INSERT INTO coins (words) VALUES (?)", ("coin " * 200,))


def test_what_was_recorded_makes_the_same_files_again(tmp_path: Path) -> None:
    (tmp_path / "there before").write_bytes(b"x" * 1500)
    disk = Disk(tmp_path)
    with Recording(tmp_path) as recording:
        fill(tmp_path / "coins.db")
        (tmp_path / "deeper").mkdir()
        shutil.copy(tmp_path / "coins.db", tmp_path / "deeper" / "copy.db")
        (tmp_path / "note").write_text("one\n")
        with (tmp_path / "note").open("a") as note:
            note.write("two\n")
        (tmp_path / "note").rename(tmp_path / "deeper" / "note")
        os.truncate(tmp_path / "there before", 700)
        os.link(tmp_path / "there before", tmp_path / "also")
        (tmp_path / "there before").unlink()
        with closing(sqlite3.connect(tmp_path / "coins.db")) as held:
            held.execute("SELECT * FROM coins").fetchall()
            fill(tmp_path / "coins.db")
            recording.take()
            disk.apply(recording.operations)
            real = {
                path.relative_to(tmp_path).as_posix(): path.read_bytes()
                for path in tmp_path.rglob("*")
                if path.is_file() and not path.name.endswith("-shm")
            }
    assert "coins.db-wal" in real
    assert {name: content.to_bytes() for name, content in disk.as_read().files.items()} == real
    assert disk.as_read().folders == {"deeper"}


def test_a_commit_is_seen_as_writes_and_one_sync(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "coins.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE coins (number INTEGER)")
        with Recording(tmp_path) as recording:
            connection.execute("INSERT INTO coins VALUES (1)")
    assert set(kinds(recording)[:-1]) == {Kind.WRITTEN}
    assert kinds(recording)[-1] is Kind.SYNCED


def test_files_elsewhere_and_shared_memory_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    with Recording(tmp_path / "ours") as recording:
        (tmp_path / "ours beside").write_text("no")
        (tmp_path / "ours" / "some.db-shm").write_text("no")
        fill(tmp_path / "other.db")
    assert recording.operations == []


def test_names_are_found_whatever_way_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Recording(tmp_path) as recording:
        Path("by name").write_text("a")
        folder = os.open(tmp_path, os.O_RDONLY)
        os.close(os.open("by folder", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=folder))
        os.unlink("by folder", dir_fd=folder)
        os.fsync(folder)
        os.close(folder)
    made = [operation.name for operation in recording.operations if operation.kind is Kind.CREATED]
    assert made == [str(tmp_path / "by name"), str(tmp_path / "by folder")]
    assert kinds(recording)[-2:] == [Kind.UNLINKED, Kind.FOLDER_SYNCED]


def test_threads_are_recorded_in_the_order_in_which_they_wrote(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    with Recording(tmp_path) as recording:
        handle = os.open(tmp_path / "shared", os.O_WRONLY | os.O_CREAT)

        def write(letter: bytes) -> None:
            for _ in range(200):
                os.pwrite(handle, letter * 64, 0)

        threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os.close(handle)
    assert kinds(recording).count(Kind.WRITTEN) == 600
    disk.apply(recording.operations)
    assert disk.as_read().files["shared"].to_bytes() == (tmp_path / "shared").read_bytes()


def test_only_one_recording_at_a_time(tmp_path: Path) -> None:
    with Recording(tmp_path), pytest.raises(ShimError, match="one recording at a time"):
        Recording(tmp_path).resume()
    with Recording(tmp_path):
        pass


def test_memory_that_is_written_without_a_call_is_not_passed_over(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.resume()
    with (tmp_path / "mapped").open("w+b") as file:
        file.write(b"x" * 4096)
        file.flush()
        mmap.mmap(file.fileno(), 4096).close()
    with pytest.raises(ShimError, match="cannot be recorded"):
        recording.pause()


# --- faults --------------------------------------------------------------------------------------------


def test_the_third_write_finds_no_room(tmp_path: Path) -> None:
    with Recording(tmp_path) as recording:
        recording.fail(Fault(Calls.WRITES, 3, errno.ENOSPC))
        handle = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
        os.write(handle, b"one")
        os.write(handle, b"two")
        with pytest.raises(OSError, match="No space left"):
            os.write(handle, b"three")
        os.write(handle, b"four")
        os.close(handle)
        assert (recording.counted, recording.fired) == (4, 1)
    assert (tmp_path / "file").read_bytes() == b"onetwofour"


def test_a_fault_that_lasts_is_there_until_it_is_mended(tmp_path: Path) -> None:
    with Recording(tmp_path) as recording, (tmp_path / "file").open("wb", buffering=0) as file:
        recording.fail(Fault(Calls.WRITES, 1, errno.EIO, lasts=True))
        for _ in range(3):
            with pytest.raises(OSError, match="Input/output"):
                file.write(b"x")
        recording.mend()
        assert file.write(b"x") == 1


def test_a_short_write_says_so(tmp_path: Path) -> None:
    with Recording(tmp_path) as recording, (tmp_path / "file").open("wb", buffering=0) as file:
        recording.fail(Fault(Calls.WRITES, 1, manner=Manner.SHORT))
        assert file.write(b"eight...") == 4
    assert recording.operations[-1].data == b"eigh"


def test_a_sync_that_fails_is_told_and_written_down(tmp_path: Path) -> None:
    with Recording(tmp_path) as recording, (tmp_path / "file").open("wb", buffering=0) as file:
        recording.fail(Fault(Calls.SYNCS, 1))
        with pytest.raises(OSError, match="Input/output"):
            os.fsync(file.fileno())
        os.fsync(file.fileno())
    assert kinds(recording) == [Kind.CREATED, Kind.SYNC_FAILED, Kind.SYNCED]


def test_a_page_that_cannot_be_read_is_an_error_of_sqlite(tmp_path: Path) -> None:
    fill(tmp_path / "coins.db")
    with Recording(tmp_path) as recording, closing(sqlite3.connect(tmp_path / "coins.db")) as connection:
        recording.fail(Fault(Calls.READS, 1, lasts=True))
        with pytest.raises(sqlite3.OperationalError, match="disk I/O error"):
            connection.execute("SELECT * FROM coins")
        recording.mend()


def test_names_can_fail_too(tmp_path: Path) -> None:
    with Recording(tmp_path) as recording:
        recording.fail(Fault(Calls.NAMES, 1, errno.ENOSPC, lasts=True))
        for attempt in (
            lambda: (tmp_path / "a").write_text(""),
            (tmp_path / "b").mkdir,
            lambda: tmp_path.rename(tmp_path / "c"),
        ):
            with pytest.raises(OSError, match="No space left"):
                attempt()
    assert recording.operations == []


def test_the_disk_can_seem_to_be_full(tmp_path: Path) -> None:
    before = shutil.disk_usage(tmp_path).free
    with Recording(tmp_path) as recording:
        recording.seem_to_have_room(1_000_000)
        assert shutil.disk_usage(tmp_path).free <= 1_000_000
        assert shutil.disk_usage(Path("/")).free > 0
        recording.seem_to_have_room(None)
        assert shutil.disk_usage(tmp_path).free > min(1_000_000, before - 1)
