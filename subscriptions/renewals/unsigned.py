"""Charges of which nobody has signed the rehearsal: what becomes of them is a rule that finance changes, as a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import put_on_desk, record_act
from payments.models import DeskItem
from subscriptions.models import Rehearsal, RehearsalSignature, Renewal, UnsignedRunRule
from subscriptions.renewals.charging import due

Choice = UnsignedRunRule.Choice
#: Desk items about a month that is charged unsigned; `run:2027-11` is their subject.
UNSIGNED = "run_unsigned"


def signed(on: date) -> QuerySet[Rehearsal]:
    """The signed rehearsals that cover day `on`."""
    theirs = RehearsalSignature.objects.filter(rehearsal=OuterRef("pk"))
    return Rehearsal.objects.filter(Exists(theirs), first_on__lte=on, last_on__gte=on)


def rule() -> str:
    """What becomes of charges for which nobody has signed: the newest rule. One query."""
    newest = UnsignedRunRule.objects.order_by("-pk").values_list("choice", flat=True).first()
    return newest or Choice.WARN


def set_rule(choice: str, *, actor: Actor, reason: str, at: datetime) -> UnsignedRunRule:
    """Another rule from now on. Writes it and the act."""
    with transaction.atomic():
        made = UnsignedRunRule.objects.create(choice=choice, actor=str(actor), reason=reason[:300], at=at)
        record_act(
            "changed the rule of unsigned runs",
            subject=f"rule:{made.pk}",
            actor=actor,
            reason=reason,
            facts={"choice": choice},
            at=at,
        )
    return made


def held(on: date) -> bool:
    """Whether the charges of day `on` wait for a signature. One query; two where the rule is to hold."""
    return rule() == Choice.HOLD and not signed(on).exists()


def warn_unsigned(*, on: date, at: datetime) -> bool:
    """Put the month of day `on` on finance's desk if something is charged on it and nobody signed; once a month.

    Returns whether it stands unsigned. Six queries at most.
    """
    choice = rule()
    if choice == Choice.SILENT or signed(on).exists() or not _charges(on):
        return False
    sentences: Mapping[str, Any] = {
        Choice.WARN: _("The charges of %(month)s begin unsigned: nobody of finance has signed their rehearsal."),
        Choice.HOLD: _(
            "The charges of %(month)s are held: nobody is charged before finance has signed their rehearsal."
        ),
    }
    if DeskItem.objects.filter(kind=UNSIGNED, subject=month_subject(on)).exists():
        return True  # said once a month, be it that somebody has closed it
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind=UNSIGNED,
        subject=month_subject(on),
        sentence=str(sentences[choice] % {"month": on.strftime("%m/%Y")}),
        at=at,
    )
    return True


def _charges(on: date) -> bool:
    coming = Renewal.objects.filter(state=Renewal.State.ANNOUNCED, renews_on__lte=on)
    return due(on).exists() or coming.exists()


def month_subject(on: date) -> str:
    """The subject of what is said about the charges of a month."""
    return f"run:{on:%Y-%m}"
