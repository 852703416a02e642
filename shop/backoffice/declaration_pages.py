"""Declarations: the list, and one of them with what was declared, what became of it and which contracts may be meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from shop.backoffice import lists, words
from shop.backoffice.doors import desk
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show, why
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table, chip
from shop.templatetags.french import euros, short_day, stamp
from subscriptions.models import Declaration, Notice, Subscription
from subscriptions.notices.declaration_pdf import declaration_pdf
from subscriptions.stopping.effects import GENERAL
from subscriptions.stopping.matching import named

MANY = 10


@desk(Right.DECLARATIONS)
def declarations(request: HttpRequest) -> HttpResponse:
    """Withdrawals and terminations, newest first."""

    def row(one: Declaration) -> Sequence[Cell]:
        here = link(request.user, "declaration", one.pk)
        return (
            Cell(one.reference, here, mono=True, tight=True),
            Cell(stamp(one.received_at), num=True, tight=True),
            Cell(words.DECLARATION_KIND[one.kind]),
            chip(words.said(words.DECLARATION, one.state), here + "#pourquoi"),
            Cell(f"{one.first_name} {one.last_name}".strip()),
            Cell(str(one.subscription or ""), link(request.user, "subscription", one.subscription_id), mono=True),
            Cell(words.said(words.DECLARATION_EFFECT, one.effect)["word"]),
            Cell(short_day(one.refund_due_on), num=True),
        )

    return lists.show(
        request,
        title=_("Declarations"),
        rows=Declaration.objects.select_related("subscription"),
        columns=columns(
            _("Reference"),
            "#" + _("Received"),
            _("Kind"),
            _("Status"),
            _("Reader"),
            _("Subscription"),
            _("What it does"),
            "#" + _("Refund due"),
        ),
        row=row,
        states=words.DECLARATION,
        since="received_at",
    )


@desk(Right.DECLARATIONS)
def declaration(request: HttpRequest, key: int) -> HttpResponse:
    """One declaration: word for word, its chain, its letters, its refund, and the contracts that may be meant."""
    one = get_object_or_404(Declaration.objects.select_related("subscription", "order", "refund", "customer"), pk=key)
    user, said = request.user, words.said(words.DECLARATION, one.state)
    subject = f"declaration:{one.pk}"
    waits = one.state == Declaration.State.ON_DESK
    detail = Detail(
        kind=words.DECLARATION_KIND[one.kind],
        name=one.reference,
        crumbs=((_("Declarations"), reverse("desk_declarations")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Received"), stamp(one.received_at)),
            *(Fact(label, "", lines=value.splitlines()) for label, value in one.content["declared"]),
            Fact(_("Shown before the last click"), one.content["effect"]),
            Fact(_("What it does"), words.said(words.DECLARATION_EFFECT, one.effect)["word"]),
            Fact(_("Takes effect on"), short_day(one.effective_on)),
            Fact(_("Subscription"), str(one.subscription or ""), link(user, "subscription", one.subscription_id)),
            Fact(pgettext("desk", "Order"), str(one.order or ""), link(user, "order", one.order_id)),
            Fact(
                _("Refund"),
                f"{one.refund.reference}, {euros(one.refund.amount)}" if one.refund else "",
                link(user, "refund", one.refund_id),
            ),
            Fact(_("Refund due"), short_day(one.refund_due_on)),
            Fact(_("Signed in as"), one.customer.full_name if one.customer else ""),
            Fact(_("Network address"), one.ip or "", mono=True),
            Fact(_("Hash"), one.sha256, mono=True),
        ],
        whys=[why(user, one.events.all(), words.DECLARATION)],
        tables=[
            *([_candidates(user, one)] if waits else []),
            _letters(user, one),
            matters_of(user, [subject]),
            acts_on(user, [subject]),
        ],
        acts=[
            *(acts_for(user, (Right.STOP, _("Carry it out"), "desk_act_declaration", one.pk)) if waits else []),
            *(acts_for(user, (Right.STOP, _("Settle it otherwise"), "desk_act_settle", one.pk)) if waits else []),
            ActLink(_("Acknowledgement (PDF)"), reverse("desk_declaration_pdf", args=[one.pk])),
        ],
    )
    return show(request, detail)


@desk(Right.DECLARATIONS)
def paper(request: HttpRequest, key: int) -> HttpResponse:
    """The acknowledgement on paper, to be posted to whoever gave no e-mail."""
    one = get_object_or_404(Declaration, pk=key)
    letter = Notice.objects.filter(matter=f"acknowledged:declaration:{one.pk}").first()
    sentence = str(letter.facts.get("sentence", "")) if letter else ""
    answer = HttpResponse(
        declaration_pdf(one, sentence=sentence or one.content["effect"] or GENERAL[one.kind]),
        content_type="application/pdf",
    )
    answer["Content-Disposition"] = f'inline; filename="{one.reference}.pdf"'
    return answer


def candidates(one: Declaration) -> list[Subscription]:
    """Contracts that may be meant: by the numbers written, the e-mail given, the last name. One query."""
    read = named(one.contract)
    meant = Q(number__in=read.numbers) | Q(terms__order__reference__in=read.orders)
    if one.email:
        meant |= Q(payer__email__iexact=one.email) | Q(holder__email__iexact=one.email)
    meant |= Q(payer__last_name__iexact=one.last_name) | Q(payer__organisation__iexact=one.last_name)
    rows = Subscription.objects.filter(meant).select_related("payer", "recipient", "offer").distinct()
    return list(rows.order_by("-pk")[:MANY])


def _candidates(user: Any, one: Declaration) -> Table:
    return Table(
        label=_("Contracts that may be meant"),
        title=_("Contracts that may be meant"),
        columns=columns(_("No."), _("Status"), _("Payer"), _("E-mail"), _("Recipient")),
        rows=[
            (
                Cell(str(row), link(user, "subscription", row.pk), mono=True),
                chip(words.said(words.SUBSCRIPTION, row.state)),
                Cell(row.payer.full_name if row.payer else "", link(user, "customer", row.payer_id)),
                Cell(row.payer.email or "" if row.payer else ""),
                Cell(row.recipient.name),
            )
            for row in candidates(one)
        ],
        empty=_("None by number, e-mail or name: search for the reader."),
    )


def _letters(user: Any, one: Declaration) -> Table:
    matters = [f"{what}:declaration:{one.pk}" for what in ("acknowledged", "declaration_told", "declaration_applied")]
    rows = Notice.objects.filter(matter__in=matters).order_by("pk")
    return Table(
        label=_("Letters"),
        title=_("Letters"),
        columns=columns(_("Letter"), "#" + _("Queued"), _("Status"), _("Way"), _("E-mail")),
        rows=[
            (
                Cell(words.letter_kind(row.kind), link(user, "notice", row.pk)),
                Cell(stamp(row.created_at), num=True),
                chip(words.said(words.LETTER, row.state)),
                Cell(str(words.CHANNEL[row.channel])),
                Cell(row.to_email),
            )
            for row in rows
        ],
        empty=_("No letter was written about it."),
    )
