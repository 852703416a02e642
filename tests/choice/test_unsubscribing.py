"""One click stops the reminders: by the reader's hand, by the mail program's, again, and by nobody else's."""

from __future__ import annotations

from datetime import date

import pytest
from django.core import mail
from django.test import Client

from shop.limits import Limit
from subscriptions.models import Consent, Notice
from subscriptions.notices.delivering import deliver
from subscriptions.notices.letters import LETTERS
from subscriptions.objecting import has_objected, object_to_reminders, unsubscribe_path
from subscriptions.renewals.reminding import remind
from tests.choice.people import noon, time_passes

pytestmark = pytest.mark.django_db


def test_the_mail_program_s_own_button(elodie, clock, settings):
    """RFC 8058: a POST to the header's address, without cookie, session or CSRF token."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    on = date(2027, 6, 15)
    clock(on)
    time_passes(on)
    remind(on=on, at=noon(on), limit=10)
    deliver(20, at=noon(on))
    letter = mail.outbox[-1]
    assert Notice.objects.get(matter=f"reminder:{elodie.pk}:1:RA2").state == "sent"
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = letter.extra_headers["List-Unsubscribe"]
    assert address == f"<{settings.SITE_URL}{unsubscribe_path(elodie.payer_id)}>"
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(unsubscribe_path(elodie.payer_id), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert has_objected(elodie.payer_id)


def test_only_reminders_carry_the_button(elodie):
    assert {kind for kind, letter in LETTERS.items() if letter.one_click} == {
        *(kind for kind in LETTERS if kind.startswith("reminder_")),
        "gift_ending_giver",
        "gift_ending_recipient",
        "renewal_quote",
    }


def test_looking_at_the_page_stops_nothing(client, elodie):
    answer = client.get(unsubscribe_path(elodie.payer_id))
    assert answer.status_code == 200
    assert "Arrêter les rappels" in answer.content.decode()
    assert "lefevre" not in answer.content.decode()
    assert not has_objected(elodie.payer_id)


def test_an_objection_is_kept_in_its_words_and_once(client, elodie):
    for _twice in range(2):
        answer = client.post(unsubscribe_path(elodie.payer_id), headers={"user-agent": "Mail/1"})
        assert "C’est fait" in answer.content.decode()
    kept = Consent.objects.filter(customer=elodie.payer, given=False).order_by("matter")
    assert [(one.matter, one.words, one.ip, one.user_agent) for one in kept] == [
        (matter, "Je ne veux plus recevoir de rappels de réabonnement, ni d’autres offres.", "127.0.0.1", "Mail/1")
        for matter in ("reminders", "similar_offers")
    ]


def test_who_said_no_to_offers_before_still_has_an_objection_of_its_own(elodie):
    Consent.objects.create(
        matter="similar_offers", given=False, words="…", customer=elodie.payer, at=noon(date(2027, 1, 1))
    )
    assert object_to_reminders(elodie.payer_id, words="x", ip=None, user_agent="", at=noon(date(2027, 1, 2)))
    assert not object_to_reminders(elodie.payer_id, words="x", ip=None, user_agent="", at=noon(date(2027, 1, 3)))
    assert Consent.objects.filter(customer=elodie.payer, given=False).count() == 2


@pytest.mark.parametrize("token", ["1", "forged", "1.forged"])
def test_a_forged_link_stops_nobody_s_letters(client, elodie, token):
    assert client.post(f"/desinscription/{token}/").status_code == 404
    assert not Consent.objects.filter(matter="reminders").exists()


def test_it_cannot_be_hammered(client, elodie, monkeypatch):
    monkeypatch.setattr("shop.limits.count", lambda limit, who: 9 if limit.name == "unsubscribe" else 0)
    assert isinstance(Limit("unsubscribe", 1, 1), Limit)
    assert client.post(unsubscribe_path(elodie.payer_id)).status_code == 429
