"""Who may be reminded that a fixed term ends: asked when a reminder is queued, and again when it leaves (law.md 7.7).

Never: whoever has paid or is paying for the next term, renews automatically, objected, has a copy on hold, claims one that
did not arrive, has one that came back and was not heard of since, was erased, or whose subscription is over for another
reason. Gifts have a series of their own (`subscriptions.gifts.reminding`). Whoever
has no e-mail address that works is reminded by steps that may go on paper (`ReminderStep.channel`), and never by courtesy.
Courtesy reminders go to those who agreed to other offers (CPCE L34-5).
"""

from __future__ import annotations

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat

from payments.models import Payment
from payments.vat import BuyerKind
from subscriptions.losses.doubts import open_claim, open_doubt
from subscriptions.models import Consent, Entitlement, Offer, Order, Subscription, Term
from subscriptions.moving import GONE
from subscriptions.objecting import last_word
from subscriptions.paper.addressing import without_mail

State = Subscription.State


def remindable(*, lapsed: bool, courtesy: bool, on_paper: bool = False, organisations: bool = False) -> QuerySet[Term]:
    """The last terms of those who may be reminded; `lapsed`: of those who run no more, else of those who still do.

    `on_paper`: those too who are written to by post. `organisations`: of those who are quoted another year instead
    (`subscriptions.quotes`); else of all others.
    """
    later = Term.objects.standing().filter(subscription=OuterRef("subscription"), number__gt=OuterRef("number"))
    copies = Entitlement.objects.filter(term=OuterRef("pk"))
    found = (
        Term.objects.standing()
        .filter(
            subscription__renewal=Offer.Renewal.FIXED,
            subscription__is_gift=False,
            subscription__state=State.LAPSED if lapsed else State.ACTIVE,
            subscription__payer__isnull=False,
            subscription__payer__erased_on=None,
        )
        .filter(~Exists(later), Exists(copies.exclude(state__in=GONE)))
        .exclude(Exists(copies.filter(state=Entitlement.State.HELD)))
        .exclude(Exists(_being_paid()))
        .exclude(open_doubt("subscription"))
        .exclude(open_claim("subscription"))
        .annotate(reminders=Coalesce(last_word(Consent.Matter.REMINDERS, "subscription__payer"), Value(True)))
        .filter(reminders=True)
    )
    if courtesy or not on_paper:
        found = found.exclude(without_mail("subscription__payer"))
    quoted = Q(order__isnull=False) & ~Q(order__buyer_kind=BuyerKind.CONSUMER)
    found = found.filter(quoted if organisations else ~quoted)
    if courtesy:
        found = found.annotate(offers=last_word(Consent.Matter.SIMILAR_OFFERS, "subscription__payer")).filter(
            offers=True
        )
    return found


def _being_paid() -> QuerySet[Order]:
    """Orders of the outer term's subscription whose money is on its way."""
    paying = Payment.objects.filter(
        subject=OuterRef("paid_as"), state__in=(Payment.State.PROCESSING, Payment.State.SUCCEEDED)
    )
    waiting = Order.objects.filter(renews=OuterRef("subscription")).exclude(state=Order.State.PAID)
    named = waiting.annotate(paid_as=Concat(Value("order:"), Cast("pk", CharField()), output_field=CharField()))
    return named.filter(Exists(paying.exclude(surplus=True)))
