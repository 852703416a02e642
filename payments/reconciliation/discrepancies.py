"""Discrepancies are found, taken in hand and ended here, and nowhere else; each step leaves its event (rule 6).

What a person has ended is explained: the same thing, with the same amounts, is not put before them again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk, record_act, take_off_desk
from payments.ledger import stripe_entries
from payments.ledger.posting import ZERO, post
from payments.models import DeskItem, Discrepancy, DiscrepancyEvent, ReconciliationRun
from payments.reconciliation.meanings import KEYS, Meaning
from payments.reconciliation.sentences import MATCHED_LATER

Kind, End, Step = Discrepancy.Kind, Discrepancy.End, DiscrepancyEvent.Step
#: The keys to which finance may book a movement that had to be explained (law.md 6.2).
#: Not those of customers, of what is owed back and of disputes: documents, payments and disputes alone move these.
BOOKABLE = ("FEES", "ADJUSTMENTS", "RESERVE", "TRANSIT", "FOREIGN", "BAD_DEBT")
MATTER, SUBJECT = "discrepancies", "reconciliation:stripe"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that does not agree, with what Stripe and the books say of it, in euros."""

    kind: str
    subject: str
    payout: int | None = None
    movement: int | None = None
    at_stripe: Decimal | None = None
    in_books: Decimal | None = None


@transaction.atomic
def put(found: Sequence[Found], *, run: ReconciliationRun | None, actor: Actor, at: datetime) -> int:
    """Open what is not open yet and nobody has explained; returns how many. Four statements, none for nothing found.

    Whoever finds works alone: two would open one matter twice.
    """
    if not found:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('put-discrepancies'))")
    subjects = {one.subject for one in found}
    open_, explained = set(), set()
    for row in Discrepancy.objects.filter(subject__in=subjects):
        if row.ended_at is None:
            open_.add((row.kind, row.subject))
        elif row.end in (End.EXPLAINED, End.BOOKED):
            explained.add((row.kind, row.subject, row.at_stripe, row.in_books))
    fresh = [
        Discrepancy(
            kind=one.kind,
            subject=one.subject,
            payout_id=one.payout,
            movement_id=one.movement,
            at_stripe=one.at_stripe,
            in_books=one.in_books,
            run=run,
            found_at=at,
        )
        for one in dict.fromkeys(found)
        if (one.kind, one.subject) not in open_
        and (one.kind, one.subject, one.at_stripe, one.in_books) not in explained
    ]
    Discrepancy.objects.bulk_create(fresh)
    DiscrepancyEvent.objects.bulk_create(
        [DiscrepancyEvent(discrepancy=one, step=Step.FOUND, actor=str(actor), at=at) for one in fresh]
    )
    if fresh:
        settle_desk(actor=actor, at=at)
    return len(fresh)


@transaction.atomic
def end_what_is_gone(kinds: Collection[str], found: Sequence[Found], *, actor: Actor, at: datetime) -> int:
    """End open discrepancies of these kinds that were looked for and not found, or are another amount by now; returns how
    many. Locks them by id.
    """
    seen = {(one.kind, one.subject): (one.at_stripe, one.in_books) for one in found}
    rows = Discrepancy.objects.select_for_update(no_key=True).filter(kind__in=kinds, ended_at=None).order_by("pk")
    gone = [row for row in rows if seen.get((row.kind, row.subject)) != (row.at_stripe, row.in_books)]
    for row in gone:
        if (row.kind, row.subject) in seen:
            _end(row, End.GONE, "another amount by now", actor=actor, at=at)
            continue
        how = End.MATCHED if row.kind in MATCHED_LATER else End.GONE
        _end(row, how, "not found any more", actor=actor, at=at)
    if gone:
        settle_desk(actor=actor, at=at)
    return len(gone)


@transaction.atomic
def take(key: int, *, by: int, reason: str, actor: Actor, at: datetime) -> Discrepancy:
    """Give an open discrepancy to a colleague, who looks into it from now on. Raises ValidationError once it has ended."""
    one = _open(key)
    before, one.owner_id = one.owner_id, by
    one.save(update_fields=["owner"])
    DiscrepancyEvent.objects.create(discrepancy=one, step=Step.TAKEN, actor=str(actor), reason=reason[:300], at=at)
    facts = {"owner_before": before}
    record_act("took a discrepancy", subject=f"discrepancy:{one.pk}", actor=actor, at=at, reason=reason, facts=facts)
    return one


@transaction.atomic
def explain_away(key: int, *, reason: str, actor: Actor, at: datetime) -> Discrepancy:
    """End an open discrepancy with the words of who knows what it was. Raises ValidationError once it has ended, or where words
    would leave 517 another balance than Stripe's.
    """
    one = _open(key)
    if has_to_be_booked(one):
        raise ValidationError(_("The books are not Stripe’s balance by this amount: book it."))
    _end(one, End.EXPLAINED, reason, actor=actor, at=at)
    record_act("explained a discrepancy", subject=f"discrepancy:{one.pk}", actor=actor, at=at, reason=reason)
    settle_desk(actor=actor, at=at)
    return one


@transaction.atomic
def book(key: int, *, to: str, reason: str, actor: Actor, at: datetime) -> Discrepancy:
    """Book a movement that had to be explained where it belongs, and end it. Raises ValidationError where that cannot be."""
    one = _open(key)
    amount = bookable(one)
    if amount is None or to not in BOOKABLE:
        raise ValidationError(_("This discrepancy has no movement that waits to be booked: explain it instead."))
    post([stripe_entries.booked(one, to, amount=amount, booked_on=paris_day(at))], actor=actor, at=at)
    _end(one, End.BOOKED, reason, actor=actor, at=at)
    facts = {"key": to, "amount": str(amount)}
    record_act("booked a discrepancy", subject=f"discrepancy:{one.pk}", actor=actor, at=at, reason=reason, facts=facts)
    settle_desk(actor=actor, at=at)
    return one


def bookable(one: Discrepancy) -> Decimal | None:
    """What waits to be booked, signed as on Stripe's balance: on the account of what has to be explained, or by how much that
    balance is another one than the books have it; None for nothing. One query at most.
    """
    line = one.movement
    if one.kind in Discrepancy.ON_BALANCE:
        foreign = line is not None and line.currency != "eur"
        if one.in_books is None or (foreign and one.kind != Kind.OTHER_CURRENCY):
            return None
        # What came in on a balance of another currency is not on the one in euros.
        there = one.at_stripe if one.at_stripe is not None and not foreign else ZERO
        return (there - one.in_books) or None
    if line is None or line.meaning != one.kind or KEYS[Meaning(line.meaning)] != "UNEXPLAINED":
        return None
    booked = Discrepancy.objects.filter(movement=line, end=End.BOOKED).exclude(kind__in=Discrepancy.ON_BALANCE)
    return None if booked.exists() else line.amount


def has_to_be_booked(one: Discrepancy) -> bool:
    """Whether words would leave 517 another balance than Stripe's."""
    return one.kind in Discrepancy.ON_BALANCE and bookable(one) is not None


def settle_desk(*, actor: Actor, at: datetime) -> None:
    """One matter on finance's desk while anything is open; it leads to the list, where each has its owner and age."""
    if Discrepancy.objects.filter(ended_at=None).exists():
        put_on_desk(
            DeskItem.Desk.FINANCE,
            kind=MATTER,
            subject=SUBJECT,
            sentence="Le rapprochement avec Stripe a trouvé des écarts : à expliquer un par un.",
            at=at,
        )
    else:
        take_off_desk(kind=MATTER, subject=SUBJECT, because="nothing is left to explain", actor=actor, at=at)


def _open(key: int) -> Discrepancy:
    one = Discrepancy.objects.select_for_update(no_key=True, of=("self",)).select_related("movement").get(pk=key)
    if one.ended_at is not None:
        raise ValidationError(_("This discrepancy has ended already."))
    return one


def _end(one: Discrepancy, how: str, because: str, *, actor: Actor, at: datetime) -> None:
    one.end, one.ended_at, one.ended_by, one.ended_because = how, at, str(actor), because[:300]
    one.save(update_fields=["end", "ended_at", "ended_by", "ended_because"])
    DiscrepancyEvent.objects.create(discrepancy=one, step=how, actor=str(actor), reason=because[:300], at=at)
