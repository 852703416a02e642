"""Posting: turn drafts into balanced entries, each source once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from payments.actors import Actor
from payments.models import AccountMap, LedgerEntry, LedgerLine

ZERO = Decimal("0.00")


class UnmappedKey(LookupError):
    """Finance has given this key no account yet; nothing is posted under a guess (law.md 6.2)."""


class Unbalanced(ValueError):
    """Debits and credits of a draft differ: a mistake of ours, caught before the database does."""


@dataclass(frozen=True, slots=True)
class Line:
    """One side of one account key, in euros; `party` names the customer's sub-account."""

    key: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    party: str = ""


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


def post(drafts: Iterable[EntryDraft], *, actor: Actor, at: datetime) -> int:
    """Write the entries whose source has none yet; returns how many. Three queries whatever the number of drafts.

    Raises UnmappedKey or Unbalanced before anything is written; the database checks the balance again at commit.
    """
    wanted = {draft.source: draft for draft in drafts}
    if not wanted:
        return 0
    for draft in wanted.values():
        if sum(line.debit - line.credit for line in draft.lines) != 0:
            raise Unbalanced(f"entry {draft.source} does not balance")
    known = set(LedgerEntry.objects.filter(source__in=wanted).values_list("source", flat=True))
    fresh = [draft for source, draft in sorted(wanted.items()) if source not in known]
    if not fresh:
        return 0
    accounts = _accounts()
    entries = LedgerEntry.objects.bulk_create(
        [
            LedgerEntry(
                journal=draft.journal,
                source=draft.source,
                booked_on=draft.booked_on,
                received_on=draft.received_on,
                piece_ref=draft.piece_ref,
                piece_date=draft.piece_date,
                label=draft.label,
                actor=str(actor),
                created_at=at,
            )
            for draft in fresh
        ]
    )
    LedgerLine.objects.bulk_create(
        [
            LedgerLine(
                entry=entry,
                account_id=_account(accounts, line.key, draft.booked_on),
                debit=line.debit,
                credit=line.credit,
                party=line.party,
            )
            for entry, draft in zip(entries, fresh, strict=True)
            for line in draft.lines
            if line.debit or line.credit
        ]
    )
    return len(entries)


def _accounts() -> Sequence[AccountMap]:
    return list(AccountMap.objects.order_by("-valid_from"))


def _account(accounts: Sequence[AccountMap], key: str, on: date) -> str:
    for row in accounts:
        if row.key == key and row.valid_from <= on:
            return str(row.account_id)
    raise UnmappedKey(f"no account for {key} on {on.isoformat()}")
