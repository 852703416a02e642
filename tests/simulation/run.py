"""A whole simulation: the shop opens, lives through its years with whatever goes wrong, is asked what must hold, closes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.test import override_settings
from django.utils import timezone

from payments.allowance import Unlimited
from payments.models import (
    BankLine,
    BankMatch,
    BankReceipt,
    BankStatement,
    Discrepancy,
    Payout,
    PeriodClosing,
    Transfer,
)
from shop.demo.people import make_people
from shop.storefront.kept import KEEPER
from shop.watch import audit, bell, runs
from subscriptions.models import (
    Claim,
    ClaimIncident,
    CopyReturn,
    Dispatch,
    MailingRun,
    PurchaseOrder,
    SoldIssue,
)
from tasks import charges
from tasks.schedule import TIMETABLE
from tests.simulation import acts, faults, imported, post, printing, publisher, till, trace
from tests.simulation.acts import finance
from tests.simulation.acts.buying import buys
from tests.simulation.acts.institutions import come as institutions_come
from tests.simulation.acts.losing import looks_at_losses
from tests.simulation.acts.staff import looks_at_disputes, looks_at_doubts
from tests.simulation.acts.taking_over import come as others_come
from tests.simulation.bank import IBAN
from tests.simulation.chain import chain
from tests.simulation.clock import Clock, paris
from tests.simulation.invariants import Violation, violations
from tests.simulation.kills import Reaper, reaped
from tests.simulation.people import Reader
from tests.simulation.plan import Plan
from tests.simulation.reconciled import counted, not_reconciled
from tests.simulation.registry import FAULTS
from tests.simulation.shop import Shop
from tests.simulation.timetable import Timetable

__all__ = ["acts", "faults"]

SETTINGS: dict[str, Any] = {
    "STRIPE_HTTP_CLIENT": "tests.simulation.till.Plug",
    "STRIPE_API_BASE": "",
    "STRIPE_SECRET_KEY": till.KEY,
    "STRIPE_WEBHOOK_SECRET": till.SECRET,
    "STRIPE_CHECKOUT_ORIGIN": till.ORIGIN,
    "STRIPE_MAX_RETRIES": 0,
    # Nobody asks beside the one process.
    "STRIPE_CHARGES_AT_ONCE": 0,
    "EMAIL_BACKEND": "tests.simulation.post.Backend",
    "BANK_IBAN": IBAN,
    "BANK_BIC": "AGRIFRPP",
    # Argon2 takes its time on purpose; only the team has passwords.
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "TRUSTED_PROXIES": 1,
    "STORAGES": {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    },
}
#: After the last fault: time for every time-out, retry and look-up to come to its end.
CALM = timedelta(days=4)
#: Readers come during the first part of the time, so that most of them have a year that ends.
ARRIVALS = 0.45


@dataclass(slots=True)
class Report:
    """What a simulation saw. `found`: the violations of the first instant at which there were any."""

    plan: Plan
    found: list[Violation] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    step: int = 0
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    remainders: dict[str, str] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)
    at: datetime | None = None

    @property
    def clean(self) -> bool:
        """Whether nothing was wrong."""
        return not self.found and not self.failures


class _Allowance(Unlimited):
    """The one process asks one charge after the other; without Valkey it asks none (`payments.allowance`)."""

    shop: Shop

    def is_open(self) -> bool:
        return not self.shop.valkey_lost

    def take(self) -> bool:
        return not self.shop.valkey_lost

    def close(self) -> None:
        """Nothing to let go."""


def simulate(
    plan: Plan,
    *,
    say: Callable[[Shop], None] = lambda shop: None,
    meddle: Callable[[Shop], None] = lambda shop: None,
) -> Report:
    """Run `plan` on the database in use, which must hold nothing but what the migrations left. `meddle`: called once all
    is ready, before anything happens; `say`: called each simulated week."""
    begun = time.perf_counter()
    report = Report(plan)
    with opened(plan) as shop:
        fill(shop)
        meddle(shop)
        live(shop, report, say)
        report.step, report.at = shop.journal.step, shop.clock.now
        report.failures = shop.failures
        report.trace = trace.trace()
        report.journal = [str(line) for line in shop.journal.lines]
        report.counts = _counts(shop)
        report.remainders = {month: f"{left:.2f}" for month, left in shop.remainders.items()}
    report.seconds = time.perf_counter() - begun
    return report


def live(shop: Shop, report: Report, say: Callable[[Shop], None] = lambda shop: None) -> None:
    """Every day of the plan, the invariants every few months, and a last time once the shop has come to rest."""
    plan = shop.plan
    end = paris(plan.begins, 12) + timedelta(days=365.25 * plan.years)
    for month in range(1, int(12 * plan.years) + 1):
        if month % plan.audit_months == 0:
            shop.agenda.add(paris(plan.begins, 12) + timedelta(days=30.4 * month), lambda: _ask(shop, report))
    week = shop.clock.now
    for step in shop.until(end):
        if plan.until_step is not None and step >= plan.until_step:
            return
        if report.found or shop.failures:
            return
        if shop.clock.now >= week:
            say(shop)
            week = shop.clock.now + timedelta(days=7)
    _come_to_rest(shop)
    _last_week(shop)
    if not report.found and not shop.failures:
        _judge(shop, report)


def _ask(shop: Shop, report: Report) -> None:
    """Ask now, or once what went wrong has had its time to be caught up."""
    if shop.stopped or shop.till.down() or shop.clock.now < shop.unsettled_until:
        later = max(shop.unsettled_until, shop.clock.now) + timedelta(hours=6)
        shop.agenda.add(later, lambda: _ask(shop, report))
        return
    _judge(shop, report)


def settle(shop: Shop) -> None:
    """Nothing goes wrong while it is asked, and whatever the last thing to go wrong left has its quarter of an hour."""
    shop.reaper.disarm()
    shop.till.behave()
    shop.post.moods.clear()
    for _round in range(2):
        shop.timetable.turn()
        shop.go_to(shop.clock.now + timedelta(minutes=16))
    shop.timetable.ring_everything()
    audit.audit(at=shop.clock.now)
    runs.JobRun.objects.filter(job__in=["audit"]).update(succeeded_at=shop.clock.now)


def _judge(shop: Shop, report: Report) -> None:
    settle(shop)
    found = violations(shop.till, shop.post, at=shop.clock.now)
    found += [Violation(*one) for one in counted(shop)]
    found += [Violation("PAYOUT", *one) for one in not_reconciled(shop, at=shop.clock.now)]
    if found:
        report.found = found
        report.explained = chain(shop, found[0].subject)


def _come_to_rest(shop: Shop) -> None:
    """Everything works again, and the shop has its time to catch up; no act and no fault is to come."""
    shop.agenda.empty()
    shop.reaper.disarm()
    shop.till.behave()
    shop.post.moods.clear()
    shop.stopped_until = shop.down_until = shop.two_clocks_until = shop.valkey_lost_until = shop.clock.now
    end = shop.clock.now + CALM
    shop.timetable.open_day()
    shop.timetable.stirred()
    for _step in shop.until(end):
        pass


def _last_week(shop: Shop) -> None:
    """Finance looks once more, at everything; nothing else is to come."""
    finance.the_bank_writes(shop)
    shop.tell("finance", "looks a last time", lambda: finance.week(shop), at=shop.clock.now)
    for _step in shop.until(shop.clock.now + timedelta(days=1)):
        pass
    shop.agenda.empty()


def fill(shop: Shop) -> None:
    """What is sold, who comes when, what goes wrong when."""
    plan = shop.plan
    publisher.stock(shop)
    publisher.raise_prices(shop)
    finance.begin(shop)
    looks_at_doubts(shop, plan.chance("doubts"))
    looks_at_disputes(shop)
    looks_at_losses(shop)
    institutions_come(shop)
    others_come(shop)
    chance = plan.chance("arrivals")
    days = 365.25 * plan.years * ARRIVALS
    for person in make_people(plan.readers, plan.chance("people")):
        reader = Reader(shop, person)
        shop.readers.append(reader)
        shop.by_email[reader.email] = reader
        at = paris(plan.begins, 8) + timedelta(days=int(chance.uniform(0, days)), minutes=chance.randrange(900))
        shop.tell(reader.name, "buys", lambda reader=reader: buys(shop, reader), at=at)  # type: ignore[misc]
    if plan.bulk:
        imported.come(shop, many=plan.bulk, first=100_000, days=plan.bulk_days, living=plan.bulk_live)
    for name in plan.faults:
        _strike_again(shop, name, plan.chance("fault", name))
    shop.timetable.open_day()


def _strike_again(shop: Shop, name: str, chance: Any) -> None:
    """Write the next time of a fault into the agenda, and so on."""
    row = FAULTS[name]

    def strike() -> None:
        shop.journal.write(shop.clock.now, "fault", f"{name}: {row.strike(shop, chance)}")
        _strike_again(shop, name, chance)

    shop.agenda.add(
        shop.clock.now
        + timedelta(
            days=chance.expovariate(1 / row.mean_days(shop.plan.readers + shop.plan.bulk * shop.plan.bulk_live))
        ),
        strike,
    )


def _counts(shop: Shop) -> dict[str, int]:
    return {
        "steps": shop.journal.step,
        "acts": sum(1 for line in shop.journal.lines if line.who.startswith("reader")),
        "faults": sum(1 for line in shop.journal.lines if line.who == "fault"),
        "kills": shop.kills,
        "charges": len(shop.till.charges()),
        "requests": shop.till.asked,
        "letters": len(shop.post.taken),
        "job runs": shop.timetable.runs,
        "files": MailingRun.objects.exclude(state__in=("asked", "dropped")).count(),
        "returns": CopyReturn.objects.count(),
        "claims": Claim.objects.count(),
        "incidents": ClaimIncident.objects.count(),
        "sent again": Dispatch.objects.filter(kind="RCL").count(),
        "given instead": Claim.objects.filter(extra__isnull=False).count(),
        "orders on paper": PurchaseOrder.objects.count(),
        "past issues": SoldIssue.objects.count(),
        "payouts": Payout.objects.count(),
        "statements": BankStatement.objects.count(),
        "lines at the bank": BankLine.objects.count(),
        "explained alone": BankMatch.objects.filter(automatic=True).count(),
        "transfers received": BankReceipt.objects.count(),
        "refunds by transfer": Transfer.objects.filter(state__in=("sent", "done")).count(),
        "discrepancies": Discrepancy.objects.count(),
        "closings": PeriodClosing.objects.count(),
    }


@contextmanager
def opened(plan: Plan) -> Iterator[Shop]:
    """The shop with its clock, till and post, as its configuration and two seams of a process let it be plugged."""
    reaper = Reaper()
    stripe, letters = till.begin(plan.chance("till")), post.begin()
    silent = bell._bell.send_task
    allowance = charges.SharedAllowance
    logging.disable(logging.CRITICAL)
    try:
        with Clock(paris(plan.begins, 0, 5)) as clock, override_settings(**SETTINGS), reaped(reaper), printing.canned():
            stripe.open(int(clock.now.timestamp()))
            shop = Shop(plan, clock, stripe, letters, reaper)
            _Allowance.shop = shop
            charges.SharedAllowance = _Allowance  # type: ignore[misc, assignment]
            bell._bell.send_task = lambda *given, **named: None  # the timetable looks after every act anyhow
            runs.know([(job.name, job.every, job.alarm_after) for job in TIMETABLE], at=timezone.now())
            shop.timetable = Timetable(shop)
            KEEPER.forget()
            with shop.tables.watched():
                yield shop
    finally:
        charges.SharedAllowance = allowance  # type: ignore[misc]
        bell._bell.send_task = silent
        stripe.close()
        logging.disable(logging.NOTSET)
        KEEPER.forget()
