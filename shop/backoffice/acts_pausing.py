"""Acts about pauses: put issues off for a reader who asks for it, or have them sent after all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import issue_number, short_day
from shop.watch.bell import ring
from subscriptions.models import Issue, Subscription
from subscriptions.pausing.foreseeing import Foreseen, Standing, again, may_pause, standing_of, without
from subscriptions.pausing.holding import pause, resume


class IssuesForm(ReasonForm):
    """Which issues, and why."""

    issues = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Issues"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Please choose at least one issue.")},
    )
    field_order = ["issues", "reason"]


class _OnPauses(TwoSteps):
    """What both have in common: a subscription and some of its issues."""

    right = Right.PAUSE

    def load(self, request: HttpRequest, key: int) -> Standing | None:
        """The subscription as pausing sees it."""
        one = Subscription.objects.filter(pk=key).first()
        if one is None:
            return None
        standing = standing_of(one, on=paris_day(timezone.now()))
        if not self.offered(standing):
            raise Impossible(self.nothing)
        return standing

    nothing: Any = ""

    def offered(self, standing: Standing) -> list[Issue]:
        """The issues to choose from."""
        raise NotImplementedError

    def foresee(self, standing: Standing, numbers: list[int]) -> Foreseen:
        """What comes of it. Raises CannotPause."""
        raise NotImplementedError

    def form(self, subject: Standing, data: Any) -> forms.Form:
        form = IssuesForm(data)
        field: Any = form.fields["issues"]
        field.choices = [
            (issue.number, f"{issue_number(issue.printed)}, {short_day(issue.post_on)}")
            for issue in self.offered(subject)
        ]
        return form

    def preview(self, subject: Standing, form: Any) -> Preview:
        foreseen = self.foresee(subject, form.cleaned_data["issues"])
        last = issue_number(foreseen.last_printed)
        if foreseen.last is not None:
            last = f"{last}, {short_day(foreseen.last.post_on)}"
        return Preview(
            facts=[
                Fact(_("Subscription"), str(subject.subscription)),
                Fact(_("Issues"), ", ".join(issue_number(issue.printed) for issue in foreseen.issues)),
                Fact(_("Copies that come with another issue"), len(foreseen.moves)),
                Fact(_("Last issue then"), last),
                Fact(_("Renews itself"), short_day(foreseen.renews_on) if foreseen.renews_on else ""),
                Fact(_("Today"), short_day(foreseen.renewed_before) if foreseen.renewed_before else ""),
            ],
            warning=_("The reader is told by letter."),
        )

    def back(self, subject: Standing) -> str:
        return reverse("desk_subscription", args=[subject.subscription.pk])

    def about(self, subject: Standing) -> str:
        return _("subscription %(number)s") % {"number": subject.subscription}


class PauseIssues(_OnPauses):
    """Put coming issues off."""

    name = "pause"
    title = gettext_lazy("Put issues off")
    button = gettext_lazy("Put them off")
    nothing = gettext_lazy("No issue of this subscription can be put off now.")

    def offered(self, standing: Standing) -> list[Issue]:
        return standing.pausable if may_pause(standing) else []

    def foresee(self, standing: Standing, numbers: list[int]) -> Foreseen:
        return without(standing, numbers)

    def do(self, subject: Standing, form: Any, *, actor: Actor, at: datetime) -> Done:
        numbers, why = form.cleaned_data["issues"], form.cleaned_data["reason"]
        pause(subject.subscription.pk, numbers, actor=actor, at=at, reason=why)
        ring("letters")
        return Done(_("The issues are put off; the reader is told by letter."))


class EndPause(_OnPauses):
    """Have issues sent that were put off, as long as no file has gone by them."""

    name = "resume"
    title = gettext_lazy("End a pause")
    button = gettext_lazy("End the pause")
    nothing = gettext_lazy("No pause of this subscription can still be ended.")

    def offered(self, standing: Standing) -> list[Issue]:
        return [one.issue for one in standing.held]

    def foresee(self, standing: Standing, numbers: list[int]) -> Foreseen:
        return again(standing, [one for one in standing.held if one.issue.number in numbers])

    def do(self, subject: Standing, form: Any, *, actor: Actor, at: datetime) -> Done:
        keys = [one.pk for one in subject.held if one.issue.number in form.cleaned_data["issues"]]
        resume(subject.subscription.pk, keys, actor=actor, at=at, reason=form.cleaned_data["reason"])
        ring("letters")
        return Done(_("The issues are sent after all; the reader is told by letter."))
