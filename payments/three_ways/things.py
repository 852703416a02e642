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

from payments.reconciliation.meanings import KEYS as MEANINGS


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
        Kind.OTHER_DAY, Kind.NOT_THERE, Kind.NOT_IN_BOOKS, Kind.OTHER_AMOUNT, Kind.FEE, Kind.BY_HAND, Kind.OTHER_ENTRY,
    ),
    Side.TRAVELLING: (
        Kind.OTHER_DAY, Kind.NOT_THERE, Kind.NOT_IN_BOOKS, Kind.OTHER_AMOUNT, Kind.TOPUP, Kind.BY_HAND, Kind.OTHER_ENTRY,
    ),
    Side.BANK: (
        Kind.OTHER_DAY, Kind.NOT_THERE, Kind.NOT_IN_BOOKS, Kind.OTHER_AMOUNT, Kind.UNEXPLAINED, Kind.NOT_OURS, Kind.GAP,
        Kind.OPENING,
    ),
}  # fmt: skip

# Each yields (what, id, kind or '', day, what the books hold, what the other side says): `what:id` is the thing. Of an entry of the
# ledger the source is taken apart once; one without a number, or of a kind that nobody else names, is a thing of its own.
_ENTRIES = """
    FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id,
        LATERAL (SELECT split_part(entry.source, ':', 1) AS kind, split_part(entry.source, ':', 2) AS key) AS source
    WHERE line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key = '{key}')
"""
_DAY = "(created AT TIME ZONE 'Europe/Paris')::date"
#: Kinds of sources by which a line of Stripe's balance is booked from itself, and finance's own entries about one.
_LINES = "('movement', 'movement_back', 'movement_again')"
_BY_HAND = "('discrepancy', 'discrepancy_back')"
#: Whether a line is booked from itself: it belongs to nobody, or its meaning has an account of its own (`meanings.KEYS`).
_ITSELF = "((payment_id IS NULL AND refund_id IS NULL) OR meaning IN ({keyed}))".format(
    keyed=", ".join(f"'{meaning}'" for meaning, key in MEANINGS.items() if key is not None)
)

# A payment's charge and its refunds are booked by their owners, whole; its fee and everything else from its line. Of a payment
# that is disputed, what the bank takes and gives back is one thing.
STRIPE = f"""
SELECT CASE
        WHEN booked.kind IN ('payment', 'fee', 'refund') THEN booked.kind
        WHEN booked.kind = 'refund_failed' THEN 'refund'
        WHEN booked.kind IN ('dispute', 'dispute_returned') THEN 'disputed'
        WHEN booked.kind IN {_LINES} THEN 'movement'
        WHEN booked.kind IN {_BY_HAND} THEN 'discrepancy'
        ELSE 'entry' END AS what,
    CASE
        WHEN booked.kind IN ('dispute', 'dispute_returned') THEN dispute.payment_id
        WHEN booked.kind IN ('payment', 'fee', 'refund', 'refund_failed') OR booked.kind IN {_LINES} OR booked.kind IN {_BY_HAND}
            THEN booked.key::bigint
        ELSE booked.id END AS id,
    CASE
        WHEN booked.kind = 'fee' THEN 'fee'
        WHEN booked.kind IN ('payment', 'refund', 'refund_failed', 'dispute', 'dispute_returned') OR booked.kind IN {_LINES} THEN ''
        WHEN booked.kind IN {_BY_HAND} THEN 'by_hand'
        ELSE 'other_entry' END AS kind,
    booked.day, booked.amount AS booked, 0 AS said
FROM (
    SELECT source.kind, source.key, entry.id, entry.booked_on AS day, line.debit - line.credit AS amount
    {_ENTRIES.format(key="PSP")}
) AS booked
LEFT JOIN payments_dispute dispute
    ON dispute.id = CASE WHEN booked.kind IN ('dispute', 'dispute_returned') THEN booked.key::bigint END
UNION ALL
SELECT CASE
        WHEN {_ITSELF} THEN 'movement'
        WHEN refund_id IS NOT NULL THEN 'refund'
        WHEN kind IN ('charge', 'payment') THEN 'payment'
        WHEN kind IN ('refund', 'payment_refund', 'refund_failure', 'payment_failure_refund') THEN 'movement'
        ELSE 'disputed' END,
    CASE
        WHEN {_ITSELF} THEN id
        WHEN refund_id IS NOT NULL THEN refund_id
        WHEN kind IN ('refund', 'payment_refund', 'refund_failure', 'payment_failure_refund') THEN id
        ELSE payment_id END,
    '', {_DAY}, 0, CASE WHEN payment_id IS NULL AND refund_id IS NULL THEN net ELSE amount END
FROM payments_balancemovement WHERE currency = 'eur'
UNION ALL
SELECT 'fee', id, 'fee', {_DAY}, 0, -fee
FROM payments_balancemovement
WHERE currency = 'eur' AND fee <> 0 AND (payment_id IS NOT NULL OR refund_id IS NOT NULL)
"""  # noqa: S608 - our own words

# A payout leaves by its own line of the balance, and comes back by another where it fails; it has come by the bank's line.
TRAVELLING = f"""
SELECT CASE
        WHEN payout.id IS NOT NULL OR booked.kind = 'payout_arrived' THEN 'payout'
        WHEN booked.kind IN {_LINES} THEN 'movement'
        WHEN booked.kind IN {_BY_HAND} THEN 'discrepancy'
        ELSE 'entry' END AS what,
    CASE
        WHEN payout.id IS NOT NULL THEN payout.id
        WHEN booked.kind = 'payout_arrived' OR booked.kind IN {_LINES} OR booked.kind IN {_BY_HAND} THEN booked.key::bigint
        ELSE booked.id END AS id,
    CASE
        WHEN payout.id IS NOT NULL OR booked.kind = 'payout_arrived' THEN ''
        WHEN booked.kind IN {_LINES} THEN 'topup'
        WHEN booked.kind IN {_BY_HAND} THEN 'by_hand' ELSE 'other_entry' END AS kind,
    booked.day, booked.amount AS booked, 0 AS said
FROM (
    SELECT source.kind, source.key, entry.id, entry.booked_on AS day, line.debit - line.credit AS amount
    {_ENTRIES.format(key="TRANSIT")}
) AS booked
LEFT JOIN payments_balancemovement own
    ON own.id = CASE WHEN booked.kind IN {_LINES} THEN booked.key::bigint END
LEFT JOIN (
    SELECT id, movement AS line FROM payments_payout WHERE movement <> ''
    UNION ALL SELECT id, failure_movement FROM payments_payout WHERE failure_movement <> ''
) payout ON payout.line = own.stripe_id
UNION ALL
SELECT 'payout', id, '', {_DAY}, 0, amount FROM payments_payout WHERE currency = 'eur'
UNION ALL
SELECT 'payout', id, '', arrived_on, 0, -amount FROM payments_payout WHERE currency = 'eur' AND arrived_on IS NOT NULL
UNION ALL
SELECT 'payout', payout.id, '', (coalesce(back.created, payout.state_since) AT TIME ZONE 'Europe/Paris')::date, 0, -payout.amount
FROM payments_payout payout
LEFT JOIN payments_balancemovement back ON back.stripe_id = payout.failure_movement AND payout.failure_movement <> ''
WHERE payout.currency = 'eur' AND payout.state IN ('failed', 'cancelled')
"""  # noqa: S608 - our own words

# What lines of statements were said to be, by the source of the entry that books it; what was undone is two rows that cancel.
# Few enough to be named by the whole source.
BANK = f"""
SELECT CASE WHEN entry.journal = 'AN' THEN 'entry:' || entry.id ELSE replace(entry.source, 'bank_undone:', 'bank:') END AS what,
    NULL::bigint AS id, CASE WHEN entry.journal = 'AN' THEN 'opening' ELSE '' END AS kind,
    entry.booked_on AS day, line.debit - line.credit AS booked, 0 AS said
{_ENTRIES.format(key="BANK")}
UNION ALL
SELECT CASE WHEN said.source = '' THEN 'bank_line:' || line.id ELSE said.source END, NULL,
    CASE WHEN said.source = '' THEN 'not_ours' ELSE '' END, line.booked_on, 0, said.amount
FROM payments_bankmatch said JOIN payments_bankline line ON line.id = said.line_id
UNION ALL
SELECT 'bank_line:' || id, NULL, 'unexplained', booked_on, 0, "left" FROM payments_bankline WHERE "left" <> 0
UNION ALL
SELECT 'statement:' || id, NULL, CASE WHEN before IS NULL THEN 'opening' ELSE 'gap' END, opened_on, 0,
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
SELECT what || coalesce(':' || id, '') AS thing, booked, said, CASE
    WHEN named <> '' THEN named
    WHEN booked_ever = said_ever THEN 'other_day'
    WHEN said = 0 AND said_ever = 0 THEN 'not_there'
    WHEN booked = 0 AND booked_ever = 0 THEN 'not_in_books'
    ELSE 'other_amount' END AS kind
FROM (
    SELECT what, id, max(kind) AS named,
        coalesce(sum(booked) FILTER (WHERE day <= %(on)s), 0) AS booked,
        coalesce(sum(said) FILTER (WHERE day <= %(on)s), 0) AS said,
        sum(booked) AS booked_ever, sum(said) AS said_ever
    FROM ({query}) AS told GROUP BY what, id
) AS things WHERE booked <> said
"""
