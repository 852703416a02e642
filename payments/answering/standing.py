"""Does a dispute wait for our answer, until when, and may it still be given? One answer for pages, acts and sweeps."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from payments.days import paris_day
from payments.models import Dispute, DisputeAnswer

Phase = DisputeAnswer.Phase

#: Stripe's words while an answer is waited for, and what it would be an answer to.
AWAITING = {"needs_response": Phase.DISPUTE, "warning_needs_response": Phase.INQUIRY}
#: Stripe's words in the order in which they come; what was heard before is not believed afterwards.
ORDER = (
    "warning_needs_response",
    "warning_under_review",
    "needs_response",
    "under_review",
    "warning_closed",
    "prevented",
    "won",
    "lost",
)
#: After it was lost, a network may let itself be appealed to: by hand, at Stripe.
APPEALS = ("appeal_needs_response", "appeal_under_review")


def waits(dispute: Dispute) -> bool:
    """Whether the bank waits for an answer, as far as Stripe has told."""
    return dispute.state == Dispute.State.OPEN and dispute.status in AWAITING


def phase_of(dispute: Dispute) -> str:
    """What an answer would be an answer to: the inquiry, or the dispute."""
    return AWAITING.get(dispute.status, Phase.DISPUTE)


def last_day(dispute: Dispute) -> date | None:
    """The Paris day of the deadline; None where the bank takes no answer."""
    return paris_day(dispute.respond_by) if dispute.respond_by else None


def newer(heard: str, before: str) -> str:
    """The later of two of Stripe's words; one that is not known here counts as the latest."""
    if before in ORDER and heard in ORDER and ORDER.index(heard) < ORDER.index(before):
        return before
    return heard


def why_not(dispute: Dispute, *, at: datetime) -> str:
    """Why no answer can be given to it any more, in a sentence for staff; "" where it can. One query."""
    if dispute.status in APPEALS:
        return _("An appeal is made at Stripe itself.")
    if dispute.state != Dispute.State.OPEN:
        return _("The bank has decided: nothing is answered any more.")
    if dispute.answers.filter(phase=phase_of(dispute)).exclude(state=DisputeAnswer.State.FAILED).exists():
        return _("It is answered already, or its answer is on its way.")
    if not waits(dispute):
        return _("Stripe does not wait for an answer to it.")
    if dispute.respond_by is None:
        return _("This bank takes no answer.")
    if dispute.respond_by <= at:
        return _("The day for the answer has passed.")
    return ""
