"""What an address of the shop is on paper: short enough to be typed. Long ones get a code of their own for the letter."""

from __future__ import annotations

from datetime import datetime
from random import SystemRandom
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction

from subscriptions.models import Notice, PaperLink
from subscriptions.notices.paths import ACCOUNT, absolute
from subscriptions.references import NotAReference, new_reference, read_reference

#: The longest path that anybody types without a slip.
TYPED = 20
PREFIX = "L"
_RANDOM = SystemRandom()


def printed(url: str, notice: Notice, *, at: datetime) -> str:
    """The address to print for `url`: without its scheme; by a short code where it is long.

    "" for a page of the account, which whoever is written to by post cannot open. Writes the code's row, once for a letter
    and an address.
    """
    if not url.startswith(settings.SITE_URL):
        return url
    path = url.removeprefix(settings.SITE_URL) or "/"
    if path.startswith(ACCOUNT):
        return ""
    if len(path) > TYPED:
        path = f"/l/{_code(path, notice, at=at)}"
    site = urlsplit(absolute(""))
    return f"{site.netloc}{path.rstrip('/')}"


def path_of(typed: str) -> str:
    """Where a short address leads, from what somebody typed: any case, misread characters; "" if it is none of ours."""
    try:
        code = read_reference(typed, prefix=PREFIX)
    except NotAReference:
        return ""
    found = PaperLink.objects.filter(code=code.removeprefix(f"{PREFIX}-")).values_list("path", flat=True).first()
    return found or ""


def _code(path: str, notice: Notice, *, at: datetime) -> str:
    while True:
        known = PaperLink.objects.filter(notice=notice, path=path).first()
        if known is not None:
            return known.code
        code = new_reference(PREFIX, _RANDOM).removeprefix(f"{PREFIX}-")
        try:
            with transaction.atomic():
                return PaperLink.objects.create(code=code, path=path, notice=notice, created_at=at).code
        except IntegrityError:  # the code is another's, or somebody else was first
            continue
