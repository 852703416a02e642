"""How long something has lasted, as a dense table says it."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _


def age(since: timedelta) -> str:
    """A length of time in the largest unit that says something: « 3 j », « 5 h », « 12 min », « 5 s »."""
    seconds = max(int(since.total_seconds()), 0)
    if seconds >= 86_400:
        return _("%(count)s d") % {"count": seconds // 86_400}
    if seconds >= 3600:
        return _("%(count)s h") % {"count": seconds // 3600}
    if seconds >= 60:
        return _("%(count)s min") % {"count": seconds // 60}
    return _("%(count)s s") % {"count": seconds}
