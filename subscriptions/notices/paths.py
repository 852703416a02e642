"""Where the buttons of letters lead. A letter outlives a release: these addresses are promises."""

from __future__ import annotations

from django.conf import settings
from django.urls import NoReverseMatch, reverse

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
