"""What the server's rooms work with: the database, the seal, the clock, and a few choices of the operator."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select

from server.clock import Clock
from server.office.release import HOLD_MS
from server.store.engine import Database
from server.store.sealing import CodeDoesNotOpenError, CodeSealer, KeyFileError, create_key, read_key
from server.store.tables import codes


@dataclass(frozen=True)
class Office:
    """Everything a request needs. `zone` is the IANA time zone in which pages tell the time."""

    database: Database
    sealer: CodeSealer
    clock: Clock
    hold_ms: int = HOLD_MS
    zone: str = "UTC"


def open_sealer(connection: Connection, path: Path) -> CodeSealer:
    """The seal for this database's codes; a new key is made only where no code is kept yet.

    Raises:
        KeyFileError: the file is missing, is no key, or is the key of another database.
    """
    any_code = connection.execute(select(codes.c.clamp, codes.c.number, codes.c.box).limit(1)).one_or_none()
    if any_code is None and not path.exists():
        return CodeSealer(create_key(path))
    sealer = CodeSealer(read_key(path))
    if any_code is not None:
        try:
            sealer.open(any_code.box, clamp=any_code.clamp, number=any_code.number)
        except CodeDoesNotOpenError:
            held = connection.execute(select(func.count()).select_from(codes)).scalar_one()
            raise KeyFileError(
                f"the key in {path} does not open the {held} codes of this database; it is another's"
            ) from None
    return sealer
