"""An issue leaves for its readers: copies served, revenue booked by rate, once; and nothing but what was owed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.actors import Actor
from payments.audit import balance_of
from payments.gateway import Outcome
from payments.models import LedgerEntry
from payments.settling import News, apply
from shop.watch.audit import breaches
from subscriptions.addresses.typed import TypedAddress
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.moving import NoSuchStep, move_issue
from subscriptions.fulfilment.posting import post_run
from subscriptions.models import Entitlement, EntitlementMovement, Issue, MailingRun
from subscriptions.moving import move_copies
from subscriptions.orders.placing import payment_of
from tests.fulfilment.people import at
from tests.makers import HOME, NOW, READER, close_file, make_magazine, make_offers, make_wish, place_order, send_out

CLOSED_ON, POSTED_ON = date(2026, 12, 1), date(2026, 12, 15)
AT = NOW + timedelta(days=22)
STAFF = Actor("staff", "1")
REUNION = TypedAddress(
    title="M.", first_name="Fabrice", last_name="Payet", street="4 chemin des Flamboyants", postcode="97410",
    town="Saint-Pierre", country="FR",
)  # fmt: skip


@pytest.fixture
def offers(db):
    return make_offers(make_magazine())


def paid(offers, *, address=HOME, email="elodie@example.fr"):
    """A paid order, whose first copy is no. 25."""
    order = place_order(make_wish(offers["fixed"], address=address, email=email))
    apply([News(payment_of(order).pk, Outcome.SUCCEEDED)], actor=READER, at=NOW)
    return order


def number_25():
    return Issue.objects.get(number=25)


def test_copies_are_served_and_their_value_becomes_revenue_by_rate(offers):
    for name in ("anne", "bernard"):
        paid(offers, email=f"{name}@example.fr")
    paid(offers, address=REUNION, email="fabrice@example.fr")
    issue = number_25()
    run = close_file(issue, on=CLOSED_ON)
    posted = send_out(issue, on=POSTED_ON)
    assert posted.copies == 3
    assert posted.revenue == {Decimal("2.10"): Decimal("13.52"), Decimal("1.05"): Decimal("6.83")}
    assert (issue.state, issue.posted_on) == ("posted", POSTED_ON)
    entries = {
        entry.source: (entry.journal, entry.booked_on, entry.actor, [
            (line.account_id, line.debit, line.credit) for line in entry.lines.order_by("pk")
        ])
        for entry in LedgerEntry.objects.filter(source__startswith="posting:")
    }  # fmt: skip
    assert entries == {
        f"posting:{run.pk}:2.10": ("OD", POSTED_ON, "staff:91", [
            ("487100", Decimal("13.52"), Decimal("0.00")), ("701100", Decimal("0.00"), Decimal("13.52")),
        ]),
        f"posting:{run.pk}:1.05": ("OD", POSTED_ON, "staff:91", [
            ("487100", Decimal("6.83"), Decimal("0.00")), ("701100", Decimal("0.00"), Decimal("6.83")),
        ]),
    }  # fmt: skip
    served = EntitlementMovement.objects.filter(entitlement__issue=issue).order_by("pk")
    assert sorted(served.values_list("kind", flat=True)) == ["assign"] * 3 + ["grant"] * 3 + ["serve"] * 3
    assert breaches(NOW) == []


def test_posting_twice_serves_and_books_once(offers):
    paid(offers)
    send_out(number_25(), on=POSTED_ON)
    run = MailingRun.objects.get()
    posted = post_run(run.pk, on=POSTED_ON, actor=STAFF, at=AT)
    assert (posted.copies, posted.revenue) == (0, {})
    assert balance_of("701100") == Decimal("-6.76")
    assert balance_of("487100") == Decimal("-20.27")


def test_a_copy_on_hold_is_not_served_and_keeps_its_value(offers):
    paid(offers)
    issue = number_25()
    held = Entitlement.objects.get(issue=issue)
    move_copies([held], "hold", on=POSTED_ON, actor=STAFF, at=AT)
    assert send_out(issue, on=POSTED_ON).copies == 0
    held.refresh_from_db()
    assert held.state == "held"
    assert balance_of("701100") == 0
    assert not LedgerEntry.objects.filter(source__startswith="posting:").exists()


def test_an_issue_nobody_is_owed_is_posted_without_an_entry(offers):
    issue = Issue.objects.get(number=26)
    assert send_out(issue, on=date(2027, 3, 15)).copies == 0
    assert issue.state == "posted"


def test_posting_three_copies_takes_as_many_queries_as_posting_one(offers):
    paid(offers, email="anne@example.fr")
    one = queries_of_posting(25, copies=1)
    for name in ("bernard", "chantal"):
        paid(offers, email=f"{name}@example.fr")
    assert queries_of_posting(26, copies=3) == one


def queries_of_posting(number, *, copies):
    issue = Issue.objects.get(number=number)
    run = close_file(issue, on=issue.cutoff_on)
    hand_over(run.pk, actor=STAFF, at=at(issue.cutoff_on))
    count_received(run.pk, copies=copies, actor=STAFF, at=at(issue.cutoff_on))
    with CaptureQueriesContext(connection) as queries:
        assert post_run(run.pk, on=issue.post_on, actor=STAFF, at=at(issue.post_on)).copies == copies
    return len(queries)


@pytest.mark.parametrize(
    ("came", "to"), [("planned", "posted"), ("planned", "handed_over"), ("posted", "planned"), ("closed", "posted")]
)
def test_an_issue_does_not_jump(offers, came, to):
    issue = Issue(number=1, state=came)
    with pytest.raises(NoSuchStep, match=f"from {came} to {to}"):
        move_issue(issue, to, on=POSTED_ON)


def test_a_posting_that_fails_leaves_everything_as_it_was(offers, monkeypatch):
    paid(offers)

    def broken(*_args, **_named):
        raise RuntimeError("the books are closed")

    monkeypatch.setattr("subscriptions.fulfilment.posting.post", broken)
    with pytest.raises(RuntimeError):
        send_out(number_25(), on=POSTED_ON)
    assert number_25().state == "handed_over"
    assert MailingRun.objects.get().state == "handed_over"
    assert Entitlement.objects.get(issue__number=25).state == "assigned"
