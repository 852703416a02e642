"""What nobody has explained yet, from three places on one list: discrepancies with Stripe, lines of the bank, matters of money on
finance's desk; each with its amount, its age and whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.bank.writing import UNEXPLAINED
from payments.disputing import OPENED
from payments.ledger.posting import ZERO
from payments.models import BankLine, DeskItem, Discrepancy, Dispute
from payments.reconciliation.discrepancies import MATTER
from payments.reconciliation.sentences import sentence
from shop.backoffice import words
from shop.backoffice.ages import age
from shop.backoffice.discrepancy_pages import owner_of
from shop.backoffice.links import link
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table
from shop.templatetags.french import euros

#: So many of each kind are shown, the oldest first; each kind has a list of its own.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits for an explanation. `amount`: None where it has none."""

    since: datetime
    what: str
    said: str
    url: str
    amount: Decimal | None
    owner: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """How many there are of each kind, and the oldest of them."""

    discrepancies: int
    lines: int
    left: Decimal
    matters: int
    items: Sequence[Item]


def unmatched(user: Any, now: datetime) -> Unmatched:
    """What is open. Eight queries, each by the index of what is open."""
    open_ = Discrepancy.objects.filter(ended_at=None)
    lines = BankLine.objects.exclude(left=0)
    matters = DeskItem.objects.filter(desk=DeskItem.Desk.FINANCE, closed_at=None).exclude(
        kind__in=(UNEXPLAINED, MATTER, OPENED)  # each has a row of its own
    )
    left = lines.aggregate(n=Count("pk"), sum=Sum("left"))
    items = [*_discrepancies(user, open_), *_lines(user, lines, now), *_matters(user, matters), *_disputes(user)]
    return Unmatched(
        open_.count(), left["n"], left["sum"] or ZERO, matters.count(), sorted(items, key=lambda one: one.since)
    )


def _discrepancies(user: Any, open_: Any) -> Iterator[Item]:
    for one in open_.select_related("movement", "payout", "owner").order_by("found_at", "pk")[:SHOWN]:
        amount = (one.at_stripe or ZERO) - (one.in_books or ZERO)
        yield Item(
            one.found_at, _("discrepancy"), sentence(one), link(user, "discrepancy", one.pk), amount, owner_of(one)
        )


def _lines(user: Any, lines: Any, now: datetime) -> Iterator[Item]:
    found = list(lines.order_by("booked_on", "pk")[:SHOWN])
    waiting = DeskItem.objects.filter(kind=UNEXPLAINED, closed_at=None, subject__in=[one.subject for one in found])
    items = {item.subject: item for item in waiting.select_related("owner")}
    for one in found:
        item = items.get(one.subject)
        text = " ".join(f"{one.counterparty} {one.text}".split())[:120]
        yield Item(
            item.opened_at if item else now,
            _("bank line"),
            text,
            link(user, "bank_line", one.pk),
            one.left,
            _name(item),
        )


def _matters(user: Any, matters: Any) -> Iterator[Item]:
    for one in matters.select_related("owner").order_by("opened_at", "pk")[:SHOWN]:
        yield Item(
            one.opened_at,
            _("matter"),
            words.matter(one.sentence),
            reverse("desk_item", args=[one.pk]),
            None,
            _name(one),
        )


def _disputes(user: Any) -> Iterator[Item]:
    """A dispute is the bank's to decide: it is seen here so that its money is."""
    rows = Dispute.objects.filter(settled_at=None).select_related("payment", "owner").order_by("opened_at", "pk")
    for one in rows[:SHOWN]:
        said = _("The bank of payment %(reference)s contests it.") % {"reference": one.payment.reference}
        yield Item(one.opened_at, _("dispute"), said, link(user, "dispute", one.pk), one.amount.amount, _name(one))


def _name(item: DeskItem | Dispute | None) -> str:
    owner: Any = item.owner if item else None
    return (owner.full_name or owner.email) if owner else ""


def unmatched_table(user: Any, found: Unmatched, now: datetime) -> Table:
    """All of them, the oldest first."""
    return Table(
        label=_("Nobody has explained it yet"),
        title=_("Nobody has explained it yet"),
        anchor="a-expliquer",
        columns=columns(_("What"), _("In words"), "#" + _("Amount"), "#" + _("Age"), _("Owner")),
        rows=[
            (
                Cell(one.what, one.url),
                Cell(one.said, one.url),
                Cell("" if one.amount is None else euros(one.amount), one.url, num=True),
                Cell(age(now - one.since), num=True),
                Cell(one.owner or _("nobody yet")),
            )
            for one in found.items
        ],
        empty=_("Nothing to explain."),
    )
