"""One's own data: the file with everything, and erasure in two steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import logout
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from payments.actors import reader
from payments.days import paris_day
from shop.account.doors import page, room
from shop.checkout.views import see_other
from shop.customers.erasing import CannotErase, erase, outlook
from shop.customers.exporting import export
from shop.limits import Limit
from shop.watch.bell import ring

EXPORTS = Limit("export", times=6, seconds=3600)
ERASURES = Limit("erase", times=10, seconds=3600)
CONFIRM_WITHIN = 600  # seconds between the two steps
_SALT = "shop.account.data"

#: What the law makes us keep, and until when (law.md 4.10); the same periods as the privacy page.
KEEPS = (
    (gettext_lazy("Invoices and bookkeeping"), gettext_lazy("10 years, in an archive that few may open.")),
    (gettext_lazy("Orders, consents, letters"), gettext_lazy("5 years after the end of the contract, as proof.")),
    (gettext_lazy("Last four figures of a card"), gettext_lazy("15 months, for what a bank may still dispute.")),
)


class EraseForm(forms.Form):
    """First step: the copies still owed are given up in so many words, where there are any."""

    use_required_attribute = False
    erase = forms.BooleanField(
        label=gettext_lazy("I want my data erased. I know that I can no longer sign in afterwards."),
        error_messages={"required": gettext_lazy("Please tick the box: erasure cannot be undone.")},
    )

    def __init__(self, *args: Any, copies: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if copies:
            self.fields["give_up"] = forms.BooleanField(
                label=ngettext(
                    "I give up the %(copies)d copy that is still owed to me, without its price being given back.",
                    "I give up the %(copies)d copies that are still owed to me, without their price being given back.",
                    copies,
                )
                % {"copies": copies},
                error_messages={
                    "required": _("Copies are still owed to you. Tick this box to give them up, or come back later.")
                },
            )


@room("GET")
def data(request: HttpRequest) -> HttpResponse:
    """What one may do with one's data."""
    return _drawn(request)


@room("POST", limit=EXPORTS)
def exported(request: HttpRequest) -> HttpResponse:
    """The file with everything, made on the spot."""
    at = timezone.now()
    answer = HttpResponse(export(request.user, at=at), content_type="application/zip")  # type: ignore[arg-type]
    answer["Content-Disposition"] = f'attachment; filename="mes-donnees-{paris_day(at):%Y-%m-%d}.zip"'
    return answer


@room("POST", limit=ERASURES)
def erased(request: HttpRequest) -> HttpResponse:
    """Step one shows what will happen and asks again; step two, within ten minutes, does it and signs out."""
    user: Any = request.user
    if "confirmation" in request.POST:
        return _confirmed(request, user)
    seen = outlook(user)
    form = EraseForm(request.POST, copies=seen.copies_owed)
    if seen.waits_because or not form.is_valid():
        return _drawn(request, form=form)
    token = signing.dumps({"customer": user.pk, "copies": seen.copies_owed}, salt=_SALT)
    return page(
        request,
        "account/erase.html",
        "data",
        copies=seen.copies_owed,
        email=user.email,
        keeps=_keeps(),
        token=token,
        action=reverse("account_erase"),
        back_url=reverse("account_data"),
    )


@never_cache
@require_safe
def gone(request: HttpRequest) -> HttpResponse:
    """After erasure: nobody is signed in, and the page says what was done."""
    return render(request, "account/erased.html", {"here": "account"})


def _confirmed(request: HttpRequest, user: Any) -> HttpResponse:
    try:
        agreed = signing.loads(request.POST["confirmation"], salt=_SALT, max_age=CONFIRM_WITHIN)
    except signing.BadSignature:
        agreed = {}
    seen = outlook(user)
    if agreed.get("customer") != user.pk or agreed.get("copies") != seen.copies_owed:
        return _drawn(request, sentence=_("Nothing was erased: the confirmation came too late. Please begin again."))
    try:
        erase(user, actor=reader(user), at=timezone.now(), reason="asked for in the account", giving_up=True)
    except CannotErase as refused:
        return _drawn(request, sentence=" ".join(refused.messages))
    ring("letters")
    logout(request)
    return see_other(reverse("account_erased"))


def _keeps() -> list[dict[str, Any]]:
    return [{"label": str(label), "text": str(text)} for label, text in KEEPS]


def _drawn(request: HttpRequest, *, form: forms.Form | None = None, sentence: str = "") -> HttpResponse:
    user: Any = request.user
    seen = outlook(user)
    form = form or EraseForm(copies=seen.copies_owed)
    return page(
        request,
        "account/data.html",
        "data",
        form=form,
        sentence=sentence,
        blocked=seen.waits_because or None,
        keeps=_keeps(),
        export_url=reverse("account_export"),
        action=reverse("account_erase"),
        privacy_url=reverse("legal_text", args=["confidentialite"]),
    )
