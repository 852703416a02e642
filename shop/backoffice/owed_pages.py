"""The copies behind a number of what is still to be served: of one issue, each with its value and its subscription."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.backoffice import words
from shop.backoffice.doors import desk
from shop.backoffice.finance_parts import home_crumb
from shop.backoffice.links import link
from shop.backoffice.lists import show as show_list
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, chip
from shop.templatetags.french import euros, issue_number
from subscriptions.deferred import unsent, unserved
from subscriptions.models import Entitlement, Issue


@desk(Right.LEDGER)
def owed(request: HttpRequest, key: int) -> HttpResponse:
    """Copies of subscriptions that are still to be served with one issue; 0 for those that are not planned yet."""
    issue = get_object_or_404(Issue, pk=key) if key else None
    name = issue_number(issue.printed) if issue else _("not planned yet")
    sold = unsent().filter(issue=issue).count() if issue else 0

    def row(one: Entitlement) -> Sequence[Cell]:
        here = link(request.user, "subscription", one.term.subscription_id)
        return (
            Cell(str(one.term.subscription), here, mono=True, tight=True),
            Cell(one.term.subscription.recipient.name, here),
            Cell(one.term.number, num=True),
            Cell(one.rank, num=True),
            chip(words.said(words.COPY, one.state)),
            Cell(euros(one.value_ht), here, num=True),
        )

    return show_list(
        request,
        title=_("Still to be served: %(issue)s") % {"issue": name},
        rows=unserved().filter(issue=issue).select_related("term__subscription__recipient"),
        columns=columns(
            _("Subscription"), _("Recipient"), "#" + _("Term"), "#" + _("Copy"), _("Status"), "#" + _("Value excl. VAT")
        ),
        row=row,
        order="pk",
        facts={
            "crumbs": home_crumb(),
            "note": ngettext(
                "Beside these, one order of past issues waits for it.",
                "Beside these, %(n)s orders of past issues wait for it.",
                sold,
            )
            % {"n": sold}
            if sold
            else "",
            "acts": [ActLink(_("Past issues sold"), reverse("desk_singles"))] if sold else [],
        },
    )  # fmt: skip
