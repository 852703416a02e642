"""Changes of price at the desks: the list, one with its cohort month by month, and the readers behind each figure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.money import eur
from shop.backoffice import lists, words
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for
from shop.backoffice.paging import Page
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, show, why
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table, chip
from shop.templatetags.french import euros, short_day
from subscriptions.calendar import DeliveryZone
from subscriptions.models import Notice, Price, PriceChange
from subscriptions.notices.french import month as month_in_words
from subscriptions.pricing.cohort import LATER, REACHED, TOLD, Month, months_of, readers_of
from subscriptions.pricing.telling import KIND

State = PriceChange.State
SIZE = 50


def zones_in_words(change: PriceChange) -> str:
    """« Métropole, Corse, Monaco ; Union européenne »."""
    return " ; ".join(str(DeliveryZone(zone).label) for zone in change.zones)


@desk(Right.PRICES)
def price_changes(request: HttpRequest) -> HttpResponse:
    """Every change, the newest first."""

    def row(one: PriceChange) -> Sequence[Cell]:
        here = reverse("desk_price", args=[one.pk])
        return (
            Cell(one.offer.title, here),
            Cell(zones_in_words(one)),
            Cell(euros(one.amount), here, num=True),
            Cell(short_day(one.orders_from), num=True),
            Cell(short_day(one.renewals_from), num=True),
            chip(words.said(words.PRICE_CHANGE, one.state), here + "#pourquoi"),
            Cell(one.reason),
        )

    heads = columns(
        _("Offer"),
        _("Zones"),
        "#" + _("Amount"),
        "#" + _("Orders from"),
        "#" + _("Renewals from"),
        _("Status"),
        _("Why"),
    )
    facts = {"acts": [ActLink(_("Prepare a change of price"), reverse("desk_act_prepare_price"))]}
    return lists.show(
        request,
        title=_("Changes of price"),
        rows=PriceChange.objects.select_related("offer"),
        columns=heads,
        row=row,
        states=words.PRICE_CHANGE,
        facts=facts,
    )


@desk(Right.PRICES)
def price_change(request: HttpRequest, key: int) -> HttpResponse:
    """One change: what it says, whom it reaches, who prepared and who signed it."""
    one = get_object_or_404(PriceChange.objects.select_related("offer"), pk=key)
    user, said = request.user, words.said(words.PRICE_CHANGE, one.state)
    months = months_of(one)
    before = Price.objects.filter(offer=one.offer, delivery_zone__in=one.zones).exclude(change=one)
    old = before.filter(valid_from__lt=one.orders_from).order_by("delivery_zone", "-valid_from", "-pk")
    now = {row.delivery_zone: row for row in reversed(old)}
    detail = Detail(
        kind=_("Change of price"),
        name=f"{one.offer.title}, {euros(one.amount)}",
        crumbs=((_("Changes of price"), reverse("desk_prices")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Offer"), one.offer.title),
            Fact(_("Zones"), zones_in_words(one)),
            Fact(_("Before"), ", ".join(f"{zone} {euros(row.amount)}" for zone, row in sorted(now.items()))),
            Fact(_("Amount"), euros(one.amount)),
            Fact(_("New orders pay it from"), short_day(one.orders_from)),
            Fact(_("It holds for renewals from R ="), short_day(one.renewals_from)),
            Fact(_("Readers told by letter"), _told(one)),
        ],
        whys=[why(user, one.events.all(), words.PRICE_CHANGE)],
        tables=[_cohort(one, months), *_signed(one), acts_on(user, [f"price_change:{one.pk}"])],
        acts=[
            *(acts_for(user, (Right.PRICES, _("Sign it"), "desk_act_sign_price", one.pk)) if one.state == State.PREPARED else []),
            *(acts_for(user, (Right.PRICES, _("Cancel it"), "desk_act_cancel_price", one.pk)) if one.state != State.CANCELLED else []),
        ],
    )  # fmt: skip
    return show(request, detail)


@desk(Right.PRICES)
def price_readers(request: HttpRequest, key: int) -> HttpResponse:
    """The readers behind a figure, one by one."""
    one = get_object_or_404(PriceChange.objects.select_related("offer"), pk=key)
    month, kind, after = (request.GET.get(name, "") for name in ("mois", "etat", "apres"))
    kind = kind if kind in words.COHORT else ""
    found = readers_of(one, month=month, kind=kind, after=int(after) if after.isdecimal() else 0, limit=SIZE + 1)
    rows = found[:SIZE]
    more = (
        f"?{urlencode({'mois': month, 'etat': kind, 'apres': rows[-1].subscription_id})}" if len(found) > SIZE else None
    )
    title = _("Readers of a change of price")
    table = Table(
        label=title,
        columns=columns(
            _("Subscription"), "#" + _("Renews on"), _("Reached"), "#" + _("Paid"), "#" + _("Before"), "#" + _("After")
        ),
        rows=[
            (
                Cell(row.number, link(request.user, "subscription", row.subscription_id), mono=True, tight=True),
                Cell(short_day(row.renews_on), link(request.user, "renewal", row.renewal_id), num=True),
                chip(words.said(words.COHORT, row.kind)),
                Cell(euros(row.paid), num=True),
                Cell(euros(row.before), num=True),
                Cell(euros(row.after), num=True),
            )
            for row in rows
        ],
    )
    states = [(name, words.said(words.COHORT, name)["word"]) for name in words.COHORT]
    said = {"title": title, "table": table, "page": Page(list(rows), None, more), "states": states, "state": kind}
    return page(request, "backoffice/list.html", said)


def _cohort(change: PriceChange, months: Sequence[Month]) -> Table:
    """Month by month, each figure opening its readers; the foot adds them up."""
    here = reverse("desk_price_readers", args=[change.pk])

    def rows_of(month: str, kind: str) -> str:
        return f"{here}?{urlencode({'mois': month, 'etat': kind})}"

    rows = []
    for month in sorted({one.month for one in months}):
        by_kind = {one.kind: one for one in months if one.month == month}
        counts = [
            Cell(by_kind[kind].readers, rows_of(month, kind), num=True) if kind in by_kind else Cell("", num=True)
            for kind in (REACHED, TOLD, LATER)
        ]
        rows.append((Cell(_month(month)), *counts, *_sums(by_kind.values())))
    foot = [
        Cell(sum(one.readers for one in months if one.kind == kind), rows_of("", kind), num=True)
        for kind in (REACHED, TOLD, LATER)
    ]
    return Table(
        label=_("Cohort"),
        title=_("Who renews when"),
        anchor="cohorte",
        columns=columns(
            _("Month"),
            "#" + pgettext("price", "New price"),
            "#" + pgettext("price", "Announced"),
            "#" + pgettext("price", "Old price"),
            "#" + _("Before"),
            "#" + _("After"),
        ),
        rows=rows,
        total=[Cell(_("Total")), *foot, *_sums(months)] if rows else (),
        empty=_("Nobody renews by themselves at this price."),
    )


def _sums(rows: Any) -> list[Cell]:
    every = list(rows)
    return [
        Cell(euros(eur(sum((one.before.amount for one in every), Decimal(0)))), num=True),
        Cell(euros(eur(sum((one.after.amount for one in every), Decimal(0)))), num=True),
    ]


def _month(month: str) -> str:
    day = date.fromisoformat(f"{month}-01")
    return month_in_words(day.month, day.year)


def _signed(change: PriceChange) -> list[Table]:
    """The figures that stood before whoever signed; nothing before."""
    steps = [step for step in change.events.all() if step.to_state == State.SIGNED]
    names = words.names_of_staff(step.actor for step in steps)
    table = Table(
        label=_("Signed"),
        title=_("Signed"),
        columns=columns(_("Who"), _("Reached"), "#" + _("Readers"), "#" + _("Before"), "#" + _("After")),
        rows=[
            (
                Cell(words.who(step.actor, names)),
                chip(words.said(words.COHORT, kind)),
                Cell(figures["readers"], num=True),
                Cell(euros(eur(figures["before"])), num=True),
                Cell(euros(eur(figures["after"])), num=True),
            )
            for step in steps
            for kind, figures in ((kind, step.figures[kind]) for kind in words.COHORT if kind in step.figures)
        ],
    )
    return [table] if steps else []


def _told(change: PriceChange) -> int:
    return Notice.objects.filter(matter__startswith=f"{KIND}:{change.pk}:").exclude(state="withdrawn").count()
