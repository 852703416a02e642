"""What letters about lost copies say: a claim and what becomes of it; an address that copies came back from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from payments.days import paris_day
from subscriptions.losses.links import address_path, claim_path
from subscriptions.models import AddressDoubt, Claim, CopyReturn, Subscription
from subscriptions.notices.french import day, issue
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute, public_function

State, Doubt = Claim.State, AddressDoubt.State
#: Where a claim may stand for what its letter says to be true.
STILL = {
    "claim_resent": (State.APPROVED, State.RESENT),
    "claim_extended": (State.EXTENDED,),
    "claim_address": (State.ASKED,),
    "claim_waiting": (State.WAITING,),
    "claim_on_desk": (State.ON_DESK,),
    "claim_refused": (State.REFUSED,),
}


def link(facts: Facts) -> Context:
    """Where a copy is claimed, for whoever asked by number and postcode or e-mail."""
    subscription = Subscription.objects.select_related("magazine").get(pk=facts["subscription_id"])
    asked_on = date.fromisoformat(facts["asked_on"])
    return {
        "subscription": subscription,
        "subscriber_number": subscription.number or "",
        "magazine_title": subscription.magazine.title,
        "claim_url": absolute(claim_path(subscription.pk, on=asked_on)),
    }


def link_ended(context: Context, *, at: datetime) -> str:
    """Nothing is sent any more of a subscription that has ended."""
    ended = context["subscription"].state == Subscription.State.ENDED
    return "the subscription has ended" if ended else ""


def claimed(facts: Facts) -> Context:
    """One claim: which issue, which address, what instead."""
    one = Claim.objects.select_related(
        "subscription__magazine", "subscription__recipient__address", "issue", "extra__issue"
    ).get(pk=facts["claim_id"])
    extra = one.extra.issue if one.extra is not None else None
    return {
        "claim": one,
        "magazine_title": one.subscription.magazine.title,
        "subscriber_number": one.subscription.number or "",
        "issue": issue(one.issue.printed),
        "came_back": one.reason == Claim.Reason.CAME_BACK,
        "label": one.subscription.recipient.address.lines,
        "tracked": one.tracked,
        "extra_issue": issue(extra.printed) if extra else "",
        "extra_posted": day(extra.post_on) if extra else "",
        "address_url": absolute(address_path(one.subscription_id, on=paris_day(one.at))),
    }


def unless_elsewhere(kind: str) -> Callable[..., str]:
    """Not told once the claim stands elsewhere."""

    def claim_moved_on(context: Context, *, at: datetime) -> str:
        return "" if context["claim"].state in STILL[kind] else "the claim stands elsewhere by now"

    return claim_moved_on


def doubted(facts: Facts) -> Context:
    """A copy came back: which one, why, and where the reader answers."""
    one = CopyReturn.objects.select_related("dispatch__issue", "dispatch__address").get(pk=facts["return_id"])
    doubt = AddressDoubt.objects.select_related("subscription__magazine").get(pk=facts["doubt_id"])
    return {
        "doubt": doubt,
        "magazine_title": doubt.subscription.magazine.title,
        "subscriber_number": doubt.subscription.number or "",
        "issue": issue(one.dispatch.issue.printed),
        "because": BECAUSE[one.reason_code],
        "suspended": doubt.state == Doubt.SUSPENDED,
        "label": one.dispatch.address.lines,
        "address_url": absolute(address_path(doubt.subscription_id, on=paris_day(one.at))),
        "stop_url": public_function("terminate"),
    }


def answered(context: Context, *, at: datetime) -> str:
    """Not asked any more once the reader has answered."""
    return "the reader has answered" if context["doubt"].state in (Doubt.ANSWERED, Doubt.ENDED) else ""


BECAUSE: Mapping[int, str] = {
    CopyReturn.Reason.UNREACHABLE: "défaut d’accès ou d’adressage",
    CopyReturn.Reason.UNKNOWN: "destinataire inconnu à l’adresse",
    CopyReturn.Reason.REFUSED: "pli refusé par le destinataire",
    CopyReturn.Reason.UNCLAIMED: "pli avisé et non réclamé",
}
