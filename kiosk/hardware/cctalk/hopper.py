"""One hopper: pays coins out, once, and tells what became of each order.

The rule above all: header 167 is sent once for an order and never again, whatever happens. Whether the
hopper took it is read from its event counter (166), which goes up by one with every order it takes. Where its
answers leave a doubt, the order is told as uncertain, and people decide.

Source: Generic Specification, part 2, headers 160 to 172; Suzo-Happ Flow 18 manual, 7.3 "Hopper dispense
coins procedure"; Money Controls SCH2 (TSP016); Alberici HopperCD manual. Makers contradict each other about
the unpaid coins in 166, so what was not paid is counted from what was asked for.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from kiosk.flows.commands import PayOut, SettlePayout
from kiosk.flows.events import HopperReady, PayoutDone, PayoutUncertain
from kiosk.hardware.cctalk.bus import Bus, ExchangeError, Peer, RefusedError, RubbishError
from kiosk.hardware.cctalk.frames import Checksum
from kiosk.hardware.cctalk.messages import (
    ENABLE_KEY,
    MOST_COINS,
    NO_KEY,
    Cipher,
    DispenseVariant,
    Header,
    HopperFlag,
    HopperStatus,
    MessageRefusedError,
    dispense_variant,
    next_counter,
    read_hopper_flags,
    read_hopper_status,
    read_serial_number,
    read_text,
    write_dispense,
)
from kiosk.hardware.cctalk.troubles import Trouble
from kiosk.hardware.health import Health
from kiosk.hardware.ports import Post, SteadyClock, TransportError

REMEMBERED_ORDERS = 64
"""So many orders are remembered, to know one that is said again; far more than can be on their way."""
PAYING_INTERVAL_S = 0.1
"""How often a paying hopper is asked how far it is."""
IDLE_INTERVAL_S = 2.0
"""How often an idle hopper is asked whether it is well."""
RETRY_S = 1.0
"""How long a silent hopper is left in peace."""

_JAM_FLAGS = frozenset({HopperFlag.OVER_CURRENT, HopperFlag.BLOCKED_IN_PAYOUT, HopperFlag.PATH_BLOCKED_IDLE})
_FRAUD_FLAGS = frozenset({HopperFlag.SHORT_CIRCUIT_IDLE, HopperFlag.SHORT_CIRCUIT_IN_PAYOUT})

_Said = TypeVar("_Said")
_READINGS = 4
"""So many readings may differ before nothing is believed any more."""
_LEVEL_LOW, _LOW_SENSOR_FITTED = 0x01, 0x10

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HopperConfiguration:
    """How a hopper is reached and how patient the driver is with it.

    `name` is what commands and events call it. `variant` None: told apart by the hopper's own words (244, 4).
    `start_limit_s`: an order that could not even be sent for so long is given back unpaid.
    `silence_limit_s`: an order that was sent becomes uncertain after so long without a word from the hopper.
    `stall_limit_s`: a hopper that pays nothing for so long is stopped (172).
    """

    name: str
    address: int = 3
    checksum: Checksum = Checksum.SIMPLE
    variant: DispenseVariant | None = None
    start_limit_s: float = 5.0
    silence_limit_s: float = 30.0
    stall_limit_s: float = 30.0


@dataclass
class _Job:
    """The order in hand and what is known about it."""

    command: PayOut | SettlePayout
    heard_s: float
    """When the hopper last said something about it (at first: when it became the order in hand)."""
    moved_s: float
    """When its coins last moved."""
    before: HopperStatus | None = None
    """What the hopper said before the order was sent."""
    last: HopperStatus | None = None
    was_sent: bool = False
    """167 went out, or may have; it must never go out again."""
    was_taken: bool = False
    """The hopper answered 167 with yes."""
    lost_power: bool = False
    """It was found switched off and on since the order was sent."""
    was_stopped: bool = False


class Hopper:
    """Drives one hopper. `due_s` is when, on the steady clock, its next step should come."""

    def __init__(
        self,
        bus: Bus,
        configuration: HopperConfiguration,
        post: Post,
        clock: SteadyClock,
        cipher: Cipher | None = None,
    ) -> None:
        self._bus = bus
        self._peer = Peer(configuration.address, configuration.checksum)
        self._configuration = configuration
        self._name = configuration.name
        self._post = post
        self._clock = clock
        self._cipher = cipher
        self._health = Health(configuration.name, post)
        self.due_s = clock()
        self._is_up = False
        self._variant: DispenseVariant | None = configuration.variant
        self._serial = b""
        self._counter_told: int | None = None
        self._trouble: Trouble | None = None
        self._orders: deque[str] = deque(maxlen=REMEMBERED_ORDERS)
        self._waiting: deque[PayOut | SettlePayout] = deque()
        self._job: _Job | None = None

    def perform(self, command: PayOut | SettlePayout) -> None:
        """Put an order behind those before it. A payout is in hand once: said again, it changes nothing."""
        if isinstance(command, PayOut):
            if command.order in self._orders:
                return
            self._orders.append(command.order)
        self._waiting.append(command)
        self._take_next_job()
        self.due_s = self._clock()

    def step(self) -> None:
        """One turn: set up if need be, then the order in hand, or a look at an idle hopper.

        Raises only TransportError.
        """
        self._plan_next()
        try:
            self._take_turn()
        except (RubbishError, RefusedError, MessageRefusedError) as rubbish:
            self._lose(Trouble.HOPPER_RUBBISH, rubbish)
        except ExchangeError as silence:
            self._lose(Trouble.HOPPER_SILENT, silence)
        self._give_up_in_time()

    def unplugged(self, gone: TransportError) -> None:
        """The line is gone; what the hopper does now, nobody hears."""
        self._lose(Trouble.HOPPER_UNPLUGGED, gone)
        self.due_s = self._clock()
        self._give_up_in_time()

    # --- one turn

    def _take_turn(self) -> None:
        if not self._is_up:
            self._set_up()
        job = self._job
        if job is None:
            self._look_after()
        elif isinstance(job.command, SettlePayout):
            self._settle(job, job.command)
        elif job.was_sent:
            self._follow(job)
        else:
            self._begin(job, job.command)

    def _plan_next(self) -> None:
        self.due_s = self._clock() + (IDLE_INTERVAL_S if self._job is None else PAYING_INTERVAL_S)

    def _set_up(self) -> None:
        """Greet the hopper, learn how it wants its orders, see whether it lost power, enable it.

        It stays enabled, so that "disabled" tells later that it was switched off meanwhile.
        """
        self._bus.ask(self._peer, Header.SIMPLE_POLL, tries=1)
        self._note_power(self._flags())
        if self._variant is None:
            self._variant = self._said_twice(self._told_variant, self._told_variant())
        if self._variant is not DispenseVariant.NO_ENCRYPT:
            self._serial = self._said_twice(self._told_serial, self._told_serial())
        self._enable()
        self._status()  # it works when it has answered everything that it will be asked
        log.info("%s: %s, serial number %s", self._name, self._variant, self._serial.hex(" ") or "not asked")
        self._is_up = True
        self._counter_told = None
        self._tell_health()

    def _told_variant(self) -> DispenseVariant:
        return dispense_variant(
            read_text(self._asked_or_nothing(Header.REQUEST_PRODUCT_CODE)),
            self._asked_or_nothing(Header.REQUEST_COMMS_REVISION),
        )

    def _told_serial(self) -> bytes:
        serial = self._bus.ask(self._peer, Header.REQUEST_SERIAL_NUMBER)
        read_serial_number(serial)  # another length is refused here
        return serial

    def _asked_or_nothing(self, header: Header) -> bytes:
        try:
            return self._bus.ask(self._peer, header, tries=2)
        except ExchangeError:  # a hopper that does not tell is ordered by its serial number
            return b""

    def _note_power(self, flags: frozenset[HopperFlag]) -> None:
        if HopperFlag.DISABLED in flags:
            self._trouble = None  # switched off and on, after somebody looked after it
            if self._job is not None and self._job.was_sent:
                self._job.lost_power = True

    def _enable(self) -> None:
        self._bus.ask(self._peer, Header.ENABLE_HOPPER, bytes([ENABLE_KEY]))

    def _status(self) -> HopperStatus:
        """How it stands. That nothing remains to be paid is believed when said twice in a row.

        From such a reading results are told and orders begun; one frame whose checksum is right by chance is
        not enough for that. While it pays, the next look comes soon enough.

        Raises:
            RubbishError: readings that do not agree.
        """
        status = self._reading()
        return status if status.remaining > 0 else self._said_twice(self._reading, status)

    def _said_twice(self, ask: Callable[[], _Said], said: _Said) -> _Said:
        """What it says twice in a row, after it has said `said`. Raises RubbishError when it never does."""
        for _ in range(_READINGS):
            before, said = said, ask()
            if said == before:
                return said
        raise RubbishError(f"it says something else each time it is asked; {said!r} at last")

    def _reading(self) -> HopperStatus:
        return read_hopper_status(self._bus.ask(self._peer, Header.REQUEST_HOPPER_STATUS))

    def _flags(self) -> frozenset[HopperFlag]:
        return read_hopper_flags(self._bus.ask(self._peer, Header.TEST_HOPPER))

    def _lose(self, trouble: Trouble, reason: Exception) -> None:
        self._health.broke(trouble.value, str(reason))
        self._is_up = False
        self.due_s = self._clock() + RETRY_S

    # --- idle

    def _look_after(self) -> None:
        """See that an idle hopper is well and tell its counter when it is not what was told."""
        flags = self._flags()
        if HopperFlag.DISABLED in flags:
            self._note_power(flags)
            self._enable()
        self._note_trouble(flags)
        self._tell_health()
        status = self._status()
        if status.remaining == 0 and status.counter != self._counter_told:
            self._counter_told = status.counter
            self._post(HopperReady(self._name, status.counter))

    def _note_trouble(self, flags: frozenset[HopperFlag]) -> None:
        if flags & _JAM_FLAGS:
            self._trouble = Trouble.HOPPER_JAM
        elif flags & _FRAUD_FLAGS:
            self._trouble = Trouble.HOPPER_FRAUD
        elif self._is_over():
            self._trouble = None

    def _is_over(self) -> bool:
        """Whether the trouble that was there has gone, now that no flag tells of it."""
        if self._trouble is Trouble.HOPPER_EMPTY:
            return self._is_filled()
        return self._trouble in {Trouble.HOPPER_JAM, Trouble.HOPPER_FRAUD}

    def _is_filled(self) -> bool:
        """Whether a low-level sensor is fitted and covered by coins."""
        try:
            levels = self._bus.ask(self._peer, Header.REQUEST_PAYOUT_HIGH_LOW_STATUS, tries=1)
        except ExchangeError:  # no sensors: only switching off and on, or a whole payout, tells
            return False
        return bool(levels) and bool(levels[0] & _LOW_SENSOR_FITTED) and not levels[0] & _LEVEL_LOW

    def _tell_health(self) -> None:
        if self._trouble is None:
            self._health.works()
        else:
            self._health.broke(self._trouble.value, "the hopper says so itself")

    # --- paying

    def _take_next_job(self) -> None:
        if self._job is None and self._waiting:
            now_s = self._clock()
            self._job = _Job(self._waiting.popleft(), heard_s=now_s, moved_s=now_s)

    def _begin(self, job: _Job, command: PayOut) -> None:
        """Make sure that the hopper stands where the journal thinks it does, then send the order: once."""
        if not 1 <= command.coins <= MOST_COINS:
            self._done(job, 0, command.counter_before or 0)
            return
        self._enable()
        status = self._status()
        if status.remaining > 0:
            return  # it still pays an older order; asked again next turn
        if command.counter_before not in {None, status.counter}:
            self._uncertain(
                f"the hopper's counter is {status.counter}, the journal has {command.counter_before};"
                " nothing was paid now"
            )
            return
        key = self._key()
        if key is None:
            self._trouble = Trouble.HOPPER_CIPHER
            self._tell_health()
            self._done(job, 0, status.counter)
            return
        job.before = job.last = status
        self._send_once(job, write_dispense(self._order_form(), key, command.coins))
        self._follow(job)

    def _order_form(self) -> DispenseVariant:
        return self._variant or DispenseVariant.SERIAL

    def _key(self) -> bytes | None:
        """What stands before the number of coins; None when only the maker's cipher could tell."""
        if self._variant is DispenseVariant.SERIAL:
            return self._serial
        cipher_key = self._bus.ask(self._peer, Header.REQUEST_CIPHER_KEY)
        if self._variant is DispenseVariant.NO_ENCRYPT:
            return NO_KEY
        return self._cipher(cipher_key, self._serial) if self._cipher is not None else None

    def _send_once(self, job: _Job, order: bytes) -> None:
        """The only place that sends 167. From here on the order is followed, never sent again."""
        job.was_sent = True
        job.heard_s = job.moved_s = self._clock()
        try:
            self._bus.ask(self._peer, Header.DISPENSE_HOPPER_COINS, order, tries=1)
            job.was_taken = True
        except ExchangeError as lost:
            log.warning("%s: %s; its counter will tell whether it pays", self._name, lost)

    def _follow(self, job: _Job) -> None:
        """Ask how far it is, and judge when nothing remains to be paid."""
        status = self._status()
        self._note_movement(job, status)
        if status.remaining > 0:
            self._stop_when_stalled(job)
            return
        before = job.before or status
        if status.counter == next_counter(before.counter):
            self._judge_taken(job, status)
        elif status.counter == before.counter and not self._lost_power_since(job, status):
            self._judge_not_taken(job, status)
        elif status.counter == 0:
            self._judge_after_power_cut(job, status, before)
        else:
            self._uncertain(f"the counter was {before.counter} before the order and is {status.counter} now")

    def _judge_taken(self, job: _Job, status: HopperStatus) -> None:
        if status.paid > job.command.coins:
            self._uncertain(f"{job.command.coins} coins were ordered, the hopper says it paid {status.paid}")
        else:
            self._done(job, status.paid, status.counter)

    def _judge_not_taken(self, job: _Job, status: HopperStatus) -> None:
        if job.was_taken:
            self._uncertain(f"the hopper took the order, but its counter stayed at {status.counter}")
        else:
            self._done(job, 0, status.counter)

    def _lost_power_since(self, job: _Job, status: HopperStatus) -> bool:
        """Whether a counter of 0 is 0 because the hopper was switched off; it is disabled then."""
        if status.counter == 0:
            self._note_power(self._flags())
        return job.lost_power and status.counter == 0

    def _judge_after_power_cut(self, job: _Job, status: HopperStatus, before: HopperStatus) -> None:
        """The numbers that the hopper kept tell only when they fit this order and no older one."""
        is_about_this = (status.paid, status.unpaid) != (before.paid, before.unpaid)
        if is_about_this and status.paid + status.unpaid == job.command.coins:
            self._done(job, status.paid, status.counter)
        else:
            self._uncertain(_lost_power_words(status))

    def _note_movement(self, job: _Job, status: HopperStatus) -> None:
        job.heard_s = self._clock()
        if job.last is None or (status.remaining, status.paid) != (job.last.remaining, job.last.paid):
            job.moved_s = job.heard_s
        job.last = status

    def _stop_when_stalled(self, job: _Job) -> None:
        """A hopper stops by itself when nothing comes; one that does not is stopped, then given up."""
        stalled_s = self._clock() - job.moved_s
        if stalled_s > 2 * self._configuration.stall_limit_s:
            self._uncertain("the hopper does not pay and does not stop")
        elif stalled_s > self._configuration.stall_limit_s and not job.was_stopped:
            job.was_stopped = True
            self._bus.ask(self._peer, Header.EMERGENCY_STOP)

    # --- after a restart

    def _settle(self, job: _Job, command: SettlePayout) -> None:
        """Find out what became of an order of an earlier run; nothing is sent that could pay.

        The counter has moved on by one: it was taken. It stands where it was: it was not. It is 0 after a
        power cut: only an interrupted payout leaves unpaid coins behind, and they must add up to this order.
        So where it was 0 before, 0 tells nothing: who found that it had lost power may have died since.
        A whole payout of as many coins may have been the one before: nobody can tell.
        """
        status = self._status()
        self._note_movement(job, status)
        if status.remaining > 0:
            self._stop_when_stalled(job)
        elif command.counter_before is None:
            self._uncertain("the journal does not have the hopper's counter before the order")
        elif status.counter == next_counter(command.counter_before):
            self._judge_taken(job, status)
        elif status.counter == command.counter_before and status.counter != 0:
            self._done(job, 0, status.counter)
        elif _is_interrupted_payout(status, command):
            self._done(job, status.paid, status.counter)
        elif status.counter == 0:
            self._uncertain(_lost_power_words(status))
        else:
            self._uncertain(
                f"the counter was {command.counter_before} before the order and is {status.counter} now"
            )

    # --- ends

    def _done(self, job: _Job, paid: int, counter: int) -> None:
        unpaid = job.command.coins - paid
        self._counter_told = counter
        self._end(PayoutDone(job.command.order, paid, unpaid, counter))
        if isinstance(job.command, PayOut) and job.was_sent:
            self._guarded(lambda: self._learn_from(job, unpaid))

    def _learn_from(self, job: _Job, unpaid: int) -> None:
        """A whole payout heals; a short one tells that the hopper is jammed or empty."""
        if unpaid == 0:
            self._trouble = None
        else:
            flags = self._flags()
            self._note_trouble(flags)
            if self._trouble is None and (job.was_taken or HopperFlag.PAYOUT_TIME_OUT in flags):
                self._trouble = Trouble.HOPPER_EMPTY
        self._tell_health()

    def _guarded(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except (ExchangeError, MessageRefusedError) as reason:
            self._lose(Trouble.HOPPER_SILENT, reason)

    def _uncertain(self, detail: str) -> None:
        job = self._job
        if job is not None:
            self._counter_told = None
            self._end(PayoutUncertain(job.command.order, f"{self._name}: {detail}"))

    def _end(self, event: PayoutDone | PayoutUncertain) -> None:
        self._job = None
        self._post(event)
        self._take_next_job()
        self.due_s = self._clock()

    def _give_up_in_time(self) -> None:
        """Nobody waits for ever: an order that was never sent is unpaid, one that was sent is uncertain."""
        job = self._job
        if job is None:
            return
        silent_s = self._clock() - job.heard_s
        if isinstance(job.command, PayOut) and not job.was_sent:
            if silent_s > self._configuration.start_limit_s:
                self._done(job, 0, job.command.counter_before or self._counter_told or 0)
        elif silent_s > self._configuration.silence_limit_s:
            self._uncertain(f"it has said nothing for {silent_s:.0f} s")


def _is_interrupted_payout(status: HopperStatus, command: SettlePayout) -> bool:
    return (
        status.counter == 0
        and command.counter_before != 0
        and status.unpaid > 0
        and status.paid + status.unpaid == command.coins
    )


def _lost_power_words(status: HopperStatus) -> str:
    return f"the hopper lost power; it says {status.paid} paid and {status.unpaid} unpaid, which may be older"
