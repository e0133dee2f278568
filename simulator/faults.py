"""Every fault that a simulated device can be given, by name.

A fault is a switch on a device, or it happens once to the next thing that comes along (its words say "next").
What it does is told by the device; here are only the names, so that a street file, the panel and the
harness use the same ones. Faults of other devices are added here, with their words.
"""

from enum import StrEnum


class Fault(StrEnum):
    """The named faults. The value is how a street file writes it."""

    # --- the wire of a device
    UNPLUGGED = "unplugged"
    """The cable is out: the host's wire breaks."""
    SILENT = "silent"
    """The device does not answer (and does not hear)."""
    LINE_NOISE = "line-noise"
    """A byte of every answer is changed on its way."""
    RUBBISH = "rubbish"
    """The device answers bytes that are no frame at all."""
    ECHO_LOST = "echo-lost"
    """The host does not hear its own bytes back."""
    NAK_ONCE = "nak-once"
    """The next order is refused with NAK."""
    BUSY_ONCE = "busy-once"
    """The next order is answered with BUSY."""
    POWER_CUT = "power-cut"
    """The device has no power; what is in memory that forgets is gone when it comes back."""

    # --- the coin acceptor
    COIN_JAM = "coin-jam"
    """A coin sticks at the credit sensor; every further coin comes back."""
    LATE_CREDIT = "late-credit"
    """The next coin has passed the gate already: it is accepted although the acceptor is inhibited."""
    NO_MASTER_INHIBIT = "no-master-inhibit"
    """The acceptor does not answer to header 228, as the SR3."""
    FORGED_CREDIT = "forged-credit"
    """The acceptor's next answer to 229 shows a credit of which no coin is known; its checksum is right."""

    # --- the hoppers
    HOPPER_JAM = "hopper-jam"
    """A coin sticks in the exit: nothing comes out until it is cleared."""
    HOPPER_SHORT = "hopper-short"
    """The hopper holds fewer coins than anybody thinks: all but one are taken out."""
    DISPENSE_REPLY_LOST = "dispense-reply-lost"
    """The next order to dispense is carried out, its answer is lost."""
    DISPENSE_ORDER_LOST = "dispense-order-lost"
    """The next order to dispense does not reach the hopper."""
    BARE_ACK = "bare-ack"
    """Orders to dispense are answered with a bare ACK, as the Alberici hoppers do."""

    # --- the receipt printer
    PAPER_OUT = "paper-out"
    """The roll has ended; switching it off is a new roll."""
    PAPER_LOW = "paper-low"
    """The roll is nearly at its end; printing goes on."""
    PAPER_ENDS_IN_RECEIPT = "paper-ends-in-receipt"
    """The roll ends in the middle of the next receipt."""
    COVER_OPEN = "cover-open"
    """The printer's cover is open."""
    CUTTER_STUCK = "cutter-stuck"
    """The printer's knife does not move."""
    PRINTER_OFFLINE = "printer-offline"
    """Somebody pressed the printer's online key."""
