"""Where Stripe knocks: verified, stored once, answered at once; a sweep does the rest (design, rule 5)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments.gateway import ForgedEvent
from payments.webhooks.receiving import receive

LARGEST = 262_144  # bytes: many times Stripe's largest event


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """200 for an event of Stripe, new or repeated; 400 for a forged or old one; 413 for one too large to be Stripe's.

    Anything that breaks on our side is a 500: Stripe then sends the event again.
    """
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        announced = LARGEST + 1
    if announced > LARGEST:
        return HttpResponse(status=413)
    raw = request.read(LARGEST + 1)
    if len(raw) > LARGEST:
        return HttpResponse(status=413)
    try:
        receive(raw, request.headers.get("Stripe-Signature", ""), at=timezone.now())
    except ForgedEvent:
        return HttpResponse(status=400)
    return HttpResponse(status=200)
