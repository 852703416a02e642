"""Merging two records of one reader: what lives moves to the one that stays, what is evidence keeps its number.

Subscriptions, copies, gifts received, orders, saved cards and recipients move. Invoices, payments, entries, letters as
sent and consents to the digital edition stay under the record they were written for, and are read through it: the record
that goes becomes an empty signpost (`merged_into`). Of two answers about reminders and offers the stricter holds. Subscriptions stay as many as they were: two of one magazine
are joined by nothing but the rules of dates. There is no way back; both time lines tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act
from payments.models import PayerAccount, Payment
from shop.customers.models import Customer, EmailChange
from shop.customers.search import normalised, refresh
from shop.customers.sessions import end_sessions
from subscriptions.models import Agency, Consent, Gift, Order, Recipient, Renewal, Subscription

#: Answers of which the stricter holds: no letter that one of the two had refused.
MATTERS = (Consent.Matter.REMINDERS, Consent.Matter.SIMILAR_OFFERS, Consent.Matter.NEWSLETTER)
WORDS = "Réunion de deux fiches d’un même lecteur : l’opposition de l’une vaut pour les deux."
FILLED = ("title", "first_name", "last_name", "organisation", "phone")
CANDIDATES = 30


class CannotMerge(ValidationError):
    """The two records cannot become one now; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What would move, in numbers; and what would stay under the old one, to be read through it."""

    subscriptions: int
    recipients: int
    orders: int
    cards: int
    invoices: int
    letters: int
    same_magazine: bool
    objections: Sequence[str]


def doubles_of(customer: Customer) -> list[Customer]:
    """Readers who are likely this one: the same name, and the same postcode and town, or the same telephone.

    Found by the trigram index of the search line. Two queries.
    """
    name = normalised(customer.full_name)
    if not name or customer.merged_into_id or customer.erased_on:
        return []
    found = Customer.objects.filter(merged_into=None, erased_on=None, is_staff=False).exclude(pk=customer.pk)
    for word in name.split():
        found = found.filter(search__contains=word)
    near = [one for one in found.order_by("pk")[:CANDIDATES] if _words(one.full_name) == _words(customer.full_name)]
    if not near:
        return []
    places = _places([customer, *near])
    return [
        one
        for one in near
        if places[one.pk] & places[customer.pk] or (one.phone and _digits(one.phone) == _digits(customer.phone))
    ]


def moves_of(gone: Customer, kept: Customer) -> Moves:
    """What a merger of `gone` into `kept` comes to. Changes nothing."""
    own = Subscription.objects.filter(Q(payer=gone) | Q(holder=gone))
    theirs = Subscription.objects.filter(Q(payer=kept) | Q(holder=kept))
    living = (Subscription.State.ACTIVE, Subscription.State.GRACE)
    both = own.filter(state__in=living, magazine__in=theirs.filter(state__in=living).values("magazine"))
    return Moves(
        subscriptions=own.count(),
        recipients=Recipient.objects.filter(customer=gone).count(),
        orders=gone.orders.count(),
        cards=Subscription.objects.filter(payer=gone, saved_method__isnull=False).count(),
        invoices=gone.invoices.count(),
        letters=gone.notices.count(),
        same_magazine=both.exists(),
        objections=_objections(gone, kept),
    )


def refuse_if_impossible(gone: Customer, kept: Customer) -> None:
    """Raises CannotMerge: the same record, no reader, erased, merged already, or money of one is on its way."""
    if gone.pk == kept.pk:
        raise CannotMerge(_("This is the same record."), code="same")
    if gone.is_staff or kept.is_staff:
        raise CannotMerge(_("A member of the team is not merged."), code="staff")
    if gone.erased_on or kept.erased_on:
        raise CannotMerge(_("The data of one of them was erased."), code="erased")
    if gone.merged_into_id or kept.merged_into_id:
        raise CannotMerge(_("One of the two was merged into another record already."), code="merged")
    if Agency.objects.filter(customer__in=(gone, kept)).count() == 2:
        raise CannotMerge(_("Both are agencies, each with its own discount."), code="agencies")
    waiting = (Order.State.DRAFT, Order.State.AWAITING_PAYMENT)
    if Order.objects.filter(_orders_of(gone), state__in=waiting).exists():
        raise CannotMerge(_("An order of the record that goes still waits for its payment."), code="order")
    unsettled = (Payment.State.PROCESSING, Payment.State.UNKNOWN)
    if Payment.objects.filter(customer=gone, state__in=unsettled).exists():
        raise CannotMerge(_("A payment of the record that goes is on its way."), code="payment")


def merge(gone_id: int, kept_id: int, *, keep_email_of: int, reason: str, actor: Actor, at: datetime) -> Customer:
    """Make one record of two; returns the one that stays. Raises CannotMerge with a sentence.

    `keep_email_of`: whose address remains; the other opens the account as well if, and only if, both were proved by a
    sign-in. Ends the sessions of both. Locks renewals, subscriptions and customers, each sorted by id.
    """
    with transaction.atomic():
        kept = _merge(gone_id, kept_id, keep_email_of=keep_email_of, reason=reason, actor=actor, at=at)
    refresh([gone_id, kept_id])
    for one in (gone_id, kept_id):
        end_sessions(one)
    UserSession.objects.filter(user=gone_id).delete()
    return kept


def _merge(gone_id: int, kept_id: int, *, keep_email_of: int, reason: str, actor: Actor, at: datetime) -> Customer:
    moving = Q(payer=gone_id) | Q(holder=gone_id) | Q(agency=gone_id)
    keys = Subscription.objects.filter(moving).values("pk")
    list(Renewal.objects.select_for_update(no_key=True).filter(subscription__in=keys).order_by("pk"))
    list(Subscription.objects.select_for_update(no_key=True).filter(moving).order_by("pk"))
    locked = {
        one.pk: one
        for one in Customer.objects.select_for_update(no_key=True).filter(pk__in=(gone_id, kept_id)).order_by("pk")
    }
    gone, kept = locked[gone_id], locked[kept_id]
    refuse_if_impossible(gone, kept)
    _keep_objections(gone, kept, at=at)
    facts = {"kept": kept.pk, "gone": gone.pk, **_move(gone, kept)}
    _leave_one_address(gone, kept, keep_email_of=keep_email_of, at=at)
    for one in (gone, kept):
        record_act("merged two records", subject=f"customer:{one.pk}", actor=actor, at=at, reason=reason, facts=facts)
    return kept


def _move(gone: Customer, kept: Customer) -> dict[str, int]:
    """Everything that lives; evidence stays where it is. Returns how many of each, for the act."""
    moved = {
        "payer": Subscription.objects.filter(payer=gone).update(payer=kept),
        "holder": Subscription.objects.filter(holder=gone).update(holder=kept),
        "agency": Subscription.objects.filter(agency=gone).update(agency=kept),
        "agencies": Agency.objects.filter(customer=gone).update(customer=kept),
        "recipients": Recipient.objects.filter(customer=gone).update(customer=kept),
        "orders": Order.objects.filter(customer=gone).update(customer=kept),
        "gifts": Gift.objects.filter(claimed_by=gone).update(claimed_by=kept),
        "cards": PayerAccount.objects.filter(customer=gone).update(customer=kept),
    }
    Customer.objects.filter(merged_into=gone).update(merged_into=kept)
    return moved


def _leave_one_address(gone: Customer, kept: Customer, *, keep_email_of: int, at: datetime) -> None:
    stays, goes = (gone, kept) if keep_email_of == gone.pk else (kept, gone)
    email, other = stays.email or goes.email, goes.email if stays.email else None
    proved = {one.pk: _proved(one) for one in (gone, kept)}
    both = bool(other) and all(proved.values())
    for name in FILLED:
        if not getattr(kept, name):
            setattr(kept, name, getattr(gone, name))
        setattr(gone, name, "")
    EmailChange.objects.filter(customer__in=(gone, kept), done_at=None, abandoned_at=None).update(abandoned_at=at)
    EmailAddress.objects.filter(user__in=(gone.pk, kept.pk)).delete()
    Authenticator.objects.filter(user_id=gone.pk).delete()
    gone.email, gone.is_active, gone.merged_into, gone.last_login, gone.search = None, False, kept, None, ""
    gone.set_unusable_password()
    gone.save()
    kept.email, kept.search = email, ""
    kept.save()
    if email and proved[stays.pk if stays.email else goes.pk]:
        EmailAddress.objects.create(user_id=kept.pk, email=email, verified=True, primary=True)
    if both:
        EmailAddress.objects.create(user_id=kept.pk, email=other, verified=True, primary=False)


def _proved(one: Customer) -> bool:
    """Whether somebody has signed in with a code that went to this very address; one that staff put there is not proved."""
    if not one.email:
        return False
    if EmailAddress.objects.filter(user_id=one.pk, email=one.email, verified=True).exists():
        return True
    put_there = EmailChange.objects.filter(customer=one, actor__startswith="staff:", done_at__isnull=False)
    return one.last_login is not None and not put_there.filter(done_at__gt=one.last_login).exists()


def _objections(gone: Customer, kept: Customer) -> list[str]:
    """The matters that one of the two has refused, by their last word."""
    return [matter for matter in MATTERS if False in (_last(matter, gone), _last(matter, kept))]


def _last(matter: str, one: Customer) -> bool | None:
    said = Consent.objects.filter(Q(customer=one) | Q(order__customer=one), matter=matter)
    return said.order_by("-at", "-pk").values_list("given", flat=True).first()


def _keep_objections(gone: Customer, kept: Customer, *, at: datetime) -> None:
    Consent.objects.bulk_create(
        [Consent(matter=matter, given=False, words=WORDS, customer=kept, at=at) for matter in _objections(gone, kept)]
    )


def _orders_of(one: Customer) -> Q:
    return Q(customer=one) | Q(customer=None, email=one.email) if one.email else Q(customer=one)


def _places(people: Sequence[Customer]) -> dict[int, set[tuple[str, str]]]:
    """Postcode and town of everything that these people receive. One query."""
    found: dict[int, set[tuple[str, str]]] = {one.pk: set() for one in people}
    rows = Recipient.objects.filter(customer__in=people, subscriptions__isnull=False).select_related("address")
    for row in rows:
        if row.customer_id is not None and row.address.postcode:
            found[row.customer_id].add((row.address.postcode, normalised(row.address.town)))
    return found


def _words(name: str) -> list[str]:
    """A name whatever the order of its words: « Lefèvre Élodie » is « Élodie Lefèvre »."""
    return sorted(normalised(name).split())


def _digits(phone: str) -> str:
    """The last nine, so that 06… and +33 6… are one number."""
    return "".join(sign for sign in phone if sign.isdecimal())[-9:]
