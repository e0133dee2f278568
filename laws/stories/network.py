"""The network between one terminal and the town: it loses, repeats, delays, reorders and cuts messages."""

from collections import deque
from collections.abc import Callable

from kiosk.sync.exchange import Answer, Limits, ServerTroubleError, Trouble
from laws.stories.life import Life
from laws.stories.stage import Stage
from laws.stories.town import ServerDiedError, Town

REFUSES = "server's disk refuses"
CLASS_OF = {
    "server died": "F1 server died",
    "server loses power in the middle": "F2 server loses power in the middle",
    "server loses power": "F2 server loses power",
}
"""The class and name of what is no fault of the network; all others are F6."""


class Network:
    """The terminal's connection to the town: what `kiosk.sync.connection.Connection` is in the street.

    `key` is the terminal's; `sent` is told the body of everything that the terminal sends.
    """

    ODDS = (
        "request dropped",
        "answer dropped",
        "request duplicated",
        "late copy delivered",
        "answer truncated",
        "server error",
        "delayed",
        "server died",
        "server loses power in the middle",
        "server loses power",
        REFUSES,
    )

    def __init__(
        self, stage: Stage, life: Life, town: Town, key: str, sent: Callable[[bytes | None], None]
    ) -> None:
        self._stage = stage
        self._life = life
        self._town = town
        self.key = key
        self._told = sent
        self._sent: deque[tuple[str, str, bytes | None]] = deque(maxlen=21)
        self.trouble = 0.0
        self.is_away = False

    def ask(self, method: str, path: str, body: bytes | None, limits: Limits) -> Answer:
        """One exchange. Raises ServerTroubleError."""
        del limits
        self._told(body)
        self._life.may_die("before a request is sent")
        if self.is_away:
            self._stage.tally.fault("F6 away", while_recovering=self._life.is_recovering)
            raise _unreachable()
        chance = self._stage.chance
        self._stage.live(chance.uniform(0.02, 0.5))
        fault = chance.choice(self.ODDS) if chance.random() < self.trouble else ""
        if fault and not self._stage.fault_comes():
            fault = ""
        if fault and fault != REFUSES:
            self._life.fault(CLASS_OF.get(fault, f"F6 {fault}"), path)
        answer = self._disturbed(fault, method, path, body)
        self._sent.append((method, path, body))
        self._life.may_die("when an answer has come")
        return answer

    def _disturbed(self, fault: str, method: str, path: str, body: bytes | None) -> Answer:
        match fault:
            case "request dropped":
                raise _unreachable()
            case "server error":
                return Answer(503, b'{"detail": "the database does not answer"}')
            case "request duplicated":
                self._town.answer(self.key, method, path, body)
            case "late copy delivered" if self._sent:
                self._town.answer(self.key, *self._stage.chance.choice(self._sent))
            case "delayed":
                self._stage.live(self._stage.chance.uniform(0.1, 3.0))
            case "server died":
                self._town.database.dies = True
        answer = self._answered(fault, method, path, body)
        if fault == "answer dropped":
            raise _unreachable()
        if fault == "answer truncated":
            return Answer(answer.status, answer.body[: self._stage.chance.randrange(len(answer.body))])
        return answer

    def _answered(self, fault: str, method: str, path: str, body: bytes | None) -> Answer:
        """What the server answers, if it lives to do so. Raises ServerTroubleError."""
        cut = fault.startswith("server loses power")
        if cut:
            self._town.disk.expect_power_cut(in_the_middle=fault.endswith("middle"))
        mend = self._town.disk.refuse(within=8) if fault == REFUSES else None
        try:
            answer = self._town.answer(self.key, method, path, body)
        except ServerDiedError:
            raise _unreachable() from None
        finally:
            self._town.database.dies = False
            was_in_the_middle = cut and self._town.disk.power_is_lost
            if mend is not None and mend():
                self._life.fault(f"F3 {REFUSES}", path)
            if cut:
                self._town.lose_power()
        if was_in_the_middle:
            raise _unreachable()
        return answer

    def close(self) -> None:
        """Nothing is held."""


def _unreachable() -> ServerTroubleError:
    return ServerTroubleError(Trouble.UNREACHABLE, "the server does not answer")
