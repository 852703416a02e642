"""Classes: what a copy counts as, in one table and one piece of SQL (law.md 8.1).

A copy has one class. Paid circulation is what was sold and collected for at least the least share of the reference price; what
is sent again, or instead of a lost copy, was counted with the copy that it replaces. A line of a restored escrow knows its kind
and no price: nothing of it counts as paid. The statement is the same for a line that
was posted and for one that would be frozen today, so that what is foreseen and what is counted cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Klass(StrEnum):
    """What a copy counts as; the order is that of the statements and of the plots."""

    IND = "IND"
    GIFT = "GIFT"
    BULK = "BULK"
    SINGLE = "SINGLE"
    UNPAID = "UNPAID"
    LOW = "LOW"
    UNDONE = "UNDONE"
    RESTORED = "RESTORED"
    FREE = "FREE"
    PROOF = "PROOF"
    SEED = "SEED"
    CLAIM = "CLAIM"


class Band(StrEnum):
    """How much of the reference price was paid."""

    FULL = "FULL"
    HIGH = "HIGH"
    MID = "MID"
    LOW = "LOW"


class Group(StrEnum):
    """Where a class stands in the statement."""

    PAID = "paid"
    NOT_PAID = "not_paid"
    AGAIN = "again"


class ClassRow(NamedTuple):
    """One line of the statement: its group, its line in the statements of the ACPM, and what it says in French."""

    group: Group
    acpm: str
    french: str


CLASSES: Mapping[Klass, ClassRow] = {
    Klass.IND: ClassRow(Group.PAID, "IND_POSTE", "Abonnements payés par l’abonné destinataire"),
    Klass.GIFT: ClassRow(Group.PAID, "IND_POSTE", "Abonnements offerts, payés par un particulier"),
    Klass.BULK: ClassRow(Group.PAID, "TIERS_NOMBRE", "Abonnements payés en nombre (plusieurs exemplaires)"),
    Klass.SINGLE: ClassRow(Group.PAID, "VENTE_NUMERO", "Ventes au numéro par correspondance"),
    Klass.UNPAID: ClassRow(Group.NOT_PAID, "GRATUIT", "Abonnements facturés, non encore encaissés"),
    Klass.LOW: ClassRow(Group.NOT_PAID, "GRATUIT", "Vendus sous le seuil du prix de référence"),
    Klass.UNDONE: ClassRow(Group.NOT_PAID, "GRATUIT", "Abonnements et numéros remboursés après l’envoi"),
    Klass.RESTORED: ClassRow(Group.NOT_PAID, "GRATUIT", "Repris du séquestre, prix payé inconnu"),
    Klass.FREE: ClassRow(Group.NOT_PAID, "GRATUIT", "Services gratuits"),
    Klass.PROOF: ClassRow(Group.NOT_PAID, "GRATUIT", "Justificatifs"),
    Klass.SEED: ClassRow(Group.NOT_PAID, "GRATUIT", "Adresses témoins"),
    Klass.CLAIM: ClassRow(Group.AGAIN, "RECLAM", "Renvois et remplacements, déjà comptés"),
}
#: Prices beside the reference price, in French; the two figures are those of the rule.
BANDS: Mapping[Band, str] = {
    Band.FULL: "au prix de référence",
    Band.HIGH: "de {coupled} % à moins de 100 %",
    Band.MID: "de {least} % à moins de {coupled} %",
    Band.LOW: "moins de {least} %",
}
PAID = tuple(klass for klass, row in CLASSES.items() if row.group == Group.PAID)
NOT_PAID = tuple(klass for klass, row in CLASSES.items() if row.group == Group.NOT_PAID)
#: What reaches a reader for the first time.
POSTED = (*PAID, *NOT_PAID)
#: Whether an order of past issues was given back: its invoice credited whole (made out anew, it is still one), or a dispute lost.
GIVEN_BACK = """EXISTS (
    SELECT FROM payments_payment paying
    WHERE paying.subject = 'order:' || {order} AND paying.state = 'succeeded' AND NOT paying.surplus AND (
        EXISTS (SELECT FROM payments_dispute lost WHERE lost.payment_id = paying.id AND lost.state = 'lost')
        OR (SELECT SUM(total_ttc) FROM payments_invoice WHERE payment_id = paying.id AND kind = 'invoice') <= (
            SELECT SUM(note.total_ttc) FROM payments_invoice note JOIN payments_invoice invoice ON invoice.id = note.original_id
            WHERE invoice.payment_id = paying.id AND invoice.kind = 'invoice' AND note.kind = 'credit_note')))"""


def classed(lines: str) -> str:
    """`classed` as the body of WITH: the relation `lines` (entitlement_id, free_copy_id, sold_id, address_id, kind, copies, zone) with the
    class of each, what was paid for it and its reference price. Asked with `subscriptions.figures.rules.facts_of`.

    What was paid is that of the term that was sold: a gift that goes on in another subscription keeps its price. The
    reference is the tariff of the day of the sale; for a term of another house, of the day on which it began.
    """
    return f"""
tariff AS (
    SELECT * FROM jsonb_to_recordset(%(tariff)s::jsonb) AS t(zone text, since date, until date, copy numeric)
), known AS (
    SELECT line.*, given.kind AS given, bought.state AS order_state, paper.id AS paper_id, sold.id AS sold_term_id,
        sold.quantity, sold.amount AS sold_amount, COALESCE(bought.is_gift, who.is_gift, FALSE) AS is_gift,
        undone.id IS NOT NULL OR single.id IS NOT NULL AND {GIVEN_BACK.format(order="single.order_id")} AS undone, instead.id IS NOT NULL AS instead,
        COALESCE(bought.offer_id, who.offer_id) AS offer_id,
        COALESCE(agency.name, NULLIF(bought.source_code, ''), NULLIF(sold.source, 'shop'), '') AS code,
        COALESCE(price.delivery_zone, address.delivery_zone) AS tariff_zone,
        COALESCE((bought.placed_at AT TIME ZONE 'Europe/Paris')::date, sold.starts_on) AS sold_on,
        COALESCE(sold.amount / NULLIF(sold.copies * sold.quantity, 0), single.amount / single.copies) AS copy_paid
    FROM {lines} line
    JOIN subscriptions_postaladdress address ON address.id = line.address_id
    LEFT JOIN subscriptions_freecopy given ON given.id = line.free_copy_id
    LEFT JOIN subscriptions_entitlement copy ON copy.id = line.entitlement_id
    LEFT JOIN subscriptions_carriedterm carried ON carried.served_id = copy.term_id
    LEFT JOIN subscriptions_term sold ON sold.id = COALESCE(carried.sold_id, copy.term_id)
    LEFT JOIN subscriptions_subscription who ON who.id = sold.subscription_id
    LEFT JOIN subscriptions_soldissue single ON single.id = line.sold_id
    LEFT JOIN subscriptions_order bought ON bought.id = COALESCE(sold.order_id, single.order_id)
    LEFT JOIN subscriptions_price price ON price.id = bought.price_id
    LEFT JOIN subscriptions_purchaseorder paper ON paper.order_id = bought.id
    LEFT JOIN subscriptions_agency agency ON agency.id = paper.agency_id
    LEFT JOIN subscriptions_termundone undone ON undone.term_id = sold.id
    LEFT JOIN subscriptions_claim instead ON instead.extra_id = copy.id
), priced AS (
    SELECT known.*, tariff.copy AS copy_reference, known.copy_paid * 100 / NULLIF(tariff.copy, 0) AS exact
    FROM known LEFT JOIN tariff ON known.sold_term_id IS NOT NULL AND tariff.zone = known.tariff_zone AND known.sold_on >= tariff.since AND known.sold_on < tariff.until
), named AS (
    SELECT priced.*, CASE
        WHEN given = 'seed' THEN '{Klass.SEED}'
        WHEN given = 'proof' THEN '{Klass.PROOF}'
        WHEN given IS NOT NULL THEN '{Klass.FREE}'
        WHEN kind = 'RCL' OR instead THEN '{Klass.CLAIM}'
        WHEN undone THEN '{Klass.UNDONE}'
        WHEN sold_id IS NOT NULL THEN '{Klass.SINGLE}'
        WHEN sold_term_id IS NULL AND kind = 'GRA' THEN '{Klass.FREE}'
        WHEN sold_term_id IS NULL AND kind = 'JUS' THEN '{Klass.PROOF}'
        WHEN sold_term_id IS NULL THEN '{Klass.RESTORED}'
        WHEN sold_amount = 0 THEN '{Klass.FREE}'
        WHEN paper_id IS NOT NULL AND order_state <> 'paid' THEN '{Klass.UNPAID}'
        WHEN exact < %(least)s THEN '{Klass.LOW}'
        WHEN is_gift THEN '{Klass.GIFT}'
        WHEN quantity > 1 THEN '{Klass.BULK}'
        ELSE '{Klass.IND}'
    END AS klass
    FROM priced
), classed AS (
    SELECT named.*, klass IN ('IND', 'GIFT', 'BULK', 'SINGLE', 'UNPAID', 'LOW') AS was_sold,
        CASE
            WHEN klass NOT IN ('IND', 'GIFT', 'BULK', 'UNPAID', 'LOW') OR exact IS NULL THEN ''
            WHEN exact >= 100 THEN '{Band.FULL}'
            WHEN exact >= %(coupled)s THEN '{Band.HIGH}'
            WHEN exact >= %(least)s THEN '{Band.MID}'
            ELSE '{Band.LOW}'
        END AS band
    FROM named
)"""  # noqa: S608 - only our own words
