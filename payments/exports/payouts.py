"""Stripe's payouts of some days: what each is made of, what is left between it and its parts, and the line of the bank.

Rows are what the transit account was debited with or credited back in those days, so they are the books to the cent; the parts
are the movements that the payout carried. The bank's line is given if it came by the last of the days.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from payments.exports.offered import ZERO, By, Check, Column, Export, Kind, Query, Sums, moved
from payments.exports.spans import Span
from payments.models import BalanceMovement

Meaning = BalanceMovement.Meaning
#: Which meanings make which column; fees have their own, whatever they were taken for.
PARTS = {
    "gross": (Meaning.PAYMENT,),
    "refunds": (Meaning.REFUND, Meaning.REFUND_FAILED),
    "disputes": (Meaning.DISPUTE, Meaning.DISPUTE_RETURNED),
    "others": (Meaning.ADJUSTMENT, Meaning.RESERVE, Meaning.TOPUP, Meaning.PAYOUT, Meaning.PAYOUT_BACK),
    "unexplained": ("", *BalanceMovement.UNEXPLAINED),
}
#: Another product bears its own fees: what is in a payout of it is net.
FOREIGN = (Meaning.FOREIGN, Meaning.CONVERTED, Meaning.ELSEWHERE)


def _within(meanings: Sequence[str]) -> str:
    return f"part.meaning IN ({', '.join(repr(str(one)) for one in meanings)})"


_PARTS = ", ".join(
    f"coalesce(sum(part.amount) FILTER (WHERE {_within(meanings)}), 0) AS {name}" for name, meanings in PARTS.items()
)
PAYOUTS = f"""
WITH way AS (
    SELECT line.id, entry.booked_on, entry.label, line.debit - line.credit AS net,
        CASE WHEN entry.source ~ '^movement(_back|_again)?:[0-9]+(:[0-9]+)?$' THEN split_part(entry.source, ':', 2)::bigint END AS movement_id
    FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id
    WHERE line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key = 'TRANSIT')
        AND entry.booked_on BETWEEN %(first)s AND %(last)s AND entry.source !~ '^payout_(arrived|returned):'
), sent AS (
    SELECT way.*, payout.id AS payout_id, coalesce(payout.stripe_payout, moved.stripe_id, '') AS reference,
        payout.created, payout.arrives_on, payout.arrived_on, payout.bank_reference, coalesce(payout.movement = moved.stripe_id, FALSE) AS departs
    FROM way LEFT JOIN payments_balancemovement moved ON moved.id = way.movement_id
    LEFT JOIN payments_payout payout ON moved.stripe_id <> '' AND moved.stripe_id IN (payout.movement, payout.failure_movement)
), part AS (
    SELECT sent.id, moved.meaning, moved.amount, moved.fee FROM sent
    JOIN payments_payout payout ON payout.id = sent.payout_id
    JOIN payments_balancemovement moved ON moved.payout_id = payout.id AND moved.stripe_id <> payout.movement
    WHERE sent.departs AND sent.net = payout.amount
), made AS (
    SELECT part.id, count(*) AS movements, {_PARTS},
        coalesce(sum(part.amount - part.fee) FILTER (WHERE {_within(FOREIGN)}), 0) AS "foreign",
        coalesce(sum(CASE WHEN part.meaning = 'stripe_fee' THEN part.amount - part.fee ELSE -part.fee END)
            FILTER (WHERE NOT {_within(FOREIGN)}), 0) AS fees
    FROM part GROUP BY part.id
), shown AS (
    -- What is no departure has no parts: it is what it is.
    SELECT sent.*, coalesce(made.movements, 0) AS movements, coalesce(made.gross, 0) AS gross,
        coalesce(made.refunds, 0) AS refunds, coalesce(made.disputes, 0) AS disputes, coalesce(made.fees, 0) AS fees,
        CASE WHEN sent.departs THEN coalesce(made.others, 0) ELSE sent.net END AS others,
        coalesce(made."foreign", 0) AS "foreign", coalesce(made.unexplained, 0) AS unexplained
    FROM sent LEFT JOIN made ON made.id = sent.id
)
SELECT booked_on, reference, CASE WHEN departs THEN 'Départ' WHEN payout_id IS NULL THEN label ELSE 'Retour' END AS nature,
    (created AT TIME ZONE 'Europe/Paris')::date AS created_on, arrives_on, movements, gross, refunds, disputes, fees, others,
    "foreign", unexplained, net - (gross + refunds + disputes + fees + others + "foreign" + unexplained) AS remainder, net,
    CASE WHEN departs AND arrived_on <= %(last)s THEN arrived_on END AS arrived_on,
    CASE WHEN departs AND arrived_on <= %(last)s THEN bank_reference ELSE '' END AS bank_line
FROM shown ORDER BY booked_on, id
"""  # noqa: S608 – only our own words


def _rows(span: Span) -> Query:
    return Query(PAYOUTS, {"first": span.first, "last": span.last})


def _checks(span: Span, sums: Sums) -> Sequence[Check]:
    sent = moved("TRANSIT", first=span.first, last=span.last, sources="^(?!payout_(arrived|returned):)")
    parts = sum((sums.of[name] for name in (*PARTS, "foreign", "fees", "remainder")), ZERO)
    return [
        Check("Partis de Stripe dans la période (compte de virements internes)", sums.of["net"], sent),
        Check("Somme des parts et du reste", parts, sums.of["net"]),
        Check("Arrivés à la banque dans la période", None, moved("BANK", first=span.first, last=span.last, sources="^payout_(arrived|returned):")),
        Check("En route au dernier jour", None, moved("TRANSIT", first=None, last=span.last)),
        Check("Solde Stripe au dernier jour", None, moved("PSP", first=None, last=span.last)),
    ]  # fmt: skip


PAYOUTS_MADE = Export(
    name="virements-stripe",
    title=_("Stripe’s payouts"),
    about=_("Each payout with what it is made of, its fees, what is left over, and the line of the bank."),
    by=By.PERIOD,
    columns=(
        Column("booked_on", "Comptabilisé le", Kind.DAY),
        Column("reference", "Virement", width=30),
        Column("nature", "Nature"),
        Column("created_on", "Créé le", Kind.DAY),
        Column("arrives_on", "Attendu le", Kind.DAY),
        Column("movements", "Mouvements", Kind.COUNT),
        Column("gross", "Encaissements bruts", Kind.AMOUNT),
        Column("refunds", "Remboursements", Kind.AMOUNT),
        Column("disputes", "Contestations", Kind.AMOUNT),
        Column("fees", "Frais", Kind.AMOUNT),
        Column("others", "Ajustements et réserves", Kind.AMOUNT),
        Column("foreign", "Autres produits", Kind.AMOUNT),
        Column("unexplained", "À expliquer", Kind.AMOUNT),
        Column("remainder", "Reste ou non détaillé", Kind.AMOUNT),
        Column("net", "Net viré", Kind.AMOUNT),
        Column("arrived_on", "Arrivé le", Kind.DAY),
        Column("bank_line", "Ligne du relevé", width=24),
    ),
    rows=_rows,
    checks=_checks,
)
