"""Making and keeping payment methods: a card or a SEPA account, from the page, a test token, or inline data."""

import hashlib
import time
from typing import Any

from payments.sandbox import cards, ibans
from payments.sandbox.declines import DECLINES, refused
from payments.sandbox.errors import invalid, malformed, missing
from payments.sandbox.rendering import rendered
from payments.sandbox.store import Obj
from payments.sandbox.world import World

NO_DETAILS: Obj = {
    "address": {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None},
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}


def make_card(
    world: World, card: cards.Card, *, expiry: tuple[int, int] | None = None, details: Obj | None = None
) -> Obj:
    """A card as a payment method not yet belonging to anybody; `expiry` is (month, year), by default in two years."""
    month, year = expiry or (12, time.gmtime(world.clock.now()).tm_year + 2)
    return world.new(
        "payment_method",
        "pm_1",
        23,
        type="card",
        billing_details=_details(details),
        card={
            "brand": card.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": card.cvc_check,
            },
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": _fingerprint(card.number),
            "funding": card.funding,
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "regulated" if card.country in ("FR", "DE", "BE", "IT", "ES", "LU") else "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        _number=card.number,
    )


def make_account(world: World, account: ibans.Account, *, details: Obj | None = None) -> Obj:
    """A SEPA account as a payment method. Raises Stripe's 400 for banks and accounts that take no debit."""
    if account.refused is not None:
        raise invalid("The bank account does not support SEPA Direct Debit.", param="iban", code=account.refused)
    return world.new(
        "payment_method",
        "pm_1",
        23,
        type="sepa_debit",
        billing_details=_details(details),
        sepa_debit={
            "bank_code": account.bank_code,
            "branch_code": "",
            "country": account.country,
            "fingerprint": _fingerprint(account.iban),
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": account.last4,
        },
        _iban=account.iban,
    )


def from_data(world: World, data: dict[str, Any], param: str) -> Obj:
    """A payment method from inline data: `type` with an IBAN, a card number, or a test token."""
    details = data.get("billing_details")
    if data["type"] == "sepa_debit":
        iban = data.get("sepa_debit", {}).get("iban", "").replace(" ", "").upper()
        if iban not in ibans.ACCOUNTS:
            raise invalid("The IBAN you entered is invalid.", param=f"{param}[sepa_debit][iban]", code="invalid_iban")
        if not details or not details.get("name") or not details.get("email"):
            raise malformed(
                "You must provide `billing_details[name]` and `billing_details[email]` for a SEPA Direct Debit.",
                param=f"{param}[billing_details]",
                code="parameter_missing",
            )
        return make_account(world, ibans.ACCOUNTS[iban], details=details)
    if data["type"] == "card":
        given = data.get("card") or {}
        token = str(given.get("token", "")).replace("tok_", "pm_card_")
        card = cards.TOKENS.get(token) or cards.CARDS.get(str(given.get("number", "")).replace(" ", ""))
        if card is None:
            raise refused(DECLINES["incorrect_number"])
        expiry = (given["exp_month"], given["exp_year"]) if "exp_month" in given and "exp_year" in given else None
        return make_card(world, card, expiry=expiry, details=details)
    raise malformed(f"The stand-in knows cards and SEPA debits only, not {data['type']}.", param=f"{param}[type]")


def resolve(world: World, reference: str, *, param: str = "payment_method", status: int = 400) -> Obj:
    """The payment method an id names; a test token (`pm_card_visa`) becomes a new one, as at Stripe."""
    if reference in cards.TOKENS:
        return make_card(world, cards.TOKENS[reference])
    if reference in ibans.TOKENS:
        return make_account(world, ibans.TOKENS[reference], details={"name": "Test", "email": "test@example.com"})
    found = world.store.get("payment_method", reference)
    if found is None:
        raise missing("PaymentMethod", reference, param=param, status=status)
    return found


def attach(world: World, method: Obj, customer: str) -> None:
    """Save the method with the customer. Raises 400 when it was used up, 402 when the bank refuses to keep it."""
    if method.get("customer") == customer:
        return
    if method.get("customer"):
        raise invalid(
            "The payment method you provided has already been attached to a customer.", param="payment_method"
        )
    if method.get("_detached"):
        raise invalid(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
            "Customer, and may not be used again.",
            param="payment_method",
        )
    if method["type"] == "card" and not cards.CARDS[method["_number"]].attaches:
        decline = DECLINES[cards.CARDS[method["_number"]].decline or "generic_decline"]
        raise refused(decline, payment_method=rendered(method))
    world.emit("payment_method.attached", world.change(method, customer=customer))


def detach(world: World, method: Obj) -> None:
    """Take the method from its customer, for good; its SEPA mandate ends with it."""
    previous = method.get("customer")
    world.change(method, customer=None, _detached=True)
    world.emit("payment_method.detached", method, previous={"customer": previous})
    mandate = world.store.get("mandate", method.get("_mandate", ""))
    if mandate is not None and mandate["status"] == "active":
        end_mandate(world, mandate)


def end_mandate(world: World, mandate: Obj) -> None:
    """The mandate allows no debit any more."""
    before = mandate["status"]
    world.emit("mandate.updated", world.change(mandate, status="inactive"), previous={"status": before})


def sign_mandate(world: World, method: Obj, *, acceptance: Obj, reusable: bool) -> Obj:
    """The reader's mandate for SEPA debits, kept with the method when it may be used again."""
    mandate = world.new(
        "mandate",
        "mandate_1",
        23,
        customer_acceptance={"accepted_at": world.clock.now(), **acceptance},
        payment_method=method["id"],
        payment_method_details={
            "sepa_debit": {"reference": _reference(method), "url": "https://hooks.stripe.com/adapter/sepa_debit/file"},
            "type": "sepa_debit",
        },
        status="active",
        type="multi_use" if reusable else "single_use",
        **({"multi_use": {}} if reusable else {"single_use": {}}),
    )
    if reusable:
        world.change(method, _mandate=mandate["id"])
    return mandate


def is_expired(world: World, method: Obj) -> bool:
    """Whether the card's printed month is over, by the stand-in's clock."""
    now = time.gmtime(world.clock.now())
    return (method["card"]["exp_year"], method["card"]["exp_month"]) < (now.tm_year, now.tm_mon)


def _details(given: Obj | None) -> Obj:
    details = {**NO_DETAILS, **(given or {})}
    details["address"] = {**NO_DETAILS["address"], **(details["address"] or {})}
    return details


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(f"standin {secret}".encode()).hexdigest()[:16]


def _reference(method: Obj) -> str:
    return hashlib.sha256(method["id"].encode()).hexdigest()[:16].upper()
