"""The repository looks after itself: what every file, fact, page and setting here must have."""

import importlib
import re
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType, UnionType
from typing import get_args

import msgspec
import pytest

ROOT = Path(__file__).parent.parent
GENERATED = {"requirements.lock"}
FOREIGN = {"LICENSE"}


def _tracked() -> list[str]:
    listed = subprocess.run(
        ["/usr/bin/env", "git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    return [name for name in listed.split("\0") if name and (ROOT / name).exists()]


def _texts() -> dict[str, str]:
    """Every tracked text file with what is in it; pictures, fonts and sounds are left out."""
    texts = {}
    for name in _tracked():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content and name not in FOREIGN:
            texts[name] = content.decode("utf-8")
    return texts


TEXTS = _texts()
PAGES = sorted(name for name in TEXTS if name.endswith(".md"))
DECISIONS = sorted(name for name in PAGES if re.fullmatch(r"docs/decisions/\d{4}-.*\.md", name))
SETTINGS = sorted(name for name in TEXTS if name.startswith("config/") and name.endswith(".toml"))


def _where(pattern: re.Pattern[str], skip: set[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in TEXTS.items()
        if name not in skip
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


# --- words ---------------------------------------------------------------------------------------------


def test_nothing_is_left_to_do_in_a_comment() -> None:
    assert _where(re.compile(r"\b(TO" r"DO|FIX" r"ME)\b|#\s*X" r"XX\b"), GENERATED) == []


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"/(home|ro" r"ot|Users)/\w", id="somebody's own folder"),
        pytest.param(r"py" r"pi\.(org|python)|pythonho" r"sted", id="the package index"),
        pytest.param(r"--(extra-)?index-" r"url[= ]|--find-" r"links[= ]", id="an address of packages"),
    ],
)
def test_no_file_names_the_machine_it_was_written_on(pattern: str) -> None:
    assert _where(re.compile(pattern), set()) == []


# --- facts, events, commands ---------------------------------------------------------------------------


def _values(module: ModuleType, common: str) -> set[type]:
    return {
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, getattr(module, common))
        and value is not getattr(module, common)
    }


@pytest.mark.parametrize(
    ("module", "common", "union"),
    [
        ("parking.facts", "_Fact", "Fact"),
        ("kiosk.flows.events", "_Event", "Event"),
        ("kiosk.flows.commands", "_Command", "Command"),
    ],
)
def test_every_fact_event_and_command_is_explained_and_belongs_to_all_of_them(
    module: str, common: str, union: str
) -> None:
    home = importlib.import_module(module)
    values = _values(home, common)
    whole: UnionType = getattr(home, union)
    assert values, f"{module} has none"
    assert {value.__name__ for value in values} == {value.__name__ for value in get_args(whole)}
    assert [value.__name__ for value in values if not value.__dict__.get("__doc__")] == []
    assert [value.__name__ for value in values if not issubclass(value, msgspec.Struct)] == []


# --- pages ---------------------------------------------------------------------------------------------

_CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|<img\b[^>]*\bsrc=\"([^\"]+)\"")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    prose = _CODE_BLOCK.sub("", TEXTS[page])
    targets = {first or second for first, second in _LINK.findall(prose)}
    local = {target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)}
    assert [target for target in sorted(local) if not (ROOT / page).parent.joinpath(target).exists()] == []


@pytest.mark.parametrize("page", DECISIONS)
def test_a_decision_has_its_four_parts(page: str) -> None:
    parts = re.findall(r"^## (.+)$", TEXTS[page], re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences", "Alternatives"]


def test_every_decision_is_listed_and_numbered_once() -> None:
    listed = re.findall(r"\]\((\d{4}-[^)]+\.md)\)", TEXTS["docs/decisions/README.md"])
    assert sorted(listed) == [Path(page).name for page in DECISIONS]
    numbers = [Path(page).name[:4] for page in DECISIONS]
    assert len(set(numbers)) == len(numbers)


# --- settings ------------------------------------------------------------------------------------------

_KEY = re.compile(r"^\s*([A-Za-z0-9_\"'.-]+)\s*=")
_HEAD = re.compile(r"^\s*\[")


def unexplained(settings: str) -> list[str]:
    """The keys that have no comment: at the end of their line, above them, or above the first of their name.

    A comment holds for the keys that follow it without an empty line. A key explained once needs no second
    explanation where it comes again in another entry of a list. A comment that ends in `...` goes on in the
    next line.
    """
    explained: set[str] = set()
    missing = []
    commented = goes_on = False
    for line in settings.splitlines():
        if line.lstrip().startswith("#"):
            commented = True
        elif not line.strip():
            commented = False
        elif not _HEAD.match(line) and (key := _KEY.match(line)):
            if commented or goes_on or "#" in line:
                explained.add(key[1])
            elif key[1] not in explained:
                missing.append(key[1])
        goes_on = "#" in line and line.rstrip().endswith("...")
    return missing


def test_what_counts_as_an_explained_setting() -> None:
    assert unexplained("# why\na = 1\nb = 2\n\nc = 3\nd = 4 # why\n\nd = 5\n") == ["c"]
    assert unexplained("a = 1 # these ...\nb = 2\nc = 3\n") == ["c"]
    assert unexplained("# the list\n[[row]]\na = 1\n\n[[row]]\na = 2\nb = 1\n") == ["b"]


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_explained(name: str) -> None:
    tomllib.loads(TEXTS[name])
    assert unexplained(TEXTS[name]) == []


# --- licences ------------------------------------------------------------------------------------------


def test_the_notice_names_every_work_the_product_needs() -> None:
    project = tomllib.loads(TEXTS["pyproject.toml"])["project"]
    needed = [re.match(r"[\w.-]+", dependency) for dependency in project["dependencies"]]
    notice = TEXTS["NOTICE"].lower()
    assert needed
    assert [
        name[0]
        for name in needed
        if name and not re.search(rf"(?<![\w-]){re.escape(name[0].lower())}(?![\w-])", notice)
    ] == []


def test_the_licence_is_the_one_that_the_project_names() -> None:
    project = tomllib.loads(TEXTS["pyproject.toml"])["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text("ascii")


def test_every_locked_package_is_pinned_with_hashes() -> None:
    blocks = re.split(r"\n(?=\S)", TEXTS["requirements.lock"].strip())
    pinned = [block for block in blocks if not block.startswith("#")]
    assert pinned
    assert [
        block.partition("\n")[0]
        for block in pinned
        if not re.match(r"[\w.\[\]-]+==\S+", block) or "--hash=sha256:" not in block
    ] == []
