"""Saved cards and bank accounts: what they are, letting them go, how a new one came in."""

from __future__ import annotations

from dataclasses import replace

from payments.gateway import reading
from payments.gateway.client import ask
from payments.gateway.faults import Missing
from payments.gateway.labels import told
from payments.gateway.seen import MethodSeen, SetupSeen


def fetch_method(id: str, *, mandate: str = "") -> MethodSeen:
    """The saved method as Stripe knows it now: expiry and number change when the bank renews a card.

    ``mandate``: the id of its SEPA mandate, as the charge or the set-up names it, for a method does not; then the mandate's
    own reference (RUM) is asked for as well, which letters about a debit must name (law.md 5.3).
    """
    method = ask("fetch_method", lambda client: client.v1.payment_methods.retrieve(told(id)), reading.method)
    if not mandate:
        return method
    try:
        rum = ask("fetch_mandate", lambda client: client.v1.mandates.retrieve(told(mandate)), reading.mandate_reference)
    except Missing:
        rum = ""
    return replace(method, mandate=mandate, mandate_reference=rum)


def detach_method(id: str) -> MethodSeen:
    """Forget a saved method for good: it can never be charged again. Set the new one first."""
    return ask("detach_method", lambda client: client.v1.payment_methods.detach(told(id)), reading.method)


def fetch_setup(id: str) -> SetupSeen:
    """The setup intent as it stands now; ``payment_method`` is the method it saved once it succeeded."""
    return ask("fetch_setup", lambda client: client.v1.setup_intents.retrieve(told(id)), reading.setup)
