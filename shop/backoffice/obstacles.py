"""What stands in the way of a renewal, as a filter: each obstacle once, in words and as a condition on the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, ExtractMonth, ExtractYear
from django.utils.translation import gettext_lazy

from payments.models import DeskItem
from subscriptions.models import Renewal
from subscriptions.renewals.matters import BOUNCED_KIND
from subscriptions.renewals.standing import disputed_among

State = Renewal.State
METHOD = "subscription__saved_method"
#: Before its outcome is known; afterwards a card is no obstacle any more.
BEFORE = (State.PLANNED, State.ANNOUNCED, State.DUE)


def _card() -> Q:
    gone = Q(**{f"{METHOD}__isnull": True}) | Q(**{f"{METHOD}__ended_at__isnull": False})
    return Q(state__in=BEFORE) & (gone | Q(spare__lt=0))


def _matter() -> Q:
    subject = Concat(Value("renewal:"), Cast(OuterRef("pk"), CharField()))
    return Q(Exists(DeskItem.objects.filter(subject=subject, closed_at=None)))


def _notice() -> Q:
    subject = Concat(Value("renewal:"), Cast(OuterRef("pk"), CharField()))
    return Q(Exists(DeskItem.objects.filter(subject=subject, kind=BOUNCED_KIND, closed_at=None)))


def _dispute() -> Q:
    return Q(subscription__in=disputed_among())


OBSTACLES: Mapping[str, tuple[Any, Callable[[], Q]]] = {
    "carte": (gettext_lazy("no means of payment for the day"), _card),
    "avis": (gettext_lazy("a legal notice that came back"), _notice),
    "choix": (gettext_lazy("left to the reader's choice"), lambda: Q(state=State.MANUAL)),
    "lecteur": (gettext_lazy("waits for the reader"), lambda: Q(state=State.AWAITING_READER)),
    "refus": (gettext_lazy("refused, to be tried again"), lambda: Q(state=State.RETRYING)),
    "inconnu": (gettext_lazy("no answer from Stripe"), lambda: Q(state=State.UNRESOLVED)),
    "litige": (gettext_lazy("a disputed payment"), _dispute),
    "bureau": (gettext_lazy("a matter on a desk"), _matter),
}


def with_spare(rows: QuerySet[Renewal]) -> QuerySet[Renewal]:
    """The rows with how many months their card outlasts R (`spare`; null without a card's month)."""
    card = F(f"{METHOD}__exp_year") * 12 + F(f"{METHOD}__exp_month")
    return rows.annotate(spare=card - (ExtractYear("renews_on") * 12 + ExtractMonth("renews_on")))


def in_the_way(rows: QuerySet[Renewal], name: str) -> QuerySet[Renewal]:
    """Those of the rows in whose way this stands; « aucun »: those with nothing in their way; all of them for any other."""
    if name == "aucun":
        clear = with_spare(rows)
        for _word, condition in OBSTACLES.values():
            clear = clear.exclude(condition())
        return clear
    if name not in OBSTACLES:
        return rows
    return with_spare(rows).filter(OBSTACLES[name][1]())
