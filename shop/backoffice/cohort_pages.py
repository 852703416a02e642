"""Cohorts: of those who began together, how many went on at their first, second and third renewal; as plots, with the table behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from payments.closing.periods import month_of
from payments.days import paris_day
from shop.backoffice import words
from shop.backoffice.circulation_plots import Segment, Stack, stacked
from shop.backoffice.closing_pages import name_of
from shop.backoffice.doors import desk
from shop.backoffice.finance_parts import Filter, Part, Plot, home_crumb, number, rate, show
from shop.backoffice.finance_words import OUTCOME, WHO
from shop.backoffice.links import link
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table, chip
from shop.templatetags.french import issue_number, short_day
from subscriptions.cohorts.reading import WITHIN_DAYS, By, Cohort, Outcome, Renewed, Row, Who, retention, terms_of
from subscriptions.models import Issue, Subscription

#: The renewals that are drawn, one after the other, and how many cohorts of each.
RANKS, SHOWN = 3, 13
ROWS = 200
TITLES: Mapping[int, Any] = {
    1: gettext_lazy("First renewal"),
    2: gettext_lazy("Second renewal"),
    3: gettext_lazy("Third renewal"),
}
#: In the order of a bar: what went on full, what did not, outlined.
DRAWN = (Outcome.AUTOMATIC, Outcome.CHOICE, Outcome.OPEN, Outcome.LATE, Outcome.GONE)
WENT_ON = (Outcome.AUTOMATIC, Outcome.CHOICE)


def definitions() -> list[str]:
    """What the numbers of these pages are, in sentences; the same as in docs/finance.md."""
    return [
        _(
            "A cohort is the readers who began in one month, or with one issue; a term taken back by a withdrawal is none."
        ),
        _(
            "A term comes to its renewal on the day after its last. Renewed: the next one begins within %(days)s days, which is two "
            "issues; automatically where the charge was made without the reader, by choice in all other cases."
        )
        % {"days": WITHIN_DAYS},
        _(
            "The rate is renewed ÷ all that came to their renewal, less the deceased. While some are still open it can only rise."
        ),
    ]


def asked_who(request: HttpRequest) -> Who | None:
    """Whose subscriptions are asked for; None for all."""
    name = request.GET.get("qui", "")
    return Who(name) if name in list(Who) else None


def who_filter(who: Who | None) -> Filter:
    """The choice of whose subscriptions."""
    return Filter(
        "qui", pgettext("subscriptions", "Whose"), str(who or ""), [(str(name), word) for name, word in WHO.items()]
    )


@desk(Right.LEDGER)
def cohorts(request: HttpRequest) -> HttpResponse:
    """The cohorts, by month or by issue, the newest first."""
    by, who = By.ISSUE if request.GET.get("par") == By.ISSUE else By.MONTH, asked_who(request)
    on = paris_day(timezone.now())
    found = retention(by, on=on, who=who)
    named = _names(by, found)
    parts = [_rank(rank, found, named, by=by, who=who) for rank in range(1, RANKS + 1)]
    return show(
        request,
        title=_("Cohorts"),
        filters=[
            Filter("par", _("By"), str(by), [("month", _("month of the start")), ("issue", _("first issue"))]),
            who_filter(who),
        ],
        words=definitions(),
        parts=[part for part in parts if part] or [Part([_nobody()])],
    )


def _nobody() -> Table:
    return Table(
        label=_("Cohorts"),
        columns=(),
        rows=(),
        empty=_("Nobody has come to a renewal yet: it is a year after a start."),
    )


def _names(by: By, found: Sequence[Cohort]) -> Mapping[Any, tuple[str, str]]:
    """Of each cohort its name in a table and in a plot. A query for issues."""
    if by == By.MONTH:
        return {one.key: (name_of(month_of(one.key)), f"{one.key:%m/%y}") for one in found}
    issues = Issue.objects.in_bulk([one.key for one in found])
    return {one.key: (issue_number(issues[one.key].printed),) * 2 for one in found}


def _rank(
    rank: int, found: Sequence[Cohort], named: Mapping[Any, tuple[str, str]], *, by: By, who: Who | None
) -> Part | None:
    """The plot of one renewal and the table behind it; None while nobody has come to it."""
    came = [one for one in found if rank in one.ranks][:SHOWN]
    if not came:
        return None
    title = TITLES[rank]
    stacks = [
        Stack(
            named[one.key][1],
            [
                Segment(one.ranks[rank].of(outcome), str(OUTCOME[outcome][0]), outcome in WENT_ON)
                for outcome in DRAWN
                if one.ranks[rank].of(outcome)
            ],
        )
        for one in came
    ]
    desc = "; ".join(
        f"{stack.label}: " + ", ".join(f"{part.copies} {part.said}" for part in stack.segments) for stack in stacks
    )
    whole = Renewed({outcome: sum(one.ranks[rank].of(outcome) for one in came) for outcome in Outcome})
    return Part(
        [
            Table(
                label=title,
                columns=columns(
                    _("Cohort"), "#" + _("Began"), "#" + _("Came to it"), "#" + _("Automatically"), "#" + _("By choice"),
                    "#" + _("Still open"), "#" + _("Came back later"), "#" + _("Gone"), "#" + _("Rate"),
                ),
                rows=[_row(one, rank, named[one.key][0], by=by, who=who) for one in came],
                total=(
                    Cell(_("Together")), number(sum(one.size for one in came)), number(whole.came),
                    *(number(whole.of(outcome)) for outcome in (*WENT_ON, Outcome.OPEN, Outcome.LATE, Outcome.GONE)),
                    Cell(rate(whole.rate), num=True),
                ),
            )
        ],
        title=title,
        anchor=f"reconduction-{rank}",
        plot=Plot(
            stacked(f"rank{rank}", stacks, title=title, desc=desc),
            _("Full: went on. Dashed: not, or not yet."),
        ),
    )  # fmt: skip


def _row(one: Cohort, rank: int, name: str, *, by: By, who: Who | None) -> Sequence[Cell]:
    counts = one.ranks[rank]

    def rows(outcome: Outcome | None) -> str:
        return rows_url(by=str(by), cohorte=str(one.key), rang=rank, issue=outcome, qui=who)

    return (
        Cell(name),
        number(one.size, rows_url(by=str(by), cohorte=str(one.key), rang=1, qui=who, tous="oui")),
        number(counts.came, rows(None)),
        *(number(counts.of(out), rows(out)) for out in (*WENT_ON, Outcome.OPEN, Outcome.LATE, Outcome.GONE)),
        Cell(rate(counts.rate), rows(None), num=True),
    )


def rows_url(**asked: Any) -> str:
    """The terms behind a number."""
    given = {name: value for name, value in asked.items() if value not in (None, "")}
    return f"{reverse('desk_cohort_rows')}?{urlencode(given)}"


@desk(Right.LEDGER)
def cohort_rows(request: HttpRequest) -> HttpResponse:
    """The terms behind a number of a cohort or of a month, each with its subscription."""
    asked = request.GET
    by = By(asked["by"]) if asked.get("by", "") in list(By) else None
    outcome = Outcome(asked["issue"]) if asked.get("issue", "") in list(Outcome) else None
    rank = int(asked["rang"]) if asked.get("rang", "").isdecimal() and len(asked["rang"]) < 4 else None
    who = asked_who(request)
    found = terms_of(
        on=paris_day(timezone.now()), by=by, cohort=_cohort(by, asked.get("cohorte", "")), month=_day(asked.get("mois", "")),
        rank=rank, outcome=outcome, who=who, running="tous" in asked, limit=ROWS + 1,
    )  # fmt: skip
    said = [WHO[who] if who else "", OUTCOME[outcome][0] if outcome else ""]
    return show(
        request,
        title=_("Terms that came to their renewal"),
        crumbs=(*home_crumb(), (_("Cohorts"), reverse("desk_cohorts"))),
        words=[
            *([capfirst(", ".join(str(one) for one in said if one)) + "."] if any(said) else []),
            *([_("Only the %(n)s latest are shown.") % {"n": ROWS}] if len(found) > ROWS else []),
        ],
        parts=[Part([_terms(request.user, found[:ROWS])])],
    )


def _cohort(by: By | None, key: str) -> Any:
    if by == By.ISSUE:
        return int(key) if key.isdecimal() and len(key) < 10 else None
    return _day(key)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _terms(user: Any, found: Sequence[Row]) -> Table:
    """Rows with their subscriptions, which are read at once."""
    known = Subscription.objects.select_related("recipient").in_bulk({one.subscription for one in found})
    return Table(
        label=_("Terms"),
        columns=columns(
            _("Subscription"), _("Recipient"), "#" + _("Renewal"), "#" + _("Came to it"), pgettext("subscriptions", "Whose"), _("What became of it")
        ),
        rows=[
            (
                Cell(str(known[one.subscription]), link(user, "subscription", one.subscription), mono=True),
                Cell(known[one.subscription].recipient.name, link(user, "subscription", one.subscription)),
                Cell(one.rank, num=True),
                Cell(short_day(one.renews_on), num=True),
                Cell(WHO[one.who]),
                chip(words.said(OUTCOME, one.outcome)) if one.outcome else Cell(_("going on"), chip=words.NONE),
            )
            for one in found
        ],
        empty=_("Nobody."),
    )  # fmt: skip
