"""« Ne plus recevoir » : one click in a letter or in the mail program stops reminders and offers; no account, no question.

The mail program posts here by itself (RFC 8058), without a cookie and so without a CSRF token: the signed link is the
proof, and all that it can do is stop letters.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shop.checkout.refusing import link_refused
from shop.limits import Limit, client_address, limited
from subscriptions.objecting import BadLink, object_to_reminders, read_unsubscribe

# Mail programs of one provider knock from few addresses.
UNSUBSCRIBE = Limit("unsubscribe", times=600, seconds=600)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(UNSUBSCRIBE)
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The page with its one button; posted, by a person or by a mail program, it is done. Again is the same."""
    try:
        customer = read_unsubscribe(token)
    except BadLink as refused:
        return link_refused(request, refused, ended=False)
    done = request.method == "POST"
    if done:
        object_to_reminders(
            customer,
            words=_("I no longer want to receive reminders to renew, nor other offers."),
            ip=client_address(request) or None,
            user_agent=request.headers.get("User-Agent", ""),
            at=timezone.now(),
        )
    return render(request, "checkout/unsubscribe.html", {"done": done})
