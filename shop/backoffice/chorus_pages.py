"""Chorus Pro at the desks: what is to be deposited and since when, where each invoice of a public body stands, the file."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.chorus.depositing import archive, to_deposit
from payments.chorus.moving import TRANSITIONS
from payments.days import paris_day
from payments.models import ChorusDeposit
from shop.backoffice import words
from shop.backoffice.ages import age
from shop.backoffice.doors import desk, gone
from shop.backoffice.links import link
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show, why
from shop.backoffice.tables import Cell, Detail, Fact, chip
from shop.templatetags.french import euros, short_day

State = ChorusDeposit.State
OVER = (State.PAID, State.NOT_NEEDED)


@desk(Right.CHORUS)
def deposits(request: HttpRequest) -> HttpResponse:
    """Invoices and credit notes of public bodies that are not over, the oldest first."""
    on = paris_day(timezone.now())

    def row(one: ChorusDeposit) -> Sequence[Cell]:
        bill, here = one.invoice, link(request.user, "chorus", one.pk)
        waits = one.state not in OVER
        return (
            Cell(bill.reference, here, mono=True, tight=True),
            Cell(short_day(bill.issued_on), num=True),
            chip(words.said(words.CHORUS, one.state), here + "#pourquoi"),
            Cell(age(on - bill.issued_on) if waits and bill.issued_on < on else "", num=True),
            Cell(bill.buyer_name, link(request.user, "customer", bill.customer_id)),
            Cell(bill.buyer_siret, mono=True, chip=None if bill.buyer_siret else words.BAD),
            Cell(bill.buyer_service_code, mono=True),
            Cell(bill.engagement_number, mono=True),
            Cell(one.chorus_number, mono=True),
            Cell(euros(bill.total_ttc), num=True),
        )

    rows = ChorusDeposit.objects.select_related("invoice")
    if request.GET.get("etat") not in words.CHORUS:
        rows = rows.exclude(state__in=OVER)
    return show_list(
        request,
        title=_("Chorus Pro"),
        rows=rows,
        columns=columns(
            _("Invoice"), "#" + _("Issued"), _("Status"), "#" + _("Age"), _("Buyer"), "SIRET", _("Service code"),
            _("Purchase order"), _("Number at Chorus Pro"), "#" + _("Amount"),
        ),
        row=row,
        states=words.CHORUS,
        since="state_since",
        order="pk",
        facts={
            "all_word": _("not over"),
            "note": _("Deposit the file at the portal, then note here what became of each invoice."),
            "acts": acts_for(request.user, (Right.CHORUS, _("File to deposit"), "desk_chorus_file", 0), (Right.CHORUS, _("Note many steps"), "desk_act_chorus_list", 0)),
        },
    )  # fmt: skip


@desk(Right.CHORUS)
def deposit(request: HttpRequest, key: int) -> HttpResponse:
    """One of them: what Chorus Pro wants of it, and the steps that were noted."""
    one = get_object_or_404(ChorusDeposit.objects.select_related("invoice__original"), pk=key)
    bill, user, said = one.invoice, request.user, words.said(words.CHORUS, one.state)
    detail = Detail(
        kind=_("Chorus Pro"),
        name=bill.reference,
        crumbs=((_("Chorus Pro"), reverse("desk_chorus")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Invoice"), bill.reference, link(user, "invoice", bill.pk), mono=True),
            Fact(_("Issued"), short_day(bill.issued_on)),
            Fact(pgettext("invoice", "Due"), short_day(bill.due_on)),
            Fact(_("Amount"), euros(bill.total_ttc)),
            Fact(_("Buyer"), bill.buyer_name, link(user, "customer", bill.customer_id)),
            Fact("SIRET", bill.buyer_siret or _("missing: Chorus Pro refuses it"),
                 chip=None if bill.buyer_siret else words.BAD, mono=bool(bill.buyer_siret)),
            Fact(_("Service code"), bill.buyer_service_code, mono=True),
            Fact(_("Purchase order"), bill.engagement_number, mono=True),
            Fact(_("Number at Chorus Pro"), one.chorus_number, mono=True),
        ],
        whys=[why(user, one.events.all(), words.CHORUS)],
        tables=[matters_of(user, [one.subject]), acts_on(user, [one.subject])],
        acts=acts_for(user, (Right.CHORUS, _("Note a step"), "desk_act_chorus", one.pk))
        if TRANSITIONS[one.state]
        else [],
    )  # fmt: skip
    return show(request, detail)


@desk(Right.CHORUS)
def file(request: HttpRequest) -> HttpResponse:
    """The PDFs of what is to be deposited, in a ZIP as the portal takes it."""
    at = timezone.now()
    waiting = to_deposit()
    if not waiting:
        return gone(request, what=_("an invoice to deposit"))
    answer = HttpResponse(archive(waiting, at=at), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="CHORUS_{paris_day(at):%Y%m%d}.zip"'
    return answer
