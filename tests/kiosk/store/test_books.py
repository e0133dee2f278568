"""The books at rest: sealed, looked up by a keyed index, taken over whole or not at all."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.flows.state import Release
from kiosk.store.books import SealedBooks
from kiosk.store.database import open_for_writing
from kiosk.store.journal import Journal, JournalError
from kiosk.store.sealing import KEY_BYTES, KeyFileError, Sealer, SealError, load_or_make_key
from kiosk.store.signing import ClaimSigner
from parking.civil_time import Moment
from parking.claims import ClaimReason, ClaimRefusal, ClaimSlip, SignedClaim
from parking.debts import Debt, DebtLine
from parking.facts import ClaimRedeemed, CodeOpened, PaymentSettled, SecuredBy
from parking.release_codes import SealedCode
from parking.wire import AnyRow, BookRow, BooksPage, ClaimKeyRow, ClaimRedeemedRow, ClampDocument

DOCUMENT = ClampDocument(
    "7F314", 1, Debt((DebtLine("No valid ticket", 4500),), "B-AB 1234"), "EUR", 1, "482913"
)


def page(version: int, *rows: AnyRow) -> BooksPage:
    return BooksPage(rows, version, version, more=False)


class Shop:
    """A store with journal and books on one connection, as the machine makes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = open_for_writing(path)
        self.sealer = Sealer(bytes(range(KEY_BYTES)))
        self.journal = Journal(self.db, path, terminal="0412", epoch=1, index_of=self.sealer.index_of)
        self.books = SealedBooks(self.db, self.sealer, ClaimSigner(self.sealer, "0412", 1))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "terminal.db")
    shop.books.keep(page(5, BookRow(5, "7F314", DOCUMENT)), complete=False)
    yield shop
    shop.journal.close()


def test_a_clamp_is_found_with_its_sealed_code(shop: Shop) -> None:
    clamp = shop.books.clamp("7F314")
    assert clamp is not None
    assert clamp.debt == DOCUMENT.debt
    assert shop.sealer.open_code(clamp.sealed) == "482913"
    assert shop.books.version == 5
    assert shop.books.clamp("7F315") is None


def test_nothing_readable_lies_on_the_disk(shop: Shop) -> None:
    shop.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = shop.path.read_bytes()
    for secret in (b"482913", b"7F314", b"B-AB 1234", b"No valid ticket"):
        assert secret not in raw


def test_a_page_replaces_and_removes(shop: Shop) -> None:
    other = msgspec.structs.replace(DOCUMENT, identifier="9K22", code="111111")
    shop.books.keep(page(7, BookRow(6, "9K22", other), BookRow(7, "7F314", None)), complete=False)
    assert shop.books.clamp("7F314") is None
    assert shop.books.clamp("9K22") is not None


def test_an_old_page_changes_nothing_and_a_complete_one_replaces_everything(shop: Shop) -> None:
    shop.books.keep(page(4, BookRow(4, "7F314", None)), complete=False)
    assert shop.books.clamp("7F314") is not None
    shop.books.keep(page(2), complete=True)
    assert shop.books.clamp("7F314") is None
    assert shop.books.version == 2


def test_an_interrupted_page_leaves_the_old_books(shop: Shop) -> None:
    shop.db.execute("CREATE TRIGGER full BEFORE INSERT ON books BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    bad = page(
        9, BookRow(8, "7F314", None), BookRow(9, "9K22", msgspec.structs.replace(DOCUMENT, identifier="9K22"))
    )
    with pytest.raises(JournalError, match="disk full"):
        shop.books.keep(bad, complete=False)
    assert shop.books.version == 5
    assert shop.books.clamp("7F314") is not None


def test_a_released_fitting_is_never_offered_again_but_the_next_fitting_is(shop: Shop) -> None:
    clamp = shop.books.clamp("7F314")
    assert clamp is not None
    shop.journal.append([CodeOpened("p", "7F314", 1, 1, clamp.sealed)], Moment(0, 0), 5)
    assert shop.books.clamp("7F314") is None
    shop.books.keep(page(6, BookRow(6, "7F314", DOCUMENT)), complete=False)
    assert shop.books.clamp("7F314") is None, "the server does not know of the release yet"
    again = msgspec.structs.replace(DOCUMENT, fitting=2, code_number=2, code="777777")
    shop.books.keep(page(8, BookRow(8, "7F314", again)), complete=False)
    assert shop.books.clamp("7F314") is not None


def test_a_reserved_release_is_opened_like_any_other(shop: Shop) -> None:
    shop.books.keep_reservation(msgspec.structs.replace(DOCUMENT, identifier="9K22", code="222222"))
    clamp = shop.books.clamp("9K22")
    assert clamp is not None
    assert shop.sealer.open_code(clamp.sealed) == "222222"


# --- claims --------------------------------------------------------------------------------------------


def slip_of(terminal: str, epoch: int = 1) -> SignedClaim:
    signer = ClaimSigner(Sealer(bytes(KEY_BYTES)), terminal, epoch)
    return signer.sign(ClaimSlip(f"{terminal}-{epoch}-C00007", 300, "EUR", ClaimReason.CHANGE_SHORT))


def key_row(sequence: int, terminal: str, epoch: int = 1) -> ClaimKeyRow:
    signer = ClaimSigner(Sealer(bytes(KEY_BYTES)), terminal, epoch)
    return ClaimKeyRow(sequence, terminal, epoch, signer.public_key)


def test_a_slip_is_good_when_a_known_key_of_its_terminal_and_epoch_signed_it(shop: Shop) -> None:
    assert shop.books.claim(slip_of("0413")) is ClaimRefusal.UNKNOWN_ISSUER, "nobody has told us yet"
    shop.books.keep(page(9, key_row(6, "0413", 2), key_row(9, "0414")), complete=False)
    assert shop.books.claim(slip_of("0413")) is ClaimRefusal.UNKNOWN_ISSUER, "that is another epoch"
    shop.books.keep(page(10, key_row(10, "0413")), complete=False)
    assert shop.books.claim(slip_of("0413")) is None
    richer = msgspec.structs.replace(slip_of("0413").slip, amount_minor=3000)
    assert shop.books.claim(SignedClaim(richer, slip_of("0413").signature)) is ClaimRefusal.FORGED


def test_two_keys_of_one_epoch_are_both_good(shop: Shop) -> None:
    """The key file was lost and a new one was made: what was signed before is still owed."""
    again = ClaimSigner(Sealer(b"k" * KEY_BYTES), "0413", 1)
    shop.books.keep(page(7, key_row(6, "0413"), ClaimKeyRow(7, "0413", 1, again.public_key)), complete=False)
    assert shop.books.claim(slip_of("0413")) is None
    assert shop.books.claim(again.sign(slip_of("0413").slip)) is None


def test_a_terminal_knows_its_own_slips_without_any_books(shop: Shop) -> None:
    own = ClaimSigner(shop.sealer, "0412", 1)
    assert shop.books.claim_key == own.public_key
    assert shop.books.claim(own.sign(slip_of("0412").slip)) is None
    assert shop.books.claim(slip_of("0412")) is ClaimRefusal.FORGED


def test_what_this_terminal_has_redeemed_it_does_not_take_again(shop: Shop) -> None:
    shop.books.keep(page(6, key_row(6, "0413")), complete=False)
    shop.journal.append([ClaimRedeemed("0413-1-C00007", "p", 300, SecuredBy.BOOKS)], Moment(0, 0), 5)
    assert shop.books.claim(slip_of("0413")) is ClaimRefusal.REDEEMED
    assert shop.books.is_redeemed("0413-1-C00007")
    assert not shop.books.is_redeemed("0413-1-C00008")


def test_what_was_redeemed_elsewhere_stays_so_whatever_a_server_has_forgotten(shop: Shop) -> None:
    shop.books.keep(page(7, key_row(6, "0413"), ClaimRedeemedRow(7, "0413-1-C00007")), complete=False)
    assert shop.books.claim(slip_of("0413")) is ClaimRefusal.REDEEMED
    shop.books.keep(page(1, key_row(1, "0413")), complete=True)
    assert shop.books.claim(slip_of("0413")) is ClaimRefusal.REDEEMED
    shop.books.keep(page(1), complete=True)
    assert shop.books.claim(slip_of("0413")) is ClaimRefusal.UNKNOWN_ISSUER, "keys are the server's to say"


# --- the code again ------------------------------------------------------------------------------------


def release(shop: Shop, payment: str = "0412-1-00042") -> SealedCode:
    clamp = shop.books.clamp("7F314")
    assert clamp is not None
    code = CodeOpened(payment, "7F314", clamp.fitting, clamp.code_number, clamp.sealed)
    shop.journal.append([PaymentSettled(payment, 4500), code], Moment(7000, 0), 5)
    return clamp.sealed


def test_a_release_is_known_by_its_payment(shop: Shop) -> None:
    assert shop.books.released("7F314") is None
    sealed = release(shop)
    assert shop.books.released("7F314") == Release("0412-1-00042", "7F314", 1, 1, sealed, 4500, 7000)
    shop.books.keep(page(6, BookRow(6, "7F314", None)), complete=False)
    assert shop.books.released("7F314") is not None, "the server has heard of the release"


def test_only_the_newest_fitting_counts(shop: Shop) -> None:
    release(shop)
    again = msgspec.structs.replace(DOCUMENT, fitting=2, code_number=2, code="777777")
    shop.books.keep(page(8, BookRow(8, "7F314", again)), complete=False)
    assert shop.books.released("7F314") is None
    release(shop, "0412-1-00043")
    found = shop.books.released("7F314")
    assert found is not None
    assert (found.payment, found.fitting) == ("0412-1-00043", 2)


def test_a_code_that_does_not_open_any_more_is_not_promised(shop: Shop) -> None:
    release(shop)
    other = Sealer(b"k" * KEY_BYTES)
    with shop.db.atomic():
        shop.db.execute("UPDATE releases SET key = ?", (other.index_of("7F314"),))
    assert SealedBooks(shop.db, other, ClaimSigner(other, "0412", 1)).released("7F314") is None


def test_a_release_that_no_price_precedes_is_not_promised(shop: Shop) -> None:
    clamp = shop.books.clamp("7F314")
    assert clamp is not None
    shop.journal.append([CodeOpened("p", "7F314", 1, 1, clamp.sealed)], Moment(0, 0), 5)
    assert shop.books.released("7F314") is None


# --- harm ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE books SET code_box = document_box",
        "UPDATE books SET code_box = 'AAAA'",
        "UPDATE books SET code_box = 'no base64!'",
        "UPDATE books SET fitting = 2",
        "UPDATE books SET code_number = 2",
        "UPDATE books SET document_box = code_box",
    ],
)
def test_a_row_that_was_changed_or_moved_is_as_good_as_none(shop: Shop, harm: str) -> None:
    with shop.db.atomic():
        shop.db.execute(harm)
    assert shop.books.clamp("7F314") is None


# --- sealing -------------------------------------------------------------------------------------------


@given(st.text(), st.text(max_size=50), st.text(max_size=50))
def test_what_is_sealed_opens_in_its_place_only(text: str, place: str, other: str) -> None:
    sealer = Sealer(bytes(KEY_BYTES))
    box = sealer.seal(text, place)
    assert sealer.open(box, place) == text
    if other != place:
        with pytest.raises(SealError):
            sealer.open(box, other)
    with pytest.raises(SealError):
        Sealer(b"k" * KEY_BYTES).open(box, place)


def test_two_boxes_of_the_same_text_differ() -> None:
    sealer = Sealer(bytes(KEY_BYTES))
    assert sealer.seal("482913", "x") != sealer.seal("482913", "x")


def test_the_key_file_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "store.key"
    key = load_or_make_key(path, path.with_name("terminal.db"))
    assert load_or_make_key(path, path.with_name("terminal.db")) == key
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_or_make_key(path, path.with_name("terminal.db"))


def test_a_program_that_is_killed_while_it_makes_its_key_starts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.key"

    def die(*_: object) -> int:
        raise KeyboardInterrupt

    for deed in ("write", "fsync"):
        with monkeypatch.context() as dying:
            dying.setattr(os, deed, die)
            with pytest.raises(KeyboardInterrupt):
                load_or_make_key(path, path.with_name("terminal.db"))
        assert not path.exists()
    assert len(load_or_make_key(path, path.with_name("terminal.db"))) == KEY_BYTES
    assert list(tmp_path.iterdir()) == [path]


def test_a_store_that_has_lost_its_key_gets_no_other_one(tmp_path: Path) -> None:
    path, store = tmp_path / "store.key", tmp_path / "terminal.db"
    key = load_or_make_key(path, store)
    open_for_writing(store).close()
    safe = path.rename(tmp_path / "safe")
    with pytest.raises(KeyFileError, match=r"store\.key is missing.*bring the key back") as refusal:
        load_or_make_key(path, store)
    assert str(store) in str(refusal.value)
    assert not path.exists()
    safe.rename(path)
    assert load_or_make_key(path, store) == key


def test_a_key_that_is_there_is_made_durable_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program that made it may have been killed before its folder was synced."""
    path, store = tmp_path / "keys" / "store.key", tmp_path / "terminal.db"
    load_or_make_key(path, store)
    synced: list[Path] = []
    monkeypatch.setattr("kiosk.store.sealing.sync_folder", synced.append)
    load_or_make_key(path, store)
    assert synced == [path.parent]


def test_a_key_of_the_wrong_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.key"
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="5 bytes"):
        load_or_make_key(path, path.with_name("terminal.db"))


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "terminal.db"
    path.write_bytes(b"this is no database, at all, for sure" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        open_for_writing(path)
