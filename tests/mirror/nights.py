"""Nights of the mirror, and what a Stripe account holds besides what our books know."""

from __future__ import annotations

import itertools
import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

import psycopg
import time_machine
from django.utils import timezone

from payments.actors import job
from payments.days import PARIS
from payments.looking_up import look_up
from payments.mirroring.running import mirror
from payments.models import DeskItem, MirrorDifference, MirrorRun, PayerAccount, Payment
from subscriptions.models import Offer
from tests.makers import READER, TODAY, make_wish, open_page, place_order
from tests.sandbox.buying import renewal_params, saved
from tests.sandbox.fixtures import RunningStandIn

CLOCK = job("stripe-mirror")
TOMORROW = TODAY + timedelta(days=1)
_NUMBERS = itertools.count(1)


def quarter_past_two(on: date = TOMORROW) -> datetime:
    """The instant of the night's mirror."""
    return datetime.combine(on, time(2, 15), tzinfo=PARIS)


def night(on: date = TOMORROW) -> list[MirrorRun]:
    """The mirror of one night, by the clock of everybody."""
    at = quarter_past_two(on)
    with time_machine.travel(at, tick=False):
        return mirror(actor=CLOCK, at=at)


def bought(till: RunningStandIn, *, heard: bool = True, **how: Any) -> Payment:
    """A reader's payment at the till; `heard`: the books know of it."""
    number = next(_NUMBERS)
    wish = make_wish(
        Offer.objects.get(renewal="automatic"), email=f"mirror{number}@example.fr", typed={"number": number}
    )
    payment = open_page(place_order(wish, token=uuid.uuid4(), at=timezone.now()), at=timezone.now())
    till.pay(payment.checkout_url, **how)
    return look_up(payment, actor=READER, at=timezone.now()) if heard else payment


def charge_by_hand(till: RunningStandIn, *, customer: str = "", **more: Any) -> Any:
    """A charge that the shop did not make: of another product's customer, or of a reader of ours. The intent."""
    client = till.client()
    owner, method = saved(client, "pm_card_visa")
    if customer:
        method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    return client.v1.payment_intents.create(renewal_params(customer or owner, method, **more))


def customer_of(payment: Payment) -> str:
    """The reader's customer at Stripe."""
    return str(PayerAccount.objects.get(pk=payment.payer_account_id).stripe_customer)


def as_superuser(superuser: psycopg.Connection[Any], statement: str, *given: Any) -> None:
    """What neither the application nor its owner may do to a row."""
    with superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        assert superuser.execute(statement, given).rowcount == 1


def found(run: MirrorRun) -> list[tuple[str, str]]:
    """What a run found: kind and subject."""
    return list(MirrorDifference.objects.filter(run=run).order_by("pk").values_list("kind", "subject"))


def on_the_desk() -> list[tuple[str, str]]:
    """The open matters of the mirror."""
    items = DeskItem.objects.filter(kind__startswith="mirror_", closed_at=None).order_by("pk")
    return list(items.values_list("kind", "subject"))
