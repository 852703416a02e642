"""How a Stripe answer (plain dictionaries) becomes one of our frozen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from payments.gateway.labels import REFERENCE
from payments.gateway.outcomes import decline, decline_of, outcome_of
from payments.gateway.seen import (
    ChargeSeen,
    CheckoutSeen,
    CustomerSeen,
    DisputeSeen,
    EventSeen,
    FraudWarningSeen,
    IntentSeen,
    MethodSeen,
    MovementSeen,
    Outcome,
    PayoutSeen,
    RefundSeen,
    SetupSeen,
)

Body = Mapping[str, Any]
T = TypeVar("T")


def _text(body: Body, name: str) -> str:
    return str(body.get(name) or "")


def _cents(body: Body, name: str) -> int:
    return int(body.get(name) or 0)


def _ref(body: Body, name: str) -> str:
    """The id of a related object, whether Stripe sent the id or the whole object."""
    value = body.get(name)
    if isinstance(value, Mapping):
        return str(value.get("id") or "")
    return str(value or "")


def _whole(body: Body, name: str) -> Body:
    """The related object if Stripe sent it whole, else nothing."""
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _labels(body: Body) -> Mapping[str, str]:
    return {str(name): str(value) for name, value in (body.get("metadata") or {}).items()}


def _instant(body: Body, name: str) -> datetime:
    return datetime.fromtimestamp(int(body[name]), UTC)


def page(body: Body, read: Callable[[Body], T]) -> tuple[list[T], str]:
    """The rows of one page of a list, and the id behind which the next page starts ("" after the last)."""
    rows: list[Body] = body["data"]
    behind = str(rows[-1]["id"]) if rows and body.get("has_more") else ""
    return [read(row) for row in rows], behind


def customer(body: Body) -> CustomerSeen:
    return CustomerSeen(
        id=body["id"],
        email=_text(body, "email"),
        metadata=_labels(body),
        deleted=bool(body.get("deleted")),
        livemode=bool(body.get("livemode")),
    )


def checkout(body: Body) -> CheckoutSeen:
    return CheckoutSeen(
        id=body["id"],
        url=_text(body, "url"),
        status=_text(body, "status"),
        payment_status=_text(body, "payment_status"),
        mode=_text(body, "mode"),
        payment_intent=_ref(body, "payment_intent"),
        setup_intent=_ref(body, "setup_intent"),
        customer=_ref(body, "customer"),
        amount_cents=_cents(body, "amount_total"),
        currency=_text(body, "currency"),
        client_reference_id=_text(body, "client_reference_id"),
        metadata=_labels(body),
        expires_at=_instant(body, "expires_at"),
        created=_instant(body, "created"),
        livemode=bool(body.get("livemode")),
    )


def intent(body: Body) -> IntentSeen:
    refused = decline_of(body.get("last_payment_error"))
    status = _text(body, "status")
    outcome = outcome_of(status, refused)
    charge = _whole(body, "latest_charge")
    kinds = body.get("payment_method_types") or []
    kind = (
        _text(_whole(body, "payment_method"), "type")
        or _text(_whole(_whole(body, "last_payment_error"), "payment_method"), "type")
        or (str(kinds[0]) if len(kinds) == 1 else "")
    )
    # After a refusal Stripe clears `payment_method` and leaves it in the error alone.
    method = _ref(body, "payment_method") or _ref(_whole(body, "last_payment_error"), "payment_method")
    return IntentSeen(
        id=body["id"],
        outcome=outcome,
        status=status,
        amount_cents=_cents(body, "amount"),
        currency=_text(body, "currency"),
        amount_received=_cents(body, "amount_received"),
        customer=_ref(body, "customer"),
        payment_method=method,
        charge=_ref(body, "latest_charge"),
        decline=refused,
        metadata=_labels(body),
        created=_instant(body, "created"),
        livemode=bool(body.get("livemode")),
        method_kind=kind,
        charged_at=_instant(charge, "created") if outcome == Outcome.SUCCEEDED and "created" in charge else None,
        mandate=_ref(_whole(_whole(charge, "payment_method_details"), "sepa_debit"), "mandate"),
    )


def _details(kind: str, body: Body) -> dict[str, Any]:
    """The fields that tell one method from another, from a method's or a charge's details."""
    return {
        "kind": kind,
        "brand": _text(body, "brand"),
        "last4": _text(body, "last4"),
        "exp_month": body.get("exp_month"),
        "exp_year": body.get("exp_year"),
        "fingerprint": _text(body, "fingerprint"),
        "mandate": _ref(body, "mandate"),
    }


def method(body: Body) -> MethodSeen:
    kind = _text(body, "type")
    return MethodSeen(id=body["id"], customer=_ref(body, "customer"), **_details(kind, _whole(body, kind)))


def mandate_reference(body: Body) -> str:
    return _text(_whole(_whole(body, "payment_method_details"), "sepa_debit"), "reference")


def charge(body: Body) -> ChargeSeen:
    details = _whole(body, "payment_method_details")
    kind = _text(details, "type")
    said = _whole(body, "outcome")
    failed = body.get("status") == "failed" or bool(body.get("failure_code"))
    return ChargeSeen(
        id=body["id"],
        payment_intent=_ref(body, "payment_intent"),
        customer=_ref(body, "customer"),
        amount_cents=_cents(body, "amount"),
        amount_refunded=_cents(body, "amount_refunded"),
        currency=_text(body, "currency"),
        balance_transaction=_ref(body, "balance_transaction"),
        paid=bool(body.get("paid")),
        refunded=bool(body.get("refunded")),
        disputed=bool(body.get("disputed")),
        status=_text(body, "status"),
        decline=decline(
            _text(said, "reason"),
            _text(body, "failure_code"),
            kind=kind,
            advice=_text(said, "advice_code"),
            network_code=_text(said, "network_decline_code"),
        )
        if failed
        else None,
        method=MethodSeen(
            id=_ref(body, "payment_method"), customer=_ref(body, "customer"), **_details(kind, _whole(details, kind))
        )
        if kind
        else None,
        created=_instant(body, "created"),
        livemode=bool(body.get("livemode")),
        metadata=_labels(body),
    )


def setup(body: Body) -> SetupSeen:
    refused = decline_of(body.get("last_setup_error"))
    status = _text(body, "status")
    return SetupSeen(
        id=body["id"],
        outcome=outcome_of(status, refused),
        status=status,
        customer=_ref(body, "customer"),
        payment_method=_ref(body, "payment_method"),
        mandate=_ref(body, "mandate"),
        decline=refused,
        metadata=_labels(body),
        livemode=bool(body.get("livemode")),
    )


def refund(body: Body) -> RefundSeen:
    return RefundSeen(
        id=body["id"],
        status=_text(body, "status"),
        amount_cents=_cents(body, "amount"),
        currency=_text(body, "currency"),
        payment_intent=_ref(body, "payment_intent"),
        charge=_ref(body, "charge"),
        failure_reason=_text(body, "failure_reason"),
        metadata=_labels(body),
        balance_transaction=_ref(body, "balance_transaction"),
        created=_instant(body, "created"),
    )


def dispute(body: Body) -> DisputeSeen:
    moved = [_cents(line, "amount") for line in body.get("balance_transactions") or []]
    evidence = _whole(body, "evidence_details")
    return DisputeSeen(
        id=body["id"],
        charge=_ref(body, "charge"),
        payment_intent=_ref(body, "payment_intent"),
        status=_text(body, "status"),
        reason=_text(body, "reason"),
        amount_cents=_cents(body, "amount"),
        currency=_text(body, "currency"),
        taken_cents=-sum(cents for cents in moved if cents < 0),
        returned_cents=sum(cents for cents in moved if cents > 0),
        # 0: this bank takes no answer.
        respond_by=_instant(evidence, "due_by") if evidence.get("due_by") else None,
        created=_instant(body, "created"),
        submissions=_cents(evidence, "submission_count"),
        answer=_labels(body).get(REFERENCE, ""),
    )


def fraud_warning(body: Body) -> FraudWarningSeen:
    return FraudWarningSeen(
        id=body["id"],
        charge=_ref(body, "charge"),
        payment_intent=_ref(body, "payment_intent"),
        kind=_text(body, "fraud_type"),
        actionable=bool(body.get("actionable")),
        created=_instant(body, "created"),
    )


def movement(body: Body) -> MovementSeen:
    source = _whole(body, "source")
    itself = _text(source, "object") == "charge"
    return MovementSeen(
        id=body["id"],
        kind=_text(body, "type"),
        amount_cents=_cents(body, "amount"),
        fee_cents=_cents(body, "fee"),
        net_cents=_cents(body, "net"),
        currency=_text(body, "currency"),
        source=_ref(body, "source"),
        created=_instant(body, "created"),
        available_on=_instant(body, "available_on").date(),
        category=_text(body, "reporting_category"),
        status=_text(body, "status"),
        converted=body.get("exchange_rate") is not None,
        charge=_text(source, "id") if itself else _ref(source, "charge"),
        customer=_ref(source, "customer"),
        reference=_labels(source).get(REFERENCE, ""),
    )


def payout(body: Body) -> PayoutSeen:
    return PayoutSeen(
        id=body["id"],
        status=_text(body, "status"),
        amount_cents=_cents(body, "amount"),
        currency=_text(body, "currency"),
        created=_instant(body, "created"),
        arrives_on=_instant(body, "arrival_date").date(),
        automatic=bool(body.get("automatic")),
        method=_text(body, "method"),
        reconciliation=_text(body, "reconciliation_status"),
        movement=_ref(body, "balance_transaction"),
        failure_movement=_ref(body, "failure_balance_transaction"),
        failure_code=_text(body, "failure_code"),
        trace=_text(_whole(body, "trace_id"), "value"),
    )


def event(body: Body) -> EventSeen:
    thing = _whole(_whole(body, "data"), "object")
    kind = _text(thing, "object")
    own = {
        "payment_intent": "payment_intent",
        "setup_intent": "setup_intent",
        "charge": "charge",
        "customer": "customer",
        "payment_method": "payment_method",
    }.get(kind, "")

    def related(name: str) -> str:
        return _text(thing, "id") if name == own else _ref(thing, name)

    return EventSeen(
        id=body["id"],
        type=_text(body, "type"),
        created=_instant(body, "created"),
        object_id=_text(thing, "id"),
        object_kind=kind,
        livemode=bool(body.get("livemode")),
        api_version=_text(body, "api_version"),
        status=_text(thing, "status"),
        payment_intent=related("payment_intent"),
        setup_intent=related("setup_intent"),
        charge=related("charge") or _ref(thing, "latest_charge"),
        customer=related("customer"),
        payment_method=related("payment_method"),
        balance_transaction=_ref(thing, "balance_transaction"),
        reference=_text(thing, "client_reference_id") or _labels(thing).get(REFERENCE, ""),
    )
