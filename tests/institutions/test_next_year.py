"""The year after: quoted for as many copies, ordered on paper again or by card, never renewed by itself; ten years of dates."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from payments.days import paris_day
from payments.models import DeskItem
from subscriptions.calendar import CalendarTooShort, IssueDates, first_of_year, year_dates
from subscriptions.institutions.ordering import CannotOrder, priced
from subscriptions.models import Issue, Offer, Order, Quote, Subscription
from subscriptions.notices.delivering import deliver
from subscriptions.orders.quoting import NotForSale, quote
from subscriptions.prolonging import held
from subscriptions.quotes.making import foresee, make_quote
from subscriptions.quotes.paper import BY_AGENCY, BY_CARD, facts_of
from tests.institutions.papers import COLLEAGUE, all_is_well, books, make_agency, paper, take, transfer
from tests.makers import NOW, TODAY, make_magazine, make_offers

YEARS = range(2027, 2037)


def issues_of(year: int) -> list[IssueDates]:
    """Four of a year, as the publisher plans them; the first is posted in the December before."""
    months = ((3, date(year, 1, 12)), (6, date(year, 4, 20)), (9, date(year, 8, 30)), (12, date(year, 11, 25)))
    return [
        IssueDates(
            number=4 * (year - 2020) + place, cover_month=month, cover_year=year, cutoff_on=post - timedelta(days=14),
            post_on=post,
        )
        for place, (month, post) in enumerate(months, start=1)
    ]  # fmt: skip


@pytest.mark.parametrize("year", YEARS)
def test_a_year_is_its_civil_year_and_begins_with_its_first_issue(year):
    dates = year_dates(year)
    assert (dates.starts_on, dates.ends_on, dates.renews_on) == (
        date(year, 1, 1), date(year, 12, 31), date(year + 1, 1, 1),
    )  # fmt: skip
    assert dates.renews_on == year_dates(year + 1).starts_on, "no day between two years, and none twice"
    every = [issue for one in YEARS for issue in issues_of(one)]
    assert first_of_year(reversed(every), year=year).number == 4 * (year - 2020) + 1
    with pytest.raises(CalendarTooShort) as refused:
        first_of_year(every, year=2037)
    assert refused.value.code == "year_not_planned"


def test_a_year_that_has_begun_to_be_posted_is_not_begun_again():
    posted = [
        IssueDates(
            number=29, cover_month=3, cover_year=2027, cutoff_on=date(2027, 1, 4), post_on=date(2027, 1, 12),
            posted_on=date(2027, 1, 12),
        )
    ]  # fmt: skip
    with pytest.raises(CalendarTooShort) as refused:
        first_of_year(posted, year=2027)
    assert refused.value.code == "year_begun"


@pytest.fixture
def world(db):
    return make_offers(make_magazine())


def plan(*numbers: int) -> None:
    """More issues, three months apart."""
    magazine = Issue.objects.get(number=29).magazine
    for place, number in enumerate(numbers):
        post = date(2028, 3, 15) + timedelta(days=91 * place)
        Issue.objects.create(
            magazine=magazine, number=number, cover_month=post.month, cover_year=post.year,
            cutoff_on=post - timedelta(days=14), post_on=post,
        )  # fmt: skip


def test_the_next_year_is_quoted_and_ordered_on_paper_for_as_many_copies(world):
    plan(30, 31, 32, 33)
    first = take(quantity=3, calendar_year=2027)
    transfer(first.invoice, "82.80")
    subscription = first.term.subscription
    quoted = make_quote(subscription.pk, actor=COLLEAGUE, at=NOW)
    assert (quoted.quantity, str(quoted.amount.amount), quoted.starts_on) == (3, "82.80", date(2028, 1, 1))
    assert "4\u00a0numéros, 3\u00a0exemplaires de chaque (n°\u00a030 à 33)" in quoted.title
    second = take(quantity=3, renews=subscription, number="BC-2028")
    assert second.term.subscription == subscription
    assert (second.term.number, second.term.starts_on, second.term.ends_on) == (2, date(2028, 1, 1), date(2028, 12, 31))
    assert [copy.issue.number for copy in second.term.entitlements.all()] == [30, 31, 32, 33]
    assert books() == {"411": "82.80", "4871": "-162.20", "44571": "-1.70", "44574": "-1.70", "512": "82.80"}
    assert Quote.objects.get().subscription == subscription
    all_is_well()


def test_another_agency_may_pass_the_next_year_on(world):
    plan(30, 31, 32, 33)
    first = take(calendar_year=2027)
    agency = make_agency(percent="10")
    second = take(renews=first.term.subscription, agency=agency, invoiced_to="agency", agency_reference="X")
    subscription = Subscription.objects.get()
    assert (subscription.agency, subscription.payer) == (agency.customer, agency.customer)
    assert subscription.holder.email == "periodiques@univ-lyon.example"
    assert str(second.order.amount.amount) == "24.84"
    all_is_well()


def test_the_order_page_keeps_the_copies_and_refuses_that_they_renew_themselves(world):
    plan(30, 31, 32, 33)
    subscription = take(quantity=3, calendar_year=2027).term.subscription
    where = {"country": "FR", "postcode": "69007", "buyer_kind": "public_fr", "on": TODAY}
    asked = quote(Offer.objects.get(code="un-an"), renews=held(subscription), **where)
    assert (asked.quantity, str(asked.amount.amount)) == (3, "82.80")
    with pytest.raises(NotForSale) as refused:
        quote(Offer.objects.get(code="un-an-reconduit"), renews=held(subscription), **where)
    assert refused.value.code == "quantity"


def test_what_cannot_go_on_is_said(world):
    subscription = take().term.subscription
    with pytest.raises(CannotOrder) as refused:
        priced(paper(renews=subscription, calendar_year=2028), on=paris_day(NOW))
    assert refused.value.code == "year"
    Subscription.objects.update(state="ended")
    subscription.refresh_from_db()
    with pytest.raises(CannotOrder) as refused:
        priced(paper(renews=subscription), on=paris_day(NOW))
    assert refused.value.code == "over"


@pytest.mark.parametrize("changes", [{"is_gift": True}, {"offer": "un-an-reconduit"}])
def test_gifts_and_what_renews_itself_are_one_copy(world, changes):
    order = take().order
    order.pk, order.reference, order.form_token, order.quantity = None, "CMD-X", "0" * 32, 2
    order.is_gift = changes.get("is_gift", False)
    order.offer = Offer.objects.get(code=changes.get("offer", "un-an"))
    with pytest.raises(IntegrityError), transaction.atomic():
        order.save(force_insert=True)
    assert Order.objects.count() == 1
    assert not DeskItem.objects.exists()
    assert Order.objects.get().amount.amount == Decimal("27.60")


def test_the_quote_holds_the_discount_of_the_agency_that_passed_the_last_order_on(world, mailoutbox):
    """27,60 € × 3 less 5 % is 78,66 €, and so is the order that answers it; 82,80 € once no agency stands between."""
    plan(*range(30, 38))
    agency = make_agency(percent="5")
    first = take(quantity=3, agency=agency, agency_reference="LR-1")
    subscription = first.term.subscription
    assert str(foresee(subscription, on=TODAY).amount.amount) == "78.66"
    quoted = make_quote(subscription.pk, actor=COLLEAGUE, at=NOW)
    assert [str(one) for one in (quoted.amount.amount, quoted.amount_ht.amount, quoted.discount.amount)] == [
        "78.66",
        "77.04",
        "4.14",
    ]
    assert quoted.title.endswith("remise d’agence de 5\u00a0% déduite")
    facts = facts_of(quoted)
    assert (BY_AGENCY in facts["mentions"], BY_CARD in facts["mentions"]) == (True, False)
    deliver(20, at=NOW)
    letter = next(one for one in mailoutbox if quoted.reference in one.subject)
    assert "La remise de votre agence est déduite." in letter.body
    assert "/reabonnement/" not in letter.body
    again = priced(paper(quantity=3, agency=agency, agency_reference="LR-2", renews=subscription), on=TODAY)
    assert again.total == quoted.amount.amount
    second = take(quantity=3, renews=subscription, number="BC-2028")
    assert str(second.order.amount.amount) == "82.80"
    direct = make_quote(subscription.pk, actor=COLLEAGUE, at=NOW)
    assert (str(direct.amount.amount), str(direct.discount.amount)) == ("82.80", "0.00")
    assert BY_CARD in facts_of(direct)["mentions"]
