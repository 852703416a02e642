"""Do the totals of a file match those that the former house declares? One query, figure by figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from subscriptions.models import ImportFile, ImportRow

Outcome = ImportRow.Outcome


@dataclass(frozen=True, slots=True)
class Totals:
    """What was read of a file: lines by outcome, copies owed, their value without VAT in euros; of all, and to be let in.

    A line that is here already counts with what it was worth when it was let in.
    """

    lines: Mapping[str, int]
    copies: int
    deferred: Decimal
    copies_ready: int
    deferred_ready: Decimal

    @property
    def every(self) -> int:
        """All lines."""
        return sum(self.lines.values())

    def of(self, *outcomes: str) -> int:
        """Lines of these outcomes."""
        return sum(self.lines.get(outcome, 0) for outcome in outcomes)

    def to_dict(self) -> dict[str, object]:
        """As a step of the file keeps them."""
        return {
            "lines": dict(self.lines),
            "copies": self.copies,
            "deferred": str(self.deferred),
            "copies_ready": self.copies_ready,
            "deferred_ready": str(self.deferred_ready),
        }


@dataclass(frozen=True, slots=True)
class Control:
    """One figure: what was declared, and what was found."""

    name: str
    declared: Decimal | int
    found: Decimal | int

    @property
    def holds(self) -> bool:
        """Whether they are the same."""
        return self.declared == self.found


def totals(file: ImportFile) -> Totals:
    """One query."""
    rows = list(
        file.rows.order_by().values("outcome").annotate(n=Count("pk"), copies=Sum("copies_left"), worth=Sum("deferred"))
    )
    counted = (Outcome.READY, Outcome.LET_IN)
    return Totals(
        lines={row["outcome"]: row["n"] for row in rows},
        copies=sum(row["copies"] or 0 for row in rows),
        deferred=sum((row["worth"] or Decimal("0.00") for row in rows), Decimal("0.00")),
        copies_ready=sum(row["copies"] or 0 for row in rows if row["outcome"] in counted),
        deferred_ready=sum((row["worth"] or Decimal("0.00") for row in rows if row["outcome"] in counted), Decimal(0)),
    )


def controls(file: ImportFile, found: Totals) -> Sequence[Control]:
    """The three figures that must match."""
    return (
        Control("lines", file.lines_declared, found.every),
        Control("copies", file.copies_declared, found.copies),
        Control("deferred", file.deferred_declared, found.deferred),
    )
