"""What is offered, from what works: closed only when nothing works, and said before money goes in."""

from kiosk.flows.screens import ClosedReason, Offer
from kiosk.flows.settlement import COINS
from kiosk.flows.state import Site, Terminal

PRINTER = "printer"
SERVER = "server"
SCANNER = "scanner"


def expected_devices(site: Site) -> tuple[str, ...]:
    """The devices that must have been heard of (well or broken) before the terminal opens after a start."""
    return (COINS, *(setup.hopper for setup in site.hoppers), PRINTER)


def has_heard_all(terminal: Terminal, site: Site) -> bool:
    """Whether every device has told how it is since the start."""
    return all(device in terminal.devices for device in expected_devices(site))


def closed_reasons(terminal: Terminal, site: Site) -> tuple[ClosedReason, ...]:
    """Why no payment can begin; empty when one can."""
    if terminal.works(COINS) and site.coins:
        return ()
    return (ClosedReason.COINS,)


def offers(terminal: Terminal) -> tuple[Offer, ...]:
    """What the start screen says about tenders, change and receipt, struck through where it is missing."""
    has_change = any(held.coins for held in terminal.stock)
    return (
        Offer(COINS, available=terminal.works(COINS)),
        Offer("change", available=has_change),
        Offer("receipt", available=terminal.works(PRINTER)),
    )
