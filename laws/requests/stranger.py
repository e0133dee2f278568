"""A terminal with a good key and a good chain that says anything: nothing crashes, is lost, or counts twice.

Its entries are genuine, so the server keeps them; whether it understands them is another matter.
"""

from random import Random

import msgspec

from laws.requests.wires import Request
from parking.facts import GENESIS_HASH, Entry, chain_hash
from parking.wire import FactsBatch

NUMBER = "0666"
_NAMES = (
    "0412-1",
    "0412-1-C00001",
    "x" * 64,
    "x" * 65,
    "Straße",
    "\U0001f512",
    "\\u0000",
    "\\ud800",
    "",
    "\\n",
    "'; --",
)
_NUMBERS = (
    "0",
    "1",
    "-1",
    "255",
    "2147483648",
    "9007199254740993",
    "1e9",
    "1.5",
    "1" + "0" * 30,
    "null",
    "true",
)
_TEMPLATES = (
    "",
    "null",
    "[]",
    "{",
    "{}",
    '{"fact":null}',
    '{"fact":"NAME"}',
    '{"fact":"CoinKept"}',
    "[" * 2_000,
    '{"fact":"CoinKept","payment":"NAME","amount_minor":NUMBER,"position":1,"hopper":"NAME","counter":NUMBER}',
    (
        '{"fact":"PaymentOpened","payment":"NAME","line":"NAME","subject":"NAME","price_minor":NUMBER,'
        '"currency":"NAME","exact_only":true}'
    ),
    (
        '{"fact":"CodeOpened","payment":"NAME","identifier":"NAME","fitting":NUMBER,"code_number":NUMBER,'
        '"sealed":{"box":"NAME","bound_to":"NAME"}}'
    ),
    (
        '{"fact":"PayoutOrdered","payment":"NAME","order":"NAME","hopper":"NAME","coins":NUMBER,'
        '"coin_minor":NUMBER,"purpose":"change","counter_before":NUMBER}'
    ),
    '{"fact":"PayoutReported","order":"NAME","paid":NUMBER,"unpaid":NUMBER,"counter":NUMBER}',
    '{"fact":"ClaimIssued","claim":"NAME","payment":"NAME","amount_minor":NUMBER,"reason":"late-coin"}',
    '{"fact":"ClaimPresented","claim":"NAME","amount_minor":NUMBER,"reason":"late-coin","reference":"NAME"}',
    '{"fact":"ClaimRedeemed","claim":"NAME","payment":"NAME","amount_minor":NUMBER,"by":"books"}',
    '{"fact":"ClaimTurnedAway","claim":"NAME","reason":"held"}',
    '{"fact":"ClaimKeyMade","key":"NAME"}',
    (
        '{"fact":"PaymentClosed","payment":"NAME","kept_minor":NUMBER,"delivered_minor":NUMBER,'
        '"paid_out_minor":NUMBER,"claimed_minor":NUMBER}'
    ),
    '{"fact":"SubjectNamed","subject":"NAME","reference":"NAME"}',
    '{"fact":"DeviceFailed","device":"NAME","code":"NAME","detail":"NAME"}',
    '{"fact":"TerminalStarted","software":"NAME"}',
)


class Stranger:
    """One such terminal. `batch` is what it says next."""

    def __init__(self, key: str, chance: Random) -> None:
        self._key = key
        self._chance = chance
        self._last: Entry | None = None

    def batch(self) -> tuple[Request, tuple[Entry, ...]]:
        """A request with its next entries, in order."""
        entries = tuple(self._next() for _ in range(self._chance.randint(1, 4)))
        return Request("POST", "/api/v1/facts", msgspec.json.encode(FactsBatch(entries)), self._key), entries

    def _next(self) -> Entry:
        number = self._last.number + 1 if self._last else 1
        previous = self._last.hash if self._last else GENESIS_HASH
        at_ms, books_version = (self._chance.choice((0, 1, 2**53)) for _ in range(2))
        payload = self._anything()
        digest = chain_hash(
            terminal=NUMBER,
            epoch=1,
            number=number,
            at_ms=at_ms,
            books_version=books_version,
            payload=payload,
            previous=previous,
        )
        self._last = Entry(NUMBER, 1, number, at_ms, books_version, payload, previous, digest)
        return self._last

    def _anything(self) -> str:
        text = self._chance.choice(_TEMPLATES)
        while "NAME" in text:
            text = text.replace("NAME", self._chance.choice(_NAMES), 1)
        while "NUMBER" in text:
            text = text.replace("NUMBER", self._chance.choice(_NUMBERS), 1)
        return text
