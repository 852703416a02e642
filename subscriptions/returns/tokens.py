"""The return address of each letter: it names the letter, so that whatever comes back to it needs no reading (VERP).

`retours+<letter>.<mac>@domain`. Only with `BOUNCE_ADDRESS` set; the Message-ID is the other way to find a letter again.
"""

from __future__ import annotations

import re

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from subscriptions.models import Notice

_TOKEN = re.compile(r"(\d{1,18})\.([0-9a-f]{16})")


def return_address(notice: Notice) -> str:
    """The envelope's sender of a letter; "" where returns are not read from a mailbox."""
    if not settings.BOUNCE_ADDRESS:
        return ""
    local, _at, domain = settings.BOUNCE_ADDRESS.partition("@")
    return f"{local}+{token_of(notice.pk)}@{domain}"


def token_of(key: int) -> str:
    """What names letter `key` in its return address."""
    return f"{key}.{_mac(key)}"


def token_in(address: str) -> str:
    """The token in an address that something came back to; "" if there is none."""
    local = address.strip().strip("<>").partition("@")[0]
    return local.partition("+")[2]


def letter_of(token: str) -> int | None:
    """The letter that a token names; None if we did not make it."""
    found = _TOKEN.fullmatch(token)
    if found is None or not constant_time_compare(found[2], _mac(int(found[1]))):
        return None
    return int(found[1])


def _mac(key: int) -> str:
    return salted_hmac("subscriptions.returns", str(key), algorithm="sha256").hexdigest()[:16]
