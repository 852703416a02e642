"""What people called or wrote, in a colleague's words, with the file that came: noted once, found again, kept its time.

A file is what its bytes say: PDF, JPEG or PNG, up to 10 MB. It is never opened here, only handed back as it came.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.documents import keep
from subscriptions.models import Contact, Order, Subscription

LARGEST = 10 * 1024 * 1024
#: First bytes → (type, ending, the last bytes that a whole file has within its last kilobyte).
SIGNATURES: tuple[tuple[bytes, str, str, bytes], ...] = (
    (b"%PDF-", "application/pdf", "pdf", b"%%EOF"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg", b"\xff\xd9"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png", b"IEND"),
)
_APART = re.compile(r"[^\w .()+-]+")


class FileRefused(ValidationError):
    """The file is none that we keep; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as it came, by what its bytes say."""

    name: str
    body: bytes
    media_type: str


def attached(name: str, body: bytes) -> Attached:
    """The file with the type of its content and a plain name. Raises FileRefused: too large, empty, cut, another kind."""
    if len(body) > LARGEST:
        raise FileRefused(_("The file is larger than 10 MB."), code="large")
    for begins, media_type, ending, ends in SIGNATURES:
        if body.startswith(begins):
            if ends not in body[-1024:]:
                raise FileRefused(_("The file is not whole: it has no end. Save or scan it again."), code="cut")
            return Attached(_plain(name, ending), body, media_type)
    raise FileRefused(_("Only a PDF, a JPEG or a PNG is kept: the content says, not the name."), code="kind")


@transaction.atomic
def note(
    customer_id: int,
    *,
    channel: str,
    on: date,
    words: str,
    form_token: uuid.UUID,
    actor: Actor,
    at: datetime,
    subscription: Subscription | None = None,
    order: Order | None = None,
    file: Attached | None = None,
) -> Contact:
    """Write down one call or letter; the same form sent twice is one note, and returns it."""
    known = Contact.objects.filter(form_token=form_token).first()
    if known is not None:
        return known
    document = (
        keep(file.body, media_type=file.media_type, keep_until=keep_until(paris_day(at)), at=at) if file else None
    )
    rows = Contact.objects.bulk_create(
        [
            Contact(
                customer_id=customer_id,
                channel=channel,
                on=on,
                words=words,
                subscription=subscription,
                order=order,
                document=document,
                file_name=file.name if file else "",
                form_token=form_token,
                actor=str(actor),
                at=at,
            )
        ],
        ignore_conflicts=True,
    )
    return rows[0] if rows[0].pk else Contact.objects.get(form_token=form_token)


def keep_until(on: date) -> date:
    """Five years after the year in which it came: while somebody may go to court about it (C. civ. 2224; law.md 4.10)."""
    return date(on.year + 6, 1, 1)


def _plain(name: str, ending: str) -> str:
    """A file name that no system reads as anything else, with the ending that its content has."""
    stem = name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or name
    bare = " ".join(_APART.sub(" ", stem).split()).strip(". ")[:80]
    return f"{bare or 'document'}.{ending}"
