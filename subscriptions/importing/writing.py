"""What do planned lines become: readers, addresses, means of payment, subscriptions with their term and copies, a letter?

Set-based: some twenty statements, however many lines. Inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model

from payments.actors import Actor
from payments.adopting import Adopted, adopt
from payments.days import paris_day
from payments.models import SavedMethod
from payments.saving import insert_all
from payments.vat import split
from subscriptions.granting import Begun, grant_begun
from subscriptions.importing.judging import Plan
from subscriptions.importing.knowing import Identity
from subscriptions.importing.saying import Place
from subscriptions.models import ImportFile, Offer, PostalAddress, Recipient, Subscription, SubscriptionEvent, Term
from subscriptions.moving_house import name_on
from subscriptions.notices.queueing import queue
from subscriptions.notices.telling import letter_to
from subscriptions.opening import next_ids
from subscriptions.places import address_row
from subscriptions.references import subscriber_number

LETTER = "taken_over"
BECAUSE = "taken over from another house"


def write(plans: Sequence[Plan], file: ImportFile, *, actor: Actor, at: datetime) -> list[Term]:
    """Write what these lines become; returns their terms, in the same order.

    The database refuses a reference that is here already, and an e-mail address that somebody took meanwhile.
    """
    if not plans:
        return []
    people = _people(plans, file, at=at)
    recipients = _recipients(plans, people, at=at)
    methods = _methods(plans, people, file, at=at)
    subscriptions = _subscriptions(plans, people, recipients, methods, file, actor=actor, at=at)
    terms = [_term(plan, one, file, at=at) for plan, one in zip(plans, subscriptions, strict=True)]
    insert_all(terms)
    grant_begun(
        [
            Begun(term, plan.values, [_served(issue, on=paris_day(at)) for issue in plan.served_issues], plan.issues)
            for plan, term in zip(plans, terms, strict=True)
        ],
        actor=actor,
        at=at,
    )
    if file.letters:
        queue(
            [
                letter_to(people[plan.payer.key], LETTER, f"{LETTER}:term:{term.pk}", {"term_id": term.pk}, at=at)
                for plan, term in zip(plans, terms, strict=True)
            ]
        )
    return terms


def _people(plans: Iterable[Plan], file: ImportFile, *, at: datetime) -> Mapping[str, Any]:
    """The record of each person, by the key of their identity: those that are joined, and new ones."""
    customers: Any = get_user_model()
    named = {one.key: one for plan in plans for one in (plan.payer, plan.holder, plan.recipient) if one is not None}
    known = customers._default_manager.in_bulk([one.customer for one in named.values() if one.customer is not None])
    new = {one.key: _reader(customers, one, file, at=at) for one in named.values() if one.customer is None}
    insert_all(list(new.values()))
    return {key: known[one.customer] if one.customer is not None else new[key] for key, one in named.items()}


def _reader(customers: Any, one: Identity, file: ImportFile, *, at: datetime) -> Any:
    return customers(
        email=one.person.email or None,
        password="!",  # noqa: S106  # unusable: readers sign in with a code
        title=one.person.title,
        first_name=one.person.first_name,
        last_name=one.person.last_name,
        organisation=one.person.organisation,
        created_at=at,
        source=file.source,
        foreign_ref=one.key,
    )


def _recipients(plans: Sequence[Plan], people: Mapping[str, Any], *, at: datetime) -> list[Recipient]:
    """Who receives each, in order; and where payers live who do not receive, for their invoices and letters."""
    _written(
        [(place, people[plan.payer.key].pk) for plan in plans if (place := plan.said.payer_place) is not None], at=at
    )
    return _written(
        [
            (plan.said.place, people[plan.recipient.key].pk if plan.recipient is not None else None)
            for plan in plans
            if plan.said.place is not None
        ],
        at=at,
    )


def _written(wanted: Sequence[tuple[Place, int | None]], *, at: datetime) -> list[Recipient]:
    addresses: list[PostalAddress] = [address_row(place.typed, place.label, at=at) for place, _whose in wanted]
    insert_all(addresses)
    rows = [
        Recipient(customer_id=whose, name=name_on(place.typed), address=address)
        for (place, whose), address in zip(wanted, addresses, strict=True)
    ]
    insert_all(rows)
    return rows


def _methods(
    plans: Sequence[Plan], people: Mapping[str, Any], file: ImportFile, *, at: datetime
) -> Mapping[str, SavedMethod]:
    return adopt(
        [
            Adopted(
                owner_key=f"import:{file.source}:{means.customer}",
                customer_id=people[plan.payer.key].pk,
                stripe_customer=means.customer,
                stripe_method=means.method,
                kind=means.kind,
                brand=means.brand,
                last4=means.last4,
                exp_month=means.exp_month,
                exp_year=means.exp_year,
                mandate_reference=means.mandate,
            )
            for plan in plans
            if (means := plan.said.means) is not None and not plan.said.gift
        ],
        at=at,
    )


def _subscriptions(
    plans: Sequence[Plan],
    people: Mapping[str, Any],
    recipients: Sequence[Recipient],
    methods: Mapping[str, SavedMethod],
    file: ImportFile,
    *,
    actor: Actor,
    at: datetime,
) -> list[Subscription]:
    rows = [
        Subscription(
            pk=key,
            number=subscriber_number(key),
            magazine=plan.offer.magazine,
            payer=people[plan.payer.key],
            holder=people[plan.holder.key] if plan.holder is not None else None,
            recipient=recipient,
            renewal=plan.said.renewal or Offer.Renewal.FIXED,
            offer=plan.offer,
            is_gift=plan.said.gift,
            saved_method=methods.get(plan.said.means.method) if plan.said.means and not plan.said.gift else None,
            state=Subscription.State.ACTIVE,
            state_since=at,
            created_at=at,
            source=file.source,
            foreign_ref=plan.said.reference,
        )
        for key, plan, recipient in zip(next_ids(len(plans)), plans, recipients, strict=True)
    ]
    Subscription.objects.bulk_create(rows)
    insert_all(
        [
            SubscriptionEvent(
                subscription=one,
                from_state=Subscription.State.PENDING,
                to_state=Subscription.State.ACTIVE,
                actor=str(actor),
                reason=BECAUSE,
                at=at,
            )
            for one in rows
        ]
    )
    return rows


def _term(plan: Plan, subscription: Subscription, file: ImportFile, *, at: datetime) -> Term:
    amount, starts_on, ends_on = plan.said.amount, plan.said.starts_on, plan.said.ends_on
    if amount is None or starts_on is None or ends_on is None:
        raise ValueError(f"line {plan.said.reference} has no plan")
    return Term(
        subscription=subscription,
        number=1,
        starts_on=starts_on,
        ends_on=ends_on,
        copies=len(plan.values),
        quantity=plan.said.quantity,
        amount=amount,
        amount_ht=split(amount, plan.vat.rate)[0],
        vat_zone=plan.vat.zone,
        vat_rate=plan.vat.rate,
        created_at=at,
        source=file.source,
        foreign_ref=plan.said.reference,
    )


def _served(issue: Any, *, on: date) -> tuple[date, Any]:
    """The day on which a copy left the former house: that of its issue, as far as it is known here."""
    return (issue.posted_on if issue is not None else on, issue)
