"""How many readers went on, of those who began together, and of those whose term ended together? Counted from the terms alone.

The definitions, which the pages and docs/finance.md say in the same words:

- A reader begins with the first term of a subscription that was not taken back (a withdrawal undoes its term). The cohort is
  the month of that day, or the issue of the first copy.
- A term comes to its renewal on the day after its last (R), once that day is there: whoever has renewed early counts from
  then on, like all others. The k-th renewal is that of the k-th term.
- Renewed: the next term begins within 183 days after R, which is two issues (law.md 8.2). *Automatically*: the charge that
  pays it was made without the reader; *by choice*: any other, be it an order, a quote, a cheque or the link of a letter; a
  giver who gives the year again counts as by choice. Later than that the reader has *come back*, and not renewed.
- *Open*: not renewed, and the 183 days are not over; *gone*: they are, or the subscription was ended at once. Whoever died
  counts on neither side.
- The rate is renewed ÷ (all that came to their renewal, less the deceased). While some are open it can only rise.

Readers of another house count apart: their first term here is not their first. Dates come in as `on`: what is known on that
evening of terms, whatever has happened since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from django.db import connection

from payments.closing.numbering import midnight_after

#: So many days after R the next term may begin and still be a renewal: two issues of a quarterly.
WITHIN_DAYS = 183


class By(StrEnum):
    """What makes a cohort."""

    MONTH = "month"
    ISSUE = "issue"


class Who(StrEnum):
    """Whose subscriptions; the first that is true."""

    IMPORTED = "imported"
    GIFT = "gift"
    INSTITUTION = "institution"
    OWN = "own"


class Outcome(StrEnum):
    """What became of a term that came to its renewal."""

    AUTOMATIC = "automatic"
    CHOICE = "choice"
    LATE = "late"
    OPEN = "open"
    GONE = "gone"
    DECEASED = "deceased"


@dataclass(frozen=True, slots=True)
class Renewed:
    """Terms that came to their renewal together, by what became of them."""

    counts: Mapping[Outcome, int] = field(default_factory=dict)

    def of(self, *outcomes: Outcome) -> int:
        """How many of these outcomes together."""
        return sum(self.counts.get(one, 0) for one in outcomes)

    @property
    def came(self) -> int:
        """All that count."""
        return self.of(*Outcome) - self.of(Outcome.DECEASED)

    @property
    def renewed(self) -> int:
        """Those that went on."""
        return self.of(Outcome.AUTOMATIC, Outcome.CHOICE)

    @property
    def rate(self) -> Decimal | None:
        """In percent, with one decimal; None where nobody has come to it."""
        return share(self.renewed, self.came)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Readers who began together: how many, and by the rank of their renewals what became of them."""

    key: Any
    size: int
    ranks: Mapping[int, Renewed]


def share(part: int, whole: int) -> Decimal | None:
    """Percent with one decimal, half up; None of nothing."""
    if not whole:
        return None
    return (Decimal(100 * part) / Decimal(whole)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


TERMS = """
WITH standing AS (
    SELECT term.subscription_id, term.ends_on, row_number() OVER w AS rank, lead(term.starts_on) OVER w AS next_on,
        lead(term.payment_id) OVER w AS next_payment, first_value(term.id) OVER w AS first_id,
        first_value(term.starts_on) OVER w AS began_on
    FROM subscriptions_term term LEFT JOIN subscriptions_termundone undone ON undone.term_id = term.id
    WHERE term.created_at < %(midnight)s AND (undone.id IS NULL OR undone.at >= %(midnight)s)
    WINDOW w AS (PARTITION BY term.subscription_id ORDER BY term.number)
), told AS (
    SELECT standing.*, standing.ends_on + 1 AS renews_on, sub.state,
        CASE WHEN sub.source <> 'shop' THEN 'imported' WHEN sub.is_gift THEN 'gift' WHEN sub.on_invoice THEN 'institution'
            ELSE 'own' END AS who,
        paid.way, again.before IS NOT NULL AS given_again, dead.subscription_id IS NOT NULL AS dead
    FROM standing JOIN subscriptions_subscription sub ON sub.id = standing.subscription_id
    LEFT JOIN payments_payment paid ON paid.id = standing.next_payment
    LEFT JOIN subscriptions_gift gift ON gift.subscription_id = sub.id
    LEFT JOIN (
        SELECT DISTINCT continues_id AS before FROM subscriptions_gift
        WHERE continues_id IS NOT NULL AND state NOT IN ('ordered', 'void')) again ON again.before = gift.id
    LEFT JOIN (
        SELECT DISTINCT subscription_id FROM subscriptions_declaration
        WHERE ground = 'death' AND state IN ('applied', 'settled')) dead ON dead.subscription_id = sub.id
    WHERE gift.continues_id IS NULL
), terms AS (
    SELECT subscription_id, first_id, began_on, rank, renews_on, who, renews_on <= %(on)s AS came, CASE
        WHEN next_on > renews_on + %(within)s THEN 'late'
        WHEN way = 'off_session' THEN 'automatic'
        WHEN next_on IS NOT NULL OR given_again THEN 'choice'
        WHEN dead THEN 'deceased'
        WHEN state <> 'ended' AND renews_on + %(within)s >= %(on)s THEN 'open'
        ELSE 'gone' END AS outcome
    FROM told
)
"""
#: The cohort of a term, and what has to be joined for it.
KEY: Mapping[By, tuple[str, str]] = {
    By.MONTH: ("date_trunc('month', began_on)::date", ""),
    By.ISSUE: (
        "copy.issue_id",
        "LEFT JOIN subscriptions_entitlement copy ON copy.term_id = terms.first_id AND copy.rank = 1",
    ),
}


def retention(by: By, *, on: date, who: Who | None = None) -> Sequence[Cohort]:
    """The cohorts, the newest first: how many began, and what became of each of their renewals. One query."""
    key, join = KEY[by]
    query = f"""{TERMS}
SELECT {key} AS cohort, terms.rank, CASE WHEN came THEN outcome END, count(*) FROM terms {join}
WHERE (%(who)s = '' OR who = %(who)s) GROUP BY 1, 2, 3"""  # noqa: S608 - our own words
    sizes: dict[Any, int] = defaultdict(int)
    counts: dict[Any, dict[int, dict[Outcome, int]]] = defaultdict(lambda: defaultdict(dict))
    for cohort, rank, outcome, count in _rows(query, on=on, who=who):
        if rank == 1:
            sizes[cohort] += count
        if outcome is not None:
            counts[cohort][rank][Outcome(outcome)] = count
    keys = sorted((one for one in sizes if one is not None), reverse=True)
    return [Cohort(one, sizes[one], {rank: Renewed(part) for rank, part in counts[one].items()}) for one in keys]


def by_month(*, on: date, first: date, who: Who | None = None) -> Mapping[tuple[date, bool], Renewed]:
    """What became of the terms that came to their renewal, by the month of R from `first` on and whether it was their first.

    One query.
    """
    query = f"""{TERMS}
SELECT date_trunc('month', renews_on)::date, rank = 1, outcome, count(*) FROM terms
WHERE came AND renews_on >= %(first)s AND (%(who)s = '' OR who = %(who)s) GROUP BY 1, 2, 3"""  # noqa: S608
    found: dict[tuple[date, bool], dict[Outcome, int]] = defaultdict(dict)
    for month, is_first, outcome, count in _rows(query, on=on, who=who, first=first):
        found[month, is_first][Outcome(outcome)] = count
    return {key: Renewed(counts) for key, counts in found.items()}


@dataclass(frozen=True, slots=True)
class Row:
    """One term behind a number; `outcome` is None while it has not come to its renewal."""

    subscription: int
    rank: int
    renews_on: date
    who: Who
    outcome: Outcome | None


def terms_of(
    *, on: date, by: By | None = None, cohort: Any = None, month: date | None = None, rank: int | None = None,
    outcome: Outcome | None = None, who: Who | None = None, running: bool = False, limit: int,
) -> Sequence[Row]:  # fmt: skip
    """The terms behind a number, the latest R first: of one cohort, or of one month of R. One query.

    `rank`: of the renewal; 0 for any but the first. `running`: also those that have not come to it.
    """
    key, join = KEY[by] if by else ("NULL", "")
    query = f"""{TERMS}
SELECT subscription_id, terms.rank, renews_on, who, CASE WHEN came THEN outcome END FROM terms {join}
WHERE (came OR %(running)s) AND (%(who)s = '' OR who = %(who)s) AND (%(outcome)s = '' OR outcome = %(outcome)s)
    AND (NOT %(by)s OR {key} = %(cohort)s)
    AND (%(month)s::date IS NULL OR date_trunc('month', renews_on)::date = %(month)s)
    AND (%(rank)s::int IS NULL OR terms.rank = %(rank)s OR (%(rank)s = 0 AND terms.rank > 1))
ORDER BY renews_on DESC, subscription_id DESC LIMIT %(limit)s"""  # noqa: S608
    rows = _rows(
        query, on=on, who=who, by=by is not None, cohort=cohort, month=month, rank=rank, outcome=outcome or "",
        running=running, limit=limit,
    )  # fmt: skip
    return [
        Row(key, rank, renews_on, Who(who), Outcome(outcome) if outcome else None)
        for key, rank, renews_on, who, outcome in rows
    ]


def _rows(query: str, *, on: date, who: Who | None, **given: Any) -> list[Any]:
    wanted = {"on": on, "midnight": midnight_after(on), "within": WITHIN_DAYS, "who": who or "", **given}
    with connection.cursor() as cursor:
        cursor.execute(query, wanted)
        return list(cursor.fetchall())
