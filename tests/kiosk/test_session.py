"""The session on its real store: it writes before it acts, and takes no money when it cannot write."""

import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.flows.commands import AcceptCoins, Command, HoldClaim, PayOut, Print, StopCoins, WatchCoins
from kiosk.flows.events import (
    AcceptorReady,
    BooksArrived,
    ClaimHeld,
    CoinAccepted,
    CoinsStopped,
    DeviceBroke,
    DeviceWorks,
    DonePressed,
    Entered,
    Event,
    FactsArrived,
    HopperReady,
    LineChosen,
    PayoutDone,
    PayPressed,
    Printed,
    ReceiptEntered,
    Reserved,
    Scanned,
    TimePassed,
    WatchingCoins,
)
from kiosk.flows.screens import (
    ClosedReason,
    IdentifyScreen,
    OutOfServiceScreen,
    PayScreen,
    ResultScreen,
    ResumeScreen,
    ReviewScreen,
    Screen,
    SlipRefusedScreen,
    StartScreen,
    WaitScreen,
)
from kiosk.flows.state import AcceptorEvent, Books, HopperSetup, Site
from kiosk.inbox import Inbox
from kiosk.session import Session, Store
from kiosk.store.books import SealedBooks
from kiosk.store.database import open_for_writing
from kiosk.store.journal import Journal
from kiosk.store.sealing import KEY_BYTES, Sealer
from kiosk.store.signing import ClaimSigner, is_signed_with
from parking.civil_time import Moment
from parking.claims import ClaimReason, ClaimRefusal, ClaimSlip, read_slip
from parking.debts import Debt, DebtLine
from parking.facts import RefusalReason
from parking.money import EURO
from parking.receipt import CodeLine, qr_text
from parking.wire import BookRow, BooksPage, ClaimKeyRow, ClampDocument
from tests.kiosk.flows.corner import COINS

DOCUMENT = ClampDocument("7F314", 1, Debt((DebtLine("No valid ticket", 300),)), "EUR", 1, "482913")


class Desk:
    """A session whose devices are a list of commands, and whose clock is moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "terminal.db"
        self.commands: list[Command] = []
        self.screens: list[Screen] = []
        self.posted: list[Event] = []
        self.recorded = 0
        self.now = Moment(1_790_000_000_000, 100_000)
        self.session = self.new_session()

    def new_session(self) -> Session:
        return Session(
            open_store=self.open_store,
            make_site=self.site,
            outlets=dict.fromkeys(
                [AcceptCoins, StopCoins, WatchCoins, PayOut, Print, HoldClaim], self.commands.append
            ),
            show=self.screens.append,
            post=self.posted.append,
            recorded=self.count,
            software="test",
        )

    def count(self) -> None:
        self.recorded += 1

    def open_store(self) -> Store:
        sealer = Sealer(bytes(KEY_BYTES))
        db = open_for_writing(self.path)
        journal = Journal(db, self.path, terminal="0412", epoch=1, index_of=sealer.index_of)
        signer = ClaimSigner(sealer, "0412", 1)
        return Store(journal, SealedBooks(db, sealer, signer), sealer.open_code, signer.sign)

    @staticmethod
    def site(books: Books) -> Site:
        hoppers = (HopperSetup("hopper 1", 100, 50), HopperSetup("hopper 2", 20, 50))
        return Site(
            "0412",
            1,
            "Harbour Street",
            "+49 30 901820",
            "Europe/Berlin",
            EURO,
            ("release",),
            COINS,
            hoppers,
            books,
        )

    def happens(self, *events: Event) -> None:
        for event in events:
            self.session.handle(event, self.now)

    def wait(self, seconds: int) -> None:
        self.now = Moment(self.now.utc_ms + seconds * 1000, self.now.steady_ms + seconds * 1000)
        self.happens(TimePassed())

    def start(self) -> None:
        self.session.start(self.now)
        self.devices_answer()

    def devices_answer(self) -> None:
        self.happens(WatchingCoins(None), DeviceBroke("server", "SYNC.UNREACHABLE", ""))
        self.happens(*(DeviceWorks(name) for name in ("coins", "hopper 1", "hopper 2", "printer")))
        self.happens(AcceptorReady(0), HopperReady("hopper 1", 1), HopperReady("hopper 2", 1))

    def reach_pay(self) -> None:
        self.start()
        self.happens(
            BooksArrived(BooksPage((BookRow(1, "7F314", DOCUMENT),), 1, 1, more=False), complete=False)
        )
        self.happens(LineChosen("release"), Entered("7F31-4"), PayPressed())

    def facts(self) -> list[str]:
        connection = sqlite3.connect(self.path)
        rows = connection.execute(
            "SELECT json_extract(payload, '$.fact') FROM journal ORDER BY number"
        ).fetchall()
        connection.close()
        return [row[0] for row in rows]

    def keys_made_known(self) -> list[str]:
        connection = sqlite3.connect(self.path)
        rows = connection.execute(
            "SELECT json_extract(payload, '$.key') FROM journal "
            "WHERE json_extract(payload, '$.fact') = 'ClaimKeyMade'"
        ).fetchall()
        connection.close()
        return [row[0] for row in rows]

    def harm(self, statement: str) -> None:
        connection = sqlite3.connect(self.path)
        with connection:
            connection.execute(statement)
        connection.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.session.stop()


def test_a_payment_from_start_to_code(desk: Desk) -> None:
    desk.reach_pay()
    desk.happens(CoinAccepted(1, 1, 1), CoinAccepted(2, 1, 2))
    screen = desk.screens[-1]
    assert isinstance(screen, ResultScreen)
    assert screen.code == "482913"
    printed = desk.commands[-1]
    assert isinstance(printed, Print)
    assert CodeLine("482913") in printed.receipt.lines
    assert desk.facts()[-4:] == ["CoinKept", "PaymentSettled", "CodeOpened", "ReceiptOrdered"]
    assert desk.recorded > 0
    assert "482913" not in "".join(sqlite3.connect(desk.path).iterdump())


def test_the_same_screen_is_not_shown_twice(desk: Desk) -> None:
    desk.start()
    shown = len(desk.screens)
    desk.wait(1)
    desk.wait(1)
    assert isinstance(desk.screens[-1], StartScreen)
    assert len(desk.screens) == shown


def test_when_the_journal_cannot_be_written_no_code_leaves_and_coins_stop(desk: Desk) -> None:
    desk.reach_pay()
    desk.happens(CoinAccepted(1, 1, 1))
    desk.harm("CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END")
    desk.commands.clear()
    desk.happens(CoinAccepted(2, 1, 2))
    assert desk.commands == [StopCoins()]
    screen = desk.screens[-1]
    assert isinstance(screen, OutOfServiceScreen)
    assert screen.reasons == (ClosedReason.JOURNAL,)
    assert not any(isinstance(seen, ResultScreen) for seen in desk.screens)


def test_after_a_failed_write_the_store_is_opened_anew_and_the_coin_is_told_again(desk: Desk) -> None:
    desk.reach_pay()
    desk.happens(CoinAccepted(1, 1, 1))
    desk.harm("CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END")
    desk.happens(CoinAccepted(2, 1, 2))
    desk.harm("DROP TRIGGER full")
    desk.commands.clear()
    desk.wait(29)
    assert desk.commands == []
    desk.wait(100)
    assert desk.commands[0] == WatchCoins(1, (AcceptorEvent(1),)), (
        "the acceptor tells what followed the last durable coin"
    )
    desk.happens(
        CoinAccepted(3, 1, 3), WatchingCoins(1), CoinAccepted(2, 1, 2), CoinAccepted(3, 1, 3), CoinsStopped()
    )
    assert isinstance(desk.screens[-1], ResultScreen)
    assert desk.facts().count("CoinKept") == 3, "what was on its way before is told again, and counts once"


def test_a_journal_that_does_not_verify_takes_no_money(desk: Desk) -> None:
    desk.reach_pay()
    desk.happens(CoinAccepted(1, 1, 1))
    desk.session.stop()
    desk.harm("UPDATE journal SET payload = replace(payload, '200', '900')")
    desk.session = desk.new_session()
    desk.commands.clear()
    desk.start()
    screen = desk.screens[-1]
    assert isinstance(screen, OutOfServiceScreen)
    assert not any(isinstance(command, AcceptCoins) for command in desk.commands)


def test_a_disk_that_refuses_while_the_store_is_opened_takes_no_money(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses = True
    honest = desk.session._open_store

    def open_store() -> Store:
        if refuses:
            raise OSError(errno.ENOSPC, "No space left on device")
        return honest()

    monkeypatch.setattr(desk.session, "_open_store", open_store)
    desk.start()
    assert isinstance(desk.screens[-1], OutOfServiceScreen)
    assert not [command for command in desk.commands if isinstance(command, AcceptCoins)]
    refuses = False
    desk.wait(31)
    desk.devices_answer()
    assert not isinstance(desk.screens[-1], OutOfServiceScreen)


def test_a_restart_goes_on_with_the_open_payment(desk: Desk) -> None:
    desk.reach_pay()
    desk.happens(CoinAccepted(1, 1, 1))
    desk.session.stop()
    desk.session = desk.new_session()
    desk.start()
    desk.happens(CoinsStopped())
    screen = desk.screens[-1]
    assert isinstance(screen, ResumeScreen)
    assert (screen.kept_minor, screen.settling) == (200, False)


def test_a_full_disk_closes_before_it_is_too_late(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.start()
    monkeypatch.setattr(Journal, "has_room", lambda _self: False)
    desk.wait(11)
    assert isinstance(desk.screens[-1], OutOfServiceScreen)
    monkeypatch.undo()
    desk.wait(31)
    assert isinstance(desk.screens[-1], StartScreen), "devices tell their health once; it is still known"


def test_what_a_device_told_while_the_terminal_was_closed_is_known_afterwards(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.start()
    monkeypatch.setattr("kiosk.session.decide", lambda *_: 1 // 0)
    desk.wait(1)
    monkeypatch.undo()
    desk.happens(DeviceBroke("coins", "COIN.JAM", "a coin sticks"))
    desk.wait(31)
    screen = desk.screens[-1]
    assert isinstance(screen, OutOfServiceScreen)
    assert screen.reasons == (ClosedReason.COINS,)


def test_a_mistake_in_the_program_is_as_safe_as_a_power_cut(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.reach_pay()
    desk.happens(CoinAccepted(1, 1, 1))

    def raises(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("kiosk.session.decide", raises)
    desk.happens(TimePassed())
    assert desk.commands[-1] == StopCoins()
    assert isinstance(desk.screens[-1], OutOfServiceScreen)
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.undo()
    desk.wait(31)
    desk.happens(WatchingCoins(1), CoinsStopped())
    assert isinstance(desk.screens[-1], ResumeScreen)


def test_a_reservation_is_in_the_store_before_the_session_goes_on(desk: Desk) -> None:
    desk.start()
    desk.happens(DeviceWorks("server"), LineChosen("release"), Entered("7F31-4"))
    reference = f"0412/7F314/{desk.now.utc_ms}"
    desk.happens(Reserved(reference, DOCUMENT))
    desk.happens(*desk.posted)
    assert isinstance(desk.screens[-1], ReviewScreen)


def test_the_key_of_claims_is_told_once_and_signs_what_is_printed_and_shown(desk: Desk) -> None:
    desk.reach_pay()
    desk.happens(DeviceBroke("hopper 1", "HOP.EMPTY", ""), DeviceBroke("hopper 2", "HOP.EMPTY", ""))
    desk.happens(CoinAccepted(1, 1, 1), CoinAccepted(1, 1, 2))
    screen = desk.screens[-1]
    assert isinstance(screen, ResultScreen)
    (shown,) = screen.claims
    assert (shown.number, shown.amount_minor) == ("0412-1-C00001", 100)
    slips = [print_.receipt for print_ in desk.commands if isinstance(print_, Print)]
    assert shown.slip in [qr_text(receipt) for receipt in slips]
    (key,) = desk.keys_made_known()
    assert is_signed_with(key, read_slip(shown.slip))
    desk.session.stop()
    desk.session = desk.new_session()
    desk.start()
    assert desk.keys_made_known() == [key]


def slip_of_another_terminal(desk: Desk) -> str:
    """A slip over 3.00 of terminal 0413, whose key the books tell."""
    signer = ClaimSigner(Sealer(b"k" * KEY_BYTES), "0413", 1)
    row = ClaimKeyRow(2, "0413", 1, signer.public_key)
    desk.happens(BooksArrived(BooksPage((row,), 2, 2, more=False), complete=False))
    return signer.sign(ClaimSlip("0413-1-C00007", 300, "EUR", ClaimReason.CHANGE_SHORT)).text


def test_a_slip_of_another_terminal_is_taken_once_also_after_a_restart(desk: Desk) -> None:
    desk.start()
    text = slip_of_another_terminal(desk)
    desk.happens(DeviceWorks("server"), Scanned(text))
    assert isinstance(desk.screens[-1], WaitScreen)
    (hold,) = [command for command in desk.commands if isinstance(command, HoldClaim)]
    desk.happens(ClaimHeld(hold.reference))
    (order,) = [command for command in desk.commands if isinstance(command, PayOut)]
    assert order.coins == 3
    desk.happens(PayoutDone(order.order, 3, 0, 2), DonePressed())
    desk.session.stop()
    desk.session = desk.new_session()
    desk.start()
    desk.happens(Scanned(text))
    screen = desk.screens[-1]
    assert isinstance(screen, SlipRefusedScreen)
    assert screen.reason is ClaimRefusal.REDEEMED
    assert desk.facts().count("ClaimRedeemed") == 1


def test_a_journal_that_cannot_be_written_takes_no_slip(desk: Desk) -> None:
    desk.start()
    text = slip_of_another_terminal(desk)
    desk.harm(
        "CREATE TRIGGER full BEFORE INSERT ON redemptions BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END"
    )
    desk.happens(Scanned(text))
    assert isinstance(desk.screens[-1], OutOfServiceScreen)
    assert not any(isinstance(command, PayOut) for command in desk.commands)
    assert "ClaimPresented" not in desk.facts(), "all of the step, or nothing"


def test_the_receipts_number_shows_the_code_again_after_a_restart(desk: Desk) -> None:
    desk.reach_pay()
    desk.happens(CoinAccepted(1, 1, 1), CoinAccepted(2, 1, 2))
    (job,) = [command.job for command in desk.commands if isinstance(command, Print)]
    desk.happens(Printed(job), DonePressed())
    desk.session.stop()
    desk.session = desk.new_session()
    desk.start()
    desk.happens(LineChosen("release"), Entered("7F314"), ReceiptEntered("2"))
    screen = desk.screens[-1]
    assert isinstance(screen, IdentifyScreen)
    assert screen.problem is RefusalReason.WRONG_RECEIPT
    desk.happens(ReceiptEntered("1"))
    shown = desk.screens[-1]
    assert isinstance(shown, ResultScreen)
    assert (shown.code, shown.receipt_number, shown.total_minor) == ("482913", "0412-1-00001", 300)
    assert desk.facts()[-1] == "CodeShownAgain"
    assert "482913" not in "".join(sqlite3.connect(desk.path).iterdump())


def test_no_signature_lies_on_the_disk(desk: Desk) -> None:
    desk.reach_pay()
    desk.happens(DeviceBroke("hopper 1", "HOP.EMPTY", ""), DeviceBroke("hopper 2", "HOP.EMPTY", ""))
    desk.happens(CoinAccepted(1, 1, 1), CoinAccepted(1, 1, 2))
    screen = desk.screens[-1]
    assert isinstance(screen, ResultScreen)
    signature = screen.claims[0].slip.rpartition(":")[2]
    assert signature not in "".join(sqlite3.connect(desk.path).iterdump())


def test_acknowledgements_are_noted(desk: Desk) -> None:
    desk.start()
    desk.happens(FactsArrived(1, 3))
    assert sqlite3.connect(desk.path).execute(
        "SELECT value FROM progress WHERE name = 'acknowledged'"
    ).fetchone() == (3,)


def test_an_identity_that_does_not_fit_closes_the_terminal(desk: Desk) -> None:
    desk.start()
    desk.session.stop()
    desk.harm("UPDATE identity SET value = '7' WHERE name = 'epoch'")
    desk.session = desk.new_session()
    desk.start()
    assert isinstance(desk.screens[-1], OutOfServiceScreen)


def test_the_inbox_gives_events_in_order_with_their_moment(desk: Desk) -> None:
    inbox = Inbox(lambda: desk.now)
    inbox.put(LineChosen("release"))
    inbox.put(Entered("0000"))
    inbox.stop()
    inbox.work(desk.session)
    assert desk.facts()[:1] == ["TerminalStarted"]
    assert desk.commands[-1] == StopCoins(), "the last thing it does"


def test_paying_shows_what_was_kept(desk: Desk) -> None:
    desk.reach_pay()
    desk.happens(CoinAccepted(1, 1, 1))
    screen = desk.screens[-1]
    assert isinstance(screen, PayScreen)
    assert screen.kept_minor == 200
