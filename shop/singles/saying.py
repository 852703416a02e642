"""What each past issue of an order has become, in a sentence: on the page of the order, and in the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Exists, Max, OuterRef
from django.utils.translation import gettext as _

from shop.storefront.showing import cover_url
from shop.templatetags.french import day
from subscriptions.disputing import LOST
from subscriptions.models import Order, SoldIssue, SoldIssueMovement

State = SoldIssue.State


def singles_said(order: Order) -> list[dict[str, Any]]:
    """Each issue of one order. Two queries."""
    return singles_of([order])[order.pk]


def singles_of(orders: Sequence[Order]) -> Mapping[int, list[dict[str, Any]]]:
    """Each issue of each order: number, copies, what it cost, the cover, a sentence. Two queries, whatever their number."""
    found: dict[int, list[dict[str, Any]]] = {order.pk: [] for order in orders}
    rows = SoldIssue.objects.filter(order__in=list(found)).select_related("issue").order_by("issue__number", "pk")
    kept = SoldIssueMovement.objects.filter(sold=OuterRef("pk"), kind=SoldIssueMovement.Kind.VOID, reason=LOST)
    for line in rows.annotate(
        posted_on=Max("dispatches__run__posted_on"), said_on=Max("movements__on"), by_bank=Exists(kept)
    ):
        found[line.order_id].append(
            {
                "number": line.issue.printed,
                "copies": line.copies,
                "amount": line.amount.amount,
                "again": line.replaces_id is not None,
                "cover_url": cover_url(line.issue),
                "void": line.state == State.VOID,
                "tone": TONES[State(line.state)],
                "sentence": _sentence(line),
            }
        )
    return found


TONES: Mapping[State, str] = {
    State.RESERVED: "wait",
    State.OWED: "wait",
    State.ASSIGNED: "wait",
    State.HELD: "wait",
    State.SERVED: "good",
    State.VOID: "",
}


def _sentence(line: Any) -> str:
    said = {"date": day(line.posted_on) if line.posted_on else "", "on": day(line.said_on) if line.said_on else ""}
    if line.state == State.SERVED:
        return (_("sent again, posted on %(date)s") if line.replaces_id else _("posted on %(date)s")) % said
    if line.state == State.VOID and line.by_bank:
        return _("cancelled on %(on)s: your bank has given you the payment back") % said
    if line.state == State.VOID and line.replaces_id:
        return _("not sent again: cancelled on %(on)s") % said
    return {
        State.RESERVED: _("reserved while the order can be paid"),
        State.OWED: _("paid, leaves with the next post"),
        State.ASSIGNED: _("being sent: in the file of %(on)s"),
        State.HELD: _("held: your bank disputes the payment"),
        State.VOID: _("cancelled on %(on)s, given back"),
    }[State(line.state)] % said
