"""What always holds of past issues sold one by one, asked of every row: parts of COPIES, STOPPED and TOLD (design, section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, Sum

from payments.audit import CHUNK, Breaches
from payments.models import Dispute
from subscriptions.models import Declaration, Dispatch, MailingRun, Notice, Offer, Order, SoldIssue, SoldIssueMovement
from subscriptions.stopping.effects import Code

State, Kind, Run = SoldIssue.State, SoldIssueMovement.Kind, MailingRun.State
TO_LEAVE = (Run.CLOSED, Run.HANDED_OVER)
#: What its reader has cancelled of an order.
CANCELLED = (Code.SINGLE_UNSENT, Code.SINGLE_WAITS)
#: Where the last movement of a line leaves it; without one it is reserved.
STANDS: Mapping[str, str] = {
    Kind.GRANT: State.OWED,
    Kind.ASSIGN: State.ASSIGNED,
    Kind.SERVE: State.SERVED,
    Kind.HOLD: State.HELD,
    Kind.RELEASE: State.OWED,
    Kind.VOID: State.VOID,
}


def sold_is_paid(at: datetime) -> Breaches:
    """ONE-CHARGE, COPIES: an order of past issues is all its lines, to the copy and to the cent; owed once it is paid, not before."""
    singles = Order.objects.filter(offer__kind=Offer.Kind.SINGLE)
    bought = Q(sold_issues__replaces=None)
    sums = singles.annotate(
        pieces=Sum("sold_issues__copies", filter=bought), worth=Sum("sold_issues__amount", filter=bought)
    )
    wrong = sums.filter(Q(pieces=None) | ~Q(pieces=F("quantity")) | ~Q(worth=F("amount")))
    for key in wrong.values_list("pk", flat=True).iterator(CHUNK):
        yield f"order:{key}", "its issues are not what it was placed for"
    unpaid = SoldIssue.objects.exclude(state=State.RESERVED).exclude(order__state=Order.State.PAID)
    for key in unpaid.values_list("pk", flat=True).iterator(CHUNK):
        yield f"sold_issue:{key}", "owed, and its order is not paid"
    forgotten = SoldIssue.objects.filter(state=State.RESERVED, order__state=Order.State.PAID)
    for key in forgotten.values_list("pk", flat=True).iterator(CHUNK):
        yield f"sold_issue:{key}", "still reserved, and its order is paid"


def sold_is_sent_once(at: datetime) -> Breaches:
    """COPIES: a sold issue stands where its movements say, is in a file as long as a line of one names it, and left by one."""
    moves = SoldIssueMovement.objects.order_by("sold", "-pk").distinct("sold").values_list("sold", "kind")
    stands = {key: STANDS[kind] for key, kind in moves.iterator(CHUNK)}
    for key, state in SoldIssue.objects.values_list("pk", "state").iterator(CHUNK):
        if stands.get(key, State.RESERVED) != state:
            yield f"sold_issue:{key}", f"stands at {state}, its movements say {stands.get(key)}"
    leaving = Dispatch.objects.filter(sold=OuterRef("pk"), run__state__in=TO_LEAVE)
    for key in SoldIssue.objects.filter(~Exists(leaving), state=State.ASSIGNED).values_list("pk", flat=True):
        yield f"sold_issue:{key}", "said to be in a file, and no line of one names it"
    elsewhere = Dispatch.objects.filter(sold__isnull=False).filter(
        Q(run__state__in=TO_LEAVE) & ~Q(sold__state=State.ASSIGNED)
        | Q(run__state=Run.POSTED) & ~Q(sold__state=State.SERVED)
        | ~Q(copies=F("sold__copies"))
        | ~Q(issue=F("sold__issue"))
    )
    for key in elsewhere.values_list("pk", flat=True).iterator(CHUNK):
        yield f"dispatch:{key}", "names a sold issue that stands elsewhere"
    disputed = Dispute.objects.filter(state=Dispute.State.OPEN, payment__surplus=False)
    subjects = {subject.removeprefix("order:") for subject in disputed.values_list("payment__subject", flat=True)}
    keys = [int(key) for key in subjects if key.isdecimal()]
    for key in SoldIssue.objects.filter(order__in=keys, state=State.OWED).values_list("pk", flat=True):
        yield f"sold_issue:{key}", "still owed though the bank disputes its payment"


def sold_is_stopped(at: datetime) -> Breaches:
    """STOPPED: nothing of an order leaves that its reader has cancelled, but what had left before, and what was lost of it."""
    said = Declaration.objects.filter(order=OuterRef("sold__order"), effect__in=CANCELLED)
    said = said.filter(received_at__lt=OuterRef("at"))
    files = SoldIssueMovement.objects.filter(Exists(said), kind=Kind.ASSIGN, sold__replaces=None)
    for move in files.iterator(CHUNK):
        yield f"sold_issue:{move.sold_id}", "put in a file after its order was cancelled"
    # While the bank disputes its payment it is held; after that it is taken back.
    for effects, states in ((CANCELLED, (State.OWED,)), ((Code.SINGLE_UNSENT,), (State.HELD,))):
        waiting = Declaration.objects.filter(order=OuterRef("order"), effect__in=effects)
        still = SoldIssue.objects.filter(Exists(waiting), state__in=states, replaces=None)
        for key in still.values_list("pk", flat=True):
            yield f"sold_issue:{key}", "still owed though its order was cancelled"


def sold_is_told(at: datetime) -> Breaches:
    """TOLD: every paid order of past issues is confirmed, and every one that has left is told."""
    for kind, rows in (
        ("single_confirmation:order", Order.objects.filter(offer__kind=Offer.Kind.SINGLE, state=Order.State.PAID)),
        ("single_sent:sold_issue", SoldIssue.objects.filter(state=State.SERVED)),
    ):
        told = set(Notice.objects.filter(matter__startswith=kind).values_list("matter", flat=True).iterator(CHUNK))
        for key in rows.values_list("pk", flat=True).iterator(CHUNK):
            if f"{kind}:{key}" not in told:
                yield f"{kind.partition(':')[2]}:{key}", "no letter was queued about it"
