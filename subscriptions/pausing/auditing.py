"""What always holds of pauses, asked of every row: part of COPIES (design, section 7)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef

from payments.audit import CHUNK, Breaches
from payments.days import paris_day
from subscriptions.calendar import MOST_OF_A_TERM
from subscriptions.models import Entitlement, EntitlementMovement, Pause, Subscription
from subscriptions.stopping.reading import stopped_and_waiting

Kind = EntitlementMovement.Kind
#: The issue is posted and its pauses are over in one transaction, or an hour later.
PATIENCE = timedelta(days=1)


def put_off(at: datetime) -> Breaches:
    """COPIES: two issues of a term are put off at most, each copy by its movement, and none stays held for ever."""
    living = Pause.objects.exclude(state=Pause.State.CALLED_OFF)
    many = living.order_by().values("term").annotate(n=Count("pk")).filter(n__gt=MOST_OF_A_TERM)
    for row in many.iterator(CHUNK):
        yield f"term:{row['term']}", f"{row['n']} issues are put off"
    passed = Pause.objects.filter(state=Pause.State.HELD, issue__posted_on__lt=paris_day(at - PATIENCE))
    late = list(passed.select_related("term"))
    waiting = stopped_and_waiting({one.term.subscription_id for one in late})
    for one in late:
        if one.term.subscription_id not in waiting:
            yield f"entitlement:{one.entitlement_id}", "still put off though the issue has left without it"
    holds = EntitlementMovement.objects.filter(entitlement=OuterRef("entitlement"), kind=Kind.HOLD)
    for one in Pause.objects.filter(~Exists(holds)).iterator(CHUNK):
        yield f"entitlement:{one.entitlement_id}", "put off without a movement"
    sent = Entitlement.objects.filter(
        pauses__state__in=(Pause.State.HELD, Pause.State.OVER),
        pauses__issue=F("issue"),
        state__in=(Entitlement.State.ASSIGNED, Entitlement.State.SERVED),
    ).exclude(term__subscription__state=Subscription.State.ENDED)
    for copy in sent.iterator(CHUNK):
        yield f"entitlement:{copy.pk}", "sent with the issue that its reader did not want"
