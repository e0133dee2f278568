"""The street file (`config/street.toml`): terminals with their devices, clamps and fines, as typed values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from parking.documents import DocumentError, read_document, unreadable
from parking.identifiers import clamp_identifier, terminal_number
from parking.release_codes import release_code

Check = Literal["simple", "crc16"]
Positive = Annotated[int, msgspec.Meta(gt=0)]

PANELS = {
    "10-inch": (1280, 800, 218.0, 136.0),
    "15-inch-tall": (1080, 1920, 194.0, 345.0),
    "7-inch": (800, 480, 152.0, 91.0),
}
"""Width and height in pixels and in millimetres, by the name that the street file uses."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The common form: every key is named, an unknown one is refused."""


class CoinTable(_Table, frozen=True, kw_only=True):
    """`[[terminal.coin]]`: a coin that the acceptor knows."""

    position: Annotated[int, msgspec.Meta(ge=1, le=16)]
    coin_minor: Positive
    coin_id: str
    hopper: str | None = None


class HopperTable(_Table, frozen=True, kw_only=True):
    """`[[terminal.hopper]]`: a hopper and what is in it."""

    name: str
    address: Annotated[int, msgspec.Meta(ge=3, le=10)]
    coin_minor: Positive
    coins: Annotated[int, msgspec.Meta(ge=0)]
    variant: Literal["serial", "no-encrypt"] = "serial"
    checksum: Check = "simple"
    coins_per_second: Annotated[float, msgspec.Meta(gt=0)] = 4.0


class TerminalTable(_Table, frozen=True, kw_only=True):
    """`[[terminal]]`: a terminal with its devices."""

    number: str
    place: str
    phone: str
    zone: str = "Europe/Berlin"
    panel: Literal["10-inch", "15-inch-tall", "7-inch"] = "10-inch"
    checksum: Check = "simple"
    poll_interval_s: Annotated[float, msgspec.Meta(ge=0.02, le=0.9)] = 0.2
    coin: Annotated[tuple[CoinTable, ...], msgspec.Meta(min_length=1)]
    hopper: tuple[HopperTable, ...] = ()


class ClampTable(_Table, frozen=True, kw_only=True):
    """`[[clamp]]`: a clamp on a car: its codes in order, and the fine in lines of words and amount."""

    identifier: str
    codes: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    plate: str = ""
    fine: Annotated[tuple[tuple[str, Positive], ...], msgspec.Meta(min_length=1)]

    @property
    def total_minor(self) -> int:
        """What is owed, in minor units."""
        return sum(amount_minor for _, amount_minor in self.fine)


class StreetFile(_Table, frozen=True, kw_only=True):
    """The whole street."""

    terminal: Annotated[tuple[TerminalTable, ...], msgspec.Meta(min_length=1)]
    clamp: tuple[ClampTable, ...] = ()


def load_street(path: Path) -> StreetFile:
    """Read a street file.

    Raises:
        DocumentError: it cannot be read, or says something that cannot be, with file, line and key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(str(path), error) from error
    street = read_document(text, StreetFile, str(path))
    try:
        for terminal in street.terminal:
            _check_terminal(terminal)
        for clamp in street.clamp:
            _check_clamp(clamp)
        _all_different("clamp.identifier", [clamp_identifier(clamp.identifier) for clamp in street.clamp])
    except ValueError as error:
        raise DocumentError(f"{path}: {error}") from error
    return street


def _check_terminal(terminal: TerminalTable) -> None:
    name = f"terminal {terminal.number}"
    terminal_number(terminal.number)
    try:
        ZoneInfo(terminal.zone)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{name}: zone: {terminal.zone!r} is no time zone, such as Europe/Berlin") from error
    hoppers = {hopper.name: hopper.coin_minor for hopper in terminal.hopper}
    _all_different(f"{name}: hopper.name", [hopper.name for hopper in terminal.hopper])
    _all_different(f"{name}: hopper.address", [hopper.address for hopper in terminal.hopper])
    _all_different(f"{name}: coin.position", [coin.position for coin in terminal.coin])
    for coin in terminal.coin:
        if coin.hopper is not None and hoppers.get(coin.hopper) != coin.coin_minor:
            wanted = f"no hopper {coin.hopper!r} of {coin.coin_minor}"
            raise ValueError(f"{name}: coin at position {coin.position}: there is {wanted}")


def _check_clamp(clamp: ClampTable) -> None:
    try:
        clamp_identifier(clamp.identifier)
        for code in clamp.codes:
            release_code(code)
    except ValueError as error:
        raise ValueError(f"clamp {clamp.identifier!r}: {error}") from error


def _all_different(what: str, values: Sequence[object]) -> None:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{what}: {', '.join(twice)} stands twice; each must be different")


def terminal_toml(terminal: TerminalTable, *, server_url: str, printer_port: int, full_screen: bool) -> str:
    """The configuration of the real terminal program for this simulated place; paths are beside it."""
    width_px, height_px, width_mm, height_mm = PANELS[terminal.panel]
    tables = [
        _table(
            "terminal",
            number=terminal.number,
            place=terminal.place,
            phone=terminal.phone,
            zone=terminal.zone,
        ),
        _table(
            "panel",
            width_px=width_px,
            height_px=height_px,
            width_mm=width_mm,
            height_mm=height_mm,
            full_screen=full_screen,
        ),
        _table("store", file="terminal.db", key_file="store.key"),
        _table("server", url=server_url, key_file="server.key", pause_s=0.5),
        _table("coins", port="cctalk", checksum=terminal.checksum, poll_interval_s=terminal.poll_interval_s),
        *(
            _table("[coins.accepted]", position=coin.position, coin_minor=coin.coin_minor, hopper=coin.hopper)
            for coin in terminal.coin
        ),
        *(
            _table(
                "[hopper]",
                name=hopper.name,
                address=hopper.address,
                coin_minor=hopper.coin_minor,
                checksum=hopper.checksum,
                coins_at_first_start=hopper.coins,
            )
            for hopper in terminal.hopper
        ),
        _table("printer", host="127.0.0.1", port=printer_port),
        _table("scanner", port="scanner"),
    ]
    return "\n".join(tables)


def _table(header: str, /, **values: str | float | None) -> str:
    lines = [f"{key} = {_value(value)}" for key, value in values.items() if value is not None]
    return "\n".join([f"[{header}]", *lines, ""])


def _value(value: str | float) -> str:
    """A JSON string, number or truth value is one of TOML too."""
    return msgspec.json.encode(value).decode()
