"""The pages in a real browser: a person sees a release arrive, on a desk and on a phone."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from parking.claims import ClaimReason
from parking.debts import Debt, DebtLine
from parking.wire import ClaimRequest, ClampDocument
from server.office import claim_desk
from server.store.engine import Database
from tests.server.slips import Signer, issued, taken
from tests.server.world import World, emptied, released

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MS = 60_000
DOCUMENT = ClampDocument("7F314", 1, Debt((DebtLine("No valid ticket", 7500),)), "EUR", 1, "")
DESK, PHONE = (1280, 800), (390, 844)


class Served:
    """A server in a thread, on a free port of the loopback address."""

    def __init__(self, world: World) -> None:
        config = uvicorn.Config(world.app, host="127.0.0.1", port=0, log_config=None, log_level="warning")
        self._server = uvicorn.Server(config)
        self._listening = config.bind_socket()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.run, args=([self._listening],))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(60)
        self._listening.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; skips where there is none, and fails where there must be one."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail("Chromium is needed here; run: apt-get install chromium")
        pytest.skip("Chromium is not installed; run: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def street(sqlite_database: Database) -> World:
    world = World(emptied(sqlite_database))
    world.take_in()
    return world


@pytest.fixture
def served(street: World) -> Iterator[Served]:
    serving = Served(street)
    serving.start()
    yield serving
    serving.stop()


def _open(browser: Browser, url: str, size: tuple[int, int], complaints: list[str]) -> Page:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    return page


def test_a_release_appears_on_a_page_that_was_open_before(
    browser: Browser, served: Served, street: World
) -> None:
    complaints: list[str] = []
    terminal = street.terminal("0412")
    page = _open(browser, served.url, DESK, complaints)
    expect(page.get_by_text("No clamp has been released yet.")).to_be_visible(timeout=PATIENCE_MS)

    with street.database.writing() as connection:
        terminal.take_in(connection, terminal.write(*released(DOCUMENT, "0412-1", kept_minor=8000)))

    expect(page.locator(".tile-clamp")).to_have_text("7F314", timeout=PATIENCE_MS)
    expect(page.get_by_text("No alarms.")).to_be_visible()
    page.get_by_role("link", name="0412-1").click()
    expect(page.get_by_role("heading", name="Payment 0412-1")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Release code no. 1 of clamp 7F314")).to_be_visible()
    assert page.locator("body").evaluate("body => getComputedStyle(body).fontFamily").startswith("Inter")
    assert page.evaluate("document.fonts.check('16px Inter')")
    assert complaints == []
    page.close()


def _claims_in_every_state(street: World) -> None:
    signer = Signer("0413")
    issuer, left, right = (street.terminal(number) for number in ("0413", "0414", "0415"))
    issuer.write(
        signer.made,
        *(fact for place in range(1, 5) for fact in issued(f"0413-1-00000{place}", signer.number(place))),
        *issued("0413-1-000005", signer.number(5), 12_345, ClaimReason.PAYOUT_IN_DOUBT),
    )
    left.write(*taken("0414-1-000001", signer.number(1)))
    right.write(*taken("0415-1-000001", signer.number(1)), *taken("0415-1-000002", "0499-1-C00001"))
    with street.database.writing() as connection:
        for terminal in (issuer, left, right):
            terminal.take_in(connection, terminal.entries)
        claim_desk.pay(connection, signer.number(2), street.clock())
        request = ClaimRequest(signer.slip(3), "r-1")
        claim_desk.hold(connection, request, terminal="0414", now_ms=street.clock())
        request = ClaimRequest(signer.slip(77), "r-2")
        claim_desk.hold(connection, request, terminal="0414", now_ms=street.clock())


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/clamps",
        "/payments",
        "/terminals",
        "/claims",
        "/claims?show=all",
        "/clamps/7F314",
        "/payments/0413/1/0413-1-000001",
        "/payments/0415/1/0415-1-000001",
    ],
)
def test_no_page_is_wider_than_a_phone(browser: Browser, served: Served, street: World, path: str) -> None:
    terminal = street.terminal("0412")
    with street.database.writing() as connection:
        terminal.take_in(connection, terminal.write(*released(DOCUMENT, "0412-10077")))
    _claims_in_every_state(street)
    complaints: list[str] = []
    page = _open(browser, served.url + path, PHONE, complaints)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert complaints == []
    page.close()


def test_what_is_owed_and_what_became_of_it_is_on_the_page_of_claims(
    browser: Browser, served: Served, street: World
) -> None:
    complaints: list[str] = []
    _claims_in_every_state(street)
    page = _open(browser, served.url, DESK, complaints)
    page.get_by_role("link", name="Open claims").click()
    expect(page.get_by_role("row")).to_have_count(4 + 3, timeout=PATIENCE_MS)
    expect(page.get_by_text("€ 138.45")).to_be_visible()  # 7.50 twice, and 123.45 in doubt
    expect(page.get_by_text("count the hopper")).to_be_visible()
    expect(page.get_by_role("heading", name="Not heard of yet")).to_be_visible()

    page.get_by_role("link", name="All", exact=True).click()
    expect(page.get_by_text("Taken twice")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("link", name="0415-1-000001").click()
    expect(page.get_by_text("Money of this payment")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("link", name="0413-1-000001")).to_be_visible()
    assert complaints == []
    page.close()


def test_the_page_says_when_the_server_is_gone(browser: Browser, served: Served) -> None:
    page = _open(browser, served.url, DESK, [])
    expect(page.locator("#connection")).to_be_hidden()
    served.stop()

    expect(page.locator("#connection")).to_contain_text("The server does not answer.", timeout=PATIENCE_MS)
    page.close()
