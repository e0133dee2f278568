"""Every text goes through the translators, is listed in `assets/translations`, and is written as people speak."""

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LISTED = ROOT / "assets" / "translations" / "terminal_en.ts"
MOST_WORDS = 12


def messages(file: Path) -> set[tuple[str, str]]:
    """Every (context, source text) of a `.ts` file."""
    found = set()
    for context in ET.parse(file).getroot().iter("context"):  # noqa: S314 our own file
        name = context.findtext("name") or ""
        found |= {(name, message.findtext("source") or "") for message in context.iter("message")}
    return found


def texts() -> list[str]:
    return sorted({source for _context, source in messages(LISTED)})


def test_list_of_texts_is_up_to_date(tmp_path: Path) -> None:
    beside = Path(sys.executable).with_name("pyside6-lupdate")
    lupdate = str(beside) if beside.exists() else shutil.which("pyside6-lupdate")
    assert lupdate is not None
    fresh = tmp_path / "terminal_en.ts"
    sources = sorted(str(file) for file in (ROOT / "kiosk" / "ui").rglob("*.py"))
    subprocess.run([lupdate, *sources, "-ts", str(fresh)], check=True, capture_output=True)
    assert messages(fresh) == messages(LISTED), (
        "texts have changed: pyside6-lupdate -no-obsolete -locations none -source-language en -target-language en "
        "$(find kiosk/ui -name '*.py' | sort) -ts assets/translations/terminal_en.ts"
    )


def test_no_text_is_hidden_from_lupdate_in_an_f_string() -> None:
    for file in (ROOT / "kiosk" / "ui").rglob("*.py"):
        assert not re.search(r"tr\(\s*f[\"']", file.read_text(encoding="utf-8")), file


@pytest.mark.parametrize("text", texts())
def test_sentences_are_short_and_blame_nobody(text: str) -> None:
    for sentence in re.split(r"[.:?!·]\s*", text):
        assert len(sentence.split()) <= MOST_WORDS, sentence
    assert not re.search(r"\b(invalid|error|illegal|wrong|failed)\b", text, re.IGNORECASE)
