"""Acts about files: ask for one, close it, give it up, hand it over, count it, post it; and how the mailing house wants it."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.actors import Actor, staff
from payments.days import paris_day
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.doors import actor_of, desk, page
from shop.backoffice.issue_pages import counted, notable
from shop.backoffice.roles import Right
from shop.backoffice.run_pages import name_of
from shop.backoffice.tables import Fact
from shop.backoffice.uploads import takes_files
from shop.templatetags.french import issue_number, short_day, stamp
from subscriptions.contacts import LARGEST
from subscriptions.fulfilment import handing_over, posting
from subscriptions.fulfilment.address_file import FileChanged
from subscriptions.fulfilment.closing import alone, alone_from, ask, close, drop
from subscriptions.fulfilment.columns import CUSTOMARY, NoSuchColumn, chosen
from subscriptions.fulfilment.houses import house_in_force, succeed
from subscriptions.fulfilment.previewing import Preview as Seen
from subscriptions.fulfilment.previewing import preview
from subscriptions.fulfilment.statements import attach_statement
from subscriptions.losses.freezing import few_resends, to_resend
from subscriptions.losses.stock import balances
from subscriptions.models import Issue, Magazine, MailingHouse, MailingRun

State = MailingRun.State


def _seen(seen: Seen) -> tuple[list[Fact], list[Any]]:
    facts = [Fact(_("Lines"), seen.lines), Fact(_("Copies"), seen.copies)]
    return facts, [counted(seen, title=_("What it holds")), notable(seen)]


def _to_resend(run: MailingRun) -> tuple[list[Fact], list[Any]]:
    left = balances([run.issue_id])[run.issue_id]
    return [Fact(_("Claims"), to_resend(run.issue_id).count()), Fact(_("In stock"), left)], []


class AskRun(TwoSteps):
    """Ask for the file of an issue to be closed."""

    name = "ask_run"
    right = Right.CLOSE
    title = gettext_lazy("Ask for a file to be closed")
    button = gettext_lazy("Ask for it")

    def load(self, request: HttpRequest, key: int) -> Issue | None:
        self.run: MailingRun | None = None
        return Issue.objects.select_related("magazine").filter(pk=key).first()

    def preview(self, subject: Issue, form: Any) -> Preview:
        facts, tables = _seen(preview(subject))
        return Preview(
            [Fact(_("Issue"), issue_number(subject.printed)), *facts],
            _(
                "Nothing is closed by this: somebody looks at it and says yes. What is owed then is what the file holds."
            ),
            tables=tables,
        )

    def do(self, subject: Issue, form: Any, *, actor: Actor, at: datetime) -> Done:
        self.run = ask(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        return Done(_("The file waits for a yes."))

    def back(self, subject: Issue) -> str:
        made = getattr(self, "run", None)
        return reverse("desk_run", args=[made.pk]) if made else reverse("desk_issue", args=[subject.pk])

    def about(self, subject: Issue) -> str:
        return issue_number(subject.printed)


class OnRun(TwoSteps):
    """What acts on one run have in common. `states`: where it must stand."""

    right = Right.CLOSE
    states: tuple[str, ...] = ()

    def load(self, request: HttpRequest, key: int) -> MailingRun | None:
        self.actor = staff(request.user)
        found = MailingRun.objects.select_related("issue__magazine", "house").filter(pk=key).first()
        if found is not None and found.state not in self.states:
            raise Impossible(_("Where this file stands, that cannot be done."))
        return found

    def back(self, subject: MailingRun) -> str:
        return reverse("desk_run", args=[subject.pk])

    def about(self, subject: MailingRun) -> str:
        return name_of(subject)


class CloseRun(OnRun):
    """Say yes to what a colleague asked for."""

    name = "close_run"
    title = gettext_lazy("Close a file")
    button = gettext_lazy("Close the file")
    states = (State.ASKED,)

    def preview(self, subject: MailingRun, form: Any) -> Preview:
        names = words.names_of_staff([subject.asked_by])
        resends = subject.kind == MailingRun.Kind.RESEND
        facts, tables = _to_resend(subject) if resends else _seen(preview(subject.issue))
        if alone(subject, self.actor) and not few_resends(subject):
            if subject.house.second_person:
                raise Impossible(_("You asked for it: somebody else says yes."))
            if timezone.now() < alone_from(subject):
                raise Impossible(
                    _("You asked for it yourself: you may say yes alone from %(when)s on.")
                    % {"when": stamp(alone_from(subject))}
                )
            facts.append(Fact(_("Closed by one person alone"), _("It stays written on the file and its sheet.")))
        return Preview(
            [
                Fact(_("File"), name_of(subject)),
                Fact(_("Asked for by"), words.who(subject.asked_by, names)),
                Fact(_("Posting planned"), short_day(subject.issue.post_on)),
                *facts,
            ],
            _("This cannot be taken back: these copies are in the file, and nothing reaches them any more."),
            tables=tables,
        )  # fmt: skip

    def do(self, subject: MailingRun, form: Any, *, actor: Actor, at: datetime) -> Done:
        run = close(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        said = ngettext("The file is closed: %(count)d copy.", "The file is closed: %(count)d copies.", run.copies or 0)
        return Done(said % {"count": run.copies or 0})


class DropRun(OnRun):
    """Give up what was asked for."""

    name = "drop_run"
    title = gettext_lazy("Give a file up")
    button = gettext_lazy("Give it up")
    states = (State.ASKED,)

    def preview(self, subject: MailingRun, form: Any) -> Preview:
        return Preview([Fact(_("File"), name_of(subject))], _("It can be asked for again."))

    def do(self, subject: MailingRun, form: Any, *, actor: Actor, at: datetime) -> Done:
        drop(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        return Done(_("The file was given up."))


class HandOverRun(OnRun):
    """The mailing house has the file."""

    name = "hand_over_run"
    title = gettext_lazy("Hand a file over")
    button = gettext_lazy("The mailing house has it")
    states = (State.CLOSED,)

    def preview(self, subject: MailingRun, form: Any) -> Preview:
        return Preview(
            [
                Fact(_("File"), name_of(subject)),
                Fact(_("Mailing house"), subject.house.name),
                Fact(_("Copies"), subject.copies),
                Fact(_("Hash"), subject.sha256, mono=True),
            ],
            _("Send the address file and its control sheet first. The file is made once more and held against its hash."),
        )  # fmt: skip

    def do(self, subject: MailingRun, form: Any, *, actor: Actor, at: datetime) -> Done:
        try:
            handing_over.hand_over(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        except FileChanged as changed:
            raise Impossible(
                _("Made again from its lines, this file has another hash: it is not handed over.")
            ) from changed
        return Done(_("The file is with the mailing house. Enter what it counts."))


class CountForm(ReasonForm):
    """How many copies the mailing house counts."""

    copies = forms.IntegerField(
        label=gettext_lazy("Copies counted by the mailing house"), min_value=0, max_value=9_999_999
    )
    field_order = ["copies", "reason"]


class CountRun(OnRun):
    """What the mailing house counts."""

    name = "count_run"
    title = gettext_lazy("Enter the count of the mailing house")
    button = gettext_lazy("Enter the count")
    states = (State.HANDED_OVER,)
    form_class = CountForm

    def preview(self, subject: MailingRun, form: Any) -> Preview:
        counted_there = form.cleaned_data["copies"]
        same = counted_there == subject.copies
        return Preview(
            [
                Fact(_("File"), name_of(subject)),
                Fact(_("Copies of our file"), subject.copies),
                Fact(_("Counted by the mailing house"), counted_there, chip=words.GOOD if same else words.BAD),
            ],
            "" if same else _("The counts differ: the file cannot be posted before they agree."),
        )

    def do(self, subject: MailingRun, form: Any, *, actor: Actor, at: datetime) -> Done:
        same = handing_over.count_received(
            subject.pk, copies=form.cleaned_data["copies"], actor=actor, at=at, reason=form.cleaned_data["reason"]
        )
        return Done(_("The counts agree."), False) if same else Done(_("The counts differ: it is on the desk."), True)


class PostForm(ReasonForm):
    """The day of the deposit."""

    posted_on = forms.DateField(
        label=gettext_lazy("Posted on"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    field_order = ["posted_on", "reason"]

    def clean_posted_on(self) -> date:
        on: date = self.cleaned_data["posted_on"]
        if on > paris_day(timezone.now()):
            raise ValidationError(_("Nothing is posted in the future."))
        return on


class PostRun(OnRun):
    """The mailing house has posted the file: its copies are served and their revenue is booked."""

    name = "post_run"
    title = gettext_lazy("A file is posted")
    button = gettext_lazy("It is posted")
    states = (State.HANDED_OVER,)
    form_class = PostForm

    def form(self, subject: MailingRun, data: Any) -> forms.Form:
        return PostForm(data, initial={"posted_on": paris_day(timezone.now())})

    def preview(self, subject: MailingRun, form: Any) -> Preview:
        return Preview(
            [
                Fact(_("File"), name_of(subject)),
                Fact(_("Copies"), subject.copies),
                Fact(_("Posted on"), short_day(form.cleaned_data["posted_on"])),
                Fact(_("Planned"), short_day(subject.deposit_on)),
            ],
            _("This cannot be taken back: the copies are served, and their value becomes revenue on that day."),
        )

    def do(self, subject: MailingRun, form: Any, *, actor: Actor, at: datetime) -> Done:
        done = posting.post_run(
            subject.pk, on=form.cleaned_data["posted_on"], actor=actor, at=at, reason=form.cleaned_data["reason"]
        )
        said = ngettext("%(count)d copy was served.", "%(count)d copies were served.", done.copies)
        return Done(said % {"count": done.copies})


class StatementForm(forms.Form):
    """The statement of deposit, as the post stamped it."""

    file = forms.FileField(
        label=gettext_lazy("Statement of deposit"),
        help_text=gettext_lazy("PDF, 10 MB at most."),
        widget=forms.FileInput(attrs={"accept": "application/pdf"}),
    )


@takes_files(LARGEST)
@desk(Right.CLOSE, methods=("GET", "POST"))
def attach(request: HttpRequest, key: int) -> HttpResponse:
    """Attach the statement of deposit to a run that has left; once."""
    one = get_object_or_404(MailingRun.objects.select_related("issue__magazine", "house"), pk=key, state=State.POSTED)
    form = StatementForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            attach_statement(one.pk, form.cleaned_data["file"].read(), actor=actor_of(request), at=timezone.now())
        except ValidationError as trouble:
            form.add_error("file", trouble)
        else:
            messages.success(request, _("The statement is kept with the file."))
            return HttpResponseRedirect(reverse("desk_run", args=[one.pk]))
    said = {"form": form, "name": name_of(one), "back_url": reverse("desk_run", args=[one.pk])}
    return page(request, "backoffice/statement.html", said, status=422 if form.errors else 200)


class HouseForm(ReasonForm):
    """How the mailing house wants its file, and how a file is approved."""

    house_name = forms.CharField(label=gettext_lazy("Mailing house"), max_length=120)
    separator = forms.ChoiceField(
        label=gettext_lazy("Separator"),
        choices=[(";", ";"), (",", ","), ("|", "|"), ("\t", gettext_lazy("tabulator"))],
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Alphabet"), choices=[("cp1252", "Windows-1252"), ("utf-8", "UTF-8")]
    )
    columns = forms.CharField(
        label=gettext_lazy("Columns, in order"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy("Their names with spaces between. The customary twenty-three are the default."),
    )
    with_header = forms.BooleanField(label=gettext_lazy("A first line with the names of the columns"), required=False)
    weight_g = forms.IntegerField(label=gettext_lazy("Weight of a copy, in grams"), min_value=1, max_value=3000)
    overrun_percent = forms.DecimalField(
        label=gettext_lazy("Overrun, in percent"), min_value=0, max_value=50, decimal_places=1, localize=True
    )
    deposit_site = forms.CharField(label=gettext_lazy("Deposit site"), max_length=80, required=False)
    second_person = forms.BooleanField(label=gettext_lazy("A second person says yes to every file"), required=False)
    alone_after_minutes = forms.IntegerField(
        label=gettext_lazy("Whoever is alone waits so many minutes"), min_value=0, max_value=10_080
    )
    field_order = [
        "house_name", "separator", "encoding", "columns", "with_header", "weight_g", "overrun_percent", "deposit_site",
        "second_person", "alone_after_minutes", "reason",
    ]  # fmt: skip

    def clean_columns(self) -> list[str]:
        names: list[str] = self.cleaned_data["columns"].replace(",", " ").split()
        try:
            chosen(names)
        except NoSuchColumn as trouble:
            raise ValidationError(
                _("One of these columns is not known, or is there twice. Known are: %(known)s.")
                % {"known": " ".join(CUSTOMARY)}
            ) from trouble
        return names


class ChangeHouse(TwoSteps):
    """Another mailing house, or another file for the same one; the files that were closed keep theirs."""

    name = "change_house"
    right = Right.CLOSE
    title = gettext_lazy("Mailing house and its file")
    button = gettext_lazy("Keep it")

    def load(self, request: HttpRequest, key: int) -> Magazine | None:
        return Magazine.objects.order_by("pk").first()

    def form(self, subject: Magazine, data: Any) -> forms.Form:
        house = house_in_force(subject.pk) or MailingHouse(magazine=subject)
        names = ("separator", "encoding", "with_header", "weight_g", "overrun_percent", "deposit_site", "second_person",
                 "alone_after_minutes")  # fmt: skip
        initial = {name: getattr(house, name) for name in names}
        initial |= {"house_name": house.name, "columns": " ".join(house.columns or CUSTOMARY)}
        return HouseForm(data, initial=initial)

    def preview(self, subject: Magazine, form: Any) -> Preview:
        typed = form.cleaned_data
        digest = hashlib.sha256(" ".join(typed["columns"]).encode()).hexdigest()[:12]
        return Preview(
            [
                Fact(form.fields[name].label, _said(typed[name]))
                for name in form.field_order
                if name not in ("reason", "columns")
            ]
            + [Fact(_("Columns, in order"), " ".join(typed["columns"])), Fact(_("Fingerprint"), digest, mono=True)],
            _("It holds for the files that are closed from now on."),
        )

    def do(self, subject: Magazine, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = dict(form.cleaned_data)
        reason, name = typed.pop("reason"), typed.pop("house_name")
        succeed(subject.pk, name=name, actor=actor, at=at, reason=reason, **typed)
        return Done(_("The next files are made so."))

    def back(self, subject: Magazine) -> str:
        return reverse("desk_issues")


def _said(value: Any) -> Any:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _("tabulator") if value == "\t" else value
