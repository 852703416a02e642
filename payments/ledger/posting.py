"""Posting: turn drafts into balanced entries, each source once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from payments.actors import Actor

ZERO = Decimal("0.00")


class UnmappedKey(LookupError):
    """Finance has given this key no account yet; nothing is posted under a guess (law.md 6.2)."""


class Unbalanced(ValueError):
    """Debits and credits of a draft differ: a mistake of ours, caught before the database does."""


@dataclass(frozen=True, slots=True)
class Line:
    """One side of one account key, in euros; `party` names the customer's sub-account.

    `account`: the very account, whatever its key means by now, for the one who mirrors a line or moves what stands on it
    (`payments.ledger.carrying_over`); else its key's.
    """

    key: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    party: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry before it has accounts. Lines of 0,00 are left out when posted."""

    journal: str
    source: str
    booked_on: date
    piece_ref: str
    piece_date: date
    label: str
    lines: tuple[Line, ...]
    received_on: date | None = None


# Entries whose source is already booked are left as they are; the others get the accounts that their keys mean on their
# day. If one key means nothing yet, nothing at all is written. Every day up to the last one that is closed is moved to the day
# after it, whatever month it is in: balances of what was signed hold everything before. The day of the piece and the day the
# money came stay what they are.
INSERT = """
WITH closed AS MATERIALIZED (
    SELECT max(last_day) AS until FROM payments_periodclosing c
    WHERE NOT EXISTS (SELECT FROM payments_reopening r WHERE r.closing_id = c.id)
), draft AS (
    SELECT place, journal, source, CASE WHEN given.booked_on <= until THEN until + 1 ELSE given.booked_on END AS booked_on,
        received_on, piece_ref, piece_date, label
    FROM closed CROSS JOIN jsonb_to_recordset(%(entries)s::jsonb) AS given(
        place integer, journal text, source text, booked_on date, received_on date, piece_ref text, piece_date date,
        label text)
    WHERE NOT EXISTS (SELECT FROM payments_ledgerentry known WHERE known.source = given.source)
), line AS (
    SELECT given.*, coalesce(nullif(given.account, ''), (
        SELECT account_id FROM payments_accountmap map WHERE map.key = given.key AND map.valid_from <= draft.booked_on
        ORDER BY map.valid_from DESC LIMIT 1)) AS account_id, draft.booked_on
    FROM jsonb_to_recordset(%(lines)s::jsonb) AS given(
        place integer, source text, key text, debit numeric, credit numeric, party text, account text)
    JOIN draft USING (source)
), written AS (
    INSERT INTO payments_ledgerentry
        (journal, source, booked_on, received_on, piece_ref, piece_date, label, actor, created_at)
    SELECT journal, source, booked_on, received_on, piece_ref, piece_date, label, %(actor)s, %(at)s FROM draft
    WHERE NOT EXISTS (SELECT FROM line WHERE account_id IS NULL)
    ORDER BY place
    ON CONFLICT (source) DO NOTHING
    RETURNING id, source
), lines AS (
    INSERT INTO payments_ledgerline (entry_id, account_id, debit, credit, currency, party)
    SELECT written.id, account_id, debit, credit, 'EUR', party FROM line JOIN written USING (source)
    ORDER BY line.place
)
SELECT (SELECT count(*) FROM written),
    (SELECT min(key || ' on ' || booked_on) FROM line WHERE account_id IS NULL)
"""


def post(drafts: Iterable[EntryDraft], *, actor: Actor, at: datetime) -> int:
    """Write the entries whose source has none yet; returns how many. One statement whatever the number of drafts.

    Raises UnmappedKey or Unbalanced before anything is written; the database checks the balance again at commit.
    """
    wanted = sorted({draft.source: draft for draft in drafts}.values(), key=lambda draft: draft.source)
    if not wanted:
        return 0
    for draft in wanted:
        if sum(line.debit - line.credit for line in draft.lines) != 0:
            raise Unbalanced(f"entry {draft.source} does not balance")
    rows = [{name: getattr(draft, name) for name in _STATED} | {"place": place} for place, draft in enumerate(wanted)]
    lines = [
        {"source": draft.source} | {name: getattr(line, name) for name in _OF_A_LINE}
        for draft in wanted
        for line in draft.lines
        if line.debit or line.credit
    ]
    given: dict[str, str | datetime] = {
        "entries": json.dumps(rows, default=str),
        "lines": json.dumps([line | {"place": place} for place, line in enumerate(lines)], default=str),
        "actor": str(actor),
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, given)
        written, unmapped = cursor.fetchone()
    if unmapped:
        raise UnmappedKey(f"no account for {unmapped}")
    return int(written)


_OF_A_LINE = ("key", "debit", "credit", "party", "account")
_STATED = ("journal", "source", "booked_on", "received_on", "piece_ref", "piece_date", "label")
