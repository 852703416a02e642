"""The simulation of the simulation: one fault is planted at a time, and the invariant that is named for it catches it.

One shop lives until its readers are renewed, then each fault is planted by a superuser with the triggers asleep, or at the
stand-in or the post, seen, and taken back. What the audit alone sees of rows is planted in `tests.audit`; here stand the
faults that a simulation is for, as they would look afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import pytest
from django.db import connection, transaction

from payments.sandbox.store import Obj
from tests import servers
from tests.simulation.invariants import violations
from tests.simulation.plan import Plan
from tests.simulation.run import Report, fill, live, opened
from tests.simulation.shop import Shop

RENEWED = "(SELECT min(id) FROM subscriptions_renewal WHERE state = 'paid')"
SUBSCRIPTION = f"(SELECT subscription_id FROM subscriptions_renewal WHERE id = {RENEWED})"
PAID = f"(SELECT payment_id FROM subscriptions_renewalattempt WHERE renewal_id = {RENEWED})"
TERM = f"(SELECT term_id FROM subscriptions_renewal WHERE id = {RENEWED})"
DAY = "(SELECT max(state_since) FROM subscriptions_renewal WHERE state = 'paid')"


@dataclass(frozen=True)
class Planted:
    """One fault, as statements, and which invariant must see it."""

    name: str
    invariant: str
    statements: tuple[str, ...]
    without: tuple[str, ...] = ()


PLANTED = (
    Planted(
        "a late webhook has overwritten a payment", "ONE-CHARGE",
        (f"UPDATE payments_payment SET state = 'declined', received_on = NULL, is_open = false WHERE id = {PAID}",),
    ),
    Planted(
        "a renewal was charged without its legal notice", "ANNOUNCED",
        (f"DELETE FROM subscriptions_renewalproof WHERE kind = 'legal' AND renewal_id = {RENEWED}",),
    ),
    Planted(
        "a renewal was charged without word of its debit", "ANNOUNCED",
        (f"DELETE FROM subscriptions_renewalproof WHERE kind = 'pre_debit' AND renewal_id = {RENEWED}",),
    ),
    Planted(
        "a renewal was charged after the reader had said no", "STOPPED",
        (
            ("INSERT INTO subscriptions_renewalchoice (subscription_id, automatic, actor, reason, at)"
            f" VALUES ({SUBSCRIPTION}, false, 'reader:1', '', {DAY} - interval '30 days')"),
        ),
    ),
    Planted(
        "a copy went into a file after the contract was ended", "STOPPED",
        (
            ("INSERT INTO subscriptions_subscriptionevent (subscription_id, from_state, to_state, actor, reason, at)"
            f" VALUES ({SUBSCRIPTION}, 'active', 'ended', 'staff:1', '', {DAY} - interval '370 days')"),
        ),
    ),
    Planted(
        "a copy is lost", "COPIES",
        (
            f"DELETE FROM subscriptions_entitlementmovement WHERE entitlement_id = (SELECT min(id) FROM subscriptions_entitlement WHERE term_id = {TERM})",
            f"DELETE FROM subscriptions_entitlement WHERE id = (SELECT min(id) FROM subscriptions_entitlement WHERE term_id = {TERM})",
        ),
    ),
    Planted(
        "a copy is promised twice", "COPIES",
        (
            (f"UPDATE subscriptions_entitlement SET issue_id = (SELECT min(issue_id) FROM subscriptions_entitlement WHERE term_id = {TERM})"
            f" WHERE id = (SELECT max(id) FROM subscriptions_entitlement WHERE term_id = {TERM})"),
        ),
        without=("entitlement_issue_once",),
    ),
    Planted(
        "an entry does not balance", "BALANCED",
        ("UPDATE payments_ledgerline SET debit = debit + 0.01 WHERE id = (SELECT min(id) FROM payments_ledgerline WHERE debit > 0)",),
    ),
    Planted(
        "a charge is not in the ledger", "BALANCED",
        (
            f"DELETE FROM payments_ledgerline WHERE entry_id = (SELECT id FROM payments_ledgerentry WHERE source = 'payment:' || {PAID})",
            f"DELETE FROM payments_ledgerentry WHERE source = 'payment:' || {PAID}",
        ),
    ),
    Planted(
        "an invoice number is missing", "NUMBERED",
        (
            "DELETE FROM payments_invoiceline WHERE invoice_id = (SELECT min(id) FROM payments_invoice)",
            "DELETE FROM payments_invoicerendering WHERE invoice_id = (SELECT min(id) FROM payments_invoice)",
            "DELETE FROM payments_invoice WHERE id = (SELECT min(id) FROM payments_invoice)",
        ),
    ),
    Planted(
        "an invoice states a cent of VAT too much", "VAT",
        ("UPDATE payments_invoice SET total_vat = total_vat + 0.01 WHERE id = (SELECT min(id) FROM payments_invoice)",),
        without=("invoice_adds_up",),
    ),
    Planted(
        "an event was never heard", "HEARD",
        ("UPDATE payments_stripeevent SET state = 'stored' WHERE id = (SELECT min(id) FROM payments_stripeevent)",),
    ),
    Planted(
        "a receipt was never queued", "TOLD",
        (
            "DELETE FROM subscriptions_noticeproof WHERE notice_id = (SELECT min(id) FROM subscriptions_notice WHERE kind = 'renewal_paid')",
            "DELETE FROM subscriptions_notice WHERE id = (SELECT min(id) FROM subscriptions_notice WHERE kind = 'renewal_paid')",
        ),
    ),
    Planted(
        "a letter never left", "TOLD",
        ("UPDATE subscriptions_notice SET state = 'queued' WHERE id = (SELECT min(id) FROM subscriptions_notice)",),
    ),
    Planted(
        "a job has been silent", "ON TIME",
        ("UPDATE watch_jobrun SET succeeded_at = succeeded_at - interval '3 days' WHERE job = 'renewal-charge'",),
    ),
)  # fmt: skip


@contextmanager
def _planted(fault: Planted) -> Iterator[None]:
    """The fault stands inside the block, in a transaction of a superuser that is never committed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for index in fault.without:
            cursor.execute(f"DROP INDEX IF EXISTS {index}")
            cursor.execute(f"ALTER TABLE payments_invoice DROP CONSTRAINT IF EXISTS {index}")
        for statement in fault.statements:
            cursor.execute(statement)
            assert cursor.rowcount > 0, statement
        yield
        transaction.set_rollback(True)


def names(shop: Shop) -> set[str]:
    """The invariants that do not hold."""
    return {one.name for one in violations(shop.till, shop.post, at=shop.clock.now)}


def _charge_again(shop: Shop) -> Callable[[], None]:
    """The stand-in took a renewal's money a second time."""
    [first, *_others] = [one for one in shop.till.charges() if one["metadata"].get("purpose") == "renewal"]
    twin: Obj = {**first, "id": "ch_3twin"}
    shop.till.world.store.add(twin)
    return lambda: shop.till.world.store.remove(twin)


def _charge_forgotten(shop: Shop) -> Callable[[], None]:
    """The books know a charge that Stripe never made; and so nobody was asked for that term."""
    [first, *_others] = [one for one in shop.till.charges() if one["metadata"].get("purpose") == "renewal"]
    shop.till.world.store.remove(first)
    return lambda: (shop.till.world.store.save(first), None)[1]


def _letter_again(shop: Shop) -> Callable[[], None]:
    """The post took the same letter twice."""
    shop.post.taken.append(shop.post.taken[0])
    return lambda: (shop.post.taken.pop(), None)[1]


OUTSIDE: tuple[tuple[str, str, Callable[[Shop], Callable[[], None]]], ...] = (
    ("a reader was charged twice", "ONE-CHARGE", _charge_again),
    ("a charge is not in the books", "MIRROR", _charge_again),
    ("the books know more than Stripe", "MIRROR", _charge_forgotten),
    ("a letter was delivered twice", "TOLD", _letter_again),
)


@pytest.fixture
def as_superuser() -> Iterator[Callable[[], None]]:
    """From the call on Django speaks to the database as a superuser, who alone can do what is planted."""
    kept = dict(connection.settings_dict)

    def become() -> None:
        superuser = servers.superuser_parts()
        connection.close()
        connection.settings_dict.update(superuser)

    yield become
    connection.close()
    connection.settings_dict.update(kept)


@pytest.mark.long
@pytest.mark.usefixtures("transactional_db")
def test_every_planted_fault_is_caught_by_its_invariant(as_superuser):
    plan = Plan(begins=date(2027, 2, 1), years=1.03, bulk=3, bulk_days=3, readers=0, seed=4, audit_months=24)
    seen: dict[str, set[str]] = {}
    with opened(plan) as shop:
        fill(shop)
        live(shop, report := Report(plan))
        assert report.clean, report
        assert sum(one["metadata"].get("purpose") == "renewal" for one in shop.till.charges()) == 3
        as_superuser()
        assert names(shop) == set()
        for fault in PLANTED:
            with _planted(fault):
                seen[fault.name] = names(shop)
        for name, _invariant, plant in OUTSIDE:
            take_back = plant(shop)
            seen[name] = names(shop)
            take_back()
        seen["a renewal was forgotten"] = _forgotten(shop)
        assert names(shop) == set()
    wanted = {fault.name: fault.invariant for fault in PLANTED} | {
        name: invariant for name, invariant, _plant in OUTSIDE
    }
    wanted["a renewal was forgotten"] = "ON TIME"
    missed = {name: seen[name] for name, invariant in wanted.items() if invariant not in seen[name]}
    assert missed == {}


def _forgotten(shop: Shop) -> set[str]:
    """Nobody ever asked Stripe for the next year: everything about it is taken away, and a month goes by."""
    gone = [one for one in shop.till.world.store.all("charge") if one["metadata"].get("purpose") == "renewal"]
    for charge in gone:
        shop.till.world.store.remove(charge)
    fault = Planted(
        "", "",
        (
            "DELETE FROM subscriptions_renewal",
            "UPDATE subscriptions_subscription SET state = 'active'",
            "DELETE FROM subscriptions_term WHERE number = 2",
            "UPDATE subscriptions_term SET ends_on = ends_on - 40, starts_on = starts_on - 40",
        ),
    )  # fmt: skip
    with _planted(fault):
        found = names(shop)
    for charge in gone:
        shop.till.world.store.save(charge)
    return found
