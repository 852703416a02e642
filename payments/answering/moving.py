"""The one place where an answer changes state: sent, refused, or not known; with every step written down."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from payments.actors import Actor
from payments.models import DisputeAnswer, DisputeAnswerEvent

State = DisputeAnswer.State

#: From → to. What was sent is final, at Stripe as here; what was refused is answered anew by another row.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.CREATED: frozenset({State.UNKNOWN, State.SENT, State.FAILED}),
    State.UNKNOWN: frozenset({State.SENT, State.FAILED}),
    State.SENT: frozenset(),
    State.FAILED: frozenset(),
}


def begin(answer: DisputeAnswer, *, actor: Actor, at: datetime) -> None:
    """Write the first step of an answer that was just written down."""
    DisputeAnswerEvent.objects.create(answer=answer, from_state="", to_state=answer.state, actor=str(actor), at=at)


@transaction.atomic
def move(answer_id: int, target: str, *, reason: str, actor: Actor, at: datetime) -> bool:
    """Move one answer, by the table; False where it stands there already or that step does not exist."""
    answer = DisputeAnswer.objects.select_for_update(no_key=True).get(pk=answer_id)
    if target not in TRANSITIONS[answer.state]:
        return False
    came_from, answer.state, answer.state_since = answer.state, target, at
    answer.failure = reason[:60] if target == State.FAILED else ""
    answer.save(update_fields=["state", "state_since", "failure"])
    DisputeAnswerEvent.objects.create(
        answer=answer, from_state=came_from, to_state=target, actor=str(actor), reason=reason[:200], at=at
    )
    return True
