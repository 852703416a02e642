"""What mail providers told of letters: each piece of news with what it led to, and what was only counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from shop.backoffice import words
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.paging import paged
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table, chip
from shop.templatetags.french import stamp
from subscriptions.models import MailEvent, MailEventCount


@desk(Right.LETTERS)
def returns(request: HttpRequest) -> HttpResponse:
    """The inbox of returns, newest first, and the knocks that stored nothing."""
    found = paged(request, MailEvent.objects.select_related("notice"))
    said = {
        "title": _("Returns of e-mails"),
        "tables": [_counted(), _heard(request.user, found.rows)],
        "acts": [],
        "page": found,
    }
    return page(request, "backoffice/post.html", said)


def _heard(user: Any, rows: Sequence[MailEvent]) -> Table:
    return Table(
        label=_("Told"),
        title=_("Told"),
        columns=columns(
            _("What"), "#" + _("Received"), _("By"), _("Status"), _("Letter"), _("To"), _("Details"), _("Why")
        ),
        rows=[
            (
                chip(words.said(words.RETURN, one.kind)),
                Cell(stamp(one.received_at), num=True),
                Cell(one.provider, mono=True),
                chip(words.said(words.EVENT, one.state)),
                Cell(words.letter_kind(one.notice.kind) if one.notice else "", link(user, "notice", one.notice_id)),
                Cell(one.notice.to_name if one.notice else ""),
                Cell(one.detail),
                Cell(reason(one.reason)),
            )
            for one in rows
        ],
        empty=_("Nothing has come back."),
    )


def _counted() -> Table:
    rows = MailEventCount.objects.values("provider", "what").annotate(times=Sum("count")).order_by("provider", "what")
    return Table(
        label=_("Stored nothing"),
        title=_("Stored nothing"),
        columns=columns(_("By"), _("What"), "#" + _("Times")),
        rows=[
            (
                Cell(row["provider"], mono=True),
                chip(words.said(words.KNOCK, row["what"])),
                Cell(row["times"], num=True),
            )
            for row in rows
        ],
        empty=_("No knock was forged, repeated or unreadable."),
    )
