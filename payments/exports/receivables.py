"""What customers owe at the end of a day, by age: one line per customer, and one per invoice that is not settled.

Every line of 411 up to that day is in it, with the invoice that it is about (`payments.exports.lettering`), so the whole is the
balance of 411 to the cent. What nobody can say an invoice of stands apart, as money not assigned.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from payments.exports.lettering import PIECES
from payments.exports.offered import ZERO, By, Check, Column, Export, Kind, Query, Sums, moved
from payments.exports.spans import Span

#: The name of each customer as their last invoice until that day has it.
NAMES = """
named AS (
    SELECT DISTINCT ON (customer_id) 'C' || lpad(customer_id::text, greatest(6, length(customer_id::text)), '0') AS party, buyer_name
    FROM payments_invoice WHERE customer_id IS NOT NULL AND issued_on <= %(last)s ORDER BY customer_id, id DESC
)
"""
OPEN = f"""
WITH RECURSIVE {PIECES}, {NAMES}, owed AS (
    SELECT account_id, party, invoice_id, payment_id, sum(amount) AS amount, max(booked_on) AS last_on FROM piece
    GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0
), item AS (
    SELECT owed.*, coalesce(invoice.reference, payment.reference, '') AS reference, invoice.issued_on,
        coalesce(invoice.due_on, invoice.issued_on) AS due_on, coalesce(named.buyer_name, invoice.buyer_name, '') AS name
    FROM owed LEFT JOIN payments_invoice invoice ON invoice.id = owed.invoice_id
    LEFT JOIN payments_payment payment ON payment.id = owed.payment_id
    LEFT JOIN named ON named.party = owed.party
)
"""  # noqa: S608 – only our own words
#: By how many days an item is late, and which column that is; what we owe is late nowhere.
AGES = {
    "not_due": "amount > 0 AND due_on >= %(last)s",
    "to_30": "amount > 0 AND %(last)s::date - due_on BETWEEN 1 AND 30",
    "to_60": "amount > 0 AND %(last)s::date - due_on BETWEEN 31 AND 60",
    "to_90": "amount > 0 AND %(last)s::date - due_on BETWEEN 61 AND 90",
    "beyond": "amount > 0 AND %(last)s::date - due_on > 90",
    "unassigned": "amount > 0 AND due_on IS NULL",
    "to_give_back": "amount < 0",
}
_AGED = ", ".join(f"coalesce(sum(amount) FILTER (WHERE {which}), 0) AS {name}" for name, which in AGES.items())
AGED = f"""{OPEN}
SELECT account_id AS account, party, max(name) AS name, sum(amount) AS balance, {_AGED}
FROM item GROUP BY account_id, party ORDER BY account_id COLLATE "C", party COLLATE "C"
"""  # noqa: S608 – only our own words
ITEMS = f"""{OPEN}
SELECT account_id AS account, party, name, reference, issued_on, due_on, last_on,
    CASE WHEN amount > 0 AND due_on < %(last)s THEN %(last)s::date - due_on END AS late, amount
FROM item ORDER BY account_id COLLATE "C", party COLLATE "C", due_on NULLS LAST, reference COLLATE "C", last_on, amount
"""  # noqa: S608 – only our own words


def _aged(span: Span) -> Query:
    return Query(AGED, {"last": span.last})


def _items(span: Span) -> Query:
    return Query(ITEMS, {"last": span.last})


def _as_in_411(column: str, span: Span, sums: Sums) -> Sequence[Check]:
    return [Check("Solde des comptes 411", sums.of[column], moved("AR", first=None, last=span.last))]


AGED_BALANCE = Export(
    name="balance-agee",
    title=_("Aged balance"),
    about=_("What each customer owes at the end of a day, by how late it is. Below zero: what we owe them."),
    by=By.DAY,
    columns=(
        Column("account", "Compte", width=10),
        Column("party", "Auxiliaire", width=12),
        Column("name", "Client", width=36),
        Column("balance", "Solde", Kind.AMOUNT),
        Column("not_due", "Non échu", Kind.AMOUNT),
        Column("to_30", "1 à 30 jours", Kind.AMOUNT),
        Column("to_60", "31 à 60 jours", Kind.AMOUNT),
        Column("to_90", "61 à 90 jours", Kind.AMOUNT),
        Column("beyond", "Plus de 90 jours", Kind.AMOUNT),
        Column("unassigned", "Sans facture", Kind.AMOUNT),
        Column("to_give_back", "Créditeurs", Kind.AMOUNT),
    ),
    rows=_aged,
    checks=lambda span, sums: [
        *_as_in_411("balance", span, sums),
        Check("Somme des tranches", sum((sums.of[name] for name in AGES), ZERO), sums.of["balance"]),
    ],
)
OPEN_ITEMS = Export(
    name="postes-ouverts",
    title=_("Open items"),
    about=_("Every invoice that is not settled at the end of a day, and money that belongs to none."),
    by=By.DAY,
    columns=(
        Column("account", "Compte", width=10),
        Column("party", "Auxiliaire", width=12),
        Column("name", "Client", width=36),
        Column("reference", "Pièce", width=16),
        Column("issued_on", "Date de facture", Kind.DAY),
        Column("due_on", "Échéance", Kind.DAY),
        Column("last_on", "Dernier mouvement", Kind.DAY),
        Column("late", "Jours de retard", Kind.COUNT),
        Column("amount", "Reste dû", Kind.AMOUNT),
    ),
    rows=_items,
    checks=lambda span, sums: _as_in_411("amount", span, sums),
)
