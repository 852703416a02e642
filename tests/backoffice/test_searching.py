"""Finding a reader by whatever they say on the telephone."""

from __future__ import annotations

import uuid
from itertools import count
from random import Random

import pytest
from django.urls import reverse
from django.utils import timezone

from payments.actors import job
from payments.refunds import request
from shop.customers.models import Customer
from shop.customers.search import normalised, refresh, refresh_stale
from shop.watch import runs
from shop.watch.models import JobRun
from subscriptions.addresses.typed import TypedAddress
from subscriptions.models import Subscription
from subscriptions.references import new_reference
from tasks.watch import search_lines
from tests.backoffice.colleagues import said, text_of
from tests.backoffice.sold import sell
from tests.makers import make_wish, place_order

LYON = TypedAddress(title="M.", street="3 rue de la Paix", postcode="69001", town="Lyon", country="FR")


@pytest.fixture
def sales(offers):
    """Two readers, whose lines the sweep has filled."""
    first = sell(offers["automatic"], number=1)
    second = sell(offers["fixed"], number=2, first_name="Cœur", last_name="Müller-Østergård", address=LYON)
    assert refresh_stale(10) == 2
    assert refresh_stale(10) == 0
    return first, second


def found(colleague, query):
    answer = colleague.see("desk_search", q=query)
    assert answer.status_code == 200, answer.url
    return [row[0].url for row in answer.context["table"].rows]


def person(sale):
    return reverse("desk_person", args=[sale.customer.pk])


@pytest.mark.parametrize(
    "query",
    [
        "lefevre",
        "LEFÈVRE",
        "Lefèvre Élodie",
        "élodie  lefevre",
        "reader1@example.fr",
        "READER1@",
        "75004",
        "lefevre 75004",
    ],
)
def test_by_name_e_mail_and_postcode_with_and_without_accents(at_desk, sales, query):
    assert found(at_desk("support"), query) == [person(sales[0])]


@pytest.mark.parametrize("query", ["coeur", "Cœur", "muller", "ostergard", "Müller-Østergård", "lyon", "69001"])
def test_ligatures_and_foreign_letters_are_found_as_they_are_typed(at_desk, sales, query):
    assert found(at_desk("support"), query) == [person(sales[1])]


@pytest.mark.parametrize("query", ["lefebvre", "elodi lefever", "lefevr"])
def test_a_slip_of_the_pen_still_finds_them_and_says_so(at_desk, sales, query):
    answer = at_desk("support").see("desk_search", q=query)
    assert [row[0].url for row in answer.context["table"].rows] == [person(sales[0])]
    nearly = said("Nobody is written like that. These come near:") in text_of(answer)
    assert nearly == (query != "lefevr"), text_of(answer)[-600:]


def test_a_part_of_the_subscriber_number_finds_the_reader_and_the_whole_opens_the_subscription(at_desk, sales):
    colleague = at_desk("fulfilment")
    number = sales[0].subscription.number
    answer = colleague.see("desk_search", q=f" {number[:4]} {number[4:]} ")
    assert answer.url == reverse("desk_subscription", args=[sales[0].subscription.pk])
    misread = number.replace("0", "O")
    assert colleague.see("desk_search", q=misread).url == answer.url


def test_references_lead_straight_to_what_they_name(at_desk, sales):
    sale = sales[0]
    refund = request(sale.payment, amount=sale.payment.amount, reason="essai", actor=job("test"), at=timezone.now())
    colleague = at_desk("administrator")
    misread = sale.order.reference.replace("0", "O").replace("1", "I").lower().replace("-", " ")
    for query, page, key in (
        (sale.order.reference, "desk_order", sale.order.pk),
        (misread, "desk_order", sale.order.pk),
        (sale.order.reference.removeprefix("CMD-"), "desk_order", sale.order.pk),
        (sale.payment.reference.lower(), "desk_payment", sale.payment.pk),
        (refund.reference, "desk_refund", refund.pk),
        (sale.invoice.reference, "desk_invoice", sale.invoice.pk),
        (sale.invoice.reference.lower(), "desk_invoice", sale.invoice.pk),
        ("pi_1", "desk_payment", sale.payment.pk),
        ("ch_1", "desk_payment", sale.payment.pk),
        ("evt_1", "desk_stripe_event", sale.event.pk),
        (f"payment:{sale.payment.pk}", "desk_payment", sale.payment.pk),
    ):
        answer = colleague.see("desk_search", q=query)
        assert answer.status_code == 302, (query, text_of(answer)[:400])
        assert answer.url == reverse(page, args=[key]), query


def test_a_reference_without_a_digit_is_no_name(at_desk, sales, monkeypatch):
    drawn = (new_reference("CMD", Random(seed)) for seed in count())
    reference = next(one for one in drawn if not any(sign.isdigit() for sign in one))
    monkeypatch.setattr("subscriptions.orders.placing.new_reference", lambda *_given: reference)
    order = place_order(make_wish(sales[0].order.offer, email="rare@example.fr"), token=uuid.uuid4())
    answer = at_desk("administrator").see("desk_search", q=reference.lower().replace("-", " "))
    assert (answer.status_code, answer.url) == (302, reverse("desk_order", args=[order.pk]))


def test_a_reference_leads_nowhere_for_those_who_may_not_see_what_it_names(at_desk, sales):
    colleague = at_desk("fulfilment")
    for query in (sales[0].order.reference, sales[0].payment.reference, sales[0].invoice.reference, "evt_1", "pi_1"):
        assert colleague.see("desk_search", q=query).status_code == 200, query


def test_unpaid_orders_of_an_e_mail_without_a_reader_are_found(at_desk, offers):
    order = place_order(make_wish(offers["fixed"], email="jamais@example.fr"), token=uuid.uuid4(), at=timezone.now())
    answer = at_desk("support").see("desk_search", q="Jamais@example.fr")
    assert order.reference in text_of(answer)


def test_too_short_nothing_and_nobody_are_said(at_desk, sales):
    colleague = at_desk("support")
    assert "3" in text_of(colleague.see("desk_search", q="le"))
    assert colleague.see("desk_search", q="le").context["too_short"]
    assert said("Nobody was found.") in text_of(colleague.see("desk_search", q="zzzzqqqq"))
    assert colleague.see("desk_search").status_code == 200
    odd = colleague.see("desk_search", q="%' OR 1=1 --")
    assert (odd.status_code, odd.context["table"].rows) == (200, [])


def test_wildcards_are_letters_like_others(at_desk, sales):
    colleague = at_desk("support")
    assert found(colleague, "____") == []
    assert found(colleague, "%%%%") == []


def test_the_line_follows_the_reader_and_forgets_who_was_erased(sales):
    first, _second = sales
    Customer.objects.filter(pk=first.customer.pk).update(last_name="Durand", search="")
    assert refresh_stale(10) == 1
    first.customer.refresh_from_db()
    assert "durand" in first.customer.search
    assert first.subscription.number in first.customer.search
    Customer.objects.filter(pk=first.customer.pk).update(erased_on=timezone.localdate(), search="")
    assert refresh_stale(10) == 1
    assert refresh_stale(10) == 0
    first.customer.refresh_from_db()
    assert first.customer.search == f"#{first.customer.pk}"


def test_a_hundred_lines_take_as_many_queries_as_one(offers, django_assert_num_queries):
    people = [Customer(email=f"x{number}@example.fr", last_name="Nom") for number in range(100)]
    keys = [one.pk for one in Customer.objects.bulk_create(people)]
    with django_assert_num_queries(3):
        assert refresh(keys[:1]) == 1
    with django_assert_num_queries(3):
        assert refresh(keys) == 100
    assert Subscription.objects.count() == 0


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("L’Haÿ-les-Roses", "l hay-les-roses"),
        ("  ŒUVRE   Straße ", "oeuvre strasse"),
        ("Ｆｕｌｌ  ｗｉｄｔｈ", "full width"),
        ("Jean+abo@Example.FR", "jean+abo@example.fr"),
        ("%_'\"", "_"),
        ("", ""),
    ],
)
def test_normalising(typed, kept):
    assert normalised(typed) == kept


def test_the_timetable_fills_stale_lines_and_says_how_many(sales):
    Customer.objects.update(search="")
    runs.know([("search-lines", 60, 3600)], at=timezone.now())
    search_lines()
    assert not Customer.objects.filter(search="").exists()
    assert JobRun.objects.get(pk="search-lines").summary == "2 lines"
