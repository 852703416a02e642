"""What does this shop know already of what some lines name: offers, issues, rates, references, readers, means of payment?"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.functions import Lower

from payments.models import PayerAccount, SavedMethod, VatRate
from subscriptions.beginning import calendars
from subscriptions.importing.saying import Person, Said
from subscriptions.models import ImportFile, ImportRow, Issue, Offer, Price, Subscription, Term


@dataclass(frozen=True, slots=True)
class Identity:
    """One person of one line. `customer`: the record that they are joined to; None: a record of their own is made.

    `key`: names the record to be made; two lines that name one person have the same.
    """

    key: str
    person: Person
    customer: int | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """A record whose e-mail address some line names. `open`: it is a reader's own, to which a subscription can be joined."""

    pk: int
    first_name: str
    last_name: str
    organisation: str
    open: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A reference that is here: the hash of the line it came by, and what it was worth then; empty if not by a file."""

    fingerprint: str = ""
    copies_left: int = 0
    deferred: Decimal = Decimal("0.00")
    vat_rate: Decimal = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Known:
    """What was read for some lines. `taken`: references of this source that are here.

    `accounts`: Stripe customers with the reader whom they belong to. `methods`: means of payment with their Stripe customer.
    """

    offers: Mapping[str, Offer]
    issues: Mapping[int, Sequence[Issue]]
    prices: Mapping[tuple[int, str], Sequence[Price]]
    rates: Sequence[VatRate]
    taken: Mapping[str, Taken]
    readers: Mapping[str, Reader]
    accounts: Mapping[str, int | None]
    methods: Mapping[str, str | None]


@dataclass(slots=True)
class Seen:
    """What earlier lines of the same file have named, by the line or by the person."""

    references: dict[str, int] = field(default_factory=dict)
    emails: dict[str, Identity] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)


def known(lines: Iterable[Said], *, file: ImportFile) -> Known:
    """Ten queries, however many lines."""
    every = list(lines)
    of_years = Offer.objects.filter(kind=Offer.Kind.SUBSCRIPTION).select_related("magazine")
    offers = {offer.code: offer for offer in of_years}
    prices: dict[tuple[int, str], list[Price]] = defaultdict(list)
    for price in Price.objects.order_by("-valid_from"):
        prices[price.offer_id, price.delivery_zone].append(price)
    stripe = [one.means for one in every if one.means is not None]
    return Known(
        offers=offers,
        issues=calendars({offer.magazine_id for offer in offers.values()}),
        prices=prices,
        rates=list(VatRate.objects.all()),
        taken=_taken([one.reference for one in every], file=file),
        readers=_readers(
            {one.email for row in every for one in (row.recipient, row.payer, row.holder) if one and one.email}
        ),
        accounts={
            one.stripe_customer: one.customer_id
            for one in PayerAccount.objects.filter(stripe_customer__in=[one.customer for one in stripe])
            if one.stripe_customer is not None
        },
        methods=dict(
            SavedMethod.objects.filter(stripe_method__in=[one.method for one in stripe]).values_list(
                "stripe_method", "payer_account__stripe_customer"
            )
        ),
    )


def _taken(references: Sequence[str], *, file: ImportFile) -> Mapping[str, Taken]:
    found: dict[str, Taken] = {}
    for model in (Subscription, Term):
        rows = model._default_manager.filter(source=file.source, foreign_ref__in=references)
        found |= dict.fromkeys(rows.values_list("foreign_ref", flat=True), Taken())
    lines: Any = ImportRow.objects.filter(
        outcome=ImportRow.Outcome.LET_IN, file__source=file.source, foreign_ref__in=list(found)
    ).values_list("foreign_ref", "fingerprint", "copies_left", "deferred", "vat_rate")
    return found | {reference: Taken(*facts) for reference, *facts in lines}


def _readers(emails: set[str]) -> Mapping[str, Reader]:
    people: Any = get_user_model()._default_manager
    return {
        one.lower: Reader(
            one.pk,
            one.first_name,
            one.last_name,
            one.organisation,
            open=one.is_active and not one.is_staff and one.erased_on is None,
        )
        for one in people.annotate(lower=Lower("email")).filter(lower__in=emails)
    }


def same_name(one: Reader | Person, other: Reader | Person) -> bool:
    """Whether two records can be one person: the same last name, or organisation, and no other first name."""
    last, other_last = (_plain(who.last_name or who.organisation) for who in (one, other))
    first, other_first = (_plain(who.first_name) for who in (one, other))
    return bool(last) and last == other_last and (not first or not other_first or first == other_first)


def _plain(text: str) -> str:
    spelt = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in spelt if sign.isalnum())
