"""Draws every screen on every panel into docs/pictures/screens: `python -m tools.draw_screens [folder]`.

The screens are values; what stands on them is made up. Needs no display. Without a folder
docs/screens.md, which shows the pictures, is written too.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

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
from kiosk.ui.theme import LANDSCAPE_10_INCH, PORTRAIT_15_INCH, SMALL_7_INCH, load_fonts
from kiosk.ui.window import Window
from parking.claims import ClaimReason, ClaimRefusal, ClaimSlip, SignedClaim
from parking.debts import DebtLine
from parking.facts import RefusalReason
from parking.money import EURO

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "screens"
PANELS = {"1280x800": LANDSCAPE_10_INCH, "1080x1920": PORTRAIT_15_INCH, "800x480": SMALL_7_INCH}
COLOURS = 48
PAGE = PICTURES.parents[1] / "screens.md"
SHOWN = (("wide", "1280x800"), ("tall", "1080x1920"))
PAGE_HEAD = """# The screens

Drawn by `python -m tools.draw_screens` from the real pages: the 10.1" panel (1280x800) and the 15.6"
upright panel (1080x1920). The 7" panel (800x480) is drawn too, into the same folder.
"""
_HERE = Strip(
    terminal="0412", place="Harbour Street", phone="0800 123 4567", currency=EURO, zone="Europe/Berlin"
)
_CLAMP, _DUE, _RECEIPT = "7F31-4", 7500, "0412-1-00077"
_SLIP = "0412-1-C00017"
_SIGNATURE = bytes(range(64))
"""As long as a real one; it opens nothing."""


def coins(*refused: int) -> tuple[CoinShown, ...]:
    """The coins of the acceptor, some of them not taken now."""
    return tuple(CoinShown(coin_minor=coin, accepted=coin not in refused) for coin in (200, 100, 50, 20, 10))


def slips(*amounts_minor: int) -> tuple[ClaimShown, ...]:
    """What is owed on slips, one for each amount."""
    return tuple(_slip(f"0412-1-C{17 + place:05}", amount) for place, amount in enumerate(amounts_minor))


def _slip(number: str, amount_minor: int) -> ClaimShown:
    text = SignedClaim(ClaimSlip(number, amount_minor, "EUR", ClaimReason.CHANGE_SHORT), _SIGNATURE).text
    return ClaimShown(number, amount_minor, text)


def pay(
    kept_minor: int,
    *refused: int,
    change: ChangeNotice,
    stopping: bool = False,
    asked: bool = False,
    problem: ClaimRefusal | None = None,
) -> PayScreen:
    """Paying, with so much in the machine."""
    return PayScreen(
        **_HERE,
        subject=_CLAMP,
        total_minor=_DUE,
        kept_minor=kept_minor,
        coins=coins(*refused),
        change=change,
        stopping=stopping,
        receipt_number=_RECEIPT,
        slips=True,
        claim_asked=asked,
        claim_problem=problem,
    )


def code(text: str, paper: PaperState | None, change_minor: int, *owed_minor: int) -> ResultScreen:
    """The release code."""
    owed = slips(*owed_minor)
    return ResultScreen(
        **_HERE,
        subject=_CLAMP,
        code=text,
        receipt_number=_RECEIPT,
        total_minor=_DUE,
        paper=paper,
        change_minor=change_minor,
        claims=owed,
    )


def take(
    returned_minor: int, to_return_minor: int, paper: PaperState, *owed_minor: int, redeemed: bool = False
) -> TakeScreen:
    """The end of a cancelled payment, or the money of a slip."""
    owed = slips(*owed_minor)
    return TakeScreen(
        **_HERE,
        subject=_SLIP if redeemed else _CLAMP,
        cancelled=not redeemed,
        returning=returned_minor < to_return_minor,
        returned_minor=returned_minor,
        to_return_minor=to_return_minor,
        paper=paper,
        receipt_number=_RECEIPT,
        claims=owed,
        redeemed=redeemed,
    )


def review(change: ChangeNotice, *, receipt: bool) -> ReviewScreen:
    """What is owed."""
    lines = (DebtLine("No valid ticket, 20 Nov, Harbour Street", 4500), DebtLine("Clamp fee", 3000))
    return ReviewScreen(
        **_HERE,
        subject=_CLAMP,
        plate="B-AB 1234",
        lines=lines,
        total_minor=_DUE,
        change=change,
        receipt=receipt,
    )


def identify(problem: RefusalReason | None = None) -> IdentifyScreen:
    """The question for the number."""
    return IdentifyScreen(**_HERE, line="release", problem=problem, subject="7F31-5" if problem else "")


def screens() -> dict[str, Screen]:
    """One of each screen, and the ones that look different in another moment."""
    all_offers = (Offer("coins", available=True), Offer("change", available=True))
    free, exact = ChangeNotice.AVAILABLE, ChangeNotice.EXACT_ONLY
    return {
        "1-start": StartScreen(
            **_HERE, lines=("release",), offers=(*all_offers, Offer("receipt", available=False)), slips=True
        ),
        "1-slip-refused": SlipRefusedScreen(**_HERE, number=_SLIP, reason=ClaimRefusal.REDEEMED),
        "2-identify": identify(),
        "2-identify-typed": identify(),
        "2-identify-unknown": identify(RefusalReason.UNKNOWN),
        "2-identify-paid-here": identify(RefusalReason.PAID_HERE),
        "2-identify-wrong-receipt": identify(RefusalReason.WRONG_RECEIPT),
        "2-wait": WaitScreen(**_HERE, subject=_CLAMP, at_most_s=15),
        "2-wait-slip": WaitScreen(**_HERE, subject=_SLIP, at_most_s=15, for_claim=True),
        "3-review": review(free, receipt=True),
        "3-review-no-change-no-paper": review(exact, receipt=False),
        "4-pay": pay(4650, 10, change=free),
        "4-pay-no-change": pay(7400, 200, change=exact),
        "4-pay-stopping": pay(4650, 200, 100, 50, 20, 10, change=free, stopping=True),
        "4-pay-slip-asked": pay(4650, 10, change=free, asked=True),
        "4-pay-slip-refused": pay(4650, 10, change=free, problem=ClaimRefusal.REDEEMED),
        "5-code": code("482913", PaperState.PRINTED, 50),
        "5-code-no-paper": code("48291348MK29", PaperState.FAILED, 0),
        "5-code-slip": code("482913", PaperState.PRINTED, 50, 150),
        "5-code-slips-no-paper": code("48291348MK29", PaperState.FAILED, 50, 150, 200),
        "5-code-again": code("482913", None, 0),
        "6-take-coming": take(2100, 4650, PaperState.PRINTING),
        "6-take": take(4650, 4650, PaperState.PRINTED),
        "6-take-slip": take(4500, 4500, PaperState.PRINTED, 150),
        "6-take-slips-no-paper": take(4000, 4000, PaperState.FAILED, 150, 500),
        "6-take-your-money": take(150, 150, PaperState.PRINTED, redeemed=True),
        "7-resume": ResumeScreen(
            **_HERE,
            subject=_CLAMP,
            total_minor=_DUE,
            kept_minor=4650,
            settling=False,
            receipt_number=_RECEIPT,
        ),
        "7-still-there": StillThereScreen(**_HERE, seconds_left=24, kept_minor=4650),
        "8-out-of-service": OutOfServiceScreen(**_HERE, reasons=(ClosedReason.COINS,)),
        "8-recovering": RecoveringScreen(**_HERE),
    }


def draw(folder: Path) -> None:
    """Draw them all."""
    folder.mkdir(parents=True, exist_ok=True)
    QApplication.instance() or QApplication([])
    load_fonts()
    for size, panel in PANELS.items():
        window = Window(panel, lambda _event: None, lambda: datetime(2026, 11, 20, 14, 32, tzinfo=UTC))
        window.open(full_screen=False)
        for name, screen in screens().items():
            window.show_screen(RecoveringScreen(**_HERE))
            window.show_screen(screen)
            if name.endswith("typed"):
                QTest.keyClicks(window, _CLAMP)
            picture = folder / f"{size}-{name}.png"
            window.grab().save(str(picture))
            with Image.open(picture) as full:
                full.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)
        window.close()


def page() -> str:
    """The document that shows the pictures of the two large panels beside each other."""
    parts = [PAGE_HEAD]
    for name in screens():
        words = name.partition("-")[2].replace("-", " ")
        wide, tall = (f"![{words}, {how}](pictures/screens/{size}-{name}.png)" for how, size in SHOWN)
        parts.append(f"## {words.capitalize()}\n\n| 1280x800 | 1080x1920 |\n|---|---|\n| {wide} | {tall} |\n")
    return "\n".join(parts)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        draw(Path(sys.argv[1]))
    else:
        draw(PICTURES)
        PAGE.write_text(page(), encoding="utf-8")
