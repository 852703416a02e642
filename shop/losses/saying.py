"""What a reader is told of a copy that was lost, on the line of that copy and on the page of claims."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from subscriptions.losses.rules import OPEN_DOUBTS
from subscriptions.models import AddressDoubt, Claim, CopyReturn, Dispatch

State = Claim.State

SENTENCES: Mapping[str, Any] = {
    State.RECEIVED: gettext_lazy("your claim is received"),
    State.ASKED: gettext_lazy("we wait for your address"),
    State.WAITING: gettext_lazy("many readers near you miss it: we will write to you"),
    State.APPROVED: gettext_lazy("it leaves again with our next parcel"),
    State.RESENT: gettext_lazy("it was sent again"),
    State.EXTENDED: gettext_lazy("one issue more comes instead"),
    State.CREDITED: gettext_lazy("its price was given back"),
    State.REFUSED: gettext_lazy("we have answered you by letter"),
    State.ON_DESK: gettext_lazy("a person of our team looks at it"),
}


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of one copy: the claim that stands, or that it came back. `claimable`: whether it may be claimed."""

    sentence: str
    claimable: bool


#: By subscription and number of the issue.
Losses = Mapping[tuple[int, int], Lost]


def losses_of(subscriptions: Collection[int]) -> Losses:
    """Whatever was lost of these subscriptions. Two queries, whatever their number."""
    found = {}
    back = CopyReturn.objects.filter(dispatch__subscription__in=subscriptions).exclude(
        dispatch__kind=Dispatch.Kind.CLAIM
    )
    for subscription, number in back.values_list("dispatch__subscription", "dispatch__issue__number"):
        found[subscription, number] = Lost(_("The post brought it back to us: please look at your address."), False)
    claims = Claim.objects.filter(subscription__in=subscriptions).order_by("round")
    for subscription, number, state in claims.values_list("subscription", "issue__number", "state"):
        said = f"{capfirst(str(SENTENCES[state]))}."
        # Sent again, its line says when.
        found[subscription, number] = Lost("" if state == State.RESENT else said, state == State.RESENT)
    return found


def asked_for_address(subscriptions: Collection[int]) -> set[int]:
    """Those of these subscriptions whose reader is asked for an address. One query."""
    doubts = AddressDoubt.objects.filter(subscription__in=subscriptions, state__in=OPEN_DOUBTS)
    return set(doubts.values_list("subscription", flat=True))
