"""What speaks against us in a case, for whoever decides whether to contest it at all. Never part of what the bank is shown."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from payments.days import paris_day
from subscriptions.answering.case import Case, Copy
from subscriptions.answering.letters import Sent
from subscriptions.models import Claim, Consent, Declaration, RenewalProof


class Weak(StrEnum):
    """One thing that a bank would hold against us, or that we cannot show."""

    SURPLUS = "surplus"
    GIVEN_BACK = "given_back"
    WITHDRAWN = "withdrawn"
    STOPPED_BEFORE = "stopped_before"
    NO_ORDER = "no_order"
    NO_SCREEN = "no_screen"
    NO_MANDATE = "no_mandate"
    NO_LEGAL_NOTICE = "no_legal_notice"
    NO_PRE_DEBIT = "no_pre_debit"
    CAME_BACK_LETTER = "came_back_letter"
    NOTHING_POSTED = "nothing_posted"
    LATE = "late"
    CAME_BACK = "came_back"
    CLAIMED = "claimed"


#: Claims that were not made good.
NOT_MADE_GOOD = (Claim.State.RECEIVED, Claim.State.ASKED, Claim.State.WAITING, Claim.State.ON_DESK, Claim.State.REFUSED)


def weaknesses(case: Case, letters: Sequence[Sent]) -> list[Weak]:
    """The weak points of a case, the gravest first. Pure."""
    renewed, order = case.attempt is not None, case.order
    mandates = [one for one in case.consents if one.matter == Consent.Matter.MANDATE and one.given]
    mandates += [one.consent for one in case.choices if one.automatic and one.consent is not None]
    named = {proof.notice_proof.notice_id for proof in case.proofs}
    found = {
        Weak.SURPLUS: case.payment.surplus,
        Weak.GIVEN_BACK: bool(case.refunds or case.transfers),
        Weak.WITHDRAWN: any(one.kind == Declaration.Kind.WITHDRAWAL for one in case.declarations),
        Weak.STOPPED_BEFORE: any(paris_day(one.received_at) < case.paid_on for one in case.declarations),
        Weak.NO_ORDER: order is None,
        Weak.NO_SCREEN: order is not None and not order.disclosure.facts.get("blocks"),
        Weak.NO_MANDATE: renewed and not mandates,
        Weak.NO_LEGAL_NOTICE: renewed and case.proof(RenewalProof.Kind.LEGAL) is None,
        Weak.NO_PRE_DEBIT: renewed and case.proof(RenewalProof.Kind.PRE_DEBIT) is None,
        Weak.CAME_BACK_LETTER: any(one.came_back for one in letters if one.notice.pk in named),
        Weak.NOTHING_POSTED: not any(one.posted for one in case.copies),
        Weak.LATE: any(_late(one, case) for one in case.copies),
        Weak.CAME_BACK: any(one.returns for one in case.copies),
        Weak.CLAIMED: any(claim.state in NOT_MADE_GOOD for one in case.copies for claim in one.claims),
    }
    return [weak for weak, there in found.items() if there]


def _late(copy: Copy, case: Case) -> bool:
    """Whether a copy was due before the dispute was opened, and has not left."""
    return copy.planned_on is not None and not copy.posted and copy.planned_on < paris_day(case.dispute.opened_at)
