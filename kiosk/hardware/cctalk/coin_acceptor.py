"""The coin acceptor: sets its inhibits, reads its credits, and tells the session each event once.

It is given steps by the coin line and waits for nothing but the line. A credit is money: it is believed only
when two readings in a row say the same and agree with what the buffer showed before. Which coins may come in
is the session's decision; here it is carried out and confirmed.

Source: Generic Specification, part 2, headers 228 to 232; maker's manuals as named in `messages.py`.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.flows.commands import AcceptCoins, StopCoins, WatchCoins
from kiosk.flows.events import (
    AcceptorReady,
    AcceptorReset,
    CoinAccepted,
    CoinCreditsLost,
    CoinRejected,
    CoinsStopped,
    WatchingCoins,
)
from kiosk.flows.state import AcceptorEvent
from kiosk.hardware.cctalk.bus import Bus, ExchangeError, NoAnswerError, Peer, RefusedError, RubbishError
from kiosk.hardware.cctalk.frames import Checksum
from kiosk.hardware.cctalk.messages import (
    NULL_EVENT,
    CreditBuffer,
    CreditEvent,
    ErrorKind,
    Header,
    MessageRefusedError,
    contradicts,
    error_kind,
    error_words,
    news_since,
    read_credit_buffer,
    read_inhibits,
    read_text,
    write_inhibits,
)
from kiosk.hardware.cctalk.troubles import Trouble
from kiosk.hardware.health import Health
from kiosk.hardware.ports import Post, SteadyClock, TransportError

DEVICE = "coins"
"""The acceptor's name in events."""

RETRY_S = 1.0
"""How long a silent acceptor is left in peace."""
CHECK_S = 2.0
"""How often its inhibits are compared, and a jam is looked after."""

DOUBTED_AT_MOST_S = 10.0
"""What it says again and again for so long, and nothing else, is what it knows: it has begun anew."""

_READINGS = 4
"""So many readings may differ before nothing is believed any more."""
_SLOW = 4.0
"""A self-check may take up to 1.2 s (four of the default time-outs and more)."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AcceptorConfiguration:
    """How the acceptor is reached: its address, the check of its frames, and how often it is polled."""

    address: int = 2
    checksum: Checksum = Checksum.SIMPLE
    poll_interval_s: float = 0.2


class _UnbelievableError(Exception):
    """Readings of the credit buffer that do not agree; `reading` is the last of them."""

    def __init__(self, words: str, reading: CreditBuffer) -> None:
        super().__init__(words)
        self.reading = reading


class CoinAcceptor:
    """Drives one acceptor. `due_s` is when, on the steady clock, its next step should come."""

    def __init__(
        self, bus: Bus, configuration: AcceptorConfiguration, post: Post, clock: SteadyClock
    ) -> None:
        self._bus = bus
        self._peer = Peer(configuration.address, configuration.checksum)
        self._interval_s = configuration.poll_interval_s
        self._post = post
        self._clock = clock
        self._health = Health(DEVICE, post)
        self.due_s = clock()
        self._check_s = clock()
        self._is_up = False
        # What the session wants.
        self._wished: frozenset[int] = frozenset()
        self._stopping = False
        self._baseline_wanted = False
        # What is known of the device.
        self._told: int | None = None  # the last event that was posted; None while nobody watches
        self._remembered: tuple[AcceptorEvent, ...] = ()  # what the journal has up to `_told`, until compared
        self._seen: CreditBuffer | None = None  # the last reading that was believed
        self._let_in: frozenset[int] | None = None  # what it confirmed to let in; None when that is not known
        self._has_master_inhibit = True
        self._has_inhibit_status = True
        self._doubted = False
        self._strange: CreditBuffer | None = None  # what it said when it was doubted, and since when
        self._strange_s = 0.0
        self._jam = ""

    def perform(self, command: WatchCoins | AcceptCoins | StopCoins) -> None:
        """Note what the session wants; the next step does it."""
        self.due_s = self._clock()
        if isinstance(command, WatchCoins):
            self._watch_from(command.counter, command.events)
        elif isinstance(command, StopCoins):
            self._wished, self._stopping = frozenset(), True
            self._let_in = None
        else:
            write_inhibits(command.positions)  # a position that no acceptor has is refused here
            self._wished = command.positions

    def step(self) -> None:
        """One turn: set up if need be, read credits, set inhibits. Raises only TransportError."""
        self.due_s = self._clock() + self._interval_s
        try:
            self._take_turn()
        except _UnbelievableError as doubt:
            self._doubt(doubt)
        except MessageRefusedError as strange:
            self._lose(Trouble.COIN_RUBBISH, strange)
        except (RubbishError, RefusedError) as rubbish:
            self._lose(Trouble.COIN_RUBBISH, rubbish)
        except ExchangeError as silence:
            self._lose(Trouble.COIN_SILENT, silence)

    def unplugged(self, gone: TransportError) -> None:
        """The line is gone, and with it everything that was known of the device's settings."""
        self._lose(Trouble.COIN_UNPLUGGED, gone)
        self.due_s = self._clock()

    def leave_safe(self) -> None:
        """Let nothing in any more, as far as the device answers. Raises only TransportError."""
        if self._is_up:
            try:
                self._set_inhibits(frozenset())
            except ExchangeError as silence:
                log.warning("the acceptor did not confirm that it lets nothing in: %s", silence)

    # --- one turn

    def _take_turn(self) -> None:
        if not self._is_up:
            self._set_up()
        else:
            self._read_credits()
        self._let_in_what_is_wished()
        self._confirm_stop()
        if self._clock() >= self._check_s:
            self._check_s = self._clock() + CHECK_S
            self._look_after_jam()
            self._compare_inhibits()

    def _set_up(self) -> None:
        """Greet the device, let nothing in, and learn its counter."""
        self._bus.ask(self._peer, Header.SIMPLE_POLL, tries=1)
        log.info("coin acceptor: %s %s", self._asked_text(Header.REQUEST_MANUFACTURER_ID), self._product())
        self._has_master_inhibit = self._has_inhibit_status = True
        self._set_inhibits(frozenset())
        buffer = self._believable_buffer()
        self._is_up, self._doubted, self._jam = True, False, ""
        if self._baseline_wanted:
            self._told, self._baseline_wanted = buffer.counter, False
        self._post(AcceptorReady(buffer.counter))
        self._health.works()
        self._tell_news(buffer)

    def _product(self) -> str:
        return self._asked_text(Header.REQUEST_PRODUCT_CODE)

    def _asked_text(self, header: Header) -> str:
        try:
            return read_text(self._bus.ask(self._peer, header, tries=1))
        except ExchangeError:  # not every device tells its maker; it serves all the same
            return "?"

    def _lose(self, trouble: Trouble, reason: Exception) -> None:
        self._health.broke(trouble.value, str(reason))
        self._is_up = False
        self._let_in = None
        self.due_s = self._clock() + RETRY_S

    # --- credits

    def _watch_from(self, counter: int | None, events: tuple[AcceptorEvent, ...]) -> None:
        """Begin to tell events after `counter`: the last one that is durable.

        Said again with an older counter, what followed it is told again: it could not be written.
        """
        self._post(WatchingCoins(counter))
        if counter is not None:
            self._told, self._remembered = counter, events
        elif self._told is not None:
            return
        elif self._seen is not None and self._is_up:
            self._told = self._seen.counter
        else:
            self._baseline_wanted = True

    def _read_credits(self) -> None:
        buffer = self._believable_buffer()
        if self._doubted:
            self._doubted = False
            self._health.works()
        self._tell_news(buffer)

    def _believable_buffer(self) -> CreditBuffer:
        """Read until the buffer is what it was, or two readings in a row agree with it and each other."""
        reading = self._reading()
        for _ in range(_READINGS):
            if reading == self._seen:
                return reading
            before, reading = reading, self._reading()
            if reading == before and (self._seen is None or not contradicts(self._seen, reading)):
                return reading
        words = f"the buffer of events says {reading}, after it said {self._seen}"
        raise _UnbelievableError(words, reading)

    def _reading(self) -> CreditBuffer:
        return read_credit_buffer(self._bus.ask(self._peer, Header.READ_BUFFERED_CREDIT))

    def _tell_news(self, buffer: CreditBuffer) -> None:
        before, self._seen = self._seen, buffer
        known = self._told if self._told is not None else (before or buffer).counter
        news = news_since(known, buffer, before, self._remembered)
        self._remembered = ()
        if news.was_reset or news.lost:
            self._let_in = None  # it has forgotten its inhibits, or nobody knows
        if self._told is None:
            return
        if news.was_reset:
            self._told = 0  # a jam that was told is still looked after: nobody else says that it is over
            self._post(AcceptorReset())
        if news.lost:
            self._told = news.lost_until
            self._post(CoinCreditsLost(news.lost, news.lost_until))
        for counter, event in news.events:
            self._told = counter
            self._tell_event(counter, event)

    def _tell_event(self, counter: int, event: CreditEvent) -> None:
        if event.is_credit:
            self._post(CoinAccepted(event.first, event.second, counter))
            self._clear_jam()
            return
        self._post(CoinRejected(event.second, counter))
        if error_kind(event.second) is ErrorKind.JAM:
            self._jam = error_words(event.second)
            self._check_s = self._clock() + CHECK_S
            self._health.broke(Trouble.COIN_JAM.value, self._jam)

    def _doubt(self, doubt: _UnbelievableError) -> None:
        """Stop letting coins in until the readings make sense again, or go on saying the same."""
        if not self._doubted or doubt.reading != self._strange:
            self._strange, self._strange_s = doubt.reading, self._clock()
        elif self._clock() - self._strange_s >= DOUBTED_AT_MOST_S:
            self._forget_readings()
        self._doubted = True
        self._health.broke(Trouble.COIN_RUBBISH.value, str(doubt))
        self._guarded(self._let_in_what_is_wished)

    def _forget_readings(self) -> None:
        """Look at it as at a start: the next readings are held against the last events that were told."""
        if self._seen is not None and self._seen.counter == self._told:
            self._remembered = tuple(
                AcceptorEvent(event.first, 0 if event.is_credit else event.second)
                for event in self._seen.events
                if event != NULL_EVENT
            )
        self._seen = None

    def _guarded(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except ExchangeError as reason:
            self._lose(Trouble.COIN_RUBBISH, reason)

    # --- inhibits

    def _let_in_what_is_wished(self) -> None:
        closed = self._stopping or self._doubted
        wished = frozenset[int]() if closed else self._wished
        if wished != self._let_in:
            self._set_inhibits(wished)

    def _set_inhibits(self, positions: frozenset[int]) -> None:
        """Set the mask and the master inhibit; on return the device has confirmed it."""
        self._let_in = None
        if not positions:
            self._set_master_inhibit(accept=False)
        self._bus.ask(self._peer, Header.MODIFY_INHIBIT_STATUS, write_inhibits(positions))
        if positions:
            self._set_master_inhibit(accept=True)
        self._let_in = positions

    def _set_master_inhibit(self, *, accept: bool) -> None:
        """228 where the device knows it; the SR3 is silent, others refuse, and the mask of 231 must do."""
        if not self._has_master_inhibit:
            return
        try:
            self._bus.ask(self._peer, Header.MODIFY_MASTER_INHIBIT_STATUS, bytes([accept]))
        except (NoAnswerError, RefusedError):
            self._has_master_inhibit = False

    def _confirm_stop(self) -> None:
        if self._stopping and self._let_in == frozenset():
            self._read_credits()
            if self._knows_what_it_lets_in():
                self._stopping = False
                self._post(CoinsStopped())

    def _knows_what_it_lets_in(self) -> bool:
        return self._let_in is not None

    def _compare_inhibits(self) -> None:
        """See whether the device still has the mask: a short power cut at counter 0 shows nowhere else.

        Unprogrammed positions read as 0 on some devices (AL55/66), so fewer positions are no contradiction.
        """
        if not self._has_inhibit_status or self._let_in is None:
            return
        try:
            mask = read_inhibits(self._bus.ask(self._peer, Header.REQUEST_INHIBIT_STATUS, tries=2))
        except (ExchangeError, MessageRefusedError):
            self._has_inhibit_status = False
            return
        if not mask <= self._let_in or (self._let_in and not mask):
            self._let_in = None

    # --- jam

    def _look_after_jam(self) -> None:
        """Ask a jammed acceptor whether it is well again: 232 answers 0."""
        if not self._jam:
            return
        try:
            fault = self._bus.ask(self._peer, Header.PERFORM_SELF_CHECK, tries=1, patience=_SLOW)
        except ExchangeError:  # a device without self-check is well again when the next coin passes
            return
        if fault[:1] == b"\0":
            self._clear_jam()

    def _clear_jam(self) -> None:
        if self._jam:
            self._jam = ""
            self._health.works()
