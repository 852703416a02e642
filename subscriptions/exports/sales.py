"""Sales by where they came from: offer, code, channel, country and zone of delivery, gift or not; by day or by month.

Rows are the invoices and credit notes that were issued in a period, so their sums are the ledger's: TTC is 411, HT is 4871 and
701, VAT is 4457. A document that was made out anew belongs to the order at the beginning of its chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from payments.exports.offered import By, Check, Column, Export, Kind, Query, Sums, moved
from payments.exports.spans import Span

SALES = """
WITH RECURSIVE anew(invoice_id, root_id) AS (
    SELECT r.invoice_id, r.original_id FROM payments_reissue r
    WHERE NOT EXISTS (SELECT FROM payments_reissue before WHERE before.invoice_id = r.original_id)
    UNION ALL
    SELECT r.invoice_id, anew.root_id FROM anew JOIN payments_reissue r ON r.original_id = anew.invoice_id
), document AS (
    SELECT i.id, i.kind, entry.booked_on AS day, CASE i.kind WHEN 'invoice' THEN 1 ELSE -1 END AS sign,
        i.total_ttc, i.total_ht, i.total_vat, i.buyer_kind, coalesce(nullif(i.delivery_country, ''), i.buyer_country) AS country,
        root.subject, paid.way
    FROM payments_ledgerentry entry
    JOIN payments_invoice i ON entry.source = 'invoice:' || i.id
    LEFT JOIN anew ON anew.invoice_id = coalesce(i.original_id, i.id)
    JOIN payments_invoice root ON root.id = coalesce(anew.root_id, i.original_id, i.id)
    LEFT JOIN payments_payment paid ON paid.id = root.payment_id
    WHERE entry.booked_on BETWEEN %(first)s AND %(last)s AND entry.source LIKE 'invoice:%%'
), sold AS (
    SELECT document.*, CASE WHEN subject ~ '^order:[0-9]+$' THEN split_part(subject, ':', 2)::bigint END AS order_id,
        CASE WHEN subject ~ '^term:[0-9]+:[0-9]+$' THEN split_part(subject, ':', 2)::bigint END AS subscription_id
    FROM document
), known AS (
    SELECT sold.*, offer.code AS offer, offer.title, coalesce(bought.source_code, '') AS source,
        coalesce(price.delivery_zone, '') AS zone, coalesce(bought.is_gift, FALSE) AS is_gift, CASE
            WHEN subscription_id IS NOT NULL AND way = 'off_session' THEN 'Reconduction automatique'
            WHEN subscription_id IS NOT NULL THEN 'Reconduction payée en ligne'
            WHEN way = 'offline' THEN 'Courrier ou téléphone'
            WHEN paper.agency_id IS NOT NULL THEN 'Institution, par une agence'
            WHEN paper.id IS NOT NULL THEN 'Institution'
            WHEN bought.renews_id IS NOT NULL THEN 'Site, réabonnement'
            WHEN offer.kind = 'single' THEN 'Site, vente au numéro'
            WHEN bought.id IS NOT NULL THEN 'Site, abonnement'
            ELSE 'Autre' END AS channel
    FROM sold LEFT JOIN subscriptions_order bought ON bought.id = sold.order_id
    LEFT JOIN subscriptions_price price ON price.id = bought.price_id
    LEFT JOIN subscriptions_purchaseorder paper ON paper.order_id = bought.id
    LEFT JOIN subscriptions_subscription whose ON whose.id = sold.subscription_id
    LEFT JOIN subscriptions_offer offer ON offer.id = coalesce(bought.offer_id, whose.offer_id)
)
SELECT * FROM (SELECT {day} AS day, CASE kind WHEN 'invoice' THEN 'Facture' ELSE 'Avoir' END AS nature, channel, coalesce(offer, '') AS offer,
    coalesce(title, '') AS title, source, CASE WHEN is_gift THEN 'oui' ELSE 'non' END AS gift, country, zone,
    buyer_kind AS buyer, count(*) AS documents, sum(sign * total_ttc) AS ttc, sum(sign * total_ht) AS ht, sum(sign * total_vat) AS vat
FROM known GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) AS line
ORDER BY day, nature COLLATE "C", channel COLLATE "C", offer COLLATE "C", title COLLATE "C", source COLLATE "C", gift COLLATE "C",
    country COLLATE "C", zone COLLATE "C", buyer COLLATE "C"
"""


def _rows(day: str) -> Callable[[Span], Query]:
    text = SALES.replace("{day}", day)
    return lambda span: Query(text, {"first": span.first, "last": span.last})


def _checks(span: Span, sums: Sums) -> Sequence[Check]:
    def booked(keys: str) -> Decimal:
        return moved(keys, first=span.first, last=span.last, sources="^invoice:")

    return [
        Check("TTC\u00a0: comptes 411, factures et avoirs", sums.of["ttc"], booked("AR")),
        Check("HT\u00a0: comptes 4871 et 701, factures et avoirs", sums.of["ht"], -booked("DEFERRED|REV_.*")),
        Check("TVA\u00a0: comptes 4457, factures et avoirs", sums.of["vat"], -booked("VAT_.*")),
    ]


_COLUMNS = (
    Column("nature", "Nature", width=10),
    Column("channel", "Canal", width=28),
    Column("offer", "Formule", width=18),
    Column("title", "Libellé", width=30),
    Column("source", "Origine", width=20),
    Column("gift", "Cadeau", width=8),
    Column("country", "Pays", width=8),
    Column("zone", "Zone", width=8),
    Column("buyer", "Acheteur", width=12),
    Column("documents", "Pièces", Kind.COUNT, 10),
    Column("ttc", "TTC", Kind.AMOUNT),
    Column("ht", "HT", Kind.AMOUNT),
    Column("vat", "TVA", Kind.AMOUNT),
)
SALES_BY_DAY = Export(
    name="ventes-par-jour",
    title=_("Sales by source, per day"),
    about=_("Invoices and credit notes by channel, offer, code, country and zone, gift or not."),
    by=By.PERIOD,
    columns=(Column("day", "Jour", Kind.DAY), *_COLUMNS),
    rows=_rows("day"),
    checks=_checks,
)
SALES_BY_MONTH = Export(
    name="ventes-par-mois",
    title=_("Sales by source, per month"),
    about=_("The same, one line per month."),
    by=By.PERIOD,
    columns=(Column("day", "Mois", Kind.DAY), *_COLUMNS),
    rows=_rows("date_trunc('month', day)::date"),
    checks=_checks,
)
