"""After a declaration: pages of orders given up are closed, refunds that had to wait leave, deadlines are watched.

All are sweeps over rows that are due; each row is locked and read again before anything is done, so running twice, late
or in two places changes nothing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from djmoney.money import Money

from payments import gateway
from payments.actors import Actor
from payments.charging import close_hosted_page
from payments.desk import put_on_desk, take_off_desk
from payments.disputes import is_disputed
from payments.models import DeskItem, Dispute, Payment, Refund, Transfer
from payments.money import eur, french
from payments.transfers.moving import LEFT
from subscriptions.disputes import disputed_among
from subscriptions.losses.holding import release_after_withdrawal
from subscriptions.models import Declaration, SoldIssue, Subscription, Term
from subscriptions.singles.giving_back import CannotTakeBack
from subscriptions.stopping.effects import WAITING, Code
from subscriptions.stopping.given_up import open_pages
from subscriptions.stopping.late import interest, uplift
from subscriptions.stopping.moving import remember_refund, waits_no_more
from subscriptions.stopping.reading import contract_of
from subscriptions.stopping.terminating import end_today
from subscriptions.stopping.withdrawing import (
    CANNOT,
    cancel_singles,
    leave_to_finance,
    must_wait,
    stop_for_withdrawal,
    terms_undone,
)
from subscriptions.transferring import has_left, has_left_for

log = structlog.get_logger(__name__)
#: Alarms so many days before a refund is due: for a withdrawal, seven and twelve days after it was received.
ALARM_DAYS_BEFORE = (7, 2)
ALARMS = tuple(f"refund_due_in_{days}" for days in ALARM_DAYS_BEFORE)
OVERDUE, UPLIFT = "refund_overdue", "refund_uplift"
# Given back so long ago, a refund needs no further look.
LOOK_BACK = timedelta(days=400)


def close_pages(*, actor: Actor, at: datetime, limit: int) -> int:
    """Close the payment pages of orders given up; returns how many are closed. Network, outside a transaction.

    Where Stripe does not answer the next round asks again; money that comes in between goes back by itself.
    """
    closed = 0
    for payment in open_pages(at=at, limit=limit):
        closed += close_page(payment, actor=actor, at=at)
    return closed


def close_page(payment: Payment, *, actor: Actor, at: datetime) -> bool:
    """Close one page; False if Stripe did not answer."""
    try:
        return not close_hosted_page(payment, actor=actor, at=at).is_open
    except gateway.GatewayFault as fault:
        log.warning("page_not_closed", payment=payment.reference, fault=type(fault).__name__)
        return False


def give_back_waiting(*, actor: Actor, at: datetime, limit: int) -> int:
    """Send on their way the refunds that had to wait for a file or a dispute, once nothing stands in their way.

    `limit` counts what was done: a dispute takes months, and those that still wait must not keep the others from leaving.
    One that cannot be prepared is left to finance.
    """
    waiting = Declaration.objects.filter(effect__in=WAITING, refund=None, subscription__isnull=False).exclude(
        subscription__state=Subscription.State.ENDED
    )
    rows = list(waiting.order_by("received_at", "pk").values_list("pk", "subscription"))
    disputed = disputed_among() if rows else set()
    done = 0
    for key, subscription in rows:
        if done == limit:
            break
        if subscription in disputed:
            continue
        try:
            done += _give_back(key, actor=actor, at=at)
        except CANNOT:
            leave_to_finance(Declaration.objects.get(pk=key), at=at)
    return done + _take_back_singles(actor=actor, at=at, limit=limit - done)


def _take_back_singles(*, actor: Actor, at: datetime, limit: int) -> int:
    """Past issues that were cancelled while the bank disputed their payment: they stay, and their price goes back."""
    held = SoldIssue.objects.filter(state=SoldIssue.State.HELD, replaces=None)
    waiting = Declaration.objects.filter(
        effect=Code.SINGLE_WAITS, refund=None, state=Declaration.State.APPLIED, order__in=held.values("order")
    )
    done = 0
    for key in waiting.order_by("received_at", "pk").values_list("pk", flat=True):
        if done == limit:
            break
        try:
            done += _take_back_single(key, actor=actor, at=at)
        except (*CANNOT, CannotTakeBack):
            leave_to_finance(Declaration.objects.get(pk=key), at=at)
    return done


@transaction.atomic
def _take_back_single(key: int, *, actor: Actor, at: datetime) -> bool:
    contract = contract_of(order=Declaration.objects.values_list("order", flat=True).get(pk=key), lock=True)
    declaration = Declaration.objects.select_for_update(no_key=True).get(pk=key)
    held = SoldIssue.objects.filter(order=contract.wish, state=SoldIssue.State.HELD, replaces=None)
    paying = [one for one in contract.payments if not one.surplus]
    if declaration.refund_id is not None or is_disputed(paying) or not held.exists():
        return False
    declaration.refund = cancel_singles(contract, declaration, actor=actor, at=at)
    remember_refund(declaration)
    return True


@transaction.atomic
def _give_back(key: int, *, actor: Actor, at: datetime) -> bool:
    subscription = Declaration.objects.values_list("subscription", flat=True).get(pk=key)
    contract = contract_of(subscription=subscription, lock=True)
    declaration = Declaration.objects.select_for_update(no_key=True).get(pk=key)
    if declaration.refund_id is not None or contract.subscription is None:
        return False
    if contract.subscription.state == Subscription.State.ENDED:
        return False
    if declaration.effect == Code.WITHDRAWN_WAITS:
        if must_wait(contract, declaration):
            return False
        if not terms_undone(contract, declaration):
            waits_no_more(declaration)
            release_after_withdrawal(contract.subscription, actor=actor, at=at)
            return True
        declaration.refund = stop_for_withdrawal(contract, declaration, actor=actor, at=at)
        if declaration.refund is None and terms_undone(contract_of(subscription=subscription), declaration):
            return False
        if declaration.refund is None:
            # It goes by transfer, or nothing was paid.
            waits_no_more(declaration)
    else:
        if is_disputed(contract.money):
            return False
        reason = f"résiliation {declaration.reference}"
        given = end_today(contract, actor=actor, at=at, reason=reason, declaration=declaration)
        declaration.refund = next((one.refund for one in given if one.refund is not None), None)
    remember_refund(declaration)
    release_after_withdrawal(contract.subscription, actor=actor, at=at)
    return True


def watch_deadlines(*, on: date, actor: Actor, at: datetime) -> int:
    """Put on finance's desk what must be given back soon and is not yet; take off what was. Returns how many are late.

    Seven and two days before the last day, then when it is over. What was given back after it shows the uplift of
    C. conso L242-4 (L241-3 for a renewal without notice), which a person pays.
    """
    overdue = 0
    for declaration, due_on in _due(on=on):
        if refunded(declaration):
            _close(declaration, actor=actor, at=at)
            continue
        days = (due_on - on).days
        for alarm, before in zip(ALARMS, ALARM_DAYS_BEFORE, strict=True):
            if days <= before:
                _alarm(declaration, alarm, _sentence(declaration, days, due_on=due_on), at=at)
        if days < 0:
            overdue += 1
            _alarm(declaration, OVERDUE, _overdue_sentence(declaration, due_on=due_on, on=on), at=at)
    for declaration in _given_back_late(on=on):
        refund, last_day = declaration.refund, declaration.refund_due_on
        if refund is not None and last_day is not None:
            paid_on = refund.refunded_on or last_day
            sentence = _uplift_sentence(declaration, refund.amount, due_on=last_day, paid_on=paid_on)
            _alarm(declaration, UPLIFT, sentence, at=at)
    for declaration, transfer in _transferred_late(on=on):
        last_day, sent_on = declaration.refund_due_on, transfer.sent_on
        if last_day is not None and sent_on is not None:
            sentence = _uplift_sentence(declaration, transfer.amount, due_on=last_day, paid_on=sent_on)
            _alarm(declaration, UPLIFT, sentence, at=at)
    return overdue


def _due(*, on: date) -> list[tuple[Declaration, date]]:
    """Refunds that fall due within the longest alarm, with their last day; and those whose alarm still stands."""
    soon = on + timedelta(days=max(ALARM_DAYS_BEFORE))
    alarmed = DeskItem.objects.filter(kind__in=(*ALARMS, OVERDUE), closed_at=None).values_list("subject", flat=True)
    keys = [int(subject.partition(":")[2]) for subject in alarmed]
    waiting = Q(refund=None) | ~Q(refund__state=Refund.State.SUCCEEDED)
    near = Q(refund_due_on__lte=soon, refund_due_on__gte=on - LOOK_BACK)
    rows = (
        Declaration.objects.filter((near & waiting) | Q(pk__in=keys), refund_due_on__isnull=False)
        .select_related("refund", "order", "subscription")
        .order_by("refund_due_on", "pk")
    )
    return [(row, row.refund_due_on) for row in rows if row.refund_due_on is not None]


def refunded(declaration: Declaration) -> bool:
    """Whether what a declaration gives back has gone back, as far as Stripe says."""
    if _taken_by_bank(declaration):
        return True
    if declaration.refund is not None:
        return declaration.refund.state == Refund.State.SUCCEEDED or has_left(declaration.refund)
    if has_left_for(declaration.reference):
        return True
    if declaration.effect == Code.WITHDRAWN_DEBIT and declaration.order is not None:
        # A debit that was refused brought nothing; one that settled went back as surplus.
        payments = Payment.objects.filter(subject=declaration.order.subject)
        waits = payments.filter(Q(is_open=True) | Q(state=Payment.State.SUCCEEDED))
        return not waits.exclude(refunds__state=Refund.State.SUCCEEDED).exists()
    return False


def _taken_by_bank(declaration: Declaration) -> bool:
    """Whether the reader has got it back over a dispute that was lost since, and what they declared has ended with it."""
    subscription = declaration.subscription
    if subscription is None:
        return False
    given_otherwise = declaration.effect == Code.WITHDRAWN and declaration.refund_id is None
    if not given_otherwise and subscription.state != Subscription.State.ENDED:
        return False
    lost = Dispute.objects.filter(state=Dispute.State.LOST, settled_at__gte=declaration.received_at)
    paid = Term.objects.filter(subscription=subscription, payment__isnull=False)
    return lost.filter(payment__in=paid.values("payment")).exists()


def _given_back_late(*, on: date) -> list[Declaration]:
    return list(
        Declaration.objects.filter(
            refund__state=Refund.State.SUCCEEDED,
            refund__refunded_on__gt=F("refund_due_on"),
            refund__refunded_on__gte=on - LOOK_BACK,
        )
        .exclude(pk__in=_uplifted())
        .select_related("refund")
    )


def _transferred_late(*, on: date) -> list[tuple[Declaration, Transfer]]:
    """The same for what left by transfer, each with the last that carried its money. One query, and one for each found."""
    theirs = Q(refund=OuterRef("refund")) | Q(credit_note__reason__contains=OuterRef("reference"))
    late = Transfer.objects.filter(theirs, state__in=LEFT, sent_on__gt=OuterRef("refund_due_on"))
    rows = Declaration.objects.filter(Exists(late), refund_due_on__gte=on - LOOK_BACK).exclude(pk__in=_uplifted())
    found = []
    for declaration in rows.order_by("pk"):
        theirs = Q(credit_note__reason__contains=declaration.reference)
        if declaration.refund_id is not None:
            theirs |= Q(refund=declaration.refund_id)
        sent = Transfer.objects.filter(theirs, state__in=LEFT, sent_on__gt=declaration.refund_due_on)
        found.append((declaration, sent.latest("pk")))
    return found


def _uplifted() -> list[int]:
    told = DeskItem.objects.filter(kind=UPLIFT).values_list("subject", flat=True)
    return [int(subject.partition(":")[2]) for subject in told]


def late_sum(declaration: Declaration, *, amount: Money, due_on: date, on: date) -> str:
    """« 5,52 € (article L242-4) »: what a refund of `amount` given back on day `on` owes on top."""
    withdrawn = declaration.kind == Declaration.Kind.WITHDRAWAL
    owed = (uplift if withdrawn else interest)(amount.amount, due_on=due_on, paid_on=on, legal_rate=settings.LEGAL_RATE)
    return f"{french(eur(owed))} (article {'L242-4' if withdrawn else 'L241-3'})"


def _alarm(declaration: Declaration, kind: str, sentence: str, *, at: datetime) -> None:
    put_on_desk(DeskItem.Desk.FINANCE, kind=kind, subject=f"declaration:{declaration.pk}", sentence=sentence, at=at)


def _close(declaration: Declaration, *, actor: Actor, at: datetime) -> None:
    for kind in (*ALARMS, OVERDUE):
        take_off_desk(kind=kind, subject=f"declaration:{declaration.pk}", because="given back", actor=actor, at=at)


def _sentence(declaration: Declaration, days: int, *, due_on: date) -> str:
    when = {1: "demain", 0: "aujourd’hui"}.get(days, f"dans {days} jours" if days > 1 else "délai passé")
    return f"{declaration.reference} : remboursement dû le {due_on:%d/%m/%Y} ({when}), pas encore fait."


def _overdue_sentence(declaration: Declaration, *, due_on: date, on: date) -> str:
    late = f"{declaration.reference} : remboursement dû depuis le {due_on:%d/%m/%Y}."
    if declaration.refund is None:
        return late
    owed = late_sum(declaration, amount=declaration.refund.amount, due_on=due_on, on=on)
    return f"{late} Majoration due s’il part aujourd’hui : {owed}."


def _uplift_sentence(declaration: Declaration, amount: Money, *, due_on: date, paid_on: date) -> str:
    owed = late_sum(declaration, amount=amount, due_on=due_on, on=paid_on)
    return (
        f"{declaration.reference} : rendu le {paid_on:%d/%m/%Y}, dû le {due_on:%d/%m/%Y}. Majoration à verser : {owed}."
    )
