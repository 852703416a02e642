"""The one place where the request of a file changes state."""

from __future__ import annotations

from datetime import datetime

from payments.actors import Actor
from payments.models import FileRequest, FileRequestEvent, KeptFile

State = FileRequest.State

#: From → to. What somebody was making who was killed waits again.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.WAITING: frozenset({State.MAKING}),
    State.MAKING: frozenset({State.WAITING, State.MADE, State.REFUSED}),
    State.MADE: frozenset(),
    State.REFUSED: frozenset(),
}


class NoSuchStep(ValueError):
    """The table has no such step from where the request stands."""


def begin(request: FileRequest, *, actor: Actor, at: datetime) -> None:
    """Write down the first step of a request just made."""
    FileRequestEvent.objects.create(
        request=request, from_state="", to_state=request.state, actor=str(actor), reason=request.reason, at=at
    )


def move(
    request: FileRequest,
    target: str,
    *,
    actor: Actor,
    at: datetime,
    file: KeptFile | None = None,
    refusal: str = "",
    reason: str = "",
) -> None:
    """Move a locked request, with what its end wants: the file, or why there is none. Two queries. Raises NoSuchStep and changes nothing."""
    if target not in TRANSITIONS[request.state]:
        raise NoSuchStep(f"request {request.pk} does not go from {request.state} to {target}")
    came_from, request.state, request.state_since = request.state, target, at
    request.file, request.refusal = file, refusal[:300]
    request.save(update_fields=["state", "state_since", "file", "refusal"])
    FileRequestEvent.objects.create(
        request=request,
        from_state=came_from,
        to_state=target,
        actor=str(actor),
        reason=(refusal or reason)[:300],
        at=at,
    )
