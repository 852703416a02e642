"""The one place where a deposit in Chorus Pro changes state, by what the portal says of it."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.models import ChorusDeposit, ChorusEvent

State = ChorusDeposit.State

#: What the portal may say next of an invoice that lies there.
_ONWARDS = frozenset({State.AVAILABLE, State.SUSPENDED, State.RECYCLED, State.REJECTED, State.MANDATED, State.PAID})
#: From → to. The portal is told of by hand or by a file, so steps may be left out; none goes back behind the mandate but by a
#: suspension. What is to go elsewhere is deposited there first. What was rejected is over: its invoice is credited, and made out anew
#: under another number.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.TO_DEPOSIT: frozenset({State.DEPOSITED, State.NOT_NEEDED, *_ONWARDS}),
    State.DEPOSITED: _ONWARDS,
    State.AVAILABLE: _ONWARDS - {State.AVAILABLE},
    State.SUSPENDED: frozenset({State.DEPOSITED, *_ONWARDS}) - {State.SUSPENDED},
    State.RECYCLED: frozenset({State.DEPOSITED, State.NOT_NEEDED}),
    State.REJECTED: frozenset(),
    State.MANDATED: frozenset({State.SUSPENDED, State.PAID}),
    State.PAID: frozenset(),
    State.NOT_NEEDED: frozenset({State.TO_DEPOSIT}),
}
#: Somebody here has to do something.
WRONG = frozenset({State.SUSPENDED, State.RECYCLED, State.REJECTED})


class CannotMove(ValidationError):
    """The step cannot be noted; the message is a sentence for staff."""


@transaction.atomic
def move(
    deposit_id: int, target: str, *, on: date, number: str = "", reason: str, actor: Actor, at: datetime
) -> ChorusDeposit:
    """Note that a deposit stands at `target` since day `on`, and write the step. Raises CannotMove.

    `number`: that of the deposit at Chorus Pro, kept once known. Noting where it stands already keeps a new number, and
    changes nothing else.
    """
    one = ChorusDeposit.objects.select_for_update(no_key=True).get(pk=deposit_id)
    if one.state == target:
        if number and number != one.chorus_number:
            one.chorus_number = number
            one.save(update_fields=["chorus_number"])
            record_act("noted a number of Chorus Pro", subject=one.subject, actor=actor, at=at, reason=reason)
        return one
    if on > paris_day(at):
        raise CannotMove(_("This day has not come yet."), code="future")
    if target not in TRANSITIONS[one.state]:
        raise CannotMove(_("From where this invoice stands in Chorus Pro, that step does not exist."), code="step")
    if (last := one.events.order_by("-on").first()) is not None and on < last.on:
        raise CannotMove(_("This day lies before the step that was noted last."), code="before")
    ChorusEvent.objects.create(
        deposit=one, from_state=one.state, to_state=target, on=on, actor=str(actor), reason=reason[:200], at=at
    )
    one.state, one.state_since = target, at
    one.chorus_number = number or one.chorus_number
    one.save(update_fields=["state", "state_since", "chorus_number"])
    record_act("noted a step in Chorus Pro", subject=one.subject, actor=actor, at=at, reason=reason)
    return one
