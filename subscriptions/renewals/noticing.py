"""Noticing: the letters of one renewal, each queued from its day on and no later than its window allows.

The legal notice from R − 61, the debit from R − 14 (R − 16 by SEPA), another card from R − 60 and again from R − 30; what
goes on paper earlier, by the days that posting takes (R − 71, R − 24). A letter is queued under its matter, so once, by whoever comes first. A run that was missed is made good by the next one as
long as the window is open; what comes after it is `proving`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import ExtractMonth, ExtractYear

from payments.days import PARIS
from payments.models import SavedMethod
from subscriptions.calendar import RULES, legal_notice_window
from subscriptions.models import Notice, NoticeProof, Offer, Price, Renewal, RenewalProof, Subscription
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.paper.addressing import by_post_among
from subscriptions.renewals import calendar
from subscriptions.renewals.holding import in_batches
from subscriptions.renewals.matters import CARD, LEGAL, MOST, PRE_DEBIT, letters, matter, standing_letter
from subscriptions.renewals.not_before import too_early
from subscriptions.renewals.planning import LIVING
from subscriptions.renewals.proving import POSTED, debit_is_near, noticed_by, posted_too_late, still_proved

State = Renewal.State
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Noticed:
    """What one round queued, in letters."""

    legal: int = 0
    pre_debit: int = 0
    card: int = 0


def notice(*, on: date, at: datetime, limit: int, since: date | None = None) -> Noticed:
    """Queue every letter about a renewal that is due on day `on`, `limit` renewals to a transaction.

    `since`: the day up to which a run has gone through; of the cards only those are looked at whose day of asking has come
    since then, or that have ended. Renewals that somebody else holds are left to the next round. Queries grow with the
    number of transactions only.
    """
    return Noticed(
        legal=sum(in_batches(_for_legal(on), limit, lambda rows: _legal(rows, on=on, at=at))),
        pre_debit=sum(in_batches(_for_pre_debit(on), limit, lambda rows: _pre_debit(rows, on=on, at=at))),
        card=sum(in_batches(_for_card(on, since=since), limit, lambda rows: _card(rows, on=on, at=at))),
    )


def _running(states: Sequence[str]) -> QuerySet[Renewal]:
    """Renewals in these states whose subscription is renewed by itself, and whose payer is known to us still.

    Without those that may not be charged yet: they are left to choice (`not_before`).
    """
    return Renewal.objects.filter(
        ~too_early(),
        state__in=states,
        subscription__renewal=Offer.Renewal.AUTOMATIC,
        subscription__state__in=LIVING,
        subscription__payer__erased_on=None,
    )


def _for_legal(on: date) -> QuerySet[Renewal]:
    # A month and the guard before R the window is closed, whatever the month.
    return _running([State.PLANNED]).filter(noticed_by(on), renews_on__gte=on + timedelta(days=28))


def _legal(renewals: Sequence[Renewal], *, on: date, at: datetime) -> int:
    sent = letters(LEGAL, renewals)
    by_post = by_post_among([one.subscription_id for one in renewals])
    # Read under the locks: whoever cancels a price holds them, too. What it has ended is planned anew first.
    prices = Price.objects.in_bulk([one.price_id for one in renewals])
    return queue(
        [
            draft(LEGAL, one, sent.get(one.pk, ()), at=at, amount=str(one.amount.amount))
            for one in renewals
            if _inside(one.renews_on, on=on, by_post=one.subscription_id in by_post)
            and _may_be_queued(sent.get(one.pk, ()))
            and prices[one.price_id].renews_on(one.renews_on)
        ]
    )


def _inside(renews_on: date, *, on: date, by_post: bool) -> bool:
    window = legal_notice_window(renews_on, by_post=by_post)
    return max(window.target_on, window.send_from) <= on <= window.send_until


def _may_be_queued(sent: Sequence[Notice]) -> bool:
    """Nothing of the kind is on its way or in the reader's hands, and we are not going round in circles."""
    return standing_letter(sent) is None and len(sent) < MOST


def _for_pre_debit(on: date) -> QuerySet[Renewal]:
    told = RenewalProof.objects.filter(
        renewal=OuterRef("pk"), renews_on=OuterRef("renews_on"), kind=RenewalProof.Kind.PRE_DEBIT
    )
    # Once told it is not told again: when thirty days have gone by without a charge, so have nearly all days in which it
    # could still be paid, and `falling_due` leaves it to the reader's choice.
    return _running([State.ANNOUNCED]).filter(
        debit_is_near(on),
        ~Exists(told),
        subscription__saved_method__ended_at=None,
        subscription__saved_method__isnull=False,
    )


def _pre_debit(renewals: Sequence[Renewal], *, on: date, at: datetime) -> int:
    sent = letters(PRE_DEBIT, renewals)
    proved, by_post = still_proved(renewals), by_post_among([one.subscription_id for one in renewals])
    late = _posted_too_late([letter for one in sent.values() if (letter := standing_letter(one))])
    drafts = []
    for one in renewals:
        method, mine = one.subscription.saved_method, sent.get(one.pk, ())
        if method is None or one.pk not in proved:
            continue
        days = calendar.renewal_days(one.renews_on, method_kind=method.kind, by_post=one.subscription_id in by_post)
        standing = standing_letter(mine)
        again = standing is not None and standing.pk in late and len(mine) < MOST
        if on < days.pre_debit_on or not (again or _may_be_queued(mine)):
            continue
        # On paper it names a day that still holds when it is posted a few days later.
        leaves_on = on + timedelta(days=RULES.post_alarm_days) if one.subscription_id in by_post else on
        charge_on = calendar.charge_on(one.renews_on, pre_debit_sent_on=leaves_on)
        drafts.append(draft(PRE_DEBIT, one, mine, at=at, charge_on=charge_on.isoformat()))
    return queue(drafts)


def _posted_too_late(standing: Sequence[Notice]) -> set[int]:
    """Letters on paper whose day did not hold any more when they were posted: another one names another day."""
    on_paper = [one.pk for one in standing if one.channel == Notice.Channel.PAPER and one.state == Notice.State.SENT]
    if not on_paper:
        return set()
    proofs = NoticeProof.objects.filter(notice__in=on_paper, kind=POSTED, undone_by=None).select_related("notice")
    return {proof.notice_id for proof in proofs if posted_too_late(proof)}


def _for_card(on: date, *, since: date | None) -> QuerySet[Renewal]:
    first = max(RULES.ask_card_days_before)
    method = "subscription__saved_method"
    month_of_card = F(f"{method}__exp_year") * 12 + F(f"{method}__exp_month")
    month_of_r = ExtractYear("renews_on") * 12 + ExtractMonth("renews_on")
    news = Q()
    if since is not None:
        ended = SavedMethod.objects.filter(ended_at__gte=datetime.combine(since, time(0), tzinfo=PARIS))
        news = Q(subscription__in=Subscription.objects.filter(saved_method__in=ended))
        for days in RULES.ask_card_days_before:
            news |= Q(renews_on__range=(since + timedelta(days=days), on + timedelta(days=days)))
    return (
        _running([State.PLANNED, State.ANNOUNCED])
        .filter(news, renews_on__range=(on + _DAY, on + timedelta(days=first)))
        .annotate(spare=month_of_card - month_of_r)
        .filter(Q(**{f"{method}__isnull": True}) | Q(**{f"{method}__ended_at__isnull": False}) | Q(spare__lt=0))
    )


def _card(renewals: Sequence[Renewal], *, on: date, at: datetime) -> int:
    by_step: dict[int, list[Renewal]] = {}
    for one in renewals:
        by_step.setdefault(_step(one.renews_on, on=on), []).append(one)
    drafts = []
    for step, rows in sorted(by_step.items()):
        sent = letters(CARD, rows, step=str(step))
        drafts += [
            draft(CARD, one, sent.get(one.pk, ()), at=at, step=str(step))
            for one in rows
            if _may_be_queued(sent.get(one.pk, ()))
        ]
    return queue(drafts)


def _step(renews_on: date, *, on: date) -> int:
    """Which of the days before R was the last to come: 60, then 30. One that was missed is not made up for."""
    return min(days for days in RULES.ask_card_days_before if renews_on - timedelta(days=days) <= on)


def draft(
    kind: str, renewal: Renewal, sent: Sequence[Notice], *, at: datetime, step: str = "", **facts: str
) -> NoticeDraft:
    """The letter to whoever pays."""
    payer: Any = renewal.subscription.payer
    told: Mapping[str, Any] = {"renewal_id": renewal.pk, "renews_on": renewal.renews_on.isoformat(), **facts}
    return NoticeDraft(
        kind=kind,
        matter=matter(kind, renewal, step=step, ordinal=len(sent) + 1),
        customer_id=renewal.subscription.payer_id,
        to_email=(payer.email or "") if payer else "",
        to_name=payer.full_name if payer else "",
        facts=told,
        due_at=at,
        created_at=at,
    )
