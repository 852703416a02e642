"""Every number the calendar knows, in one frozen table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Days and months of the calendar. The defaults are those of law.md 4.4, 4.7, 5.3, 7.5 and design 6."""

    term_months: int = 12
    # A term starts so long before its first issue is posted that the next renewal is paid before the next cut-off.
    start_days_before_post: int = 45

    # C. conso L215-1: at the earliest three months, at the latest one month before the last day to refuse.
    notice_opens_months: int = 3
    notice_closes_months: int = 1
    notice_target_days: int = 60
    notice_guard_days: int = 2

    # Design, section 6: the year of one renewal, in days before and after R. The pre-debit notice of a card satisfies
    # both networks' rule, 7 to 30 days before the charge (law.md 5.2); that of a debit, 14 days before (law.md 5.3).
    plan_days_before: int = 75
    ask_card_days_before: tuple[int, ...] = (60, 30)
    pre_debit_days_before: int = 14
    pre_debit_days_before_sepa: int = 16
    pre_debit_least_days: int = 7
    pre_debit_most_days: int = 30
    # On paper everything begins earlier by the days that a letter waits to be printed, posted and carried.
    notice_target_days_paper: int = 70
    pre_debit_days_before_paper: int = 24
    # A legal notice goes by post so long before its window closes (law.md 4.7); one that waits is said so many days before.
    post_days_before_close: int = 10
    post_alarm_days: int = 5
    # Nothing else on paper waits longer than this without an alarm.
    post_waits_days: int = 10
    charge_hour: int = 10
    card_retry_days: tuple[int, ...] = (3, 7, 14)
    sepa_retry_days: tuple[int, ...] = (5, 12)
    lapse_days_after: int = 21
    # A copy that should have left and is still owed on R: the charge waits so long, time enough to announce it anew.
    late_issue_days: int = 40

    # A dearer renewal is told by a letter of its own before the legal notice, and no change is signed later than that.
    price_told_days_before: int = 90

    # Whoever received a gift, and has no account, is forgotten so long after its last copy (law.md 4.10).
    gift_forgotten_months: int = 3

    # An organisation gets a renewal quote so long before its term ends, and it holds so long (law.md 3.4).
    quote_days_before: int = 90
    quote_valid_days: int = 90
    # Its invoice is due so long after it was issued, and it is reminded so long after that day (law.md 3.4: 30, 45, 60).
    invoice_due_days: int = 30
    invoice_reminded_days: tuple[int, ...] = (15, 30)

    # C. conso L221-18; the post of periodicals gives no proof of delivery, so a margin stands for it.
    withdrawal_days: int = 14
    delivery_margin_fr: int = 14
    delivery_margin_dom: int = 21
    delivery_margin_eu: int = 21
    delivery_margin_world: int = 30

    # Customary, and not opposable to the reader's rights (L216-2).
    claim_opens_fr: int = 15
    claim_opens_dom: int = 30
    claim_opens_eu: int = 30
    claim_opens_world: int = 45
    claim_closes_after_next_post: int = 30

    # A past issue sold singly is posted within so many days of its payment (C. conso L216-1 allows thirty), and one that is
    # still here is said on the desk so many days before.
    single_posted_within_days: int = 10
    single_alarm_days: int = 3
    # So many copies one e-mail, or one address on the network, keeps from others by orders that are not paid yet.
    single_unpaid_copies: int = 20

    # The cautious end of D+5 to D+7: what is promised on it must hold.
    sepa_settlement_banking_days: int = 7
    cutoff_working_days: int = 10

    # Issues further apart, and fewer months planned, are warned of at the desk of fulfilment.
    most_months_between_issues: int = 4
    planned_months_ahead: int = 12
    # An issue that is posted later than so many days after what a reader was told is told by letter (law.md 7.5).
    late_issue_told_days: int = 15


RULES = Rules()
