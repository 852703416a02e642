"""One round around a letter: the post sends a handful, each of which one thing that its reader does makes untrue."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core import mail

from payments.models import SavedMethod
from subscriptions.models import AddressChange, Notice, Renewal
from subscriptions.notices import delivering
from subscriptions.notices.queueing import NoticeDraft, queue
from tests.races.instants import acts, stage
from tests.races.instants.charging import Round
from tests.races.instants.conducting import Conductor, Crew, Part
from tests.renewals.counter import R, ten

State = Renewal.State


@dataclass(frozen=True)
class Matter:
    """A letter, the state of the renewal that it is about, the day on which it leaves, and what makes it untrue."""

    kind: str
    state: str
    on: date
    act: Callable[..., Any]


MATTERS = {
    "say no": Matter("renewal_pre_debit", State.ANNOUNCED, R - timedelta(days=14), acts.say_no),
    "pay": Matter("renewal_card_needed", State.AWAITING_READER, R, acts.pay),
    "other card": Matter("renewal_card_wanted", State.ANNOUNCED, R - timedelta(days=60), acts.leave_other_card),
    "move": Matter("address_changed", State.ANNOUNCED, R - timedelta(days=60), acts.move),
}
#: Paying and leaving a card take a page of the till each.
WEIGHTS = (4, 1, 1, 4)


def play(seed: str, *, crew: Crew, readers: int, instants: int, held: dict[int, float]) -> Round:
    """One round from a seed. `held`: when each letter was taken for leaving, behind its last check (see `watch`)."""
    rng = random.Random(seed)  # no secret
    [what] = rng.choices(list(MATTERS), weights=WEIGHTS)
    matter = MATTERS[what]
    at = ten(matter.on)
    stage.reset_till(at)
    plans = stage.due_renewals(readers)
    letters = _queue(matter, plans, at=at)
    held.clear()
    parts = [
        Part(plan.pk, rng.randint(0, instants + 2), _act(matter.act, plan, letters[plan.pk], at=at)) for plan in plans
    ]
    conductor = Conductor(crew, parts)
    mail.outbox.clear()
    conductor.run(lambda: delivering.deliver(readers, at=at))
    said = Round(instants=conductor.instants)
    now = {one.pk: one for one in Notice.objects.filter(pk__in=letters.values())}
    for part in parts:
        letter = now[letters[part.key]]
        said.races[f"letter: {what}"] += 1
        said.ends[f"letter: {what}: {letter.state}"] += 1
        if wrong := _wrong(part, letter, held):
            said.wrong.append(f"letter {letter.kind} {letter.pk}: {wrong} (act said {part.result!r})")
    Notice.objects.filter(state=Notice.State.QUEUED).update(state=Notice.State.WITHDRAWN)
    return said


def watch(held: dict[int, float], monkeypatch: Any) -> None:
    """From now on it is noted when a letter is taken for leaving."""
    real = delivering.hold_as_sent

    def hold(notice: Notice, document: Any) -> bool:
        taken = real(notice, document)
        held[notice.pk] = time.monotonic()
        return taken

    monkeypatch.setattr(delivering, "hold_as_sent", hold)


def _queue(matter: Matter, plans: list[Renewal], *, at: datetime) -> dict[int, int]:
    """One letter for each, by the renewal's id."""
    keys = [plan.pk for plan in plans]
    Renewal.objects.filter(pk__in=keys).update(state=matter.state)
    if matter.kind == "renewal_card_wanted":
        ends = {"exp_month": 8, "exp_year": R.year}
        SavedMethod.objects.filter(subscriptions__renewals__in=keys).update(**ends)
    if matter.kind == "address_changed":
        return _moved(plans, at=at)
    facts = {"renewal_pre_debit": {"charge_on": R.isoformat()}, "renewal_card_needed": {"decline_code": "", "kind": ""}}
    known = {"renews_on": R.isoformat()} | facts.get(matter.kind, {})
    known = {name: value for name, value in known.items() if name in delivering.LETTERS[matter.kind].facts}
    queue(
        [
            NoticeDraft(
                kind=matter.kind,
                matter=f"{matter.kind}:renewal:{plan.pk}:x",
                customer_id=plan.subscription.payer_id,
                to_email=f"reader{plan.pk}@example.fr",
                to_name="Camille Lenoir",
                facts={"renewal_id": plan.pk, **known},
                due_at=at,
                created_at=at,
            )
            for plan in plans
        ]
    )
    rows = Notice.objects.filter(matter__in=[f"{matter.kind}:renewal:{key}:x" for key in keys])
    return {row.facts["renewal_id"]: row.pk for row in rows}


def _moved(plans: list[Renewal], *, at: datetime) -> dict[int, int]:
    """Everybody has moved once already; the letter of that is the one that leaves."""
    moved = AddressChange.objects.bulk_create(
        [
            AddressChange(
                recipient=plan.subscription.recipient, old=plan.subscription.recipient.address,
                new=plan.subscription.recipient.address, actor="reader:1", at=at,
            )
            for plan in plans
        ]
    )  # fmt: skip
    queue(
        [
            NoticeDraft(
                kind="address_changed",
                matter=f"address_changed:{change.pk}",
                customer_id=plan.subscription.payer_id,
                to_email=f"reader{plan.pk}@example.fr",
                to_name="Camille Lenoir",
                facts={"change_id": change.pk},
                due_at=at,
                created_at=at,
            )
            for plan, change in zip(plans, moved, strict=True)
        ]
    )
    rows = {row.facts["change_id"]: row.pk for row in Notice.objects.filter(kind="address_changed", due_at=at)}
    return {plan.pk: rows[change.pk] for plan, change in zip(plans, moved, strict=True)}


def _act(act: Callable[..., Any], plan: Renewal, letter: int, *, at: datetime) -> Callable[[], Any]:
    return lambda: act(plan, at=at)


def _wrong(part: Part, letter: Notice, held: dict[int, float]) -> str:
    """What is wrong with one letter's end: it left though it had become untrue before, or it was lost for no reason."""
    if isinstance(part.result, Exception):
        return f"the act failed: {type(part.result).__name__}: {part.result}"
    sent = [one for one in mail.outbox if one.to and letter.to_email in one.to[0]]
    if (letter.state == Notice.State.SENT) != (len(sent) >= 1) or len(sent) > 1:
        return f"{letter.state}, and {len(sent)} left"
    if letter.state not in (Notice.State.SENT, Notice.State.WITHDRAWN):
        return f"{letter.state}: {letter.failure}"
    if sent and part.result and part.done < held.get(letter.pk, 0.0):
        return "it left though it was not true any more"
    return ""
