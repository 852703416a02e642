"""The PDF of each issue: put under its hash into one directory, outside the database and under no address of the site.

Why a directory: a file of fifty megabytes as one value of the database goes through memory whole, several times, at each
reading, and through every dump. What is evidence is the row, with the hash: it is looked at before a byte is sent.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act
from subscriptions.digital.stamping import CHUNK, pages_of
from subscriptions.models import Issue, IssueFile

LARGEST = 50 * 1024 * 1024  # bytes


class Refused(ValidationError):
    """The file is not taken; the message is a sentence for staff."""


class FileLost(RuntimeError):
    """The bytes of a row are not there, or are not those that were put there."""


def path_of(sha256: str) -> Path:
    """Where the file of that hash lies."""
    return Path(settings.DIGITAL_FILES) / f"{sha256}.pdf"


def put(
    issue_id: int,
    file: BinaryIO,
    *,
    name: str,
    available_from: date | None,
    actor: Actor,
    reason: str,
    at: datetime,
) -> IssueFile:
    """Put a file that came as the one of its issue, from now on; the ones before stay as rows, and as files.

    Read piece by piece, looked at page by page. Raises Refused or `stamping.Unfit`, sentences, and keeps nothing then.
    """
    home = Path(settings.DIGITAL_FILES)
    home.mkdir(mode=0o750, parents=True, exist_ok=True)
    coming = home / f"{secrets.token_hex(8)}.coming"
    try:
        sha256, size = _copy(file, coming)
        pages = pages_of(coming)
        # The bytes first: a file that no row names harms nobody, a row without its file would.
        os.replace(coming, path_of(sha256))
    finally:
        coming.unlink(missing_ok=True)
    return _record(
        issue_id, sha256, size, pages, name=name, available_from=available_from, actor=actor, reason=reason, at=at
    )


@transaction.atomic
def _record(
    issue_id: int,
    sha256: str,
    size: int,
    pages: int,
    *,
    name: str,
    available_from: date | None,
    actor: Actor,
    reason: str,
    at: datetime,
) -> IssueFile:
    Issue.objects.select_for_update(no_key=True).get(pk=issue_id)
    before = IssueFile.objects.filter(issue=issue_id).last()
    if before is not None and (before.sha256, before.available_from) == (sha256, available_from):
        raise Refused(_("This is the very file that the issue has already."), code="same")
    made = IssueFile.objects.create(
        issue_id=issue_id,
        number=before.number + 1 if before else 1,
        sha256=sha256,
        size=size,
        pages=pages,
        name=name[-120:],
        available_from=available_from,
        actor=str(actor),
        reason=reason[:200],
        at=at,
    )
    facts = {"sha256": sha256, "pages": pages, "size": size, "number": made.number}
    record_act("put the file of an issue", subject=f"issue:{issue_id}", actor=actor, reason=reason, facts=facts, at=at)
    return made


def newest(issues: Iterable[int]) -> Mapping[int, IssueFile]:
    """The file that is read of each of these issues. One query."""
    rows = IssueFile.objects.filter(issue__in=issues).order_by("issue_id", "-pk").distinct("issue_id")
    return {row.issue_id: row for row in rows}


def whole(file: IssueFile) -> Path:
    """Where its bytes lie, once it is sure that they are those. Raises FileLost."""
    path = path_of(file.sha256)
    try:
        facts = path.stat()
        same = _digest(path, facts.st_mtime_ns, facts.st_size) == file.sha256
    except OSError as trouble:
        raise FileLost(f"file {file.pk} cannot be read") from trouble
    if not same:
        raise FileLost(f"file {file.pk} no longer matches its hash")
    return path


@lru_cache(maxsize=32)
def _digest(path: Path, changed: int, size: int) -> str:
    """The hash of a file as it lies there; reckoned once for each time it was written."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(file: BinaryIO, to: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with to.open("wb") as out:
        while piece := file.read(CHUNK):
            size += len(piece)
            if size > LARGEST:
                raise Refused(
                    _("The file is too large: %(limit)s MB at most."),
                    code="size",
                    params={"limit": LARGEST // 1024 // 1024},
                )
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size
