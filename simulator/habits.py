"""What the customers of the scripted street do again and again: find coins, name a clamp, pay, take all."""

from simulator.customer import Customer, Seen, wait_until
from simulator.street import StreetError
from simulator.street_file import ClampTable


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


def identify(customer: Customer, clamp: ClampTable) -> None:
    """Say which clamp it is, on the keypad."""
    customer.press("Remove a wheel clamp")
    customer.expect("IdentifyScreen", "identify")
    customer.type(clamp.identifier)
    customer.press("Next")


def agree(customer: Customer, story: str) -> None:
    """Read what is owed, and want to pay it."""
    customer.expect("ReviewScreen", f"{story}-review")
    customer.press("Pay")
    customer.expect("PayScreen", f"{story}-pay")


def take_code(customer: Customer, code: str, story: str) -> Seen:
    """Read the code, wait for the receipt, take everything; returns what the screen said."""
    seen = customer.expect("ResultScreen", f"{story}-code", code=code, paper="printed")
    done(customer)
    return seen


def done(customer: Customer) -> None:
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


def offers(**available: bool) -> list[dict[str, object]]:
    """What the start screen offers; everything, but for what is said to be missing."""
    offered = {"coins": True, "change": True, "receipt": True, **available}
    return [{"name": name, "available": is_there} for name, is_there in offered.items()]
