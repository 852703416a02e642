"""Our bank's discrepancies with Stripe: what should be on a statement that is here and is not, and what it shows instead.

| what is seen | the matter, on finance's desk | of |
|---|---|---|
| the statement of its days is here, and shows nothing of it | `payout_not_at_bank` | the payout |
| a line bears its trace, or can only be it, and shows another amount | `payout_other_at_bank` | the payout |
| two lines are together its amount | `payout_cut_at_bank` | the payout |
| a line names Stripe, and belongs to no payout | `bank_line` | the line |

One fault is one matter: a payout that is there under another amount is not missing as well, nor is its line unexplained. Each
ends by itself once its line is matched; what a person has closed with a reason is not put up again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import combinations

from django.db.models import Max

from payments.actors import Actor
from payments.bank.payouts import AROUND, lines_waiting_for_payouts
from payments.bank.writing import UNEXPLAINED, put_unexplained_on_desk
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.models import BankLine, BankStatement, DeskItem, Payout
from payments.money import NBSP, french
from payments.reconciliation.arriving import may_be_shown
from payments.reconciliation.at_bank import HALVES_WITHIN, bears_trace, is_around
from payments.working_days import add_banking_days

NOT_THERE, OTHER, CUT = "payout_not_at_bank", "payout_other_at_bank", "payout_cut_at_bank"
MATTERS = (NOT_THERE, OTHER, CUT)
#: No line bears the trace of a payout that is older.
LONGEST = timedelta(days=120)
#: A line may be here before Stripe's own news of its payout: it waits so long for it.
PATIENCE = timedelta(days=1)


@dataclass(slots=True)
class Overdue:
    """What does not agree: payouts by kind, each with the lines that may be it, and lines that are nothing known."""

    payouts: dict[str, list[tuple[Payout, tuple[BankLine, ...]]]] = field(
        default_factory=lambda: {kind: [] for kind in MATTERS}
    )
    lines: list[BankLine] = field(default_factory=list)


def watch(*, actor: Actor, at: datetime) -> int:
    """Put on finance's desk what does not agree, take off what does by now; returns how many do not. Safe to repeat.

    After `match_arrivals`, which brings together what is sure. Eight statements while nothing waits for anything.
    """
    found = overdue(at)
    items = DeskItem.objects.filter(kind__in=MATTERS)
    explained = set(items.filter(closed_by__startswith="staff:").values_list("kind", "subject"))
    there = set(items.filter(closed_at=None).values_list("kind", "subject"))
    for kind, some in found.payouts.items():
        sentences = {f"payout:{payout.pk}": _sentence(kind, payout, lines) for payout, lines in some}
        gone = sorted(subject for known, subject in there if known == kind and subject not in sentences)
        take_all_off_desk(kind=kind, subjects=gone, because="its line is there", actor=actor, at=at)
        fresh = {subject: said for subject, said in sentences.items() if (kind, subject) not in explained | there}
        put_all_on_desk(DeskItem.Desk.FINANCE, kind=kind, sentences=fresh, at=at)
    paired = [line.subject for some in found.payouts.values() for _payout, lines in some for line in lines]
    take_all_off_desk(kind=UNEXPLAINED, subjects=paired, because="it is a payout’s", actor=actor, at=at)
    put_unexplained_on_desk([line for line in found.lines if line.statement.at <= at - PATIENCE], at=at)
    return len(found.lines) + sum(map(len, found.payouts.values()))


def overdue(at: datetime) -> Overdue:
    """What does not agree as the statements stand that were let in by instant `at`. Five queries at most."""
    found = Overdue()
    until = BankStatement.objects.filter(at__lte=at).aggregate(last=Max("closed_on"))["last"]
    if until is None:
        return found
    lines = list(lines_waiting_for_payouts().select_related("statement"))
    shown = [payout for payout in may_be_shown() if payout.arrives_on <= add_banking_days(until, AROUND)]
    # Lines and payouts of one amount and day: which is which is said by a person, on the line.
    alike = {line.pk: [one for one in shown if _may_be(line, one)] for line in lines}
    free = [line for line in lines if not alike[line.pk]]
    met = {payout.pk for some in alike.values() for payout in some}
    waiting = [payout for payout in may_be_shown() if payout.pk not in met]
    owners = _owners(free)
    for payout in waiting:
        others = [one for one in waiting if one.pk != payout.pk and one.state != Payout.State.FAILED]
        mine = [line for line in free if owners[line.pk] <= {payout.pk}]
        instead = _instead(payout, others, mine, over=_is_over(payout, until))
        if instead is not None:
            kind, taken = instead
            found.payouts[kind].append((payout, taken))
            free = [line for line in free if line not in taken]
    # What a statement to come may still show beside them is not known yet.
    coming = [one for one in waiting if one.state != Payout.State.FAILED and not _is_over(one, until)]
    free = [line for line in free if not any(is_around(line.booked_on, payout) for payout in coming)]
    found.lines = [*free, *(line for line in lines if alike[line.pk])]
    return found


def untold(at: datetime) -> Iterator[tuple[str, str]]:
    """(subject, sentence) of what does not agree for days, and is on nobody's desk; for the audit."""
    old = at - 2 * PATIENCE
    told = set(DeskItem.objects.filter(kind__in=(*MATTERS, UNEXPLAINED)).values_list("subject", flat=True))
    found = overdue(old)
    for some in found.payouts.values():
        for payout, _lines in some:
            if f"payout:{payout.pk}" not in told:
                yield f"payout:{payout.pk}", "is on no statement, and nobody was told"
    for line in found.lines:
        if line.statement.at <= old and line.subject not in told:
            yield line.subject, "names Stripe and is no payout, and nobody was told"


def _may_be(line: BankLine, payout: Payout) -> bool:
    return line.amount == payout.amount and (is_around(line.booked_on, payout) or bears_trace(line, payout))


def _owners(lines: Sequence[BankLine]) -> dict[int, set[int]]:
    """The payouts whose trace stands on each of these lines, as a rule one. One query, none for no line."""
    if not lines:
        return {}
    since = min(line.booked_on for line in lines) - LONGEST
    traced = list(Payout.objects.exclude(trace="").filter(arrives_on__gte=since))
    return {line.pk: {one.pk for one in traced if bears_trace(line, one)} for line in lines}


def _is_over(payout: Payout, until: date) -> bool:
    """Whether statements up to a day should have shown it."""
    return add_banking_days(payout.arrives_on, AROUND) <= until


def _instead(
    payout: Payout, others: Sequence[Payout], lines: Sequence[BankLine], *, over: bool
) -> tuple[str, tuple[BankLine, ...]] | None:
    """What the bank shows instead of a payout; None while it may still show the payout itself, or need not: it failed."""
    traced = [line for line in lines if bears_trace(line, payout) and line.amount != -payout.amount]
    if payout.state == Payout.State.FAILED:
        back = [line for line in lines if bears_trace(line, payout) and line.amount == -payout.amount]
        return (OTHER, (*traced, *back)) if traced else None
    first, last = add_banking_days(payout.arrives_on, -AROUND), add_banking_days(payout.arrives_on, HALVES_WITHIN)
    parts = [line for line in lines if first <= line.booked_on <= last]
    halves = [pair for pair in combinations(parts, 2) if pair[0].amount + pair[1].amount == payout.amount]
    if len(halves) == 1:
        return CUT, halves[0]
    if len(traced) == 1:
        return OTHER, (traced[0],)
    if not over:
        return None
    # Without a trace: the only line for the only payout around it.
    near = [line for line in lines if is_around(line.booked_on, payout)]
    if len(near) == 1 and not any(is_around(near[0].booked_on, one) for one in others):
        return OTHER, (near[0],)
    return NOT_THERE, ()


def _sentence(kind: str, payout: Payout, lines: Sequence[BankLine]) -> str:
    name = f"Le virement Stripe {payout.stripe_payout} de {french(payout.amount)}, attendu le {payout.arrives_on:%d/%m/%Y},"
    shown = " et ".join(french(line.amount) for line in lines)
    said = {
        NOT_THERE: "n’est sur aucun relevé de la banque.",
        OTHER: f"y apparaît pour {shown}.",
        CUT: f"y apparaît en deux lignes, {shown} : à réunir sur l’une d’elles.",
    }
    return f"{name} {said[kind]}".replace(" :", f"{NBSP}:").replace("-", "−")
