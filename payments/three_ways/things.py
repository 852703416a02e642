"""What the three ways speak of, thing by thing: one query for each pair of them, and why a thing is not the same in both.

A thing is what both sides name alike: a payment, a refund, a line of Stripe's balance, a payout, what a line of the bank was.
Each query lays the amounts of the books beside those of the other side, of each day, and gives a difference its name (`kind`).
It does not know the totals: what its names do not explain is the remainder, and is seen.

| kind               | the books have it | the other side has it                                        |
|--------------------|-------------------|--------------------------------------------------------------|
| other_day          | on a day          | the same, on another day: the evening in question is between |
| not_there          | yes               | not (yet)                                                    |
| not_in_books       | not (yet)         | yes                                                          |
| other_amount       | yes               | with another amount                                          |
| other_entry        | an entry that is about none of it | cannot                                       |
| fee                | Stripe's fee, missing or on another day | likewise                                |
| topup              | sent to Stripe    | is no payout                                                 |
| by_hand            | booked by finance for a discrepancy | cannot                                     |
| opening            | an opening entry, if any | the balance before the first statement               |
| gap                | cannot            | one statement does not begin where the last one ended        |
| not_ours           | no                | a line that is said not to be the shop's                     |
| unexplained        | no                | what is left of a line that nothing explains                 |
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Side(StrEnum):
    """With whom the books are compared."""

    STRIPE = "stripe"
    TRAVELLING = "travelling"
    BANK = "bank"


class Kind(StrEnum):
    """Why the books and the other side say something else; the table above."""

    OTHER_DAY = "other_day"
    NOT_THERE = "not_there"
    NOT_IN_BOOKS = "not_in_books"
    OTHER_AMOUNT = "other_amount"
    OTHER_ENTRY = "other_entry"
    FEE = "fee"
    TOPUP = "topup"
    BY_HAND = "by_hand"
    OPENING = "opening"
    GAP = "gap"
    NOT_OURS = "not_ours"
    UNEXPLAINED = "unexplained"


#: The account key that each side is compared with.
KEYS: Mapping[Side, str] = {Side.STRIPE: "PSP", Side.TRAVELLING: "TRANSIT", Side.BANK: "BANK"}
#: The kinds that each side knows, in the order in which they are read.
KINDS: Mapping[Side, tuple[Kind, ...]] = {
    Side.STRIPE: (
        Kind.OTHER_DAY, Kind.NOT_THERE, Kind.NOT_IN_BOOKS, Kind.OTHER_AMOUNT, Kind.FEE, Kind.OTHER_ENTRY,
    ),
    Side.TRAVELLING: (
        Kind.OTHER_DAY, Kind.NOT_THERE, Kind.NOT_IN_BOOKS, Kind.OTHER_AMOUNT, Kind.TOPUP, Kind.BY_HAND, Kind.OTHER_ENTRY,
    ),
    Side.BANK: (
        Kind.OTHER_DAY, Kind.NOT_THERE, Kind.NOT_IN_BOOKS, Kind.OTHER_AMOUNT, Kind.UNEXPLAINED, Kind.NOT_OURS, Kind.GAP,
        Kind.OPENING,
    ),
}  # fmt: skip

# Each yields (thing, kind or '', day, what the books hold, what the other side says).
_ENTRIES = """
    FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id
"""
_ACCOUNTS = "line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key = '{key}')"
_KIND = "split_part(entry.source, ':', 1)"
_ID = "split_part(entry.source, ':', 2)"

# A payment's charge and its refunds are booked by their owners, whole; its fee and everything else from its line. Of a payment
# that is disputed, what the bank takes and gives back is one thing.
STRIPE = f"""
SELECT CASE
        WHEN {_KIND} IN ('payment', 'fee') THEN entry.source
        WHEN {_KIND} IN ('refund', 'refund_failed') THEN 'refund:' || {_ID}
        WHEN {_KIND} IN ('dispute', 'dispute_returned') THEN 'disputed:' || dispute.payment_id
        WHEN {_KIND} IN ('movement', 'movement_back', 'movement_again') THEN 'movement:' || {_ID}
        ELSE 'entry:' || entry.id END AS thing,
    CASE WHEN {_KIND} = 'fee' THEN 'fee' WHEN {_KIND} IN ('payment', 'refund', 'refund_failed', 'dispute', 'dispute_returned',
        'movement', 'movement_back', 'movement_again') THEN '' ELSE 'other_entry' END AS kind,
    entry.booked_on AS day, line.debit - line.credit AS booked, 0 AS said
{_ENTRIES}
LEFT JOIN payments_dispute dispute
    ON dispute.id = CASE WHEN {_KIND} IN ('dispute', 'dispute_returned') THEN {_ID}::bigint END
WHERE {_ACCOUNTS.format(key="PSP")}
UNION ALL
SELECT CASE
        WHEN (payment_id IS NULL AND refund_id IS NULL) OR meaning = 'doubled' THEN 'movement:' || id
        WHEN refund_id IS NOT NULL THEN 'refund:' || refund_id
        WHEN kind IN ('charge', 'payment') THEN 'payment:' || payment_id
        WHEN kind IN ('refund', 'payment_refund', 'refund_failure', 'payment_failure_refund') THEN 'movement:' || id
        ELSE 'disputed:' || payment_id END,
    '', (created AT TIME ZONE 'Europe/Paris')::date, 0,
    CASE WHEN payment_id IS NULL AND refund_id IS NULL THEN net ELSE amount END
FROM payments_balancemovement WHERE currency = 'eur'
UNION ALL
SELECT 'fee:' || id, 'fee', (created AT TIME ZONE 'Europe/Paris')::date, 0, -fee
FROM payments_balancemovement
WHERE currency = 'eur' AND fee <> 0 AND (payment_id IS NOT NULL OR refund_id IS NOT NULL)
"""  # noqa: S608 - our own words

# A payout leaves by its own line of the balance, and comes back by another where it fails; it has come by the bank's line.
TRAVELLING = f"""
SELECT CASE
        WHEN payout.id IS NOT NULL THEN 'payout:' || payout.id
        WHEN {_KIND} = 'payout_arrived' THEN 'payout:' || {_ID}
        WHEN {_KIND} IN ('movement', 'movement_back', 'movement_again') THEN 'movement:' || {_ID}
        WHEN {_KIND} = 'discrepancy' THEN entry.source
        ELSE 'entry:' || entry.id END AS thing,
    CASE
        WHEN payout.id IS NOT NULL OR {_KIND} = 'payout_arrived' THEN ''
        WHEN {_KIND} IN ('movement', 'movement_back', 'movement_again') THEN 'topup'
        WHEN {_KIND} = 'discrepancy' THEN 'by_hand' ELSE 'other_entry' END AS kind,
    entry.booked_on AS day, line.debit - line.credit AS booked, 0 AS said
{_ENTRIES}
LEFT JOIN payments_balancemovement own
    ON own.id = CASE WHEN {_KIND} IN ('movement', 'movement_back', 'movement_again') THEN {_ID}::bigint END
LEFT JOIN (
    SELECT id, movement AS line FROM payments_payout WHERE movement <> ''
    UNION ALL SELECT id, failure_movement FROM payments_payout WHERE failure_movement <> ''
) payout ON payout.line = own.stripe_id
WHERE {_ACCOUNTS.format(key="TRANSIT")}
UNION ALL
SELECT 'payout:' || id, '', (created AT TIME ZONE 'Europe/Paris')::date, 0, amount
FROM payments_payout WHERE currency = 'eur'
UNION ALL
SELECT 'payout:' || id, '', arrived_on, 0, -amount FROM payments_payout WHERE currency = 'eur' AND arrived_on IS NOT NULL
UNION ALL
SELECT 'payout:' || payout.id, '', (coalesce(back.created, payout.state_since) AT TIME ZONE 'Europe/Paris')::date, 0,
    -payout.amount
FROM payments_payout payout
LEFT JOIN payments_balancemovement back ON back.stripe_id = payout.failure_movement AND payout.failure_movement <> ''
WHERE payout.currency = 'eur' AND payout.state IN ('failed', 'cancelled')
"""  # noqa: S608 - our own words

# What lines of statements were said to be, by the source of the entry that books it; what was undone is two rows that cancel.
BANK = f"""
SELECT CASE WHEN entry.journal = 'AN' THEN 'entry:' || entry.id ELSE replace(entry.source, 'bank_undone:', 'bank:') END AS thing,
    CASE WHEN entry.journal = 'AN' THEN 'opening' ELSE '' END AS kind,
    entry.booked_on AS day, line.debit - line.credit AS booked, 0 AS said
{_ENTRIES}
WHERE {_ACCOUNTS.format(key="BANK")}
UNION ALL
SELECT CASE WHEN said.source = '' THEN 'bank_line:' || line.id ELSE said.source END,
    CASE WHEN said.source = '' THEN 'not_ours' ELSE '' END, line.booked_on, 0, said.amount
FROM payments_bankmatch said JOIN payments_bankline line ON line.id = said.line_id
UNION ALL
SELECT 'bank_line:' || id, 'unexplained', booked_on, 0, "left" FROM payments_bankline WHERE "left" <> 0
UNION ALL
SELECT 'statement:' || id, CASE WHEN before IS NULL THEN 'opening' ELSE 'gap' END, opened_on, 0,
    opening - coalesce(before, 0)
FROM (
    SELECT id, opened_on, opening,
        lag(closing) OVER (PARTITION BY account_id ORDER BY closed_on, opened_on, id) AS before
    FROM payments_bankstatement
) AS statement WHERE opening <> coalesce(before, 0)
"""  # noqa: S608 - our own words
QUERIES: Mapping[Side, str] = {Side.STRIPE: STRIPE, Side.TRAVELLING: TRAVELLING, Side.BANK: BANK}

#: Things that are not the same on both sides on the evening of a day, each with its kind.
DIFFERENT = """
SELECT thing, booked, said, CASE
    WHEN named <> '' THEN named
    WHEN booked_ever = said_ever THEN 'other_day'
    WHEN said = 0 AND said_ever = 0 THEN 'not_there'
    WHEN booked = 0 AND booked_ever = 0 THEN 'not_in_books'
    ELSE 'other_amount' END AS kind
FROM (
    SELECT thing, max(kind) AS named,
        coalesce(sum(booked) FILTER (WHERE day <= %(on)s), 0) AS booked,
        coalesce(sum(said) FILTER (WHERE day <= %(on)s), 0) AS said,
        sum(booked) AS booked_ever, sum(said) AS said_ever
    FROM ({query}) AS told GROUP BY thing
) AS things WHERE booked <> said
"""
