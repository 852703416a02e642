"""By e-mail, on paper, or not at all: one row per case, as queueing decides it; and what hangs on having no e-mail."""

from __future__ import annotations

import uuid
import zipfile
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.contrib.auth import get_user_model

from payments.actors import Actor
from payments.documents import read
from payments.models import DeskItem
from shop.customers.emails import live_by_post
from shop.customers.erasing import erase
from shop.customers.exporting import export
from subscriptions.models import LostMailbox, Notice, Order, PostalAddress, ReminderStep, Subscription, Term
from subscriptions.notices.delivering import deliver, is_erased
from subscriptions.notices.queueing import queue
from subscriptions.notices.recovering import send_again
from subscriptions.paper.addressing import addresses_of, forget_addressed
from subscriptions.paper.batching import make_batch
from subscriptions.renewals.noticing import notice
from subscriptions.renewals.planning import plan
from subscriptions.renewals.reminding import remind
from tests.letters.every import code, draft, gift_of
from tests.letters.people import AT, purchase
from tests.makers import NOW
from tests.renewals.days import noon
from tests.renewals.people import subscriber

STAFF = Actor("staff", "3")
CHANGED = {"old_email": "a@example.fr", "new_email": "b@example.fr"}
pytestmark = pytest.mark.django_db


def known(mark: str) -> None:
    if mark:
        LostMailbox.objects.create(email="camille@example.fr", kind=mark, since=AT)


@pytest.mark.parametrize(
    ("kind", "email", "mark", "way", "state"),
    [
        ("service", "camille@example.fr", "", "email", "queued"),
        ("service", "Camille@Example.fr", "dead", "paper", "queued"),
        ("service", "", "", "paper", "queued"),
        ("service", "camille@example.fr", "complained", "email", "queued"),
        ("courtesy", "camille@example.fr", "", "email", "queued"),
        ("courtesy", "camille@example.fr", "dead", "email", "withdrawn"),
        ("courtesy", "camille@example.fr", "complained", "email", "withdrawn"),
        ("courtesy", "", "", "email", "withdrawn"),
        ("code", "camille@example.fr", "", "email", "queued"),
        ("code", "camille@example.fr", "dead", "email", "queued"),
        ("code", "", "", "email", "queued"),
    ],
)
def test_the_way_of_a_letter(kind, email, mark, way, state):
    known(mark)
    bought = purchase()
    who = {"customer_id": bought.customer.pk, "to_email": email}
    drafts = {
        "service": draft("email_changed", CHANGED, **who),
        "courtesy": draft("reminder_farewell", {"term_id": bought.term.pk, "code": "RE3", "on": "2027-01-04"}, **who),
        "code": code(**who),
    }
    for _twice in range(2):
        queue([drafts[kind]])
    letter = Notice.objects.get()
    assert (letter.channel, letter.state) == (way, state)


def test_a_mark_that_has_ended_counts_no_more():
    LostMailbox.objects.create(email="camille@example.fr", kind="dead", since=AT, ended_at=AT)
    queue([draft("email_changed", CHANGED)])
    assert Notice.objects.get().channel == "email"


def test_a_code_without_an_address_fails_in_sight(outbox):
    queue([code(to_email="")])
    assert deliver(5, at=AT).failed == 1
    assert DeskItem.objects.get().kind == "letter_failed"


def test_the_post_office_leaves_letters_on_paper_alone(outbox):
    queue([draft("email_changed", CHANGED, customer_id=purchase().customer.pk, to_email="")])
    assert deliver(5, at=AT + timedelta(days=30)).sent == 0
    assert Notice.objects.get().state == "queued"


class TestAddresses:
    def test_the_bill_goes_before_the_copies_and_never_to_the_recipient_of_a_gift(self):
        bought = purchase()
        letter = Notice(pk=1, customer_id=bought.customer.pk)
        assert addresses_of([letter])[1].lines[0] == "MME CAMILLE LENOIR"
        bill = PostalAddress.objects.get(pk=bought.order.delivery_id)
        bill.pk, bill.lines = None, ["ACTUIA BIBLIOTHEQUE", "1 PLACE DU LIVRE", "69007 LYON"]
        bill.save(force_insert=True)
        later = Order.objects.get(pk=bought.order.pk)
        later.pk, later.reference, later.form_token, later.billing = None, "CMD-2", uuid.uuid4(), bill
        later.save(force_insert=True)
        assert addresses_of([letter])[1].lines[0] == "ACTUIA BIBLIOTHEQUE"
        giver = get_user_model().objects.create(first_name="Ami", created_at=AT)
        Subscription.objects.filter(pk=bought.term.subscription_id).update(payer=giver)
        assert addresses_of([Notice(pk=2, customer_id=giver.pk)]) == {}

    def test_a_letter_to_a_record_that_was_merged_goes_to_where_its_reader_is_known(self):
        bought = purchase()
        gone = get_user_model().objects.create(is_active=False, merged_into=bought.customer, created_at=AT)
        assert addresses_of([Notice(pk=1, customer_id=gone.pk)])[1].lines[0] == "MME CAMILLE LENOIR"
        get_user_model().objects.filter(pk=bought.customer.pk).update(erased_on=AT.date())
        assert is_erased(gone.pk)

    def test_the_recipient_of_a_gift_whose_mailbox_is_dead_is_told_where_their_copies_go(self):
        gift = gift_of(41, state="given")
        LostMailbox.objects.create(email="ines@example.fr", kind="dead", since=AT)
        queue([draft("gift_announced", {"gift_id": gift.pk}, to_name="Inès Roux", to_email="ines@example.fr")])
        letter = Notice.objects.get()
        assert letter.channel == "paper"
        assert addresses_of([letter])[letter.pk].pk == gift.subscription.recipient.address_id
        assert not DeskItem.objects.filter(kind="letter_unaddressed").exists()

    def test_what_is_said_of_a_missing_address_ends_when_there_is_one(self):
        stranger = get_user_model().objects.create(created_at=AT)
        for _twice in range(2):
            queue([draft("email_changed", CHANGED, customer_id=stranger.pk, to_email="")])
        assert DeskItem.objects.filter(kind="letter_unaddressed", closed_at=None).count() == 1
        assert forget_addressed(actor=STAFF, at=AT) == 0
        recipient = purchase().term.subscription.recipient
        recipient.customer = stranger
        recipient.save()
        assert forget_addressed(actor=STAFF, at=AT) == 1


class TestNoEmail:
    def test_a_letter_sent_again_goes_the_way_of_today(self, outbox):
        bought = purchase()
        queue([draft("email_changed", CHANGED, customer_id=bought.customer.pk)])
        deliver(5, at=AT)
        first = Notice.objects.get()
        known("dead")
        paper = send_again(first.pk, actor=STAFF, reason="perdu", at=AT)
        assert (paper.channel, paper.matter) == ("paper", "email_changed:1#2")
        mail = send_again(first.pk, actor=STAFF, reason="autre adresse", at=AT, to_email="c@example.fr")
        paper.refresh_from_db()
        assert (mail.channel, mail.matter) == ("email", "email_changed:1#3")
        assert (paper.state, paper.failure) == ("withdrawn", "it went by e-mail after all")

    def test_whoever_gives_their_address_up_lives_by_post(self):
        bought = purchase()
        customer = bought.customer
        for _twice in range(2):
            live_by_post(customer, actor=STAFF, reason="à sa demande", at=AT)
        customer.refresh_from_db()
        assert customer.email is None
        queue([draft("email_changed", CHANGED, customer_id=customer.pk, to_email=customer.email or "")])
        assert Notice.objects.get().channel == "paper"

    def test_their_data_holds_the_letter_as_printed(self):
        bought = purchase()
        queue([draft("email_changed", CHANGED, customer_id=bought.customer.pk, to_email="")])
        batch = make_batch(actor=STAFF, at=AT)
        held = zipfile.ZipFile(BytesIO(export(bought.customer, at=AT)))
        [name] = [name for name in held.namelist() if name.startswith("courriers/")]
        assert name.endswith("-email_changed.pdf")
        assert held.read(name) == read(batch.lines.get().document_id)
        assert "sur papier" in held.read("donnees.html").decode() or '"paper"' in held.read("donnees.json").decode()

    def test_erased_they_are_written_to_no_more_and_their_mark_goes(self):
        made = subscriber(renewal="fixed")
        customer = made.payer
        LostMailbox.objects.create(email=customer.email, kind="dead", since=NOW)
        queue([draft("email_changed", CHANGED, customer_id=customer.pk, to_email="", due_at=NOW, created_at=NOW)])
        assert erase(customer, actor=STAFF, at=NOW, reason="demande", giving_up=True)
        assert not LostMailbox.objects.exists()
        assert make_batch(actor=STAFF, at=NOW) is None
        assert Notice.objects.get(kind="email_changed").failure == "the reader had their data erased"

    def test_their_fixed_term_is_reminded_by_the_steps_that_go_on_paper_only(self):
        made = subscriber(renewal="fixed")
        get_user_model().objects.filter(pk=made.payer_id).update(email=None)
        assert dict(ReminderStep.objects.filter(addressee="reader").values_list("code", "channel")) == {
            "RA1": "email", "RA2": "email", "R0": "letter", "RE1": "letter", "RE2": "email", "RE3": "email",
        }  # fmt: skip
        lapsed = date(2027, 12, 1)
        Subscription.objects.filter(pk=made.pk).update(state="lapsed", state_since=noon(lapsed))
        on = lapsed + timedelta(days=30)
        assert remind(on=on, at=noon(on), limit=10) == 1
        assert remind(on=on, at=noon(on), limit=10) == 0
        letter = Notice.objects.get(kind="reminder_lapsed")
        assert (letter.channel, letter.state) == ("paper", "queued")
        assert Term.objects.get().number == 1

    def test_planning_queues_their_notice_ten_days_earlier_and_no_other(self, outbox):
        by_post, by_mail = subscriber(), subscriber(email="autre@example.fr")
        get_user_model().objects.filter(pk=by_post.payer_id).update(email=None)
        r = date(2027, 11, 23)
        for days, count in ((72, 0), (71, 1), (62, 1), (61, 2)):
            on = r - timedelta(days=days)
            plan(on=on, at=noon(on), actor=STAFF, limit=10)
            notice(on=on, at=noon(on), limit=10)
            assert Notice.objects.filter(kind="renewal_notice").count() == count, days
        ways = dict(Notice.objects.filter(kind="renewal_notice").values_list("customer", "channel"))
        assert ways == {by_post.payer_id: "paper", by_mail.payer_id: "email"}


def test_an_erased_reader_without_an_address_is_nobodys_matter():
    gone = get_user_model().objects.create(created_at=AT, erased_on=date(2027, 1, 1))
    queue(
        [
            draft("refund_sent", {"refund_id": 0}, customer_id=gone.pk, to_email=""),
            draft("email_changed", CHANGED, customer_id=gone.pk, to_email=""),
        ]
    )
    assert not DeskItem.objects.exists()
    assert make_batch(actor=STAFF, at=AT) is None
    assert Notice.objects.get(kind="email_changed").state == "withdrawn"
