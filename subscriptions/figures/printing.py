"""Printing: an advice is frozen, what was printed is written down, and both are laid beside what was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act
from subscriptions.figures.advising import advise
from subscriptions.losses.stock import balances
from subscriptions.models import Issue, MailingRun, PrintAdvice, PrintRun, StockMovement


class CannotPrint(ValidationError):
    """What was asked for cannot be written down; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Used:
    """One issue: what was advised when it was printed, what was printed, and what became of it. None: nobody wrote it down.

    `sent`: posted with the runs for readers; `again`: sent again; `stock`: what is left; `spoiled`: of the stock.
    """

    issue: Issue
    advice: PrintAdvice | None
    printed: int | None
    sent: int
    again: int
    stock: int
    spoiled: int

    @property
    def used(self) -> int:
        """Everything that left."""
        return self.sent + self.again

    @property
    def over(self) -> int | None:
        """Printed, and neither sent nor in stock nor spoiled: what the mailing house has, or nobody can explain."""
        return None if self.printed is None else self.printed - self.used - self.stock - self.spoiled

    @property
    def inside(self) -> bool | None:
        """Whether what was used lies in the range that was advised; None without an advice, or before it was posted."""
        if self.advice is None or self.issue.posted_on is None:
            return None
        return self.advice.low <= self.used <= self.advice.high


@transaction.atomic
def freeze_advice(
    issue_id: int, *, shown: tuple[int, int] | None = None, on: date, actor: Actor, at: datetime, reason: str
) -> PrintAdvice:
    """Keep the advice of an issue as it is now. `shown`: the range that the colleague saw (design, rule 11).

    Raises CannotPrint once the issue is posted, or if the range has changed.
    """
    issue = Issue.objects.select_for_update(no_key=True, of=("self",)).select_related("magazine").get(pk=issue_id)
    if issue.posted_on is not None:
        raise CannotPrint(_("This issue has left: an advice would come too late."), code="posted")
    advice = advise(issue)
    if shown is not None and shown != (advice.low, advice.high):
        raise CannotPrint(_("The figures have changed meanwhile. Please look at them again."), code="changed")
    last = PrintAdvice.objects.filter(issue=issue).aggregate(last=Max("number"))["last"] or 0
    made = PrintAdvice.objects.create(
        issue=issue, number=last + 1, on=on, low=advice.low, high=advice.high, parts=advice.frozen, actor=str(actor),
        reason=reason[:200], at=at,
    )  # fmt: skip
    record_act(
        "kept a print-run advice", subject=f"issue:{issue.pk}", actor=actor, at=at, reason=reason,
        facts={"low": advice.low, "high": advice.high},
    )  # fmt: skip
    return made


@transaction.atomic
def note_print(issue_id: int, copies: int, *, on: date, actor: Actor, at: datetime, reason: str) -> PrintRun:
    """Write down how many copies of an issue were printed; a later one holds in its place, and both stay."""
    made = PrintRun.objects.create(
        issue_id=issue_id, copies=copies, on=on, actor=str(actor), reason=reason[:200], at=at
    )  # fmt: skip
    record_act(
        "noted a print run", subject=f"issue:{issue_id}", actor=actor, at=at, reason=reason, facts={"copies": copies}
    )  # fmt: skip
    return made


def used_of(issues: Sequence[Issue]) -> Sequence[Used]:
    """What was advised, printed and used of these issues, in the order given. Six queries, however many.

    The advice is the last one that was kept before the print run was written down, else the last one.
    """
    keys = [one.pk for one in issues]
    prints = {
        one.issue_id: one
        for one in PrintRun.objects.filter(issue__in=keys).order_by("issue_id", "-pk").distinct("issue_id")
    }
    advices: dict[int, PrintAdvice] = {}
    for advice in PrintAdvice.objects.filter(issue__in=keys).order_by("issue", "number"):
        printed = prints.get(advice.issue_id)
        if advice.issue_id not in advices or printed is None or advice.at <= printed.at:
            advices[advice.issue_id] = advice
    sent = _sent(keys)
    spoiled: Mapping[int, int] = dict(
        StockMovement.objects.filter(issue__in=keys, kind=StockMovement.Kind.SPOILED)
        .order_by()
        .values("issue")
        .annotate(sum=Sum("copies"))
        .values_list("issue", "sum")
    )
    left = balances(keys)
    return [
        Used(
            issue=one,
            advice=advices.get(one.pk),
            printed=prints[one.pk].copies if one.pk in prints else None,
            sent=sent.get((one.pk, False), 0),
            again=sent.get((one.pk, True), 0),
            stock=left[one.pk],
            spoiled=-spoiled.get(one.pk, 0),
        )
        for one in issues
    ]


def _sent(keys: Sequence[int]) -> Mapping[tuple[int, bool], int]:
    rows = (
        MailingRun.objects.filter(issue__in=keys, state=MailingRun.State.POSTED)
        .order_by()
        .values("issue", "kind")
        .annotate(sum=Sum("copies"))
    )
    found: dict[tuple[int, bool], int] = {}
    for row in rows:
        key = (row["issue"], row["kind"] == MailingRun.Kind.RESEND)
        found[key] = found.get(key, 0) + (row["sum"] or 0)
    return found
