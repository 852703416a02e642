"""Declarations as readers make them, on the small world of `tests.makers`: Élodie Lefèvre, subscribed on 23 November 2026."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from payments.actors import job
from payments.invoicing.issuing import Buyer, InvoiceDraft, LineDraft, issue
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import Invoice, Payment, PaymentEvent, Refund
from payments.money import eur
from payments.vat import copies_value
from subscriptions.fulfilment.posting import post_issue
from subscriptions.models import (
    Declaration,
    Entitlement,
    EntitlementMovement,
    Issue,
    Notice,
    Renewal,
    RenewalAttempt,
    RenewalProof,
    Subscription,
    Term,
)
from subscriptions.notices.moving import move as move_notice
from subscriptions.renewals.moving import move as move_renewals
from subscriptions.stopping.declaring import declare
from subscriptions.stopping.saying import Said
from tests.makers import NOW, READER
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
    post_issue(Issue.objects.get(number=number), on=on, actor=JOB, at=at)


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
        purpose="order",
        subject=renewal.subject,
        customer_id=subscription.payer_id,
        payer_account=first.payment.payer_account if first.payment else None,
        amount=eur("27.60"),
        description="Reconduction",
        way=Payment.Way.OFF_SESSION,
        method_kind="card",
        saved_method=subscription.saved_method,
        state=Payment.State.SUCCEEDED,
        is_open=False,
        effect=Payment.Effect.DONE,
        idempotency_key=f"renewed-{subscription.pk}",
        created_at=at,
        state_since=at,
        received_on=on,
    )
    PaymentEvent.objects.create(payment=payment, from_state="created", to_state="succeeded", actor=str(JOB), at=at)
    RenewalAttempt.objects.create(
        renewal=renewal, renews_on=on, number=1, charged_on=on, pre_debit_sent_on=on - timedelta(days=14),
        payment=payment, at=at,
    )  # fmt: skip
    term = Term.objects.create(
        subscription=subscription, number=2, payment=payment, starts_on=on, ends_on=date(2028, 11, 22), copies=4,
        amount=eur("27.60"), amount_ht=eur("27.03"), vat_zone="FR_METRO", vat_rate=Decimal("2.10"), created_at=at,
    )  # fmt: skip
    renewal.term = term
    move_renewals([renewal], Renewal.State.PAID, actor=JOB, at=at)
    copies = Entitlement.objects.bulk_create(
        [
            Entitlement(term=term, rank=rank, value_ht=value)
            for rank, value in enumerate(copies_value(Decimal("27.60"), 4, Decimal("2.10")), start=1)
        ]
    )
    EntitlementMovement.objects.bulk_create(
        [EntitlementMovement(entitlement=copy, kind="grant", actor=str(JOB), on=on, at=at) for copy in copies]
    )
    post([entries.received(payment, booked_on=on)], actor=JOB, at=at)
    earlier = Invoice.objects.get(payment=first.payment)
    buyer = Buyer(earlier.buyer_kind, earlier.buyer_name, tuple(earlier.buyer_address), earlier.buyer_country)
    draft = InvoiceDraft(
        subject=term.subject, customer_id=subscription.payer_id, payment_id=payment.pk, buyer=buyer,
        vat_zone="FR_METRO", vat_rate=Decimal("2.10"), legal_mention="",
        lines=(LineDraft("ActuIA, 4 numéros (reconduction)", Decimal("27.60")),), supplied_on=on, due_on=on,
    )  # fmt: skip
    with transaction.atomic():
        issue([draft], on=on, actor=JOB, at=at)
    if bounced:
        notice = RenewalProof.objects.get(renewal=renewal, kind="legal").notice_proof.notice
        move_notice(notice, Notice.State.BOUNCED, at=at)
    return term


def credit_notes() -> list[tuple[Decimal, Decimal, Decimal]]:
    """(TTC, HT, VAT) of every credit note, in order."""
    notes = Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE).order_by("pk")
    return [(one.total_ttc.amount, one.total_ht.amount, one.total_vat.amount) for one in notes]
