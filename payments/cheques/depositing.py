"""Cheques go to the bank: those that were chosen are frozen on one numbered slip, and the bank's line says that they arrived."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.cheques.moving import lock_cheques, move
from payments.days import paris_day
from payments.desk import record_act
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import Cheque, DepositSlip

State = Cheque.State
#: What a slip takes: more are two slips.
MOST = 200


class CannotDeposit(ValidationError):
    """These cheques cannot be deposited so; the message is a sentence for staff."""


@transaction.atomic
def deposit(keys: Collection[int], *, on: date, reason: str, actor: Actor, at: datetime) -> DepositSlip:
    """Freeze received cheques on the next slip. Locks them, by primary key; the number is taken last.

    Raises CannotDeposit with a sentence: none or too many chosen, one of them deposited meanwhile, a day that has not come
    or lies before one of them was handed over.
    """
    if not 0 < len(set(keys)) <= MOST:
        raise CannotDeposit(_("Please choose from one to 200 cheques."), code="count")
    if on > paris_day(at):
        raise CannotDeposit(_("This day has not come yet."), code="future")
    cheques = lock_cheques(keys)
    gone = [one for one in cheques if one.state != State.RECEIVED]
    if gone or len(cheques) != len(set(keys)):
        raise CannotDeposit(
            _("Cheque %(reference)s is on a slip by now, or went back: please look at the list again."),
            code="taken",
            params={"reference": gone[0].reference if gone else "—"},
        )
    if any(one.received_on > on for one in cheques):
        raise CannotDeposit(_("One of these cheques was handed over after that day."), code="before")
    lines = [
        {"reference": one.reference, "number": one.number, "bank": one.bank, "drawer": one.drawer, "amount": f"{one.amount.amount:.2f}"}
        for one in cheques
    ]  # fmt: skip
    number = _next_number()
    slip = DepositSlip.objects.create(
        number=number,
        reference=f"REM{number:05d}",
        deposited_on=on,
        count=len(cheques),
        total=sum((one.amount.amount for one in cheques), Decimal("0.00")),
        lines=lines,
        hash=hashed(number, on, lines),
        actor=str(actor),
        reason=reason[:300],
        at=at,
    )
    for one in cheques:
        one.slip = slip
    move(cheques, State.DEPOSITED, actor=actor, at=at, reason=slip.reference)
    record_act(
        "deposited cheques", subject=slip.subject, actor=actor, at=at, reason=reason, facts={"count": slip.count}
    )
    return slip


def hashed(number: int, on: date, lines: Collection[dict[str, str]]) -> str:
    """The hash that is printed on a slip."""
    said = json.dumps([number, on.isoformat(), list(lines)], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def awaited(slip: DepositSlip) -> Decimal:
    """What the bank is to credit for a slip: without the cheques of it that came back before. In euros. One query."""
    on_it = slip.cheques.filter(state=State.DEPOSITED)
    return Decimal(on_it.aggregate(sum=Sum("amount"))["sum"] or 0)


def credited(slip_id: int, *, amount: Decimal, on: date, actor: Actor, at: datetime) -> DepositSlip:
    """The bank's line has come: 5112 to 512. In the caller's transaction, which has locked the line; locks slip and cheques.

    Raises CannotDeposit: credited already, or another amount is awaited by now.
    """
    slip = DepositSlip.objects.select_for_update(no_key=True).get(pk=slip_id)
    keys = slip.cheques.filter(state=State.DEPOSITED).values_list("pk", flat=True)
    cheques = [one for one in lock_cheques(list(keys)) if one.state == State.DEPOSITED]
    if slip.credited_on is not None or sum((one.amount.amount for one in cheques), Decimal(0)) != amount:
        raise CannotDeposit(
            _("The bank has credited this slip already, or it is for another amount by now."), code="changed"
        )
    slip.credited_on, slip.credited = on, amount
    slip.save(update_fields=["credited_on", "credited"])
    move(cheques, State.CREDITED, actor=actor, at=at, reason=slip.reference)
    post([entries.cheques_credited(slip, booked_on=paris_day(at))], actor=actor, at=at)
    return slip


def _next_number() -> int:
    """The number after the last one, under a lock until the commit: slips are numbered without a gap."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('deposit-slips'))")
    return (DepositSlip.objects.aggregate(last=Max("number"))["last"] or 0) + 1
