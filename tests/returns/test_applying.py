"""What news of a return changes: the letter, its address, what follows; and everything that changes nothing."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from django.contrib.auth import get_user_model

from payments.models import DeskItem
from subscriptions.models import LostMailbox, MailEvent, Notice, NoticeProof
from subscriptions.notices.delivering import deliver
from subscriptions.notices.queueing import queue
from subscriptions.returns import applying
from subscriptions.returns.applying import Applied, apply_waiting
from subscriptions.returns.news import News
from subscriptions.returns.notifications import read
from subscriptions.returns.receiving import store
from subscriptions.returns.tokens import return_address, token_of
from tests.letters.every import code, draft
from tests.letters.people import AT, purchase
from tests.returns.telling import CHANGED, message_id, notification, sent, tell

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=3)


def proofs(letter: Notice) -> list[str]:
    return list(letter.proofs.order_by("pk").values_list("kind", flat=True))


def test_a_delivery_is_written_down_once(outbox):
    letter = sent()
    assert tell(letter, "delivered") == Applied(applied=1)
    assert tell(letter, "delivered", event_id="again") == Applied(ignored=1)
    letter.refresh_from_db()
    assert (letter.state, proofs(letter)) == ("delivered", ["accepted", "delivered"])


def test_a_letter_that_came_back_goes_on_paper_and_its_address_is_dead(outbox):
    bought = purchase()
    letter = sent(customer_id=bought.customer.pk)
    assert tell(letter, "hard", at=LATER) == Applied(applied=1)
    letter.refresh_from_db()
    assert (letter.state, letter.failure) == ("bounced", "550 5.1.1 unknown user")
    proof = letter.proofs.get(kind="bounced")
    assert (proof.at, proof.document_id) == (LATER, letter.document_id)
    mark = LostMailbox.objects.get()
    assert (mark.email, mark.kind, mark.notice_id, mark.ended_at) == ("camille@example.fr", "dead", letter.pk, None)
    paper = Notice.objects.get(channel="paper")
    assert (paper.matter, paper.state, paper.facts, paper.to_email) == (f"{letter.matter}#2", "queued", CHANGED, "")
    item = DeskItem.objects.get()
    assert (item.desk, item.kind, item.subject) == ("support", "email_lost", f"customer:{bought.customer.pk}")


def test_told_again_in_other_words_it_changes_nothing_more(outbox):
    letter = sent(customer_id=purchase().customer.pk)
    tell(letter, "hard")
    assert tell(letter, "hard", event_id="other") == Applied(ignored=1)
    assert MailEvent.objects.get(event_id="other").reason == "tells nothing new"
    assert (Notice.objects.filter(channel="paper").count(), NoticeProof.objects.filter(kind="bounced").count()) == (
        1,
        1,
    )


def test_a_delivery_told_after_a_return_does_not_undo_it(outbox):
    letter = sent()
    tell(letter, "hard")
    assert tell(letter, "delivered") == Applied(ignored=1)
    letter.refresh_from_db()
    assert letter.state == "bounced"
    assert MailEvent.objects.get(kind="delivered").reason == "told after what contradicts it"


@pytest.mark.parametrize("order", list(permutations(["delivered", "hard", "soft", "complaint"])), ids="-".join)
def test_in_any_order_and_each_twice_it_ends_the_same(outbox, order):
    letter = sent(customer_id=purchase().customer.pk)
    for kind in order:
        tell(letter, kind)
        tell(letter, kind, event_id=f"{kind} again")
    letter.refresh_from_db()
    assert letter.state == "bounced"
    assert NoticeProof.objects.filter(kind="bounced").count() == 1
    assert sorted(LostMailbox.objects.values_list("kind", flat=True)) == ["complained", "dead"]
    assert Notice.objects.filter(channel="paper").count() == 1
    assert not MailEvent.objects.filter(state="stored").exists()


def test_for_now_is_only_counted(outbox):
    letter = sent()
    assert tell(letter, "soft") == Applied(applied=1)
    letter.refresh_from_db()
    assert (letter.state, proofs(letter), LostMailbox.objects.count()) == ("sent", ["accepted"], 0)
    assert MailEvent.objects.get().notice_id == letter.pk


def test_whoever_calls_it_spam_gets_what_they_must_know_and_no_courtesy(outbox):
    bought = purchase()
    tell(sent(customer_id=bought.customer.pk), "complaint")
    facts = {"term_id": bought.term.pk, "code": "RE2", "on": "2027-02-01"}
    queue(
        [
            draft("reminder_farewell", facts, customer_id=bought.customer.pk),
            draft("email_changed", CHANGED, matter="after"),
        ]
    )
    courtesy, service = Notice.objects.get(kind="reminder_farewell"), Notice.objects.get(matter="after")
    assert (courtesy.state, courtesy.failure) == ("withdrawn", "the reader has called our letters spam")
    assert (service.state, service.channel) == ("queued", "email")


def test_later_letters_go_on_paper_but_a_code_is_tried_at_the_dead_address(outbox):
    bought = purchase()
    tell(sent(customer_id=bought.customer.pk), "hard")
    facts = {"term_id": bought.term.pk, "code": "RE3", "on": "2027-02-01"}
    queue(
        [
            draft(
                "email_changed", CHANGED, matter="later", customer_id=bought.customer.pk, to_email="Camille@example.fr"
            ),
            code(matter="code"),
            draft("reminder_farewell", facts, matter="courtesy", customer_id=bought.customer.pk),
        ]
    )
    ways = {
        one.matter: (one.channel, one.state) for one in Notice.objects.filter(matter__in=["later", "code", "courtesy"])
    }
    assert ways == {"later": ("paper", "queued"), "code": ("email", "queued"), "courtesy": ("email", "withdrawn")}


def test_a_code_that_arrives_at_it_brings_the_address_back(outbox):
    bought = purchase()
    tell(sent(customer_id=bought.customer.pk), "hard")
    queue([code(matter="code", customer_id=bought.customer.pk, created_at=AT + timedelta(minutes=1))])
    deliver(10, at=AT + timedelta(minutes=1))
    tell(Notice.objects.get(matter="code"), "delivered", at=LATER)
    assert LostMailbox.objects.get().ended_because == "a letter was delivered"
    assert not DeskItem.objects.filter(closed_at=None).exists()
    queue([draft("email_changed", CHANGED, matter="later")])
    assert Notice.objects.get(matter="later").channel == "email"


def test_a_code_and_a_courtesy_that_came_back_do_not_go_on_paper(outbox):
    bought = purchase()
    queue([code(customer_id=bought.customer.pk)])
    deliver(10, at=AT)
    tell(Notice.objects.get(), "hard")
    assert Notice.objects.filter(channel="paper").count() == 0
    assert LostMailbox.objects.count() == 1


def test_with_no_postal_address_support_asks_for_one_of_either_kind(outbox):
    stranger = get_user_model().objects.create(email="camille@example.fr", created_at=AT)
    tell(sent(customer_id=stranger.pk), "hard")
    assert Notice.objects.filter(channel="paper").count() == 0
    assert DeskItem.objects.get().kind == "email_lost"


def test_news_of_no_letter_of_ours_waits_a_day_for_it_and_is_let_go(outbox):
    letter = sent()
    raw = notification(returned="<somebody-else@example.fr>")
    store("mailbox", [read(raw, at=AT)], raw, media_type="message/rfc822", at=AT)
    assert apply_waiting(10, at=LATER) == Applied(waiting=1)
    assert apply_waiting(10, at=AT + timedelta(days=1)) == Applied(ignored=1)
    assert MailEvent.objects.get().reason == "no letter of ours"
    letter.refresh_from_db()
    assert letter.state == "sent"


def test_a_letter_heard_of_before_it_is_known_to_have_left_waits_for_its_own_row(outbox):
    letter = sent()
    Notice.objects.filter(pk=letter.pk).update(state="sending")
    assert tell(letter, "hard") == Applied(waiting=1)
    Notice.objects.filter(pk=letter.pk).update(state="sent")
    assert apply_waiting(10, at=LATER) == Applied(applied=1)


def test_one_that_was_in_doubt_has_left_if_it_came_back(outbox):
    letter = sent()
    Notice.objects.filter(pk=letter.pk).update(state="doubtful")
    tell(letter, "hard")
    letter.refresh_from_db()
    assert (letter.state, proofs(letter)) == ("bounced", ["accepted", "accepted", "bounced"])


@pytest.mark.parametrize("place", ["prove", "lose", "on_paper_instead", "say_lost"])
def test_killed_at_any_step_it_is_applied_whole_by_the_next_round(outbox, monkeypatch, place):
    letter = sent(customer_id=purchase().customer.pk)

    def dies(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(applying, place, dies)
        with pytest.raises(KeyboardInterrupt):
            tell(letter, "hard")
    letter.refresh_from_db()
    assert (letter.state, LostMailbox.objects.count(), Notice.objects.filter(channel="paper").count()) == ("sent", 0, 0)
    assert apply_waiting(10, at=LATER) == Applied(applied=1)
    assert (LostMailbox.objects.count(), Notice.objects.filter(channel="paper").count()) == (1, 1)


class TestNotifications:
    def test_found_by_the_address_that_the_letter_left_with(self, outbox):
        letter = sent()
        assert outbox[0].from_email == return_address(letter) == f"retours+{token_of(letter.pk)}@actuia.example"
        assert outbox[0].message()["From"] == "Boutique ActuIA <abonnements@actuia.example>"
        raw = notification(to=f"<{outbox[0].from_email}>")
        news = read(raw, at=AT)
        assert (news.kind, news.token, news.message_id) == ("hard", token_of(letter.pk), "")
        assert news.detail == "5.1.1 smtp; 550 5.1.1 … Recipient address rejected"
        store("mailbox", [news], raw, media_type="message/rfc822", at=AT)
        assert apply_waiting(10, at=AT) == Applied(applied=1)
        letter.refresh_from_db()
        assert letter.state == "bounced"

    @pytest.mark.parametrize("whole", [True, False], ids=["the letter whole", "its headers"])
    def test_else_by_the_message_id_that_it_returns(self, outbox, whole):
        letter = sent()
        news = read(notification(returned=message_id(letter), whole=whole), at=AT)
        assert (news.message_id, news.token) == (message_id(letter), "")

    def test_a_forged_address_names_no_letter(self, outbox):
        letter = sent()
        assert read(notification(to=f"retours+{letter.pk}.0000000000000000@actuia.example"), at=AT).token == ""

    @pytest.mark.parametrize(
        ("action", "status", "kind"),
        [
            ("failed", "5.1.1", "hard"),
            ("failed", "5.7.1", "hard"),
            ("failed", "5.2.2", "soft"),
            ("failed", "4.4.7", "soft"),
            ("delayed", "4.2.0", "soft"),
            ("delivered", "2.0.0", "delivered"),
            ("relayed", "", "other"),
        ],
    )
    def test_the_class_of_the_status_decides(self, outbox, action, status, kind):
        assert read(notification(returned="<x@y>", action=action, status=status), at=AT).kind == kind

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"Subject: En vacances\r\nAuto-Submitted: auto-replied\r\n\r\nJe rentre lundi.",
            b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--",
            b"\xff\xfe\x00 not a message",
        ],
    )
    def test_what_is_no_notification_tells_nothing(self, raw):
        assert read(raw, at=AT) is None


def test_news_of_letters_that_are_not_ours_keeps_no_other_back(outbox, monkeypatch):
    monkeypatch.setattr(applying, "CHUNK", 2)
    for number in range(5):
        said = News(f"theirs-{number}", MailEvent.Kind.DELIVERED, f"<{number}@elsewhere.example>", AT)
        store("generic", [said], f"{number}".encode(), media_type="application/json", at=AT)
    letter = sent()
    said = News("ours", MailEvent.Kind.HARD, message_id(letter).strip("<>"), AT)
    store("generic", [said], b"ours", media_type="application/json", at=LATER)
    assert apply_waiting(2, at=LATER) == Applied(applied=1, waiting=5)
    assert apply_waiting(2, at=AT + timedelta(days=1)).ignored == 2
