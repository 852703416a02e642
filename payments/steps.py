"""Payments as they stand after they moved, and the steps that led there: written together, in one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from django.db import connection

from payments.models import Payment, PaymentEvent

SAVED = (
    "id", "state", "state_since", "is_open", "surplus", "effect", "decline_code", "stripe_intent", "stripe_charge",
    "method_kind", "saved_method_id", "received_on", "customer_id",
)  # fmt: skip

SAVE = """
WITH moved AS (
    SELECT * FROM jsonb_to_recordset(%(moved)s::jsonb) AS given(
        id bigint, state text, state_since timestamptz, is_open boolean, surplus boolean, effect text,
        decline_code text, stripe_intent text, stripe_charge text, method_kind text, saved_method_id bigint,
        received_on date, customer_id bigint)
), step AS (
    INSERT INTO payments_paymentevent (payment_id, from_state, to_state, actor, reason, at)
    SELECT payment_id, from_state, to_state, actor, reason, at
    FROM jsonb_to_recordset(%(steps)s::jsonb) AS given(
        place integer, payment_id bigint, from_state text, to_state text, actor text, reason text, at timestamptz)
    ORDER BY place
)
UPDATE payments_payment AS payment SET
    state = moved.state, state_since = moved.state_since, is_open = moved.is_open, surplus = moved.surplus,
    effect = moved.effect, decline_code = moved.decline_code, stripe_intent = moved.stripe_intent,
    stripe_charge = moved.stripe_charge, method_kind = moved.method_kind, saved_method_id = moved.saved_method_id,
    received_on = moved.received_on, customer_id = moved.customer_id
FROM moved WHERE payment.id = moved.id
"""
_STEP = ("payment_id", "from_state", "to_state", "actor", "reason", "at")


def save(moved: Sequence[Payment], steps: Sequence[PaymentEvent]) -> None:
    """Save payments that moved, which are locked, with their steps, of which the order is kept."""
    rows = [{name: getattr(payment, name) for name in SAVED} for payment in moved]
    taken = [{name: getattr(step, name) for name in _STEP} | {"place": place} for place, step in enumerate(steps)]
    given = {"moved": json.dumps(rows, default=_written), "steps": json.dumps(taken, default=_written)}
    with connection.cursor() as cursor:
        cursor.execute(SAVE, given)


def _written(value: date) -> str:
    """Dates and instants with all their digits."""
    return str(value.isoformat())
