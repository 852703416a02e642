"""The one writing of a row that its hash is taken of: a JSON array of texts, made by the database.

Python writes the same with `json.dumps(texts, ensure_ascii=False)`, so that an archive can be verified without a database.
Each chain names its columns here; days as 2026-11-30, instants in UTC to the microsecond, amounts with two decimals, nothing
as an empty text. Keys, figures and references only: what is erased or purged later is in none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from payments.models import SealedRow

Chain = SealedRow.Chain


def _text(column: str) -> str:
    return f"coalesce({column}::text, '')"


def _day(column: str) -> str:
    return f"coalesce(to_char({column}, 'YYYY-MM-DD'), '')"


def _instant(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a chain seals: the table, the names and the expressions of its columns, and what is joined to read them."""

    table: str
    columns: Mapping[str, str]
    joined: str = ""

    @property
    def text(self) -> str:
        """The expression of the whole row as text; `sealed` is the row's alias."""
        return f"jsonb_build_array({', '.join(self.columns.values())})::text"

    @property
    def hash(self) -> str:
        """The expression of its SHA-256."""
        return hashed(self.text)


def hashed(text: str) -> str:
    """The expression of the SHA-256 of a text, in hexadecimal."""
    return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"


LINES = """(SELECT jsonb_agg(jsonb_build_array(l.id::text, l.account_id, l.debit::text, l.credit::text, l.currency, l.party)
    ORDER BY l.id) FROM payments_ledgerline l WHERE l.entry_id = sealed.id)"""

SEALED: Mapping[str, Sealed] = {
    Chain.PAYMENTS: Sealed(
        "payments_paymentevent",
        {
            "id": _text("sealed.id"),
            "payment": "whose.reference",
            "subject": "whose.subject",
            "amount": _text("whose.amount"),
            "from": "sealed.from_state",
            "to": "sealed.to_state",
            "actor": "sealed.actor",
            "reason": "sealed.reason",
            "at": _instant("sealed.at"),
        },
        "JOIN payments_payment whose ON whose.id = sealed.payment_id",
    ),
    Chain.REFUNDS: Sealed(
        "payments_refundevent",
        {
            "id": _text("sealed.id"),
            "refund": "whose.reference",
            "payment": _text("whose.payment_id"),
            "amount": _text("whose.amount"),
            "from": "sealed.from_state",
            "to": "sealed.to_state",
            "actor": "sealed.actor",
            "reason": "sealed.reason",
            "at": _instant("sealed.at"),
        },
        "JOIN payments_refund whose ON whose.id = sealed.refund_id",
    ),
    Chain.LEDGER: Sealed(
        "payments_ledgerentry",
        {
            "id": _text("sealed.id"),
            "journal": "sealed.journal",
            "source": "sealed.source",
            "booked_on": _day("sealed.booked_on"),
            "received_on": _day("sealed.received_on"),
            "piece_ref": "sealed.piece_ref",
            "piece_date": _day("sealed.piece_date"),
            "label": "sealed.label",
            "actor": "sealed.actor",
            "created_at": _instant("sealed.created_at"),
            "lines": LINES,
        },
    ),
    Chain.TICKS: Sealed(
        "payments_closingtick",
        {
            "id": _text("sealed.id"),
            "kind": "sealed.kind",
            "first_day": _day("sealed.first_day"),
            "version": _text("sealed.version"),
            "line": "sealed.line",
            "turn": _text("sealed.turn"),
            "count": _text("sealed.count"),
            "amount": _text("sealed.amount"),
            "actor": "sealed.actor",
            "reason": "sealed.reason",
            "at": _instant("sealed.at"),
        },
    ),
    Chain.PERIODS: Sealed(
        "payments_periodclosing",
        {
            "id": _text("sealed.id"),
            "kind": "sealed.kind",
            "first_day": _day("sealed.first_day"),
            "last_day": _day("sealed.last_day"),
            "version": _text("sealed.version"),
            "sha256": "sealed.sha256",
            "signed_by": "sealed.signed_by",
            "reason": "sealed.reason",
            "at": _instant("sealed.at"),
        },
    ),
    Chain.ASKED: Sealed(
        "payments_reopeningasked",
        {
            "id": _text("sealed.id"),
            "closing": _text("sealed.closing_id"),
            "asked_by": "sealed.asked_by",
            "reason": "sealed.reason",
            "at": _instant("sealed.at"),
        },
    ),
    Chain.REOPENED: Sealed(
        "payments_reopening",
        {
            "id": _text("sealed.id"),
            "closing": _text("sealed.closing_id"),
            "asked": _text("sealed.asked_id"),
            "agreed_by": "sealed.agreed_by",
            "alone": _text("sealed.alone"),
            "reason": "sealed.reason",
            "at": _instant("sealed.at"),
        },
    ),
    Chain.JOURNAL: Sealed(
        "payments_technicalevent",
        {
            "id": _text("sealed.id"),
            "kind": "sealed.kind",
            "name": "sealed.name",
            "before": "sealed.before",
            "after": "sealed.after",
            "reason": "sealed.reason",
            "actor": "sealed.actor",
            "at": _instant("sealed.at"),
        },
    ),
    Chain.FILES: Sealed(
        "payments_keptfile",
        {
            "id": _text("sealed.id"),
            "kind": "sealed.kind",
            "name": "sealed.name",
            "year": _text("sealed.year"),
            "sha256": "sealed.sha256",
            "size": _text("sealed.size"),
            "actor": "sealed.actor",
            "at": _instant("sealed.at"),
        },
    ),
    Chain.DAYS: Sealed(
        "payments_dayclosing",
        {
            "id": _text("sealed.id"),
            "day": _day("sealed.day"),
            "hash": "sealed.hash",
            "actor": "sealed.actor",
            "at": _instant("sealed.at"),
        },
    ),
}
