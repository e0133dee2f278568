"""The books: what the server sent, sealed; the look-up by identifier gives away nothing but what is asked.

A page of changes is taken over in one transaction, together with the cursor it leads to: an interruption
leaves the old books or the new ones.
"""

import sqlite3

import msgspec
from sqlite_utils import Database

from kiosk.flows.state import BookedClamp, Release
from kiosk.store.journal import JournalError
from kiosk.store.notes import note_progress, progress
from kiosk.store.sealing import Sealer, SealError
from kiosk.store.signing import ClaimSigner, is_signed_with
from kiosk.store.sums import SummedTables
from parking.claims import ClaimRefusal, SignedClaim
from parking.debts import Debt
from parking.facts import CodeOpened, PaymentSettled, decode_fact
from parking.release_codes import SealedCode
from parking.wire import AnyRow, BookRow, BooksPage, ClaimKeyRow, ClaimRedeemedRow, ClampDocument


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

    def released(self, identifier: str) -> Release | None:
        """The release of this clamp's newest fitting, if this terminal made it: as its journal tells it.

        One whose code does not open any more is as good as none.
        """
        key = self._sealer.index_of(identifier)
        row = self._db.conn.execute(
            "SELECT entry FROM releases WHERE key = ? AND entry IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM books WHERE books.key = releases.key AND books.fitting > releases.fitting) "
            "ORDER BY fitting DESC LIMIT 1",
            (key,),
        ).fetchone()
        release = self._release_at(row[0]) if row else None
        try:
            if release is not None:
                self._sealer.open_code(release.sealed)
        except SealError:
            return None
        return release

    def _release_at(self, entry: int) -> Release | None:
        """What the journal says there; the price was settled just before, in the same transaction."""
        rows = self._db.conn.execute(
            "SELECT at_ms, payload FROM journal WHERE number IN (?, ?) ORDER BY number", (entry - 1, entry)
        ).fetchall()
        match [decode_fact(payload) for _, payload in rows]:
            case [PaymentSettled(price_minor=price_minor), CodeOpened() as opened]:
                what = (opened.payment, opened.identifier, opened.fitting, opened.code_number, opened.sealed)
                return Release(*what, price_minor, at_utc_ms=rows[-1][0])
            case _:
                return None

    def claim(self, signed: SignedClaim) -> ClaimRefusal | None:
        """What speaks against it: UNKNOWN_ISSUER, FORGED, REDEEMED (as far as is known here), or nothing."""
        terminal, epoch = signed.slip.issuer
        rows = self._db.conn.execute(
            "SELECT key FROM claim_keys WHERE terminal = ? AND epoch = ?", (terminal, epoch)
        )
        own = [self._signer.public_key] if self._signer.issuer == (terminal, epoch) else []
        keys = [*own, *(row[0] for row in rows)]
        if not keys:
            return ClaimRefusal.UNKNOWN_ISSUER
        if not any(is_signed_with(key, signed) for key in keys):
            return ClaimRefusal.FORGED
        return ClaimRefusal.REDEEMED if self.is_redeemed(signed.slip.number) else None

    def is_redeemed(self, claim: str) -> bool:
        """Whether this terminal has taken the claim, or was told that it is not to be taken any more."""
        found = self._db.conn.execute(
            "SELECT 1 FROM redemptions WHERE claim = ? UNION ALL "
            "SELECT 1 FROM redeemed_elsewhere WHERE claim = ?",
            (claim, claim),
        ).fetchone()
        return found is not None

    def keep(self, page: BooksPage, *, complete: bool) -> None:
        """Take over a page of changes; `complete` replaces everything. An older page changes nothing.

        A claim that was redeemed stays so, whatever a server has forgotten.

        Raises:
            JournalError: the disk refused; the books are as before.
        """
        if not complete and page.version <= self.version:
            return
        try:
            with self._db.atomic():
                tables = SummedTables(self._db)
                if complete:
                    tables.clear("books")
                    tables.clear("claim_keys")
                for row in page.rows:
                    self._keep_row(tables, row)
                tables.note()
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
                tables = SummedTables(self._db)
                tables.put("books", self._sealed(document))
                tables.note()
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"cannot keep the reserved release: {error}") from error

    def _keep_row(self, tables: SummedTables, row: AnyRow) -> None:
        match row:
            case BookRow(identifier=identifier, document=None):
                tables.remove("books", (self._sealer.index_of(identifier),))
            case BookRow(document=document) if document is not None:
                tables.put("books", self._sealed(document))
            case ClaimKeyRow(terminal=terminal, epoch=epoch, key=key):
                tables.put("claim_keys", (terminal, epoch, key))
            case ClaimRedeemedRow(claim=claim):
                tables.put("redeemed_elsewhere", (claim,))

    def _sealed(self, document: ClampDocument) -> tuple[bytes, int, int, str, str]:
        """The row of a clamp."""
        key = self._sealer.index_of(document.identifier)
        place = _code_place(key, document.fitting, document.code_number)
        rest = msgspec.json.encode(_Sealed(document.debt, document.currency)).decode()
        return (
            key,
            document.fitting,
            document.code_number,
            self._sealer.seal(document.code, place),
            self._sealer.seal(rest, _document_place(key, document.fitting)),
        )


def _code_place(key: bytes, fitting: int, code_number: int) -> str:
    return f"books/{key.hex()}/{fitting}/code/{code_number}"


def _document_place(key: bytes, fitting: int) -> str:
    return f"books/{key.hex()}/{fitting}/document"
