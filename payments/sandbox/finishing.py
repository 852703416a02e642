"""What the hosted page does to its session: try to pay or save, finish, expire."""

from payments.sandbox import charging, intents, methods, setting_up
from payments.sandbox.store import Obj
from payments.sandbox.world import World


def known_details(world: World, customer: str | None, email: str | None) -> Obj | None:
    """What is known of the buyer before the page is filled in."""
    if customer is not None and (kept := world.store.get("customer", customer)):
        email = kept.get("email") or email
    if email is None:
        return None
    return _details(email=email, name=None)


def submit(world: World, session: Obj, method: Obj, origin: str) -> Obj:
    """Try the method the reader gave; the session is complete afterwards unless the intent asks to authenticate.

    Returns the intent. Raises 402 when refused: the session stays open and the reader may try another.
    """
    details = method["billing_details"]
    world.change(session, customer_details=_details(email=details["email"], name=details["name"]))
    customer = session.get("customer") or _customer(world, session)
    acceptance = charging.ONLINE if method["type"] == "sepa_debit" else None
    back = f"{origin}/c/pay/{session['id']}"
    if session["mode"] == "setup":
        intent = world.need("setup_intent", session["setup_intent"])
        world.change(intent, customer=customer)
        setting_up.confirm(world, intent, method, acceptance=acceptance, return_url=back, origin=origin)
    else:
        intent = _intent(world, session, customer)
        charging.confirm(world, intent, method, acceptance=acceptance, return_url=back, origin=origin)
    finish(world, session, intent)
    return intent


def finish(world: World, session: Obj, intent: Obj) -> None:
    """Complete an open session whose intent went through (a SEPA debit still in processing completes it unpaid)."""
    if session["status"] != "open" or intent["status"] not in ("succeeded", "processing"):
        return
    changes: Obj = {"status": "complete", "url": None, "customer": intent.get("customer")}
    if session["mode"] == "payment":
        changes["payment_intent"] = intent["id"]
        changes["payment_status"] = "paid" if intent["status"] == "succeeded" else "unpaid"
    world.change(session, **changes)
    world.emit("checkout.session.completed", session)


def expire(world: World, reference: str) -> None:
    """Close a page that is still open, with the intent that was tried on it."""
    session = world.need("checkout.session", reference)
    if session["status"] != "open":
        return
    world.change(session, status="expired", url=None)
    for kind, field in (("payment_intent", "_intent"), ("setup_intent", "setup_intent")):
        intent = world.store.get(kind, session.get(field) or "")
        if intent is not None and intent["status"] not in ("succeeded", "canceled"):
            stamp = {"canceled_at": world.clock.now()} if kind == "payment_intent" else {}
            world.change(intent, status="canceled", cancellation_reason="abandoned", next_action=None, **stamp)
            world.emit(f"{kind}.canceled", intent)
    world.emit("checkout.session.expired", session)


def session_of(world: World, intent: Obj) -> Obj | None:
    """The session an intent works for."""
    return world.store.get("checkout.session", intent.get("_session", ""))


def return_address(session: Obj) -> str:
    """Where the reader goes after success."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def failure_of(intent: Obj) -> Obj | None:
    """Why the last try failed, as Stripe tells it."""
    return intent.get("last_payment_error") or intent.get("last_setup_error")


def _intent(world: World, session: Obj, customer: str | None) -> Obj:
    kept = world.store.get("payment_intent", session.get("_intent", ""))
    if kept is not None:
        return kept
    intent = intents.make(
        world,
        amount=session["amount_total"],
        currency=session["currency"],
        kinds=session["payment_method_types"],
        customer=customer,
        given=session["_given"],
        payment_method_options=session.get("payment_method_options") or {},
        _session=session["id"],
    )
    world.change(session, _intent=intent["id"])
    return intent


def _customer(world: World, session: Obj) -> str | None:
    """A customer of the reader's own when one must be made: asked for, or needed to save the method."""
    saves = bool(session.get("_given", {}).get("setup_future_usage"))
    if session["customer_creation"] != "always" and not saves:
        return None
    if kept := session.get("_customer"):
        return str(kept)
    details = session["customer_details"]
    customer = world.new("customer", "cus_", 14, email=details["email"], name=details["name"], metadata={})
    world.emit("customer.created", customer)
    world.change(session, _customer=customer["id"])
    return str(customer["id"])


def _details(*, email: str | None, name: str | None) -> Obj:
    return {
        "address": methods.NO_DETAILS["address"],
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
