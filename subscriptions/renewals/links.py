"""Signed links to a renewal: nobody can guess one, nobody can change one, and they end.

The token carries the renewal's id and a signature, no time: Stripe is told the same return address however often it is
asked (idempotency compares parameters). The end is counted from R.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from subscriptions.models import Renewal

#: After R; a renewal that is over by then says so on its page.
VALID_FOR = timedelta(days=120)
_SALT = "subscriptions.renewals.links"


class BadLink(ValidationError):
    """The link was not made by us, or not copied whole; the message is for the reader."""


class OldLink(ValidationError):
    """The link has ended; the message is for the reader."""


def token(renewal: Renewal) -> str:
    """The signed name of a renewal in links."""
    return signing.Signer(salt=_SALT, sep=".").sign(str(renewal.pk))


def pay_path(renewal: Renewal) -> str:
    """Path of the page on which this renewal is paid by the reader, and that tells where it stands."""
    return f"/reconduction/{token(renewal)}/"


def return_path(renewal: Renewal) -> str:
    """Path to which the payment page sends the reader, who paid or turned back: the page there tells which."""
    return f"/reconduction/{token(renewal)}/retour/"


def read_token(text: str, *, on: date) -> Renewal:
    """The renewal of a link. One query. Raises BadLink or OldLink, each a sentence."""
    try:
        key = int(signing.Signer(salt=_SALT, sep=".").unsign(text))
    except (signing.BadSignature, ValueError):
        raise BadLink(
            _("This link is not complete or was changed. Please copy it whole from our letter."), code="bad_link"
        ) from None
    found = (
        Renewal.objects.select_related(
            "subscription__payer",
            "subscription__saved_method",
            "subscription__offer__magazine",
            "subscription__recipient__address",
            "term",
        )
        .filter(pk=key)
        .first()
    )
    if found is None:
        raise BadLink(_("This link leads to no subscription of ours."), code="bad_link")
    if on > found.renews_on + VALID_FOR:
        raise OldLink(
            _("This link has ended. Your subscriptions and invoices are in your account, where you sign in by e-mail."),
            code="old_link",
        )
    return found
