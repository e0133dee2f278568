"""What is offered, from what works: closed only when nothing works, and said before money goes in."""

from kiosk.flows.screens import ClosedReason, Offer
from kiosk.flows.settlement import COINS
from kiosk.flows.state import Site, Terminal

PRINTER = "printer"
SCANNER = "scanner"
SERVER = "server"
DISK = "disk"


def expected_devices(site: Site) -> tuple[str, ...]:
    """Who must have been heard of (well or broken) before the terminal opens after a start."""
    return (COINS, *(setup.hopper for setup in site.hoppers), PRINTER, SERVER)


def has_heard_all(terminal: Terminal, site: Site) -> bool:
    """Whether every device has told how it is since the start."""
    return all(device in terminal.devices for device in expected_devices(site))


def closed_reasons(terminal: Terminal, site: Site) -> tuple[ClosedReason, ...]:
    """Why no payment can begin; empty when one can."""
    reasons = []
    if is_doubtful(terminal):
        reasons.append(ClosedReason.JOURNAL)
    if not terminal.works(COINS) or not site.coins:
        reasons.append(ClosedReason.COINS)
    return tuple(reasons)


def is_doubtful(terminal: Terminal) -> bool:
    """Whether no money may be taken because of the journal: its disk is full, or it is an old copy."""
    return disk_is_low(terminal) or terminal.is_disowned


def disk_is_low(terminal: Terminal) -> bool:
    """Whether the disk is below its reserve: what is open is finished and recorded, nothing new begins."""
    return bool(terminal.devices.get(DISK))


def offers(terminal: Terminal) -> tuple[Offer, ...]:
    """What the start screen says about tenders, change and receipt, struck through where it is missing."""
    has_change = any(held.coins for held in terminal.stock)
    return (
        Offer(COINS, available=terminal.works(COINS)),
        Offer("change", available=has_change),
        Offer("receipt", available=terminal.works(PRINTER)),
    )
