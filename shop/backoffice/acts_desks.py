"""Acts at the desks themselves: take a matter in hand, close it with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.desk import record_act, take_off_desk
from payments.models import DeskItem
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, TwoSteps
from shop.backoffice.doors import Missing
from shop.backoffice.items import owner_name
from shop.backoffice.menu import DESK_LABELS, DESK_RIGHTS
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right, may
from shop.backoffice.tables import Fact
from shop.templatetags.french import stamp


class OnDesk(TwoSteps):
    """What acts on a matter have in common: it is open, and on a desk where this person works."""

    right = Right.HOME

    def load(self, request: HttpRequest, key: int) -> DeskItem | None:
        one = DeskItem.objects.select_related("owner").filter(pk=key).first()
        if one is not None and not may(request.user, DESK_RIGHTS[one.desk]):
            raise Missing(DESK_RIGHTS[one.desk])
        if one is not None and one.closed_at is not None:
            raise Impossible(_("This matter is closed already: %(reason)s") % {"reason": reason(one.closed_because)})
        return one

    def preview(self, subject: DeskItem, form: Any) -> Preview:
        return Preview(
            facts=[
                Fact(_("Desk"), DESK_LABELS[subject.desk]),
                Fact(_("What"), words.matter(subject.sentence)),
                Fact(_("Since"), stamp(subject.opened_at)),
                Fact(_("Owner"), owner_name(subject) or _("nobody yet")),
            ]
        )

    def back(self, subject: DeskItem) -> str:
        return reverse("desk_item", args=[subject.pk])

    def about(self, subject: DeskItem) -> str:
        return _("matter no. %(key)s") % {"key": subject.pk}


class TakeItem(OnDesk):
    """Mine from now on."""

    name = "take"
    title = gettext_lazy("Take it in hand")
    button = gettext_lazy("Take it")

    @transaction.atomic
    def do(self, subject: DeskItem, form: Any, *, actor: Actor, at: datetime) -> Done:
        mine = DeskItem.objects.filter(pk=subject.pk, owner=subject.owner_id, closed_at=None)
        if not mine.update(owner_id=int(actor.name)):
            raise Impossible(_("A colleague was faster: look at the matter again."))
        record_act(
            "took a desk item",
            subject=f"desk:{subject.pk}",
            actor=actor,
            at=at,
            reason=form.cleaned_data["reason"],
            facts={"owner_before": subject.owner_id},
        )
        return Done(_("The matter is yours."))


class CloseItem(OnDesk):
    """Explained, or put right."""

    name = "close"
    title = gettext_lazy("Close it")
    button = gettext_lazy("Close the matter")

    @transaction.atomic
    def do(self, subject: DeskItem, form: Any, *, actor: Actor, at: datetime) -> Done:
        reason = form.cleaned_data["reason"]
        if not take_off_desk(kind=subject.kind, subject=subject.subject, because=reason, actor=actor, at=at):
            raise Impossible(_("A colleague was faster: look at the matter again."))
        record_act("closed a desk item", subject=f"desk:{subject.pk}", actor=actor, at=at, reason=reason)
        return Done(_("The matter is closed."))
