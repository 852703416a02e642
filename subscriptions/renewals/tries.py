"""Which renewal a payment was for, and what was tried before: read once for any number of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import F
from django.db.models.fields.json import KeyTextTransform

from payments.days import paris_day
from payments.models import Payment
from subscriptions.models import Renewal, RenewalAttempt, RenewalProof
from subscriptions.renewals.calendar import lapses_on
from subscriptions.renewals.locking import lock

State = Renewal.State
#: How often a charge of one renewal may come back unsent on one day before it waits for the next.
MOST_RETURNED_A_DAY = 3


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt and its payment."""

    payment_id: int
    method_id: int | None
    state: str
    charged_on: date


@dataclass(slots=True)
class Tries:
    """The attempts of one renewal, oldest first. `told_on`: when its last pre-debit notice for this R left; `named_on`: the
    day of the debit that it names. On paper that day leaves room for the posting, and nobody is debited before it.
    """

    made: list[Try] = field(default_factory=list)
    told_on: date | None = None
    named_on: date | None = None

    @property
    def first_charged_on(self) -> date | None:
        """The day of the first charge that was really made; retries and the lapse count from it."""
        return next((one.charged_on for one in self.made if one.state != Payment.State.CANCELLED), None)

    @property
    def last_method(self) -> int | None:
        """The method of the last attempt, be it that its charge was never sent; None before the first."""
        return self.made[-1].method_id if self.made else None

    def refused(self, method_id: int | None, *, but: int) -> int:
        """How often this method was refused, apart from the payment `but`."""
        refused = [one for one in self.made if one.state == Payment.State.DECLINED and one.payment_id != but]
        return sum(one.method_id == method_id for one in refused)

    def returned_on(self, on: date) -> int:
        """How many charges of that day were never sent."""
        return sum(one.state == Payment.State.CANCELLED and one.charged_on == on for one in self.made)


def tries_of(renewals: Iterable[Renewal]) -> Mapping[int, Tries]:
    """The tries of each renewal, by its id. Two queries."""
    keys = {renewal.pk for renewal in renewals}
    found: dict[int, Tries] = defaultdict(Tries)
    if not keys:
        return found
    told = (
        RenewalProof.objects.filter(
            renewal__in=keys, kind=RenewalProof.Kind.PRE_DEBIT, renews_on=F("renewal__renews_on")
        )
        .annotate(named=KeyTextTransform("charge_on", "notice_proof__notice__facts"))
        .order_by("sent_on")
    )
    for renewal, sent_on, named in told.values_list("renewal", "sent_on", "named"):
        found[renewal].told_on = sent_on
        found[renewal].named_on = date.fromisoformat(named) if named else None
    attempts = RenewalAttempt.objects.filter(renewal__in=keys, renews_on=F("renewal__renews_on")).order_by("pk")
    rows = attempts.values_list("renewal", "payment", "payment__saved_method", "payment__state", "charged_on")
    for renewal, payment, method, state, charged_on in rows:
        found[renewal].made.append(Try(payment, method, state, charged_on))
    return found


def lapse_day(renewal: Renewal, tries: Tries) -> date:
    """The day on which it ends unpaid: 21 days after R, after the first charge, or after the reader was first asked.

    The latter two are later than R only where a clock stood still or a notice left late: nobody loses days by that.
    """
    asked = paris_day(renewal.state_since) if renewal.state in (State.AWAITING_READER, State.MANUAL) else None
    return lapses_on(renewal.renews_on, first_charged_on=tries.first_charged_on or asked)


def plans_of(payments: Sequence[Payment]) -> Mapping[int, Renewal]:
    """The locked renewal that each payment was made for, by the payment's id. Three queries; four if one was made on the page.

    A charge names its renewal; a payment on the page was for the one that was planned when it was begun.
    """
    if not payments:
        return {}
    by_payment = dict(RenewalAttempt.objects.filter(payment__in=payments).values_list("payment", "renewal"))
    by_payment |= _planned([payment for payment in payments if payment.pk not in by_payment])
    locked = {one.pk: one for one in lock(Renewal.objects.filter(pk__in=by_payment.values()))}
    return {payment.pk: locked[by_payment[payment.pk]] for payment in payments}


def _planned(payments: Sequence[Payment]) -> dict[int, int]:
    """The renewal that was planned when each of these payments was begun, else the last one. One query, if any."""
    if not payments:
        return {}
    subjects = {payment.pk: _read(payment.subject) for payment in payments}
    planned: dict[tuple[int, int], list[Renewal]] = defaultdict(list)
    for renewal in Renewal.objects.filter(subscription__in={one for one, _number in subjects.values()}).order_by("pk"):
        planned[renewal.subscription_id, renewal.number].append(renewal)
    found = {}
    for payment in payments:
        candidates = planned[subjects[payment.pk]]
        before = [one for one in candidates if one.created_at <= payment.created_at]
        found[payment.pk] = (before or candidates)[-1].pk
    return found


def _read(subject: str) -> tuple[int, int]:
    """(subscription, number) of `term:<subscription>:<number>`."""
    _kind, subscription, number = subject.split(":")
    return int(subscription), int(number)
