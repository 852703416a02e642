"""Who receives and who pays from now on: a name put right on the label, another recipient, another payer.

What was sold stays as it was sold: invoices keep their buyer, and copies in a closed file go where the file says. The one
calculator of dates says which issue is the first to follow.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from subscriptions.addresses.check import check
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.dates import LIVING
from subscriptions.models import AddressChange, Entitlement, Gift, HandOver, Recipient, Renewal, Subscription
from subscriptions.models.gifts import CARRIED
from subscriptions.moving import COMING
from subscriptions.moving_house import name_on, reach, tell
from subscriptions.notices.telling import tell_reader
from subscriptions.places import address_row
from subscriptions.stopping.choosing import stop_renewing
from subscriptions.stopping.reading import contract_of

NAMES = ("title", "first_name", "last_name", "organisation", "service")


class CannotHandOver(ValidationError):
    """The change cannot be made now; the message is a sentence for staff."""


def respelled(recipient: Recipient, **names: str) -> tuple[TypedAddress, PostalLabel]:
    """The address of a recipient with its name spelled otherwise, and the label that it makes: never cut.

    Raises ValidationError with the sentences of the postal check, by field.
    """
    known = _typed(recipient)
    typed = replace(known, **{name: names.get(name, getattr(known, name)) for name in NAMES})
    if typed.organisation and not (typed.first_name or typed.last_name):
        typed = replace(typed, kind=AddressKind.ORGANISATION)
    faults, label = check(typed)
    if label is None:
        fields = {name for name in names if name in NAMES}
        raise ValidationError(
            {fault.field if fault.field in fields else "__all__": str(fault.sentence) for fault in faults}
        )
    return typed, label


@transaction.atomic
def spell(
    recipient: Recipient, typed: TypedAddress, label: PostalLabel, *, actor: Actor, reason: str, at: datetime
) -> AddressChange | None:
    """Put a name right on the label; the same label again changes nothing and returns None.

    A new address row and its evidence, as for a move; the letter shows the label. Updates `recipient` in memory.
    """
    locked = Recipient.objects.select_for_update(no_key=True).get(pk=recipient.pk)
    former = locked.address
    if former.lines == list(label.printed_lines):
        return None
    new = address_row(typed, label, at=at)
    new.save()
    locked.address, locked.name = new, name_on(typed)
    locked.save(update_fields=["address", "name"])
    change = AddressChange.objects.create(
        recipient=locked,
        old=former,
        new=new,
        first_issue=reach(locked, on=paris_day(at)).first,
        actor=str(actor),
        reason=reason[:300],
        at=at,
    )
    record_act(
        "corrected a name",
        subject=f"recipient:{locked.pk}",
        actor=actor,
        at=at,
        reason=reason,
        facts={"change": change.pk},
    )
    tell(change, kind="name_corrected", at=at)
    recipient.address, recipient.name = new, locked.name
    return change


@transaction.atomic
def give_recipient(
    subscription_id: int, typed: TypedAddress, label: PostalLabel, *, actor: Actor, reason: str, at: datetime
) -> HandOver | None:
    """Somebody else receives what is still owed, from the first issue whose file is open; None if they do already.

    A recipient of their own: other subscriptions of the former one go on as they are. The payer is told, and holds it;
    the former recipient sees nothing of the new one's address. Raises CannotHandOver when the subscription is over, or
    while copies of a gift are served elsewhere than they were sold: they are neither the payer's to give away here, nor
    the giver's there.
    """
    subscription = _locked(subscription_id)
    _refuse_carried(subscription)
    former = subscription.recipient
    if former.address.lines == list(label.printed_lines):
        return None
    address = address_row(typed, label, at=at)
    address.save()
    new = Recipient.objects.create(name=name_on(typed), address=address)
    first = reach(former, on=paris_day(at)).first
    subscription.recipient = new
    if subscription.holder_id == former.customer_id and subscription.holder_id != subscription.payer_id:
        subscription.holder_id = subscription.payer_id
    subscription.save(update_fields=["recipient", "holder"])
    # What was told and asked of a gift went to the former one (`gifts.reaching.handed_on` closes their page).
    theirs = Gift.objects.filter(subscription=subscription)
    theirs.update(recipient_name=new.name, recipient_email="", reader_email="")
    done = HandOver.objects.create(
        subscription=subscription,
        old_recipient=former,
        new_recipient=new,
        first_issue=first,
        actor=str(actor),
        reason=reason[:300],
        at=at,
    )
    _record(done, "gave a subscription another recipient", actor=actor, at=at, reason=reason)
    _tell(subscription.payer, "recipient_changed", f"recipient_changed:{done.pk}", {"hand_over_id": done.pk}, at=at)
    return done


@transaction.atomic
def give_payer(subscription_id: int, payer: Any, *, actor: Actor, reason: str, at: datetime) -> HandOver | None:
    """Somebody else pays for what comes next; None if they do already. What was paid stays with whoever paid it.

    Automatic renewal is off from now on, and the means of payment of the former payer is let go: only the new payer can
    give a mandate, once they have bought a year themselves (an invoice names its buyer). Both are told. Raises
    CannotHandOver: over, or a charge is on its way.
    """
    subscription = _locked(subscription_id)
    former: Any = subscription.payer
    if former is not None and former.pk == payer.pk:
        return None
    under_way = Renewal.objects.filter(
        subscription=subscription, state__in=(Renewal.State.CHARGING, Renewal.State.UNRESOLVED)
    )
    if under_way.exists():
        raise CannotHandOver(_("A charge is on its way: try again once the bank has answered."), code="charging")
    stop_renewing(subscription, actor=actor, at=at, reason="another payer")
    if subscription.holder_id in (None, subscription.payer_id):
        subscription.holder_id = payer.pk
    subscription.payer, subscription.saved_method = payer, None
    subscription.save(update_fields=["payer", "holder", "saved_method"])
    done = HandOver.objects.create(
        subscription=subscription, old_payer=former, new_payer=payer, actor=str(actor), reason=reason[:300], at=at
    )
    _record(done, "gave a subscription another payer", actor=actor, at=at, reason=reason)
    for role, whom in (("old", former), ("new", payer)):
        facts = {"hand_over_id": done.pk, "role": role}
        _tell(whom, "payer_changed", f"payer_changed:{done.pk}:{role}", facts, at=at)
    return done


def payer_of(email: str, *, first_name: str, last_name: str, at: datetime) -> Any:
    """The reader of that e-mail, made if there is none: as a first purchase makes them. In the caller's transaction."""
    people: Any = get_user_model().objects
    wanted = email.lower()
    people.bulk_create(
        [
            people.model(
                email=wanted,
                password="!",  # noqa: S106  # unusable: readers sign in with a code
                first_name=first_name,
                last_name=last_name,
                created_at=at,
            )
        ],
        ignore_conflicts=True,
    )
    return people.get(email=wanted)


def first_reached(subscription: Subscription, *, on: date) -> Any:
    """The first issue that another recipient named on day `on` would receive; None if it is not planned yet."""
    return reach(subscription.recipient, on=on).first


def _locked(subscription_id: int) -> Subscription:
    subscription = contract_of(subscription=subscription_id, lock=True).promise
    if subscription.state not in LIVING:
        raise CannotHandOver(_("This subscription has ended already."), code="over")
    return subscription


def _refuse_carried(subscription: Subscription) -> None:
    """A gift that goes on at the end of its recipient's own subscription is sent where that one is."""
    coming = Entitlement.objects.filter(state__in=COMING)
    if coming.filter(term__subscription=subscription, term__source=CARRIED).exists():
        raise CannotHandOver(
            _(
                "Copies of a gift come with this subscription: they belong to the recipient of the gift. Until the last one "
                "is sent, only the address can be changed."
            ),
            code="gift",
        )
    if coming.filter(term__carries__sold__subscription=subscription).exists():
        raise CannotHandOver(
            _("This gift goes on in its recipient's own subscription: its copies cannot go to somebody else any more."),
            code="carried",
        )


def _typed(recipient: Recipient) -> TypedAddress:
    try:
        return TypedAddress.from_dict(recipient.address.typed)
    except (ValueError, TypeError):
        raise CannotHandOver(
            _("This address came from an import: correct it whole, with the act for addresses."), code="imported"
        ) from None


def _record(done: HandOver, verb: str, *, actor: Actor, at: datetime, reason: str) -> None:
    record_act(
        verb,
        subject=f"subscription:{done.subscription_id}",
        actor=actor,
        at=at,
        reason=reason,
        facts={"hand_over": done.pk},
    )


def _tell(whom: Any, kind: str, matter: str, facts: dict[str, Any], *, at: datetime) -> None:
    """By e-mail, or on paper to whoever has none."""
    if whom is not None and whom.erased_on is None:
        tell_reader(whom, kind, matter, facts, at=at)
