"""Forgetting whoever received a gift: three months after its last copy, or when they ask for it (law.md 4.10).

They never bought anything here: what is kept of them came from the giver, for the copies alone. The contract stays, and so
do the zones by which its VAT was reckoned; the names, the addresses for mail and for letters, and the words go. An account of
their own is theirs to end (`shop.customers.erasing`).
"""

from __future__ import annotations

from datetime import date, datetime, time

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import PARIS
from payments.desk import record_act
from subscriptions.calendar import RULES, add_months
from subscriptions.models import (
    AddressChange,
    Entitlement,
    EntitlementMovement,
    Gift,
    HandOver,
    Order,
    PostalAddress,
    Recipient,
    Subscription,
    TemporaryAddress,
)
from subscriptions.moving import COMING
from subscriptions.places import blank, needed_by_a_file

BECAUSE = "its last copy was sent months ago"


class CannotForget(ValidationError):
    """The recipient of this gift cannot be forgotten now; the message is a sentence for staff."""


@transaction.atomic
def forget(subscription_id: int, *, actor: Actor, at: datetime, reason: str) -> bool:
    """Forget the recipient of a gift who asks for it; False if nothing is left of them.

    Raises CannotForget with a sentence: it is no gift, copies are still to come (somebody else receives them, or the
    contract is ended first), or it is in an account, whose holder erases it.
    """
    Subscription.objects.select_for_update(no_key=True).get(pk=subscription_id)
    gifts = Gift.objects.select_for_update(no_key=True).filter(subscription=subscription_id)
    return _blank(forgettable(gifts.first(), subscription_id), actor=actor, at=at, reason=reason)


def forgettable(gift: Gift | None, subscription_id: int) -> Gift:
    """The gift of this subscription, if its recipient may be forgotten. Raises CannotForget."""
    if gift is None:
        raise CannotForget(_("This subscription is no gift."), code="no_gift")
    if gift.claimed_by_id is not None:
        raise CannotForget(_("This gift is in the account of its recipient: they erase it there."), code="claimed")
    if _coming(subscription_id).exists():
        raise CannotForget(
            _("Copies of this gift are still to come: give it another recipient, or end it, first."), code="copies"
        )
    return gift


def forget_due(*, on: date, actor: Actor, at: datetime, limit: int) -> int:
    """Forget the recipients of up to `limit` gifts whose last copy left so long ago; returns how many.

    Each in a transaction of its own, looked at again under its locks; safe to repeat, late or in two places.
    """
    done = 0
    for key, subscription in list(due(on).order_by("pk").values_list("pk", "subscription")[:limit]):
        with transaction.atomic():
            list(Subscription.objects.select_for_update(no_key=True).filter(pk=subscription).values_list("pk"))
            gift = due(on).select_for_update(of=("self",), no_key=True, skip_locked=True).filter(pk=key).first()
            done += gift is not None and _blank(gift, actor=actor, at=at, reason=BECAUSE)
    return done


def due(on: date) -> QuerySet[Gift]:
    """Gifts of which something is left, and nothing was sent or told since so long ago, nor will be."""
    until = add_months(on, -RULES.gift_forgotten_months)
    mine = Q(term__subscription=OuterRef("subscription"))
    elsewhere = Q(term__carries__sold__subscription=OuterRef("subscription"))
    coming = Entitlement.objects.filter(mine | elsewhere, state__in=COMING)
    theirs = Q(entitlement__term__subscription=OuterRef("subscription"))
    carried = Q(entitlement__term__carries__sold__subscription=OuterRef("subscription"))
    sent = (EntitlementMovement.Kind.SERVE, EntitlementMovement.Kind.RESEND)
    lately = EntitlementMovement.objects.filter(theirs | carried, kind__in=sent, on__gt=until)
    left = ~Q(recipient_name="", recipient_email="", reader_email="", message="")
    # Whoever receives another one still is forgotten with that: this one must not stand in front of others until then.
    nobody_else = ~Exists(
        _living().filter(recipient=OuterRef("subscription__recipient")).exclude(pk=OuterRef("subscription"))
    )
    left |= Q(nobody_else, claimed_by=None, subscription__recipient__customer=None) & ~Q(
        subscription__recipient__name=""
    )
    return Gift.objects.filter(
        left,
        ~Exists(coming),
        ~Exists(lately),
        subscription__isnull=False,
        state_since__lte=datetime.combine(until, time(), tzinfo=PARIS),
    )


def _living() -> QuerySet[Subscription]:
    """Subscriptions that are not over, or of which a copy is still to come."""
    over = Q(state__in=(Subscription.State.ENDED, Subscription.State.LAPSED))
    coming = Entitlement.objects.filter(term__subscription=OuterRef("pk"), state__in=COMING)
    return Subscription.objects.filter(~over | Exists(coming))


def _coming(subscription: int) -> QuerySet[Entitlement]:
    mine, elsewhere = Q(term__subscription=subscription), Q(term__carries__sold__subscription=subscription)
    return Entitlement.objects.filter(mine | elsewhere, state__in=COMING)


def _blank(gift: Gift, *, actor: Actor, at: datetime, reason: str) -> bool:
    """Blank a locked gift, and whoever received it without an account; of an account only what the giver had written."""
    names = ("recipient_name", "recipient_email", "reader_email", "message")
    before = any(getattr(gift, name) for name in names)
    for name in names:
        setattr(gift, name, "")
    gift.save(update_fields=names)
    former = HandOver.objects.filter(subscription=gift.subscription, old_recipient__isnull=False)
    known = Q(subscriptions__given=gift) | Q(pk__in=former.values("old_recipient"))
    others = _living().filter(recipient=OuterRef("pk")).exclude(given=gift)
    keys = list(Recipient.objects.filter(known, ~Exists(others), customer=None).values_list("pk", flat=True))
    recipients = Recipient.objects.filter(pk__in=keys)
    moves = AddressChange.objects.filter(recipient__in=recipients)
    lived = Q(pk__in=recipients.values("address")) | Q(pk__in=moves.values("old")) | Q(pk__in=moves.values("new"))
    lived |= Q(pk__in=TemporaryAddress.objects.filter(recipient__in=recipients).values("address"))
    # Their gifts of other years were sent to them as well.
    theirs = (
        Order.objects.filter(Q(gift__subscription__recipient__in=keys) | Q(pk=gift.order_id))
        if keys
        else Order.objects.none()
    )
    given = list(theirs.values_list("pk", flat=True))
    lived |= Q(pk__in=theirs.values("delivery"))
    named = Order.objects.filter(Q(delivery=OuterRef("pk")) | Q(billing=OuterRef("pk")))
    sold = named.exclude(pk__in=given) | named.filter(billing=OuterRef("pk"))
    others_live = Recipient.objects.filter(address=OuterRef("pk")).exclude(pk__in=recipients.values("pk"))
    addresses = (
        PostalAddress.objects.filter(lived)
        .exclude(Exists(sold))
        .exclude(Exists(others_live))
        .exclude(needed_by_a_file())
        .exclude(lines=[])
    )
    blanked = PostalAddress.objects.filter(pk__in=list(addresses.values_list("pk", flat=True)))
    count = blank(blanked)
    unnamed = recipients.exclude(name="").update(name="")
    if not (before or count or unnamed):
        return False
    subject = f"subscription:{gift.subscription_id}"
    record_act("forgot the recipient of a gift", subject=subject, actor=actor, at=at, reason=reason)
    return True
