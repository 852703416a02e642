"""Comparing: the real run beside its rehearsal, line by line; each difference has a name, or goes to finance's desk.

`judging` says what the run made of each term and why. The sums of the rows are the two totals, so that the totals agree or
the difference has a name.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import ngettext

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk
from payments.models import DeskItem, Payment
from subscriptions.disputes import disputed_among
from subscriptions.models import (
    Rehearsal,
    RehearsalLine,
    RehearsalReport,
    RehearsalSignature,
    Renewal,
    RenewalAttempt,
    RenewalChoice,
    RenewalEvent,
)
from subscriptions.renewals.judging import NOTHING, Because, Found, Taken, Verdict, judge
from subscriptions.renewals.tries import tries_of

Will = RehearsalLine.Will
State = Renewal.State
Paid = Payment.State
#: Desk items about a comparison that cannot be explained; `rehearsal:<id>` is their subject.
UNEXPLAINED_KIND = "rehearsal_unexplained"


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of a comparison."""

    subscription_id: int
    number: int
    line: RehearsalLine | None
    renewal_id: int | None
    rehearsed: Decimal
    charged: Decimal
    charged_on: date | None
    verdict: Verdict
    because: Because


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole of it."""

    lines: Sequence[Compared]

    @property
    def rehearsed(self) -> Decimal:
        """What was rehearsed, in all."""
        return sum((one.rehearsed for one in self.lines), NOTHING)

    @property
    def charged(self) -> Decimal:
        """What was taken, in all."""
        return sum((one.charged for one in self.lines), NOTHING)

    @property
    def unexplained(self) -> list[Compared]:
        """Differences without a name."""
        return [one for one in self.lines if one.because is Because.UNEXPLAINED]

    @property
    def settled(self) -> bool:
        """Whether nothing in it can change any more."""
        return all(one.verdict is not Verdict.PENDING for one in self.lines)

    def by_reason(self) -> list[tuple[Verdict, Because, int, Decimal, Decimal]]:
        """How many lines and how much, by what became of them and why; the sums are the totals."""
        rows: dict[tuple[Verdict, Because], list[Compared]] = defaultdict(list)
        for one in self.lines:
            rows[one.verdict, one.because].append(one)
        order = {verdict: place for place, verdict in enumerate(Verdict)}
        return [
            (
                verdict,
                because,
                len(some),
                sum((one.rehearsed for one in some), NOTHING),
                sum((one.charged for one in some), NOTHING),
            )
            for (verdict, because), some in sorted(rows.items(), key=lambda row: (order[row[0][0]], row[0][1]))
        ]


def compare(rehearsal: Rehearsal, *, at: datetime) -> Comparison:
    """The run of its days beside a rehearsal, as far as it is known at instant `at`. Reads only; ten queries at most."""
    found: dict[tuple[int, int], Found] = {}
    for line in rehearsal.lines.select_related("subscription").order_by("ordinal"):
        key = (line.subscription_id, line.number)
        found[key] = Found(*key, line=line)
    _read_charges(found, rehearsal)
    _read_plans(found, rehearsal)
    over = paris_day(at) > rehearsal.last_on
    return Comparison([_compared(one, rehearsal, over=over) for _key, one in sorted(found.items())])


def _read_charges(found: dict[tuple[int, int], Found], rehearsal: Rehearsal) -> None:
    rows = RenewalAttempt.objects.filter(charged_on__range=(rehearsal.first_on, rehearsal.last_on))
    for one in rows.select_related("renewal", "payment").order_by("pk"):
        key = (one.renewal.subscription_id, one.renewal.number)
        mine = found.setdefault(key, Found(*key))
        mine.tries.append(
            Taken(
                one.payment.state,
                one.payment.surplus,
                one.payment.amount.amount,
                one.payment.saved_method_id,
                one.number,
                one.charged_on,
            )
        )


def _read_plans(found: Mapping[tuple[int, int], Found], rehearsal: Rehearsal) -> None:
    """The newest plan of each term, and what happened to it and its subscription since."""
    keys = sorted({subscription for subscription, _number in found})
    since = {"at__gt": rehearsal.at}
    # A plan goes back to `planned`, or follows there, when its day or its price moves.
    moved = RenewalEvent.objects.filter(renewal=OuterRef("pk"), to_state=State.PLANNED, **since).exclude(from_state="")
    plans: Any = Renewal.objects.filter(subscription__in=keys).annotate(moved=Exists(moved)).order_by("pk")
    tries = tries_of(plans)
    for plan in plans:
        if (plan.subscription_id, plan.number) in found:
            mine = found[plan.subscription_id, plan.number]
            mine.plan, mine.moved_since, mine.told_on = plan, plan.moved, tries[plan.pk].told_on
    by_subscription: dict[int, list[Found]] = defaultdict(list)
    for one in found.values():
        by_subscription[one.subscription_id].append(one)
    choices = RenewalChoice.objects.filter(subscription__in=keys, **since)
    for subscription, automatic in choices.values_list("subscription", "automatic"):
        for one in by_subscription[subscription]:
            one.choices_since.add(automatic)
    paid = Payment.objects.filter(
        subject__in=[f"term:{subscription}:{number}" for subscription, number in found], state=Paid.SUCCEEDED
    ).exclude(way=Payment.Way.OFF_SESSION)
    subjects = set(paid.values_list("subject", flat=True))
    disputed = disputed_among(keys)
    for (subscription, number), one in found.items():
        one.by_reader = f"term:{subscription}:{number}" in subjects
        one.disputed = subscription in disputed


def _compared(one: Found, rehearsal: Rehearsal, *, over: bool) -> Compared:
    line = one.line
    will_charge = line is not None and line.will == Will.CHARGE and line.amount is not None
    rehearsed = line.amount.amount if will_charge and line is not None and line.amount is not None else NOTHING
    verdict, because = judge(one, rehearsal, over=over)
    return Compared(
        subscription_id=one.subscription_id,
        number=one.number,
        line=line,
        renewal_id=one.plan.pk if one.plan else None,
        rehearsed=rehearsed,
        charged=sum((taken.amount for taken in one.taken), NOTHING),
        charged_on=one.taken[-1].charged_on if one.taken else None,
        verdict=verdict,
        because=because,
    )


def report(*, at: datetime, actor: Actor) -> int:
    """Compare every signed rehearsal whose days are over; those that are settled whole get their report, once.

    Differences without a name go to finance's desk as soon as they are seen. Safe to repeat, late or in two places.
    Returns how many reports were written.
    """
    signed = RehearsalSignature.objects.filter(rehearsal=OuterRef("pk"))
    waiting = Rehearsal.objects.filter(Exists(signed), report=None, last_on__lt=paris_day(at)).order_by("pk")
    return sum(_report(one, at=at, actor=actor) for one in waiting)


def _report(rehearsal: Rehearsal, *, at: datetime, actor: Actor) -> bool:
    comparison = compare(rehearsal, at=at)
    odd = comparison.unexplained
    with transaction.atomic():
        if odd:
            sentence = ngettext(
                "One line of the run from %(first)s to %(last)s is not as it was rehearsed, and nothing explains it.",
                "%(count)s lines of the run from %(first)s to %(last)s are not as they were rehearsed, and nothing "
                "explains them.",
                len(odd),
            ) % {
                "count": len(odd),
                "first": rehearsal.first_on.strftime("%d/%m/%Y"),
                "last": rehearsal.last_on.strftime("%d/%m/%Y"),
            }
            subject = f"rehearsal:{rehearsal.pk}"
            if not DeskItem.objects.filter(kind=UNEXPLAINED_KIND, subject=subject).exists():
                put_on_desk(DeskItem.Desk.FINANCE, kind=UNEXPLAINED_KIND, subject=subject, sentence=sentence, at=at)
        if not comparison.settled:
            return False
        facts: dict[str, Any] = {
            "rehearsed": comparison.rehearsed,
            "charged": comparison.charged,
            "unexplained": len(odd),
            "by_reason": [
                [verdict, because, count, f"{rehearsed:.2f}", f"{charged:.2f}"]
                for verdict, because, count, rehearsed, charged in comparison.by_reason()
            ],
            "sha256": fingerprint(comparison.lines),
            "actor": str(actor),
            "at": at,
        }
        _report, created = RehearsalReport.objects.get_or_create(rehearsal=rehearsal, defaults=facts)
        return created  # another worker may have been first: then its report stands


def fingerprint(lines: Iterable[Compared]) -> str:
    """sha256 over the compared lines, in their order."""
    seal = hashlib.sha256()
    for one in lines:
        facts = (one.subscription_id, one.number, one.rehearsed, one.charged, one.charged_on, one.verdict, one.because)
        seal.update("\t".join("" if fact is None else str(fact) for fact in facts).encode() + b"\n")
    return seal.hexdigest()
