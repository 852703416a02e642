"""Packages: the evidence of a dispute set as one PDF, frozen with its source, and made again of it to the same bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from pypdf import PdfReader

from payments.actors import Actor
from payments.answering.limits import check
from payments.answering.standing import why_not
from payments.days import paris_day
from payments.desk import record_act
from payments.documents import keep, read
from payments.models import Dispute, DisputePackage, Payment
from payments.typesetting import typeset

#: Years that the evidence of a contract is kept (law.md 4.10; C. civ. 2224), from the end of the year of the answer.
KEPT_YEARS = 6
SOURCE = "application/json"


class CannotFreeze(ValidationError):
    """The package cannot be kept; the message is a sentence for staff."""


def set_pdf(template: Path, source: Mapping[str, Any]) -> tuple[bytes, int]:
    """The PDF of a source, and its pages. Tens of milliseconds: outside any transaction. The same source, the same bytes."""
    body = typeset(template, source["paper"], on=date(*source["paper"]["on"]))
    return body, len(PdfReader(io.BytesIO(body)).pages)


def freeze(
    dispute_id: int, source: Mapping[str, Any], pdf: bytes, *, pages: int, reason: str, actor: Actor, at: datetime
) -> DisputePackage:
    """Keep a package for good: its source, its PDF. Raises CannotFreeze or TooMuch.

    `source`: `paper`, what the PDF was set from, and `texts`, by Stripe's names. Locks the payment, then the dispute.
    """
    check(source["texts"], size=len(pdf), pages=pages)
    kept = json.dumps(source, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    until = date(paris_day(at).year + KEPT_YEARS, 1, 1)
    with transaction.atomic():
        dispute = locked(dispute_id)
        if because := why_not(dispute, at=at):
            raise CannotFreeze(because)
        number = dispute.packages.count() + 1
        package = DisputePackage.objects.create(
            dispute=dispute,
            number=number,
            source=keep(kept, media_type=SOURCE, keep_until=until, at=at),
            document=keep(pdf, media_type="application/pdf", keep_until=until, at=at),
            pages=pages,
            actor=str(actor),
            reason=reason[:300],
            at=at,
        )
        facts = {"package": number, "sha256": package.document_id, "pages": pages}
        record_act("froze evidence", subject=f"dispute:{dispute.pk}", actor=actor, at=at, reason=reason, facts=facts)
    return package


def source_of(package: DisputePackage) -> dict[str, Any]:
    """What the package was made of. Raises CannotFreeze once its time is over and its body emptied."""
    body = read(package.source_id)
    if body is None:
        raise CannotFreeze(_("The time for which this package was kept is over."))
    found: dict[str, Any] = json.loads(body)
    return found


def locked(dispute_id: int) -> Dispute:
    """The dispute with its payment, both locked in the agreed order."""
    payment_id = Dispute.objects.values_list("payment_id", flat=True).get(pk=dispute_id)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    dispute = Dispute.objects.select_for_update(no_key=True).get(pk=dispute_id)
    dispute.payment = payment
    return dispute
