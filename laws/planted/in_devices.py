"""Mistakes in the drivers: coins credited or paid that should not be."""

import contextlib
from collections.abc import Iterator

import msgspec

from kiosk.flows import settlement
from kiosk.flows.events import CoinAccepted
from kiosk.flows.step import Draft
from kiosk.hardware.cctalk import coin_acceptor, hopper, messages
from kiosk.hardware.cctalk.bus import ExchangeError
from kiosk.hardware.cctalk.coin_acceptor import CoinAcceptor
from kiosk.hardware.cctalk.hopper import Hopper
from kiosk.hardware.cctalk.messages import CreditBuffer, Header, HopperStatus
from laws.planted.mistake import Hunter, mistake, patched


@mistake(
    "dispense-retried-blindly", "the order to pay is sent again when its answer is lost", laws=("6",), near=6
)
def _dispense_retried_blindly() -> Iterator[None]:
    honest = Hopper._send_once

    def send_until_answered(self: Hopper, job: hopper._Job, order: bytes) -> None:
        honest(self, job, order)
        if not job.was_taken:
            with contextlib.suppress(ExchangeError):
                self._bus.ask(self._peer, Header.EMERGENCY_STOP)
                self._bus.ask(self._peer, Header.DISPENSE_HOPPER_COINS, order, tries=1)

    with patched(Hopper, "_send_once", send_until_answered):
        yield


@mistake(
    "lost-events-not-told",
    "six coins and more behind, the ones that the buffer lost are passed over without a fact",
    laws=("5",),
    hunter=Hunter.COUNTERS,
    near=6,
)
def _lost_events_not_told() -> Iterator[None]:
    honest = messages.news_since

    def news_since(*known: object) -> object:
        news = honest(*known)  # type: ignore[arg-type] # as it was called
        return news._replace(lost=0)

    with patched(coin_acceptor, "news_since", news_since), _gaps_are_tolerated():
        yield


@contextlib.contextmanager
def _gaps_are_tolerated() -> Iterator[None]:
    """The second door that would notice: a coin whose counter is not the next one."""
    honest = settlement.coin

    def coin(draft: Draft, event: CoinAccepted) -> None:
        before = draft.terminal
        if before.acceptor_counter is not None and event.counter != before.acceptor_counter:
            behind = (event.counter - 2) % settlement.LAST_COUNTER + 1
            draft.terminal = msgspec.structs.replace(before, acceptor_counter=behind)
        honest(draft, event)

    with patched(settlement, "coin", coin):
        yield


@mistake(
    "counter-not-compared",
    "at the start the acceptor's counter is taken as it is, not compared with the journal's",
    laws=("5",),
    hunter=Hunter.COUNTERS,
)
def _counter_not_compared() -> Iterator[None]:
    honest = CoinAcceptor._watch_from

    def watch_from(self: CoinAcceptor, counter: int | None, events: object) -> None:
        del counter, events
        honest(self, None, ())

    with patched(CoinAcceptor, "_watch_from", watch_from):
        yield


@mistake(
    "read-once-before-crediting",
    "a reading of the credit buffer is believed at once, not read again",
    laws=("5",),
    hunter=Hunter.FRAMES,
)
def _read_once_before_crediting() -> Iterator[None]:
    def believe(self: CoinAcceptor) -> CreditBuffer:
        return self._reading()

    with patched(CoinAcceptor, "_believable_buffer", believe):
        yield


@mistake(
    "status-read-once",
    "one reading of a hopper's status gives a payout its result",
    laws=("6",),
    hunter=Hunter.FRAMES,
    near=13,
)
def _status_read_once() -> Iterator[None]:
    def believe(self: Hopper) -> HopperStatus:
        return self._reading()

    with patched(Hopper, "_status", believe):
        yield
