"""What needs no session, language or CSRF is answered before they are looked at: plain pages, and Stripe's webhooks."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, URLResolver
from django.urls.resolvers import RegexPattern
from django.utils import translation
from django.utils.module_loading import import_string

from shop.checkout.webhook import stripe_webhook
from shop.storefront import urls
from shop.storefront.kept import KEEPER, Page, send

# Those middlewares whose only work is a header: what they say of any page they say of a kept one.
HEADERS_BY = (
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
)

WEBHOOKS = "/webhooks/stripe/"


class PlainPages:
    """Answers the storefront's pages from the process; everything else, and every error, goes on.

    No cookie is read but the one of the language, none is set, and no query is made beyond the shelf's, once a second.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.resolver = URLResolver(RegexPattern(r"^/"), urls)
        self.headers = safety_headers()
        # With one language there is nothing to find out.
        self.language = settings.LANGUAGES[0][0] if len(settings.LANGUAGES) == 1 else ""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        redirected = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if request.method in ("GET", "HEAD") and not redirected:
            found = self.answer(request)
            if found is not None:
                return found
        return self.get_response(request)

    def answer(self, request: HttpRequest) -> HttpResponse | None:
        """The kept page for this request, made now if it is a plain one; None for any other."""
        request.get_host()  # raises DisallowedHost, as everywhere else
        path, language = request.path_info, self.language or translation.get_language_from_request(request)
        page: Page | HttpResponse | None = KEEPER.known(language, path)
        if page is None:
            try:
                match = self.resolver.resolve(path)
            except Resolver404:
                return None
            try:
                page = KEEPER.page(language, path, lambda: match.func(request, *match.args, **match.kwargs))
            except Http404:
                return None
        return send(page, request, self.headers) if isinstance(page, Page) else page


class StripesDoor:
    """Takes Stripe's webhooks straight to their view: half of their cost was what only people need."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != WEBHOOKS:
            return self.get_response(request)
        request.get_host()  # raises DisallowedHost, as everywhere else
        answer: HttpResponse = stripe_webhook(request)
        answer["Content-Length"] = str(len(answer.content))
        return answer


class AsPublished(HttpRequest):
    """A request that comes the way the shop is published: what is said of HTTPS is said where there is HTTPS."""

    def _get_scheme(self) -> str:
        return "https" if settings.SECURE else "http"


def safety_headers() -> dict[str, str]:
    """What the header middlewares add to an ordinary page, asked of themselves once."""

    def blank(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    answer: Callable[[HttpRequest], HttpResponse] = blank
    for name in HEADERS_BY:
        answer = import_string(name)(answer)
    headers = dict(answer(AsPublished()).items())
    del headers["Content-Type"]
    return headers
