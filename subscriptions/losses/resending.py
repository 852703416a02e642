"""Resends: the approved claims of an issue, and what was sold of it one by one, leave as a run of their own, asked for and
closed as every other.

Few of them (`LossRule.alone_lines`) are asked for and closed by one person in one act; the run says so, as every run that
one person closed.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from subscriptions.fulfilment.closing import CannotClose, ask, close
from subscriptions.losses.freezing import few_resends, to_resend
from subscriptions.losses.stock import balances
from subscriptions.models import MailingRun
from subscriptions.singles.sending import to_send

FEW = "few are sent again"


@transaction.atomic
def make(issue_id: int, *, actor: Actor, at: datetime, reason: str = "") -> MailingRun:
    """Ask for the resends of an issue, and close them at once where they are few; else they wait for a second person.

    Raises CannotClose where nothing is to be sent, or too little is in stock for any of it.
    """
    wanted = (
        to_resend(issue_id).aggregate(least=Min("entitlement__term__quantity"))["least"],
        to_send(issue_id).aggregate(least=Min("copies"))["least"],
    )
    least = min((copies for copies in wanted if copies is not None), default=None)
    if least is None:
        raise CannotClose(_("Nothing of this issue waits to be sent."), code="nothing")
    if balances([issue_id])[issue_id] < least:
        raise CannotClose(_("No copy of this issue is in stock: enter what there is first."), code="no_stock")
    run = ask(issue_id, actor=actor, at=at, reason=reason, resends=True)
    return close(run.pk, actor=actor, at=at, reason=reason or FEW) if few_resends(run) else run
