"""The year of renewals ahead: how many and how much in each month and on each day, what blocks them, and who is still to
be planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from payments.days import paris_day
from shop.backoffice import lists, words
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for
from shop.backoffice.obstacles import OBSTACLES, in_the_way
from shop.backoffice.plotting import Bar, bars
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, Table
from shop.templatetags.french import euros, month, short_day
from subscriptions.calendar import RULES, add_months
from subscriptions.models import Offer, Renewal, Subscription, Term
from subscriptions.renewals.moving import OVER

LIVING = (Subscription.State.ACTIVE, Subscription.State.GRACE)
_DAY = timedelta(days=1)
#: Years that ended longer ago without a plan are the business of the audit.
LOOK_BACK = timedelta(days=200)
#: Months as they stand beside a bar.
SHORT = ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
#: Years that end in a month and have no plan yet, at the price of their day: how many and how much.
TO_PLAN = """
SELECT date_trunc('month', t.ends_on + 1)::date AS first, count(*), COALESCE(sum(c.amount), 0)
FROM subscriptions_term t
JOIN subscriptions_subscription s ON s.id = t.subscription_id
JOIN subscriptions_recipient p ON p.id = s.recipient_id
JOIN subscriptions_postaladdress a ON a.id = p.address_id
LEFT JOIN subscriptions_price c ON c.offer_id = s.offer_id AND c.delivery_zone = a.delivery_zone
    AND COALESCE(c.renewals_from, c.valid_from) <= t.ends_on + 1
    AND (COALESCE(c.renewals_to, c.valid_to) IS NULL OR COALESCE(c.renewals_to, c.valid_to) > t.ends_on + 1)
WHERE t.ends_on BETWEEN %(oldest)s AND %(latest)s
    AND s.renewal = 'automatic' AND s.state IN ('active', 'grace')
    AND NOT EXISTS (SELECT FROM subscriptions_termundone u WHERE u.term_id = t.id)
    AND NOT EXISTS (
        SELECT FROM subscriptions_term later WHERE later.subscription_id = t.subscription_id AND later.number > t.number
            AND NOT EXISTS (SELECT FROM subscriptions_termundone u WHERE u.term_id = later.id))
    AND NOT EXISTS (
        SELECT FROM subscriptions_renewal r
        WHERE r.subscription_id = t.subscription_id AND r.number > t.number AND r.state <> 'cancelled')
GROUP BY 1
"""


@dataclass(slots=True)
class MonthAhead:
    """One month: open renewals by state, and years that end without a plan yet."""

    first: date
    states: dict[str, int]
    amount: Decimal = Decimal("0.00")
    to_plan: int = 0
    to_plan_amount: Decimal = Decimal("0.00")

    @property
    def planned(self) -> int:
        """Open renewals."""
        return sum(self.states.values())


def months_ahead(on: date) -> list[MonthAhead]:
    """Twelve months from that of day `on`. Two queries. What is older and still open counts for its own month only."""
    first = on.replace(day=1)
    found = {day: MonthAhead(day, {}) for day in (add_months(first, number) for number in range(12))}
    end = add_months(first, 12)
    rows = (
        open_ones()
        .filter(renews_on__gte=first, renews_on__lt=end)
        .order_by()
        .annotate(month=TruncMonth("renews_on"))
        .values_list("month", "state")
        .annotate(many=Count("pk"), sum=Sum("amount"))
    )
    for day, state, many, amount in rows:
        found[day].states[state] = many
        found[day].amount += amount
    with connection.cursor() as cursor:
        cursor.execute(TO_PLAN, {"oldest": on - LOOK_BACK, "latest": end - _DAY - _DAY})
        for day, many, amount in cursor.fetchall():
            where = found.get(day) or found[first]  # a year that ended and was never planned is this month's work
            where.to_plan += many
            where.to_plan_amount += amount
    return list(found.values())


def open_ones() -> QuerySet[Renewal]:
    """Renewals that are not over."""
    return Renewal.objects.exclude(state__in=OVER)


def rows_url(**asked: Any) -> str:
    """The list of renewals, filtered."""
    kept = {name: value for name, value in asked.items() if value}
    return reverse("desk_renewals") + (f"?{urlencode(kept)}" if kept else "")


@desk(Right.ORDERS)
def calendar(request: HttpRequest) -> HttpResponse:
    """The coming twelve months as a plot and a table, one of them by day, and what stands in the way."""
    on = paris_day(timezone.now())
    ahead = months_ahead(on)
    chosen = asked_month(request) or next((one.first for one in ahead if one.planned), ahead[0].first)
    said = {
        "title": _("Renewals of the coming twelve months"),
        "crumbs": ((_("Renewals"), reverse("desk_renewals")),),
        "acts": [
            ActLink(_("All open renewals"), reverse("desk_renewals")),
            *acts_for(request.user, (Right.REHEARSE, _("Rehearse some days"), "desk_act_rehearse", 0)),
        ],
        "plot": _plot(ahead),
        "tables": [_by_month(ahead), _by_day(chosen), _by_obstacle()],
        "nothing": False,
        "figures": None,
    }
    return page(request, "backoffice/calendar.html", said)


def asked_month(request: HttpRequest) -> date | None:
    """The first day of `?mois=2027-11`; None where none is asked for."""
    text = request.GET.get("mois", "")
    try:
        return parse_date(f"{text}-01") if text else None
    except ValueError:
        return None


def _plot(ahead: Sequence[MonthAhead]) -> str:
    rows = [
        Bar(
            label=f"{SHORT[one.first.month - 1]} {one.first:%y}",
            sure=one.planned,
            after=one.to_plan,
            said=f"{one.planned + one.to_plan}, {euros(one.amount + one.to_plan_amount)}"
            if one.planned or one.to_plan
            else "0",
        )
        for one in ahead
    ]
    return bars(rows, title=_("Renewals by month: planned in full, still to be planned in outline"))


def _by_month(ahead: Sequence[MonthAhead]) -> Table:
    states = [state for state in words.NEXT_TERM if any(state in one.states for one in ahead)]
    rows = []
    for one in ahead:
        name = f"{one.first:%Y-%m}"
        rows.append(
            (
                Cell(month(one.first), f"?mois={name}#jours", tight=True),
                *(Cell(one.states.get(state) or "", rows_url(etat=state, mois=name), num=True) for state in states),
                Cell(one.planned or "", rows_url(mois=name), num=True),
                Cell(euros(one.amount) if one.planned else "", rows_url(mois=name), num=True),
                Cell(one.to_plan or "", reverse("desk_renewals_to_plan") + f"?mois={name}", num=True),
                Cell(euros(one.to_plan_amount) if one.to_plan else "", num=True),
            )
        )
    total = (
        Cell(_("In all")),
        *(Cell(sum(one.states.get(state, 0) for one in ahead), num=True) for state in states),
        Cell(sum(one.planned for one in ahead), num=True),
        Cell(euros(sum((one.amount for one in ahead), Decimal("0.00"))), num=True),
        Cell(sum(one.to_plan for one in ahead), num=True),
        Cell(euros(sum((one.to_plan_amount for one in ahead), Decimal("0.00"))), num=True),
    )
    return Table(
        label=_("By month"),
        title=_("By month"),
        columns=columns(
            _("Month"),
            *(f"#{words.said(words.NEXT_TERM, state)['word']}" for state in states),
            "#" + _("Open in all"),
            "#" + _("Amount"),
            "#" + _("To be planned"),
            "#" + _("At today's price"),
        ),
        rows=rows,
        total=total,
    )


def _by_day(first: date) -> Table:
    """The days of one month with renewals on them. One query."""
    rows = (
        open_ones()
        .filter(renews_on__gte=first, renews_on__lt=add_months(first, 1))
        .order_by()
        .values_list("renews_on", "state")
        .annotate(many=Count("pk"), sum=Sum("amount"))
    )
    days: dict[date, dict[str, int]] = defaultdict(dict)
    amounts: dict[date, Decimal] = defaultdict(Decimal)
    for day, state, many, amount in rows:
        days[day][state] = many
        amounts[day] += amount
    return Table(
        label=_("By day"),
        title=_("By day: %(month)s") % {"month": month(first)},
        anchor="jours",
        columns=columns(_("Day"), "#" + _("How many"), "#" + _("Amount"), _("Of which")),
        rows=[
            (
                Cell(short_day(day), rows_url(jour=day.isoformat()), tight=True),
                Cell(sum(days[day].values()), rows_url(jour=day.isoformat()), num=True),
                Cell(euros(amounts[day]), num=True),
                Cell(_states(days[day])),
            )
            for day in sorted(days)
        ],
        empty=_("Nobody renews in this month, as far as is planned."),
    )


def _states(states: Mapping[str, int]) -> str:
    ordered = [state for state in words.NEXT_TERM if state in states]
    return ", ".join(f"{states[state]} {words.said(words.NEXT_TERM, state)['word']}" for state in ordered)


def _by_obstacle() -> Table:
    """How many open renewals each obstacle stands in the way of. One query each."""
    rows = []
    for name, (word, _condition) in OBSTACLES.items():
        many = in_the_way(open_ones(), name).count()
        if many:
            rows.append((Cell(word, rows_url(obstacle=name)), Cell(many, rows_url(obstacle=name), num=True)))
    return Table(
        label=_("What stands in the way"),
        title=_("What stands in the way"),
        columns=columns(_("Obstacle"), "#" + _("Renewals")),
        rows=rows,
        empty=_("Nothing stands in the way of any."),
    )


@desk(Right.ORDERS)
def to_plan(request: HttpRequest) -> HttpResponse:
    """Subscriptions whose year ends in a month and that are not planned yet, by its last day."""
    on = paris_day(timezone.now())
    first = asked_month(request) or on.replace(day=1)
    oldest = on - LOOK_BACK if first <= on else first - _DAY
    later = Term.objects.standing().filter(subscription=OuterRef("subscription"), number__gt=OuterRef("number"))
    plan = Renewal.objects.filter(subscription=OuterRef("subscription"), number__gt=OuterRef("number")).exclude(
        state=Renewal.State.CANCELLED
    )
    terms = Term.objects.standing().select_related("subscription__offer", "subscription__saved_method")
    rows = terms.filter(
        ~Exists(later),
        ~Exists(plan),
        ends_on__gte=oldest,
        ends_on__lt=add_months(first, 1) - _DAY,
        subscription__renewal=Offer.Renewal.AUTOMATIC,
        subscription__state__in=LIVING,
    )

    def row(one: Term) -> Sequence[Cell]:
        subscription = one.subscription
        return (
            Cell(str(subscription), link(request.user, "subscription", subscription.pk), mono=True, tight=True),
            Cell(short_day(one.ends_on), num=True),
            Cell(subscription.offer.title),
            Cell(words.means(subscription.saved_method)),
            Cell(_planned_on(one.ends_on)),
        )

    return lists.show(
        request,
        title=_("To be planned: %(month)s") % {"month": month(first)},
        rows=rows,
        columns=columns(
            _("Subscription"), "#" + _("Paid until"), _("Offer"), _("Charged by"), _("What stands in its way")
        ),
        row=row,
        order="ends_on",
        facts={"crumbs": ((_("Renewals of the coming twelve months"), reverse("desk_renewal_calendar")),)},
    )


def _planned_on(ends_on: date) -> str:
    day = ends_on + _DAY - timedelta(days=RULES.plan_days_before)
    return _("it is planned on %(day)s") % {"day": short_day(day)}
