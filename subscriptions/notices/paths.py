"""Where the buttons of letters lead. A letter outlives a release: these addresses are promises."""

from __future__ import annotations

from django.conf import settings

ACCOUNT = "/compte/"
SIGN_IN = "/compte/connexion/"
CONTACT = "/contact/"
WITHDRAW = "/retractation/"
TERMINATE = "/resiliation/"
TERMS = "/cgv/"
PRIVACY = "/confidentialite/"


def absolute(path: str) -> str:
    """The address of `path` on the public site."""
    return f"{settings.SITE_URL}{path}"
