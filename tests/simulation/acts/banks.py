"""What banks do: a kept card is refused, wants its holder, recovers; a debit comes back; a charge is disputed."""

from __future__ import annotations

from datetime import timedelta

from payments.models import Payment
from payments.sandbox.disputing import close, dispute
from payments.sandbox.errors import ApiError
from tests.simulation.people import Reader
from tests.simulation.registry import act, anytime, before_renewal
from tests.simulation.shop import Shop, Story

#: What a kept card may turn into: each of Stripe's refusals, the bank that wants its holder, and a card that works again.
BAD = (
    "4000000000000002", "4000000000009995", "4000000000009987", "4000000000009979", "4000000000000069",
    "4000000000000127", "4000000000000119", "4000000000006975", "4100000000000019", "4000000000000341",
    "4000002760003184", "4000008260003178", "4000002500003155",
)  # fmt: skip
GOOD = "4242424242424242"
RETURNED = "FR8420041010050500013M02607"
PAYS = "FR1420041010050500013M02606"


@act("the card goes bad", weight=0.3, when=before_renewal(70, 0.2))
def card_goes_bad(shop: Shop, reader: Reader) -> Story:
    """Before the charge; one in three works again some days later."""
    kept = reader.living().saved_method
    if kept is None:
        return
    bad, good = (RETURNED, PAYS) if kept.kind == "sepa_debit" else (reader.chance.choice(BAD), GOOD)
    if shop.till.knows(kept.stripe_method):
        shop.till.becomes(kept.stripe_method, bad)
    if reader.chance.random() < 0.33:
        yield shop.clock.now + timedelta(days=reader.chance.uniform(1, 80))
        if shop.till.knows(kept.stripe_method):
            shop.till.becomes(kept.stripe_method, good)


@act("disputes a charge", weight=0.03, when=anytime)
def disputes(shop: Shop, reader: Reader) -> Story:
    """The last one, at the bank; weeks later the bank decides."""
    payment = (
        Payment.objects.filter(customer__email=reader.email, state="succeeded", surplus=False, refunds=None)
        .exclude(stripe_charge=None)
        .order_by("-pk")
        .first()
    )
    if payment is None or payment.stripe_charge is None:
        return
    with shop.till.world.lock:
        try:
            opened = dispute(shop.till.world, payment.stripe_charge)
        except ApiError:
            return
    yield shop.clock.now + timedelta(days=reader.chance.uniform(15, 75))
    with shop.till.world.lock:
        close(shop.till.world, opened["id"], won=reader.chance.random() < 0.5)
