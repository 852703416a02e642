"""Which lines of 411 belong together: an invoice and what pays it, credits it, gives it back or writes it off.

The source of an entry says what it books, and the rows say what that is about; nothing is guessed from amounts or names. Every
such line gets the invoice at the beginning of its chain (an invoice that is made out anew belongs to the one it replaces), or
the payment that paid for nothing. A line of which the rows say nothing has no piece, and is never lettered.
"""

from __future__ import annotations

#: As the body of WITH RECURSIVE: `piece` (line_id, account_id, party, booked_on, amount, invoice_id, payment_id) of every line on
#: the accounts of customers up to the day `last`; debits above zero, both keys null where nothing is known.
PIECES = """
anew(invoice_id, root_id) AS (
    SELECT r.invoice_id, r.original_id FROM payments_reissue r
    WHERE NOT EXISTS (SELECT FROM payments_reissue before WHERE before.invoice_id = r.original_id)
    UNION ALL
    SELECT r.invoice_id, anew.root_id FROM anew JOIN payments_reissue r ON r.original_id = anew.invoice_id
), customer AS MATERIALIZED (
    SELECT line.id AS line_id, line.entry_id, line.account_id, line.party, entry.booked_on, line.debit - line.credit AS amount,
        split_part(entry.source, ':', 1) AS of, CASE WHEN split_part(entry.source, ':', 2) ~ '^[0-9]+$'
            THEN split_part(entry.source, ':', 2)::bigint END AS key
    FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id
    WHERE line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key = 'AR') AND entry.booked_on <= %(last)s
), share AS (
    SELECT receipt_id, invoice_id, amount, row_number() OVER (PARTITION BY receipt_id ORDER BY id) AS place
    FROM payments_receiptshare
), shared AS (
    -- The lines of a transfer that pays several invoices stand in the order of its shares.
    SELECT line_id, share.invoice_id FROM (
        SELECT line_id, key, amount, row_number() OVER (PARTITION BY entry_id ORDER BY line_id) AS place
        FROM customer WHERE of = 'receipt'
    ) AS line JOIN share ON share.receipt_id = line.key AND share.place = line.place AND share.amount = -line.amount
), paid AS (
    SELECT payment_id, min(id) AS invoice_id FROM payments_invoice invoice
    WHERE kind = 'invoice' AND payment_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM payments_reissue r WHERE r.invoice_id = invoice.id)
    GROUP BY 1 HAVING count(*) = 1
), said AS (
    SELECT customer.line_id, customer.account_id, customer.party, customer.booked_on, customer.amount,
        coalesce(document.original_id, document.id, shared.invoice_id, note.original_id, loss.invoice_id) AS invoice_id,
        CASE WHEN of IN ('payment', 'party', 'surplus') THEN customer.key
            ELSE coalesce(refund.payment_id, transfer.payment_id, dispute.payment_id) END AS payment_id
    FROM customer
    LEFT JOIN payments_invoice document ON of = 'invoice' AND document.id = customer.key
    LEFT JOIN shared ON of = 'receipt' AND shared.line_id = customer.line_id
    LEFT JOIN payments_refund refund ON of IN ('refund', 'refund_failed') AND refund.id = customer.key
    LEFT JOIN payments_transfer transfer ON of IN ('transfer', 'transfer_failed') AND transfer.id = customer.key
    LEFT JOIN payments_dispute dispute ON of = 'dispute_lost' AND dispute.id = customer.key
    LEFT JOIN payments_invoice note ON note.id = coalesce(refund.credit_note_id, transfer.credit_note_id)
    LEFT JOIN payments_writeoff loss ON of = 'write_off' AND loss.id = customer.key
), piece AS (
    SELECT line_id, account_id, party, booked_on, amount,
        coalesce(anew.root_id, said.invoice_id, paid.invoice_id) AS invoice_id,
        CASE WHEN coalesce(said.invoice_id, paid.invoice_id) IS NULL THEN said.payment_id END AS payment_id
    FROM said LEFT JOIN paid ON said.invoice_id IS NULL AND paid.payment_id = said.payment_id
    LEFT JOIN anew ON anew.invoice_id = said.invoice_id
)
"""

#: After `PIECES`: `lettered` (line_id, letter, lettered_on) of the year from `first` to `last`: lines of one piece and one
#: sub-account that come to nothing together, on the day of the last of them. What came into the year open stands in its
#: opening entry, which carries no piece, so its lines of the year stay without a letter.
LETTERED = """
, weighed AS (
    SELECT line_id, invoice_id, payment_id, booked_on, sum(amount) OVER together AS left_over,
        coalesce(sum(amount) FILTER (WHERE booked_on < %(first)s) OVER together, 0) AS brought,
        max(booked_on) OVER together AS lettered_on
    FROM piece WHERE coalesce(invoice_id, payment_id) IS NOT NULL
    WINDOW together AS (PARTITION BY account_id, party, invoice_id, payment_id)
), lettered AS (
    SELECT line_id, coalesce(invoice.reference, payment.reference) AS letter, lettered_on
    FROM weighed
    LEFT JOIN payments_invoice invoice ON invoice.id = weighed.invoice_id
    LEFT JOIN payments_payment payment ON payment.id = weighed.payment_id
    WHERE left_over = 0 AND brought = 0 AND booked_on >= %(first)s
)
"""
