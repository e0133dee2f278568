"""Serving terminals and pages, from the listening socket to the end."""

import argparse
import ipaddress
import logging
import socket
from pathlib import Path

from server.clock import now_ms
from server.commands.common import CommandRefusedError, Commands, opened, sealer_of, whole_number
from server.office import release
from server.office.setting import Office
from server.pages.gate import Gate
from server.pages.words import zone_exists


def add_serve_command(command: Commands) -> None:
    """`serve`."""
    serve = command("serve", _serve, "serve terminals and pages until stopped")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    serve.add_argument(
        "--port",
        type=whole_number("a port", 0, 65_535),
        default=8000,
        metavar="PORT",
        help="0 to 65535; 0: any free one",
    )
    serve.add_argument(
        "--operator-password-file", type=Path, metavar="FILE", help="needed beyond this machine"
    )
    serve.add_argument("--zone", default="UTC", help="the time zone of the pages, such as Europe/Berlin")
    serve.add_argument(
        "--hold-seconds",
        type=whole_number("seconds", 1, 86_400),
        default=release.HOLD_MS // 1000,
        metavar="SECONDS",
        help="so long a reservation holds, 1 to 86400",
    )


def _serve(chosen: argparse.Namespace) -> None:
    import uvicorn  # noqa: PLC0415 - with what follows most of a second, that no other command needs

    from server.app import create_app  # noqa: PLC0415 - as above

    gate = Gate.from_file(chosen.operator_password_file) if chosen.operator_password_file else None
    if gate is None and not _is_loopback(chosen.host):
        raise CommandRefusedError(
            f"{chosen.host} can be reached from other machines: the pages then need a password. Write one "
            "with `python -m server password FILE` and add --operator-password-file FILE"
        )
    if not zone_exists(chosen.zone):
        raise CommandRefusedError(f"--zone {chosen.zone!r} is no time zone, such as Europe/Berlin")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with opened(chosen) as database:
        office = Office(
            database=database,
            sealer=sealer_of(chosen, database),
            clock=now_ms,
            hold_ms=chosen.hold_seconds * 1000,
            zone=chosen.zone,
        )
        listening = _listen(chosen.host, chosen.port)
        host, port = listening.getsockname()[:2]
        print(f"http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
        uvicorn.Server(
            uvicorn.Config(
                create_app(office, gate),
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=5,
            )
        ).run(sockets=[listening])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    """Take the port now: who reads the printed address may connect at once."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise CommandRefusedError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None
