"""One wish is one order and one charge, however it is sent, and every page tells what really became of it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from payments.models import Payment, StripeEvent
from payments.money import eur
from payments.webhooks.processing import process
from shop.checkout import tokens
from subscriptions.models import Consent, Order, Subscription
from subscriptions.orders.links import cancel_path, return_path, token, tracking_path
from tests.checkout.buyer import CAMILLE
from tests.sandbox.driver import FR_FAILS, FR_PAYS

pytestmark = pytest.mark.django_db

DECLINED = "4000 0000 0000 9995"


def state_of(page) -> str:
    assert page.status_code == 200
    return page.context["state"]


def path(url: str) -> str:
    """The shop's own path of an address it was sent back to."""
    parts = urlsplit(url)
    assert parts.netloc == "testserver"
    return parts.path


def test_a_reader_pays_and_the_return_page_knows(buyer, till):
    buyer.open()
    sent = buyer.send()
    assert sent.status_code == 303
    assert sent.url.startswith(till.base)
    order = Order.objects.get()
    assert (order.state, order.amount, order.email) == ("awaiting_payment", eur("27.60"), CAMILLE["email"])
    assert order.delivery.lines == ["Mme Camille MARTIN", "12 BIS RUE DE L EGLISE", "75011 PARIS"]
    back = till.pay(sent.url)
    page = buyer.client.get(path(back.url))
    assert path(back.url) == return_path(order)
    assert state_of(page) == "paid"
    order.refresh_from_db()
    assert order.state == "paid"
    assert Subscription.objects.get().recipient.address == order.delivery
    assert len(till.charges()) == 1
    assert page.cookies[tokens.COOKIE]["max-age"] == 0
    # Not "no-referrer": a browser would then send "Origin: null" with the page's own form.
    assert page["Referrer-Policy"] == "same-origin"
    again = buyer.client.get(tracking_path(order))
    assert state_of(again) == "paid"


@pytest.mark.django_db(transaction=True)  # inside a test's own transaction, savepoints would be counted too
def test_placing_is_at_most_15_queries_in_all(buyer, django_assert_max_num_queries):
    buyer.open()
    with django_assert_max_num_queries(15):
        sent = buyer.send()
    assert sent.status_code == 303
    assert Order.objects.get().state == "awaiting_payment"


def test_a_double_click_is_one_order_and_one_payment_page(buyer, till):
    buyer.open()
    first, second = buyer.send(), buyer.send()
    assert first.url == second.url
    assert Order.objects.count() == Payment.objects.count() == 1
    assert len(till.requests("/v1/checkout/sessions")) == 1


def test_two_tabs_and_a_reload_are_one_wish(buyer, client, till):
    buyer.open()
    first_tab = buyer.fields
    buyer.open()
    second_tab = buyer.fields
    assert first_tab["wish"] == second_tab["wish"]
    assert client.post("/abonnement/", first_tab | CAMILLE).url == client.post("/abonnement/", second_tab | CAMILLE).url
    assert Order.objects.count() == 1


def test_another_wish_of_the_same_form_takes_the_place_of_the_unpaid_one(buyer, till):
    buyer.open()
    first = buyer.send()
    second = buyer.send(delivery_flat="Bâtiment B")
    assert second.status_code == 303
    assert second.url != first.url
    older, newer = Order.objects.order_by("id")
    assert (older.state, newer.state) == ("cancelled", "awaiting_payment")
    assert newer.supersedes == older
    assert till.pay(first.url).url == first.url, "the older page takes no money"
    till.pay(second.url)
    assert state_of(buyer.client.get(return_path(newer))) == "paid"
    assert len(till.charges()) == 1


def test_while_the_older_page_cannot_be_closed_nothing_is_placed_and_nothing_lost(buyer, till):
    buyer.open()
    buyer.send()
    till.misbehave("error_before", path="/v1/checkout/sessions/*/expire", times=9)
    answer = buyer.send(delivery_flat="Bâtiment B")
    assert answer.status_code == 200
    assert len(answer.context["notices"]) == 1
    assert buyer.fields["delivery_flat"] == "Bâtiment B"
    assert Order.objects.count() == 1
    till.behave()
    assert buyer.send().status_code == 303
    assert list(Order.objects.order_by("id").values_list("state", flat=True)) == ["cancelled", "awaiting_payment"]


def test_a_reader_who_is_signed_in_orders_under_that_name(buyer, django_user_model):
    reader = django_user_model.objects.create_user(
        "camille.martin@exemple.fr", title="Mme", first_name="Camille", last_name="Martin"
    )
    buyer.client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    buyer.open()
    assert buyer.fields["email"] == "camille.martin@exemple.fr"
    assert buyer.fields["delivery_last_name"] == "Martin"
    assert buyer.client.get("/").cookies.keys() == set()
    answer = buyer.client.post("/abonnement/", buyer.fields | CAMILLE)
    assert answer.status_code == 303
    assert Order.objects.get().customer == reader


def test_the_back_button_after_paying_never_buys_twice(buyer, till):
    buyer.open()
    old_form = buyer.fields | CAMILLE
    till.pay(buyer.send().url)
    order = Order.objects.get()
    buyer.client.get(return_path(order))
    again = buyer.client.post("/abonnement/", old_form)
    assert again.status_code == 303
    assert again.url == tracking_path(order)
    changed = buyer.client.post("/abonnement/", old_form | {"delivery_flat": "Bâtiment B"})
    assert changed.url == tracking_path(order)
    assert Order.objects.count() == 1
    assert len(till.charges()) == 1


def test_paid_but_never_told_the_shop_asks_before_it_sells_again(buyer, till):
    """The reader paid, the return page and the webhook were lost; the form is sent again, changed."""
    buyer.open()
    till.pay(buyer.send().url)
    again = buyer.send(delivery_flat="Bâtiment B")
    order = Order.objects.get()
    assert again.url == tracking_path(order)
    assert state_of(buyer.client.get(again.url)) == "paid"
    assert len(till.charges()) == 1


def test_after_payment_a_new_form_is_a_new_order(buyer, till):
    buyer.open()
    first_wish = buyer.fields["wish"]
    till.pay(buyer.send().url)
    order = Order.objects.get()
    buyer.client.get(return_path(order))
    buyer.open()
    assert buyer.fields["wish"] != first_wish
    assert buyer.send().status_code == 303
    assert Order.objects.count() == 2


def test_a_form_opened_after_a_payment_nobody_told_of_says_so(buyer, till):
    buyer.open()
    first_wish = buyer.fields["wish"]
    till.pay(buyer.send().url)
    till.deliver(_post(buyer.client))
    process(at=_now(), limit=50)
    order = Order.objects.get()
    assert order.state == "paid"
    page = buyer.open()
    assert order.reference in page.context["notices"][0]
    assert buyer.fields["wish"] != first_wish


def test_turning_back_finds_everything_as_it_was_typed(buyer, till):
    buyer.open()
    typed = {"phone": "06 12 34 56 78", "similar_offers": "on", "for_organisation": "on", "kind": "public",
             "organisation": "Université de Lille", "service": "Service des périodiques", "siren": "732 829 320",
             "engagement_number": "EJ-12"}  # fmt: skip
    sent = buyer.send(**typed)
    assert sent.status_code == 303
    order = Order.objects.get()
    assert (order.organisation, order.siren, order.buyer_kind) == ("Université de Lille", "732829320", "public_fr")
    page = buyer.open(cancel_path(order))
    assert page.status_code == 200
    assert f"form-action 'self' {till.base}" in page["Content-Security-Policy"]
    fields = buyer.fields
    for name, value in (CAMILLE | typed).items():
        assert fields[name] == value, name
    again = buyer.send()
    assert again.url == sent.url
    assert Order.objects.count() == 1


def test_after_the_time_ran_out_the_order_is_taken_up_again(buyer, till, today):
    buyer.open()
    sent = buyer.send()
    order = Order.objects.get()
    today.shift(3600 + 60)
    page = buyer.client.get(return_path(order))
    assert state_of(page) == "expired"
    assert page.context["again_url"] == cancel_path(order)
    assert page.context["pay_url"] is None
    buyer.open(page.context["again_url"])
    assert buyer.fields["delivery_street"] == CAMILLE["delivery_street"]
    assert buyer.fields["terms"] == "on"
    again = buyer.send()
    assert again.status_code == 303
    assert again.url != sent.url
    till.pay(again.url)
    assert state_of(buyer.client.get(return_path(Order.objects.latest("id")))) == "paid"
    assert len(till.charges()) == 1


def test_turning_back_after_paying_tells_the_truth_instead(buyer, till):
    buyer.open()
    till.pay(buyer.send().url)
    order = Order.objects.get()
    answer = buyer.client.get(cancel_path(order))
    assert answer.status_code == 303
    assert answer.url == return_path(order)
    assert state_of(buyer.client.get(answer.url)) == "paid"


def test_a_refused_card_says_why_and_the_way_on(buyer, till, today):
    buyer.open()
    sent = buyer.send()
    assert till.pay(sent.url, card=DECLINED).refusal
    order = Order.objects.get()
    page = buyer.client.get(return_path(order))
    assert state_of(page) == "refused"
    assert "balance" in str(page.context["reason"]) or "solde" in str(page.context["reason"])
    assert page.context["pay_url"] == sent.url
    till.pay(sent.url)
    today.shift(1)
    page = buyer.client.get(return_path(order))
    assert (state_of(page), page.context["refresh"]) == ("unknown", 3), "asked again after three seconds, and not told"
    assert page.context["pay_url"] is None
    today.shift(2)
    assert state_of(buyer.client.get(return_path(order))) == "paid"


def test_stripe_is_asked_every_three_seconds_at_most(buyer, till, today):
    buyer.open()
    sent = buyer.send()
    order = Order.objects.get()
    for _reload in range(4):
        page = buyer.client.get(return_path(order))
        assert state_of(page) == "awaiting"
        assert page.context["pay_url"] == sent.url
        assert b'http-equiv="refresh" content="5"' in page.content
    assert len(_looks(till)) == 1
    till.pay(sent.url)
    today.shift(3)
    assert state_of(buyer.client.get(return_path(order))) == "paid"


def test_a_debit_on_its_way_is_told_with_its_days(buyer, till):
    buyer.open()
    back = till.pay(buyer.send().url, iban=FR_PAYS)
    order = Order.objects.get()
    page = buyer.client.get(path(back.url))
    assert state_of(page) == "on_its_way"
    assert str(page.context["settles_on"]) == "2026-12-02"
    assert page.context["first"]["number"] == "26", "confirmed after the cut-off of issue 25"
    assert page.context["refresh"] is None
    assert buyer.client.get(cancel_path(order)).status_code == 303
    assert len(till.charges()) == 0
    again = buyer.client.post("/abonnement/", buyer.fields | CAMILLE | {"delivery_flat": "Bâtiment B"})
    assert again.url == tracking_path(order), "no second order while the first is being paid"


def test_a_form_opened_while_a_debit_is_on_its_way_is_a_new_order_and_says_so(buyer, till):
    buyer.open()
    first_wish = buyer.fields["wish"]
    till.pay(buyer.send().url, iban=FR_PAYS)
    order = Order.objects.get()
    buyer.client.get(return_path(order))
    page = buyer.open()
    assert order.reference in page.context["notices"][0]
    assert buyer.fields["wish"] != first_wish
    second = buyer.send(email="odile@exemple.fr")
    assert second.status_code == 303
    assert second.url != tracking_path(order)
    assert sorted(Order.objects.values_list("email", flat=True)) == ["camille.martin@exemple.fr", "odile@exemple.fr"]


def test_a_debit_that_fails_says_so_and_lets_the_reader_order_again(buyer, till, today):
    buyer.open()
    till.pay(buyer.send().url, iban=FR_FAILS)
    order = Order.objects.get()
    assert state_of(buyer.client.get(return_path(order))) == "on_its_way"
    till.settle()
    today.shift(6 * 86_400)
    page = buyer.client.get(return_path(order))
    assert state_of(page) == "refused"
    assert page.context["pay_url"] is None
    assert page.context["again_url"] == cancel_path(order)


@pytest.mark.parametrize("spoilt", ["timeout_before", "timeout_after", "error_before", "error_after"])
def test_while_stripe_opens_no_page_nobody_is_told_of_a_payment_and_the_order_can_be_sent_again(
    buyer, till, today, spoilt
):
    buyer.open()
    till.misbehave(spoilt, path="/v1/checkout/sessions", seconds=0)
    sent = buyer.send()
    order = Order.objects.get()
    assert sent.status_code == 303
    if not sent.url.startswith(till.base):
        assert sent.url == return_path(order)
        told = buyer.client.get(sent.url)
        assert state_of(told) == "awaiting"
        assert cancel_path(order) in told.content.decode()
    today.shift(4)
    again = buyer.send()
    assert again.status_code == 303
    assert Order.objects.count() == 1
    page = buyer.client.get(return_path(order))
    assert state_of(page) == "awaiting"
    if again.url.startswith(till.base):
        till.pay(again.url)
        today.shift(4)
        assert state_of(buyer.client.get(return_path(order))) == "paid"
    assert len(till.charges()) <= 1


def test_every_yes_and_no_is_kept_with_its_words(buyer):
    buyer.open()
    buyer.send(renewal="automatic")
    order = Order.objects.get()
    given = {consent.matter: consent for consent in Consent.objects.filter(order=order)}
    assert set(given) == {"terms", "mandate", "similar_offers"}
    assert given["terms"].given
    assert given["terms"].text.code == "cgv"
    assert "<a" not in given["terms"].words
    assert not given["similar_offers"].given
    assert given["mandate"].text.code == "mandat"
    assert given["mandate"].words.startswith("J’autorise ActuIA Éditions à enregistrer ma carte")
    assert "27,60\u00a0€, ou le tarif annoncé avant chaque échéance" in given["mandate"].words
    assert given["terms"].ip == "127.0.0.1"
    assert Payment.objects.get().save_method


def test_a_present_goes_to_its_reader_and_the_invoice_to_the_giver(buyer):
    buyer.open()
    buyer.send(
        billing_differs="on", billing_country="FR", billing_first_name="Dominique", billing_last_name="Petit",
        billing_street="3 place du Marché", billing_postcode="69002", billing_town="Lyon",
    )  # fmt: skip
    order = Order.objects.get()
    assert (order.first_name, order.last_name) == ("Dominique", "Petit")
    assert order.delivery.lines[0] == "Mme Camille MARTIN"
    assert order.billing.lines == ["Dominique PETIT", "3 PLACE DU MARCHE", "69002 LYON"]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "consumer"),
        ({"for_organisation": "on", "kind": "company", "organisation": "Librairie X"}, "pro_fr"),
        ({"for_organisation": "on", "kind": "association", "organisation": "Amis du livre"}, "assoc"),
    ],
)
def test_what_a_buyer_is(buyer, fields, kind):
    buyer.open()
    assert buyer.send(**fields).status_code == 303
    order = Order.objects.get()
    assert order.buyer_kind == kind
    assert order.vat_rate == 2.10 or str(order.vat_rate) == "2.10"


class TestLinks:
    @pytest.mark.parametrize("kind", ["retour", "annulee", "suivi"])
    def test_a_forged_link_is_a_sentence_and_shows_nothing(self, buyer, kind):
        buyer.open()
        buyer.send()
        order = Order.objects.get()
        signed = token(order)
        for forged in (signed[:-1] + ("a" if signed[-1] != "a" else "b"), order.reference, "x", f"{order.reference}.x"):
            page = buyer.client.get(f"/commande/{kind}/{forged}/")
            assert page.status_code == 404, forged
            assert page.templates[0].name == "checkout/link_refused.html"
            assert CAMILLE["email"] not in page.content.decode()
            assert "Église" not in page.content.decode()

    @pytest.mark.parametrize("kind", ["retour", "annulee", "suivi"])
    def test_a_link_that_has_ended_says_where_to_look(self, buyer, today, kind):
        buyer.open()
        buyer.send()
        order = Order.objects.get()
        today.shift(91 * 86_400)
        page = buyer.client.get(f"/commande/{kind}/{token(order)}/")
        assert page.status_code == 410
        assert CAMILLE["email"] not in page.content.decode()

    def test_guessing_links_is_counted(self, buyer, monkeypatch):
        answers = {buyer.client.get("/commande/suivi/x/").status_code for _guess in range(32)}
        assert answers == {404, 429}

    def test_links_are_only_looked_at(self, buyer):
        assert buyer.client.post("/commande/suivi/x/").status_code == 405


class TestWebhook:
    def test_stripe_is_answered_at_once_and_heard_once(self, buyer, till, django_assert_max_num_queries):
        buyer.open()
        till.pay(buyer.send().url)
        statuses = []

        def twice(body, headers):
            post = _post(buyer.client)
            with django_assert_max_num_queries(2):
                statuses.append(post(body, headers))
            statuses.append(post(body, headers))
            return statuses[-1]

        till.deliver(twice)
        assert set(statuses) == {200}
        assert len(statuses) == 2 * StripeEvent.objects.count()
        process(at=_now(), limit=50)
        assert Order.objects.get().state == "paid"

    def test_a_forged_old_or_senseless_event_is_a_400(self, buyer, till, today):
        buyer.open()
        till.pay(buyer.send().url)
        heard = []
        till.deliver(lambda body, headers: heard.append((body, headers)) or 200)
        body, headers = heard[0]
        post = _post(buyer.client)
        assert post(body + b" ", headers) == 400
        assert post(body, headers | {"Stripe-Signature": "t=1,v1=00"}) == 400
        assert post(body, {}) == 400
        assert post(b"", headers) == 400
        today.shift(3600)
        assert post(body, headers) == 400
        assert StripeEvent.objects.count() == 0

    def test_an_oversized_one_is_a_413_and_anything_but_post_a_405(self, client):
        assert client.post("/webhooks/stripe/", b"x" * 262_145, content_type="application/json").status_code == 413
        assert client.get("/webhooks/stripe/").status_code == 405

    def test_it_needs_no_csrf_proof(self, today):
        strict = Client(enforce_csrf_checks=True)
        assert strict.post("/webhooks/stripe/", b"{}", content_type="application/json").status_code == 400
        assert strict.post("/abonnement/", {}).status_code == 403


def _post(client):
    def post(body, headers):
        return client.post("/webhooks/stripe/", body, content_type="application/json", headers=headers).status_code

    return post


def _looks(till):
    return [one for one in till.requests() if one["method"] == "GET" and "/checkout/sessions/" in one["path"]]


def _now():
    return timezone.now()
