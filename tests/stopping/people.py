"""Declarations as readers make them, on the small world of `tests.makers`: Élodie Lefèvre, subscribed on 23 November 2026."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from payments.actors import job
from payments.models import Invoice, Payment, Refund
from payments.money import eur
from subscriptions.fulfilment.posting import post_issue
from subscriptions.models import Declaration, Entitlement, Issue, Subscription, Term
from subscriptions.stopping.declaring import declare
from subscriptions.stopping.saying import Said
from tests.makers import NOW, READER

EMAIL = "elodie.lefevre@example.fr"
JOB = job("tests")


def said(kind: str, contract: str, **changes: Any) -> Said:
    """What Élodie types: her name, her number, her own e-mail."""
    typed: dict[str, Any] = {
        "kind": kind,
        "last_name": "Lefèvre",
        "first_name": "Élodie",
        "contract": contract,
        "email": EMAIL,
    }
    return Said(**(typed | changes))


def declares(
    kind: str,
    contract: Any,
    *,
    at: datetime = NOW,
    form: uuid.UUID | None = None,
    customer: Any = None,
    **changes: Any,
) -> Declaration:
    """She declares it; `contract` is a subscription, or what she writes."""
    named = contract.number if isinstance(contract, Subscription) else str(contract)
    return declare(
        said(kind, named, **changes),
        form=form or uuid.uuid4(),
        customer=customer,
        ip="192.0.2.7",
        shown="",
        actor=READER,
        at=at,
    )


def withdraws(contract: Any, **changes: Any) -> Declaration:
    return declares("withdrawal", contract, **changes)


def terminates(contract: Any, **changes: Any) -> Declaration:
    return declares("termination", contract, **changes)


def posted(number: int, *, on: date, at: datetime = NOW) -> None:
    """An issue leaves for its readers."""
    post_issue(Issue.objects.get(number=number), on=on, actor=JOB, at=at)


def states(subscription: Subscription) -> str:
    """« served owed owed owed »."""
    copies = Entitlement.objects.filter(term__subscription=subscription).order_by("term__number", "rank")
    return " ".join(copies.values_list("state", flat=True))


def refund_of(declaration: Declaration) -> tuple[Decimal, str]:
    """What is on its way back, and the state of it."""
    refund = Refund.objects.get(pk=declaration.refund_id)
    return refund.amount.amount, refund.state


def renewed_in_silence(subscription: Subscription) -> Term:
    """A second term that began by itself, paid, of which no notice is proved: as only an import brings them."""
    first = Term.objects.get(subscription=subscription, number=1)
    payment = Payment.objects.create(
        reference=f"PAY-SILENT-{subscription.pk}",
        purpose="order",
        subject=f"term:{subscription.pk}:2",
        customer_id=subscription.payer_id,
        payer_account=first.payment.payer_account if first.payment else None,
        amount=eur("27.60"),
        description="Reconduction",
        way=Payment.Way.CHECKOUT,
        method_kind="card",
        state=Payment.State.SUCCEEDED,
        is_open=False,
        idempotency_key=f"silent-{subscription.pk}",
        created_at=NOW,
        state_since=NOW,
        received_on=date(2027, 11, 23),
    )
    return Term.objects.create(
        subscription=subscription,
        number=2,
        payment=payment,
        starts_on=date(2027, 11, 23),
        ends_on=date(2028, 11, 22),
        copies=4,
        amount=eur("27.60"),
        amount_ht=eur("27.03"),
        vat_zone="FR_METRO",
        vat_rate=Decimal("2.10"),
        created_at=NOW,
        source="import",
    )


def credit_notes() -> list[tuple[Decimal, Decimal, Decimal]]:
    """(TTC, HT, VAT) of every credit note, in order."""
    notes = Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE).order_by("pk")
    return [(one.total_ttc.amount, one.total_ht.amount, one.total_vat.amount) for one in notes]
