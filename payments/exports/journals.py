"""The journals as an accountant's software takes them in: which columns, one line each or totals, customers together or apart.

The profile is data (`AccountantProfile`); this module knows the fields that its columns may name, and turns it into an export.
Totals of a day or a month keep debits and credits apart on every account, so each of them balances, and together they are the
lines to the cent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from payments.exports.lettering import LETTERED, PIECES
from payments.exports.offered import By, Check, Column, Export, Kind, Query, Sums, sums_of
from payments.exports.receivables import NAMES
from payments.exports.spans import Span
from payments.models import AccountantProfile, LedgerEntry

NAME = "journaux"
Customers, Detail = AccountantProfile.Customers, AccountantProfile.Detail


@dataclass(frozen=True, slots=True)
class Field:
    """What a column may say: in words, and as an expression over `LINES`."""

    label: str
    expression: str
    kind: Kind = Kind.TEXT
    width: int = 14


FIELDS: Mapping[str, Field] = {
    "line": Field("numéro de ligne", "place", Kind.COUNT, 8),
    "journal": Field("code du journal", "journal", width=8),
    "journal_label": Field("libellé du journal", "journal_label", width=20),
    "entry": Field("numéro d’écriture", "entry_number", width=12),
    "date": Field("date comptable", "booked_on", Kind.DAY, 12),
    "account": Field("compte", "account", width=10),
    "account_label": Field("libellé du compte", "account_label", width=30),
    "party": Field("compte auxiliaire", "party", width=12),
    "party_label": Field("libellé de l’auxiliaire", "party_label", width=30),
    "account_or_party": Field("compte, ou auxiliaire s’il y en a un", "CASE party WHEN '' THEN account ELSE party END", width=12),
    "piece": Field("pièce", "piece_ref", width=22),
    "piece_date": Field("date de la pièce", "piece_date", Kind.DAY, 12),
    "label": Field("libellé", "label", width=44),
    "debit": Field("débit", "debit", Kind.AMOUNT),
    "credit": Field("crédit", "credit", Kind.AMOUNT),
    "amount": Field("montant sans signe", "debit + credit", Kind.AMOUNT),
    "side": Field("sens, D ou C", "CASE WHEN debit > 0 THEN 'D' ELSE 'C' END", width=6),
    "signed": Field("montant, négatif au crédit", "debit - credit", Kind.AMOUNT),
    "letter": Field("lettrage", "letter", width=16),
    "lettered_on": Field("date du lettrage", "lettered_on", Kind.DAY, 12),
    "validated_on": Field("date de validation", "validated_on", Kind.DAY, 12),
    "received_on": Field("date de réception de l’argent", "received_on", Kind.DAY, 12),
    "currency": Field("devise, EUR", "'EUR'", width=6),
    "euro": Field("devise, E", "'E'", width=4),
    "blank": Field("colonne vide", "''", width=4),
}  # fmt: skip
#: What a profile must say in one way or another for a line to mean something.
AMOUNTS = (("debit", "credit"), ("amount", "side"), ("signed",))
ACCOUNTS = ("account", "account_or_party")

_LABELS = " ".join(f"WHEN '{value}' THEN '{label}'" for value, label in LedgerEntry.Journal.choices)
LINES = f"""
SELECT row_number() OVER (ORDER BY entry.booked_on, n.number NULLS LAST, entry.id, line.id) AS place, entry.journal,
    CASE entry.journal {_LABELS} END AS journal_label, coalesce(n.number::text, '') AS entry_number, entry.booked_on,
    line.account_id AS account, account.label AS account_label, {{party}} AS party, {{named}} AS party_label, entry.piece_ref,
    entry.piece_date, entry.label, line.debit, line.credit, {{letter}} AS letter, {{lettered_on}} AS lettered_on, n.validated_on,
    entry.received_on
FROM payments_ledgerentry entry
JOIN payments_ledgerline line ON line.entry_id = entry.id
JOIN payments_account account ON account.code = line.account_id
LEFT JOIN payments_entrynumber n ON n.entry_id = entry.id {{joined}}
WHERE entry.booked_on BETWEEN %(first)s AND %(last)s
"""  # noqa: S608 – only our own words
TOTALS = f"""
SELECT row_number() OVER (ORDER BY day, journal, account COLLATE "C", party COLLATE "C", debit = 0) AS place, journal,
    CASE journal {_LABELS} END AS journal_label, journal || '-' || to_char(day, '{{stamp}}') AS entry_number, day AS booked_on,
    account, account_label, party, party_label, journal || '-' || to_char(day, '{{stamp}}') AS piece_ref, day AS piece_date,
    'Totaux ' || journal || '{{of}}' || to_char(day, '{{said}}') AS label, debit, credit, '' AS letter, NULL::date AS lettered_on,
    validated_on, NULL::date AS received_on
FROM (
    SELECT entry.journal, {{day}} AS day, line.account_id AS account, account.label AS account_label, {{party}} AS party,
        {{named}} AS party_label, sum(line.debit) AS debit, sum(line.credit) AS credit, max(n.validated_on) AS validated_on
    FROM payments_ledgerentry entry
    JOIN payments_ledgerline line ON line.entry_id = entry.id
    JOIN payments_account account ON account.code = line.account_id
    LEFT JOIN payments_entrynumber n ON n.entry_id = entry.id {{joined}}
    WHERE entry.booked_on BETWEEN %(first)s AND %(last)s
    GROUP BY 1, 2, 3, 4, 5, 6, line.debit > 0
) AS total
"""  # noqa: S608 – only our own words
#: Day of the totals: itself; the last day of its month that is asked for.
DAYS = {
    Detail.DAY: {"day": "entry.booked_on", "stamp": "YYYYMMDD", "of": " du ", "said": "DD/MM/YYYY"},
    Detail.MONTH: {
        "day": "least((date_trunc('month', entry.booked_on) + interval '1 month - 1 day')::date, %(last)s)",
        "stamp": "YYYYMM", "of": " de ", "said": "MM/YYYY",
    },
}  # fmt: skip
BOOKED = """
SELECT coalesce(sum(line.debit), 0), coalesce(sum(line.credit), 0)
FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id
WHERE entry.booked_on BETWEEN %s AND %s
"""
_SIDES = (Column("debit", "", Kind.AMOUNT), Column("credit", "", Kind.AMOUNT))


def export_of(profile: AccountantProfile) -> Export:
    """The journals in the profile of an accountant."""
    wanted = [FIELDS[one["field"]] for one in profile.columns]
    cells = ", ".join(f"{field.expression} AS c{place}" for place, field in enumerate(wanted))
    lettered = any(one["field"] in ("letter", "lettered_on") for one in profile.columns)

    def rows(span: Span) -> Query:
        lines = _lines(profile, span, lettered=lettered)
        return Query(f"{lines.before}SELECT {cells} FROM ({lines.text}) AS line ORDER BY place", lines.asked)  # noqa: S608

    def checks(span: Span, sums: Sums) -> Sequence[Check]:
        lines = _lines(profile, span, lettered=False)
        found = sums_of(Query(lines.before + lines.text, lines.asked), _SIDES)
        with connection.cursor() as cursor:
            cursor.execute(BOOKED, [span.first, span.last])
            debit, credit = cursor.fetchone()
        return [
            Check("Débit de la période", found.of["debit"], debit),
            Check("Crédit de la période", found.of["credit"], credit),
        ]

    return Export(
        name=NAME,
        title=_("Journals"),
        about=_("Every entry of a period, as the profile of the accountant wants it."),
        by=By.PERIOD,
        columns=[
            Column(f"c{place}", one["head"] or field.label, field.kind, field.width)
            for place, (one, field) in enumerate(zip(profile.columns, wanted, strict=True))
        ],
        rows=rows,
        checks=checks,
    )


@dataclass(frozen=True, slots=True)
class _Lines:
    before: str
    text: str
    asked: Mapping[str, Any]


def _lines(profile: AccountantProfile, span: Span, *, lettered: bool) -> _Lines:
    """The lines of a profile, with everything that its columns may say of them. `lettered`: with the letters of 411."""
    parts: list[str] = []
    known: dict[str, str] = {"party": "line.party", "letter": "''", "lettered_on": "NULL::date", "joined": ""}
    known["named"] = "CASE line.party WHEN '' THEN '' ELSE 'Client ' || line.party END"
    if profile.customers == Customers.NONE:
        known |= {"party": "''", "named": "''"}
    elif profile.customers == Customers.NAMES:
        parts.append(NAMES)
        known["named"] = "CASE line.party WHEN '' THEN '' ELSE coalesce(named.buyer_name, 'Client ' || line.party) END"
        known["joined"] += " LEFT JOIN named ON named.party = line.party"
    asked: dict[str, Any] = {"first": span.first, "last": span.last}
    if profile.detail != Detail.ENTRY:
        text = TOTALS.format(**known, **DAYS[Detail(profile.detail)])
    else:
        if lettered:
            parts.append(PIECES + LETTERED.replace("%(first)s", "%(year)s"))
            asked["year"] = span.first.replace(month=1, day=1)
            known |= {"letter": "coalesce(lettered.letter, '')", "lettered_on": "lettered.lettered_on"}
            known["joined"] += " LEFT JOIN lettered ON lettered.line_id = line.id"
        text = LINES.format(**known)
    return _Lines(f"WITH RECURSIVE {', '.join(parts)} " if parts else "", text, asked)
