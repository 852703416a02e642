"""One round around the charge: a worker charges a handful of renewals while each of their readers does one thing.

Afterwards the clockwork turns (another charge, the look-ups, the refunds), and the till's own list is counted.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from payments import refunds
from payments.actors import job
from payments.allowance import Unlimited
from payments.looking_up import due as to_look_up
from payments.looking_up import look_up
from payments.sandbox import misbehaviour
from subscriptions.models import Renewal, Term
from subscriptions.renewals import charging, outcomes
from tests.races.instants import acts, stage
from tests.races.instants.conducting import Conductor, Crew, Part
from tests.renewals.counter import ten

CLOCK = job("renewal-charge")
ACTS: dict[str, Callable[..., Any]] = {
    "say no": acts.say_no,
    "pay": acts.pay,
    "other card": acts.leave_other_card,
    "move": acts.move,
}
#: How often each is played: paying and leaving a card take a page of the till each.
WEIGHTS = (4, 1, 1, 4)
AROUND_THE_CLAIM = 16


@dataclass
class Round:
    """What came of one round: races by kind, what went wrong, and how many instants the worker's work had."""

    races: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wrong: list[str] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    instants: int = 0


def play(seed: str, *, crew: Crew, readers: int, instants: int, stamps: Stamps, kinds: Sequence[str] = ()) -> Round:
    """One round from a seed: so many readers, spread over as many instants as the last round had."""
    rng = random.Random(seed)  # no secret
    stage.reset_till(ten())
    kinds = kinds or rng.choices(list(ACTS), weights=WEIGHTS, k=readers)
    refused = [place for place, kind in enumerate(kinds) if kind == "other card" and rng.random() < 0.5]
    plans = stage.due_renewals(readers, refused=refused)
    stamps.claimed.clear()
    stamps.extended.clear()
    if rng.random() < 0.2:
        with stage.TILL.world.lock:
            misbehaviour.add(
                stage.TILL.world,
                {"action": rng.choice(["timeout_after", "timeout_before", "error_after"]), "method": "POST",
                 "path": "/v1/payment_intents", "times": 1, "seconds": 0, "status": 500},
            )  # fmt: skip
    parts = [
        Part(plan.pk, _instant(rng, instants), _act(ACTS[kind], plan)) for plan, kind in zip(plans, kinds, strict=True)
    ]
    conductor = Conductor(crew, parts)
    conductor.run(lambda: _charge(0))
    _turn()
    return _judge(plans, kinds, {part.key: part for part in parts}, stamps, conductor.instants)


def _instant(rng: random.Random, instants: int) -> int:
    """Any of the worker's, and half of the time one around the claim, with which its work begins."""
    return rng.randint(0, instants + 2) if rng.random() < 0.5 else rng.randint(0, AROUND_THE_CLAIM)


def _act(act: Callable[..., Any], plan: Renewal) -> Callable[[], Any]:
    return lambda: act(plan, at=ten())


def _charge(minutes: int) -> None:
    at = ten(minutes=minutes)
    charging.charge_due(at=at, now=lambda: at, allowance=Unlimited(), actor=CLOCK, threads=0)


def _turn() -> None:
    """Look-ups, another charge, refunds: as the timetable has them, minutes later."""
    at = ten(minutes=12)
    for payment in to_look_up(at=at, limit=500):
        look_up(payment, actor=CLOCK, at=at)
    _charge(13)
    at = ten(minutes=14)
    for refund in refunds.due(at=at, limit=500):
        refunds.send(refund, actor=CLOCK, at=at)
    for refund in refunds.due(at=at + timedelta(minutes=6), limit=500):
        refunds.send(refund, actor=CLOCK, at=at + timedelta(minutes=6))


@dataclass
class Stamps:
    """When each subject was claimed, and when its term was added: noted inside the transaction, behind its locks.

    Whoever wants one of these locks and was done before the stamp was through before the lock was taken.
    """

    claimed: dict[str, float] = field(default_factory=dict)
    extended: dict[str, float] = field(default_factory=dict)

    def watch(self, monkeypatch: Any) -> None:
        """From now on both are noted."""
        attempt, extend = charging._attempt, outcomes._extend

        def attempted(renewals: Any, *given: Any, **named: Any) -> Any:
            payments = attempt(renewals, *given, **named)
            self.claimed.update({one.subject: time.monotonic() for one in renewals})
            return payments

        def extended(paid: Any, **named: Any) -> None:
            extend(paid, **named)
            self.extended.update({one.subject: time.monotonic() for _payment, one in paid})

        monkeypatch.setattr(charging, "_attempt", attempted)
        monkeypatch.setattr(outcomes, "_extend", extended)


def _judge(plans: list[Renewal], kinds: list[str], parts: dict[int, Part], stamps: Stamps, instants: int) -> Round:
    said = Round(instants=instants)
    taken: dict[str, list[stage.Charge]] = defaultdict(list)
    for charge in stage.charges():
        taken[charge.subject].append(charge)
    now = {one.pk: one for one in Renewal.objects.filter(pk__in=[plan.pk for plan in plans]).select_related("term")}
    terms: dict[int, list[Term]] = defaultdict(list)
    for term in Term.objects.filter(subscription__in=[plan.subscription_id for plan in plans], number__gt=1):
        terms[term.subscription_id].append(term)
    for plan, kind in zip(plans, kinds, strict=True):
        part, renewal = parts[plan.pk], now[plan.pk]
        late = part.done < stamps.claimed.get(plan.subject, 0.0)
        kept_late = part.done < stamps.extended.get(plan.subject, 0.0)
        said.races[kind] += 1
        wrong = _wrong(
            kind, part, renewal, taken[plan.subject], terms[plan.subscription_id], late=late, kept_late=kept_late
        )
        first = late or plan.subject not in stamps.claimed
        said.ends[f"{kind}, {'before' if first else 'after'} the claim: {renewal.state}"] += 1
        if wrong:
            said.wrong.append(f"{kind}, {plan.subject}: {wrong} ({renewal.state}, act said {part.result!r})")
    return said


def _wrong(
    kind: str,
    part: Part,
    renewal: Renewal,
    taken: list[stage.Charge],
    terms: list[Term],
    *,
    late: bool,
    kept_late: bool,
) -> str:
    """What is wrong with one reader's end; "" if nothing is.

    `late`: claimed though the act had come to its end; `kept_late`: the term was added though it had.
    """
    kept = [one for one in taken if one.refunded < one.amount]
    if isinstance(part.result, Exception):
        return f"the act failed: {type(part.result).__name__}: {part.result}"
    if len(taken) > 1:
        return f"charged {len(taken)} times"
    if any(one.refunded not in (0, one.amount) or one.amount != 2760 for one in taken):
        return "another amount than announced"
    if (renewal.state == Renewal.State.PAID) != (len(kept) == 1) or len(terms) != len(kept):
        return f"{len(kept)} charges kept, {len(terms)} terms"
    if kind == "say no":
        if late:
            return "charged after the reader had said no"
        return "kept after the reader had said no" if kept_late else ""
    if not kept:
        return "not charged at all"
    if kind == "other card" and late and kept[0].method != part.result:
        return "the old card was charged after the change"
    if kind == "move" and late and terms[0].vat_zone != "EU":
        return "the old zone after the move"
    return ""
