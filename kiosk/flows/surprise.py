"""What happens to an event that a stage has no answer for.

Touches of a screen that has just gone, clock ticks, and answers that come after nobody waits for them are
part of life: they are listed here with the reason why they change nothing. Anything else is recorded as
`Surprised` and changes nothing either: the screen stays as safe as it was.
"""

from kiosk.flows import events
from kiosk.flows.step import Draft
from parking.facts import Surprised

IGNORED: dict[type[events.Event], str] = {
    events.LineChosen: "a touch of the screen before",
    events.Entered: "a touch of the screen before",
    events.PayPressed: "a touch of the screen before",
    events.BackPressed: "a touch of the screen before",
    events.CancelPressed: "a touch of the screen before",
    events.DonePressed: "a touch of the screen before, or of a screen on which something still moves",
    events.PrintAgainPressed: "a touch of the screen before",
    events.ContinuePressed: "a touch of the screen before",
    events.StayPressed: "the question whether somebody is there has gone",
    events.ReceiptEntered: "a touch of the screen before",
    events.Scanned: "nobody asks for an identifier now, or a slip is being asked about already",
    events.TimePassed: "nothing waits for the time here",
    events.WatchingCoins: "only the session waits for it: see there",
    events.CoinsStopped: "the acceptor confirms every stop; only a cancelled payment waits for it",
    events.Reserved: "the answer came after the time for it was over; the reservation expires by itself",
    events.ReservationKept: "as above",
    events.ReservationRefused: "as above",
    events.ServerSilent: "as above",
    events.ClaimHeld: "the answer came too late; the hold ends by what has become of the slip",
    events.ClaimNotHeld: "as above",
}


def otherwise(draft: Draft, event: events.Event) -> None:
    """No rule of this stage answers this event."""
    if type(event) not in IGNORED:
        draft.note(Surprised(type(draft.terminal.stage).__name__, type(event).__name__))
