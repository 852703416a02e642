"""Putting a reader's name right: on their record, and on the labels that bear it. What was issued keeps its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from payments.actors import Actor
from payments.desk import record_act
from shop.customers.models import Customer
from shop.customers.search import normalised, refresh
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import TypedAddress
from subscriptions.handing_over import CannotHandOver, respelled, spell
from subscriptions.models import Recipient

FIELDS = ("title", "first_name", "last_name", "organisation")


@dataclass(frozen=True, slots=True)
class Relabelled:
    """One label that bears the name, as it would be."""

    recipient: Recipient
    typed: TypedAddress
    label: PostalLabel


def labels_of(customer: Customer, names: Mapping[str, str]) -> list[Relabelled]:
    """The labels on which this reader stands by the name on their record, spelled anew; others are left alone.

    Raises ValidationError with the sentences of the postal check: a name that does not fit is never cut.
    """
    found = []
    in_use = Recipient.objects.filter(customer=customer, subscriptions__isnull=False).distinct()
    for recipient in in_use.select_related("address").order_by("pk"):
        typed = recipient.address.typed
        written = {name: str(typed.get(name, "")) for name in FIELDS}
        same = all(
            normalised(written[name]) == normalised(getattr(customer, name)) for name in ("first_name", "last_name")
        )
        if not typed or not same:
            continue
        changed = {name: names[name] for name in FIELDS if written[name] or name != "organisation"}
        try:
            anew, label = respelled(recipient, **changed)
        except CannotHandOver:
            continue  # an imported address: its label is corrected whole
        if list(label.printed_lines) != list(recipient.address.lines):
            found.append(Relabelled(recipient, anew, label))
    return found


@transaction.atomic
def rename(customer: Customer, names: Mapping[str, str], *, actor: Actor, reason: str, at: datetime) -> int:
    """Spell a reader's name otherwise; returns how many labels follow. One act, one letter per label.

    Raises ValidationError. Invoices, orders and letters as sent keep the name they had.
    """
    locked = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    labels = labels_of(locked, names)
    changed = [name for name in FIELDS if getattr(locked, name) != names[name]]
    for name in changed:
        setattr(locked, name, names[name])
    if changed:
        locked.save(update_fields=changed)
        record_act(
            "corrected a name",
            subject=f"customer:{locked.pk}",
            actor=actor,
            at=at,
            reason=reason,
            facts={"fields": changed, "labels": len(labels)},
        )
    for one in labels:
        spell(one.recipient, one.typed, one.label, actor=actor, reason=reason, at=at)
    refresh([locked.pk])
    return len(labels)
