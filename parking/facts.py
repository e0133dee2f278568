"""Facts: what has happened at a terminal, as its journal keeps them and the server receives them.

A fact is written before anything leaves the machine because of it, and is never changed. Each stands in an
`Entry` that carries its place in the terminal's journal (terminal, epoch, number) and the hash of the chain.
Money is in minor units; `payment` is the payment's number, which is the receipt number too.
"""

import hashlib
from enum import StrEnum

import msgspec

from parking.claims import ClaimReason, ClaimRefusal
from parking.debts import Debt
from parking.release_codes import SealedCode


class _Fact(msgspec.Struct, frozen=True, tag_field="fact", tag=True, omit_defaults=False):
    """The common form: JSON with the fact's name under `fact`."""


class EndReason(StrEnum):
    """Why a conversation or a payment ended without delivery."""

    CUSTOMER = "customer"
    TIME_OUT = "time-out"
    RESTART = "restart"
    NOTHING_WORKS = "nothing-works"


class RefusalReason(StrEnum):
    """Why the terminal does not go on to pay for what was typed or scanned."""

    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"
    NOTHING_DUE = "nothing-due"
    TAKEN = "taken"
    NO_CODE = "no-code"
    NO_COINS = "no-coins"
    PAID_HERE = "paid-here"
    """This terminal has released it already: the receipt number shows the code again."""
    WRONG_RECEIPT = "wrong-receipt"
    """The receipt number is not that of this clamp's release here."""


class SecuredBy(StrEnum):
    """What makes sure, before money is taken, that the code can be delivered."""

    BOOKS = "books"
    SERVER = "server"


class PayoutPurpose(StrEnum):
    """Why coins are paid out."""

    CHANGE = "change"
    REFUND = "refund"


# --- the machine ---------------------------------------------------------------------------------------


class TerminalStarted(_Fact, frozen=True):
    """The program started and read its journal."""

    software: str


class StockCounted(_Fact, frozen=True):
    """A person counted a hopper (or filled it): this many coins are in it from now on."""

    hopper: str
    coin_minor: int
    coins: int


class CoinCounterFound(_Fact, frozen=True):
    """The acceptor's event counter at the first meeting: a baseline, no credit."""

    counter: int


class AcceptorRestarted(_Fact, frozen=True):
    """The acceptor's counter began anew at 0: it lost power or was reset; what it held unread is unknown."""

    counter_before: int


class CoinEventsLost(_Fact, frozen=True):
    """More events than the acceptor's buffer of five holds: `events` are gone, maybe coins among them."""

    events: int
    counter: int


class CoinTurnedAway(_Fact, frozen=True):
    """The acceptor gave a coin back or saw a fault: `code` as in the ccTalk table of error codes."""

    code: int
    counter: int


class DeviceFailed(_Fact, frozen=True):
    """A device does not work any more; `code` is a stable event code such as `PRN.PAPER_OUT`."""

    device: str
    code: str
    detail: str


class DeviceRecovered(_Fact, frozen=True):
    """A device that had failed works again."""

    device: str


class HopperCounterFound(_Fact, frozen=True):
    """A hopper's payout counter as it was read when nothing was being paid.

    `counter_before` is what the journal had (None: nothing, or an order in doubt). Another one that is not 0,
    as after a power cut, says that coins were paid out, and not by this terminal.
    """

    hopper: str
    counter: int
    counter_before: int | None = None


class ClaimKeyMade(_Fact, frozen=True):
    """The public key (Ed25519, 32 bytes in base64) that proves the claims this terminal issues."""

    key: str


class Surprised(_Fact, frozen=True):
    """Something happened that no rule foresees here; it changed nothing."""

    stage: str
    event: str


# --- the conversation ----------------------------------------------------------------------------------


class CustomerArrived(_Fact, frozen=True):
    """Somebody chose a product line on the start screen (or scanned something)."""

    line: str


class SubjectRefused(_Fact, frozen=True):
    """What was typed or scanned leads nowhere; `subject` is empty where it was not readable."""

    subject: str
    reason: RefusalReason


class SubjectNamed(_Fact, frozen=True):
    """An identifier was given; the server is being asked to reserve its release under `reference`."""

    subject: str
    reference: str


class DeliverySecured(_Fact, frozen=True):
    """The debt is known and its code can be delivered: by the books or by a reservation on the server."""

    subject: str
    fitting: int
    debt: Debt
    code_number: int
    sealed: SealedCode
    by: SecuredBy


class WarningGiven(_Fact, frozen=True):
    """The customer is asked whether somebody is still there."""


class CustomerStayed(_Fact, frozen=True):
    """Somebody is still there."""


class ConversationEnded(_Fact, frozen=True):
    """The customer left before money was accepted."""

    reason: EndReason


# --- money ---------------------------------------------------------------------------------------------


class PaymentOpened(_Fact, frozen=True):
    """From here money may be accepted. `exact_only`: the customer was told that no change can be given."""

    payment: str
    line: str
    subject: str
    price_minor: int
    currency: str
    exact_only: bool


class CoinKept(_Fact, frozen=True):
    """One coin is in the machine: for this payment, in this hopper (None: cash box), at this counter."""

    payment: str
    amount_minor: int
    position: int
    hopper: str | None
    counter: int


class PaymentCancelled(_Fact, frozen=True):
    """The payment will not be completed: what was kept goes back."""

    payment: str
    reason: EndReason


class PaymentResumed(_Fact, frozen=True):
    """After a restart the customer goes on paying."""

    payment: str


class AcceptorConfirmed(_Fact, frozen=True):
    """The acceptor confirmed that it takes no more coins, after everything it had taken was told."""

    payment: str


class MoneyReturning(_Fact, frozen=True):
    """What was kept begins to go back, in coins and, for what is missing, as a claim."""

    payment: str


class PaymentSettled(_Fact, frozen=True):
    """The price has been paid: from here the service is owed."""

    payment: str
    price_minor: int


class CodeOpened(_Fact, frozen=True):
    """The release code leaves the machine from here on: this fact is durable before anybody sees it.

    `sealed` is the code as this terminal keeps it; the server knows it by clamp, fitting and number.
    """

    payment: str
    identifier: str
    fitting: int
    code_number: int
    sealed: SealedCode


class CodeSeen(_Fact, frozen=True):
    """The customer said so, or the time to read the code is over: it is hidden from the screen."""

    payment: str


class CodeNotSeen(_Fact, frozen=True):
    """The code was opened, and perhaps nobody has seen it: after a long outage it is not shown to the street.

    The help line must expect the customer.
    """

    payment: str


class PayoutOrdered(_Fact, frozen=True):
    """A hopper is told to pay `coins`; `counter_before` is its own counter before that (None: not known)."""

    payment: str
    order: str
    hopper: str
    coins: int
    coin_minor: int
    purpose: PayoutPurpose
    counter_before: int | None


class PayoutReported(_Fact, frozen=True):
    """The hopper's own words: so many coins were paid, so many were not; its counter now."""

    order: str
    paid: int
    unpaid: int
    counter: int | None


class PayoutInDoubt(_Fact, frozen=True):
    """The hopper does not tell whether it paid. It is never told to pay this again."""

    order: str
    detail: str


class ClaimIssued(_Fact, frozen=True):
    """Money owed to the customer as a numbered slip."""

    claim: str
    payment: str
    amount_minor: int
    reason: ClaimReason


class ClaimPresented(_Fact, frozen=True):
    """A customer showed a slip that reads well; the server is being asked to hold it under `reference`.

    From here until `ClaimRedeemed` or `ClaimTurnedAway` this terminal may have the server's only hold on it.
    `reason` is why it was issued, as the slip says. `proven`: a key of its terminal that the books have made
    its signature; without that only the server's hold makes it good.
    """

    claim: str
    amount_minor: int
    reason: ClaimReason
    reference: str
    proven: bool = True


class ClaimRedeemed(_Fact, frozen=True):
    """A slip was taken: its amount is money of this payment from here on, as a coin would be.

    `by`: the server holds it for this terminal, or, the server being away, it is good as far as books tell.
    """

    claim: str
    payment: str
    amount_minor: int
    by: SecuredBy


class ClaimTurnedAway(_Fact, frozen=True):
    """A slip was not taken and is as good as before; `claim` is empty where it was not readable."""

    claim: str
    reason: ClaimRefusal


class CodeShownAgain(_Fact, frozen=True):
    """Somebody who named the clamp and the receipt number of its release is shown the code again.

    It says of the code what `CodeOpened` said; `price_minor` is what was paid for it.
    """

    payment: str
    identifier: str
    fitting: int
    code_number: int
    sealed: SealedCode
    price_minor: int


class ReceiptOrdered(_Fact, frozen=True):
    """A print job: `slip` as in `receipt.Slip`."""

    job: str
    payment: str
    slip: str
    copy: bool


class ReceiptPrinted(_Fact, frozen=True):
    """The printer confirmed the paper."""

    job: str


class ReceiptFailed(_Fact, frozen=True):
    """The paper did not come out, or nobody knows; `code` is an event code such as `PRN.PAPER_OUT`."""

    job: str
    code: str


class PaymentClosed(_Fact, frozen=True):
    """Nothing about this payment is open any more. The sums are for people; the facts before say the same."""

    payment: str
    kept_minor: int
    delivered_minor: int
    paid_out_minor: int
    claimed_minor: int


Fact = (
    TerminalStarted
    | StockCounted
    | CoinCounterFound
    | AcceptorRestarted
    | CoinEventsLost
    | CoinTurnedAway
    | DeviceFailed
    | DeviceRecovered
    | HopperCounterFound
    | ClaimKeyMade
    | Surprised
    | CustomerArrived
    | SubjectRefused
    | SubjectNamed
    | DeliverySecured
    | WarningGiven
    | CustomerStayed
    | ConversationEnded
    | PaymentOpened
    | CoinKept
    | PaymentCancelled
    | PaymentResumed
    | AcceptorConfirmed
    | MoneyReturning
    | PaymentSettled
    | CodeOpened
    | CodeSeen
    | CodeNotSeen
    | PayoutOrdered
    | PayoutReported
    | PayoutInDoubt
    | ClaimIssued
    | ClaimPresented
    | ClaimRedeemed
    | ClaimTurnedAway
    | CodeShownAgain
    | ReceiptOrdered
    | ReceiptPrinted
    | ReceiptFailed
    | PaymentClosed
)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Fact)

GENESIS_HASH = "0" * 64
"""What stands as the previous hash before the first entry of an epoch."""


class Entry(msgspec.Struct, frozen=True):
    """A fact in its place: the `number`-th of this terminal's journal in this `epoch` (a disk's life).

    `payload` is the fact as JSON, byte for byte as it was hashed. `books_version` tells which books the
    terminal had when it decided. `previous` and `hash` are SHA-256 in hex.
    """

    terminal: str
    epoch: int
    number: int
    at_ms: int
    books_version: int
    payload: str
    previous: str
    hash: str


def encode_fact(fact: Fact) -> str:
    """Write a fact as JSON, the fields in their declared order: the same fact is always the same text."""
    return _encoder.encode(fact).decode()


def decode_fact(payload: str) -> Fact:
    """Read a fact.

    Raises:
        msgspec.ValidationError: the text is no fact; the message names the field.
        msgspec.DecodeError: the text is no JSON.
    """
    fact: Fact = _decoder.decode(payload)
    return fact


def chain_hash(
    *, terminal: str, epoch: int, number: int, at_ms: int, books_version: int, payload: str, previous: str
) -> str:
    """The hash of an entry: SHA-256 over its place, its time, the hash before it, and the fact's bytes."""
    head = _encoder.encode([terminal, epoch, number, at_ms, books_version, previous])
    return hashlib.sha256(head + b"\n" + payload.encode()).hexdigest()


def entry_after(
    previous: Entry | None, fact: Fact, *, terminal: str, epoch: int, at_ms: int, books_version: int
) -> Entry:
    """The entry that follows `previous` (None: the first of its epoch) and carries this fact."""
    number = previous.number + 1 if previous else 1
    before = previous.hash if previous else GENESIS_HASH
    payload = encode_fact(fact)
    return Entry(
        terminal=terminal,
        epoch=epoch,
        number=number,
        at_ms=at_ms,
        books_version=books_version,
        payload=payload,
        previous=before,
        hash=chain_hash(
            terminal=terminal,
            epoch=epoch,
            number=number,
            at_ms=at_ms,
            books_version=books_version,
            payload=payload,
            previous=before,
        ),
    )


def is_genuine(entry: Entry) -> bool:
    """Whether the entry's hash is the hash of what it says."""
    return entry.hash == chain_hash(
        terminal=entry.terminal,
        epoch=entry.epoch,
        number=entry.number,
        at_ms=entry.at_ms,
        books_version=entry.books_version,
        payload=entry.payload,
        previous=entry.previous,
    )
