"""Bodies under their hash: the same bytes are one row, and changed bytes are noticed."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections

from payments.documents import BodyChanged, due_for_purge, keep, purge, read
from payments.models import Document
from tasks.promise import forget

AT = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
UNTIL, DAY = date(2038, 1, 1), timedelta(days=1)
BODY = b"%PDF-1.7 a body \x00\xff"
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.mark.django_db
def test_a_body_is_kept_and_read_back(django_assert_num_queries):
    with django_assert_num_queries(1):
        row = keep(BODY, media_type="application/pdf", keep_until=UNTIL, at=AT)
    stored = Document.objects.get()
    assert stored == row
    assert (stored.sha256, stored.media_type, stored.size) == (SHA256, "application/pdf", len(BODY))
    assert (stored.keep_until, stored.created_at, stored.purged_on) == (UNTIL, AT, None)
    assert read(SHA256) == BODY


@pytest.mark.django_db
def test_the_same_bytes_again_are_the_same_row():
    first = keep(BODY, media_type="application/pdf", keep_until=UNTIL, at=AT)
    again = keep(BODY, media_type="text/plain", keep_until=date(2050, 1, 1), at=AT)
    assert first == again
    stored = Document.objects.get()
    assert (stored.media_type, stored.keep_until) == ("application/pdf", UNTIL)


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"", b"x", bytes(range(256)) * 4000])
def test_any_bytes(body):
    assert read(keep(body, media_type="x/y", keep_until=UNTIL, at=AT).sha256) == body


@pytest.mark.django_db
def test_what_was_never_kept_or_was_purged_is_none():
    assert read("0" * 64) is None
    row = keep(BODY, media_type="application/pdf", keep_until=UNTIL, at=AT)
    Document.objects.filter(pk=row.pk).update(body=None, purged_on=UNTIL)
    assert read(SHA256) is None


@pytest.mark.django_db
def test_a_body_is_emptied_on_its_day_and_its_hash_stays():
    keep(BODY, media_type="application/pdf", keep_until=UNTIL, at=AT)
    keep(b"another", media_type="text/plain", keep_until=UNTIL + DAY, at=AT)
    assert (due_for_purge(on=UNTIL - DAY), purge(on=UNTIL - DAY, limit=10)) == ({}, 0)
    assert due_for_purge(on=UNTIL) == {"application/pdf": 1}
    assert [purge(on=UNTIL, limit=10) for _twice in range(2)] == [1, 0]
    row = Document.objects.get(pk=SHA256)
    assert (read(SHA256), row.purged_on, row.size) == (None, UNTIL, len(BODY))
    assert purge(on=UNTIL + 400 * DAY, limit=10) == 1, "late"


@pytest.mark.django_db
def test_the_nightly_job_empties_whatever_is_due(monkeypatch):
    for body in (b"one", b"two", b"three"):
        keep(body, media_type="text/plain", keep_until=date(2026, 1, 1), at=AT)
    monkeypatch.setattr("tasks.promise.ROWS", 1)
    forget()
    assert not Document.objects.filter(purged_on=None).exists()


@pytest.mark.django_db(transaction=True)
def test_bytes_changed_behind_our_back_are_noticed(superuser):
    keep(BODY, media_type="application/pdf", keep_until=UNTIL, at=AT)
    superuser.execute("SET session_replication_role = replica")  # the triggers refuse it, to a superuser as well
    superuser.execute("UPDATE payments_document SET body = 'forged'::bytea")
    with pytest.raises(BodyChanged, match=SHA256):
        read(SHA256)


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_from_eight_places_at_once_are_one_row():
    start, kept = threading.Barrier(8), []

    def work():
        try:
            start.wait(10)
            kept.append(keep(BODY, media_type="application/pdf", keep_until=UNTIL, at=AT).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert kept == [SHA256] * 8
    assert Document.objects.count() == 1
