"""The statement of deposit: the post's own paper of what it took, which ties copies to money (law.md 7.3, 8.1)."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.documents import keep
from subscriptions.calendar import add_months
from subscriptions.contacts import attached
from subscriptions.models import MailingRun

PDF = "application/pdf"
#: Kept as long as the books that rest on it (law.md 4.10).
KEPT_MONTHS = 12 * 10


@transaction.atomic
def attach_statement(run_id: int, body: bytes, *, actor: Actor, at: datetime) -> MailingRun:
    """Keep the statement of a run that was posted. The same file again changes nothing.

    Raises ValidationError with a sentence: no PDF, too large, cut, not posted yet, or another statement is there already.
    """
    if attached("", body).media_type != PDF:
        raise ValidationError(_("The post states what it took on a PDF: this is a picture."), code="type")
    run = MailingRun.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.state != MailingRun.State.POSTED:
        raise ValidationError(_("The post states what it has taken: enter the posting first."), code="not_posted")
    document = keep(body, media_type=PDF, keep_until=add_months(paris_day(at), KEPT_MONTHS), at=at)
    if run.statement_id == document.pk:
        return run
    if run.statement_id is not None:
        raise ValidationError(_("A statement is kept with this file already."), code="kept")
    run.statement = document
    run.save(update_fields=["statement"])
    record_act(
        "attached a statement of deposit", subject=f"run:{run.pk}", actor=actor, at=at, facts={"sha256": document.pk}
    )
    return run
