"""Readers who buy without the pages: orders placed and settled by the domain, many at once, with their charges at Stripe.

For plans of thousands: what the pages do is proved by the readers who use them. From then on they live like the others, or
only let their subscription renew itself.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from payments import gateway
from payments.actors import job
from payments.models import PayerAccount, Payment
from payments.money import to_cents
from payments.sandbox import cards, charging, ibans, intents, methods
from payments.sandbox.store import Obj
from payments.sandbox.world import World
from payments.settling import News, apply
from shop.demo.people import AUTOMATIC, Person
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress
from subscriptions.models import LegalText, Offer
from subscriptions.offers.catalogue import read_shelf
from subscriptions.orders.placing import ConsentGiven, Wish, payment_of, place
from subscriptions.orders.quoting import quote
from tests.simulation.clock import paris
from tests.simulation.people import Reader
from tests.simulation.shop import Shop

Seen = TypeVar("Seen")
CLERK = job("import")
BATCH = 50
HOME = TypedAddress(
    title="MME", first_name="Camille", last_name="Lenoir", street="3 rue de la Paix", postcode="69001", town="Lyon",
    country="FR",
)  # fmt: skip


def come(shop: Shop, *, many: int, first: int, days: int, living: bool) -> None:
    """Write into the agenda when `many` of them come, within so many days; numbers from `first` on."""
    chance = shop.plan.chance("imported")
    arrivals = Counter(chance.randrange(days) for _one in range(many))
    for day, number in sorted(arrivals.items()):
        shop.agenda.add(
            paris(shop.plan.begins + timedelta(days=day), 9, 30),
            lambda first=first, number=number: _buy(shop, range(first, first + number), living=living),  # type: ignore[misc]
            who="readers",
            what=f"{number} come in bulk",
        )
        first += number


def _buy(shop: Shop, numbers: range, *, living: bool) -> None:
    if shop.till.down():
        shop.agenda.add(shop.clock.now + timedelta(hours=13), lambda: _buy(shop, numbers, living=living))
        return
    readers = [
        Reader(shop, Person(number, {"email": f"reader{number}@courriel.example"}, AUTOMATIC)) for number in numbers
    ]
    shelf, offer = read_shelf(shop.clock.today), Offer.objects.get(renewal=AUTOMATIC)
    terms = LegalText.objects.filter(code="cgv").latest("valid_from")
    quoted = quote(offer, country="FR", postcode="69001", buyer_kind="consumer", on=shop.clock.today, shelf=shelf)
    news: list[News] = []
    for reader in readers:
        shop.by_email[reader.email] = reader
        wish = Wish(
            quote=quoted, email=reader.email, title="MME", first_name=HOME.first_name, last_name=HOME.last_name,
            delivery=HOME, delivery_label=postal_label(HOME), typed={"email": reader.email}, disclosure={"source": "bulk"},
            expected_total=quoted.amount.amount,
            consents=[ConsentGiven("terms", True, "J’accepte les conditions générales de vente.", terms.pk)],
        )  # fmt: skip
        order = place(wish, form_token=uuid.uuid4(), actor=CLERK, at=shop.clock.now).order
        news.append(_paid(shop, payment_of(order), reader))
    for begin in range(0, len(news), BATCH):
        apply(news[begin : begin + BATCH], actor=CLERK, at=shop.clock.now)
    if living:
        shop.readers += readers
        for reader in readers:
            reader.begin_year()
    shop.timetable.stirred()


def _paid(shop: Shop, payment: Payment, reader: Reader) -> News:
    """The reader's money, taken at Stripe; what the shop would be told of it. A debit is settled at once."""
    world = shop.till.world
    with world.lock:
        customer = world.new("customer", "cus_", 14, email=reader.email, name="Camille Lenoir", metadata={})
        method = _method(world, reader)
        given = {
            "metadata": {"reference": payment.reference, "subject": payment.subject, "purpose": payment.purpose},
            "setup_future_usage": "off_session",
        }
        intent = intents.make(
            world, amount=to_cents(payment.amount), currency="eur", kinds=[method["type"]], customer=customer["id"],
            given=given,
        )  # fmt: skip
        charging.confirm(world, intent, method, acceptance=charging.ONLINE if reader.means.iban else None)
        if intent["status"] == "processing":
            world.run_now("settle_debit", intent["id"])
    PayerAccount.objects.filter(pk=payment.payer_account_id).update(stripe_customer=customer["id"])
    Payment.objects.filter(pk=payment.pk).update(called_at=shop.clock.now)
    seen = _asked(lambda: gateway.fetch_intent(intent["id"]))
    kept = _asked(lambda: gateway.fetch_method(method["id"]))
    return News(payment.pk, seen.outcome, intent=seen, method=kept, closed=True)


def _asked(ask: Callable[[], Seen]) -> Seen:
    """The clerk asks again where Stripe is silent."""
    for _try in range(20):
        try:
            return ask()
        except gateway.Unknown:
            continue
    return ask()


def _method(world: World, reader: Reader) -> Obj:
    details = {"name": "Camille Lenoir", "email": reader.email}
    if reader.means.iban:
        return methods.make_account(world, ibans.ACCOUNTS[reader.means.number], details=details)
    # One that asks the bank was asked when it was kept.
    card = cards.CARDS[reader.means.number]
    card = card if card.authentication == "never" else cards.CARDS["4242424242424242"]
    return methods.make_card(world, card, expiry=(12, 2049), details=details)
