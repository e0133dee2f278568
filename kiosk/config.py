"""The terminal's configuration: `terminal.toml` as a typed value. The file itself explains each key.

Only what the file says is here; what it means to a driver or to the screen is put together in `app.py`.
"""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from parking.change import CoinPosition
from parking.documents import DocumentError, read_document, unreadable
from parking.identifiers import terminal_number

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Positive = Annotated[int, msgspec.Meta(gt=0)]
Check = Literal["simple", "crc16"]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The common form: every key is named, an unknown one is refused."""


class Identity(_Table, frozen=True, kw_only=True):
    """`[terminal]`: who this terminal is and where it stands."""

    number: Text
    epoch: Positive = 1
    place: Text
    phone: Text
    zone: Text = "Europe/Berlin"
    currency: Literal["EUR", "GBP", "PLN", "CHF", "JPY"] = "EUR"
    lines: Annotated[tuple[Literal["release"], ...], msgspec.Meta(min_length=1)] = ("release",)
    code_again_days: Annotated[int, msgspec.Meta(ge=1, le=30)] = 7


class PanelTable(_Table, frozen=True, kw_only=True):
    """`[panel]`: the touch panel."""

    width_px: Positive
    height_px: Positive
    width_mm: Annotated[float, msgspec.Meta(gt=0)]
    height_mm: Annotated[float, msgspec.Meta(gt=0)]
    full_screen: bool = True


class StoreTable(_Table, frozen=True, kw_only=True):
    """`[store]`: where journal and books are kept, and the key that seals them."""

    file: Text
    key_file: Text


class ServerTable(_Table, frozen=True, kw_only=True):
    """`[server]`: the central server, and the file with the key this terminal shows there."""

    url: Text
    key_file: Text
    authorities: str = ""
    pause_s: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] = 2.0


class CoinTable(_Table, frozen=True, kw_only=True):
    """`[[coins.accepted]]`: a coin of the acceptor."""

    position: Annotated[int, msgspec.Meta(ge=1, le=16)]
    coin_minor: Positive
    hopper: str | None = None


class CoinsTable(_Table, frozen=True, kw_only=True):
    """`[coins]`: the ccTalk line with the acceptor."""

    port: Text
    address: Annotated[int, msgspec.Meta(ge=2, le=255)] = 2
    checksum: Check = "simple"
    echo: Literal["auto", "on", "off"] = "auto"
    reply_timeout_s: Annotated[float, msgspec.Meta(gt=0, le=5)] = 0.25
    poll_interval_s: Annotated[float, msgspec.Meta(ge=0.02, le=0.9)] = 0.2
    accepted: Annotated[tuple[CoinTable, ...], msgspec.Meta(min_length=1, max_length=16)]


class HopperTable(_Table, frozen=True, kw_only=True):
    """`[[hopper]]`: a hopper on the same line."""

    name: Text
    address: Annotated[int, msgspec.Meta(ge=3, le=10)]
    coin_minor: Positive
    checksum: Check = "simple"
    variant: Literal["auto", "serial", "no-encrypt"] = "auto"
    coins_at_first_start: Annotated[int, msgspec.Meta(ge=0)] = 0


class PrinterTable(_Table, frozen=True, kw_only=True):
    """`[printer]`: the receipt printer."""

    host: Text
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 9100


class ScannerTable(_Table, frozen=True, kw_only=True):
    """`[scanner]`: the barcode scanner on a serial line."""

    port: Text


class TimeOutsTable(_Table, frozen=True, kw_only=True):
    """`[time_outs]`: seconds; a site may lengthen them, not shorten them."""

    conversation_s: Annotated[int, msgspec.Meta(ge=60)] = 60
    coins_s: Annotated[int, msgspec.Meta(ge=120)] = 120
    result_s: Annotated[int, msgspec.Meta(ge=120)] = 120
    warning_s: Annotated[int, msgspec.Meta(ge=30)] = 30
    take_s: Annotated[int, msgspec.Meta(ge=30)] = 30


class TerminalConfig(_Table, frozen=True, kw_only=True):
    """The whole file. A device that has no table is not fitted."""

    terminal: Identity
    panel: PanelTable
    store: StoreTable
    server: ServerTable | None = None
    coins: CoinsTable
    hopper: tuple[HopperTable, ...] = ()
    printer: PrinterTable | None = None
    scanner: ScannerTable | None = None
    time_outs: TimeOutsTable = TimeOutsTable()

    @property
    def coin_positions(self) -> tuple[CoinPosition, ...]:
        """The coins as the flows know them."""
        return tuple(
            CoinPosition(coin.position, coin.coin_minor, coin.hopper) for coin in self.coins.accepted
        )


def load(path: Path) -> TerminalConfig:
    """Read the configuration; paths in it are relative to the file.

    Raises:
        DocumentError: the file cannot be read, or says something that cannot be; told with file, line, key
            and what was expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(str(path), error) from error
    config = read_document(text, TerminalConfig, str(path))
    _check_sense(config, str(path))
    return config


def _check_sense(config: TerminalConfig, name: str) -> None:
    """What no single key tells: names that must fit together."""
    try:
        terminal_number(config.terminal.number)
    except ValueError as error:
        raise DocumentError(f"{name}: terminal.number: {error}") from error
    try:
        ZoneInfo(config.terminal.zone)
    except (ValueError, KeyError) as error:
        zone = config.terminal.zone
        raise DocumentError(
            f"{name}: terminal.zone: {zone!r} is no time zone, such as Europe/Berlin"
        ) from error
    hoppers = {hopper.name: hopper for hopper in config.hopper}
    _all_different(name, "hopper.name", [hopper.name for hopper in config.hopper])
    addresses = [config.coins.address, *(hopper.address for hopper in config.hopper)]
    _all_different(name, "the addresses on the coin line", addresses)
    _all_different(name, "coins.accepted.position", [coin.position for coin in config.coins.accepted])
    for coin in config.coins.accepted:
        if coin.hopper is None:
            continue
        hopper = hoppers.get(coin.hopper)
        if hopper is None:
            raise DocumentError(
                f"{name}: coins.accepted: position {coin.position}: no hopper {coin.hopper!r}"
            )
        if hopper.coin_minor != coin.coin_minor:
            raise DocumentError(
                f"{name}: coins.accepted: position {coin.position} is worth {coin.coin_minor}, "
                f"but falls into {coin.hopper!r}, which pays coins of {hopper.coin_minor}"
            )


def _all_different(name: str, what: str, values: list[str] | list[int]) -> None:
    twice = sorted({str(value) for value in values if values.count(value) > 1})  # type: ignore[arg-type]
    if twice:
        raise DocumentError(f"{name}: {what}: {', '.join(twice)} stands twice; each must be different")
