"""Acts on many things at once: chosen by the filters of a list, shown one by one, confirmed with a reason, frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.bulk import KINDS, MOST, Row, TooMany, fingerprint, freeze, listed, renewals_to_look_at
from shop.backoffice.links import link
from shop.backoffice.models import BulkAct
from shop.backoffice.obstacles import OBSTACLES
from shop.backoffice.renewal_pages import FILTERS, choice_of, chosen_rows
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Fact, Table
from shop.templatetags.french import short_day
from shop.watch.bell import ring
from subscriptions.models import Notice


class _OnMany(TwoSteps):
    """What acts on many things have in common: the list is the preview, and what was shown is what is frozen."""

    title = gettext_lazy("Act on many at once")
    button = gettext_lazy("Do it to all of them")
    linked: str

    def __init__(self) -> None:
        self.bulk: BulkAct | None = None
        self.user: Any = None

    def kind(self, form: Any) -> str:
        """Which act."""
        raise NotImplementedError

    def parameters(self, form: Any) -> Mapping[str, Any]:
        """What it wants beside the rows."""
        return {}

    def rows(self, form: Any) -> QuerySet[Any]:
        """The rows of the filters."""
        raise NotImplementedError

    def _listed(self, form: Any) -> list[Row]:
        kind = self.kind(form)
        try:
            found = listed(kind, self.rows(form), self.parameters(form), at=timezone.now())
        except TooMany:
            raise Impossible(
                _("More than %(count)s rows: choose fewer by the filters, they are all shown before.") % {"count": MOST}
            ) from None
        if not any(not row.outlook.why_not for row in found):
            raise Impossible([_("Nothing can be done to any of them."), *_reasons(found)])
        return found

    def preview(self, subject: Mapping[str, str], form: Any) -> Preview:
        found = self._listed(form)
        out = sum(bool(row.outlook.why_not) for row in found)
        to = self.parameters(form).get("to")
        return Preview(
            facts=[
                Fact(_("What is done"), KINDS[self.kind(form)].title),
                *([Fact(_("To"), short_day(date.fromisoformat(to)))] if to else []),
                Fact(_("To how many"), len(found) - out),
                Fact(_("Left out"), out),
                Fact(_("Hash of the list"), fingerprint(found), mono=True),
            ],
            warning=_("They are done one after the other, within minutes. You follow them on the next page."),
            tables=[self._table(found, done=True), self._table(found, done=False)],
        )

    def _table(self, found: Sequence[Row], *, done: bool) -> Table:
        some = [row for row in found if bool(row.outlook.why_not) != done]
        title = _("What would happen") if done else _("Left out, and why")
        return Table(
            label=title,
            title=title,
            columns=columns(_("What"), _("What would happen") if done else _("Why not")),
            rows=[
                (Cell(row.name, link(self.user, self.linked, row.key), mono=True, tight=True), Cell(row.shown))
                for row in some
            ],
            empty=_("None."),
        )

    def do(self, subject: Mapping[str, str], form: Any, *, actor: Actor, at: datetime) -> Done:
        found = self._listed(form)
        self.bulk = freeze(
            self.kind(form),
            found,
            self.parameters(form),
            {name: value for name, value in subject.items() if value},
            actor=actor,
            at=at,
            reason=form.cleaned_data["reason"],
        )
        ring("bulk-acts")
        return Done(
            _("%(count)s are being done, one after the other.")
            % {"count": self.bulk.rows_total - self.bulk.left_out_total}
        )

    def back(self, subject: Mapping[str, str]) -> str:
        return reverse("desk_bulk", args=[self.bulk.pk]) if self.bulk else self.list_url(subject)

    def list_url(self, subject: Mapping[str, str]) -> str:
        """The list with the filters."""
        raise NotImplementedError


def _reasons(found: Sequence[Row]) -> list[str]:
    return sorted({row.outlook.why_not for row in found})[:5]


class RenewalsForm(ReasonForm):
    """Which act, and to which day a charge is put off."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What is done to each"),
        choices=[(name, one.title) for name, one in KINDS.items() if not one.on_letters],
        widget=forms.RadioSelect,
    )
    to = forms.DateField(
        label=gettext_lazy("Later day"),
        help_text=gettext_lazy("Only to put charges off."),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    field_order = ["kind", "to", "reason"]

    def __init__(self, data: Any = None, *, initial: Mapping[str, str] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        for name in FILTERS:
            self.fields[name] = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("kind") == "later" and not typed.get("to") and "to" not in self.errors:
            self.add_error("to", _("Please say to which day the charges are put off."))
        return typed


class ActOnRenewals(_OnMany):
    """One act on every renewal that the filters of the renewal desk show."""

    name = "bulk_renewals"
    right = Right.BULK
    linked = "renewal"

    def load(self, request: HttpRequest, key: int) -> Mapping[str, str]:
        self.user = request.user
        return choice_of(request.POST if request.method == "POST" else request.GET)

    def form(self, subject: Mapping[str, str], data: Any) -> forms.Form:
        return RenewalsForm(data, initial=subject)

    def kind(self, form: Any) -> str:
        return str(form.cleaned_data["kind"])

    def parameters(self, form: Any) -> Mapping[str, Any]:
        if self.kind(form) != "later":
            return {}
        to: date = form.cleaned_data["to"]
        if to <= paris_day(timezone.now()):
            raise ValidationError(_("A charge is put off to a day to come."))
        return {"to": to.isoformat()}

    def rows(self, form: Any) -> QuerySet[Any]:
        return renewals_to_look_at(chosen_rows(choice_of(form.cleaned_data)))

    def list_url(self, subject: Mapping[str, str]) -> str:
        kept = {name: value for name, value in subject.items() if value}
        return reverse("desk_renewals") + (f"?{urlencode(kept)}" if kept else "")

    def about(self, subject: Mapping[str, str]) -> str:
        words_of = {
            "etat": words.said(words.NEXT_TERM, subject["etat"])["word"],
            "obstacle": str(OBSTACLES[subject["obstacle"]][0]) if subject["obstacle"] in OBSTACLES else _("nothing"),
        }
        chosen = [words_of.get(name, value) for name, value in subject.items() if value]
        return _("Renewals: %(chosen)s") % {"chosen": ", ".join(chosen)} if chosen else _("Renewals")


class LettersForm(ReasonForm):
    """Which letters: the state of the list's filter, and one kind or all."""

    letter = forms.ChoiceField(label=gettext_lazy("Letters"), required=False)
    field_order = ["letter", "reason"]

    def __init__(self, data: Any = None, *, initial: Mapping[str, str] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.fields["letter"] = forms.ChoiceField(
            label=_("Letters"), required=False, choices=[("", _("of every kind")), *words.LETTER_KINDS.items()]
        )
        self.fields["etat"] = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)


class ActOnLetters(_OnMany):
    """Send the letters that failed, or came back, again."""

    name = "bulk_letters"
    right = Right.RESEND
    title = gettext_lazy("Send letters again")
    button = gettext_lazy("Send them")
    linked = "notice"

    def load(self, request: HttpRequest, key: int) -> Mapping[str, str]:
        self.user = request.user
        asked = (request.POST if request.method == "POST" else request.GET).get("etat", "")
        return {"etat": asked if asked in (Notice.State.FAILED, Notice.State.BOUNCED) else Notice.State.FAILED}

    def form(self, subject: Mapping[str, str], data: Any) -> forms.Form:
        return LettersForm(data, initial=subject)

    def kind(self, form: Any) -> str:
        return "letters"

    def rows(self, form: Any) -> QuerySet[Any]:
        state = form.cleaned_data["etat"]
        rows = Notice.objects.select_related("customer").filter(
            state=state if state in (Notice.State.FAILED, Notice.State.BOUNCED) else Notice.State.FAILED
        )
        kind = form.cleaned_data["letter"]
        return rows.filter(kind=kind) if kind else rows

    def list_url(self, subject: Mapping[str, str]) -> str:
        return reverse("desk_letters") + f"?etat={subject['etat']}"

    def about(self, subject: Mapping[str, str]) -> str:
        return _("Letters")
