"""The scripted street: customers, one after the other, at a real terminal with simulated hardware.

Each story is a function, in the order it happens. Whatever a story leaves behind (an empty hopper, a cut
cable) it mends, so that the next customer finds a terminal that works. At the end the report is computed
from the journal, the server and the coins.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from simulator.customer import Customer, wait_until
from simulator.faults import Fault
from simulator.report import read_journal, write_report
from simulator.street import Street, StreetError
from simulator.street_file import ClampTable, load_street

Story = Callable[[Street, Customer], None]

CLAMPS_NEEDED = 7
LONG_PATIENCE_S = 90.0
"""Longer than the terminal waits before it asks whether somebody is there."""


def run_script(street_file: Path, out: Path) -> int:
    """Run all stories and write pictures, receipts and `report.json` into `out`; 0 when the money is right.

    Raises:
        DocumentError: the street file cannot be used.
        StreetError: a program did not start, or a customer waited in vain.
    """
    file = load_street(street_file)
    if len(file.clamp) < CLAMPS_NEEDED:
        raise StreetError(
            f"{street_file}: the script needs {CLAMPS_NEEDED} clamps, there are {len(file.clamp)}"
        )
    with Street(file, out / "run", headless=True, hand=True) as street:
        for old in (
            *out.glob("screens/[0-9]*-*.png"),
            *out.glob("receipts/receipt-*.png"),
            out / "report.json",
        ):
            old.unlink(missing_ok=True)
        customer = Customer(street, out / "screens")
        street.start_kiosk()
        for story in STORIES:
            _say(story.__doc__ or story.__name__)
            customer.expect("StartScreen", "start")
            story(street, customer)
        _leave_nothing_open(street, customer)
        street.stop_kiosk()
        street.printer.save(out / "receipts")
        books = read_journal(street.folder / "terminal.db", street.table.number, epoch=1)
        report = write_report(out / "report.json", books, street.server_totals(), street.coins.where())
    _say(f"{report['payments']} payments, conservation: {str(report['conservation']).lower()}")
    return 0 if report["conservation"] else 1


def exact_money(street: Street, customer: Customer) -> None:
    """A motorist types the number on the clamp and pays the exact amount."""
    clamp = street.file.clamp[0]
    customer.press("Remove a wheel clamp")
    customer.expect("IdentifyScreen", "identify")
    customer.type(clamp.identifier)
    customer.keep_picture("identify-typed")
    customer.press("Next")
    first_half = clamp.total_minor // 2
    _agree(customer, "exact")
    customer.drop(*coins_for(first_half))
    customer.keep_picture("exact-pay-half")
    customer.drop(*coins_for(clamp.total_minor - first_half))
    _take_code(customer, clamp.codes[0], "exact")


def overpaying_with_change(street: Street, customer: Customer) -> None:
    """Another scans the barcode on the clamp, pays with two-euro coins, and gets change."""
    clamp = street.file.clamp[1]
    street.scanner.scan(clamp.identifier)
    _agree(customer, "change")
    customer.drop(*two_euro_coins_for(clamp.total_minor))
    _take_code(customer, clamp.codes[0], "change")


def unknown_identifier(street: Street, customer: Customer) -> None:
    """Somebody types a number that no clamp has, then the scanner reads rubbish."""
    customer.press("Remove a wheel clamp")
    customer.expect("IdentifyScreen", "identify", problem=None)
    customer.type("0000")
    customer.keep_picture("unknown-typed")
    customer.key("Return")
    customer.expect("IdentifyScreen", "unknown-identifier", problem="unknown")
    street.scanner.scan_bytes(b"\x1b@\x00\xff" * 8 + b"\r")
    street.scanner.scan("no clamp carries this text")
    customer.expect("IdentifyScreen", "unreadable-identifier", problem="unreadable")
    customer.press("Back")


def cancel_with_coins_back(street: Street, customer: Customer) -> None:
    """Somebody pays a part, thinks better of it, and gets the coins back."""
    clamp = street.file.clamp[2]
    _identify(customer, clamp)
    _agree(customer, "cancel")
    customer.drop(200, 100)
    customer.press("Cancel, coins back")
    customer.expect("TakeScreen", "cancel-coins-back", returning=False, returned_minor=300, claim_minor=0)
    _done(customer)


def hopper_short(street: Street, customer: Customer) -> None:
    """A hopper holds fewer coins than the terminal thinks: what is missing becomes a claim."""
    clamp = street.file.clamp[2]
    _identify(customer, clamp)
    _agree(customer, "short")
    for hopper in street.table.hopper:
        street.coins.take_out(hopper.name, leave=1)
    customer.drop(*two_euro_coins_for(clamp.total_minor))
    customer.expect("ResultScreen", "short-claim", code=clamp.codes[0], claim_minor=40, paper="printed")
    _done(customer)
    for hopper in street.table.hopper:
        street.coins.fill(hopper.name, hopper.coins)


def printer_without_paper(street: Street, customer: Customer) -> None:
    """The paper has ended: start and review say so, the screen keeps the code, and paper comes later."""
    clamp = street.file.clamp[3]
    street.printer.paper_out()
    customer.expect("StartScreen", "no-paper-start", offers=_offers(receipt=False))
    _identify(customer, clamp)
    customer.expect("ReviewScreen", "no-paper-review", receipt=False)
    customer.press("Pay")
    customer.expect("PayScreen", "no-paper-pay")
    customer.drop(*coins_for(clamp.total_minor))
    customer.expect("ResultScreen", "no-paper-result", code=clamp.codes[0], paper="failed")
    street.printer.load_paper()
    customer.press("Print again")
    customer.expect("ResultScreen", "paper-again", paper="printed")
    _done(customer)


def no_change(street: Street, customer: Customer) -> None:
    """Both hoppers are silent: exact money only, and the screen says so before a coin goes in."""
    clamp = street.file.clamp[6]
    for hopper in street.table.hopper:
        street.coins.switch(Fault.SILENT, device=hopper.name)
    customer.expect("StartScreen", "no-change-start", offers=_offers(change=False))
    _identify(customer, clamp)
    customer.expect("ReviewScreen", "no-change-review", change="exact-only")
    _agree(customer, "no-change")
    customer.drop(*coins_for(clamp.total_minor))
    _take_code(customer, clamp.codes[0], "no-change")
    for hopper in street.table.hopper:
        street.coins.switch(Fault.SILENT, on=False, device=hopper.name)
    customer.expect("StartScreen", "change-again", offers=_offers())


def server_away(street: Street, customer: Customer) -> None:
    """The network is down during a whole payment, and back later."""
    clamp = street.file.clamp[4]
    known = street.server_totals()["codes_released"]
    street.network.pull()
    _identify(customer, clamp)
    _agree(customer, "offline")
    customer.drop(*coins_for(clamp.total_minor))
    _take_code(customer, clamp.codes[0], "offline")
    if street.server_totals()["codes_released"] != known:
        raise StreetError("the server knows of a release although the network is down")
    street.network.plug()
    wait_until(
        lambda: bool(street.server_totals()["codes_released"] == known + 1),
        lambda: "the release did not arrive",
    )


def power_cut_with_coins_in(street: Street, customer: Customer) -> None:
    """The power fails while coins are in; afterwards the payment goes on where it was."""
    clamp = street.file.clamp[5]
    _identify(customer, clamp)
    _agree(customer, "power")
    customer.drop(200, 200)
    street.cut_power()
    street.restore_power()
    customer.expect("ResumeScreen", "power-back", settling=False, kept_minor=400)
    customer.press("Go on paying")
    customer.expect("PayScreen", "power-pay-again", kept_minor=400)
    customer.drop(*coins_for(clamp.total_minor - 400))
    _take_code(customer, clamp.codes[0], "power")


def fitted_again(street: Street, customer: Customer) -> None:
    """The first clamp is fitted to another car: the next code of its list opens it, not the known one."""
    clamp = street.file.clamp[0]
    street.server_command("fit", clamp.identifier, "--plate", "B-EF 99", "--line", "No valid ticket=6.00")
    _identify(customer, clamp)
    _agree(customer, "again")
    customer.drop(*coins_for(600))
    _take_code(customer, clamp.codes[1], "again")


def jammed_acceptor(street: Street, customer: Customer) -> None:
    """A coin sticks in the acceptor: the terminal is closed and says why, and opens when that is mended."""
    street.coins.switch(Fault.COIN_JAM)
    customer.expect("OutOfServiceScreen", "out-of-service")
    street.coins.clear()
    customer.expect("StartScreen", "mended")


def nobody_there(street: Street, customer: Customer) -> None:
    """Somebody walks off before paying: the terminal asks, and when nobody answers goes back to the start."""
    clamp = street.file.clamp[0]
    street.server_command("fit", clamp.identifier, "--line", "No valid ticket=6.00")
    _identify(customer, clamp)
    customer.expect("StillThereScreen", "still-there", patience_s=LONG_PATIENCE_S)
    customer.press("I am still here")
    customer.expect("ReviewScreen", "still-here")
    customer.press("Back")
    customer.expect("IdentifyScreen", "back")
    customer.press("Back")


STORIES: tuple[Story, ...] = (
    exact_money,
    overpaying_with_change,
    unknown_identifier,
    cancel_with_coins_back,
    hopper_short,
    printer_without_paper,
    no_change,
    server_away,
    power_cut_with_coins_in,
    fitted_again,
    jammed_acceptor,
    nobody_there,
)


# --- what customers do again and again -----------------------------------------------------------------


def coins_for(amount_minor: int) -> list[int]:
    """Coins for this amount, large ones first."""
    coins = []
    for coin_minor in (200, 100, 50, 20, 10):
        number, amount_minor = divmod(amount_minor, coin_minor)
        coins += [coin_minor] * number
    if amount_minor:
        raise StreetError(f"there are no coins for the last {amount_minor}")
    return coins


def two_euro_coins_for(amount_minor: int) -> list[int]:
    """Two-euro coins that reach this amount or go beyond it."""
    return [200] * -(-amount_minor // 200)


def _identify(customer: Customer, clamp: ClampTable) -> None:
    customer.press("Remove a wheel clamp")
    customer.expect("IdentifyScreen", "identify")
    customer.type(clamp.identifier)
    customer.press("Next")


def _agree(customer: Customer, story: str) -> None:
    """Read what is owed, and want to pay it."""
    customer.expect("ReviewScreen", f"{story}-review")
    customer.press("Pay")
    customer.expect("PayScreen", f"{story}-pay")


def _take_code(customer: Customer, code: str, story: str) -> None:
    """Read the code, wait for the receipt, take everything."""
    customer.expect("ResultScreen", f"{story}-code", code=code, paper="printed")
    _done(customer)


def _done(customer: Customer) -> None:
    """Say done, and take what comes, until the terminal is free for the next customer."""
    if customer.look()["name"] == "ResultScreen":
        customer.press("Done")
        wait_until(lambda: customer.look()["name"] != "ResultScreen", lambda: "the code does not go away")
    if customer.look()["name"] == "TakeScreen":
        customer.expect("TakeScreen", "take", returning=False)
        wait_until(lambda: _left(customer), lambda: f"the terminal does not go on: {customer.look()}")


def _left(customer: Customer) -> bool:
    """Touch Done as long as there is one: while paper comes out there is none."""
    seen = customer.look()
    if seen["name"] == "TakeScreen" and seen["paper"] != "printing":
        customer.press("Done")
    return bool(seen["name"] == "StartScreen")


def _offers(**available: bool) -> list[dict[str, object]]:
    offered = {"coins": True, "change": True, "receipt": True, **available}
    return [{"name": name, "available": is_there} for name, is_there in offered.items()]


def _leave_nothing_open(street: Street, customer: Customer) -> None:
    """Wait until the server knows everything that the terminal knows."""
    customer.expect("StartScreen", "end")
    path = street.folder / "terminal.db"

    def server_has_all() -> bool:
        return bool(read_journal(path, street.table.number, epoch=1).facts == street.server_totals()["facts"])

    wait_until(server_has_all, lambda: f"the server has {street.server_totals()['facts']} facts")


def _say(words: str) -> None:
    sys.stderr.write(words.splitlines()[0] + "\n")
