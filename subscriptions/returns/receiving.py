"""Receiving news of returns: proved, stored once by its id with the very bytes that told it, and answered; a sweep does the rest.

What stores nothing is counted by the day: forged, unreadable, told before. Nothing of it reaches a log but that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from payments.days import paris_day
from payments.documents import keep
from subscriptions.models import MailEvent
from subscriptions.returns.news import News, Unreadable
from subscriptions.returns.providers import PROVIDERS, Headers

#: Raw news is kept while anybody may ask why a letter went on paper.
KEPT = timedelta(days=2 * 366)
#: News of no consequence, that a letter was opened or a link followed, says where and with what: it is not kept beside it.
BRIEFLY = timedelta(days=30)


class Forged(Exception):
    """It does not come from whoever has the secret."""


COUNT = """
INSERT INTO subscriptions_maileventcount AS known ("on", provider, what, count) VALUES (%s, %s, %s, %s)
ON CONFLICT ("on", provider, what) DO UPDATE SET count = known.count + EXCLUDED.count
"""


def receive(provider: str, body: bytes, headers: Headers, *, at: datetime) -> int:
    """Verify and store what a provider sent; returns how many events are new. Raises KeyError for a provider without a
    secret, Forged, and Unreadable for what is genuine and says nothing that we understand.
    """
    secret = settings.MAIL_RETURNS[provider]
    how = PROVIDERS[provider]
    if not how.genuine(body, headers, secret, at):
        count(provider, "forged", at=at)
        raise Forged(provider)
    try:
        news = how.read(body)
    except Unreadable:
        count(provider, "unreadable", at=at)
        raise
    return store(provider, news, body, media_type="application/json", at=at)


def store(provider: str, news: Sequence[News], raw: bytes, *, media_type: str, at: datetime) -> int:
    """Keep news that is new, with the bytes that told it; returns how much was."""
    with transaction.atomic():
        kept = KEPT if any(one.kind != MailEvent.Kind.OTHER for one in news) else BRIEFLY
        document = keep(raw, media_type=media_type, keep_until=paris_day(at) + kept, at=at)
        before = MailEvent.objects.filter(provider=provider, event_id__in=[one.event_id for one in news]).count()
        rows = [
            MailEvent(
                provider=provider,
                event_id=one.event_id,
                kind=one.kind,
                message_id=one.message_id,
                token=one.token,
                detail=one.detail,
                happened_at=one.happened_at,
                received_at=at,
                document=document,
            )
            for one in sorted(news, key=lambda one: one.event_id)
        ]
        MailEvent.objects.bulk_create(rows, ignore_conflicts=True)
        if before:
            count(provider, "repeated", at=at, times=before)
    return len({one.event_id for one in news}) - before


def count(provider: str, what: str, *, at: datetime, times: int = 1) -> None:
    """One more of what stored nothing."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [paris_day(at), provider, what, times])
