"""The acts about a past issue that was sold and did not arrive: it is sent again, or its price goes back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, TwoSteps
from shop.backoffice.acts_refunds import sent
from shop.backoffice.roles import Right, may
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, issue_number
from subscriptions.losses.stock import free
from subscriptions.models import SoldIssue
from subscriptions.singles.giving_back import CannotTakeBack
from subscriptions.singles.giving_one_back import foresee, give_lost_back
from subscriptions.singles.replacing import replace_lost


class ReplaceSold(TwoSteps):
    """Owe an issue once more that was lost, damaged or not the right one."""

    name = "replace_sold"
    right = Right.CLAIMS
    title = gettext_lazy("Send a past issue again")
    button = gettext_lazy("Send it again")

    def load(self, request: HttpRequest, key: int) -> SoldIssue | None:
        self.to_order = may(request.user, Right.ORDERS)
        one = SoldIssue.objects.select_related("order__delivery", "issue").filter(pk=key).first()
        if one is not None and (one.state != SoldIssue.State.SERVED or SoldIssue.objects.filter(replaces=one).exists()):
            raise Impossible(_("It has not left yet, or is sent again already."))
        return one

    def preview(self, subject: SoldIssue, form: Any) -> Preview:
        return Preview(
            facts=[
                Fact(_("Order"), subject.order.reference, mono=True),
                Fact(_("Issue"), issue_number(subject.issue.printed)),
                Fact(_("Copies"), subject.copies),
                Fact(_("Free"), free([subject.issue_id])[subject.issue_id]),
            ],
            warning=_("It leaves with the next run out of the stock, free of charge, to this address."),
            label=subject.order.delivery.lines,
        )

    def do(self, subject: SoldIssue, form: Any, *, actor: Actor, at: datetime) -> Done:
        replace_lost(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        return Done(_("It is owed once more."))

    def back(self, subject: SoldIssue) -> str:
        return reverse("desk_order", args=[subject.order_id]) if self.to_order else reverse("desk_singles")

    def about(self, subject: SoldIssue) -> str:
        return subject.order.reference


class RefundSold(TwoSteps):
    """Give the price of one past issue back that did not arrive; the others of its order stay sold."""

    name = "refund_sold"
    right = Right.REFUND
    title = gettext_lazy("Give one past issue back")
    button = gettext_lazy("Give the money back")

    def load(self, request: HttpRequest, key: int) -> SoldIssue | None:
        one = SoldIssue.objects.select_related("order", "issue").filter(pk=key).first()
        if one is not None:
            try:
                foresee(one)
            except CannotTakeBack as trouble:
                raise Impossible(trouble.messages[0]) from None
        return one

    def preview(self, subject: SoldIssue, form: Any) -> Preview:
        seen = foresee(subject)
        way = words.METHOD.get(seen.payment.method_kind, seen.payment.method_kind)
        return Preview(
            facts=[
                Fact(_("Order"), subject.order.reference, mono=True),
                Fact(_("Issue"), issue_number(subject.issue.printed)),
                Fact(_("Copies"), subject.copies),
                Fact(_("Amount given back"), euros(seen.price)),
                Fact(_("To"), f"{way}, {seen.payment.reference}"),
                Fact(
                    _("Credit note"),
                    _("of %(amount)s on invoice %(number)s")
                    % {"amount": euros(seen.price), "number": seen.invoice.reference},
                ),
            ],
            warning=_("A refund cannot be called back. The reader is told once the money has left."),
        )

    def do(self, subject: SoldIssue, form: Any, *, actor: Actor, at: datetime) -> Done:
        refund = give_lost_back(subject.pk, reason=form.cleaned_data["reason"], actor=actor, at=at)
        if refund is None:
            return Done(_("The credit note is issued; the reader is asked for an IBAN."))
        return sent(refund, actor=actor, at=at)

    def back(self, subject: SoldIssue) -> str:
        return reverse("desk_order", args=[subject.order_id])

    def about(self, subject: SoldIssue) -> str:
        return subject.order.reference
