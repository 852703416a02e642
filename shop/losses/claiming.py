"""« Un numéro ne m'est pas parvenu »: who asks, then which copy. No account, and no answer that tells who is a subscriber."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from payments.actors import reader
from payments.days import paris_day
from shop.checkout.lines import Line
from shop.checkout.refusing import link_refused
from shop.checkout.views import see_other
from shop.limits import Limit, client_address, count, limited
from shop.losses.saying import SENTENCES
from shop.templatetags.french import issue_number
from shop.views import too_many
from shop.watch.bell import ring
from subscriptions.losses.asking import send_link
from subscriptions.losses.claiming import CannotClaim, Said
from subscriptions.losses.claiming import claim as take
from subscriptions.losses.links import BadLink, address_path, claim_path, read_claim
from subscriptions.models import Claim, Entitlement, Subscription
from subscriptions.notices.french import month

BY_ADDRESS = Limit("claim-ip", times=20, seconds=600)
BY_NUMBER = Limit("claim-number", times=5, seconds=3600)
CLAIMS = Limit("claim", times=30, seconds=3600)
#: How many copies are offered, the latest first.
SHOWN = 8
State = Claim.State


class AskForm(forms.Form):
    """Who asks: the number on the label, and something that only its reader knows."""

    use_required_attribute = False
    number = Line(
        label=gettext_lazy("Subscriber number"),
        max_length=20,
        help_text=gettext_lazy("It stands on the label of each copy, and in our letters."),
        error_messages={"required": gettext_lazy("Please enter your subscriber number.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    proof = Line(
        label=gettext_lazy("Postcode or e-mail address"),
        max_length=254,
        help_text=gettext_lazy("The postcode to which your copies go, or the e-mail address that we know."),
        error_messages={"required": gettext_lazy("Please enter a postcode or an e-mail address.")},
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
    )


class ClaimForm(forms.Form):
    """Which copy, what is wrong with it, and that the address was looked at."""

    use_required_attribute = False
    copy = forms.TypedChoiceField(
        label=gettext_lazy("Issue"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please choose the issue.")},
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        choices=[
            (Claim.Reason.NOT_RECEIVED, gettext_lazy("I have not received it")),
            (Claim.Reason.DAMAGED, gettext_lazy("It arrived damaged")),
            (Claim.Reason.WRONG_COPY, gettext_lazy("Another issue came in its place")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please say what happened.")},
    )
    right = forms.BooleanField(
        label=gettext_lazy("I have read the address above, and it is right"),
        error_messages={"required": gettext_lazy("Please read the address: if it is not right, correct it first.")},
    )

    def __init__(self, data: Any = None, *, copies: Sequence[Entitlement], initial: Any = None) -> None:
        super().__init__(data, initial=initial, auto_id="id_%s")
        field: Any = self.fields["copy"]
        field.choices = [(copy.pk, _named(copy)) for copy in copies]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(BY_ADDRESS)
def ask(request: HttpRequest) -> HttpResponse:
    """The public door. Whatever was typed, the same page answers."""
    form = AskForm(request.POST if request.method == "POST" else None, auto_id="id_%s")
    if not form.is_bound or not form.is_valid():
        return render(request, "losses/ask.html", {"form": form, "action": reverse("claim")})
    number = form.cleaned_data["number"]
    if wait := count(BY_NUMBER, "".join(number.upper().split()) or client_address(request)):
        return too_many(request, wait=wait)
    if send_link(number, form.cleaned_data["proof"], at=timezone.now()):
        ring("letters")
    return render(request, "losses/asked.html", {"again_url": reverse("claim")})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(CLAIMS)
def claim(request: HttpRequest, token: str) -> HttpResponse:
    """The copies that were sent, one of which is claimed; what became of those that were."""
    at = timezone.now()
    try:
        subscription = read_claim(token, on=paris_day(at))
    except BadLink as refused:
        return link_refused(request, refused, ended=refused.code == "old_link")
    copies = _sent(subscription)
    known = {one.entitlement_id: one for one in Claim.objects.filter(entitlement__in=copies).order_by("round")}
    form = ClaimForm(
        request.POST if request.method == "POST" else None,
        copies=_claimable(copies, known),
        initial=_beforehand(request, copies),
    )
    if form.is_bound and form.is_valid():
        said = Said(form.cleaned_data["copy"], form.cleaned_data["reason"], Claim.By.READER)
        try:
            made = take(said, actor=reader(request.user), at=at)
        except CannotClaim as trouble:
            form.add_error("copy", trouble)
        else:
            return _taken(subscription, made)
    place = subscription.recipient.address
    facts = {
        "form": form if form.fields["copy"].choices else None,  # type: ignore[attr-defined]
        "lines": place.lines,
        "told": [
            {"words": _named(copy), "state": SENTENCES[known[copy.pk].state]} for copy in copies if copy.pk in known
        ],
        "number": subscription.number,
        "title": subscription.magazine.title,
        "action": request.path,
        "address_url": address_path(subscription.pk, on=paris_day(at)),
    }
    return render(request, "losses/claim.html", facts)


def _taken(subscription: Subscription, made: Claim) -> HttpResponse:
    """On to the page that says where the claim stands; to the address first, where that is asked for."""
    ring("letters")
    on = paris_day(timezone.now())
    path = address_path if made.state == State.ASKED else claim_path
    return see_other(path(subscription.pk, on=on))


def _sent(subscription: Subscription) -> list[Entitlement]:
    """The last copies that were posted."""
    rows = Entitlement.objects.filter(
        term__subscription=subscription, state=Entitlement.State.SERVED, issue__isnull=False
    )
    return list(rows.select_related("issue").order_by("-issue__number")[:SHOWN])


def _claimable(copies: Sequence[Entitlement], known: dict[int, Claim]) -> list[Entitlement]:
    """Those that nobody has claimed, and those that were sent again."""
    return [copy for copy in copies if copy.pk not in known or known[copy.pk].state == State.RESENT]


def _beforehand(request: HttpRequest, copies: Sequence[Entitlement]) -> dict[str, Any]:
    """The issue that the reader comes from."""
    asked = request.GET.get("numero", "")
    chosen = [copy.pk for copy in copies if copy.issue is not None and str(copy.issue.number) == asked]
    return {"copy": chosen[0] if chosen else None, "reason": Claim.Reason.NOT_RECEIVED}


def _named(copy: Entitlement) -> str:
    """« n° 25, décembre 2026 »."""
    issue: Any = copy.issue
    return f"{issue_number(issue.number)}, {month(issue.cover_month, issue.cover_year)}"
