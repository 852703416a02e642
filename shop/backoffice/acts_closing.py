"""Acts about closings: answer for a line, sign, ask for a period to be re-opened, agree to it; make the files of a year."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.actors import Actor, staff
from payments.closing.checklist import answers, lines
from payments.closing.periods import (
    Period,
    alone_from,
    ask_to_reopen,
    closing_of,
    open_before,
    period_of,
    reopen,
    request_of,
    sign,
    tick,
)
from payments.days import paris_day
from payments.exports.archive import is_signed, make_archive
from payments.exports.archive import name_of as name_of_archive
from payments.exports.fec import Parties, Wanted
from payments.exports.fec_making import CannotExport, make_fec, refuse_unfinished, wanted_of
from payments.exports.requesting import ask, is_large
from payments.models import FileRequest, PeriodClosing
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.closing_pages import key_of, name_of, period_at
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import short_day, stamp
from shop.watch.bell import ring


class _OnPeriod(TwoSteps):
    """What acts on a period that is not closed have in common."""

    right = Right.CLOSE_BOOKS

    def load(self, request: HttpRequest, key: int) -> Period | None:
        self.asked_line = request.GET.get("ligne", "")
        one = period_at(key)
        if one is not None and closing_of(one) is not None:
            raise Impossible(_("This period is closed."))
        return one

    def back(self, subject: Period) -> str:
        return reverse("desk_period", args=[key_of(subject)])

    def about(self, subject: Period) -> str:
        return name_of(subject)


class TickForm(ReasonForm):
    """Which line, and what was found when it was looked at."""

    line = forms.ChoiceField(label=gettext_lazy("Line of the checklist"))
    field_order = ["line", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].choices = [(one.key, one.label) for one in lines() if one.by_person]  # type: ignore[attr-defined]


class Tick(_OnPeriod):
    """Answer by name for one line of the checklist."""

    name = "tick"
    title = gettext_lazy("Answer for a line of the checklist")
    button = gettext_lazy("Answer for it")
    form_class = TickForm

    def form(self, subject: Any, data: Any) -> forms.Form:
        return TickForm(data, initial={"line": self.asked_line})

    def preview(self, subject: Period, form: Any) -> Preview:
        if subject.last_day >= paris_day(timezone.now()):
            raise Impossible(_("This period is not over yet."))
        answered = next(one for one in answers(subject, at=timezone.now()) if one.line.key == form.cleaned_data["line"])
        if answered.tick is not None and answered.answered:
            raise Impossible(_("Somebody has answered for this line already."))
        facts = [Fact(_("Period"), name_of(subject)), Fact(_("Line of the checklist"), answered.line.label)]
        if answered.line.find:
            facts.append(Fact(_("Found"), answered.found.count))
        return Preview(facts, _("It stays beside your name, and is signed with the closing."))

    def do(self, subject: Period, form: Any, *, actor: Actor, at: datetime) -> Done:
        tick(subject, form.cleaned_data["line"], actor=actor, at=at, reason=form.cleaned_data["reason"])
        return Done(_("The line is answered for."))


class SignPeriod(_OnPeriod):
    """Close a month or a year by name."""

    name = "sign_period"
    title = gettext_lazy("Close and sign")
    button = gettext_lazy("Close and sign")

    def preview(self, subject: Period, form: Any) -> Preview:
        if subject.last_day >= paris_day(timezone.now()):
            raise Impossible(_("This period is not over yet."))
        if (before := open_before(subject)) is not None:
            raise Impossible(_("Close %(month)s first.") % {"month": name_of(before)})
        open_ = [one for one in answers(subject, at=timezone.now()) if not one.done]
        if open_:
            said = ngettext(
                "%(count)s line of the checklist is not done: %(lines)s.",
                "%(count)s lines of the checklist are not done: %(lines)s.",
                len(open_),
            )
            raise Impossible(said % {"count": len(open_), "lines": ", ".join(str(one.line.label) for one in open_)})
        return Preview(
            [
                Fact(_("Period"), name_of(subject)),
                Fact(_("First day"), short_day(subject.first_day)),
                Fact(_("Last day"), short_day(subject.last_day)),
            ],
            _("Nothing is booked in it any more: what becomes known later goes to the first open day."),
        )

    def do(self, subject: Period, form: Any, *, actor: Actor, at: datetime) -> Done:
        sign(subject, actor=actor, at=at, reason=form.cleaned_data["reason"])
        transaction.on_commit(lambda: ring("month-figures"))  # its figures are frozen outside the lock on the books
        return Done(_("%(period)s is closed.") % {"period": name_of(subject).capitalize()})


class _OnClosing(TwoSteps):
    """What acts on a closed period have in common."""

    right = Right.CLOSE_BOOKS

    def load(self, request: HttpRequest, key: int) -> PeriodClosing | None:
        self.actor = staff(request.user)
        one = PeriodClosing.objects.select_related("reopening").filter(pk=key).first()
        if one is not None and hasattr(one, "reopening"):
            raise Impossible(_("This period is open again already."))
        return one

    def back(self, subject: PeriodClosing) -> str:
        return reverse("desk_period", args=[key_of(period_of(subject))])

    def about(self, subject: PeriodClosing) -> str:
        return name_of(period_of(subject))


class AskReopen(_OnClosing):
    """Ask for a closed period to be opened again."""

    name = "ask_reopen"
    title = gettext_lazy("Ask for a period to be re-opened")
    button = gettext_lazy("Ask for it")

    def preview(self, subject: PeriodClosing, form: Any) -> Preview:
        return Preview(
            [Fact(_("Period"), self.about(subject)), Fact(_("Version"), subject.version)],
            _("Nothing is opened by this: somebody else looks at it and says yes."),
        )

    def do(self, subject: PeriodClosing, form: Any, *, actor: Actor, at: datetime) -> Done:
        ask_to_reopen(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        return Done(_("The re-opening waits for a yes."))


class Reopen(_OnClosing):
    """Say yes to what a colleague asked for."""

    name = "reopen"
    title = gettext_lazy("Re-open a period")
    button = gettext_lazy("Re-open it")

    def preview(self, subject: PeriodClosing, form: Any) -> Preview:
        asked = request_of(subject, at=timezone.now())
        if asked is None:
            raise Impossible(_("Somebody has to ask for it first."))
        facts = [
            Fact(_("Period"), self.about(subject)),
            Fact(_("Asked for by"), words.who(asked.asked_by, words.names_of_staff([asked.asked_by]))),
            Fact(_("Because"), asked.reason),
        ]
        if asked.asked_by == str(self.actor):
            since = alone_from(asked)
            if since is None:
                raise Impossible(_("You asked for it: somebody else says yes."))
            if timezone.now() < since:
                raise Impossible(
                    _("You asked for it yourself: you may say yes alone from %(when)s on.") % {"when": stamp(since)}
                )
            facts.append(Fact(_("Re-opened by one person alone"), _("It stays written beside the closing.")))
        return Preview(facts, _("What was signed stays as it is; what is signed again is the next version."))

    def do(self, subject: PeriodClosing, form: Any, *, actor: Actor, at: datetime) -> Done:
        reopen(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        return Done(_("The period is open again."))


class FecForm(ReasonForm):
    """How the accountant wants customers in the file."""

    parties = forms.ChoiceField(
        label=gettext_lazy("Customers"),
        choices=[
            (Parties.NUMBERS, gettext_lazy("one sub-account each, by number")),
            (Parties.NONE, gettext_lazy("all on one account")),
            (Parties.NAMES, gettext_lazy("one sub-account each, with the name")),
        ],
        help_text=gettext_lazy("Names only if the accountant asks for them: the file leaves this house."),
    )
    field_order = ["parties", "reason"]


#: How long the file of a large year takes.
LATER = gettext_lazy("in the background, some minutes")


class _OfYear(TwoSteps):
    """What making the files of a year has in common."""

    right = Right.CLOSE_BOOKS

    def load(self, request: HttpRequest, key: int) -> Wanted | None:
        if not 2000 <= key <= paris_day(timezone.now()).year:
            return None
        try:
            return wanted_of(key)
        except CannotExport as trouble:
            raise Impossible(trouble.messages[0]) from trouble

    def back(self, subject: Wanted) -> str:
        return reverse("desk_kept_files")

    def about(self, subject: Wanted) -> str:
        return str(subject.year)

    def later(self, kind: str, wanted: Wanted, *, actor: Actor, at: datetime, reason: str) -> Done:
        """A year with very many entries is left to the job."""
        ask(kind, wanted, actor=actor, at=at, reason=reason)
        return Done(_("The file is asked for: it is made in the background, and stands below once it is ready."))


class MakeFec(_OfYear):
    """Make the FEC of a year."""

    name = "make_fec"
    title = gettext_lazy("Make a FEC")
    button = gettext_lazy("Make it")
    form_class = FecForm

    def preview(self, subject: Wanted, form: Any) -> Preview:
        refuse_unfinished(subject)
        choices = dict(form.fields["parties"].choices)
        facts = [
            Fact(_("File"), subject.name, mono=True),
            Fact(_("Customers"), choices[form.cleaned_data["parties"]]),
        ]
        if is_large(subject.year):
            facts.append(Fact(_("When"), LATER))
        going_on = subject.last_day >= paris_day(timezone.now())
        return Preview(facts, _("The year is not over: the file holds what was booked until now.") if going_on else "")

    def do(self, subject: Wanted, form: Any, *, actor: Actor, at: datetime) -> Done:
        wanted = wanted_of(subject.year, parties=form.cleaned_data["parties"])
        if is_large(wanted.year):
            return self.later(FileRequest.Kind.FEC, wanted, actor=actor, at=at, reason=form.cleaned_data["reason"])
        kept = make_fec(wanted, actor=actor, at=at, reason=form.cleaned_data["reason"])
        said = ngettext(
            "%(name)s is made and checked: %(count)s line.",
            "%(name)s is made and checked: %(count)s lines.",
            kept.lines,
        )
        return Done(said % {"name": kept.name, "count": kept.lines})


class MakeArchive(_OfYear):
    """Make the archive of a year."""

    name = "make_archive"
    title = gettext_lazy("Make the archive of a year")
    button = gettext_lazy("Make it")

    def preview(self, subject: Wanted, form: Any) -> Preview:
        refuse_unfinished(subject)
        said = _(
            "Steps of payments and refunds, documents, entries, closings and technical journal, each with its hash."
        )
        if not is_signed(subject):
            said = _("The year is not signed: the archive is provisional, and says so in its name.")
        later = [Fact(_("When"), LATER)] if is_large(subject.year) else []
        return Preview(
            [Fact(_("Year"), subject.year), Fact(_("File"), name_of_archive(subject), mono=True), *later], said
        )

    def do(self, subject: Wanted, form: Any, *, actor: Actor, at: datetime) -> Done:
        if is_large(subject.year):
            return self.later(FileRequest.Kind.ARCHIVE, subject, actor=actor, at=at, reason=form.cleaned_data["reason"])
        kept = make_archive(subject, actor=actor, at=at, reason=form.cleaned_data["reason"])
        return Done(_("%(name)s is made.") % {"name": kept.name})
