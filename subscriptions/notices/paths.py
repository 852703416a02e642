"""Where the buttons of letters lead. A letter outlives a release: these addresses are promises."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import NoReverseMatch, reverse

if TYPE_CHECKING:
    from subscriptions.models import Renewal, Subscription

OFFER = "/"
ACCOUNT = "/compte/"
SIGN_IN = "/compte/connexion/"
PRIVACY = "/confidentialite/"


def absolute(path: str) -> str:
    """The address of `path` on the public site."""
    return f"{settings.SITE_URL}{path}"


def public_function(name: str) -> str:
    """The address of one of the two functions that need no account, `withdraw` and `terminate` (law.md 4.5, 4.6).

    Empty while the site does not have it: no letter promises a page that is not there.
    """
    try:
        return absolute(reverse(name))
    except NoReverseMatch:
        return ""


def card_page(subscription: Subscription) -> str:
    """Where the payer leaves another card or IBAN; it asks who they are."""
    return absolute(f"/compte/abonnements/{subscription.pk}/moyen-de-paiement/")


def renewal_page(renewal: Renewal) -> str:
    """The page where the reader pays for the next year themselves, by a signed link without an account.

    Empty while the site does not have it.
    """
    try:
        reverse("pay_renewal", args=["token"])
    except NoReverseMatch:
        return ""
    return absolute(import_module("subscriptions.renewals.links").pay_path(renewal))
