"""Signed links to an order: nobody can guess one, nobody can change one, and they end.

The token carries the reference and a signature, no time: Stripe is told the same return address however often it is
asked (idempotency compares parameters). The end is counted from the order's own date.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from subscriptions.models import Order

VALID_FOR = timedelta(days=90)
_SALT = "subscriptions.orders.links"


class BadLink(ValidationError):
    """The link was not made by us, or not copied whole; the message is for the reader."""


class OldLink(ValidationError):
    """The link has ended; the message is for the reader."""


def token(order: Order) -> str:
    """The signed name of an order in links."""
    return signing.Signer(salt=_SALT, sep=".").sign(order.reference)


def tracking_path(order: Order) -> str:
    """Path of the page that tells what became of an order."""
    return f"/commande/suivi/{token(order)}/"


def card_path(order: Order) -> str:
    """Path of the card of a gift, to print; as long as the order can be followed."""
    return f"/commande/suivi/{token(order)}/carte.pdf"


def return_path(order: Order) -> str:
    """Path to which the payment page sends the reader after paying."""
    return f"/commande/retour/{token(order)}/"


def cancel_path(order: Order) -> str:
    """Path to which the payment page sends the reader who turns back."""
    return f"/commande/annulee/{token(order)}/"


def read_tracking(text: str, *, at: datetime) -> Order:
    """The order of a link. One query. Raises BadLink or OldLink, each a sentence."""
    try:
        reference = signing.Signer(salt=_SALT, sep=".").unsign(text)
    except signing.BadSignature:
        raise BadLink(
            _("This link is not complete or was changed. Please copy it whole from our letter."), code="bad_link"
        ) from None
    order = Order.objects.select_related("offer", "price", "first_issue", "delivery").filter(reference=reference)
    found = order.first()
    if found is None:
        raise BadLink(_("This link leads to no order of ours."), code="bad_link")
    if at - found.placed_at > VALID_FOR:
        raise OldLink(
            _("This link has ended. Your orders and invoices are in your account, where you sign in by e-mail."),
            code="old_link",
        )
    return found
