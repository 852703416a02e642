"""Whose a dispute is: taken in hand by a colleague, with what stands on the desk about it."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.answering.packaging import locked
from payments.desk import record_act
from payments.disputes import KIND, SUBJECT
from payments.models import DeskItem, Dispute


@transaction.atomic
def take(dispute_id: int, *, by: int, reason: str, actor: Actor, at: datetime) -> Dispute:
    """Give an open dispute, and the matters on the desk about it, to a colleague. Raises ValidationError once it has ended."""
    dispute = locked(dispute_id)
    if dispute.state != Dispute.State.OPEN:
        raise ValidationError(_("The bank has decided: nothing is answered any more."))
    before, dispute.owner_id = dispute.owner_id, by
    dispute.save(update_fields=["owner"])
    theirs = Q(subject=f"{SUBJECT}{dispute.payment_id}", kind__startswith=KIND) | Q(subject=f"dispute:{dispute.pk}")
    DeskItem.objects.filter(theirs, closed_at=None).update(owner=by)
    facts = {"owner_before": before}
    record_act("took a dispute", subject=f"dispute:{dispute.pk}", actor=actor, at=at, reason=reason, facts=facts)
    return dispute
