"""What always holds of the digital edition, asked of every row: COPIES (no download without a right) and TOLD (design, section 7)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Q, Subquery

from payments.audit import CHUNK, Breaches
from subscriptions.digital.consenting import LETTER
from subscriptions.models import DigitalConsent, DigitalDownload, DigitalRule, EntitlementMovement, Notice

Kind = EntitlementMovement.Kind
PATIENCE = timedelta(hours=6)
#: After these a copy gives no right.
GONE = (Kind.HOLD, Kind.CREDIT, Kind.VOID)


def downloaded_by_right(at: datetime) -> Breaches:
    """COPIES: each download had a copy of that very issue that gave a right then, a consent before it, and an edition that was on."""
    before = EntitlementMovement.objects.filter(entitlement=OuterRef("entitlement"), at__lte=OuterRef("at"))
    last = before.order_by("-pk")
    kept = before.exclude(kind=Kind.RESEND).order_by("-pk")
    magazine = OuterRef("entitlement__term__subscription__magazine")
    rule = DigitalRule.objects.filter(magazine=magazine, at__lte=OuterRef("at")).order_by("-pk")
    rows = DigitalDownload.objects.annotate(
        kind=Subquery(kept.values("kind")[:1]),
        issue=Subquery(last.values("issue")[:1]),
        on=Subquery(rule.values("on")[:1]),
    )
    wrong = (
        Q(kind=None)
        | Q(kind__in=GONE)
        | ~Q(issue=F("file__issue"))
        | Q(issue=None)
        | Q(on=None)
        | Q(on=False)
        | Q(consent__at__gt=F("at"))
        | ~Q(consent__term__subscription=F("entitlement__term__subscription"))
        | Q(consent__term__number__gt=F("entitlement__term__number"))
    )
    for row in rows.filter(wrong).iterator(CHUNK):
        yield f"entitlement:{row.entitlement_id}", "downloaded without a right or a consent"


def agreed_and_told(at: datetime) -> Breaches:
    """TOLD: every consent to digital content is confirmed by a letter (C. conso L221-13)."""
    told = set(Notice.objects.filter(kind=LETTER).values_list("matter", flat=True).iterator(CHUNK))
    for pk in DigitalConsent.objects.filter(at__lte=at - PATIENCE).values_list("pk", flat=True).iterator(CHUNK):
        if f"{LETTER}:consent:{pk}" not in told:
            yield f"consent:{pk}", "agreed to the digital edition, and no letter confirms it"
