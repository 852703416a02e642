"""Refunds by transfer as far as a story needs them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from payments.actors import Actor
from payments.gateway import RefundSeen
from payments.models import Refund, Transfer, TransferFile
from payments.refunds import apply
from payments.transfers import banking, giving_back
from subscriptions import transferring
from subscriptions.stopping.terminating import end_now
from tests.makers import NOW, TODAY
from tests.renewals.people import subscriber
from tests.stopping.people import JOB

IBAN = "FR14 2004 1010 0505 0001 3M02 606"
SUPPORT, FINANCE = Actor("staff", "11"), Actor("staff", "12")


def seen(refund: Refund, status: str, *, stripe_id: str = "") -> RefundSeen:
    """What Stripe says of a refund."""
    return RefundSeen(
        id=stripe_id or f"re_{refund.pk}", status=status, amount_cents=2760, currency="eur", payment_intent="pi",
        charge="ch", failure_reason="expired_or_canceled_card" if status == "failed" else "", metadata={},
        balance_transaction="", created=NOW,
    )  # fmt: skip


def came_back(*, after: str = "pending") -> Transfer:
    """Élodie's subscription ended on the first day; her refund of 27,60 € came back from the bank."""
    [given] = end_now(subscriber().pk, "moved", actor=JOB, at=NOW, reason="Partie au Chili.")
    for status in (after, "failed"):
        apply(seen(given.refund, status), refund_id=given.refund.pk, actor=JOB, at=NOW)
    return Transfer.objects.get()


def given(transfer: Transfer, *, actor: Actor = SUPPORT, iban: str = IBAN, holder: str = "Élodie Lefèvre") -> Transfer:
    """Its account is written down."""
    with transaction.atomic():
        return giving_back.give_account(transfer.pk, holder=holder, iban=iban, actor=actor, at=NOW)


def approved(transfer: Transfer, *, actor: Actor = FINANCE, **how: Any) -> Transfer:
    """Somebody says yes to it."""
    with transaction.atomic():
        return giving_back.approve(transfer.pk, actor=actor, at=NOW, reason="Vérifié.", end="2606", **how)


def filed() -> TransferFile:
    """Whatever is approved goes into a file."""
    return banking.make_file(on=TODAY, reason="Virements de la semaine.", actor=FINANCE, at=NOW)


def sent(transfer: Transfer, *, on: date = TODAY) -> Transfer:
    """All the way to the bank."""
    approved(given(transfer))
    transferring.mark_sent(filed(), on=on, reason="Relevé.", actor=FINANCE, at=NOW)
    transfer.refresh_from_db()
    return transfer
