"""Past issues sold one by one, at the desks: the list of them, and what stands of them on the page of their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.models import Act
from shop.backoffice import lists, words
from shop.backoffice.doors import desk
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table, chip
from shop.templatetags.french import euros, issue_number, short_day, stamp
from subscriptions.models import Order, SoldIssue
from subscriptions.singles.giving_one_back import VERB, subject_of

State = SoldIssue.State


@desk(Right.CLAIMS)
def singles(request: HttpRequest) -> HttpResponse:
    """Every line of every order of past issues, the newest first: which issue, how many, where it stands."""

    def row(one: SoldIssue) -> Sequence[Cell]:
        here = link(request.user, "order", one.order_id)
        return (
            Cell(one.order.reference, here, mono=True, tight=True),
            Cell(stamp(one.order.placed_at), num=True),
            Cell(issue_number(one.issue.printed)),
            Cell(one.copies, num=True),
            chip(words.said(words.SOLD_ISSUE, one.state), f"{here}#numeros" if here else ""),
            Cell(words.said(words.ORDER, one.order.state)["word"]),
            Cell(_("sent again") if one.replaces_id else "", here),
        )

    return lists.show(
        request,
        title=_("Past issues sold"),
        rows=SoldIssue.objects.select_related("order", "issue"),
        columns=columns(
            _("Order"), "#" + _("Placed"), _("Issue"), "#" + _("Copies"), _("Status"), _("Order"), _("Sent again"),
        ),
        row=row,
        states=words.SOLD_ISSUE,
        facts={"acts": acts_for(request.user, (Right.STOCK, _("Back issues"), "desk_stock", 0))},
    )  # fmt: skip


def sold_table(user: Any, order: Order) -> list[Table]:
    """The issues of an order of past issues, each with every step it took; nothing for another order. Three queries."""
    rows = list(
        SoldIssue.objects.filter(order=order)
        .select_related("issue")
        .prefetch_related("movements", "dispatches__run")
        .order_by("pk")
    )
    if not rows:
        return []
    acts = Act.objects.filter(subject__in=[subject_of(one) for one in rows], verb=VERB)
    given = set(acts.values_list("subject", flat=True))
    return [
        Table(
            label=_("Past issues"),
            title=_("Past issues"),
            anchor="numeros",
            columns=columns(
                _("Issue"),
                "#" + _("Copies"),
                "#" + _("Amount"),
                _("Status"),
                _("Steps"),
                _("File"),
                _("Sent again"),
                _("Given back"),
            ),
            rows=[
                (
                    Cell(issue_number(one.issue.printed)),
                    Cell(one.copies, num=True),
                    Cell(euros(one.amount), num=True),
                    chip(words.said(words.SOLD_ISSUE, one.state)),
                    Cell(
                        ", ".join(f"{words.SOLD_STEP[step.kind]} {short_day(step.on)}" for step in one.movements.all())
                    ),
                    _file(user, one),
                    _again(user, one, rows),
                    _back(user, one, given),
                )
                for one in rows
            ],
        )
    ]


def _file(user: Any, one: SoldIssue) -> Cell:
    line = next(iter(one.dispatches.all()), None)
    return Cell(f"v{line.run.sequence}", link(user, "run", line.run_id)) if line is not None else Cell("")


def _again(user: Any, one: SoldIssue, rows: Sequence[SoldIssue]) -> Cell:
    """Whether it was sent again, or the way to do so."""
    if any(other.replaces_id == one.pk for other in rows):
        return Cell(_("yes"))
    if one.state != State.SERVED or not may(user, Right.CLAIMS):
        return Cell("")
    return Cell(_("send it again"), reverse("desk_act_replace_sold", args=[one.pk]))


def _back(user: Any, one: SoldIssue, given: set[str]) -> Cell:
    """Whether its price went back by itself, or the way to do so."""
    if subject_of(one) in given:
        return Cell(_("yes"))
    if one.state != State.SERVED or one.replaces_id is not None or not may(user, Right.REFUND):
        return Cell("")
    return Cell(_("give it back"), reverse("desk_act_refund_sold", args=[one.pk]))
