"""Signed links by which a reader goes on without an account: to claim a copy, to confirm an address.

Each names its subscription and the day on which it was made, and ends: what it opens shows a label.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from payments.days import PARIS
from subscriptions.models import HandOver, Subscription

VALID_FOR = timedelta(days=60)
_CLAIM, _ADDRESS = "subscriptions.losses.claim", "subscriptions.losses.address"


class BadLink(ValidationError):
    """The link was not made by us, was not copied whole, or has ended; the message is for the reader."""


def claim_path(subscription_id: int, *, on: date) -> str:
    """Path of the page on which a copy of this subscription is claimed."""
    return f"/reclamation/{_token(subscription_id, _CLAIM, on=on)}/"


def address_path(subscription_id: int, *, on: date) -> str:
    """Path of the page on which the address of this subscription is confirmed, or another one given."""
    return f"/votre-adresse/{_token(subscription_id, _ADDRESS, on=on)}/"


def read_claim(token: str, *, on: date) -> Subscription:
    """The subscription of a link to claim. One query. Raises BadLink."""
    return _read(token, _CLAIM, on=on)


def read_address(token: str, *, on: date) -> Subscription:
    """The subscription of a link about its address. One query. Raises BadLink."""
    return _read(token, _ADDRESS, on=on)


def _token(subscription_id: int, salt: str, *, on: date) -> str:
    return signing.Signer(salt=salt, sep=".").sign(f"{subscription_id}-{on:%Y%m%d}")


def _read(token: str, salt: str, *, on: date) -> Subscription:
    try:
        key, _dash, day = signing.Signer(salt=salt, sep=".").unsign(token).partition("-")
        made_on = date(int(day[:4]), int(day[4:6]), int(day[6:8]))
    except (signing.BadSignature, ValueError):
        raise BadLink(
            _("This link is not complete or was changed. Please copy it whole from our letter."), code="bad_link"
        ) from None
    if on > made_on + VALID_FOR:
        raise BadLink(_("This link has ended. Please ask for another one."), code="old_link")
    rows = Subscription.objects.select_related(
        "magazine", "recipient__address", "recipient__customer", "payer", "holder"
    )
    found = rows.filter(pk=key).first()
    if found is None:
        raise BadLink(_("This link leads to no subscription of ours."), code="bad_link")
    # Whoever received it before sees nothing of the new recipient's address (`subscriptions.handing_over`).
    since = datetime.combine(made_on, time(), tzinfo=PARIS)
    if HandOver.objects.filter(subscription=found, new_recipient__isnull=False, at__gte=since).exists():
        raise BadLink(_("This link has ended. Please ask for another one."), code="old_link")
    return found
