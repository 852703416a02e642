"""/v1/payment_methods: create from a test token or IBAN, read, list, attach, detach, change."""

from stripe._payment_method_service import PaymentMethodService

from payments.sandbox import methods
from payments.sandbox.calls import Call, Route, with_metadata
from payments.sandbox.errors import invalid, malformed
from payments.sandbox.listing import page
from payments.sandbox.resources.customers import living
from payments.sandbox.store import Obj


def create(call: Call) -> Obj:
    """A method that belongs to nobody yet."""
    if "type" not in call.params:
        raise malformed("Missing required param: type.", param="type", code="parameter_missing")
    method = methods.from_data(call.world, call.params, "payment_method")
    return call.world.change(method, **with_metadata(method, call))


def retrieve(call: Call) -> Obj:
    """One method."""
    return methods.resolve(call.world, call.ids[0], status=404)


def update(call: Call) -> Obj:
    """Change the holder's details, the printed expiry, or metadata."""
    method = methods.resolve(call.world, call.ids[0], status=404)
    changes = with_metadata(method, call)
    if details := call.params.get("billing_details"):
        changes["billing_details"] = {**method["billing_details"], **details}
    if printed := call.params.get("card"):
        changes["card"] = {
            **method["card"],
            **{name: printed[name] for name in ("exp_month", "exp_year") if name in printed},
        }
    previous = {name: method.get(name) for name in changes}
    call.world.emit("payment_method.updated", call.world.change(method, **changes), previous=previous)
    return method


def listed(call: Call) -> Obj:
    """A customer's methods, newest first."""
    kind, customer = call.params.get("type"), call.params.get("customer")
    if customer is not None:
        living(call, customer, param="customer", status=400)
    return page(
        call.path,
        call.world.store.newest("payment_method", customer=customer),
        call.params,
        only=lambda one: bool(one.get("customer")) and (kind is None or one["type"] == kind),
    )


def attach(call: Call) -> Obj:
    """Save the method with a customer."""
    if "customer" not in call.params:
        raise malformed("Missing required param: customer.", param="customer", code="parameter_missing")
    customer = living(call, call.params["customer"], param="customer", status=400)
    method = methods.resolve(call.world, call.ids[0], status=404)
    methods.attach(call.world, method, customer["id"])
    return method


def detach(call: Call) -> Obj:
    """Take it from its customer, for good."""
    method = methods.resolve(call.world, call.ids[0], status=404)
    if not method.get("customer"):
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            param="payment_method",
        )
    methods.detach(call.world, method)
    return method


ROUTES = (
    Route(PaymentMethodService, "create", create),
    Route(PaymentMethodService, "retrieve", retrieve),
    Route(PaymentMethodService, "update", update),
    Route(PaymentMethodService, "list", listed),
    Route(PaymentMethodService, "attach", attach),
    Route(PaymentMethodService, "detach", detach),
)
