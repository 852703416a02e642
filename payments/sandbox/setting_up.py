"""How a setup intent moves: a card or account is saved for later payments, authenticated first when its bank wants it."""

import secrets
from typing import Any

from payments.sandbox import cards, methods
from payments.sandbox.calls import merged_metadata
from payments.sandbox.declines import AUTHENTICATION_MESSAGE, DECLINES, Decline, error, refused
from payments.sandbox.errors import invalid
from payments.sandbox.rendering import rendered
from payments.sandbox.store import Obj
from payments.sandbox.world import World


def make(world: World, *, kinds: list[str], customer: str | None, given: dict[str, Any], **more: Any) -> Obj:
    """A setup intent waiting for a method."""
    intent = world.new(
        "setup_intent",
        "seti_1",
        23,
        customer=customer,
        description=given.get("description"),
        metadata=merged_metadata({}, given.get("metadata", {})),
        payment_method_types=kinds,
        status="requires_payment_method",
        **more,
    )
    world.change(intent, client_secret=f"{intent['id']}_secret_{secrets.token_urlsafe(18)}")
    world.emit("setup_intent.created", intent)
    return intent


def confirm(
    world: World, intent: Obj, method: Obj, *, acceptance: Obj | None, return_url: str | None, origin: str
) -> None:
    """Save the method. Raises 402 when the bank refuses to have it kept, 400 for a SEPA account without mandate."""
    world.change(intent, payment_method=method["id"], last_setup_error=None, next_action=None)
    if method["type"] == "sepa_debit":
        if acceptance is None:
            raise invalid("This SetupIntent requires a mandate: give `mandate_data`.", param="mandate_data")
        mandate = methods.sign_mandate(world, method, acceptance=acceptance, reusable=True)
        _save(world, intent, method, mandate=mandate["id"])
        return
    card = cards.CARDS[method["_number"]]
    if methods.is_expired(world, method):
        _decline(world, intent, method, DECLINES["expired_card"])
    if not card.attaches:
        _decline(world, intent, method, DECLINES[card.decline or "generic_decline"])
    if card.authentication != "never":
        address = f"{origin}/c/authentification/{intent['id']}"
        action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": address}}
        world.change(intent, status="requires_action", next_action=action)
        world.emit("setup_intent.requires_action", intent)
        return
    _save(world, intent, method)


def authenticated(world: World, intent: Obj, *, granted: bool) -> None:
    """What the reader told the bank. Raises 402 for a card that is refused all the same."""
    method = world.need("payment_method", intent["payment_method"])
    card = cards.CARDS[method["_number"]]
    world.change(intent, next_action=None)
    if not granted or card.authentication_error:
        code = "setup_intent_authentication_failure"
        _fail(world, intent, method, {"code": code, "message": AUTHENTICATION_MESSAGE, "type": "invalid_request_error"})
        return
    if card.fails_after == "generic_decline":
        _decline(world, intent, method, DECLINES[card.fails_after])
    world.change(method, _set_up=True)
    _save(world, intent, method)


def _save(world: World, intent: Obj, method: Obj, *, mandate: str | None = None) -> None:
    if intent.get("customer"):
        methods.attach(world, method, intent["customer"])
    world.change(intent, status="succeeded", mandate=mandate)
    world.emit("setup_intent.succeeded", intent)


def _decline(world: World, intent: Obj, method: Obj, decline: Decline) -> None:
    _fail(world, intent, method, error(decline))
    raise refused(decline, setup_intent=rendered(intent), payment_method=rendered(method))


def _fail(world: World, intent: Obj, method: Obj, failure: Obj) -> None:
    told = {**failure, "payment_method": rendered(method)}
    world.change(intent, status="requires_payment_method", payment_method=None, last_setup_error=told)
    world.emit("setup_intent.setup_failed", intent)
