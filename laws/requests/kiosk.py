"""A terminal as the server sees it: real journal, real books, real sync; its customers are made by chance.

The sync gets its turns here instead of a thread's. What it asks goes through `mail.py`.
"""

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, cast

from kiosk.flows.commands import Reserve
from kiosk.flows.events import (
    BooksArrived,
    ClaimHeld,
    ClaimNotHeld,
    Event,
    FactsArrived,
    ReservationRefused,
    Reserved,
    ServerSilent,
)
from kiosk.store.books import SealedBooks
from kiosk.store.database import open_for_writing
from kiosk.store.journal import Journal
from kiosk.store.sealing import Sealer
from kiosk.store.shelf import StoreShelf
from kiosk.store.signing import ClaimSigner
from kiosk.sync.address import ServerAddress
from kiosk.sync.client import SyncClient
from kiosk.sync.exchange import Answer, Limits
from laws.requests import days
from laws.requests.bearers import shows_a_slip
from laws.requests.papers import Papers
from laws.requests.served import CLAMPS, Clock
from parking import facts as f
from parking.civil_time import Moment
from parking.claims import ClaimSlip
from parking.debts import Debt
from parking.facts import Entry
from parking.wire import ClampDocument

if TYPE_CHECKING:
    from kiosk.sync.connection import Connection
    from laws.requests.mail import Mail

PAUSE_S = 2.0
BRINGS_A_SLIP = 0.4
"""So many customers want money for a slip, once there are slips."""

_Heard = Reserved | ReservationRefused | ClaimHeld | ClaimNotHeld | ServerSilent


class Kiosk:
    """One terminal in one epoch, over a folder of its own.

    `promised` is the clamp and fitting that the server has promised to its present customer.
    """

    def __init__(
        self, number: str, epoch: int, key: str, folder: Path, clock: Clock, chance: Random, papers: Papers
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.number = number
        self.epoch = epoch
        self.key = key
        self.file = folder / "terminal.db"
        self.clock = clock
        self._chance = chance
        self._papers = papers
        self._sealer = Sealer(bytes(range(32)))
        db = open_for_writing(self.file)
        self.journal = Journal(db, self.file, terminal=number, epoch=epoch, index_of=self._sealer.index_of)
        self._signer = ClaimSigner(self._sealer, number, epoch)
        self.books = SealedBooks(db, self._sealer, self._signer)
        self._inbox: deque[Event] = deque()
        self._life: Iterator[None] | None = None
        self._answers: dict[str, _Heard] = {}
        self._payments = self.journal.last_number
        self._claims = sum('"ClaimIssued"' in entry.payload for entry in self.entries())
        self.promised: tuple[str, int] | None = None
        self.payments = 0
        self.mail: Mail | None = None
        self.sync = SyncClient(
            lambda: StoreShelf(self.file, number, epoch),
            self._inbox.append,
            ServerAddress(url="http://127.0.0.1", key=key),
            steady=clock.steady_s,
            pause_s=PAUSE_S,
        )
        if not self.journal.last_number:
            self.write(f.ClaimKeyMade(self.books.claim_key))

    # --- turns

    def turn(self, *, somebody_comes: bool) -> None:
        """Take what arrived, let the customer do the next thing, and give the sync its turn."""
        self._take_what_arrived()
        if self._life is None and somebody_comes:
            self._life = self._customer()
        if self._life is not None:
            try:
                next(self._life)
            except StopIteration:
                self._life = None
        if self.sync._waiting or self.sync._poked.is_set() or self.sync._due <= self.clock.steady_s():
            self.sync._turn(cast("Connection", self))

    def ask(self, method: str, path: str, body: bytes | None, limits: Limits) -> Answer:
        """What the sync asks through its connection. Raises ServerTroubleError."""
        del limits
        assert self.mail is not None  # noqa: S101 - given before the first turn
        return self.mail.ask(self, method, path, body or b"")

    def has_nobody(self) -> bool:
        """Whether no customer is there, and nothing has arrived that was not looked at."""
        return self._life is None and not self._inbox

    def is_at_rest(self) -> bool:
        """Whether nobody is there, and the server has said that it holds everything."""
        return self.has_nobody() and self.journal.acknowledged == self.journal.last_number

    def entries(self) -> tuple[Entry, ...]:
        """The whole journal."""
        with closing(StoreShelf(self.file, self.number, self.epoch)) as shelf:
            return shelf.entries_after(0, -1)

    def close(self) -> None:
        """Let go of file and sync."""
        self.sync._close_shelf()
        self.sync._bell.close()
        self.journal.close()

    def _take_what_arrived(self) -> None:
        while self._inbox:
            event = self._inbox.popleft()
            match event:
                case FactsArrived(epoch=epoch, number=number):
                    self.journal.acknowledge(epoch, number)
                case BooksArrived(page=page, complete=complete):
                    self.books.keep(page, complete=complete)
                case Reserved() | ReservationRefused() | ClaimHeld() | ClaimNotHeld() | ServerSilent():
                    self._answers = {event.reference: event}

    def write(self, *new: f.Fact) -> None:
        """One step's facts; slips that they speak of are printed then."""
        at = Moment(self.clock.now_ms, round(self.clock.steady_s() * 1000))
        self.journal.append(new, at, self.books.version)
        self.sync.poke()
        for fact in new:
            if isinstance(fact, f.ClaimIssued) and fact.claim.startswith(self._claim_numbers):
                slip = ClaimSlip(fact.claim, fact.amount_minor, "EUR", fact.reason)
                self._papers.hand_out(self._signer.sign(slip))

    @property
    def _claim_numbers(self) -> str:
        return f"{self.number}-{self.epoch}-C"

    def next_claim(self) -> str:
        """A number for a claim; it may stay unused."""
        self._claims += 1
        return f"{self._claim_numbers}{self._claims:05}"

    def next_payment(self) -> str:
        """The number of a new payment."""
        self._payments += 1
        self.payments += 1
        return f"{self.number}-{self._payments}"

    def answer_to(self, reference: str) -> _Heard | None:
        """What the server has said under this reference, or that it is silent; None: nothing yet."""
        return self._answers.get(reference)

    # --- customers

    def one_more_cancels(self) -> None:
        """A whole payment of somebody who typed no clamp of this town, to fill the journal."""
        self._payments += 1
        document = ClampDocument("9Z999", 1, Debt(()), "EUR", 1, "")
        payment = f"{self.number}-{self._payments}"
        self.write(*days.cancelled(self._chance, payment, document, self._payments, self.next_claim()))

    def _customer(self) -> Iterator[None]:
        text = self._papers.show(self._chance) if self._chance.random() < BRINGS_A_SLIP else None
        if text is not None:
            return shows_a_slip(self, self._chance, text)
        return self._owner()

    def _owner(self) -> Iterator[None]:
        """The life of a customer whose car is clamped."""
        chance = self._chance
        subject = chance.choice(CLAMPS)
        reference = f"{self.number}/{subject}/{self.clock.now_ms}"
        self.write(f.CustomerArrived("release"), f.SubjectNamed(subject, reference))
        self.sync.order(Reserve(reference, subject))
        while (answer := self.answer_to(reference)) is None:
            yield
        document = self._document(subject, answer)
        has_paid = False
        if document is None:
            self.write(f.SubjectRefused(subject, f.RefusalReason.NO_CODE))
        else:
            self.write(_secured(document))
            has_paid = yield from self._pays(document)
        if not has_paid:
            yield
            self.write(f.ConversationEnded(f.EndReason.CUSTOMER))
        self.promised = None
        if chance.random() < 0.3:
            names = [
                f"{self.number}-{self._payments}{end}" for end in ("", "/1", "/C", f"/p{self._payments}")
            ]
            self.write(*(days.anything(chance, names) for _ in range(chance.randint(1, 4))))

    def _document(self, subject: str, answer: _Heard) -> ClampDocument | None:
        """What can be sold: as the server reserved it, or as the books say when it was silent."""
        match answer:
            case Reserved(document=document):
                self.books.keep_reservation(document)
                self.promised = (document.identifier, document.fitting)
                return document
            case ServerSilent():
                found = self.books.clamp(subject)
                if found is not None:
                    return ClampDocument(
                        subject, found.fitting, found.debt, found.currency, found.code_number, ""
                    )
        return None

    def _pays(self, document: ClampDocument) -> Generator[None, None, bool]:
        """The customer thinks, then pays or cancels; or goes away (false)."""
        chance = self._chance
        for _ in range(chance.randint(0, 4)):
            yield
        if chance.random() < 0.3:
            return False
        payment = self.next_payment()
        tell = days.paid if chance.random() < 0.7 else days.cancelled
        facts = tell(chance, payment, document, self._payments, self.next_claim())
        at = chance.randint(1, len(facts))
        self.write(*facts[:at])
        if any(isinstance(fact, f.PaymentClosed) for fact in facts[:at]):
            self.promised = None
        yield
        if facts[at:]:
            self.write(*facts[at:])
        return True


def _secured(document: ClampDocument) -> f.Fact:
    return f.DeliverySecured(
        document.identifier,
        document.fitting,
        Debt(document.debt.lines, document.debt.plate),
        document.code_number,
        days.SEALED,
        f.SecuredBy.SERVER,
    )
