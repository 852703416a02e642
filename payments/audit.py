"""The invariants of the ground floor, by their names in the design: the nightly audit, the simulation and the tests
all ask these functions. Each yields (subject, sentence) for every breach, and nothing when all is well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from payments.bank.auditing import lines_booked, lines_explained
from payments.cheques.auditing import cheques_deposited, cheques_held
from payments.closing.anchoring import anchors_sent
from payments.closing.auditing import days_add_up, days_closed, entries_numbered, periods_locked
from payments.closing.standing import signed_still_stands
from payments.ereporting.materialising import differences
from payments.invoicing.issuing import vat_by_rate
from payments.invoicing.numbering import digest
from payments.ledger.accounts import vat_accounts
from payments.ledger.auditing import money_days
from payments.mirroring.matters import open_matters
from payments.models import (
    AccountMap,
    BalanceMovement,
    BankReceipt,
    Cheque,
    DepositSlip,
    Discrepancy,
    Dispute,
    Invoice,
    InvoiceSeries,
    LedgerEntry,
    LedgerLine,
    MirrorRun,
    PaidAgain,
    Payment,
    PaymentEvent,
    ReceiptShare,
    Refund,
    StripeEvent,
    Transfer,
    WriteOff,
)
from payments.months.auditing import months_frozen
from payments.reconciliation import checking
from payments.sealing.heads import heads_found_again
from payments.sealing.verifying import sealed_as_written
from payments.transfers.moving import LEFT

Breaches = Iterator[tuple[str, str]]
Check = Callable[[datetime], Breaches]
CHUNK = 2000
WAITING_TOO_LONG = timedelta(hours=2)
#: A mirror is held every night: one and a half days after the last, a night was missed.
MIRROR_TOO_OLD = timedelta(hours=36)


def one_charge(at: datetime) -> Breaches:
    """ONE-CHARGE: one paying payment per subject; any second success is surplus and refunded."""
    doubled = (
        Payment.objects.filter(state=Payment.State.SUCCEEDED, surplus=False)
        .values("subject")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    for row in doubled:
        yield row["subject"], f"{row['n']} paying payments"
    taken_back = Dispute.objects.filter(payment=OuterRef("pk"), state=Dispute.State.LOST, taken__gt=0)
    unreturned = Payment.objects.filter(~Exists(taken_back), surplus=True, refunds=None, transfers=None)
    for payment in unreturned.iterator(CHUNK):
        yield f"payment:{payment.pk}", "a surplus payment that nobody is giving back"
    late = Payment.objects.filter(effect=Payment.Effect.PARKED, state_since__lte=at - WAITING_TOO_LONG)
    for payment in late.iterator(CHUNK):
        yield f"payment:{payment.pk}", "paid, and still not served"


def moved_by_the_table(at: datetime) -> Breaches:
    """Part of ONE-CHARGE: every payment stands where its last recorded step left it."""
    last = {
        row["payment"]: row["to_state"]
        for row in PaymentEvent.objects.order_by("payment", "-pk").distinct("payment").values("payment", "to_state")
    }
    for pk, state in Payment.objects.values_list("pk", "state").iterator(CHUNK):
        if last.get(pk) != state:
            yield f"payment:{pk}", f"stands at {state}, its last recorded step says {last.get(pk)}"


def balanced(at: datetime) -> Breaches:
    """BALANCED: every entry sums to zero; every settled payment, document and refund is booked, and nothing else is."""
    wrong = (
        LedgerEntry.objects.annotate(d=Sum("lines__debit"), c=Sum("lines__credit"))
        .exclude(d=F("c"), d__isnull=False)
        .values_list("source", flat=True)
    )
    for source in wrong.iterator(CHUNK):
        yield f"entry:{source}", "does not sum to zero"
    yield from _unbooked("payment", Payment.objects.filter(state=Payment.State.SUCCEEDED).values_list("pk", flat=True))
    yield from _unbooked("invoice", Invoice.objects.values_list("pk", flat=True))
    yield from _unbooked("refund", Refund.objects.filter(state=Refund.State.SUCCEEDED).values_list("pk", flat=True))
    yield from _unbooked("transfer", Transfer.objects.filter(state__in=LEFT).values_list("pk", flat=True))
    yield from _unbooked("receipt", BankReceipt.objects.values_list("pk", flat=True))
    yield from _unbooked("write_off", WriteOff.objects.values_list("pk", flat=True))
    bounced = Cheque.objects.filter(state=Cheque.State.BOUNCED)
    yield from _unbooked("cheque_bounced", bounced.values_list("pk", flat=True))
    yield from _unbooked("paid_again", PaidAgain.objects.values_list("pk", flat=True))
    credited = DepositSlip.objects.filter(credited_on__isnull=False)
    yield from _unbooked("deposit", credited.values_list("pk", flat=True))
    yield from _unbooked("dispute", Dispute.objects.filter(taken__gt=0).values_list("pk", flat=True))
    yield from _unbooked("dispute_returned", Dispute.objects.filter(returned__gt=0).values_list("pk", flat=True))
    lost = Dispute.objects.filter(state=Dispute.State.LOST, settled_at__isnull=False, taken__gt=0)
    yield from _unbooked("dispute_lost", lost.values_list("pk", flat=True))


def _unbooked(kind: str, keys: object) -> Breaches:
    booked = set(
        LedgerEntry.objects.filter(source__startswith=f"{kind}:").values_list("source", flat=True).iterator(CHUNK)
    )
    for key in keys.iterator(CHUNK):  # type: ignore[attr-defined]
        if f"{kind}:{key}" in booked:
            booked.remove(f"{kind}:{key}")
        else:
            yield f"{kind}:{key}", "has no entry in the books"
    # What came back from the bank, a refund or a transfer, keeps both its entries.
    returned = set(LedgerEntry.objects.filter(source__startswith=f"{kind}_failed:").values_list("source", flat=True))
    for source in sorted(booked):
        if source.replace(f"{kind}:", f"{kind}_failed:") not in returned:
            yield f"entry:{source}", "books what did not happen"


def open_items(at: datetime) -> Breaches:
    """Part of BALANCED: 411 is what documents and money leave open; the surplus account is what is not given back yet;
    the account of disputes is what banks have taken while they decide."""
    paid = Payment.objects.filter(state=Payment.State.SUCCEEDED)
    back = Refund.objects.filter(state=Refund.State.SUCCEEDED)
    sent = Transfer.objects.filter(state__in=LEFT)
    taken = Dispute.objects.filter(taken__gt=0)
    lost = taken.filter(state=Dispute.State.LOST, settled_at__isnull=False)
    issued = Invoice.objects.filter(kind=Invoice.Kind.INVOICE)
    credited = Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE)
    shares = ReceiptShare.objects.all()
    bounced = Cheque.objects.filter(state=Cheque.State.BOUNCED)
    again = PaidAgain.objects.all()
    expected = {
        "AR": _sum(issued, "total_ttc")
        - _sum(credited, "total_ttc")
        - _sum(paid.filter(surplus=False), "amount")
        - _sum(shares, "amount")
        - _sum(WriteOff.objects.all(), "amount")
        + _sum(back.filter(payment__surplus=False), "amount")
        + _sum(sent.filter(receipt=None).exclude(payment__surplus=True), "amount")
        + _sum(lost, "cleared")
        + _sum(bounced.filter(payment__surplus=False), "amount")
        - _sum(again.filter(bounced__payment__surplus=False), "amount"),
        "SURPLUS": _sum(back.filter(payment__surplus=True), "amount")
        + _sum(sent.filter(Q(payment__surplus=True) | Q(receipt__isnull=False)), "amount")
        + _sum(shares, "amount")
        - _sum(BankReceipt.objects.all(), "amount")
        + _sum(lost.filter(payment__surplus=True), "taken")
        + _sum(bounced.filter(payment__surplus=True), "amount")
        - _sum(again.filter(bounced__payment__surplus=True), "amount")
        - _sum(paid.filter(surplus=True), "amount"),
        "DISPUTES": _sum(taken, "taken") - _sum(taken, "returned") - _sum(lost, "taken"),
    }
    for key, amount in expected.items():
        accounts = AccountMap.objects.filter(key=key).values_list("account", flat=True).distinct()
        booked = sum((balance_of(account) for account in accounts), Decimal("0.00"))
        if booked != amount:
            yield f"account:{key}", f"holds {booked}, documents and payments leave {amount} open"


def _sum(rows: QuerySet[Any], column: str) -> Decimal:
    return Decimal(rows.aggregate(sum=Sum(column))["sum"] or 0)


def as_stripe_says(at: datetime) -> Breaches:
    """Part of BALANCED: what Stripe's balance shows of our payments and refunds is the amount that we booked, or a discrepancy."""
    told = Exists(Discrepancy.objects.filter(movement=OuterRef("pk"), kind=Discrepancy.Kind.OTHER_AMOUNT))
    lines = BalanceMovement.objects.exclude(told)
    taken = lines.filter(kind__in=("charge", "payment"), payment__isnull=False)
    given = lines.filter(kind__in=("refund", "payment_refund"), refund__isnull=False)
    for line in taken.exclude(amount=F("payment__amount")).iterator(CHUNK):
        yield f"movement:{line.stripe_id}", "is not the amount of its payment"
    for line in given.exclude(amount=-F("refund__amount")).iterator(CHUNK):
        yield f"movement:{line.stripe_id}", "is not the amount of its refund"


def fees_booked(at: datetime) -> Breaches:
    """Part of BALANCED: every fee on a line of ours is booked, and no line of ours is left without its owner."""
    owned = Q(payment__isnull=False) | Q(refund__isnull=False)
    ours = BalanceMovement.objects.filter(owned, currency="eur").exclude(fee=0)
    yield from _unbooked("fee", ours.values_list("pk", flat=True))
    charges = Payment.objects.filter(stripe_charge=OuterRef("source"))
    disputes = Dispute.objects.filter(stripe_dispute=OuterRef("source"))
    known = Exists(charges) | Exists(disputes)
    orphans = BalanceMovement.objects.filter(known, payment=None, created__lte=at - WAITING_TOO_LONG)
    for line in orphans.iterator(CHUNK):
        yield f"movement:{line.stripe_id}", "belongs to a payment of ours and is not matched"


def balance_of(account: str) -> Decimal:
    """Debits minus credits of one account, in euros."""
    sums = LedgerLine.objects.filter(account=account).aggregate(d=Sum("debit"), c=Sum("credit"))
    return (sums["d"] or Decimal(0)) - (sums["c"] or Decimal(0))


def numbered(at: datetime) -> Breaches:
    """NUMBERED: numbers are 1..n per series and year, dates rise, the hash chain verifies."""
    for series in InvoiceSeries.objects.all():
        expected, previous_hash, previous_date = 1, "", None
        rows = Invoice.objects.filter(series=series).prefetch_related("lines").order_by("number")
        for invoice in rows.iterator(CHUNK):
            if invoice.number != expected:
                yield f"series:{series}", f"number {expected} is missing"
                expected = invoice.number
            if invoice.previous_hash != previous_hash or digest(invoice, list(invoice.lines.all())) != invoice.hash:
                yield f"invoice:{invoice.reference}", "breaks the hash chain"
            if previous_date is not None and invoice.issued_on < previous_date:
                yield f"invoice:{invoice.reference}", "is dated before the one before it"
            expected, previous_hash, previous_date = expected + 1, invoice.hash, invoice.issued_on
        if expected - 1 != series.last_number or previous_hash != series.last_hash:
            yield f"series:{series}", f"its counter says {series.last_number}, its documents say {expected - 1}"


def vat(at: datetime) -> Breaches:
    """VAT: HT + VAT = TTC per document, lines = totals = ledger."""
    booked: dict[str, Decimal] = {}
    moved = (
        LedgerLine.objects.filter(entry__source__startswith="invoice:", account__in=vat_accounts())
        .values("entry__source")
        .annotate(moved=Sum("debit") + Sum("credit"))
    )
    for row in moved.iterator(CHUNK):
        booked[row["entry__source"]] = row["moved"]
    for invoice in Invoice.objects.prefetch_related("lines").iterator(CHUNK):
        lines = list(invoice.lines.all())
        total = sum(vat_by_rate(lines).values(), Decimal(0))
        sums = [sum((getattr(line, part).amount for line in lines), Decimal(0)) for part in ("ht", "vat", "ttc")]
        stated = [invoice.total_ht.amount, invoice.total_vat.amount, invoice.total_ttc.amount]
        if sums != stated or sums[0] + sums[1] != sums[2] or any(line.ht + line.vat != line.ttc for line in lines):
            yield f"invoice:{invoice.reference}", "HT, VAT and TTC do not agree"
        if booked.get(f"invoice:{invoice.pk}", Decimal(0)) != total:
            yield f"invoice:{invoice.reference}", "its VAT is not the one in the books"
    yield from differences(at=at)


def heard(at: datetime) -> Breaches:
    """HEARD: every Stripe event is applied, ignored with a reason, or parked in sight."""
    stuck = StripeEvent.objects.filter(state=StripeEvent.State.STORED, received_at__lte=at - WAITING_TOO_LONG)
    for event in stuck.iterator(CHUNK):
        yield f"event:{event.event_id}", f"{event.type} has been waiting since {event.received_at:%Y-%m-%d %H:%M}"
    mute = StripeEvent.objects.filter(state=StripeEvent.State.IGNORED, reason="")
    for event in mute.iterator(CHUNK):
        yield f"event:{event.event_id}", "ignored without a reason"


def unknown_resolved(at: datetime) -> Breaches:
    """Part of HEARD: nothing stays unknown or open for more than a day without being seen."""
    old = at - timedelta(days=1)
    for payment in Payment.objects.filter(state=Payment.State.UNKNOWN, state_since__lte=old).iterator(CHUNK):
        yield f"payment:{payment.pk}", "unknown for more than a day"
    # A page ends within a day, and is looked up when it has ended.
    open_still = Payment.objects.filter(is_open=True, checkout_expires_at__lte=old).exclude(
        state__in=(Payment.State.UNKNOWN, Payment.State.PROCESSING)
    )
    for payment in open_still.iterator(CHUNK):
        yield f"payment:{payment.pk}", "its page ended more than a day ago, and nobody knows what became of it"
    refunds = Refund.objects.filter(Q(state=Refund.State.UNKNOWN) | Q(state=Refund.State.CREATED), state_since__lte=old)
    for refund in refunds.iterator(CHUNK):
        yield f"refund:{refund.pk}", "asked for and not answered for more than a day"


def mirrored(at: datetime) -> Breaches:
    """MIRROR: what Stripe took for us and what the books received are the same, as the last mirrors saw it.

    Reads what the runs have stored. A mirror that has not run, or has not come to its end, is itself a breach as soon as
    there is money that it should have seen.
    """
    yield from open_matters()
    since = at - MIRROR_TOO_OLD
    recent = MirrorRun.objects.filter(kind=MirrorRun.Kind.NIGHTLY, finished_at__isnull=False, until__gte=since)
    money = Payment.objects.filter(state=Payment.State.SUCCEEDED, state_since__lt=since)
    money = money.exclude(way=Payment.Way.OFFLINE)
    if not recent.exists() and money.exists():
        yield "mirror:nightly", "Stripe's charges were not held against the books last night"
    for run in MirrorRun.objects.filter(finished_at=None, started_at__lt=since).order_by("pk"):
        yield f"mirror:{run.pk}", "a mirror that has not come to its end"


CHECKS: Mapping[str, tuple[Check, ...]] = {
    "ONE-CHARGE": (one_charge, moved_by_the_table),
    "BALANCED": (
        balanced,
        open_items,
        fees_booked,
        as_stripe_says,
        checking.clearing,
        lines_booked,
        cheques_held,
        cheques_deposited,
        days_add_up,
        periods_locked,
        signed_still_stands,
    ),
    "NUMBERED": (
        numbered,
        entries_numbered,
        days_closed,
        sealed_as_written,
        heads_found_again,
        anchors_sent,
        months_frozen,
    ),
    "VAT": (vat, money_days),
    "HEARD": (heard, unknown_resolved),
    "MIRROR": (mirrored,),
    "PAYOUT": (checking.payouts, checking.transit, checking.at_bank, lines_explained),
}
