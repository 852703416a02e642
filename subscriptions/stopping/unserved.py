"""Giving back what was paid for copies that were not served: credit note, copies, refund; in the caller's transaction.

27,60 € for four copies: 20,70, 13,80 or 6,90 for three, two or one of them (law.md 4.7). The credit takes out of 4871 what
these very copies are worth there, so books and copies agree to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from payments import refunds
from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk
from payments.disputes import is_disputed
from payments.invoicing.issuing import credit_part
from payments.models import DeskItem, Invoice, Payment, Refund
from payments.money import eur, french
from subscriptions.models import Entitlement, Term
from subscriptions.moving import move_copies
from subscriptions.stopping.reading import UNSERVED, Contract, unserved_price

#: Stripe gives a direct debit back for so long (law.md 5.3).
SEPA_REFUND_DAYS = 180


class Disputed(ValueError):
    """The bank disputes a payment of this contract: nothing is given back until that has ended."""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What was given back for one term. `refund` is None where it goes by transfer."""

    term: Term
    amount: Decimal
    credit_note: Invoice
    refund: Refund | None


def give_back_unserved(
    contract: Contract, *, reason: str, actor: Actor, at: datetime, by_transfer: bool = False
) -> list[GivenBack]:
    """Credit and refund every copy of a locked contract that is neither served nor in a file; copies become credited.

    Free copies, and those of terms that were never invoiced here, are void or left to finance's desk. `by_transfer`: the
    money goes to an account that somebody names (an estate), not to the card. Raises Disputed.
    """
    if is_disputed(contract.payments):
        raise Disputed(contract.subscription)
    given = []
    for term in contract.terms:
        copies = [copy for copy in contract.of_term(term) if copy.state in UNSERVED]
        if copies:
            given.append(_give_back(contract, term, copies, reason=reason, actor=actor, at=at, by_transfer=by_transfer))
    return [one for one in given if one is not None]


def _give_back(
    contract: Contract,
    term: Term,
    copies: Sequence[Entitlement],
    *,
    reason: str,
    actor: Actor,
    at: datetime,
    by_transfer: bool,
) -> GivenBack | None:
    on = paris_day(at)
    amount = unserved_price(term, contract.of_term(term))
    worth = sum((copy.value_ht for copy in copies), Decimal("0.00"))
    invoice = Invoice.objects.filter(payment=term.payment_id, kind=Invoice.Kind.INVOICE).first()
    priced = [copy for copy in copies if copy.value_ht]
    move_copies([copy for copy in copies if not copy.value_ht], "void", on=on, actor=actor, at=at, reason=reason)
    if not priced:
        return None
    move_copies(priced, "credit", on=on, actor=actor, at=at, reason=reason)
    payment = next((one for one in contract.payments if one.pk == term.payment_id), None)
    if invoice is None or payment is None:
        _by_transfer(f"term:{term.pk}", amount, why="aucune facture ni paiement de cette boutique", at=at)
        return None
    note = credit_part(
        invoice, ttc=amount, unserved_ht=worth, copies=len(priced), reason=reason, on=on, actor=actor, at=at
    )
    if by_transfer or not can_go_back(payment, on=on):
        why = "à la succession" if by_transfer else "prélèvement de plus de 180 jours"
        _by_transfer(f"invoice:{note.pk}", amount, why=why, at=at)
        return GivenBack(term, amount, note, None)
    refund = refunds.request(payment, amount=eur(amount), reason=reason, credit_note=note, actor=actor, at=at)
    return GivenBack(term, amount, note, refund)


def can_go_back(payment: Payment, *, on: date) -> bool:
    """Whether Stripe can still give this payment back by the way it came."""
    too_old = payment.received_on is not None and on - payment.received_on > timedelta(days=SEPA_REFUND_DAYS)
    return not (payment.method_kind == "sepa_debit" and too_old)


def _by_transfer(subject: str, amount: Decimal, *, why: str, at: datetime) -> None:
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind="refund_by_transfer",
        subject=subject,
        sentence=f"{french(eur(amount))} à rendre par virement ({why}) : demander un IBAN au lecteur.",
        at=at,
    )
