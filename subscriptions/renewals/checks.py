"""What must hold at the very moment of a charge: the notice still proved, no dispute, a means of payment that is good."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Sequence
from datetime import date

from django.db.models import F, Q, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat

from payments.models import DeskItem, SavedMethod
from subscriptions.models import Notice, NoticeProof, Renewal, RenewalProof, Term


def legally_told(renewals: Sequence[Renewal]) -> Collection[int]:
    """Ids of those whose legal notice about this R is proved, and has not come back since. One query."""
    came_back = NoticeProof.objects.filter(kind="bounced").values("notice")
    return set(
        RenewalProof.objects.filter(
            renewal__in=renewals, kind=RenewalProof.Kind.LEGAL, renews_on=F("renewal__renews_on")
        )
        .exclude(Q(notice_proof__notice__state=Notice.State.BOUNCED) | Q(notice_proof__notice__in=came_back))
        .values_list("renewal", flat=True)
    )


def disputed(subscriptions: Collection[int]) -> Collection[int]:
    """Ids of the subscriptions of which a payment is disputed at the bank and not settled yet. One query."""
    subject = Concat(Value("payment:"), Cast("payment_id", CharField()))
    items = DeskItem.objects.filter(kind__startswith="charge.dispute", closed_at=None).values("subject")
    terms = Term.objects.filter(subscription__in=subscriptions, payment__isnull=False)
    return set(terms.annotate(named=subject).filter(named__in=items).values_list("subscription", flat=True))


def usable(method: SavedMethod | None, *, on: date) -> bool:
    """Whether a saved method can be charged on day `on`: there, not ended, and a card to the last day of its month."""
    if method is None or method.ended_at is not None:
        return False
    if not method.exp_year or not method.exp_month:
        return True
    return on <= date(method.exp_year, method.exp_month, monthrange(method.exp_year, method.exp_month)[1])


def good_on(on: date, *, path: str) -> Q:
    """The same as a condition on the saved method at `path`, for those who look for rows."""
    year, month = f"{path}__exp_year", f"{path}__exp_month"
    lasts = Q(**{f"{year}__gt": on.year}) | Q(**{year: on.year, f"{month}__gte": on.month})
    forever = Q(**{f"{year}__isnull": True}) | Q(**{f"{month}__isnull": True})
    return Q(**{f"{path}__isnull": False, f"{path}__ended_at": None}) & (forever | lasts)
