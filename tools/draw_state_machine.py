"""Draws `docs/state-machine.md` by walking the machine: every event in every stage that can be reached.

    .venv/bin/python -m tools.draw_state_machine

The walk begins with a terminal that has just started and lets each event of a fixed list happen in each state
it has not seen in this form, so what is drawn is what `decide` does, not what somebody meant it to do.
"""

import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from kiosk.flows import events
from kiosk.flows.customer import decide
from kiosk.flows.folding import fold_all
from kiosk.flows.settlement import counter_after
from kiosk.flows.state import STAGES, Delivered, Payment, Release, Terminal, payment_of, presented_of
from kiosk.flows.surprise import IGNORED
from parking.civil_time import Moment
from parking.claims import ClaimRefusal
from parking.facts import RefusalReason, Surprised
from parking.wire import BooksPage, ClampDocument, RefusedBecause
from tests.kiosk.flows.corner import CLAMP, Corner, slip

PAGE = Path(__file__).resolve().parent.parent / "docs" / "state-machine.md"

RELEASED = Release("0412-1-00042", "5R790", 1, 1, CLAMP.sealed, 750, 1_790_000_000_000)
"""What the walk's terminal has released before, for somebody who wants to see the code again."""

Edges = dict[tuple[str, str], set[str]]


class Walk:
    """Where each event led from each stage, and where it only stayed, was ignored, or was a surprise."""

    def __init__(self) -> None:
        self.corner = Corner()
        self.corner.books.releases["5R790"] = RELEASED
        self.moves: Edges = {}
        self.stays: Edges = {}
        self.ignored: Edges = {}
        self.surprised: Edges = {}
        self._seen: set[object] = set()
        self._now = Moment(self.corner.utc_ms, self.corner.steady_ms)

    def walk(self) -> None:
        """Visit every form of state that can be reached."""
        waiting = deque([self.corner.terminal])
        while waiting:
            terminal = waiting.popleft()
            if _form(terminal) in self._seen:
                continue
            self._seen.add(_form(terminal))
            for event, words, seconds in _events(terminal, self._now.utc_ms):
                waiting.append(self._try(terminal, event, words, seconds))

    def _try(self, terminal: Terminal, event: events.Event, words: str, seconds: int) -> Terminal:
        at = Moment(self._now.utc_ms, terminal.touched_ms + seconds * 1000)
        step = decide(terminal, event, at, self.corner.site)
        after = fold_all(terminal, step.facts, at)
        stage, then = type(terminal.stage).__name__, type(after.stage).__name__
        if any(isinstance(fact, Surprised) for fact in step.facts):
            self.surprised.setdefault((stage, words), set()).add(then)
        elif stage != then:
            self.moves.setdefault((stage, words), set()).add(then)
        elif step.facts or step.commands:
            self.stays.setdefault((stage, words), set()).add(then)
        else:
            self.ignored.setdefault((stage, words), set()).add(then)
        return after


def _events(terminal: Terminal, now_ms: int) -> Iterator[tuple[events.Event, str, int]]:
    """Each event once, with its name on the page, and how many seconds after the last touch it happens."""
    reference = f"0412/7F314/{now_ms}"
    document = ClampDocument("7F314", 1, CLAMP.debt, "EUR", 1, "482913")
    slip_reference = f"0412/0413-1-C00007/{now_ms}"
    yield events.Scanned(slip(300)), "Scanned (a slip)", 0
    yield events.Scanned("CLAIM:?"), "Scanned (a slip)", 0
    for event in (
        events.LineChosen("release"),
        events.Entered("7F314"),
        events.Entered("?"),
        events.Entered("5R790"),
        events.ReceiptEntered("0412-1-00042"),
        events.ReceiptEntered("?"),
        events.ClaimHeld(slip_reference),
        events.ClaimNotHeld(slip_reference, ClaimRefusal.HELD),
        events.Scanned("7F314"),
        events.PayPressed(),
        events.BackPressed(),
        events.CancelPressed(),
        events.DonePressed(),
        events.PrintAgainPressed(),
        events.ContinuePressed(),
        events.StayPressed(),
        events.Touched(),
        events.AcceptorReady(terminal.acceptor_counter or 0),
        events.CoinRejected(1, counter_after(terminal.acceptor_counter or 0)),
        events.CoinCreditsLost(2, 9),
        events.AcceptorReset(),
        events.CoinsStopped(),
        events.HopperReady("hopper 1", 3),
        events.DeviceBroke("coins", "COIN.JAM", ""),
        events.DeviceBroke("printer", "PRN.PAPER_OUT", ""),
        events.DeviceWorks("coins"),
        events.DeviceWorks("server"),
        events.Reserved(reference, document),
        events.ReservationKept(reference),
        events.ReservationRefused(reference, RefusedBecause.TAKEN),
        events.ServerSilent(reference),
        events.ServerSilent(slip_reference),
        events.BooksArrived(BooksPage((), 2, 2, more=False), complete=False),
        events.FactsArrived(1, 1),
        events.Started("test"),
    ):
        yield event, type(event).__name__, 0
    for position in (1, 3):
        coin = events.CoinAccepted(position, 1, counter_after(terminal.acceptor_counter or 0))
        yield coin, "CoinAccepted", 0
    for seconds in (5, 11, 31, 61, 91, 121, 151):
        yield events.TimePassed(), "TimePassed", seconds
    yield from _answers(payment_of(terminal.stage))


def _answers(payment: Payment | None) -> Iterator[tuple[events.Event, str, int]]:
    """What hoppers and printer say to open orders, and to orders that nobody gave."""
    orders = [order.order for order in payment.open_orders] if payment else []
    jobs = [job.job for job in payment.jobs if job.state == "printing"] if payment else []
    for order in (*orders, "nobody's"):
        of_nobody = " (an order nobody gave)" if order == "nobody's" else ""
        yield events.PayoutDone(order, 0, 1, 1), f"PayoutDone{of_nobody}", 0
        yield events.PayoutUncertain(order, ""), f"PayoutUncertain{of_nobody}", 0
    for job in (*jobs, "nobody's"):
        of_nobody = " (a job nobody gave)" if job == "nobody's" else ""
        yield events.Printed(job), f"Printed{of_nobody}", 0
        yield events.PrintFailed(job, "PRN.SILENT"), f"PrintFailed{of_nobody}", 0


def _form(terminal: Terminal) -> object:
    """What distinguishes states for the walk: enough that every rule is met, little enough that it ends."""
    payment = payment_of(terminal.stage)
    money: object = None
    if payment is not None:
        printing = any(job.state == "printing" for job in payment.jobs)
        money = (
            min(payment.kept_minor, payment.price_minor) // 50,
            payment.settled,
            payment.cancelled is not None,
            bool(payment.open_orders),
            printing,
            bool(payment.claims),
            payment.is_redemption,
            isinstance(terminal.stage, Delivered),
        )
    confirmed = getattr(terminal.stage, "acceptor_confirmed", None)
    slip_asked = presented_of(terminal.stage) is not None
    asks_for_receipt = getattr(terminal.stage, "problem", None) in {
        RefusalReason.PAID_HERE,
        RefusalReason.WRONG_RECEIPT,
    }
    works = terminal.works("coins"), terminal.works("server")
    stage = type(terminal.stage).__name__
    return stage, terminal.warned, money, confirmed, slip_asked, asks_for_receipt, works


def page() -> str:
    """The page as the code would have it today."""
    walk = Walk()
    walk.walk()
    return "\n".join([*_head(), *_diagram(walk.moves), *_tables(walk)]) + "\n"


def _head() -> list[str]:
    return [
        "# The customer's way, drawn from the code",
        "",
        "This page is written by `python -m tools.draw_state_machine`, which walks `decide` through every",
        "state it can reach; a test compares it with the code. Stages are the types of",
        "`kiosk/flows/state.py`, the words at the arrows are the events of `kiosk/flows/events.py`. Any",
        "stage with a payment becomes `Resuming` when the program starts again (not drawn).",
        "",
    ]


def _diagram(moves: Edges) -> list[str]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for (stage, words), targets in moves.items():
        for then in targets:
            if words != "Started":
                arrows.setdefault((stage, then), []).append(words)
    order = {stage.__name__: place for place, stage in enumerate(STAGES)}
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> Idle"]
    for stage, then in sorted(arrows, key=lambda ends: (order[ends[0]], order[ends[1]])):
        lines.append(f"    {stage} --> {then}: {', '.join(sorted(arrows[stage, then]))}")
    return [*lines, "```", ""]


def _tables(walk: Walk) -> list[str]:
    lines = ["## Every event in every stage", ""]
    lines += [
        "`->` goes to; `=` is handled and stays; `.` changes nothing, and why is said below; `!` is recorded"
    ]
    lines += ["as a surprise and changes nothing. Several: it depends on the payment.", ""]
    names = [stage.__name__ for stage in STAGES]
    met = (*walk.moves, *walk.stays, *walk.ignored, *walk.surprised)
    words = sorted({word for _, word in met})
    lines += ["| event | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for word in words:
        cells = [_cell(walk, name, word) for name in names]
        lines.append(f"| {word} | " + " | ".join(cells) + " |")
    lines += ["", "## Why an event may change nothing", ""]
    lines += [f"- `{kind.__name__}`: {reason}." for kind, reason in IGNORED.items()]
    return lines


def _cell(walk: Walk, stage: str, word: str) -> str:
    marks = [f"-> {then}" for then in sorted(walk.moves.get((stage, word), ()))]
    for edges, mark in ((walk.stays, "="), (walk.ignored, "."), (walk.surprised, "!")):
        if (stage, word) in edges:
            marks.append(mark)
    return " ".join(marks)


def main() -> int:
    """Write the page."""
    PAGE.write_text(page())
    print(f"wrote docs/{PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
