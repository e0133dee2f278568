"""The machine behind the screen: devices, store, sync and session, put together from the configuration.

With `app.py` this is the composition root: the only place that knows concrete classes. It is imported in
the session's thread after the first frame is on the screen, because what it imports takes its time.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from kiosk import clock
from kiosk.config import TerminalConfig
from kiosk.flows.commands import (
    AcceptCoins,
    Command,
    HoldClaim,
    PayOut,
    Print,
    Reserve,
    SettlePayout,
    StopCoins,
    WatchCoins,
)
from kiosk.flows.events import DeviceBroke, Event, PrintFailed, ServerSilent
from kiosk.flows.screens import Screen
from kiosk.flows.state import Books, HopperSetup, Site, TimeOuts
from kiosk.hardware.cctalk.bus import Echo
from kiosk.hardware.cctalk.coin_acceptor import AcceptorConfiguration
from kiosk.hardware.cctalk.coin_line import CoinLine, CoinLineConfiguration
from kiosk.hardware.cctalk.frames import Checksum
from kiosk.hardware.cctalk.hopper import HopperConfiguration
from kiosk.hardware.cctalk.messages import DispenseVariant
from kiosk.hardware.escpos.printer import ReceiptPrinter
from kiosk.hardware.ports import Device, Post
from kiosk.hardware.pump import Pump
from kiosk.hardware.scanner.barcode_scanner import BarcodeScanner
from kiosk.hardware.transport.serial_line import SerialLine
from kiosk.hardware.transport.tcp import TcpTransport
from kiosk.session import Session, Store
from kiosk.store.books import SealedBooks
from kiosk.store.database import open_for_writing
from kiosk.store.durable import make_folder
from kiosk.store.journal import Journal, JournalError
from kiosk.store.sealing import KeyFileError, Sealer, load_or_make_key
from kiosk.store.shelf import StoreShelf
from kiosk.store.signing import ClaimSigner
from kiosk.sync.address import ServerAddress
from kiosk.sync.client import SyncClient
from parking.civil_time import Moment
from parking.money import CURRENCIES

COIN_COMMANDS: tuple[type[Command], ...] = (WatchCoins, AcceptCoins, StopCoins, PayOut, SettlePayout)


class Machine:
    """Everything but the screen. Its methods are called in the session's thread (see `inbox.Handler`)."""

    def __init__(
        self,
        config: TerminalConfig,
        folder: Path,
        address: ServerAddress | None,
        *,
        show: Callable[[Screen], None],
        post: Post,
        software: str,
    ) -> None:
        """`folder` is where the configuration stands: its paths are relative to it."""
        self._config = config
        self._folder = folder
        self._coins = Pump(self._coin_line(post), post)
        self._printer = self._pump_of(self._receipt_printer(post), post)
        self._scanner = self._pump_of(self._barcode_scanner(post), post)
        self._sync = self._sync_client(address, post)
        self._session = Session(
            open_store=self._open_store,
            make_site=self._site,
            outlets=self._outlets(post),
            show=show,
            post=post,
            recorded=self._sync.poke if self._sync else _nobody_to_tell,
            software=software,
        )

    # --- the session's thread --------------------------------------------------------------------------

    def start(self, at: Moment) -> None:
        """Open the store and finish what was open, then let devices and sync run."""
        self._session.start(at)
        for pump in self._pumps():
            pump.start()
        if self._sync:
            self._sync.start()

    def handle(self, event: Event, at: Moment) -> None:
        """One event."""
        self._session.handle(event, at)

    def stop(self) -> None:
        """Nothing is accepted any more; every thread ends."""
        self._session.stop()
        for pump in self._pumps():
            pump.stop()
        if self._sync:
            self._sync.stop()

    # --- devices ---------------------------------------------------------------------------------------

    def _pumps(self) -> tuple[Pump, ...]:
        return tuple(pump for pump in (self._coins, self._printer, self._scanner) if pump)

    @staticmethod
    def _pump_of(device: Device | None, post: Post) -> Pump | None:
        return Pump(device, post) if device else None

    def _coin_line(self, post: Post) -> CoinLine:
        coins = self._config.coins
        configuration = CoinLineConfiguration(
            acceptor=AcceptorConfiguration(
                address=coins.address,
                checksum=Checksum(coins.checksum),
                poll_interval_s=coins.poll_interval_s,
            ),
            hoppers=tuple(
                HopperConfiguration(
                    name=hopper.name,
                    address=hopper.address,
                    checksum=Checksum(hopper.checksum),
                    variant=None if hopper.variant == "auto" else DispenseVariant(hopper.variant),
                )
                for hopper in self._config.hopper
            ),
            echo=Echo(coins.echo),
            reply_timeout_s=coins.reply_timeout_s,
        )
        return CoinLine(SerialLine(str(self._path(coins.port))), post, clock.steady_s, configuration)

    def _receipt_printer(self, post: Post) -> ReceiptPrinter | None:
        printer = self._config.printer
        return (
            ReceiptPrinter(TcpTransport(printer.host, printer.port), post, clock.steady_s)
            if printer
            else None
        )

    def _barcode_scanner(self, post: Post) -> BarcodeScanner | None:
        scanner = self._config.scanner
        if scanner is None:
            return None
        return BarcodeScanner(SerialLine(str(self._path(scanner.port))), post, clock.steady_s)

    # --- store and sync --------------------------------------------------------------------------------

    def _open_store(self) -> Store:
        store, identity = self._config.store, self._config.terminal
        path = self._path(store.file)
        try:
            make_folder(path.parent)
            sealer = Sealer(load_or_make_key(self._path(store.key_file), path))
            db = open_for_writing(path)
        except (OSError, KeyFileError) as error:
            raise JournalError(str(error)) from error
        journal = Journal(db, path, terminal=identity.number, epoch=identity.epoch, index_of=sealer.index_of)
        signer = ClaimSigner(sealer, identity.number, identity.epoch)
        return Store(journal, SealedBooks(db, sealer, signer), sealer.open_code, signer.sign)

    def _sync_client(self, address: ServerAddress | None, post: Post) -> SyncClient | None:
        server, identity = self._config.server, self._config.terminal
        if server is None or address is None:
            post(DeviceBroke("server", "SYNC.NOT_FITTED", "the configuration has no [server]"))
            return None
        path = self._path(self._config.store.file)
        return SyncClient(
            lambda: StoreShelf(path, identity.number, identity.epoch),
            post,
            address,
            steady=clock.steady_s,
            jitter=sum(identity.number.encode()) % 16 / 16,
            pause_s=server.pause_s,
        )

    # --- the session -----------------------------------------------------------------------------------

    def _site(self, books: Books) -> Site:
        identity, time_outs = self._config.terminal, self._config.time_outs
        return Site(
            terminal=identity.number,
            epoch=identity.epoch,
            place=identity.place,
            phone=identity.phone,
            zone=identity.zone,
            currency=CURRENCIES[identity.currency],
            lines=identity.lines,
            coins=self._config.coin_positions,
            hoppers=tuple(
                HopperSetup(hopper.name, hopper.coin_minor, hopper.coins_at_first_start)
                for hopper in self._config.hopper
            ),
            books=books,
            time_outs=TimeOuts(
                conversation_s=time_outs.conversation_s,
                coins_s=time_outs.coins_s,
                result_s=time_outs.result_s,
                warning_s=time_outs.warning_s,
                take_s=time_outs.take_s,
                code_again_s=identity.code_again_days * 86_400,
            ),
        )

    def _outlets(self, post: Post) -> Mapping[type[Command], Callable[[Command], None]]:
        outlets: dict[type[Command], Callable[[Command], None]] = dict.fromkeys(
            COIN_COMMANDS, self._coins.order
        )
        outlets[Print] = self._printer.order if self._printer else self._no_printer_with(post)
        outlets[Reserve] = outlets[HoldClaim] = self._ask_server_with(post)
        return outlets

    def _no_printer_with(self, post: Post) -> Callable[[Command], None]:
        """A terminal without a printer says so once, and fails each job at once: nobody waits for paper."""
        post(DeviceBroke("printer", "PRN.NOT_FITTED", "the configuration has no [printer]"))

        def refuse(command: Command) -> None:
            assert isinstance(command, Print)  # noqa: S101 - the table of outlets says so
            post(PrintFailed(command.job, "PRN.NOT_FITTED"))

        return refuse

    def _ask_server_with(self, post: Post) -> Callable[[Command], None]:
        def ask(command: Command) -> None:
            assert isinstance(command, Reserve | HoldClaim)  # noqa: S101 - the table of outlets says so
            if self._sync:
                self._sync.order(command)
            else:
                post(ServerSilent(command.reference))

        return ask

    def _path(self, text: str) -> Path:
        return self._folder / text


def _nobody_to_tell() -> None:
    """A terminal without a server keeps its facts to itself."""
