"""Every day of one renewal, as a table (design, section 6; law.md 4.7, 5.1 to 5.3). Pure: days in, days out.

R is the first day of the next term. Retries, notices and the end count from R, except that a pre-debit notice that left
late moves the charge to seven days after it: then everything after the charge counts from the charge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from payments.gateway import Family
from subscriptions.calendar import RULES, NoticeWindow, Rules, TermDates, add_months, legal_notice_window

SEPA = "sepa_debit"
_DAY = timedelta(days=1)

#: After which refusals the same method is charged again on a later day, and how often; all others wait for the reader at
#: once. The networks fine those who insist on a card that its bank will not honour (law.md 5.1); a direct debit is
#: presented again for want of funds only, twice at most (law.md 5.3).
CARD_RETRIES: Mapping[Family, int] = {Family.INSUFFICIENT_FUNDS: 3, Family.TRY_LATER: 3, Family.DO_NOT_HONOUR: 1}
SEPA_RETRIES: Mapping[Family, int] = {Family.INSUFFICIENT_FUNDS: 2}


@dataclass(frozen=True, slots=True)
class RenewalDays:
    """The days of one renewal that do not depend on what happens.

    `legal`: the window of the legal notice, with its guard and its planned day. `ask_card_on`: the days on which a card
    that ends before R is asked for. `pre_debit_on`: planned day of the pre-debit notice. `lapses_on`: the last day on
    which it can still be paid is the day before.
    """

    plan_on: date
    legal: NoticeWindow
    ask_card_on: tuple[date, ...]
    pre_debit_on: date
    charge_on: date
    lapses_on: date


def renewal_days(renews_on: date, *, method_kind: str, by_post: bool = False, rules: Rules = RULES) -> RenewalDays:
    """The days of a renewal on R. `method_kind`: what pays (`card`, `sepa_debit`, or "" while nothing does). `by_post`:
    whoever pays is written to on paper, so that every letter is queued earlier by the days that posting takes.
    """
    debit = method_kind == SEPA
    before = rules.pre_debit_days_before_sepa if debit else rules.pre_debit_days_before
    if by_post:
        before = rules.pre_debit_days_before_paper
    return RenewalDays(
        plan_on=renews_on - timedelta(days=rules.plan_days_before),
        legal=legal_notice_window(renews_on, by_post=by_post, rules=rules),
        ask_card_on=tuple(renews_on - timedelta(days=days) for days in rules.ask_card_days_before),
        pre_debit_on=renews_on - timedelta(days=before),
        charge_on=renews_on,
        lapses_on=renews_on + timedelta(days=rules.lapse_days_after),
    )


def charge_on(renews_on: date, *, pre_debit_sent_on: date, rules: Rules = RULES) -> date:
    """The day of the first charge: R, or seven days after a pre-debit notice that left late."""
    return max(renews_on, pre_debit_sent_on + timedelta(days=rules.pre_debit_least_days))


def may_charge(on: date, *, renews_on: date, pre_debit_sent_on: date, rules: Rules = RULES) -> bool:
    """Whether a charge on day `on` lies 7 to 30 days after the pre-debit notice (law.md 5.2), and not before R."""
    waited = (on - pre_debit_sent_on).days
    return on >= renews_on and rules.pre_debit_least_days <= waited <= rules.pre_debit_most_days


def next_try(
    *,
    renews_on: date,
    first_charged_on: date,
    tries: int,
    family: Family,
    method_kind: str,
    pre_debit_sent_on: date,
    retry: bool = True,
    rules: Rules = RULES,
) -> date | None:
    """The day on which a declined renewal is charged again, or None: then only the reader can pay it.

    `tries`: how many charges were refused, this one included. `retry`: False where the network forbids another try.
    A try that would fall outside the thirty days of the pre-debit notice, or on the day of the lapse, is not made.
    """
    debit = method_kind == SEPA
    days = rules.sepa_retry_days if debit else rules.card_retry_days
    allowed = (SEPA_RETRIES if debit else CARD_RETRIES).get(family, 0)
    if not retry or tries > min(allowed, len(days)):
        return None
    day = max(first_charged_on, renews_on) + timedelta(days=days[tries - 1])
    if day >= lapses_on(renews_on, first_charged_on=first_charged_on, rules=rules):
        return None
    return day if may_charge(day, renews_on=renews_on, pre_debit_sent_on=pre_debit_sent_on, rules=rules) else None


def lapses_on(renews_on: date, *, first_charged_on: date | None = None, rules: Rules = RULES) -> date:
    """The day on which an unpaid renewal ends: 21 days after R, or after the first charge where that was moved."""
    return max(renews_on, first_charged_on or renews_on) + timedelta(days=rules.lapse_days_after)


def renews_on(*, term_ends_on: date, last_owed_post: date | None) -> date:
    """R: the day after the term, or the day after the last copy still owed is posted, whichever is later.

    `last_owed_post`: planned or actual posting of the last copy still owed or held; None when none is.
    """
    return max(term_ends_on, last_owed_post or term_ends_on) + _DAY


def renews_late(*, on: date, told: date | None, rules: Rules = RULES) -> date:
    """R on a day `on` on which it has come while a copy that should have left by now is still owed.

    Nobody knows when it will leave. `told`: R as it is planned, which stands while it is to come; else the next one that
    can still be announced in its window.
    """
    return told if told is not None and told > on else on + timedelta(days=rules.late_issue_days)


def next_term(starts: Sequence[date], renews_on: date, *, rules: Rules = RULES) -> TermDates:
    """Dates of the term that begins on R, after terms that began on `starts` (in order).

    Counted from the first start, 12 months times n, so that a 29 February or 31st never drifts. A start that does not
    follow (R had moved, or the reader came back after a lapse) is the first of a new count. Raises ValueError without
    an earlier term.
    """
    if not starts:
        raise ValueError("a renewal follows a term")
    anchor, since = starts[0], 0
    for index, start in enumerate([*starts, renews_on]):
        if start != add_months(anchor, rules.term_months * (index - since)):
            anchor, since = start, index
    count = len(starts) - since
    following = add_months(anchor, rules.term_months * (count + 1))
    return TermDates(renews_on, following - _DAY, following)
