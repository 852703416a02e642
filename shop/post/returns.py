"""Where mail providers knock to tell what became of letters: verified, stored once, answered at once; a sweep does the rest."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from shop.limits import Limit, wait_of
from shop.views import too_many
from shop.watch.bell import ring
from subscriptions.returns.news import Unreadable
from subscriptions.returns.receiving import Forged, receive

LARGEST = 1_048_576  # bytes: a thousand events at once
# Providers knock from few addresses, and much; a forger is stopped early, so that counting forgeries costs little.
KNOCKS = Limit("mail-returns", times=6000, seconds=60)
FORGED = Limit("mail-returns-forged", times=60, seconds=600)


@csrf_exempt
@require_POST
def mail_returns(request: HttpRequest, provider: str) -> HttpResponse:
    """200 for genuine news, new or repeated; 202 for what is genuine and not understood, which is counted; 400 for a
    forged or old one, 404 for a provider that is not set up, 413 for one too large.

    Anything that breaks on our side is a 500: the provider then tells it again.
    """
    if provider not in settings.MAIL_RETURNS:
        raise Http404
    if wait := wait_of(request, KNOCKS):
        return too_many(request, wait=wait)
    raw = request.read(LARGEST + 1)
    if len(raw) > LARGEST:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        if receive(provider, raw, headers, at=timezone.now()):
            ring("mail-returns")
    except Forged:
        wait = wait_of(request, FORGED)
        return too_many(request, wait=wait) if wait else HttpResponse(status=400)
    except Unreadable:
        return HttpResponse(status=202)
    return HttpResponse(status=200)
