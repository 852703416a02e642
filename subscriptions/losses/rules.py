"""What becomes of a copy that came back, and of a claim: two closed tables, read by the code and by finance alike.

Pure: facts go in, one row comes out. The figures are data (`LossRule`); law.md 7.2 and 7.6, design section 6. The loss of a
copy is ours until its reader has it (C. conso L216-2): no row refuses, what the rules cannot settle goes to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from subscriptions.models import AddressDoubt, Claim, CopyReturn, LossRule

Doubt, State, Reason = AddressDoubt.State, Claim.State, CopyReturn.Reason


def rule_in_force() -> LossRule:
    """The figures in force, or the defaults. One query."""
    return LossRule.objects.order_by("-pk").first() or LossRule()


class Case(StrEnum):
    """Every case of a copy that came back; the value is kept beside it (`CopyReturn.effect`)."""

    FREE_COPY = "free_copy"
    OVER = "over"
    MOVED = "moved"
    IN_A_ROW = "in_a_row"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNCLAIMED = "unclaimed"


@dataclass(frozen=True, slots=True)
class Effect:
    """`doubt`: what the address becomes, empty for nothing. `letter`: what its reader gets. `desk`: a person looks at once.

    `resend`: the copy leaves again for the address that is known by now.
    """

    when: str
    doubt: str = ""
    letter: str = ""
    desk: bool = False
    resend: bool = False

    @property
    def holds(self) -> bool:
        """Whether copies are held from then on."""
        return self.doubt in HOLDING


#: Doubts during which no copy leaves.
HOLDING = frozenset({Doubt.HELD, Doubt.SUSPENDED})
#: Doubts that wait for an answer.
OPEN_DOUBTS = frozenset({Doubt.ASKED, Doubt.HELD, Doubt.SUSPENDED})

RETURNS: Mapping[Case, Effect] = {
    Case.FREE_COPY: Effect("a complimentary or test copy", desk=True),
    Case.OVER: Effect("its subscription has ended"),
    Case.MOVED: Effect("its reader has given another address since", resend=True),
    Case.IN_A_ROW: Effect("the second in a row from this address", Doubt.SUSPENDED, "address_wanted", desk=True),
    Case.UNKNOWN: Effect("reason 2, unknown at this address", Doubt.HELD, "address_wanted"),
    Case.REFUSED: Effect("reason 3, refused", Doubt.ASKED, "copy_refused"),
    Case.UNREACHABLE: Effect("reason 1, no access or a faulty address", Doubt.ASKED, "address_checked"),
    Case.UNCLAIMED: Effect("reason 4, announced and not fetched", Doubt.ASKED, "address_checked"),
}


def case_of_return(*, free: bool, over: bool, moved: bool, in_a_row: bool, reason: int) -> Case:
    """The row of a copy that came back; the first that fits, in the order of the table."""
    if free:
        return Case.FREE_COPY
    if over:
        return Case.OVER
    if moved:
        return Case.MOVED
    if in_a_row:
        return Case.IN_A_ROW
    return {
        Reason.UNREACHABLE: Case.UNREACHABLE,
        Reason.UNKNOWN: Case.UNKNOWN,
        Reason.REFUSED: Case.REFUSED,
        Reason.UNCLAIMED: Case.UNCLAIMED,
    }[Reason(reason)]


class Ground(StrEnum):
    """Every case of a claim."""

    INCIDENT = "incident"
    AGAIN = "again"
    OUTSIDE = "outside"
    OFTEN = "often"
    TO_CONFIRM = "to_confirm"
    IN_STOCK = "in_stock"
    IN_STOCK_TRACKED = "in_stock_tracked"
    NO_STOCK = "no_stock"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a claim becomes, the letter that says so, and whether what is sent has a tracking number."""

    when: str
    state: str
    letter: str
    tracked: bool = False


CLAIMS: Mapping[Ground, Outcome] = {
    Ground.INCIDENT: Outcome("many of this issue are missing in its department", State.WAITING, "claim_waiting"),
    Ground.AGAIN: Outcome("this copy was sent again already", State.ON_DESK, "claim_on_desk"),
    Ground.OUTSIDE: Outcome("before or after the days of claims", State.ON_DESK, "claim_on_desk"),
    Ground.OFTEN: Outcome("the third in twelve months, or later", State.ON_DESK, "claim_on_desk"),
    Ground.TO_CONFIRM: Outcome("the second in twelve months, or its address is in doubt", State.ASKED, "claim_address"),
    Ground.IN_STOCK_TRACKED: Outcome(
        "the second, its address confirmed; in stock", State.APPROVED, "claim_resent", tracked=True
    ),
    Ground.IN_STOCK: Outcome(
        "the first in twelve months, or a copy that came back; in stock", State.APPROVED, "claim_resent"
    ),
    Ground.NO_STOCK: Outcome("to be sent again, and none is left", State.EXTENDED, "claim_extended"),
    Ground.OVER: Outcome("none is left, and the subscription has ended", State.ON_DESK, "claim_on_desk"),
}


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What a claim is decided by.

    `counted`: it counts among its reader's own; a copy that came back does not. `doubted`: copies came back from its address,
    and nobody has answered yet.
    """

    nth: int
    sent_again: bool
    in_window: bool
    confirmed: bool
    in_stock: bool
    over: bool
    doubted: bool = False
    in_incident: bool = False
    counted: bool = True


def ground_of(facts: ClaimFacts) -> Ground:
    """The row of a claim; the first that fits, in the order of the table."""
    if facts.in_incident:
        return Ground.INCIDENT
    if facts.sent_again:
        return Ground.AGAIN
    if facts.counted:
        if not facts.in_window:
            return Ground.OUTSIDE
        if facts.nth > 2:
            return Ground.OFTEN
        if facts.doubted or (facts.nth == 2 and not facts.confirmed):
            return Ground.TO_CONFIRM
    return sent_or_extended(in_stock=facts.in_stock, over=facts.over, tracked=facts.counted and facts.nth == 2)


def sent_or_extended(*, in_stock: bool, over: bool, tracked: bool = False) -> Ground:
    """The row of a claim that is owed again: from stock, else one issue more, else a person."""
    if over:
        return Ground.OVER
    if in_stock:
        return Ground.IN_STOCK_TRACKED if tracked else Ground.IN_STOCK
    return Ground.NO_STOCK


def is_incident(*, claims: int, lines: int, rule: LossRule) -> bool:
    """Whether so many claims, among so many lines of that issue and department, are one incident."""
    if claims < rule.incident_least:
        return False
    return claims >= rule.incident_claims or (lines > 0 and claims * 100 >= rule.incident_percent * lines)
