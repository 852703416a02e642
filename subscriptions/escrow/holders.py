"""Who can open the escrow: the certificates of the settings; and which of them end soon."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from payments.actors import Actor
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.models import DeskItem
from subscriptions.enveloping import certificate_of, fingerprint_of, holder_of

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

#: What stands on technique's desk before a certificate ends, and after.
ENDS = "escrow_certificate_ends"
BEFORE = timedelta(days=60)


def holders() -> list[Certificate]:
    """The certificates, as the files hold them now. Raises OSError, NoCertificate."""
    return [certificate_of(Path(path).read_bytes()) for path in settings.ESCROW_CERTIFICATES]


def said_of(certificates: list[Certificate]) -> list[dict[str, str]]:
    """Name, fingerprint and last day of each, as a row keeps them."""
    return [
        {
            "name": holder_of(one)[:80],
            "fingerprint": fingerprint_of(one),
            "until": f"{one.not_valid_after_utc:%Y-%m-%d}",
        }
        for one in certificates
    ]


def watch(*, actor: Actor, at: datetime) -> int:
    """Say on technique's desk which certificates end within sixty days, or have ended; how many. Safe to repeat.

    Such a file is still enveloped to them: the key that a holder keeps opens it all the same, and no file would open less.
    """
    ending = {
        f"certificate:{fingerprint_of(one)}"[:80]: (
            f"Le certificat de {holder_of(one)} pour le séquestre finit le {one.not_valid_after_utc:%d/%m/%Y} : lui en demander un"
            " nouveau et le mettre dans ESCROW_CERTIFICATES."
        )
        for one in holders()
        if one.not_valid_after_utc - at < BEFORE
    }
    put_all_on_desk(DeskItem.Desk.TECHNIQUE, kind=ENDS, sentences=ending, at=at)
    there = DeskItem.objects.filter(kind=ENDS, closed_at=None).values_list("subject", flat=True)
    gone = [subject for subject in there if subject not in ending]
    if gone:
        take_all_off_desk(kind=ENDS, subjects=gone, because="another certificate is used", actor=actor, at=at)
    return len(ending)
