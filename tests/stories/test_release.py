"""Product line `release`, end to end: the scripted street on real processes and real wires.

A server, a terminal with its threads and its Qt window (offscreen), simulated devices on ptys and TCP. What
the stories expect of the screens stands in `simulator/script.py`; here is what must be true afterwards.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from parking.claims import is_slip, read_slip
from simulator.script import run_script

STREET = Path("config/street.toml")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole street, once for all tests of this file."""
    out = tmp_path_factory.mktemp("street")
    assert run_script(STREET, out) == 0
    return out


@pytest.fixture(scope="module")
def report(out: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((out / "report.json").read_text())
    return report


def test_money_in_is_what_was_delivered_paid_out_and_claimed(report: dict[str, Any]) -> None:
    assert report["conservation"] is True
    assert all(report["checks"].values()), report["checks"]
    given = report["delivered_minor"] + report["change_minor"] + report["claims_minor"]
    assert report["money_in_minor"] == given


def test_the_street_had_all_its_customers(report: dict[str, Any]) -> None:
    assert report["payments"] == report["codes_released"] == 9
    assert report["cancelled"] == 2
    assert report["claims_minor"] == report["redeemed_minor"] == 40 + 200
    assert report["claims_open_minor"] == 0
    assert report["change_minor"] == 150 + 300 + 10 + 200


def test_the_server_knows_every_fact_although_it_was_away(report: dict[str, Any]) -> None:
    assert report["facts"] == report["facts_on_server"] > 100


def test_every_screen_was_passed_and_is_kept_as_a_picture(out: Path) -> None:
    stories = {re.sub(r"^\d+-", "", path.stem) for path in (out / "screens").glob("*.png")}
    assert stories >= {
        "start",
        "identify",
        "exact-review",
        "exact-pay",
        "exact-code",
        "take",
        "still-there",
        "out-of-service",
        "power-back",
        "code-again",
        "slip-pays",
        "slip-twice",
        "slip-coins",
    }
    for path in (out / "screens").glob("*.png"):
        with Image.open(path) as picture:
            assert picture.size == (1280, 800)
            assert len(picture.convert("L").getcolors() or []) > 2, f"{path.name} shows nothing"


def test_each_receipt_carries_its_number_as_a_qr_that_can_be_read(out: Path) -> None:
    receipts = sorted((out / "receipts").glob("*.png"))
    assert len(receipts) >= 9
    numbers = []
    for path in receipts:
        with Image.open(path) as picture:
            found = zxingcpp.read_barcodes(picture)
        numbers += [code.text for code in found if code.format == zxingcpp.BarcodeFormat.QRCode]
    assert len(numbers) == len(receipts)
    slips = [read_slip(number).slip for number in numbers if is_slip(number)]
    assert [(slip.number, slip.amount_minor) for slip in slips] == [
        ("0412-1-C00001", 40),
        ("0412-1-C00002", 200),
    ]
    assert all(re.fullmatch(r"RECEIPT:0412-1-\d{5}", number) for number in numbers if not is_slip(number))


def test_no_code_and_no_key_lies_about_in_plain_text(out: Path) -> None:
    key = (out / "run" / "server.key").read_text().strip()
    for path in (out / "run").iterdir():
        if path.is_file() and path.name not in {"clamps.csv", "server.key"}:
            content = path.read_bytes()
            assert b"482913" not in content, path.name
            assert key.encode() not in content, path.name
