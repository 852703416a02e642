"""The confirmation is the contract in the reader's hand: its sentences and amounts, to the letter."""

from __future__ import annotations

import pytest
from django.core import mail

from subscriptions.models import Notice
from subscriptions.notices import NoticeDraft, queue
from subscriptions.notices.delivering import deliver
from tests.letters.people import AT, Purchase, purchase

NBSP = "\u00a0"

pytestmark = pytest.mark.django_db


def queue_confirmation(bought: Purchase) -> int:
    draft = NoticeDraft(
        kind="order_confirmation",
        matter=f"order_confirmation:{bought.order.subject}",
        customer_id=bought.customer.pk,
        to_email=bought.order.email,
        to_name="Camille Lenoir",
        facts=bought.facts,
        due_at=AT,
        created_at=AT,
    )
    return queue([draft])


@pytest.fixture(autouse=True)
def outbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def test_a_paid_order_is_confirmed(outbox):
    bought = purchase()
    assert queue_confirmation(bought) == 1
    assert queue_confirmation(bought) == 0
    assert deliver(10, at=AT).sent == 1
    [letter] = mail.outbox
    assert letter.to == ['"Camille Lenoir" <camille@example.fr>']
    assert Notice.objects.get().state == "sent"
