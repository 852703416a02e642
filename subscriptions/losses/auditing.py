"""What always holds of lost copies, asked of every row: part of COPIES (design, section 7)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from payments.audit import CHUNK, Breaches
from subscriptions.disputes import disputed_terms
from subscriptions.losses.holding import ADDRESS
from subscriptions.losses.rules import HOLDING
from subscriptions.losses.stock import unfolded
from subscriptions.models import (
    AddressDoubt,
    Claim,
    Dispatch,
    Entitlement,
    EntitlementMovement,
    MailingRun,
    Pause,
    StockMovement,
    Subscription,
)
from subscriptions.stopping.reading import stopped_and_waiting

Copy, Kind = Entitlement.State, EntitlementMovement.Kind
CLOSED = (MailingRun.State.CLOSED, MailingRun.State.HANDED_OVER, MailingRun.State.POSTED)


def sent_again_once(at: datetime) -> Breaches:
    """COPIES: a claim that was sent again has its line, of its own copy; each line sent again has its claim and its movement."""
    wrong = Claim.objects.filter(state=Claim.State.RESENT).filter(
        Q(line=None) | ~Q(line__entitlement=F("entitlement")) | ~Q(line__kind=Dispatch.Kind.CLAIM)
    )
    for one in wrong.iterator(CHUNK):
        yield f"claim:{one.pk}", "sent again without a line of its own"
    for line in Dispatch.objects.filter(kind=Dispatch.Kind.CLAIM, claim=None, sold=None).iterator(CHUNK):
        yield f"dispatch:{line.pk}", "sent again, and nobody had claimed it"
    lines = (
        Dispatch.objects.filter(entitlement=OuterRef("pk"), kind=Dispatch.Kind.CLAIM)
        .order_by()
        .values("entitlement")
        .annotate(n=Count("pk"))
        .values("n")
    )
    copies = Entitlement.objects.filter(dispatches__kind=Dispatch.Kind.CLAIM).distinct()
    again = copies.annotate(lines=Subquery(lines)).annotate(
        moved=Count("movements", filter=Q(movements__kind=Kind.RESEND), distinct=True)
    )
    for copy in again.exclude(lines=F("moved")).iterator(CHUNK):
        yield f"entitlement:{copy.pk}", "sent again another number of times than its movements say"


def given_instead(at: datetime) -> Breaches:
    """COPIES: a copy granted instead of a lost one is worth nothing, and belongs to the subscription that lost it."""
    wrong = Claim.objects.filter(extra__isnull=False).filter(
        ~Q(extra__value_ht=0) | ~Q(extra__term__subscription=F("subscription"))
    )
    for one in wrong.iterator(CHUNK):
        yield f"claim:{one.pk}", "the copy granted instead is not what it should be"


def held_while_doubted(at: datetime) -> Breaches:
    """COPIES: nothing is put in a file for an address in doubt, and nothing is held for one once it is known."""
    doubted = AddressDoubt.objects.filter(subscription=OuterRef("term__subscription"), state__in=HOLDING)
    holds = EntitlementMovement.objects.filter(entitlement=OuterRef("pk"), kind=Kind.HOLD)
    last = holds.order_by("-pk").values("reason")[:1]
    held = Entitlement.objects.filter(state=Copy.HELD).annotate(because=Subquery(last)).filter(because=ADDRESS)
    rows = list(
        held.exclude(Exists(doubted))
        .exclude(pauses__state=Pause.State.HELD)
        .exclude(term__subscription__state=Subscription.State.ENDED)
        .values_list("pk", "term", "term__subscription")
    )
    elsewhere = stopped_and_waiting({subscription for _key, _term, subscription in rows})
    disputed = disputed_terms({term for _key, term, _subscription in rows})
    for key, term, subscription in rows:
        if subscription not in elsewhere and term not in disputed:
            yield f"entitlement:{key}", "still held though its address is known"
    since = AddressDoubt.objects.filter(
        subscription=OuterRef("subscription"), state__in=HOLDING, state_since__lt=OuterRef("run__closed_at")
    )
    sent = Dispatch.objects.filter(Exists(since), run__state__in=CLOSED)
    for line in sent.iterator(CHUNK):
        yield f"dispatch:{line.pk}", "sent to an address in doubt"


def stock_is_true(at: datetime) -> Breaches:
    """COPIES: the stock of each issue folds to its balance, and every run sent again came out of it."""
    for one in unfolded():
        yield f"issue:{one.issue_id}", f"its stock does not fold at movement {one.number}"
    runs = MailingRun.objects.filter(kind=MailingRun.Kind.RESEND, state__in=CLOSED, copies__gt=0)
    out = StockMovement.objects.filter(run=OuterRef("pk"), copies=-OuterRef("copies"))
    for run in runs.exclude(Exists(out)).iterator(CHUNK):
        yield f"run:{run.pk}", "sent again, and not out of stock"
