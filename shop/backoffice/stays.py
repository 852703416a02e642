"""The temporary addresses of whoever receives a subscription, on its page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from shop.backoffice import words
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table
from shop.templatetags.french import issue_number, short_day
from subscriptions.models import Subscription, TemporaryAddress
from subscriptions.staying import issues_of

_DAY = timedelta(days=1)


def stays_of(user: Any, one: Subscription, *, on: date) -> list[Table]:
    """Each with its days, the issues that go there, and how to end it; no table where there was never one."""
    rows = list(
        TemporaryAddress.objects.filter(recipient=one.recipient_id).select_related("address", "end").order_by("-pk")
    )
    if not rows:
        return []
    names = words.names_of_staff(row.actor for row in rows)
    going = issues_of([row for row in rows if row.until > max(on, row.from_on)], one.recipient, on=on)
    ends = may(user, Right.ADDRESS)

    def last(row: TemporaryAddress) -> Cell:
        if row.until > max(on, row.from_on) and not hasattr(row, "end") and ends:
            return Cell(_("End it today"), reverse("desk_act_end_stay", args=[row.pk]))
        return Cell(_("ended early") if hasattr(row, "end") else "" if row.until > on else _("over"))

    return [
        Table(
            label=_("Temporary addresses"),
            title=_("Temporary addresses"),
            columns=columns(
                "#" + _("First day"),
                "#" + _("Last day"),
                _("Address"),
                _("Issues that go there"),
                _("Who"),
                _("Why"),
                _("Status"),
            ),
            rows=[
                (
                    Cell(short_day(row.from_on), num=True),
                    Cell(short_day(row.until - _DAY) if row.until > row.from_on else "—", num=True),
                    Cell(", ".join(row.address.lines)),
                    Cell(", ".join(issue_number(issue.printed) for issue in going.get(row.pk, []))),
                    Cell(words.who(row.actor, names)),
                    Cell(reason(row.reason)),
                    last(row),
                )
                for row in rows
            ],
        )
    ]
