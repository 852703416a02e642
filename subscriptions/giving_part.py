"""Giving part of a term back: so many of its copies, or an amount, for a reason of a closed list.

Copies are taken from the end of the term, and cost what law.md 6.3 says: 20,70, 13,80 or 6,90 € for three, two or one of
four. An amount takes no copy away: it comes out of what was earned, and every copy still comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from payments import refunds
from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.disputes import NO_REFUND, is_disputed
from payments.invoicing.issuing import AlreadyCredited, credit_part, left_of, standing_invoice, taken_back, unserved
from payments.models import Invoice, Payment, Refund
from payments.money import NBSP, french
from payments.vat import ttc_left
from subscriptions.models import Entitlement, Term
from subscriptions.moving import move_copies
from subscriptions.refunding import CannotRefund
from subscriptions.stopping.reading import KEPT, UNSERVED, Contract, contract_of
from subscriptions.stopping.unserved import send_back


class Why(models.TextChoices):
    """Why part is given back; the label is French and stands on the credit note, so it accuses nobody."""

    MISSING = "missing", "numéro non reçu"
    DAMAGED = "damaged", "numéro abîmé"
    LATE = "late", "numéro paru en retard"
    PRICE = "price", "rectification du prix"
    DOUBLE = "double", "double abonnement"
    SHORTER = "shorter", "abonnement écourté à la demande du lecteur"
    GOODWILL = "goodwill", "geste commercial"


@dataclass(frozen=True, slots=True)
class Part:
    """What would be given back. `left_before` and `left_after`: what of the payment remains, in euros."""

    term: Term
    payment: Payment
    invoice: Invoice
    copies: Sequence[Entitlement]
    ttc: Decimal
    ht: Decimal
    vat: Decimal
    left_before: Decimal

    @property
    def left_after(self) -> Decimal:
        return self.left_before - self.ttc


def part_of(
    contract: Contract, term: Term, *, copies: int = 0, amount: Decimal | None = None, limit: Decimal | None = None
) -> Part:
    """What giving back so many `copies` of a term, or else an `amount` in euros, comes to. Changes nothing.

    `limit`: the most that may be given back of this payment in parts without finance; None for finance itself. Raises
    CannotRefund with a sentence.
    """
    payment = next((one for one in contract.payments if one.pk == term.payment_id), None)
    invoice = standing_invoice(payment.pk) if payment is not None else None
    if payment is None or invoice is None or payment.state != Payment.State.SUCCEEDED or payment.surplus:
        raise CannotRefund(_("This term was not paid here: there is nothing to refund."), code="not_paid")
    if is_disputed([payment]):
        raise CannotRefund(NO_REFUND, code="disputed")
    left = min(refunds.left_of(payment), left_of(invoice))
    chosen = _last(contract.of_term(term), copies) if copies else []
    ttc = _price(term, contract.of_term(term), len(chosen)) if copies else (amount or Decimal("0.00"))
    if ttc <= 0:
        raise CannotRefund(_("Please say how many copies or which amount."), code="nothing")
    if ttc > left:
        raise CannotRefund(
            _("%(left)s of this payment can still be given back, no more.") % {"left": french(left)}, code="too_much"
        )
    if limit is not None and payment.amount.amount - left + ttc > limit:
        raise CannotRefund(
            _("Beyond %(limit)s of one payment, a colleague of finance gives money back.") % {"limit": french(limit)},
            code="limit",
        )
    try:
        ht, vat = taken_back(invoice, ttc=ttc)
    except AlreadyCredited:
        raise CannotRefund(_("This order is already refunded."), code="already") from None
    return Part(term, payment, invoice, chosen, ttc, ht, vat, left)


@transaction.atomic
def give_part_back(
    term_id: int,
    *,
    left_shown: Decimal,
    copies: int = 0,
    amount: Decimal | None = None,
    limit: Decimal | None = None,
    why: str,
    words: str,
    actor: Actor,
    at: datetime,
) -> Refund | None:
    """Give it back: copies credited, credit note, entries, refund queued (or a transfer asked for, then None).

    `left_shown`: what remained of the payment when whoever decides looked at it; if that has changed, somebody else was
    faster, or the same yes came twice, and nothing is done. Raises CannotRefund with a sentence.
    """
    key = Term.objects.values_list("subscription", flat=True).get(pk=term_id)
    contract = contract_of(subscription=key, lock=True)
    term = next(one for one in contract.terms if one.pk == term_id)
    part = part_of(contract, term, copies=copies, amount=amount, limit=limit)
    if part.left_before != left_shown:
        raise CannotRefund(_("Something was given back meanwhile. Please look again."), code="changed")
    on, reason = paris_day(at), str(Why(why).label)
    move_copies(part.copies, "credit", on=on, actor=actor, at=at, reason=reason)
    note = credit_part(
        part.invoice,
        ttc=part.ttc,
        unserved_ht=sum((copy.value_ht for copy in part.copies), Decimal("0.00")),
        what=wording(part.copies) if part.copies else reason,
        reason=reason,
        on=on,
        actor=actor,
        at=at,
    )
    refund = send_back(part.payment, amount=part.ttc, credit_note=note, reason=reason, actor=actor, at=at)
    record_act(
        "refunded in part",
        subject=term.order.subject if term.order else f"subscription:{term.subscription_id}",
        actor=actor,
        at=at,
        reason=words,
        facts={
            "why": why,
            "amount": str(part.ttc),
            "copies": [copy.pk for copy in part.copies],
            "credit_note": note.pk,
            "refund": refund.pk if refund else None,
        },
    )
    return refund


def wording(copies: Sequence[Entitlement]) -> str:
    """« 2 numéros non servis (n° 27 et 28) »."""
    numbers = [copy.issue.printed for copy in copies if copy.issue]
    if not numbers:
        return unserved(len(copies))
    listed = numbers[0] if len(numbers) == 1 else f"{', '.join(numbers[:-1])} et {numbers[-1]}"
    return f"{unserved(len(copies))} (n°{NBSP}{listed})"


def _last(copies: Sequence[Entitlement], count: int) -> list[Entitlement]:
    """The last `count` copies that were paid for and can still be taken back, in serving order."""
    free = [copy for copy in copies if copy.state in UNSERVED and copy.value_ht]
    if count > len(free):
        raise CannotRefund(
            _("%(count)s copies of this term can still be taken back, no more.") % {"count": len(free)}, code="copies"
        )
    return free[-count:]


def _price(term: Term, copies: Sequence[Entitlement], back: int) -> Decimal:
    """What the last `back` copies cost: left before − left after (law.md 6.3), so that parts add up to the price."""
    priced = [copy for copy in copies if copy.value_ht]
    kept = sum(copy.state in KEPT for copy in priced)
    whole = term.amount.amount
    return ttc_left(whole, copies=len(priced), served=kept - back) - ttc_left(whole, copies=len(priced), served=kept)
