"""What the tests of the touchscreen share: no display, panels, the worst values of every screen."""

import math
import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import datetime

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import msgspec
import pytest
from PySide6.QtCore import QPointF, QTranslator
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kiosk.flows.events import Event
from kiosk.flows.screens import (
    ChangeNotice,
    ClaimShown,
    ClosedReason,
    CoinShown,
    IdentifyScreen,
    Offer,
    OutOfServiceScreen,
    PaperState,
    PayScreen,
    RecoveringScreen,
    ResultScreen,
    ResumeScreen,
    ReviewScreen,
    Screen,
    SlipRefusedScreen,
    StartScreen,
    StillThereScreen,
    Strip,
    TakeScreen,
    WaitScreen,
)
from kiosk.ui.theme import LANDSCAPE_10_INCH, PORTRAIT_15_INCH, SMALL_7_INCH, Panel, load_fonts
from kiosk.ui.window import Window
from parking.claims import ClaimReason, ClaimRefusal, ClaimSlip, SignedClaim
from parking.debts import DebtLine
from parking.facts import RefusalReason
from parking.money import EURO

PANELS = {"10-inch": LANDSCAPE_10_INCH, "15-inch-tall": PORTRAIT_15_INCH, "7-inch": SMALL_7_INCH}
HERE = Strip(
    terminal="88888888",
    place="Long Harbour Street",
    phone="0800 123 456 789",
    currency=EURO,
    zone="Europe/Berlin",
)
CLAMP, PLATE, RECEIPT, CLAIM = "WMWMWM888888", "MMW-WW 8888 E", "88888888-1-00077", "88888888-1-C00017"
DUE = 999_999
COINS = (200, 100, 50, 20, 10, 5, 2, 1)
OPENED_AT = datetime(2026, 11, 20, 14, 32)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `panel` or `worst` runs for every panel, and for every screen's worst values."""
    if "panel" in metafunc.fixturenames:
        metafunc.parametrize("panel", PANELS.values(), ids=PANELS.keys())
    if "worst" in metafunc.fixturenames:
        screens = worst_screens()
        metafunc.parametrize("worst", screens.values(), ids=screens.keys())


@pytest.fixture(scope="session", autouse=True)
def _qt_keeps_none() -> None:
    """Refuse a Qt whose methods without a result lose a reference to None: it aborts the interpreter."""
    point = QPointF()
    before = sys.getrefcount(None)
    for _ in range(100):
        point.setX(1.0)
    if sys.getrefcount(None) < before - 50:
        pytest.fail(
            "this PySide6 loses a reference to None in every call without a result and will abort the interpreter "
            "(PySide6 6.12.0 with CPython 3.11 does); install 6.11.3: see docs/decisions/0003-qt-widgets.md",
            pytrace=False,
        )


@pytest.fixture(autouse=True)
def _fonts(qapp: QApplication) -> None:
    assert qapp is not None
    load_fonts()


@pytest.fixture
def screens() -> dict[str, Screen]:
    """Every screen with its worst values, by name."""
    return worst_screens()


@pytest.fixture
def posted() -> list[Event]:
    """What the customer did."""
    return []


@pytest.fixture
def open_window(qtbot: QtBot, posted: list[Event]) -> Callable[[Panel], Window]:
    """Opens a window of a panel."""

    def make(panel: Panel) -> Window:
        window = Window(panel, posted.append, lambda: OPENED_AT)
        qtbot.addWidget(window)
        window.open(full_screen=False)
        return window

    return make


@pytest.fixture
def window(open_window: Callable[[Panel], Window]) -> Window:
    """A window of the usual panel."""
    return open_window(LANDSCAPE_10_INCH)


class Longer(QTranslator):
    """A language whose words are at least 40 % longer than English ones; `{names}` stay."""

    def isEmpty(self) -> bool:  # noqa: N802 Qt's name
        return False

    def translate(self, _context: str, source: str, _disambiguation: str | None = None, _n: int = -1) -> str:
        parts = re.split(r"(\{\w+\})", source)
        return "".join(part if part.startswith("{") else _longer(part) for part in parts)


def _longer(text: str) -> str:
    return re.sub(
        r"[A-Za-z]{2,}", lambda word: word[0] + word[0][-1].lower() * math.ceil(0.4 * len(word[0])), text
    )


@pytest.fixture
def longer_language(qapp: QApplication) -> Iterator[None]:
    """Everything is said in the long language while this test runs."""
    translator = Longer()
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


def claims(number: int = 1) -> tuple[ClaimShown, ...]:
    """So many claims with the longest slips."""
    return tuple(_claim(f"88888888-1-C{17 + place:05}") for place in range(number))


def _claim(number: str) -> ClaimShown:
    slip = ClaimSlip(number, DUE, "EUR", ClaimReason.PAYOUT_IN_DOUBT)
    return ClaimShown(number, DUE, SignedClaim(slip, bytes(range(64))).text)


def _pay(
    change: ChangeNotice, *, stopping: bool = False, asked: bool = False, problem: ClaimRefusal | None = None
) -> PayScreen:
    coins = tuple(CoinShown(coin_minor=coin, accepted=coin < 100) for coin in COINS)
    return PayScreen(
        **HERE,
        subject=CLAMP,
        total_minor=DUE,
        kept_minor=888_888,
        coins=coins,
        change=change,
        stopping=stopping,
        receipt_number=RECEIPT,
        slips=True,
        claim_asked=asked,
        claim_problem=problem,
    )


def _result(code: str, paper: PaperState | None, owed: tuple[ClaimShown, ...]) -> ResultScreen:
    return ResultScreen(
        **HERE,
        subject=CLAMP,
        code=code,
        receipt_number=RECEIPT,
        total_minor=DUE,
        paper=paper,
        change_minor=8888,
        claims=owed,
    )


def _take(
    paper: PaperState | None,
    owed: tuple[ClaimShown, ...] = (),
    *,
    cancelled: bool = False,
    returning: bool = False,
    redeemed: bool = False,
) -> TakeScreen:
    return TakeScreen(
        **HERE,
        subject=CLAIM if redeemed else CLAMP,
        cancelled=cancelled,
        returning=returning,
        returned_minor=444_444,
        to_return_minor=888_888,
        paper=paper,
        receipt_number=RECEIPT,
        claims=owed,
        redeemed=redeemed,
    )


def _resume(*, settling: bool) -> ResumeScreen:
    return ResumeScreen(
        **HERE,
        subject=CLAMP,
        total_minor=DUE,
        kept_minor=888_888,
        settling=settling,
        receipt_number=RECEIPT,
    )


def _review(lines: int, *, receipt: bool) -> ReviewScreen:
    words = "No valid ticket, 20 Nov, Long Harbour Street"
    return ReviewScreen(
        **HERE,
        subject=CLAMP,
        plate=PLATE,
        lines=tuple(DebtLine(words=words, amount_minor=88_888) for _ in range(lines)),
        total_minor=88_888 * lines,
        change=ChangeNotice.EXACT_ONLY,
        receipt=receipt,
    )


def worst_screens() -> dict[str, Screen]:
    """Every screen with the longest values it can have, in every form that looks different."""
    none = tuple(Offer(name=name, available=False) for name in ("coins", "change", "receipt"))
    shown: dict[str, Screen] = {
        "start": StartScreen(**HERE, lines=("release",), offers=none, slips=True),
        "identify": IdentifyScreen(**HERE, line="release", problem=None, subject=""),
        "wait": WaitScreen(**HERE, subject=CLAMP, at_most_s=15),
        "wait-slip": WaitScreen(**HERE, subject=CLAIM, at_most_s=15, for_claim=True),
        "slip-refused-no-number": SlipRefusedScreen(**HERE, number="", reason=ClaimRefusal.UNREADABLE),
        "review-two": _review(2, receipt=False),
        "review-many": _review(9, receipt=False),
        "pay": _pay(ChangeNotice.AVAILABLE),
        "pay-exact": _pay(ChangeNotice.EXACT_ONLY),
        "pay-exact-nothing-paid": msgspec.structs.replace(_pay(ChangeNotice.EXACT_ONLY), kept_minor=0),
        "pay-slip-asked": _pay(ChangeNotice.EXACT_ONLY, asked=True),
        "pay-stopping": _pay(ChangeNotice.EXACT_ONLY, stopping=True),
        "result-printing": _result("482913", PaperState.PRINTING, ()),
        "result-printed": _result("MWMWMWMW", PaperState.PRINTED, ()),
        "result-longest": _result("888888888888", PaperState.FAILED, ()),
        "result-shown-again": _result("482913", None, ()),
        "result-slip": _result("482913", PaperState.PRINTED, claims()),
        "result-slip-no-paper": _result("888888888888", PaperState.FAILED, claims()),
        "result-slips": _result("MWMWMWMW", PaperState.FAILED, claims(2)),
        "take-coming": _take(PaperState.PRINTING, claims(), cancelled=True, returning=True),
        "take-cancelled": _take(PaperState.FAILED, cancelled=True),
        "take-slip": _take(PaperState.PRINTED, claims(), cancelled=True),
        "take-slips": _take(PaperState.FAILED, claims(3), cancelled=True),
        "take-paid": _take(None),
        "take-redeemed": _take(PaperState.FAILED, claims(), redeemed=True),
        "resume": _resume(settling=False),
        "resume-settling": _resume(settling=True),
        "still-there": StillThereScreen(**HERE, seconds_left=30, kept_minor=888_888),
        "out-of-service": OutOfServiceScreen(**HERE, reasons=tuple(ClosedReason)),
        "recovering": RecoveringScreen(**HERE),
    }
    for reason in RefusalReason:
        shown[f"identify-{reason}"] = IdentifyScreen(**HERE, line="release", problem=reason, subject=CLAMP)
    for refusal in ClaimRefusal:
        shown[f"slip-refused-{refusal}"] = SlipRefusedScreen(**HERE, number=CLAIM, reason=refusal)
        shown[f"pay-slip-{refusal}"] = _pay(ChangeNotice.EXACT_ONLY, problem=refusal)
    return shown
