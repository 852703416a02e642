"""/v1/checkout/sessions: create in payment and setup mode, read, change, list, expire, and their lines."""

from typing import Any
from urllib.parse import urlsplit

from stripe.checkout._session_line_item_service import SessionLineItemService
from stripe.checkout._session_service import SessionService

from payments.sandbox import finishing, intents, lines, setting_up
from payments.sandbox.calls import Call, Route, merged_metadata, with_metadata
from payments.sandbox.choosing import euros_only, offered
from payments.sandbox.errors import invalid, malformed
from payments.sandbox.listing import page
from payments.sandbox.rendering import rendered
from payments.sandbox.resources.customers import living
from payments.sandbox.store import Obj

SHORTEST, LONGEST = 30 * 60, 24 * 3600
COPIED = (
    "cancel_url",
    "client_reference_id",
    "custom_text",
    "customer_email",
    "locale",
    "payment_method_options",
    "saved_payment_method_options",
    "submit_type",
    "success_url",
    "branding_settings",
)
# These would change the page or the total in ways the stand-in does not know: refused rather than passed over.
NOT_HONOURED = (
    "consent_collection",
    "custom_fields",
    "discounts",
    "optional_items",
    "phone_number_collection",
    "shipping_address_collection",
    "shipping_options",
    "subscription_data",
    "tax_id_collection",
)
FOR_PAYMENT_ONLY = ("payment_intent_data", "line_items", "submit_type", "invoice_creation", "optional_items")


def create(call: Call) -> Obj:
    """A hosted page waiting for the reader, open until it is paid, expired, or its time is over."""
    params, world = call.params, call.world
    mode = _checked_mode(params)
    _check_addresses(params)
    customer = params.get("customer")
    if customer is not None:
        living(call, customer, param="customer", status=400)
        for other in ("customer_email", "customer_creation"):
            if other in params:
                raise malformed(f"You may only specify one of these parameters: customer, {other}.", param=other)
    expires_at = _expiry(params, world.clock.now())
    fields: Obj = {name: params[name] for name in COPIED if name in params}
    kinds = offered(params)
    if mode == "payment":
        items = lines.items(params["line_items"])
        total = intents.payable(sum(item["amount_total"] for item in items), "line_items")
        fields |= {"amount_subtotal": total, "amount_total": total, "currency": items[0]["currency"], "_lines": items}
        fields["_given"] = params.get("payment_intent_data", {})
    else:
        fields |= {"amount_subtotal": None, "amount_total": None, "currency": params.get("currency")}
    session = world.new(
        "checkout.session",
        "cs_test_a1",
        56,
        allowed_payment_method_types=params.get("allowed_payment_method_types"),
        customer=customer,
        customer_creation=None if customer else params.get("customer_creation", "if_required"),
        customer_details=finishing.known_details(world, customer, params.get("customer_email")),
        excluded_payment_method_types=params.get("excluded_payment_method_types"),
        expires_at=expires_at,
        metadata=merged_metadata({}, params.get("metadata", {})),
        mode=mode,
        payment_method_types=kinds,
        payment_status="unpaid" if mode == "payment" else "no_payment_required",
        status="open",
        **fields,
    )
    if mode == "setup":
        intent = setting_up.make(
            world,
            kinds=kinds,
            customer=customer,
            given=params.get("setup_intent_data", {}),
            usage="off_session",
            _session=session["id"],
        )
        world.change(session, setup_intent=intent["id"])
    world.change(session, url=f"{call.origin}/c/pay/{session['id']}")
    world.at(expires_at, "expire_session", session["id"])
    return session


def retrieve(call: Call) -> Obj:
    """One session."""
    return call.world.need("checkout.session", call.ids[0])


def update(call: Call) -> Obj:
    """Change its metadata."""
    session = call.world.need("checkout.session", call.ids[0])
    return call.world.change(session, **with_metadata(session, call))


def listed(call: Call) -> Obj:
    """Sessions, newest first, by customer, intent or status."""
    params = call.params
    where = {"customer": params.get("customer"), "payment_intent": params.get("payment_intent")}
    status, email = params.get("status"), (params.get("customer_details") or {}).get("email")
    return page(
        call.path,
        call.world.store.newest("checkout.session", **where),
        params,
        only=lambda one: (
            (status is None or one["status"] == status)
            and (email is None or (one["customer_details"] or {}).get("email") == email)
        ),
    )


def expire(call: Call) -> Obj:
    """Close an open page before its time."""
    session = call.world.need("checkout.session", call.ids[0])
    if session["status"] != "open":
        raise invalid(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"{session['status']}.",
            param="session",
        )
    finishing.expire(call.world, session["id"])
    return session


def line_items(call: Call) -> Obj:
    """The lines of one session."""
    session = call.world.need("checkout.session", call.ids[0])
    return page(call.path, session.get("_lines", []), call.params)


def included(store_session: Obj, field: str) -> Any:
    """The lines, which Stripe shows only when expanded."""
    if field != "line_items":
        return None
    url = f"/v1/checkout/sessions/{store_session['id']}/line_items"
    data = [rendered(line) for line in store_session.get("_lines", [])]
    return {"object": "list", "data": data, "has_more": False, "url": url}


def _checked_mode(params: dict[str, Any]) -> str:
    for name in NOT_HONOURED:
        if name in params:
            raise malformed(f"The stand-in does not honour `{name}` on its page.", param=name)
    if params.get("billing_address_collection", "auto") != "auto":
        raise malformed("The stand-in's page asks for no address.", param="billing_address_collection")
    mode = params.get("mode")
    if mode is None:
        raise malformed("Missing required param: mode.", param="mode", code="parameter_missing")
    if mode == "subscription":
        raise malformed(
            "The stand-in knows payment and setup mode: the shop keeps its own subscriptions.", param="mode"
        )
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise malformed("The stand-in knows hosted pages only.", param="ui_mode")
    if mode == "setup":
        for name in FOR_PAYMENT_ONLY:
            if name in params:
                raise malformed(f"You can not pass `{name}` in `setup` mode.", param=name)
        if "currency" not in params and "allowed_payment_method_types" not in params:
            raise malformed("Missing required param: currency.", param="currency", code="parameter_missing")
    else:
        if not params.get("line_items"):
            raise malformed("Missing required param: line_items.", param="line_items", code="parameter_missing")
        if "setup_intent_data" in params:
            raise malformed("You can only pass `setup_intent_data` in `setup` mode.", param="setup_intent_data")
    if "currency" in params:
        euros_only(params["currency"])
    return str(mode)


def _check_addresses(params: dict[str, Any]) -> None:
    if "success_url" not in params:
        raise malformed("Missing required param: success_url.", param="success_url", code="parameter_missing")
    for name in ("success_url", "cancel_url"):
        if name in params and (
            urlsplit(params[name]).scheme not in ("http", "https") or not urlsplit(params[name]).netloc
        ):
            raise malformed("Not a valid URL", param=name, code="url_invalid")


def _expiry(params: dict[str, Any], now: int) -> int:
    expires_at = int(params.get("expires_at", now + LONGEST))
    if not now + SHORTEST <= expires_at <= now + LONGEST:
        raise malformed(
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return expires_at


ROUTES = (
    Route(SessionService, "create", create),
    Route(SessionService, "retrieve", retrieve),
    Route(SessionService, "update", update),
    Route(SessionService, "list", listed),
    Route(SessionService, "expire", expire),
    Route(SessionLineItemService, "list", line_items),
)
