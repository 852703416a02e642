"""The search: a reference of anything leads straight to it, words find readers; no COUNT, no OFFSET."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.models import Cheque, DepositSlip, Invoice, Payment, Refund, StripeEvent
from shop.backoffice import words
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link, url_of
from shop.backoffice.paging import Page, paged
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table, chip
from shop.customers.models import Customer
from shop.customers.search import SHORTEST, words_of
from shop.templatetags.french import euros, short_day, stamp
from subscriptions.gifts.wishing import PREFIX
from subscriptions.models import Gift, Order, Subscription
from subscriptions.references import NotAReference, read_reference, read_subscriber_number
from subscriptions.whose import of_people

#: Like enough to be a slip of the pen: « Lefebvre » for « Lefèvre ».
LIKENESS = 0.45


@desk(Right.PEOPLE)
def search(request: HttpRequest) -> HttpResponse:
    """Find a reader, or the one thing that a reference names."""
    query = request.GET.get("q", "").strip()[:120]
    found = exact(request.user, query)
    if len(found) == 1:
        return HttpResponseRedirect(found[0])
    wanted = words_of(query)
    shown, nearly = Page([], None, None), False
    if wanted:
        shown = paged(request, _holding(wanted))
        if not shown.rows and not request.GET.get("apres"):
            shown, nearly = Page(_like(" ".join(wanted)), None, None), True
    said = {
        "title": _("Search"),
        "query": query,
        "too_short": bool(query) and not wanted,
        "shortest": SHORTEST,
        "nearly": nearly and bool(shown.rows),
        "table": _people(request.user, shown.rows),
        "page": shown,
        "orders": _orders(request.user, query),
    }
    return page(request, "backoffice/search.html", said)


def exact(user: Any, query: str) -> list[str]:
    """Addresses of what `query` is the very reference of, misread characters forgiven. At most one query per kind."""
    if not query:
        return []
    found = [link(user, "order", key) for key in _by(Order, "reference", _reference(query))]
    found += [link(user, "subscription", key) for key in _by_card(query)]
    # Words are a name, unless they read as a reference: one in two hundred has no digit.
    if not found and " " in query.strip() and not any(sign.isdigit() for sign in query):
        return []
    bare = "".join(query.upper().split())
    if bare[:4] in ("PAY-", "PAI-") or bare[:3] == "PAY":
        found += [link(user, "payment", key) for key in _by(Payment, "reference", bare)]
    if bare[:3] == "RMB":
        found += [link(user, "refund", key) for key in _by(Refund, "reference", bare)]
    if bare[:4] == "CHQ-":
        found += [link(user, "cheque", key) for key in _by(Cheque, "reference", bare)]
    if bare[:3] == "REM" and bare[3:].isdigit():
        found += [link(user, "deposit", key) for key in _by(DepositSlip, "reference", bare)]
    if bare[:1] in ("F", "A") and any(sign.isdigit() for sign in bare):
        found += [link(user, "invoice", key) for key in _by(Invoice, "reference", bare)]
    found += _at_stripe(user, query.strip())
    found.append(url_of(user, query.strip()))
    kind, _colon, key = query.partition(":")
    if kind == "invoice":
        found += [link(user, "invoice", number) for number in _by(Invoice, "reference", key.strip())]
    if not any(found):
        found += [reverse("desk_subscription", args=[key]) for key in _by_number(query)]
    return [url for url in dict.fromkeys(found) if url]


def _by(model: Any, column: str, value: str) -> list[int]:
    return list(model.objects.filter(**{column: value}).values_list("pk", flat=True)[:2]) if value else []


def _reference(query: str) -> str:
    try:
        return read_reference(query, prefix="CMD")
    except NotAReference:
        return ""


def _by_card(query: str) -> list[int]:
    """The subscription behind the code of a gift's card, which names itself (CAD)."""
    if not query.strip().upper().startswith(PREFIX):
        return []
    try:
        code = read_reference(query, prefix=PREFIX)
    except NotAReference:
        return []
    found = Gift.objects.filter(code=code, subscription__isnull=False).values_list("subscription", flat=True)
    return [key for key in found if key is not None]


def _by_number(query: str) -> list[int]:
    try:
        key = read_subscriber_number(query)
    except NotAReference:
        return []
    return list(Subscription.objects.filter(pk=key).values_list("pk", flat=True))


def _at_stripe(user: Any, query: str) -> list[str]:
    """Stripe's own ids, which finance copies from its dashboard."""
    if query.startswith("evt_") and may(user, Right.EVENTS):
        return [link(user, "event", key) for key in _by(StripeEvent, "event_id", query)]
    column = {"pi": "stripe_intent", "ch": "stripe_charge", "py": "stripe_charge", "cs": "checkout_session"}.get(
        query.partition("_")[0]
    )
    if column and "_" in query:
        return [link(user, "payment", key) for key in _by(Payment, column, query)]
    return []


def _holding(wanted: list[str]) -> QuerySet[Customer]:
    """Readers whose line holds every word."""
    condition = Q()
    for word in wanted:
        condition &= Q(search__contains=word)
    return Customer.objects.filter(condition)


def _like(words_wanted: str) -> list[Customer]:
    """Readers whose line holds something like it, the likest first; the index finds them."""
    with transaction.atomic(), connection.cursor() as cursor:
        # The operator that the index knows has its threshold in a setting; for this transaction alone.
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(LIKENESS)])
        rows = Customer.objects.raw(
            "SELECT * FROM customers_customer WHERE search %%> %s"
            " ORDER BY word_similarity(%s, search) DESC, id DESC LIMIT 20",
            [words_wanted, words_wanted],
        )
        return list(rows)


def _people(user: Any, people: list[Customer]) -> Table:
    """Readers with what they hold; one query for all their subscriptions."""
    keys = [one.pk for one in people]
    held: dict[int, list[Subscription]] = {key: [] for key in keys}
    for row in of_people(keys).select_related("recipient__address").order_by("pk"):
        for key in {row.payer_id, row.recipient.customer_id} & held.keys():
            held[key].append(row)
    return Table(
        label=_("Readers"),
        columns=columns(_("Name"), _("E-mail"), _("Subscriber no."), _("Status"), _("Receives at"), "#" + _("Since")),
        rows=[
            (
                Cell(_name(one), link(user, "customer", one.pk)),
                Cell(one.email or ""),
                Cell(", ".join(str(row) for row in held[one.pk]), mono=True),
                chip(words.said(words.SUBSCRIPTION, held[one.pk][-1].state)) if held[one.pk] else Cell(""),
                Cell("; ".join(_where(row) for row in held[one.pk][-2:])),
                Cell(short_day(one.created_at), num=True),
            )
            for one in people
        ],
    )


def _where(row: Subscription) -> str:
    """Postcode and town; of a gift, whose they are."""
    place = f"{row.recipient.address.postcode} {row.recipient.address.town}"
    return _("gift to %(name)s, %(place)s") % {"name": row.recipient.name, "place": place} if row.is_gift else place


def _name(one: Customer) -> str:
    names = f"{one.last_name} {one.first_name}".strip()
    return ", ".join(part for part in (one.organisation, names) if part) or _("Reader no. %(key)s") % {"key": one.pk}


def _orders(user: Any, query: str) -> Table | None:
    """Orders of an e-mail that never became a reader: unpaid ones. None where it is no e-mail."""
    if "@" not in query or not may(user, Right.ORDERS):
        return None
    rows = Order.objects.filter(email=query.lower(), customer=None).select_related("offer").order_by("-pk")[:20]
    return Table(
        label=_("Orders without a reader"),
        title=_("Orders without a reader"),
        columns=columns(_("Reference"), "#" + _("Placed"), _("Status"), _("Offer"), "#" + _("Amount")),
        rows=[
            (
                Cell(row.reference, link(user, "order", row.pk), mono=True),
                Cell(stamp(row.placed_at), num=True),
                chip(words.said(words.ORDER, row.state)),
                Cell(row.offer.title),
                Cell(euros(row.amount), num=True),
            )
            for row in rows
        ],
    )
