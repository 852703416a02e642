"""How often does the first charge of a renewal fail, why, and what brings the money in all the same?

The definitions, which the page and docs/finance.md say in the same words:

- The *first try* of a renewal is its first charge without the reader that was really sent to the bank; it counts in the
  month of that day, once the bank has answered.
- It *failed* where the bank's first answer was no, or that the reader must confirm. The failure rate is failed ÷ answered.
  The reason is the family of the bank's code (the closed table of codes), which also decides what is tried again.
- A renewal whose first try failed is *recovered* once it is paid: by a further try without the reader, or by the reader,
  who confirmed it, paid on the page of a letter, or ordered the year. The rate of recovery is
  recovered ÷ failed. Of the others some are still in hand, the rest is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.db import connection

from payments.gateway import TABLE, Family
from subscriptions.cohorts.reading import share


class Then(StrEnum):
    """What came of a renewal whose first try failed."""

    TRY = "try"
    READER = "reader"
    IN_HAND = "in_hand"
    LOST = "lost"


RECOVERED = (Then.TRY, Then.READER)


@dataclass(frozen=True, slots=True)
class Tries:
    """First tries of one month: how many were answered; of those that failed, why, and what came of them."""

    answered: int = 0
    failed: Mapping[Family, Mapping[Then, int]] = field(default_factory=dict)

    def count(self, family: Family | None = None, *then: Then) -> int:
        """How many failed: for one reason or any, with one of these ends or any."""
        parts = self.failed.values() if family is None else [self.failed.get(family, {})]
        return sum(many for part in parts for end, many in part.items() if not then or end in then)

    @property
    def failure_rate(self) -> Decimal | None:
        """In percent."""
        return share(self.count(), self.answered)

    @property
    def recovery_rate(self) -> Decimal | None:
        """In percent of those that failed."""
        return share(self.count(None, *RECOVERED), self.count())


# The first answer of each first try, from the recorded steps: what a payment stands at may have changed since.
FIRST = """
WITH sent AS (
    SELECT DISTINCT ON (attempt.renewal_id) attempt.renewal_id, attempt.charged_on, attempt.payment_id
    FROM subscriptions_renewalattempt attempt JOIN payments_payment paid ON paid.id = attempt.payment_id
    WHERE paid.state <> 'cancelled' ORDER BY attempt.renewal_id, attempt.number
), answered AS (
    SELECT DISTINCT ON (sent.renewal_id) sent.renewal_id, date_trunc('month', sent.charged_on)::date AS month,
        sent.charged_on, sent.payment_id, step.to_state <> 'succeeded' AS failed
    FROM sent JOIN payments_paymentevent step ON step.payment_id = sent.payment_id
        AND step.to_state IN ('succeeded', 'declined', 'action_required')
    WHERE sent.charged_on BETWEEN %(first)s AND %(last)s ORDER BY sent.renewal_id, step.id
), tries AS (
    SELECT answered.renewal_id, renewal.subscription_id, month, charged_on, failed, first.decline_code AS code, CASE
        WHEN NOT failed THEN ''
        WHEN renewal.state = 'paid' AND term.order_id IS NULL AND by.way = 'off_session' AND by.id <> first.id THEN 'try'
        WHEN renewal.state = 'paid' THEN 'reader'
        WHEN renewal.state IN ('lapsed', 'cancelled') THEN 'lost' ELSE 'in_hand' END AS then
    FROM answered JOIN subscriptions_renewal renewal ON renewal.id = answered.renewal_id
    JOIN payments_payment first ON first.id = answered.payment_id
    LEFT JOIN subscriptions_term term ON term.id = renewal.term_id
    LEFT JOIN payments_payment by ON by.id = term.payment_id
)
"""


def tries_by_month(*, first: date, last: date) -> Mapping[date, Tries]:
    """First tries charged on days from `first` to `last`, by month. One query."""
    answered: dict[date, int] = defaultdict(int)
    failed: dict[date, dict[Family, dict[Then, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    query = f'{FIRST} SELECT month, failed, code, "then", count(*) FROM tries GROUP BY 1, 2, 3, 4'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, {"first": first, "last": last})
        for month, no, code, then, count in cursor.fetchall():
            answered[month] += count
            if no:
                failed[month][family_of(code)][Then(then)] += count
    return {month: Tries(count, failed.get(month, {})) for month, count in answered.items()}


@dataclass(frozen=True, slots=True)
class Tried:
    """The first try of one renewal, answered by the bank. `then`: what came of it where it failed, else None."""

    renewal: int
    subscription: int
    charged_on: date
    code: str
    then: Then | None


def first_tries(
    *, first: date, last: date, family: Family | None = None, then: Then | None = None, paid_too: bool = False, limit: int
) -> Sequence[Tried]:  # fmt: skip
    """The renewals behind a number, the latest first: whose first try failed, or with `paid_too` all of them. One query."""
    query = f"""{FIRST} SELECT renewal_id, subscription_id, charged_on, code, "then" FROM tries
WHERE (failed OR %(paid_too)s) AND (%(then)s = '' OR "then" = %(then)s) AND (%(codes)s::text[] IS NULL OR code = ANY(%(codes)s))
    AND NOT code = ANY(%(others)s)
ORDER BY charged_on DESC, renewal_id DESC LIMIT %(limit)s"""  # noqa: S608
    codes = None if family in (None, Family.OTHER) else [one for one, row in TABLE.items() if row.family is family]
    others = [one for one, row in TABLE.items() if row.family is not Family.OTHER] if family is Family.OTHER else []
    wanted = {
        "first": first,
        "last": last,
        "then": then or "",
        "codes": codes,
        "others": others,
        "paid_too": paid_too,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, wanted)
        return [
            Tried(renewal, subscription, charged_on, code, Then(end) if end else None)
            for renewal, subscription, charged_on, code, end in cursor.fetchall()
        ]


def family_of(code: str) -> Family:
    """Why a bank said no, by its code; what is not in the closed table is of the family of all others."""
    row = TABLE.get(code)
    return row.family if row else Family.OTHER
