"""Reading: the figures of an issue and of the issues of a year, from what was frozen; nothing is counted copy by copy here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from subscriptions.calendar import add_months
from subscriptions.figures.classes import CLASSES, NOT_PAID, PAID, POSTED, Klass
from subscriptions.models import (
    Circulation,
    CirculationCount,
    CirculationRule,
    CopyReturn,
    DigitalDownload,
    Dispatch,
    Issue,
    MailingRun,
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Copies of one issue by class, all its counts together; and beside them returns, and readers of the digital edition."""

    issue: Issue
    copies: Mapping[Klass, int] = field(default_factory=dict)
    returned: int = 0
    digital: int = 0
    digital_only: int = 0

    def of(self, *classes: Klass) -> int:
        """Copies of these classes together."""
        return sum(self.copies.get(one, 0) for one in classes)

    @property
    def paid(self) -> int:
        """Paid circulation."""
        return self.of(*PAID)

    @property
    def not_paid(self) -> int:
        """What was posted and does not count as paid."""
        return self.of(*NOT_PAID)

    @property
    def posted(self) -> int:
        """Circulation: every copy once."""
        return self.of(*POSTED)

    @property
    def again(self) -> int:
        """Sent again, or instead of a copy that was lost."""
        return self.of(Klass.CLAIM)

    @property
    def total(self) -> int:
        """Everything that left of the issue: what its dispatches add up to."""
        return self.posted + self.again


def figures_of(issues: Sequence[Issue]) -> Sequence[Figures]:
    """The figures of these issues, in the order given. Four queries, however many."""
    keys = [one.pk for one in issues]
    rows = (
        CirculationCount.objects.filter(circulation__issue__in=keys)
        .order_by()
        .values("circulation__issue", "klass")
        .annotate(sum=Sum("copies"))
    )
    copies: defaultdict[int, dict[Klass, int]] = defaultdict(dict)
    for row in rows:
        if row["sum"]:
            copies[row["circulation__issue"]][Klass(row["klass"])] = row["sum"]
    returned, digital, only = _returned(keys), _digital(keys), _digital_only(keys)
    return [
        Figures(
            one, copies.get(one.pk, {}), returned.get(one.pk, 0), digital.get(one.pk, 0), only.get(one.pk, 0)
        )
        for one in issues
    ]  # fmt: skip


def _returned(keys: Collection[int]) -> Mapping[int, int]:
    rows = CopyReturn.objects.filter(dispatch__issue__in=keys).order_by().values("dispatch__issue")
    return dict(rows.annotate(sum=Sum("dispatch__copies")).values_list("dispatch__issue", "sum"))


def _digital(keys: Collection[int]) -> Mapping[int, int]:
    return _readers(downloads().filter(entitlement__issue__in=keys))


def _digital_only(keys: Collection[int]) -> Mapping[int, int]:
    """Readers of the file to whom no printed copy of the issue has left."""
    printed = Dispatch.objects.filter(entitlement=OuterRef("entitlement"), run__circulation__isnull=False)
    return _readers(downloads().filter(~Exists(printed), entitlement__issue__in=keys))


def downloads() -> QuerySet[DigitalDownload]:
    """What was downloaded, for counting."""
    return DigitalDownload.objects.order_by()


def _readers(rows: QuerySet[DigitalDownload]) -> Mapping[int, int]:
    found = rows.values("entitlement__issue").annotate(readers=Count("entitlement", distinct=True))
    return dict(found.values_list("entitlement__issue", "readers"))


def posted_issues(magazine_id: int, *, until: date | None = None, since: date | None = None) -> Sequence[Issue]:
    """Issues that have left, the oldest first; those posted after `since` and on `until` at the latest. One query."""
    rows = Issue.objects.filter(magazine=magazine_id, posted_on__isnull=False)
    if until is not None:
        rows = rows.filter(posted_on__lte=until)
    if since is not None:
        rows = rows.filter(posted_on__gt=since)
    return list(rows.select_related("magazine").order_by("number"))


def of_a_year(magazine_id: int, *, until: date) -> Sequence[Issue]:
    """The issues of the twelve months that end on a day whose main file was counted here. One query."""
    counted = Exists(Circulation.objects.filter(issue=OuterRef("pk"), run__kind=MailingRun.Kind.MAIN))
    rows = Issue.objects.filter(counted, magazine=magazine_id, posted_on__lte=until)
    return list(rows.filter(posted_on__gt=add_months(until, -12)).select_related("magazine").order_by("number"))


def average(figures: Sequence[Figures]) -> Mapping[str, Decimal]:
    """Copies of a class on average over these issues, to one decimal; also « paid », « not_paid », « posted ». A double issue is
    one issue."""
    if not figures:
        return {}
    sums = {str(klass): sum(one.of(klass) for one in figures) for klass in CLASSES}
    sums |= {
        "paid": sum(one.paid for one in figures),
        "not_paid": sum(one.not_paid for one in figures),
        "posted": sum(one.posted for one in figures),
    }
    return {name: (Decimal(many) / len(figures)).quantize(Decimal("0.1")) for name, many in sums.items()}


@dataclass(frozen=True, slots=True)
class Part:
    """Copies that are classed alike over all counts of an issue: a cell of its statement."""

    klass: Klass
    band: str
    zone: str
    copies: int


def parts_of(issue: Issue) -> Sequence[Part]:
    """Copies of an issue by class, band of price and zone. One query."""
    rows = (
        CirculationCount.objects.filter(circulation__issue=issue)
        .order_by("klass", "band", "zone")
        .values("klass", "band", "zone")
        .annotate(sum=Sum("copies"))
        .exclude(sum=0)
    )
    return [Part(Klass(row["klass"]), row["band"], row["zone"], row["sum"]) for row in rows]


def counts_of(issue: Issue) -> Sequence[Circulation]:
    """What was counted of an issue, in order, each with its run and its rule. One query."""
    return list(Circulation.objects.filter(issue=issue).select_related("run", "rule").order_by("number"))


def rule_of(counts: Sequence[Circulation]) -> CirculationRule | None:
    """The rule whose limits an issue's bands of price are named by: that of its main file, else of its first count."""
    main = (one.rule for one in counts if one.run is not None and one.run.kind == MailingRun.Kind.MAIN)
    return next(main, counts[0].rule if counts else None)


def otherwise_banded(counts: Sequence[Circulation]) -> Sequence[Circulation]:
    """Counts of an issue whose bands had other limits than those."""
    rule = rule_of(counts)
    return [one for one in counts if rule is not None and _limits(one.rule) != _limits(rule)]


def _limits(rule: CirculationRule) -> tuple[Decimal, Decimal]:
    return rule.paid_least_percent, rule.coupled_least_percent


@dataclass(frozen=True, slots=True)
class Sold:
    """Copies that were sold by one offer and one code over some issues: how many, for how much, how many too cheap."""

    offer: str
    offer_id: int | None
    code: str
    copies: int
    low: int
    paid: Decimal
    reference: Decimal
    least: Decimal | None

    @property
    def percent(self) -> Decimal | None:
        """Of the reference price, on average; None where there was none."""
        return self.paid * 100 / self.reference if self.reference else None


def sold_by_code(issues: Sequence[Issue]) -> Sequence[Sold]:
    """What was sold of these issues by offer and code. Two queries."""
    rows = (
        CirculationCount.objects.filter(circulation__issue__in=[one.pk for one in issues], paid__isnull=False)
        .order_by()
        .values("offer__title", "offer", "code", "klass", "least_percent")
        .annotate(sum=Sum("copies"), money=Sum("paid"), due=Sum("reference"))
    )
    found: dict[tuple[int | None, str], Sold] = {}
    for row in rows:
        key = (row["offer"], row["code"])
        one = found.get(key) or Sold(
            row["offer__title"] or "", row["offer"], row["code"], 0, 0, Decimal(0), Decimal(0), None
        )
        least = [value for value in (one.least, row["least_percent"]) if value is not None]
        found[key] = Sold(
            one.offer,
            one.offer_id,
            one.code,
            one.copies + row["sum"],
            one.low + (row["sum"] if row["klass"] == Klass.LOW else 0),
            one.paid + (row["money"] or 0),
            one.reference + (row["due"] or 0),
            min(least, default=None),
        )
    return sorted((one for one in found.values() if one.copies), key=lambda one: (one.offer, one.code))


def price_paid(issues: Sequence[Issue]) -> Mapping[int, Decimal]:
    """What was paid on average for the copies sold of each issue, in percent of the reference price. One query."""
    rows = (
        CirculationCount.objects.filter(
            circulation__issue__in=[one.pk for one in issues], paid__isnull=False, reference__isnull=False
        )
        .order_by()
        .values("circulation__issue")
        .annotate(money=Sum("paid"), due=Sum("reference"))
    )
    return {row["circulation__issue"]: row["money"] * 100 / row["due"] for row in rows if row["due"]}
