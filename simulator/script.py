"""The scripted street: customers, one after the other, at a real terminal with simulated hardware.

Each story is a function, in the order it happens. Whatever a story leaves behind (an empty hopper, a cut
cable) it mends, so that the next customer finds a terminal that works. At the end the report is computed
from the journal, the server and the coins.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from simulator import slip_stories
from simulator.customer import Customer, wait_until
from simulator.faults import Fault
from simulator.habits import agree, coins_for, done, identify, offers, take_code, two_euro_coins_for
from simulator.report import read_journal, write_report
from simulator.street import Street, StreetError
from simulator.street_file import load_street

Story = Callable[[Street, Customer], None]

CLAMPS_NEEDED = 8
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
    agree(customer, "exact")
    customer.drop(*coins_for(first_half))
    customer.keep_picture("exact-pay-half")
    customer.drop(*coins_for(clamp.total_minor - first_half))
    take_code(customer, clamp.codes[0], "exact")


def overpaying_with_change(street: Street, customer: Customer) -> None:
    """Another scans the barcode on the clamp, pays with two-euro coins, and gets change."""
    clamp = street.file.clamp[1]
    street.scanner.scan(clamp.identifier)
    agree(customer, "change")
    customer.drop(*two_euro_coins_for(clamp.total_minor))
    take_code(customer, clamp.codes[0], "change")


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
    identify(customer, clamp)
    agree(customer, "cancel")
    customer.drop(200, 100)
    customer.press("Cancel, coins back")
    customer.expect("TakeScreen", "cancel-coins-back", returning=False, returned_minor=300, claims=[])
    done(customer)


def hopper_short(street: Street, customer: Customer) -> None:
    """A hopper holds fewer coins than the terminal thinks: what is missing becomes a claim."""
    clamp = street.file.clamp[2]
    identify(customer, clamp)
    agree(customer, "short")
    for hopper in street.table.hopper:
        street.coins.take_out(hopper.name, leave=1)
    customer.drop(*two_euro_coins_for(clamp.total_minor))
    slip_stories.compare_slips(street, customer, 40)
    customer.expect("ResultScreen", "short-claim", code=clamp.codes[0], paper="printed")
    done(customer)
    for hopper in street.table.hopper:
        street.coins.fill(hopper.name, hopper.coins)


def printer_without_paper(street: Street, customer: Customer) -> None:
    """The paper has ended: start and review say so, the screen keeps the code, and paper comes later."""
    clamp = street.file.clamp[3]
    street.printer.paper_out()
    customer.expect("StartScreen", "no-paper-start", offers=offers(receipt=False))
    identify(customer, clamp)
    customer.expect("ReviewScreen", "no-paper-review", receipt=False)
    customer.press("Pay")
    customer.expect("PayScreen", "no-paper-pay")
    customer.drop(*coins_for(clamp.total_minor))
    customer.expect("ResultScreen", "no-paper-result", code=clamp.codes[0], paper="failed")
    street.printer.load_paper()
    customer.press("Print again")
    customer.expect("ResultScreen", "paper-again", paper="printed")
    done(customer)


def no_change(street: Street, customer: Customer) -> None:
    """Both hoppers are silent: exact money only, and the screen says so before a coin goes in."""
    clamp = street.file.clamp[6]
    for hopper in street.table.hopper:
        street.coins.switch(Fault.SILENT, device=hopper.name)
    customer.expect("StartScreen", "no-change-start", offers=offers(change=False))
    identify(customer, clamp)
    customer.expect("ReviewScreen", "no-change-review", change="exact-only")
    agree(customer, "no-change")
    slip_stories.cancel_for_a_slip(street, customer)
    identify(customer, clamp)
    agree(customer, "no-change-again")
    customer.drop(*coins_for(clamp.total_minor))
    take_code(customer, clamp.codes[0], "no-change")
    for hopper in street.table.hopper:
        street.coins.switch(Fault.SILENT, on=False, device=hopper.name)
    customer.expect("StartScreen", "change-again", offers=offers())


def server_away(street: Street, customer: Customer) -> None:
    """The network is down during a whole payment, and back later."""
    clamp = street.file.clamp[4]
    known = street.server_totals()["codes_released"]
    street.network.pull()
    identify(customer, clamp)
    agree(customer, "offline")
    customer.drop(*coins_for(clamp.total_minor))
    take_code(customer, clamp.codes[0], "offline")
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
    identify(customer, clamp)
    agree(customer, "power")
    customer.drop(200, 200)
    street.cut_power()
    street.restore_power()
    customer.expect("ResumeScreen", "power-back", settling=False, kept_minor=400)
    customer.press("Go on paying")
    customer.expect("PayScreen", "power-pay-again", kept_minor=400)
    customer.drop(*coins_for(clamp.total_minor - 400))
    take_code(customer, clamp.codes[0], "power")


def fitted_again(street: Street, customer: Customer) -> None:
    """The first clamp is fitted to another car: the next code of its list opens it, not the known one."""
    clamp = street.file.clamp[0]
    street.server_command("fit", clamp.identifier, "--plate", "B-EF 99", "--line", "No valid ticket=6.00")
    identify(customer, clamp)
    agree(customer, "again")
    customer.drop(*coins_for(600))
    take_code(customer, clamp.codes[1], "again")


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
    identify(customer, clamp)
    customer.expect("StillThereScreen", "still-there", patience_s=LONG_PATIENCE_S)
    customer.press("I am still here")
    customer.expect("ReviewScreen", "still-here")
    customer.press("Back")
    customer.expect("IdentifyScreen", "back")
    customer.press("Back")


STORIES: tuple[Story, ...] = (
    exact_money,
    overpaying_with_change,
    slip_stories.code_again,
    unknown_identifier,
    cancel_with_coins_back,
    hopper_short,
    slip_stories.slip_pays,
    slip_stories.slip_twice,
    printer_without_paper,
    no_change,
    slip_stories.slip_gives_coins,
    server_away,
    power_cut_with_coins_in,
    fitted_again,
    jammed_acceptor,
    nobody_there,
)


def _leave_nothing_open(street: Street, customer: Customer) -> None:
    """Wait until the server knows everything that the terminal knows."""
    customer.expect("StartScreen", "end")
    path = street.folder / "terminal.db"

    def server_has_all() -> bool:
        return bool(read_journal(path, street.table.number, epoch=1).facts == street.server_totals()["facts"])

    wait_until(server_has_all, lambda: f"the server has {street.server_totals()['facts']} facts")


def _say(words: str) -> None:
    sys.stderr.write(words.splitlines()[0] + "\n")
