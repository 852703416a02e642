"""Fulfilment: files closed, handed over, counted wrong and right, posted; complements, and what is sent again.

Every step is done twice. A step that died goes on where it stood: whoever works at the desk looks at the run first.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from subscriptions.fulfilment.addressed import address_for
from subscriptions.fulfilment.closing import CannotClose, ask, close
from subscriptions.fulfilment.correcting import corrections
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.posting import CannotPost, post_run
from subscriptions.losses.freezing import to_resend
from subscriptions.losses.resending import make
from subscriptions.losses.stock import balances
from subscriptions.models import Dispatch, Entitlement, HandOver, Issue, MailingRun, TemporaryAddress
from subscriptions.singles.sending import to_send
from tests.simulation.acts.staff import FINANCE, FULFILMENT
from tests.simulation.asking import refused
from tests.simulation.shop import Shop

Kind, State = MailingRun.Kind, MailingRun.State
#: How often the mailing house counts wrong at first.
MISCOUNTED = 0.3


def into_a_file(shop: Shop, issue: Issue, kind: str) -> MailingRun:
    """The run of an issue that has not left yet: asked for, closed by a colleague, handed over, counted."""
    at = shop.clock.now
    run = _begun(issue, kind) or ask(issue.pk, actor=FULFILMENT, at=at, resends=kind == Kind.RESEND)
    fresh = run.state == State.ASKED
    for _twice in range(2):
        run = close(run.pk, actor=FINANCE, at=at)
    if fresh and kind != Kind.RESEND:
        assert not list(_elsewhere(run)), f"run {run.pk} was closed with addresses that do not hold"
    for _twice in range(2):
        run = hand_over(run.pk, actor=FULFILMENT, at=at)
    _counted(shop, run)
    return run


def leaves(shop: Shop, run: MailingRun) -> None:
    """The run is posted today; whoever moved after its closing is on the list of corrections."""
    wanted = set(_elsewhere(run))
    found = {one.dispatch.key for one in corrections(run)}
    assert wanted == found, f"run {run.pk}: {sorted(wanted ^ found)} are to be corrected, or not"
    for _twice in range(2):
        post_run(run.pk, on=shop.clock.today, actor=FULFILMENT, at=shop.clock.now)


def complement(shop: Shop, issue: Issue) -> None:
    """What became owed of an issue after its file was closed leaves the same day, from stock."""
    owed = Entitlement.objects.filter(issue=issue, state=Entitlement.State.OWED).exists()
    if owed or _begun(issue, Kind.COMPLEMENT) is not None:
        leaves(shop, into_a_file(shop, issue, Kind.COMPLEMENT))


def send_again(shop: Shop, issue: Issue) -> None:
    """What was approved of an issue, and sold of it, leaves as far as its stock goes, or it is said why nothing does."""
    at = shop.clock.now
    run = _begun(issue, Kind.RESEND)
    if run is None:
        wanted = [claim.entitlement.term.quantity for claim in to_resend(issue.pk).select_related("entitlement__term")]
        wanted += to_send(issue.pk).values_list("copies", flat=True)
        if not wanted:
            refused(CannotClose, "nothing", lambda: make(issue.pk, actor=FULFILMENT, at=at))
            return
        if balances([issue.pk])[issue.pk] < min(wanted):
            refused(CannotClose, "no_stock", lambda: make(issue.pk, actor=FULFILMENT, at=at))
            return
        make(issue.pk, actor=FULFILMENT, at=at)
    run = into_a_file(shop, issue, Kind.RESEND)
    post_run(run.pk, on=shop.clock.today, actor=FULFILMENT, at=at)


def _begun(issue: Issue, kind: str) -> MailingRun | None:
    rows = MailingRun.objects.filter(issue=issue, kind=kind).exclude(state__in=(State.POSTED, State.DROPPED))
    return rows.select_related("house").first()


def _counted(shop: Shop, run: MailingRun) -> None:
    """The mailing house may count one too few first: then nothing is posted."""
    at, copies = shop.clock.now, run.copies or 0
    if copies and shop.plan.chance("count", run.issue.number, run.sequence).random() < MISCOUNTED:
        assert not count_received(run.pk, copies=copies - 1, actor=FULFILMENT, at=at)
        refused(CannotPost, "not_counted", lambda: post_run(run.pk, on=shop.clock.today, actor=FULFILMENT, at=at))
    for _twice in range(2):
        assert count_received(run.pk, copies=copies, actor=FULFILMENT, at=at)


def _elsewhere(run: MailingRun) -> list[str]:
    """Keys of lines whose reader has another address for that day than the one in the file, told line by line."""
    given = HandOver.objects.filter(
        subscription=OuterRef("subscription"), new_recipient__isnull=False, at__gt=run.closed_at
    )
    rows = Dispatch.objects.filter(~Exists(given), run=run, subscription__isnull=False)
    lines = list(rows.select_related("subscription__recipient__address", "address"))
    stays: dict[int, list[TemporaryAddress]] = {}
    for stay in TemporaryAddress.objects.select_related("address"):
        stays.setdefault(stay.recipient_id, []).append(stay)
    assert run.deposit_on is not None
    found = []
    for line in lines:
        assert line.subscription is not None
        recipient = line.subscription.recipient
        away = address_for(stays.get(recipient.pk, []), post_on=run.deposit_on)
        goes = away.address if away is not None else recipient.address
        if goes.pk != line.address_id and goes.block:
            found.append(line.key)
    return found
