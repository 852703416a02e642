"""What always holds of lost copies, asked of every row: part of COPIES and TOLD (design, section 7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from payments.audit import CHUNK, Breaches
from payments.models import DeskItem
from subscriptions.disputes import disputed_terms
from subscriptions.losses.holding import ADDRESS
from subscriptions.losses.returning import UNTOLD
from subscriptions.losses.rules import HOLDING, OPEN_DOUBTS, RETURNS
from subscriptions.losses.stock import unfolded
from subscriptions.models import (
    AddressDoubt,
    AddressDoubtEvent,
    Claim,
    CopyReturn,
    Dispatch,
    Entitlement,
    EntitlementMovement,
    MailingRun,
    Notice,
    Pause,
    StockMovement,
    Subscription,
)
from subscriptions.stopping.reading import stopped_and_waiting

Copy, Kind, Doubt = Entitlement.State, EntitlementMovement.Kind, AddressDoubt.State
#: The sweep that asks the rules about returns runs every five minutes.
PATIENCE = timedelta(hours=6)
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
    yield from _sent_while_held()


def _sent_while_held() -> Breaches:
    """Lines of a run that was closed while their address was in doubt, whether it still is or not."""
    held = _holds()
    while some := dict(islice(held, CHUNK)):
        lines = Dispatch.objects.filter(subscription__in=some, run__state__in=CLOSED, run__closed_at__isnull=False)
        rows: Any = lines.values_list("pk", "subscription", "run__closed_at")
        for key, subscription, closed in rows:
            if any(began < closed and (over is None or closed < over) for began, over in some[subscription]):
                yield f"dispatch:{key}", "sent to an address in doubt"


def _holds() -> Iterator[tuple[int, list[tuple[datetime, datetime | None]]]]:
    """From when to when the copies of a subscription were held for its address, by its steps."""
    steps = AddressDoubtEvent.objects.order_by("doubt__subscription", "doubt", "pk")
    began: dict[int, tuple[int, datetime]] = {}
    over: dict[int, datetime] = {}
    for doubt, subscription, state, when in steps.values_list("doubt", "doubt__subscription", "to_state", "at"):
        if state in HOLDING:
            began.setdefault(doubt, (subscription, when))
        elif state not in OPEN_DOUBTS:
            over[doubt] = when
    found: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for doubt, (subscription, when) in began.items():
        found.setdefault(subscription, []).append((when, over.get(doubt)))
    yield from found.items()


def returns_followed(at: datetime) -> Breaches:
    """COPIES: no copy that came back is forgotten: the rules were asked, and what they say of it was done."""
    for one in CopyReturn.objects.filter(effect="", at__lt=at - PATIENCE).iterator(CHUNK):
        yield f"return:{one.pk}", "came back, and nobody has looked at it"
    asked = AddressDoubt.objects.filter(
        Q(state__in=OPEN_DOUBTS) | Q(state_since__gte=OuterRef("effect_at")),
        subscription=OuterRef("dispatch__subscription"), at__lte=OuterRef("effect_at"),
    )  # fmt: skip
    doubtful = [case for case, effect in RETURNS.items() if effect.doubt]
    for one in CopyReturn.objects.filter(~Exists(asked), effect__in=doubtful).iterator(CHUNK):
        yield f"return:{one.pk}", "came back, and nobody has asked where its reader lives"
    answered = AddressDoubt.objects.filter(
        subscription=OuterRef("dispatch__subscription"), state=Doubt.ANSWERED, because__at__lte=OuterRef("at"),
        state_since__gt=OuterRef("at"),
    )  # fmt: skip
    again = [case for case, effect in RETURNS.items() if effect.resend]
    # Somebody had been told that it must have arrived: that it came back says otherwise.
    wrong = Q(state=Claim.State.REFUSED, state_since__lt=OuterRef("at")) & ~Q(reason=Claim.Reason.CAME_BACK)
    claimed = Claim.objects.filter(entitlement=OuterRef("dispatch__entitlement")).exclude(wrong)
    owed = CopyReturn.objects.filter(Q(effect__in=again) | Exists(answered), ~Exists(claimed))
    for one in owed.filter(dispatch__entitlement__state=Copy.SERVED).iterator(CHUNK):
        yield f"return:{one.pk}", "came back, its address is known, and it is not owed again"


def losses_told(at: datetime) -> Breaches:
    """TOLD: whoever claims, and whoever's copy came back, has a letter about it; or a person knows that nobody can be written to."""
    known = Q(subscription__payer__erased_on=None, subscription__payer__isnull=False, subscription__is_gift=False)
    told = set(Notice.objects.filter(kind__startswith="claim_").values_list("matter", flat=True).iterator(CHUNK))
    about = {int(matter.split(":")[2]) for matter in told if matter.split(":")[1] == "claim"}
    claims = Claim.objects.filter(known, at__lt=at - PATIENCE).exclude(
        state__in=(Claim.State.RECEIVED, Claim.State.CREDITED)
    )
    for key in claims.values_list("pk", flat=True).iterator(CHUNK):
        if key not in about:
            yield f"claim:{key}", "claimed, and no letter says what becomes of it"
    told = set(Notice.objects.filter(matter__contains=":return:").values_list("matter", flat=True).iterator(CHUNK))
    about = {int(matter.rpartition(":")[2]) for matter in told}
    said = set(DeskItem.objects.filter(kind=UNTOLD).values_list("subject", flat=True))
    doubts = AddressDoubt.objects.filter(at__lt=at - PATIENCE)
    for key, because, subscription in doubts.values_list("pk", "because", "subscription").iterator(CHUNK):
        if because not in about and f"subscription:{subscription}" not in said:
            yield f"doubt:{key}", "its reader was not asked for the address"


def stock_is_true(at: datetime) -> Breaches:
    """COPIES: the stock of each issue folds to its balance, and every run sent again came out of it."""
    for one in unfolded():
        yield f"issue:{one.issue_id}", f"its stock does not fold at movement {one.number}"
    runs = MailingRun.objects.filter(kind=MailingRun.Kind.RESEND, state__in=CLOSED, copies__gt=0)
    out = StockMovement.objects.filter(
        run=OuterRef("pk"), issue=OuterRef("issue"), kind=StockMovement.Kind.SENT, copies=-OuterRef("copies")
    )
    for run in runs.exclude(Exists(out)).iterator(CHUNK):
        yield f"run:{run.pk}", "sent again, and not out of stock"
