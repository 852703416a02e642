"""Whose right it is: gifts, disputes, withdrawals, renewals, merged and erased readers; and what the nightly audit sees."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from payments.actors import job, reader
from payments.models import Dispute, Payment
from shop.customers.erasing import erase
from shop.customers.exporting import export
from shop.customers.holdings import everything
from shop.customers.merging import merge
from subscriptions.digital.answering import standing_of
from subscriptions.digital.auditing import agreed_and_told, downloaded_by_right
from subscriptions.digital.consenting import NothingToRead
from subscriptions.digital.downloading import BadLink, hand_over
from subscriptions.digital.rights import contract_of, contracts_of, readable
from subscriptions.models import (
    DigitalConsent,
    DigitalDownload,
    Entitlement,
    EntitlementMovement,
    Notice,
    Subscription,
    Term,
)
from subscriptions.moving import move_copies
from subscriptions.notices.delivering import deliver
from tests.digital.people import OUT, copy_of, file_of, post, turned, yes
from tests.gifts.people import INES, give
from tests.gifts.people import reader as person
from tests.makers import NOW, make_wish, place_order
from tests.stopping.people import withdraws

pytestmark = pytest.mark.django_db
ON = OUT.date()


@pytest.fixture
def edition(offers):
    """On since the first day, no. 25 with its file. It leaves on 15 December."""
    turned(at=NOW)
    return file_of()


def reads(subscription, customer, *, on=ON):
    """The issues that somebody may read of a subscription."""
    return sorted(number for _key, number in readable([subscription], reader_id=customer.pk, on=on))


def test_a_gift_is_read_by_whoever_received_it_and_not_by_whoever_gave_it(edition):
    gift = give()
    post()
    subscription = gift.subscription
    giver = subscription.payer
    assert reads(subscription, giver) == []
    ines = person(INES)
    assert reads(subscription, ines) == []
    Subscription.objects.filter(pk=subscription.pk).update(holder=ines)
    subscription.refresh_from_db()
    assert reads(subscription, ines) == [25]
    assert reads(subscription, giver) == []
    with pytest.raises(NothingToRead):
        yes(subscription, giver)
    assert yes(subscription, ines).customer == ines
    said = Notice.objects.get(kind="digital_agreed")
    assert (said.to_email, said.customer) == (INES, ines)
    assert hand_over(copy_of(subscription).pk, reader_id=ines.pk, at=OUT).name == "actuia-25.pdf"


def test_what_its_bank_disputes_is_read_by_nobody(edition, elodie):
    post()
    yes(elodie.subscription, elodie.customer)
    assert reads(elodie.subscription, elodie.customer) == [25]
    Dispute.objects.create(
        stripe_dispute="du_1", payment=Payment.objects.get(customer=elodie.customer), amount="27.60", reason="fraudulent",
        opened_at=OUT, state="open", state_since=OUT, looked_up_at=OUT,
    )  # fmt: skip
    # Even a copy that was sent before.
    Entitlement.objects.filter(pk=copy_of(elodie.subscription).pk).update(state="served")
    assert reads(elodie.subscription, elodie.customer) == []
    with pytest.raises(BadLink):
        hand_over(copy_of(elodie.subscription).pk, reader_id=elodie.customer.pk, at=OUT)
    assert standing_of(elodie.subscription.number, on=ON) is None


def test_a_withdrawal_ends_it_and_what_was_downloaded_stays_proved(edition, elodie):
    post()
    yes(elodie.subscription, elodie.customer)
    hand_over(copy_of(elodie.subscription).pk, reader_id=elodie.customer.pk, at=OUT)
    withdraws(elodie.subscription, at=OUT + timedelta(hours=1), email=elodie.email)
    assert reads(elodie.subscription, elodie.customer) == []
    assert DigitalDownload.objects.count() == 1
    assert list(downloaded_by_right(OUT + timedelta(days=1))) == []


def again(subscription, number, *, order=None):
    """Another year of a subscription, by an order or by a renewal."""
    first = subscription.terms.get(number=1)
    term = Term.objects.get(pk=first.pk)
    term.pk, term.number, term.order, term.payment_id = None, number, order, None
    term.starts_on, term.ends_on = date(2025 + number, 11, 23), date(2026 + number, 11, 22)
    term.save(force_insert=True)
    return term


def test_a_renewal_goes_on_with_what_was_agreed_and_an_order_asks_again(edition, elodie):
    subscription = elodie.subscription
    first, renewed = subscription.terms.get(), again(subscription, 2)
    third = again(subscription, 3, order=place_order(make_wish(subscription.offer, email=elodie.email)))
    contracts = contracts_of([subscription.pk])[subscription.pk]
    assert list(contracts) == [first, third]
    assert [contract_of(term, contracts) for term in (first, renewed, third)] == [first, first, third]


def test_a_record_that_was_merged_has_agreed_for_the_one_that_stays(edition, elodie, karim):
    post()
    yes(elodie.subscription, elodie.customer)
    gone, kept = elodie.customer, karim.customer
    merge(gone.pk, kept.pk, keep_email_of=kept.pk, reason="Une seule personne.", actor=job("tests"), at=OUT)
    subscription = Subscription.objects.get(holder=kept, terms__digital_consents__isnull=False)
    found = readable([subscription], reader_id=kept.pk, on=ON)[subscription.pk, 25]
    assert found.agreed == DigitalConsent.objects.get(customer=gone)
    hand_over(found.copy.pk, reader_id=kept.pk, at=OUT)
    facts = everything(kept, at=OUT)
    assert [one["issue"] for one in facts["downloads"]] == [25]
    assert len(facts["digital_consents"]) == 1


def test_everything_is_in_the_export(edition, elodie):
    post()
    consent = yes(elodie.subscription, elodie.customer)
    hand_over(copy_of(elodie.subscription).pk, reader_id=elodie.customer.pk, at=OUT)
    facts = everything(elodie.customer, at=OUT)
    number = elodie.subscription.number
    assert facts["digital_consents"] == [
        {"at": "2026-12-16T12:00:00+01:00", "subscription": number, "words": consent.words, "text": "numerique 2026-11"}
    ]
    assert facts["downloads"] == [{"at": "2026-12-16T12:00:00+01:00", "subscription": number, "issue": 25}]
    assert export(elodie.customer, at=OUT)


def test_whoever_is_erased_reads_no_more_and_the_proofs_name_nobody(edition, elodie):
    post()
    yes(elodie.subscription, elodie.customer)
    copy, key, number = copy_of(elodie.subscription).pk, elodie.customer.pk, elodie.subscription.number
    hand_over(copy, reader_id=key, at=OUT)
    assert erase(elodie.customer, actor=reader(elodie.customer), at=OUT, reason="", giving_up=True)
    with pytest.raises(BadLink):
        hand_over(copy, reader_id=key, at=OUT)
    assert standing_of(number, on=ON) is None
    assert DigitalDownload.objects.count() == DigitalConsent.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row::text, ' ') FROM subscriptions_digitalconsent row")
        assert "lefevre" not in cursor.fetchone()[0].lower()


def test_a_letter_says_what_was_agreed(edition, elodie, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    post()
    yes(elodie.subscription, elodie.customer)
    assert deliver(100, at=OUT).sent >= 1
    said = next(one for one in mail.outbox if "édition numérique" in one.subject)
    assert "Le 16 décembre 2026 à 12 h 00, heure de Paris" in said.body.replace("\u00a0", " ")
    assert "je reconnais perdre mon droit de rétractation" in said.body
    assert "Pour la partie imprimée de votre abonnement, votre droit de rétractation reste entier." in said.body


# --- the nightly audit -----------------------------------------------------------------------------------------------------


@pytest.fixture
def read_once(edition, elodie):
    """Élodie has agreed and read no. 25, as she may."""
    post()
    yes(elodie.subscription, elodie.customer)
    hand_over(copy_of(elodie.subscription).pk, reader_id=elodie.customer.pk, at=OUT)
    return DigitalDownload.objects.get()


def wrong():
    return [sentence for _subject, sentence in downloaded_by_right(timezone.now() + timedelta(days=60))]


FOUND = ["downloaded without a right or a consent"]


def test_a_good_download_is_no_breach_also_once_its_copy_was_credited_later(read_once):
    assert wrong() == []
    copy = Entitlement.objects.get(pk=read_once.entitlement_id)
    move_copies([copy], "void", on=ON, actor=job("tests"), at=OUT + timedelta(minutes=1))
    assert wrong() == []


@pytest.mark.parametrize("kind", ["hold", "void", "credit"])
def test_a_download_of_a_copy_that_gave_no_right_is_found(read_once, kind):
    EntitlementMovement.objects.create(
        entitlement=read_once.entitlement, kind=kind, issue=read_once.file.issue, actor="x", on=ON,
        at=OUT - timedelta(minutes=1),
    )  # fmt: skip
    assert wrong() == FOUND


def test_a_download_of_another_issue_than_the_copy_had_is_found(read_once):
    EntitlementMovement.objects.create(
        entitlement=read_once.entitlement, kind="extend", issue=copy_of(read_once.consent.term.subscription, 26).issue,
        actor="x", on=ON, at=OUT - timedelta(minutes=1),
    )  # fmt: skip
    assert wrong() == FOUND


def test_a_download_while_there_was_no_edition_is_found(read_once):
    turned(on=False, at=OUT - timedelta(minutes=1))
    assert wrong() == FOUND


def test_a_consent_without_its_letter_is_found(read_once):
    assert list(agreed_and_told(OUT + timedelta(hours=7))) == []
    consent = DigitalConsent.objects.get()
    again = DigitalConsent.objects.create(
        term=consent.term,
        customer=person("autre@example.fr"),
        text=consent.text,
        words=consent.words,
        actor="x",
        at=OUT,
    )
    assert list(agreed_and_told(OUT + timedelta(hours=5))) == []
    assert list(agreed_and_told(OUT + timedelta(hours=7))) == [
        (f"consent:{again.pk}", "agreed to the digital edition, and no letter confirms it")
    ]
