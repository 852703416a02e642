"""What a line was, written down: whole or in parts, by rows that are only ever added, and what is left of it.

Lock order: bank line, then payment → order → … as everywhere. The database compares every line with its matches at commit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.bank.rules import BY_HAND
from payments.bank.writing import UNEXPLAINED, put_unexplained_on_desk
from payments.days import paris_day
from payments.desk import take_all_off_desk
from payments.ledger import entries
from payments.ledger.posting import EntryDraft, post
from payments.models import BankLine, BankMatch, LedgerEntry

Kind = BankMatch.Kind
#: What is undone by booking its mirror; the others are booked by what they name, which stays.
BOOKED_HERE = frozenset({Kind.RULE, Kind.BOOKED, Kind.CHARGES})
#: What one source may be several lines of.
MANY_LINES = frozenset({Kind.PAYOUT})
# Locked name by name in their order, until the transaction ends.
HOLD = "SELECT pg_advisory_xact_lock(hashtext('bank-source'), hashtext(source)) FROM unnest(%s::text[]) AS source"
#: The matter on finance's desk of what is in the books and has lost its line.
OFF_STATEMENT = "off_statement"


class CannotExplain(ValidationError):
    """The line cannot be explained so; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line, signed as the line is. `key`: of the account, where it is booked here; else `source` has booked it."""

    kind: str
    amount: Decimal
    source: str = ""
    key: str = ""


def lock_lines(keys: Collection[int]) -> list[BankLine]:
    """Lines under their locks, by primary key."""
    return list(
        BankLine.objects.select_for_update(no_key=True, of=("self",))
        .select_related("statement")
        .filter(pk__in=keys)
        .order_by("pk")
    )


def standing() -> QuerySet[BankMatch]:
    """Matches that hold: neither undone, nor undoing."""
    return BankMatch.objects.filter(~Exists(BankMatch.objects.filter(undoes=OuterRef("pk"))), undoes=None)


def explain(
    given: Mapping[BankLine, Sequence[Part]],
    *,
    reason: str,
    actor: Actor,
    at: datetime,
    because: Mapping[int, Sequence[Mapping[str, str]]] | None = None,
    automatic: bool = False,
) -> list[BankMatch]:
    """Say what locked lines are. In the caller's transaction; the same few statements for one line as for thousands.

    Books what nothing else books. Raises CannotExplain: more than is left, a key that is no line's, or what another line is.
    """
    _hold_sources(given)
    rows: list[BankMatch] = []
    drafts: list[EntryDraft] = []
    ordinals = _ordinals(given)
    for line, parts in given.items():
        total = sum((part.amount for part in parts), Decimal(0))
        fits = min(line.left, Decimal(0)) <= total <= max(line.left, Decimal(0))
        if not fits or not parts or not all(part.amount for part in parts):
            raise CannotExplain(_("This line is explained by now, or less is left of it."), code="left")
        for part in parts:
            source = part.source
            if part.key:
                if part.key not in BY_HAND or (part.key == "TRANSIT" and part.amount > 0):
                    raise CannotExplain(_("Nothing of a bank line goes on that account."), code="key")
                ordinals[line.pk] = ordinals.get(line.pk, 0) + 1
                source = f"bank:{line.pk}:{ordinals[line.pk]}"
                drafts.append(
                    entries.on_statement(line, key=part.key, amount=part.amount, source=source, booked_on=paris_day(at))
                )
            rows.append(
                BankMatch(
                    line=line,
                    kind=part.kind,
                    amount=part.amount,
                    source=source,
                    because=[dict(one) for one in (because or {}).get(line.pk, ())],
                    automatic=automatic,
                    actor=str(actor),
                    reason=reason[:300],
                    at=at,
                )
            )
        line.left -= total
    BankMatch.objects.bulk_create(rows, batch_size=2000)
    BankLine.objects.bulk_update(given, ["left"], batch_size=2000)
    post(drafts, actor=actor, at=at)
    done = [line.subject for line in given if not line.left]
    take_all_off_desk(kind=UNEXPLAINED, subjects=done, because="explained", actor=actor, at=at)
    found = sorted({_matter(row.source) for row in rows if row.source})
    take_all_off_desk(kind=OFF_STATEMENT, subjects=found, because="found its line", actor=actor, at=at)
    return rows


def _hold_sources(given: Mapping[BankLine, Sequence[Part]]) -> None:
    """Whoever says that a line is a receipt or a transfer says so alone until the commit: what is in the books is one line.

    A payout may be several lines. Receipts are evidence, which nobody may lock; so their names are locked, in one order.
    """
    wanted = {part.source: line for line, parts in given.items() for part in parts if part.kind not in MANY_LINES}
    wanted.pop("", None)
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [sorted(wanted)])
    for source, line in standing().filter(source__in=wanted).values_list("source", "line"):
        if line != wanted[source].pk:
            raise CannotExplain(_("Another line of the bank is that already."), code="another_line")


def undo(line: BankLine, *, reason: str, actor: Actor, at: datetime) -> list[BankMatch]:
    """Nothing that was said of a locked line holds; it waits for its explanation again. In the caller's transaction.

    What was booked here is mirrored. A receipt or a transfer stays booked: the money did move, only the line is another.
    Raises CannotExplain where there is nothing to undo, or the line is a payout.
    """
    old = list(standing().filter(line=line).order_by("pk"))
    if not old:
        raise CannotExplain(_("Nothing is said of this line yet."), code="nothing")
    if any(one.kind == Kind.PAYOUT for one in old):
        raise CannotExplain(
            _("This line is a payout of Stripe’s, and stays so: what comes back of it is another line."), code="payout"
        )
    rows = [
        BankMatch(
            line=line,
            kind=one.kind,
            amount=-one.amount,
            source=one.source,
            because=[],
            undoes=one,
            actor=str(actor),
            reason=reason[:300],
            at=at,
        )
        for one in old
    ]
    BankMatch.objects.bulk_create(rows)
    line.left -= sum((row.amount for row in rows), Decimal(0))
    line.save(update_fields=["left"])
    mirrored = [one.source for one in old if one.kind in BOOKED_HERE]
    booked = LedgerEntry.objects.filter(source__in=mirrored).prefetch_related("lines").order_by("pk")
    post(entries.off_statement(list(booked), line, booked_on=paris_day(at)), actor=actor, at=at)
    put_unexplained_on_desk([line], at=at)
    return rows


def _matter(source: str) -> str:
    """What a source is about, as desks name it: a transfer that came back is about the transfer."""
    kind, _colon, key = source.partition(":")
    return f"{kind.partition('_')[0]}:{key}"


def _ordinals(given: Mapping[BankLine, Sequence[Part]]) -> dict[int, int]:
    """How often each of these lines was booked by itself already: sources are never used twice. One query at most."""
    keys = [line.pk for line, parts in given.items() if any(part.key for part in parts)]
    found: dict[int, int] = {}
    if keys:
        rows = BankMatch.objects.filter(line__in=keys, kind__in=BOOKED_HERE, undoes=None)
        for key in rows.values_list("line", flat=True):
            found[key] = found.get(key, 0) + 1
    return found
