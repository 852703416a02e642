"""The signed link, the page it opens, and the order that comes of it: once, for that subscription and no other."""

from __future__ import annotations

from datetime import date
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from payments.models import Payment
from shop import limits
from shop.limits import Limit
from subscriptions.models import Consent, Offer, Order, Subscription, Term
from subscriptions.orders.links import cancel_path
from subscriptions.refunding import refund_in_full
from subscriptions.renewals.links_by_choice import BadLink, OldLink, read_renew, renew_path, renew_token
from tests.checkout.buyer import Buyer, Fields
from tests.choice.people import JOB, noon, order_to_renew, pay, reader, renews, story, time_passes
from tests.sandbox.driver import FR_PAYS

pytestmark = pytest.mark.django_db
ON = date(2027, 9, 20)
NB = "\u00a0"
SECOND = (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32])


def words(answer) -> str:
    return unescape(answer.content.decode())


def send(buyer: Buyer, **changes: str):
    """Accept the terms and order; what stands in the open page is sent back."""
    return buyer.client.post("/abonnement/", buyer.fields | {"terms": "on", "place": "1"} | changes)


@pytest.fixture
def opened(elodie, buyer, clock):
    """Élodie has followed the link of a letter, five days after n° 28 was posted."""
    clock(ON)
    time_passes(ON)
    return buyer.open(renew_path(elodie, source="R0"))


def test_the_page_says_what_goes_on_for_how_much_and_is_filled_in(opened, buyer, elodie):
    page = opened
    assert page.status_code == 200
    assert f"Votre abonnement {elodie.number} continue{NB}: du n°{NB}29 au n°{NB}32, à partir du 23{NB}novembre{NB}2027." in words(page)  # fmt: skip
    fields = buyer.fields
    assert fields["email"] == "elodie.lefevre@example.fr"
    assert [fields[f"delivery_{name}"] for name in ("first_name", "last_name", "street", "postcode", "town")] == [
        "Élodie", "Lefèvre", "12 bis rue de l'Église", "75004", "Paris",
    ]  # fmt: skip
    assert (fields["renewal"], fields["source_code"], fields["expected_total"]) == ("fixed", "R0", "27.60")
    assert "terms" not in fields
    assert f"Commander avec obligation de paiement — 27,60{NB}€ TTC" in words(page)
    assert "12 BIS RUE DE L EGLISE" in words(page)
    assert "/cgv/" in words(page)
    assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert page["Referrer-Policy"] == "same-origin"


def test_from_the_link_to_the_next_term(opened, buyer, elodie, till):
    sent = send(buyer)
    assert sent.status_code == 303
    order = Order.objects.get(renews=elodie)
    assert (order.state, order.source_code, order.first_issue.number) == ("awaiting_payment", "R0", 29)
    assert order.disclosure.facts["prolongs"] == {"subscription": elodie.number, "goes_on": True}
    assert order.disclosure.facts["blocks"][0]["key"] == "prolongs"
    back = till.pay(sent.url)
    answer = buyer.client.get(urlsplit(back.url).path)
    assert answer.context["state"] == "paid"
    assert f"C’est payé{NB}: votre abonnement continue." in words(answer)
    assert f"est le n°{NB}29, posté vers le 15{NB}décembre{NB}2027" in words(answer)
    assert story(elodie)[1:] == [SECOND]
    assert Subscription.objects.count() == 1
    assert len(till.charges()) == 1


def test_automatic_only_by_explicit_choice_and_with_its_mandate(opened, buyer, elodie, till):
    till.pay(send(buyer, renewal="automatic").url)
    buyer.client.get(f"/commande/retour/{_token_of_last_order()}/")
    elodie.refresh_from_db()
    assert elodie.renewal == Offer.Renewal.AUTOMATIC
    assert elodie.saved_method is not None
    assert elodie.renewal_choices.get().consent == Consent.objects.get(matter="mandate", given=True)


def _token_of_last_order() -> str:
    from subscriptions.orders.links import token

    return token(Order.objects.latest("pk"))


def test_a_double_click_and_two_tabs_are_one_order(opened, buyer, elodie, till):
    first_tab = buyer.fields
    buyer.open(renew_path(elodie))
    assert buyer.fields["wish"] == first_tab["wish"]
    urls = {send(buyer).url, send(buyer).url, buyer.client.post("/abonnement/", first_tab | {"terms": "on"}).url}
    assert len(urls) == 1
    assert Order.objects.filter(renews=elodie).count() == 1
    till.pay(urls.pop())
    buyer.client.get(f"/commande/retour/{_token_of_last_order()}/")
    # The tab that is still open: its wish has come true.
    assert "/commande/suivi/" in send(buyer).url
    assert len(till.charges()) == 1
    # A fresh page is the wish for the year after.
    buyer.open(renew_path(elodie))
    assert buyer.fields["wish"] != first_tab["wish"]
    assert f"du n°{NB}33 au n°{NB}36, à partir du 23{NB}novembre{NB}2028" in buyer.text.replace("&nbsp;", NB)


def test_two_subscriptions_in_one_browser_are_two_wishes(opened, buyer, elodie):
    other = reader(email="autre@example.fr")
    send(buyer)
    buyer.open(renew_path(other))
    send(buyer)
    assert Order.objects.filter(state="awaiting_payment", renews__in=[elodie, other]).count() == 2
    buyer.open("/abonnement/")
    assert "renews" not in buyer.fields
    send(buyer, delivery_last_name="Martin", delivery_street="1 rue Neuve", delivery_postcode="75002", delivery_town="Paris", email="z@exemple.fr", renewal="fixed")  # fmt: skip
    assert Order.objects.filter(state="awaiting_payment").count() == 3


def test_whoever_edits_the_form_prolongs_nobody_elses(opened, buyer, elodie):
    other = reader(email="autre@example.fr")
    forged = renew_token(elodie).replace(f"{elodie.pk}-", f"{other.pk}-", 1)
    assert send(buyer, renews=forged).status_code == 404
    assert send(buyer, renews=str(other.pk)).status_code == 404
    assert buyer.client.post("/abonnement/etiquette/", buyer.fields | {"renews": forged}).status_code == 404
    assert not Order.objects.filter(renews__isnull=False).exists()


def test_without_script_the_country_redraws_the_page_and_keeps_the_subscription(opened, buyer, elodie):
    answer = buyer.client.post("/abonnement/", buyer.fields | {"refresh": "1", "delivery_country": "BE"})
    assert Fields(answer.content.decode()).values["expected_total"] == "33.60"
    assert Fields(answer.content.decode()).values["renews"] == buyer.fields["renews"]
    assert f"Votre abonnement {elodie.number} continue" in words(answer)


def test_the_script_s_answer_speaks_of_the_same_subscription(opened, buyer, elodie):
    parts = buyer.client.post("/abonnement/etiquette/", buyer.fields)
    assert f"Votre abonnement {elodie.number} continue" in words(parts)
    assert Fields(parts.content.decode()).values["fingerprint"] == buyer.fields["fingerprint"]


def test_back_from_the_payment_page_it_is_the_same_wish(opened, buyer, elodie):
    url = send(buyer).url
    order = Order.objects.get(renews=elodie)
    answer = buyer.open(cancel_path(order))
    assert f"Votre abonnement {elodie.number} continue" in words(answer)
    assert send(buyer).url == url
    assert Order.objects.filter(renews=elodie).count() == 1


def test_a_page_drawn_before_another_order_came_is_shown_again(opened, buyer, elodie):
    old = buyer.fields
    renews(elodie, on=ON)
    answer = buyer.client.post("/abonnement/", old | {"terms": "on"})
    assert answer.status_code == 200
    assert f"du n°{NB}33 au n°{NB}36" in words(answer)
    assert not Order.objects.filter(renews=elodie, state="awaiting_payment").exists()


def test_a_direct_debit_on_its_way_is_said_before_a_second_one(opened, buyer, elodie, till):
    till.pay(send(buyer).url, card=None, iban=FR_PAYS)
    order = Order.objects.get(renews=elodie)
    answer = buyer.client.get(f"/commande/retour/{_token_of_last_order()}/")
    assert answer.context["state"] == "on_its_way"
    assert answer.context["first"]["number"] == "29"
    again = buyer.client.get(renew_path(elodie))
    assert f"Le prélèvement de votre commande {order.reference} est en cours" in words(again)


def test_after_a_lapse_the_page_says_that_it_starts_again(elodie, buyer, clock):
    clock(date(2028, 2, 20))
    time_passes(date(2028, 2, 20))
    page = buyer.open(renew_path(elodie))
    assert f"Votre abonnement {elodie.number} reprend{NB}: du n°{NB}30 au n°{NB}33, à partir du 20{NB}février{NB}2028." in words(page)  # fmt: skip


def test_between_the_closing_and_the_posting_the_late_copy_is_promised(elodie, buyer, clock):
    """File closed on 1 December 2027, posted on the 15th: a subscription that still runs gets n° 29 with the late ones."""
    renewed = renews(elodie, on=date(2027, 9, 1), renewal="automatic")
    assert renewed.number == 2
    clock(date(2028, 9, 5))
    time_passes(date(2028, 9, 5))
    page = buyer.open(renew_path(elodie))
    assert f"du n°{NB}33 au n°{NB}36" in words(page)
    clock(date(2028, 12, 5))
    time_passes(date(2028, 12, 5))
    page = buyer.open(renew_path(elodie))
    assert "pour un paiement reçu avant cette date" in words(page)
    assert f"continue{NB}: du n°{NB}33 au n°{NB}36, à partir du 23{NB}novembre{NB}2028" in words(page)
    assert "Votre abonnement est aujourd’hui reconduit automatiquement." in words(page)


def test_one_that_has_ended_leads_to_a_new_subscription(elodie, buyer, clock):
    clock(date(2027, 2, 1))
    path = renew_path(elodie)
    refund_in_full(Order.objects.get(term__subscription=elodie), reason="rétractation", actor=JOB, at=noon(date(2027, 2, 1)))  # fmt: skip
    page = buyer.open(path)
    assert "Cet abonnement a pris fin. Ce que vous commandez ici en est un nouveau." in words(page)
    assert "renews" not in buyer.fields
    assert send(buyer).status_code == 303
    assert Order.objects.latest("pk").renews is None


def test_nobody_buys_further_ahead_than_issues_are_planned(elodie, buyer, clock):
    clock(ON)
    for _year in range(4):
        renews(elodie, on=ON)
    page = buyer.open(renew_path(elodie))
    assert page.status_code == 200
    assert f"Abonnement {elodie.number}{NB}: jusqu’au n°{NB}44, payé jusqu’au 22{NB}novembre{NB}2031." in words(page)


def test_who_no_longer_pays_sees_nothing_of_who_does(elodie, buyer, clock):
    clock(ON)
    given_to_elodie = renew_path(elodie)
    order = order_to_renew(elodie, on=ON, email="ami@example.fr")
    pay(order, on=ON)
    elodie.refresh_from_db()
    assert elodie.payer.email == "ami@example.fr"
    page = buyer.open(given_to_elodie)
    assert buyer.fields["email"] == ""
    assert "ami@example.fr" not in words(page)
    assert buyer.fields["delivery_street"] == ""


def test_a_link_ends_two_years_after_its_term(elodie, clock):
    token = renew_token(elodie)
    assert read_renew(token, at=noon(date(2029, 11, 21))).subscription == elodie
    with pytest.raises(OldLink):
        read_renew(token, at=noon(date(2029, 11, 22)))


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: t + "x", lambda t: "9" + t, lambda t: "forged", lambda t: t.upper()])  # fmt: skip
def test_a_link_that_was_changed_opens_nothing(elodie, buyer, clock, spoil):
    token = spoil(renew_token(elodie))
    with pytest.raises(BadLink):
        read_renew(token, at=noon(ON))
    assert buyer.open(f"/reabonnement/{token}/").status_code == 404


def test_an_old_link_says_so(elodie, buyer, clock):
    clock(date(2030, 1, 1))
    assert buyer.open(renew_path(elodie)).status_code == 410


def test_an_erased_reader_s_link_opens_nothing(elodie, buyer, clock):
    get_user_model().objects.filter(pk=elodie.payer_id).update(erased_on=ON, email=None)
    assert buyer.open(renew_path(elodie)).status_code == 410


def test_guessing_links_is_counted(elodie, buyer, clock, monkeypatch):
    monkeypatch.setattr("shop.checkout.refusing.FORGED_LINK", Limit("forged-link", times=2, seconds=600))
    statuses = [buyer.client.get("/reabonnement/forged/").status_code for _try in range(4)]
    assert statuses == [404, 404, 429, 429]
    assert limits.FORGED_LINK.times == 30


def test_the_account_leads_to_the_same_page(elodie, buyer, clock):
    clock(ON)
    buyer.client.force_login(elodie.payer, backend="django.contrib.auth.backends.ModelBackend")
    assert renew_path(elodie) not in buyer.client.get("/compte/").content.decode()
    time_passes(ON)
    home = buyer.client.get("/compte/").content.decode()
    assert f'href="{renew_path(elodie)}"' in home
    assert "Se réabonner" in home
    page = buyer.open(renew_path(elodie))
    assert page.status_code == 200
    send(buyer)
    assert Order.objects.get(renews=elodie).customer == elodie.payer


def test_the_account_of_an_automatic_reader_offers_no_second_way(buyer, clock, elodie):
    other = reader(renewal="automatic", email="auto@example.fr")
    time_passes(ON)
    clock(ON)
    buyer.client.force_login(other.payer, backend="django.contrib.auth.backends.ModelBackend")
    assert "Se réabonner" not in buyer.client.get("/compte/").content.decode()


@pytest.mark.django_db(transaction=True)  # inside a test's own transaction, savepoints would be counted too
def test_placing_a_renewal_is_at_most_20_queries(opened, buyer, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        assert send(buyer).status_code == 303
    assert Term.objects.count() == Payment.objects.filter(state="succeeded").count() == 1


def test_a_stranger_s_browser_is_not_tied_to_the_link(opened, elodie):
    """The cookie of the browser, not the link, says which wish is in hand."""
    one, two = Buyer(Client()), Buyer(Client())
    one.open(renew_path(elodie))
    two.open(renew_path(elodie))
    assert one.fields["wish"] != two.fields["wish"]
