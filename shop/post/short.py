"""Short addresses, as letters on paper print them: typed in whatever way, they lead to the long one."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shop.limits import Limit, wait_of
from shop.views import too_many
from subscriptions.paper.links import path_of

# Wide enough for slow fingers and a library; a machine would need some millions of years.
TYPED = Limit("short-address", times=60, seconds=600)


@require_safe
@never_cache
def short(request: HttpRequest, code: str) -> HttpResponse:
    """Off to the page that a letter on paper means; 404 for a code that is none of ours."""
    if wait := wait_of(request, TYPED):
        return too_many(request, wait=wait)
    path = path_of(code)
    if not path:
        raise Http404
    return HttpResponseRedirect(path)
