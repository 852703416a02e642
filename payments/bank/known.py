"""What lines of a statement may be: open invoices, transfers noted by hand, refunds on their way, cheques, rules; read for all at
once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, Sum

from payments.bank.matching import standing
from payments.bank.numbers import Index
from payments.bank.rules import living
from payments.invoicing.open_items import ZERO, still_open
from payments.models import (
    BankLine,
    BankReceipt,
    BankRule,
    Cheque,
    ChequeEvent,
    DepositSlip,
    Payment,
    Transfer,
)
from payments.offline_kinds import Kind
from payments.transfers.moving import LEFT

#: A transfer noted by hand is on the statement of its day, or of one close to it.
NOTED_WITHIN = timedelta(days=3)
#: A bank credits a slip at once or some days later; it sends a cheque back within weeks of the credit.
CREDITED_WITHIN, BOUNCES_WITHIN = timedelta(days=15), timedelta(days=60)
#: A refund may come back so long after it left (SEPA returns, and banks' own claims).
BACK_WITHIN = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Bill:
    """An open invoice."""

    key: int
    number: str
    buyer: str
    left: Decimal
    due_on: date | None
    engagement: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A transfer that finance has noted, and that no line is yet."""

    key: int
    reference: str
    bank_reference: str
    payer: str
    amount: Decimal
    on: date


@dataclass(frozen=True, slots=True)
class Out:
    """A refund of ours by transfer that is, or was, with the bank."""

    key: int
    reference: str
    amount: Decimal
    state: str
    file: int
    file_reference: str
    on_line: bool
    back_on_line: bool
    holder: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order by post or telephone whose transfer is awaited, or was noted by hand (`on` that day) and is no line yet.

    `key`: of its payment; `reference`: what buyers write, by which the floor above names the order.
    """

    key: int
    reference: str
    amount: Decimal
    on: date | None


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip of cheques that the bank has not credited yet: `amount` is what it is to credit."""

    key: int
    reference: str
    number: int
    amount: Decimal
    on: date


@dataclass(frozen=True, slots=True)
class Bad:
    """A cheque that the bank has credited, or that came back from the credit and is on no line as such."""

    key: int
    reference: str
    number: str
    drawer: str
    amount: Decimal
    noted: bool


@dataclass(slots=True)
class Known:
    """All of it, by what it is looked for. What one line takes is no candidate of the next."""

    bills: dict[str, Bill] = field(default_factory=dict)
    by_amount: dict[Decimal, list[Bill]] = field(default_factory=dict)
    by_engagement: dict[str, list[Bill]] = field(default_factory=dict)
    index: Index = field(default_factory=lambda: Index(()))
    noted: dict[Decimal, list[Noted]] = field(default_factory=dict)
    out: dict[str, Out] = field(default_factory=dict)
    #: What a file may have left as: its key, and how much in how many orders, with or without what came back.
    files: dict[str, tuple[int, tuple[tuple[Decimal, int], ...]]] = field(default_factory=dict)
    rules: list[BankRule] = field(default_factory=list)
    orders: list[Ordered] = field(default_factory=list)
    slips: dict[Decimal, list[Slip]] = field(default_factory=dict)
    cheques: list[Bad] = field(default_factory=list)


def known_for(lines: Sequence[BankLine], *, on: date) -> Known:
    """Everything that any of these lines may be. A dozen queries, whatever the number of lines."""
    known = Known(rules=living(lines))
    if not lines:
        return known
    if any(line.amount > 0 for line in lines):
        _bills(known)
        _noted(known, min(line.booked_on for line in lines), max(line.booked_on for line in lines))
        _ordered(known)
        _slips(known)
    if any(line.amount < 0 for line in lines):
        _cheques(known, on)
    _out(known, on)
    return known


def _ordered(known: Known) -> None:
    rows = Payment.objects.filter(way=Payment.Way.OFFLINE, method_kind=Kind.TRANSFER)
    waiting = rows.filter(state=Payment.State.CREATED)
    taken = standing().filter(kind="order").values_list("source", flat=True)
    keys = [int(source.removeprefix("payment:")) for source in taken if source.startswith("payment:")]
    noted = rows.filter(state=Payment.State.SUCCEEDED).exclude(pk__in=keys)
    for one in (waiting | noted).order_by("pk"):
        # « ActuIA, Abonnement d’un an — CMD-7K2M9QXW »: as the payment is described.
        reference = one.description.rpartition(" ")[2]
        known.orders.append(Ordered(one.pk, reference, one.amount.amount, one.received_on))


def _slips(known: Known) -> None:
    waiting = DepositSlip.objects.filter(credited_on=None, cheques__state=Cheque.State.DEPOSITED)
    for one in waiting.annotate(awaited=Sum("cheques__amount")).order_by("pk"):
        slip = Slip(one.pk, one.reference, one.number, one.awaited, one.deposited_on)
        known.slips.setdefault(slip.amount, []).append(slip)
    # Of one whose line was said to be something else since, the money is in the books, and waits for its line.
    on_line = standing().filter(kind="deposit").values_list("source", flat=True)
    keys = [int(source.removeprefix("deposit:")) for source in on_line]
    for off in DepositSlip.objects.filter(credited_on__isnull=False).exclude(pk__in=keys).order_by("pk"):
        slip = Slip(off.pk, off.reference, off.number, off.credited or ZERO, off.deposited_on)
        known.slips.setdefault(slip.amount, []).append(slip)


def _cheques(known: Known, on: date) -> None:
    since = on - BOUNCES_WITHIN
    # What came back before the credit never was at the bank: no line says that it left.
    was_there = Exists(ChequeEvent.objects.filter(cheque=OuterRef("pk"), to_state=Cheque.State.CREDITED))
    moved = Q(state=Cheque.State.CREDITED) | Q(state=Cheque.State.BOUNCED, bounced_on__gte=since)
    rows = Cheque.objects.filter(moved, was_there, slip__credited_on__gte=since)
    taken = set(standing().filter(kind="bounced").values_list("source", flat=True))
    for one in rows.order_by("pk"):
        if f"cheque_bounced:{one.pk}" not in taken:
            noted = one.state == Cheque.State.BOUNCED
            known.cheques.append(Bad(one.pk, one.reference, one.number, one.drawer, one.amount.amount, noted))


def _bills(known: Known) -> None:
    names = ("pk", "reference", "buyer_name", "left", "due_on", "engagement_number")
    for row in still_open().order_by("due_on", "pk").values_list(*names):
        bill = Bill(*row)
        known.bills[bill.number] = bill
        known.by_amount.setdefault(bill.left, []).append(bill)
        if len(bill.engagement) >= 6:
            known.by_engagement.setdefault(bill.engagement.upper(), []).append(bill)
    known.index = Index(known.bills)


def _noted(known: Known, first: date, last: date) -> None:
    rows = BankReceipt.objects.filter(received_on__gte=first - NOTED_WITHIN, received_on__lte=last + NOTED_WITHIN)
    found = list(rows.order_by("received_on", "pk"))
    names = [f"receipt:{one.pk}" for one in found]
    taken = set(standing().filter(source__in=names).values_list("source", flat=True))
    for one in found:
        if f"receipt:{one.pk}" not in taken:
            noted = Noted(one.pk, one.reference, one.bank_reference, one.payer, one.amount.amount, one.received_on)
            known.noted.setdefault(noted.amount, []).append(noted)


def _out(known: Known, on: date) -> None:
    rows = Transfer.objects.filter(file__isnull=False)
    moved = rows.filter(state__in=(*LEFT, Transfer.State.FAILED), sent_on__gte=on - BACK_WITHIN)
    found = list((rows.filter(state=Transfer.State.APPROVED) | moved).select_related("file").order_by("pk"))
    names = [f"{kind}:{one.pk}" for one in found for kind in ("transfer", "transfer_failed")]
    taken = set(standing().filter(source__in=names).values_list("source", flat=True))
    for one in found:
        assert one.file is not None  # noqa: S101  # asked for
        seen, back = f"transfer:{one.pk}" in taken, f"transfer_failed:{one.pk}" in taken
        known.out[one.reference] = Out(
            one.pk, one.reference, one.amount.amount, one.state, one.file.pk, one.file.reference, seen, back, one.holder
        )
    waiting: dict[str, list[Out]] = {}
    for out in known.out.values():
        if not out.on_line:
            waiting.setdefault(out.file_reference, []).append(out)
    for reference, whole in waiting.items():
        living = [out for out in whole if out.state != Transfer.State.FAILED]
        sums = ((sum((out.amount for out in some), Decimal(0)), len(some)) for some in (living, whole))
        known.files[reference] = (whole[0].file, tuple(dict.fromkeys(sums)))
