"""What a run of kills came to: printed for people, and as one JSON object for programs."""

from collections import Counter
from dataclasses import dataclass, field

from laws.kills.process import Use


@dataclass
class Figures:
    """Counted while the run lasts. `kills` is by process and by what was going on."""

    seed: int = 0
    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    moments: Counter[tuple[str, str]] = field(default_factory=Counter)
    exit_codes: Counter[int] = field(default_factory=Counter)
    both: int = 0
    restarts: int = 0
    payments: int = 0
    released: int = 0
    cancelled: int = 0
    claims: int = 0
    coins: int = 0
    coins_minor: int = 0
    coins_in_the_dark: int = 0
    paid_out: int = 0
    events_lost: int = 0
    payouts_in_doubt: int = 0
    receipts: int = 0
    facts: int = 0
    seconds: float = 0.0
    laws: Counter[str] = field(default_factory=Counter)
    terminal_use: Use = field(default_factory=Use)
    server_use: Use = field(default_factory=Use)
    violations: list[str] = field(default_factory=list)

    def killed(self, who: str, doing: str, moment: str) -> None:
        """A process was killed."""
        self.kills[who, doing] += 1
        self.moments[who, moment] += 1

    def of(self, who: str) -> int:
        """How many kills hit this process."""
        return sum(times for (process, _), times in self.kills.items() if process == who)

    def lines(self) -> list[str]:
        """For people."""
        told = [
            f"{self.kills.total()} kills in {self.seconds:.0f} s, {self.both} of terminal and server at once"
        ]
        for what, counted in (("was", self.kills), ("killed", self.moments)):
            told += [
                f"  {times:6}  {who} {what}: {words}"
                for (who, words), times in sorted(counted.items(), key=lambda found: (found[0][0], -found[1]))
            ]
        told += [
            f"{self.restarts} restarts, exit codes {dict(sorted(self.exit_codes.items()))}",
            f"{self.payments} payments: {self.released} released, {self.cancelled} cancelled",
            f"{self.claims} claims, {self.payouts_in_doubt} payouts in doubt",
            f"{self.coins} coins ({self.coins_minor / 100:.2f}) fell in, {self.paid_out} were paid out",
            f"{self.coins_in_the_dark} coins fell in while no program asked for them",
            f"{self.events_lost} events were lost in an acceptor that held more than five, each told",
            f"{self.receipts} pieces of paper, {self.facts} facts, {self.laws.total()} checks of laws",
            f"a terminal used at most {self.terminal_use}",
            f"the server used at most {self.server_use}",
            f"{len(self.violations)} violations in {self.kills.total()} kills",
        ]
        return told

    def as_json(self) -> dict[str, object]:
        """For the last line of the output."""
        return {
            "seed": self.seed,
            "kills": self.kills.total(),
            "kills_of_terminal": self.of("terminal"),
            "kills_of_server": self.of("server"),
            "kills_of_both": self.both,
            "doing": {f"{who} {doing}": times for (who, doing), times in sorted(self.kills.items())},
            "restarts": self.restarts,
            "exit_codes": {str(code): times for code, times in sorted(self.exit_codes.items())},
            "payments": self.payments,
            "released": self.released,
            "claims": self.claims,
            "coins": self.coins,
            "coins_minor": self.coins_minor,
            "coins_in_the_dark": self.coins_in_the_dark,
            "paid_out": self.paid_out,
            "events_lost": self.events_lost,
            "payouts_in_doubt": self.payouts_in_doubt,
            "receipts": self.receipts,
            "facts": self.facts,
            "laws": dict(sorted(self.laws.items(), key=lambda law: (len(law[0]), law[0]))),
            "terminal_resident_kb": self.terminal_use.resident_kb,
            "server_resident_kb": self.server_use.resident_kb,
            "seconds": round(self.seconds),
            "violations": len(self.violations),
        }
