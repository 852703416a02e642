"""Rehearsing: what some days would charge is written down, read by finance, signed by name, and stands.

A rehearsal is made as often as one likes, before the first charge of its days; a signature is given once, for lines that
are still true: whatever has changed since is named first. What it was worth is `comparing`'s to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor, staff
from payments.days import PARIS, paris_day
from payments.desk import record_act, take_off_desk
from subscriptions.calendar import RULES
from subscriptions.models import (
    Rehearsal,
    RehearsalLine,
    RehearsalSignature,
)
from subscriptions.renewals.foreseeing import Foreseen, foresee
from subscriptions.renewals.unsigned import UNSIGNED, month_subject

Will = RehearsalLine.Will
#: The longest rehearsal: a year and a day.
MOST_DAYS = 366


class CannotRehearse(ValidationError):
    """These days cannot be rehearsed; the message is a sentence for staff."""


class CannotSign(ValidationError):
    """This rehearsal cannot be signed; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one line was when it was rehearsed and what it is now; None: not among the lines."""

    subject: str
    was: RehearsalLine | None
    now: RehearsalLine | None


class Stale(CannotSign):
    """The world has changed since; `changes` says how."""

    def __init__(self, changes: Sequence[Change]) -> None:
        super().__init__(_("What was rehearsed is not true any more. Rehearse these days again."), code="stale")
        self.changes = changes


def begins_at(on: date) -> datetime:
    """The instant from which readers may be charged on day `on`."""
    return datetime.combine(on, time(RULES.charge_hour), PARIS)


def rehearse(first: date, last: date, *, actor: Actor, at: datetime, reason: str = "") -> Rehearsal:
    """Write down what will become of the renewals of these days. Nothing else changes: no plan, no letter, no charge.

    Raises CannotRehearse for days that have begun to be charged, or that are too many.
    """
    lines = foreseen_lines(first, last, at=at)
    charged = [one for one in lines if one.will == Will.CHARGE]
    with transaction.atomic():
        rehearsal = Rehearsal.objects.create(
            first_on=first,
            last_on=last,
            lines_total=len(lines),
            charged_total=len(charged),
            amount=total(charged),
            sha256=fingerprint(lines),
            actor=str(actor),
            reason=reason[:300],
            at=at,
        )
        for line in lines:
            line.rehearsal = rehearsal
        RehearsalLine.objects.bulk_create(lines, batch_size=1000)
    return rehearsal


def foreseen_lines(first: date, last: date, *, at: datetime) -> list[RehearsalLine]:
    """The lines that a rehearsal of these days would have now, not saved. Raises CannotRehearse."""
    if at >= begins_at(first):
        raise CannotRehearse(_("These days have begun to be charged: rehearse from the next one on."), code="begun")
    if last < first or (last - first).days >= MOST_DAYS:
        raise CannotRehearse(_("Rehearse one day at least and one year at most."), code="days")
    return [_line(ordinal, one) for ordinal, one in enumerate(foresee(first, last, at=at), 1)]


def _line(ordinal: int, one: Foreseen) -> RehearsalLine:
    return RehearsalLine(
        ordinal=ordinal,
        subscription=one.subscription,
        number=one.number,
        renewal=one.renewal,
        state=one.renewal.state if one.renewal else "",
        renews_on=one.renews_on,
        day=one.day,
        amount=one.amount,
        price=one.price,
        legal_on=one.legal.on,
        legal_sent=one.legal.sent,
        pre_debit_on=one.pre_debit.on,
        pre_debit_sent=one.pre_debit.sent,
        method=one.subscription.saved_method,
        card=one.card,
        will=one.will,
        why=one.why,
    )


def total(lines: Iterable[RehearsalLine]) -> Decimal:
    """What these lines come to."""
    return sum((one.amount.amount for one in lines if one.amount is not None), Decimal("0.00"))


def canonical(line: RehearsalLine) -> str:
    """One line as the text that is hashed: every fact in one order, separated by tabs."""
    facts = (
        line.ordinal,
        line.subscription_id,
        line.number,
        line.renewal_id,
        line.state,
        line.renews_on,
        line.day,
        f"{line.amount.amount:.2f}" if line.amount is not None else None,
        line.price_id,
        line.legal_on,
        int(line.legal_sent),
        line.pre_debit_on,
        int(line.pre_debit_sent),
        line.method_id,
        line.card,
        line.will,
        line.why,
    )
    return "\t".join("" if fact is None else str(fact) for fact in facts)


def fingerprint(lines: Iterable[RehearsalLine]) -> str:
    """sha256 over the canonical lines, in their order."""
    seal = hashlib.sha256()
    for line in lines:
        seal.update(canonical(line).encode() + b"\n")
    return seal.hexdigest()


def verified(rehearsal: Rehearsal) -> bool:
    """Whether the lines are still those that were hashed. One query."""
    return fingerprint(rehearsal.lines.order_by("ordinal")) == rehearsal.sha256


def what_changed(rehearsal: Rehearsal, *, at: datetime) -> list[Change]:
    """What would be rehearsed otherwise now, line by line: who, when, how much, from which card, or whether at all.

    A notice that has left as it was foreseen is no change.
    """
    was = {one.subject: one for one in rehearsal.lines.select_related("subscription").order_by("ordinal")}
    seen = foresee(rehearsal.first_on, rehearsal.last_on, at=at)
    now = {one.subject: _line(ordinal, one) for ordinal, one in enumerate(seen, 1)}
    return [
        Change(subject, was.get(subject), now.get(subject))
        for subject in sorted(was.keys() | now.keys())
        if _matters(was.get(subject)) != _matters(now.get(subject))
    ]


def _matters(line: RehearsalLine | None) -> tuple[Any, ...] | None:
    if line is None:
        return None
    charged = line.will == Will.CHARGE
    amount = line.amount.amount if line.amount is not None else None
    return (line.will, line.day, amount, line.price_id, line.method_id) if charged else (line.will,)


def sign(rehearsal: Rehearsal, *, signer: Any, reason: str, at: datetime) -> RehearsalSignature:
    """Somebody of finance stands for a rehearsal by name; once.

    Writes the signature and the act, and takes the warning about an unsigned run off finance's desk. Raises CannotSign
    (Stale, with what has changed) where it is signed already, where its charges have begun, where its lines are not those
    that were hashed, or where they are no longer true.
    """
    refuse_to_sign(rehearsal, at=at)
    changes = what_changed(rehearsal, at=at)
    if changes:
        raise Stale(changes)
    actor = staff(signer)
    try:
        with transaction.atomic():
            signature = RehearsalSignature.objects.create(
                rehearsal=rehearsal,
                signer=signer,
                name=(signer.full_name or signer.email or str(actor))[:150],
                sha256=rehearsal.sha256,
                reason=reason[:300],
                at=at,
            )
            record_act(
                "signed a rehearsal",
                subject=f"rehearsal:{rehearsal.pk}",
                actor=actor,
                reason=reason,
                facts={"sha256": rehearsal.sha256, "charged": rehearsal.charged_total},
                at=at,
            )
            take_off_desk(
                kind=UNSIGNED, subject=month_subject(rehearsal.first_on), because=reason, actor=actor, at=at
            )  # fmt: skip
    except IntegrityError:
        raise CannotSign(_("This rehearsal is signed already."), code="signed") from None
    return signature


def refuse_to_sign(rehearsal: Rehearsal, *, at: datetime) -> None:
    """Raise CannotSign where no signature can be given, whatever has changed. Two queries."""
    if RehearsalSignature.objects.filter(rehearsal=rehearsal).exists():
        raise CannotSign(_("This rehearsal is signed already."), code="signed")
    if at >= begins_at(rehearsal.first_on):
        raise CannotSign(_("These days have begun to be charged: nothing is signed afterwards."), code="begun")
    if not verified(rehearsal):
        raise CannotSign(_("The lines are not those that were rehearsed. Tell technique."), code="hash")


def next_rehearsable(at: datetime) -> date:
    """The first day that has not begun to be charged."""
    on = paris_day(at)
    return on if at < begins_at(on) else date.fromordinal(on.toordinal() + 1)
