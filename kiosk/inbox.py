"""The one inbox of the session: everything that happens is put here, from any thread, with its moment."""

import queue
from collections.abc import Callable
from typing import Protocol

from kiosk.flows.events import Event, TimePassed
from parking.civil_time import Moment


class Handler(Protocol):
    """Who handles events: the session."""

    def start(self, at: Moment) -> None:
        """Begin."""

    def handle(self, event: Event, at: Moment) -> None:
        """One event."""

    def stop(self) -> None:
        """End."""


class Inbox:
    """Where everything that happens is put, with its moment; one thread takes it out and handles it."""

    TICK_S = 1.0

    def __init__(self, now: Callable[[], Moment]) -> None:
        self._now = now
        self._events: queue.SimpleQueue[tuple[Event, Moment] | None] = queue.SimpleQueue()

    def put(self, event: Event) -> None:
        """Post an event, from any thread; never blocks."""
        self._events.put((event, self._now()))

    def stop(self) -> None:
        """Let `work` end after what has been posted before."""
        self._events.put(None)

    def work(self, session: Handler) -> None:
        """Start the session and handle events until `stop`, with a tick of time about once a second."""
        try:
            session.start(self._now())
            self._work_until_stopped(session)
        finally:
            session.stop()

    def _work_until_stopped(self, session: Handler) -> None:
        ticked_ms = self._now().steady_ms
        while True:
            try:
                posted = self._events.get(timeout=self.TICK_S)
            except queue.Empty:
                posted = (TimePassed(), self._now())
            if posted is None:
                return
            session.handle(*posted)
            now = self._now()
            if now.steady_ms - ticked_ms >= self.TICK_S * 1000:
                ticked_ms = now.steady_ms
                session.handle(TimePassed(), now)
