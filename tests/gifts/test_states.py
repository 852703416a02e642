"""Every row of the state table of gifts, written by hand apart from the code's; and that its steps are evidence."""

from __future__ import annotations

from itertools import product

import pytest
from django.db import DatabaseError, transaction

from subscriptions.gifts.moving import move
from subscriptions.models import Gift, GiftEvent
from tests.choice.people import noon
from tests.gifts.people import INES, JOB, give, reader
from tests.makers import TODAY

pytestmark = pytest.mark.django_db
TABLE = {
    "ordered": "given",
    "given": "announced claimed void",
    "announced": "claimed void",
    "claimed": "void",
    "void": "",
}


@pytest.mark.parametrize(("came", "to"), list(product(TABLE, TABLE)))
def test_gift(offers, came, to):
    gift = give()
    Gift.objects.filter(pk=gift.pk).update(
        state=came,
        subscription=None if came == "ordered" else gift.subscription,
        claimed_by=reader(INES) if "claimed" in (came, to) else None,
    )
    before = GiftEvent.objects.count()
    row = Gift.objects.get(pk=gift.pk)
    row.subscription = gift.subscription
    moved = move([row], to, actor=JOB, at=noon(TODAY), reason="told")
    exists = to in TABLE[came].split()
    assert bool(moved) is exists
    assert Gift.objects.get(pk=gift.pk).state == (to if exists else came)
    assert GiftEvent.objects.count() - before == (1 if exists else 0)


def test_steps_are_evidence_and_gifts_are_kept(offers):
    gift = give()
    with pytest.raises(DatabaseError), transaction.atomic():
        GiftEvent.objects.filter(gift=gift).update(reason="otherwise")
    with pytest.raises(DatabaseError), transaction.atomic():
        GiftEvent.objects.filter(gift=gift).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Gift.objects.filter(pk=gift.pk)._raw_delete("default")
