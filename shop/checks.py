"""What `manage.py check` looks at beside Django's own: whether the escrow could be enveloped, opened and written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from subscriptions.enveloping import certificate_of, same_key

FOLDERS = ("ESCROW_FOLDER", "HAND_OVER_FOLDER")


@register()
def escrow_can_be_used(**_facts: Any) -> list[CheckMessage]:
    """What a process does not look at when it starts: the settings see whether certificates are there, not whether they serve."""
    found: list[CheckMessage] = []
    for path in settings.ESCROW_CERTIFICATES:
        try:
            certificate_of(Path(path).read_bytes())
        except (OSError, ValueError) as trouble:
            found.append(Error(f"ESCROW_CERTIFICATES: {path} cannot be used: {trouble}", id="shop.E001"))
    if settings.ESCROW_REHEARSAL_KEY:
        try:
            own = Path(settings.ESCROW_REHEARSAL_KEY).read_bytes()
            fits, why = same_key(own, own), "the key is not that of the certificate"
        except (OSError, ValueError, TypeError) as trouble:
            fits, why = False, str(trouble)
        if not fits:
            found.append(Error(f"ESCROW_REHEARSAL_KEY cannot be used: {why}", id="shop.E002"))
    return found


@register(deploy=True)
def folders_can_be_written(**_facts: Any) -> list[CheckMessage]:
    """Not looked at when a process starts: the pages need not write there, and on a good machine cannot."""
    return [
        Warning(f"{name}: {folder} cannot be written to by this user.", id="shop.W001")
        for name in FOLDERS
        if (folder := getattr(settings, name)) and not os.access(folder, os.W_OK | os.X_OK)
    ]
