"""Wakes one thread that waits for the network or for its next turn, from any other thread."""

import select
import socket


class Bell:
    """`ring` from any thread; `wait` and `wait_with` in one thread only."""

    def __init__(self) -> None:
        self._ear, self._hand = socket.socketpair()
        self._ear.setblocking(False)
        self._hand.setblocking(False)

    def ring(self) -> None:
        """Wake the waiting thread, or let its next wait end at once. Does nothing after `close`."""
        try:
            self._hand.send(b"!")
        except OSError:  # full: it will wake anyway; closed: nobody waits any more
            return

    def wait(self, timeout_s: float) -> None:
        """Wait until the bell rings, or this long."""
        poll = select.poll()
        poll.register(self._ear, select.POLLIN)
        poll.poll(max(timeout_s, 0) * 1000)
        self._hear()

    def wait_with(self, sock: socket.socket, events: int, timeout_s: float) -> bool:
        """Wait until the socket is ready for these poll events, the bell rings, or this long.

        Returns whether the socket is ready (or broken, which its next call will tell).
        """
        poll = select.poll()
        poll.register(self._ear, select.POLLIN)
        poll.register(sock, events)
        ready = dict(poll.poll(max(timeout_s, 0) * 1000))
        if self._ear.fileno() in ready:
            self._hear()
        return sock.fileno() in ready

    def close(self) -> None:
        """Let go of it."""
        self._ear.close()
        self._hand.close()

    def _hear(self) -> None:
        try:
            while self._ear.recv(1024):
                pass
        except BlockingIOError:
            return
