"""Every movement gets its meaning, and what no payment of ours books is booked from its line (law.md 6.3, 6.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from payments.actors import Actor
from payments.days import paris_day
from payments.ledger import stripe_entries
from payments.ledger.posting import EntryDraft, post
from payments.models import BalanceMovement, Discrepancy, MirrorCharge, Payment
from payments.reconciliation.meanings import KEYS, NET, Facts, Meaning, meaning_of, of_somebody

BATCH = 5000
#: A line about somebody's payment waits so long for that to settle here, unless its payout has been read.
PATIENCE = timedelta(days=10)
CHARGES = ("charge", "payment")


def explain(*, actor: Actor, at: datetime, go_on: Callable[[], bool] = lambda: True) -> int:
    """Give their meaning to lines that have none yet, and again to those that nobody could explain; returns how many changed.

    One transaction and a constant number of statements per 5,000 lines; safe to repeat and to stop anywhere.
    """
    changed, last = 0, 0
    while go_on():
        with transaction.atomic():
            lines = list(_due(at).filter(pk__gt=last).order_by("pk")[:BATCH])
            changed += _explain(lines, actor=actor, at=at)
        if len(lines) < BATCH:
            break
        last = lines[-1].pk
    return changed


def _due(at: datetime) -> QuerySet[Any]:
    """Lines whose meaning may be known by now, with what the books hold of them; what finance has booked stands. Locks the lines."""
    ready = (
        Q(payment__isnull=False)
        | Q(refund__isnull=False)
        | Q(payout__read_at__isnull=False)
        | Q(created__lte=at - PATIENCE)
        | ~Q(kind__in=of_somebody())
    )
    earlier = BalanceMovement.objects.filter(payment=OuterRef("payment"), kind__in=CHARGES, pk__lt=OuterRef("pk"))
    named = Payment.objects.filter(reference=OuterRef("reference"), state=Payment.State.SUCCEEDED)
    at_stripe = MirrorCharge.objects.filter(stripe_charge=OuterRef("source"), ours=True)
    booked = Discrepancy.objects.filter(movement=OuterRef("pk"), end=Discrepancy.End.BOOKED)
    return (
        BalanceMovement.objects.select_for_update(no_key=True, of=("self",))
        .filter(
            (Q(meaning__in=["", *BalanceMovement.UNEXPLAINED]) & ready)
            | Q(meaning=Meaning.FOREIGN, payment__isnull=False)
            | Q(meaning=Meaning.FOREIGN, refund__isnull=False)
        )
        .exclude(~Q(meaning=""), Exists(booked))
        .annotate(
            paid=F("payment__amount"),
            given_back=F("refund__amount"),
            second=Exists(earlier),
            about_ours=Exists(Payment.objects.filter(stripe_charge=OuterRef("charge"))) | Exists(at_stripe),
            twin=Exists(named),
        )
    )


def _explain(lines: Sequence[Any], *, actor: Actor, at: datetime) -> int:
    moved: dict[Meaning, list[Any]] = defaultdict(list)
    for line in lines:
        meaning = meaning_of(facts_of(line))
        if meaning != line.meaning:
            moved[meaning].append(line)
    drafts: list[EntryDraft] = []
    for meaning, rows in moved.items():
        drafts += [draft for row in rows for draft in _drafts(row, meaning, at=at)]
    for meaning, rows in sorted(moved.items()):
        BalanceMovement.objects.filter(pk__in=[row.pk for row in rows]).update(meaning=meaning)
    post(drafts, actor=actor, at=at)
    return sum(map(len, moved.values()))


def facts_of(line: Any) -> Facts:
    """A line as `_due` reads it, for the table."""
    return Facts(
        kind=line.kind,
        category=line.category,
        currency=line.currency,
        amount=line.amount,
        paid=line.paid if line.refund_id is None else None,
        given_back=line.given_back,
        converted=line.converted,
        second=line.payment_id is not None and line.second,
        names_us=line.names_us or line.about_ours,
        twin=line.twin,
    )


def _drafts(line: BalanceMovement, meaning: Meaning, *, at: datetime) -> Iterable[EntryDraft]:
    """The entry of a line whose meaning is new; where it had another, that goes back first, and both are of today.

    Lines find their owner later, and never lose it; only a second line of one payment is booked although it has one.
    """
    had, gets = KEYS[Meaning(line.meaning)] if line.meaning else None, KEYS[meaning]
    owned = line.payment_id is not None or line.refund_id is not None
    was_owned = owned and line.meaning == Meaning.DOUBLED
    if had == gets and owned == was_owned:
        return
    today = paris_day(at)
    if had is not None:
        there = stripe_entries.movement(line, had, net=line.meaning in NET, owned=was_owned, booked_on=today)
        yield stripe_entries.movement_back(there, line)
    if gets is not None:
        day = today if line.meaning else paris_day(line.created)
        draft = stripe_entries.movement(line, gets, net=meaning in NET, owned=owned, booked_on=day)
        yield draft if had is None else stripe_entries.movement_again(draft, line)
