"""How a payment intent moves: confirmed, authenticated, settled or refused, with the charge each try leaves behind.

One module owns the states of payment intents. Card: `requires_payment_method → (requires_action →) succeeded`, back to
`requires_payment_method` on a refusal. SEPA debit: `processing`, then `succeeded` or back. Events are told after the
objects are in their new state, as Stripe does.
"""

from payments.sandbox import cards, ibans, methods
from payments.sandbox.charges import new_charge, outcome_of
from payments.sandbox.clock import add_business_days
from payments.sandbox.declines import AUTHENTICATION_MESSAGE, DECLINES, Decline, error, refused
from payments.sandbox.errors import invalid
from payments.sandbox.rendering import rendered
from payments.sandbox.store import Obj
from payments.sandbox.world import World

SEPA_BUSINESS_DAYS = 5
SLOW_SECONDS = 180
ONLINE: Obj = {"online": {"ip_address": "127.0.0.1", "user_agent": "stand-in"}, "type": "online"}
OFFLINE: Obj = {"offline": {}, "type": "offline"}


def confirm(
    world: World,
    intent: Obj,
    method: Obj,
    *,
    off_session: bool = False,
    acceptance: Obj | None = None,
    return_url: str | None = None,
    origin: str = "",
) -> None:
    """Try to take the money. Raises the 402 of a decline after leaving its charge and its state behind.

    `acceptance` is the reader's SEPA mandate; `return_url` where an authentication comes back to, under `origin`.
    """
    world.change(intent, payment_method=method["id"], last_payment_error=None, next_action=None)
    if method["type"] == "sepa_debit":
        _debit(world, intent, method, acceptance)
        return
    card = cards.CARDS[method["_number"]]
    if methods.is_expired(world, method):
        _decline(world, intent, method, DECLINES["expired_card"])
    if _must_authenticate(card, method, off_session=off_session):
        if off_session:
            _decline(world, intent, method, DECLINES["authentication_required"])
        _ask_authentication(world, intent, return_url, origin)
        return
    if card.decline is not None:
        _decline(world, intent, method, DECLINES[card.decline])
    if card.fails_after is not None:
        _decline(world, intent, method, DECLINES[card.fails_after])
    _succeed(world, intent, method)


def authenticated(world: World, intent: Obj, *, granted: bool) -> None:
    """What the reader told the bank. Raises 402 when the bank refuses although the reader agreed."""
    method = world.need("payment_method", intent["payment_method"])
    card = cards.CARDS[method["_number"]]
    world.change(intent, next_action=None)
    if not granted or card.authentication_error:
        code = "payment_intent_authentication_failure"
        failure: Obj = {"code": code, "message": AUTHENTICATION_MESSAGE, "type": "invalid_request_error"}
        _fail(world, intent, method, failure)
        return
    if card.fails_after is not None:
        _decline(world, intent, method, DECLINES[card.fails_after])
    if intent.get("setup_future_usage") == "off_session":
        world.change(method, _set_up=True)
    _succeed(world, intent, method)


def settle_debit(world: World, reference: str) -> None:
    """The bank's answer to a SEPA debit: paid, or returned as its test account says."""
    intent = world.need("payment_intent", reference)
    if intent["status"] != "processing":
        return
    method = world.need("payment_method", intent["payment_method"])
    charge = world.need("charge", intent["latest_charge"])
    failure = intent.pop("_failure", None) or ibans.ACCOUNTS[method["_iban"]].failure
    if failure is not None:
        outcome = outcome_of("declined_by_network", "issuer_declined", failure)
        world.change(charge, status="failed", paid=False, captured=False, failure_code=failure, outcome=outcome)
        world.change(charge, failure_message=ibans.FAILURES[failure])
        world.emit("charge.failed", charge)
        told = {"charge": charge["id"], "code": failure, "message": ibans.FAILURES[failure], "type": "card_error"}
        _fail(world, intent, method, told)
        return
    world.change(charge, status="succeeded", paid=True, amount_captured=charge["amount"])
    world.emit("charge.succeeded", charge)
    _received(world, intent, charge)


def _must_authenticate(card: cards.Card, method: Obj, *, off_session: bool) -> bool:
    if card.authentication == "unless_set_up":
        return not (off_session and method.get("_set_up"))
    return card.authentication == "always" or (card.authentication == "on_session" and not off_session)


def _ask_authentication(world: World, intent: Obj, return_url: str | None, origin: str) -> None:
    address = f"{origin}/c/authentification/{intent['id']}"
    world.change(
        intent,
        status="requires_action",
        next_action={"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": address}}
        if return_url
        else {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": address}},
    )
    world.emit("payment_intent.requires_action", intent)


def _debit(world: World, intent: Obj, method: Obj, acceptance: Obj | None) -> None:
    reusable = intent.get("setup_future_usage") == "off_session"
    mandate = world.store.get("mandate", method.get("_mandate", ""))
    if acceptance is not None:
        mandate = methods.sign_mandate(world, method, acceptance=acceptance, reusable=reusable)
    if mandate is None or mandate["status"] != "active":
        raise invalid(
            "This PaymentIntent needs an active mandate: give `mandate_data`, or a payment method that was set up.",
            param="mandate_data",
            code="payment_intent_mandate_invalid",
        )
    charge = new_charge(world, intent, method, status="pending", paid=False, mandate=mandate["id"])
    world.change(intent, status="processing", latest_charge=charge["id"])
    _keep_method(world, intent, method)
    world.emit("charge.pending", charge)
    world.emit("payment_intent.processing", intent)
    account, seconds = ibans.ACCOUNTS[method["_iban"]], world.settings.sepa_seconds
    now = world.clock.now()
    due = add_business_days(now, SEPA_BUSINESS_DAYS) if seconds is None else now + seconds
    world.at(max(due, now + SLOW_SECONDS) if account.slow else due, "settle_debit", intent["id"])


def _succeed(world: World, intent: Obj, method: Obj) -> None:
    charge = new_charge(world, intent, method, status="succeeded", paid=True)
    world.change(
        charge, amount_captured=charge["amount"], outcome=outcome_of("approved_by_network", "authorized", None)
    )
    world.change(intent, latest_charge=charge["id"])
    _keep_method(world, intent, method)
    world.emit("charge.succeeded", charge)
    _received(world, intent, charge)


def _received(world: World, intent: Obj, charge: Obj) -> None:
    world.change(intent, status="succeeded", amount_received=charge["amount"])
    world.emit("payment_intent.succeeded", intent)
    world.later(world.settings.fee_seconds, "price", charge["id"])
    if world.settings.fee_seconds == 0:
        world.run_now("price", charge["id"])
    _tell_session(world, intent)


def _decline(world: World, intent: Obj, method: Obj, decline: Decline) -> None:
    charge = new_charge(world, intent, method, status="failed", paid=False)
    blocked = decline.outcome == "blocked"
    outcome = outcome_of(
        "not_sent_to_network" if blocked else "declined_by_network", decline.outcome, decline.decline_code
    )
    world.change(charge, captured=False, failure_code=decline.code, failure_message=decline.message, outcome=outcome)
    world.change(intent, latest_charge=charge["id"])
    world.emit("charge.failed", charge)
    _fail(world, intent, method, error(decline, charge["id"]))
    more = {"payment_intent": rendered(intent), "payment_method": rendered(method)}
    raise refused(decline, charge=charge["id"], **more)


def _fail(world: World, intent: Obj, method: Obj, failure: Obj) -> None:
    told = {**failure, "payment_method": rendered(method)}
    world.change(intent, status="requires_payment_method", payment_method=None, last_payment_error=told)
    world.emit("payment_intent.payment_failed", intent)
    _tell_session(world, intent)


def _tell_session(world: World, intent: Obj) -> None:
    """A completed session learns of the end of its SEPA debit; an open one is told by the page itself."""
    for session in world.store.newest("checkout.session", payment_intent=intent["id"]):
        if session["status"] == "complete" and session["payment_status"] == "unpaid":
            succeeded = intent["status"] == "succeeded"
            world.change(session, payment_status="paid" if succeeded else "unpaid")
            world.emit(f"checkout.session.async_payment_{'succeeded' if succeeded else 'failed'}", session)


def _keep_method(world: World, intent: Obj, method: Obj) -> None:
    if intent.get("setup_future_usage") and intent.get("customer"):
        methods.attach(world, method, intent["customer"])
