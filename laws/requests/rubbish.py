"""Requests that no terminal sends: broken, hostile, or somebody else's. None has an effect or ends in a 500.

Each comes with nothing but itself; that it gets a clear 4xx is demanded in `mail.py`.
"""

from collections.abc import Callable, Sequence
from random import Random

import msgspec

from laws.requests.wires import Request
from parking.wire import FactsBatch

_FACTS, _RESERVATIONS, _BOOKS = "/api/v1/facts", "/api/v1/reservations", "/api/v1/books"
_CLAIMS = "/api/v1/claims"

_BODIES = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"0",
    b'"x"',
    b"\xff\xfe\x00",
    b"\x00",
    b"[" * 100_000,
    b'{"entries":' + b"[" * 5_000,
    b'{"entries": null}',
    b'{"entries": [null]}',
    b'{"entries": [{}]}',
    b'{"entries": []}',
    b'{"entries": {"a": 1}}',
    b'{"identifier": 7, "reference": "r"}',
    b'{"identifier": "7F314"}',
    b'{"identifier": "7F314", "reference": ""}',
    b'{"identifier": "7F314", "reference": "\\u0000"}',
    b'{"identifier": "7F314", "reference": "\\n"}',
    b'{"identifier": "7F314", "reference": "\\ud800"}',
    b'{"identifier": "\\ud800", "reference": "\\ud800"}',
    b'{"identifier": "7F314", "reference": "' + b"x" * 65 + b'"}',
    b'{"identifier": "7F314", "reference": NaN}',
    b'{"identifier": "7F314", "reference": "r"',
    b'{"claim": 7, "reference": "r"}',
    b'{"claim": null, "reference": "r"}',
    b'{"claim": "", "reference": "r"}',
    b'{"claim": "CLAIM", "reference": "\\u0000"}',
    b'{"claim": "\\ud800", "reference": "r"}',
    b'{"claim": "CLAIM:0412-1-C00001:750:EUR:CHANGE-SHORT", "reference": "r"}',
    b'{"claim": "CLAIM:0412-1-C00001:-750:EUR:CHANGE-SHORT:AAAA", "reference": "r"}',
    b'{"claim": "CLAIM:0412-1-C00001:750:EUR:CHANGE-SHORT:' + b"A" * 103 + b'", "reference": "r"}',
    b'{"claim": "CLAIM:0412-1-C00001:750:EUR:CHANGE-SHORT:' + b"A" * 103 + b'", "reference": ""}',
    b'{"claim": "CLAIM:' + b"9" * 400 + b'", "reference": "r"}',
)
_ENTRIES = (
    b'"terminal":7',
    b'"epoch":-1',
    b'"epoch":9223372036854775808',
    b'"number":0',
    b'"number":-5',
    b'"number":1e3',
    b'"number":10000000000000000000000000000000000000',
    b'"at_ms":9223372036854775807',
    b'"at_ms":"now"',
    b'"books_version":null',
    b'"payload":{"fact":"CoinKept"}',
    b'"payload":"\\u0000"',
    b'"payload":"\\ud800"',
    b'"previous":null',
    b'"hash":"\\ud800"',
    b'"hash":12',
)
_QUERIES = (
    "after=-1",
    "after=x",
    "after=",
    "after=1.5",
    "after=99999999999999999999999999",
    "after=1&limit=0",
    "after=1&limit=1001",
    "after=%FF",
    "after=0&limit=ten",
    "after=%00",
)
_PLACES = (
    ("GET", _FACTS),
    ("DELETE", _FACTS),
    ("PUT", _RESERVATIONS),
    ("GET", _CLAIMS),
    ("DELETE", f"{_CLAIMS}/0412-1-C00001"),
    ("POST", _BOOKS),
    ("POST", "/api/v1/nothing"),
    ("POST", "/api/v2/facts"),
    ("GET", "/api/v1/facts/1"),
)
_KEYS = ("", "0" * 64, "x", "Bearer", "0" * 10_000, "' OR 1=1 --")


def rubbish(chance: Random, key: str, sent: Sequence[Request]) -> Request:
    """A request that no terminal sends; `sent` are requests whose every effect has been had."""
    kinds: tuple[Callable[[Random, str, Sequence[Request]], Request], ...] = (
        _any_body,
        _odd_entry,
        _odd_query,
        _wrong_place,
        _nobody,
        _torn,
        _torn,
        _flipped,
        _flipped,
        _too_long,
        _mixed,
    )
    weights = (6, 6, 4, 3, 4, 6, 6, 6, 6, 1, 2)
    return chance.choices(kinds, weights)[0](chance, key, sent)


def _any_body(chance: Random, key: str, _sent: Sequence[Request]) -> Request:
    return Request("POST", chance.choice((_FACTS, _RESERVATIONS, _CLAIMS)), chance.choice(_BODIES), key)


def _odd_entry(chance: Random, key: str, _sent: Sequence[Request]) -> Request:
    """An entry of which one field cannot be."""
    good = {
        b"terminal": b'"0412"',
        b"epoch": b"1",
        b"number": b"1",
        b"at_ms": b"0",
        b"books_version": b"0",
        b"payload": b'"{}"',
        b"previous": b'"00"',
        b"hash": b'"00"',
    }
    name, _, value = chance.choice(_ENTRIES).partition(b":")
    fields = {**good, name.strip(b'"'): value}
    entry = b",".join(b'"%s":%s' % pair for pair in fields.items())
    return Request("POST", _FACTS, b'{"entries":[{%s}]}' % entry, key)


def _odd_query(chance: Random, key: str, _sent: Sequence[Request]) -> Request:
    return Request("GET", f"{_BOOKS}?{chance.choice(_QUERIES)}", b"", key)


def _wrong_place(chance: Random, key: str, _sent: Sequence[Request]) -> Request:
    method, path = chance.choice(_PLACES)
    return Request(method, path, b"{}", key)


def _nobody(chance: Random, _key: str, sent: Sequence[Request]) -> Request:
    return msgspec.structs.replace(chance.choice(sent), key=chance.choice(_KEYS))


def _torn(chance: Random, key: str, sent: Sequence[Request]) -> Request:
    """The body ends early, as does what is announced of it."""
    whole = chance.choice([request for request in sent if request.body] or [_any_body(chance, key, sent)])
    return msgspec.structs.replace(whole, body=whole.body[: chance.randrange(max(len(whole.body), 1))])


def _flipped(chance: Random, key: str, sent: Sequence[Request]) -> Request:
    """One bit of a batch of facts is another."""
    batches = [request for request in sent if request.path == _FACTS]
    if not batches:
        return _any_body(chance, key, sent)
    whole = chance.choice(batches)
    body = bytearray(whole.body)
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return msgspec.structs.replace(whole, body=bytes(body))


def _too_long(_chance: Random, key: str, _sent: Sequence[Request]) -> Request:
    return Request("POST", _FACTS, b" " * 600_000, key)


def _mixed(chance: Random, key: str, sent: Sequence[Request]) -> Request:
    """A batch with another terminal's key, or with an entry of another epoch, or far too many."""
    batches = [request for request in sent if request.path == _FACTS]
    if not batches:
        return _any_body(chance, key, sent)
    whole = chance.choice(batches)
    entries = msgspec.json.decode(whole.body, type=FactsBatch).entries
    match chance.randrange(3):
        case 0:
            odd = (*entries, msgspec.structs.replace(entries[0], epoch=entries[0].epoch + 1))
        case 1:
            odd = entries * (1001 // len(entries) + 1)
        case _:
            odd = (msgspec.structs.replace(entries[0], terminal="9999"),)
    return msgspec.structs.replace(whole, body=msgspec.json.encode(FactsBatch(odd)))
