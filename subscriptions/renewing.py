"""Renewing by choice: what a paid order makes of the subscription that it prolongs, beside its new term.

The subscription goes on as the reader chose on that order: formula, automatic or not, by which means, at which address.
What the reader said later, by another order or by turning automatic renewal on or off, stands (STOPPED): an order may be
paid days after it was placed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Max

from payments.actors import Actor
from payments.days import paris_day
from payments.models import Payment
from subscriptions.models import (
    AddressChange,
    Consent,
    HandOver,
    Offer,
    Order,
    Renewal,
    RenewalChoice,
    Subscription,
    Term,
)
from subscriptions.moving import move
from subscriptions.moving_house import send_to
from subscriptions.orders.names import recipient_name
from subscriptions.prolonging import Held, held_of
from subscriptions.renewals import moving as renewals
from subscriptions.renewals.cancelling import cancel
from subscriptions.renewals.planning import replan

if TYPE_CHECKING:
    from subscriptions.opening import Opened

State = Subscription.State
BECAUSE = "renewed by choice"
#: Renewals that wait for the reader and nobody else: a term chosen by order is what they waited for.
WAITING = frozenset({Renewal.State.MANUAL, Renewal.State.AWAITING_READER})


def lock_prolonged(orders: Iterable[Order]) -> dict[int, Held]:
    """The subscriptions that these orders prolong, locked, with what each has promised; by primary key.

    One that can no longer be prolonged is left out: its order opens a new one. Lock order: open renewals, then
    subscriptions, each by id. Three queries, none if nothing is prolonged.
    """
    keys = {order.renews_id for order in orders if order.renews_id is not None}
    if not keys:
        return {}
    list(_open_renewals(keys))
    locked = list(
        Subscription.objects.select_for_update(of=("self",), no_key=True)
        .select_related("recipient__address")
        .filter(pk__in=keys)
        .order_by("pk")
    )
    return held_of(locked)


def renew(opened: Sequence[Opened], *, actor: Actor, at: datetime) -> None:
    """Let each subscription follow the order that prolonged it; its copies are granted already.

    Side effects: formula, mode, payer and means of the subscription with the choice that is kept as evidence; lapsed or in
    grace → active; its open renewal paid or cancelled, and the year after planned anew; the address of the order, where it differs, as a move of house.
    Queries grow with the number of moves and open renewals alone.
    """
    if not opened:
        return
    _follow_choices(opened, actor=actor, at=at)
    asleep = {one.subscription.pk: one.subscription for one in opened if one.subscription.state != State.ACTIVE}
    if asleep:
        move(list(asleep.values()), State.ACTIVE, actor=actor, at=at, reason=BECAUSE)
    _close_renewals(opened, actor=actor, at=at)
    _follow_addresses(opened, actor=actor, at=at)
    replan(sorted({one.subscription.pk for one in opened}), on=paris_day(at), at=at, actor=actor)


def _follow_addresses(opened: Sequence[Opened], *, actor: Actor, at: datetime) -> None:
    """The copies go where the latest order says, unless the reader has moved house since, or another one receives them."""
    recipients = {one.subscription.recipient_id: one.subscription.recipient for one in opened}
    handed = HandOver.objects.filter(new_recipient__in=recipients).values_list("new_recipient").annotate(Max("at"))
    moved = dict(handed)
    moves = AddressChange.objects.filter(recipient__in=recipients).values_list("recipient").annotate(Max("at"))
    for key, when in moves:
        moved[key] = max(when, moved.get(key, when))
    for one in sorted(opened, key=lambda one: (one.order.placed_at, one.order.pk)):
        order, recipient = one.order, recipients[one.subscription.recipient_id]
        since = moved.get(recipient.pk)
        if recipient.address.lines == order.delivery.lines or (since is not None and since > order.placed_at):
            continue
        reason = f"order {order.reference}"
        send_to(recipient, order.delivery, name=recipient_name(order), actor=actor, reason=reason, at=at)


def _follow_choices(opened: Sequence[Opened], *, actor: Actor, at: datetime) -> None:
    subscriptions = {one.subscription.pk: one.subscription for one in opened}
    latest = _latest_choices(subscriptions)
    mandates = dict(
        Consent.objects.filter(
            order__in=[one.order.pk for one in opened], matter=Consent.Matter.MANDATE, given=True
        ).values_list("order", "pk")
    )
    choices = []
    for one in sorted(opened, key=lambda one: (one.order.placed_at, one.order.pk)):
        subscription, order = one.subscription, one.order
        if order.placed_at < latest[subscription.pk]:
            continue
        if subscription.renewal != order.offer.renewal:
            choices.append(
                RenewalChoice(
                    subscription=subscription,
                    automatic=order.offer.renewal == Offer.Renewal.AUTOMATIC,
                    consent_id=mandates.get(order.pk),
                    actor=str(actor),
                    reason=f"order {order.reference}",
                    at=order.placed_at,  # when the reader chose
                )
            )
        subscription.renewal, subscription.offer = order.offer.renewal, order.offer
        subscription.saved_method = one.payment.saved_method if one.payment else None
        subscription.payer_id, subscription.on_invoice = order.customer_id, one.payment is None
        if one.payment is None:
            agency = order.purchase_order.agency
            subscription.agency_id = agency.customer_id if agency else None
    RenewalChoice.objects.bulk_create(choices)
    Subscription.objects.bulk_update(
        subscriptions.values(), ["renewal", "offer", "saved_method", "payer", "on_invoice", "agency"]
    )


def _latest_choices(subscriptions: Iterable[int]) -> dict[int, datetime]:
    """When it was last said how each goes on: by an order that opened a term, by a choice, by another payer's coming."""
    keys = list(subscriptions)
    said = list(
        Term.objects.filter(subscription__in=keys).values_list("subscription").annotate(Max("order__placed_at"))
    )
    said += RenewalChoice.objects.filter(subscription__in=keys).values_list("subscription").annotate(Max("at"))
    payers = HandOver.objects.filter(subscription__in=keys, new_payer__isnull=False)
    said += payers.values_list("subscription").annotate(Max("at"))
    latest: dict[int, datetime] = {}
    for key, when in said:
        if when is not None:
            latest[key] = max(when, latest.get(key, when))
    return latest


def _open_renewals(subscriptions: Iterable[int]) -> Iterable[Renewal]:
    return (
        Renewal.objects.select_for_update(no_key=True)
        .filter(subscription__in=subscriptions)
        .exclude(state__in=renewals.OVER)
        .order_by("pk")
    )


def _close_renewals(opened: Sequence[Opened], *, actor: Actor, at: datetime) -> None:
    """The plan to add a term that the reader has now bought: paid if it only waited for them, else cancelled.

    Money on its way for it is not stopped here: `cancel` leaves such a renewal alone, and what comes is surplus.
    """
    terms = {one.term.subscription_id: one.term for one in reversed(opened)}
    for renewal in _open_renewals(terms):
        term = terms[renewal.subscription_id]
        coming = Payment.objects.filter(subject=renewal.subject, is_open=True)
        if renewal.state in WAITING and renewal.number == term.number and not coming.exists():
            renewal.term = term
            renewals.move([renewal], Renewal.State.PAID, actor=actor, at=at, reason=BECAUSE)
        else:
            cancel(renewal.subscription_id, actor=actor, at=at, reason=BECAUSE)
