"""One browser's wish: a random token, signed, in a cookie and in the form, so that one wish is one order.

The cookie makes refreshed pages and second tabs the same wish; the field in the form keeps an old tab tied to the order
it was drawn for, even after that order was paid and the cookie begins a new one. To prolong a subscription is a wish of its own, made
from the browser's and from the term that would be added: the same in every tab, another one for another subscription, and
over once it has come true. So is the wish to give.
"""

from __future__ import annotations

from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from subscriptions.prolonging import Held

COOKIE = "commande"
KEPT_FOR = 14 * 24 * 3600  # seconds
_SALT = "shop.checkout.wish"


def sign(token: UUID) -> str:
    """The token as it stands in cookie and form."""
    return signing.Signer(salt=_SALT).sign(token.hex)


def read(text: str) -> UUID | None:
    """The token of a cookie or form; None if it is absent or was not made by us."""
    try:
        return UUID(hex=signing.Signer(salt=_SALT).unsign(text))
    except (signing.BadSignature, ValueError):
        return None


def of_browser(request: HttpRequest) -> UUID | None:
    """The wish this browser has in hand."""
    return read(request.COOKIES.get(COOKIE, ""))


def of_renewal(browser: UUID, renews: Held) -> UUID:
    """The wish of this browser to add the next term of that subscription."""
    return uuid5(browser, f"{renews.subscription.pk}/{renews.promised.term + 1}")


def of_gift(browser: UUID, continues: int | None) -> UUID:
    """The wish of this browser to give, apart from what it orders for itself; `continues`: the gift that goes on."""
    return uuid5(browser, f"gift/{continues or ''}")


def of_singles(browser: UUID) -> UUID:
    """The wish of this browser for past issues, apart from its wish to subscribe."""
    return uuid5(browser, "singles")


def of_form(request: HttpRequest) -> UUID:
    """The wish that the sent form was drawn for; the browser's own, or a new one, if the form names none."""
    return read(request.POST.get("wish", "")) or of_browser(request) or uuid4()


def remember(response: HttpResponse, token: UUID) -> None:
    """Keep the wish in the browser: strictly necessary, so no consent is asked."""
    response.set_cookie(
        COOKIE, sign(token), max_age=KEPT_FOR, secure=settings.SECURE, httponly=True, samesite="Lax", path="/"
    )


def forget(response: HttpResponse) -> None:
    """The wish has come true: the next form is a new one."""
    response.delete_cookie(COOKIE, path="/", samesite="Lax")
