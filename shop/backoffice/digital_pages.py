"""The digital edition at the desks: what holds for a magazine and since when, the file of each issue, how often it was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shop.backoffice import words
from shop.backoffice.acting import ReasonForm
from shop.backoffice.doors import actor_of, desk, page
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import acts_on, columns, show
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table, chip
from shop.backoffice.uploads import takes_files
from shop.templatetags.french import issue_number, short_day, stamp
from subscriptions.digital.downloading import counted
from subscriptions.digital.files import LARGEST, newest, put
from subscriptions.digital.switching import rule_of
from subscriptions.models import DigitalRule, Issue, IssueFile, Magazine

SHOWN = 40


class FileForm(ReasonForm):
    """The PDF of one issue."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("The PDF of the whole issue, 50 MB at most, without a password."),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}),
        error_messages={"required": gettext_lazy("Please choose the PDF of this issue.")},
    )
    available_from = forms.DateField(
        label=gettext_lazy("Readable from"),
        required=False,
        help_text=gettext_lazy("Left empty: once the issue is posted. A day before that lets readers in earlier."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order = ["file", "available_from", "reason"]


@desk(Right.DIGITAL)
def digital(request: HttpRequest) -> HttpResponse:
    """Each magazine, and whether it has a digital edition."""
    rules = [(one, rule_of(one.pk)) for one in Magazine.objects.order_by("pk")]
    title = _("Digital edition")
    table = Table(
        label=title,
        columns=columns(
            _("Magazine"), _("Status"), "#" + _("Share of the price"), _("Rate"), "#" + _("Decided"), _("Text")
        ),
        rows=[
            (
                Cell(one.title, reverse("desk_digital_edition", args=[one.pk])),
                chip(words.said(words.DIGITAL, _state(rule)), reverse("desk_digital_edition", args=[one.pk])),
                Cell(share_words(rule), num=True),
                Cell(words.DIGITAL_RATE_SHORT.get(rule.rate, "") if rule else ""),
                Cell(short_day(rule.decided_on) if rule else "", num=True),
                Cell(rule.text.version if rule and rule.text else ""),
            )
            for one, rule in rules
        ],
    )
    said = {"title": title, "table": table, "page": {}, "states": [], "acts": _tokens(request.user)}
    return page(request, "backoffice/list.html", said)


@desk(Right.DIGITAL)
def edition(request: HttpRequest, key: int) -> HttpResponse:
    """One magazine: what holds, the files of its issues, and what held before."""
    one = get_object_or_404(Magazine, pk=key)
    user, rule = request.user, rule_of(key)
    said = words.said(words.DIGITAL, _state(rule))
    detail = Detail(
        kind=_("Digital edition"),
        name=one.title,
        crumbs=((_("Digital edition"), reverse("desk_digital")),),
        facts=[
            Fact(_("Status"), said["word"], "#histoire", chip=said["tone"]),
            *rule_facts(rule),
        ],
        tables=[_issues(user, one), _history(one), acts_on(user, [f"magazine:{one.pk}"])],
        acts=acts_for(user, (Right.DIGITAL_SET, _("Set the digital edition"), "desk_act_digital", one.pk)),
    )
    return show(request, detail)


@takes_files(LARGEST, on_disk=True)
@desk(Right.DIGITAL_FILES, methods=("GET", "POST"))
def issue_file(request: HttpRequest, key: int) -> HttpResponse:
    """Put the PDF of an issue, or another in its place; every file that it ever had stays as a row."""
    one = get_object_or_404(Issue.objects.select_related("magazine"), pk=key)
    form = FileForm(request.POST or None, request.FILES or None)
    back = reverse("desk_digital_edition", args=[one.magazine_id])
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            put(
                one.pk,
                typed["file"],
                name=typed["file"].name,
                available_from=typed["available_from"],
                actor=actor_of(request),
                reason=typed["reason"],
                at=timezone.now(),
            )
        except ValidationError as trouble:
            form.add_error("file", trouble)
        else:
            messages.success(request, _("The file is put: it can be read and stamped."))
            return HttpResponseRedirect(back)
    files = list(IssueFile.objects.filter(issue=one).order_by("-pk"))
    said = {
        "form": form,
        "title": _("File of %(number)s") % {"number": issue_number(one.number)},
        "magazine": one.magazine.title,
        "table": _files(files),
        "back_url": back,
    }
    return page(request, "backoffice/issue_file.html", said, status=422 if form.errors else 200)


def share_words(rule: DigitalRule | None) -> str:
    """« 20,00 % », or nothing."""
    return f"{rule.share:.2f}\u00a0%".replace(".", ",") if rule and rule.share is not None else ""


def rule_facts(rule: DigitalRule | None) -> list[Fact]:
    """What was decided, and what readers agree to; what is missing before it can be turned on is said."""
    missing = _("not set: it cannot be turned on")
    decided = rule is not None and rule.share is not None
    return [
        Fact(_("Share of the price"), share_words(rule) or missing),
        Fact(_("Rate"), str(words.DIGITAL_RATE[rule.rate]) if rule and rule.rate else missing),
        Fact(_("Decided by"), rule.decided_by if rule and decided else ""),
        Fact(_("Decided on"), short_day(rule.decided_on) if rule and decided else ""),
        Fact(_("Text readers agree to"), _("version %(version)s") % {"version": rule.text.version} if rule and rule.text else missing),
    ]  # fmt: skip


def _state(rule: DigitalRule | None) -> str:
    return "on" if rule is not None and rule.on else "off"


def _issues(user: Any, magazine: Magazine) -> Table:
    """The newest issues, each with its file and how often it was read. Three queries."""
    issues = list(Issue.objects.filter(magazine=magazine).order_by("-number")[:SHOWN])
    keys = [one.pk for one in issues]
    files, times = newest(keys), counted(keys)
    return Table(
        label=_("Issues"),
        title=_("Issues"),
        columns=columns(
            _("Issue"), "#" + _("Posted"), _("File"), "#" + _("Pages"), "#" + _("Readable from"), "#" + _("Downloads")
        ),
        rows=[_issue_row(user, one, files.get(one.pk), times.get(one.pk, 0)) for one in issues],
    )  # fmt: skip


def _issue_row(user: Any, one: Issue, file: IssueFile | None, times: int) -> Sequence[Cell]:
    here = reverse("desk_act_issue_file", args=[one.pk]) if may(user, Right.DIGITAL_FILES) else ""
    return (
        Cell(issue_number(one.number), here),
        Cell(short_day(one.posted_on), num=True),
        Cell(file.name if file else _("none"), here),
        Cell(file.pages if file else "", num=True),
        Cell(_from(file.available_from) if file else "", num=True),
        Cell(times, num=True),
    )


def _history(magazine: Magazine) -> Table:
    """Every row that ever held, the newest first. Two queries."""
    rows = list(DigitalRule.objects.filter(magazine=magazine).select_related("text").order_by("-pk"))
    names = words.names_of_staff(row.actor for row in rows)
    return Table(
        label=_("What held, and since when"),
        title=_("What held, and since when"),
        anchor="histoire",
        columns=columns(
            "#" + _("Since"), _("Status"), "#" + _("Share of the price"), _("Rate"), _("Decided by"), _("Text"), _("Who"),
            _("Why"),
        ),
        rows=[
            (
                Cell(stamp(row.at), num=True),
                chip(words.said(words.DIGITAL, _state(row))),
                Cell(share_words(row), num=True),
                Cell(words.DIGITAL_RATE_SHORT.get(row.rate, "")),
                Cell(", ".join(part for part in (row.decided_by, short_day(row.decided_on)) if part)),
                Cell(row.text.version if row.text else ""),
                Cell(words.who(row.actor, names)),
                Cell(row.reason),
            )
            for row in rows
        ],
        empty=_("Nothing was ever set: there is no digital edition."),
    )  # fmt: skip


def _files(files: Sequence[IssueFile]) -> Table:
    names = words.names_of_staff(row.actor for row in files)
    return Table(
        label=_("Files so far"),
        title=_("Files so far"),
        columns=columns(
            "#" + _("No."), _("File"), "#" + _("Pages"), "#" + _("Size"), _("Hash"), "#" + _("Readable from"), "#" + _("When"),
            _("Who"), _("Why"),
        ),
        rows=[
            (
                Cell(row.number, num=True),
                Cell(row.name),
                Cell(row.pages, num=True),
                Cell(size_words(row.size), num=True),
                Cell(row.sha256[:16], mono=True),
                Cell(_from(row.available_from), num=True),
                Cell(stamp(row.at), num=True),
                Cell(words.who(row.actor, names)),
                Cell(row.reason),
            )
            for row in files
        ],
        empty=_("This issue has no file yet."),
    )  # fmt: skip


def size_words(size: int) -> str:
    """« 12,4 Mo »."""
    return f"{size / 1_000_000:.1f}\u00a0Mo".replace(".", ",")


def _from(day: date | None) -> str:
    return short_day(day) if day else _("its posting")


def _tokens(user: Any) -> list[ActLink]:
    return [ActLink(_("Access tokens"), reverse("desk_tokens"))] if may(user, Right.TOKENS) else []
