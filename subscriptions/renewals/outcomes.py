"""What becomes of renewals when their payments move: the owner of the purpose `renewal`.

| the payment is           | the renewal goes                                    | the reader is told                    |
|--------------------------|-----------------------------------------------------|---------------------------------------|
| succeeded                | to `paid`: next term, copies, invoice               | renewal_paid, the receipt             |
| succeeded, nothing to pay| nowhere: the money goes back                        | renewal_given_back                    |
| declined, another day    | to `retrying`                                       | renewal_declined, with that day       |
| declined, no other day   | to `awaiting_reader`                                | renewal_card_needed                   |
| action required          | to `awaiting_reader`                                | renewal_confirm, with the link        |
| processing (debit)       | nowhere: the bank takes days                        | renewal_debit_pending                 |
| unknown                  | to `unresolved`: only looking it up will tell       | nothing                               |
| cancelled                | to `retrying`, today: no money will come by that one| nothing                               |

A payment made by the reader on the hosted page moves the renewal only when it succeeds: the page itself tells the rest,
but for a debit, whose bank answers days later. Whoever has said no meanwhile is cancelled, whatever the bank says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from payments.actors import Actor
from payments.days import paris_day
from payments.gateway import Decline, decline
from payments.models import Payment, Refund
from subscriptions.models import Offer, Renewal, Subscription, Term
from subscriptions.moving import move as move_subscriptions
from subscriptions.notices.queueing import queue
from subscriptions.notices.telling import letter_to
from subscriptions.renewals.calendar import next_try
from subscriptions.renewals.extending import Extension, extend
from subscriptions.renewals.moving import TRANSITIONS, move
from subscriptions.renewals.telling import Fact, tell
from subscriptions.renewals.tries import MOST_RETURNED_A_DAY, Tries, plans_of, tries_of
from subscriptions.transferring import after_failure

PURPOSE = "renewal"
SEPA = "sepa_debit"
State = Renewal.State
Way = Payment.Way
_DAY = timedelta(days=1)


def settled(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> Collection[int]:
    """Add the next terms; returns the payments that pay for nothing any more.

    These are: of a renewal that was cancelled or has lapsed, of a reader who has said no meanwhile, or of a term that
    exists already. Their money goes back, and the reader is told.
    """
    plans = plans_of(payments)
    taken = _terms(plans)
    paid: list[tuple[Payment, Renewal]] = []
    back: list[tuple[Payment, Renewal]] = []
    for payment in payments:
        plan = plans[payment.pk]
        free = State.PAID in TRANSITIONS[plan.state] and (plan.subscription_id, plan.number) not in taken
        (paid if free and not said_no(plan.subscription) else back).append((payment, plan))
    _extend(paid, actor=actor, at=at)
    _stop([plan for _payment, plan in back], actor=actor, at=at)
    tell("renewal_given_back", [Fact(plan, f"payment:{one.pk}", {"payment_id": one.pk}) for one, plan in back], at=at)
    return {payment.pk for payment, _plan in back}


def declined(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> None:
    """A refusal: another try on another day if the table has one, else the reader must act."""
    plans = plans_of(payments)
    tries = tries_of(plans.values())
    again: list[tuple[Payment, Renewal]] = []
    asked: list[tuple[Payment, Renewal]] = []
    for payment in payments:
        plan = plans[payment.pk]
        if payment.way == Way.CHECKOUT:
            # The page told a card's refusal at once; a debit comes back when nobody looks at the page any more.
            if payment.method_kind == SEPA and State.PAID in TRANSITIONS[plan.state]:
                asked.append((payment, plan))
            continue
        if plan.state not in (State.CHARGING, State.UNRESOLVED):
            continue
        plan.decline_code = payment.decline_code
        plan.next_try_on = _next_try(payment, plan, tries[plan.pk], on=paris_day(at))
        (again if plan.next_try_on else asked).append((payment, plan))
    said = set(_stop([plan for _payment, plan in (*again, *asked)], actor=actor, at=at))
    again = [(payment, plan) for payment, plan in again if plan.pk not in said]
    asked = [(payment, plan) for payment, plan in asked if plan.pk not in said]
    move([plan for _payment, plan in again], State.RETRYING, actor=actor, at=at, reason="refused by the bank")
    await_reader([plan for _payment, plan in asked], actor=actor, at=at, reason="refused by the bank")
    rest([plan for _payment, plan in (*again, *asked)], actor=actor, at=at)
    tell("renewal_declined", [_refused(*one, next_try_on=one[1].next_try_on) for one in again], at=at)
    tell("renewal_card_needed", [_refused(*one) for one in asked], at=at)


def waiting(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> None:
    """The bank wants the reader, or a debit is on its way."""
    plans = plans_of(payments)
    debits = [one for one in payments if one.state == Payment.State.PROCESSING]
    asked = [one for one in payments if one.state != Payment.State.PROCESSING and one.way == Way.OFF_SESSION]
    told = [plans[one.pk] for one in asked if plans[one.pk].state in (State.CHARGING, State.UNRESOLVED)]
    said = set(_stop(told, actor=actor, at=at))
    asked = [one for one in asked if plans[one.pk] in told and plans[one.pk].pk not in said]
    for payment in asked:
        plans[payment.pk].decline_code = payment.decline_code
    await_reader(
        [plans[one.pk] for one in asked], actor=actor, at=at, reason="the bank wants the reader to confirm"
    )  # fmt: skip
    rest([plans[one.pk] for one in (*asked, *debits)], actor=actor, at=at)
    tell("renewal_confirm", [Fact(plans[one.pk], f"payment:{one.pk}") for one in asked], at=at)
    tell(
        "renewal_debit_pending",
        [Fact(plans[one.pk], f"payment:{one.pk}", {"payment_id": one.pk}) for one in debits],
        at=at,
    )


def unanswered(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> None:
    """Stripe did not answer: nothing is tried, told or lapsed before it was looked up (design, rule 3)."""
    charged = [one for one in payments if one.way == Way.OFF_SESSION]
    plans = plans_of(charged)
    move(list(plans.values()), State.UNRESOLVED, actor=actor, at=at, reason="Stripe did not answer")


def closed(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> None:
    """A charge was never sent or never received: it is made again, today; tomorrow if that has happened too often."""
    charged = [one for one in payments if one.way == Way.OFF_SESSION]
    plans = plans_of(charged)
    moving = [plan for plan in plans.values() if plan.state in (State.CHARGING, State.UNRESOLVED)]
    said = set(_stop(moving, actor=actor, at=at))
    again = [plan for plan in moving if plan.pk not in said]
    tries, today = tries_of(again), paris_day(at)
    for plan in again:
        plan.next_try_on = today if tries[plan.pk].returned_on(today) + 1 < MOST_RETURNED_A_DAY else today + _DAY
    move(again, State.RETRYING, actor=actor, at=at, reason="the charge never reached Stripe")


def refunded(refunds: Sequence[Refund], *, actor: Actor, at: datetime) -> None:
    """The money has gone back: say so, with the credit note where there is one."""
    plans = plans_of([refund.payment for refund in refunds])
    payers = [(refund, plans[refund.payment_id].subscription.payer) for refund in refunds]
    queue(
        [
            letter_to(payer, "refund_sent", f"refund_sent:refund:{refund.pk}", {"refund_id": refund.pk}, at=at)
            for refund, payer in payers
            if payer is not None
        ]
    )


def refund_failed(refunds: Sequence[Refund], *, actor: Actor, at: datetime) -> None:
    """A refund came back: the renewal itself does not change, its money goes by transfer."""
    after_failure(refunds, actor=actor, at=at)


def said_no(subscription: Subscription) -> bool:
    """Whether the reader has turned automatic renewal off, or the subscription is at its end: nothing is charged."""
    return subscription.renewal != Offer.Renewal.AUTOMATIC or subscription.state == Subscription.State.ENDED


def await_reader(renewals: Sequence[Renewal], *, actor: Actor, at: datetime, reason: str) -> None:
    """From here on only the reader can go on; renewals that wait for them already stay as they are."""
    move(renewals, State.AWAITING_READER, actor=actor, at=at, reason=reason)


def rest(renewals: Sequence[Renewal], *, actor: Actor, at: datetime) -> None:
    """R has come and the next term is not paid: the subscription is in grace until it is, or lapses."""
    today = paris_day(at)
    late = [
        one.subscription
        for one in renewals
        if one.renews_on <= today and one.subscription.state == Subscription.State.ACTIVE
    ]
    move_subscriptions(late, Subscription.State.GRACE, actor=actor, at=at, reason="the next term is not paid yet")


def _extend(paid: Sequence[tuple[Payment, Renewal]], *, actor: Actor, at: datetime) -> None:
    for payment, plan in paid:
        payment.customer_id = payment.customer_id or plan.subscription.payer_id
    extended = extend(
        [
            Extension(
                subscription=plan.subscription,
                number=plan.number,
                renews_on=plan.renews_on,
                payment=payment,
                amount=payment.amount,
            )
            for payment, plan in paid
        ],
        actor=actor,
        at=at,
    )
    for one, (_payment, plan) in zip(extended, paid, strict=True):
        plan.term, plan.why = one.term, ""
    move([plan for _payment, plan in paid], State.PAID, actor=actor, at=at, reason="the next term is paid")
    left = []
    for payment, plan in paid:
        if payment.way == Way.CHECKOUT and payment.saved_method_id:
            # The card that the reader has just used pays from now on.
            plan.subscription.saved_method_id = payment.saved_method_id
            left.append(plan.subscription)
    if left:
        Subscription.objects.bulk_update(left, ["saved_method"])
    tell(
        "renewal_paid",
        [
            Fact(plan, f"renewal:{plan.pk}", {"term_id": one.term.pk, "invoice_id": one.invoice.pk})
            for one, (_payment, plan) in zip(extended, paid, strict=True)
        ],
        at=at,
    )


def _stop(renewals: Sequence[Renewal], *, actor: Actor, at: datetime) -> Collection[int]:
    """Cancel the open renewals of readers who have said no; returns their ids."""
    refused = [one for one in renewals if said_no(one.subscription)]
    move(refused, State.CANCELLED, actor=actor, at=at, reason="the reader has said no")
    return {one.pk for one in refused}


def _next_try(payment: Payment, plan: Renewal, tries: Tries, *, on: date) -> date | None:
    """The next day of the calendar's table that is still to come, after a clock that stood still too.

    A card is counted by itself: what another card was refused for is not held against it.
    """
    refusal: Decline = payment.refusal or decline(payment.decline_code, kind=payment.method_kind)
    if tries.told_on is None or tries.first_charged_on is None:
        return None
    refused = tries.refused(payment.saved_method_id, but=payment.pk) + 1
    while True:
        day = next_try(
            renews_on=plan.renews_on,
            first_charged_on=tries.first_charged_on,
            tries=refused,
            family=refusal.family,
            method_kind=payment.method_kind,
            pre_debit_sent_on=tries.told_on,
            retry=refusal.retry,
        )
        if day is None or day > on:
            return day
        refused += 1


def _refused(payment: Payment, plan: Renewal, *, next_try_on: date | None = None) -> Fact:
    facts: dict[str, object] = {"decline_code": payment.decline_code, "kind": payment.method_kind}
    if next_try_on is not None:
        facts["next_try_on"] = next_try_on.isoformat()
    return Fact(plan, f"payment:{payment.pk}", facts)


def _terms(plans: Mapping[int, Renewal]) -> set[tuple[int, int]]:
    keys = {plan.subscription_id for plan in plans.values()}
    return set(Term.objects.filter(subscription__in=keys).values_list("subscription", "number"))
