"""The mail between terminals and server: it loses, doubles, delays, tears and reorders, and never forgets.

Every answer is looked at, whoever gets it: what was acknowledged must be held, the same reference must get
the same answer, and no fitting may be promised to two terminals at once.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

import msgspec

from kiosk.sync.exchange import Answer, ServerTroubleError, Trouble
from laws.requests.diary import BooksAsked, Diary, FactsTurnedAway, Reserved
from laws.requests.kiosk import Kiosk
from laws.requests.rubbish import rubbish
from laws.requests.served import Clock
from laws.requests.stranger import NUMBER, Stranger
from laws.requests.wires import Request, Wire
from laws.tally import Tally
from parking.facts import Entry
from parking.wire import BooksPage, FactsAcknowledged, FactsBatch, Reservation, ReservationRequest
from server.office.facts import FactsRefused

FACTS, RESERVATIONS = "/api/v1/facts", "/api/v1/reservations"
LONG_AGO = 10_000
"""A copy is very late when its terminal has sent so many newer facts."""
_MOST_AT_ONCE = 6
_TROUBLES = ("dropped", "delayed", "answer dropped", "answer truncated", "torn", "doubled", "doubled")


class Sent(msgspec.Struct, frozen=True):
    """A request that a terminal made, and what it says."""

    request: Request
    terminal: str
    entries: tuple[Entry, ...] = ()
    reservation: ReservationRequest | None = None


class Mail:
    """Between all terminals and one server. `trouble` is how often a request does not simply arrive."""

    def __init__(self, wire: Wire, clock: Clock, tally: Tally, chance: Random) -> None:
        self._wire = wire
        self._clock = clock
        self._tally = tally
        self._chance = chance
        self.diary = Diary()
        self.trouble = 0.3
        self.requests = 0
        self.kiosks: list[Kiosk] = []
        self.cloned: set[str] = set()
        self.away: set[Kiosk] = set()
        self._sent: list[Sent] = []
        self._delayed: list[Sent] = []
        self._answered: dict[tuple[str, str], Answer] = {}
        self._turned_away: set[bytes] = set()

    # --- what terminals ask

    def ask(self, kiosk: Kiosk, method: str, path: str, body: bytes) -> Answer:
        """What a terminal asks, through the weather of this mail. Raises ServerTroubleError."""
        sent = _read(Request(method, path, body, kiosk.key), kiosk.number)
        trouble = self._chance.choice(_TROUBLES) if self._chance.random() < self.trouble else ""
        if kiosk in self.away:
            trouble = "dropped"
        if trouble:
            self._tally.fault(f"F6 {trouble}")
        if trouble in ("dropped", "delayed"):
            self.requests += trouble == "dropped"
            if trouble == "delayed":
                self._delayed.append(sent)
            raise _unreachable()
        if trouble == "torn":
            cut = self._chance.randrange(len(body)) if body else None
            self._carry(
                [msgspec.structs.replace(sent, request=msgspec.structs.replace(sent.request, cut=cut))]
            )
            raise _unreachable()
        answer = self._arrive(sent, copies=self._chance.randint(1, 4) if trouble == "doubled" else 0)
        self._sent.append(sent)
        if answer is None or trouble == "answer dropped":
            raise _unreachable()
        if trouble == "answer truncated":
            return Answer(answer.status, answer.body[: self._chance.randrange(len(answer.body))])
        self._demand_one_promise(kiosk, sent, answer)
        return answer

    def _arrive(self, sent: Sent, copies: int) -> Answer | None:
        """A request arrives, `copies` more of it and sometimes old ones at the same time."""
        together = [sent] * (1 + copies)
        if copies and self._sent:
            together += self._old_ones(self._chance.randint(0, 2))
        self._chance.shuffle(together)
        answers = self._carry(together)
        return next(answer for one, answer in zip(together, answers, strict=True) if one is sent)

    def _demand_one_promise(self, kiosk: Kiosk, sent: Sent, answer: Answer) -> None:
        if sent.reservation is None or answer.status != 200:
            return
        document = msgspec.json.decode(answer.body, type=Reservation).document
        promised = (document.identifier, document.fitting)
        others = [other.number for other in self.kiosks if other.promised == promised]
        others = [number for number in others if number != kiosk.number]
        words = f"{promised} is promised to {kiosk.number} while {others} may sell it"
        self._tally.demand("4", not others, words)

    # --- what comes late, twice, or from nobody

    def late_copies(self, many: int) -> None:
        """Old requests arrive again, in any order; one that was delayed may arrive at last."""
        while many > 0:
            if self._delayed and self._chance.random() < 0.2:
                self._deliver_delayed()
                many -= 1
                continue
            if not self._sent:
                return
            together = self._chance.choices((1, 2, _MOST_AT_ONCE), (40, 2, 1))[0]
            old = self._old_ones(min(together, many))
            if not old:
                return
            self._carry(old)
            many -= len(old)

    def _deliver_delayed(self) -> None:
        self._chance.shuffle(self._delayed)
        sent = self._delayed.pop()
        self._arrive(sent, copies=0)
        self._sent.append(sent)
        self._tally.fault("F6 delayed behind newer ones")

    def everything_delayed(self) -> None:
        """All that was delayed arrives now."""
        while self._delayed:
            self._deliver_delayed()

    def _old_ones(self, many: int) -> list[Sent]:
        """Requests of which every effect has been had; with some luck the very first ones."""
        old = []
        for _ in range(many):
            place = self._chance.randrange(len(self._sent))
            if self._chance.random() < 0.2:
                place = min(place, self._chance.randrange(1 + len(self._sent) // 20))
            sent = self._sent[place]
            if self._has_had_its_effect(sent):
                self._tally.fault(f"F6 late copy of {_kind(sent)}")
                behind = self._behind(sent)
                if behind >= LONG_AGO:
                    self._tally.fault("F6 late copy, 10,000 facts later")
                old.append(sent)
        return old

    def _behind(self, sent: Sent) -> int:
        if not sent.entries:
            return 0
        last = sent.entries[-1]
        return self.diary.held.get((sent.terminal, last.epoch), 0) - last.number

    def _has_had_its_effect(self, sent: Sent) -> bool:
        if sent.reservation is not None:
            return (sent.terminal, sent.reservation.reference) in self._answered
        return self.diary.is_held(sent.terminal, sent.entries) or sent.request.body in self._turned_away

    def out_of_order(self, kiosk: Kiosk, many: int) -> None:
        """Batches of a journal from any place in it: overlapping what is held, or far ahead of it."""
        held = self.diary.held.get((kiosk.number, kiosk.epoch), 0)
        journal = kiosk.entries()
        for _ in range(many):
            if not journal:
                return
            start = self._chance.randrange(len(journal))
            if self._chance.random() < 0.5:
                start = min(max(0, held + self._chance.randint(-10, 5)), len(journal) - 1)
            entries = journal[start : start + self._chance.choice((1, 5, 20, 60))]
            body = msgspec.json.encode(FactsBatch(entries))
            is_gap = entries[0].number > self.diary.held.get((kiosk.number, kiosk.epoch), 0) + 1
            self._tally.fault("F6 batch ahead of its turn" if is_gap else "F6 batch that overlaps")
            request = Request("POST", FACTS, body, kiosk.key)
            (answer,) = self._carry([Sent(request, kiosk.number, entries)], is_gap=is_gap)
            if answer is not None and not is_gap:
                self._tally.demand("12", answer.status == 200, f"an overlapping batch gets {answer}")

    def rubbish(self, many: int) -> None:
        """Requests that no terminal sends."""
        had = [sent.request for sent in self._sent[-200:] if self._has_had_its_effect(sent)]
        if not had:
            return
        for _ in range(many):
            request = rubbish(self._chance, self._chance.choice(self.kiosks).key, had)
            self._tally.fault("F9 rubbish")
            self.requests += 1
            (answer,) = self._wire.carry([request])
            self._demand_clear_refusal(request, answer)

    def _demand_clear_refusal(self, request: Request, answer: Answer | None) -> None:
        shown = f"{request.method} {request.path[:80]} {request.body[:200]!r}"
        if answer is None:
            return
        is_clear = 400 <= answer.status < 500 and b'"detail"' in answer.body
        self._tally.demand("17", is_clear, f"{shown} gets {answer.status} {answer.body[:200]!r}")

    def from_stranger(self, stranger: Stranger) -> None:
        """A terminal that says anything is heard, as genuine as any other."""
        request, entries = stranger.batch()
        self._tally.fault("F9 genuine nonsense")
        sent = Sent(request, NUMBER, entries)
        self._carry([sent])
        self._sent.append(sent)

    # --- delivering

    def _carry(self, sent: Sequence[Sent], *, is_gap: bool = False) -> list[Answer | None]:
        """Deliver at the same time, and look at every answer."""
        self.requests += len(sent)
        answers = self._wire.carry([one.request for one in sent])
        for one, answer in zip(sent, answers, strict=True):
            if one.entries and answer is not None and answer.status == 200:
                said = msgspec.json.decode(answer.body, type=FactsAcknowledged)
                self.diary.note_held(self._clock.now_ms, one.terminal, one.entries, said.number)
        for one, answer in zip(sent, answers, strict=True):
            if one.request.cut is not None:
                self._demand_clear_refusal(one.request, answer)
            elif answer is not None:
                self._look_at(one, answer, is_gap=is_gap)
        return answers

    def _look_at(self, sent: Sent, answer: Answer, *, is_gap: bool) -> None:
        self._tally.demand("17", answer.status < 500, f"a terminal's request gets {answer}")
        look: Callable[[Sent, Answer], None] = self._look_at_books
        if sent.reservation is not None:
            look = self._look_at_reservation
        elif sent.entries:
            look = self._look_at_gap if is_gap else self._look_at_facts
        look(sent, answer)

    def _look_at_facts(self, sent: Sent, answer: Answer) -> None:
        epoch = sent.entries[-1].epoch
        if answer.status == 200:
            said = msgspec.json.decode(answer.body, type=FactsAcknowledged)
            held = self.diary.held[sent.terminal, epoch]
            is_true = said.epoch == epoch and sent.entries[-1].number <= said.number <= held
            self._tally.demand("9", is_true, f"{said} is said, {held} is held of epoch {epoch}")
            return
        self._tally.demand(
            "9", sent.terminal in self.cloned, f"genuine facts get {answer.status} {answer.body[:300]!r}"
        )
        if sent.request.body not in self._turned_away:
            self._turned_away.add(sent.request.body)
            self.diary.note(FactsTurnedAway(self._clock.now_ms, sent.terminal, sent.request.body))

    def _look_at_gap(self, sent: Sent, answer: Answer) -> None:
        """The server says where to go on, and has kept nothing of it."""
        held = self.diary.held.get((sent.terminal, sent.entries[0].epoch), 0)
        said = msgspec.json.decode(answer.body, type=FactsRefused) if answer.status == 409 else None
        is_true = said is not None and (said.reason, said.expected) == ("gap", held + 1)
        self._tally.demand(
            "8", is_true, f"{held} are held, a batch from {sent.entries[0].number} gets {answer}"
        )

    def _look_at_reservation(self, sent: Sent, answer: Answer) -> None:
        assert sent.reservation is not None  # noqa: S101 - the caller looked
        key = (sent.terminal, sent.reservation.reference)
        first = self._answered.get(key)
        if first is None:
            self._answered[key] = answer
            self.diary.note(Reserved(self._clock.now_ms, sent.terminal, sent.request.body, answer))
        elif first.status == 200 and answer.status == 200:
            self._tally.demand("9", answer == first, f"{key} gets {answer}, before it got {first}")
        else:
            refused = answer.status in (404, 409)
            self._tally.demand("9", refused, f"{key} gets {answer}, before it got {first}")

    def _look_at_books(self, sent: Sent, answer: Answer) -> None:
        page = msgspec.json.decode(answer.body, type=BooksPage)
        after = _cursor(sent.request)
        sequences = [
            after if after <= page.newest else 0,
            *(row.sequence for row in page.rows),
            page.newest + 1,
        ]
        in_order = all(earlier < later for earlier, later in pairwise(sequences))
        self._tally.demand("14", in_order, f"books after {after} come as {sequences}")
        self.diary.note(BooksAsked(self._clock.now_ms, sent.terminal, after))


def _read(request: Request, terminal: str) -> Sent:
    if request.path == FACTS:
        entries = msgspec.json.decode(request.body, type=FactsBatch).entries
        return Sent(request, terminal, entries=entries)
    if request.path == RESERVATIONS:
        asked = msgspec.json.decode(request.body, type=ReservationRequest)
        return Sent(request, terminal, reservation=asked)
    return Sent(request, terminal)


def _cursor(request: Request) -> int:
    return int(request.path.partition("after=")[2].partition("&")[0])


def _kind(sent: Sent) -> str:
    if sent.reservation is not None:
        return "a reservation"
    return "facts" if sent.entries else "a question for books"


def _unreachable() -> ServerTroubleError:
    return ServerTroubleError(Trouble.UNREACHABLE, "the server does not answer")
