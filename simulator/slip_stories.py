"""The scripted street, stories of slips and receipts: what a customer does with what the terminal owes.

A slip is read as a scanner reads it: from the picture of the paper, or from a photograph of the screen.
"""

from simulator.customer import Customer, wait_until
from simulator.habits import agree, coins_for, done, identify, take_code
from simulator.slips import slips_among, what_it_says
from simulator.street import Street, StreetError

_HALF_PAID = 200


def pocket(street: Street) -> tuple[str, ...]:
    """All slips that the terminal has printed, the newest last."""
    return slips_among(street.printer.receipts)


def compare_slips(street: Street, customer: Customer, amount_minor: int) -> None:
    """A photograph of the screen shows the slip that was printed, and it is worth this amount.

    Raises:
        StreetError: it does not, or no slip came.
    """

    def is_there() -> bool:
        seen = customer.look()
        return bool(seen.get("claims")) and seen["paper"] == "printed"

    wait_until(is_there, lambda: f"there is no slip: {customer.look()}")
    shown, printed = customer.photograph(), pocket(street)[-1]
    said = what_it_says(printed)
    if shown != (printed,) or said is None or said.slip.amount_minor != amount_minor:
        raise StreetError(f"a slip of {amount_minor} was to come; printed {printed}, on the screen {shown}")


def code_again(street: Street, customer: Customer) -> None:
    """A customer has forgotten the code, and comes back: the number on the receipt brings it again."""
    clamp = street.file.clamp[1]
    receipt = street.printer.receipts[-1].qr_texts[0].removeprefix("RECEIPT:")
    identify(customer, clamp)
    customer.expect("IdentifyScreen", "paid-here", problem="paid-here")
    customer.type("99")
    customer.press("Next")
    customer.expect("IdentifyScreen", "wrong-receipt", problem="wrong-receipt")
    customer.type(receipt.rpartition("-")[2].lstrip("0"))
    customer.press("Next")
    customer.expect("ResultScreen", "code-again", code=clamp.codes[0], receipt_number=receipt)
    done(customer)


def slip_pays(street: Street, customer: Customer) -> None:
    """The slip of the short hopper pays a part of the next clamp, coins pay the rest."""
    clamp = street.file.clamp[7]
    identify(customer, clamp)
    agree(customer, "slip")
    street.scanner.scan(pocket(street)[-1])
    seen = customer.expect("PayScreen", "slip-pays", kept_minor=40, claim_asked=False, claim_problem=None)
    customer.drop(*coins_for(clamp.total_minor - seen["kept_minor"]))
    take_code(customer, clamp.codes[0], "slip")


def slip_twice(street: Street, customer: Customer) -> None:
    """Somebody shows the same slip once more: it has been used, and nothing comes out."""
    street.scanner.scan(pocket(street)[-1])
    customer.expect("SlipRefusedScreen", "slip-twice", reason="redeemed")
    customer.press("Back")


def cancel_for_a_slip(street: Street, customer: Customer) -> None:
    """Without change a payment that is cancelled gives a slip for what is in."""
    customer.drop(_HALF_PAID)
    customer.press("Cancel, get a slip")
    compare_slips(street, customer, _HALF_PAID)
    customer.expect("TakeScreen", "cancelled-for-a-slip", paper="printed", returned_minor=0)
    done(customer)


def slip_gives_coins(street: Street, customer: Customer) -> None:
    """The hoppers work again: the slip of the cancelled payment gives its money at the start screen."""
    wait_until(
        lambda: street.server_totals()["devices_broken"] == 0,
        lambda: "a device is told to be broken although all were mended",
    )
    street.scanner.scan(pocket(street)[-1])
    customer.expect("TakeScreen", "slip-coins", redeemed=True, returning=False, returned_minor=_HALF_PAID)
    done(customer)
