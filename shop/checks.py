"""What `manage.py check --deploy` looks at beside Django's own: can this user write where the worker has to?"""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

FOLDERS = ("ESCROW_FOLDER", "HAND_OVER_FOLDER")


@register(deploy=True)
def folders_can_be_written(**_facts: Any) -> list[CheckMessage]:
    """Not looked at when a process starts: the pages need not write there, and on a good machine cannot."""
    return [
        Warning(f"{name}: {folder} cannot be written to by this user.", id="shop.W001")
        for name in FOLDERS
        if (folder := getattr(settings, name)) and not os.access(folder, os.W_OK | os.X_OK)
    ]
