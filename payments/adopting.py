"""Means of payment that another house left at Stripe and that were migrated to us: known here by their ids, as they came.

Stripe moves customers and means of payment as they are; nothing is asked of it here. Whether one is still good, the
first charge says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from payments.keys import new_key
from payments.models import PayerAccount, SavedMethod


@dataclass(frozen=True, slots=True)
class Adopted:
    """One means of payment and the reader who pays with it. `owner_key`: for whom its customer was made."""

    owner_key: str
    customer_id: int
    stripe_customer: str
    stripe_method: str
    kind: str
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    mandate_reference: str


def adopt(means: Sequence[Adopted], *, at: datetime) -> Mapping[str, SavedMethod]:
    """The rows of these means of payment, by Stripe's id; those that are here already stay as they are. Four queries.

    Inside the caller's transaction, which has seen that no customer of Stripe's belongs to two readers.
    """
    if not means:
        return {}
    PayerAccount.objects.bulk_create(
        [
            PayerAccount(
                owner_key=one.owner_key[:80],
                customer_id=one.customer_id,
                stripe_customer=one.stripe_customer,
                idempotency_key=new_key(),
                created_at=at,
            )
            for one in {one.stripe_customer: one for one in means}.values()
        ],
        ignore_conflicts=True,
    )
    accounts = {
        one.stripe_customer: one
        for one in PayerAccount.objects.filter(stripe_customer__in=[one.stripe_customer for one in means])
    }
    SavedMethod.objects.bulk_create(
        [
            SavedMethod(
                payer_account=accounts[one.stripe_customer],
                stripe_method=one.stripe_method,
                kind=one.kind,
                brand=one.brand,
                last4=one.last4,
                exp_month=one.exp_month,
                exp_year=one.exp_year,
                mandate_reference=one.mandate_reference,
                created_at=at,
            )
            for one in {one.stripe_method: one for one in means}.values()
        ],
        ignore_conflicts=True,
    )
    rows = SavedMethod.objects.filter(stripe_method__in=[one.stripe_method for one in means])
    return {row.stripe_method: row for row in rows}
