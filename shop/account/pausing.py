"""Pausing: which issues do not come, what follows from it, and only then the yes. A pause is ended by the same two steps.

What was shown is sent along with the yes: if it has changed meanwhile, it is shown again instead of being done
(design, rule 11).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import reader
from payments.days import paris_day
from shop.account.doors import may_move, one_of_mine, page, room
from shop.checkout.views import see_other
from shop.limits import Limit
from shop.templatetags.french import day, issue_number
from shop.watch.bell import ring
from subscriptions.models import Issue, Pause, Subscription
from subscriptions.notices.french import month
from subscriptions.pausing.foreseeing import (
    CannotPause,
    Changed,
    Foreseen,
    Standing,
    again,
    may_pause,
    standing_of,
    without,
)
from subscriptions.pausing.holding import pause, resume

PAUSES = Limit("pause", times=30, seconds=3600)
REASON = "asked for in the account"


class PauseForm(forms.Form):
    """The coming issues, any two of which may be put off."""

    use_required_attribute = False
    issues = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Issues that I do not want to receive"),
        help_text=gettext_lazy("Two a year at most."),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Please choose at least one issue.")},
    )

    def __init__(self, data: Any = None, *, standing: Standing) -> None:
        super().__init__(data, auto_id="id_%s")
        choices = [(issue.number, _named(issue)) for issue in standing.pausable]
        field: Any = self.fields["issues"]
        field.choices = choices


@room("GET", "POST", limit=PAUSES)
def pausing(request: HttpRequest, pk: int) -> HttpResponse:
    """What is put off and what may be; sent, what would follow; sent again, done."""
    subscription = one_of_mine(request, pk)
    standing = standing_of(subscription, on=paris_day(timezone.now()))
    if not may_move(request, subscription) or not (may_pause(standing) or standing.held):
        raise Http404
    if request.method != "POST":
        return _drawn(request, standing, PauseForm(standing=standing))
    if request.POST.get("act") == "end":
        return _end(request, standing)
    form = PauseForm(request.POST, standing=standing)
    if not form.is_valid():
        return _drawn(request, standing, form)
    numbers = sorted(form.cleaned_data["issues"])
    try:
        foreseen = without(standing, numbers)
        kept = [("issues", number) for number in numbers]
        if request.POST.get("step") != "confirm" or not request.POST.get("shown"):
            return _asked(request, subscription, foreseen, kept)
        pause(
            subscription.pk, numbers, actor=reader(request.user), at=timezone.now(), reason=REASON,
            shown=request.POST["shown"],
        )  # fmt: skip
    except Changed as now:
        return _asked(request, subscription, now.foreseen, kept)
    except CannotPause as trouble:
        form.add_error("issues", trouble)
        return _drawn(request, standing, form)
    return _done(request, _("The issues are put off. A letter confirms it."))


def _end(request: HttpRequest, standing: Standing) -> HttpResponse:
    """End pauses before their time."""
    keys = {int(key) for key in request.POST.getlist("pause") if key.isdecimal()}
    chosen = [one for one in standing.held if one.pk in keys]
    kept = [("act", "end"), *(("pause", one.pk) for one in chosen)]
    try:
        foreseen = again(standing, chosen)
        if request.POST.get("step") != "confirm" or not request.POST.get("shown"):
            return _asked(request, standing.subscription, foreseen, kept, back=True)
        resume(
            standing.subscription.pk, [one.pk for one in chosen], actor=reader(request.user), at=timezone.now(),
            reason=REASON, shown=request.POST["shown"],
        )  # fmt: skip
    except Changed as now:
        return _asked(request, standing.subscription, now.foreseen, kept, back=True)
    except CannotPause as trouble:
        return _drawn(request, standing, PauseForm(standing=standing), sentence=" ".join(trouble.messages))
    return _done(request, _("The pause is over: your issues come as before. A letter confirms it."))


def _done(request: HttpRequest, sentence: str) -> HttpResponse:
    ring("letters")
    messages.success(request, sentence)
    return see_other(reverse("account_home"))


def _drawn(request: HttpRequest, standing: Standing, form: PauseForm, *, sentence: str = "") -> HttpResponse:
    subscription = standing.subscription
    return page(
        request,
        "account/pause.html",
        "subscription",
        form=form if standing.pausable else None,
        held=[_held(one) for one in standing.held],
        sentence=sentence,
        action=reverse("account_pause", args=[subscription.pk]),
        back_url=reverse("account_home"),
    )


def _asked(
    request: HttpRequest,
    subscription: Subscription,
    foreseen: Foreseen,
    kept: Sequence[tuple[str, Any]],
    *,
    back: bool = False,
) -> HttpResponse:
    return page(
        request,
        "account/pause_confirm.html",
        "subscription",
        back=back,
        issues=[_named(issue) for issue in foreseen.issues],
        last=issue_number(foreseen.last_printed),
        last_month=month(foreseen.last.cover_month, foreseen.last.cover_year) if foreseen.last else "",
        last_posted=foreseen.last.post_on if foreseen.last else None,
        renews_on=foreseen.renews_on,
        renewed_before=foreseen.renewed_before if foreseen.renewed_before != foreseen.renews_on else None,
        kept=[*kept, ("shown", foreseen.seal)],
        changed=request.POST.get("step") == "confirm",
        action=reverse("account_pause", args=[subscription.pk]),
    )


def _held(one: Pause) -> dict[str, Any]:
    return {"pk": one.pk, "words": _named(one.issue), "until": one.issue.cutoff_on}


def _named(issue: Issue) -> str:
    """« n° 25, décembre 2026, posté vers le 15 décembre 2026 »."""
    return _("%(number)s, %(month)s, posted about %(date)s") % {
        "number": issue_number(issue.printed),
        "month": month(issue.cover_month, issue.cover_year),
        "date": day(issue.post_on),
    }
