"""The small tables that pages of the money share: Stripe's events, ledger entries, refunds, lines of the balance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.models import BalanceMovement, LedgerEntry, Refund, StripeEvent
from shop.backoffice import words
from shop.backoffice.links import link
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, Table, chip
from shop.templatetags.french import euros, short_day, stamp


def events_table(user: Any, events: QuerySet[StripeEvent]) -> Table:
    """What Stripe told of something, oldest first. One query."""
    return Table(
        label=_("Stripe events"),
        title=_("Stripe events"),
        columns=columns("#" + _("Received"), _("Type"), _("Status"), _("Why")),
        rows=[
            (
                Cell(stamp(one.received_at), num=True),
                Cell(one.type, link(user, "event", one.pk), mono=True),
                chip(words.said(words.EVENT, one.state)),
                Cell(reason(one.reason)),
            )
            for one in events.order_by("pk")[:100]
        ],
        empty=_("Stripe has told nothing about it yet."),
    )


def entries_table(user: Any, entries: QuerySet[LedgerEntry]) -> Table:
    """What was booked for something. One query."""
    return Table(
        label=_("Ledger"),
        title=_("Ledger"),
        columns=columns("#" + _("Booked"), _("Journal"), _("Label"), "#" + _("Amount")),
        rows=[
            (
                Cell(short_day(one.booked_on), num=True),
                Cell(one.journal, mono=True),
                Cell(one.label, link(user, "entry", one.pk)),
                Cell(euros(one.sum), num=True),  # type: ignore[attr-defined]
            )
            for one in entries.annotate(sum=Sum("lines__debit")).order_by("pk")[:100]
        ],
        empty=_("Nothing is booked for it yet."),
    )


def refunds_table(user: Any, refunds: Sequence[Refund]) -> Table:
    """Refunds of one payment, whose credit notes are read already."""
    return Table(
        label=_("Refunds"),
        title=_("Refunds"),
        columns=columns(_("Reference"), "#" + _("Asked for"), _("Status"), _("Reason"), "#" + _("Amount")),
        rows=[
            (
                Cell(one.reference, link(user, "refund", one.pk), mono=True),
                Cell(stamp(one.created_at), num=True),
                chip(words.said(words.REFUND, one.state)),
                Cell(reason(one.reason)),
                Cell(euros(one.amount), num=True),
            )
            for one in refunds
        ],
        empty=_("Nothing was given back."),
    )


def movements_table(user: Any, movements: Sequence[BalanceMovement]) -> Table:
    """Lines of Stripe's balance, with their fees, and the payouts that carried them to the bank, which are read already."""
    return Table(
        label=_("Stripe's balance"),
        title=_("Stripe's balance"),
        columns=columns(
            _("Line"), "#" + _("Created"), "#" + _("Amount"), "#" + _("Fee"), "#" + _("Net"), "#" + _("Payout")
        ),
        rows=[
            (
                Cell(one.stripe_id, link(user, "movement", one.pk), mono=True),
                Cell(stamp(one.created), num=True),
                Cell(euros(one.amount), num=True),
                Cell(euros(one.fee), num=True),
                Cell(euros(one.net), num=True),
                Cell(
                    short_day(one.payout.arrives_on) if one.payout else "",
                    link(user, "payout", one.payout_id),
                    num=True,
                ),
            )
            for one in movements
        ],
        empty=_("Stripe has not told its fee yet."),
    )


def readers_table(user: Any, payout_key: int, *, limit: int) -> Table:
    """Whose money a payout carries: each line of it that is about a reader, with the reader. One query."""
    found = list(
        BalanceMovement.objects.filter(payout=payout_key, payment__isnull=False)
        .select_related("payment__customer", "refund")
        .order_by("-created", "-pk")[: limit + 1]
    )
    return Table(
        label=_("Whose money it is"),
        title=_("Whose money it is"),
        anchor="lecteurs",
        columns=columns(_("Reader"), _("Document"), _("Line"), "#" + _("Net")),
        rows=[
            (
                Cell(name_of(one.payment.customer), link(user, "customer", one.payment.customer_id)),
                Cell(one.refund.reference, link(user, "refund", one.refund_id), mono=True)
                if one.refund
                else Cell(one.payment.reference, link(user, "payment", one.payment_id), mono=True),
                Cell(one.stripe_id, link(user, "movement", one.pk), mono=True),
                Cell(euros(one.net), num=True),
            )
            for one in found[:limit]
            if one.payment
        ],
        more_url=reverse("desk_movements") + f"?virement={payout_key}" if len(found) > limit else "",
        empty=_("Its movements were not read yet, or none is about a reader."),
    )


def acts_for(user: Any, *possible: tuple[Right, Any, str, int]) -> list[ActLink]:
    """Those of the possible acts that this person may begin; the key is 0 for one that acts on nothing yet."""
    return [
        ActLink(label, reverse(name, args=[key] if key else []))
        for right, label, name, key in possible
        if may(user, right)
    ]


def name_of(customer: Any) -> str:
    """A reader's name, or their number; "" for nobody."""
    return (customer.full_name or _("reader no. %(key)s") % {"key": customer.pk}) if customer else ""
