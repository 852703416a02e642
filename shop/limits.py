"""How often a form may be sent: counters on the shared cache, per address on the network and per e-mail.

A fixed window per limit: cheap, the same in every process, and forgotten by itself. Nothing that names a person is kept:
e-mails and addresses are counted under keyed hashes. When the cache does not answer, the form is let through: a limit
protects the shop, it must not close it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from shop.views import too_many

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` in each stretch of `seconds`, counted apart for each `name`."""

    name: str
    times: int
    seconds: int


# Wide enough for a library behind one address and for slow fingers; narrow enough for a machine.
PREVIEW = Limit("preview", times=240, seconds=60)
ORDER_BY_ADDRESS = Limit("order-ip", times=60, seconds=600)
ORDER_BY_EMAIL = Limit("order-email", times=20, seconds=600)
FOLLOW = Limit("follow", times=240, seconds=600)
FORGED_LINK = Limit("forged-link", times=30, seconds=600)


def client_address(request: HttpRequest) -> str:
    """The address the request came from, looking through as many proxies as TRUSTED_PROXIES says; "" if unreadable.

    X-Forwarded-For is read from its right end, where our own proxies write; what a client adds on the left is ignored.
    """
    remote = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if forwarded:
            remote = forwarded[-min(settings.TRUSTED_PROXIES, len(forwarded))]
    try:
        return str(ipaddress.ip_address(remote))
    except ValueError:
        return ""


def neighbourhood(address: str) -> str:
    """What counts as one sender: an IPv4 address, or the /64 an IPv6 one lies in."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address, 64), strict=False))


def count(limit: Limit, who: str) -> int:
    """Count one more try of `who`; returns 0 if it is allowed, else the seconds until the next window."""
    now = int(timezone.now().timestamp())
    window, passed = divmod(now, limit.seconds)
    key = f"limit:{limit.name}:{window}:{salted_hmac('shop.limits', who, algorithm='sha256').hexdigest()[:32]}"
    try:
        tries = 1 if cache.add(key, 1, timeout=limit.seconds + 5) else cache.incr(key)
    except ValueError:
        return 0  # the counter ended between the two calls: a new window
    except (RedisError, OSError):
        log.warning("limits_without_cache", limit=limit.name)
        return 0
    return limit.seconds - passed if tries > limit.times else 0


def wait_of(request: HttpRequest, limit: Limit) -> int:
    """Seconds that this sender must wait before `limit` takes more; 0 if it may go on."""
    return count(limit, neighbourhood(client_address(request)))


def limited(limit: Limit) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view whose every POST counts against `limit`; too many are answered by the 429 page."""

    def around(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST" and (wait := wait_of(request, limit)):
                return too_many(request, wait=wait)
            return view(request, *args, **kwargs)

        return counted

    return around
