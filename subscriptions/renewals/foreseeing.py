"""What will become of the renewals of some days, as things stand now? Read only, by the decisions that the real run takes.

Planning's `wanted`, `ends` and `stays` say on which day and at which price; the calendar says on which days the notices
that are still to leave will leave; the charge's own `verdict` says what becomes of it. What cannot be known is not
guessed: that a bank refuses, that a letter comes back, that a reader changes their mind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from payments.days import PARIS, paris_day
from subscriptions.buyers import nobody_to_name
from subscriptions.calendar import RULES, legal_notice_window
from subscriptions.models import Look, Notice, Price, RehearsalLine, Renewal, RenewalProof, Subscription
from subscriptions.paper.addressing import by_post_among
from subscriptions.renewals import calendar, looking
from subscriptions.renewals.charging import LAST_HOUR, Around, Verdict, verdict
from subscriptions.renewals.checks import usable
from subscriptions.renewals.falling_due import NO_METHOD, NOT_PROVED, TOO_LATE
from subscriptions.renewals.matters import LEGAL, PRE_DEBIT, letters, standing_letter
from subscriptions.renewals.moving import OVER
from subscriptions.renewals.not_before import TOO_EARLY, first_days
from subscriptions.renewals.planning import IN_FRENCH, Wanted, Why, ends, stays, wanted
from subscriptions.renewals.proving import CAME_BACK, still_proved
from subscriptions.renewals.standing import FOLLOWING, Standing, standings
from subscriptions.renewals.tries import Tries, tries_of
from subscriptions.renewals.unproved import NO_WORD

State = Renewal.State
Will = RehearsalLine.Will
Card = RehearsalLine.Card
BATCH = 1000
_DAY = timedelta(days=1)
IN_HAND = "L’argent est déjà en route."
WAITS = "Il attend son lecteur."
SAID_NO = "Le lecteur a dit non, ou l’abonnement est terminé."
#: What planning's reasons to end a plan come to.
WILL: Mapping[Why, str] = {
    Why.STOPPED: Will.STOPPED,
    Why.OVER: Will.STOPPED,
    Why.PROLONGED: Will.STOPPED,
    Why.DISPUTED: Will.DISPUTED,
    Why.UNPRICED: Will.UNPRICED,
}


@dataclass(frozen=True, slots=True)
class Told:
    """A notice: the Paris day on which it left or will leave; None: none counts. `why`: then, in French."""

    on: date | None
    sent: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One renewal as it will be; the columns of a `RehearsalLine`."""

    subscription: Subscription
    number: int
    renewal: Renewal | None
    renews_on: date
    day: date
    amount: Decimal | None
    price: Price | None
    legal: Told
    pre_debit: Told
    card: str
    will: str
    why: str

    @property
    def subject(self) -> str:
        """Neutral subject of every payment that could pay this term (design, rule 4)."""
        return f"term:{self.subscription.pk}:{self.number}"


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read for one batch, by renewal; `by_post`: subscriptions whose payer is written to on paper; `unnamed`:
    those for which no invoice can name a buyer; `not_before`: the first day on which those of an import may be charged."""

    tries: Mapping[int, Tries]
    proved: Mapping[int, date]
    legal: Mapping[int, Sequence[Notice]]
    pre_debit: Mapping[int, Sequence[Notice]]
    by_post: Collection[int]
    unnamed: Collection[int]
    not_before: Mapping[int, date]


def foresee(first: date, last: date, *, at: datetime) -> list[Foreseen]:
    """What instant `at` lets one say of the charges of these days, by day and subscription. Reads only.

    Whoever is charged on one of these days, and whoever would be but for what stands in the way. The queries grow with
    the thousands of renewals only.
    """
    found: list[Foreseen] = []
    keys = _candidates(last)
    for start in range(0, len(keys), BATCH):
        found += (one for one in _batch(keys[start : start + BATCH], at=at) if first <= one.day <= last)
    return sorted(found, key=lambda one: (one.day, one.subscription.pk))


def _candidates(last: date) -> list[int]:
    """Subscriptions with an open renewal by then, or a year that ends by then and is not planned yet. Two queries."""
    planned = Renewal.objects.exclude(state__in=OVER).filter(renews_on__lte=last).values_list("subscription", flat=True)
    return sorted({*planned, *looking.waiting(Look.Matter.PLAN, until=last - _DAY)})


def _batch(keys: Collection[int], *, at: datetime) -> Iterator[Foreseen]:
    rows = list(
        Subscription.objects.select_related("payer", "saved_method", "offer", "recipient__address")
        .filter(pk__in=keys)
        .order_by("pk")
    )
    by_key = {one.pk: one for one in rows}
    plans = list(Renewal.objects.select_related("price").exclude(state__in=OVER).filter(subscription__in=keys))
    for plan in plans:
        plan.subscription = by_key[plan.subscription_id]
    known = _Known(
        tries_of(plans),
        _proved(plans),
        letters(LEGAL, [one for one in plans if one.state == State.PLANNED]),
        letters(PRE_DEBIT, [one for one in plans if one.state == State.ANNOUNCED]),
        by_post_among(keys),
        nobody_to_name(rows),
        first_days(keys),
    )
    for one in standings(rows, plans, on=paris_day(at)):
        seen = _one(one, known, at=at)
        if seen is not None:
            yield seen


def _proved(plans: Sequence[Renewal]) -> Mapping[int, date]:
    """The day of the legal notice of those whose proof still holds, by renewal. Two or three queries."""
    holds = still_proved(plans)
    days = {one.pk: one.renews_on for one in plans}
    rows = RenewalProof.objects.filter(renewal__in=holds, kind=RenewalProof.Kind.LEGAL).order_by("sent_on")
    return {one.renewal_id: one.sent_on for one in rows if one.renews_on == days[one.renewal_id]}


def _one(one: Standing, known: _Known, *, at: datetime) -> Foreseen | None:
    """One subscription; None where no next term is wanted or in sight. No queries."""
    plan, should = one.renewal, wanted(one)
    if plan is None:
        if should.why is not None or should.renews_on is None or one.settled:
            return None
        return _to_be_planned(one, should, known, at=at)
    if plan.state in FOLLOWING and not one.paying:
        why = ends(one, should)
        if why is not None:
            return _as_it_stands(one, plan, known, WILL[why], IN_FRENCH[why], at=at)
        if not stays(one, should):
            return _to_be_planned(one, should, known, at=at)
    if plan.state in (State.CHARGING, State.UNRESOLVED) or one.paying:
        return _as_it_stands(one, plan, known, Will.IN_HAND, IN_HAND, at=at)
    if plan.state == State.MANUAL:
        return _as_it_stands(one, plan, known, Will.BY_CHOICE, plan.why or NOT_PROVED, at=at)
    return _as_planned(one, plan, known, at=at)


def _to_be_planned(one: Standing, should: Wanted, known: _Known, *, at: datetime) -> Foreseen:
    """Planned by the next plan, or planned anew for a later day or another price: its letters are all to come."""
    on, renews_on = paris_day(at), should.renews_on
    assert renews_on is not None  # noqa: S101  # the caller's; for the type checker
    plan, price, amount = one.renewal, should.price, None
    if price is not None:
        amount = price.amount
    elif plan is not None:
        price, amount = plan.price, plan.amount
    by_post = one.subscription.pk in known.by_post
    legal = legal_to_come(one.subscription, renews_on, on=on, by_post=by_post)
    pre_debit = pre_debit_to_come(one.subscription, renews_on, legal, on=on, by_post=by_post)
    sketch = Renewal(
        subscription=one.subscription, number=one.number, renews_on=renews_on, state=State.DUE, amount=amount or 0
    )
    return _decide(one, plan, sketch, price, legal, pre_debit, Tries(), known=known, at=at)


def _as_planned(one: Standing, plan: Renewal, known: _Known, *, at: datetime) -> Foreseen:
    """A plan that stays what it is until it is charged."""
    on, tries = paris_day(at), known.tries[plan.pk]
    legal = _legal(plan, known, on=on)
    pre_debit = _pre_debit(plan, tries, known, legal, on=on)
    state = State.DUE if plan.state in (State.PLANNED, State.ANNOUNCED) else plan.state
    sketch = Renewal(
        subscription=plan.subscription,
        number=plan.number,
        renews_on=plan.renews_on,
        state=state,
        amount=plan.amount,
        next_try_on=plan.next_try_on,
    )
    return _decide(one, plan, sketch, plan.price, legal, pre_debit, tries, known=known, at=at)


def _decide(
    one: Standing,
    plan: Renewal | None,
    sketch: Renewal,
    price: Price | None,
    legal: Told,
    pre_debit: Told,
    tries: Tries,
    *,
    known: _Known,
    at: datetime,
) -> Foreseen:
    """Ask the charge's own verdict about the day on which it will be asked. `sketch`: the plan as it will stand then."""
    subscription = one.subscription
    day = _day(sketch, pre_debit, tries, at=at)
    around = Around(
        tries=Tries(tries.made, pre_debit.on),
        told=legal.on is not None,
        disputed=one.disputed,
        open_payment=False,
        term_exists=one.number > sketch.number,
        buyer=subscription.pk not in known.unnamed,
    )
    will, why = _words(verdict(sketch, around, on=day), one, legal, pre_debit)
    early = sketch.renews_on < known.not_before.get(subscription.pk, sketch.renews_on)
    if early and will in (Will.CHARGE, Will.NO_CARD):
        will, why = Will.BY_CHOICE, TOO_EARLY
    if price is None and will == Will.CHARGE:
        will, why = Will.UNPRICED, IN_FRENCH[Why.UNPRICED]
    card = _card(subscription, on=day)
    if will == Will.NO_CARD and card != Card.ENDS and not pre_debit.sent:
        pre_debit = Told(None)  # nobody is told of a debit for which there is no card
    return Foreseen(
        subscription=subscription,
        number=sketch.number,
        renewal=plan,
        renews_on=sketch.renews_on,
        day=day,
        amount=sketch.amount.amount if price is not None else None,
        price=price,
        legal=legal,
        pre_debit=pre_debit,
        card=card,
        will=will,
        why=why,
    )


def _words(found: Verdict, one: Standing, legal: Told, pre_debit: Told) -> tuple[str, str]:
    if found is Verdict.CHARGE:
        return Will.CHARGE, ""
    if found is Verdict.CANCEL:
        return Will.STOPPED, SAID_NO
    if found is Verdict.NO_CARD:
        return Will.NO_CARD, NO_METHOD
    if found is Verdict.BY_CHOICE:
        return Will.BY_CHOICE, legal.why or pre_debit.why or TOO_LATE
    if one.disputed:
        return Will.DISPUTED, IN_FRENCH[Why.DISPUTED]
    if pre_debit.on is None:
        return Will.BY_CHOICE, pre_debit.why
    return Will.WAITS, WAITS


def _day(sketch: Renewal, pre_debit: Told, tries: Tries, *, at: datetime) -> date:
    """The day of its charge; for one whose card was changed, and for one that is late, the next day with hours left."""
    local = at.astimezone(PARIS)
    soonest = local.date() if local.hour < LAST_HOUR else local.date() + _DAY
    method = sketch.subscription.saved_method
    other_card = method is not None and bool(tries.made) and method.pk != tries.last_method
    if sketch.state == State.RETRYING and sketch.next_try_on and not (other_card and usable(method, on=soonest)):
        return max(sketch.next_try_on, soonest)
    if sketch.state in (State.RETRYING, State.AWAITING_READER):
        return soonest
    if pre_debit.on is None:
        return max(sketch.renews_on, soonest)
    return max(calendar.charge_on(sketch.renews_on, pre_debit_sent_on=pre_debit.on), soonest)


def _as_it_stands(one: Standing, plan: Renewal, known: _Known, will: str, why: str, *, at: datetime) -> Foreseen:
    """A plan that is not charged, whatever comes."""
    legal, told = known.proved.get(plan.pk), known.tries[plan.pk].told_on
    day = max(plan.renews_on, paris_day(at)) if will == Will.IN_HAND else plan.renews_on
    return Foreseen(
        subscription=one.subscription,
        number=plan.number,
        renewal=plan,
        renews_on=plan.renews_on,
        day=day,
        amount=plan.amount.amount,
        price=plan.price,
        legal=Told(legal, legal is not None),
        pre_debit=Told(told, told is not None),
        card=_card(one.subscription, on=plan.renews_on),
        will=will,
        why=why[:200],
    )


def _legal(plan: Renewal, known: _Known, *, on: date) -> Told:
    """The legal notice of a plan: proved, on its way, to come, or lost."""
    proved = known.proved.get(plan.pk)
    if proved is not None:
        return Told(proved, sent=True)
    if plan.state != State.PLANNED:
        return Told(None, why=NOT_PROVED)
    letter = standing_letter(known.legal.get(plan.pk, ()))
    if letter is None:
        by_post = plan.subscription_id in known.by_post
        return legal_to_come(plan.subscription, plan.renews_on, on=on, by_post=by_post)
    if letter.state in CAME_BACK or on > legal_notice_window(plan.renews_on).closes_on:
        return Told(None, why=NOT_PROVED)
    return Told(max(on, paris_day(letter.due_at)))


def legal_to_come(subscription: Subscription, renews_on: date, *, on: date, by_post: bool) -> Told:
    """The day on which `noticing` will queue it; none once its window is closed, or for whoever is not known any more."""
    window = legal_notice_window(renews_on, by_post=by_post)
    day = max(on, window.target_on, window.send_from)
    if day > window.send_until or _unknown(subscription):
        return Told(None, why=NOT_PROVED)
    return Told(day)


def _pre_debit(plan: Renewal, tries: Tries, known: _Known, legal: Told, *, on: date) -> Told:
    if tries.told_on is not None:
        return Told(tries.told_on, sent=True)
    last = standing_letter(known.pre_debit.get(plan.pk, ()))
    if last is not None and last.state in CAME_BACK:
        return Told(None, why=NO_WORD)
    by_post = plan.subscription_id in known.by_post
    return pre_debit_to_come(plan.subscription, plan.renews_on, legal, on=on, by_post=by_post)


def pre_debit_to_come(subscription: Subscription, renews_on: date, legal: Told, *, on: date, by_post: bool) -> Told:
    """The day on which `noticing` will queue it: never before the legal notice is proved. On paper, the day by which it
    says that it leaves, for the day of the debit that it names counts from there.
    """
    if _unknown(subscription):
        return Told(None, why=NO_WORD)
    method = subscription.saved_method
    kind = method.kind if method else ""
    day = calendar.renewal_days(renews_on, method_kind=kind, by_post=by_post).pre_debit_on
    queued_on = max(on, day, legal.on or day)
    return Told(queued_on + timedelta(days=RULES.post_alarm_days) if by_post else queued_on)


def _unknown(subscription: Subscription) -> bool:
    payer: Any = subscription.payer
    return payer is not None and payer.erased_on is not None


def _card(subscription: Subscription, *, on: date) -> str:
    method = subscription.saved_method
    if method is None:
        return Card.NONE
    if method.ended_at is not None:
        return Card.ENDED
    return Card.GOOD if usable(method, on=on) else Card.ENDS
