"""Every answer is looked at, whoever gets it, and what it did is noted in the diary.

What was acknowledged must be held, the same reference must get the same answer, no fitting may be promised to
two terminals at once, and no slip either. How requests come to the server stands in `mail.py`.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from kiosk.sync.exchange import Answer
from laws.requests.diary import BooksAsked, Diary, FactsTaken, FactsTurnedAway, Reserved, SlipShown
from laws.requests.hands import Hands
from laws.requests.kiosk import Kiosk
from laws.requests.sent import Sent
from laws.requests.served import Clock
from laws.requests.wires import Request
from laws.tally import Tally
from parking.wire import BooksPage, ClaimHold, ClaimNotTaken, FactsAcknowledged, Reservation
from server.office.facts import FactsRefused

Answered = Sequence[tuple[Sent, Answer | None]]


class Looks:
    """What the server has answered so far, and what must be demanded of each answer after that."""

    def __init__(self, clock: Clock, tally: Tally, cloned: set[str]) -> None:
        self._clock = clock
        self._tally = tally
        self._demand = tally.demand
        self._cloned = cloned
        self.diary = Diary()
        self.hands = Hands()
        self._answered: dict[tuple[str, str], Answer] = {}
        self._held: set[tuple[str, str]] = set()
        self._turned_away: set[bytes] = set()

    def at(self, answered: Answered, *, is_gap: bool) -> None:
        """All that arrived at the same time.

        Slips first: what arrives together with new facts is a copy, and may have been answered before them.
        """
        for sent, answer in answered:
            if sent.slip is not None and sent.request.cut is None and answer is not None:
                self._at_slip(sent, answer, is_alone=len(answered) == 1)
        for sent, answer in answered:
            if sent.entries and answer is not None and answer.status == 200:
                self._note_held(sent, msgspec.json.decode(answer.body, type=FactsAcknowledged))
        for sent, answer in answered:
            if sent.request.cut is not None:
                self.at_rubbish(sent.request, answer)
            elif answer is not None and sent.slip is None:
                self._at_one(sent, answer, is_gap=is_gap)

    def has_had_its_effect(self, sent: Sent) -> bool:
        """Whether a copy of this, whenever it comes, must change nothing."""
        if sent.reservation is not None:
            return (sent.terminal, sent.reservation.reference) in self._answered
        if sent.slip is not None:
            key = (sent.terminal, sent.slip.reference)
            return key in self._held or self.hands.is_ended(sent.claim, *key)
        return self.diary.is_held(sent.terminal, sent.entries) or sent.request.body in self._turned_away

    def at_rubbish(self, request: Request, answer: Answer | None) -> None:
        """Demand a clear refusal."""
        shown = f"{request.method} {request.path[:80]} {request.body[:200]!r}"
        if answer is None:
            return
        is_clear = 400 <= answer.status < 500 and b'"detail"' in answer.body
        self._demand("17", is_clear, f"{shown} gets {answer.status} {answer.body[:200]!r}")

    def at_promise(self, kiosks: Sequence[Kiosk], kiosk: Kiosk, sent: Sent, answer: Answer) -> None:
        """A terminal hears that a fitting is its own: no other may be selling it."""
        if sent.reservation is None or answer.status != 200:
            return
        document = msgspec.json.decode(answer.body, type=Reservation).document
        promised = (document.identifier, document.fitting)
        others = [other.number for other in kiosks if other.promised == promised]
        others = [number for number in others if number != kiosk.number]
        words = f"{promised} is promised to {kiosk.number} while {others} may sell it"
        self._demand("4", not others, words)

    # --- facts

    def _note_held(self, sent: Sent, said: FactsAcknowledged) -> None:
        new = self.diary.note_held(self._clock.now_ms, sent.terminal, sent.entries, said.number)
        if isinstance(new, FactsTaken):
            for entry in new.entries:
                self.hands.told(entry.terminal, entry.epoch, entry.payload)

    def _at_one(self, sent: Sent, answer: Answer, *, is_gap: bool) -> None:
        self._demand("17", answer.status < 500, f"a terminal's request gets {answer}")
        if sent.reservation is not None:
            self._at_reservation(sent, answer)
        elif not sent.entries:
            self._at_books(sent, answer)
        elif is_gap:
            self._at_gap(sent, answer)
        else:
            self._at_facts(sent, answer)

    def _at_facts(self, sent: Sent, answer: Answer) -> None:
        epoch = sent.entries[-1].epoch
        if answer.status == 200:
            said = msgspec.json.decode(answer.body, type=FactsAcknowledged)
            held = self.diary.held[sent.terminal, epoch]
            is_true = said.epoch == epoch and sent.entries[-1].number <= said.number <= held
            self._demand("9", is_true, f"{said} is said, {held} is held of epoch {epoch}")
            return
        words = f"genuine facts get {answer.status} {answer.body[:300]!r}"
        self._demand("9", sent.terminal in self._cloned, words)
        if sent.request.body not in self._turned_away:
            self._turned_away.add(sent.request.body)
            self.diary.note(FactsTurnedAway(self._clock.now_ms, sent.terminal, sent.request.body))

    def _at_gap(self, sent: Sent, answer: Answer) -> None:
        """The server says where to go on, and has kept nothing of it."""
        held = self.diary.held.get((sent.terminal, sent.entries[0].epoch), 0)
        said = msgspec.json.decode(answer.body, type=FactsRefused) if answer.status == 409 else None
        is_true = said is not None and (said.reason, said.expected) == ("gap", held + 1)
        words = f"{held} are held, a batch from {sent.entries[0].number} gets {answer}"
        self._demand("8", is_true, words)

    # --- reservations and books

    def _at_reservation(self, sent: Sent, answer: Answer) -> None:
        assert sent.reservation is not None  # noqa: S101 - the caller looked
        key = (sent.terminal, sent.reservation.reference)
        first = self._answered.get(key)
        if first is None:
            self._answered[key] = answer
            self.diary.note(Reserved(self._clock.now_ms, sent.terminal, sent.request.body, answer))
        elif first.status == 200 and answer.status == 200:
            self._demand("9", answer == first, f"{key} gets {answer}, before it got {first}")
        else:
            refused = answer.status in (404, 409)
            self._demand("9", refused, f"{key} gets {answer}, before it got {first}")

    def _at_books(self, sent: Sent, answer: Answer) -> None:
        page = msgspec.json.decode(answer.body, type=BooksPage)
        after = sent.cursor
        sequences = [
            after if after <= page.newest else 0,
            *(row.sequence for row in page.rows),
            page.newest + 1,
        ]
        in_order = all(earlier < later for earlier, later in pairwise(sequences))
        self._demand("14", in_order, f"books after {after} come as {sequences}")
        self.diary.note(BooksAsked(self._clock.now_ms, sent.terminal, after))

    # --- slips

    def _at_slip(self, sent: Sent, answer: Answer, *, is_alone: bool) -> None:
        """What is promised must be free to be promised; what is refused must be refused for a reason."""
        assert sent.slip is not None  # noqa: S101 - the caller looked
        self._demand("17", answer.status < 500, f"a slip gets {answer}")
        claim, terminal, reference = sent.claim, sent.terminal, sent.slip.reference
        key = (terminal, reference)
        shown = SlipShown(self._clock.now_ms, terminal, sent.request.body, answer)
        words = f"claim {claim} for {terminal} under {reference} gets {answer.status} {answer.body!r}"
        if answer.status == 200:
            said = msgspec.json.decode(answer.body, type=ClaimHold)
            against = self.hands.against(claim, terminal, reference)
            self._demand("9", said.reference == reference and not against, f"{words}: {against}")
            self.hands.promised(claim, terminal, reference)
            self.hands.accepted.add(sent.slip.claim)
            if key not in self._held:
                self._held.add(key)
                self.diary.note(shown)
        else:
            reason = msgspec.json.decode(answer.body, type=ClaimNotTaken).reason
            is_true = not is_alone or self.hands.bears_out(reason, claim, terminal, reference)
            self._demand("9", is_true, f"{words}, which is not so: {self.hands.holders(claim)} hold it")
            if key not in self._answered:
                self.diary.note(shown)
                self._tally.fault(f"F6 slip refused: {reason.value}")
        self._answered[key] = answer
