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
), customer AS (
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
        SELECT line.id AS line_id, split_part(entry.source, ':', 2)::bigint AS key, line.credit - line.debit AS amount,
            row_number() OVER (PARTITION BY entry.id ORDER BY line.id) AS place
        FROM payments_ledgerentry entry JOIN payments_ledgerline line ON line.entry_id = entry.id
        WHERE entry.source ~ '^receipt:[0-9]+$'
            AND line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key = 'AR')
    ) AS line JOIN share ON share.receipt_id = line.key AND share.place = line.place AND share.amount = line.amount
), paid AS (
    SELECT payment_id, min(id) AS invoice_id FROM payments_invoice
    WHERE kind = 'invoice' AND payment_id IS NOT NULL AND id NOT IN (SELECT invoice_id FROM payments_reissue)
    GROUP BY 1 HAVING count(*) = 1
), back AS (
    SELECT way.of, r.id AS key, r.payment_id, note.original_id AS invoice_id
    FROM payments_refund r LEFT JOIN payments_invoice note ON note.id = r.credit_note_id
    CROSS JOIN (VALUES ('refund'), ('refund_failed')) AS way(of)
    UNION ALL
    SELECT way.of, t.id, t.payment_id, note.original_id
    FROM payments_transfer t LEFT JOIN payments_invoice note ON note.id = t.credit_note_id
    CROSS JOIN (VALUES ('transfer'), ('transfer_failed')) AS way(of)
    UNION ALL
    SELECT 'dispute_lost', id, payment_id, NULL FROM payments_dispute
    UNION ALL
    SELECT 'write_off', id, NULL, invoice_id FROM payments_writeoff
    UNION ALL
    SELECT 'cheque_bounced', id, payment_id, NULL FROM payments_cheque
    UNION ALL
    SELECT 'paid_again', again.id, cheque.payment_id, NULL
    FROM payments_paidagain again JOIN payments_cheque cheque ON cheque.id = again.bounced_id
), said AS (
    SELECT customer.line_id, customer.account_id, customer.party, customer.booked_on, customer.amount,
        coalesce(document.original_id, document.id, shared.invoice_id, back.invoice_id) AS invoice_id,
        CASE WHEN customer.of IN ('payment', 'party', 'surplus') THEN customer.key ELSE back.payment_id END AS payment_id
    FROM customer
    LEFT JOIN payments_invoice document ON customer.of = 'invoice' AND document.id = customer.key
    LEFT JOIN shared ON customer.of = 'receipt' AND shared.line_id = customer.line_id
    LEFT JOIN back ON back.of = customer.of AND back.key = customer.key
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
    WINDOW together AS (PARTITION BY invoice_id, payment_id, account_id, party)
), lettered AS (
    -- Said of every line and decided in the column: a condition on sums is guessed to hold for one line of a hundred thousand, and
    -- whoever joins this would go through all of them for each line of the year.
    SELECT line_id, CASE WHEN balanced THEN coalesce(invoice.reference, payment.reference) END AS letter,
        CASE WHEN balanced THEN lettered_on END AS lettered_on
    FROM (SELECT *, left_over = 0 AND brought = 0 AND booked_on >= %(first)s AS balanced FROM weighed) AS weighed
    LEFT JOIN payments_invoice invoice ON invoice.id = weighed.invoice_id
    LEFT JOIN payments_payment payment ON payment.id = weighed.payment_id
)
"""
