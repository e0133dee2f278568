"""What every transport promises (`kiosk/hardware/ports.py`), asked of each one that there is."""

import os
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.hardware.ports import Transport, TransportError
from kiosk.hardware.transport.memory import memory_pair
from kiosk.hardware.transport.serial_line import SerialLine
from kiosk.hardware.transport.tcp import TcpTransport

PATIENCE_S = 10.0


class FarEnd:
    """The other end of a wire: sends, reads what came, and breaks."""

    def __init__(
        self,
        transport: Transport,
        send: Callable[[bytes], None],
        heard: Callable[[int], bytes],
        break_wire: Callable[[], None],
    ) -> None:
        self.transport = transport
        self.send = send
        self.heard = heard
        self.break_wire = break_wire


def _memory() -> Iterator[FarEnd]:
    near, far = memory_pair()
    far.open()
    yield FarEnd(near, far.write, lambda length: far.read(length, 0), near.unplug)


def _pty(folder: Path) -> Iterator[FarEnd]:
    master, slave = os.openpty()
    tty.setraw(slave)
    link = folder / "line"
    link.symlink_to(os.ttyname(slave))
    still_open = [master, slave]

    def break_wire() -> None:
        while still_open:
            os.close(still_open.pop())

    def send(data: bytes) -> None:
        os.write(master, data)

    yield FarEnd(SerialLine(str(link)), send, lambda length: os.read(master, length), break_wire)
    break_wire()


def _tcp() -> Iterator[FarEnd]:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(PATIENCE_S)
    accepted: list[socket.socket] = []

    def peer() -> socket.socket:
        if not accepted:
            accepted.append(listener.accept()[0])
            accepted[0].settimeout(PATIENCE_S)
        return accepted[0]

    def heard(length: int) -> bytes:
        data = b""
        while len(data) < length:
            data += peer().recv(length - len(data))
        return data

    def break_wire() -> None:
        peer().close()

    yield FarEnd(
        TcpTransport("127.0.0.1", listener.getsockname()[1]),
        lambda data: peer().sendall(data),
        heard,
        break_wire,
    )
    for one in accepted:
        one.close()
    listener.close()


@pytest.fixture(params=["memory", "pty", "tcp"])
def far(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FarEnd]:
    """A wire of each kind; its near end is not open yet."""
    makers = {"memory": _memory, "pty": lambda: _pty(tmp_path), "tcp": _tcp}
    for end in makers[request.param]():
        yield end
        end.transport.close()


def _read_all(transport: Transport, length: int) -> bytes:
    """Read until so much has come; a real wire may bring it in pieces."""
    data = b""
    until = time.monotonic() + PATIENCE_S
    while len(data) < length and time.monotonic() < until:
        data += transport.read(length - len(data), 0.2)
    return data


def test_bytes_of_every_value_pass_both_ways(far: FarEnd) -> None:
    far.transport.open()
    far.transport.open()
    every = bytes(range(256))
    far.transport.write(every)
    assert far.heard(256) == every
    far.send(every)
    assert _read_all(far.transport, 256) == every


def test_silence_is_no_error(far: FarEnd) -> None:
    far.transport.open()
    assert far.transport.read(10, 0) == b""
    assert far.transport.read(10, 0.01) == b""


def test_no_more_is_read_than_was_asked_for(far: FarEnd) -> None:
    far.transport.open()
    far.send(b"abcdef")
    assert _read_all(far.transport, 2) == b"ab"
    assert _read_all(far.transport, 4) == b"cdef"


def test_what_is_discarded_does_not_come_back(far: FarEnd) -> None:
    far.transport.open()
    far.send(b"old")
    assert _read_all(far.transport, 1) == b"o"
    far.transport.discard()
    far.send(b"new")
    assert _read_all(far.transport, 3) == b"new"


def test_a_wire_that_is_not_open_says_so(far: FarEnd) -> None:
    for deed in (lambda: far.transport.write(b"x"), lambda: far.transport.read(1, 0)):
        with pytest.raises(TransportError):
            deed()


def test_closing_twice_is_harmless_and_opening_again_works(far: FarEnd) -> None:
    far.transport.close()
    far.transport.open()
    far.transport.close()
    far.transport.close()
    with pytest.raises(TransportError):
        far.transport.write(b"x")


def test_a_broken_wire_is_an_error_soon(far: FarEnd) -> None:
    far.transport.open()
    far.transport.write(b"x")
    assert far.heard(1) == b"x"
    far.break_wire()
    until = time.monotonic() + PATIENCE_S
    with pytest.raises(TransportError):  # noqa: PT012 - the first read may still come too soon
        while time.monotonic() < until:
            far.transport.read(1, 0.05)


@pytest.mark.parametrize("deed", ["write", "read", "discard"])
def test_every_deed_on_a_broken_wire_is_a_transport_error(far: FarEnd, deed: str) -> None:
    far.transport.open()
    far.transport.write(b"x")
    assert far.heard(1) == b"x"
    deeds: dict[str, Callable[[], object]] = {
        "write": lambda: far.transport.write(b"x" * 1000),
        "read": lambda: far.transport.read(1, 0.05),
        "discard": far.transport.discard,
    }
    far.break_wire()
    until = time.monotonic() + PATIENCE_S
    with pytest.raises(TransportError):  # noqa: PT012 - the first deed may still come too soon
        while time.monotonic() < until:
            deeds[deed]()


def test_a_serial_line_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match=r"no-such-line cannot be opened"):
        SerialLine(str(tmp_path / "no-such-line")).open()


def test_a_serial_line_is_opened_by_one_program_only(tmp_path: Path) -> None:
    for end in _pty(tmp_path):
        end.transport.open()
        with pytest.raises(TransportError, match="cannot be opened"):
            SerialLine(str(tmp_path / "line")).open()
        end.transport.close()


def test_closing_from_another_thread_ends_the_reading(tmp_path: Path) -> None:
    """A serial line that is closed under a reader is an error for it, not a crash."""
    for end in _pty(tmp_path):
        line = end.transport
        line.open()
        seen: list[bytes | TransportError] = []

        def read(line: Transport = line, seen: list[bytes | TransportError] = seen) -> None:
            try:
                seen.append(line.read(1, 0.2))
            except TransportError as gone:
                seen.append(gone)

        reader = threading.Thread(target=read)
        reader.start()
        line.close()
        reader.join(PATIENCE_S)
        assert len(seen) == 1
        assert seen[0] == b"" or isinstance(seen[0], TransportError)
