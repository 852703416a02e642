"""One page per person: who they are, what they are owed, what they paid, and everything that happened, newest first."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.days import paris_day
from payments.models import DeskItem
from shop.backoffice import timeline, words
from shop.backoffice.contacts import contacts_of
from shop.backoffice.doors import desk, page
from shop.backoffice.happenings import Story, sources
from shop.backoffice.links import link
from shop.backoffice.menu import DESK_RIGHTS
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, Fact, Table, chip
from shop.customers.merging import doubles_of
from shop.customers.models import Customer
from shop.templatetags.french import euros, issue_number, short_day, stamp
from subscriptions.dates import LIVING
from subscriptions.models import Entitlement, LostMailbox, Order, Subscription

OPEN_COPIES = (Entitlement.State.OWED, Entitlement.State.ASSIGNED, Entitlement.State.HELD)


@desk(Right.PEOPLE)
def person(request: HttpRequest, key: int) -> HttpResponse:
    """The page of one reader."""
    one = get_object_or_404(Customer, pk=key)
    user, story = request.user, Story(one)
    query = request.GET.get("mots", "").strip()[:100]
    line = timeline.read(sources(user, story), before=request.GET.get("avant", ""))
    subscriptions = list(
        Subscription.objects.filter(pk__in=[number for number, _recipient in story.subscriptions])
        .select_related("offer", "recipient__address", "saved_method")
        .prefetch_related("terms", "terms__entitlements__issue")
        .order_by("-pk")
    )
    said = {
        "person": one,
        "name": one.full_name or _("Reader no. %(key)s") % {"key": one.pk},
        "facts": _facts(one, subscriptions),
        "subscriptions": _subscriptions(user, subscriptions),
        "orders": _orders(user, story) if may(user, Right.ORDERS) else None,
        "matters": _matters(user, story),
        "line": line,
        "older_url": f"?avant={line.older}" if line.older else None,
        "acts": [
            *acts_for(user, (Right.CONTACTS, _("Note a call or a letter"), "desk_act_contact", one.pk)),
            *acts_for(user, (Right.POST_ORDERS, _("Order by post or telephone"), "desk_act_order_for", one.pk)),
            *acts_for(user, (Right.ADDRESS, _("Correct the name"), "desk_act_name", one.pk)),
            *acts_for(user, (Right.ACT_FOR, _("Act for this reader"), "desk_act_for", one.pk)),
            *acts_for(user, (Right.EMAIL, _("Replace a lost e-mail address"), "desk_act_email", one.pk)),
            *_post_acts(user, one),
            *acts_for(user, (Right.MERGE, _("Merge with another record"), "desk_act_merge", one.pk)),
            *_address_acts(user, subscriptions),
            *_end_acts(user, subscriptions),
        ]
        if not (one.erased_on or one.merged_into_id)
        else [],
        "doubles": _doubles(user, one),
        "contacts": contacts_of(user, story, query=query) if may(user, Right.CONTACTS) else None,
        "contact_query": query,
    }
    return page(request, "backoffice/person.html", said)


def _facts(one: Customer, subscriptions: list[Subscription]) -> list[Fact]:
    addresses = {row.recipient_id: row.recipient for row in subscriptions}
    lost = set(LostMailbox.objects.filter(email=one.email or "", ended_at=None).values_list("kind", flat=True))
    reached = "post" if not one.email else "lost" if "dead" in lost else "complained" if lost else "email"
    return [
        Fact(_("Reader no."), one.pk),
        Fact(_("E-mail"), one.email or ""),
        Fact(
            _("Letters go"), words.said(words.REACHED, reached)["word"], chip=words.said(words.REACHED, reached)["tone"]
        ),
        Fact(_("Phone"), one.phone),
        Fact(_("Organisation"), one.organisation),
        *(Fact(_("Receives as"), row.name, lines=row.address.lines) for row in addresses.values()),
        Fact(_("Known since"), short_day(paris_day(one.created_at)) if one.created_at else ""),
        Fact(_("Last sign-in"), stamp(one.last_login)),
        Fact(
            _("Merged into"),
            _("reader no. %(key)s") % {"key": one.merged_into_id} if one.merged_into_id else "",
            reverse("desk_person", args=[one.merged_into_id]) if one.merged_into_id else "",
        ),
        Fact(_("Data erased on"), short_day(one.erased_on)),
        Fact(_("Came from"), f"{one.source} {one.foreign_ref}".strip() if one.source != "shop" else ""),
    ]


def _subscriptions(user: Any, subscriptions: list[Subscription]) -> Table:
    rows = []
    for row in subscriptions:
        terms = sorted(row.terms.all(), key=lambda term: term.number)
        copies = [copy for term in terms for copy in term.entitlements.all() if copy.state in OPEN_COPIES]
        here = link(user, "subscription", row.pk)
        coming = [issue_number(copy.issue.printed) for copy in copies if copy.issue]
        rows.append(
            (
                Cell(str(row), here, mono=True),
                chip(words.said(words.SUBSCRIPTION, row.state), here + "#pourquoi"),
                Cell(f"{row.offer.title}, {words.RENEWAL[row.renewal]}"),
                Cell(row.recipient.name),
                Cell(short_day(terms[-1].ends_on) if terms else "", num=True),
                Cell(len(copies), here + "#exemplaires", num=True),
                Cell(", ".join(coming)),
            )
        )
    return Table(
        label=_("Subscriptions"),
        title=_("Subscriptions"),
        columns=columns(
            _("No."), _("Status"), _("Offer"), _("Recipient"), "#" + _("Until"), "#" + _("Copies owed"), _("Issues")
        ),
        rows=rows,
        empty=_("No subscription yet."),
    )


def _orders(user: Any, story: Story) -> Table:
    rows = Order.objects.filter(pk__in=story.orders[:20]).select_related("offer").order_by("-pk")
    return Table(
        label=_("Orders"),
        title=_("Orders"),
        columns=columns(_("Reference"), "#" + _("Placed"), _("Status"), _("Offer"), "#" + _("Amount")),
        rows=[
            (
                Cell(row.reference, link(user, "order", row.pk), mono=True),
                Cell(stamp(row.placed_at), num=True),
                chip(words.said(words.ORDER, row.state), link(user, "order", row.pk) + "#pourquoi"),
                Cell(row.offer.title),
                Cell(euros(row.amount), num=True),
            )
            for row in rows
        ],
        empty=_("No order yet."),
    )


def _matters(user: Any, story: Story) -> list[dict[str, Any]]:
    """What still waits for somebody about this reader."""
    rows = DeskItem.objects.filter(subject__in=story.subjects, closed_at=None).order_by("pk")[:20]
    now = timezone.now()
    return [
        {
            "sentence": row.sentence,
            "days": (now - row.opened_at).days,
            "url": reverse("desk_item", args=[row.pk]) if may(user, DESK_RIGHTS[row.desk]) else "",
        }
        for row in rows
    ]


def _doubles(user: Any, one: Customer) -> list[dict[str, Any]]:
    """Other records that are likely the same reader, for those who may merge them."""
    if not may(user, Right.MERGE):
        return []
    return [
        {"name": two.full_name, "email": two.email or "", "url": reverse("desk_person", args=[two.pk])}
        for two in doubles_of(one)
    ]


def _address_acts(user: Any, subscriptions: list[Subscription]) -> list[ActLink]:
    """One act per recipient: a gift goes elsewhere than to its payer."""
    recipients = {row.recipient_id: row.recipient.name for row in subscriptions}
    return [
        found
        for key, name in recipients.items()
        for found in acts_for(
            user, (Right.ADDRESS, _("Correct the address of %(name)s") % {"name": name}, "desk_act_address", key)
        )
    ]


def _post_acts(user: Any, one: Customer) -> list[ActLink]:
    """Whoever wants no e-mail lives by post."""
    return acts_for(user, (Right.EMAIL, _("Write by post only"), "desk_act_by_post", one.pk)) if one.email else []


def _end_acts(user: Any, subscriptions: list[Subscription]) -> list[ActLink]:
    """Death, a move, an illness: one act per living subscription."""
    return [
        found
        for one in subscriptions
        if one.state in LIVING
        for found in acts_for(user, (Right.STOP, _("End %(number)s today") % {"number": one}, "desk_act_end", one.pk))
    ]
