"""Every address of the API the stand-in answers, in one table built from the resources' own."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from payments.sandbox import charges, charging, finishing, movements, paying_out, refunding
from payments.sandbox.calls import Call, Route
from payments.sandbox.endpoints import Endpoint, endpoint
from payments.sandbox.errors import unrecognized_url
from payments.sandbox.resources import (
    customers,
    disputes,
    files,
    payment_intents,
    payment_methods,
    records,
    refunds,
    sessions,
    setup_intents,
)
from payments.sandbox.store import Obj
from payments.sandbox.world import World

ROUTES: tuple[Route, ...] = (
    *customers.ROUTES,
    *payment_methods.ROUTES,
    *payment_intents.ROUTES,
    *setup_intents.ROUTES,
    *sessions.ROUTES,
    *refunds.ROUTES,
    *disputes.ROUTES,
    *files.ROUTES,
    *records.ROUTES,
)
# What planned jobs do when their time comes.
DOINGS: dict[str, Callable[[World, str], None]] = {
    "settle_debit": charging.settle_debit,
    "price": charges.price,
    "make_available": movements.make_available,
    "expire_session": finishing.expire,
    "settle_refund": refunding.settle,
    "fail_refund": refunding.fail,
    "pay_out": paying_out.every_day,
    "payout_arrives": paying_out.arrive,
    "payout_reconciled": paying_out.reconciled,
}


@dataclass(frozen=True)
class Match:
    """A route found for a request."""

    endpoint: Endpoint
    answer: Callable[[Call], Obj]
    ids: tuple[str, ...]


@cache
def table() -> tuple[tuple[Endpoint, Callable[[Call], Obj]], ...]:
    """Endpoints with their answers."""
    return tuple((endpoint(route.service, route.verb), route.answer) for route in ROUTES)


def match(method: str, path: str) -> Match:
    """The route of a request. Raises 404 for an address the stand-in does not answer."""
    for known, answer in table():
        if known.method == method and (found := known.pattern.match(path)):
            return Match(known, answer, found.groups())
    raise unrecognized_url(method, path)


def included(world: World) -> Callable[[Obj, str], Any]:
    """A function giving the fields of a rendered object that Stripe shows only when they are expanded."""

    def field_of(shown: Obj, field: str) -> Any:
        if shown.get("object") != "checkout.session":
            return None
        return sessions.included(world.need("checkout.session", shown["id"]), field)

    return field_of
