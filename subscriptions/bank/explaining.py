"""A proposal becomes what the line was: money received, a refund that left or came back, a fee. One transaction each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.bank.known import known_for
from payments.bank.matching import OFF_STATEMENT, CannotExplain, Part, explain, lock_lines, standing, undo
from payments.bank.proposing import Proposal, What, propose
from payments.cheques import depositing
from payments.days import paris_day
from payments.desk import put_on_desk, record_act
from payments.invoicing.open_items import open_items
from payments.models import (
    BankLine,
    BankMatch,
    BankReceipt,
    BankRule,
    Cheque,
    DepositSlip,
    DeskItem,
    Invoice,
    Payment,
    Transfer,
    TransferFile,
)
from payments.transfers import giving_back
from subscriptions import transferring
from subscriptions.institutions.receiving import lock_orders, receive
from subscriptions.offline import bouncing, ordering

Kind = BankMatch.Kind
#: What stays in the books when a line is said to be something else after all: the money did move.
STAYS_BOOKED = (Kind.RECEIPT, Kind.TRANSFER, Kind.TRANSFER_BACK, Kind.ORDER, Kind.DEPOSIT, Kind.BOUNCED)
State = Transfer.State


@transaction.atomic
def accept(line_id: int, name: str, *, reason: str, actor: Actor, at: datetime) -> list[BankMatch]:
    """Somebody says yes to one proposal of a line. It must still be one: everything is looked at again under the lock.

    Books what it books, moves what it moves, queues the letters that follow. Raises CannotExplain, CannotReceive or
    CannotTransfer, with a sentence.
    """
    [line] = lock_lines([line_id])
    offered = {one.name: one for one in propose(line, known_for([line], on=paris_day(at)))}
    if name not in offered:
        raise CannotExplain(_("This proposal does not hold any more. Please look again."), code="changed")
    rows = carry_out(line, offered[name], reason=reason, actor=actor, at=at)
    _act("explained a bank line", line, reason=reason, actor=actor, at=at)
    return rows


@transaction.atomic
def pay_invoices(line_id: int, numbers: Sequence[str], *, reason: str, actor: Actor, at: datetime) -> list[BankMatch]:
    """Somebody says which invoices a line pays, in this order; the rest of it is too much and is owed back.

    Raises CannotExplain: no such invoice, nothing is left of one; CannotReceive.
    """
    [line] = lock_lines([line_id])
    found = {one.reference: one for one in Invoice.objects.filter(reference__in=numbers)}
    missing = [number for number in numbers if number not in found]
    if missing or not numbers:
        raise CannotExplain(
            _("There is no invoice %(number)s."), code="number", params={"number": ", ".join(missing) or "—"}
        )
    keys = [found[number].pk for number in dict.fromkeys(numbers)]
    proposal = Proposal(What.INVOICES, 0, tuple(keys), ({"code": "person"},), expected=Decimal(-1))
    rows = carry_out(line, proposal, reason=reason, actor=actor, at=at)
    _act("explained a bank line", line, reason=reason, actor=actor, at=at)
    return rows


@transaction.atomic
def book_on(line_id: int, key: str, *, reason: str, actor: Actor, at: datetime) -> list[BankMatch]:
    """Somebody puts what is left of a line on an account of the bank's own (`payments.bank.rules.BY_HAND`). Raises CannotExplain."""
    [line] = lock_lines([line_id])
    rows = explain({line: [Part(Kind.BOOKED, line.left, key=key)]}, reason=reason, actor=actor, at=at)
    _act("explained a bank line", line, reason=reason, actor=actor, at=at)
    return rows


@transaction.atomic
def not_ours(line_id: int, *, reason: str, actor: Actor, at: datetime) -> list[BankMatch]:
    """What is left of a line is none of the shop's: the firm's accountant books it elsewhere. Raises CannotExplain."""
    [line] = lock_lines([line_id])
    rows = explain({line: [Part(Kind.NOT_OURS, line.left)]}, reason=reason, actor=actor, at=at)
    _act("explained a bank line", line, reason=reason, actor=actor, at=at)
    return rows


@transaction.atomic
def take_back(line_id: int, *, reason: str, actor: Actor, at: datetime) -> list[BankMatch]:
    """What was said of a line does not hold. A receipt or a transfer that loses its line goes on finance's desk."""
    [line] = lock_lines([line_id])
    rows = undo(line, reason=reason, actor=actor, at=at)
    for row in rows:
        if row.kind in STAYS_BOOKED:
            put_on_desk(
                DeskItem.Desk.FINANCE,
                kind=OFF_STATEMENT,
                subject=row.source.replace("transfer_failed:", "transfer:").replace("cheque_bounced:", "cheque:"),
                sentence="Ce mouvement est dans les livres, et sur aucun relevé depuis qu’une ligne en a été détachée.",
                at=at,
            )
    _act("undid what a bank line was", line, reason=reason, actor=actor, at=at)
    return rows


def carry_out(
    line: BankLine, proposal: Proposal, *, reason: str, actor: Actor, at: datetime, automatic: bool = False
) -> list[BankMatch]:
    """Do what a proposal says to a locked line, in the caller's transaction. Raises as `accept` does."""
    if line.left != line.amount:
        raise CannotExplain(_("This line is explained by now, or less is left of it."), code="left")
    parts = _DO[proposal.what](line, proposal, reason=reason, actor=actor, at=at)
    because = {line.pk: proposal.because}
    return explain({line: parts}, because=because, reason=reason, actor=actor, at=at, automatic=automatic)


def _noted(line: BankLine, proposal: Proposal, *, reason: str, actor: Actor, at: datetime) -> list[Part]:
    receipt = BankReceipt.objects.get(pk=proposal.keys[0])
    return [Part(Kind.RECEIPT, receipt.amount.amount, f"receipt:{receipt.pk}")]


def _invoices(line: BankLine, proposal: Proposal, *, reason: str, actor: Actor, at: datetime) -> list[Part]:
    """The line pays these invoices, in their order."""
    bills = _bills(proposal)
    receipt = _receive(line, bills, amount=line.amount, reason=reason, actor=actor, at=at)
    return [Part(Kind.RECEIPT, receipt.amount.amount, f"receipt:{receipt.pk}")]


def _charges(line: BankLine, proposal: Proposal, *, reason: str, actor: Actor, at: datetime) -> list[Part]:
    """The buyer paid the whole, and a bank kept something of it: that is our cost."""
    bills = _bills(proposal)
    receipt = _receive(line, bills, amount=proposal.expected, reason=reason, actor=actor, at=at)
    kept = line.amount - proposal.expected
    return [
        Part(Kind.RECEIPT, receipt.amount.amount, f"receipt:{receipt.pk}"),
        Part(Kind.CHARGES, kept, key="BANK_FEES"),
    ]


def _bills(proposal: Proposal) -> list[Invoice]:
    """The invoices of a proposal, their orders locked; what they leave to pay is what the proposal has seen."""
    found = Invoice.objects.in_bulk(proposal.keys)
    bills = [found[key] for key in proposal.keys]
    lock_orders(bills)
    try:
        items = open_items(proposal.keys)
    except Invoice.DoesNotExist:
        raise CannotExplain(_("One of these documents is no invoice to be paid by transfer."), code="number") from None
    left = [items[key].left for key in proposal.keys]
    if min(left) <= 0 or (proposal.expected >= 0 and sum(left) != proposal.expected):
        raise CannotExplain(
            _("One of these invoices asks for another amount by now. Please look again."), code="changed"
        )
    return bills


def _receive(
    line: BankLine, bills: Sequence[Invoice], *, amount: Decimal, reason: str, actor: Actor, at: datetime
) -> BankReceipt:
    if amount <= 0:
        raise CannotExplain(_("Money that left pays no invoice."), code="side")
    return receive(
        bills[0],
        also=bills[1:],
        amount=amount,
        bank_reference=reference_of(line),
        received_on=line.booked_on,
        payer=(line.counterparty or line.text.split("\n")[0] or line.statement.reference)[:120],
        reason=reason,
        actor=actor,
        at=at,
    )


def reference_of(line: BankLine) -> str:
    """What a receipt of this line names: the bank's own reference, where it means this line alone.

    Some banks write the same words for every transfer of a day: they are the first line's, for good. One query at most.
    """
    alike = BankLine.objects.filter(
        account=line.account_id, booked_on=line.booked_on, bank_reference=line.bank_reference, pk__lt=line.pk
    )
    if line.bank_reference and not line.batch and not alike.exists():
        return line.bank_reference
    return f"{line.statement.reference}/{line.place}"


def _transfer(line: BankLine, proposal: Proposal, *, reason: str, actor: Actor, at: datetime) -> list[Part]:
    """A refund has left our account: sent, if nobody had said so, and arrived."""
    one = Transfer.objects.select_related("file").get(pk=proposal.keys[0])
    return [_left(line, one, reason=reason, actor=actor, at=at)]


def _file(line: BankLine, proposal: Proposal, *, reason: str, actor: Actor, at: datetime) -> list[Part]:
    """Refunds of a file have left as one line: those that no other line is, with or without what came back meanwhile."""
    file = TransferFile.objects.get(pk=proposal.keys[0])
    rows = list(file.transfers.exclude(state=State.CANCELLED).select_related("file").order_by("payment_id", "pk"))
    names = [f"transfer:{one.pk}" for one in rows]
    taken = set(standing().filter(source__in=names).values_list("source", flat=True))
    within = [one for one in rows if f"transfer:{one.pk}" not in taken]
    living = [one for one in within if one.state != State.FAILED]
    carried = next((some for some in (living, within) if sum(one.amount.amount for one in some) == -line.amount), None)
    if not carried:
        raise CannotExplain(_("This proposal does not hold any more. Please look again."), code="changed")
    to_send = [one.pk for one in carried if one.state == State.APPROVED]
    if to_send:
        transferring.mark_sent(file, on=line.booked_on, only=to_send, reason=reason, actor=actor, at=at)
    return [_left(line, one, reason=reason, actor=actor, at=at) for one in carried]


def _left(line: BankLine, one: Transfer, *, reason: str, actor: Actor, at: datetime) -> Part:
    one.refresh_from_db(fields=["state"])
    if one.state == State.APPROVED and one.file is not None:
        transferring.mark_sent(one.file, on=line.booked_on, only=[one.pk], reason=reason, actor=actor, at=at)
        one.refresh_from_db(fields=["state"])
    if one.state == State.SENT:
        giving_back.arrived(one.pk, actor=actor, at=at, reason=reason)
    return Part(Kind.TRANSFER, -one.amount.amount, f"transfer:{one.pk}")


def _back(line: BankLine, proposal: Proposal, *, reason: str, actor: Actor, at: datetime) -> list[Part]:
    """A refund came back: the books are mirrored, and its reader is asked for another account, unless that was noted by hand."""
    [key] = proposal.keys
    if Transfer.objects.get(pk=key).state != State.FAILED:
        why = (line.text.split("\n")[-1] or reason)[:200]
        transferring.came_back(key, on=line.booked_on, reason=why, actor=actor, at=at)
    return [Part(Kind.TRANSFER_BACK, line.amount, f"transfer_failed:{key}")]


def _rule(line: BankLine, proposal: Proposal, *, reason: str, actor: Actor, at: datetime) -> list[Part]:
    return [Part(Kind.RULE, line.amount, key=BankRule.objects.get(pk=proposal.keys[0]).key)]


def _order(line: BankLine, proposal: Proposal, *, reason: str, actor: Actor, at: datetime) -> list[Part]:
    """The transfer of an order by post or telephone: it is paid and served, unless it was noted by hand before."""
    payment = Payment.objects.get(pk=proposal.keys[0])
    if payment.state == Payment.State.CREATED:
        ordering.transfer_came(
            payment.pk, bank_reference=reference_of(line), received_on=line.booked_on, reason=reason, actor=actor, at=at
        )
    return [Part(Kind.ORDER, line.amount, f"payment:{payment.pk}")]


def _deposit(line: BankLine, proposal: Proposal, *, reason: str, actor: Actor, at: datetime) -> list[Part]:
    """The bank has credited the cheques of a slip."""
    [key] = proposal.keys
    if DepositSlip.objects.get(pk=key).credited_on is None:
        depositing.credited(key, amount=line.amount, on=line.booked_on, actor=actor, at=at)
    return [Part(Kind.DEPOSIT, line.amount, f"deposit:{key}")]


def _bounced(line: BankLine, proposal: Proposal, *, reason: str, actor: Actor, at: datetime) -> list[Part]:
    """The bank has taken the money of a cheque back, and perhaps kept something for it: its charge is ours."""
    [key] = proposal.keys
    cheque = Cheque.objects.get(pk=key)
    if cheque.state != Cheque.State.BOUNCED:
        bouncing.bounce(
            key, on=line.booked_on, because=Cheque.Because.OTHER, reason=reason, actor=actor, at=at
        )  # fmt: skip
    parts = [Part(Kind.BOUNCED, -cheque.amount.amount, f"cheque_bounced:{key}")]
    charge = line.amount + cheque.amount.amount
    return [*parts, Part(Kind.CHARGES, charge, key="BANK_FEES")] if charge else parts


_DO = {
    What.NOTED: _noted,
    What.INVOICES: _invoices,
    What.CHARGES: _charges,
    What.TRANSFER: _transfer,
    What.FILE: _file,
    What.BACK: _back,
    What.RULE: _rule,
    What.ORDER: _order,
    What.DEPOSIT: _deposit,
    What.BOUNCED: _bounced,
}


def _act(verb: str, line: BankLine, *, reason: str, actor: Actor, at: datetime) -> None:
    record_act(verb, subject=line.subject, actor=actor, at=at, reason=reason, facts={"left": str(line.left)})


def sentences(trouble: ValidationError) -> str:
    """What stood in the way, in one line."""
    return " ".join(trouble.messages)
