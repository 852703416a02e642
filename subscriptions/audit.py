"""The invariants of the middle floor, by their names in the design; same contract as `payments.audit`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum

from payments.audit import CHUNK, Breaches, Check, balance_of
from payments.models import AccountMap, Invoice, Payment
from subscriptions.models import Consent, Entitlement, EntitlementMovement, Notice, Order, Subscription, Term

Copy = Entitlement.State
Kind = EntitlementMovement.Kind
TOLD_WITHIN = timedelta(hours=6)

#: Where the last movement of a copy leaves it; a resend leaves it where it was.
STANDS: Mapping[str, str] = {
    Kind.GRANT: Copy.OWED,
    Kind.ASSIGN: Copy.ASSIGNED,
    Kind.SERVE: Copy.SERVED,
    Kind.HOLD: Copy.HELD,
    Kind.RELEASE: Copy.OWED,
    Kind.CREDIT: Copy.CREDITED,
    Kind.VOID: Copy.VOID,
}


def paid_once(at: datetime) -> Breaches:
    """ONE-CHARGE, seen from the promise: every paid order has its one term, paid by its one payment, and the reverse;
    and every one of them its invoice."""
    invoiced = set(Invoice.objects.filter(kind=Invoice.Kind.INVOICE).values_list("subject", flat=True).iterator(CHUNK))
    for pk in Order.objects.filter(state=Order.State.PAID).values_list("pk", flat=True).iterator(CHUNK):
        if f"order:{pk}" not in invoiced:
            yield f"order:{pk}", "paid, and not invoiced"
    for order in Order.objects.filter(state=Order.State.PAID, term=None).iterator(CHUNK):
        yield f"order:{order.pk}", "paid, and no term was opened"
    for term in Term.objects.filter(order__isnull=False).exclude(order__state=Order.State.PAID).iterator(CHUNK):
        yield f"term:{term.pk}", "opened for an order that is not paid"
    elsewhere = Term.objects.filter(order__renews__isnull=False, number__gt=1).exclude(subscription=F("order__renews"))
    for term in elsewhere.iterator(CHUNK):
        yield f"term:{term.pk}", "prolongs another subscription than its order names"
    wrong = Term.objects.filter(payment__isnull=False).filter(
        ~Q(payment__state=Payment.State.SUCCEEDED) | Q(payment__surplus=True) | ~Q(payment__amount=F("amount"))
    )
    for term in wrong.iterator(CHUNK):
        yield f"term:{term.pk}", "its payment does not pay for it"


def copies(at: datetime) -> Breaches:
    """COPIES: per term granted = what became of the copies; per subscription and issue one living copy at most; the terms
    of a subscription are numbered 1 to n."""
    gaps = Term.objects.values("subscription").annotate(n=Count("pk"), last=Max("number")).exclude(n=F("last"))
    for gap in gaps.iterator(CHUNK):
        yield f"subscription:{gap['subscription']}", f"has {gap['n']} terms, and the last one is number {gap['last']}"
    for term in Term.objects.annotate(n=Count("entitlements")).exclude(n=F("copies")).iterator(CHUNK):
        yield f"term:{term.pk}", f"promises {term.copies} copies and grants another number"
    last = (
        EntitlementMovement.objects.exclude(kind__in=(Kind.RESEND, Kind.EXTEND))
        .order_by("entitlement", "-pk")
        .distinct("entitlement")
        .values_list("entitlement", "kind")
    )
    stands = {entitlement: STANDS[kind] for entitlement, kind in last.iterator(CHUNK)}
    for pk, state in Entitlement.objects.values_list("pk", "state").iterator(CHUNK):
        if stands.get(pk) != state:
            yield f"entitlement:{pk}", f"stands at {state}, its movements say {stands.get(pk)}"
    doubled = (
        Entitlement.objects.filter(issue__isnull=False)
        .exclude(state__in=(Copy.VOID, Copy.CREDITED))
        .values("term__subscription", "issue")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    for row in doubled.iterator(CHUNK):
        yield f"subscription:{row['term__subscription']}", f"{row['n']} copies of issue {row['issue']}"


def deferred(at: datetime) -> Breaches:
    """BALANCED: 4871 is the value of the copies not served yet, to the cent."""
    owed = Entitlement.objects.filter(
        state__in=(Copy.OWED, Copy.ASSIGNED, Copy.HELD), term__order__isnull=False
    ).aggregate(sum=Sum("value_ht"))["sum"] or Decimal("0.00")
    accounts = AccountMap.objects.filter(key="DEFERRED").values_list("account", flat=True).distinct()
    booked = -sum((balance_of(account) for account in accounts), Decimal("0.00"))
    if booked != owed:
        yield "account:DEFERRED", f"holds {booked}, the copies owed are worth {owed}"


def stopped(at: datetime) -> Breaches:
    """STOPPED: nothing is owed any more by a subscription that has ended."""
    ended = Entitlement.objects.filter(
        term__subscription__state=Subscription.State.ENDED, state__in=(Copy.OWED, Copy.HELD)
    )
    for copy in ended.iterator(CHUNK):
        yield f"entitlement:{copy.pk}", "still owed though its subscription has ended"


def told(at: datetime) -> Breaches:
    """TOLD: every letter due was sent once or is visibly failed; every paid order is confirmed."""
    waiting = (Notice.State.QUEUED, Notice.State.SENDING)
    for notice in Notice.objects.filter(state__in=waiting, due_at__lte=at - TOLD_WITHIN).iterator(CHUNK):
        yield f"notice:{notice.pk}", f"{notice.kind} is due since {notice.due_at:%Y-%m-%d %H:%M}"
    # By its matter, which outlives the facts: those are blanked when the law no longer keeps them.
    told_of = set(Notice.objects.filter(kind="order_confirmation").values_list("matter", flat=True).iterator(CHUNK))
    for pk in Order.objects.filter(state=Order.State.PAID).values_list("pk", flat=True).iterator(CHUNK):
        if f"order_confirmation:order:{pk}" not in told_of:
            yield f"order:{pk}", "paid, and no confirmation was queued"
    # A letter that was queued and is no longer true is withdrawn: none leaves to whoever went on, or objected.
    reminded = Notice.objects.filter(
        kind__startswith="reminder_", state__in=(Notice.State.SENT, Notice.State.DELIVERED)
    )
    for notice in reminded.filter(Exists(_objections())).iterator(CHUNK):
        yield f"notice:{notice.pk}", "sent to somebody who had objected to reminders"
    unproved = Notice.objects.filter(state__in=(Notice.State.SENT, Notice.State.DELIVERED), proofs=None)
    for notice in unproved.iterator(CHUNK):
        yield f"notice:{notice.pk}", "sent without a proof"


def _objections() -> QuerySet[Consent]:
    """Objections of the outer letter's reader, older than the moment it left."""
    theirs = Consent.objects.filter(customer=OuterRef("customer"), matter=Consent.Matter.REMINDERS, given=False)
    return theirs.filter(at__lt=OuterRef("state_since"))


CHECKS: Mapping[str, tuple[Check, ...]] = {
    "ONE-CHARGE": (paid_once,),
    "COPIES": (copies,),
    "BALANCED": (deferred,),
    "STOPPED": (stopped,),
    "TOLD": (told,),
}
