"""Whose hands each slip is in, as answers and facts tell it: kept beside the server, and not read from it.

A promise counts from its first 200 until facts that the server has acknowledged end it. Everything that the
server says about a slip is held against this.
"""

from collections import defaultdict

from laws.requests.stranger import NUMBER as STRANGER
from parking import facts as f
from parking.claims import ClaimRefusal, ClaimRefusedError, issuer_of

Taking = tuple[str, int, str]
"""Terminal, epoch and payment that took a claim."""


class Hands:
    """Who may take which slip, who has taken it, and what nobody can know."""

    def __init__(self) -> None:
        self.taken: dict[str, set[Taking]] = defaultdict(set)
        self.ended_by_office: set[str] = set()
        self.freed: set[str] = set()
        self.doubtful: set[str] = set()
        """Claims that the stranger has spoken of: whether its facts can be read is not judged here."""
        self.accepted: set[str] = set()
        """Texts of slips that the server has promised to somebody."""
        self._held: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._presented: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._ended: set[tuple[str, str, str]] = set()

    # --- what is told

    def promised(self, claim: str, terminal: str, reference: str) -> None:
        """The server has answered that it holds the slip for this terminal."""
        self._held[claim][terminal].add(reference)

    def told(self, terminal: str, epoch: int, payload: str) -> None:
        """The server has acknowledged this fact."""
        if '"Claim' not in payload:
            return
        try:
            fact = f.decode_fact(payload)
        except ValueError:
            return
        if not isinstance(fact, f.ClaimPresented | f.ClaimRedeemed | f.ClaimTurnedAway):
            return
        if terminal == STRANGER:
            self.doubtful.add(fact.claim)
            return
        self._end(fact.claim, terminal)
        if isinstance(fact, f.ClaimPresented):
            self._presented[fact.claim, terminal].add(fact.reference)
        if isinstance(fact, f.ClaimRedeemed) and is_number(fact.claim):
            self.taken[fact.claim].add((terminal, epoch, fact.payment))

    def let_go_by_staff(self, claim: str) -> None:
        """Nobody holds it any more, whatever a terminal may have done with it."""
        for terminal, references in self._held.pop(claim, {}).items():
            self._ended |= {(claim, terminal, reference) for reference in references}
        self.freed.add(claim)

    def _end(self, claim: str, terminal: str) -> None:
        ended = self._presented.pop((claim, terminal), set())
        self._ended |= {(claim, terminal, reference) for reference in ended}
        self._held[claim][terminal] -= ended

    # --- what follows

    def ends(self, claim: str) -> int:
        """How often it was taken, by terminals and by the office."""
        return len(self.taken.get(claim, ())) + (claim in self.ended_by_office)

    def holders(self, claim: str) -> list[str]:
        """The terminals that may be taking it now."""
        return sorted(terminal for terminal, references in self._held[claim].items() if references)

    def is_ended(self, claim: str, terminal: str, reference: str) -> bool:
        """Whether a copy of this request can have no effect any more."""
        return (claim, terminal, reference) in self._ended

    def against(self, claim: str, terminal: str, reference: str) -> str:
        """Why this terminal must not be promised the slip, in words; empty when it may."""
        others = [holder for holder in self.holders(claim) if holder != terminal]
        if others:
            return f"{others} may be taking it"
        if self.ends(claim):
            return f"it was taken by {self.taken.get(claim) or 'the office'}"
        if self.is_ended(claim, terminal, reference):
            return "the terminal has ended this reference"
        return ""

    def bears_out(self, reason: ClaimRefusal, claim: str, terminal: str, reference: str) -> bool:
        """Whether a refusal for this reason can be right."""
        match reason:
            case ClaimRefusal.HELD:
                return any(holder != terminal for holder in self.holders(claim))
            case ClaimRefusal.REDEEMED:
                return bool(self.ends(claim)) or claim in self.doubtful
            case ClaimRefusal.LET_GO:
                return self.is_ended(claim, terminal, reference)
        return True


def is_number(claim: str) -> bool:
    """Whether this is the number of a claim, and not just a name."""
    try:
        issuer_of(claim)
    except ClaimRefusedError:
        return False
    return True
