"""Disputes as the shop asks about them: read, answered with evidence, or accepted (https://docs.stripe.com/disputes/api).

An answer is final once it was submitted. The limits are those of the API reference: 20,000 characters a text, 150,000 all of
them; since 2026-09-30 also the pages that text and files make together.
"""

import math
from typing import Any

from stripe._dispute_service import DisputeService

from payments.sandbox import disputing
from payments.sandbox.calls import Call, Route, with_metadata
from payments.sandbox.errors import invalid, malformed
from payments.sandbox.listing import page
from payments.sandbox.resources.files import PURPOSE
from payments.sandbox.store import Obj

LONG_TEXTS = frozenset(
    {
        "access_activity_log",
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "duplicate_charge_explanation",
        "product_description",
        "refund_policy_disclosure",
        "refund_refusal_explanation",
        "uncategorized_text",
    }
)
FILES = frozenset(
    {
        "cancellation_policy",
        "customer_communication",
        "customer_signature",
        "duplicate_charge_documentation",
        "receipt",
        "refund_policy",
        "service_documentation",
        "shipping_documentation",
        "uncategorized_file",
    }
)
LONGEST, LONGEST_OF_ALL = 20_000, 150_000
#: Stripe does not say how it estimates; networks take from nineteen to fifty pages.
PAGES, A_PAGE = 50, 3_000


def listed(call: Call) -> Obj:
    """Disputes, newest first."""
    where = {"charge": call.params.get("charge"), "payment_intent": call.params.get("payment_intent")}
    return page(call.path, call.world.store.newest("dispute", **where), call.params)


def retrieve(call: Call) -> Obj:
    """One dispute."""
    return call.world.need("dispute", call.ids[0])


def update(call: Call) -> Obj:
    """Stage evidence, or submit it: `submit` is true unless something else is said. Metadata may be changed at any time."""
    made = call.world.need("dispute", call.ids[0])
    given, submit = call.params.get("evidence"), call.params.get("submit", True)
    metadata = with_metadata(made, call)
    if given is None:
        return call.world.change(made, **metadata)
    if made["status"] not in disputing.AWAITING:
        raise invalid(
            "This dispute is already closed or its evidence was already submitted.", code="dispute_already_submitted"
        )
    evidence = {**made["evidence"], **{name: value or None for name, value in given.items()}}
    _check(call, evidence)
    call.world.change(made, evidence=evidence, **metadata)
    return disputing.answer(call.world, made, submit=submit)


def close(call: Call) -> Obj:
    """The holder is right: the dispute is lost."""
    made = call.world.need("dispute", call.ids[0])
    if made["status"] not in disputing.AWAITING:
        raise invalid("This dispute is already closed.", code="dispute_already_closed")
    return disputing.close(call.world, made["id"], won=False)


def _check(call: Call, evidence: Obj) -> None:
    pages, letters = 0, 0
    for name, value in evidence.items():
        if value is None:
            continue
        if name in FILES:
            file = call.world.need("file", value, param=f"evidence[{name}]", status=400)
            if file["purpose"] != PURPOSE:
                raise invalid("The file was uploaded for another purpose.", param=f"evidence[{name}]")
            pages += file["_pages"]
        elif isinstance(value, str):
            letters += len(value)
            if name in LONG_TEXTS and len(value) > LONGEST:
                raise malformed(f"Invalid string: at most {LONGEST} characters.", param=f"evidence[{name}]")
    if letters > LONGEST_OF_ALL:
        raise malformed(f"The evidence has more than {LONGEST_OF_ALL} characters.", param="evidence")
    if pages + math.ceil(letters / A_PAGE) > PAGES:
        raise invalid(
            "The evidence exceeds the page limit of the network.",
            param="evidence",
            code="dispute_evidence_page_limit_exceeded",
        )


ROUTES: tuple[Any, ...] = (
    Route(DisputeService, "list", listed),
    Route(DisputeService, "retrieve", retrieve),
    Route(DisputeService, "update", update),
    Route(DisputeService, "close", close),
)
