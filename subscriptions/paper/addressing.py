"""To which postal address does a letter on paper go?

To that of whoever is written to, and of nobody else: the bill's address of their newest order, else where they receive
their own copies. The recipient of a gift never gets the letters of its payer. Whoever asked for the acknowledgement of a
declaration by post said where to (C. conso D215-2): there, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from textwrap import wrap
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.models import DeskItem
from subscriptions.addresses.layout import LINES, WIDTH
from subscriptions.models import (
    Declaration,
    Gift,
    LostMailbox,
    Notice,
    Order,
    PostalAddress,
    Recipient,
    Subscription,
)

UNADDRESSED = "letter_unaddressed"
#: Letters to whoever receives a gift, who may have no account.
TO_RECIPIENTS = frozenset({"gift_announced", "gift_ending_recipient"})
#: To whoever ordered by post and has received nothing yet: there, where they want it.
AWAITED = "order_awaits_payment"
#: Letters that go to where a declaration asks for them.
ACKNOWLEDGEMENTS = frozenset({"withdrawal_acknowledged", "termination_acknowledged"})


def without_mail(path: str) -> Q:
    """Whose letters go by post: the customers at `path` who have no e-mail address, or a dead one; as a condition."""
    email = f"{path}__email"
    # One list, read once: asked of each row the sweeps of a day would feel it.
    dead = LostMailbox.objects.filter(kind=LostMailbox.Kind.DEAD, ended_at=None).values("email")
    return Q(**{f"{email}__isnull": True}) | Q(**{email: ""}) | Q(**{f"{email}__in": dead})


def by_post_among(keys: Collection[int]) -> set[int]:
    """Of these subscriptions those whose payer is written to on paper. One query."""
    rows = Subscription.objects.filter(without_mail("payer"), pk__in=keys)
    return set(rows.values_list("pk", flat=True))


def addresses_of(notices: Collection[Notice]) -> Mapping[int, PostalAddress]:
    """The postal address of each letter that has one, by the letter's id. Two queries; one more for each sort of
    letter that goes elsewhere, or to a record that was merged.
    """
    customers = {one.customer_id for one in notices if one.customer_id is not None}
    known: dict[int, PostalAddress] = {}
    own = Recipient.objects.filter(customer__in=customers).select_related("address").order_by("pk")
    known |= {row.customer_id: row.address for row in own if row.customer_id and row.address.lines}
    billed = Order.objects.filter(customer__in=customers, billing__isnull=False).select_related("billing")
    known |= {
        row.customer_id: row.billing
        for row in billed.order_by("customer", "-pk").distinct("customer")
        if row.customer_id and row.billing is not None and row.billing.lines
    }
    if customers - known.keys():
        known |= _of_merged(customers - known.keys())
    found = {one.pk: known[one.customer_id] for one in notices if one.customer_id in known}
    found |= _of_gifts([one for one in notices if one.customer_id is None and one.kind in TO_RECIPIENTS])
    ordered = {one.pk: one.facts["order_id"] for one in notices if one.kind == AWAITED and one.pk not in found}
    if ordered:
        first = Order.objects.filter(pk__in=ordered.values(), is_gift=False).select_related("delivery").in_bulk()
        found |= {key: first[order].delivery for key, order in ordered.items() if order in first}
    strangers = {one.pk: one.facts["order_id"] for one in notices if not one.customer_id and "order_id" in one.facts}
    if strangers:
        orders = Order.objects.filter(pk__in=strangers.values(), customer=None).select_related("billing", "delivery")
        by_order = {order.pk: order.billing or order.delivery for order in orders}
        found |= {key: by_order[order] for key, order in strangers.items() if order in by_order}
    return found | _declared(notices)


def _of_merged(customers: Collection[int]) -> dict[int, PostalAddress]:
    """Of records that were merged, the addresses of those into which they were: evidence keeps the old number."""
    people = get_user_model()._default_manager.filter(pk__in=customers, merged_into__isnull=False)
    into = dict(people.values_list("pk", "merged_into"))
    if not into:
        return {}
    there = addresses_of([Notice(pk=key, customer_id=kept) for key, kept in into.items()])
    return {key: there[key] for key in into if key in there}


def _of_gifts(notices: Collection[Notice]) -> dict[int, PostalAddress]:
    """A recipient without an account is written to where their copies go. One query, none without such letters."""
    asked = {one.pk: one.facts["gift_id"] for one in notices}
    if not asked:
        return {}
    gifts = Gift.objects.filter(pk__in=asked.values(), subscription__isnull=False)
    rows = {one.pk: one.subscription for one in gifts.select_related("subscription__recipient__address")}
    where = {key: row.recipient.address for key, row in rows.items() if row is not None and row.recipient.address.lines}
    return {key: where[gift] for key, gift in asked.items() if gift in where}


def _declared(notices: Collection[Notice]) -> dict[int, PostalAddress]:
    """The addresses that declarations name for their acknowledgement, by the letter's id. One query, none without."""
    asked = {one.pk: one.facts["declaration_id"] for one in notices if one.kind in ACKNOWLEDGEMENTS}
    if not asked:
        return {}
    given = Declaration.objects.filter(pk__in=asked.values()).exclude(postal_address="").in_bulk()
    lines = {key: _lines_of(one) for key, one in given.items()}
    return {
        key: PostalAddress(lines=lines[declaration], town=lines[declaration][-1])
        for key, declaration in asked.items()
        if lines.get(declaration)
    }


def _lines_of(declaration: Declaration) -> list[str]:
    """The lines as they were typed, under the name, no longer than the window is wide; none if they do not fit into it."""
    name = f"{declaration.first_name} {declaration.last_name}".strip()
    typed = [line for line in declaration.postal_address.splitlines() if line.strip()]
    if typed and typed[0].strip().casefold() != name.casefold():
        typed = [name, *typed]
    lines = [part for line in typed for part in wrap(line, WIDTH)]
    return lines if len(lines) <= LINES + 1 else []


def say_unaddressed(keys: Collection[int], *, at: datetime) -> int:
    """Put letters on paper that have no address on support's desk; returns how many have none. Safe to repeat.

    Nobody looks for the address of a reader who had their data erased.
    """
    notices = list(Notice.objects.filter(pk__in=keys, customer__erased_on=None))
    known = addresses_of(notices)
    sentences = {f"notice:{one.pk}": _sentence(one) for one in notices if one.pk not in known}
    put_all_on_desk(DeskItem.Desk.SUPPORT, kind=UNADDRESSED, sentences=sentences, at=at)
    return len(sentences)


def forget_addressed(*, actor: Actor, at: datetime) -> int:
    """Close what is said of letters that have an address now, or wait no more; returns how many were closed."""
    there = DeskItem.objects.filter(kind=UNADDRESSED, closed_at=None).values_list("subject", flat=True)
    subjects = {int(subject.partition(":")[2]): subject for subject in there}
    if not subjects:
        return 0
    waiting: Any = list(Notice.objects.filter(pk__in=subjects, state=Notice.State.QUEUED))
    known = addresses_of(waiting)
    gone = [subjects[key] for key in subjects.keys() - ({one.pk for one in waiting} - known.keys())]
    because = _("There is an address now, or nothing is to be posted any more.")
    return take_all_off_desk(kind=UNADDRESSED, subjects=gone, because=because, actor=actor, at=at)


def _sentence(notice: Notice) -> str:
    return _(
        "A letter of kind “%(kind)s” is to be posted and its reader has neither an e-mail address that works nor a postal "
        "address of their own. Find out one of them."
    ) % {"kind": notice.kind}
