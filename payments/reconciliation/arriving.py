"""The seam to the bank: which payouts wait for their line on our statement, and what becomes of one whose line is there."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.desk import record_act
from payments.ledger import stripe_entries
from payments.ledger.posting import post
from payments.models import Payout

State = Payout.State


def waiting_for_bank(*, on: date | None = None) -> QuerySet[Payout]:
    """Payouts in euros that our bank has not shown yet, the earliest first; with `on`, those expected by that day.

    Whoever reads statements matches a line to one of them: amount exact, `arrives_on` two banking days more or less, `trace`
    or « STRIPE » in its words (law.md 6.4). Below zero the line is a debit.
    """
    waiting = Payout.objects.filter(arrived_on=None, currency="eur", state__in=(State.IN_TRANSIT, State.PAID))
    if on is not None:
        waiting = waiting.filter(arrives_on__lte=on)
    return waiting.order_by("arrives_on", "pk")


def late(*, on: date, after: timedelta = timedelta(days=5)) -> QuerySet[Payout]:
    """Payouts that should have been on a statement days ago."""
    return waiting_for_bank(on=on - after)


@transaction.atomic
def arrived(payout_id: int, *, bank_reference: str, on: date, actor: Actor, at: datetime) -> Payout:
    """The bank shows this payout, whole, on day `on`: it leaves the transit account for 512. Locks the payout.

    Safe to repeat with the same line. Raises ValidationError for another line, another currency, or one that came back.
    """
    payout = Payout.objects.select_for_update(no_key=True).get(pk=payout_id)
    if payout.arrived_on is not None and (payout.arrived_on, payout.bank_reference) == (on, bank_reference):
        return payout
    if payout.arrived_on is not None or payout.currency != "eur" or payout.state not in (State.IN_TRANSIT, State.PAID):
        raise ValidationError(_("This payout does not wait for a line of the bank."))
    payout.arrived_on, payout.bank_reference = on, bank_reference
    payout.save(update_fields=["arrived_on", "bank_reference"])
    post([stripe_entries.arrived(payout, booked_on=on)], actor=actor, at=at)
    facts = {"line": bank_reference, "amount": str(payout.amount)}
    record_act("matched a payout", subject=f"payout:{payout.pk}", actor=actor, at=at, facts=facts)
    return payout
