"""Orders that come by post and telephone: the same order, payment, term, invoice and entries as from the checkout.

A cheque that came with the order pays it at once: it is received the day it is handed over, and served without waiting for
its bank (law.md 1.5, 6.3). Where it is still to come, or a transfer, the order waits, and a letter says what to pay and where.
The confirmation on a durable medium (C. conso L221-13, law.md 4.3) is the letter of every paid order, on paper where there is
no e-mail address. Nothing renews itself: there is no means of payment to charge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments import offline
from payments.actors import Actor
from payments.cheques import receiving
from payments.cheques.receiving import Written
from payments.desk import record_act
from payments.models import Cheque, Payment
from payments.offline_kinds import Kind
from subscriptions.models import Offer, Order
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.orders.names import person_name
from subscriptions.orders.placing import Wish, place

AWAITED = "order_awaits_payment"


class CannotTakeOrder(ValidationError):
    """The order cannot be taken so; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a letter or a call became; `cheque` is None where its money is still to come."""

    order: Order
    payment: Payment
    cheque: Cheque | None


@transaction.atomic
def take_order(
    wish: Wish, *, by: Kind, cheque: Written | None, form_token: UUID, reason: str, actor: Actor, at: datetime
) -> Taken:
    """Take an order: with the cheque that came with it, in one go; else it waits, and its buyer is written to.

    Once for each form, however often it is sent. `wish.email` may be empty: then the buyer has a record without one, and
    all letters go by post. Raises ValidationError with a sentence, and then nothing was taken: TotalChanged, AlreadyPaid,
    CannotTake, CannotTakeOrder.
    """
    if wish.quote.offer.renewal != Offer.Renewal.FIXED:
        raise CannotTakeOrder(
            _("By post and telephone a year is ordered at a time: please choose the offer without renewal."),
            code="offer",
        )
    if cheque is not None and by != Kind.CHEQUE:
        raise CannotTakeOrder(_("A cheque came with it: it is paid by cheque."), code="way")
    if wish.gift is not None and not wish.email and wish.billing is None:
        raise CannotTakeOrder(
            _("Where does whoever gives get the letters? Please give their e-mail or postal address."), code="giver"
        )
    wish = replace(wish, customer=_buyer(wish, at=at))
    placed = place(wish, form_token=form_token, actor=actor, at=at, by=str(by))
    order, payment = placed.order, placed.payment
    record_act("took an order by post or telephone", subject=order.subject, actor=actor, at=at, reason=reason)
    if cheque is None:
        _say_awaited(order, at=at)
        return Taken(order, payment, None)
    written = _receive(payment, cheque, reason=reason, actor=actor, at=at)
    order.refresh_from_db()
    return Taken(order, payment, written)


@transaction.atomic
def cheque_came(payment_id: int, cheque: Written, *, reason: str, actor: Actor, at: datetime) -> Cheque:
    """The cheque of an order that waited is here: it is paid and served. Raises ValidationError with a sentence."""
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    return _receive(payment, cheque, reason=reason, actor=actor, at=at)


@transaction.atomic
def transfer_came(
    payment_id: int, *, bank_reference: str, received_on: date, reason: str, actor: Actor, at: datetime
) -> Payment:
    """The transfer of an order that waited is on our account: it is paid and served. Raises ValidationError with a sentence."""
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    if payment.method_kind != Kind.TRANSFER:
        raise CannotTakeOrder(_("This order is not to be paid by transfer."), code="way")
    received = offline.receive(
        payment_id, received_on=received_on, reason=f"transfer {bank_reference}", actor=actor, at=at
    )
    record_act("noted the transfer of an order", subject=f"payment:{payment_id}", actor=actor, at=at, reason=reason)
    return received


@transaction.atomic
def give_up(payment_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """Nobody waits for the money of an order any more: it is cancelled, nothing was sent. Raises CannotReceiveOffline."""
    payment = offline.give_up(payment_id, reason=reason, actor=actor, at=at)
    record_act("gave up an order that was not paid", subject=payment.subject, actor=actor, at=at, reason=reason)


def _receive(payment: Payment, cheque: Written, *, reason: str, actor: Actor, at: datetime) -> Cheque:
    written = receiving.take(payment, cheque, reason=reason, actor=actor, at=at)
    payment.refresh_from_db()
    if payment.surplus:
        raise CannotTakeOrder(
            _("No issue is left to begin with, or the order is paid otherwise: send the cheque back."), code="surplus"
        )
    return written


def _buyer(wish: Wish, *, at: datetime) -> Any:
    """The record of whoever pays: the one that was chosen; a new one without an e-mail address, where none was given.

    Whoever has an e-mail address is found by it when the order is paid, as at the checkout.
    """
    if wish.customer is not None or wish.email:
        return wish.customer
    return get_user_model().objects.create(
        email=None,
        password="!",  # noqa: S106  # unusable: readers sign in with a code
        title=wish.title,
        first_name=wish.first_name,
        last_name=wish.last_name,
        organisation=wish.organisation,
        phone=wish.phone,
        language=wish.language,
        created_at=at,
    )


def _say_awaited(order: Order, *, at: datetime) -> None:
    queue(
        [
            NoticeDraft(
                kind=AWAITED,
                matter=f"{AWAITED}:{order.subject}",
                customer_id=order.customer_id,
                to_email=order.email,
                to_name=person_name(order),
                facts={"order_id": order.pk},
                due_at=at,
                created_at=at,
            )
        ]
    )
