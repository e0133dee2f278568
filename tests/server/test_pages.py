"""The pages: what they say, what they never say, who may see them, and that they are safe in a browser."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from parking import facts as f
from parking.claims import ClaimReason, ClaimRefusal
from parking.release_codes import grouped
from server.pages import words
from server.pages.gate import Gate, PasswordRefusedError, hash_password, write_password
from tests.server.slips import Signer, issued, taken
from tests.server.world import (
    NOON_MS,
    SEALED,
    SECRETS,
    World,
    cancelled_with_claim,
    document_of,
    released,
)

PAGES = (
    "/",
    "/clamps",
    "/clamps/7F314",
    "/payments",
    "/payments/0412/1/0412-1",
    "/terminals",
    "/claims",
    "/claims?show=all",
)
PASSWORD = "correct horse battery"  # noqa: S105 - a test's own


@pytest.fixture
def street(world: World) -> World:
    """A server after a release with change, a claim and an alarm."""
    terminal = world.terminal("0412")
    document = document_of(terminal.books(), "7F314")
    terminal.send(terminal.write(f.TerminalStarted("0.1.0"), *released(document, "0412-1", kept_minor=8000)))
    terminal.send(terminal.write(*cancelled_with_claim("0412-2", "8K022")))
    terminal.send(
        terminal.write(*released(document, "0412-3"), f.DeviceFailed("printer", "PRN.PAPER_OUT", "no paper"))
    )
    world.terminal("0413").reserve("8K022", "r-1")
    return world


def test_each_page_tells_what_is(street: World) -> None:
    told = {page: " ".join(re.sub(r"<[^>]+>", " ", street.client.get(page).text).split()) for page in PAGES}

    assert "7F314 Released 12:00:00 · Harbour Street € 75.00 paid · car HH-AB 123" in told["/"]
    assert "Paid twice. Terminal 0412: clamp 7F314, fitting 1" in told["/"]
    assert "printer: PRN.PAPER_OUT" in told["/"]
    assert "8K022 Being paid at 0413 € 45.00 1 1" in told["/clamps"]
    assert "5R790 Available 0 2" in told["/clamps"]
    assert "Released · 2 codes left" in told["/clamps/7F314"]
    assert "0412-3" in told["/payments"]
    assert "Release code no. 1 of clamp 7F314 given to the customer." in told["/payments/0412/1/0412-1"]
    assert "Change of € 5.00 ordered from hopper 1: 10 of € 0.50." in told["/payments/0412/1/0412-1"]
    assert "Works in part" in told["/terminals"]
    assert "C-0412-2" in told["/claims"]
    assert "€ 0.50" in told["/claims"]


def test_what_became_of_a_claim_is_told_with_it_and_with_both_payments(street: World) -> None:
    signer, terminal = Signer("0499"), street.terminal("0499")
    terminal.send(terminal.write(*issued("0499-1", signer.number(1)), *taken("0499-2", signer.number(1))))
    told = {
        page: " ".join(re.sub(r"<[^>]+>", " ", street.client.get(page).text).split())
        for page in ("/claims", "/claims?show=all", "/payments/0499/1/0499-1", "/payments/0499/1/0499-2")
    }

    assert signer.number(1) not in told["/claims"]
    assert "Taken 12:00:00 at 0499, payment 0499-2" in told["/claims?show=all"]
    assert "Taken 12:00:00 at 0499, payment 0499-2" in told["/payments/0499/1/0499-1"]
    assert "Money of this payment from payment 0499-1 € 7.50" in told["/payments/0499/1/0499-2"]
    assert "Money in, € 7.50 of it as claims € 7.50" in told["/payments/0499/1/0499-2"]
    assert "the books said nothing against it." in told["/payments/0499/1/0499-2"]


def test_a_slip_that_was_turned_into_coins_is_no_payment_that_goes_on_and_no_clamp(world: World) -> None:
    terminal = world.terminal("0412")
    claim, payment = "0499-1-C00001", "0412-1"
    terminal.send(
        terminal.write(
            f.PaymentOpened(payment, "claim", claim, 0, "EUR", exact_only=False),
            f.ClaimRedeemed(claim, payment, 750, f.SecuredBy.SERVER),
            f.MoneyReturning(payment),
            f.PayoutOrdered(payment, "0412-1-1", "hopper 1", 15, 50, f.PayoutPurpose.REFUND, 0),
            f.PayoutReported("0412-1-1", 15, 0, 15),
        )
    )
    assert "Paying" in world.client.get("/payments").text
    terminal.send(terminal.write(f.PaymentClosed(payment, 750, 0, 750, 0)))

    for page in ("/payments", "/payments/0412/1/0412-1"):
        told = " ".join(re.sub(r"<[^>]+>", " ", world.client.get(page).text).split())
        assert f"Given back claim {claim}" in told
        assert f"clamp {claim}" not in told
        assert "Paying" not in told
    assert f"Claim {claim} was brought to be turned into coins." in told


def test_a_claim_that_was_taken_and_never_issued_is_marked_after_a_day(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.send(terminal.write(*taken("0412-1", "0499-1-C00001")))

    assert "Not heard of yet" in world.client.get("/claims").text
    assert "For long" not in world.client.get("/claims").text
    world.clock.forward(25 * 60 * 60 * 1000)
    assert "For long" in world.client.get("/claims").text


def test_pages_of_an_empty_server_say_what_to_do(make_world: Callable[[], World]) -> None:
    empty = make_world()

    assert "No clamp has been released yet." in empty.client.get("/").text
    assert "import clamps.csv" in empty.client.get("/clamps").text
    assert "terminal add" in empty.client.get("/terminals").text
    assert "No payments here." in empty.client.get("/payments").text
    assert "Nobody is owed money." in empty.client.get("/claims").text


@pytest.mark.parametrize(
    "path",
    [
        "/clamps/9Z999",
        "/clamps/%00",
        "/payments/0412/1/none",
        "/payments/04%0012/1/x",
        "/payments/0412/99999999999999999999/x",
        "/nothing",
    ],
)
def test_what_is_not_there_gets_a_page_that_says_so(street: World, path: str) -> None:
    answer = street.client.get(path)

    assert answer.status_code == 404
    assert "That did not work" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_no_code_is_on_any_page_in_any_log_or_in_the_openapi_document(
    street: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    terminal = street.terminal("0777")
    forms = {form for code in SECRETS for form in (code, grouped(code), grouped(code).replace(" ", "&nbsp;"))}

    texts = [
        street.client.get(page).text
        for page in (*PAGES, "/clamps/8K022", "/clamps/5R790", "/api/v1/openapi.json")
    ]
    texts += [terminal.send(terminal.write(*released(document_of(terminal.books(), "8K022"), "0777-1"))).text]
    texts += [terminal.reserve("7F314", "r-1").text, terminal.reserve("9Z999", "r-1").text]
    texts += [street.client.get("/").text, caplog.text]

    assert [form for form in forms for text in texts if form in text] == []


def test_what_people_wrote_is_shown_and_never_run(world: World) -> None:
    terminal = world.terminal("0412")
    evil = "<script>alert(1)</script>"
    terminal.send(
        terminal.write(
            f.PaymentOpened(evil, evil, evil, 100, "EUR", exact_only=False),
            f.CoinKept(evil, 100, 1, evil, 1),
            f.PayoutInDoubt("none", evil),
            f.DeviceFailed(evil, evil, evil),
            f.ClaimIssued(evil, evil, 100, ClaimReason.LATE_COIN),
            f.PaymentClosed(evil, 100, 0, 0, 0),
        )
    )
    path = "/payments/0412/1/%3Cscript%3Ealert(1)%3C/script%3E"
    pages = [world.client.get(page) for page in ("/", "/payments", "/terminals", "/claims", path)]

    assert [page.status_code for page in pages] == [200] * 5
    assert [page.text for page in pages if "<script>alert" in page.text] == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[-1].text


def test_a_clock_beyond_all_years_is_a_dash(world: World) -> None:
    terminal = world.terminal("0412")
    document = document_of(terminal.books(), "7F314")
    terminal.send(terminal.write(*released(document, "0412-1"), at_ms=2**53))

    assert "Released — ·" in world.client.get("/").text


def test_a_part_that_has_not_changed_is_not_sent_again(street: World) -> None:
    asked = {"HX-Request": "true"}
    part = street.client.get("/", headers=asked)
    version = re.search(r'"X-Seen": "([0-9a-f]+)"', part.text)
    assert part.text.startswith('<div id="live"')
    assert version is not None

    assert street.client.get("/", headers={**asked, "X-Seen": version[1]}).status_code == 204
    street.fit("5R790")
    assert street.client.get("/", headers={**asked, "X-Seen": version[1]}).status_code == 200


def test_every_answer_forbids_what_no_page_needs(street: World) -> None:
    for path in (*PAGES, "/static/pages.css", "/api/v1/health", "/nothing"):
        answer = street.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    for page in PAGES:
        text = street.client.get(page).text
        assert re.findall(r"\s(?:style|on\w+)=|<style|https?://", text) == []


def test_another_host_name_is_not_answered_without_a_password(street: World) -> None:
    assert street.client.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("page", PAGES)
def test_with_a_password_pages_are_for_the_operator(street: World, page: str) -> None:
    guarded = World(street.database, gate=Gate(hash_password(PASSWORD)))

    refused = guarded.client.get(page)
    assert (refused.status_code, refused.headers["www-authenticate"][:5]) == (401, "Basic")
    assert "7F314" not in refused.text


def test_the_gate_lets_in_who_knows_name_and_password(tmp_path: Path) -> None:
    file = tmp_path / "operator"
    write_password(file, PASSWORD)
    gate = Gate.from_file(file)

    assert PASSWORD not in file.read_text("ascii")
    assert file.stat().st_mode & 0o077 == 0
    for _ in range(2):
        assert gate.lets_in("operator", PASSWORD)
        assert not gate.lets_in("operator", PASSWORD + "x")
        assert not gate.lets_in("admin", PASSWORD)
        assert not gate.lets_in("", "")


@pytest.mark.parametrize(
    "content", ["", "correct horse battery", "scrypt$x$8$1$AAAA$BBBB", "argon2$1$2$3$4$5"]
)
def test_a_password_file_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "operator"
    file.write_text(content)
    with pytest.raises(PasswordRefusedError, match="holds no password hash; write it with"):
        Gate.from_file(file)
    with pytest.raises(PasswordRefusedError, match="at least 12 characters"):
        write_password(file, "short")


def test_every_fact_of_a_payment_has_words_of_its_own() -> None:
    happened: list[f.Fact] = [
        f.PaymentOpened("p", "release", "7F314", 4500, "EUR", exact_only=True),
        f.CoinKept("p", 200, 8, None, 1),
        f.PaymentCancelled("p", f.EndReason.TIME_OUT),
        f.PaymentResumed("p"),
        f.PaymentSettled("p", 4500),
        f.CodeOpened("p", "7F314", 1, 2, SEALED),
        f.PayoutOrdered("p", "o", "hopper 1", 1, 50, f.PayoutPurpose.REFUND, None),
        f.PayoutReported("o", 1, 2, None),
        f.PayoutInDoubt("o", "silent"),
        f.ClaimIssued("C-1", "p", 100, ClaimReason.NOBODY_THERE),
        f.ClaimKeyMade("key"),
        f.ClaimPresented("C-1", 100, ClaimReason.NOBODY_THERE, "r"),
        f.ClaimRedeemed("C-1", "p", 100, f.SecuredBy.SERVER),
        f.ClaimRedeemed("C-1", "p", 100, f.SecuredBy.BOOKS),
        *(f.ClaimTurnedAway("C-1", reason) for reason in ClaimRefusal),
        f.ClaimTurnedAway("", ClaimRefusal.UNREADABLE),
        f.CodeShownAgain("p", "7F314", 1, 2, SEALED, 4500),
        f.ReceiptOrdered("j", "p", "release", copy=True),
        f.ReceiptPrinted("j"),
        f.ReceiptFailed("j", "PRN.PAPER_OUT"),
        f.PaymentClosed("p", 4500, 4500, 0, 0),
    ]
    told = [words.fact_in_words(f.encode_fact(fact), type(fact).__name__, "EUR") for fact in happened]

    assert [sentence for sentence in told if not sentence.endswith(".")] == []
    assert len(set(told)) == len(told)
    assert SEALED.box not in "".join(told)
    assert words.fact_in_words("{}", "DroneLanded", "EUR").endswith("(DroneLanded)")


@pytest.mark.parametrize(
    ("instant_ms", "zone", "expected"),
    [
        (NOON_MS, "UTC", "12:00:00"),
        (NOON_MS, "Europe/Berlin", "13:00:00"),
        (None, "UTC", "—"),
        (2**53, "UTC", "—"),
    ],
)
def test_the_time_of_day(instant_ms: int | None, zone: str, expected: str) -> None:
    assert words.time_of_day(instant_ms, zone) == expected


@pytest.mark.parametrize(
    ("amount_minor", "code", "expected"),
    [(4500, "EUR", "€ 45.00"), (4500, "JPY", "¥ 4500"), (4500, "SEK", "SEK 45.00"), (0, "", "? 0.00")],
)
def test_an_amount(amount_minor: int, code: str, expected: str) -> None:
    assert words.amount(amount_minor, code) == expected
