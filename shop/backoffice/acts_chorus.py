"""Acts on deposits in Chorus Pro: note where one stands now, or many as the portal lists them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.actors import Actor
from payments.chorus import moving, reading
from payments.days import paris_day
from payments.models import ChorusDeposit
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.acts_prices import DateInput
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Fact, Table, chip
from shop.templatetags.french import short_day


class StepForm(ReasonForm):
    """Where it stands, since when, and under which number."""

    state = forms.ChoiceField(label=gettext_lazy("It is now"))
    on = forms.DateField(label=gettext_lazy("Since"), help_text=gettext_lazy("As Chorus Pro says."), widget=DateInput())
    number = forms.CharField(label=gettext_lazy("Number at Chorus Pro"), max_length=40, required=False)
    field_order = ["state", "on", "number", "reason"]

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > paris_day(timezone.now()):
            raise ValidationError(_("This day has not come yet."))
        return on


class NoteStep(TwoSteps):
    """Note what Chorus Pro says of an invoice."""

    name = "chorus"
    right = Right.CHORUS
    title = gettext_lazy("Note a step in Chorus Pro")
    button = gettext_lazy("Note it")
    form_class = StepForm

    def load(self, request: HttpRequest, key: int) -> ChorusDeposit | None:
        one = ChorusDeposit.objects.select_related("invoice").filter(pk=key).first()
        if one is not None and not moving.TRANSITIONS[one.state]:
            raise Impossible(_("This invoice is over in Chorus Pro."))
        return one

    def form(self, subject: ChorusDeposit, data: Any) -> forms.Form:
        form = StepForm(data)
        state: Any = form.fields["state"]
        after = [name for name in words.CHORUS if name in moving.TRANSITIONS[subject.state]]
        state.choices = [(name, words.said(words.CHORUS, name)["word"]) for name in after]
        return form

    def preview(self, subject: ChorusDeposit, form: Any) -> Preview:
        typed = form.cleaned_data
        return Preview(
            facts=[
                Fact(_("Invoice"), subject.invoice.reference),
                Fact(_("It was"), words.said(words.CHORUS, subject.state)["word"]),
                Fact(_("It is now"), words.said(words.CHORUS, typed["state"])["word"]),
                Fact(_("Since"), short_day(typed["on"])),
                Fact(_("Number at Chorus Pro"), typed["number"]),
            ]
        )

    def do(self, subject: ChorusDeposit, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        moving.move(
            subject.pk,
            typed["state"],
            on=typed["on"],
            number=typed["number"],
            reason=typed["reason"],
            actor=actor,
            at=at,
        )
        return Done(_("The step is noted."))

    def back(self, subject: ChorusDeposit) -> str:
        return reverse("desk_chorus_deposit", args=[subject.pk])

    def about(self, subject: ChorusDeposit) -> str:
        return subject.invoice.reference


class ListForm(ReasonForm):
    """The portal's list, as it was copied."""

    lines = forms.CharField(
        label=gettext_lazy("Lines of the portal"),
        max_length=60_000,
        help_text=gettext_lazy(
            "One invoice a line, its parts between semicolons: number, status, day, number at Chorus Pro."
        ),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    field_order = ["lines", "reason"]

    def clean_lines(self) -> str:
        text: str = self.cleaned_data["lines"]
        self.steps = reading.read(text)
        return text


class NoteSteps(TwoSteps):
    """Note what Chorus Pro says of many invoices."""

    name = "chorus_list"
    right = Right.CHORUS
    title = gettext_lazy("Note many steps in Chorus Pro")
    button = gettext_lazy("Note them")
    form_class = ListForm

    def load(self, request: HttpRequest, key: int) -> str:
        return "chorus"

    def preview(self, subject: str, form: Any) -> Preview:
        steps = form.steps
        return Preview(
            facts=[Fact(_("Lines"), len(steps))],
            tables=[
                Table(
                    label=_("Steps"),
                    title=_("Steps"),
                    columns=columns(_("Invoice"), _("It was"), _("It is now"), "#" + _("Since")),
                    rows=[
                        (
                            Cell(one.deposit.invoice.reference, mono=True),
                            chip(words.said(words.CHORUS, one.deposit.state)),
                            chip(words.said(words.CHORUS, one.target)),
                            Cell(short_day(one.on), num=True),
                        )
                        for one in steps
                    ],
                )
            ],
        )

    def do(self, subject: str, form: Any, *, actor: Actor, at: datetime) -> Done:
        count = reading.note(form.steps, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(ngettext("%(count)s step is noted.", "%(count)s steps are noted.", count) % {"count": count})

    def back(self, subject: str) -> str:
        return reverse("desk_chorus")

    def about(self, subject: str) -> str:
        return str(_("Chorus Pro"))
