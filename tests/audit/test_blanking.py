"""What may be emptied may be emptied, and nothing more: addresses of the erased, bodies past their date."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from payments import documents
from payments.models import Document
from subscriptions.models import PostalAddress
from tests.makers import make_magazine, make_offers, make_wish, place_order


@pytest.fixture
def address(db):
    return place_order(make_wish(make_offers(make_magazine())["fixed"])).delivery


def test_an_address_is_blanked_and_never_rewritten_or_deleted(address):
    rows = PostalAddress.objects.filter(pk=address.pk)
    for change in ({"town": "LYON"}, {"lines": ["SOMEBODY ELSE"]}, {"typed": {"town": "Lyon"}}, {"country": ""}):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()
    assert rows.update(typed={}, lines=[], postcode="", town="") == 1
    assert rows.update(typed={}, lines=[], postcode="", town="") == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(town=address.town)


def test_a_body_is_emptied_once_after_its_date_and_never_exchanged(db):
    kept = documents.keep(b"a letter", media_type="text/plain", keep_until=date(2026, 1, 1), at=timezone.now())
    row = Document.objects.filter(pk=kept.pk)
    for change in ({"body": b"another"}, {"body": None}, {"body": None, "purged_on": date(2025, 12, 31)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.update(**change)
    assert row.update(body=None, purged_on=date(2026, 1, 1)) == 1
    for change in ({"body": b"a letter", "purged_on": None}, {"purged_on": date(2026, 2, 1)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.update(**change)
    assert documents.read(kept.sha256) is None
