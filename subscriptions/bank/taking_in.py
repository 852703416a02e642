"""A file of our bank's, let in: rehearsed, then its statements, their lines and what needs nobody, in one transaction."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.bank.judging import Judged, judge
from payments.bank.known import known_for
from payments.bank.matching import Part, explain, lock_lines
from payments.bank.payouts import looks_like_payout
from payments.bank.proposing import Proposal, What, propose_all
from payments.bank.reading import read
from payments.bank.statements import ReadStatement
from payments.bank.writing import CannotLetIn, put_unexplained_on_desk, refuse_known, write
from payments.days import paris_day
from payments.models import (
    BankLine,
    BankMatch,
    BankRule,
    BankStatement,
    Cheque,
    CsvProfile,
    Invoice,
    Payment,
    Transfer,
)
from payments.seals import seal_of
from subscriptions.bank.explaining import carry_out
from subscriptions.institutions.receiving import lock_orders

log = structlog.get_logger(__name__)
#: What stands beside what nobody decided.
AUTOMATIC = "as the statement says"
#: What moves a payment or a refund, and not only an invoice.
_MOVES = (What.TRANSFER, What.BACK, What.FILE, What.ORDER, What.DEPOSIT, What.BOUNCED)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a file does not say: the profile of a CSV, and the balances that somebody read on the bank's page."""

    profile: CsvProfile | None = None
    opening: Any = None
    closing: Any = None

    def facts(self) -> dict[str, str]:
        """For the statement's own record."""
        said = {"profile": self.profile.name} if self.profile else {}
        for name in ("opening", "closing"):
            if getattr(self, name) is not None:
                said[name] = str(getattr(self, name))
        return said


@dataclass(slots=True)
class Foreseen:
    """What letting a file in would do."""

    judged: list[Judged]
    lines: list[BankLine] = field(default_factory=list)
    proposals: Mapping[int, list[Proposal]] = field(default_factory=dict)

    @property
    def refused(self) -> list[str]:
        """Why it cannot be let in; nothing when it can."""
        return [sentence for one in self.judged for sentence in one.refused]

    @property
    def seal(self) -> str:
        """On what was shown, for whoever says yes to it (`let_in`)."""
        return _seal([(one.read, one.warnings) for one in self.judged], self.lines, self.proposals)


def read_with(body: bytes, typed: Typed) -> list[ReadStatement]:
    """What a file says, with what was typed where it says nothing. Raises Unreadable."""
    found = read(io.BytesIO(body), size=len(body), profile=typed.profile)
    if len(found) == 1:
        [only] = found
        only.opening = typed.opening if only.opening is None else only.opening
        only.closing = typed.closing if only.closing is None else only.closing
    return found


def foresee(body: bytes, typed: Typed, *, on: date) -> Foreseen:
    """What is in a file and what would become of its lines. Writes nothing. Raises Unreadable or CannotLetIn."""
    found = read_with(body, typed)
    refuse_known(body)
    seen = Foreseen(judge(found, on=on))
    if not seen.refused:
        seen.lines = [
            BankLine(
                booked_on=line.booked_on, value_on=line.value_on, amount=line.amount, left=line.amount, text=line.text,
                counterparty=line.counterparty, bank_reference=line.bank_reference, end_to_end=line.end_to_end,
            )
            for one in seen.judged
            for line in one.read.lines
        ]  # fmt: skip
        seen.proposals = propose_all(seen.lines, known_for(seen.lines, on=on))
    return seen


@transaction.atomic
def let_in(
    body: bytes, typed: Typed, *, name: str, reason: str, actor: Actor, at: datetime, seal: str | None = None
) -> list[BankStatement]:
    """Let a file in: all its statements with all their lines, what explains itself explained, the rest on finance's desk.

    `seal`: of what was shown (`Foreseen.seal`); something else would be done by now, and nothing is. Raises Unreadable or
    CannotLetIn, and then nothing was written.
    """
    found = read_with(body, typed)
    made = write(body, found, name=name, reading=typed.facts(), reason=reason, actor=actor, at=at)
    keys = BankLine.objects.filter(statement__in=made).order_by("pk").values_list("pk", flat=True)
    lines = lock_lines(list(keys))
    proposals = propose_all(lines, known_for(lines, on=paris_day(at)))
    if seal not in (None, _seal([(one, one.warnings) for one in made], lines, proposals)):
        raise CannotLetIn(
            _("Something else would become of this file by now than was shown. Please look at it once more."),
            code="changed",
        )
    _explain_alone(lines, proposals, actor=actor, at=at)
    in_sight = [line for place, line in enumerate(lines) if proposals[place] or not looks_like_payout(line)]
    put_unexplained_on_desk(in_sight, at=at)
    return made


def _seal(
    statements: Iterable[tuple[ReadStatement | BankStatement, Sequence[str]]],
    lines: Sequence[BankLine],
    proposals: Mapping[int, Sequence[Proposal]],
) -> str:
    """On what is in a file and what becomes of it by itself: the profile's reading, warnings and each verdict."""
    alone = {place: found[0] for place, found in proposals.items() if found and found[0].automatic}
    shown = [
        (one.format, one.identifier, one.sequence, one.opening, one.closing, tuple(warnings))
        for one, warnings in statements
    ]
    verdicts = [
        (
            *(line.booked_on, line.value_on, line.amount + 0, line.text, line.counterparty, line.bank_reference),
            (alone[place].name, alone[place].expected) if place in alone else None,
        )
        for place, line in enumerate(lines)
    ]
    return seal_of(shown, verdicts)


def _explain_alone(
    lines: Sequence[BankLine], proposals: Mapping[int, Sequence[Proposal]], *, actor: Actor, at: datetime
) -> int:
    """Whatever of locked lines needs no person; returns how many. In the caller's transaction.

    Rules by a few statements for all their lines; each transfer on its own, and what cannot be done after all stays.
    """
    alone = [found[0] for found in proposals.values() if found and found[0].automatic]
    _lock_for(alone)
    ruled: list[tuple[BankLine, Proposal]] = []
    done = 0
    for place, line in enumerate(lines):
        best = next(iter(proposals[place]), None)
        if best is None or not best.automatic:
            continue
        if best.what == What.RULE:
            ruled.append((line, best))
            continue
        try:
            with transaction.atomic():
                carry_out(line, best, reason=AUTOMATIC, actor=actor, at=at, automatic=True)
        except ValidationError as trouble:
            log.warning("bank_line_not_explained", line=line.pk, trouble=getattr(trouble, "code", ""))
            line.refresh_from_db(fields=["left"])
            continue
        done += 1
    return done + _by_rules(ruled, actor=actor, at=at)


def _lock_for(proposals: Sequence[Proposal]) -> None:
    """What is carried out in one transaction line by line, locked at once and in the order of all (payment → order → …).

    A colleague who notes a transfer, or marks a file sent, waits or is waited for, and nobody waits for each other.
    """
    keys: dict[What, set[int]] = defaultdict(set)
    for one in proposals:
        keys[one.what].update(one.keys)
    transfers = Transfer.objects.filter(Q(pk__in=keys[What.TRANSFER] | keys[What.BACK]) | Q(file__in=keys[What.FILE]))
    cheques = Cheque.objects.filter(Q(slip__in=keys[What.DEPOSIT]) | Q(pk__in=keys[What.BOUNCED]))
    whose = Q(pk__in=transfers.values("payment")) | Q(pk__in=cheques.values("payment")) | Q(pk__in=keys[What.ORDER])
    moves = any(keys[what] for what in _MOVES)
    if moves:
        payments = Payment.objects.filter(whose).select_for_update(no_key=True)
        list(payments.order_by("pk").values_list("pk", flat=True))
    if bills := keys[What.INVOICES] | keys[What.CHARGES]:
        lock_orders(Invoice.objects.filter(pk__in=bills))
    if moves:
        list(transfers.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def _by_rules(ruled: Sequence[tuple[BankLine, Proposal]], *, actor: Actor, at: datetime) -> int:
    rules = BankRule.objects.in_bulk({one.keys[0] for _line, one in ruled})
    parts = {line: [Part(BankMatch.Kind.RULE, line.amount, key=rules[one.keys[0]].key)] for line, one in ruled}
    because = {line.pk: one.because for line, one in ruled}
    if parts:
        explain(parts, because=because, reason=AUTOMATIC, actor=actor, at=at, automatic=True)
    return len(parts)
