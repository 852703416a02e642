"""/v1/refunds: create, read, change, list, cancel; a refund may wait, and may fail after it succeeded."""

from stripe._refund_service import RefundService

from payments.sandbox import refunding
from payments.sandbox.calls import Call, Route, with_metadata
from payments.sandbox.errors import invalid, malformed
from payments.sandbox.listing import page
from payments.sandbox.store import Obj


def create(call: Call) -> Obj:
    """Give back all or part of a charge."""
    charge = _charge(call)
    return refunding.refund(call.world, charge, amount=call.params.get("amount"), given=call.params)


def retrieve(call: Call) -> Obj:
    """One refund."""
    return call.world.need("refund", call.ids[0])


def update(call: Call) -> Obj:
    """Change its metadata."""
    refund = call.world.need("refund", call.ids[0])
    call.world.emit("refund.updated", call.world.change(refund, **with_metadata(refund, call)))
    return refund


def cancel(call: Call) -> Obj:
    """Only refunds that wait for the reader could be cancelled; the stand-in makes none."""
    refund = call.world.need("refund", call.ids[0])
    raise invalid(f"You cannot cancel this refund because it has a status of {refund['status']}.", param="refund")


def listed(call: Call) -> Obj:
    """Refunds, newest first, by charge or intent."""
    where = {"charge": call.params.get("charge"), "payment_intent": call.params.get("payment_intent")}
    return page(call.path, call.world.store.newest("refund", **where), call.params)


def _charge(call: Call) -> Obj:
    params, world = call.params, call.world
    if "charge" in params:
        return world.need("charge", params["charge"], param="charge", status=400)
    if "payment_intent" not in params:
        raise malformed(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    intent = world.need("payment_intent", params["payment_intent"], param="payment_intent", status=400)
    if not intent.get("latest_charge"):
        raise invalid(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return world.need("charge", intent["latest_charge"])


ROUTES = (
    Route(RefundService, "create", create),
    Route(RefundService, "retrieve", retrieve),
    Route(RefundService, "update", update),
    Route(RefundService, "cancel", cancel),
    Route(RefundService, "list", listed),
)
