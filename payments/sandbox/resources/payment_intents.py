"""/v1/payment_intents: create (and confirm at once), confirm, cancel, change, read, list."""

from stripe._payment_intent_service import PaymentIntentService

from payments.sandbox import charging, intents, methods
from payments.sandbox.calls import Call, Route, described, with_metadata
from payments.sandbox.choosing import euros_only, offered
from payments.sandbox.errors import invalid, malformed
from payments.sandbox.listing import page
from payments.sandbox.rendering import rendered
from payments.sandbox.resources.customers import living
from payments.sandbox.store import Obj

CANCELABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
UPDATED = (*intents.COPIED, *intents.COPIED_TOO)


def create(call: Call) -> Obj:
    """A new intent; with `confirm` it is tried at once, and a decline leaves it behind all the same."""
    params = call.params
    if params.get("off_session") and not params.get("confirm"):
        raise malformed("You can only pass `off_session` when `confirm` is true.", param="off_session")
    if params.get("capture_method", "automatic_async") == "manual":
        raise malformed("The stand-in captures automatically only.", param="capture_method")
    customer = params.get("customer")
    if customer is not None:
        living(call, customer, param="customer", status=400)
    amount, currency = intents.payable(params["amount"]), euros_only(params["currency"])
    kinds = offered(params)
    method = _method(call, customer, kinds)
    if params.get("confirm") and method is None:
        raise malformed(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            param="payment_method",
            code="payment_intent_unexpected_state",
        )
    if params.get("confirm") and not params.get("off_session"):
        _need_return_url(call)
    automatic = {"automatic_payment_methods": {"allow_redirects": "always", "enabled": True}}
    intent = intents.make(
        call.world,
        amount=amount,
        currency=currency,
        kinds=kinds,
        customer=customer,
        given=params,
        payment_method_options=params.get("payment_method_options") or {},
        **({} if "allowed_payment_method_types" in params else automatic),
    )
    if method is not None:
        call.world.change(intent, payment_method=method["id"], status="requires_confirmation")
        if params.get("confirm"):
            _try(call, intent, method)
    return intent


def confirm(call: Call) -> Obj:
    """Try an intent that waits for it."""
    intent = _own(call)
    if intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
        raise _wrong_state(intent, "confirm")
    method = _method(call, intent.get("customer"), intent["payment_method_types"])
    if method is None and intent.get("payment_method"):
        method = methods.resolve(call.world, intent["payment_method"])
    if method is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=rendered(intent),
        )
    call.world.change(intent, **described(call.params, ("setup_future_usage", "receipt_email", "shipping")))
    _try(call, intent, method)
    return intent


def cancel(call: Call) -> Obj:
    """End an intent that took no money."""
    intent = _own(call)
    if intent["status"] not in CANCELABLE:
        raise _wrong_state(intent, "cancel")
    reason = call.params.get("cancellation_reason")
    call.world.change(
        intent, status="canceled", canceled_at=call.world.clock.now(), cancellation_reason=reason, next_action=None
    )
    call.world.emit("payment_intent.canceled", intent)
    return intent


def update(call: Call) -> Obj:
    """Change what is given, while nothing was taken."""
    intent = call.world.need("payment_intent", call.ids[0])
    changes = {**described(call.params, UPDATED), **with_metadata(intent, call)}
    if "amount" in call.params:
        if intent["status"] not in CANCELABLE:
            raise _wrong_state(intent, "update")
        changes["amount"] = intents.payable(call.params["amount"])
    if method := _method(call, intent.get("customer"), intent["payment_method_types"]):
        changes |= {"payment_method": method["id"], "status": "requires_confirmation"}
    return call.world.change(intent, **changes)


def retrieve(call: Call) -> Obj:
    """One intent."""
    return call.world.need("payment_intent", call.ids[0])


def listed(call: Call) -> Obj:
    """Intents, newest first, by customer if asked."""
    customer = call.params.get("customer")
    if customer is not None:
        call.world.need("customer", customer, param="customer", status=400)
    return page(call.path, call.world.store.newest("payment_intent", customer=customer), call.params)


def _try(call: Call, intent: Obj, method: Obj) -> None:
    off_session = bool(call.params.get("off_session"))
    acceptance = None
    if given := call.params.get("mandate_data"):
        acceptance = dict(given["customer_acceptance"])
    charging.confirm(
        call.world,
        intent,
        method,
        off_session=off_session,
        acceptance=acceptance,
        return_url=call.params.get("return_url"),
        origin=call.origin,
    )


def _method(call: Call, customer: str | None, kinds: list[str]) -> Obj | None:
    """The method the request names or describes, which must be of an offered kind and not another customer's."""
    if data := call.params.get("payment_method_data"):
        method = methods.from_data(call.world, data, "payment_method_data")
    elif reference := call.params.get("payment_method"):
        method = methods.resolve(call.world, reference)
    else:
        return None
    if method.get("customer") and method["customer"] != customer:
        raise invalid(
            f"The provided PaymentMethod {method['id']} belongs to the Customer {method['customer']}. Please include "
            "the Customer in the `customer` parameter on the PaymentIntent."
            if customer is None
            else f"The customer does not have a payment method with the ID {method['id']}. The payment method must be "
            "attached to the customer.",
            param="payment_method",
        )
    if method.get("_detached"):
        raise invalid(
            "The provided PaymentMethod was previously used without Customer attachment or was detached from a "
            "Customer, and may not be used again.",
            param="payment_method",
            code="payment_method_unactivated",
        )
    if method["type"] not in kinds:
        raise invalid(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent. Please attach a "
            f"PaymentMethod of one of the following types: {', '.join(kinds)}",
            param="payment_method",
        )
    return method


def _need_return_url(call: Call) -> None:
    automatic = call.params.get("automatic_payment_methods") or {}
    if "allowed_payment_method_types" in call.params or automatic.get("allow_redirects") == "never":
        return
    if "return_url" not in call.params:
        raise malformed(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
            "these payment methods might redirect your customer off of your page, you must provide a `return_url`.",
            param="return_url",
        )


def _own(call: Call) -> Obj:
    """An intent that may be moved by the API: not one that an open Checkout Session is working with."""
    intent = call.world.need("payment_intent", call.ids[0])
    session = call.world.store.get("checkout.session", intent.get("_session", ""))
    if session is not None and session["status"] == "open":
        raise invalid(
            "You cannot confirm or cancel a PaymentIntent of a Checkout Session. Expire the Checkout Session instead.",
            payment_intent=rendered(intent),
        )
    return intent


def _wrong_state(intent: Obj, verb: str) -> Exception:
    return invalid(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=rendered(intent),
    )


ROUTES = (
    Route(PaymentIntentService, "create", create),
    Route(PaymentIntentService, "confirm", confirm),
    Route(PaymentIntentService, "cancel", cancel),
    Route(PaymentIntentService, "update", update),
    Route(PaymentIntentService, "retrieve", retrieve),
    Route(PaymentIntentService, "list", listed),
)
