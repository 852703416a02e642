"""Where one is signed in: the list, the end of one session, and of all the others at once."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.account.doors import page, room
from shop.checkout.views import see_other
from shop.customers.sessions import end_session, end_sessions, open_sessions
from subscriptions.notices.french import moment

# In this order: browsers name those they resemble too.
BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux"),
)


@room("GET", "POST")
def devices(request: HttpRequest) -> HttpResponse:
    """The open sessions; POST ends one (`session`) or all others."""
    user: Any = request.user
    if request.method == "POST":
        return _ended(request, user)
    here = request.session.session_key
    shown = [
        {
            "pk": one.pk,
            "words": device_words(one.user_agent),
            "opened": moment(one.created_at),
            "is_here": one.session_key == here,
        }
        for one in open_sessions(user)
    ]
    others = sum(not one["is_here"] for one in shown)
    return page(
        request, "account/devices.html", "devices", devices=shown, others=others, action=reverse("account_devices")
    )


def _ended(request: HttpRequest, user: Any) -> HttpResponse:
    here = request.session.session_key
    if "session" in request.POST:
        asked = request.POST["session"]
        own = [one for one in open_sessions(user) if str(one.pk) == asked and one.session_key != here]
        if not own:
            raise Http404
        end_session(user, own[0].pk)
        messages.success(request, _("Signed out there."))
    else:
        ended = end_sessions(user, but=here)
        said = ngettext(
            "Signed out in %(count)d other place.", "Signed out in %(count)d other places.", ended
        ) % {"count": ended}  # fmt: skip
        messages.success(request, said if ended else _("You are signed in nowhere else."))
    return see_other(reverse("account_devices"))


def device_words(user_agent: str) -> str:
    """« Firefox, Windows » from what a browser says of itself; a plain word where it says nothing known."""
    found = [
        next((name for name, pattern in table if re.search(pattern, user_agent)), "") for table in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(name for name in found if name) or _("A browser that does not say its name")
