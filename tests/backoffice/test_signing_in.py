"""The door: a password, then a code that is good once; nothing opens with one of the two."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from payments.models import Act
from shop.backoffice import second_factor
from shop.backoffice.roles import ensure_roles
from shop.customers.models import Customer
from tests.backoffice.colleagues import PASSWORD, code_now, hire, text_of

HOME, DOOR, CODE, SET_UP = (
    "/gestion/",
    "/gestion/connexion/",
    "/gestion/connexion/code/",
    "/gestion/connexion/premier-code/",
)


@pytest.fixture(autouse=True)
def _roles(db):
    ensure_roles()


def test_password_then_code_opens_the_desks_and_signing_out_closes_them(client):
    colleague = hire("finance")
    sent = client.post(DOOR, {"username": "FINANCE@team.example", "password": PASSWORD})
    assert (sent.status_code, sent.url) == (302, CODE)
    assert client.get(HOME).url == f"{DOOR}?next=%2Fgestion%2F"
    opened = client.post(CODE, {"code": code_now(colleague.secret)})
    assert (opened.status_code, opened.url) == (302, HOME)
    assert client.get(HOME).status_code == 200
    assert client.post("/gestion/deconnexion/").url == DOOR
    assert client.get(HOME).status_code == 302


def test_the_page_asked_for_is_opened_after_the_code_but_never_another_site(client):
    colleague = hire("finance")
    client.post(
        DOOR, {"username": colleague.user.email, "password": PASSWORD, "next": "/gestion/paiements/?etat=unknown"}
    )
    assert client.post(CODE, {"code": code_now(colleague.secret)}).url == "/gestion/paiements/?etat=unknown"
    for number, elsewhere in enumerate(("https://evil.example/gestion/", "//evil.example/gestion/", "/compte/")):
        other = hire("support", email=f"other{number}@team.example")
        browser = Client()
        browser.post(DOOR, {"username": other.user.email, "password": PASSWORD, "next": elsewhere})
        assert browser.post(CODE, {"code": code_now(other.secret)}).url == HOME


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client):
    hire("finance")
    wrong = client.post(DOOR, {"username": "finance@team.example", "password": "wrong"})
    unknown = client.post(DOOR, {"username": "nobody@team.example", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 200
    bare = [re.sub(r'value="[^"]*"', "", answer.content.decode()) for answer in (wrong, unknown)]
    assert bare[0] == bare[1]
    assert "finance@team.example" in wrong.content.decode()


def test_five_wrong_passwords_lock_the_name_from_that_address_even_for_the_right_one(client):
    hire("finance")
    for _try in range(5):
        answer = client.post(DOOR, {"username": "finance@team.example", "password": "wrong"})
    assert answer.status_code == 429
    answer = client.post(DOOR, {"username": "finance@team.example", "password": PASSWORD})
    assert answer.status_code == 429
    assert client.get(CODE).url == DOOR


def test_without_a_device_nothing_opens_before_one_is_set_up(client):
    colleague = hire("support", device=False)
    client.post(DOOR, {"username": colleague.user.email, "password": PASSWORD})
    assert client.get(CODE).url == SET_UP
    for page in (HOME, "/gestion/recherche/", "/gestion/registres/", "/gestion/connexion/codes-de-secours/"):
        assert client.get(page).url.startswith(DOOR)
    shown = client.get(SET_UP)
    secret = client.session["desk_secret"]
    assert " ".join(secret[place : place + 4] for place in range(0, 32, 4)) in text_of(shown)
    assert re.search(r"<svg [^>]*viewBox=", shown.content.decode()), "drawn to scale, or no camera reads it"
    assert client.post(SET_UP, {"code": "000000"}).status_code == 200
    assert Authenticator.objects.count() == 0
    answer = client.post(SET_UP, {"code": code_now(secret)})
    assert answer.url == "/gestion/connexion/codes-de-secours/"
    codes = re.findall(r'<li class="mono">(\d{8})</li>', client.get(answer.url).content.decode())
    assert len(set(codes)) == 10
    assert client.get(answer.url).url == HOME
    assert client.get(HOME).status_code == 200
    assert [(act.verb, act.actor) for act in Act.objects.all()] == [
        ("set up a second factor", f"staff:{colleague.user.pk}")
    ]


def test_a_second_device_cannot_be_set_up_with_the_password_alone(client):
    colleague = hire("finance")
    client.post(DOOR, {"username": colleague.user.email, "password": PASSWORD})
    assert client.get(SET_UP).url == CODE
    assert client.post(SET_UP, {"code": "123456"}).url == CODE
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_a_code_is_good_once_in_any_browser(clock):
    colleague = hire("finance")
    code = code_now(colleague.secret)
    first, second = Client(), Client()
    for browser in (first, second):
        browser.post(DOOR, {"username": colleague.user.email, "password": PASSWORD})
    assert first.post(CODE, {"code": code}).status_code == 302
    assert second.post(CODE, {"code": code}).status_code == 200
    clock.shift(31)
    assert second.post(CODE, {"code": code}).status_code == 200, "a used code stays used for the rest of its tolerance"
    assert second.post(CODE, {"code": code_now(colleague.secret)}).status_code == 302


def test_a_recovery_code_opens_once(client):
    colleague = hire("finance")
    spare = second_factor.recovery_codes(colleague.user)[3]
    client.post(DOOR, {"username": colleague.user.email, "password": PASSWORD})
    assert client.post(CODE, {"code": f"{spare[:4]} {spare[4:]}"}).status_code == 302
    assert client.get(HOME).status_code == 200
    other = Client()
    other.post(DOOR, {"username": colleague.user.email, "password": PASSWORD})
    assert other.post(CODE, {"code": spare}).status_code == 200
    assert len(second_factor.recovery_codes(colleague.user)) == 9


def test_codes_cannot_be_guessed(client):
    colleague = hire("finance")
    client.post(DOOR, {"username": colleague.user.email, "password": PASSWORD})
    answers = [client.post(CODE, {"code": "000000"}).status_code for _try in range(7)]
    assert answers == [200] * 6 + [429]
    assert client.get(CODE).url == DOOR, "the password is asked for again"
    client.post(DOOR, {"username": colleague.user.email, "password": PASSWORD})
    assert client.post(CODE, {"code": code_now(colleague.secret)}).status_code == 429


def test_ten_minutes_after_the_password_it_is_asked_for_again(client, clock):
    colleague = hire("finance")
    client.post(DOOR, {"username": colleague.user.email, "password": PASSWORD})
    clock.shift(timedelta(minutes=10, seconds=1))
    assert client.post(CODE, {"code": code_now(colleague.secret)}).url == DOOR


def test_a_reader_signed_in_by_e_mail_gets_nowhere_staff_or_not(client):
    reader = Customer.objects.create_user("reader@example.fr")
    colleague = hire("administrator")
    for user in (reader, colleague.user):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for page in (HOME, "/gestion/commandes/", "/gestion/registres/"):
            assert client.get(page).url.startswith(DOOR)


def test_a_readers_password_does_not_open_the_desks(client):
    Customer.objects.create_user("reader@example.fr", PASSWORD)
    answer = client.post(DOOR, {"username": "reader@example.fr", "password": PASSWORD})
    assert answer.status_code == 200
    assert "desk_pending" not in client.session


def test_taking_the_device_or_the_post_away_ends_the_open_session(at_desk):
    colleague = at_desk("finance")
    assert colleague.see("desk_home").status_code == 200
    second_factor.forget(colleague.user)
    assert colleague.see("desk_home").status_code == 302
    other = at_desk("support")
    Customer.objects.filter(pk=other.user.pk).update(is_staff=False)
    assert other.see("desk_home").status_code == 302


def test_forms_want_the_csrf_token():
    colleague = hire("finance")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(DOOR, {"username": colleague.user.email, "password": PASSWORD}).status_code == 403


def test_pages_of_the_desks_are_kept_by_no_cache_and_carry_the_strict_policy(at_desk):
    answer = at_desk("administrator").see("desk_home")
    assert "no-store" in answer["Cache-Control"]
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert reverse("desk_home") == "/gestion/"
