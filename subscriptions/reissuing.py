"""An invoice made out anew to a firm, with the letter that brings both papers to the reader."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from payments.actors import Actor
from payments.days import paris_day
from payments.invoicing.issuing import Buyer
from payments.invoicing.reissuing import reissue
from payments.models import Invoice, Reissue
from subscriptions.institutions.receiving import lock_orders
from subscriptions.notices.telling import tell_reader
from subscriptions.notices.whom import reader_by_now

#: What the credit note gives as its reason.
REASON = "facture établie à un autre nom"


@transaction.atomic
def reissue_and_tell(invoice_id: int, buyer: Buyer, *, words: str, actor: Actor, at: datetime) -> Reissue:
    """Credit and issue anew, and queue the letter with both. Raises CannotReissue."""
    # What nobody pays by a payment is paid against its order, whose lock a transfer takes too.
    lock_orders(Invoice.objects.filter(pk=invoice_id, payment=None))
    done = reissue(invoice_id, buyer, reason=REASON, words=words, on=paris_day(at), actor=actor, at=at)
    reader = reader_by_now(done.invoice.customer_id)
    tell_reader(reader, "invoice_reissued", f"invoice_reissued:{done.pk}", {"reissue_id": done.pk}, at=at)
    return done
