"""Migrations, sealing, and what the database promises."""

import os
import stat
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from server.office.setting import open_sealer
from server.store import tables
from server.store.engine import Database, DatabaseRefusedError
from server.store.migration import NewerDatabaseError, configuration, migrate, newest_step
from server.store.sealing import CodeDoesNotOpenError, CodeSealer, KeyFileError, create_key, read_key
from tests.server.world import KEY, SECRETS, World

NEW_FITTING = "INSERT INTO fittings (clamp, fitting, code_number, plate, currency, total_minor, fitted_at_ms, unfitted_at_ms)"

# --- tables --------------------------------------------------------------------------------------------


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(empty_address: str) -> None:
    database = Database(empty_address)
    migrate(database)
    migrate(database)  # once more changes nothing

    with database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, tables.metadata) == []
        assert set(inspect(connection).get_table_names()) == {*tables.metadata.tables, "alembic_version"}
        assert context.get_current_revision() == newest_step()
    database.close()


def test_what_was_reserved_before_the_references_were_kept_stays_reserved(empty_address: str) -> None:
    database = Database(empty_address)
    with database.writing() as connection:
        command.upgrade(configuration(connection), "v0001")
        for statement in (
            "INSERT INTO terminals (number, place, key_hash, added_at_ms) VALUES ('0412', 'Here', 'x', 1)",
            "INSERT INTO clamps (identifier, added_at_ms) VALUES ('7F314', 1)",
            "INSERT INTO codes (clamp, number, box) VALUES ('7F314', 1, 'x')",
            "INSERT INTO fittings (clamp, fitting, code_number, plate, currency, total_minor, fitted_at_ms) VALUES ('7F314', 1, 1, '', 'EUR', 100, 1)",
            "INSERT INTO reservations (clamp, fitting, terminal, reference, expires_at_ms) VALUES ('7F314', 1, '0412', 'r-1', 99)",
        ):
            connection.execute(text(statement))
    migrate(database)

    with database.reading() as connection:
        (row,) = connection.execute(tables.reservations.select()).mappings()
    assert (row["terminal"], row["reference"], row["clamp"], row["expires_at_ms"]) == (
        "0412",
        "r-1",
        "7F314",
        99,
    )
    assert (row["refused"], row["over_at_ms"]) == (None, None)
    database.close()


def test_claims_that_were_issued_before_they_could_be_taken_have_their_payment_s_currency(
    empty_address: str,
) -> None:
    database = Database(empty_address)
    with database.writing() as connection:
        command.upgrade(configuration(connection), "v0002")
        for statement in (
            "INSERT INTO terminals (number, place, key_hash, added_at_ms) VALUES ('0412', 'Here', 'x', 1)",
            "INSERT INTO payments (terminal, epoch, number, line, subject, currency, state, price_minor, kept_minor, opened_at_ms, received_at_ms) VALUES ('0412', 1, '0412-1', 'release', '7F314', 'GBP', 'cancelled', 4500, 200, 1, 1)",
            "INSERT INTO claims (terminal, epoch, number, payment, amount_minor, reason, issued_at_ms, received_at_ms) VALUES ('0412', 1, '0412-1-C00001', '0412-1', 200, 'change-short', 1, 1)",
        ):
            connection.execute(text(statement))
    migrate(database)

    with database.reading() as connection:
        (claim,) = connection.execute(tables.claims.select()).mappings()
        (payment,) = connection.execute(tables.payments.select()).mappings()
    assert (claim["currency"], claim["office_end"], claim["confirmed_at_ms"]) == ("GBP", None, None)
    assert (payment["kept_minor"], payment["redeemed_minor"]) == (200, 0)
    database.close()


def test_a_database_of_newer_software_is_refused(empty_address: str) -> None:
    database = Database(empty_address)
    migrate(database)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))

    with pytest.raises(NewerDatabaseError, match="v9999"):
        migrate(database)
    database.close()


def test_a_write_that_fails_has_no_effect(world: World) -> None:
    def forget_everything() -> None:
        with world.database.writing() as connection:
            connection.execute(tables.debt_lines.delete())
            connection.execute(tables.clamps.delete())  # they have codes: refused

    with pytest.raises(IntegrityError):
        forget_everything()
    assert len(world.rows(tables.debt_lines)) == 3


def test_a_reader_sees_one_moment_only(world: World) -> None:
    counted = text("SELECT count(*) FROM codes")
    with world.database.reading() as reader:
        before = reader.execute(counted).scalar_one()
        with world.database.writing() as writer:
            writer.execute(tables.codes.delete().where(tables.codes.c.number == 3))
        assert reader.execute(counted).scalar_one() == before


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO books_log (identifier, sequence) VALUES ('5R790', 2)",
        "UPDATE fittings SET code_number = 9 WHERE clamp = '8K022'",
        f"{NEW_FITTING} VALUES ('7F314', 2, 2, '', 'EUR', 1, 1, NULL)",
        f"{NEW_FITTING} VALUES ('7F314', 2, 1, '', 'EUR', 1, 1, 1)",
    ],
    ids=["a sequence twice", "a code that is not there", "two open fittings", "a code for two fittings"],
)
def test_the_database_itself_refuses_what_must_not_be(world: World, statement: str) -> None:
    with pytest.raises(IntegrityError), world.database.writing() as connection:
        connection.execute(text(statement))


def test_sqlite_is_durable_and_checks_its_keys(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'parking.db'}")
    with database.reading() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    database.close()
    assert settings == ["wal", 2, 1]


@pytest.mark.parametrize(
    "address",
    ["", "parking.db", "sqlite://", "sqlite:///:memory:", "mysql://u:secret-word@h/d", "oracle+x://"],
)
def test_an_address_that_is_none_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(DatabaseRefusedError, match=r"expected sqlite:///FILE or postgresql://") as caught:
        Database(address)
    assert "secret-word" not in str(caught.value)


# --- sealing -------------------------------------------------------------------------------------------


def test_a_sealed_code_opens_only_in_its_own_place() -> None:
    sealer = CodeSealer(KEY)
    box = sealer.seal("482913", clamp="7F314", number=1)

    assert sealer.open(box, clamp="7F314", number=1) == "482913"
    assert sealer.seal("482913", clamp="7F314", number=1) != box
    for clamp, number in (("7F314", 2), ("8K022", 1)):
        with pytest.raises(CodeDoesNotOpenError, match=f"code {number} of clamp {clamp}"):
            sealer.open(box, clamp=clamp, number=number)
    with pytest.raises(CodeDoesNotOpenError):
        CodeSealer(bytes(32)).open(box, clamp="7F314", number=1)


@pytest.mark.parametrize("box", ["", "no base64!", "AAAA", "c3BvaWxlZCBib3ggdGhhdCBpcyBsb25n"])
def test_rubbish_does_not_open(box: str) -> None:
    with pytest.raises(CodeDoesNotOpenError):
        CodeSealer(KEY).open(box, clamp="7F314", number=1)


def test_no_code_is_in_the_database_in_plain_text(world: World) -> None:
    everything = repr([world.rows(table) for table in tables.metadata.tables.values()])

    assert [code for code in SECRETS if code in everything] == []
    file = world.database.file
    if file is not None:
        raw = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
        assert [code for code in SECRETS if code.encode() in raw] == []


def test_a_new_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "parking.db.key"
    key = create_key(file)

    assert (len(key), read_key(file)) == (32, key)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert create_key(file) == key  # never overwritten


def test_a_server_that_is_killed_while_it_makes_its_key_starts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "parking.db.key"

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(os, "fsync", die)
        with pytest.raises(KeyboardInterrupt):
            create_key(file)
    assert not file.exists()
    assert len(create_key(file)) == 32
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("content", "mode", "message"),
    [
        (None, 0o600, "is missing; bring it back"),
        (b"A" * 44, 0o644, "run: chmod 600"),
        (b"short", 0o600, "does not hold 32 bytes"),
        (b"\xff\xfe", 0o600, "cannot be read"),
    ],
)
def test_a_key_file_that_is_none_is_refused(
    tmp_path: Path, content: bytes | None, mode: int, message: str
) -> None:
    file = tmp_path / "parking.db.key"
    if content is not None:
        file.write_bytes(content)
        file.chmod(mode)
    with pytest.raises(KeyFileError, match=message):
        read_key(file)


def test_the_key_of_another_database_is_refused_and_none_is_made_where_codes_are_kept(
    world: World, tmp_path: Path
) -> None:
    with world.database.reading() as connection:
        with pytest.raises(KeyFileError, match="is missing"):
            open_sealer(connection, tmp_path / "gone.key")
        create_key(tmp_path / "other.key")
        with pytest.raises(KeyFileError, match="does not open the 7 codes"):
            open_sealer(connection, tmp_path / "other.key")
    assert not (tmp_path / "gone.key").exists()
