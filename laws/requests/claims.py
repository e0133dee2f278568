"""What must be true of all claims when a world has come to rest: each counted once, and twice is one alarm.

The journals and what the mail has heard are on one side (`hands.py`), the server's tables and the terminals'
books on the other.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from laws.requests.hands import Hands, is_number
from laws.requests.kiosk import Kiosk
from laws.requests.papers import Papers
from laws.requests.served import Rows, Served, differing
from laws.tally import Tally
from parking.claims import ClaimRefusal
from parking.facts import ClaimRedeemed, SecuredBy, decode_fact
from server.office.alarms import AlarmKind
from server.store import tables

ABOUT_A_SLIP = "slip of "
"""An alarm that a slip itself has raised, not facts. It says who showed it last, as copies come."""
_ABOUT_CLAIMS = (AlarmKind.CLAIM_REDEEMED_TWICE, AlarmKind.CLAIM_DIFFERS)


def judge(served: Served, hands: Hands, cloned: Collection[str], tally: Tally) -> None:
    """Demand of the server's tables what answers and facts have told. Raises BrokenLawError."""
    _twice_is_one_alarm(served, hands, tally)
    _only_a_clones_slips_differ(served, cloned, tally)
    _nothing_is_held_for_nobody(served, cloned, tally)
    taken = {row["claim"] for row in served.rows(tables.claim_redemptions) if is_number(row["claim"])}
    words = f"taken by the facts {sorted(hands.taken)}, by the tables {sorted(taken)}"
    tally.demand("9", taken - hands.doubtful == set(hands.taken) - hands.doubtful, words)


def _twice_is_one_alarm(served: Served, hands: Hands, tally: Tally) -> None:
    kind = AlarmKind.CLAIM_REDEEMED_TWICE
    raised = Counter(row["hash"] for row in served.rows(tables.alarms) if row["kind"] == kind)
    for claim in hands.taken.keys() | hands.ended_by_office:
        alarms, ends = raised.pop(claim, 0), hands.ends(claim)
        if claim in hands.doubtful:
            tally.demand("9", alarms <= 1, f"{claim} has {alarms} alarms")
        else:
            words = f"{claim} was taken {ends} times, and there are {alarms} alarms of that"
            tally.demand("9", alarms == (ends > 1), words)
            if ends > 1:
                tally.fault("F6 slip taken twice")
    strange = {claim: alarms for claim, alarms in raised.items() if is_number(claim)}
    tally.demand("9", not strange.keys() - hands.doubtful, f"alarms without cause: {strange}")


def _only_a_clones_slips_differ(served: Served, cloned: Collection[str], tally: Tally) -> None:
    """Only of a clone's journal there may be two issues under one number."""
    for row in served.rows(tables.alarms):
        if row["hash"].startswith(ABOUT_A_SLIP):
            claim = row["hash"].removeprefix(ABOUT_A_SLIP)
            tally.demand("9", claim.split("-")[0] in cloned, f"{claim} is said to differ: {row['detail']}")


def _nothing_is_held_for_nobody(served: Served, cloned: Collection[str], tally: Tally) -> None:
    held = [
        (row["claim"], row["terminal"], row["reference"])
        for row in served.rows(tables.claim_references)
        if row["held_at_ms"] is not None and not row["ended"] and row["terminal"] not in cloned
    ]
    tally.demand("9", not held, f"all customers have gone, and the server still holds {held}")


def judge_journals(kiosks: Iterable[Kiosk], hands: Hands, cloned: Collection[str], tally: Tally) -> None:
    """Demand that no claim was taken twice on the server's word, and none twice by one terminal."""
    promised: Counter[str] = Counter()
    for kiosk in kiosks:
        if kiosk.number in cloned:
            continue
        here: Counter[str] = Counter()
        for entry in kiosk.entries():
            fact = decode_fact(entry.payload) if '"ClaimRedeemed"' in entry.payload else None
            if isinstance(fact, ClaimRedeemed) and is_number(fact.claim):
                here[fact.claim] += 1
                promised[fact.claim] += fact.by is SecuredBy.SERVER
        again = [claim for claim, times in here.items() if times > 1]
        tally.demand("9", not again, f"{kiosk.number} took {again} more than once")
    twice = [claim for claim, times in promised.items() if times > 1 and claim not in hands.freed]
    tally.demand("9", not twice, f"taken more than once, each time on the server's word: {twice}")


def judge_books(kiosks: Iterable[Kiosk], papers: Papers, hands: Hands, tally: Tally) -> None:
    """Demand that terminals at rest take each genuine slip unless it was taken."""
    for kiosk in kiosks:
        for signed in papers.printed:
            claim = signed.slip.number
            if claim in hands.doubtful:
                continue
            expected = ClaimRefusal.REDEEMED if hands.ends(claim) else None
            found = kiosk.books.claim(signed)
            words = f"{kiosk.number} says {found} to claim {claim}, which has {hands.ends(claim)} ends"
            tally.demand("14", found is expected, words)


def judge_genuine(papers: Papers, hands: Hands, tally: Tally) -> None:
    """Demand that no slip was promised that no terminal has printed."""
    forged = hands.accepted - {signed.text for signed in papers.printed}
    tally.demand("2", not forged, f"slips are held for terminals that nobody printed: {sorted(forged)[:2]}")


# --- any other order -----------------------------------------------------------------------------------


def compare_in_any_order(ours: Served, theirs: Served, hands: Hands, tally: Tally) -> None:
    """Demand that facts about claims say the same in any order of terminals.

    On the other server nobody showed slips and no staff acted: what comes of those is left out.
    """
    untouched = hands.ended_by_office | hands.freed
    here, there = (_in_no_order(served, untouched) for served in (ours, theirs))
    for name, rows in here.items():
        words = differing(rows, there[name])
        tally.demand("12", not words, f"another order of deliveries gives other {name}: {words}")


def _in_no_order(served: Served, untouched: Collection[str]) -> dict[str, Rows]:
    redemptions = served.rows(tables.claim_redemptions)
    return {
        "claim_keys": [_but(row, ("sequence", "received_at_ms")) for row in served.rows(tables.claim_keys)],
        "claim_redemptions": [_but(row, ("received_at_ms",)) for row in redemptions],
        "claim_references": _presented(served, untouched),
        "claims_log": _told_taken(served, untouched),
        "alarms about claims": _alarms(served, untouched),
    }


def _but(row: dict[str, Any], ignored: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ignored}


def _presented(served: Served, untouched: Collection[str]) -> Rows:
    return [
        _but(row, ("held_at_ms",))
        for row in served.rows(tables.claim_references)
        if row["presented_at_ms"] is not None and row["claim"] not in untouched
    ]


def _told_taken(served: Served, untouched: Collection[str]) -> Rows:
    rows = served.rows(tables.claims_log)
    return [_but(row, ("sequence",)) for row in rows if row["claim"] not in untouched]


def _alarms(served: Served, untouched: Collection[str]) -> Rows:
    return [
        _but(row, ("raised_at_ms", "seen_at_ms", "times"))
        for row in served.rows(tables.alarms)
        if row["kind"] in _ABOUT_CLAIMS
        and row["hash"] not in untouched
        and not row["hash"].startswith(ABOUT_A_SLIP)
    ]
