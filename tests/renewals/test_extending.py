"""The next term to the day, the copy and the cent; and copies that get their issue once it is planned."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from payments.gateway import Outcome
from payments.models import Act, Invoice, LedgerLine
from payments.settling import News, apply
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress
from subscriptions.fulfilment.planning import assign_planned
from subscriptions.models import Entitlement, EntitlementMovement, Issue, Magazine, Renewal, Subscription, Term
from subscriptions.moving_house import change_address
from subscriptions.renewals.charging import claim
from tests.makers import NOW, READER, send_out
from tests.renewals.counter import CLOCK, R, ten, wrong
from tests.renewals.people import announced, subscriber
from tests.renewals.test_outcomes import seen

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
REUNION = TypedAddress(
    title="MME", first_name="Élodie", last_name="Lefèvre", street="3 rue de Paris", postcode="97400", town="Saint-Denis",
    country="FR",
)  # fmt: skip


def plan_issue(number: int, month: int, year: int, post: date) -> Issue:
    return Issue.objects.create(
        magazine=Magazine.objects.get(), number=number, cover_month=month, cover_year=year, cutoff_on=post - 14 * DAY,
        post_on=post,
    )  # fmt: skip


def renewed(subscription: Subscription, *, on: date = R, number: int = 2, **changes: Any) -> Term:
    """Charged and paid on day `on`."""
    plan = announced(subscription, renews_on=R, state="due")
    if changes:
        Renewal.objects.filter(pk=plan.pk).update(**changes)
    [payment] = claim([plan.pk], on=on, at=ten(on), actor=CLOCK)
    apply(
        [News(payment.pk, Outcome.SUCCEEDED, intent=seen(payment, Outcome.SUCCEEDED), closed=True)],
        actor=CLOCK,
        at=ten(on),
    )
    return Term.objects.get(number=number)


def numbers(term: Term) -> list[int | None]:
    return list(Entitlement.objects.filter(term=term).order_by("rank").values_list("issue__number", flat=True))


def test_whoever_has_moved_to_the_dom_pays_the_announced_total_at_the_vat_of_there():
    """27,60 € stand; HT and VAT follow the zone on the day of the charge, and so does the address of the invoice."""
    subscription = subscriber()
    change_address(subscription.recipient, REUNION, postal_label(REUNION), actor=READER, reason="moves", at=NOW)
    term = renewed(subscription)
    assert (term.vat_zone, term.vat_rate) == ("DOM_105", Decimal("1.05"))
    assert (term.amount.amount, term.amount_ht.amount) == (Decimal("27.60"), Decimal("27.31"))
    values = list(Entitlement.objects.filter(term=term).order_by("rank").values_list("value_ht", flat=True))
    assert values == [Decimal("6.83"), Decimal("6.82"), Decimal("6.83"), Decimal("6.83")]
    invoice = Invoice.objects.get(subject=f"term:{subscription.pk}:2")
    assert (invoice.total_ht.amount, invoice.total_vat.amount) == (Decimal("27.31"), Decimal("0.29"))
    assert "97400 ST DENIS" in " ".join(invoice.buyer_address).replace("SAINT", "ST")
    lines = LedgerLine.objects.filter(entry__source=f"invoice:{invoice.pk}").order_by("pk")
    assert [(line.debit, line.credit) for line in lines] == [
        (Decimal("27.60"), 0), (0, Decimal("27.31")), (0, Decimal("0.29")),
    ]  # fmt: skip
    # The first year is not billed again.
    assert Term.objects.get(number=1).vat_rate == Decimal("2.10")
    assert wrong(ten()) == []


def test_the_copies_go_on_after_the_last_one():
    subscription = subscriber()
    for place, number in enumerate(range(30, 33)):
        plan_issue(number, 3 + 3 * place, 2028, date(2028, 3 + 3 * place, 15))
    term = renewed(subscription)
    assert numbers(term) == [29, 30, 31, 32]
    granted = EntitlementMovement.objects.filter(entitlement__term=term)
    assert [(move.kind, move.issue.number, move.on) for move in granted] == [
        ("grant", number, R) for number in (29, 30, 31, 32)
    ]


def test_paid_late_the_next_issue_is_in_the_complement_as_long_as_it_is_not_posted():
    """R + 14: the file of no. 29 is closed since 1 December, its post is on the 15th."""
    subscription = subscriber()
    term = renewed(subscription, on=R + 14 * DAY)
    assert (numbers(term)[0], term.starts_on) == (29, R)


def test_an_issue_that_left_without_the_reader_is_not_promised():
    subscription = subscriber()
    plan_issue(30, 3, 2028, date(2028, 3, 15))
    send_out(Issue.objects.get(number=29), on=R - DAY, actor=CLOCK)
    assert numbers(renewed(subscription)) == [30, None, None, None]


def test_an_issue_that_left_is_not_invoiced_either_while_the_next_is_not_planned():
    """n° 29 has left and n° 30 is not planned: the copies wait, and the invoice names the issues that will come."""
    subscription = subscriber()
    send_out(Issue.objects.get(number=29), on=R - DAY, actor=CLOCK)
    assert numbers(renewed(subscription)) == [None, None, None, None]
    line = Invoice.objects.get(subject=f"term:{subscription.pk}:2").lines.get()
    assert "(n°\u00a030 à 33)" in line.name


def test_copies_that_wait_for_their_issue_come_first_and_get_it_when_it_is_planned():
    subscription = subscriber()
    term = renewed(subscription)
    assert numbers(term) == [29, None, None, None]
    assert assign_planned(actor=CLOCK, at=ten()) == 0
    plan_issue(30, 3, 2028, date(2028, 3, 15))
    plan_issue(31, 6, 2028, date(2028, 6, 15))
    for expected in (2, 0):
        assert assign_planned(actor=CLOCK, at=ten()) == expected
    assert numbers(term) == [29, 30, 31, None]
    assert Act.objects.get(verb="copies given their issue").facts["copies"] == 2
    plan_issue(32, 9, 2028, date(2028, 9, 15))
    plan_issue(33, 12, 2028, date(2028, 12, 15))
    assert assign_planned(actor=CLOCK, at=ten()) == 1
    assert numbers(term) == [29, 30, 31, 32]
    assert wrong(ten()) == []


@pytest.mark.parametrize("number", [1, 3])
def test_giving_issues_costs_the_same_for_one_reader_and_for_three(number, django_assert_num_queries):
    for place in range(number):
        subscription = subscriber(email=f"r{place}@example.fr", typed={"n": place})
        plan = announced(subscription, renews_on=R, state="due")
        [payment] = claim([plan.pk], on=R, at=ten(), actor=CLOCK)
        paid = News(payment.pk, Outcome.SUCCEEDED, intent=seen(payment, Outcome.SUCCEEDED), closed=True)
        apply([paid], actor=CLOCK, at=ten())
    plan_issue(30, 3, 2028, date(2028, 3, 15))
    with django_assert_num_queries(9):
        assert assign_planned(actor=CLOCK, at=ten()) == number


def test_the_dates_count_from_the_first_start():
    """12 months times n: term 3 begins where term 2 ends, and the 23rd never drifts."""
    subscription = subscriber()
    first = renewed(subscription)
    assert (first.starts_on, first.ends_on) == (date(2027, 11, 23), date(2028, 11, 22))


def test_a_copy_that_was_given_back_says_nothing_of_where_the_next_begin():
    subscription = subscriber()
    Entitlement.objects.filter(term__subscription=subscription, issue__number=28).update(state="void")
    plan_issue(30, 3, 2028, date(2028, 3, 15))
    assert numbers(renewed(subscription)) == [28, 29, 30, None]
