"""The decoder for technicians, as a command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.hardware.cctalk.__main__ import main

ROOT = Path(__file__).parents[4]


def _printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_frame_is_one_json_object_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "01 08 02 00 41 6C 62 65 72 69 63 69 DA"]) == 0
    assert _printed(capsys) == [
        {
            "destination": 1,
            "source": 2,
            "header": 0,
            "name": "Reply",
            "data": "416C626572696369",
            "checksum": "simple",
        }
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["02 00 01 E5 18 01 00 02 00 FD"],
        ["020001e518", "01000200fd"],
        ["02", "00", "01", "E5", "18", "01", "00", "02", "00", "FD"],
        ["02 00 01 E5", "18 01 00", "0200FD"],
    ],
)
def test_bytes_may_be_given_in_any_way(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", *arguments]) == 0
    assert [(frame["header"], frame["name"]) for frame in _printed(capsys)] == [
        (229, "Read buffered credit or error codes"),
        (0, "Reply"),
    ]


def test_crc_frames_have_no_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "28 02 5F E7 FF FF DF"]) == 0
    (frame,) = _printed(capsys)
    assert frame["source"] is None
    assert frame["checksum"] == "crc16"
    assert frame["data"] == "FFFF"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["01 03 02 00 00 FC"], "refused: the length byte says 3, but 1 data byte follows"),
        (["01 01 03 00 03 7A"], "refused: the checksum is 7A, it should be F8"),
        (["02 00"], "refused: 2 bytes are too short"),
        ([""], "refused: 0 bytes are too short"),
        (["02 00 01 FE XX"], "refused: 'XX' is not hex"),
        (["2 00 01 FE FF"], "refused: '2' has an odd number of hex digits"),
        (["02 00 01 \u0661\u0661 FF"], "is not hex"),
    ],
)
def test_what_must_be_refused_gets_one_line_and_status_1(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decode", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert reason in captured.err
    assert captured.err.count("\n") == 1


def test_frames_before_a_bad_one_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "02 00 01 FE FF 01 01 03 00 03 7A"]) == 1
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1
    assert "at byte 6: the checksum is 7A" in captured.err


def test_misuse_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["decode"]) == 2
    assert main(["encode", "00"]) == 2
    assert "--help" in capsys.readouterr().err
    assert main(["--help"]) == 0
    assert "upper-case" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["decode", "02 00 01 FE FF " * 5000], ["decode", "02 00 01 FE FF"], ["--help"]]
)
def test_a_reader_that_has_seen_enough_ends_it_quietly(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        run = subprocess.run(
            [sys.executable, "-m", "kiosk.hardware.cctalk", *arguments],
            cwd=ROOT,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert (run.returncode, run.stderr) == (0, "")


def test_it_runs_as_a_module_and_loads_nothing_heavy() -> None:
    program = (
        "import runpy, sys; sys.argv = ['cctalk', 'decode', '02 00 01 FE FF']\n"
        "try: runpy.run_module('kiosk.hardware.cctalk', run_name='__main__')\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'serial', 'msgspec', 'sqlite3', 'PySide6', 'threading', 'logging'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    described, heavy = run.stdout.splitlines()
    assert json.loads(described)["name"] == "Simple poll"
    assert set(heavy.strip("[]").replace("'", "").split(", ")) <= {"", "threading"}
