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
from payments.invoicing.issuing import credit_part, left_of, standing_invoice, unserved
from payments.invoicing.open_items import owed_back
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import DeskItem, Invoice, Payment, Refund, Transfer
from payments.money import eur, french
from payments.offline_kinds import is_offline
from payments.transfers import giving_back
from subscriptions.gifts.carried import sold_as
from subscriptions.institutions.receiving import follow_up
from subscriptions.models import Entitlement, ImportRow, Term
from subscriptions.moving import move_copies
from subscriptions.notices.telling import tell_reader
from subscriptions.notices.whom import reader_by_now
from subscriptions.stopping.reading import UNSERVED, Contract, bill_of, unserved_price
from subscriptions.transferring import ask_for_account

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
    if is_disputed(contract.money):
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
    sold = sold_as(term)  # a year that was given is given back to its giver
    invoice = standing_invoice(sold.payment_id) if sold.payment_id else None
    priced = [copy for copy in copies if copy.value_ht]
    move_copies([copy for copy in copies if not copy.value_ht], "void", on=on, actor=actor, at=at, reason=reason)
    if not priced:
        return None
    bill = bill_of(sold)
    if bill is not None:
        return _credit_bill(term, bill, priced, amount=amount, worth=worth, reason=reason, actor=actor, at=at)
    payment = next((one for one in contract.money if one.pk == sold.payment_id), None)
    if invoice is None or payment is None:
        move_copies(priced, "credit", on=on, actor=actor, at=at, reason=reason)
        if ImportRow.objects.filter(term=term).exists():
            post([entries.taken_over_left(priced[0].pk, worth=worth, booked_on=on)], actor=actor, at=at)
        _by_hand(term, amount, at=at)
        return None
    # Part of the price may have been given back before, for another reason: the rest is all that is left to give.
    amount = min(amount, left_of(invoice), refunds.left_of(payment))
    if not amount:
        _already_given_back(priced, worth=worth, on=on, actor=actor, at=at, reason=reason)
        return None
    move_copies(priced, "credit", on=on, actor=actor, at=at, reason=reason)
    note = credit_part(
        invoice,
        ttc=amount,
        unserved_ht=worth,
        what=unserved(len(priced)),
        reason=reason,
        on=on,
        actor=actor,
        at=at,
    )
    refund = send_back(
        payment, amount=amount, credit_note=note, reason=reason, actor=actor, at=at, to_estate=by_transfer
    )
    return GivenBack(term, amount, note, refund)


def _credit_bill(
    term: Term,
    bill: Invoice,
    copies: Sequence[Entitlement],
    *,
    amount: Decimal,
    worth: Decimal,
    reason: str,
    actor: Actor,
    at: datetime,
) -> GivenBack | None:
    """The same of what an institution was invoiced before it paid: less is left to pay, or what it paid too much goes back
    by transfer. `amount` of the result is that."""
    on = paris_day(at)
    amount = min(amount, left_of(bill))
    if not amount:
        _already_given_back(copies, worth=worth, on=on, actor=actor, at=at, reason=reason)
        return None
    move_copies(copies, "credit", on=on, actor=actor, at=at, reason=reason)
    what = unserved(len(copies))
    note = credit_part(bill, ttc=amount, unserved_ht=worth, what=what, reason=reason, on=on, actor=actor, at=at)
    back = owe_back(note, bill, at_most=amount, reason=reason, actor=actor, at=at)
    follow_up([term.order] if term.order else [], actor=actor, at=at, reason=reason)
    return GivenBack(term, back, note, None)


def owe_back(note: Invoice, bill: Invoice, *, at_most: Decimal, reason: str, actor: Actor, at: datetime) -> Decimal:
    """What a credit note of an invoice that was issued before it was paid takes off beyond what is left to pay: it goes
    back by transfer, to an account that the buyer is asked for. Returns it, in euros.

    Where nothing goes back no other letter would carry the credit note: whoever was invoiced gets it now.
    """
    back = min(at_most, owed_back(bill))
    if back > 0:
        transfer = giving_back.ask(
            payment=None,
            credit_note=note,
            amount=back,
            because=Transfer.Because.OFFLINE,
            reason=reason,
            customer_id=bill.customer_id,
            actor=actor,
            at=at,
        )
        ask_for_account(transfer, at=at)
    else:
        whom, facts = reader_by_now(bill.customer_id), {"invoice_id": note.pk}
        tell_reader(whom, "invoice_credited", f"invoice_credited:invoice:{note.pk}", facts, at=at)
    return back


def send_back(
    payment: Payment,
    *,
    amount: Decimal,
    credit_note: Invoice,
    reason: str,
    actor: Actor,
    at: datetime,
    to_estate: bool = False,
) -> Refund | None:
    """Give an amount that was just credited back: the way it came, or by transfer where Stripe cannot; then None.

    `to_estate`: the money goes to an account that somebody names, not to the card, and nobody is written to.
    """
    if to_estate or not can_go_back(payment, on=paris_day(at)):
        otherwise = Transfer.Because.OFFLINE if is_offline(payment) else Transfer.Because.TOO_OLD
        because = Transfer.Because.ESTATE if to_estate else otherwise
        ask_for_account(
            giving_back.ask(
                payment=payment,
                credit_note=credit_note,
                amount=amount,
                because=because,
                reason=reason,
                actor=actor,
                at=at,
            ),
            at=at,
        )
        return None
    return refunds.request(payment, amount=eur(amount), reason=reason, credit_note=credit_note, actor=actor, at=at)


def can_go_back(payment: Payment, *, on: date) -> bool:
    """Whether Stripe can still give this payment back by the way it came; never what did not come through Stripe."""
    too_old = payment.received_on is not None and on - payment.received_on > timedelta(days=SEPA_REFUND_DAYS)
    return not is_offline(payment) and not (payment.method_kind == "sepa_debit" and too_old)


def _already_given_back(
    copies: Sequence[Entitlement], *, worth: Decimal, on: date, actor: Actor, at: datetime, reason: str
) -> None:
    """The whole price went back before, in parts: the copies are void, and their value leaves 4871 as it was credited."""
    move_copies(copies, "void", on=on, actor=actor, at=at, reason=reason)
    post([entries.given_up(f"term:{copies[0].term_id}", worth=worth, booked_on=on)], actor=actor, at=at)


def _by_hand(term: Term, amount: Decimal, *, at: datetime) -> None:
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind="refund_by_transfer",
        subject=f"term:{term.pk}",
        sentence=f"{french(eur(amount))} à rendre par virement (aucune facture ni paiement de cette boutique) : demander "
        "un IBAN au lecteur.",
        at=at,
    )
