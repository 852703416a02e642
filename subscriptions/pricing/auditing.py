"""What always holds of prices, asked of every row: part of ANNOUNCED (design, section 7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Subquery

from payments.audit import CHUNK, Breaches
from subscriptions.models import Notice, RenewalAttempt, RenewalProof
from subscriptions.pricing.paid import bought
from subscriptions.pricing.telling import matter


def price_told(at: datetime) -> Breaches:
    """ANNOUNCED: the total charged is the total announced, and nobody is charged a new price without a letter about it."""
    legal: Any = RenewalProof.objects.filter(
        renewal=OuterRef("renewal"),
        renews_on=OuterRef("renews_on"),
        kind=OuterRef("legal_kind"),
        ordinal=OuterRef("legal_ordinal"),
    )
    tries = RenewalAttempt.objects.annotate(told=Subquery(legal.values("amount")[:1]))
    for attempt in (
        tries.exclude(told=None).exclude(told=F("payment__amount")).select_related("payment").iterator(CHUNK)
    ):
        yield f"renewal:{attempt.renewal_id}", f"charged {attempt.payment.amount.amount}, announced {attempt.told}"
    before = bought().filter(subscription=OuterRef("renewal__subscription"), number__lt=OuterRef("renewal__number"))
    dearer = (
        RenewalAttempt.objects.filter(renewal__price__change__isnull=False)
        .annotate(before=Subquery(before.values("amount")[:1]))
        .filter(payment__amount__gt=F("before"))
        .select_related("renewal__price")
    )
    for one in dearer.iterator(CHUNK):
        renewal = one.renewal
        name = matter(renewal.price.change_id or 0, renewal.subscription_id, renewal.number)
        if not Notice.objects.filter(matter=name).exclude(state=Notice.State.WITHDRAWN).exists():
            yield f"renewal:{one.renewal_id}", "charged a new price that no letter of its own had told"
