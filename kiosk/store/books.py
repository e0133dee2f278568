"""The books: what the server sent, sealed; the look-up by identifier gives away nothing but what is asked.

A page of changes is taken over in one transaction, together with the cursor it leads to: an interruption
leaves the old books or the new ones.
"""

import sqlite3

import msgspec
from sqlite_utils import Database

from kiosk.flows.state import BookedClamp
from kiosk.store.database import note_progress, progress
from kiosk.store.journal import JournalError
from kiosk.store.sealing import Sealer, SealError
from kiosk.store.signing import ClaimSigner
from parking.debts import Debt
from parking.release_codes import SealedCode
from parking.wire import BookRow, BooksPage, ClampDocument


class _Sealed(msgspec.Struct, frozen=True):
    """What is sealed of a clamp beside its code: it names a plate."""

    debt: Debt
    currency: str


class SealedBooks:
    """The books in the store, for the one thread that writes it. Implements `kiosk.flows.state.Books`."""

    def __init__(self, db: Database, sealer: Sealer, signer: ClaimSigner) -> None:
        self._db = db
        self._sealer = sealer
        self._signer = signer

    @property
    def version(self) -> int:
        """The server's cursor up to which the books are complete."""
        return progress(self._db.conn, "books_version")

    @property
    def claim_key(self) -> str:
        """The public key (base64) that proves the claims of this terminal."""
        return self._signer.public_key

    def clamp(self, identifier: str) -> BookedClamp | None:
        """The clamp, if it is on a car and this terminal has not released this fitting already.

        A row that does not open is as good as none: the terminal then asks the server or says that it has no
        code, before it takes money.
        """
        key = self._sealer.index_of(identifier)
        row = self._db.conn.execute(
            "SELECT fitting, code_number, code_box, document_box FROM books WHERE key = ? "
            "AND NOT EXISTS (SELECT 1 FROM releases WHERE releases.key = books.key "
            "AND releases.fitting = books.fitting)",
            (key,),
        ).fetchone()
        if row is None:
            return None
        fitting, code_number, code_box, document_box = row
        sealed = SealedCode(code_box, _code_place(key, fitting, code_number))
        try:
            self._sealer.open_code(sealed)
            text = self._sealer.open(document_box, _document_place(key, fitting))
        except SealError:
            return None
        document = msgspec.json.decode(text, type=_Sealed)
        return BookedClamp(identifier, fitting, document.debt, document.currency, code_number, sealed)

    def keep(self, page: BooksPage, *, complete: bool) -> None:
        """Take over a page of changes; `complete` replaces everything. An older page changes nothing.

        Raises:
            JournalError: the disk refused; the books are as before.
        """
        if not complete and page.version <= self.version:
            return
        try:
            with self._db.atomic():
                if complete:
                    self._db.execute("DELETE FROM books")
                for row in page.rows:
                    if isinstance(row, BookRow):
                        self._keep_clamp(row)
                note_progress(self._db, "books_version", page.version)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"cannot keep the books: {error}") from error

    def keep_reservation(self, document: ClampDocument) -> None:
        """Keep the document of a reserved release, so that the code is opened the same way as from the books.

        Raises:
            JournalError: the disk refused.
        """
        try:
            with self._db.atomic():
                self._put(document)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"cannot keep the reserved release: {error}") from error

    def _keep_clamp(self, row: BookRow) -> None:
        if row.document is None:
            self._db.execute("DELETE FROM books WHERE key = ?", (self._sealer.index_of(row.identifier),))
        else:
            self._put(row.document)

    def _put(self, document: ClampDocument) -> None:
        key = self._sealer.index_of(document.identifier)
        place = _code_place(key, document.fitting, document.code_number)
        rest = msgspec.json.encode(_Sealed(document.debt, document.currency)).decode()
        values = (
            key,
            document.fitting,
            document.code_number,
            self._sealer.seal(document.code, place),
            self._sealer.seal(rest, _document_place(key, document.fitting)),
        )
        self._db.execute("INSERT OR REPLACE INTO books VALUES (?, ?, ?, ?, ?)", values)


def _code_place(key: bytes, fitting: int, code_number: int) -> str:
    return f"books/{key.hex()}/{fitting}/code/{code_number}"


def _document_place(key: bytes, fitting: int) -> str:
    return f"books/{key.hex()}/{fitting}/document"
