"""/v1/setup_intents: create (and confirm at once), confirm, cancel, change, read, list."""

from stripe._setup_intent_service import SetupIntentService

from payments.sandbox import methods, setting_up
from payments.sandbox.calls import Call, Route, described, with_metadata
from payments.sandbox.choosing import offered
from payments.sandbox.errors import invalid, malformed
from payments.sandbox.listing import page
from payments.sandbox.rendering import rendered
from payments.sandbox.resources.customers import living
from payments.sandbox.store import Obj

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(call: Call) -> Obj:
    """A new setup intent, tried at once with `confirm`."""
    customer = call.params.get("customer")
    if customer is not None:
        living(call, customer, param="customer", status=400)
    method = _method(call)
    if call.params.get("confirm") and method is None:
        raise malformed("You cannot confirm this SetupIntent because it's missing a payment method.")
    intent = setting_up.make(
        call.world,
        kinds=offered(call.params),
        customer=customer,
        given=call.params,
        usage=call.params.get("usage", "off_session"),
    )
    if method is not None:
        call.world.change(intent, payment_method=method["id"], status="requires_confirmation")
        if call.params.get("confirm"):
            _try(call, intent, method)
    return intent


def confirm(call: Call) -> Obj:
    """Try one that waits for it."""
    intent = _open(call, "confirm")
    method = _method(call)
    if method is None and intent.get("payment_method"):
        method = methods.resolve(call.world, intent["payment_method"])
    if method is None:
        raise invalid("You cannot confirm this SetupIntent because it's missing a payment method.")
    _try(call, intent, method)
    return intent


def cancel(call: Call) -> Obj:
    """End one that saved nothing."""
    intent = _open(call, "cancel")
    call.world.change(intent, status="canceled", cancellation_reason=call.params.get("cancellation_reason"))
    call.world.emit("setup_intent.canceled", intent)
    return intent


def update(call: Call) -> Obj:
    """Change description and metadata."""
    intent = call.world.need("setup_intent", call.ids[0])
    return call.world.change(intent, **described(call.params, ("description",)), **with_metadata(intent, call))


def retrieve(call: Call) -> Obj:
    """One setup intent."""
    return call.world.need("setup_intent", call.ids[0])


def listed(call: Call) -> Obj:
    """Setup intents, newest first, by customer or method."""
    method = call.params.get("payment_method")
    return page(
        call.path,
        call.world.store.newest("setup_intent", customer=call.params.get("customer")),
        call.params,
        only=lambda one: method is None or one.get("payment_method") == method,
    )


def _method(call: Call) -> Obj | None:
    if data := call.params.get("payment_method_data"):
        return methods.from_data(call.world, data, "payment_method_data")
    reference = call.params.get("payment_method")
    return methods.resolve(call.world, reference) if reference else None


def _try(call: Call, intent: Obj, method: Obj) -> None:
    given = call.params.get("mandate_data")
    setting_up.confirm(
        call.world,
        intent,
        method,
        acceptance=dict(given["customer_acceptance"]) if given else None,
        return_url=call.params.get("return_url"),
        origin=call.origin,
    )


def _open(call: Call, verb: str) -> Obj:
    intent = call.world.need("setup_intent", call.ids[0])
    session = call.world.store.get("checkout.session", intent.get("_session", ""))
    if session is not None and session["status"] == "open":
        raise invalid("You cannot confirm or cancel a SetupIntent of a Checkout Session. Expire the session instead.")
    if intent["status"] not in OPEN:
        raise invalid(
            f"You cannot {verb} this SetupIntent because it has a status of {intent['status']}.",
            code="setup_intent_unexpected_state",
            setup_intent=rendered(intent),
        )
    return intent


ROUTES = (
    Route(SetupIntentService, "create", create),
    Route(SetupIntentService, "confirm", confirm),
    Route(SetupIntentService, "cancel", cancel),
    Route(SetupIntentService, "update", update),
    Route(SetupIntentService, "retrieve", retrieve),
    Route(SetupIntentService, "list", listed),
)
