"""Two records of one reader become one: what lives moves, what is evidence stays, and the door opens for whom it should."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import psycopg
import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments.ledger.entries import party
from payments.models import Act, Invoice, LedgerLine, PayerAccount, Payment
from shop.customers.emails import reader_of
from shop.customers.erasing import erase
from shop.customers.exporting import export
from shop.customers.merging import CannotMerge, doubles_of, merge, moves_of
from shop.customers.models import Customer, EmailChange
from shop.customers.search import refresh
from shop.watch.audit import breaches
from subscriptions.gifts.claiming import claim
from subscriptions.gifts.reaching import mailbox_of
from subscriptions.models import Consent, Gift, Notice, Order, Recipient, Subscription
from subscriptions.notices.delivering import _untrue_by_now
from subscriptions.notices.letters import LETTERS
from subscriptions.objecting import has_objected, object_to_reminders, read_unsubscribe, unsubscribe_path
from tests.backoffice.colleagues import said, text_of
from tests.backoffice.sold import sell
from tests.gifts.people import give
from tests.makers import HOME, make_wish, place_order
from tests.races.crowd import together, troubles
from tests.stopping.people import JOB
from tests.support.test_giving_part import gives

pytestmark = pytest.mark.django_db
WHY = "Même lectrice, deux adresses."


@pytest.fixture
def two(offers):
    """Élodie Lefèvre bought twice, under two addresses; the first record stays, the second goes."""
    kept, gone = sell(offers["automatic"], number=1), sell(offers["fixed"], number=2)
    refresh([kept.customer.pk, gone.customer.pk])
    return kept, gone


def one(two, *, email_of="kept", at=None):
    """The two become one."""
    kept, gone = two
    stays = kept if email_of == "kept" else gone
    return merge(
        gone.customer.pk,
        kept.customer.pk,
        keep_email_of=stays.customer.pk,
        reason=WHY,
        actor=JOB,
        at=at or timezone.now(),
    )


def proves(sale):
    """They signed in with a code."""
    EmailAddress.objects.create(user_id=sale.customer.pk, email=sale.customer.email, verified=True, primary=True)


def test_what_lives_moves_and_what_is_evidence_keeps_its_number(two):
    kept, gone = two
    before = moves_of(gone.customer, kept.customer)
    assert (before.subscriptions, before.recipients, before.orders, before.invoices, before.same_magazine) == (
        1,
        1,
        1,
        1,
        True,
    )
    reader = one(two)
    assert set(Subscription.objects.filter(payer=reader, holder=reader)) == {kept.subscription, gone.subscription}
    assert Recipient.objects.filter(customer=reader).count() == 2
    assert Order.objects.filter(customer=reader).count() == 2
    assert not PayerAccount.objects.filter(customer=gone.customer).exists()
    gone.invoice.refresh_from_db()
    gone.payment.refresh_from_db()
    assert (gone.invoice.customer, gone.payment.customer, gone.letter.customer) == (gone.customer,) * 3
    sign = Customer.objects.get(pk=gone.customer.pk)
    assert (sign.merged_into, sign.email, sign.full_name, sign.is_active) == (reader, None, "", False)
    assert sorted(Act.objects.filter(verb="merged two records").values_list("subject", flat=True)) == sorted(
        [f"customer:{reader.pk}", f"customer:{sign.pk}"]
    )
    assert "reader1@example.fr" in Customer.objects.get(pk=reader.pk).search
    assert str(gone.subscription) in Customer.objects.get(pk=reader.pk).search
    assert breaches(timezone.now()) == []


def test_a_gift_that_was_received_moves_too(two):
    _kept, gone = two
    gift = Gift.objects.create(
        order=gone.order, code="CADEAU1", subscription=gone.subscription, claimed_by=gone.customer, state="claimed",
        state_since=timezone.now(), created_at=timezone.now(),
    )  # fmt: skip
    reader = one(two)
    gift.refresh_from_db()
    assert gift.claimed_by == reader


def test_money_of_the_old_record_goes_back_on_its_own_account(two):
    _kept, gone = two
    one(two)
    gives(gone.subscription, copies=1, at=timezone.now())
    parties = set(LedgerLine.objects.filter(account="411000", debit=0).values_list("party", flat=True))
    assert party(gone.customer.pk) in parties
    note = Invoice.objects.get(kind="credit_note")
    assert note.customer == gone.customer, "the credit note is the mirror of its invoice"
    assert breaches(timezone.now()) == []


def test_a_record_is_merged_once_and_chains_lead_to_the_last(two, offers):
    kept, gone = two
    reader = one(two)
    with pytest.raises(CannotMerge) as refused:
        one(two)
    assert refused.value.code == "merged"
    third = sell(offers["fixed"], number=3)
    merge(reader.pk, third.customer.pk, keep_email_of=third.customer.pk, reason=WHY, actor=JOB, at=timezone.now())
    assert set(Customer.objects.filter(merged_into=third.customer)) == {kept.customer, gone.customer}
    assert Subscription.objects.filter(payer=third.customer).count() == 3


@pytest.mark.parametrize("code", ["same", "staff", "erased", "order", "payment"])
def test_what_is_not_merged(two, offers, code):
    kept, gone = two
    other = gone.customer
    if code == "same":
        other = kept.customer
    if code == "staff":
        Customer.objects.filter(pk=other.pk).update(is_staff=True)
    if code == "erased":
        erase(other, actor=JOB, at=timezone.now(), reason="x", giving_up=True)
    if code == "order":
        place_order(make_wish(offers["fixed"], email="reader2@example.fr"), at=timezone.now())
    if code == "payment":
        order = place_order(make_wish(offers["fixed"], email="autre@example.fr"), at=timezone.now())
        Payment.objects.filter(subject=order.subject).update(customer=other, state="processing")
    with pytest.raises(CannotMerge) as refused:
        merge(other.pk, kept.customer.pk, keep_email_of=kept.customer.pk, reason=WHY, actor=JOB, at=timezone.now())
    assert refused.value.code == code
    assert not Customer.objects.filter(merged_into__isnull=False).exists()


def test_the_database_keeps_a_signpost_empty(two):
    one(two)
    sign = Customer.objects.get(merged_into__isnull=False)
    for changes in ({"email": "x@example.fr"}, {"is_active": True}, {"merged_into": sign}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Customer.objects.filter(pk=sign.pk).update(**changes)


# --- the door ---


@pytest.mark.parametrize("proved", ["none", "kept", "gone", "both"])
@pytest.mark.parametrize("email_of", ["kept", "gone"])
def test_either_address_opens_the_account_only_if_both_were_proved(two, proved, email_of):
    kept, gone = two
    if proved in ("kept", "both"):
        proves(kept)
    if proved in ("gone", "both"):
        proves(gone)
    reader = one(two, email_of=email_of)
    stays, other = ("reader1@example.fr", "reader2@example.fr")[:: 1 if email_of == "kept" else -1]
    assert (reader.email, reader_of(stays)) == (stays, reader)
    assert reader_of(other) == (reader if proved == "both" else None)


def comes_in(email):
    """They ask for a code under that address, and write it."""
    browser = Client()
    browser.post(reverse("account_request_login_code"), {"email": email})
    letter = Notice.objects.filter(kind="sign_in_code").latest("pk")
    assert letter.to_email == email.lower(), "the code goes to the address that was typed"
    browser.post(reverse("account_confirm_login_code"), {"code": letter.facts["code"]})
    return browser.session.get("_auth_user_id")


def test_who_came_in_by_both_addresses_still_does(two):
    for sale in two:
        assert comes_in(sale.customer.email) == str(sale.customer.pk)
    reader = one(two)
    for email in ("Reader1@example.fr", "reader2@example.fr"):
        assert comes_in(email) == str(reader.pk)


def test_an_address_that_staff_put_there_is_not_proved(two):
    for sale in two:
        comes_in(sale.customer.email)
    later = timezone.now() + timedelta(minutes=1)
    EmailChange.objects.create(
        customer=two[1].customer, new_email="reader2@example.fr", created_at=later, expires_at=later, done_at=later,
        actor="staff:1",
    )  # fmt: skip
    one(two)
    assert reader_of("reader2@example.fr") is None


def test_both_are_signed_out(two):
    kept, gone = two
    browsers = []
    for sale in (kept, gone):
        browser = Client()
        browser.force_login(sale.customer, backend="django.contrib.auth.backends.ModelBackend")
        UserSession.objects.create(
            user=sale.customer, session_key=browser.session.session_key, ip="192.0.2.7", user_agent="x",
            created_at=timezone.now(), last_seen_at=timezone.now(),
        )  # fmt: skip
        browsers.append(browser)
    one(two)
    assert [browser.get(reverse("account_home")).status_code for browser in browsers] == [302, 302]


# --- what they were told, and refused ---


@pytest.mark.parametrize("who", ["kept", "gone"])
def test_the_stricter_objection_wins(two, who):
    kept, gone = two
    refuser = kept if who == "kept" else gone
    object_to_reminders(refuser.customer.pk, words="Non.", ip=None, user_agent="", at=timezone.now())
    later = timezone.now() + timedelta(hours=1)
    other = gone if who == "kept" else kept
    Consent.objects.create(matter="reminders", given=True, words="Oui.", customer=other.customer, at=later)
    reader = one(two, at=later + timedelta(minutes=1))
    assert has_objected(reader.pk)
    assert Consent.objects.filter(customer=reader, matter="reminders").latest("pk").words.startswith("Réunion")


def test_without_objection_nothing_is_refused(two):
    reader = one(two)
    assert not has_objected(reader.pk)
    assert not Consent.objects.filter(given=False).exists()


def test_an_old_link_to_stop_letters_stops_those_of_the_one_record(two):
    link = unsubscribe_path(two[1].customer.pk).split("/")[2]
    reader = one(two)
    assert read_unsubscribe(link) == reader.pk


def test_the_account_the_export_and_the_desk_show_both(two, at_desk, client):
    _kept, gone = two
    reader = one(two)
    client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    page = text_of(client.get(reverse("account_invoices"))).replace("\u2060", "")
    for sale in two:
        assert sale.invoice.reference.replace("-", "") in page.replace("-", "").replace("\u2011", "")
    assert client.get(reverse("account_invoice", args=[gone.invoice.reference])).status_code in (200, 503)
    archive = zipfile.ZipFile(BytesIO(export(reader, at=timezone.now())))
    facts = json.loads(archive.read("donnees.json"))
    assert len(facts["invoices"]) == len(facts["payments"]) == len(facts["orders"]) == len(facts["subscriptions"]) == 2
    colleague = at_desk("support")
    line = text_of(colleague.see("desk_person", reader.pk))
    assert gone.invoice.reference in line
    assert said("merged two records of one reader") in line
    sign = colleague.see("desk_person", gone.customer.pk)
    assert reverse("desk_person", args=[reader.pk]) in sign.content.decode()
    assert reverse("desk_act_merge", args=[gone.customer.pk]) not in sign.content.decode()


def test_a_merged_reader_can_be_erased(two):
    reader = one(two)
    assert erase(reader, actor=JOB, at=timezone.now(), reason="Demande.", giving_up=True)
    assert not Customer.objects.filter(search__contains="lefevre").exists()


# --- finding ---


def test_likely_doubles_share_a_name_and_a_place_or_a_telephone(two, offers):
    kept, gone = two
    elsewhere = sell(
        offers["fixed"],
        number=3,
        address=HOME.__class__.from_dict(HOME.to_dict() | {"postcode": "69001", "town": "Lyon"}),
    )
    namesake = sell(offers["fixed"], number=4, first_name="Élodie", last_name="Lefèvre-Martin")
    refresh([elsewhere.customer.pk, namesake.customer.pk])
    assert doubles_of(kept.customer) == [gone.customer]
    for sale, phone in ((kept, "+33 6 12 34 56 78"), (elsewhere, "06 12 34 56 78")):
        Customer.objects.filter(pk=sale.customer.pk).update(phone=phone)
    kept.customer.refresh_from_db()
    assert doubles_of(kept.customer) == [gone.customer, elsewhere.customer]
    reader = one(two)
    assert doubles_of(Customer.objects.get(pk=reader.pk)) == [elsewhere.customer]


def test_at_the_desk(two, at_desk):
    kept, gone = two
    colleague = at_desk("support")
    page = colleague.see("desk_person", kept.customer.pk)
    assert reverse("desk_person", args=[gone.customer.pk]) in page.content.decode()
    form = colleague.see("desk_act_merge", kept.customer.pk).content.decode()
    assert f'value="{gone.customer.pk}"' in form, "the only likely double is written beforehand"
    typed = {"other": "reader2@example.fr", "email": "kept", "reason": WHY}
    shown = text_of(colleague.rehearse("desk_act_merge", kept.customer.pk, **typed))
    for words in ("reader2@example.fr", said("both stay, each with its own dates: nothing is joined")):
        assert words in shown
    nobody = colleague.rehearse("desk_act_merge", kept.customer.pk, **(typed | {"other": "999999"}))
    assert said("There is no reader of this number or address.") in text_of(nobody)
    same = colleague.rehearse("desk_act_merge", kept.customer.pk, **(typed | {"other": str(kept.customer.pk)}))
    assert said("This is the same record.") in text_of(same)
    assert colleague.act("desk_act_merge", kept.customer.pk, **typed).status_code == 302
    assert colleague.see("desk_act_merge", gone.customer.pk).status_code == 409
    assert at_desk("finance").see("desk_act_merge", kept.customer.pk).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_merged_both_ways_at_once_one_stays(two):
    kept, gone = two

    def into(here, there):
        return lambda: merge(
            there.customer.pk,
            here.customer.pk,
            keep_email_of=here.customer.pk,
            reason=WHY,
            actor=JOB,
            at=timezone.now(),
        )

    done = together([into(kept, gone), into(gone, kept)])
    [refused] = troubles(done)
    assert refused.code == "merged"
    assert Customer.objects.filter(merged_into__isnull=False).count() == 1
    assert breaches(timezone.now()) == []


def test_a_gift_received_under_the_record_that_goes_is_received_under_the_one_that_stays(two):
    kept, gone = two
    gift = give()
    claim(gift.pk, gone.customer, onto=None, actor=JOB, at=timezone.now())
    one(two)
    gift.refresh_from_db()
    assert gift.claimed_by == kept.customer
    assert gift.subscription.holder == kept.customer
    assert mailbox_of(gift).email == kept.customer.email


@pytest.mark.django_db(transaction=True)
def test_a_letter_of_the_old_number_is_looked_at_with_the_subscriptions_of_the_new_one(two, superuser):
    """What would make it untrue in the instant in which it leaves has to wait for it."""
    kept, gone = two
    one(two)
    letter = Notice.objects.create(
        kind="payment_refused", matter="x", rank="service", customer_id=gone.customer.pk, due_at=timezone.now(),
        created_at=timezone.now(), state_since=timezone.now(), facts={"order_id": gone.order.pk, "decline_code": ""},
    )  # fmt: skip
    asked = replace(LETTERS[letter.kind], untrue_because=lambda _context, *, at: "")
    with transaction.atomic():
        _untrue_by_now(letter, asked, at=timezone.now())
        with pytest.raises(psycopg.errors.LockNotAvailable):
            superuser.execute(
                "SELECT FROM subscriptions_subscription WHERE id = %s FOR UPDATE NOWAIT", [gone.subscription.pk]
            )
    assert Subscription.objects.get(pk=gone.subscription.pk).payer_id == kept.customer.pk
