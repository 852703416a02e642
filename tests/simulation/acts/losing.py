"""Fulfilment's week: incidents and claims decided, stock entered, what was approved or sold sent, silent readers telephoned."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from django.db.models import Q

from payments.desk import take_off_desk
from payments.models import DeskItem
from subscriptions.giving_part import Why, give_part_back, part_of
from subscriptions.losses.answering import UNANSWERED, answer
from subscriptions.losses.deciding import CannotDecide, decide_by_hand
from subscriptions.losses.extending import may_extend
from subscriptions.losses.incidents import decide_incident
from subscriptions.losses.moving import NoSuchStep
from subscriptions.losses.stock import NotInStock, balances, enter, free
from subscriptions.models import AddressDoubt, Claim, ClaimIncident, Issue, MailingRun, SoldIssue, StockMovement
from subscriptions.refunding import CannotRefund
from subscriptions.stopping.reading import contract_of
from tests.simulation import routing
from tests.simulation.acts.staff import FINANCE, FULFILMENT, SUPPORT
from tests.simulation.asking import refused
from tests.simulation.clock import paris
from tests.simulation.shop import Shop, Story
from tests.simulation.timetable import there

State, Incident = Claim.State, ClaimIncident.State
OVERRUN = "passe du routage"
TRIES = 9
#: An approved claim that waits longer for stock than this is decided anew.
PATIENCE = timedelta(days=30)
#: So long after an issue has left somebody looks every week, whether anybody claims or not.
LATELY = timedelta(days=50)


def looks_at_losses(shop: Shop) -> None:
    """Once a week at ten, if anything may wait; begun anew after whatever stopped it."""
    at = paris(shop.clock.today, 10)
    shop.agenda.add(at + timedelta(days=7), lambda: looks_at_losses(shop))
    recently = Issue.objects.filter(posted_on__gte=shop.clock.today - LATELY)
    waiting = Claim.objects.filter(state__in=(State.ON_DESK, State.APPROVED, State.WAITING))
    silent = DeskItem.objects.filter(kind=UNANSWERED, closed_at=None)
    sold = SoldIssue.objects.filter(state=SoldIssue.State.OWED)
    if any(there([recently, waiting, silent, sold])):
        shop.tell("fulfilment", "looks at what was lost", lambda: _week(shop), at=max(at, shop.clock.now), tries=TRIES)


def _week(shop: Shop) -> Story:
    chance = shop.plan.chance("losses", shop.clock.today)
    for issue in Issue.objects.filter(posted_on__isnull=False).order_by("number"):
        _stocks(shop, issue)
    for one in ClaimIncident.objects.filter(state=Incident.OPEN).order_by("pk"):
        _decides_incident(shop, one, chance)
    waiting = Claim.objects.filter(state=State.ON_DESK) | Claim.objects.filter(
        state=State.APPROVED, state_since__lt=shop.clock.now - PATIENCE
    )
    for claim in waiting.order_by("pk"):
        _decides(shop, claim, chance)
    for item in DeskItem.objects.filter(kind=UNANSWERED, closed_at=None).order_by("pk"):
        if chance.random() < 0.3:
            _telephones(shop, item)
    yield shop.clock.now
    due = (
        Q(claims__state=State.APPROVED)
        | Q(runs__in=MailingRun.objects.filter(kind="resend").exclude(state="posted"))
        | Q(pk__in=SoldIssue.objects.filter(state=SoldIssue.State.OWED).values("issue"))
    )
    newest = Issue.objects.filter(posted_on__isnull=False).order_by("-number")[:1]
    for issue in Issue.objects.filter(due | Q(pk__in=newest.values("pk"))).distinct().order_by("number"):
        routing.send_again(shop, issue)


def _stocks(shop: Shop, issue: Issue) -> None:
    """What the mailing house sends back of an issue, counted some weeks later; of one in four nothing comes."""
    chance, at = shop.plan.chance("overrun", issue.number), shop.clock.now
    came, spoiled = chance.choice((0, 3, 5, 8, max(8, shop.plan.readers // 20))), chance.random() < 0.3
    posted = issue.posted_on or issue.post_on
    if not came or shop.clock.today < posted + timedelta(days=10):
        return
    if not StockMovement.objects.filter(issue=issue, reason=OVERRUN).exists():
        enter(issue.pk, "received", came, actor=FULFILMENT, at=at, reason=OVERRUN)
        refused(
            NotInStock, "not_in_stock",
            lambda: enter(issue.pk, "spoiled", came + 1, actor=FULFILMENT, at=at, reason="plus qu’il n’y en a"),
        )  # fmt: skip
    elif spoiled and shop.clock.today > posted + timedelta(days=45):
        left = balances([issue.pk])[issue.pk]
        if free([issue.pk])[issue.pk] > 0 and not StockMovement.objects.filter(issue=issue, kind="counted").exists():
            enter(issue.pk, "counted", left - 1, actor=FULFILMENT, at=at, reason="inventaire")
            assert enter(issue.pk, "counted", left - 1, actor=FULFILMENT, at=at, reason="inventaire") is None


def _decides_incident(shop: Shop, one: ClaimIncident, chance: Random) -> None:
    target = chance.choice((Incident.RESENDING, Incident.EXTENDING, Incident.WAITING))
    until = shop.clock.today + timedelta(days=9) if target == Incident.WAITING else None

    def decide() -> ClaimIncident:
        return decide_incident(
            one.pk,
            target,
            actor=FULFILMENT,
            at=shop.clock.now,
            reason="Un sac perdu à la plateforme.",
            wait_until=until,
        )

    decide()
    try:
        decide()
    except NoSuchStep:
        return
    raise AssertionError(f"incident {one.pk} was decided twice")


def _decides(shop: Shop, claim: Claim, chance: Random) -> None:
    """What the table leaves to a person: each of the four, as far as it can be done, and the refusal where it cannot."""
    at = shop.clock.now
    wanted = chance.choice((State.APPROVED, State.EXTENDED, State.CREDITED, State.REFUSED))
    if claim.state == State.APPROVED:
        wanted = State.EXTENDED
    runs = may_extend(claim.subscription)
    there = free([claim.issue_id])[claim.issue_id] >= claim.entitlement.term.quantity

    def decide(target: str) -> Claim:
        return decide_by_hand(claim.pk, target, actor=FULFILMENT, at=at, reason="Vu au bureau.")

    if wanted == State.APPROVED and not there:
        refused(CannotDecide, "no_stock", lambda: decide(State.APPROVED))
        wanted = State.EXTENDED
    if wanted in (State.APPROVED, State.EXTENDED) and not runs:
        refused(CannotDecide, "over", lambda: decide(State.EXTENDED))
        if claim.state == State.APPROVED:
            return  # the sweep puts it before a person
        wanted = State.CREDITED
    if wanted == State.CREDITED and not _gives_back(shop, claim):
        wanted = State.REFUSED
    made = decide(wanted)
    assert made.state == wanted, made.state
    refused(CannotDecide, "state", lambda: decide(State.REFUSED))


def _gives_back(shop: Shop, claim: Claim) -> bool:
    """The price of one copy, if anything of its payment is left; what the shop refuses is refused."""
    term = claim.entitlement.term
    amount = (term.amount.amount / term.copies).quantize(term.amount_ht.amount)
    try:
        part = part_of(contract_of(subscription=term.subscription_id), term, amount=amount)
        give_part_back(
            term.pk, left_shown=part.left_before, amount=amount, why=Why.MISSING, words="Réclamation.", actor=FINANCE,
            at=shop.clock.now,
        )  # fmt: skip
    except CannotRefund:
        return False
    return True


def _telephones(shop: Shop, item: DeskItem) -> None:
    """Whoever did not answer the letter says on the telephone that the address is right."""
    key = int(item.subject.removeprefix("subscription:"))
    for doubt in AddressDoubt.objects.filter(subscription=key, state__in=("asked", "held", "suspended")):
        assert answer(doubt.pk, actor=SUPPORT, at=shop.clock.now, reason="Au téléphone.")
        assert not answer(doubt.pk, actor=SUPPORT, at=shop.clock.now, reason="Au téléphone.")
    take_off_desk(kind=UNANSWERED, subject=item.subject, because="Au téléphone.", actor=SUPPORT, at=shop.clock.now)
