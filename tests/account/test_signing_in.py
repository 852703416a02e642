"""The door: a code by e-mail, the same page for everybody, and nothing that can be used twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from shop.limits import Limit
from subscriptions.models import Notice
from subscriptions.notices.delivering import deliver
from tests.account.people import CODE, SIGN_IN, Reader, said
from tests.makers import NOW

WRONG = "This is not the code we sent. Look at the latest letter: only its code is good."


def test_a_reader_signs_in_with_the_code_of_the_letter(elodie):
    answer = elodie.client.get("/compte/")
    assert (answer.status_code, answer["Location"]) == (302, "/compte/connexion/?next=/compte/")
    answer = elodie.client.get(answer["Location"])
    assert "Write the e-mail address of your subscription: we send you a code. There is no password." in said(answer)

    answer = elodie.asks_code(" Elodie.Lefevre@Example.FR ", next="/compte/factures/")
    assert (answer.status_code, answer["Location"]) == (302, "/compte/connexion/code/?next=%2Fcompte%2Ffactures%2F")
    assert len(mail.outbox) == 0, "no mail server is asked in a request"
    [letter] = elodie.letters("sign_in_code")
    assert letter.facts["expires_at"].startswith("2026-11-23T09:10:0")
    assert (letter.to_name, letter.rank, letter.state) == ("Élodie Lefèvre", "service", "queued")
    assert elodie.client.get("/compte/").status_code == 302, "asking for a code opens nothing"
    page = elodie.client.get(CODE)
    assert (
        "If elodie.lefevre@example.fr is the address of a subscriber, a code has just been sent to it."
        " It is good for ten minutes."
    ) in said(page)

    code = elodie.last_code()
    typed = code.lower().replace("-", " ")
    answer = elodie.client.post(CODE, {"code": typed, "next": "/compte/factures/"})
    assert (answer.status_code, answer["Location"]) == (302, "/compte/factures/")
    assert elodie.is_in()
    assert elodie.client.get(SIGN_IN)["Location"] == "/compte/"


def test_the_letter_leaves_by_the_post_office_and_carries_the_code(elodie):
    elodie.asks_code()
    deliver(20, at=NOW + timedelta(seconds=5))
    [letter] = elodie.letters("sign_in_code")
    assert letter.state == Notice.State.SENT
    [sent] = [
        message
        for message in mail.outbox
        if message.to == ['"Élodie Lefèvre" <elodie.lefevre@example.fr>'] and "code" in message.subject
    ]
    assert letter.facts["code"] in sent.body


def test_an_unknown_address_gets_the_same_answers_and_no_letter(elodie):
    stranger = Reader(Client(), "nobody@example.fr")
    known, unknown = elodie.asks_code(), stranger.asks_code()
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    pages = [reader.client.get(CODE).content.decode().replace(reader.email, "—") for reader in (elodie, stranger)]
    strip = [page.split("csrfmiddlewaretoken")[0] for page in pages]
    assert strip[0] == strip[1]
    assert Notice.objects.filter(kind="sign_in_code").count() == 1
    assert stranger.letters("sign_in_code") == []
    wrong = [reader.client.post(CODE, {"code": "BBBB-BBBB"}) for reader in (elodie, stranger)]
    assert [answer.status_code for answer in wrong] == [200, 200]
    assert all(WRONG in said(answer) for answer in wrong)
    empty = stranger.client.post(CODE, {"code": ""})
    assert "Please write the code of our letter." in said(empty)
    assert not stranger.is_in()


def test_the_fifth_wrong_code_ends_it_and_the_right_one_comes_too_late(elodie):
    elodie.asks_code()
    code = elodie.last_code()
    for _try in range(4):
        answer = elodie.client.post(CODE, {"code": "BBBB-BBBB"})
        assert answer.status_code == 200
        assert WRONG in said(answer)
    answer = elodie.client.post(CODE, {"code": "BBBB-BBBB"})
    assert (answer.status_code, answer["Location"]) == (302, SIGN_IN)
    assert "That was the fifth wrong code: it is no longer good. Please ask for another one." in said(
        elodie.client.get(SIGN_IN)
    )
    answer = elodie.client.post(CODE, {"code": code})
    assert (answer.status_code, answer["Location"]) == (302, SIGN_IN)
    assert "This code is no longer good. Please ask for another one." in said(elodie.client.get(SIGN_IN))
    assert not elodie.is_in()


@pytest.mark.parametrize("minutes", [11, 16])
def test_a_code_ends_after_ten_minutes(elodie, clock, minutes):
    elodie.asks_code()
    code = elodie.last_code()
    clock.move_to(NOW + timedelta(minutes=minutes))
    answer = elodie.client.post(CODE, {"code": code})
    assert (answer.status_code, answer["Location"]) == (302, SIGN_IN)
    sentence = {
        11: "The ten minutes of this code are over. Please ask for another one.",
        16: "This code is no longer good. Please ask for another one.",
    }[minutes]
    assert sentence in said(elodie.client.get(SIGN_IN))
    assert not elodie.is_in()


def test_a_code_is_good_just_before_its_end(elodie, clock):
    elodie.asks_code()
    clock.move_to(NOW + timedelta(minutes=9, seconds=50))
    assert elodie.client.post(CODE, {"code": elodie.last_code()}).status_code == 302
    assert elodie.is_in()


def test_a_code_opens_once_and_only_in_the_browser_that_asked(elodie):
    elsewhere = Reader(Client(), elodie.email)
    elsewhere.asks_code()
    code_of_elsewhere = elodie.last_code()
    elodie.signs_in()
    used = elodie.last_code()
    elodie.client.post(reverse("account_logout"))
    assert not elodie.is_in()
    assert elodie.client.post(CODE, {"code": used})["Location"] == SIGN_IN
    elodie.asks_code()
    assert WRONG in said(elodie.client.post(CODE, {"code": used}))
    assert WRONG in said(elodie.client.post(CODE, {"code": code_of_elsewhere}))
    assert not elodie.is_in()


def test_another_address_can_be_written_while_a_code_waits(elodie):
    elodie.asks_code("typo@example.fr")
    answer = elodie.client.get(SIGN_IN)
    assert answer["Location"] == CODE
    answer = elodie.client.post(reverse("account_logout"), {"next": SIGN_IN})
    assert answer["Location"] == SIGN_IN
    assert elodie.client.get(SIGN_IN).status_code == 200
    elodie.asks_code("typo@example.fr")
    elodie.signs_in()  # gone back in the browser, the form is sent again with the right address
    assert elodie.is_in()


@pytest.mark.parametrize("who", ["staff", "inactive", "erased"])
def test_staff_and_closed_accounts_get_no_code_here(db, client, who):
    changes = {"staff": {"is_staff": True}, "inactive": {"is_active": False}, "erased": {"erased_on": NOW.date()}}
    get_user_model().objects.create_user("anne@example.fr", "a long password indeed", **changes[who])
    anne = Reader(client, "anne@example.fr")
    assert anne.asks_code().status_code == 302
    assert Notice.objects.count() == 0


def test_an_account_closed_while_its_code_was_on_the_way_stays_closed(elodie):
    elodie.asks_code()
    code = elodie.last_code()
    get_user_model().objects.filter(email=elodie.email).update(is_active=False)
    answer = elodie.client.post(CODE, {"code": code})
    assert (answer.status_code, answer["Location"]) == (302, SIGN_IN)
    assert not elodie.is_in()


def test_the_session_is_another_one_after_signing_in(elodie):
    elodie.asks_code()
    before = elodie.client.session.session_key
    elodie.client.post(CODE, {"code": elodie.last_code()})
    assert elodie.client.session.session_key != before


def test_nobody_is_led_to_another_site(elodie):
    elodie.asks_code(next="https://evil.example/")
    answer = elodie.client.post(CODE, {"code": elodie.last_code(), "next": "https://evil.example/"})
    assert answer["Location"] == "/compte/"


def test_signing_out_by_address_asks_once(elodie):
    elodie.signs_in()
    page = elodie.client.get(reverse("account_logout"))
    assert page.status_code == 200
    assert elodie.is_in()
    answer = elodie.client.post(reverse("account_logout"))
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert not elodie.is_in()


def test_there_is_no_password_page_and_no_sign_up():
    for name in ("account_signup", "account_change_password", "account_set_password", "account_reset_password"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_bad_addresses_are_sentences(db, client):
    reader = Reader(client, "x")
    assert "Please write your e-mail address." in said(client.post(SIGN_IN, {"email": ""}))
    answer = reader.asks_code("elodie@example")
    assert answer.status_code == 200
    assert "This is not a whole e-mail address: it looks like name@example.fr." in said(answer)
    assert 'value="elodie@example"' in answer.content.decode()


def test_codes_are_counted_by_mailbox_known_or_not_and_by_sender(elodie):
    for reader in (elodie, Reader(Client(), "nobody@example.fr")):
        for _time in range(5):
            reader.client.cookies.clear()
            assert reader.asks_code().status_code == 302
        reader.client.cookies.clear()
        answer = reader.asks_code()
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
    assert len(elodie.letters("sign_in_code")) == 5
    for number in range(40):
        answer = Client().post(SIGN_IN, {"email": f"n{number}@example.fr"})
    assert answer.status_code == 429


def test_guesses_against_one_mailbox_are_counted_over_all_browsers(elodie, monkeypatch):
    monkeypatch.setattr("shop.account.signing_in.ASK_BY_EMAIL", Limit("many", times=100, seconds=900))
    answers = []
    for _browser in range(7):
        thief = Reader(Client(), elodie.email)
        thief.asks_code()
        answers += [thief.client.post(CODE, {"code": "BBBB-BBBB"}).status_code for _try in range(4)]
    assert answers == [200] * 25 + [429] * 3
