"""What the confirmation of a renewal says, a sentence per case; the invoice and the contract go with it."""

from __future__ import annotations

from datetime import date

import pytest
from django.core import mail

from subscriptions.notices.delivering import deliver
from subscriptions.texts import load_texts
from tests.choice.people import noon, order_to_renew, pay, reader, renews, time_passes, world

pytestmark = pytest.mark.django_db
NB = "\u00a0"


@pytest.fixture(autouse=True)
def outbox(settings, db):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    load_texts(date(2026, 11, 1))


def last_letter(on: date):
    deliver(500, at=noon(on))
    return mail.outbox[-1]


def test_an_early_renewal_goes_on_without_a_gap():
    subscription = reader()
    time_passes(date(2027, 9, 20))
    term = renews(subscription, on=date(2027, 9, 20))
    letter = last_letter(date(2027, 9, 20))
    assert letter.subject == f"Votre abonnement est prolongé (commande {term.order.reference})"
    assert (
        f"Votre abonnement {subscription.number} continue sans interruption, du 23{NB}novembre{NB}2027 au "
        f"22{NB}novembre{NB}2028.\n\nLe premier numéro de cette période sera le n°{NB}29 (décembre{NB}2027), posté vers le "
        f"15{NB}décembre{NB}2027.\n" in letter.body
    )
    assert f"Numéros{NB}: 4, du n°{NB}29 au n°{NB}32\n" in letter.body
    assert "jusqu’à quatorze jours après avoir reçu le premier numéro de cette nouvelle période" in letter.body
    assert f"s’arrête de lui-même après le n°{NB}32" in letter.body
    assert len(letter.attachments) == 3


def test_after_a_lapse_it_starts_again():
    subscription = reader()
    time_passes(date(2028, 2, 20))
    renews(subscription, on=date(2028, 2, 20))
    letter = last_letter(date(2028, 2, 20))
    assert letter.subject.startswith("Votre abonnement reprend (commande ")
    assert f"Votre abonnement {subscription.number} reprend, du 20{NB}février{NB}2028 au 19{NB}février{NB}2029." in letter.body  # fmt: skip
    assert f"sera le n°{NB}30 (mars{NB}2028)" in letter.body


def test_copies_that_are_not_planned_are_not_dated():
    world(until=32)
    subscription = reader()
    on = date(2027, 10, 1)
    pay(*[order_to_renew(subscription, on=on) for _twice in range(2)], on=on)
    letter = last_letter(on)
    assert "Les numéros de cette période ne sont pas encore planifiés" in letter.body
    assert f"Numéros{NB}: 4\n" in letter.body


def test_a_first_order_reads_as_before():
    reader()
    letter = last_letter(date(2026, 11, 23))
    assert letter.subject.startswith("Votre abonnement est confirmé (commande ")
    assert "prolongé" not in letter.body
