"""Memory of the terminal program over many payments: the real program, simulated hardware on real wires.

One after the other, motorists scan or type a clamp's identifier, pay two coins (every other one gets change
back), read the code and leave; the receipt prints, the server is told. Printed are the resident set (RSS) and
the proportional set (PSS: pages shared with other programs count by share) of the terminal's process, and its
anonymous memory, which is what the program itself asked for, without pages of files.
"""

import argparse
import itertools
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import PROJECT, as_installed, fresh_folder, progress
from kiosk.store.shelf import StoreShelf
from simulator.customer import Customer, wait_until
from simulator.report import read_journal, write_report
from simulator.street import Street
from simulator.street_file import ClampTable, HopperTable, StreetFile, load_street

PRICE_MINOR = 300
EVERY_MODULE = "import kiosk.app, kiosk.machine, kiosk.sync.connection, escpos.printer, simulator.hand"
"""What the terminal imports, so that it is compiled before, as where it is installed."""
EXACT, WITH_CHANGE = (200, 100), (200, 200)


@dataclass(frozen=True)
class Reading:
    """The memory of the process after so many payments, in megabytes of 10^6 bytes."""

    payments: int
    rss_mb: float
    pss_mb: float
    anonymous_mb: float


def main() -> None:
    """Run the payments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=1000, metavar="N")
    parser.add_argument("--every", type=int, default=100, metavar="N", help="payments between two readings")
    chosen = parser.parse_args()
    os.environ.update(as_installed())
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-c", EVERY_MODULE], cwd=PROJECT, check=True)
    folder = fresh_folder("memory")
    with Street(_street(chosen.payments), folder / "run", headless=True, hand=True) as street:
        street.start_kiosk()
        readings = _pay(street, Customer(street, folder / "pictures"), chosen.every)
        _check(street, folder / "report.json")
    _print(readings)


def _street(payments: int) -> StreetFile:
    """The usual street, with quick devices and one clamp for each payment."""
    usual = load_street(PROJECT / "config" / "street.toml")
    table = usual.terminal[0]
    hoppers = tuple(
        HopperTable(
            name=hopper.name,
            address=hopper.address,
            coin_minor=hopper.coin_minor,
            coins=hopper.coins,
            variant=hopper.variant,
            checksum=hopper.checksum,
            coins_per_second=50.0,
        )
        for hopper in table.hopper
    )
    quick = type(table)(
        number=table.number,
        place=table.place,
        phone=table.phone,
        zone=table.zone,
        panel=table.panel,
        checksum=table.checksum,
        poll_interval_s=0.02,
        coin=table.coin,
        hopper=hoppers,
    )
    clamps = tuple(
        ClampTable(
            identifier=f"{number:05d}",
            codes=(f"{100_000 + number}",),
            plate=f"B-AB {number}",
            fine=(("No valid ticket", PRICE_MINOR - 100), ("Clamp fee", 100)),
        )
        for number in range(payments)
    )
    return StreetFile(terminal=(quick,), clamp=clamps)


def _pay(street: Street, customer: Customer, every: int) -> list[Reading]:
    readings: list[Reading] = []
    _wait_for(customer, "StartScreen")
    _wait_for_books(street)
    readings.append(_read(street, 0))
    for number, clamp in enumerate(street.file.clamp, start=1):
        _one_payment(street, customer, clamp, typed=number % 2 == 0)
        if number == 1 or number % every == 0:
            readings.append(_read(street, number))
            progress(_row(readings[-1]))
    return readings


def _wait_for_books(street: Street) -> None:
    """A new terminal knows no clamp before it has heard its server."""
    shelf = StoreShelf(street.folder / "terminal.db", street.table.number, epoch=1)
    wait_until(lambda: shelf.position().books_version > 0, lambda: "the books did not come")
    shelf.close()


def _one_payment(street: Street, customer: Customer, clamp: ClampTable, *, typed: bool) -> None:
    if typed:
        customer.press("Remove a wheel clamp")
        _wait_for(customer, "IdentifyScreen")
        customer.type(clamp.identifier)
        customer.press("Next")
    else:
        street.scanner.scan(clamp.identifier)
    _wait_for(customer, "ReviewScreen")
    customer.press("Pay")
    _wait_for(customer, "PayScreen")
    customer.drop(*(WITH_CHANGE if typed else EXACT))
    _wait_for(customer, "ResultScreen", code=clamp.codes[0], paper="printed")
    customer.press("Done")
    _wait_for(customer, "StartScreen", "TakeScreen")
    if customer.look()["name"] == "TakeScreen":
        _wait_for(customer, "TakeScreen", returning=False)
        customer.press("Done")
        _wait_for(customer, "StartScreen")


def _wait_for(customer: Customer, *screens: str, **values: object) -> None:
    def is_there() -> bool:
        seen = customer.look()
        return seen["name"] in screens and all(seen.get(name) == value for name, value in values.items())

    wait_until(is_there, lambda: f"expected {screens} {values}, saw {customer.look()}")


def _read(street: Street, payments: int) -> Reading:
    """What the kernel says of the terminal's process (proc(5), smaps_rollup)."""
    assert street.kiosk is not None
    process = Path("/proc") / str(street.kiosk.pid)
    kilobytes = {
        name.rstrip(":"): int(value)
        for name, value, *_ in map(str.split, (process / "smaps_rollup").read_text().splitlines()[1:])
    }
    rss, pss = kilobytes["Rss"], kilobytes["Pss"]
    anonymous = kilobytes["Anonymous"]
    return Reading(payments, *(value * 1024 / 1e6 for value in (rss, pss, anonymous)))


def _check(street: Street, path: Path) -> None:
    """The payments were real: journal, server and coins say the same."""
    database = street.folder / "terminal.db"

    def server_has_all() -> bool:
        books = read_journal(database, street.table.number, epoch=1)
        return bool(books.facts == street.server_totals()["facts"])

    wait_until(server_has_all, lambda: "the server did not get all facts")
    books = read_journal(database, street.table.number, epoch=1)
    report = write_report(path, books, street.server_totals(), street.coins.where())
    print(
        f"{report['payments']} payments, {report['facts']} facts, {report['facts_on_server']} on the server, "
        f"conservation: {str(report['conservation']).lower()}"
    )


def _row(reading: Reading) -> str:
    return (
        f"{reading.payments:8}   {reading.rss_mb:7.1f}   {reading.pss_mb:7.1f}   {reading.anonymous_mb:7.1f}"
    )


def _print(readings: list[Reading]) -> None:
    print("payments    RSS MB    PSS MB    anonymous MB")
    for reading in readings:
        print(_row(reading))
    later = [reading for reading in readings if reading.payments >= 100]
    if len(later) < 2:
        return
    slope = statistics.linear_regression(
        [reading.payments for reading in later], [reading.rss_mb * 1e3 for reading in later]
    ).slope
    largest = max(abs(two.rss_mb - one.rss_mb) for one, two in itertools.pairwise(later))
    print(
        f"from payment {later[0].payments} to {later[-1].payments}: RSS "
        f"{later[-1].rss_mb - later[0].rss_mb:+.2f} MB (anonymous "
        f"{later[-1].anonymous_mb - later[0].anonymous_mb:+.2f} MB), slope {slope:+.2f} kB a payment, "
        f"largest step between two readings {largest:.2f} MB"
    )


if __name__ == "__main__":
    main()
