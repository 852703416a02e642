"""Open items: what of an invoice that was issued before it was paid is still to come, and which VAT fell due so far.

The VAT of the press falls due when the price is received (law.md 1.5): of an invoice that is half paid, half is due. Each
receipt makes due the difference between before and after, so that several add up to the invoice's own VAT to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce

from payments.models import Invoice, ReceiptShare, Transfer, WriteOff
from payments.transfers.moving import LEFT
from payments.vat import split

ZERO = Decimal("0.00")
#: Transfers of which nothing leaves.
NOT_COMING = (Transfer.State.FAILED, Transfer.State.CANCELLED)
_EUROS: Any = DecimalField(max_digits=12, decimal_places=2)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One such invoice. `received`: by transfers to our account; `returned`: by transfers back, of what its credit notes
    took off; `given_up`: written off; all in euros incl. VAT."""

    invoice: Invoice
    credited: Decimal
    received: Decimal
    returned: Decimal
    given_up: Decimal

    @property
    def left(self) -> Decimal:
        """What is still to be paid; below zero, what is owed back."""
        return Decimal(self.invoice.total_ttc.amount - self.credited - self.received + self.returned - self.given_up)

    @property
    def kept(self) -> Decimal:
        """What was received and has not left again."""
        return self.received - self.returned


def vat_due(before: Decimal, after: Decimal, *, rate: Decimal) -> Decimal:
    """The VAT that falls due when what was received of an invoice goes from `before` to `after` euros; negative the other
    way round."""
    return split(after, rate)[1] - split(before, rate)[1]


def billed() -> QuerySet[Any]:
    """Invoices that were issued before they were paid, and were not made out anew since; each with what `open_item` reads
    and `left`, what is still to come. No query of its own."""
    credited = Invoice.objects.filter(original=OuterRef("pk")).values("original").annotate(sum=Sum("total_ttc"))
    received = ReceiptShare.objects.filter(invoice=OuterRef("pk")).values("invoice").annotate(sum=Sum("amount"))
    returned = (
        Transfer.objects.filter(credit_note__original=OuterRef("pk"), state__in=LEFT)
        .values("credit_note__original")
        .annotate(sum=Sum("amount"))
    )
    given_up = WriteOff.objects.filter(invoice=OuterRef("pk")).values("invoice").annotate(sum=Sum("amount"))
    rows: Any = Invoice.objects.filter(kind=Invoice.Kind.INVOICE, payment=None, reissued=None)
    found: QuerySet[Any] = rows.annotate(
        credited=_folded(credited),
        received=_folded(received),
        returned=_folded(returned),
        given_up=_folded(given_up),
        left=ExpressionWrapper(
            Cast("total_ttc", _EUROS) - F("credited") - F("received") + F("returned") - F("given_up"),
            output_field=_EUROS,
        ),
    )
    return found


def still_open() -> QuerySet[Any]:
    """Those of which something is still to be paid."""
    return billed().filter(left__gt=0)


def open_item(invoice: Invoice) -> OpenItem:
    """One of them as it stands now. One query. Raises Invoice.DoesNotExist for one that was paid when it was issued."""
    return open_items([invoice.pk])[invoice.pk]


def owed_back(invoice: Invoice) -> Decimal:
    """What was received of it beyond what it asks for by now, and is not on its way back yet; in euros. Three queries."""
    asked = Transfer.objects.filter(credit_note__original=invoice).exclude(state__in=(*LEFT, *NOT_COMING))
    waiting: Decimal = asked.aggregate(sum=Sum("amount"))["sum"] or ZERO
    return max(-open_item(invoice).left - waiting, ZERO)


def open_items(keys: Iterable[int]) -> Mapping[int, OpenItem]:
    """Several, by primary key. Two queries. Raises Invoice.DoesNotExist if one of them is no such invoice."""
    wanted = set(keys)
    found = {
        row.pk: OpenItem(
            row, _euros(row, "credited"), _euros(row, "received"), _euros(row, "returned"), _euros(row, "given_up")
        )
        for row in billed().filter(pk__in=wanted).prefetch_related("lines")
    }
    if wanted - found.keys():
        raise Invoice.DoesNotExist(sorted(wanted - found.keys()))
    return found


def standing_bill(subject: str) -> Invoice | None:
    """The invoice of something that was invoiced before it was paid, or the one made out instead of it since."""
    found = Invoice.objects.filter(subject=subject, kind=Invoice.Kind.INVOICE, payment=None).first()
    while found is not None:
        anew = Invoice.objects.filter(reissue_of__original=found).first()
        if anew is None:
            return found
        found = anew
    return None


def rate_of(invoice: Invoice) -> Decimal:
    """The one VAT rate of an invoice, in percent."""
    [rate] = {Decimal(line.rate) for line in invoice.lines.all()}
    return rate


def vat_returned(transfer: Transfer) -> dict[Decimal, Decimal]:
    """VAT that a transfer back takes off what was due, per rate: what its money had made due (law.md 1.5)."""
    note = transfer.credit_note
    if note is None or note.original is None:
        return {}
    received = note.original.shares.aggregate(sum=Sum("amount"))["sum"] or ZERO
    before = Transfer.objects.filter(Q(credit_note__original=note.original), state__in=LEFT, pk__lt=transfer.pk)
    kept = received - (before.aggregate(sum=Sum("amount"))["sum"] or ZERO)
    rate = rate_of(note.original)
    return {rate: vat_due(kept - transfer.amount.amount, kept, rate=rate)}


def _folded(sums: Any) -> Coalesce:
    return Coalesce(Subquery(sums.values("sum"), output_field=_EUROS), Value(ZERO), output_field=_EUROS)


def _euros(row: Invoice, name: str) -> Decimal:
    amount: Decimal = getattr(row, name)
    return amount
