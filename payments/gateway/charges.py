"""Taking money without the reader, and looking up what became of a payment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from payments.gateway import reading
from payments.gateway.checkouts import KINDS
from payments.gateway.client import ask
from payments.gateway.families import Family
from payments.gateway.faults import Missing, Refused
from payments.gateway.labels import REFERENCE, cents, labels, told
from payments.gateway.outcomes import decline, decline_of
from payments.gateway.paging import PAGE, pages
from payments.gateway.seen import ChargeSeen, IntentSeen, Outcome

if TYPE_CHECKING:
    import stripe
    from stripe.params import ChargeListParams, PaymentIntentCreateParams, PaymentIntentListParams


def charge_off_session(
    *,
    reference: str,
    customer: str,
    method: str,
    amount_cents: int,
    description: str,
    metadata: Mapping[str, str],
    key: str,
) -> IntentSeen:
    """Charge a saved method now, without the reader. Amount in euro cents; ``key`` is used for this attempt only.

    A refusal is returned, not raised: ``DECLINED`` with its ``decline``, or ``ACTION_REQUIRED`` when the bank wants the reader
    (the intent itself is then spent: collect on-session with a new one). A saved method that no longer exists or does not
    belong to the customer is a refusal of the family ``METHOD_GONE``.
    Raises ``Unknown`` when the charge may have happened: look it up with ``find_intents``, never repeat it.
    """
    written = labels(reference, metadata)
    params: PaymentIntentCreateParams = {
        "amount": cents(amount_cents),
        "currency": "eur",
        "customer": customer,
        "payment_method": method,
        "allowed_payment_method_types": list(KINDS),
        "confirm": True,
        "off_session": True,
        "description": description,
        "metadata": written,
        "expand": ["payment_method", "latest_charge"],
    }
    try:
        return ask(
            "charge_off_session",
            lambda client: client.v1.payment_intents.create(params, {"idempotency_key": key}),
            reading.intent,
            reference=reference,
        )
    except Refused as refused:
        if refused.status == 402 or _method_gone(refused):
            return _declined(refused, amount_cents=amount_cents, customer=customer, method=method, metadata=written)
        raise


def _method_gone(refused: Refused) -> bool:
    """Is the saved method, and not our request, what Stripe refuses?

    A method seen under the other mode's key is our misconfiguration: every reader would be asked for a new card.
    """
    message = str(refused.detail.get("message") or "")
    ours = "similar object exists in" in message or refused.code.startswith("parameter_")
    return refused.param == "payment_method" and not ours


def _declined(
    refused: Refused, *, amount_cents: int, customer: str, method: str, metadata: Mapping[str, str]
) -> IntentSeen:
    """The refused charge as an intent: from the one Stripe left in the error, else from what we asked."""
    left = refused.detail.get("payment_intent")
    error = {name: value for name, value in refused.detail.items() if name != "payment_intent"}
    if isinstance(left, Mapping):
        return reading.intent({**left, "last_payment_error": left.get("last_payment_error") or error})
    refusal = decline_of(error) or decline()
    if refused.status != 402 and refusal.family is Family.OTHER:
        # Stripe gives no code when a method was detached or belongs to somebody else.
        refusal = decline("payment_method_unexpected_state")
    return IntentSeen(
        id="",
        outcome=refusal.outcome,
        status="",
        amount_cents=amount_cents,
        currency="eur",
        amount_received=0,
        customer=customer,
        payment_method=method,
        charge="",
        decline=refusal,
        metadata=dict(metadata),
        created=None,
        livemode=False,
        method_kind="",
    )


def fetch_intent(id: str) -> IntentSeen:
    """The payment intent as it stands now. Raises ``Missing`` for an unknown id."""
    return ask(
        "fetch_intent",
        lambda client: client.v1.payment_intents.retrieve(told(id), {"expand": ["payment_method", "latest_charge"]}),
        reading.intent,
    )


def cancel_intent(id: str) -> IntentSeen:
    """End a payment intent that took no money, so that nobody can ever confirm it, and return it as it stands.

    One that can no longer be cancelled is returned as it is: it may have taken the money, so look at ``outcome``.
    """
    try:
        return ask(
            "cancel_intent",
            lambda client: client.v1.payment_intents.cancel(told(id), {"expand": ["payment_method", "latest_charge"]}),
            reading.intent,
        )
    except Missing:
        raise
    except Refused:
        seen = fetch_intent(id)
        if seen.outcome not in (Outcome.SUCCEEDED, Outcome.PROCESSING, Outcome.CANCELLED):
            raise
        return seen


def find_intents(*, customer: str, reference: str) -> list[IntentSeen]:
    """The customer's payment intents that carry our ``reference``, newest first.

    Lists and compares: Stripe's search lags behind, so it cannot prove that a charge does not exist.
    """

    def turn(client: stripe.StripeClient, after: str) -> stripe.ListObject[stripe.PaymentIntent]:
        params: PaymentIntentListParams = {
            "customer": customer,
            "limit": PAGE,
            "expand": ["data.payment_method", "data.latest_charge"],
        }
        if after:
            params["starting_after"] = after
        return client.v1.payment_intents.list(params)

    seen = pages("find_intents", turn, reading.intent, reference=reference)
    return [intent for intent in seen if intent.metadata.get(REFERENCE) == reference]


def fetch_charge(id: str) -> ChargeSeen:
    """The charge as it stands now; its ``balance_transaction`` may still be empty."""
    return ask("fetch_charge", lambda client: client.v1.charges.retrieve(told(id)), reading.charge)


def list_charges(*, since: datetime, until: datetime, after: str = "") -> Iterator[ChargeSeen]:
    """All charges made from ``since`` up to, and not at, ``until``, newest first, a page at a time; behind the id ``after``.

    Whoever made them: other products of the same Stripe account, too.
    """

    def turn(client: stripe.StripeClient, behind: str) -> stripe.ListObject[stripe.Charge]:
        params: ChargeListParams = {
            "limit": PAGE,
            "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
        }
        if behind:
            params["starting_after"] = behind
        return client.v1.charges.list(params)

    yield from pages("list_charges", turn, reading.charge, after=after)
