"""Processing: what the stored events are about is fetched afresh, once per object, and applied monotonically."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db.models import Q

from payments import disputing, fees, gateway, looking_up, methods, refunds
from payments.actors import Actor, stripe_event
from payments.desk import put_on_desk
from payments.models import DeskItem, MethodSetup, Payment, Refund, StripeEvent
from payments.money import french
from payments.owners import tell_method_changed
from payments.reconciliation.running import apply_hint
from payments.webhooks.moving import PATIENCE, Verdict, claim, close, put_off, release
from payments.webhooks.types import HEARD, About

log = structlog.get_logger(__name__)
State = StripeEvent.State

#: After so many silences of Stripe running, the round ends: each costs a minute or more, and other jobs want the worker.
ENOUGH = 2


@dataclass(frozen=True, slots=True)
class Round:
    """One round of processing: its instant, and every name of the payments that were settled before it began."""

    at: datetime
    settled: frozenset[str]


def process(*, at: datetime, limit: int = 50, go_on: Callable[[], bool] = lambda: True) -> int:
    """Process stored events that are due; returns how many were closed. Network between short transactions.

    Several workers may run at once: each claims its own batch. A worker that dies leaves its events to the next round;
    so does one that `go_on` tells to stop, or to which Stripe does not answer. Events are closed together at the end:
    what a dead worker had applied is applied once more, which changes nothing (HEARD).
    """
    batch = claim(at=at, limit=limit)
    current = Round(at, _settled_among(batch))
    verdicts: list[tuple[StripeEvent, Verdict]] = []
    silent = 0
    for about, subject, events in _by_object(batch):
        if silent == ENOUGH or not go_on():
            release(events, at=at)
            continue
        try:
            verdict = _ACTS[about](subject, events, current)
            silent = 0
        except gateway.GatewayFault as fault:
            answered = isinstance(fault, gateway.Refused)
            put_off(events, trouble=type(fault).__name__, at=at, patience=PATIENCE if answered else None)
            silent = 0 if answered else silent + 1
            continue
        except Exception as trouble:
            log.exception("event_failed", kinds=sorted({event.type for event in events}))
            put_off(events, trouble=type(trouble).__name__, at=at)
            continue
        verdicts += [(event, verdict) for event in events]
    close(verdicts, at=at)
    return len(verdicts)


def _settled_among(batch: Sequence[StripeEvent]) -> frozenset[str]:
    """Every name, ours and Stripe's, of the settled payments that these events name; one query.

    Settled is final: what is found here stays true for the whole round. What is not found says nothing.
    """
    named = set().union(*map(_names, batch))
    if not named:
        return frozenset()
    rows = Payment.objects.filter(_named(named), state=Payment.State.SUCCEEDED, stripe_charge__isnull=False)
    names = rows.values_list("reference", "stripe_intent", "checkout_session", "stripe_charge")
    return frozenset(name for row in names for name in row if name)


def _names(event: StripeEvent) -> set[str]:
    """Under what this event names a payment: our reference, its intent, its page, its charge."""
    hints = (event.hints.get(name, "") for name in ("reference", "payment_intent", "charge"))
    return {event.object_id, *hints} - {""}


def _named(names: Iterable[str]) -> Q:
    """Payments with one of these names; no two kinds of them are written alike."""
    names = list(names)
    return (
        Q(reference__in=names) | Q(stripe_intent__in=names) | Q(checkout_session__in=names) | Q(stripe_charge__in=names)
    )


Groups = Iterable[tuple[About, str, list[StripeEvent]]]


def _by_object(batch: Sequence[StripeEvent]) -> Groups:
    """Group events by the object that has to be fetched, so that ten events of one payment are one look-up."""
    groups: dict[tuple[About, str], list[StripeEvent]] = defaultdict(list)
    for event in batch:
        about = HEARD.get(event.type, About.DESK)
        # A session that nobody has touched names no set-up intent yet: its reference says what it was for.
        setup = event.hints.get("setup_intent") or event.hints.get("reference", "").startswith("CB-")
        if about == About.PAYMENT and setup:
            about = About.SETUP
        key = event.hints.get("reference") if about in (About.PAYMENT, About.SETUP) else ""
        key = key if event.type in HEARD else "unheard"  # nothing is fetched for them: they are closed together
        groups[about, key or event.object_id].append(event)
    return [(about, key, events) for (about, key), events in groups.items()]


#: A settled payment has nothing more to learn from its own events; refunds and fees have theirs.
OLD_NEWS = Verdict(State.IGNORED, "tells nothing new")


def _payment(subject: str, events: list[StripeEvent], current: Round) -> Verdict:
    names = set().union(*map(_names, events))
    if names & current.settled:
        return OLD_NEWS
    payment = Payment.objects.select_related("payer_account").filter(_named(names)).first()
    if payment is None:
        return _foreign(subject)
    if payment.state == Payment.State.SUCCEEDED and payment.stripe_charge is not None:
        return OLD_NEWS
    looking_up.look_up(payment, actor=_actor(events), at=current.at)
    return Verdict(State.APPLIED)


def _setup(subject: str, events: list[StripeEvent], current: Round) -> Verdict:
    setup = MethodSetup.objects.filter(
        Q(reference=subject) | Q(checkout_session__in={event.object_id for event in events})
    ).first()
    if setup is None:
        return _foreign(subject)
    done = methods.look_up_setup(setup, at=current.at)
    tell_method_changed(done, actor=_actor(events), at=current.at)
    return Verdict(State.APPLIED)


def _refund(subject: str, events: list[StripeEvent], current: Round) -> Verdict:
    references = {event.hints["reference"] for event in events if event.hints.get("reference")}
    found = Refund.objects.select_related("payment").filter(
        Q(reference__in=references) | Q(stripe_refund=subject) | Q(payment__stripe_charge=subject)
    )
    known = list(found)
    for refund in known:
        refunds.look_up(refund, actor=_actor(events), at=current.at)
    if known:
        return Verdict(State.APPLIED)
    intents = {event.hints.get("payment_intent", "") for event in events} - {""}
    charges = {event.hints.get("charge", "") for event in events} | {subject}
    payment = Payment.objects.filter(Q(stripe_intent__in=intents) | Q(stripe_charge__in=charges)).first()
    if payment is None:
        return _foreign(subject)
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind="refund_not_ours",
        subject=f"payment:{payment.pk}",
        sentence=f"Un remboursement de {payment.reference} a été fait chez Stripe, hors de la boutique.",
        at=current.at,
    )
    return Verdict(State.PARKED, "refunded outside the shop")


def _fee(subject: str, events: list[StripeEvent], current: Round) -> Verdict:
    if subject not in current.settled and not Payment.objects.filter(stripe_charge=subject).exists():
        return _foreign("")
    fees.book_for_charge(subject, actor=_actor(events), at=current.at)
    return Verdict(State.APPLIED)


def _method(subject: str, events: list[StripeEvent], current: Round) -> Verdict:
    return Verdict(State.APPLIED) if methods.bring_up_to_date(subject, at=current.at) else _foreign("")


def _mandate(subject: str, events: list[StripeEvent], current: Round) -> Verdict:
    if all(event.hints.get("status") == "active" for event in events):
        return Verdict(State.IGNORED, "the mandate is active")
    of = {event.hints.get("payment_method", "") for event in events}
    ended = methods.end_mandate(subject, of=of, because="mandate ended at the bank", at=current.at)
    return Verdict(State.APPLIED) if ended else _foreign("")


def _dispute(subject: str, events: list[StripeEvent], current: Round) -> Verdict:
    charges = {event.hints.get("charge", "") for event in events} - {""}
    intents = {event.hints.get("payment_intent", "") for event in events} - {""}
    payment = Payment.objects.filter(Q(stripe_charge__in=charges) | Q(stripe_intent__in=intents)).first()
    if payment is None:
        return _foreign("")
    disputing.look_up(subject, payment.pk, actor=_actor(events), at=current.at)
    return Verdict(State.APPLIED)


def _fraud_warning(subject: str, events: list[StripeEvent], current: Round) -> Verdict:
    charges = {event.hints.get("charge", "") for event in events} - {""}
    payment = Payment.objects.filter(stripe_charge__in=charges).first()
    if payment is None:
        return _foreign("")
    if not gateway.fetch_fraud_warning(subject).actionable:
        return Verdict(State.IGNORED, "given back or disputed already")
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind="fraud_warning",
        subject=f"payment:{payment.pk}",
        sentence=f"Le réseau de la carte soupçonne une fraude sur {payment.reference} ({french(payment.amount)}) : remboursé avant "
        "d’être contesté, il ne coûte pas de frais de litige.",
        at=current.at,
    )
    return Verdict(State.PARKED, "on finance's desk")


def _payout(subject: str, events: list[StripeEvent], current: Round) -> Verdict:
    apply_hint(subject, actor=_actor(events), at=current.at)
    return Verdict(State.APPLIED)


def _desk(subject: str, events: list[StripeEvent], current: Round) -> Verdict:
    event = events[0]
    if event.type not in HEARD:
        return Verdict(State.IGNORED, "a type this shop does not hear")
    charge = event.hints.get("charge", "")
    payment = Payment.objects.filter(
        Q(stripe_charge=charge) | Q(stripe_intent=event.hints.get("payment_intent", ""))
    ).first()
    if payment is None:
        return _foreign("")
    for kind in sorted({event.type for event in events} & set(HEARD)):
        put_on_desk(
            DeskItem.Desk.FINANCE,
            kind=kind[:40],
            subject=f"payment:{payment.pk}",
            sentence=f"Stripe signale « {kind} » pour {payment.reference} : à regarder chez Stripe.",
            at=current.at,
        )
    return Verdict(State.PARKED, "on finance's desk")


_ACTS: dict[About, Callable[[str, list[StripeEvent], Round], Verdict]] = {
    About.PAYMENT: _payment,
    About.SETUP: _setup,
    About.REFUND: _refund,
    About.FEE: _fee,
    About.METHOD: _method,
    About.MANDATE: _mandate,
    About.DISPUTE: _dispute,
    About.PAYOUT: _payout,
    About.FRAUD_WARNING: _fraud_warning,
    About.DESK: _desk,
}


def _foreign(reference: str) -> Verdict:
    """Another product of the same Stripe account, or a reference of ours that we do not know: kept and shown."""
    if reference.startswith(("PAY-", "CB-", "RMB-")):
        return Verdict(State.PARKED, "carries a reference of ours that we do not know")
    return Verdict(State.IGNORED, "not ours")


def _actor(events: Sequence[StripeEvent]) -> Actor:
    return stripe_event(events[0].event_id)
