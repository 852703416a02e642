"""A cheque is handed over: written down once, with what stands on it, and the payment that it pays is received."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from payments import offline
from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.keys import new_reference
from payments.models import Cheque, ChequeEvent, Payment
from payments.money import eur, french
from payments.offline_kinds import Kind, is_offline

#: A cheque is good for one year and eight days from its date (C. mon. fin. L131-32, L131-59): older ones are sent back.
DIGITS = re.compile(r"^[0-9]{4,12}$")


class CannotTake(ValidationError):
    """The cheque cannot be taken so; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is written on a cheque, as it was typed; `amount` in euros."""

    number: str
    bank: str
    drawer: str
    amount: Decimal
    received_on: date


def checked(written: Written, *, on: date, asked: Decimal) -> Written:
    """The same with its number in digits and its words one space apart. Raises CannotTake with a sentence.

    `asked`: what it is to pay, in euros: a cheque is for that, to the cent, or goes back to its drawer.
    """
    number = "".join(written.number.split())
    if not DIGITS.match(number):
        raise CannotTake(_("The number of a cheque is printed at its lower left edge: seven digits."), code="number")
    if written.received_on > on:
        raise CannotTake(_("This day has not come yet: when was the cheque handed over?"), code="future")
    if written.amount != asked:
        raise CannotTake(
            _("The cheque is for %(amount)s, and %(asked)s are asked for: send it back and ask for the right one."),
            code="amount",
            params={"amount": french(eur(written.amount)), "asked": french(eur(asked))},
        )
    bank, drawer = " ".join(written.bank.split()), " ".join(written.drawer.split())
    if not bank or not drawer:
        raise CannotTake(_("Please give the bank and the drawer as they stand on the cheque."), code="empty")
    return Written(number, bank[:60], drawer[:120], written.amount, written.received_on)


def take(payment: Payment, written: Written, *, reason: str, actor: Actor, at: datetime) -> Cheque:
    """A cheque pays what a payment asks for: the payment is received, and what it pays is served at once.

    Joins the caller's transaction. Locks the payment. Raises CannotTake, or CannotReceiveOffline where it is awaited no more.
    """
    if not is_offline(payment) or payment.method_kind != Kind.CHEQUE:
        raise CannotTake(_("This order is not to be paid by cheque."), code="way")
    found = checked(written, on=paris_day(at), asked=payment.amount.amount)
    cheque = write(payment, found, reason=reason, actor=actor, at=at)
    offline.receive(payment.pk, received_on=found.received_on, reason=f"cheque {cheque.reference}", actor=actor, at=at)
    record_act("took a cheque", subject=cheque.subject, actor=actor, at=at, reason=reason)
    return cheque


def write(payment: Payment, found: Written, *, reason: str, actor: Actor, at: datetime) -> Cheque:
    """The row of a cheque that `checked` has seen. Raises CannotTake where it is here already."""
    try:
        with transaction.atomic():
            cheque = Cheque.objects.create(
                reference=new_reference("CHQ"),
                payment=payment,
                number=found.number,
                bank=found.bank,
                drawer=found.drawer,
                amount=found.amount,
                received_on=found.received_on,
                actor=str(actor),
                reason=reason[:300],
                at=at,
                state_since=at,
            )
    except IntegrityError:
        raise already_here(found) from None
    ChequeEvent.objects.create(cheque=cheque, from_state="", to_state=cheque.state, actor=str(actor), at=at)
    return cheque


def already_here(found: Written) -> CannotTake:
    """Why a cheque cannot be written down a second time, naming the first."""
    known = Cheque.objects.filter(number=found.number, bank__iexact=found.bank, amount=found.amount).first()
    if known is None:
        return CannotTake(_("A cheque for this order is here already."), code="order")
    return CannotTake(
        _("Cheque no. %(number)s of %(bank)s is here already, as %(reference)s."),
        code="known",
        params={"number": known.number, "bank": known.bank, "reference": known.reference},
    )
