"""Disputes: is the money of a payment disputed at the bank? One answer for every floor.

While it is, nothing is given back, charged anew or erased (design, section 6). It is disputed until the bank has decided and
that was carried out (`payments.disputing`), and as long as an item about it is open on finance's desk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import CharField
from django.db.models.functions import Cast, Substr
from django.utils.translation import gettext_lazy as _

from payments.models import DeskItem, Dispute, Payment

#: How the kinds of those items begin: they are the events that Stripe tells of (`payments.webhooks.types`).
KIND = "charge.dispute"
SUBJECT = "payment:"
#: Why nothing is given back now, said to whoever asks for it.
NO_REFUND = _("The payment is disputed at the bank: no refund until the dispute has ended.")


def disputed_payments(among: Collection[int] | None = None) -> set[int]:
    """Primary keys of the payments (among these, if given) whose charge is disputed and not settled yet. One query."""
    rows = Dispute.objects.filter(settled_at=None)
    items = DeskItem.objects.filter(kind__startswith=KIND, subject__startswith=SUBJECT, closed_at=None)
    if among is not None:
        rows = rows.filter(payment__in=among)
        items = items.filter(subject__in=[f"{SUBJECT}{key}" for key in among])
    keys = items.values_list(Substr("subject", len(SUBJECT) + 1)).union(
        rows.values_list(Cast("payment", CharField())), all=True
    )
    return {int(key) for (key,) in keys if key.isdecimal()}


def is_disputed(payments: Iterable[Payment]) -> bool:
    """Whether one of these payments is disputed. One query; none for no payments."""
    keys = [one.pk for one in payments]
    return bool(keys and disputed_payments(keys))
