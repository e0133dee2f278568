"""One world from one seed: terminals sell, the mail is bad, the server starts anew; then all is compared."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from laws.requests import claims, stranger
from laws.requests.diary import Fitted, Settled
from laws.requests.kiosk import Kiosk
from laws.requests.mail import Mail
from laws.requests.orderly import (
    OrderlyServer,
    compare_all,
    compare_what_no_order_changes,
    take_in_any_order,
)
from laws.requests.papers import Papers
from laws.requests.served import CLAMPS, Clock, Folder, fine, new_server
from laws.requests.stranger import Stranger
from laws.requests.wires import InProcess, OverSocket
from laws.tally import BrokenLawError, Tally, Violation
from server.store.tables import counters, facts, fittings, reservations

DAY_MS = 24 * 3_600_000
COPIES_EACH_TURN = 3
SHARE_OF_THE_DAY = 0.8
"""So much of the requests is sent while terminals sell; the rest are copies that come when all is over."""
MOST_TURNS_TO_REST = 3_000
LONGEST_PAUSE_MS = 31_000
"""After this even a sync that has failed for long asks again."""
TURNS_OF_A_ROUND = 5


@dataclass(frozen=True)
class Setting:
    """How a world is made: how many requests, over a socket or not, on which database (None: SQLite)."""

    requests: int
    over_socket: bool = False
    address: str | None = None
    long_journal: int = 0
    """So many facts the first terminal sends before anything else: its first batches are very old then."""


class World:
    """Some terminals, one server, and the mail between them."""

    def __init__(self, seed: int, folder: Path, setting: Setting) -> None:
        self.chance = Random(seed)
        self.tally = Tally(seeds=1)
        self._folder = folder
        self._setting = setting
        self.clock = Clock()
        self._papers = Papers()
        self.served = new_server(folder, "server", self.clock, setting.address)
        self.served.take_in(self.chance)
        kiosks = [self._kiosk(f"{number:04d}", 1) for number in range(412, 415)]
        self._stranger = Stranger(self.served.add_terminal(stranger.NUMBER), self.chance)
        self._beginning = self.served.all_rows()
        self.wire = OverSocket(self.served) if setting.over_socket else InProcess(self.served)
        self.mail = Mail(self.wire, self.clock, self.tally, self.chance)
        self._retired: list[Kiosk] = []
        for kiosk in kiosks:
            self._open(kiosk)

    def _kiosk(self, number: str, epoch: int, key: str = "") -> Kiosk:
        key = key or self.served.add_terminal(number)
        folder = self._folder / f"{number}-{epoch}"
        return Kiosk(number, epoch, key, folder, self.clock, self.chance, self._papers)

    def _open(self, kiosk: Kiosk) -> None:
        kiosk.mail = self.mail
        self.mail.kiosks.append(kiosk)

    def close(self) -> None:
        """Let go of everything."""
        for kiosk in (*self.mail.kiosks, *self._retired):
            kiosk.close()
        self.wire.close()
        self.served.close()

    # --- the story

    def live(self) -> None:
        """Sell, come to rest, let old requests come again, and compare. Raises BrokenLawError."""
        self._fill_a_journal()
        wanted = self._setting.requests
        while self.mail.requests < SHARE_OF_THE_DAY * wanted:
            self._moment()
        self._come_to_rest()
        self.mail.everything_delayed()
        while self.mail.requests < wanted:
            self.clock.forward(self.chance.choice((10, 10, DAY_MS // 4)))
            self.mail.late_copies(20)
            self.mail.rubbish(2)
        self.wire.restart()
        self.mail.late_copies(20)
        self._come_to_rest()
        self._judge()

    def _fill_a_journal(self) -> None:
        kiosk = self.mail.kiosks[0]
        while kiosk.journal.last_number < self._setting.long_journal:
            kiosk.one_more_cancels()
            kiosk.turn(somebody_comes=False)

    def _moment(self) -> None:
        """A terminal has its turn; copies, rubbish, staff and fate have theirs."""
        chance = self.chance
        self.clock.forward(chance.choice((20, 200, 1000, 3000)))
        kiosk = chance.choice(self.mail.kiosks)
        kiosk.turn(somebody_comes=True)
        self.mail.late_copies(chance.randint(0, 2 * COPIES_EACH_TURN))
        self.mail.rubbish(chance.choice((0, 0, 1, 2)))
        if chance.random() < 0.1 and kiosk.number not in self.mail.cloned:
            self.mail.out_of_order(kiosk, chance.randint(1, 3))
        if chance.random() < 0.2:
            self._staff_fits()
        if chance.random() < 0.08:
            self._staff_settles()
        if chance.random() < 0.03:
            self.mail.away ^= {kiosk}
        if chance.random() < 0.1:
            self.mail.from_stranger(self._stranger)
        if chance.random() < 0.05:
            self._fate(kiosk)

    def _staff_fits(self) -> None:
        clamp, owed = self.chance.choice(CLAMPS), fine(self.chance)
        if self.served.fit(clamp, owed):
            self.mail.diary.note(Fitted(self.clock.now_ms, clamp, owed))

    def _staff_settles(self) -> None:
        """Staff try something with a claim, and the server says whether they may."""
        claim = self._papers.number(self.chance)
        act = self.chance.choices(("confirm", "void", "pay", "free"), (4, 1, 2, 1))[0]
        if claim is None or not self.served.settle(act, claim):
            return
        hands = self.mail.hands
        if act == "pay":
            words = f"{claim} is paid, {hands.holders(claim)} may be taking it, {hands.ends(claim)} took it"
            self.tally.demand("9", not hands.holders(claim) and not hands.ends(claim), words)
        if act == "free":
            hands.let_go_by_staff(claim)
        elif act != "confirm":
            hands.ended_by_office.add(claim)
        self.tally.fault(f"staff {act} a claim")
        self.mail.diary.note(Settled(self.clock.now_ms, act, claim))

    def _fate(self, kiosk: Kiosk) -> None:
        match self.chance.randrange(4):
            case 0:
                self.tally.fault("F1 server started anew")
                self.wire.restart()
            case 1 if all(kiosk.has_nobody() for kiosk in self.mail.kiosks):
                # No customer stands there for hours: a reservation that is in use does not expire.
                self.clock.forward(self.chance.choice((2 * 3_600_000, 3 * DAY_MS)))
            case 2 if kiosk.number not in self.mail.cloned:
                self._come_to_rest()
                self._replace_disk(kiosk)
            case 3 if not self.mail.cloned:
                self._come_to_rest()
                self._clone(kiosk)

    def _replace_disk(self, kiosk: Kiosk) -> None:
        """A new disk begins a new epoch; the old one is never heard of again, but for late copies."""
        self.tally.fault("F10 new disk")
        self.mail.kiosks.remove(kiosk)
        self._retired.append(kiosk)
        self._open(self._kiosk(kiosk.number, kiosk.epoch + 1, kiosk.key))

    def _clone(self, kiosk: Kiosk) -> None:
        """The disk is copied, and both go on under one name: the server takes what it hears first."""
        self.tally.fault("F10 cloned disk")
        self.mail.cloned.add(kiosk.number)
        folder = self._folder / f"{kiosk.number}-clone"
        folder.mkdir()
        with (
            closing(sqlite3.connect(kiosk.file)) as here,
            closing(sqlite3.connect(folder / kiosk.file.name)) as there,
        ):
            here.backup(there)
        other = Kiosk(kiosk.number, kiosk.epoch, kiosk.key, folder, self.clock, self.chance, self._papers)
        self._open(other)

    def _come_to_rest(self) -> None:
        """The weather is fine and nobody comes; every terminal tells everything, and has the newest books."""
        before, self.mail.trouble = self.mail.trouble, 0.0
        self.mail.away.clear()
        self.clock.forward(LONGEST_PAUSE_MS)
        for turns in range(MOST_TURNS_TO_REST):
            self.clock.forward(1000)
            for kiosk in self.mail.kiosks:
                kiosk.turn(somebody_comes=False)
            if turns > TURNS_OF_A_ROUND and all(self._rests(kiosk) for kiosk in self.mail.kiosks):
                break
        else:
            names = [kiosk.number for kiosk in self.mail.kiosks if not self._rests(kiosk)]
            raise BrokenLawError("11", f"{names} cannot tell everything")
        self.mail.trouble = before

    def _rests(self, kiosk: Kiosk) -> bool:
        if kiosk.number in self.mail.cloned:
            return kiosk.has_nobody()
        return kiosk.is_at_rest() and kiosk.books.version == self._newest()

    def _newest(self) -> int:
        (row,) = self.served.rows(counters)
        return int(row["value"])

    # --- judging

    def _judge(self) -> None:
        self._facts_are_the_journals()
        self._nobody_is_promised_anything()
        self._books_are_the_servers()
        self._claims_counted_once()
        clock = Clock()
        orderly = new_server(self._folder, "orderly", clock)
        other = new_server(self._folder, "other", clock)
        try:
            for server in (orderly, other):
                server.begin_from(self._beginning)
            OrderlyServer(orderly, clock, self.tally).live(self.mail.diary)
            compare_all(self.served, orderly, self.tally)
            take_in_any_order(other, self.mail.diary, self.chance)
            compare_what_no_order_changes(self.served, other, self.tally)
            claims.compare_in_any_order(self.served, other, self.mail.hands, self.tally)
        finally:
            orderly.close()
            other.close()

    def _facts_are_the_journals(self) -> None:
        held = {
            (row["terminal"], row["epoch"], row["number"]): row["hash"] for row in self.served.rows(facts)
        }
        for kiosk in (*self.mail.kiosks, *self._retired):
            # Of two clones the server holds one's facts; what it acknowledged to the other it must hold too.
            up_to = kiosk.journal.acknowledged
            for entry in kiosk.entries()[:up_to]:
                known = held.get((kiosk.number, kiosk.epoch, entry.number))
                words = f"fact {entry.number} of {kiosk.number}, epoch {kiosk.epoch}, was acknowledged"
                self.tally.demand("11", known == entry.hash, f"{words}, and is {known} on the server")

    def _nobody_is_promised_anything(self) -> None:
        """All customers have gone, and the server was told so: what it still holds is held for nobody."""
        promised = [
            (row["terminal"], row["reference"])
            for row in self.served.rows(reservations)
            if row["clamp"] and row["over_at_ms"] is None and row["terminal"] not in self.mail.cloned
        ]
        self.tally.demand("9", not promised, f"reserved for nobody: {promised}")

    def _books_are_the_servers(self) -> None:
        on_cars = {
            row["clamp"]: row["fitting"]
            for row in self.served.rows(fittings)
            if row["released_at_ms"] is None and row["unfitted_at_ms"] is None
        }
        for kiosk in self.mail.kiosks:
            booked = {clamp: kiosk.books.clamp(clamp) for clamp in CLAMPS}
            known = {clamp: found.fitting for clamp, found in booked.items() if found is not None}
            if kiosk.number not in self.mail.cloned:
                words = f"the books of {kiosk.number} know {known}, the server {on_cars}"
                self.tally.demand("14", known == on_cars, words)

    def _claims_counted_once(self) -> None:
        hands, cloned = self.mail.hands, self.mail.cloned
        claims.judge(self.served, hands, cloned, self.tally)
        claims.judge_journals((*self.mail.kiosks, *self._retired), hands, cloned, self.tally)
        honest = [kiosk for kiosk in self.mail.kiosks if kiosk.number not in cloned]
        claims.judge_books(honest, self._papers, hands, self.tally)
        claims.judge_genuine(self._papers, hands, self.tally)


def play(seed: int, setting: Setting) -> tuple[Tally, int]:
    """Live the world of a seed; returns its figures, with the law that it broke, if any, and its requests."""
    with Folder() as folder:
        world = World(seed, folder, setting)
        try:
            world.live()
        except BrokenLawError as broken:
            violation = Violation(seed, broken.law, broken.words, world.tally.payments, ())
            world.tally.violations.append(violation)
        finally:
            kiosks = world.mail.kiosks
            world.tally.payments = sum(kiosk.payments for kiosk in kiosks)
            world.close()
        return world.tally, world.mail.requests
