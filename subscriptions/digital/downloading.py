"""Handing a file to its reader: by a link that is theirs and holds for a quarter of an hour, counted, stamped with their number."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.core import signing
from django.db import transaction
from django.db.models import Count

from payments.days import paris_day
from payments.desk import put_on_desk
from payments.models import DeskItem
from subscriptions.digital.files import FileLost, whole
from subscriptions.digital.rights import Readable, readable
from subscriptions.digital.stamping import appendix, stamped
from subscriptions.models import DigitalDownload, Issue, Subscription

_SALT = "subscriptions.digital.downloading"
VALID_FOR = timedelta(minutes=15)


class BadLink(ValueError):
    """The link was not made by us, or for another reader, or opens nothing any more."""


class LinkOver(ValueError):
    """The link was good; its time is over."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A stamped file on its way: its name, its length and its bytes, piece by piece."""

    name: str
    length: int
    path: Path
    added: bytes

    def pieces(self) -> Iterator[bytes]:
        """The bytes, read from the disk as they are sent."""
        return stamped(self.path, self.added)


def link_token(found: Readable, *, reader_id: int, at: datetime) -> str:
    """What the link of one reader to one issue ends in. No name and no number of theirs stands in it."""
    until = int((at + VALID_FOR).timestamp())
    return signing.Signer(salt=_SALT, sep=".").sign(f"{found.copy.pk}-{reader_id}-{until}")


def read_token(token: str, *, reader_id: int, at: datetime) -> int:
    """The copy that a link is about. Raises BadLink, LinkOver."""
    try:
        copy, reader, until = map(int, signing.Signer(salt=_SALT, sep=".").unsign(token).split("-"))
    except (signing.BadSignature, ValueError):
        raise BadLink("forged or cut") from None
    if reader != reader_id:
        raise BadLink("another reader's")
    if at.timestamp() >= until:
        raise LinkOver("over")
    return copy


def hand_over(copy_id: int, *, reader_id: int, at: datetime) -> Handed:
    """Count a download and return what is sent. The right, the consent and the bytes are looked at anew.

    Raises BadLink where there is no right any more or no consent; FileLost, which is put on a desk, where the bytes are not
    those that were put there: then nothing is counted.
    """
    subscription = Subscription.objects.select_related("magazine").filter(terms__entitlements=copy_id).first()
    if subscription is None:
        raise BadLink("no such copy")
    try:
        with transaction.atomic():
            Subscription.objects.select_for_update(no_key=True, of=("self",)).get(pk=subscription.pk)
            rows = readable([subscription], reader_id=reader_id, on=paris_day(at)).values()
            found = next((one for one in rows if one.copy.pk == copy_id), None)
            if found is None or found.agreed is None:
                raise BadLink("no right")
            path = whole(found.file)
            added = appendix(path, subscription.number or "")
            DigitalDownload.objects.create(entitlement=found.copy, file=found.file, consent=found.agreed, at=at)
    except FileLost as trouble:
        _say_lost(copy_id, str(trouble), at=at)
        raise
    name = f"{subscription.magazine.code.lower()}-{found.issue.number}.pdf"
    return Handed(name, found.file.size + len(added), path, added)


def _say_lost(copy_id: int, trouble: str, *, at: datetime) -> None:
    issue = Issue.objects.get(entitlements=copy_id)
    put_on_desk(
        DeskItem.Desk.TECHNIQUE,
        kind="digital_file_lost",
        subject=f"issue:{issue.pk}",
        sentence=f"Le PDF du n° {issue.number} ne peut pas être remis aux lecteurs ({trouble}) : remettez le fichier en place "
        "depuis une sauvegarde, ou déposez-en un autre.",
        at=at,
    )


def counted(issues: Collection[int]) -> Mapping[int, int]:
    """How often the files of these issues were handed over, by issue. One query."""
    rows = DigitalDownload.objects.filter(file__issue__in=issues).order_by().values_list("file__issue")
    return dict(rows.annotate(times=Count("pk")))
