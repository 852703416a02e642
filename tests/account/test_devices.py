"""Where one is signed in: seen, ended one by one or all at once; never another reader's."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from shop.account.devices import device_words
from shop.customers.sessions import forget_ended
from tests.account.people import Reader, said

PAGE = "/compte/appareils/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/19.1 Mobile/15E148 Safari/604.1"
)
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0"


@pytest.fixture
def phone(elodie) -> Reader:
    return Reader(Client(headers={"user-agent": SAFARI}), elodie.email).signs_in()


def test_the_list_and_the_end_of_one(elodie, phone):
    elodie.client = Client(headers={"user-agent": FIREFOX})
    elodie.signs_in()
    sentences = said(elodie.client.get(PAGE))
    place = sentences.index("Firefox, Windows")
    assert sentences[place + 1 : place + 3] == ["23 novembre 2026 à 10 h 00", "this device"]
    assert "Safari, iPhone" in sentences
    pk = UserSession.objects.get(user_agent=SAFARI).pk
    answer = elodie.client.post(PAGE, {"session": pk})
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert "Signed out there." in said(elodie.client.get(PAGE))
    assert not phone.is_in()
    assert elodie.is_in()


def test_everywhere_else_at_once(elodie, phone):
    elodie.signs_in()
    other = Reader(Client(), elodie.email).signs_in()
    elodie.client.post(PAGE)
    assert "Signed out in 2 other places." in said(elodie.client.get(PAGE))
    assert [one.is_in() for one in (elodie, phone, other)] == [True, False, False]
    elodie.client.post(PAGE)
    assert "You are signed in nowhere else." in said(elodie.client.get(PAGE))


def test_nobody_ends_the_session_of_another(elodie, karim):
    elodie.signs_in()
    karim.signs_in()
    pk = UserSession.objects.get(user=elodie.customer).pk
    assert karim.client.post(PAGE, {"session": pk}).status_code == 404
    assert karim.client.post(PAGE, {"session": "x"}).status_code == 404
    karim.client.post(PAGE)
    assert elodie.is_in()


def test_a_stolen_cookie_opens_nothing_once_the_session_is_ended(elodie, phone):
    stolen = Client()
    stolen.cookies = phone.client.cookies
    elodie.signs_in()
    elodie.client.post(PAGE)
    assert stolen.get("/compte/").status_code == 302


def test_what_is_known_of_ended_sessions_is_dropped(elodie, phone):
    elodie.signs_in()
    assert UserSession.objects.count() == 2
    Session.objects.filter(pk=phone.client.session.session_key).delete()
    assert forget_ended() == 1
    assert [one.user_id for one in UserSession.objects.all()] == [elodie.customer.pk]


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox, Windows"),
        (SAFARI, "Safari, iPhone"),
        (EDGE, "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/19 Safari/605", "Safari, macOS"),
        ("curl/8", "A browser that does not say its name"),
        ("", "A browser that does not say its name"),
    ],
)
def test_a_browser_in_two_words(user_agent, words):
    assert device_words(user_agent) == words
