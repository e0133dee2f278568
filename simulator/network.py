"""The cable between terminal and server: a TCP forwarder on loopback with switches for what goes wrong.

Bytes only: it knows nothing of HTTP or TLS, and works between any two programs. Every switch works at once,
on connections that are open too, and may be turned from any thread.
"""

import select
import socket
import struct
import threading
from collections.abc import Callable
from functools import partial
from typing import Self

RUBBISH = bytes(range(128, 256)) + b"\r\n\r\n"
"""What the other end seems to say while `rubbish` is on: no letter of it is HTTP or TLS."""

_CHUNK = 16_384
_CONNECT_S = 5.0


class NetworkSwitch:
    """A cable from `address` (loopback, a port of its own) to the target, plugged in and fast at first.

    `connections` counts how many were made to it, `refused` those that were turned away; `carried_bytes`
    counts what came from the target. Use it in a `with`, or call `close`.
    """

    def __init__(self, target_host: str, target_port: int) -> None:
        self._target = (target_host, target_port)
        self._change = threading.Condition()
        self._plugged = True
        self._closed = False
        self._delay_s = 0.0
        self._rubbish = False
        self._cut_after: int | None = None
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self.connections = 0
        self.refused = 0
        self.carried_bytes = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._hand, self._ear = socket.socketpair()
        self._start(self._listen, "network switch")

    @property
    def url(self) -> str:
        """The address as a terminal's config has it."""
        return f"http://{self.address[0]}:{self.address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- switches --------------------------------------------------------------------------------------

    def pull(self) -> None:
        """Pull the cable: open connections break, new ones are turned away."""
        self._set(lambda: setattr(self, "_plugged", False))
        self._break_all()

    def plug(self) -> None:
        """Put the cable back, and end every other fault."""

        def heal() -> None:
            self._plugged = True
            self._delay_s = 0.0
            self._rubbish = False
            self._cut_after = None

        self._set(heal)

    def slow(self, seconds: float) -> None:
        """Hold back every piece of what the target says for so long (0: not at all); nothing is lost."""
        self._set(lambda: setattr(self, "_delay_s", seconds))

    def rubbish(self) -> None:
        """Answer whatever is said with bytes that mean nothing, and hang up; the target hears nothing."""
        self._set(lambda: setattr(self, "_rubbish", True))

    def cut_after(self, n_bytes: int) -> None:
        """Break each connection as soon as the target has said so many bytes on it."""
        self._set(lambda: setattr(self, "_cut_after", n_bytes))

    def close(self) -> None:
        """Break everything and wait for the threads."""
        if self._closed:
            return
        self._set(lambda: setattr(self, "_closed", True))
        self._hand.send(b"!")
        self._break_all()
        while running := self._running():
            for thread in running:
                thread.join()
        for sock in (self._listener, self._hand, self._ear):
            sock.close()

    # --- inside ----------------------------------------------------------------------------------------

    def _set(self, change: Callable[[], None]) -> None:
        with self._change:
            change()
            self._change.notify_all()

    def _running(self) -> set[threading.Thread]:
        with self._change:
            return set(self._threads)

    def _break_all(self) -> None:
        with self._change:
            for sock in self._open:
                _break(sock)

    def _start(self, work: Callable[[], None], name: str) -> None:
        def run() -> None:
            try:
                work()
            finally:
                with self._change:
                    self._threads.discard(thread)

        thread = threading.Thread(target=run, name=name, daemon=True)
        with self._change:  # whoever waits for the threads finds only such as have begun
            self._threads.add(thread)
            thread.start()

    def _listen(self) -> None:
        while True:
            ready, _, _ = select.select([self._listener, self._ear], [], [])
            if self._ear in ready:
                return
            near, _ = self._listener.accept()
            with self._change:
                self.connections += 1
                welcome = self._plugged and not self._closed
                if welcome:
                    self._open.add(near)
                else:
                    self.refused += 1
            if welcome:
                self._start(partial(self._serve, near), "network connection")
            else:
                _reset(near)

    def _serve(self, near: socket.socket) -> None:
        far: socket.socket | None = None
        try:
            if self._rubbish:
                self._talk_rubbish(near)
                return
            far = socket.create_connection(self._target, timeout=_CONNECT_S)
            far.settimeout(None)
            with self._change:
                self._open.add(far)
                if not self._plugged or self._closed:
                    return
            self._forward(near, far)
        except OSError:
            return  # one of the two ends is gone; the other is told by closing
        finally:
            with self._change:
                self._open -= {near, far} if far else {near}
            near.close()
            if far:
                far.close()

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        """Carry bytes both ways until one end hangs up or a switch ends it."""
        said = 0
        while True:
            ready, _, _ = select.select([near, far], [], [])
            if near in ready:
                asked = near.recv(_CHUNK)
                if not asked:
                    return
                if self._rubbish:
                    self._talk_rubbish(near)
                    return
                far.sendall(asked)
            if far in ready:
                answer = far.recv(_CHUNK)
                if not answer or not self._held_back(answer, near, said):
                    return
                said += len(answer)

    def _held_back(self, answer: bytes, near: socket.socket, said: int) -> bool:
        """Pass on what the target said, late if `slow`; False when the connection ends here."""
        with self._change:
            if self._delay_s:
                self._change.wait_for(
                    lambda: not self._delay_s or not self._plugged or self._closed, self._delay_s
                )
            if not self._plugged or self._closed:
                return False
            cut = self._cut_after
            self.carried_bytes += len(answer)
        near.sendall(answer if cut is None else answer[: max(cut - said, 0)])
        return cut is None or said + len(answer) < cut

    @staticmethod
    def _talk_rubbish(near: socket.socket) -> None:
        near.sendall(RUBBISH)
        near.shutdown(socket.SHUT_WR)
        while near.recv(_CHUNK):  # so that the rubbish is read before the connection breaks
            continue


def _break(sock: socket.socket) -> None:
    """Wake whoever waits for this socket; its own thread closes it."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:  # not connected any more
        return


def _reset(sock: socket.socket) -> None:
    """Close as a host does that will not talk: the other end's next call fails."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
