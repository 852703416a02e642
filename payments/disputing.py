"""What Stripe says of a dispute becomes a row, its entries, and an act of the payment's owner; in one transaction.

Fetched afresh, never taken from an event's body; monotonic, safe to repeat in any order. While it is open the owner holds
what the payment has paid and was not served yet; once the bank has decided it is released, or written off.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import F, Q

from payments import gateway
from payments.actors import Actor
from payments.answering.standing import newer
from payments.days import paris_day
from payments.desk import put_on_desk, take_off_desk
from payments.disputes import KIND, SUBJECT
from payments.gateway import DisputeSeen
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import DeskItem, Dispute, DisputeEvent, Payment
from payments.money import amount_of, eur, french, from_cents
from payments.owners import owner_of

log = structlog.get_logger(__name__)
State = Dispute.State

#: What the bank has decided stands; news to the contrary are finance's to look at.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.OPEN: frozenset({State.WON, State.LOST}),
    State.WON: frozenset(),
    State.LOST: frozenset(),
}
#: Stripe's words for an end. An inquiry that is closed, or was answered before it became a dispute, has cost nothing.
ENDS = {"won": State.WON, "warning_closed": State.WON, "prevented": State.WON, "lost": State.LOST}

SAID: dict[str, str] = {State.OPEN: "ouverte", State.WON: "gagnée", State.LOST: "perdue"}

#: Why the holder contests it, by Stripe's word; one that is not here is said as it stands.
REASONS = {
    "credit_not_processed": "remboursement non reçu",
    "customer_initiated": "demande du titulaire",
    "debit_not_authorized": "prélèvement non autorisé",
    "duplicate": "débité deux fois",
    "fraudulent": "fraude",
    "general": "sans précision",
    "incorrect_account_details": "coordonnées bancaires fausses",
    "insufficient_funds": "provision insuffisante",
    "product_not_received": "numéros non reçus",
    "product_unacceptable": "numéros non conformes",
    "subscription_canceled": "abonnement résilié",
    "unrecognized": "débit non reconnu",
}

OPENED = f"{KIND}.created"
TURNED = "dispute_turned"
PARKED = "dispute_parked"


def look_up(stripe_dispute: str, payment_id: int, *, actor: Actor, at: datetime) -> Dispute:
    """Ask Stripe how a dispute of this payment stands, and apply it. Network; safe to repeat."""
    return apply(gateway.fetch_dispute(stripe_dispute), payment_id=payment_id, actor=actor, at=at)


def due(*, at: datetime, limit: int) -> list[tuple[str, int]]:
    """Disputes to ask about now, with their payments: whatever is not carried out; once a day those that are open, and those
    that were won while what was taken has not come back.
    """
    asked_before = Q(looked_up_at__lte=at - timedelta(days=1))
    not_back = Q(state=State.WON, taken__gt=F("returned")) & asked_before
    rows = Dispute.objects.filter((~Q(state=State.OPEN) | asked_before) & Q(settled_at=None) | not_back)
    return list(rows.order_by("looked_up_at", "pk").values_list("stripe_dispute", "payment")[:limit])


@transaction.atomic
def apply(seen: DisputeSeen, *, payment_id: int, actor: Actor, at: datetime) -> Dispute:
    """Apply what Stripe says of a dispute. Locks the payment, then whatever its owner locks.

    An owner that raises does not lose the fact: it is kept, the payment stays disputed, technique is told, and `due` brings
    it again.
    """
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    dispute, new = Dispute.objects.get_or_create(
        stripe_dispute=seen.id,
        defaults={
            "payment": payment,
            "amount": amount_of(from_cents(seen.amount_cents)),
            "reason": seen.reason[:60],
            "opened_at": seen.created,
            "state_since": at,
            "looked_up_at": at,
        },
    )
    dispute.payment = payment
    if new:
        _step(dispute, "", reason=seen.reason, actor=actor, at=at)
    came_back = _book(dispute, seen, actor=actor, at=at)
    target = ENDS.get(seen.status, State.OPEN)
    if target in TRANSITIONS[dispute.state]:
        came_from, dispute.state, dispute.state_since = dispute.state, target, at
        _step(dispute, came_from, reason="" if seen.status == target else seen.status, actor=actor, at=at)
    elif target != dispute.state or (came_back and dispute.state == State.LOST):
        _say_turned(dispute, seen, at=at)
    dispute.respond_by, dispute.looked_up_at = seen.respond_by, at
    dispute.status, dispute.submissions = newer(seen.status, dispute.status)[:40], seen.submissions
    _act(dispute, new=new, actor=actor, at=at)
    dispute.save(
        update_fields=[
            "state", "state_since", "status", "submissions", "taken", "returned", "respond_by", "looked_up_at", "credit_note",
            "cleared", "settled_at",
        ]
    )  # fmt: skip
    return dispute


def _book(dispute: Dispute, seen: DisputeSeen, *, actor: Actor, at: datetime) -> bool:
    """What left our balance and what came back, each once; whether something came back now."""
    taken, returned = (Decimal(from_cents(cents).amount) for cents in (seen.taken_cents, seen.returned_cents))
    drafts, on, came_back = [], paris_day(at), bool(returned and not dispute.returned)
    if taken and not dispute.taken:
        dispute.taken = taken
        drafts.append(entries.disputed(dispute, booked_on=on))
    if came_back:
        dispute.returned = returned
        drafts.append(entries.dispute_returned(dispute, booked_on=on))
    post(drafts, actor=actor, at=at)
    return came_back


def _act(dispute: Dispute, *, new: bool, actor: Actor, at: datetime) -> None:
    """Let the owner hold, release or write off; sets `settled_at` once that is done."""
    payment, owner = dispute.payment, owner_of(dispute.payment.purpose)
    subject = f"{SUBJECT}{payment.pk}"
    if new and dispute.state == State.OPEN:
        put_on_desk(DeskItem.Desk.FINANCE, kind=OPENED, subject=subject, sentence=_sentence(dispute), at=at)
    if dispute.settled_at is not None:
        return
    try:
        with transaction.atomic():
            if dispute.state == State.OPEN:
                owner.disputed([payment], actor=actor, at=at)
            else:
                _settle(dispute, subject, actor=actor, at=at)
                owner.dispute_closed([dispute], actor=actor, at=at)
    except Exception as trouble:
        log.exception("dispute_parked", payment=payment.reference, trouble=type(trouble).__name__)
        dispute.settled_at = dispute.credit_note = None
        dispute.cleared = Decimal("0.00")
        put_on_desk(
            DeskItem.Desk.TECHNIQUE,
            kind=PARKED,
            subject=f"{SUBJECT}{dispute.payment_id}",
            sentence=f"La contestation de {payment.reference} n’a pas pu être suivie d’effet : nouvel essai prévu.",
            at=at,
        )
    else:
        take_off_desk(kind=PARKED, subject=f"{SUBJECT}{dispute.payment_id}", because="carried out", actor=actor, at=at)


def _settle(dispute: Dispute, subject: str, *, actor: Actor, at: datetime) -> None:
    """From here on the payment is disputed no more, unless by another one: the owner's plans see it so."""
    dispute.settled_at = at
    dispute.save(update_fields=["state", "state_since", "taken", "returned", "settled_at"])
    if dispute.payment.disputes.filter(settled_at=None).exists():
        return
    kinds = DeskItem.objects.filter(subject=subject, kind__startswith=KIND, closed_at=None)
    for kind in sorted(kinds.values_list("kind", flat=True)):
        take_off_desk(kind=kind, subject=subject, because=f"{dispute.state} at the bank", actor=actor, at=at)


def _step(dispute: Dispute, came_from: str, *, reason: str, actor: Actor, at: datetime) -> None:
    DisputeEvent.objects.create(
        dispute=dispute, from_state=came_from, to_state=dispute.state, actor=str(actor), reason=reason[:200], at=at
    )
    log.info("dispute_moved", payment=dispute.payment.reference, was=came_from, now=dispute.state)


def _sentence(dispute: Dispute) -> str:
    why = REASONS.get(dispute.reason, dispute.reason)
    said = f"{dispute.payment.reference} : {french(dispute.amount)} contestés à la banque (motif : {why})."
    if dispute.respond_by is None:
        return said
    return f"{said} Réponse à donner avant le {paris_day(dispute.respond_by):%d/%m/%Y}."


def _say_turned(dispute: Dispute, seen: DisputeSeen, *, at: datetime) -> None:
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind=TURNED,
        subject=f"{SUBJECT}{dispute.payment_id}",
        sentence=f"La contestation de {dispute.payment.reference}, {SAID[dispute.state]} chez nous, est à « {seen.status} » chez "
        f"Stripe, qui a rendu {french(eur(dispute.returned))} : à regarder.",
        at=at,
    )
