"""Every event code that the coin line can raise, in words, with what to do about it.

The codes are stable text: journals, alarms and the technician's manual use them. They are raised with
`DeviceBroke` for the acceptor (device `coins`) or a hopper (its own name), and cleared with `DeviceWorks`.
"""

from enum import StrEnum


class Trouble(StrEnum):
    """An event code."""

    COIN_SILENT = "COIN.SILENT"
    COIN_RUBBISH = "COIN.RUBBISH"
    COIN_JAM = "COIN.JAM"
    COIN_UNPLUGGED = "COIN.UNPLUGGED"
    HOPPER_SILENT = "HOP.SILENT"
    HOPPER_RUBBISH = "HOP.RUBBISH"
    HOPPER_JAM = "HOP.JAM"
    HOPPER_EMPTY = "HOP.EMPTY"
    HOPPER_FRAUD = "HOP.FRAUD"
    HOPPER_CIPHER = "HOP.CIPHER"
    HOPPER_UNPLUGGED = "HOP.UNPLUGGED"


WORDS_AND_REMEDY: dict[Trouble, tuple[str, str]] = {
    Trouble.COIN_SILENT: (
        "The coin acceptor does not answer.",
        "Check its power and the ccTalk cable; compare its address with the terminal's configuration.",
    ),
    Trouble.COIN_RUBBISH: (
        "The coin acceptor's answers cannot be believed.",
        "Switch it off and on. If it comes again, change the cable, then the acceptor.",
    ),
    Trouble.COIN_JAM: (
        "A coin or something else blocks the coin acceptor.",
        "Press the return lever, open the acceptor and take out what sticks.",
    ),
    Trouble.COIN_UNPLUGGED: (
        "The serial line of the coin acceptor is gone.",
        "Plug in the USB adapter; compare the device path with the terminal's configuration.",
    ),
    Trouble.HOPPER_SILENT: (
        "The hopper does not answer.",
        "Check that it sits in its socket; compare its address with the terminal's configuration.",
    ),
    Trouble.HOPPER_RUBBISH: (
        "The hopper's answers cannot be believed.",
        "Switch it off and on. If it comes again, change the cable, then the hopper.",
    ),
    Trouble.HOPPER_JAM: (
        "A coin sticks in the hopper.",
        "Switch it off, take it out, remove the bent coin, put it back.",
    ),
    Trouble.HOPPER_EMPTY: (
        "The hopper ran out of coins while it paid.",
        "Fill it and enter how many coins are in it now; switch it off and on if it has no level sensor.",
    ),
    Trouble.HOPPER_FRAUD: (
        "The hopper's exit sensor sees light where there should be none.",
        "Look for signs of force at the tray, then switch the hopper off and on.",
    ),
    Trouble.HOPPER_CIPHER: (
        "The hopper wants a secret code that this terminal does not have.",
        "Set its switch to serial number or no-encrypt, or install the maker's cipher.",
    ),
    Trouble.HOPPER_UNPLUGGED: (
        "The serial line of the hopper is gone.",
        "Plug in the USB adapter; compare the device path with the terminal's configuration.",
    ),
}
"""For each code: what happened, and what a technician does."""
