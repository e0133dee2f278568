"""TCP to a device, over loopback: what arrives, what a lost or refused connection says."""

import socket
from collections.abc import Iterator

import pytest

from kiosk.hardware.ports import TransportError
from kiosk.hardware.transport.tcp import TcpTransport

PATIENCE_S = 20.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_S)
        yield listener


@pytest.fixture
def wire(listener: socket.socket) -> Iterator[TcpTransport]:
    wire = TcpTransport("127.0.0.1", listener.getsockname()[1])
    yield wire
    wire.close()


@pytest.fixture
def device(listener: socket.socket, wire: TcpTransport) -> Iterator[socket.socket]:
    wire.open()
    device, _ = listener.accept()
    device.settimeout(PATIENCE_S)
    with device:
        yield device


def test_bytes_go_both_ways(wire: TcpTransport, device: socket.socket) -> None:
    wire.write(b"\x10\x04\x01")
    assert device.recv(100) == b"\x10\x04\x01"
    device.sendall(b"\x12")
    assert wire.read(100, PATIENCE_S) == b"\x12"


def test_at_most_so_many_bytes_are_read_and_the_rest_waits(wire: TcpTransport, device: socket.socket) -> None:
    device.sendall(b"abcd")
    first = wire.read(3, PATIENCE_S)
    assert len(first) <= 3
    rest = b""
    while len(first + rest) < 4:
        rest += wire.read(3, PATIENCE_S)
    assert first + rest == b"abcd"


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("timeout_s", [0.0, 0.01])
def test_silence_is_empty(wire: TcpTransport, timeout_s: float) -> None:
    assert wire.read(1, timeout_s) == b""


def test_a_second_open_keeps_the_connection(wire: TcpTransport, device: socket.socket) -> None:
    wire.open()
    device.sendall(b"x")
    assert wire.read(1, PATIENCE_S) == b"x"


def test_what_has_arrived_can_be_thrown_away(wire: TcpTransport, device: socket.socket) -> None:
    device.sendall(b"old")
    assert wire.read(1, PATIENCE_S) == b"o"
    wire.discard()
    device.sendall(b"new")
    assert wire.read(3, PATIENCE_S) == b"new"


def test_the_other_end_closes_and_can_be_reached_again(
    wire: TcpTransport, device: socket.socket, listener: socket.socket
) -> None:
    device.close()
    with pytest.raises(TransportError, match="the other end closed"):
        wire.read(1, PATIENCE_S)
    with pytest.raises(TransportError, match="not connected"):
        wire.write(b"x")
    wire.open()
    again, _ = listener.accept()
    with again:
        wire.write(b"x")
        assert again.recv(1) == b"x"


def test_a_dead_peer_is_told_of_sooner_or_later(wire: TcpTransport, device: socket.socket) -> None:
    device.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    device.close()  # with a reset

    def write_on_and_on() -> None:
        while True:
            wire.write(b"x" * 1000)

    with pytest.raises(TransportError, match=r"lost|closed|not connected"):
        write_on_and_on()


def test_nobody_there_says_where_and_what() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    wire = TcpTransport("127.0.0.1", port)
    with pytest.raises(TransportError, match=rf"127\.0\.0\.1:{port}: no connection: "):
        wire.open()
    with pytest.raises(TransportError, match="not connected"):
        wire.read(1, 0.0)
    with pytest.raises(TransportError, match="not connected"):
        wire.discard()
    wire.close()
    assert repr(wire) == f"TcpTransport(127.0.0.1:{port})"
