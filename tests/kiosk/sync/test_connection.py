"""The connection: kept open, over TLS too, and only to a server whose certificate is trusted."""

import ipaddress
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.sync.address import ServerAddress
from kiosk.sync.bell import Bell
from kiosk.sync.connection import Connection
from kiosk.sync.exchange import AbandonedError, Answer, Limits, ServerTroubleError, Trouble
from tests.kiosk.sync.fake_server import BOOKS, KEY, FakeServer, Handler, row


@pytest.fixture
def bell() -> Iterator[Bell]:
    bell = Bell()
    yield bell
    bell.close()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


def _limits(*, urgent: bool = False) -> Limits:
    return Limits(time.monotonic() + 20, 20, lambda: urgent)


def _address(url: str, authorities: str = "") -> ServerAddress:
    return ServerAddress(url=url, key=KEY, authorities=authorities, connect_s=20)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "parking")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


@pytest.fixture
def certificate(server: FakeServer, tmp_path: Path) -> Path:
    """Make the server speak TLS; the certificate that it shows."""
    certificate_file, key_file = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return certificate_file


def test_over_tls_pages_larger_than_one_record_arrive(
    server: FakeServer, certificate: Path, bell: Bell
) -> None:
    server.rows = [row(sequence) for sequence in range(1, 1_001)]
    server.page = 1_000
    url = server.url.replace("http:", "https:")
    connection = Connection(_address(url, str(certificate)), bell, time.monotonic)
    try:
        for _ in range(3):
            answer = connection.ask("GET", f"{BOOKS}?after=0&limit=1000", None, _limits())
            assert answer.status == 200
            assert len(answer.body) > 100_000
    finally:
        connection.close()
    assert len(server._sockets) == 1, "the connection is kept"


@pytest.mark.usefixtures("certificate")
def test_a_server_whose_certificate_nobody_vouches_for_is_told_nothing(
    server: FakeServer, bell: Bell
) -> None:
    connection = Connection(_address(server.url.replace("http:", "https:")), bell, time.monotonic)
    with pytest.raises(ServerTroubleError, match="certificate") as trouble:
        connection.ask("GET", BOOKS, None, _limits())
    connection.close()
    assert trouble.value.code is Trouble.UNREACHABLE
    assert server.asked == []


def test_a_large_request_goes_through_whole(server: FakeServer, bell: Bell) -> None:
    body = b"x" * 3_000_000
    got: list[bytes] = []

    def keep(handler: Handler) -> None:
        got.append(handler.body)
        handler.raw(b"{}")

    server.always["/large"] = keep
    connection = Connection(_address(server.url), bell, time.monotonic)
    assert connection.ask("POST", "/large", body, _limits()) == Answer(200, b"{}")
    connection.close()
    assert got == [body]


def test_what_is_urgent_ends_an_exchange(server: FakeServer, bell: Bell) -> None:
    server.always[BOOKS] = server.hang
    connection = Connection(_address(server.url), bell, time.monotonic)
    with pytest.raises(AbandonedError):
        connection.ask("GET", BOOKS, None, _limits(urgent=True))
    connection.close()


def test_a_server_that_is_not_there_is_unreachable(bell: Bell) -> None:
    with FakeServer() as gone:
        url = gone.url
    connection = Connection(_address(url), bell, time.monotonic)
    with pytest.raises(ServerTroubleError) as trouble:
        connection.ask("GET", BOOKS, None, _limits())
    connection.close()
    assert trouble.value.code is Trouble.UNREACHABLE
    assert url in trouble.value.detail


def test_the_key_is_not_in_what_is_told(bell: Bell) -> None:
    connection = Connection(_address("http://127.0.0.1:1"), bell, time.monotonic)
    with pytest.raises(ServerTroubleError) as trouble:
        connection.ask("GET", BOOKS, None, _limits())
    connection.close()
    assert KEY not in trouble.value.detail
