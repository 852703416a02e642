"""What did a reader pay last for a year? With this a dearer one is compared, in letters, on pages and by the audit.

Not for one that was undone, whose money went back; nor for one that serves a gift: whoever receives it sees no price.
"""

from __future__ import annotations

from django.db.models import QuerySet

from subscriptions.models import Term
from subscriptions.models.gifts import CARRIED


def bought() -> QuerySet[Term]:
    """Terms that were paid for by whoever reads them, or imported as such, and not undone; the latest first."""
    return Term.objects.standing().exclude(source=CARRIED).order_by("-number")


def last_bought(subscription_id: int) -> Term | None:
    """The latest of one subscription. One query."""
    return bought().filter(subscription=subscription_id).first()
