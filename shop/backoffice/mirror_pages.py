"""The mirror of Stripe at the desk of finance: days since the last duplicate, what differs, every night that was held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.mirroring import duplicates
from payments.mirroring.matters import MATTERS
from payments.models import DeskItem, MirrorCharge, MirrorDifference, MirrorRun, Payment
from shop.backoffice import words
from shop.backoffice.ages import age
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.lists import show as show_list
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import columns, show, subject_cell
from shop.backoffice.tables import Cell, Detail, Fact, Table, chip
from shop.templatetags.french import euros, short_day, stamp

RUNS, TWINS, MATTERS_SHOWN = 40, 50, 50


@desk(Right.LEDGER)
def mirror(request: HttpRequest) -> HttpResponse:
    """What finance wants to know of a morning: was anybody charged twice, do Stripe and the books say the same?"""
    user, now = request.user, timezone.now()
    runs = list(MirrorRun.objects.order_by("-until", "-pk")[:RUNS])
    last = next((run for run in runs if run.kind == MirrorRun.Kind.NIGHTLY and run.finished_at), None)
    said = {
        "title": _("Mirror of Stripe"),
        "figures": _figures(last, now),
        "tables": [_duplicates(user), _matters(user, now), _runs(runs)],
        "nothing": False,
    }
    return page(request, "backoffice/home.html", said)


def _figures(last: MirrorRun | None, now: Any) -> list[dict[str, Any]]:
    record = duplicates.record(now)
    days = ngettext("%(days)s day", "%(days)s days", record.days) % {"days": record.days}
    since = (
        _("last on %(day)s") % {"day": short_day(record.last)}
        if record.last
        else _("none since the first payment")
        if record.first_payment
        else _("no payment yet")
    )
    here = reverse("desk_mirror")
    open_ = DeskItem.objects.filter(kind__in=MATTERS, closed_at=None).count()
    figures = [
        {
            "label": _("Since the last duplicate"),
            "value": days,
            "note": since,
            "tone": "" if record.days else "bad" if record.last else "",
            "url": f"{here}#doublons",
        },
        {"label": _("Differences"), "value": open_, "tone": "bad" if open_ else "good", "url": f"{here}#ecarts"},
    ]
    if last is not None:
        listed = reverse("desk_mirror_charges", args=[last.pk])
        figures += [
            {
                "label": _("Ours"),
                "value": last.ours,
                "note": euros(last.ours_amount),
                "url": f"{listed}?etat=ours",
            },
            {
                "label": _("Other products"),
                "value": last.foreign,
                "note": euros(last.foreign_amount),
                "url": f"{listed}?etat=foreign",
            },
        ]
    return figures


def _duplicates(user: Any) -> Table:
    """Second payments of one thing, the newest first; what nobody has given back can be given back from here."""
    rows = list(duplicates.duplicates().select_related("customer")[:TWINS])
    may_give = may(user, Right.REFUND)
    return Table(
        label=_("Duplicates"),
        title=_("Duplicates"),
        anchor="doublons",
        columns=columns(
            "#" + _("On"), _("Payment"), _("Pays for"), "#" + _("Amount"), "#" + _("Given back"), _("Refund")
        ),
        rows=[
            (
                Cell(stamp(one.state_since), num=True),
                Cell(one.reference, link(user, "payment", one.pk), mono=True),
                subject_cell(user, one.subject),
                Cell(euros(one.amount), num=True),
                Cell(euros(one.given), num=True),
                _refund_cell(one, may_give=may_give),
            )
            for one in rows
        ],
        empty=_("Nobody was ever charged twice."),
    )


def _refund_cell(one: Any, *, may_give: bool) -> Cell:
    if one.given >= one.amount.amount:
        return Cell(_("asked for or done"), chip=words.GOOD)
    url = reverse("desk_act_give_back", args=[one.pk]) if may_give else ""
    return Cell(_("to be given back"), url, chip=words.BAD)


def _matters(user: Any, now: Any) -> Table:
    """What Stripe and the books do not say alike, and nobody has explained. Two queries."""
    items = list(DeskItem.objects.filter(kind__in=MATTERS, closed_at=None).order_by("pk")[:MATTERS_SHOWN])
    seconds = {f"charge:{row.stripe_charge}"[:80]: row.pk for row in _seconds(items)}
    return Table(
        label=_("Differences"),
        title=_("Differences"),
        anchor="ecarts",
        columns=columns("#" + _("Since"), _("What"), _("About"), _("In words"), "#" + _("Age"), _("Refund")),
        rows=[
            (
                Cell(stamp(one.opened_at), num=True),
                chip(words.said(words.MIRROR, one.kind.removeprefix("mirror_"))),
                subject_cell(user, one.subject),
                Cell(one.sentence, reverse("desk_item", args=[one.pk]) if may(user, Right.FINANCE_DESK) else ""),
                Cell(age(now - one.opened_at), num=True),
                _second_cell(seconds.get(one.subject), may_give=may(user, Right.REFUND)),
            )
            for one in items
        ],
        empty=_("Nothing to explain."),
    )


def _seconds(items: Sequence[DeskItem]) -> QuerySet[MirrorCharge]:
    """The charges that took money a second time, among these matters."""
    charges = [one.subject.removeprefix("charge:") for one in items if one.kind == "mirror_second"]
    return MirrorCharge.objects.filter(stripe_charge__in=charges)


def _second_cell(key: int | None, *, may_give: bool) -> Cell:
    if key is None:
        return Cell("")
    url = reverse("desk_act_take_over", args=[key]) if may_give else ""
    return Cell(_("to be given back"), url, chip=words.BAD)


def _runs(runs: Sequence[MirrorRun]) -> Table:
    return Table(
        label=_("Mirrors"),
        title=_("Mirrors"),
        columns=columns(
            "#" + _("Until"),
            _("Mirror"),
            _("Status"),
            "#" + _("Ours"),
            "#" + _("Amount"),
            "#" + _("Other products"),
            "#" + _("Learnt here"),
            "#" + _("Differences"),
        ),
        rows=[_run_row(run) for run in runs],
        empty=_("No mirror was held yet: the first one is held next night."),
    )


def _run_row(run: MirrorRun) -> Sequence[Cell]:
    here, listed = reverse("desk_mirror_run", args=[run.pk]), reverse("desk_mirror_charges", args=[run.pk])
    return (
        Cell(stamp(run.until), here, num=True),
        Cell(words.said(words.MIRROR_RUN, run.kind)["word"]),
        _finished(run),
        Cell(run.ours, f"{listed}?etat=ours", num=True),
        Cell(euros(run.ours_amount), f"{listed}?etat=ours", num=True),
        Cell(run.foreign, f"{listed}?etat=foreign", num=True),
        Cell(run.mended, f"{here}#trouve", num=True),
        Cell(run.differences, f"{here}#trouve", num=True),
    )


def _finished(run: MirrorRun) -> Cell:
    if run.finished_at is None:
        return Cell(_("going on"), chip=words.WAIT)
    return Cell(_("finished"), chip=words.BAD if run.differences else words.GOOD)


@desk(Right.LEDGER)
def run(request: HttpRequest, key: int) -> HttpResponse:
    """One mirror: its period, its figures, and each difference that it found, as it was then."""
    user = request.user
    one = get_object_or_404(MirrorRun, pk=key)
    listed = reverse("desk_mirror_charges", args=[one.pk])
    found = list(MirrorDifference.objects.filter(run=one).select_related("payment").order_by("pk")[:200])
    state = _finished(one)
    detail = Detail(
        kind=_("Mirror"),
        name=f"{words.said(words.MIRROR_RUN, one.kind)['word']}, {stamp(one.until)}",
        crumbs=((_("Mirror of Stripe"), reverse("desk_mirror")),),
        facts=[
            Fact(_("Status"), state.text, chip=state.chip),
            Fact(_("Charges from"), stamp(one.since)),
            Fact(_("Charges until"), stamp(one.until)),
            Fact(_("Begun"), stamp(one.started_at)),
            Fact(_("Finished"), stamp(one.finished_at)),
            Fact(_("Ours"), f"{one.ours}, {euros(one.ours_amount)}", f"{listed}?etat=ours"),
            Fact(_("Other products"), f"{one.foreign}, {euros(one.foreign_amount)}", f"{listed}?etat=foreign"),
            Fact(_("Learnt here"), one.mended, "#trouve"),
            Fact(_("Differences"), one.differences, "#trouve"),
        ],
        tables=[
            Table(
                label=_("Found"),
                title=_("Found"),
                anchor="trouve",
                columns=columns(_("What"), _("About"), "#" + _("At Stripe"), "#" + _("In the books"), "#" + _("Seen")),
                rows=[
                    (
                        chip(words.said(words.MIRROR, row.kind)),
                        subject_cell(user, row.subject),
                        Cell(_sum(row.at_stripe), num=True),
                        Cell(_sum(row.in_books), num=True),
                        Cell(stamp(row.at), num=True),
                    )
                    for row in found
                ],
                empty=_("Nothing to explain."),
            )
        ],
    )
    return show(request, detail)


def _sum(amount: Any) -> str:
    return "" if amount is None else euros(amount)


@desk(Right.LEDGER)
def charges(request: HttpRequest, key: int) -> HttpResponse:
    """The successful charges of a mirror's period, as Stripe shows them now; ours, or those of other products."""
    one = get_object_or_404(MirrorRun, pk=key)
    whose = request.GET.get("etat", "")
    wanted = {"ours": Q(ours=True), "foreign": Q(ours=False)}.get(whose, Q())

    def row(charge: MirrorCharge) -> Sequence[Cell]:
        payment: Payment | None = charge.payment
        return (
            Cell(charge.stripe_charge, mono=True, tight=True),
            Cell(stamp(charge.created), num=True),
            Cell(
                payment.reference if payment else charge.reference,
                link(request.user, "payment", charge.payment_id),
                mono=True,
            ),
            Cell(_("ours") if charge.ours else _("another product"), chip=words.NONE),
            Cell(euros(charge.amount) if charge.currency == "eur" else charge.currency.upper(), num=True),
            Cell(euros(charge.refunded), num=True),
        )

    return show_list(
        request,
        title=_("Charges at Stripe until %(until)s") % {"until": stamp(one.until)},
        rows=MirrorCharge.objects.filter(wanted, created__gte=one.since, created__lt=one.until).select_related(
            "payment"
        ),
        columns=columns(
            _("Charge"), "#" + _("Created"), _("Payment"), _("Whose"), "#" + _("Amount"), "#" + _("Given back")
        ),
        row=row,
        facts={"states": [("ours", _("ours")), ("foreign", _("other products"))], "state": whose},
    )
