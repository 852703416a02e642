"""The signed link with which a reader renews by choice, one click from a letter to the filled-in order page.

It says which subscription and at which of its terms it was given; both are signed. No instant is in it, so that the same
letter has the same link; its end is counted from the last day of that term. It opens a form and nothing else: what the
form shows, the letters to the same person have shown already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from payments.days import paris_day
from subscriptions.models import Subscription, Term

VALID_FOR = timedelta(days=730)
_SALT = "subscriptions.renewals.links_by_choice"


class BadLink(ValidationError):
    """The link was not made by us, or not copied whole; the message is for the reader."""


class OldLink(ValidationError):
    """The link has ended; the message is for the reader."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link opens. `to_payer`: whoever was given it still pays, so that their own data may stand in the form."""

    subscription: Subscription
    to_payer: bool


def renew_token(subscription: Subscription, *, term: int | None = None) -> str:
    """The signed name of a subscription in links and forms, given at its term of that number, its last one by default.

    One query unless `term` is given. Raises Term.DoesNotExist before its first term.
    """
    number = term or Term.objects.filter(subscription=subscription).latest("number").number
    return signing.Signer(salt=_SALT, sep=".").sign(f"{subscription.pk}-{number}")


def renew_path(subscription: Subscription, *, term: int | None = None, source: str = "") -> str:
    """Path of the page that prolongs a subscription; `source`: the letter it stands in, measured by its orders."""
    return f"/reabonnement/{renew_token(subscription, term=term)}/" + (f"?source={source}" if source else "")


def read_renew(text: str, *, at: datetime) -> Invitation:
    """What a link opens, as it stands now. One query. Raises BadLink or OldLink, each a sentence."""
    try:
        key, _dash, number = signing.Signer(salt=_SALT, sep=".").unsign(text).partition("-")
    except signing.BadSignature:
        raise BadLink(
            _("This link is not complete or was changed. Please copy it whole from our letter."), code="bad_link"
        ) from None
    term = (
        Term.objects.select_related(
            "order", "subscription__recipient__address", "subscription__payer", "subscription__offer"
        )
        .filter(subscription=int(key), number=int(number))
        .first()
    )
    if term is None:
        raise BadLink(_("This link leads to no subscription of ours."), code="bad_link")
    subscription = term.subscription
    payer = subscription.payer
    if paris_day(at) > term.ends_on + VALID_FOR or (payer is not None and payer.erased_on is not None):
        raise OldLink(_("This link has ended. You can subscribe again on the offer page."), code="old_link")
    return Invitation(subscription, term.order is None or term.order.customer_id == subscription.payer_id)
