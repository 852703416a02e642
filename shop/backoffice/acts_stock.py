"""Acts about back issues: write down a copy that came back, enter a movement of stock, make the run of resends."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import issue_number, short_day
from shop.watch.bell import ring
from subscriptions.losses.freezing import to_resend
from subscriptions.losses.resending import make
from subscriptions.losses.returning import Returned, follow, write_down
from subscriptions.losses.rules import rule_in_force
from subscriptions.losses.stock import balances, enter, promised, reserved, sold
from subscriptions.models import (
    CopyReturn,
    Dispatch,
    Issue,
    MailingRun,
    StockMovement,
)
from subscriptions.singles.sending import to_send


class ReturnForm(forms.Form):
    """One copy in somebody's hand: its key, as scanned or typed."""

    line = forms.CharField(
        label=gettext_lazy("Key on the label"),
        max_length=20,
        help_text=gettext_lazy("As N25-000123-01; a scanner types it by itself."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "spellcheck": "false"}),
    )
    code = forms.TypedChoiceField(
        label=gettext_lazy("Reason"), coerce=int, choices=list(words.RETURN_REASON.items()), widget=forms.RadioSelect
    )
    on = forms.DateField(label=gettext_lazy("On"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def clean_line(self) -> Dispatch:
        key = self.cleaned_data["line"].strip().upper()
        found = Dispatch.objects.select_related("run", "subscription", "issue", "address").filter(key=key).first()
        if found is None:
            raise ValidationError(_("No line of a file has this key."))
        if CopyReturn.objects.filter(dispatch=found).exists():
            raise ValidationError(_("This copy is known to have come back."))
        return found

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        line, on = cleaned.get("line"), cleaned.get("on")
        if line is not None and on is not None:
            posted_on: date | None = line.run.posted_on
            if posted_on is None:
                self.add_error("line", _("Its run was not posted yet."))
            elif on < posted_on or on > paris_day(timezone.now()):
                self.add_error("on", _("It came back after it was posted, and not later than today."))
        return cleaned


class EnterReturn(TwoSteps):
    """Write down one copy that came back."""

    name = "enter_return"
    right = Right.STOCK
    title = gettext_lazy("Write one return down")
    button = gettext_lazy("Write it down")
    form_class = ReturnForm

    def load(self, request: HttpRequest, key: int) -> Any:
        return "return"

    def form(self, subject: Any, data: Any) -> forms.Form:
        return ReturnForm(data, initial={"on": paris_day(timezone.now())})

    def preview(self, subject: Any, form: Any) -> Preview:
        line: Dispatch = form.cleaned_data["line"]
        return Preview(
            facts=[
                Fact(_("Key"), line.key, mono=True),
                Fact(_("Issue"), issue_number(line.issue.number)),
                Fact(_("Subscription"), str(line.subscription or "")),
                Fact(_("Reason"), str(words.RETURN_REASON[form.cleaned_data["code"]])),
                Fact(_("Came back"), short_day(form.cleaned_data["on"])),
            ],
            warning=_("What follows is decided by the table of returns: copies may be held, and the reader asked."),
            label=line.address.lines,
        )

    def do(self, subject: Any, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        row = Returned(typed["line"].pk, typed["code"], typed["on"])
        write_down([row], source=CopyReturn.Source.PAPER, actor=actor, at=at)
        follow(actor=actor, at=at, limit=50)
        ring("letters")
        return Done(_("It is written down."))

    def back(self, subject: Any) -> str:
        return reverse("desk_copy_returns")

    def about(self, subject: Any) -> str:
        return _("Copies that came back")


class StockForm(ReasonForm):
    """So many copies of one issue, in or out."""

    issue = forms.TypedChoiceField(label=gettext_lazy("Issue"), coerce=int)
    kind = forms.ChoiceField(
        label=gettext_lazy("What"),
        choices=[(name, words.STOCK_ENTRY[name]) for name in ("received", "counted", "spoiled")],
        widget=forms.RadioSelect,
    )
    copies = forms.IntegerField(label=gettext_lazy("Copies"), min_value=0, max_value=1_000_000)
    field_order = ["issue", "kind", "copies", "reason"]


class MoveStock(TwoSteps):
    """What came into the stock, what a count found, what was spoiled."""

    name = "move_stock"
    right = Right.STOCK
    title = gettext_lazy("Enter a movement of back issues")
    button = gettext_lazy("Enter it")

    def load(self, request: HttpRequest, key: int) -> Any:
        return "stock"

    def form(self, subject: Any, data: Any) -> forms.Form:
        form = StockForm(data)
        field: Any = form.fields["issue"]
        rows = Issue.objects.exclude(state=Issue.State.PLANNED).order_by("-number")[:40]
        field.choices = [(one.pk, issue_number(one.number)) for one in rows]
        return form

    def preview(self, subject: Any, form: Any) -> Preview:
        key, copies, kind = (form.cleaned_data[name] for name in ("issue", "copies", "kind"))
        before = balances([key])[key]
        after = copies if kind == StockMovement.Kind.COUNTED else before + copies * (1 if kind == "received" else -1)
        if after < 0:
            raise Impossible(_("Of this issue %(left)d copies are in stock.") % {"left": before})
        return Preview(
            facts=[
                Fact(_("Issue"), issue_number(Issue.objects.get(pk=key).number)),
                Fact(_("What"), str(words.STOCK_ENTRY[kind])),
                Fact(_("In stock today"), before),
                Fact(_("In stock then"), after),
                Fact(_("Promised"), promised([key])[key] + reserved([key])[key] + sold([key])[key]),
            ]
        )

    def do(self, subject: Any, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        enter(typed["issue"], typed["kind"], typed["copies"], actor=actor, at=at, reason=typed["reason"])
        return Done(_("It is entered."))

    def back(self, subject: Any) -> str:
        return reverse("desk_stock")

    def about(self, subject: Any) -> str:
        return _("Back issues")


class MakeResends(TwoSteps):
    """Ask for what leaves the stock of one issue, sent again or sold; few lines are closed at once, many wait for a second
    person."""

    name = "make_resends"
    right = Right.STOCK
    title = gettext_lazy("Make the run out of the stock")
    button = gettext_lazy("Make it")

    def load(self, request: HttpRequest, key: int) -> Issue | None:
        one = Issue.objects.filter(pk=key).first()
        if one is not None and not to_resend(one.pk).exists() and not to_send(one.pk).exists():
            raise Impossible(_("Nothing of this issue waits to be sent."))
        return one

    def preview(self, subject: Issue, form: Any) -> Preview:
        claims, bought = to_resend(subject.pk).count(), to_send(subject.pk).count()
        lines, alone = claims + bought, rule_in_force().alone_lines
        return Preview(
            facts=[
                Fact(_("Issue"), issue_number(subject.number)),
                Fact(_("Claims"), claims),
                Fact(_("Sold one by one"), bought),
                Fact(_("In stock"), balances([subject.pk])[subject.pk]),
            ],
            warning=_("Fewer than %(lines)d: the file is closed at once, and the stock goes down.") % {"lines": alone}
            if lines < alone
            else _("So many wait for the yes of a colleague, as every file."),
        )

    def do(self, subject: Issue, form: Any, *, actor: Actor, at: datetime) -> Done:
        run = make(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        if run.state == MailingRun.State.ASKED:
            return Done(
                _("The run of %(issue)s waits for a colleague.") % {"issue": issue_number(subject.number)},
                doubt=True,
            )
        return Done(
            _("%(copies)d copies of %(issue)s are in the file.")
            % {"copies": run.copies, "issue": issue_number(subject.number)}
        )

    def back(self, subject: Issue) -> str:
        return reverse("desk_stock")

    def about(self, subject: Issue) -> str:
        return issue_number(subject.number)
