"""The sync's decisions alone: whatever is lost, repeated or garbled on the way, nothing is skipped."""

from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.flows.events import BooksArrived, FactsArrived
from kiosk.sync.exchange import Answer, ServerTroubleError, Trouble
from kiosk.sync.reconcile import (
    LARGEST_BATCH_BYTES,
    LONGEST_PAUSE_S,
    MOST_LOOKS,
    LookAgain,
    Progress,
    PullBooks,
    PushFacts,
    Rest,
    books_answered,
    check_batch,
    cut_to_size,
    facts_answered,
    facts_failed,
    looked,
    next_round,
    next_step,
    pause_after,
)
from parking.facts import Entry
from parking.wire import AnyRow, BookRow, BooksPage, ClaimKeyRow, ClaimRedeemedRow, FactsAcknowledged
from tests.kiosk.sync.fake_server import Place, document, journal

JOURNAL = journal(13)
BATCH = 3
STEPS_TO_HEAL = 200


@dataclass
class World:
    """A terminal and a server that speak through answers that may be lost, doubled, garbled or from the past."""

    place: Place
    held: int = 0
    delivered: set[int] = field(default_factory=set)
    sent: int = 0
    clamps: dict[int, str] = field(default_factory=dict)
    books: dict[str, int] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    unkept: list[FactsArrived | BooksArrived] = field(default_factory=list)
    old_answers: list[Answer] = field(default_factory=list)

    # --- the server ------------------------------------------------------------------------------------

    def take(self, entries: tuple[Entry, ...]) -> Answer:
        if entries[0].number > self.held + 1:
            told = {"reason": "gap", "detail": "", "epoch": 1, "expected": self.held + 1}
            return Answer(409, msgspec.json.encode(told))
        self.delivered |= {entry.number for entry in entries}
        self.held = max(self.held, entries[-1].number)
        return Answer(200, msgspec.json.encode(FactsAcknowledged(1, self.held)))

    def give(self, after: int) -> Answer:
        newest = max(self.clamps, default=0)
        cursor = after if after <= newest else 0
        found = [sequence for sequence in sorted(self.clamps) if sequence > cursor][:2]
        rows = tuple(self._row(sequence) for sequence in found)
        version = found[-1] if found else newest
        return Answer(200, msgspec.json.encode(BooksPage(rows, version, newest, version < newest)))

    def _row(self, sequence: int) -> BookRow:
        name, is_off = self.clamps[sequence].lstrip("-"), self.clamps[sequence].startswith("-")
        return BookRow(sequence, name, None if is_off else document(name, code=str(sequence)))

    def truth(self) -> dict[str, int]:
        books: dict[str, int] = {}
        for sequence in sorted(self.clamps):
            change = self._row(sequence)
            books.pop(change.identifier, None)
            if change.document is not None:
                books[change.identifier] = sequence
        return books

    # --- the terminal ----------------------------------------------------------------------------------

    def keep_one(self) -> None:
        if not self.unkept:
            return
        event = self.unkept.pop(0)
        if isinstance(event, FactsArrived):
            acknowledged = max(self.place.acknowledged_number, event.number)
            self.place = msgspec.structs.replace(self.place, acknowledged_number=acknowledged)
            return
        if not event.complete and event.page.version <= self.place.books_version:
            return
        if event.complete:
            self.books = {}
        for change in event.page.rows:
            assert isinstance(change, BookRow)
            self.books.pop(change.identifier, None)
            if change.document is not None:
                self.books[change.identifier] = change.sequence
        self.place = msgspec.structs.replace(self.place, books_version=event.page.version)

    def step(self, fate: str) -> bool:
        """One turn of the loop; what happens to the exchange is `fate`. Returns whether there was nothing to do."""
        match next_step(self.progress, self.place):
            case PushFacts(after=after):
                entries = JOURNAL[after : min(after + BATCH, self.place.last_number)]
                check_batch(after, entries)
                self.sent = max(self.sent, entries[-1].number)
                self._exchange(fate, lambda: self.take(entries), entries)
            case PullBooks(after=after):
                self._exchange(fate, lambda: self.give(after), after)
            case LookAgain():
                self.progress = looked(self.progress)
            case Rest():
                self.progress = next_round(self.progress)
                return True
        return False

    def _exchange(self, fate: str, server: "object", asked: tuple[Entry, ...] | int) -> None:
        assert callable(server)
        answer = Answer(500, b"") if fate == "request lost" else server()
        self.old_answers.append(answer)
        if fate == "doubled":
            answer = server()
        if fate == "answer lost":
            answer = Answer(503, b"")
        if fate == "garbled":
            answer = Answer(answer.status, answer.body[: len(answer.body) // 2])
        if fate == "foreign":
            answer = Answer(200, b'{"epoch":1,"number":999,"rows":[],"version":-1,"newest":5,"more":true}')
        try:
            if isinstance(asked, int):
                self.progress, page = books_answered(self.progress, self.place, asked, answer)
                self.unkept += [page] if page else []
            else:
                self.progress, told = facts_answered(self.progress, self.place, asked, answer)
                self.unkept += [told] if told else []
        except ServerTroubleError as trouble:
            failed = facts_failed(self.progress, trouble) if isinstance(asked, tuple) else self.progress
            self.progress = failed if isinstance(asked, tuple) else next_round(failed)
        if fate == "session":
            self.keep_one()


FATES = (
    "good",
    "request lost",
    "answer lost",
    "doubled",
    "garbled",
    "foreign",
    "session",
    "restart",
    "restored",
)


def _happen(world: World, fate: str) -> None:
    if fate == "restart":
        world.progress, world.unkept = Progress(), []
    elif fate == "restored":
        world.held = world.held // 2
        world.clamps = {
            sequence: name for sequence, name in world.clamps.items() if sequence <= len(world.clamps) // 2
        }
    world.step(fate)
    if fate != "session":
        world.keep_one()


@given(
    fates=st.lists(st.sampled_from(FATES), max_size=60),
    length=st.integers(0, len(JOURNAL) - 1),
    clamps=st.lists(st.sampled_from(["7F31", "7F32", "7F33", "-7F31", "-7F32"]), max_size=9),
)
def test_whatever_happens_on_the_way_everything_arrives_and_only_that_is_acknowledged(
    fates: list[str], length: int, clamps: list[str]
) -> None:
    world = World(Place(1, length, 0, 0), clamps=dict(enumerate(clamps, start=1)))
    for fate in fates:
        _happen(world, fate)
        assert world.place.acknowledged_number <= world.sent
        assert set(range(1, world.place.acknowledged_number + 1)) <= world.delivered
    length += 1  # a server that lost something says so when it gets the next fact
    world.place = msgspec.structs.replace(world.place, last_number=length)
    for _ in range(STEPS_TO_HEAL):
        at_rest = world.step("good")
        world.keep_one()
        if at_rest and not world.unkept and world.place.acknowledged_number == length:
            break
    assert world.held == length
    assert world.place.acknowledged_number == length
    assert world.books == world.truth()


@given(body=st.binary(max_size=200), status=st.integers(100, 599))
def test_no_answer_of_bytes_breaks_the_loop(body: bytes, status: int) -> None:
    place = Place(1, 3, 0, 5)
    for answered in (
        lambda: facts_answered(Progress(), place, JOURNAL[:3], Answer(status, body)),
        lambda: books_answered(Progress(), place, 5, Answer(status, body)),
    ):
        with pytest.raises(ServerTroubleError) as trouble:
            answered()
        assert trouble.value.detail


def test_a_server_that_holds_more_than_the_journal_is_sent_what_follows() -> None:
    """An old copy of the disk begins with what the server has; only behind that it differs."""
    place = Place(1, len(JOURNAL), 0, 0)
    answer = Answer(200, msgspec.json.encode(FactsAcknowledged(1, len(JOURNAL) + 70)))
    progress, event = facts_answered(Progress(), place, JOURNAL[:3], answer)
    assert event == FactsArrived(1, 3)
    assert next_step(progress, place) == PushFacts(3)


numbers = st.integers(-(2**63), 2**64 - 1)


@given(number=numbers, epoch=st.integers(-1, 3), acknowledged=st.integers(0, 2))
def test_an_acknowledgement_is_believed_only_for_what_was_sent(
    number: int, epoch: int, acknowledged: int
) -> None:
    place = Place(1, len(JOURNAL), acknowledged, 0)
    sent = JOURNAL[acknowledged : acknowledged + 3]
    answer = Answer(200, msgspec.json.encode({"epoch": epoch, "number": number}))
    is_too_much = number > sent[-1].number == len(JOURNAL)
    if epoch != 1 or number <= acknowledged or is_too_much:
        with pytest.raises(ServerTroubleError) as trouble:
            facts_answered(Progress(), place, sent, answer)
        assert trouble.value.code is Trouble.RUBBISH
        return
    progress, event = facts_answered(Progress(), place, sent, answer)
    assert acknowledged < progress.held <= sent[-1].number
    assert event == FactsArrived(1, progress.held)


@given(
    sequences=st.lists(st.integers(-2, 12), max_size=5),
    version=st.integers(-2, 14),
    newest=st.integers(-2, 14),
    more=st.booleans(),
    after=st.integers(0, 10),
)
def test_a_page_that_is_kept_moves_the_books_forward(
    sequences: list[int],
    version: int,
    newest: int,
    *,
    more: bool,
    after: int,
) -> None:
    rows = tuple(BookRow(sequence, "7F31", None) for sequence in sequences)
    answer = Answer(200, msgspec.json.encode(BooksPage(rows, version, newest, more)))
    try:
        progress, event = books_answered(Progress(), Place(1, 0, 0, after), after, answer)
    except ServerTroubleError:
        return
    if event is None:
        assert progress.gathered == () or (progress.books_current and version == after)
        return
    assert sorted({*sequences}) == sequences
    assert after < version <= newest
    assert all(after < sequence <= version for sequence in sequences)
    assert progress.posted == version


KEY = "A" * 43 + "="


def _page(*rows: AnyRow, more: bool = False) -> Answer:
    version = rows[-1].sequence
    return Answer(200, msgspec.json.encode(BooksPage(rows, version, version + more, more)))


def test_keys_and_taken_claims_come_with_the_clamps() -> None:
    rows = (ClaimKeyRow(1, "0412", 1, KEY), BookRow(2, "7F31", None), ClaimRedeemedRow(3, "0412-1-C00012"))
    _, event = books_answered(Progress(), Place(1, 0, 0, 0), 0, _page(*rows))
    assert event == BooksArrived(BooksPage(rows, 3, 3, more=False), complete=False)


def test_all_books_anew_have_the_last_word_on_each_clamp_key_and_claim_once() -> None:
    place, first = Place(1, 0, 0, 9), BookRow(1, "7F31", None)
    keys = (ClaimKeyRow(2, "0412", 1, KEY), ClaimKeyRow(3, "0412", 1, "B" * 43 + "="))
    later = (*keys, ClaimRedeemedRow(4, "0412-1-C00012"), BookRow(5, "7F31", None))
    progress, event = books_answered(Progress(gathered=()), place, 0, _page(first, more=True))
    assert event is None
    _, event = books_answered(progress, place, 1, _page(*later))
    assert event == BooksArrived(BooksPage(later, 5, 5, more=False), complete=True)


@pytest.mark.parametrize(
    "row",
    [
        ClaimKeyRow(1, "0412", 1, "AAAA"),
        ClaimKeyRow(1, "0412", 1, "no base64"),
        ClaimKeyRow(1, "0412", 0, KEY),
        ClaimKeyRow(1, "quay", 1, KEY),
        ClaimRedeemedRow(1, "C-1"),
        ClaimRedeemedRow(1, ""),
    ],
)
def test_a_row_about_claims_that_cannot_be_true_is_not_kept(row: AnyRow) -> None:
    with pytest.raises(ServerTroubleError, match="claim") as refused:
        books_answered(Progress(), Place(1, 0, 0, 0), 0, _page(row))
    assert refused.value.code is Trouble.RUBBISH


def test_a_batch_is_cut_to_what_the_server_takes() -> None:
    large = tuple(msgspec.structs.replace(entry, payload="x" * 100_000) for entry in JOURNAL)
    huge = msgspec.structs.replace(JOURNAL[0], payload="x" * LARGEST_BATCH_BYTES)
    assert cut_to_size(JOURNAL) == JOURNAL
    assert cut_to_size(large) == large[:2]
    assert cut_to_size((huge, *large)) == (huge,)
    assert cut_to_size(()) == ()


def test_a_page_that_the_session_never_keeps_is_asked_for_again() -> None:
    place = Place(1, 0, 0, 0)
    progress = Progress(posted=7)
    for _ in range(MOST_LOOKS):
        assert next_step(progress, place) == LookAgain()
        progress = looked(progress)
    assert next_step(progress, place) == PullBooks(0)


def test_the_first_number_of_a_new_epoch_is_sent_again_from_where_the_store_says() -> None:
    progress = Progress(epoch=1, held=9, books_current=True)
    assert next_step(progress, Place(2, 3, 0, 0)) == PushFacts(0)
    assert next_step(progress, Place(1, 9, 4, 0)) == Rest()


@given(failures=st.integers(1, 10_000), jitter=st.floats(0, 1))
def test_the_pause_grows_and_has_an_end(failures: int, jitter: float) -> None:
    pause_s = pause_after(failures, 2.0, jitter)
    assert 1.5 <= pause_s <= LONGEST_PAUSE_S
    assert pause_after(failures + 1, 2.0, jitter) >= pause_s


def test_the_pause_is_2_4_8_16_30_seconds() -> None:
    assert [pause_after(failures, 2.0, 0.0) for failures in range(1, 7)] == [2, 4, 8, 16, 30, 30]
