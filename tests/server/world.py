"""A server for the tests: real database, real application, a clock that stands still until it is moved.

And the other side: a terminal's journal, which makes genuine entries and sends them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx
import msgspec
from fastapi import FastAPI
from sqlalchemy import Connection, Table, select

from parking.claims import ClaimReason
from parking.debts import Debt, DebtLine
from parking.facts import (
    ClaimIssued,
    CodeOpened,
    CoinKept,
    EndReason,
    Entry,
    Fact,
    PaymentCancelled,
    PaymentClosed,
    PaymentOpened,
    PaymentSettled,
    PayoutOrdered,
    PayoutPurpose,
    PayoutReported,
    ReceiptOrdered,
    ReceiptPrinted,
    entry_after,
)
from parking.release_codes import SealedCode
from parking.wire import ClaimRequest, ClampDocument, FactsBatch, ReservationRequest
from server.app import create_app
from server.office import clamp_file, facts, release, terminals
from server.office.setting import Office
from server.pages.gate import Gate
from server.store.engine import Database
from server.store.sealing import CodeSealer
from server.store.tables import counters, metadata

NOON_MS = 1_795_176_000_000
KEY = bytes(range(32))
BASE_URL = "http://127.0.0.1"

CLAMPS = b"""identifier,codes,plate,currency,words_1,amount_1,words_2,amount_2
7F314,482913 105577 660241,HH-AB 123,EUR,No valid ticket,45.00,Clamping,30.00
8K022,774120|339018,,,No valid ticket,45.00,,
5R790,116205 874433,,,,,,
"""
SECRETS = ("482913", "105577", "660241", "774120", "339018", "116205", "874433")
PASSWORD_FOR_TESTS = "scrypt$2$8$1$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "="
"""A password file that is well made, for a password that nobody knows."""


def emptied(database: Database) -> Database:
    """Take everything out of the tables."""
    with database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            if table is not counters:
                connection.execute(table.delete())
        connection.execute(counters.update().values(value=0))
    return database


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_ms = NOON_MS

    def __call__(self) -> int:
        return self.now_ms

    def forward(self, ms: int) -> None:
        self.now_ms += ms


class Client:
    """Calls the application without a socket: each request in an event loop of its own."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str, *, headers: dict[str, str] | None = None) -> httpx.Response:
        return self._ask("GET", path, None, headers)

    def post(
        self, path: str, *, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return self._ask("POST", path, content, headers)

    def _ask(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str] | None
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
                return await client.request(method, path, content=content, headers=headers)

        return anyio.run(ask)


@dataclass
class World:
    """One server over one database."""

    database: Database
    clock: FakeClock = field(default_factory=FakeClock)
    sealer: CodeSealer = field(default_factory=lambda: CodeSealer(KEY))
    gate: Gate | None = None

    def __post_init__(self) -> None:
        self.office = Office(database=self.database, sealer=self.sealer, clock=self.clock)
        self.app = create_app(self.office, self.gate)
        self.client = Client(self.app)

    def take_in(self, content: bytes = CLAMPS) -> None:
        with self.database.writing() as connection:
            clamp_file.take_in(connection, self.sealer, content, self.clock())

    def fit(self, identifier: str, amount_minor: int = 4500) -> int:
        fine = release.Fine(debt=Debt(lines=(DebtLine("No valid ticket", amount_minor),)), currency="EUR")
        with self.database.writing() as connection:
            return release.fit(connection, identifier, fine, self.clock())

    def terminal(self, number: str) -> "Terminal":
        with self.database.writing() as connection:
            key = terminals.add(connection, number, "Harbour Street", self.clock())
        return Terminal(self, number, key)

    def rows(self, table: Table) -> list[dict[str, Any]]:
        with self.database.reading() as connection:
            order = table.primary_key.columns
            return [dict(row) for row in connection.execute(select(table).order_by(*order)).mappings()]


@dataclass
class Terminal:
    """A terminal as the server sees it: its key, its journal, what it sends."""

    world: World
    number: str
    key: str
    epoch: int = 1
    entries: list[Entry] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def write(self, *new_facts: Fact, at_ms: int = NOON_MS) -> list[Entry]:
        """Append facts to the journal; returns the new entries."""
        start = len(self.entries)
        for fact in new_facts:
            before = self.entries[-1] if self.entries else None
            self.entries.append(
                entry_after(
                    before, fact, terminal=self.number, epoch=self.epoch, at_ms=at_ms, books_version=1
                )
            )
        return self.entries[start:]

    def send(self, entries: Sequence[Entry]) -> httpx.Response:
        body = msgspec.json.encode(FactsBatch(tuple(entries)))
        return self.world.client.post("/api/v1/facts", content=body, headers=self.headers)

    def take_in(self, connection: Connection, entries: Sequence[Entry]) -> object:
        """The same without HTTP."""
        return facts.take_in(connection, tuple(entries), terminal=self.number, now_ms=self.world.clock())

    def reserve(self, identifier: str, reference: str) -> httpx.Response:
        body = msgspec.json.encode(ReservationRequest(identifier, reference))
        return self.world.client.post("/api/v1/reservations", content=body, headers=self.headers)

    def hold(self, slip: str, reference: str) -> httpx.Response:
        body = msgspec.json.encode(ClaimRequest(slip, reference))
        return self.world.client.post("/api/v1/claims", content=body, headers=self.headers)

    def books(self, after: int = 0, limit: int = 1000) -> httpx.Response:
        return self.world.client.get(f"/api/v1/books?after={after}&limit={limit}", headers=self.headers)


SEALED = SealedCode(box="c2VhbGVk", bound_to="7F314/1")


def released(document: ClampDocument, payment: str, kept_minor: int | None = None) -> list[Fact]:
    """The facts of a payment that frees a clamp, with change where more was kept than the price."""
    price = document.debt.total_minor
    kept = price if kept_minor is None else kept_minor
    change = kept - price
    said: list[Fact] = [
        PaymentOpened(payment, "release", document.identifier, price, document.currency, exact_only=False),
        CoinKept(payment, kept, 8, "hopper 1", 1),
        PaymentSettled(payment, price),
        CodeOpened(payment, document.identifier, document.fitting, document.code_number, SEALED),
    ]
    if change:
        order = f"{payment}-1"
        said += [
            PayoutOrdered(payment, order, "hopper 1", change // 50, 50, PayoutPurpose.CHANGE, 0),
            PayoutReported(order, change // 50, 0, 1),
        ]
    job = f"{payment}-p"
    said += [
        ReceiptOrdered(job, payment, "release", copy=False),
        ReceiptPrinted(job),
        PaymentClosed(payment, kept, price, change, 0),
    ]
    return said


def cancelled_with_claim(payment: str, identifier: str) -> list[Fact]:
    """The facts of a cancelled payment: 2.00 kept, 1.50 given back, a claim for the rest."""
    order = f"{payment}-1"
    return [
        PaymentOpened(payment, "release", identifier, 4500, "EUR", exact_only=False),
        CoinKept(payment, 200, 8, "hopper 1", 1),
        PaymentCancelled(payment, EndReason.CUSTOMER),
        PayoutOrdered(payment, order, "hopper 1", 4, 50, PayoutPurpose.REFUND, 0),
        PayoutReported(order, 3, 1, 1),
        ClaimIssued(f"C-{payment}", payment, 50, ClaimReason.CHANGE_SHORT),
        PaymentClosed(payment, 200, 0, 150, 50),
    ]


def document_of(page: httpx.Response, identifier: str) -> ClampDocument:
    """The document of a clamp in a page of books."""
    found = [row["document"] for row in page.json()["rows"] if row["identifier"] == identifier]
    return msgspec.convert(found[-1], ClampDocument)
