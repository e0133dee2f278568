"""The cable with switches, between plain sockets: each fault, and that it ends."""

import socket
import threading
from collections.abc import Iterator

import pytest

from simulator.network import RUBBISH, NetworkSwitch

PATIENCE_S = 20.0


class Echo:
    """Something to talk to: gives back what it hears."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.heard = b""
        self._threads = [threading.Thread(target=self._listen, name="echo")]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._give_back, args=(connection,), name="echo")
            self._threads.append(thread)
            thread.start()

    def _give_back(self, connection: socket.socket) -> None:
        with connection:
            try:
                while heard := connection.recv(65_536):
                    self.heard += heard
                    connection.sendall(heard)
            except OSError:  # the cable was pulled
                return


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture
def cable(echo: Echo) -> Iterator[NetworkSwitch]:
    with NetworkSwitch("127.0.0.1", echo.port) as cable:
        yield cable


@pytest.fixture
def near(cable: NetworkSwitch) -> Iterator[socket.socket]:
    with _call(cable) as near:
        yield near


def _call(cable: NetworkSwitch) -> socket.socket:
    return socket.create_connection(cable.address, timeout=PATIENCE_S)


def _hear_nobody(cable: NetworkSwitch) -> bool:
    """Whether a new call is turned away, at the door or right behind it."""
    try:
        with _call(cable) as near:
            return _hear(near, 1) == b""
    except ConnectionError:
        return True


def _say(near: socket.socket, words: bytes) -> bytes:
    """Say something and return as much of it as comes back before the line ends."""
    near.sendall(words)
    return _hear(near, len(words))


def _hear(near: socket.socket, length: int) -> bytes:
    back = b""
    try:
        while len(back) < length and (more := near.recv(65_536)):
            back += more
    except ConnectionError:
        return back
    return back


def test_bytes_pass_both_ways_unchanged(cable: NetworkSwitch, near: socket.socket) -> None:
    words = bytes(range(256)) * 2_000
    speaker = threading.Thread(target=near.sendall, args=(words,))
    speaker.start()
    assert _hear(near, len(words)) == words
    speaker.join()
    assert cable.connections == 1
    assert cable.carried_bytes == len(words)


def test_pulling_breaks_what_is_open_and_turns_away_what_comes(
    cable: NetworkSwitch, near: socket.socket
) -> None:
    assert _say(near, b"before") == b"before"
    cable.pull()
    assert _hear(near, 1) == b""
    assert _hear_nobody(cable)
    assert (cable.connections, cable.refused) == (2, 1)
    cable.plug()
    with _call(cable) as again:
        assert _say(again, b"after") == b"after"


def test_rubbish_is_no_http_and_the_target_hears_nothing(cable: NetworkSwitch, echo: Echo) -> None:
    cable.rubbish()
    with _call(cable) as near:
        near.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert _hear(near, len(RUBBISH) + 1) == RUBBISH
    assert echo.heard == b""


def test_rubbish_comes_on_a_line_that_was_good(cable: NetworkSwitch, near: socket.socket) -> None:
    assert _say(near, b"good") == b"good"
    cable.rubbish()
    near.sendall(b"bad?")
    assert _hear(near, len(RUBBISH) + 1) == RUBBISH


def test_a_line_is_cut_after_so_many_bytes(cable: NetworkSwitch, near: socket.socket) -> None:
    cable.cut_after(4)
    assert _say(near, b"abcdefgh") == b"abcd"
    cable.plug()
    with _call(cable) as again:
        assert _say(again, b"abcdefgh") == b"abcdefgh"


def test_slow_holds_back_until_it_is_plugged_in_properly(
    cable: NetworkSwitch, near: socket.socket, echo: Echo
) -> None:
    cable.slow(3_600)
    near.sendall(b"patience")
    near.setblocking(False)
    with pytest.raises(BlockingIOError):
        near.recv(1)
    near.settimeout(PATIENCE_S)
    cable.plug()
    assert _hear(near, 8) == b"patience"
    assert echo.heard == b"patience"


def test_slow_is_only_late(cable: NetworkSwitch, near: socket.socket) -> None:
    cable.slow(0.01)
    assert _say(near, b"late") == b"late"


def test_what_is_slow_can_be_pulled(cable: NetworkSwitch, near: socket.socket) -> None:
    cable.slow(3_600)
    near.sendall(b"never")
    cable.pull()
    assert _hear(near, 1) == b""


def test_nobody_at_the_other_end_breaks_the_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with NetworkSwitch("127.0.0.1", port) as cable, _call(cable) as near:
        assert _hear(near, 1) == b""


def test_closing_ends_everything_that_is_under_way(echo: Echo) -> None:
    cable = NetworkSwitch("127.0.0.1", echo.port)
    with _call(cable) as slow, _call(cable) as rubbish:
        assert _say(slow, b"a") == b"a"
        cable.slow(3_600)
        slow.sendall(b"b")
        cable.rubbish()
        rubbish.sendall(b"c")
        cable.close()
        assert b"b" not in _hear(slow, len(RUBBISH) + 1)
    cable.close()
