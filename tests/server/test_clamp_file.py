"""A file of clamps: taken in whole, or every bad line told with line, column and what was expected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.debts import Debt, DebtLine
from server.office.clamp_file import ClampFileError, read_clamps, take_in
from server.office.release import Fine, NewClamp
from server.store import tables
from tests.server.world import CLAMPS, SECRETS, World

HEADER = b"identifier,codes,plate,currency,words_1,amount_1\n"


def sentences(content: bytes) -> list[str]:
    with pytest.raises(ClampFileError) as caught:
        read_clamps(content)
    return caught.value.sentences("clamps.csv")


def test_a_good_file_is_read_whole() -> None:
    lines = read_clamps(CLAMPS)

    assert [line.number for line in lines] == [2, 3, 4]
    assert lines[0].clamp == NewClamp(
        identifier="7F314",
        codes=("482913", "105577", "660241"),
        fine=Fine(
            debt=Debt(
                lines=(DebtLine("No valid ticket", 4500), DebtLine("Clamping", 3000)), plate="HH-AB 123"
            ),
            currency="EUR",
        ),
    )
    assert lines[2].clamp == NewClamp(identifier="5R790", codes=("116205", "874433"), fine=None)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfidentifier,codes\n7F314,482913\n",
        b"identifier,codes\r\n7F314,482913\r\n",
        b"\n\nidentifier;codes\n\n7F314;482913\n\n",
        b" Codes , IDENTIFIER \n 482913 , 7f31-4 \n",
        b'"identifier","codes"\n"7F314","482913"',
    ],
    ids=[
        "byte order mark",
        "windows line ends",
        "semicolons and empty lines",
        "any order and case",
        "quoted",
    ],
)
def test_the_ways_in_which_programs_write_csv(content: bytes) -> None:
    assert [line.clamp for line in read_clamps(content)] == [NewClamp("7F314", ("482913",))]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "clamps.csv:1: header: the file is empty; expected a line with identifier, codes"),
        (b"identifier,codes\n", "clamps.csv:2: file: there is no clamp under the header"),
        (b"identifier\n7F314\n", "clamps.csv:1: codes: this column is missing in the header"),
        (b"identifier,codes,identifier\n", "clamps.csv:1: identifier: this column stands twice in the header"),
        (b"identifier,codes,colour\n", "clamps.csv:1: header: no column is called 'colour'; known are"),
        (b"identifier,codes,words_1\n", "clamps.csv:1: amount_1: this column is missing beside words_1"),
        (HEADER + b"7F314,482913,,EUR,Ticket\xe4,45\n", "clamps.csv:2: file: the byte 0xE4 at position 73 is not UTF-8"),
        (HEADER + b"7F314,48\x002913,,,,\n", "clamps.csv:2: file: a NUL byte at position 57"),
        ("identifier,codes\n".encode("utf-16"), "clamps.csv:1: file: the file is UTF-16; save it as CSV UTF-8"),
        (HEADER + b"7F,482913,,,,\n", "clamps.csv:2: identifier: '7F' does not have 3 to 12 characters"),
        (HEADER + "7\u0424314,482913,,,,\n".encode(), "clamps.csv:2: identifier: '7\\u0424314' has a character"),
        (HEADER + b"7F314,,,,,\n", "clamps.csv:2: codes: no code; expected at least one"),
        (HEADER + b"7F314,482913 12,,,,\n", "clamps.csv:2: codes: code 2 is not one: a release code has 4 to 12"),
        (HEADER + b"7F314,482913|482913,,,,\n", "clamps.csv:2: codes: code 2 stands in this list already"),
        (HEADER + b"7F314,482913,,EUR,No ticket,45;00\n", "clamps.csv:2: amount_1: '45;00' is not an amount"),
        (HEADER + b"7F314,482913,,EUR,No ticket,-45\n", "clamps.csv:2: amount_1: '-45' is not an amount"),
        (HEADER + b"7F314,482913,,EUR,No ticket,0\n", "clamps.csv:2: amount_1: '0' is not between 0.01 and"),
        (HEADER + b"7F314,482913,,EUR,No ticket,1e9\n", "clamps.csv:2: amount_1: '1e9' is not an amount"),
        (HEADER + b"7F314,482913,,JPY,No ticket,45.50\n", "clamps.csv:2: amount_1: '45.50' is not an amount"),
        (HEADER + b"7F314,482913,,XXX,No ticket,45\n", "clamps.csv:2: currency: 'XXX' is not known; expected one of EUR"),
        (HEADER + b"7F314,482913,,EUR,,45\n", "clamps.csv:2: words_1: expected 1 to 80 printable characters"),
        (HEADER + b"7F314,482913,HH-AB 123,,,\n", "clamps.csv:2: words_1: there is a plate but no fine"),
        (HEADER + b"7F314,482913," + b"H" * 17 + b",,No ticket,45\n", "clamps.csv:2: plate: 17 characters"),
        (HEADER + b"7F314,482913,,," + b"x" * 81 + b",45\n", "clamps.csv:2: words_1: expected 1 to 80"),
        (HEADER + b"7F314,482913,H\x1bH,,No ticket,45\n", "clamps.csv:2: plate: a control character stands in"),
        (HEADER + b"7F314,482913,,,No ticket, 20 Nov,45\n", "clamps.csv:2: line: 7 fields, expected 6; a text with"),
        (HEADER + b'7F314,482913,,,"No ticket,45\n', "clamps.csv:2: file: this is no CSV: unexpected end of data"),
        (HEADER + b"7F314,482913," + b"H" * 200_000 + b",,,\n", "clamps.csv:2: file: this is no CSV: field larger"),
        (HEADER + b"7F314,482913,,,,\n\n7f3-14,774120,,,,\n", "clamps.csv:4: identifier: clamp 7F314 stands on line 2"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_line_column_and_expectation(content: bytes, expected: str) -> None:
    (sentence,) = sentences(content)
    assert sentence.startswith(expected)


def test_every_mistake_of_a_line_is_told() -> None:
    assert [sentence.split(": ")[1] for sentence in sentences(HEADER + b"7F,12,,EUR,,x\n")] == [
        "codes",
        "identifier",
        "words_1",
    ]


def test_twenty_bad_lines_are_told_and_the_others_counted() -> None:
    told = sentences(HEADER + b"7F,482913,,,,\n" * 23)

    assert [sentence.split(":")[1] for sentence in told[:-1]] == [str(line) for line in range(2, 22)]
    assert told[-1] == "clamps.csv: 3 more bad lines"


@pytest.mark.parametrize(
    "content",
    [
        HEADER + b"7F314,482913 48-2913,,,,\n",
        HEADER + b"7F314,482913 482913,,,,\n",
        HEADER + b"7F314,482913 774120,x,,,,,,,\n",
    ],
)
def test_no_code_is_repeated_in_a_message(content: bytes) -> None:
    assert not [sentence for sentence in sentences(content) if any(code in sentence for code in SECRETS)]


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda tail: HEADER + b"7F314,482913," + tail))
def test_no_bytes_do_anything_but_be_read_or_be_refused(content: bytes) -> None:
    told: list[str] = []
    try:
        told += [line.clamp.identifier for line in read_clamps(content)]
    except ClampFileError as error:
        told += error.sentences("clamps.csv")
    assert told


def test_a_file_with_one_bad_line_stores_nothing(world: World) -> None:
    before = [world.rows(table) for table in (tables.clamps, tables.codes, tables.fittings, tables.books_log)]
    bad = HEADER + b"9Z999,482913,,,,\n7F314,774120,,,No ticket,45\n"

    with pytest.raises(ClampFileError) as caught, world.database.writing() as connection:
        take_in(connection, world.sealer, bad, world.clock())

    assert caught.value.sentences("clamps.csv") == [
        "clamps.csv:3: identifier: clamp 7F314 is in the database already"
    ]
    after = [world.rows(table) for table in (tables.clamps, tables.codes, tables.fittings, tables.books_log)]
    assert after == before


def test_many_clamps_are_taken_in_at_once(world: World) -> None:
    many = b"".join(b"A%05d,%06d,,,No ticket,45\n" % (number, number) for number in range(1200))
    with world.database.writing() as connection:
        taken = take_in(connection, world.sealer, HEADER + many, world.clock())

    assert len(taken) == 1200
    assert world.terminal("0412").books(limit=1000).json()["more"] is True
