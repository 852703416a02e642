"""What travels between form, recap and done page: signed, in the reader's own browser; nothing is kept here before the end.

The cookie makes two tabs and a refreshed page one form, so that one declaration is made; after it the next is a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from subscriptions.models import Declaration
from subscriptions.stopping.saying import Said

COOKIES = {Declaration.Kind.WITHDRAWAL: "retractation", Declaration.Kind.TERMINATION: "resiliation"}
KEPT_FOR = 24 * 3600  # seconds
_CARRIED, _FORM, _DONE = "shop.stopping.carried", "shop.stopping.form", "shop.stopping.done"


@dataclass(frozen=True, slots=True)
class Carried:
    """A declaration on its way to the last click: what is said, by which form, and the effects that were shown."""

    said: Said
    form: UUID
    shown: str


def seal(carried: Carried) -> str:
    """As it stands in the recap's hidden field."""
    typed = asdict(carried.said) | {"wished_on": carried.said.wished_on and carried.said.wished_on.isoformat()}
    facts = {"said": typed, "form": carried.form.hex, "shown": carried.shown}
    return signing.dumps(facts, salt=_CARRIED, compress=True)


def open_sealed(text: str, *, kind: str) -> Carried | None:
    """What a recap carried; None if it was not made by us, or for the other function."""
    try:
        facts: Mapping[str, Any] = signing.loads(text, salt=_CARRIED)
        typed = dict(facts["said"])
        typed["wished_on"] = date.fromisoformat(typed["wished_on"]) if typed["wished_on"] else None
        carried = Carried(Said(**typed), UUID(hex=facts["form"]), facts["shown"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
    return carried if carried.said.kind == kind else None


def form_of(request: HttpRequest, kind: str) -> UUID:
    """The form this browser has in hand, or a new one."""
    for text in (request.POST.get("form", ""), request.COOKIES.get(COOKIES[Declaration.Kind(kind)], "")):
        try:
            return UUID(hex=signing.Signer(salt=_FORM).unsign(text))
        except (signing.BadSignature, ValueError):
            continue
    return uuid4()


def sign(form: UUID) -> str:
    """A form's token as it stands in cookie and page."""
    return signing.Signer(salt=_FORM).sign(form.hex)


def remember(response: HttpResponse, form: UUID, *, kind: str, path: str) -> None:
    """Keep the form in hand: strictly necessary, so no consent is asked."""
    response.set_cookie(
        COOKIES[Declaration.Kind(kind)], sign(form), max_age=KEPT_FOR, secure=settings.SECURE, httponly=True,
        samesite="Lax", path=path,
    )  # fmt: skip


def forget(response: HttpResponse, *, kind: str, path: str) -> None:
    """It is declared: the next form is a new one."""
    response.delete_cookie(COOKIES[Declaration.Kind(kind)], path=path, samesite="Lax")


def done_token(declaration: Declaration) -> str:
    """The end of the done page's address; it opens a reference, a date and an hour, and nothing of a contract."""
    return signing.dumps([declaration.kind, declaration.pk], salt=_DONE)


def declared(token: str, *, kind: str) -> Declaration | None:
    """The declaration of a done page."""
    try:
        of_kind, key = signing.loads(token, salt=_DONE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Declaration.objects.filter(pk=key, kind=kind).first() if of_kind == kind else None
