"""The reader pays a renewal on the hosted page: same renewal, same term, no second charge; and where that stands, truly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from payments import gateway
from payments.actors import Actor, job
from payments.charging import intend
from payments.looking_up import look_up
from payments.methods import payer_account
from payments.models import Payment
from payments.off_session import close
from subscriptions.beginning import calendars
from subscriptions.buyers import nobody_to_name
from subscriptions.calendar import numbers_from
from subscriptions.models import Renewal
from subscriptions.offers.catalogue import dates_of
from subscriptions.prolonging import next_issue, promised_by
from subscriptions.renewals.calendar import next_term
from subscriptions.renewals.charging import description, say_nobody_to_name
from subscriptions.renewals.locking import lock
from subscriptions.renewals.outcomes import PURPOSE, said_no
from subscriptions.renewals.tries import lapse_day, tries_of

State = Renewal.State
#: States in which the reader may pay by themself. What is being charged is not paid a second time.
PAYABLE = frozenset({State.ANNOUNCED, State.DUE, State.RETRYING, State.AWAITING_READER, State.MANUAL})
ASK_AGAIN_AFTER = timedelta(seconds=3)


class Situation(StrEnum):
    """What the reader is told of a renewal."""

    PAID = "paid"
    ON_ITS_WAY = "on_its_way"
    NOT_YET_KNOWN = "not_yet_known"
    REFUSED = "refused"
    OPEN = "open"
    NOT_YET = "not_yet"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    SURPLUS = "surplus"


class CannotPay(ValidationError):
    """The renewal cannot be paid just now; the page itself says why."""


class StillOpen(ValidationError):
    """What is open for the same term could not be closed because Stripe does not answer; nothing was begun."""

    def __init__(self) -> None:
        super().__init__(
            _("The payment service does not answer just now. Nothing was charged; please try again in a minute."),
            code="still_open",
        )


@dataclass(frozen=True, slots=True)
class Offered:
    """What the page offers: the next term with its dates and issues, where it goes, until when it can be paid."""

    starts_on: date
    ends_on: date
    copies: int
    first_number: str | None
    lapses_on: date
    address: Sequence[str]


def begin(renewal: Renewal, *, actor: Actor, at: datetime) -> Payment:
    """The one open payment of this renewal by the hosted page, begun now or before; network outside transactions.

    A page that is open already is the same page, however many tabs ask. A charge that waits for the reader's bank is
    cancelled at Stripe first, so that it can never be confirmed beside this one. Raises CannotPay when the renewal is
    over, or its money is on its way; StillOpen when Stripe does not answer.
    """
    if nobody_to_name([renewal.subscription]):
        say_nobody_to_name([renewal], at=at)
        raise CannotPay(_("This year cannot be paid here yet. Please write to us: we need your name."), code="unnamed")
    for _attempt in range(3):
        open_now = open_payment(renewal)
        if open_now is not None:
            if _leads_to_page(open_now, at=at):
                return open_now
            if not _closed(open_now, actor=actor, at=at):
                raise CannotPay(_("A payment for this year is on its way: there is nothing to pay."), code="coming")
        try:
            return _write(renewal, actor=actor, at=at)
        except IntegrityError:
            continue  # another tab was first: look again
    raise StillOpen


def open_payment(renewal: Renewal) -> Payment | None:
    """The payment by which money may still come for this term; one at most (the database sees to it)."""
    payments = Payment.objects.select_related("payer_account").filter(subject=renewal.subject, is_open=True)
    return payments.first()


def last_payment(renewal: Renewal) -> Payment | None:
    """The paying payment of this term, else the open one, else the latest."""
    payments = list(Payment.objects.select_related("payer_account", "saved_method").filter(subject=renewal.subject))
    if not payments:
        return None
    return max(
        payments, key=lambda one: (one.state == Payment.State.SUCCEEDED and not one.surplus, one.is_open, one.pk)
    )


def _leads_to_page(payment: Payment, *, at: datetime) -> bool:
    waits = payment.state in (Payment.State.CREATED, Payment.State.UNKNOWN, Payment.State.DECLINED)
    lasts = payment.checkout_expires_at is not None and payment.checkout_expires_at > at
    return payment.way == Payment.Way.CHECKOUT and waits and lasts


def _closed(payment: Payment, *, actor: Actor, at: datetime) -> bool:
    try:
        return not close(payment, actor=actor, at=at).is_open
    except gateway.GatewayFault:
        raise StillOpen from None


@transaction.atomic
def _write(renewal: Renewal, *, actor: Actor, at: datetime) -> Payment:
    """The payment's row, under the renewal's lock, so that nobody charges the card in the same instant."""
    [locked] = lock(Renewal.objects.filter(pk=renewal.pk))
    subscription = locked.subscription
    if locked.state not in PAYABLE or said_no(subscription) or subscription.payer is None:
        raise CannotPay(_("There is nothing to pay any more."), code="over")
    return intend(
        purpose=PURPOSE,
        subject=locked.subject,
        amount=locked.amount,
        description=description(locked),
        customer=subscription.payer,
        account=payer_account(f"customer:{subscription.payer_id}", customer=subscription.payer, at=at),
        save_method=True,
        actor=actor,
        at=at,
    )


def offered(renewal: Renewal, *, on: date) -> Offered:
    """What would be paid for, as the page shows it. Four queries."""
    subscription = renewal.subscription
    before = promised_by([subscription])[subscription.pk]
    issues = calendars({subscription.magazine_id})[subscription.magazine_id]
    first = next_issue(before, map(dates_of, issues), on=on, goes_on=True)
    starts = before.starts if renewal.term_id is None else before.starts[:-1]
    dates = next_term(starts, renewal.renews_on)
    return Offered(
        starts_on=dates.starts_on,
        ends_on=dates.ends_on,
        copies=subscription.offer.copies,
        first_number=numbers_from(first, issues, 1)[0] if first is not None else None,
        lapses_on=lapse_day(renewal, tries_of([renewal])[renewal.pk]),
        address=subscription.recipient.address.lines,
    )


def follow(renewal: Renewal, *, at: datetime, ask: bool, back: bool = False) -> Situation:
    """Where a renewal stands; with `ask`, Stripe is asked first if we do not know yet (at most every 3 seconds).

    Network only with `ask`, outside a transaction. When Stripe does not answer, what we know is told; but nobody who comes
    `back` from the payment page hears that nothing was debited if Stripe was not asked after that.
    """
    payment = last_payment(renewal)
    if payment is not None and ask and _undecided(payment, at=at):
        try:
            payment = look_up(payment, actor=job("return-page"), at=at)
        except gateway.GatewayFault:
            Payment.objects.filter(pk=payment.pk).update(looked_up_at=at)
    renewal.refresh_from_db(fields=["state", "state_since", "next_try_on", "decline_code", "term"])
    return situation(renewal, payment, asked=not back or payment is None or payment.looked_up_at == at)


def _undecided(payment: Payment, *, at: datetime) -> bool:
    fresh = payment.looked_up_at is None or at - payment.looked_up_at >= ASK_AGAIN_AFTER
    return payment.is_open and fresh and payment.called_at is not None


def situation(renewal: Renewal, payment: Payment | None, *, asked: bool = True) -> Situation:
    """The pure table behind `follow`: the first line that holds decides. `asked`: Stripe knew no more just now."""
    if renewal.state == State.PAID:
        return Situation.PAID
    if payment is not None and payment.state == Payment.State.SUCCEEDED:
        return Situation.SURPLUS if payment.surplus else Situation.NOT_YET_KNOWN
    if renewal.state == State.LAPSED:
        return Situation.LAPSED
    if renewal.state == State.CANCELLED or said_no(renewal.subscription):
        return Situation.CANCELLED
    if payment is not None and payment.state == Payment.State.PROCESSING:
        return Situation.ON_ITS_WAY
    if renewal.state in (State.CHARGING, State.UNRESOLVED):
        return Situation.NOT_YET_KNOWN
    if payment is not None and payment.way == Payment.Way.CHECKOUT:
        led = bool(payment.checkout_session or payment.stripe_intent)
        if led and (payment.state == Payment.State.UNKNOWN or (payment.is_open and not asked)):
            return Situation.NOT_YET_KNOWN
        if payment.state == Payment.State.DECLINED:
            return Situation.REFUSED
    return Situation.OPEN if renewal.state in PAYABLE else Situation.NOT_YET
