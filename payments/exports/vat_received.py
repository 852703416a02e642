"""VAT by the day on which it fell due: that of the money that came or went back, by rate and zone (law.md 1.5).

An invoice that is paid makes its VAT due on the day of receipt of its payment; a transfer that pays invoices on the day it was
credited, each with the share of VAT that it makes due; what is given back takes VAT off on the day it leaves. Bases of rate 0
are there too, because the return wants them. A line that is known only after the month of its receipt was signed belongs to the
month it is booked in, so that a return once made stays as it was.

The rows hold every line that fell due in the period or was booked in it, so the VAT that was booked is the movement of the
accounts of VAT to the cent, and the VAT of the return is the same but for what stands on either side of the border.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from payments.exports.offered import By, Check, Column, Export, Kind, Query, Sums, moved
from payments.exports.spans import Span
from payments.territories import VatZone

#: Keys of accounts of VAT that is due, by rate; that of VAT which waits is `VAT_PENDING`.
DUE = "VAT_[0-9.]+"
ZONES = {
    VatZone.FR_METRO: "France métropolitaine", VatZone.CORSICA: "Corse", VatZone.MONACO: "Monaco",
    VatZone.DOM_105: "Guadeloupe, Martinique, La Réunion", VatZone.DOM_EXEMPT: "Guyane, Mayotte",
    VatZone.EXPORT_TERRITORY: "Collectivités d’outre-mer", VatZone.EU: "Union européenne", VatZone.WORLD: "Reste du monde",
}  # fmt: skip
_ZONE = " ".join(f"WHEN '{zone}' THEN '{name}'" for zone, name in ZONES.items())
#: What each kind of document makes due: source of its entry, day of receipt (null: the day it is booked), sign, TTC, VAT (null:
#: what its entry holds), rate, zone, mention. All that we sell has one rate per document.
MADE_DUE = """
rate_of AS (
    SELECT invoice_id, rate FROM payments_invoiceline WHERE position = 1
), due AS (
    SELECT 'invoice:' || i.id AS source, p.received_on AS received_on, 'Encaissement' AS nature,
        CASE i.kind WHEN 'invoice' THEN i.total_ttc ELSE -i.total_ttc END AS ttc,
        CASE i.kind WHEN 'invoice' THEN i.total_vat ELSE -i.total_vat END AS vat, i.id AS document_id
    FROM payments_invoice i JOIN payments_payment p ON p.id = i.payment_id
    WHERE i.kind = 'invoice' OR EXISTS (SELECT FROM payments_reissue r WHERE r.credit_note_id = i.id)
    UNION ALL
    SELECT 'receipt:' || r.id, r.received_on, 'Encaissement', s.amount, s.vat, s.invoice_id
    FROM payments_receiptshare s JOIN payments_bankreceipt r ON r.id = s.receipt_id
    UNION ALL
    SELECT kind || r.id, NULL, CASE kind WHEN 'refund:' THEN 'Remboursement' ELSE 'Remboursement rejeté' END,
        sign * r.amount, NULL, r.credit_note_id
    FROM payments_refund r, (VALUES ('refund:', -1), ('refund_failed:', 1)) AS way(kind, sign) WHERE r.credit_note_id IS NOT NULL
    UNION ALL
    SELECT kind || t.id, NULL, CASE kind WHEN 'transfer:' THEN 'Remboursement' ELSE 'Remboursement rejeté' END,
        sign * t.amount, NULL, t.credit_note_id
    FROM payments_transfer t, (VALUES ('transfer:', -1), ('transfer_failed:', 1)) AS way(kind, sign) WHERE t.credit_note_id IS NOT NULL
    UNION ALL
    SELECT 'dispute_lost:' || d.id, NULL, 'Contestation perdue', -d.cleared, NULL, coalesce(d.credit_note_id, (
        SELECT min(i.id) FROM payments_invoice i WHERE i.payment_id = d.payment_id AND i.kind = 'invoice'))
    FROM payments_dispute d WHERE d.cleared > 0
    UNION ALL
    SELECT 'cheque_bounced:' || c.id, c.bounced_on, 'Chèque impayé', -c.amount, -c.bounced_vat, (
        SELECT min(i.id) FROM payments_invoice i WHERE i.payment_id = c.payment_id AND i.kind = 'invoice')
    FROM payments_cheque c WHERE c.state = 'bounced'
    UNION ALL
    SELECT 'paid_again:' || a.id, a.received_on, 'Encaissement', a.amount, c.bounced_vat, (
        SELECT min(i.id) FROM payments_invoice i WHERE i.payment_id = c.payment_id AND i.kind = 'invoice')
    FROM payments_paidagain a JOIN payments_cheque c ON c.id = a.bounced_id
)
"""
VAT = f"""
WITH {MADE_DUE}, booked AS (
    SELECT entry.id, entry.source, entry.booked_on, coalesce(sum(line.credit - line.debit) FILTER (
        WHERE line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key ~ '^{DUE}$')), 0) AS vat
    FROM payments_ledgerentry entry JOIN payments_ledgerline line ON line.entry_id = entry.id
    WHERE entry.booked_on >= %(first)s OR entry.received_on BETWEEN %(first)s AND %(last)s
    GROUP BY entry.id
), told AS (
    SELECT booked.id, booked.booked_on, due.nature, due.ttc, coalesce(due.vat, booked.vat) AS vat, rate, zone, mention,
        CASE WHEN due.received_on IS NULL OR EXISTS (
            SELECT FROM payments_periodclosing c WHERE due.received_on BETWEEN c.first_day AND c.last_day AND c.at < entry.created_at
                AND NOT EXISTS (SELECT FROM payments_reopening r WHERE r.closing_id = c.id)
        ) THEN booked.booked_on ELSE due.received_on END AS due_on
    FROM due JOIN booked USING (source) JOIN payments_ledgerentry entry ON entry.id = booked.id
    JOIN (
        SELECT i.id AS document_id, rate_of.rate, i.vat_zone AS zone, i.legal_mention AS mention
        FROM payments_invoice i JOIN rate_of ON rate_of.invoice_id = i.id
    ) AS document USING (document_id)
), other AS (
    -- Whatever else moved those accounts: nobody sold anything by it, and it is not left out.
    SELECT booked.id, booked.booked_on, 'Autre écriture' AS nature, booked.vat - coalesce(sum(told.vat), 0) AS vat
    FROM booked LEFT JOIN told ON told.id = booked.id WHERE booked.vat <> 0 OR told.id IS NOT NULL
    GROUP BY booked.id, booked.booked_on, booked.vat HAVING booked.vat <> coalesce(sum(told.vat), 0)
), every AS (
    SELECT due_on, booked_on, nature, zone, rate, mention, ttc, vat FROM told
    UNION ALL
    SELECT booked_on, booked_on, nature, '', NULL, '', vat, vat FROM other
)
SELECT * FROM (SELECT due_on, booked_on, nature, CASE zone {_ZONE} ELSE zone END AS zone, rate, mention, count(*) AS documents,
    coalesce(sum(ttc - vat) FILTER (WHERE due_on BETWEEN %(first)s AND %(last)s), 0) AS base,
    coalesce(sum(vat) FILTER (WHERE due_on BETWEEN %(first)s AND %(last)s), 0) AS vat,
    coalesce(sum(ttc) FILTER (WHERE due_on BETWEEN %(first)s AND %(last)s), 0) AS ttc,
    coalesce(sum(vat) FILTER (WHERE booked_on BETWEEN %(first)s AND %(last)s), 0) AS booked
FROM every WHERE due_on BETWEEN %(first)s AND %(last)s OR booked_on BETWEEN %(first)s AND %(last)s
GROUP BY 1, 2, 3, 4, 5, 6) AS line
ORDER BY due_on, booked_on, nature COLLATE "C", zone COLLATE "C", rate, mention COLLATE "C"
"""  # noqa: S608 – only our own words


def _rows(span: Span) -> Query:
    return Query(VAT, {"first": span.first, "last": span.last})


def _checks(span: Span, sums: Sums) -> Sequence[Check]:
    booked = -moved(DUE, first=span.first, last=span.last)
    return [
        Check("TVA comptabilisée dans la période (comptes 44571)", sums.of["booked"], booked),
        Check("TVA exigible dans la période (écart\u00a0: reçue et comptabilisée de part et d’autre d’une borne)", sums.of["vat"], booked),
        Check("TVA en attente au premier jour (compte 44574)", None, -moved("VAT_PENDING", first=None, last=span.first - timedelta(days=1))),
        Check("TVA en attente, mouvement de la période", None, -moved("VAT_PENDING", first=span.first, last=span.last)),
        Check("TVA en attente au dernier jour", None, -moved("VAT_PENDING", first=None, last=span.last)),
    ]  # fmt: skip


VAT_BY_RECEIPT = Export(
    name="tva-encaissements",
    title=_("VAT by payment date"),
    about=_("What fell due in a period, by day, rate and zone: the figures of the VAT return."),
    by=By.PERIOD,
    columns=(
        Column("due_on", "Exigible le", Kind.DAY),
        Column("booked_on", "Comptabilisé le", Kind.DAY),
        Column("nature", "Nature", width=22),
        Column("zone", "Zone", width=28),
        Column("rate", "Taux (%)", Kind.RATE, 10),
        Column("mention", "Exonération", width=36),
        Column("documents", "Pièces", Kind.COUNT, 10),
        Column("base", "Base HT", Kind.AMOUNT),
        Column("vat", "TVA exigible", Kind.AMOUNT),
        Column("ttc", "TTC", Kind.AMOUNT),
        Column("booked", "TVA comptabilisée", Kind.AMOUNT),
    ),
    rows=_rows,
    checks=_checks,
)
