"""What banks say of a disputed payment, as Stripe tells it."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.actors import job
from payments.disputing import apply
from payments.gateway import DisputeSeen
from payments.models import Dispute, Payment
from payments.money import to_cents
from tests.makers import NOW

BANK = job("tests")


def says(
    payment: Payment, status: str = "needs_response", *, cents: int | None = None, name: str = "du_1"
) -> DisputeSeen:
    """How a dispute of this payment stands: what was taken, and given back if it is won."""
    amount = to_cents(payment.amount) if cents is None else cents
    return DisputeSeen(
        id=f"{name}_{payment.pk}", charge=f"ch_{payment.pk}", payment_intent=f"pi_{payment.pk}", status=status,
        reason="product_not_received", amount_cents=amount, currency="eur",
        taken_cents=0 if status.startswith("warning") else amount, returned_cents=amount if status == "won" else 0,
        respond_by=NOW + timedelta(days=10), created=NOW,
    )  # fmt: skip


def disputed(payment: Payment, status: str = "needs_response", *, at: datetime = NOW, **seen: object) -> Dispute:
    """It is heard of, twice."""
    for _twice in range(2):
        found = apply(says(payment, status, **seen), payment_id=payment.pk, actor=BANK, at=at)  # type: ignore[arg-type]
    return found
