"""Inside the cabinet and behind it: acceptor, hoppers, printer, and every cable.

What a device does not tell (whether its cable is in) is remembered by its switch here.
"""

from collections.abc import Callable

from simulator.devices.barcode_scanner import SimulatedScanner
from simulator.devices.coin_line import SimulatedCoinLine
from simulator.devices.hopper import LOW_LEVEL_COINS
from simulator.devices.printer import SimulatedPrinter
from simulator.faults import Fault
from simulator.network import NetworkSwitch
from simulator.panel.look import coin_name
from simulator.panel.parts import Lamp, Push, Section, Switch, equal_row, row

COINS_POURED = 20
"""How many coins the fill button pours in."""
SLOW_S = 3.0
"""How long a slow network holds back each piece of an answer."""


class Acceptor(Section):
    """The coin acceptor behind the slot."""

    def __init__(self, coins: SimulatedCoinLine) -> None:
        super().__init__("Coin acceptor")
        self._coins = coins
        self.jam = Switch(
            "Coin acceptor",
            ("Jam", "Clear"),
            ("A coin sticks at the sensor; every further one comes back.", "Take the stuck coin out."),
            lambda on: coins.switch(Fault.COIN_JAM, on=on),
        )
        self.silence = Switch(
            "Coin acceptor",
            ("Silence", "Wake"),
            ("The acceptor does not answer any more.", "The acceptor answers again."),
            lambda on: coins.switch(Fault.SILENT, on=on),
        )
        self.top.addWidget(self.jam)
        self.top.addWidget(self.silence)
        self.switches = (self.jam, self.silence)

    def refresh(self) -> None:
        """Show the faults that it has now."""
        faults = self._coins.acceptor.faults
        self.jam.show_state(on=Fault.COIN_JAM in faults)
        self.silence.show_state(on=Fault.SILENT in faults)


class Hopper(Section):
    """One hopper: the coins in it, and what can be wrong with it."""

    def __init__(self, coins: SimulatedCoinLine, name: str) -> None:
        hopper = coins.hoppers[name]
        self._hopper = hopper
        kind = coin_name(hopper.form.coin_minor)
        super().__init__(f"{name.capitalize()}, {kind}")
        self.lamp = Lamp()
        self.top.addWidget(self.lamp)
        self.empty = Push(
            "Empty", "Take all coins out by hand.", lambda: coins.take_out(name), name=f"Empty {name}"
        )
        self.fill = Push(
            f"Fill +{COINS_POURED}",
            f"Pour {COINS_POURED} coins of {kind} in.",
            lambda: coins.fill(name, COINS_POURED),
            name=f"Fill {name}",
        )
        self.jam = Switch(
            name,
            ("Jam", "Clear"),
            ("A coin sticks in the exit; nothing comes out.", "Take the stuck coin out."),
            lambda on: coins.switch(Fault.HOPPER_JAM, on=on, device=name),
        )
        self.silence = Switch(
            name,
            ("Silence", "Wake"),
            ("The hopper does not answer any more.", "The hopper answers again."),
            lambda on: coins.switch(Fault.SILENT, on=on, device=name),
        )
        self.add(equal_row(self.empty, self.fill, self.jam, self.silence))
        self.switches = (self.jam, self.silence)
        self.refresh()

    def refresh(self) -> None:
        """Show how many coins are in it, and the faults that it has now."""
        coins, faults = self._hopper.coins, self._hopper.faults
        self.say(f"{coins} coin{'' if coins == 1 else 's'}")
        self.lamp.show_state(green=coins > LOW_LEVEL_COINS)
        self.empty.setEnabled(coins > 0)
        self.jam.show_state(on=Fault.HOPPER_JAM in faults)
        self.silence.show_state(on=Fault.SILENT in faults)


class Printer(Section):
    """The receipt printer behind its slot."""

    def __init__(self, printer: SimulatedPrinter) -> None:
        super().__init__("Printer")
        self._printer = printer
        self.paper = Switch(
            "Printer",
            ("End the paper", "Load paper"),
            ("The roll has ended.", "Put in a new roll; what waits is printed."),
            self._switch_paper,
        )
        self.ends_in_receipt = self._fault(
            Fault.PAPER_ENDS_IN_RECEIPT,
            ("End mid-receipt", "Paper is enough"),
            ("The roll will end in the middle of the next receipt.", "The roll does not end after all."),
        )
        self.cover = self._fault(
            Fault.COVER_OPEN,
            ("Open the cover", "Close the cover"),
            ("Open the printer's cover; printing stops.", "Close the printer's cover; printing goes on."),
        )
        self.knife = self._fault(
            Fault.CUTTER_STUCK,
            ("Block the knife", "Free the knife"),
            ("The printer's knife does not move.", "The printer's knife moves again."),
        )
        self.add(equal_row(self.paper, self.ends_in_receipt))
        self.add(equal_row(self.cover, self.knife))
        self.switches = (self.paper, self.ends_in_receipt, self.cover, self.knife)

    def paper_has_ended(self) -> None:
        """The roll ended by itself: there is a torn piece."""
        self.paper.show_state(on=True)
        self.ends_in_receipt.show_state(on=False)

    def _switch_paper(self, on: bool) -> None:  # noqa: FBT001 - a switch
        self._printer.switch(Fault.PAPER_OUT, on=on)
        self.ends_in_receipt.show_state(on=False)

    def _fault(self, fault: Fault, labels: tuple[str, str], tips: tuple[str, str]) -> Switch:
        return Switch("Printer", labels, tips, lambda on: self._printer.switch(fault, on=on))


class Cables(Section):
    """The cable to the server (pulled, slow or talking rubbish, in any combination), and those of devices."""

    def __init__(
        self,
        network: NetworkSwitch,
        switch_coins: Callable[[bool], object],
        scanner: SimulatedScanner,
        printer: SimulatedPrinter,
    ) -> None:
        super().__init__("Cables")
        self._network = network
        self.network = _plug("Network", "network", self._apply)
        self.slow = Switch(
            "Network",
            ("Slow", "Fast"),
            (f"Every piece of an answer takes {SLOW_S:g} seconds.", "Answers come at once again."),
            self._apply,
        )
        self.rubbish = Switch(
            "Network",
            ("Rubbish", "Sense"),
            ("The other end answers bytes that mean nothing.", "The server answers again."),
            self._apply,
        )
        self.coins = _plug("Coins", "coin line", switch_coins)
        self.scanner = _plug("Scanner", "scanner", lambda on: scanner.switch(Fault.UNPLUGGED, on=on))
        self.printer = _plug("Printer", "printer", lambda on: printer.switch(Fault.UNPLUGGED, on=on))
        above = (self.network, self.slow, self.rubbish)
        below = (self.coins, self.scanner, self.printer)
        self.switches = (*above, *below)
        self.add(row(*above, gap=4))
        self.add(row(*below, gap=4))

    def _apply(self, _on: bool) -> None:  # noqa: FBT001 - a switch
        """Bring the network into the state of its three switches: only plugging in ends rubbish."""
        if self.network.isChecked():
            self._network.pull()
            return
        self._network.plug()
        if self.slow.isChecked():
            self._network.slow(SLOW_S)
        if self.rubbish.isChecked():
            self._network.rubbish()


def _plug(label: str, device: str, switch: Callable[[bool], object]) -> Switch:
    return Switch(
        f"Cable of the {device}",
        (f"{label} out", f"{label} in"),
        (f"Pull the cable of the {device} out.", f"Put the cable of the {device} back in."),
        switch,
    )
