"""The seam to the bank: which payouts wait for their line on our statement, and what becomes of one whose line is there."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.desk import record_act
from payments.ledger import stripe_entries
from payments.ledger.posting import post
from payments.models import LedgerEntry, Payout

State = Payout.State
#: A bank may credit a payout and take it back before anybody has heard that it failed.
SHOWN = (State.IN_TRANSIT, State.PAID, State.FAILED)


def waiting_for_bank(*, on: date | None = None) -> QuerySet[Payout]:
    """Payouts in euros that our bank has not shown yet, the earliest first; with `on`, those expected by that day.

    Whoever reads statements matches a line to one of them: amount exact, `arrives_on` two banking days more or less, `trace`
    or « STRIPE » in its words (law.md 6.4). Below zero the line is a debit.
    """
    waiting = Payout.objects.filter(arrived_on=None, currency="eur", state__in=(State.IN_TRANSIT, State.PAID))
    if on is not None:
        waiting = waiting.filter(arrives_on__lte=on)
    return waiting.order_by("arrives_on", "pk")


def may_be_shown() -> QuerySet[Payout]:
    """Those that a line may still be: what waits, and what failed without having been seen. The earliest first."""
    return Payout.objects.filter(arrived_on=None, currency="eur", state__in=SHOWN).order_by("arrives_on", "pk")


def may_be_taken_back() -> QuerySet[Payout]:
    """Those that were on a statement and failed: the bank takes the money out again, by a line of the opposite amount."""
    taken = LedgerEntry.objects.filter(source__startswith="payout_returned:").values_list("source", flat=True)
    seen = Payout.objects.filter(arrived_on__isnull=False, currency="eur", state=State.FAILED).order_by("pk")
    return seen.exclude(pk__in=[int(source.partition(":")[2]) for source in taken])


@transaction.atomic
def arrived(payout_id: int, *, bank_reference: str, on: date, actor: Actor, at: datetime) -> Payout:
    """The bank shows this payout, whole, by day `on`: it leaves the transit account for 512. Locks the payout.

    Safe to repeat with the same line. Raises ValidationError for another line, another currency, or one that was called off.
    """
    payout = Payout.objects.select_for_update(no_key=True).get(pk=payout_id)
    if payout.arrived_on is not None and (payout.arrived_on, payout.bank_reference) == (on, bank_reference):
        return payout
    if payout.arrived_on is not None or payout.currency != "eur" or payout.state not in SHOWN:
        raise ValidationError(_("This payout does not wait for a line of the bank."))
    payout.arrived_on, payout.bank_reference = on, bank_reference
    payout.save(update_fields=["arrived_on", "bank_reference"])
    post([stripe_entries.arrived(payout, booked_on=on)], actor=actor, at=at)
    facts = {"line": bank_reference, "amount": str(payout.amount)}
    record_act("matched a payout", subject=f"payout:{payout.pk}", actor=actor, at=at, facts=facts)
    return payout


@transaction.atomic
def taken_back(payout_id: int, *, bank_reference: str, on: date, actor: Actor, at: datetime) -> Payout:
    """The bank has taken out again what it had credited: from 512 back to the transit account, which Stripe's own line of the
    failure has emptied. Locks the payout. Raises ValidationError: it has not failed, was never there, or is back already.
    """
    payout = Payout.objects.select_for_update(no_key=True).get(pk=payout_id)
    entry = stripe_entries.returned(payout, bank_reference=bank_reference, booked_on=on)
    if payout.state != State.FAILED or payout.arrived_on is None or not post([entry], actor=actor, at=at):
        raise ValidationError(_("The bank has nothing of this payout to take back."))
    facts = {"line": bank_reference, "amount": str(-payout.amount)}
    record_act("matched the return of a payout", subject=f"payout:{payout.pk}", actor=actor, at=at, facts=facts)
    return payout
