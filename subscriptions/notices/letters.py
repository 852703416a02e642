"""Every letter we send, in one closed table: from what it is written, what goes with it, when it must not go any more.

A letter that is not here cannot be queued. Each has its sentences in `templates/letters/<language>/`:
`<kind>.subject.txt` and `<kind>.mjml`; the plain text is read off the latter.
"""

from __future__ import annotations

from collections.abc import Mapping

from subscriptions.models import Notice
from subscriptions.notices import (
    accounts,
    announcing,
    attachments,
    charges,
    cheques,
    digital,
    gift_reminders,
    gifts,
    hand_overs,
    institutions,
    late_issues,
    links_sent,
    losses,
    pauses,
    prices,
    purchases,
    quotes,
    reminders,
    repayments,
    singles,
    stays,
    stoppings,
    taken_over,
)
from subscriptions.notices.letter import Letter, OnStall

LEGAL, SERVICE, COURTESY = Notice.Rank.LEGAL, Notice.Rank.SERVICE, Notice.Rank.COURTESY

#: Days. A contract is proved for five years after its end, ten for a large one (law.md 4.10, 2.3).
CONTRACT = 11 * 366
#: Letters that only help for an hour are not kept beyond the questions they may raise.
PASSING = 30
#: Reminders prove nothing; they are kept while somebody may ask what they were told.
REMINDED = 2 * 366


def _reminder(kind: str) -> Letter:
    """One of the series of a fixed term; which step asks for which letter is data (`ReminderStep`)."""
    reminder = reminders.Reminder(kind)
    return Letter(
        rank=COURTESY if kind in reminders.COURTESY else SERVICE,
        facts=frozenset({"term_id", "code", "on"}),
        context=reminder.context,
        untrue_because=reminder.untrue_because,
        keep_days=REMINDED,
        one_click=True,
    )


def _gift_ending(kind: str) -> Letter:
    """One of the two reminders that a gift ends: to who gave it, then to who received it."""
    ending = gift_reminders.Ending(kind)
    return Letter(
        rank=SERVICE,
        facts=frozenset({"gift_id", "code", "on"}),
        context=ending.context,
        untrue_because=ending.untrue_because,
        keep_days=REMINDED,
        one_click=True,
        by_mail_only=True,  # its step says so (`ReminderStep.channel`)
    )


def _claim(kind: str) -> Letter:
    """What became of a claim."""
    return Letter(
        rank=SERVICE,
        facts=frozenset({"claim_id"}),
        context=losses.claimed,
        untrue_because=losses.unless_elsewhere(kind),
    )


def _returned() -> Letter:
    """A copy came back: the reader is asked."""
    return Letter(
        rank=SERVICE,
        facts=frozenset({"doubt_id", "return_id"}),
        context=losses.doubted,
        untrue_because=losses.answered,
    )


LETTERS: Mapping[str, Letter] = {
    # The contract in hand: due by law within minutes, so rather twice than never.
    "order_confirmation": Letter(
        rank=LEGAL,
        facts=frozenset({"order_id", "term_id", "invoice_id"}),
        context=purchases.confirmation,
        attachments=attachments.contract,
        keep_days=CONTRACT,
        to_erased=True,
    ),
    # The same for past issues, bought one by one.
    "single_confirmation": Letter(
        rank=LEGAL,
        facts=frozenset({"order_id", "invoice_id"}),
        context=singles.confirmation,
        attachments=attachments.singles_contract,
        keep_days=CONTRACT,
        to_erased=True,
    ),
    "single_sent": Letter(
        rank=SERVICE,
        facts=frozenset({"sold_id"}),
        context=singles.sent,
    ),
    # A second one would look like a second attempt on the card.
    "payment_refused": Letter(
        rank=SERVICE,
        facts=frozenset({"order_id", "decline_code"}),
        context=purchases.refused,
        untrue_because=purchases.already_paid,
        on_stall=OnStall.DOUBTFUL,
    ),
    "sepa_pending": Letter(
        rank=SERVICE,
        facts=frozenset({"order_id"}),
        context=purchases.pending,
        untrue_because=purchases.no_longer_pending,
    ),
    "sepa_failed": Letter(
        rank=SERVICE,
        facts=frozenset({"order_id", "decline_code"}),
        context=purchases.debit_failed,
        untrue_because=purchases.already_paid,
        on_stall=OnStall.DOUBTFUL,
    ),
    # A second one would look like a second refund.
    "order_expired_with_late_money": Letter(
        rank=SERVICE,
        facts=frozenset({"order_id"}),
        context=purchases.late_money,
        on_stall=OnStall.DOUBTFUL,
        to_erased=True,
    ),
    "refund_sent": Letter(
        rank=SERVICE,
        facts=frozenset({"refund_id"}),
        context=repayments.sent,
        attachments=attachments.credit_note,
        untrue_because=repayments.came_back,
        on_stall=OnStall.DOUBTFUL,
        to_erased=True,
    ),
    "dispute_lost": Letter(
        rank=SERVICE,
        facts=frozenset({"dispute_id"}),
        context=repayments.taken_by_bank,
        attachments=attachments.credit_note,
    ),
    # Orders by post and telephone, and their cheques.
    "order_awaits_payment": Letter(
        rank=SERVICE,
        facts=frozenset({"order_id"}),
        context=cheques.awaited,
        untrue_because=cheques.no_longer_awaited,
    ),
    "cheque_bounced": Letter(
        rank=SERVICE,
        facts=frozenset({"cheque_id"}),
        context=cheques.bounced,
        untrue_because=cheques.settled_since,
    ),
    "cheque_paid_again": Letter(
        rank=SERVICE,
        facts=frozenset({"cheque_id"}),
        context=cheques.paid_again,
        untrue_because=cheques.bounced_again,
    ),
    "cheque_given_up": Letter(
        rank=SERVICE,
        facts=frozenset({"cheque_id"}),
        context=cheques.given_up,
        attachments=attachments.credit_note,
    ),
    "transfer_account_wanted": Letter(
        rank=SERVICE,
        facts=frozenset({"transfer_id"}),
        context=repayments.account_wanted,
        untrue_because=repayments.account_known,
        to_erased=True,
    ),
    # A second one would look like a second transfer.
    "transfer_sent": Letter(
        rank=SERVICE,
        facts=frozenset({"transfer_id"}),
        context=repayments.transferred,
        attachments=attachments.credit_note,
        untrue_because=repayments.transfer_came_back,
        on_stall=OnStall.DOUBTFUL,
        to_erased=True,
    ),
    # A code is worth ten minutes, a letter with one two days.
    "sign_in_code": Letter(
        rank=SERVICE,
        facts=frozenset({"code", "expires_at"}),
        context=accounts.code,
        untrue_because=accounts.expired,
        keep_days=2,
        by_mail_only=True,
    ),
    "email_change_confirm_old": Letter(
        rank=SERVICE,
        facts=frozenset({"confirm_path", "old_email", "new_email", "expires_at"}),
        context=accounts.email_change,
        untrue_because=accounts.expired,
        keep_days=PASSING,
        by_mail_only=True,
    ),
    "email_change_confirm_new": Letter(
        rank=SERVICE,
        facts=frozenset({"confirm_path", "old_email", "new_email", "expires_at"}),
        context=accounts.email_change,
        untrue_because=accounts.expired,
        keep_days=PASSING,
        by_mail_only=True,
    ),
    "email_changed": Letter(
        rank=SERVICE,
        facts=frozenset({"old_email", "new_email"}),
        context=accounts.email_changed,
    ),
    "address_changed": Letter(
        rank=SERVICE,
        facts=frozenset({"change_id"}),
        context=accounts.address_changed,
        untrue_because=accounts.moved_again,
    ),
    "method_changed": Letter(
        rank=SERVICE,
        facts=frozenset({"subscription_id", "setup_id"}),
        context=accounts.method_changed,
        untrue_because=accounts.replaced,
    ),
    # Without it nothing may be charged (C. conso L215-1): rather twice than never.
    "renewal_notice": Letter(
        rank=LEGAL,
        facts=frozenset({"renewal_id", "renews_on"}),
        context=announcing.legal,
        untrue_because=announcing.too_late,
        keep_days=CONTRACT,
        followed=True,  # by `subscriptions.renewals.unproved`: it has to be posted in time
    ),
    "renewal_pre_debit": Letter(
        rank=SERVICE,
        facts=frozenset({"renewal_id", "renews_on", "charge_on"}),
        context=announcing.pre_debit,
        untrue_because=announcing.no_debit,
        keep_days=CONTRACT,
    ),
    "renewal_card_wanted": Letter(
        rank=SERVICE,
        facts=frozenset({"renewal_id", "renews_on"}),
        context=announcing.card_wanted,
        untrue_because=announcing.card_is_good,
    ),
    "renewal_manual": Letter(
        rank=SERVICE,
        facts=frozenset({"renewal_id"}),
        context=announcing.by_choice,
        untrue_because=announcing.chosen,
    ),
    "account_erased": Letter(
        rank=SERVICE,
        facts=frozenset({"erased_on"}),
        context=accounts.erased,
        to_erased=True,
    ),
    # --- the charge of a renewal ---
    # The receipt that the networks ask for at each charge, with how to stop: rather twice than never.
    "renewal_paid": Letter(
        rank=SERVICE,
        facts=frozenset({"renewal_id", "term_id", "invoice_id"}),
        context=charges.paid,
        attachments=attachments.invoice,
        keep_days=CONTRACT,
        to_erased=True,
    ),
    # A second one would look like a second attempt on the card.
    "renewal_declined": Letter(
        rank=SERVICE,
        facts=frozenset({"renewal_id", "decline_code", "kind", "next_try_on"}),
        context=charges.declined,
        untrue_because=charges.no_longer_retried,
        on_stall=OnStall.DOUBTFUL,
    ),
    "renewal_card_needed": Letter(
        rank=SERVICE,
        facts=frozenset({"renewal_id", "decline_code", "kind"}),
        context=charges.card_needed,
        untrue_because=charges.no_longer_asked,
    ),
    "renewal_confirm": Letter(
        rank=SERVICE,
        facts=frozenset({"renewal_id"}),
        context=charges.confirm,
        untrue_because=charges.no_longer_asked,
    ),
    "renewal_debit_pending": Letter(
        rank=SERVICE,
        facts=frozenset({"renewal_id", "payment_id"}),
        context=charges.debit_pending,
        untrue_because=charges.no_longer_pending,
    ),
    "renewal_lapsed": Letter(
        rank=SERVICE,
        facts=frozenset({"renewal_id"}),
        context=charges.lapsed,
        untrue_because=charges.back_again,
    ),
    # A second one would look like a second refund.
    "renewal_given_back": Letter(
        rank=SERVICE,
        facts=frozenset({"renewal_id", "payment_id"}),
        context=charges.given_back,
        on_stall=OnStall.DOUBTFUL,
        to_erased=True,
    ),
    # Receipts of what a reader declares: due by law at once, with the declaration on paper.
    "withdrawal_acknowledged": Letter(
        rank=LEGAL,
        facts=frozenset({"declaration_id", "sentence"}),
        context=stoppings.acknowledged,
        attachments=attachments.declaration,
        keep_days=CONTRACT,
        to_erased=True,
    ),
    "termination_acknowledged": Letter(
        rank=LEGAL,
        facts=frozenset({"declaration_id", "sentence"}),
        context=stoppings.acknowledged,
        attachments=attachments.declaration,
        keep_days=CONTRACT,
        to_erased=True,
    ),
    "declaration_applied": Letter(
        rank=LEGAL,
        facts=frozenset({"declaration_id", "sentence"}),
        context=stoppings.acknowledged,
        keep_days=CONTRACT,
        to_erased=True,
    ),
    "declaration_told": Letter(
        rank=SERVICE,
        facts=frozenset({"declaration_id", "subscription_id"}),
        context=stoppings.told,
        untrue_because=stoppings.dealt_with,
    ),
    "renewal_turned_off": Letter(
        rank=SERVICE,
        facts=frozenset({"choice_id"}),
        context=stoppings.turned_off,
        untrue_because=stoppings.chosen_again,
    ),
    "renewal_turned_on": Letter(
        rank=SERVICE,
        facts=frozenset({"choice_id"}),
        context=stoppings.turned_on,
        untrue_because=stoppings.chosen_again,
        keep_days=CONTRACT,
    ),
    # --- changes of price ---
    # Nobody is charged a new price without it: rather twice than never.
    "price_change": Letter(
        rank=LEGAL,
        facts=frozenset({"change_id", "subscription_id", "number", "renews_on", "amount"}),
        context=prices.dearer,
        untrue_because=prices.no_longer_dearer,
        keep_days=CONTRACT,
    ),
    "price_change_cancelled": Letter(
        rank=SERVICE,
        facts=frozenset({"change_id", "subscription_id"}),
        context=prices.called_off,
        untrue_because=prices.not_renewing,
    ),
    # --- organisations ---
    "renewal_quote": Letter(
        rank=SERVICE,
        facts=frozenset({"quote_id"}),
        context=quotes.quoted,
        attachments=quotes.the_quote,
        untrue_because=quotes.ordered_since,
        one_click=True,
    ),
    "institution_invoice": Letter(
        rank=SERVICE,
        facts=frozenset({"order_id", "term_id", "invoice_id"}),
        context=institutions.invoiced,
        attachments=attachments.invoice,
        untrue_because=institutions.taken_back,
        keep_days=CONTRACT,
    ),
    # A credit note for which no money goes back: no other letter would carry it.
    "invoice_credited": Letter(
        rank=SERVICE,
        facts=frozenset({"invoice_id"}),
        context=institutions.credited,
        attachments=attachments.invoice,
        keep_days=CONTRACT,
    ),
    # Who was reminded of a debt, and when, is asked for as long as the debt may be.
    "invoice_overdue": Letter(
        rank=SERVICE,
        facts=frozenset({"invoice_id", "days", "first"}),
        context=institutions.overdue,
        attachments=attachments.invoice,
        untrue_because=institutions.paid_since,
        keep_days=CONTRACT,
    ),
    # --- pauses ---
    "pause_confirmed": Letter(
        rank=SERVICE,
        facts=frozenset({"subscription_id", "request"}),
        context=pauses.confirmed,
        untrue_because=pauses.called_off_since,
    ),
    "pause_ended": Letter(
        rank=SERVICE,
        facts=frozenset({"subscription_id", "pause_ids"}),
        context=pauses.ended,
        untrue_because=pauses.paused_again,
    ),
    # --- lost copies ---
    "claim_link": Letter(
        rank=SERVICE,
        facts=frozenset({"subscription_id", "asked_on"}),
        context=losses.link,
        untrue_because=losses.link_ended,
        keep_days=PASSING,
        by_mail_only=True,
    ),
    "claim_resent": _claim("claim_resent"),
    "claim_extended": _claim("claim_extended"),
    "claim_address": _claim("claim_address"),
    "claim_waiting": _claim("claim_waiting"),
    "claim_on_desk": _claim("claim_on_desk"),
    "claim_refused": _claim("claim_refused"),
    "address_wanted": _returned(),
    "address_checked": _returned(),
    "copy_refused": _returned(),
    # --- the calendar of issues ---
    # A day that was told is promised (C. conso L216-1): rather twice than never.
    "issue_late": Letter(
        rank=SERVICE,
        facts=frozenset({"move_id", "subscription_id", "told_on"}),
        context=late_issues.slipped,
        untrue_because=late_issues.no_longer_late,
        keep_days=CONTRACT,
    ),
    "temporary_address": Letter(
        rank=SERVICE,
        facts=frozenset({"temporary_id"}),
        context=stays.given,
        untrue_because=stays.over_already,
    ),
    "temporary_address_ended": Letter(
        rank=SERVICE,
        facts=frozenset({"temporary_id"}),
        context=stays.ended,
    ),
    # --- the digital edition ---
    # What is confirmed ends a right (C. conso L221-28, 13°): rather twice than never.
    "digital_agreed": Letter(
        rank=LEGAL,
        facts=frozenset({"consent_id"}),
        context=digital.agreed,
        keep_days=CONTRACT,
    ),
    # --- the support desk ---
    "name_corrected": Letter(
        rank=SERVICE,
        facts=frozenset({"change_id"}),
        context=accounts.address_changed,
        untrue_because=accounts.moved_again,
    ),
    "recipient_changed": Letter(
        rank=SERVICE,
        facts=frozenset({"hand_over_id"}),
        context=hand_overs.recipient,
        untrue_because=hand_overs.changed_again,
    ),
    "payer_changed": Letter(
        rank=SERVICE,
        facts=frozenset({"hand_over_id", "role"}),
        context=hand_overs.payer,
        untrue_because=hand_overs.changed_again,
    ),
    "invoice_reissued": Letter(
        rank=SERVICE,
        facts=frozenset({"reissue_id"}),
        context=repayments.reissued,
        attachments=attachments.both_papers,
    ),
    # --- readers of another house ---
    "taken_over": Letter(
        rank=SERVICE,
        facts=frozenset({"term_id"}),
        context=taken_over.arrived,
        untrue_because=taken_over.no_longer_so,
        keep_days=CONTRACT,
    ),
    # --- links that a reader asked for ---
    "link_card": Letter(
        rank=SERVICE,
        facts=frozenset({"subscription_id", "asked_on"}),
        context=links_sent.card,
        untrue_because=links_sent.no_card_wanted,
        by_mail_only=True,  # the page behind it opens by a code that comes by e-mail
    ),
    "link_renewal_on": Letter(
        rank=SERVICE,
        facts=frozenset({"subscription_id", "asked_on"}),
        context=links_sent.on_again,
        untrue_because=links_sent.not_to_be_turned_on,
        by_mail_only=True,  # the page behind it opens by a code that comes by e-mail
    ),
    "link_renew": Letter(
        rank=SERVICE,
        facts=frozenset({"subscription_id", "asked_on"}),
        context=links_sent.go_on,
        untrue_because=links_sent.nothing_to_go_on_with,
    ),
    # --- the series of a fixed term ---
    "reminder_two_left": _reminder("reminder_two_left"),
    "reminder_one_left": _reminder("reminder_one_left"),
    "reminder_last_posted": _reminder("reminder_last_posted"),
    "reminder_lapsed": _reminder("reminder_lapsed"),
    "reminder_next_posted": _reminder("reminder_next_posted"),
    "reminder_farewell": _reminder("reminder_farewell"),
    # --- gifts ---
    # Who gives, what is known of the recipient and where from: due by law at the first contact (GDPR art. 14).
    "gift_announced": Letter(
        rank=SERVICE,
        facts=frozenset({"gift_id"}),
        context=gifts.announced,
        untrue_because=gifts.no_longer_given,
        keep_days=CONTRACT,
    ),
    "gift_claimed": Letter(
        rank=SERVICE,
        facts=frozenset({"gift_id"}),
        context=gifts.claimed,
        untrue_because=gifts.taken_back,
        by_mail_only=True,  # claimed by a code that came by e-mail
    ),
    "gift_taken_back": Letter(
        rank=SERVICE,
        facts=frozenset({"gift_id"}),
        context=gifts.over,
        by_mail_only=True,  # as its claim was told
    ),
    "gift_ending_giver": _gift_ending("gift_ending_giver"),
    "gift_ending_recipient": _gift_ending("gift_ending_recipient"),
}
