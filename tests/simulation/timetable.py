"""Which jobs run when: the timetable of the shop, without the rings at which nothing can have become due.

A job is a sweep: what it sees changes by an act, by another job, by Stripe, or by the day and hour. So here

- every job that rings often rings in the night, when the date has changed, and whatever has changed by the hour at three
  past ten, when readers are charged; daily jobs ring at their hour;
- of days on which nothing can fall due (no term is near its end or has ended in the last months, no
  issue goes to the post, nothing waits) the Mondays alone;
- those that ring every few minutes ring within ten minutes of each act, fault and kill; and while something is in
  flight (a letter, an event, a page, a refund, an answer that did not come) a quarter of an hour and eighty minutes later
  again, after what waits ten minutes for an answer and after the end of a payment page;

each time again and again, a minute apart, as long as one of them changed something that it reads (`tests.simulation.tables`).
The audit rings when the invariants are asked. A ring that is left out would have found what the ring before it left; only what
Stripe pays out meanwhile is heard of with the next one, a Monday at the latest, as by a shop that was away over a long weekend.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.db.models import Q, QuerySet, Value

from payments.gateway import GatewayFault
from payments.models import Invoice, MethodSetup, Payment, Refund, StripeEvent
from subscriptions.calendar import RULES
from subscriptions.losses.rules import HOLDING
from subscriptions.models import (
    AddressDoubt,
    ClaimIncident,
    Declaration,
    Gift,
    Issue,
    LossRule,
    Notice,
    TemporaryAddress,
    Term,
)
from tasks.app import app
from tasks.schedule import TIMETABLE, Job
from tests.simulation.clock import paris
from tests.simulation.kills import Killed
from tests.simulation.shop import Shop
from tests.simulation.tables import Seen

MINUTE = timedelta(minutes=1)
LATER = (15 * MINUTE, 80 * MINUTE)
TOGETHER = 10 * MINUTE
ROUNDS = 8
#: Rings every so many seconds or less: what an act sets going.
QUICK = 300
#: These change nothing that a reader, the books or Stripe would see.
ASIDE = frozenset({"heartbeat", "search-lines", "seals"})
#: The audit reads every row: it is asked with the invariants.
APART = frozenset({"audit"})
NIGHT, CHARGES = (0, 15), (10, 3)
#: What a job may raise while Stripe or Valkey does not answer: its alarm, which is what it should do then.
ALARMS = frozenset({"Silence", "Shut", "NotRendered"})


class Timetable:
    """Rings the jobs of a shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._waiting: set[datetime] = set()
        app.loader.import_default_modules()
        self._bodies: dict[str, Callable[[], Any]] = {job.name: app.tasks[job.name] for job in TIMETABLE}
        self.often = [job for job in TIMETABLE if job.at is None]
        self.quick = [job for job in self.often if job.every <= QUICK and job.name not in ASIDE]
        self.daily = [job for job in TIMETABLE if job.at is not None and job.name not in APART]
        self.runs = 0
        self.running: Job | None = None
        self._seen: dict[str, Seen] = {}

    def open_day(self) -> None:
        """Write down the rings of today, and the opening of the next day."""
        shop, today = self._shop, self._shop.clock.today
        shop.agenda.add(paris(today + timedelta(days=1), 0, 1), self.open_day)
        if today.weekday() and not in_flight() and quiet(today):
            # Yesterday may have booked something: its entries are numbered all the same.
            books = next(job for job in self.daily if job.name == "close-day")
            self._at(paris(today, 0, 20), lambda: self._once(books))
            return
        self._at(paris(today, *NIGHT), self.turn)
        self._at(paris(today, *CHARGES), self._hour_of_charges)
        for job in self.daily:
            assert job.at is not None
            self._at(paris(today, *job.at), lambda job=job: self._once(job))  # type: ignore[misc]

    def stirred(self) -> None:
        """Something happened: look at it soon, together with what else happens in these minutes."""
        self._soon(TOGETHER, self._look)

    def _soon(self, pause: timedelta, look: Callable[[], None]) -> None:
        at = self._shop.clock.now + pause
        at -= (at - self._shop.clock.begins) % TOGETHER
        if at <= self._shop.clock.now:
            at += TOGETHER
        if at not in self._waiting:
            self._waiting.add(at)
            self._shop.agenda.add(at, lambda: (self._waiting.discard(at), look()))

    def _at(self, at: datetime, ring: Callable[[], Any]) -> None:
        if at >= self._shop.clock.now:
            self._shop.agenda.add(at, ring)

    def turn(self) -> None:
        """Ring every job that rings often."""
        self._ring(self.often)

    def ring_everything(self) -> None:
        """Ring each job, whatever was left out because it would have found nothing."""
        for job in (*self.often, *self.daily):
            self.run(job)
        self.turn()

    def _look(self) -> None:
        """What an act may have changed, and what Stripe alone knows of it."""
        self._ring(self.quick)
        if in_flight():
            for pause in LATER:
                self._soon(pause, self._look_again)

    def _look_again(self) -> None:
        """What waits may have waited long enough."""
        if waiting := in_flight():
            self._ring(self.quick, minute=waiting)

    def _hour_of_charges(self) -> None:
        charges = [job for job in self.often if job.name == "renewal-charge"]
        if not self._shop.stopped and (self._shop.hear() or any(self.run(job) for job in charges)):
            self._ring(self.often, minute=frozenset(self._bodies))
            self.stirred()

    def _ring(self, jobs: Sequence[Job], *, minute: Collection[str] = ()) -> None:
        """Ring these jobs, again and again while one of them changes something; `minute`: for whom some time has passed."""
        shop = self._shop
        for number in range(ROUNDS):
            heard = shop.hear()
            if shop.stopped:
                return
            first = number == 0
            due = [job for job in jobs if self.may_find(job, minute=first and job.name in minute, stripe=first)]
            if not due and not heard:
                return
            for job in due:
                self.run(job)
            shop.go_to(shop.clock.now + MINUTE)
        # More than these minutes could do, as when ten thousand are written to: the next ones go on.
        self.stirred()

    def may_find(self, job: Job, *, minute: bool, stripe: bool) -> bool:
        """Whether a job may find something that it did not find the last time: in our rows, by the hour, or at Stripe."""
        seen = self._seen.get(job.name)
        return (
            seen is None
            or seen.on != self._shop.clock.today
            or (minute and seen.minute)
            or (stripe and seen.stripe)
            or self._shop.tables.changed_since(seen)
        )

    def _once(self, job: Job) -> None:
        if not self._shop.stopped and self.run(job):
            self.stirred()

    def run(self, job: Job) -> bool:
        """One run of one job, twice where two clocks ring; whether it changed anything. It may be killed."""
        changed = self._live(job)
        if self._shop.two_clocks:
            changed = self._live(job) or changed
        return changed

    def _live(self, job: Job) -> bool:
        shop = self._shop
        self.runs += 1
        before, self.running = self.running, job
        self._seen.pop(job.name, None)
        at, asked = shop.tables.changes, shop.till.asked
        with shop.tables.reading() as reading:
            try:
                with shop.reaper.watched():
                    self._bodies[job.name]()
            except Killed as killed:
                shop.killed(f"{job.name}: {killed}")
            except SoftTimeLimitExceeded:
                raise
            except Exception as trouble:
                shop.failed(
                    job.name, trouble, alarm=isinstance(trouble, GatewayFault) or type(trouble).__name__ in ALARMS
                )
            else:
                if shop.tables.changes == at:
                    self._seen[job.name] = Seen(
                        frozenset(reading.tables), at, shop.clock.today, reading.minute, shop.till.asked > asked
                    )
        self.running = before
        if connection.in_atomic_block:
            raise RuntimeError(f"{job.name} left a transaction open")
        return shop.tables.changes > at


def in_flight() -> frozenset[str]:
    """The jobs for which something waits for an answer, a time-out or another try. One statement."""
    opened = Payment.objects.filter(is_open=True).exclude(state="processing")
    waiting = {
        ("letters",): Notice.objects.filter(state__in=("queued", "sending")),
        ("stripe-events",): StripeEvent.objects.filter(state=StripeEvent.State.STORED),
        ("unknown-payments", "order-expiry", "renewal-charge", "declarations"): opened,
        ("refunds",): Refund.objects.filter(state__in=("created", "unknown")),
        ("unknown-payments", "order-expiry"): MethodSetup.objects.filter(state="created"),
        ("parked-effects",): Payment.objects.filter(effect="parked"),
    }
    found = there(list(waiting.values()))
    return frozenset(name for names, some in zip(waiting, found, strict=True) if some for name in names)


def quiet(on: date) -> bool:
    """Whether this is a day far from the end of every term and from every issue, with nothing to give back or to tell."""
    by_itself = Q(subscription__renewal="automatic", ends_on__range=(on - timedelta(days=50), on + timedelta(days=98)))
    by_choice = Q(subscription__renewal="fixed", ends_on__range=(on - timedelta(days=215), on + timedelta(days=98)))
    if Term.objects.filter(by_itself | by_choice).exists():
        return False
    posted = Issue.objects.filter(post_on__range=(on - timedelta(days=3), on + timedelta(days=1)))
    late = Issue.objects.filter(post_on__lte=on, posted_on=None)
    owed_back = Declaration.objects.filter(refund_due_on__gte=on - timedelta(days=30))
    pending = Refund.objects.filter(state="pending")
    told = Gift.objects.filter(state="given", announce_on__range=(on - timedelta(days=3), on))
    return not any(there([posted, late, owed_back, pending, told, *_of_losses(on), *_of_institutions(on)]))


def _of_losses(on: date) -> list[QuerySet[Any]]:
    """What changes by the day alone: a letter about an address that nobody answered, an incident that waits, a stay."""
    answered_by = (on - timedelta(days=LossRule().answer_days + 2), on - timedelta(days=LossRule().answer_days))
    return [
        AddressDoubt.objects.filter(state__in=HOLDING, at__date__range=answered_by),
        ClaimIncident.objects.filter(state="waiting", wait_until__lte=on),
        TemporaryAddress.objects.filter(Q(from_on=on) | Q(until=on)),
    ]


def _of_institutions(on: date) -> list[QuerySet[Any]]:
    """An invoice that was to be paid yesterday, or is reminded of."""
    steps = (1, *RULES.invoice_reminded_days)
    due = [day - timedelta(days=late) for day in (on, on - timedelta(days=1)) for late in steps]
    return [Invoice.objects.filter(kind=Invoice.Kind.INVOICE, payment=None, due_on__in=due)]


def there(every: Sequence[QuerySet[Any]]) -> list[bool]:
    """Whether each of these finds a row. One statement."""
    asked = [rows.order_by().values(found=Value(place))[:1] for place, rows in enumerate(every)]
    found = {row["found"] for row in asked[0].union(*asked[1:], all=True)}
    return [place in found for place in range(len(every))]
