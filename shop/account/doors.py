"""The door of every account page: signed in, kept by no cache, and nothing of another reader's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shop.limits import Limit, count
from shop.views import too_many
from subscriptions.dates import LIVING, SubscriptionDates, may_turn_on
from subscriptions.models import Offer, Subscription

View = Callable[..., HttpResponse]


def room(*methods: str, limit: Limit | None = None) -> Callable[[View], View]:
    """A view for a reader who is signed in. Each POST counts against `limit`, per reader.

    Whoever is not is led to the entrance, and back here afterwards if it was a page and not an act.
    """

    def around(view: View) -> View:
        @never_cache
        @require_http_methods([*methods, "HEAD"] if "GET" in methods else list(methods))
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                if request.method == "POST":
                    return redirect(settings.LOGIN_URL)
                return redirect_to_login(request.get_full_path())
            if limit and request.method == "POST" and (wait := count(limit, str(request.user.pk))):
                return too_many(request, wait=wait)
            return view(request, *args, **kwargs)

        return guarded

    return around


def page(request: HttpRequest, template: str, tab: str, *, status: int = 200, **said: Any) -> HttpResponse:
    """An account page under its tab."""
    return render(request, template, {"here": "account", "tab": tab, **said}, status=status)


def mine(request: HttpRequest) -> QuerySet[Subscription]:
    """The subscriptions a reader pays for or holds, the living ones first, then the latest."""
    user = request.user
    return (
        Subscription.objects.filter(Q(payer=user) | Q(holder=user))
        .select_related("magazine", "offer", "recipient__address", "saved_method")
        .order_by("-pk")
    )


def theirs(request: HttpRequest) -> Q:
    """What was issued to the reader, or to a record of theirs that was merged into this one."""
    return Q(customer=request.user.pk) | Q(customer__merged_into=request.user.pk)


def one_of_mine(request: HttpRequest, pk: int) -> Subscription:
    """One of them; 404 for another reader's, as for one that does not exist."""
    found = mine(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def may_move(request: HttpRequest, subscription: Subscription) -> bool:
    """Whose address it is: the holder's; the payer's where nobody else holds the subscription, unless it is a gift."""
    if subscription.is_gift:
        return subscription.holder_id == request.user.pk
    return (subscription.holder_id or subscription.payer_id) == request.user.pk


def may_pay(request: HttpRequest, subscription: Subscription) -> bool:
    """Whose card it is: the payer's, of a subscription that is renewed automatically and has not ended."""
    automatic = subscription.renewal == Offer.Renewal.AUTOMATIC
    return subscription.payer_id == request.user.pk and automatic and subscription.state in LIVING


def may_choose(request: HttpRequest, subscription: Subscription, dates: SubscriptionDates) -> bool:
    """Who may turn automatic renewal off, or on again while the paid term of a renewable offer runs: the payer."""
    again = may_turn_on(subscription, ends_on=dates.ends_on, on=dates.on)
    return may_pay(request, subscription) or (subscription.payer_id == request.user.pk and again)
