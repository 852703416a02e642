"""A letter on paper, and a batch of it, for the pages of the post."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from payments.actors import job
from subscriptions.models import Notice, PostBatch
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.paper.batching import make_batch


def letter_to(customer: Any, *, matter: str = "email_changed:1") -> Notice:
    """A letter that waits to be posted to a reader, by whatever e-mail they are known."""
    at = timezone.now()
    facts = {"old_email": "ancienne@example.fr", "new_email": "nouvelle@example.fr"}
    queue(
        [
            NoticeDraft(
                kind="email_changed", matter=matter, customer_id=customer.pk, to_email="", to_name=customer.full_name,
                facts=facts, due_at=at, created_at=at,
            )
        ]
    )  # fmt: skip
    return Notice.objects.get(matter=matter)


def batch_of(customer: Any) -> PostBatch:
    """A batch of one letter to a reader."""
    letter = letter_to(customer)
    made = make_batch(actor=job("test"), at=timezone.now(), only=[letter.pk])
    assert made is not None
    return made
