"""Renewals by the month they fell in, how often the first charge fails and why, and what brings the money in all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.closing.periods import Kind, Period, named
from payments.days import paris_day
from payments.gateway import Family
from payments.months.reading import last_months
from shop.backoffice import words
from shop.backoffice.circulation_plots import Segment, Stack, stacked
from shop.backoffice.closing_pages import name_of
from shop.backoffice.cohort_pages import asked_who, definitions, rows_url, who_filter
from shop.backoffice.doors import desk
from shop.backoffice.finance_parts import Part, Plot, home_crumb, number, rate, show
from shop.backoffice.finance_plots import Row, over_months, told
from shop.backoffice.finance_words import FAMILY, THEN
from shop.backoffice.links import link
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table, chip
from shop.templatetags.french import short_day
from subscriptions.cohorts.failing import RECOVERED, Then, Tried, Tries, first_tries, tries_by_month
from subscriptions.cohorts.reading import Outcome, Renewed, Who, by_month, share
from subscriptions.models import Subscription

MONTHS, ROWS = 13, 200
HUNDRED = Decimal(100)


@desk(Right.LEDGER)
def rates(request: HttpRequest) -> HttpResponse:
    """Thirteen months of renewals, of refusals and of what was recovered."""
    on, who = paris_day(timezone.now()), asked_who(request)
    months = last_months(on, count=MONTHS)
    renewed = by_month(on=on, first=months[0].first_day, who=who)
    tries = tries_by_month(first=months[0].first_day, last=months[-1].last_day)
    told_of = {month for month, _first in renewed} | set(tries)
    months = [one for one in months if one.first_day >= min(told_of, default=on.replace(day=1))]
    return show(
        request,
        title=_("Renewals and refusals"),
        filters=[who_filter(who)],
        words=definitions()[1:],
        parts=[
            _renewed(_("First renewal"), months, renewed, first=True, who=who, on=on),
            _renewed(_("Later renewals"), months, renewed, first=False, who=who, on=on),
            _failed(months, tries, on=on),
            _reasons(months, tries),
        ],
    )


def _renewed(
    title: Any, months: Sequence[Period], found: Mapping[tuple[date, bool], Renewed], *, first: bool, who: Who | None, on: date
) -> Part:  # fmt: skip
    counts = [found.get((one.first_day, first), Renewed()) for one in months]
    whole = Renewed({out: sum(one.of(out) for one in counts) for out in Outcome})
    drawn = [
        Row(f"{one.first_day:%m/%y}", part.rate, rate(part.rate) if part.came else "", over=not part.of(Outcome.OPEN))
        for one, part in zip(months, counts, strict=True)
    ]
    rank = 1 if first else 0
    if not whole.came:
        nobody = Table(label=title, columns=(), rows=(), empty=_("Nobody has come to it in these months."))
        return Part([nobody], title=title)

    def row(month: Period, part: Renewed) -> Sequence[Cell]:
        def rows(out: Outcome | None) -> str:
            return rows_url(mois=f"{month.first_day:%Y-%m-%d}", rang=rank, issue=out, qui=who)

        return (
            Cell(name_of(month)),
            number(part.came, rows(None)),
            *(number(part.of(out), rows(out)) for out in _SHOWN),
            Cell(rate(part.rate), rows(None) if part.came else "", num=True),
        )

    return Part(
        [
            Table(
                label=title,
                columns=columns(
                    _("Month"), "#" + _("Came to it"), "#" + _("Automatically"), "#" + _("By choice"), "#" + _("Still open"),
                    "#" + _("Came back later"), "#" + _("Gone"), "#" + _("Rate"),
                ),
                rows=[row(*one) for one in reversed(list(zip(months, counts, strict=True)))],
                total=(
                    Cell(_("Together")), number(whole.came), *(number(whole.of(out)) for out in _SHOWN),
                    Cell(rate(whole.rate), num=True),
                ),
            )
        ],
        title=title,
        plot=Plot(
            over_months(
                f"renewed{rank}", drawn, title=str(title), desc=told(drawn), most=HUNDRED, mark=whole.rate
            ),
            _("Of a hundred that came to their renewal in the month. Outline: some are still open. Dashed: all months together."),
        ),
    )  # fmt: skip


_SHOWN = (Outcome.AUTOMATIC, Outcome.CHOICE, Outcome.OPEN, Outcome.LATE, Outcome.GONE)


def _failed(months: Sequence[Period], found: Mapping[date, Tries], *, on: date) -> Part:
    """How often the first charge fails, and how much of it is recovered."""
    counts = [found.get(one.first_day, Tries()) for one in months]
    answered, failed = sum(one.answered for one in counts), sum(one.count() for one in counts)
    recovered = sum(one.count(None, *RECOVERED) for one in counts)
    drawn = [
        Row(f"{one.first_day:%m/%y}", part.failure_rate, rate(part.failure_rate) if part.answered else "", over=one.last_day < on)
        for one, part in zip(months, counts, strict=True)
    ]  # fmt: skip
    title = _("First charges that fail")

    def row(month: Period, part: Tries) -> Sequence[Cell]:
        here = _failed_url(mois=str(month))
        return (
            Cell(name_of(month)),
            number(part.answered, _failed_url(mois=str(month), tous="oui")),
            number(part.count(), here),
            Cell(rate(part.failure_rate), here if part.count() else "", num=True),
            *(number(part.count(None, then), _failed_url(mois=str(month), suite=then)) for then in Then),
            Cell(rate(part.recovery_rate), num=True),
        )

    return Part(
        [
            Table(
                label=title,
                columns=columns(
                    _("Month"), "#" + _("Answered"), "#" + pgettext("charge", "Failed"), "#" + _("Failure rate"),
                    *("#" + capfirst(THEN[then][0]) for then in Then), "#" + _("Recovered"),
                ),
                rows=[row(*one) for one in reversed(list(zip(months, counts, strict=True)))],
                total=(
                    Cell(_("Together")), number(answered), number(failed), Cell(rate(share(failed, answered)), num=True),
                    *(number(sum(one.count(None, then) for one in counts)) for then in Then),
                    Cell(rate(share(recovered, failed)), num=True),
                ),
            )
        ],
        title=title,
        anchor="refus",
        words=[
            _(
                "The first try of a renewal is its first charge without the reader that the bank has answered. It failed where the "
                "answer was no, or that the reader must confirm."
            ),
            _(
                "Recovered: the renewal was paid all the same, by a further try without the reader or by the reader. Of the others "
                "some are still in hand, the rest is lost."
            ),
        ],
        plot=Plot(
            over_months("failed", drawn, title=title, desc=told(drawn)),
            _("Of a hundred first charges that the bank has answered."),
        ),
    )  # fmt: skip


def _reasons(months: Sequence[Period], found: Mapping[date, Tries]) -> Part:
    """Why banks said no, and what came of it."""
    parts = [found[one.first_day] for one in months if one.first_day in found]

    def count(family: Family, *then: Then) -> int:
        return sum(one.count(family, *then) for one in parts)

    families = sorted((one for one in Family if count(one)), key=lambda one: -count(one))
    title = _("Why, and what came of it")
    stacks = [
        Stack(
            "",
            [
                Segment(count(family, then), f"{FAMILY[family]}, {THEN[then][0]}", then in RECOVERED)
                for then in Then
                if count(family, then)
            ],
        )
        for family in families
    ]
    desc = "; ".join(", ".join(f"{part.copies} {part.said}" for part in stack.segments) for stack in stacks)
    return Part(
        [
            Table(
                label=title,
                columns=columns(
                    _("Reason"), "#" + pgettext("charge", "Failed"), *("#" + capfirst(THEN[then][0]) for then in Then), "#" + _("Recovered")
                ),
                rows=[
                    (
                        Cell(FAMILY[family]),
                        number(count(family), _failed_url(famille=family)),
                        *(number(count(family, then), _failed_url(famille=family, suite=then)) for then in Then),
                        Cell(rate(share(count(family, *RECOVERED), count(family))), num=True),
                    )
                    for family in families
                ],
                empty=_("No first charge has failed."),
            )
        ],
        title=title,
        plot=Plot(stacked("reasons", stacks, title=title, desc=desc), _("Full: recovered. Dashed: lost, or still in hand."))
        if stacks
        else None,
    )  # fmt: skip


def _failed_url(**asked: Any) -> str:
    return f"{reverse('desk_failed_rows')}?{urlencode(asked)}"


@desk(Right.LEDGER)
def failed_rows(request: HttpRequest) -> HttpResponse:
    """The renewals behind a number of first charges."""
    asked = request.GET
    month = named(asked.get("mois", ""))
    family = Family(asked["famille"]) if asked.get("famille", "") in list(Family) else None
    then = Then(asked["suite"]) if asked.get("suite", "") in list(Then) else None
    months = last_months(paris_day(timezone.now()), count=MONTHS)
    one = month if month is not None and month.kind == Kind.MONTH else None
    first, last = (one.first_day, one.last_day) if one else (months[0].first_day, months[-1].last_day)
    found = first_tries(first=first, last=last, family=family, then=then, paid_too="tous" in asked, limit=ROWS + 1)
    said = [name_of(one) if one else "", FAMILY[family] if family else "", THEN[then][0] if then else ""]
    return show(
        request,
        title=_("First charges of renewals") if "tous" in asked else _("First charges that fail"),
        crumbs=(*home_crumb(), (_("Renewals and refusals"), reverse("desk_rates"))),
        words=[
            *([capfirst(", ".join(str(part) for part in said if part)) + "."] if any(said) else []),
            *([_("Only the %(n)s latest are shown.") % {"n": ROWS}] if len(found) > ROWS else []),
        ],
        parts=[Part([_rows(request.user, found[:ROWS])])],
    )


def _rows(user: Any, found: Sequence[Tried]) -> Table:
    known = Subscription.objects.select_related("recipient").in_bulk({one.subscription for one in found})
    return Table(
        label=_("Renewals"),
        columns=columns(_("Renewal"), _("Recipient"), "#" + _("Charged"), _("Refusal"), _("What became of it")),
        rows=[
            (
                Cell(_("no. %(key)s") % {"key": one.renewal}, link(user, "renewal", one.renewal)),
                Cell(known[one.subscription].recipient.name, link(user, "subscription", one.subscription)),
                Cell(short_day(one.charged_on), num=True),
                Cell(one.code, mono=True),
                chip(words.said(THEN, one.then)) if one.then else Cell(_("paid at once"), chip=words.GOOD),
            )
            for one in found
        ],
        empty=_("Nobody."),
    )
