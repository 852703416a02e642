"""Every movement gets its meaning, and what no payment of ours books is booked from its line (law.md 6.3, 6.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from payments.actors import Actor
from payments.days import paris_day
from payments.ledger import stripe_entries
from payments.ledger.posting import EntryDraft, post
from payments.models import BalanceMovement, Discrepancy, LedgerEntry, MirrorCharge, Payment
from payments.reconciliation.discrepancies import Found, put
from payments.reconciliation.meanings import KEYS, NET, Facts, Meaning, meaning_of, of_somebody

BATCH = 5000
#: A line about somebody's payment waits so long for that to settle here, unless its payout has been read.
PATIENCE = timedelta(days=10)
CHARGES = ("charge", "payment")
REFUNDS = ("refund", "payment_refund")
#: What another product's line may turn out not to be, once its payout says whose it is.
OF_OTHERS = (Meaning.FOREIGN, Meaning.CONVERTED)
#: How a line's later entries are told apart; nothing changes its meaning more often.
TIMES = ("", ":2", ":3", ":4", ":5", ":6")


def explain(*, actor: Actor, at: datetime, go_on: Callable[[], bool] = lambda: True) -> int:
    """Give their meaning to lines that have none yet, and again to those that nobody could explain; returns how many changed.

    One transaction and a constant number of statements per 5,000 lines; safe to repeat and to stop anywhere.
    """
    changed, last = 0, 0
    while go_on():
        with transaction.atomic():
            lines = list(_due(at).filter(pk__gt=last).order_by("pk")[:BATCH])
            changed += _explain(lines, actor=actor, at=at)
        if len(lines) < BATCH:
            break
        last = lines[-1].pk
    return changed


def _due(at: datetime) -> QuerySet[Any]:
    """Lines whose meaning may be known by now, with what the books hold of them; what finance has booked stands until it finds
    its owner. Locks the lines.
    """
    ready = (
        Q(payment__isnull=False)
        | Q(refund__isnull=False)
        | Q(payout__read_at__isnull=False)
        | Q(created__lte=at - PATIENCE)
        | ~Q(kind__in=of_somebody())
    )
    earlier = BalanceMovement.objects.filter(payment=OuterRef("payment"), kind__in=CHARGES, pk__lt=OuterRef("pk"))
    named = Payment.objects.filter(reference=OuterRef("reference"), state=Payment.State.SUCCEEDED)
    at_stripe = MirrorCharge.objects.filter(stripe_charge=OuterRef("source"), ours=True)
    by_hand = Discrepancy.objects.filter(movement=OuterRef("pk"), end=Discrepancy.End.BOOKED)
    booked = by_hand.exclude(kind=Discrepancy.Kind.CHANGED)
    return (
        BalanceMovement.objects.select_for_update(no_key=True, of=("self",))
        .filter(
            (Q(meaning__in=["", *BalanceMovement.UNEXPLAINED]) & ready)
            | Q(meaning__in=OF_OTHERS, payment__isnull=False)
            | Q(meaning__in=OF_OTHERS, refund__isnull=False)
            | Q(meaning__in=OF_OTHERS, names_us=True)
        )
        .exclude(~Q(meaning=""), Exists(booked), payment=None, refund=None)
        .annotate(
            paid=F("payment__amount"),
            given_back=F("refund__amount"),
            second=Exists(earlier),
            about_ours=Exists(Payment.objects.filter(stripe_charge=OuterRef("charge"))) | Exists(at_stripe),
            twin=Exists(named),
        )
    )


def _explain(lines: Sequence[Any], *, actor: Actor, at: datetime) -> int:
    moved: dict[Meaning, list[Any]] = defaultdict(list)
    anew: list[tuple[Any, Meaning]] = []
    for line in lines:
        meaning = meaning_of(facts_of(line))
        if meaning != line.meaning:
            moved[meaning].append(line)
            anew.append((line, meaning))
        elif _owned(line) and line.fee and KEYS[meaning]:
            anew.append((line, meaning))  # its fee may have been booked before it was known whose it is
    known = _booked([line for line, _meaning in anew if line.meaning])
    drafts = [draft for line, meaning in anew for draft in _drafts(line, meaning, known.get(line.pk, ()), at=at)]
    by_hand = list(_by_hand([line for rows in moved.values() for line in rows]))
    drafts += [stripe_entries.unbooked(entry, one, booked_on=paris_day(at)) for one, entry, _line in by_hand]
    for meaning, rows in sorted(moved.items()):
        BalanceMovement.objects.filter(pk__in=[row.pk for row in rows]).update(meaning=meaning)
    post(drafts, actor=actor, at=at)
    if by_hand:
        put([_unbooked(line) for _one, _entry, line in by_hand], run=None, actor=actor, at=at)
    return sum(map(len, moved.values()))


def _unbooked(line: BalanceMovement) -> Found:
    """Finance is told that what it had booked was taken back."""
    kind = Discrepancy.Kind.UNBOOKED
    return Found(kind, f"movement:{line.pk}", line.payout_id, line.pk, at_stripe=line.amount)


def facts_of(line: Any) -> Facts:
    """A line as `_due` reads it, for the table."""
    return Facts(
        kind=line.kind,
        category=line.category,
        currency=line.currency,
        amount=line.amount,
        paid=line.paid if line.refund_id is None else None,
        given_back=line.given_back,
        converted=line.converted,
        second=line.payment_id is not None and line.second,
        names_us=line.names_us or line.about_ours,
        twin=line.twin,
    )


def _owned(line: BalanceMovement) -> bool:
    return line.payment_id is not None or line.refund_id is not None


def _booked(lines: Sequence[BalanceMovement]) -> Mapping[int, Sequence[LedgerEntry]]:
    """What the books hold of lines that had a meaning, by line and in the order in which it was booked. Two queries at most."""
    of = {source: line.pk for line in lines for source in sources_of(line.pk)}
    found: dict[int, list[LedgerEntry]] = defaultdict(list)
    if of:
        for entry in LedgerEntry.objects.filter(source__in=of).prefetch_related("lines").order_by("pk"):
            found[of[entry.source]].append(entry)
    return found


def sources_of(line_id: int | None) -> Iterator[str]:
    """The sources of whatever a line alone has written in the books."""
    if line_id is not None:
        yield f"movement:{line_id}"
        for kind in ("movement_back", "movement_again"):
            for time in TIMES:
                yield f"{kind}:{line_id}{time}"


def _drafts(line: BalanceMovement, meaning: Meaning, known: Sequence[LedgerEntry], *, at: datetime) -> list[EntryDraft]:
    """The entry of a line whose meaning is new; what stands of it goes back first, as it stands, and both are of today.

    Lines find their owner later, and never lose it; only a second line of one payment is booked although it has one.
    """
    backs = [entry for entry in known if entry.source.startswith("movement_back:")]
    times = [entry for entry in known if entry not in backs]
    standing = times[-1] if len(times) > len(backs) else None
    today, gets, drafts = paris_day(at), KEYS[meaning], list[EntryDraft]()
    if gets is not None:
        day = today if line.meaning else paris_day(line.created)
        owned = _owned(line)
        draft = stripe_entries.movement(line, gets, net=meaning in NET, owned=owned, booked_on=day)
        if standing is not None and KEYS.get(Meaning(line.meaning)) == gets and _alike(draft, standing):
            return []
        drafts.append(stripe_entries.movement_again(draft, line, time=TIMES[len(times) - 1]) if times else draft)
    if standing is not None:
        back = stripe_entries.movement_back(standing, line, booked_on=today, time=TIMES[len(backs)])
        drafts.insert(0, back)
    return drafts


def _alike(draft: EntryDraft, standing: LedgerEntry) -> bool:
    """Whether an entry would be what stands already."""
    wanted = sorted((line.debit, line.credit) for line in draft.lines if line.debit or line.credit)
    return wanted == sorted((line.debit, line.credit) for line in standing.lines.all())


def _by_hand(moved: Sequence[Any]) -> Iterator[tuple[Discrepancy, LedgerEntry, Any]]:
    """What finance has booked of lines that turn out to be something else, or of the payments and refunds that were missing
    them, with its entry and the line. Three queries at most, none for lines that are read first and are nobody's.
    """
    lines = {f"movement:{line.pk}": line for line in moved if line.meaning}
    lines |= {f"payment:{line.payment_id}": line for line in moved if line.payment_id and line.kind in CHARGES}
    lines |= {f"refund:{line.refund_id}": line for line in moved if line.refund_id and line.kind in REFUNDS}
    if not lines:
        return
    # By how much a line has changed is true whoever's it is.
    rows = Discrepancy.objects.filter(subject__in=lines, end=Discrepancy.End.BOOKED).exclude(
        kind=Discrepancy.Kind.CHANGED
    )
    booked = {f"discrepancy:{one.pk}": one for one in rows.order_by("pk")}
    if not booked:
        return
    undone = {f"discrepancy_back:{one.pk}" for one in booked.values()}
    undone = set(LedgerEntry.objects.filter(source__in=undone).values_list("source", flat=True))
    for entry in LedgerEntry.objects.filter(source__in=booked).prefetch_related("lines").order_by("pk"):
        one = booked[entry.source]
        if f"discrepancy_back:{one.pk}" not in undone:
            yield one, entry, lines[one.subject]
