"""Who may be reminded that a gift ends: asked when a reminder is queued, and again when it leaves (law.md 7.6).

Never: of a gift that goes on or is being paid for, was taken back, or has a copy on hold; nobody who objected, was erased,
or cannot be written to. Its recipient, not if they read already: then their own series speaks to them.
"""

from __future__ import annotations

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat

from payments.models import Payment
from subscriptions.gifts.carried import copies_by_sold_term
from subscriptions.gifts.moving import LIVING
from subscriptions.gifts.reaching import handed_on
from subscriptions.models import Consent, Entitlement, Gift, Order, ReminderStep, Subscription
from subscriptions.moving import GONE
from subscriptions.objecting import last_word

Addressee = ReminderStep.Addressee


def remindable_gifts(addressee: str) -> QuerySet[Gift]:
    """The gifts of whose end their giver, or their recipient, may be reminded."""
    own = Entitlement.objects.filter(term__subscription=OuterRef("subscription"))
    elsewhere = Entitlement.objects.filter(term__carries__sold__subscription=OuterRef("subscription"))
    gifts = (
        Gift.objects.filter(state__in=LIVING)
        .exclude(subscription__state=Subscription.State.ENDED)
        .exclude(Exists(own.filter(state=Entitlement.State.HELD)))
        .exclude(Exists(elsewhere.filter(state=Entitlement.State.HELD)))
        .exclude(Exists(_goes_on()))
    )
    if addressee == Addressee.GIVER:
        reached = gifts.filter(subscription__payer__erased_on=None, subscription__payer__email__gt="")
        return _unless_objected(reached, "subscription__payer")
    refused = Consent.objects.filter(gift=OuterRef("pk"), matter=Consent.Matter.REMINDERS, given=False)
    reached = gifts.filter(
        Q(claimed_by=None) & (Q(reader_email__gt="") | Q(recipient_email__gt=""))
        | Q(claimed_by__erased_on=None, claimed_by__email__gt="")
    )
    reads = Subscription.objects.filter(
        Q(payer=OuterRef("claimed_by")) | Q(holder=OuterRef("claimed_by")),
        magazine=OuterRef("subscription__magazine"),
        state=Subscription.State.ACTIVE,
        is_gift=False,
    )
    others = Exists(handed_on(OuterRef("subscription")))
    return _unless_objected(reached, "claimed_by").exclude(Exists(refused) | Exists(reads) | others)


def served_copies(gift: Gift) -> list[Entitlement]:
    """The copies of a gift that come or came, in order, wherever they are served. Two queries."""
    own = Entitlement.objects.filter(term__subscription=gift.subscription_id).exclude(state__in=GONE)
    found = list(own.select_related("issue").order_by("term__number", "rank"))
    for rows in copies_by_sold_term([gift.subscription_id or 0]).values():
        found += [copy for copy in rows if copy.state not in GONE]
    return found


def last_copies() -> QuerySet[Entitlement]:
    """The last copy of the outer gift whose issue is planned, wherever it is served."""
    theirs = Q(term__subscription=OuterRef("subscription")) | Q(
        term__carries__sold__subscription=OuterRef("subscription")
    )
    return Entitlement.objects.filter(theirs, rank=F("term__copies")).exclude(state__in=GONE)


def _unless_objected(gifts: QuerySet[Gift], customer: str) -> QuerySet[Gift]:
    said = Coalesce(last_word(Consent.Matter.REMINDERS, customer), Value(True))
    return gifts.annotate(reminders=said).filter(reminders=True)


def _goes_on() -> QuerySet[Gift]:
    """Gifts of another year after the outer one that are paid, or whose money is on its way."""
    paying = Payment.objects.filter(
        subject=OuterRef("paid_as"), state__in=(Payment.State.PROCESSING, Payment.State.SUCCEEDED), surplus=False
    )
    later = Gift.objects.filter(continues=OuterRef("pk")).exclude(state=Gift.State.VOID)
    named = later.annotate(paid_as=Concat(Value("order:"), Cast("order", CharField()), output_field=CharField()))
    return named.filter(Q(order__state=Order.State.PAID) | Exists(paying))
