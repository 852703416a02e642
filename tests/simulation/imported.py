"""Readers who came from another shop, in bulk: automatic renewal, a card or account that Stripe keeps, a year that ends.

They are this shop's from their next renewal on. What they paid before is not in its books, so the copies still owed of
their present year are worth nothing there.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from payments.actors import Actor
from payments.models import PayerAccount, SavedMethod
from payments.sandbox import cards, charging, ibans, methods
from payments.sandbox.store import Obj
from payments.sandbox.world import World
from shop.demo.people import AUTOMATIC, Person, make_people
from subscriptions.models import (
    Entitlement,
    EntitlementMovement,
    Issue,
    Offer,
    PostalAddress,
    Recipient,
    Subscription,
    SubscriptionEvent,
    Term,
)
from subscriptions.references import subscriber_number
from tests.simulation.people import Reader
from tests.simulation.shop import Shop

SOURCE = "former shop"
IMPORT = Actor("import", SOURCE)
VAT = Decimal("2.10")
#: Their years end between so many days from the first day.
ENDS = (80, 365)
BATCH = 2000


def come(shop: Shop, *, many: int, first: int, living: bool, ends: tuple[int, int] = ENDS) -> None:
    """Write `many` of them; numbers from `first` on. `living`: they do what readers do; else they just renew."""
    chance = shop.plan.chance("imported")
    people = [
        Person(first + n, {**one.typed, "email": f"reader{first + n}@courriel.example"}, AUTOMATIC)
        for n, one in enumerate(make_people(11, chance) * (many // 11 + 1))
    ][:many]
    readers = [Reader(shop, person) for person in people]
    for reader in readers:
        shop.by_email[reader.email] = reader
        if living:
            shop.readers.append(reader)
    days = [chance.randrange(*ends) for _one in readers]
    with shop.till.world.lock:
        kept = [_kept(shop.till.world, reader) for reader in readers]
    _write(shop, readers, days, kept)
    if living:
        for reader, day in zip(readers, days, strict=True):
            # As if their year had begun a year before its end.
            reader.begin_year(ago=timedelta(days=365 - day))


def _kept(world: World, reader: Reader) -> tuple[Obj, Obj]:
    """A customer and a method at Stripe."""
    customer = world.new("customer", "cus_", 14, email=reader.email, name=reader.person.name, metadata={})
    details = {"name": reader.person.name, "email": reader.email}
    if reader.means.iban:
        method = methods.make_account(world, ibans.ACCOUNTS[reader.means.number], details=details)
        methods.sign_mandate(world, method, acceptance=charging.ONLINE, reusable=True)
    else:
        method = methods.make_card(world, cards.CARDS[reader.means.number], expiry=(12, 2049), details=details)
        method["_set_up"] = True
    methods.attach(world, method, customer["id"])
    return customer, method


@transaction.atomic
def _write(shop: Shop, readers: list[Reader], days: list[int], kept: list[tuple[Obj, Obj]]) -> None:
    at, begins = shop.clock.now, shop.plan.begins
    offer = Offer.objects.get(renewal=AUTOMATIC)
    coming = list(Issue.objects.order_by("post_on"))

    def many(model: Any, rows: list[Any]) -> list[Any]:
        return list(model._default_manager.bulk_create(rows, batch_size=BATCH))

    customers = many(
        get_user_model(),
        [
            get_user_model()(
                email=one.email, password="!", first_name=one.person.typed.get("delivery_first_name", "")[:60],
                last_name=one.person.typed.get("delivery_last_name", "")[:60], created_at=at,
            )
            for one in readers
        ],
    )  # fmt: skip
    addresses = many(
        PostalAddress,
        [
            PostalAddress(
                typed={"country": "FR", "last_name": one.person.name}, country="FR", postcode="69001", town="LYON",
                lines=[one.person.name.upper()[:38], "3 RUE DE LA PAIX", "69001 LYON"], delivery_zone="FR",
                vat_zone="FR_METRO", created_at=at,
            )
            for one in readers
        ],
    )  # fmt: skip
    recipients = many(
        Recipient,
        [
            Recipient(customer=who, name=who.full_name or who.email, address=where)
            for who, where in zip(customers, addresses, strict=True)
        ],
    )
    accounts = many(
        PayerAccount,
        [
            PayerAccount(
                owner_key=f"customer:{who.pk}", customer=who, stripe_customer=customer["id"],
                idempotency_key=f"import-{who.pk}", created_at=at,
            )
            for who, (customer, _method) in zip(customers, kept, strict=True)
        ],
    )  # fmt: skip
    saved = many(
        SavedMethod,
        [_saved(account, method, at=at) for account, (_customer, method) in zip(accounts, kept, strict=True)],
    )
    subscriptions = many(
        Subscription,
        [
            Subscription(
                number=subscriber_number(who.pk), magazine=offer.magazine, payer=who, holder=who, recipient=recipient,
                renewal=AUTOMATIC, offer=offer, saved_method=method, state="active", state_since=at, created_at=at,
                source=SOURCE, foreign_ref=f"A{who.pk}",
            )
            for who, recipient, method in zip(customers, recipients, saved, strict=True)
        ],
    )  # fmt: skip
    many(
        SubscriptionEvent,
        [
            SubscriptionEvent(subscription=one, from_state="", to_state="active", actor=str(IMPORT), at=at)
            for one in subscriptions
        ],
    )
    terms = many(
        Term,
        [
            Term(
                subscription=one, number=1, starts_on=begins + timedelta(days=day - 365),
                ends_on=begins + timedelta(days=day - 1), copies=offer.copies, amount=Decimal("27.60"),
                amount_ht=Decimal("27.03"), vat_zone="FR_METRO", vat_rate=VAT, created_at=at, source=SOURCE,
                foreign_ref=f"A{one.pk}",
            )
            for one, day in zip(subscriptions, days, strict=True)
        ],
    )  # fmt: skip
    copies: list[Entitlement] = []
    for term in terms:
        owed = [issue for issue in coming if issue.post_on <= term.ends_on][: offer.copies]
        served = offer.copies - len(owed)
        copies += [Entitlement(term=term, rank=rank + 1, value_ht=0, state="served") for rank in range(served)]
        copies += [
            Entitlement(term=term, rank=served + rank + 1, issue=issue, value_ht=0, state="owed")
            for rank, issue in enumerate(owed)
        ]
    copies = many(Entitlement, copies)
    moves = [("grant", copy) for copy in copies] + [("serve", copy) for copy in copies if copy.state == "served"]
    many(
        EntitlementMovement,
        [
            EntitlementMovement(entitlement=copy, kind=kind, actor=str(IMPORT), on=begins, at=at)
            for kind, copy in moves
        ],
    )


def _saved(account: PayerAccount, method: Obj, *, at: Any) -> SavedMethod:
    seen = method[method["type"]]
    return SavedMethod(
        payer_account=account, stripe_method=method["id"], kind=method["type"], brand=seen.get("brand", ""),
        last4=seen["last4"], exp_month=seen.get("exp_month"), exp_year=seen.get("exp_year"),
        fingerprint=seen["fingerprint"], mandate=method.get("_mandate", ""), created_at=at,
    )  # fmt: skip
