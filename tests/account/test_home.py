"""The first page: what I get, where, until when, what it will cost and when; nothing of another reader's."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments.actors import job
from payments.models import SavedMethod
from subscriptions.dates import dates_of_subscription, dates_of_subscriptions
from subscriptions.models import Entitlement, Issue, Order, Price, Renewal, Subscription
from subscriptions.moving import move, move_copies
from subscriptions.renewals.by_hand import BY_HAND
from subscriptions.renewals.links import pay_path
from tests.account.people import Reader, said
from tests.makers import NOW, TODAY, make_wish, place_order
from tests.renewals.people import announced


def pairs(sentences: list[str]) -> dict[str, str]:
    """What stands beside each label of the card."""
    labels = ("Status", "Formula", "Next issue", "Sent to", "Still to come", "Paid until", "Then", "Paid with")
    labels += ("Right of withdrawal",)
    return {one: sentences[place + 1] for place, one in enumerate(sentences[:-1]) if one in labels}


def test_the_card_of_an_automatic_subscription(elodie):
    elodie.signs_in()
    sentences = elodie.sees("account_home")
    assert pairs(sentences) == {
        "Status": "active",
        "Formula": "Abonnement d’un an, reconduit",
        "Next issue": "n° 25, décembre 2026, posted about 15 décembre 2026",
        "Sent to": "MME Élodie LEFÈVRE12 BIS RUE DE L EGLISE75004 PARIS",
        "Still to come": "4 copies; paid until 22 novembre 2027",
        "Then": "27,60 € on 23 novembre 2027 for another year. You can say no until 22 novembre 2027 included.",
        "Paid with": "Visa •••• 4242, 08/2028",
        "Right of withdrawal": "until 14 days after your first issue has arrived · Withdraw from the contract here",
    }
    place = sentences.index("Copy by copy")
    assert sentences[place + 1 : place + 5] == [
        "n° 25, décembre 2026 · to comeTo be posted about 15 décembre 2026.",
        "n° 26, mars 2027 · to comeTo be posted about 15 mars 2027.",
        "n° 27, juin 2027 · to comeTo be posted about 15 juin 2027.",
        "n° 28, septembre 2027 · to comeTo be posted about 15 septembre 2027.",
    ]
    assert "Change the card" in " ".join(sentences)


def test_the_card_of_a_fixed_term(karim):
    karim.signs_in()
    sentences = karim.sees("account_home")
    assert pairs(sentences)["Then"] == "It ends by itself; nothing will be debited. Another year costs 27,60 € today."
    assert "Paid with" not in pairs(sentences)
    assert "Change the card" not in " ".join(sentences)


def test_after_two_issues_the_copies_say_what_became_of_them(elodie, clock):
    on = date(2027, 3, 20)
    copies = list(Entitlement.objects.filter(term__subscription=elodie.subscription).order_by("rank"))
    for number, posted in ((25, date(2026, 12, 16)), (26, date(2027, 3, 15))):
        Issue.objects.filter(number=number).update(state="posted", posted_on=posted)
    for kind, day in (("assign", date(2026, 12, 16)), ("serve", date(2026, 12, 16)), ("resend", on)):
        move_copies(copies[:1], kind, on=day, actor=job("tests"), at=NOW)
    move_copies(copies[3:], "hold", on=on, actor=job("tests"), at=NOW)
    move_copies(copies[1:2], "assign", on=on, actor=job("tests"), at=NOW)
    move_copies(copies[1:2], "serve", on=on, actor=job("tests"), at=NOW)
    clock.move_to(datetime(2027, 3, 20, 9, tzinfo=NOW.tzinfo))
    elodie.signs_in()
    sentences = elodie.sees("account_home")
    found = pairs(sentences)
    assert found["Next issue"] == "n° 27, juin 2027, posted about 15 juin 2027"
    assert found["Still to come"] == "2 copies; paid until 22 novembre 2027"
    assert "Right of withdrawal" not in found, "14 + 14 days after 16 December have passed"
    place = sentences.index("Copy by copy")
    assert sentences[place + 1 : place + 6] == [
        "n° 25, décembre 2026 · postedIn the file on 16 décembre 2026, posted on 16 décembre 2026, sent again on 20 mars.I have not received n° 25",
        "n° 26, mars 2027 · postedIn the file on 20 mars, posted on 20 mars.I have not received n° 26",
        "n° 27, juin 2027 · to comeTo be posted about 15 juin 2027.",
        "n° 28, septembre 2027 · on holdHeld on 20 mars. It is on hold, and leaves once the hold is over.",
        "Copies to come: 2.",
    ]
    assert "Your copies are on hold: none is lost." in sentences


def test_the_last_day_to_withdraw_counts_from_the_posting(elodie):
    Issue.objects.filter(number=25).update(state="posted", posted_on=date(2026, 12, 15))
    [first] = Entitlement.objects.filter(term__subscription=elodie.subscription, rank=1)
    dates = dates_of_subscription(elodie.subscription, on=date(2027, 1, 12))
    assert (dates.withdraw_until, dates.withdrawal_open) == (None, True), "hers joins its issue by a complement"
    for kind in ("assign", "serve"):
        move_copies([first], kind, on=date(2026, 12, 15), actor=job("tests"), at=NOW)
    dates = dates_of_subscription(elodie.subscription, on=date(2027, 1, 12))
    # 15 December + 14 days of post + 14 days = Tuesday 12 January 2027.
    assert (dates.withdraw_until, dates.withdrawal_open) == (date(2027, 1, 12), True)
    assert dates_of_subscription(elodie.subscription, on=date(2027, 1, 13)).withdrawal_open is False


def test_an_issue_not_planned_yet_has_no_date_and_a_late_one_moves_the_renewal(elodie):
    subscription = elodie.subscription
    Issue.objects.filter(number=28).update(post_on=date(2027, 12, 10), cutoff_on=date(2027, 11, 26))
    dates = dates_of_subscription(subscription, on=TODAY)
    assert (dates.ends_on, dates.renewal.on, dates.renewal.refuse_until) == (
        date(2027, 11, 22),
        date(2027, 12, 11),
        date(2027, 12, 10),
    )
    Entitlement.objects.filter(term__subscription=subscription, rank=4).update(issue=None)
    elodie.signs_in()
    assert "A further issue · to comeIts date is not set yet." in elodie.sees("account_home")


def test_the_price_of_the_renewal_is_that_of_its_day(elodie):
    Price.objects.filter(offer__renewal="automatic", delivery_zone="FR").update(valid_to=date(2027, 1, 1))
    offer = elodie.subscription.offer
    Price.objects.create(offer=offer, delivery_zone="FR", amount="29.60", valid_from=date(2027, 1, 1))
    dates = dates_of_subscription(elodie.subscription, on=TODAY)
    assert (str(dates.renewal.amount.amount), str(dates.yearly_price.amount)) == ("29.60", "27.60")


def test_a_card_that_ends_first_and_a_card_that_is_gone_are_said(elodie):
    elodie.signs_in()
    SavedMethod.objects.update(exp_year=2027, exp_month=10)
    assert "Your card ends before the debit of 23 novembre 2027. Please choose another one." in elodie.sees(
        "account_home"
    )
    SavedMethod.objects.update(ended_at=NOW, ended_because="mandate ended")
    assert "No means of payment is kept: choose one, or it ends on 23 novembre 2027." in elodie.sees("account_home")


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("grace", "The last payment did not arrive. Your copies wait for it; we have written to you."),
        ("lapsed", "It was paid for until 22 novembre 2027. Subscribe again to receive the next issues."),
        ("ended", "It has ended: nothing more is sent, and nothing more is debited."),
    ],
)
def test_what_is_not_simply_active_is_said(elodie, state, sentence):
    move([elodie.subscription], state, actor=job("tests"), at=NOW)
    elodie.signs_in()
    sentences = elodie.sees("account_home")
    assert sentence in sentences
    living = state == "grace"
    assert ("Then" in pairs(sentences)) is living
    assert ("Change the address" in " ".join(sentences)) is living


@pytest.mark.parametrize(
    ("state", "sentence", "payable"),
    [
        ("charging", "The payment for the next year is on its way. There is nothing for you to do.", False),
        ("unresolved", "The payment for the next year is on its way. There is nothing for you to do.", False),
        (
            "retrying",
            (
                "Your bank has refused the payment for the next year. We try again on 25 novembre 2027; you can pay it "
                "yourself before. Your copies wait for it."
            ),
            True,
        ),
        (
            "awaiting_reader",
            "The next year could not be debited, and waits for you: you can pay it here. Your copies wait for it.",
            True,
        ),
    ],
)
def test_a_next_year_that_is_not_paid_says_where_it_stands_and_is_paid_from_here(
    elodie, clock, state, sentence, payable
):
    plan = announced(elodie.subscription, renews_on=date(2027, 11, 23), state=state)
    move([elodie.subscription], "grace", actor=job("tests"), at=NOW)
    clock.move_to(datetime(2027, 11, 25, 9, tzinfo=NOW.tzinfo))
    elodie.signs_in()
    answer = elodie.client.get("/compte/")
    assert sentence in said(answer)
    assert pairs(said(answer))["Then"] == "27,60 € for another year, from 23 novembre 2027 on."
    assert (f'href="{pay_path(plan)}"' in answer.content.decode()) is payable
    assert ("Pay the next year" in " ".join(said(answer))) is payable


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("retrying", "If you do nothing, we try the same card or account again on 25 novembre 2027."),
        ("due", "If you do nothing, the card or account that we keep is debited on 25 novembre 2027, as announced."),
    ],
)
def test_a_charge_that_is_late_is_said_to_be_made_today(elodie, clock, state, sentence):
    """The clockwork stood still on the 23rd, its day."""
    plan = announced(elodie.subscription, renews_on=date(2027, 11, 23), state=state)
    clock.move_to(datetime(2027, 11, 25, 9, tzinfo=NOW.tzinfo))
    assert sentence in " ".join(said(elodie.client.get(pay_path(plan))))


def test_a_year_without_a_price_names_no_day_to_refuse_once_that_day_is_over(elodie, clock):
    Price.objects.update(renewals_to=TODAY)
    clock.move_to(datetime(2027, 11, 25, 9, tzinfo=NOW.tzinfo))
    elodie.signs_in()
    assert pairs(elodie.sees("account_home"))["Then"] == (
        "Another year from 23 novembre 2027 on, at the price we will announce."
    )


def test_a_year_left_to_the_reader_is_said_and_paid_from_here(elodie):
    plan = announced(elodie.subscription, renews_on=date(2027, 11, 23), state="manual")
    Renewal.objects.update(why=BY_HAND)
    elodie.signs_in()
    answer = elodie.client.get("/compte/")
    assert any(one.startswith("It is no longer renewed by itself: nothing will be debited") for one in said(answer))
    assert f'href="{pay_path(plan)}"' in answer.content.decode()
    Renewal.objects.update(why="another")
    assert any("We could not announce it in time" in one for one in elodie.sees("account_home"))


def test_an_order_that_waits_for_its_payment_is_shown_with_its_way_back(elodie, offers):
    order = place_order(make_wish(offers["fixed"], email=elodie.email), at=timezone.now())
    elodie.signs_in()
    answer = elodie.client.get("/compte/")
    assert f"An order is waiting for its payment: Order {order.reference}, 27,60 €" in said(answer)
    assert f'href="/commande/suivi/{order.reference}.' in answer.content.decode()


def test_who_has_nothing_is_told_so(db, client):
    get_user_model().objects.create_user("new@example.fr")
    sentences = Reader(client, "new@example.fr").signs_in().sees("account_home")
    assert "No subscription is kept under this e-mail address." in sentences


def test_another_readers_things_do_not_exist(elodie, karim):
    karim.signs_in()
    invoice = elodie.customer.invoices.get().reference
    pk = elodie.subscription.pk
    for path in (
        f"/compte/factures/{invoice}.pdf",
        f"/compte/abonnements/{pk}/adresse/",
        f"/compte/abonnements/{pk}/moyen-de-paiement/",
        f"/compte/abonnements/{pk}/moyen-de-paiement/retour/CB-X/",
        "/compte/abonnements/999999/adresse/",
    ):
        assert karim.client.get(path).status_code == 404, path
        assert Client().get(path)["Location"].startswith("/compte/connexion/?next="), path
    for path in (
        f"/compte/abonnements/{pk}/adresse/",
        f"/compte/abonnements/{pk}/adresse/etiquette/",
        f"/compte/abonnements/{pk}/moyen-de-paiement/",
    ):
        assert karim.client.post(path, {"street": "1 rue X"}).status_code == 404, path
        assert Client().post(path)["Location"] == "/compte/connexion/", "an act is not come back to"
    assert "LEFEVRE" not in " ".join(karim.sees("account_home") + karim.sees("account_invoices"))


def test_account_pages_are_kept_by_no_cache_and_hold_to_the_policy(elodie):
    elodie.signs_in()
    answer = elodie.client.get("/compte/")
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    assert "form-action 'self'" in answer["Content-Security-Policy"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_queries_do_not_grow_with_subscriptions(elodie, offers):
    elodie.signs_in()
    with CaptureQueriesContext(
        connection,
    ) as one:
        elodie.sees("account_home")
    for _more in range(2):
        elodie.buys(offers["fixed"])
    with CaptureQueriesContext(connection) as three:
        assert sum(sentence == "Copy by copy" for sentence in elodie.sees("account_home")) == 3
    assert len(three) == len(one)
    subscriptions = list(Subscription.objects.all())
    with CaptureQueriesContext(connection) as asked:
        assert len(dates_of_subscriptions(subscriptions, on=TODAY)) == 3
    assert len(asked) == 7


def test_orders_are_listed_with_what_became_of_them(elodie, offers):
    elodie.signs_in()
    text = " ".join(elodie.sees("account_invoices"))
    order = Order.objects.get()
    assert f"{order.reference} paid 23 novembre 2026, Abonnement d’un an, reconduit 27,60 €" in text
    assert f'href="/commande/suivi/{order.reference}.' in elodie.client.get("/compte/factures/").content.decode()


def test_the_way_back_to_an_order_is_shown_for_as_long_as_it_leads_there(elodie, clock):
    clock.move_to(NOW + timedelta(days=91))
    elodie.signs_in()
    assert "/commande/suivi/" not in elodie.client.get("/compte/factures/").content.decode()
