"""Customers and hosted pages: how a reader is sent to Stripe to pay or to leave a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from payments.gateway import reading
from payments.gateway.client import ask
from payments.gateway.faults import Missing, Refused
from payments.gateway.labels import cents, labels, told
from payments.gateway.paging import PAGE, pages
from payments.gateway.seen import CheckoutSeen, CustomerSeen

if TYPE_CHECKING:
    import stripe
    from stripe.params import CustomerCreateParams
    from stripe.params.checkout import SessionCreateParams, SessionListParams

#: The means of payment offered when nothing else is asked.
KINDS = ("card", "sepa_debit")


def create_customer(*, reference: str, email: str, name: str, key: str) -> CustomerSeen:
    """Create a Stripe customer and return it. ``reference`` is ours; ``key`` the idempotency key of this attempt.

    Raises a ``GatewayFault``; after ``Unknown`` the customer may exist, and the same key gives it back for 24 hours.
    """
    params: CustomerCreateParams = {
        "email": email,
        "preferred_locales": ["fr"],
        "metadata": labels(reference, {}),
    }
    if name:
        params["name"] = name
    return ask(
        "create_customer",
        lambda client: client.v1.customers.create(params, {"idempotency_key": key}),
        reading.customer,
        reference=reference,
    )


def open_checkout(
    *,
    reference: str,
    customer: str,
    amount_cents: int,
    description: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    save_method: bool,
    metadata: Mapping[str, str],
    key: str,
    locale: str = "fr",
    statement_descriptor: str = "",
    kinds: Sequence[str] = KINDS,
) -> CheckoutSeen:
    """Open a hosted page for one payment of ``amount_cents`` euro cents and return it with its ``url``.

    Our ``reference`` and ``metadata`` are put on the session and on its payment intent. ``save_method`` keeps the method for
    later charges without the reader. ``expires_at`` must lie 30 minutes to 24 hours ahead (Stripe's limits).
    ``statement_descriptor`` is what a bank statement adds to the account's own name (for a card: its suffix).
    """
    written = labels(reference, metadata)
    params: SessionCreateParams = {
        "mode": "payment",
        "customer": customer,
        "client_reference_id": reference,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "eur",
                    "unit_amount": cents(amount_cents),
                    "product_data": {"name": description},
                },
            }
        ],
        "payment_intent_data": {"description": description, "metadata": written},
        "metadata": written,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "expires_at": int(expires_at.timestamp()),
        "allowed_payment_method_types": list(kinds),
        "locale": locale,
    }
    if save_method:
        params["payment_intent_data"]["setup_future_usage"] = "off_session"
    if statement_descriptor:
        params["payment_intent_data"]["statement_descriptor_suffix"] = statement_descriptor
    return ask(
        "open_checkout",
        lambda client: client.v1.checkout.sessions.create(params, {"idempotency_key": key}),
        reading.checkout,
        reference=reference,
    )


def open_setup(
    *,
    reference: str,
    customer: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    metadata: Mapping[str, str],
    key: str,
    locale: str = "fr",
    kinds: Sequence[str] = KINDS,
) -> CheckoutSeen:
    """Open a hosted page on which the reader leaves a new card or bank account, without paying."""
    written = labels(reference, metadata)
    params: SessionCreateParams = {
        "mode": "setup",
        "customer": customer,
        "client_reference_id": reference,
        "setup_intent_data": {"metadata": written},
        "metadata": written,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "expires_at": int(expires_at.timestamp()),
        "allowed_payment_method_types": list(kinds),
        "locale": locale,
    }
    return ask(
        "open_setup",
        lambda client: client.v1.checkout.sessions.create(params, {"idempotency_key": key}),
        reading.checkout,
        reference=reference,
    )


def fetch_checkout(id: str) -> CheckoutSeen:
    """The session as it stands now. Raises ``Missing`` for an unknown id."""
    return ask("fetch_checkout", lambda client: client.v1.checkout.sessions.retrieve(told(id)), reading.checkout)


def expire_checkout(id: str) -> CheckoutSeen:
    """Close an open session so that nobody can pay on it any more, and return it as it stands.

    A session that is no longer open is returned as it is: it may have been paid, so look at ``status``.
    """
    try:
        return ask("expire_checkout", lambda client: client.v1.checkout.sessions.expire(told(id)), reading.checkout)
    except Missing:
        raise
    except Refused:
        seen = fetch_checkout(id)
        if seen.status == "open":
            raise
        return seen


def find_checkouts(*, customer: str) -> list[CheckoutSeen]:
    """Every session of a customer, newest first, for looking up an opening whose answer was lost."""

    def turn(client: stripe.StripeClient, after: str) -> stripe.ListObject[stripe.checkout.Session]:
        params: SessionListParams = {"customer": customer, "limit": PAGE}
        if after:
            params["starting_after"] = after
        return client.v1.checkout.sessions.list(params)

    return list(pages("find_checkouts", turn, reading.checkout))
