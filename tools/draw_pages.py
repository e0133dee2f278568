"""Draws the server's pages into docs/pictures: `python -m tools.draw_pages [folder]`.

A small town is lived through the office: clamps, terminals, their facts, slips. Its clock stands still, so
the pictures are the same each time. Needs Debian's Chromium.
"""

import base64
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image
from playwright.sync_api import ViewportSize, sync_playwright
from sqlalchemy import Connection

from parking import facts as f
from parking.claims import ClaimReason, ClaimSlip, SignedClaim
from parking.release_codes import SealedCode
from parking.wire import ClaimRequest, ReservationRequest
from server.app import create_app
from server.office import claim_desk, clamp_file, facts, release, terminals
from server.office.setting import Office
from server.store.engine import Database
from server.store.migration import migrate
from server.store.sealing import CodeSealer

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
NOW_MS = 1_795_181_520_000
"""20 November 2026, 14:32 in Berlin."""
MINUTE_MS = 60_000
COLOURS = 64
DESK, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
PAGES = {
    "server-overview-desk": ("/", DESK),
    "server-overview-phone": ("/", PHONE),
    "server-clamps-desk": ("/clamps", DESK),
    "server-payment-desk": ("/payments/0412/1/0412-1-000078", DESK),
    "server-payments-phone": ("/payments", PHONE),
    "server-claims-desk": ("/claims?show=all", DESK),
    "server-claims-phone": ("/claims", PHONE),
}
CLAMPS = b"""identifier,codes,plate,currency,words_1,amount_1,words_2,amount_2
1B672,105577 660241,,,,,,
2H407,482913 318840,F-RS 771,EUR,No valid ticket,12.50,,
3T118,774120 339018,K-LM 2208,EUR,No valid ticket,12.50,Clamping,30.00
5R790,116205 874433,M-PQ 90,EUR,No valid ticket,12.50,,
6W233,550912 201187,S-TU 15,EUR,Blocked exit,25.00,Clamping,30.00
7F314,930274 667015,HH-AB 123,EUR,No valid ticket,12.50,,
8K022,843305 129946,B-XY 4471,EUR,No valid ticket,12.50,,
9C560,275518 904462,,EUR,Expired ticket,7.50,,
"""
_PRICES = {"3T118": 4250, "5R790": 1250, "7F314": 1250, "8K022": 1250, "9C560": 750}


class Terminal:
    """A terminal that tells the office what happened at it."""

    def __init__(self, connection: Connection, number: str, place: str) -> None:
        self._connection = connection
        self.number = number
        self._last: f.Entry | None = None
        self._payments = {"0412": 74, "0413": 30, "0421": 11}[number]
        self._key = Ed25519PrivateKey.from_private_bytes(number.encode() * 8)
        terminals.add(connection, number, place, NOW_MS)
        public = base64.b64encode(self._key.public_key().public_bytes_raw()).decode()
        self.tell(600, f.TerminalStarted("0.1.0"), f.ClaimKeyMade(public))

    def tell(self, minutes_ago: int, *new: f.Fact) -> None:
        """These facts, three seconds each, and all up at the server at once."""
        entries = []
        for place, fact in enumerate(new):
            at_ms = NOW_MS - minutes_ago * MINUTE_MS + place * 3_000
            self._last = f.entry_after(
                self._last, fact, terminal=self.number, epoch=1, at_ms=at_ms, books_version=1
            )
            entries.append(self._last)
        told = facts.take_in(self._connection, tuple(entries), terminal=self.number, now_ms=at_ms)
        assert not isinstance(told, facts.FactsRefused), told  # noqa: S101 - the town must be well made

    def next_payment(self) -> str:
        """A number for a payment."""
        self._payments += 1
        return f"{self.number}-1-{self._payments:06}"

    def claim(self, place: int) -> str:
        """The number of one of its claims."""
        return f"{self.number}-1-C{place:05}"

    def slip(self, place: int, amount_minor: int) -> str:
        """What the QR of its slip says."""
        slip = ClaimSlip(self.claim(place), amount_minor, "EUR", ClaimReason.CHANGE_SHORT)
        return SignedClaim(slip, self._key.sign(slip.text.encode())).text

    def releases(self, minutes_ago: int, clamp: str, slip: tuple[str, int] | None = None) -> None:
        """Somebody pays a clamp with coins of 2.00, perhaps begins with a slip, and gets change."""
        payment, price_minor = self.next_payment(), _PRICES[clamp]
        kept_minor = slip[1] if slip else 0
        said: list[f.Fact] = [
            f.PaymentOpened(payment, "release", clamp, price_minor, "EUR", exact_only=False)
        ]
        if slip:
            said.append(f.ClaimRedeemed(slip[0], payment, slip[1], f.SecuredBy.SERVER))
        while kept_minor < price_minor:
            kept_minor += 200
            said.append(f.CoinKept(payment, 200, 1, "hopper 2", len(said)))
        change_minor = kept_minor - price_minor
        sealed = SealedCode("c2VhbGVk", f"{clamp}/1")
        said += [f.PaymentSettled(payment, price_minor), f.CodeOpened(payment, clamp, 1, 1, sealed)]
        if change_minor:
            order, coins = f"{payment}-1", change_minor // 10
            ordered = f.PayoutOrdered(payment, order, "hopper 1", coins, 10, f.PayoutPurpose.CHANGE, 0)
            said += [ordered, f.PayoutReported(order, coins, 0, coins)]
        job = f"{payment}-p"
        said += [f.ReceiptOrdered(job, payment, "release", copy=False), f.ReceiptPrinted(job)]
        said.append(f.PaymentClosed(payment, kept_minor, price_minor, change_minor, 0))
        self.tell(minutes_ago, *said)

    def owes(self, minutes_ago: int, place: int, amount_minor: int, reason: ClaimReason) -> None:
        """Somebody breaks a payment off, and gets a slip for all of it."""
        payment = self.next_payment()
        coins = [f.CoinKept(payment, 50, 1, "hopper 1", coin) for coin in range(amount_minor // 50)]
        self.tell(
            minutes_ago,
            f.PaymentOpened(payment, "release", "2H407", 1250, "EUR", exact_only=False),
            *coins,
            f.PaymentCancelled(payment, f.EndReason.CUSTOMER),
            f.ClaimIssued(self.claim(place), payment, amount_minor, reason),
            f.PaymentClosed(payment, amount_minor, 0, 0, amount_minor),
        )

    def takes(self, minutes_ago: int, claim: str, amount_minor: int, by: f.SecuredBy) -> None:
        """Somebody gets coins for a slip."""
        payment, coins = self.next_payment(), amount_minor // 10
        order = f"{payment}-1"
        self.tell(
            minutes_ago,
            f.PaymentOpened(payment, "claim", claim, 0, "EUR", exact_only=False),
            f.ClaimRedeemed(claim, payment, amount_minor, by),
            f.PayoutOrdered(payment, order, "hopper 1", coins, 10, f.PayoutPurpose.REFUND, 0),
            f.PayoutReported(order, coins, 0, coins),
            f.PaymentClosed(payment, amount_minor, 0, amount_minor, 0),
        )


def live(connection: Connection, sealer: CodeSealer) -> None:
    """A morning in the town."""
    clamp_file.take_in(connection, sealer, CLAMPS, NOW_MS - 300 * MINUTE_MS)
    harbour = Terminal(connection, "0412", "Harbour Street")
    market = Terminal(connection, "0413", "Market Square")
    station = Terminal(connection, "0421", "Station")
    short, doubt = ClaimReason.CHANGE_SHORT, ClaimReason.PAYOUT_IN_DOUBT
    market.owes(200, 1, 350, short)
    market.owes(195, 2, 200, ClaimReason.LATE_COIN)
    station.owes(180, 1, 400, doubt)
    harbour.owes(170, 11, 250, ClaimReason.NOBODY_THERE)
    market.owes(160, 3, 150, short)
    station.owes(150, 2, 300, short)
    market.releases(140, "3T118")
    station.takes(130, market.claim(2), 200, f.SecuredBy.SERVER)
    harbour.takes(125, market.claim(3), 150, f.SecuredBy.BOOKS)
    station.takes(122, market.claim(3), 150, f.SecuredBy.BOOKS)
    harbour.releases(115, "5R790")
    market.releases(80, "9C560")
    harbour.releases(20, "7F314", (market.claim(1), 350))
    station.tell(10, f.DeviceFailed("printer", "PRN.PAPER_LOW", "the roll is nearly empty"))
    claim_desk.pay(connection, station.claim(2), NOW_MS - 30 * MINUTE_MS)
    waits = ReservationRequest("6W233", "0413/6W233/1")
    release.reserve(connection, sealer, waits, terminal="0413", now_ms=NOW_MS, hold_ms=release.HOLD_MS)
    market.owes(5, 4, 500, short)
    shown = ClaimRequest(market.slip(4, 500), "0421/1")
    claim_desk.hold(connection, shown, terminal="0421", now_ms=NOW_MS)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The town's server on a free port; gives its address."""
    sealer = CodeSealer(bytes(range(32)))
    with closing(Database(f"sqlite:///{folder / 'parking.db'}")) as database:
        migrate(database)
        with database.writing() as connection:
            live(connection, sealer)
        office = Office(database, sealer, lambda: NOW_MS, zone="Europe/Berlin")
        server = uvicorn.Server(
            uvicorn.Config(create_app(office), log_config=None, log_level="warning", lifespan="off")
        )
        with socket.create_server(("127.0.0.1", 0)) as listening:
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                server.should_exit = True
                thread.join()


def draw(folder: Path) -> None:
    """Every page of `PAGES`, each as a file; a phone's in its double density."""
    with (
        tempfile.TemporaryDirectory() as town,
        served(Path(town)) as address,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, (path, size) in PAGES.items():
            density = 2 if size is PHONE else 1
            page = chromium.new_page(viewport=size, device_scale_factor=density)
            page.goto(address + path)
            page.evaluate("document.fonts.ready")
            file = folder / f"{name}.png"
            page.screenshot(path=file)
            page.close()
            Image.open(file).convert("RGB").quantize(COLOURS).save(file, optimize=True)
            print(file)
        chromium.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
