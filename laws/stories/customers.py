"""Customers: they look at the screen, touch it, drop coins, make mistakes, walk away and come back."""

from collections.abc import Callable

from kiosk.flows import events, screens
from laws.stories.stage import NEVER, Stage
from laws.stories.street import COINS, Street
from laws.stories.town import CLAMPS, Town
from parking.facts import RefusalReason

Post = Callable[[events.Event], None]

_SILLY: tuple[events.Event, ...] = (
    events.LineChosen("release"),
    events.LineChosen("parking"),
    events.Entered("7F314"),
    events.Entered(""),
    events.Scanned("\x1b@7F314"),
    events.PayPressed(),
    events.BackPressed(),
    events.CancelPressed(),
    events.DonePressed(),
    events.PrintAgainPressed(),
    events.ContinuePressed(),
    events.StayPressed(),
    events.Touched(),
)
_VALUES = tuple(coin.coin_minor for coin in COINS)
_FOREIGN_COIN = 5


class Customers:
    """One customer after the other in front of the terminal. `pocket` are the slips that anybody has."""

    def __init__(self, stage: Stage, street: Street, town: Town, pocket: list[str]) -> None:
        self._stage = stage
        self._street = street
        self._due_s = stage.now_s + 20
        self._clamp = CLAMPS[0]
        self._habit = "exact"
        self._receipt = ""
        self._gone_until_s = 0.0
        self._hand: list[int] = []
        self._town = town
        self._pocket = pocket
        self.is_over = False

    def due(self) -> float:
        """When somebody does something next."""
        return NEVER if self.is_over else self._due_s

    def go_home(self, *, until_s: float) -> None:
        """The terminal is dark for days: nobody stands in front of it all that time."""
        self._hand.clear()
        self._due_s = max(self._due_s, until_s)

    def act(self, screen: screens.Screen | None, post: Post | None) -> None:
        """Somebody looks at the screen (None: it is dark) and does something, or nothing."""
        chance = self._stage.chance
        if self._hand and not isinstance(screen, screens.PayScreen) and chance.random() < 0.4:
            self._hand.clear()  # who sees that it is paid stops, mostly
        if self._hand:
            self._street.drop(self._hand.pop())
            self._due_s = self._stage.now_s + chance.uniform(0.15, 0.5)
            return
        self._due_s = self._stage.now_s + chance.choice((0.1, 0.3, 0.5, 0.5, 1.0, 2.0))
        if post is None or screen is None:
            if chance.random() < (0.4 if self._street.line.lets_in else 0.05):
                self._street.drop(chance.choice(_VALUES))
            return
        if self._stage.now_s < self._gone_until_s and not isinstance(screen, screens.StartScreen):
            self._due_s = self._gone_until_s
            return
        if chance.random() < 0.04:
            post(chance.choice(_SILLY))
        elif chance.random() < 0.005:
            self._gone_until_s = self._stage.now_s + chance.choice((40, 100, 400))
        else:
            self._answer(screen, post)

    def _answer(self, screen: screens.Screen, post: Post) -> None:  # noqa: C901, PLR0912 - one case for each screen
        chance = self._stage.chance
        match screen:
            case screens.StartScreen():
                if not self._shows_slip(0.3):
                    self._arrive(post)
            case screens.IdentifyScreen():
                self._identify(screen, post)
            case screens.WaitScreen():
                if chance.random() < 0.05:
                    post(events.CancelPressed())
            case screens.ReviewScreen():
                post(
                    chance.choices(
                        (events.PayPressed(), events.BackPressed(), events.CancelPressed()), (18, 1, 1)
                    )[0]
                )
            case screens.PayScreen():
                self._pay(screen, post)
            case screens.ResultScreen() | screens.TakeScreen():
                self._receipt = screen.receipt_number
                post(chance.choices((events.DonePressed(), events.PrintAgainPressed()), (9, 1))[0])
            case screens.SlipRefusedScreen():
                post(events.BackPressed())
            case screens.ResumeScreen():
                if not screen.settling:
                    post(chance.choices((events.ContinuePressed(), events.CancelPressed()), (3, 1))[0])
            case screens.StillThereScreen():
                if chance.random() < 0.5:
                    post(events.StayPressed())
            case _:
                if chance.random() < 0.02:
                    self._street.drop(chance.choice(_VALUES))

    def _arrive(self, post: Post) -> None:
        chance = self._stage.chance
        self._gone_until_s = 0.0
        self._clamp = chance.choice(self._town.fitted_clamps() or CLAMPS)
        self._habit = chance.choices(("exact", "over", "any", "cancels"), (5, 4, 4, 3))[0]
        post(events.Scanned(self._clamp) if chance.random() < 0.3 else events.LineChosen("release"))

    def _identify(self, screen: screens.IdentifyScreen, post: Post) -> None:
        chance = self._stage.chance
        if screen.problem in {RefusalReason.PAID_HERE, RefusalReason.WRONG_RECEIPT}:
            number = chance.choice((self._receipt, self._receipt, "0412-1-00001", "rubbish"))
            post(chance.choice((events.ReceiptEntered(number), events.BackPressed())))
            return
        text = chance.choices((self._clamp, chance.choice(CLAMPS), "7F31", "12", "?"), (24, 4, 1, 1, 1))[0]
        post(chance.choices((events.Entered(text), events.Scanned(text), events.BackPressed()), (8, 4, 1))[0])

    def _shows_slip(self, odds: float) -> bool:
        """A slip is held in front of the scanner; who has a copy shows it again, here or elsewhere."""
        chance = self._stage.chance
        if not self._pocket or chance.random() >= odds:
            return False
        slip = chance.choice(self._pocket)
        self._street.scan(f"{slip}\r".encode())
        if chance.random() < 0.5:
            self._pocket.remove(slip)
        return True

    def _pay(self, screen: screens.PayScreen, post: Post) -> None:
        chance = self._stage.chance
        if self._shows_slip(0.2):
            return
        if self._habit == "cancels" and screen.kept_minor and chance.random() < 0.4:
            post(events.CancelPressed())
            if chance.random() < 0.3:
                self._street.drop(chance.choice(_VALUES))
            return
        left_minor = screen.total_minor - screen.kept_minor
        taken = [coin.coin_minor for coin in screen.coins if coin.accepted]
        for _ in range(chance.choices((1, 2, 4, 7), (12, 4, 2, 1))[0]):
            fitting = [coin for coin in taken if coin <= left_minor]
            match self._habit:
                case "over":
                    coin = max(taken, default=200)
                case "any":
                    coin = chance.choice((*_VALUES, _FOREIGN_COIN))
                case _:
                    coin = max(fitting, default=chance.choice(_VALUES))
            self._hand.insert(0, coin)
            left_minor -= coin
