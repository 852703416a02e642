"""/v1/customers: create, read, change, list, delete, and the payment methods kept with each."""

from typing import Any

from stripe._customer_payment_method_service import CustomerPaymentMethodService
from stripe._customer_service import CustomerService

from payments.sandbox import methods
from payments.sandbox.calls import Call, Route, described, with_metadata
from payments.sandbox.errors import invalid
from payments.sandbox.listing import page
from payments.sandbox.store import Obj

# What a create or update copies as it is; "" unsets.
COPIED = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt")


def create(call: Call) -> Obj:
    """A new customer; a payment method given with it is attached, so a refused card means no customer."""
    customer = call.world.new(
        "customer", "cus_", 14, invoice_prefix="STANDIN", **described(call.params, COPIED), **with_metadata({}, call)
    )
    if reference := call.params.get("payment_method"):
        try:
            methods.attach(call.world, methods.resolve(call.world, reference), customer["id"])
        except Exception:
            call.world.store.remove(customer)
            raise
    _default_method(call, customer)
    call.world.emit("customer.created", customer)
    return customer


def retrieve(call: Call) -> Obj:
    """The customer, or its tombstone once deleted."""
    return call.world.need("customer", call.ids[0])


def update(call: Call) -> Obj:
    """Change what is given."""
    customer = living(call, call.ids[0])
    changes: dict[str, Any] = {**described(call.params, COPIED), **with_metadata(customer, call)}
    previous = {name: customer.get(name) for name in changes}
    call.world.change(customer, **changes)
    if _default_method(call, customer):
        previous["invoice_settings"] = None
    call.world.emit("customer.updated", customer, previous=previous)
    return customer


def delete(call: Call) -> Obj:
    """Delete for good: the methods are detached, only a tombstone answers."""
    customer = living(call, call.ids[0])
    for method in list(call.world.store.newest("payment_method", customer=customer["id"])):
        methods.detach(call.world, method)
    call.world.emit("customer.deleted", customer)
    stone = {"id": customer["id"], "object": "customer", "deleted": True}
    call.world.store.save({**stone, "_seq": customer["_seq"], "_deleted": True})
    return stone


def listed(call: Call) -> Obj:
    """Customers, newest first, by e-mail if asked."""
    email = call.params.get("email")
    return page(
        call.path,
        call.world.store.newest("customer"),
        call.params,
        only=lambda one: not one.get("deleted") and (email is None or one.get("email") == email),
    )


def list_methods(call: Call) -> Obj:
    """The customer's saved methods."""
    living(call, call.ids[0])
    kind = call.params.get("type")
    return page(
        call.path,
        call.world.store.newest("payment_method", customer=call.ids[0]),
        call.params,
        only=lambda one: kind is None or one["type"] == kind,
    )


def retrieve_method(call: Call) -> Obj:
    """One saved method of this customer."""
    method = methods.resolve(call.world, call.ids[1], status=404)
    if method.get("customer") != call.ids[0]:
        raise invalid(f"No such PaymentMethod: '{call.ids[1]}'", code="resource_missing", param="payment_method")
    return method


def living(call: Call, reference: str, *, param: str = "id", status: int = 404) -> Obj:
    """The customer if not deleted, else Stripe's refusal."""
    customer = call.world.need("customer", reference, param=param, status=status)
    if customer.get("deleted"):
        raise invalid(f"No such customer: '{reference}'", param=param, code="resource_missing")
    return customer


def _default_method(call: Call, customer: Obj) -> bool:
    given = call.params.get("invoice_settings") or {}
    if "default_payment_method" not in given:
        return False
    reference = given["default_payment_method"] or None
    if reference and methods.resolve(call.world, reference).get("customer") != customer["id"]:
        raise invalid(
            f"The customer does not have a payment method with the ID {reference}.",
            param="invoice_settings[default_payment_method]",
            code="resource_missing",
        )
    settings = {"custom_fields": None, "footer": None, "rendering_options": None}
    call.world.change(customer, invoice_settings={**settings, "default_payment_method": reference})
    return True


ROUTES = (
    Route(CustomerService, "create", create),
    Route(CustomerService, "retrieve", retrieve),
    Route(CustomerService, "update", update),
    Route(CustomerService, "delete", delete),
    Route(CustomerService, "list", listed),
    Route(CustomerPaymentMethodService, "list", list_methods),
    Route(CustomerPaymentMethodService, "retrieve", retrieve_method),
)
