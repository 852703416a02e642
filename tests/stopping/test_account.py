"""From the reading room: automatic renewal off and on again by one page, and the two functions filled in."""

from __future__ import annotations

import pytest

from subscriptions.models import Consent, Entitlement, RenewalChoice
from subscriptions.moving import move_copies
from subscriptions.texts import load_texts
from tests.account.conftest import _plain_static, elodie, karim, offers  # noqa: F401
from tests.account.people import field, said
from tests.makers import NOW, TODAY
from tests.stopping.people import JOB, withdraws

pytestmark = pytest.mark.django_db


@pytest.fixture
def page_of(elodie):  # noqa: F811
    load_texts(TODAY)
    elodie.signs_in()
    return f"/compte/abonnements/{elodie.subscription.pk}/reconduction/"


def words(answer):
    return " ".join(said(answer))


def test_off_and_on_again(elodie, page_of):  # noqa: F811
    client = elodie.client
    assert f'href="{page_of}"' in client.get("/compte/").content.decode()
    page = words(client.get(page_of))
    assert "Elle est active : une nouvelle année commence le 23 novembre 2027, au prix de 27,60 €." in page
    answer = client.post(page_of, {"choice": "off"}, follow=True)
    assert "Votre abonnement ne sera pas reconduit. Un courrier le confirme." in words(answer)
    assert "Elle s’arrête d’elle-même" not in words(answer)
    assert elodie.subscription.renewal == "fixed"

    page = client.get(page_of)
    assert "Elle est arrêtée : votre abonnement prend fin le 22 novembre 2027 et rien n’est débité." in words(page)
    assert "à y prélever 27,60 €, ou le tarif annoncé avant chaque échéance" in words(page)
    assert "checked" not in page.content.decode()
    unticked = client.post(page_of, {"choice": "on", "words": field(page, "words").replace("&#x27;", "'")})
    assert unticked.status_code == 200
    assert "Cochez la case : sans votre accord, rien n’est débité." in words(unticked)
    assert elodie.subscription.renewal == "fixed"
    answer = client.post(page_of, {"choice": "on", "agreed": "on", "words": field(page, "words")}, follow=True)
    assert "Votre abonnement est de nouveau reconduit automatiquement." in words(answer)
    assert elodie.subscription.renewal == "automatic"
    consent = Consent.objects.get(matter="mandate", order=None)
    assert (consent.customer_id, consent.ip) == (elodie.customer.pk, "127.0.0.1")
    assert [one.automatic for one in RenewalChoice.objects.all()] == [False, True]
    kinds = ("renewal_turned_off", "renewal_turned_on")
    assert [len(elodie.letters(kind)) for kind in kinds] == [1, 1]


def test_words_that_were_not_on_the_page_are_no_consent(elodie, page_of):  # noqa: F811
    elodie.client.post(page_of, {"choice": "off"})
    answer = elodie.client.post(page_of, {"choice": "on", "agreed": "on", "words": "J’autorise tout."})
    assert answer.status_code == 200
    assert "Le tarif a changé entre-temps. Relisez l’autorisation, s’il vous plaît." in words(answer)
    assert "à y prélever 27,60 €" in words(answer)
    assert elodie.subscription.renewal == "fixed"


def test_a_repeated_press_and_the_other_button_change_nothing(elodie, page_of):  # noqa: F811
    client = elodie.client
    client.post(page_of, {"choice": "on", "agreed": "on", "words": "x"})
    assert elodie.subscription.renewal == "automatic"
    client.post(page_of, {"choice": "off"})
    client.post(page_of, {"choice": "off"})
    assert RenewalChoice.objects.count() == 1


def test_it_is_the_payers_page_and_of_renewable_offers_alone(elodie, karim, page_of):  # noqa: F811
    karim.signs_in()
    assert karim.client.get(page_of).status_code == 404
    own = f"/compte/abonnements/{karim.subscription.pk}/reconduction/"
    assert karim.client.get(own).status_code == 404
    assert "Reconduction automatique" not in words(karim.client.get("/compte/"))


def test_after_a_withdrawal_neither_is_offered(elodie, page_of):  # noqa: F811
    withdraws(elodie.subscription, customer=elodie.customer)
    assert elodie.client.get(page_of).status_code == 404
    home = elodie.client.get("/compte/").content.decode()
    assert "?abonnement=" not in home


def test_while_the_money_waits_the_card_says_so_and_offers_nothing(elodie, page_of):  # noqa: F811
    first = Entitlement.objects.get(rank=1)
    move_copies([first], "assign", on=TODAY, actor=JOB, at=NOW)
    withdraws(elodie.subscription, customer=elodie.customer)
    home = elodie.client.get("/compte/")
    assert "Vous l’avez arrêté : plus rien n’est débité, et votre argent suit." in words(home)
    assert "?abonnement=" not in home.content.decode()
    assert elodie.client.get(page_of).status_code == 404
