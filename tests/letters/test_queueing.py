"""Asking for a letter: one row per matter, with its fact or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from subscriptions.models import Notice
from subscriptions.notices import queue
from tests.letters.every import code, draft
from tests.letters.people import AT

pytestmark = pytest.mark.django_db


def test_a_letter_is_queued_as_it_was_asked_for():
    reader = get_user_model().objects.create(email="camille@example.fr", created_at=AT)
    due = AT + timedelta(minutes=30)
    facts = {"order_id": 7, "decline_code": "expired_card"}
    assert queue([draft("payment_refused", facts, customer_id=reader.pk, due_at=due)]) == 1
    notice = Notice.objects.get()
    assert (notice.kind, notice.matter, notice.rank) == ("payment_refused", "payment_refused:1", "service")
    assert (notice.customer, notice.to_email, notice.to_name) == (reader, "camille@example.fr", "Camille Lenoir")
    assert (notice.facts, notice.language, notice.state, notice.attempts) == (facts, "fr", "queued", 0)
    assert (notice.due_at, notice.created_at, notice.state_since) == (due, AT, AT)
    assert notice.document is None


def test_the_same_matter_is_one_letter_and_the_first_one_stands():
    assert queue([code(), code(to_email="other@example.fr")]) == 1
    assert queue([code(to_email="third@example.fr"), code(matter="sign_in_code:2")]) == 1
    assert list(Notice.objects.order_by("id").values_list("matter", "to_email")) == [
        ("sign_in_code:1", "camille@example.fr"),
        ("sign_in_code:2", "camille@example.fr"),
    ]


@pytest.mark.parametrize("letters", [1, 3, 100])
def test_any_number_of_letters_is_one_statement(django_assert_num_queries, letters):
    with django_assert_num_queries(1):
        assert queue([code(matter=f"code:{number}") for number in range(letters)]) == letters


def test_nothing_to_queue_asks_nothing_of_the_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert queue([]) == 0


def test_a_mistake_of_ours_is_seen_before_anything_is_written():
    with pytest.raises(ValueError, match="there is no letter of kind reminder"):
        queue([code(), draft("reminder", {})])
    with pytest.raises(ValueError, match="a letter of kind order_confirmation is written from invoice_id, term_id"):
        queue([code(), draft("order_confirmation", {"order_id": 1})])
    assert not Notice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_is_undone_takes_its_letter_along():
    with transaction.atomic():
        assert queue([code()]) == 1
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Camille\r\nBcc: all@example.fr", "Camille Bcc: all@example.fr"),
        ("  Zoë \t Lenoir\x00 ", "Zoë Lenoir"),
        ("Élodie d’Arc", "Élodie d’Arc"),
        ("x" * 200, "x" * 120),
        ("", ""),
    ],
)
def test_a_name_is_one_line(typed, kept):
    queue([code(to_name=typed)])
    assert Notice.objects.get().to_name == kept
