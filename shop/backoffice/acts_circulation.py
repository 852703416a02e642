"""Acts about circulation: the limits that the meters judge by, what is assumed of print runs, an advice that is kept, a print run."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
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
from shop.backoffice.print_pages import parts_table
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import issue_number, short_day
from subscriptions.figures.advising import advise
from subscriptions.figures.meters import count, percent
from subscriptions.figures.printing import freeze_advice, note_print
from subscriptions.figures.rules import assumption_in_force, rule_in_force, succeed_assumption, succeed_rule
from subscriptions.models import Issue, Offer

#: The browser reads and writes days in its own way only.
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _percent(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=help_text, min_value=Decimal(0), max_value=Decimal(100), max_digits=4, decimal_places=1, localize=True
    )  # fmt: skip


class RuleForm(ReasonForm):
    """The figures of a rule, from a day on."""

    valid_from = forms.DateField(label=gettext_lazy("In force from"), widget=_DAY)
    reference_offer = forms.ModelChoiceField(
        label=gettext_lazy("Offer whose price is printed in the magazine"),
        queryset=Offer.objects.none(),
        required=False,
        empty_label=gettext_lazy("the dearest yearly offer of the zone"),
    )
    paid_least_percent = _percent(gettext_lazy("A paid copy brought in at least, of the reference price"))
    coupled_least_percent = _percent(gettext_lazy("A coupled sale keeps at least, of the reference price"))
    paid_share_least_percent = _percent(gettext_lazy("Paid copies among those posted, at least"))
    bulk_most_percent = _percent(gettext_lazy("Paid copies bought in number, at most"))
    gap_most_months = forms.IntegerField(
        label=gettext_lazy("Months between two issues, at most"), min_value=1, max_value=24
    )
    issues_least = forms.IntegerField(label=gettext_lazy("Issues a year, at least"), min_value=1, max_value=366)
    cppap_warn_days = forms.IntegerField(
        label=gettext_lazy("Warns so many days before the registration ends"), min_value=0, max_value=1000
    )
    warn_points = _percent(gettext_lazy("Warns so many points before a limit"))
    source = forms.CharField(
        label=gettext_lazy("Where these figures come from"),
        max_length=1000,
        help_text=gettext_lazy("The text and its date; what is the publisher’s own and no law’s is said to be so."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    field_order = [
        "valid_from", "reference_offer", "paid_least_percent", "coupled_least_percent", "paid_share_least_percent",
        "bulk_most_percent", "gap_most_months", "issues_least", "cppap_warn_days", "warn_points", "source", "reason",
    ]  # fmt: skip

    def __init__(self, data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        field: Any = self.fields["reference_offer"]
        field.queryset = Offer.objects.order_by("pk")
        field.label_from_instance = lambda offer: offer.title

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        least, coupled = cleaned.get("paid_least_percent"), cleaned.get("coupled_least_percent")
        if least is not None and coupled is not None and coupled < least:
            self.add_error(
                "coupled_least_percent", _("A coupled sale keeps at least as much as a paid copy brings in.")
            )
        return cleaned


class ChangeRule(TwoSteps):
    """Enter the limits that hold from a day on."""

    name = "circulation-rule"
    right = Right.FIGURE_RULES
    title = gettext_lazy("Change the limits")
    button = gettext_lazy("Enter them")
    form_class = RuleForm

    def load(self, request: HttpRequest, key: int) -> str:
        return "circulation"

    def form(self, subject: Any, data: Any) -> forms.Form:
        today = paris_day(timezone.now())
        now = rule_in_force(today)
        names = [name for name in RuleForm.field_order if name not in ("valid_from", "reason")]
        return RuleForm(data, initial={name: getattr(now, name) for name in names} | {"valid_from": today})

    def preview(self, subject: Any, form: Any) -> Preview:
        if form.cleaned_data["valid_from"] < paris_day(timezone.now()):
            raise Impossible(_("A rule begins today at the earliest: what was counted stands."))
        return Preview(
            facts=[Fact(form.fields[name].label, _said(form.cleaned_data[name])) for name in RuleForm.field_order[:-1]],
            warning=_(
                "What was counted stays counted by the rule of its day. Limits are never changed, only followed by others."
            ),
        )

    def do(self, subject: Any, form: Any, *, actor: Actor, at: datetime) -> Done:
        facts = dict(form.cleaned_data)
        succeed_rule(on=paris_day(at), actor=actor, at=at, reason=facts.pop("reason"), **facts)
        return Done(_("The limits hold from %(day)s on.") % {"day": short_day(form.cleaned_data["valid_from"])})

    def back(self, subject: Any) -> str:
        return reverse("desk_meters")

    def about(self, subject: Any) -> str:
        return _("Meters")


def _said(value: Any) -> Any:
    if isinstance(value, Decimal):
        return percent(value)
    if isinstance(value, Offer):
        return value.title
    return (
        short_day(value)
        if hasattr(value, "year")
        else _("the dearest yearly offer of the zone")
        if value is None
        else value
    )


class AssumptionForm(ReasonForm):
    """What is assumed where too little was observed: pairs, from and to."""

    observed_least = forms.IntegerField(
        label=gettext_lazy("A rate is taken from so many cases at least"), min_value=1, max_value=100_000
    )
    renewed_low = _percent(gettext_lazy("Readers who go on, at least (%)"))
    renewed_high = _percent(gettext_lazy("Readers who go on, at most (%)"))
    claimed_low = _percent(gettext_lazy("Copies sent again, at least (%)"))
    claimed_high = _percent(gettext_lazy("Copies sent again, at most (%)"))
    new_low = forms.IntegerField(label=gettext_lazy("New readers until the day of posting, at least"), min_value=0)
    new_high = forms.IntegerField(label=gettext_lazy("New readers until the day of posting, at most"), min_value=0)
    single_low = forms.IntegerField(label=gettext_lazy("Copies sold one by one, at least"), min_value=0)
    single_high = forms.IntegerField(label=gettext_lazy("Copies sold one by one, at most"), min_value=0)
    reserve_low = _percent(gettext_lazy("Overrun and reserve, at least (%)"))
    reserve_high = _percent(gettext_lazy("Overrun and reserve, at most (%)"))
    field_order = [
        "observed_least", "renewed_low", "renewed_high", "claimed_low", "claimed_high", "new_low", "new_high", "single_low",
        "single_high", "reserve_low", "reserve_high", "reason",
    ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("renewed", "claimed", "new", "single", "reserve"):
            low, high = cleaned.get(f"{name}_low"), cleaned.get(f"{name}_high")
            if low is not None and high is not None and high < low:
                self.add_error(f"{name}_high", _("The most is not less than the least."))
        return cleaned


class ChangeAssumption(TwoSteps):
    """Enter what is assumed of print runs."""

    name = "print-assumption"
    right = Right.PRINTS
    title = gettext_lazy("Change the assumptions")
    button = gettext_lazy("Enter them")
    form_class = AssumptionForm

    def load(self, request: HttpRequest, key: int) -> str:
        return "prints"

    def form(self, subject: Any, data: Any) -> forms.Form:
        now = assumption_in_force()
        return AssumptionForm(data, initial={name: getattr(now, name) for name in AssumptionForm.field_order[:-1]})

    def preview(self, subject: Any, form: Any) -> Preview:
        facts = [
            Fact(form.fields[name].label, _said(form.cleaned_data[name])) for name in AssumptionForm.field_order[:-1]
        ]
        return Preview(facts=facts, warning=_("Advices that were kept stay as they are."))

    def do(self, subject: Any, form: Any, *, actor: Actor, at: datetime) -> Done:
        facts = dict(form.cleaned_data)
        succeed_assumption(actor=actor, at=at, reason=facts.pop("reason"), **facts)
        return Done(_("The assumptions are entered."))

    def back(self, subject: Any) -> str:
        return reverse("desk_prints")

    def about(self, subject: Any) -> str:
        return _("Print runs")


class _OnIssue(TwoSteps):
    """What acts on the print run of one issue have in common."""

    right = Right.PRINTS

    def load(self, request: HttpRequest, key: int) -> Issue | None:
        self.user = request.user
        return Issue.objects.select_related("magazine").filter(pk=key).first()

    def back(self, subject: Issue) -> str:
        return reverse("desk_print", args=[subject.pk])

    def about(self, subject: Issue) -> str:
        return issue_number(subject.printed)


class KeepAdvice(_OnIssue):
    """Keep the advice of an issue as it is shown."""

    name = "keep-advice"
    title = gettext_lazy("Keep this advice")
    button = gettext_lazy("Keep it")

    def preview(self, subject: Issue, form: Any) -> Preview:
        if subject.posted_on is not None:
            raise Impossible(_("This issue has left: an advice would come too late."))
        advice = advise(subject)
        self.shown = (advice.low, advice.high)
        return Preview(
            facts=[
                Fact(_("Issue"), issue_number(subject.printed)),
                Fact(_("At least"), count(advice.low)),
                Fact(_("At most"), count(advice.high)),
            ],
            warning=_("It is laid beside what is printed and used, and never changed."),
            tables=[parts_table(self.user, subject, advice.parts, title=_("What is advised today"))],
        )

    def do(self, subject: Issue, form: Any, *, actor: Actor, at: datetime) -> Done:
        kept = freeze_advice(
            subject.pk, shown=self.shown, on=paris_day(at), actor=actor, at=at, reason=form.cleaned_data["reason"]
        )
        return Done(
            _("The advice is kept: %(low)s to %(high)s copies.") % {"low": count(kept.low), "high": count(kept.high)}
        )


class PrintForm(ReasonForm):
    """How many, and when."""

    copies = forms.IntegerField(label=gettext_lazy("Copies printed"), min_value=1, max_value=10_000_000)
    on = forms.DateField(label=gettext_lazy("Printed on"), widget=_DAY)
    field_order = ["copies", "on", "reason"]


class NotePrint(_OnIssue):
    """Write down how many copies were printed."""

    name = "note-print"
    title = gettext_lazy("Note what was printed")
    button = gettext_lazy("Write it down")
    form_class = PrintForm

    def form(self, subject: Issue, data: Any) -> forms.Form:
        return PrintForm(data, initial={"on": paris_day(timezone.now())})

    def preview(self, subject: Issue, form: Any) -> Preview:
        typed = form.cleaned_data
        if typed["on"] > paris_day(timezone.now()):
            raise Impossible(_("What will be printed cannot be noted yet."))
        before = subject.prints.order_by("-pk").first()
        return Preview(
            facts=[
                Fact(_("Issue"), issue_number(subject.printed)),
                Fact(_("Noted before"), count(before.copies) if before else _("nothing")),
                Fact(_("Copies printed"), count(typed["copies"])),
                Fact(_("On"), short_day(typed["on"])),
            ]
        )

    def do(self, subject: Issue, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        note_print(subject.pk, typed["copies"], on=typed["on"], actor=actor, at=at, reason=typed["reason"])
        return Done(_("It is written down."))
