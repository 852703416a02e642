"""Renewals at the desks: what comes next, what is announced, what is blocked and why; and one renewal with its chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.days import paris_day
from payments.models import DeskItem
from shop.backoffice import words
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for
from shop.backoffice.obstacles import OBSTACLES, in_the_way
from shop.backoffice.paging import paged
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import acts_on, columns, matters_of, show, why
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table, chip
from shop.templatetags.french import euros, month, short_day, stamp
from subscriptions.calendar import add_months
from subscriptions.models import Notice, Renewal, RenewalProof
from subscriptions.renewals.moving import OVER
from subscriptions.renewals.proving import BEFORE_THE_CHARGE

Kind = RenewalProof.Kind


@desk(Right.ORDERS)
def renewals(request: HttpRequest) -> HttpResponse:
    """Renewals by their day, the next one first: those that are open, or those of one state, month, day or obstacle."""
    chosen = choice_of(request.GET)
    rows = chosen_rows(chosen).select_related("subscription__saved_method")
    found = paged(request, rows, by="renews_on")
    title = _("Renewals")
    heads = columns(
        _("Subscription"),
        "#" + _("On"),
        _("Status"),
        "#" + _("Amount"),
        _("Charged by"),
        "#" + pgettext("renewal", "Legal notice"),
        "#" + _("Debit announced"),
        "#" + _("Next try"),
        _("What stands in its way"),
    )
    said = {
        "title": title,
        "table": Table(label=title, columns=heads, rows=_rows(request.user, found.rows)),
        "page": found,
        "states": [(name, words.said(words.NEXT_TERM, name)["word"]) for name in words.NEXT_TERM],
        "all_word": _("open"),
        "chosen": chosen,
        "months": _months(chosen),
        "obstacles": [*((name, word) for name, (word, _q) in OBSTACLES.items()), ("aucun", _("nothing"))],
        "acts": [
            ActLink(_("The coming twelve months"), reverse("desk_renewal_calendar")),
            *(_bulk_link(request, chosen) if found.rows else []),
        ],
        "note": _("Of %(day)s only.") % {"day": short_day(parse_date(chosen["jour"]))} if chosen["jour"] else "",
    }
    return page(request, "backoffice/renewals.html", said)


FILTERS = ("etat", "mois", "jour", "obstacle")


def _bulk_link(request: HttpRequest, chosen: Mapping[str, str]) -> list[ActLink]:
    """Acting on all that the filters show, for those who may."""
    if not may(request.user, Right.BULK):
        return []
    kept = urlencode({name: value for name, value in chosen.items() if value})
    return [ActLink(_("Act on all of these"), reverse("desk_act_renewals") + (f"?{kept}" if kept else ""))]


def choice_of(asked: Mapping[str, str]) -> dict[str, str]:
    """The filters of an address: `etat`, `mois`, `jour` and `obstacle`; "" for what is not asked for or is none of ours."""
    found = {name: asked.get(name, "") for name in FILTERS}
    known = {
        "etat": found["etat"] in words.NEXT_TERM,
        "mois": _day(f"{found['mois']}-01") is not None,
        "jour": _day(found["jour"]) is not None,
        "obstacle": found["obstacle"] in OBSTACLES or found["obstacle"] == "aucun",
    }
    return {name: value if known[name] else "" for name, value in found.items()}


def chosen_rows(chosen: Mapping[str, str]) -> QuerySet[Renewal]:
    """The renewals of these filters; without a state those that are open."""
    state, day, first = chosen["etat"], _day(chosen["jour"]), _day(f"{chosen['mois']}-01")
    rows = Renewal.objects.filter(state=state) if state else Renewal.objects.exclude(state__in=OVER)
    if day is not None:
        rows = rows.filter(renews_on=day)
    elif first is not None:
        rows = rows.filter(renews_on__gte=first, renews_on__lt=add_months(first, 1))
    return in_the_way(rows, chosen["obstacle"])


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _months(chosen: Mapping[str, str]) -> list[tuple[str, str]]:
    """This month, the eleven after it, and the one that was chosen."""
    first = paris_day(timezone.now()).replace(day=1)
    days = {add_months(first, number) for number in range(12)}
    if asked := _day(f"{chosen['mois']}-01"):
        days.add(asked)
    return [(f"{day:%Y-%m}", month(day)) for day in sorted(days)]


def _rows(user: Any, rows: Sequence[Renewal]) -> list[Sequence[Cell]]:
    proofs = _proofs(rows)
    matters = dict(
        DeskItem.objects.filter(subject__in=[f"renewal:{one.pk}" for one in rows], closed_at=None)
        .order_by("-pk")
        .values_list("subject", "sentence")
    )
    return [
        (
            Cell(str(one.subscription), link(user, "subscription", one.subscription_id), mono=True, tight=True),
            Cell(short_day(one.renews_on), link(user, "renewal", one.pk), num=True),
            chip(words.said(words.NEXT_TERM, one.state), link(user, "renewal", one.pk) + "#pourquoi"),
            Cell(euros(one.amount), num=True),
            Cell(words.means(one.subscription.saved_method)),
            Cell(proofs[one.pk].get(Kind.LEGAL, "—"), num=True),
            Cell(proofs[one.pk].get(Kind.PRE_DEBIT, "—"), num=True),
            Cell(short_day(one.next_try_on) if one.next_try_on else "", num=True),
            Cell(_in_its_way(one, matters)),
        )
        for one in rows
    ]


def _proofs(rows: Sequence[Renewal]) -> Mapping[int, dict[str, str]]:
    """The day of the newest proof of each kind for the present R, by renewal. One query."""
    days = {one.pk: one.renews_on for one in rows}
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for proof in RenewalProof.objects.filter(renewal__in=days).order_by("pk"):
        if proof.renews_on == days[proof.renewal_id]:
            found[proof.renewal_id][proof.kind] = short_day(proof.sent_on)
    return found


def _in_its_way(one: Renewal, matters: Mapping[str, str]) -> str:
    """What a person should know of it, the gravest first."""
    method = one.subscription.saved_method
    if one.why:
        return one.why
    if sentence := matters.get(f"renewal:{one.pk}"):
        return sentence
    if one.state in OVER:
        return ""
    if method is None or method.ended_at is not None:
        return _("No means of payment is kept.")
    if not method.pays_on(one.renews_on):
        return _("The card ends before the renewal.")
    return ""


@desk(Right.ORDERS)
def renewal(request: HttpRequest, key: int) -> HttpResponse:
    """One renewal: what led to where it stands, its proofs, its charges, its letters."""
    user = request.user
    one = get_object_or_404(Renewal.objects.select_related("subscription__saved_method", "subscription__payer"), pk=key)
    said = words.said(words.NEXT_TERM, one.state)
    subject = f"renewal:{one.pk}"
    return show(
        request,
        Detail(
            kind=_("Renewal"),
            name=f"{one.subscription}, {short_day(one.renews_on)}",
            crumbs=((_("Subscription"), link(user, "subscription", one.subscription_id)),),
            facts=[
                Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
                Fact(_("What stands in its way"), _in_its_way(one, {})),
                Fact(_("Term"), one.number),
                Fact(_("On"), short_day(one.renews_on)),
                Fact(_("Amount"), euros(one.amount)),
                Fact(_("Charged by"), words.means(one.subscription.saved_method)),
                Fact(_("Next try"), short_day(one.next_try_on) if one.next_try_on else ""),
                Fact(_("Refusal"), one.decline_code, mono=True),
            ],
            whys=[why(user, one.events.all(), words.NEXT_TERM)],
            tables=[
                _proved(user, one),
                _attempts(user, one),
                _letters(user, one),
                matters_of(user, [subject]),
                acts_on(user, [subject, f"subscription:{one.subscription_id}"]),
            ],
            acts=acts_for(user, (Right.POST, _("Record a notice posted by hand"), "desk_act_record_posted", one.pk))
            if one.state in BEFORE_THE_CHARGE
            else [],
        ),
    )


def _proved(user: Any, one: Renewal) -> Table:
    kinds = {Kind.LEGAL: pgettext("renewal", "Legal notice"), Kind.PRE_DEBIT: _("Debit announced")}
    rows = one.proofs.select_related("notice_proof").order_by("pk")
    return Table(
        label=_("Proofs"),
        title=_("Proofs"),
        columns=columns(_("Notice"), "#" + _("For"), "#" + _("Sent"), "#" + _("From"), "#" + _("To"), _("By")),
        rows=[
            (
                Cell(kinds[Kind(row.kind)], link(user, "notice", row.notice_proof.notice_id)),
                Cell(short_day(row.renews_on), num=True),
                Cell(short_day(row.sent_on), num=True),
                Cell(short_day(row.window_opens), num=True),
                Cell(short_day(row.window_closes), num=True),
                chip(words.said(words.PROOF, row.notice_proof.kind)),
            )
            for row in rows
        ],
        empty=_("Nothing is proved yet: it cannot be charged."),
    )


def _attempts(user: Any, one: Renewal) -> Table:
    rows = one.attempts.select_related("payment").order_by("number")
    return Table(
        label=_("Charges"),
        title=_("Charges"),
        columns=columns("#" + _("No."), "#" + _("On"), _("Payment"), _("Status"), _("Refusal"), "#" + _("Amount")),
        rows=[
            (
                Cell(row.number, num=True),
                Cell(short_day(row.charged_on), num=True),
                Cell(row.payment.reference, link(user, "payment", row.payment_id), mono=True),
                chip(words.said(words.PAYMENT, row.payment.state)),
                Cell(row.payment.decline_code, mono=True),
                Cell(euros(row.payment.amount), num=True),
            )
            for row in rows
        ],
        empty=_("Nothing was charged yet."),
    )


def _letters(user: Any, one: Renewal) -> Table:
    """Letters whose matter names it, whatever their kind."""
    names = [f"{kind}:renewal:{one.pk}:" for kind in words.LETTER_KINDS if kind.startswith("renewal_")]
    about = Q()
    for name in names:
        about |= Q(matter__startswith=name)
    return Table(
        label=_("Letters"),
        title=_("Letters"),
        columns=columns(_("Letter"), "#" + _("Queued"), _("Status"), _("Why")),
        rows=[
            (
                Cell(words.letter_kind(row.kind), link(user, "notice", row.pk)),
                Cell(stamp(row.created_at), num=True),
                chip(words.said(words.LETTER, row.state)),
                Cell(reason(row.failure)),
            )
            for row in Notice.objects.filter(about).order_by("-pk")
        ],
        empty=_("No letter was written about it."),
    )
