"""The command line, and the server as a process of its own."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx
import msgspec
import pytest

from parking.claims import ClaimReason
from parking.wire import FactsBatch
from server.__main__ import main
from server.store.engine import Database
from server.store.tables import terminals
from tests.server.slips import Signer, issued
from tests.server.world import CLAMPS, PASSWORD_FOR_TESTS, Terminal, World, document_of, released

PATIENCE_S = 60


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    file = tmp_path / "clamps.csv"
    file.write_bytes(CLAMPS)
    return file


@pytest.fixture
def at(empty_address: str, tmp_path: Path) -> list[str]:
    """The common options for an empty database."""
    return ["--database", empty_address, "--key-file", str(tmp_path / "codes.key")]


@pytest.fixture
def at_sqlite(tmp_path: Path) -> list[str]:
    """The same for what is said in the same way on every database."""
    return ["--database", f"sqlite:///{tmp_path / 'parking.db'}"]


def test_clamps_are_taken_in_fitted_and_taken_off(
    at: list[str], csv_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*at, "import", str(csv_file)]) == 0
    assert main(["fit", "5r7-90", "--plate", "B-XY 1", "--line", "Loading zone=12.50", *at]) == 0
    assert main([*at, "unfit", "8K022"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "3 clamps taken in, 2 of them on a car",
        "clamp 5r7-90 is on a car: fitting 1",
        "clamp 8K022 is off the car",
    ]
    assert main([*at, "count"]) == 0
    counted = json.loads(capsys.readouterr().out)
    assert (counted["clamps"], counted["clamps_fitted"], counted["facts"]) == (3, 2, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "9Z999", "--line", "x=1"], "there is no clamp 9Z999; `import` takes clamps in"),
        (["fit", "7F314", "--line", "x=1"], "clamp 7F314 is on a car already; `unfit 7F314` takes it off"),
        (["fit", "5R790", "--line", "x"], "--line 'x': expected 1 to 80 printable characters"),
        (["fit", "5R790", "--line", "x=1,50"], "--line 'x=1,50': '1,50' is not an amount"),
        (["fit", "5R790", "--line", "x=1", "--plate", "x" * 17], "--plate: expected at most 16"),
        (["fit", "\u0424", "--line", "x=1"], "has a character that no clamp carries"),
        (["unfit", "5R790"], "clamp 5R790 is on no car"),
        (["claim", "pay", "0412-1-C00001"], "the server has not heard of claim 0412-1-C00001; wait until"),
        (["claim", "confirm", "12"], "'12' is no number of a claim; such is 0412-1-C00012"),
        (["claim", "free", "0412-1-C00001"], "no terminal has claim '0412-1-C00001' in hand"),
        (["import", "nowhere.csv"], "nowhere.csv cannot be read: No such file or directory"),
        (["terminal", "revoke", "0999"], "there is no terminal '0999'; `terminal list` shows all"),
        (["terminal", "add", "x", "--place", "Quay"], "'x' is no terminal number; use 2 to 8 digits"),
        (["serve", "--host", "0.0.0.0"], "the pages then need a password"),  # noqa: S104 - it must refuse this
        (["serve", "--zone", "Mars/Olympus"], "--zone 'Mars/Olympus' is no time zone"),
        (["serve", "--operator-password-file", "nowhere"], "the password file nowhere cannot be read"),
        (["serve", "--host", "192.0.2.1", "--operator-password-file", "PASSWORD"], "cannot listen on 192.0.2.1"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_one_line(
    at_sqlite: list[str],
    csv_file: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    main([*at_sqlite, "import", str(csv_file)])
    (csv_file.parent / "password").write_text(PASSWORD_FOR_TESTS)
    capsys.readouterr()
    placed = [str(csv_file.parent / "password") if word == "PASSWORD" else word for word in arguments]

    assert main([*at_sqlite, *placed]) == 1

    output = capsys.readouterr()
    assert output.out == ""
    assert len(output.err.splitlines()) == 1
    assert message in output.err


def test_a_bad_file_is_told_line_by_line(
    at_sqlite: list[str], csv_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv_file.write_bytes(CLAMPS + b"7F,1,,,,,,\n")
    assert main([*at_sqlite, "import", str(csv_file)]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.removeprefix(f"{csv_file}:5: ").partition(":")[0] for line in told] == [
        "codes",
        "identifier",
        "nothing was taken in",
    ]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("mysql://u:secret-word@h/d", "is no database this server can use"),
        (
            "sqlite:////nowhere/at/all/parking.db",
            (
                "server: the database /nowhere/at/all/parking.db refused: unable to open database file; "
                "name a file in a folder that is there and that this user may write: --database URL"
            ),
        ),
        ("sqlite:///FOLDER", "FOLDER refused: unable to open database file; name a file"),
        ("sqlite:///RUBBISH", "RUBBISH refused: file is not a database; name another file: --database URL"),
        (
            "postgresql://127.0.0.1:1/parking",
            "the database postgresql://127.0.0.1:1/parking refused: connection failed",
        ),
        (
            "postgresql://u:secret-word@127.0.0.1:1/parking",
            "see that PostgreSQL runs there and lets this user in",
        ),
        (
            "postgresql://127.0.0.1:1/parking?password=secret-word",
            "the database postgresql://127.0.0.1:1/parking refused: connection",
        ),
    ],
)
def test_a_database_that_cannot_be_used_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("FOLDER").mkdir()
    Path("RUBBISH").write_bytes(b"no database at all " * 100)
    assert main(["--database", address, "count"]) == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert message in told
    assert "secret-word" not in told


def test_staff_list_confirm_pay_and_free_claims(at: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*at, "terminal", "add", "0412", "--place", "Harbour Street"]) == 0
    database = Database(at[1])
    world, signer = World(database), Signer("0412")
    terminal = Terminal(world, "0412", capsys.readouterr().out.strip())
    in_doubt = ClaimReason.PAYOUT_IN_DOUBT
    terminal.send(
        terminal.write(
            signer.made,
            *issued("0412-1", signer.number(1)),
            *issued("0412-2", signer.number(2), 500, in_doubt),
            *issued("0412-3", signer.number(3), 200, in_doubt),
        )
    )
    assert main([*at, "claim", "confirm", signer.number(2)]) == 0
    assert main(["claim", "void", signer.number(3), *at]) == 0
    assert terminal.hold(signer.slip(1), "r-1").status_code == 200
    assert main([*at, "claim", "pay", signer.number(1).lower()]) == 1
    assert main([*at, "claim", "list", "--open"]) == 0
    output = capsys.readouterr()
    assert output.out.splitlines() == [
        "0412-1-C00002\t5.00 EUR\tpayout-in-doubt\topen",
        "0412-1-C00001\t7.50 EUR\tchange-short\theld at 0412",
    ]
    assert output.err.splitlines()[-1].startswith("server: terminal 0412 has claim 0412-1-C00001 in hand")

    assert main([*at, "claim", "free", signer.number(1)]) == 0
    assert main([*at, "claim", "pay", signer.number(1)]) == 0
    assert main([*at, "claim", "list"]) == 0
    output = capsys.readouterr()
    assert [line.split("\t")[-1] for line in output.out.splitlines()] == ["void", "open", "paid"]
    assert "it was taken twice: an alarm will say so" in output.err
    assert "give the customer 7.50 EUR and keep the slip" in output.err
    database.close()


def test_postgresql_needs_to_be_told_where_the_key_is(
    empty_address: str, csv_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--database", empty_address, "import", str(csv_file)])

    if empty_address.startswith("sqlite"):
        assert (code, (csv_file.parent / "parking.db.key").exists()) == (0, True)
    else:
        assert (code, "--key-file FILE" in capsys.readouterr().err) == (1, True)


def test_a_terminal_gets_its_key_once(at: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*at, "terminal", "add", "0412", "--place", "Harbour Street"]) == 0
    key = capsys.readouterr().out.strip()
    assert len(key) == 64
    assert main([*at, "terminal", "renew", "0412"]) == 0
    assert capsys.readouterr().out.strip() not in {"", key}
    assert main([*at, "terminal", "list"]) == 0
    assert capsys.readouterr().out == "0412\tHarbour Street\tlast seen —\n"
    assert main([*at, "terminal", "revoke", "0412"]) == 0
    assert main([*at, "terminal", "list"]) == 0
    assert capsys.readouterr().out == "0412\tHarbour Street\trevoked\n"


def test_a_new_key_for_a_revoked_terminal_says_that_it_is_let_in_again(
    at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main([*at, "terminal", "add", "0412", "--place", "Harbour Street"])
    capsys.readouterr()
    assert main([*at, "terminal", "renew", "0412"]) == 0
    assert "let in again" not in capsys.readouterr().err
    main([*at, "terminal", "revoke", "0412"])
    capsys.readouterr()
    assert main([*at, "terminal", "renew", "0412"]) == 0
    output = capsys.readouterr()
    assert output.err.splitlines() == [
        "terminal 0412 had been revoked; with the new key it is let in again",
        "the old key of terminal 0412 has ended; the new one is told only now:",
    ]
    assert len(output.out.strip()) == 64
    main([*at, "terminal", "list"])
    assert "revoked" not in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["terminal", "renew", "--help"])
    assert "lets a revoked one in again" in " ".join(capsys.readouterr().out.split())


def test_new_codes_come_from_standard_input(
    at_sqlite: list[str], csv_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main([*at_sqlite, "import", str(csv_file)])
    for text, code, told in (
        ("551122 663344\n", 0, "clamp 8K022 has 4 codes now, used ones counted"),
        ("551122\n", 1, "server: code 1 of the new ones has been clamp 8K022's before"),
        ("12\n", 1, "server: code 1 on standard input is not one: a release code has 4 to 12 digits"),
        ("", 1, "server: no codes came on standard input"),
    ):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        capsys.readouterr()
        assert main([*at_sqlite, "codes", "8K022"]) == code
        assert told in capsys.readouterr().err


def test_a_password_is_written_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "operator"
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
    assert main(["password", str(file)]) == 0
    assert file.read_text().startswith("scrypt$")
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    assert main(["password", str(file)]) == 1


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["terminal"], ["fit", "7F314"], ["serve", "--port", "x"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m server" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [("--port", "a port from 0 to 65535"), ("--hold-seconds", "seconds from 1 to 86400")]
)
@pytest.mark.parametrize("written", ["99999", "-1", "x", "", "1.5", "\u0661", "9" * 5000])
def test_a_number_out_of_its_range_is_told_in_one_line(
    option: tuple[str, str], written: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, expected = option
    with pytest.raises(SystemExit) as caught:
        main(["serve", f"{name}={written}"])
    told = capsys.readouterr().err
    assert caught.value.code == 2
    assert f"error: argument {name}: expected {expected}, not {written[:20]!a}" in told.splitlines()[-1]
    assert len(told) < 1000


# --- as a process --------------------------------------------------------------------------------------


class Serving:
    """`python -m server serve` as a process, and its address."""

    def __init__(self, options: list[str], log: IO[str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server", *options, "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "default"},
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def end(self, how: signal.Signals) -> int:
        self._process.send_signal(how)
        code = self._process.wait(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


@pytest.fixture
def serving(at: list[str], csv_file: Path) -> Iterator[list[Serving]]:
    main([*at, "import", str(csv_file)])
    running: list[Serving] = [Serving(at)]
    yield running
    running[-1].end(signal.SIGKILL)


def test_what_was_acknowledged_survives_that_the_server_is_killed(
    serving: list[Serving], at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    main([*at, "terminal", "add", "0412", "--place", "Harbour Street"])
    key = capsys.readouterr().out.strip()
    world = World(Database(at[1]))
    terminal = Terminal(world, "0412", key)
    with httpx.Client(base_url=serving[-1].url, headers=terminal.headers, timeout=PATIENCE_S) as client:
        document = document_of(client.get("/api/v1/books"), "7F314")
        entries = terminal.write(*released(document, "0412-1"))
        body = msgspec.json.encode(FactsBatch(tuple(entries)))
        assert client.post("/api/v1/facts", content=body).json() == {"epoch": 1, "number": len(entries)}
    assert serving[-1].end(signal.SIGKILL) == -signal.SIGKILL

    serving.append(Serving(at))
    with httpx.Client(base_url=serving[-1].url, headers=terminal.headers, timeout=PATIENCE_S) as client:
        assert client.post("/api/v1/facts", content=body).json() == {"epoch": 1, "number": len(entries)}
        assert "Released" in client.get("/clamps/7F314").text
    assert len(world.rows(terminals)) == 1
    main([*at, "count"])
    counted = json.loads(capsys.readouterr().out)
    assert (counted["facts"], counted["codes_released"], counted["alarms"]) == (len(entries), 1, 0)
    world.database.close()


def test_a_server_that_is_told_to_end_ends_cleanly(at: list[str]) -> None:
    running = Serving(at)
    assert httpx.get(f"{running.url}/api/v1/health", timeout=PATIENCE_S).json()["status"] == "ok"
    assert running.end(signal.SIGTERM) in {0, -signal.SIGTERM}


def test_a_connection_that_drops_in_a_request_is_no_mistake(
    at_sqlite: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*at_sqlite, "terminal", "add", "0412", "--place", "Harbour Street"])
    key = capsys.readouterr().out.strip()
    head = (
        "POST /api/v1/facts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n"
        f"Authorization: Bearer {key}\r\n\r\n"
    )
    file = tmp_path / "log"
    with file.open("w") as log:
        running = Serving(at_sqlite, log)
        try:
            address = httpx.URL(running.url)
            with socket.create_connection((address.host, address.port or 0), PATIENCE_S) as line:
                line.sendall(head.encode() + b'{"e')
                line.shutdown(socket.SHUT_WR)
                while line.recv(4096):  # until the server has let it go too
                    pass
            assert httpx.get(f"{running.url}/api/v1/health", timeout=PATIENCE_S).status_code == 200
        finally:
            running.end(signal.SIGTERM)
    assert file.read_text() == ""
