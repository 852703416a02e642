"""Acts about the calendar of issues: plan the next, move the days of one, give one two numbers; each shows what follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from payments.french_days import MONTHS
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Fact, Table
from shop.templatetags.french import issue_number, short_day
from shop.watch.bell import ring
from subscriptions.beginning import calendars
from subscriptions.calendar import ClaimWindow
from subscriptions.calendar.ahead import IssuePlan, next_plan, numbered, warnings, working_days_between
from subscriptions.issue_calendar.dating import (
    check_double,
    check_move,
    check_plan,
    counted_on,
    make_double,
    move_days,
    plan_issues,
)
from subscriptions.issue_calendar.foreseeing import Moves, what_moves
from subscriptions.models import Issue, Magazine
from subscriptions.notices.french import month
from subscriptions.offers.catalogue import dates_of

#: So many issues are planned at once.
MOST = 8


def a_day(label: Any, help_text: Any = "") -> forms.DateField:
    """A day as a colleague types it."""
    return forms.DateField(
        label=label, help_text=help_text, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )


class PlanForm(ReasonForm):
    """The next issue, and how many follow it by the rhythm of the magazine."""

    double = forms.BooleanField(
        label=gettext_lazy("A double issue, with two numbers"),
        help_text=gettext_lazy("One copy for each reader all the same; the next issue takes the number after."),
        required=False,
    )
    cover_month = forms.TypedChoiceField(
        label=gettext_lazy("Month on the cover"), choices=list(enumerate(MONTHS, start=1)), coerce=int
    )
    cover_year = forms.IntegerField(label=gettext_lazy("Year on the cover"), min_value=2000, max_value=2100)
    post_on = a_day(gettext_lazy("Posted about"))
    cutoff_on = a_day(
        gettext_lazy("Cut-off"), gettext_lazy("What is paid, or changed, before this day is in the file.")
    )
    many = forms.IntegerField(
        label=gettext_lazy("How many issues"),
        help_text=gettext_lazy("Those after the first one follow by the rhythm of the magazine."),
        min_value=1,
        max_value=MOST,
        initial=1,
    )
    field_order = ["double", "cover_month", "cover_year", "post_on", "cutoff_on", "many", "reason"]


@dataclass(frozen=True, slots=True)
class Ahead:
    """The magazine, its issues, and what would come next."""

    magazine: Magazine
    issues: list[Issue]
    proposed: IssuePlan
    on: date


class PlanIssues(TwoSteps):
    """Add issues at the end of the calendar."""

    name = "plan-issues"
    right = Right.ISSUES
    title = gettext_lazy("Plan the next issues")
    button = gettext_lazy("Plan them")

    def load(self, request: HttpRequest, key: int) -> Ahead | None:
        magazine = Magazine.objects.order_by("pk").first()
        if magazine is None:
            return None
        issues, on = calendars({magazine.pk})[magazine.pk], paris_day(timezone.now())
        proposed = next_plan(map(dates_of, issues), issues_a_year=magazine.issues_a_year, on=on)
        return Ahead(magazine, issues, proposed, on)

    def form(self, subject: Ahead, data: Any) -> forms.Form:
        one = subject.proposed
        known = {
            "cover_month": one.cover_month,
            "cover_year": one.cover_year,
            "post_on": one.post_on,
            "cutoff_on": one.cutoff_on,
        }
        return PlanForm(data, initial=known)

    def plans(self, subject: Ahead, form: Any) -> list[IssuePlan]:
        """The one that was typed, and those that follow it. Raises CannotDate with a sentence."""
        typed, first = form.cleaned_data, subject.proposed
        first = replace(
            first,
            last_number=first.number + 1 if typed["double"] else None,
            cover_month=typed["cover_month"],
            cover_year=typed["cover_year"],
            post_on=typed["post_on"],
            cutoff_on=typed["cutoff_on"],
        )
        check_plan(first, subject.issues, on=subject.on)
        found = [first]
        known = [dates_of(row) for row in subject.issues]
        while len(found) < typed["many"]:
            planned = [*known, *(one.dates for one in found)]
            found.append(next_plan(planned, issues_a_year=subject.magazine.issues_a_year, on=subject.on))
        return found

    def preview(self, subject: Ahead, form: Any) -> Preview:
        plans = self.plans(subject, form)
        numbers = {one.number for one in plans}
        wrong = [
            one.sentence
            for one in warnings(
                [*map(dates_of, subject.issues), *(one.dates for one in plans)],
                issues_a_year=subject.magazine.issues_a_year,
                cppap_until=subject.magazine.cppap_valid_until,
                on=subject.on,
            )
            if one.number in numbers
        ]
        lines = [_planned(one) for one in plans]
        return Preview(
            facts=[
                Fact(_("Magazine"), subject.magazine.title),
                Fact(_("Issues"), "", lines=lines),
                Fact(_("What would be wrong"), "" if wrong else _("nothing"), lines=wrong),
            ],
            warning=_(
                "What is sold from now on may promise these issues: a day that is moved later is told to readers."
            ),
        )

    def do(self, subject: Ahead, form: Any, *, actor: Actor, at: datetime) -> Done:
        made = plan_issues(
            subject.magazine, self.plans(subject, form), actor=actor, reason=form.cleaned_data["reason"], at=at
        )
        said = {"issues": ", ".join(issue_number(one.printed) for one in made)}
        return Done(_("Planned: %(issues)s. Copies that wait for their issue get it within the hour.") % said)

    def back(self, subject: Ahead) -> str:
        return reverse("desk_issue_calendar")

    def about(self, subject: Ahead) -> str:
        return subject.magazine.title


def _planned(one: IssuePlan) -> str:
    return _("%(number)s, %(month)s: cut-off %(cutoff)s, posted about %(post)s, %(days)d working days later") % {
        "number": issue_number(numbered(one)),
        "month": month(one.cover_month, one.cover_year),
        "cutoff": short_day(one.cutoff_on),
        "post": short_day(one.post_on),
        "days": working_days_between(one.cutoff_on, one.post_on),
    }


class DaysForm(ReasonForm):
    """The days of one issue."""

    post_on = a_day(gettext_lazy("Posted about"))
    cutoff_on = a_day(gettext_lazy("Cut-off"))
    field_order = ["post_on", "cutoff_on", "reason"]


class _OnIssue(TwoSteps):
    """What acts on one issue have in common."""

    right = Right.ISSUES

    def load(self, request: HttpRequest, key: int) -> Issue | None:
        one = Issue.objects.select_related("magazine").filter(pk=key).first()
        if one is not None and one.state == Issue.State.POSTED:
            raise Impossible(_("This issue is posted: its days stand."))
        return one

    def others(self, subject: Issue) -> list[Issue]:
        """Every issue of its magazine, in order."""
        return calendars({subject.magazine_id})[subject.magazine_id]

    def back(self, subject: Issue) -> str:
        return reverse("desk_issue_calendar")

    def about(self, subject: Issue) -> str:
        return issue_number(subject.printed)


class MoveIssue(_OnIssue):
    """Give an issue another cut-off or another day, knowing what moves with it."""

    name = "move-issue"
    title = gettext_lazy("Move the days of an issue")
    button = gettext_lazy("Move them")

    def form(self, subject: Issue, data: Any) -> forms.Form:
        return DaysForm(data, initial={"post_on": subject.post_on, "cutoff_on": subject.cutoff_on})

    def preview(self, subject: Issue, form: Any) -> Preview:
        cutoff_on, post_on = form.cleaned_data["cutoff_on"], form.cleaned_data["post_on"]
        if (cutoff_on, post_on) == (subject.cutoff_on, subject.post_on):
            raise Impossible(_("These are its days already."))
        on = paris_day(timezone.now())
        check_move(subject, self.others(subject), cutoff_on=cutoff_on, post_on=post_on, on=on)
        moves = what_moves(subject, cutoff_on=cutoff_on, post_on=post_on)
        return Preview(
            facts=[
                Fact(_("Issue"), issue_number(subject.printed)),
                Fact(_("Cut-off"), _from_to(subject.cutoff_on, cutoff_on)),
                Fact(_("Posted about"), _from_to(subject.post_on, post_on)),
                Fact(_("Working days between"), working_days_between(cutoff_on, post_on)),
                *_what_moves(moves),
            ],
            warning=_("Orders, pauses and addresses follow the new cut-off at once.")
            if not moves.told_late
            else _(
                "Readers who were told a day more than fifteen days earlier get a letter. It cannot be called back."
            ),
            tables=[_renewals(moves)] if moves.renewals else [],
        )

    def do(self, subject: Issue, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        move = move_days(
            subject,
            cutoff_on=typed["cutoff_on"],
            post_on=typed["post_on"],
            actor=actor,
            reason=typed["reason"],
            at=at,
        )
        if move is None:
            raise Impossible(_("These are its days already."))
        ring("late-issues")
        said = {"issue": issue_number(subject.printed), "day": short_day(subject.post_on)}
        return Done(_("%(issue)s is posted about %(day)s; what hangs on it has moved with it.") % said)


def _from_to(before: date, after: date) -> str:
    if before == after:
        return short_day(before)
    return _("%(before)s → %(after)s") % {"before": short_day(before), "after": short_day(after)}


def _what_moves(moves: Moves) -> list[Fact]:
    before, after = moves.withdraw_until
    renewals = sum(one.many for one in moves.renewals)
    here, there = moves.addresses
    return [
        Fact(_("Readers who await it"), moves.readers),
        Fact(_("Who get a letter, because it is later than they were told"), moves.told_late),
        Fact(_("Renewals that move"), renewals),
        Fact(_("Orders whose time to withdraw begins with it"), moves.withdrawals),
        Fact(_("That time ends, in France"), _from_to(before, after) if before and after else ""),
        Fact(_("Claims are taken, in France"), f"{_window(moves.claims[0])} → {_window(moves.claims[1])}"),
        Fact(_("Copies put off because of it"), moves.pauses),
        Fact(_("Sent to a temporary address"), f"{here} → {there}" if here != there else here),
    ]


def _window(claims: ClaimWindow) -> str:
    ends = short_day(claims.closes_on) if claims.closes_on else "…"
    return f"{short_day(claims.opens_on)} – {ends}"


def _renewals(moves: Moves) -> Table:
    return Table(
        label=_("Renewals that move"),
        title=_("Renewals that move"),
        columns=columns("#" + _("From"), "#" + _("To"), "#" + _("How many")),
        rows=[
            (Cell(short_day(one.before), num=True), Cell(short_day(one.after), num=True), Cell(one.many, num=True))
            for one in moves.renewals
        ],
    )


class DoubleIssue(_OnIssue):
    """Give a planned issue two numbers; the later ones are counted on."""

    name = "double-issue"
    title = gettext_lazy("Make an issue double")
    button = gettext_lazy("Give it two numbers")

    def preview(self, subject: Issue, form: Any) -> Preview:
        others = self.others(subject)
        check_double(subject, others)
        then = f"{subject.number}-{subject.number + 1}"
        return Preview(
            facts=[
                Fact(_("Issue"), _("%(before)s → %(after)s") % {"before": subject.printed, "after": then}),
                Fact(
                    _("Counted on"),
                    "",
                    lines=[
                        _("%(before)s → %(after)s") % {"before": before, "after": after}
                        for before, after in counted_on(subject, others)
                    ],
                ),
            ],
            warning=_(
                "It stays one copy for each reader, and everybody gets as many copies as before, on the same days. "
                "It cannot be undone here."
            ),
        )

    def do(self, subject: Issue, form: Any, *, actor: Actor, at: datetime) -> Done:
        made = make_double(subject, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return Done(_("It is %(issue)s from now on.") % {"issue": issue_number(made.printed)})
