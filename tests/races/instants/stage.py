"""The stage of a round: readers by the handful, in bulk, whose cards the till in this process really keeps."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import stripe

from payments.models import PayerAccount, SavedMethod
from payments.sandbox.application import StandIn
from payments.sandbox.inprocess import InProcessClient
from payments.sandbox.settings import Settings
from payments.sandbox.wire import Request
from subscriptions.models import Renewal
from tests.bench.renewing import readers
from tests.races.instants.conducting import Conductor
from tests.sandbox.driver import KEY, SECRET

GOOD, REFUSED = "4242424242424242", "4000000000000341"
PLUG = "tests.races.instants.stage.Plug"
_ROUNDS = itertools.count(1)
_ORIGIN = "https://api.stripe.com"
TILL = StandIn(Settings(key=KEY, webhook_secret=SECRET), background=False)


class Plug(InProcessClient):
    """The door to the till in this process; each of the worker's requests is an instant, before it and behind it."""

    def __init__(self) -> None:
        super().__init__(TILL)

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **more: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        conductor = Conductor.now
        if conductor is not None:
            conductor.tick()
        answer = super().request(method, url, headers, post_data, **more)
        if conductor is not None:
            conductor.tick()
        return answer


@dataclass(frozen=True)
class Charge:
    """A charge of the till's own list: what it took, and what of it went back."""

    subject: str
    method: str
    amount: int
    refunded: int


def reset_till(at: datetime) -> None:
    """A till without a past, whose clock stands still at that instant."""
    world = TILL.world
    with world.lock:
        world.forget()
        TILL.api.requests.clear()
        world.clock.freeze()
        world.travel(int(at.timestamp()))


def _card() -> dict[str, Any]:
    """What the till keeps of a good card that was attached to somebody, to be given to many at once."""
    client = stripe.StripeClient(KEY, max_network_retries=0, http_client=InProcessClient(TILL))
    somebody = client.v1.customers.create({}).id
    kept = client.v1.payment_methods.attach("pm_card_visa", {"customer": somebody}).id
    with TILL.world.lock:
        return {name: value for name, value in TILL.world.need("payment_method", kept).items() if name != "_seq"}


def due_renewals(count: int, *, refused: Sequence[int] = ()) -> list[Renewal]:
    """So many readers whose renewal is due today; the cards of those in `refused` are refused whenever charged."""
    model = _card()
    prefix = _letters(next(_ROUNDS)) + "-"
    readers(count, prefix=prefix)
    accounts = list(PayerAccount.objects.filter(owner_key__startswith=f"{prefix}:").order_by("pk"))
    methods = list(SavedMethod.objects.filter(payer_account__in=accounts).order_by("pk"))
    world = TILL.world
    with world.lock:
        for place, (account, method) in enumerate(zip(accounts, methods, strict=True)):
            account.stripe_customer = world.new("customer", "cus_", 14, metadata={}, email=None, name=None)["id"]
            kept = world.store.add(
                {**model, "id": f"pm_{account.stripe_customer}", "customer": account.stripe_customer}
            )
            method.stripe_method = kept["id"]
            if place in refused:
                world.change(kept, _number=REFUSED)
    PayerAccount.objects.bulk_update(accounts, ["stripe_customer"])
    SavedMethod.objects.bulk_update(methods, ["stripe_method"])
    mine = Renewal.objects.filter(subscription__saved_method__in=methods)
    return list(mine.select_related("subscription__payer", "subscription__recipient").order_by("pk"))


def charges() -> list[Charge]:
    """What the till really took for terms, from its own list."""
    world = TILL.world
    with world.lock:
        return [
            Charge(one["metadata"]["subject"], one["payment_method"], one["amount"], one.get("amount_refunded", 0))
            for one in world.store.all("charge")
            if one["status"] == "succeeded" and one["metadata"].get("purpose") == "renewal"
        ]


def fill_in(url: str) -> bool:
    """The hosted page at `url`, filled in with a good card; whether the till sent the reader back."""
    path = url.removeprefix(_ORIGIN)
    form = "moyen=carte&nom=Camille+Lenoir&email=c%40example.fr&numero=4242+4242+4242+4242&expiration=12%2F40&cvc=123"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    while True:
        answer = TILL.answer(Request("POST" if form else "GET", path, "", headers, form, _ORIGIN))
        where = answer.headers.get("Location", "")
        if not where.startswith(("/c/", f"{_ORIGIN}/c/")):
            return answer.status == 303
        path, form = where.removeprefix(_ORIGIN), ""


def _letters(number: int) -> str:
    alphabet, text = "abcdefghijklmnopqrstuvwxyz", ""
    while number:
        number, digit = divmod(number, 26)
        text += alphabet[digit]
    return text
