"""What each event writes in the books: the table of law.md 6.3, one function per row, all pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from payments.ledger.posting import ZERO, EntryDraft, Line
from payments.models import (
    BankLine,
    BankReceipt,
    Cheque,
    DepositSlip,
    Dispute,
    Invoice,
    LedgerEntry,
    PaidAgain,
    Payment,
    ReceiptShare,
    Refund,
    Transfer,
    WriteOff,
)
from payments.offline_kinds import LABEL, TILL, is_offline

Journal = LedgerEntry.Journal
#: Key of the account on which the debt stands that came with the readers of another house (law.md 6.2: finance's choice).
TAKEN_OVER = "TAKEN_OVER"

#: Keys of the accounts of sales: of subscriptions, and of past issues one by one (law.md 6.2).
REV_PRINT, REV_SINGLE = "REV_PRINT", "REV_SINGLE"


def party(customer_id: int | None) -> str:
    """Sub-account of a customer in 411; one collective account is the accountant's choice at export."""
    return f"C{customer_id:06d}" if customer_id else ""


def vat_key(rate: Decimal) -> str:
    """Key of the output VAT account of a rate in percent: VAT_2.10."""
    return f"VAT_{rate:.2f}"


def sale(invoice: Invoice, *, vat_by_rate: Mapping[Decimal, Decimal]) -> EntryDraft:
    """A subscription is invoiced: 411 to 4871 and VAT, which its payment has made due; before it, VAT waits (law.md 1.5)."""
    return EntryDraft(
        journal=Journal.SALES,
        source=f"invoice:{invoice.pk}",
        booked_on=invoice.issued_on,
        piece_ref=invoice.reference,
        piece_date=invoice.issued_on,
        label=f"Facture {invoice.reference}",
        lines=(
            Line("AR", debit=invoice.total_ttc.amount, party=party(invoice.customer_id)),
            Line("DEFERRED", credit=invoice.total_ht.amount),
            *(
                Line("VAT_PENDING" if invoice.payment_id is None else vat_key(rate), credit=vat)
                for rate, vat in sorted(vat_by_rate.items())
            ),
        ),
    )


def banked(
    receipt: BankReceipt, shares: Sequence[ReceiptShare], *, rates: Mapping[int, Decimal], booked_on: date
) -> EntryDraft:
    """A transfer has come: 512 to 411 for what it pays, whose VAT falls due that day (law.md 1.5); the rest is surplus.

    `rates`: of each invoice, in percent. The row « University pays » of law.md 6.3.
    """
    rest = receipt.amount.amount - sum((one.amount.amount for one in shares), ZERO)
    whose = shares[0].invoice.customer_id if shares else None
    due: dict[str, Decimal] = {}
    for one in shares:
        key = vat_key(rates[one.invoice_id])
        due[key] = due.get(key, ZERO) + one.vat.amount
    return EntryDraft(
        journal=Journal.BANK,
        source=f"receipt:{receipt.pk}",
        booked_on=booked_on,
        received_on=receipt.received_on,
        piece_ref=receipt.bank_reference,
        piece_date=receipt.received_on,
        label=f"Virement reçu {receipt.reference}",
        lines=(
            Line("BANK", debit=receipt.amount.amount),
            *(Line("AR", credit=one.amount.amount, party=party(one.invoice.customer_id)) for one in shares),
            Line("SURPLUS", credit=rest, party=party(whose)),
            Line("VAT_PENDING", debit=sum(due.values(), ZERO)),
            *(Line(key, credit=vat) for key, vat in sorted(due.items())),
        ),
    )


def on_statement(line: BankLine, *, key: str, amount: Decimal, source: str, booked_on: date) -> EntryDraft:
    """A line of our bank's that nothing else books: its fee or its interest, on the account of `key`, against 512.

    `amount`: signed as the line is, in euros.
    """
    into, out = max(amount, ZERO), max(-amount, ZERO)
    return EntryDraft(
        journal=Journal.BANK,
        source=source,
        booked_on=booked_on,
        received_on=line.booked_on,
        piece_ref=f"{line.statement.reference}/{line.place}",
        piece_date=line.booked_on,
        label=" ".join(f"Relevé {line.statement.reference}, ligne {line.place} {line.text}".split())[:200],
        lines=(Line("BANK", debit=into, credit=out), Line(key, debit=out, credit=into)),
    )


def off_statement(booked: Sequence[LedgerEntry], line: BankLine, *, booked_on: date) -> list[EntryDraft]:
    """What was booked of a line by itself, the other way round on the very same accounts: it was something else."""
    return [
        replace(
            undoing(entry, source=f"bank_undone:{entry.source.removeprefix('bank:')}", booked_on=booked_on),
            received_on=line.booked_on,
            piece_date=line.booked_on,
            label=f"Relevé {line.statement.reference}, ligne {line.place}, annulation",
        )
        for entry in booked
    ]


def undoing(entry: LedgerEntry, *, source: str, booked_on: date) -> EntryDraft:
    """An entry that stands, the other way round and on its very accounts, whatever their keys mean by now. One query, or none
    where its lines were fetched with it."""
    return EntryDraft(
        journal=entry.journal,
        source=source,
        booked_on=booked_on,
        piece_ref=entry.piece_ref,
        piece_date=booked_on,
        label=f"{entry.label}, repris"[:200],
        lines=tuple(
            Line("", debit=line.credit, credit=line.debit, party=line.party, account=line.account_id)
            for line in entry.lines.all()
        ),
    )


def written_off(loss: WriteOff, *, booked_on: date) -> EntryDraft:
    """Nobody will pay the rest of an invoice: 654 and the VAT that never fell due, to 411 (law.md 6.3)."""
    invoice = loss.invoice
    return EntryDraft(
        journal=Journal.MISC,
        source=f"write_off:{loss.pk}",
        booked_on=booked_on,
        piece_ref=invoice.reference,
        piece_date=booked_on,
        label=f"Créance irrécouvrable {invoice.reference}",
        lines=(
            Line("BAD_DEBT", debit=loss.amount.amount - loss.vat.amount),
            Line("VAT_PENDING", debit=loss.vat.amount),
            Line("AR", credit=loss.amount.amount, party=party(invoice.customer_id)),
        ),
    )


def credit(credit_note: Invoice, *, unserved_ht: Decimal, revenue: str = REV_PRINT) -> EntryDraft:
    """A credit note: unserved copies leave 4871, served ones 7011; its VAT waits for the refund (law.md 1.5).

    `unserved_ht`: value of the entitlements that the credit takes back, in euros without VAT. Copies are worth a cent
    more or less by their rank: of a part, that cent goes to 7011 on either side. `revenue`: key of the account on which
    what was served was earned.
    """
    served = credit_note.total_ht.amount - unserved_ht
    return EntryDraft(
        journal=Journal.SALES,
        source=f"invoice:{credit_note.pk}",
        booked_on=credit_note.issued_on,
        piece_ref=credit_note.reference,
        piece_date=credit_note.issued_on,
        label=f"Avoir {credit_note.reference}",
        lines=(
            Line("DEFERRED", debit=unserved_ht),
            Line(revenue, debit=max(served, ZERO), credit=max(-served, ZERO)),
            Line("VAT_PENDING", debit=credit_note.total_vat.amount),
            Line("AR", credit=credit_note.total_ttc.amount, party=party(credit_note.customer_id)),
        ),
    )


def received(payment: Payment, *, booked_on: date) -> EntryDraft:
    """Money taken by Stripe: 517 to 411, or to the surplus account when it pays for nothing. A cheque: 5112, a transfer: 512."""
    offline = is_offline(payment)
    side = (
        Line("SURPLUS", credit=payment.amount.amount, party=party(payment.customer_id))
        if payment.surplus
        else Line("AR", credit=payment.amount.amount, party=party(payment.customer_id))
    )
    return EntryDraft(
        journal=Journal.BANK if offline else Journal.STRIPE,
        source=f"payment:{payment.pk}",
        booked_on=booked_on,
        received_on=payment.received_on,
        piece_ref=payment.reference,
        piece_date=booked_on,
        label=f"{LABEL[payment.method_kind] if offline else 'Encaissement'} {payment.reference}",
        lines=(Line(TILL[payment.method_kind] if offline else "PSP", debit=payment.amount.amount), side),
    )


def cheques_credited(slip: DepositSlip, *, booked_on: date) -> EntryDraft:
    """The bank has credited the cheques of a slip: 512 to 5112 (law.md 6.3, « Cheque cashed »)."""
    amount = slip.credited or ZERO
    return EntryDraft(
        journal=Journal.BANK,
        source=f"deposit:{slip.pk}",
        booked_on=booked_on,
        received_on=slip.credited_on,
        piece_ref=slip.reference,
        piece_date=slip.deposited_on,
        label=f"Remise de chèques {slip.reference}",
        lines=(Line("BANK", debit=amount), Line("CHEQUES", credit=amount)),
    )


def cheque_bounced(cheque: Cheque, *, stood: str, rate: Decimal | None, booked_on: date) -> EntryDraft:
    """A cheque came back unpaid: 411 to the account on which it `stood`, 5112 or 512 (law.md 6.3, « Cheque bounced »).

    What was to be received was not: its VAT waits again (law.md 1.5). `rate`: of its invoice, in percent.
    """
    vat = cheque.bounced_vat or ZERO
    return EntryDraft(
        journal=Journal.BANK,
        source=f"cheque_bounced:{cheque.pk}",
        booked_on=booked_on,
        received_on=cheque.bounced_on,
        piece_ref=cheque.reference,
        piece_date=cheque.bounced_on or booked_on,
        label=f"Chèque impayé {cheque.reference}",
        lines=(
            _owed_for(cheque.payment, debit=cheque.amount.amount),
            Line(stood, credit=cheque.amount.amount),
            *((Line(vat_key(rate), debit=vat), Line("VAT_PENDING", credit=vat)) if rate is not None else ()),
        ),
    )


def paid_again(again: PaidAgain, *, rate: Decimal | None, booked_on: date) -> EntryDraft:
    """What a cheque that bounced owed came by another, or by a transfer: the mirror, to 5112 or 512; its VAT falls due."""
    amount, vat = again.amount.amount, again.bounced.bounced_vat or ZERO
    return EntryDraft(
        journal=Journal.BANK,
        source=f"paid_again:{again.pk}",
        booked_on=booked_on,
        received_on=again.received_on,
        piece_ref=again.by.reference if again.by else again.bank_reference,
        piece_date=again.received_on,
        label=f"Règlement du chèque impayé {again.bounced.reference}",
        lines=(
            Line("CHEQUES" if again.by else "BANK", debit=amount),
            _owed_for(again.bounced.payment, credit=amount),
            *((Line("VAT_PENDING", debit=vat), Line(vat_key(rate), credit=vat)) if rate is not None else ()),
        ),
    )


def _owed_for(payment: Payment, *, debit: Decimal = ZERO, credit: Decimal = ZERO) -> Line:
    """The side of whoever paid: 411, or what was to be given back where it paid for nothing."""
    key = "SURPLUS" if payment.surplus else "AR"
    return Line(key, debit=debit, credit=credit, party=party(payment.customer_id))


def found_its_party(payment: Payment, *, booked_on: date) -> EntryDraft:
    """A payment booked to 411 before its customer was known moves to the customer's sub-account."""
    amount = payment.amount.amount
    return EntryDraft(
        journal=Journal.MISC,
        source=f"party:{payment.pk}",
        booked_on=booked_on,
        piece_ref=payment.reference,
        piece_date=booked_on,
        label=f"Encaissement {payment.reference}, au compte du client",
        lines=(Line("AR", debit=amount), Line("AR", credit=amount, party=party(payment.customer_id))),
    )


def became_surplus(payment: Payment, *, booked_on: date) -> EntryDraft:
    """A payment booked to 411 turns out to pay for nothing: it moves to the surplus account."""
    return EntryDraft(
        journal=Journal.MISC,
        source=f"surplus:{payment.pk}",
        booked_on=booked_on,
        piece_ref=payment.reference,
        piece_date=booked_on,
        label=f"Encaissement en trop {payment.reference}",
        lines=(
            Line("AR", debit=payment.amount.amount, party=party(payment.customer_id)),
            Line("SURPLUS", credit=payment.amount.amount, party=party(payment.customer_id)),
        ),
    )


def given_up(whose: str, *, worth: Decimal, booked_on: date, revenue: str = REV_PRINT) -> EntryDraft:
    """A reader renounces copies already paid for: their value leaves 4871 for the sales; VAT was due on the payment.

    `whose` names the reader (`customer:12`); `worth`: value of the entitlements, in euros without VAT.
    """
    return EntryDraft(
        journal=Journal.MISC,
        source=f"given_up:{whose}",
        booked_on=booked_on,
        piece_ref=whose,
        piece_date=booked_on,
        label="Exemplaires auxquels le lecteur a renoncé",
        lines=(Line("DEFERRED", debit=worth), Line(revenue, credit=worth)),
    )


def taken_over(number: int, *, rate: Decimal, worth: Decimal, booked_on: date) -> EntryDraft:
    """Copies that readers of another house had paid there come into 4871, at one rate; `number`: that of the import.

    No invoice and no VAT: both were the former house's. `worth`: value of the copies owed, in euros without VAT.
    """
    return EntryDraft(
        journal=Journal.MISC,
        source=f"import:{number}:{rate:.2f}",
        booked_on=booked_on,
        piece_ref=f"REPRISE-{number}",
        piece_date=booked_on,
        label=f"Abonnements repris, import n° {number}, TVA {rate:.2f} %".replace(".", ","),
        lines=(Line(TAKEN_OVER, debit=worth), Line("DEFERRED", credit=worth)),
    )


def taken_over_left(copy_id: int, *, worth: Decimal, booked_on: date) -> EntryDraft:
    """Copies of a term that was taken over are given back: their value leaves 4871 for the account that it came from.

    `copy_id`: the first of them. What the reader gets is settled by finance, who ask the former house or pay it. `worth`: in euros without VAT.
    """
    return EntryDraft(
        journal=Journal.MISC,
        source=f"taken_over_left:{copy_id}",
        booked_on=booked_on,
        piece_ref=f"entitlement:{copy_id}",
        piece_date=booked_on,
        label="Exemplaires repris qui ne seront pas servis",
        lines=(Line("DEFERRED", debit=worth), Line(TAKEN_OVER, credit=worth)),
    )


def fee(movement_id: int, *, amount: Decimal, reference: str, booked_on: date) -> EntryDraft:
    """Stripe's fee on one movement; a fee given back is the mirror."""
    charged, returned = max(amount, ZERO), max(-amount, ZERO)
    return EntryDraft(
        journal=Journal.STRIPE,
        source=f"fee:{movement_id}",
        booked_on=booked_on,
        piece_ref=reference,
        piece_date=booked_on,
        label=f"Frais Stripe {reference}",
        lines=(Line("FEES", debit=charged, credit=returned), Line("PSP", debit=returned, credit=charged)),
    )


def refunded(refund: Refund, *, booked_on: date, vat_by_rate: Mapping[Decimal, Decimal]) -> EntryDraft:
    """Money given back through Stripe; the credit note's VAT becomes deductible that day (law.md 1.5)."""
    amount = refund.amount.amount
    debtor = "SURPLUS" if refund.payment.surplus else "AR"
    vat = sum(vat_by_rate.values(), ZERO)
    return EntryDraft(
        journal=Journal.STRIPE,
        source=f"refund:{refund.pk}",
        booked_on=booked_on,
        piece_ref=refund.reference,
        piece_date=booked_on,
        label=f"Remboursement {refund.reference}",
        lines=(
            Line(debtor, debit=amount, party=party(refund.payment.customer_id)),
            Line("PSP", credit=amount),
            *(Line(vat_key(rate), debit=part) for rate, part in sorted(vat_by_rate.items())),
            Line("VAT_PENDING", credit=vat),
        ),
    )


def refund_failed(refund: Refund, *, booked_on: date, vat_by_rate: Mapping[Decimal, Decimal]) -> EntryDraft:
    """A refund came back from the bank: the mirror of `refunded`; we owe the money again."""
    there = refunded(refund, booked_on=booked_on, vat_by_rate=vat_by_rate)
    return mirrored(there, source=f"refund_failed:{refund.pk}", label=f"Remboursement rejeté {refund.reference}")


def transferred(transfer: Transfer, *, booked_on: date, vat_by_rate: Mapping[Decimal, Decimal]) -> EntryDraft:
    """Money given back by bank transfer: 411 to 512; the credit note's VAT becomes deductible that day (law.md 1.5)."""
    amount = transfer.amount.amount
    surplus = transfer.receipt_id is not None or (transfer.payment is not None and transfer.payment.surplus)
    vat = sum(vat_by_rate.values(), ZERO)
    return EntryDraft(
        journal=Journal.BANK,
        source=f"transfer:{transfer.pk}",
        booked_on=booked_on,
        piece_ref=transfer.reference,
        piece_date=booked_on,
        label=f"Remboursement par virement {transfer.reference}",
        lines=(
            Line("SURPLUS" if surplus else "AR", debit=amount, party=party(_debtor(transfer))),
            Line("BANK", credit=amount),
            *(Line(vat_key(rate), debit=part) for rate, part in sorted(vat_by_rate.items())),
            Line("VAT_PENDING", credit=vat),
        ),
    )


def transfer_failed(transfer: Transfer, *, booked_on: date, vat_by_rate: Mapping[Decimal, Decimal]) -> EntryDraft:
    """A transfer came back from the bank: the mirror of `transferred`; we owe the money again."""
    there = transferred(transfer, booked_on=booked_on, vat_by_rate=vat_by_rate)
    return mirrored(there, source=f"transfer_failed:{transfer.pk}", label=f"Virement rejeté {transfer.reference}")


def mirrored(there: EntryDraft, *, source: str, label: str) -> EntryDraft:
    """The same entry the other way round: what had left has come back."""
    lines = tuple(Line(line.key, debit=line.credit, credit=line.debit, party=line.party) for line in there.lines)
    return replace(there, source=source, label=label, lines=lines)


def _debtor(transfer: Transfer) -> int | None:
    """Whose sub-account it is: that of the document, which never changes."""
    if transfer.credit_note is not None:
        return transfer.credit_note.customer_id
    if transfer.receipt is not None:
        return transfer.customer_id
    return transfer.payment.customer_id if transfer.payment is not None else None


def undone(credit_note: Invoice, *, vat_by_rate: Mapping[Decimal, Decimal]) -> EntryDraft:
    """An invoice is made out anew to somebody else: the mirror of its `sale`, whole; the new one books it again.

    No money moves: what was received stays received, its VAT stays due, and 4871 holds what it held.
    """
    return EntryDraft(
        journal=Journal.SALES,
        source=f"invoice:{credit_note.pk}",
        booked_on=credit_note.issued_on,
        piece_ref=credit_note.reference,
        piece_date=credit_note.issued_on,
        label=f"Avoir {credit_note.reference}",
        lines=(
            Line("DEFERRED", debit=credit_note.total_ht.amount),
            *(
                Line("VAT_PENDING" if credit_note.payment_id is None else vat_key(rate), debit=vat)
                for rate, vat in sorted(vat_by_rate.items())
            ),
            Line("AR", credit=credit_note.total_ttc.amount, party=party(credit_note.customer_id)),
        ),
    )


def disputed(dispute: Dispute, *, booked_on: date) -> EntryDraft:
    """The bank takes the amount back while it decides: 467 to 517. Stripe's fee for it is booked from its own line."""
    lines = (Line("DISPUTES", debit=dispute.taken), Line("PSP", credit=dispute.taken))
    return _of_dispute(dispute, "dispute", "Contestation de", lines, booked_on=booked_on, journal=Journal.STRIPE)


def dispute_returned(dispute: Dispute, *, booked_on: date) -> EntryDraft:
    """The bank gives back what it had taken: 517 to 467."""
    lines = (Line("PSP", debit=dispute.returned), Line("DISPUTES", credit=dispute.returned))
    return _of_dispute(
        dispute, "dispute_returned", "Contestation gagnée", lines, booked_on=booked_on, journal=Journal.STRIPE
    )


def dispute_lost(dispute: Dispute, *, booked_on: date, vat_by_rate: Mapping[Decimal, Decimal]) -> EntryDraft:
    """The bank keeps what it has taken: what credit notes owed of it is settled as by a refund, the rest is lost.

    With `credit`, the row « Dispute lost » of law.md 6.3. `vat_by_rate`: VAT of those credit notes (`cleared`), which becomes
    deductible that day (law.md 1.5). A surplus, which paid for nothing, is owed no more.
    """
    payment, vat = dispute.payment, sum(vat_by_rate.values(), ZERO)
    lost = dispute.taken - dispute.cleared
    lines = (
        Line("AR", debit=dispute.cleared, party=party(payment.customer_id)),
        *(Line(vat_key(rate), debit=part) for rate, part in sorted(vat_by_rate.items())),
        Line("VAT_PENDING", credit=vat),
        Line("SURPLUS", debit=lost, party=party(payment.customer_id))
        if payment.surplus
        else Line("BAD_DEBT", debit=lost),
        Line("DISPUTES", credit=dispute.taken),
    )
    return _of_dispute(dispute, "dispute_lost", "Contestation perdue", lines, booked_on=booked_on, journal=Journal.MISC)


def _of_dispute(
    dispute: Dispute, source: str, what: str, lines: tuple[Line, ...], *, booked_on: date, journal: str
) -> EntryDraft:
    """An entry of what the bank decides about a payment, whose reference is its piece."""
    reference = dispute.payment.reference
    return EntryDraft(
        journal=journal,
        source=f"{source}:{dispute.pk}",
        booked_on=booked_on,
        piece_ref=reference,
        piece_date=booked_on,
        label=f"{what} {reference}",
        lines=lines,
    )
