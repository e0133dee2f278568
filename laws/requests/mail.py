"""The mail between terminals and server: it loses, doubles, delays, tears and reorders, and never forgets.

What came of it, and what the answers must be, stands in `looks.py`.
"""

from collections.abc import Sequence
from random import Random

import msgspec

from kiosk.sync.exchange import Answer, ServerTroubleError, Trouble
from laws.requests.kiosk import Kiosk
from laws.requests.looks import Looks
from laws.requests.rubbish import rubbish
from laws.requests.sent import FACTS, Sent, read
from laws.requests.served import Clock
from laws.requests.stranger import NUMBER, Stranger
from laws.requests.wires import Request, Wire
from laws.tally import Tally
from parking.wire import FactsBatch

LONG_AGO = 10_000
"""A copy is very late when its terminal has sent so many newer facts."""
_MOST_AT_ONCE = 6
_TROUBLES = ("dropped", "delayed", "answer dropped", "answer truncated", "torn", "doubled", "doubled")


class Mail:
    """Between all terminals and one server. `trouble` is how often a request does not simply arrive."""

    def __init__(self, wire: Wire, clock: Clock, tally: Tally, chance: Random) -> None:
        self._wire = wire
        self._tally = tally
        self._chance = chance
        self.trouble = 0.3
        self.requests = 0
        self.kiosks: list[Kiosk] = []
        self.cloned: set[str] = set()
        self.away: set[Kiosk] = set()
        self._looks = Looks(clock, tally, self.cloned)
        self.diary = self._looks.diary
        self.hands = self._looks.hands
        self._sent: list[Sent] = []
        self._slips: list[Sent] = []
        self._delayed: list[Sent] = []

    # --- what terminals ask

    def ask(self, kiosk: Kiosk, method: str, path: str, body: bytes) -> Answer:
        """What a terminal asks, through the weather of this mail. Raises ServerTroubleError."""
        sent = read(Request(method, path, body, kiosk.key), kiosk.number)
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
        if answer is None or trouble == "answer dropped":
            raise _unreachable()
        if trouble == "answer truncated":
            return Answer(answer.status, answer.body[: self._chance.randrange(len(answer.body))])
        self._looks.at_promise(self.kiosks, kiosk, sent, answer)
        return answer

    def _arrive(self, sent: Sent, copies: int) -> Answer | None:
        """A request arrives, `copies` more of it and sometimes old ones at the same time."""
        together = [sent] * (1 + copies)
        if copies and self._sent:
            together += self._old_ones(self._chance.randint(0, 2))
        self._chance.shuffle(together)
        answers = self._carry(together)
        self._sent.append(sent)
        if sent.slip is not None:
            self._slips.append(sent)
        return next(answer for one, answer in zip(together, answers, strict=True) if one is sent)

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
            if self._slips and self._chance.random() < 0.05:
                self._slip_again()
                many -= 1
                continue
            together = self._chance.choices((1, 2, _MOST_AT_ONCE), (40, 2, 1))[0]
            old = self._old_ones(min(together, many))
            if not old:
                return
            self._carry(old)
            many -= len(old)

    def _slip_again(self) -> None:
        """Also one that was refused and has not been let go: by now the server may promise it."""
        sent = self._chance.choice(self._slips[-20:] if self._chance.random() < 0.5 else self._slips)
        self._tally.fault(f"F6 late copy of {sent.kind}")
        self._carry([sent])

    def _deliver_delayed(self) -> None:
        self._chance.shuffle(self._delayed)
        self._arrive(self._delayed.pop(), copies=0)
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
            if self._looks.has_had_its_effect(sent):
                self._tally.fault(f"F6 late copy of {sent.kind}")
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
        had = [sent.request for sent in self._sent[-200:] if self._looks.has_had_its_effect(sent)]
        if not had:
            return
        for _ in range(many):
            request = rubbish(self._chance, self._chance.choice(self.kiosks).key, had)
            self._tally.fault("F9 rubbish")
            self.requests += 1
            (answer,) = self._wire.carry([request])
            self._looks.at_rubbish(request, answer)

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
        self._looks.at(list(zip(sent, answers, strict=True)), is_gap=is_gap)
        return answers


def _unreachable() -> ServerTroubleError:
    return ServerTroubleError(Trouble.UNREACHABLE, "the server does not answer")
