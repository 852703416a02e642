"""The one way a payment changes state.

News come from Stripe (fetched afresh, never from an event's body); each is compared with the row under its lock by the
table below, applied once, written down as an event, and told to the owner of the payment's purpose in the same
transaction. Old, repeated or impossible news change nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from django.db import connection, transaction

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk
from payments.gateway import IntentSeen, MethodSeen, Outcome
from payments.ledger import entries
from payments.ledger.posting import post
from payments.methods import keep_methods
from payments.models import DeskItem, Payment, PaymentEvent
from payments.money import to_cents
from payments.offline_kinds import is_offline
from payments.owners import owner_of
from payments.refunds import request_for_surplus
from payments.steps import save
from payments.transfers import giving_back

log = structlog.get_logger(__name__)
State = Payment.State

#: From → to (design, section 5). `cancelled → succeeded` is beyond the table on purpose: money that really moved is
#: never refused (rule 4); it is served if it still can be, else it is surplus and goes back.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.CREATED: frozenset(set(State) - {State.CREATED}),
    State.PROCESSING: frozenset({State.SUCCEEDED, State.DECLINED}),
    State.ACTION_REQUIRED: frozenset({State.PROCESSING, State.SUCCEEDED, State.DECLINED, State.CANCELLED}),
    State.UNKNOWN: frozenset(set(State) - {State.UNKNOWN}),
    State.DECLINED: frozenset({State.ACTION_REQUIRED, State.PROCESSING, State.SUCCEEDED, State.CANCELLED}),
    State.CANCELLED: frozenset({State.SUCCEEDED}),
    State.SUCCEEDED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class News:
    """What was learnt of one payment. `closed`: its hosted page is over, so a refusal is its last word.

    `only_uncalled`: holds only while Stripe was never asked; whoever asks in the same instant wins. `received_on`: the day
    the money was handed over, where it did not come through Stripe.
    """

    payment_id: int
    outcome: Outcome
    intent: IntentSeen | None = None
    method: MethodSeen | None = None
    closed: bool = False
    reason: str = ""
    looked_up: bool = True
    only_uncalled: bool = False
    received_on: date | None = None


@transaction.atomic
def apply(news: Sequence[News], *, actor: Actor, at: datetime) -> list[Payment]:
    """Apply news of any number of payments; returns those that changed. Safe to repeat, in any order.

    Side effects: states and their events, the owners' acts, entries, desk items, refunds of surplus; all in one
    transaction. Locks the payments (with all others of their subjects), then whatever the owners lock. The rows are
    saved once, at the end: owners work on the objects they are given.
    """
    by_id = {item.payment_id: item for item in news}
    subjects = Payment.objects.filter(pk__in=by_id).values("subject")
    locked = list(Payment.objects.select_for_update(no_key=True).filter(subject__in=subjects).order_by("pk"))
    paying = {payment.subject for payment in locked if payment.state == State.SUCCEEDED and not payment.surplus}
    changed: list[Payment] = []
    steps: list[PaymentEvent] = []
    for payment in locked:
        item = by_id.get(payment.pk)
        if item is None or not _move(payment, item, steps, paying=paying, actor=actor, at=at):
            continue
        changed.append(payment)
    if not changed:
        return []
    keep_methods([(payment, by_id[payment.pk]) for payment in changed], at=at)
    wrong = {payment.pk for payment in changed if _other_amount(payment, by_id[payment.pk])}
    _tell_owners(changed, wrong=wrong, actor=actor, at=at)
    save(changed, steps)
    return changed


def _move(
    payment: Payment,
    item: News,
    steps: list[PaymentEvent],
    *,
    paying: set[str],
    actor: Actor,
    at: datetime,
) -> bool:
    """Move one locked payment in memory, and say whether it moved at all."""
    target = str(item.outcome)
    closes = item.closed and payment.is_open and target in (State.DECLINED, payment.state)
    if target == payment.state and target == State.DECLINED and closes:
        payment.is_open = False
        return _step(payment, State.DECLINED, steps, reason="no further try is possible", actor=actor, at=at)
    if target not in TRANSITIONS[payment.state]:
        return False
    if payment.state == State.UNKNOWN and not item.looked_up:
        return False
    if item.only_uncalled and payment.called_at is not None:
        return False
    came_from = payment.state
    payment.state = target
    payment.state_since = at
    payment.is_open = target in (State.CREATED, State.PROCESSING, State.ACTION_REQUIRED, State.UNKNOWN) or (
        target == State.DECLINED and payment.way == Payment.Way.CHECKOUT and not item.closed
    )
    intent = item.intent
    if intent is not None:
        payment.stripe_intent = intent.id or payment.stripe_intent
        payment.stripe_charge = intent.charge or payment.stripe_charge
        payment.method_kind = intent.method_kind or payment.method_kind
        payment.decline_code = intent.decline.code if intent.decline else ""
        payment.refusal = intent.decline
    if target == State.SUCCEEDED:
        payment.received_on = item.received_on or _received_on(intent, at=at)
        payment.surplus = payment.subject in paying
        paying.add(payment.subject)
    reason = item.reason or (payment.decline_code if target == State.DECLINED else "")
    return _step(payment, came_from, steps, reason=reason, actor=actor, at=at)


def _received_on(intent: IntentSeen | None, *, at: datetime) -> date:
    """The Paris day on which the price was received, when its VAT fell due (law.md 1.5): not the day we heard of it.

    A card is received when it is charged; a debit when Stripe says that it succeeded, days after it was made.
    """
    charged_at = intent.charged_at if intent is not None and intent.method_kind == "card" else None
    return paris_day(min(charged_at, at) if charged_at else at)


def _step(
    payment: Payment, came_from: str, steps: list[PaymentEvent], *, reason: str, actor: Actor, at: datetime
) -> bool:
    steps.append(
        PaymentEvent(
            payment=payment, from_state=came_from, to_state=payment.state, actor=str(actor), reason=reason, at=at
        )
    )
    log.info("payment_moved", payment=payment.reference, was=came_from, now=payment.state, surplus=payment.surplus)
    return True


def _tell_owners(changed: Sequence[Payment], *, wrong: Collection[int], actor: Actor, at: datetime) -> None:
    by_purpose: dict[tuple[str, str], list[Payment]] = defaultdict(list)
    for payment in changed:
        by_purpose[payment.purpose, payment.state].append(payment)
    for (purpose, state), payments in sorted(by_purpose.items()):
        if state == State.SUCCEEDED:
            _settle(payments, wrong=wrong, actor=actor, at=at)
        elif state == State.DECLINED:
            owner_of(purpose).declined(payments, actor=actor, at=at)
        elif state in (State.PROCESSING, State.ACTION_REQUIRED):
            owner_of(purpose).waiting(payments, actor=actor, at=at)
        elif state == State.CANCELLED:
            owner_of(purpose).closed(payments, actor=actor, at=at)
        elif state == State.UNKNOWN:
            owner_of(purpose).unanswered(payments, actor=actor, at=at)


def _settle(payments: Sequence[Payment], *, wrong: Collection[int], actor: Actor, at: datetime) -> None:
    """Serve what was paid, book what came in, send back what pays for nothing. The money itself is never rolled back.

    `wrong`: payments whose amount is not ours; a person looks at those before anything is served.
    """
    for payment in (payment for payment in payments if payment.pk in wrong):
        payment.effect = Payment.Effect.PARKED
        put_on_desk(
            DeskItem.Desk.FINANCE,
            kind="amount_differs",
            subject=f"payment:{payment.pk}",
            sentence=f"Stripe a encaissé un autre montant que prévu pour {payment.reference}.",
            at=at,
        )
    serve(
        [payment for payment in payments if not payment.surplus and payment.pk not in wrong],
        actor=actor,
        at=at,
    )
    booked_on = paris_day(at)
    post([entries.received(payment, booked_on=booked_on) for payment in payments], actor=actor, at=at)
    give_back([payment for payment in payments if payment.surplus], actor=actor, at=at)


def serve(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> None:
    """Let the owners act on settled payments: all together, or one by one if one of them fails.

    Sets `effect` and `surplus` in memory; the caller saves. A failing act is parked on a desk and retried by
    `payments.parked`, while the payment stays settled.
    """
    if not payments:
        return
    payers = {payment.pk: payment.customer_id for payment in payments}
    try:
        with transaction.atomic():
            unservable = set(owner_of(payments[0].purpose).settled(payments, actor=actor, at=at))
            # What the database refuses only at commit must fail here, where it costs the effect and not the fact.
            connection.check_constraints()
    except Exception as trouble:
        for payment in payments:
            # The owner may have named a customer who was rolled back with the rest.
            payment.customer_id = payers[payment.pk]
        if len(payments) > 1:
            for payment in payments:
                serve([payment], actor=actor, at=at)
            return
        log.exception("effect_parked", payment=payments[0].reference, trouble=type(trouble).__name__)
        payments[0].effect = Payment.Effect.PARKED
        put_on_desk(
            DeskItem.Desk.TECHNIQUE,
            kind="effect_parked",
            subject=f"payment:{payments[0].pk}",
            sentence=f"Le paiement {payments[0].reference} est encaissé, mais sa suite a échoué : elle sera retentée.",
            at=at,
        )
        return
    for payment in payments:
        payment.surplus = payment.pk in unservable
        payment.effect = Payment.Effect.SURPLUS if payment.surplus else Payment.Effect.DONE


def give_back(payments: Iterable[Payment], *, actor: Actor, at: datetime) -> None:
    """Surplus money: on finance's desk, and a refund queued, or a transfer where Stripe never had it. Books are the caller's."""
    for payment in payments:
        payment.effect = Payment.Effect.SURPLUS
        put_on_desk(
            DeskItem.Desk.FINANCE,
            kind="surplus",
            subject=f"payment:{payment.pk}",
            sentence=f"{payment.reference} ne paie plus rien : "
            + ("à rendre par virement." if is_offline(payment) else "remboursement automatique en cours."),
            at=at,
        )
        if is_offline(payment):
            giving_back.surplus_by_transfer(payment, actor=actor, at=at)
        else:
            request_for_surplus(payment, actor=actor, at=at)


def _other_amount(payment: Payment, item: News) -> bool:
    received = item.intent.amount_received if item.intent else 0
    return payment.state == State.SUCCEEDED and received not in (0, to_cents(payment.amount))
