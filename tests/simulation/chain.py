"""The chain of events behind a violation: everything about one subject, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from payments.models import DeskItem, LedgerEntry, Payment, PaymentEvent, Refund
from subscriptions.models import (
    AddressDoubt,
    AddressDoubtEvent,
    Claim,
    ClaimEvent,
    CopyReturn,
    Declaration,
    Dispatch,
    Entitlement,
    EntitlementMovement,
    Notice,
    Order,
    OrderEvent,
    Renewal,
    RenewalChoice,
    RenewalEvent,
    RenewalProof,
    Subscription,
    SubscriptionEvent,
    Term,
)
from tests.simulation.shop import Shop

Event = tuple[datetime, str]
LONGEST = 400


def chain(shop: Shop, subject: str) -> list[str]:
    """Lines that tell how it came to this, the acts of the reader and the faults around among them."""
    subscriptions, orders = _around(subject)
    events = sorted(_events(subscriptions, orders), key=lambda event: event[0])
    emails = set(Subscription.objects.filter(pk__in=subscriptions).values_list("payer__email", flat=True))
    emails |= set(Order.objects.filter(pk__in=orders).values_list("email", flat=True))
    who = {reader.name for reader in shop.readers if reader.email in emails}
    acts = [
        (line.at, f"* {line.who}: {line.what} (step {line.step})") for line in shop.journal.lines if line.who in who
    ]
    told = sorted([*events, *acts], key=lambda event: event[0])
    if told:
        near = timedelta(hours=3)
        around = [
            (line.at, f"! {line.who}: {line.what}")
            for line in shop.journal.lines
            if line.who in ("fault", "killed", "job") and any(abs(at - line.at) < near for at, _what in told)
        ]
        told = sorted([*told, *around], key=lambda event: event[0])
    return [f"  {at:%Y-%m-%d %H:%M:%S}  {what}" for at, what in told[-LONGEST:]]


def _around(subject: str) -> tuple[set[int], set[int]]:
    """Subscriptions and orders that a subject is about."""
    kind, _colon, rest = subject.partition(":")
    key = int(rest.split(":")[0]) if rest.split(":")[0].isdigit() else 0
    if kind == "entry":
        return _around(rest)
    if kind == "order":
        return set(Term.objects.filter(order=key).values_list("subscription", flat=True)), {key}
    if kind == "subscription":
        return {key}, set(Term.objects.filter(subscription=key, order__isnull=False).values_list("order", flat=True))
    if kind == "term" and rest.count(":") == 1:
        return _around(f"subscription:{key}")
    table: dict[str, Iterator[str]] = {
        "term": (f"subscription:{one}" for one in Term.objects.filter(pk=key).values_list("subscription", flat=True)),
        "renewal": (
            f"subscription:{one}" for one in Renewal.objects.filter(pk=key).values_list("subscription", flat=True)
        ),
        "payment": iter(Payment.objects.filter(pk=key).values_list("subject", flat=True)),
        "refund": iter(Refund.objects.filter(pk=key).values_list("payment__subject", flat=True)),
        "declaration": (
            f"subscription:{one}" if one else f"order:{order}"
            for one, order in Declaration.objects.filter(pk=key).values_list("subscription", "order")
        ),
        "entitlement": (
            f"subscription:{one}"
            for one in Entitlement.objects.filter(pk=key).values_list("term__subscription", flat=True)
        ),
        "claim": (f"subscription:{one}" for one in Claim.objects.filter(pk=key).values_list("subscription", flat=True)),
        "doubt": (
            f"subscription:{one}" for one in AddressDoubt.objects.filter(pk=key).values_list("subscription", flat=True)
        ),
        "dispatch": (
            f"subscription:{one}"
            for one in Dispatch.objects.filter(pk=key, subscription__isnull=False).values_list(
                "subscription", flat=True
            )
        ),
        "return": (
            f"subscription:{one}"
            for one in CopyReturn.objects.filter(pk=key, dispatch__subscription__isnull=False).values_list(
                "dispatch__subscription", flat=True
            )
        ),
        "notice": (
            f"subscription:{one}"
            for one in Subscription.objects.filter(
                payer__in=Notice.objects.filter(pk=key).values("customer")
            ).values_list("pk", flat=True)
        ),
    }
    found: tuple[set[int], set[int]] = (set(), set())
    for other in table.get(kind, iter(())):
        subscriptions, orders = _around(other)
        found = (found[0] | subscriptions, found[1] | orders)
    return found


def _events(subscriptions: set[int], orders: set[int]) -> Iterator[Event]:
    subjects = {f"order:{one}" for one in orders}
    subjects |= {one.subject for one in Term.objects.filter(subscription__in=subscriptions)}
    subjects |= {one.subject for one in Renewal.objects.filter(subscription__in=subscriptions)}
    payments = list(Payment.objects.filter(subject__in=subjects))
    for event in OrderEvent.objects.filter(order__in=orders):
        yield event.at, f"order:{event.order_id} {event.from_state} → {event.to_state} by {event.actor} {event.reason}"
    for step in PaymentEvent.objects.filter(payment__in=payments).select_related("payment"):
        yield (
            step.at,
            f"payment:{step.payment_id} of {step.payment.subject} {step.from_state} → {step.to_state} by {step.actor} {step.reason}",
        )
    for refund in Refund.objects.filter(payment__in=payments):
        yield (
            refund.created_at,
            f"refund:{refund.pk} of payment:{refund.payment_id} {refund.amount}, now {refund.state}: {refund.reason}",
        )
    for one in SubscriptionEvent.objects.filter(subscription__in=subscriptions):
        yield (
            one.at,
            f"subscription:{one.subscription_id} {one.from_state} → {one.to_state} by {one.actor} {one.reason}",
        )
    for term in Term.objects.filter(subscription__in=subscriptions):
        yield (
            term.created_at,
            f"term:{term.pk} number {term.number} of subscription:{term.subscription_id}, {term.starts_on} to {term.ends_on}",
        )
    for move in RenewalEvent.objects.filter(renewal__subscription__in=subscriptions).select_related("renewal"):
        yield (
            move.at,
            f"renewal:{move.renewal_id} number {move.renewal.number} {move.from_state} → {move.to_state}, R {move.renews_on} by {move.actor} {move.reason}",
        )
    for proof in RenewalProof.objects.filter(renewal__subscription__in=subscriptions):
        yield proof.at, f"renewal:{proof.renewal_id} {proof.kind} proved, sent on {proof.sent_on}"
    for choice in RenewalChoice.objects.filter(subscription__in=subscriptions):
        yield (
            choice.at,
            f"subscription:{choice.subscription_id} automatic renewal {'on' if choice.automatic else 'off'} by {choice.actor}",
        )
    for declared in Declaration.objects.filter(Q(subscription__in=subscriptions) | Q(order__in=orders)):
        yield (
            declared.received_at,
            f"declaration:{declared.pk} {declared.kind}, effect {declared.effect}, now {declared.state}",
        )
    for moved in EntitlementMovement.objects.filter(entitlement__term__subscription__in=subscriptions).exclude(
        kind="grant"
    ):
        yield moved.at, f"entitlement:{moved.entitlement_id} {moved.kind} on {moved.on} {moved.reason}"
    yield from _lost(subscriptions)
    customers = set(Subscription.objects.filter(pk__in=subscriptions).values_list("payer", flat=True)) | set(
        Order.objects.filter(pk__in=orders).values_list("customer", flat=True)
    )
    for letter in Notice.objects.filter(customer__in=customers - {None}).exclude(kind="sign_in_code"):
        yield letter.created_at, f"notice:{letter.pk} {letter.kind} queued, due {letter.due_at:%Y-%m-%d %H:%M}"
        yield letter.state_since, f"notice:{letter.pk} {letter.kind} is {letter.state} {letter.failure}"
    keys = {f"payment:{one.pk}" for one in payments} | {f"subscription:{one}" for one in subscriptions} | subjects
    for item in DeskItem.objects.filter(subject__in=keys):
        yield (
            item.opened_at,
            f"desk {item.desk}: {item.kind} of {item.subject}" + (" (closed)" if item.closed_at else ""),
        )
    for entry in LedgerEntry.objects.filter(source__in={f"payment:{one.pk}" for one in payments}):
        yield entry.created_at, f"booked {entry.source}"


def _lost(subscriptions: set[int]) -> Iterator[Event]:
    lines = Dispatch.objects.filter(subscription__in=subscriptions).select_related("run")
    for line in lines:
        if line.run.closed_at is not None:
            yield line.run.closed_at, f"dispatch:{line.pk} {line.key} {line.kind}, posted {line.run.posted_on}"
    for back in CopyReturn.objects.filter(dispatch__in=lines):
        yield back.at, f"return:{back.pk} of dispatch:{back.dispatch_id}, reason {back.reason_code}: {back.effect}"
    for step in ClaimEvent.objects.filter(claim__subscription__in=subscriptions).select_related("claim"):
        copy = f"claim:{step.claim_id} of entitlement:{step.claim.entitlement_id}"
        yield step.at, f"{copy} {step.from_state} → {step.to_state} by {step.actor} {step.reason}"
    for move in AddressDoubtEvent.objects.filter(doubt__subscription__in=subscriptions):
        yield move.at, f"doubt:{move.doubt_id} {move.from_state} → {move.to_state} by {move.actor} {move.reason}"
