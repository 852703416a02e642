"""The till's side of a renewal: readers whose card or IBAN is really kept by the stand-in, and the hour of their charge."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from payments.actors import job
from payments.allowance import Unlimited
from payments.collecting import Collected
from payments.looking_up import look_up
from payments.models import Payment
from shop.watch.audit import breaches
from subscriptions.models import Magazine, Offer, Renewal, Subscription
from subscriptions.renewals.charging import charge_due
from subscriptions.renewals.falling_due import fall_due
from tests.makers import NOW, make_magazine, make_offers, make_wish, open_page, place_order
from tests.renewals.people import announced
from tests.sandbox.fixtures import RunningStandIn

#: Term 1 of whoever orders on 23 November 2026 ends on 22 November 2027.
R = date(2027, 11, 23)
CLOCK = job("renewal-charge")
_NUMBERS = itertools.count(1)


def ten(on: date = R, *, minutes: int = 0) -> datetime:
    """Ten o'clock in Paris on a winter's day, and some minutes."""
    return datetime(on.year, on.month, on.day, 9, 0, tzinfo=UTC) + timedelta(minutes=minutes)


def reader(till: RunningStandIn, *, card: str = "", iban: str | None = None, email: str = "") -> Subscription:
    """Somebody who bought on 23 November 2026 with Visa 4242 or an IBAN, which from now on behaves as `card`."""
    if not Magazine.objects.exists():
        make_offers(make_magazine())
    number = next(_NUMBERS)
    till.set_clock(int(NOW.timestamp()), frozen=True)
    wish = make_wish(
        Offer.objects.get(renewal="automatic"), email=email or f"reader{number}@example.fr", typed={"number": number}
    )
    order = place_order(wish, token=uuid.uuid4())
    payment = open_page(order)
    till.pay(payment.checkout_url, iban=iban)
    if iban:
        look_up(payment, actor=CLOCK, at=NOW)
        till.settle()
    look_up(payment, actor=CLOCK, at=NOW)
    subscription = Subscription.objects.get(terms__order=order)
    assert subscription.saved_method is not None
    if card:
        till.card_becomes(subscription.saved_method.stripe_method, card)
    return subscription


def planned(subscription: Subscription, *, on: date = R, **changes: Any) -> Renewal:
    """Its renewal, announced for R with both notices proved."""
    return announced(subscription, renews_on=on, **changes)


def ready(till: RunningStandIn, **how: Any) -> Renewal:
    """One reader whose renewal is due, at ten o'clock on R; the till's clock stands there too."""
    plan = planned(reader(till, **how))
    at_ten(till)
    return plan


def at_ten(till: RunningStandIn, on: date = R) -> None:
    """R has come: what was announced is due, and the till's clock stands at ten."""
    till.set_clock(int(ten(on).timestamp()), frozen=True)
    fall_due(on=on, at=ten(on), actor=CLOCK)


def charge(at: datetime | None = None, **options: Any) -> Collected:
    """One round of the charging job."""
    instant = at or ten()
    given: dict[str, Any] = {"allowance": Unlimited(), "actor": CLOCK, "threads": 4, "now": lambda: instant}
    return charge_due(at=instant, **(given | options))


def taken(till: RunningStandIn) -> list[str]:
    """The subjects of the charges for terms that really took money, as the till counted them."""
    return [one["metadata"]["subject"] for one in till.charges() if one["metadata"].get("purpose") == "renewal"]


def paid_here() -> list[str]:
    """The same as our books say."""
    payments = Payment.objects.filter(purpose="renewal", state="succeeded").order_by("pk")
    return list(payments.values_list("subject", flat=True))


def steps(renewal: Renewal) -> Sequence[str]:
    """The states a renewal has gone through."""
    return list(renewal.events.values_list("to_state", flat=True))


def wrong(at: datetime) -> list[tuple[str, str, str]]:
    """What the audit finds, but for letters that are due and nights: no post office and no mirror run in these stories."""
    return [found for found in breaches(at) if found[0] not in ("TOLD", "MIRROR")]
