"""Declarations as readers make them, on the small world of `tests.makers`: Élodie Lefèvre, subscribed on 23 November 2026."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from payments.actors import job
from payments.gateway import IntentSeen, Outcome
from payments.models import Invoice, Payment, PaymentEvent, Refund
from payments.money import eur
from payments.settling import News
from payments.settling import apply as settle
from subscriptions.models import (
    Declaration,
    Entitlement,
    Issue,
    Notice,
    RenewalAttempt,
    RenewalProof,
    Subscription,
    Term,
)
from subscriptions.notices.moving import move as move_notice
from subscriptions.stopping.declaring import declare
from subscriptions.stopping.saying import Said
from tests.makers import NOW, READER, send_out
from tests.renewals.people import announced

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
    send_out(Issue.objects.get(number=number), on=on, actor=JOB, at=at)


def states(subscription: Subscription) -> str:
    """« served owed owed owed »."""
    copies = Entitlement.objects.filter(term__subscription=subscription).order_by("term__number", "rank")
    return " ".join(copies.values_list("state", flat=True))


def refund_of(declaration: Declaration) -> tuple[Decimal, str]:
    """What is on its way back, and the state of it."""
    refund = Refund.objects.get(pk=declaration.refund_id)
    return refund.amount.amount, refund.state


def renewed(subscription: Subscription, *, bounced: bool = False) -> Term:
    """The second year, begun by itself through the gate on 23 November 2027 and paid: 27,60 €, four copies, invoiced.

    `bounced`: it turned out afterwards that the legal notice had come back.
    """
    on, at = date(2027, 11, 23), datetime(2027, 11, 23, 9, 0, tzinfo=UTC)
    renewal = announced(subscription, renews_on=on, state="charging")
    first = Term.objects.select_related("payment").get(subscription=subscription, number=1)
    payment = Payment.objects.create(
        reference=f"PAY-RENEWED-{subscription.pk}",
        purpose="renewal",
        subject=renewal.subject,
        customer_id=subscription.payer_id,
        payer_account=first.payment.payer_account if first.payment else None,
        amount=eur("27.60"),
        description="Reconduction",
        way=Payment.Way.OFF_SESSION,
        method_kind="card",
        saved_method=subscription.saved_method,
        idempotency_key=f"renewed-{subscription.pk}",
        created_at=at,
        called_at=at,
        state_since=at,
    )
    PaymentEvent.objects.create(payment=payment, from_state="", to_state="created", actor=str(JOB), at=at)
    RenewalAttempt.objects.create(
        renewal=renewal, renews_on=on, number=1, charged_on=on, pre_debit_sent_on=on - timedelta(days=14),
        payment=payment, at=at,
    )  # fmt: skip
    taken = IntentSeen(
        id=f"pi_renewed_{payment.pk}", outcome=Outcome.SUCCEEDED, status="succeeded", amount_cents=2760, currency="eur",
        amount_received=2760, customer="cus", payment_method="pm", charge=f"ch_renewed_{payment.pk}", decline=None,
        metadata={}, created=at, livemode=False, method_kind="card",
    )  # fmt: skip
    settle([News(payment.pk, Outcome.SUCCEEDED, intent=taken, closed=True)], actor=JOB, at=at)
    if bounced:
        notice = RenewalProof.objects.get(renewal=renewal, kind="legal").notice_proof.notice
        move_notice(notice, Notice.State.BOUNCED, at=at)
    return Term.objects.get(subscription=subscription, number=2)


def credit_notes() -> list[tuple[Decimal, Decimal, Decimal]]:
    """(TTC, HT, VAT) of every credit note, in order."""
    notes = Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE).order_by("pk")
    return [(one.total_ttc.amount, one.total_ht.amount, one.total_vat.amount) for one in notes]
