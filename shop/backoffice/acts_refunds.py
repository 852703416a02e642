"""Giving part of a term back: copies or an amount, for a reason of the list, up to what one's role may give."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments import refunds
from payments.actors import Actor
from payments.days import paris_day
from payments.gateway import GatewayFault
from payments.models import Refund, RefundLimit
from payments.money import parse_french
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.roles import Right, Role, may
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, issue_number
from subscriptions.giving_part import Part, Why, give_part_back, part_of
from subscriptions.models import Term
from subscriptions.stopping.reading import contract_of
from subscriptions.stopping.unserved import can_go_back

WHY = {
    Why.MISSING: gettext_lazy("a copy did not arrive"),
    Why.DAMAGED: gettext_lazy("a copy was damaged"),
    Why.LATE: gettext_lazy("an issue came out late"),
    Why.PRICE: gettext_lazy("the price was wrong"),
    Why.DOUBLE: gettext_lazy("the reader was subscribed twice"),
    Why.SHORTER: gettext_lazy("the reader wants fewer copies"),
    Why.GOODWILL: gettext_lazy("goodwill"),
}


class PartForm(ReasonForm):
    """So many copies, or an amount: one of the two; why, from the list; and the colleague's own words."""

    copies = forms.IntegerField(
        label=gettext_lazy("Copies"),
        min_value=1,
        max_value=60,
        required=False,
        help_text=gettext_lazy("Taken from the end of the term: they will not be sent. The amount is computed."),
    )
    amount = forms.CharField(
        label=gettext_lazy("Or an amount"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Incl. VAT, like 6,90. Every copy still comes."),
    )
    why = forms.ChoiceField(
        label=gettext_lazy("Why"),
        choices=list(WHY.items()),
        widget=forms.RadioSelect,
        help_text=gettext_lazy("This stands on the credit note."),
        error_messages={"required": gettext_lazy("Please choose why.")},
    )
    field_order = ["copies", "amount", "why", "reason"]

    def clean_amount(self) -> Decimal | None:
        typed = self.cleaned_data["amount"]
        return parse_french(typed).amount if typed.strip() else None

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not self.errors and bool(typed.get("copies")) == (typed.get("amount") is not None):
            raise ValidationError(_("Please give a number of copies or an amount, one of the two."))
        return typed


class RefundPart(TwoSteps):
    """Give part of what was paid for a term back."""

    name = "refund_part"
    right = Right.REFUND_PART
    title = gettext_lazy("Refund in part")
    button = gettext_lazy("Give the money back")
    form_class = PartForm
    limit: Decimal | None = Decimal("0.00")
    left: Decimal = Decimal("0.00")

    def load(self, request: HttpRequest, key: int) -> Term | None:
        self.limit = limit_of(request.user)
        return Term.objects.select_related("subscription__payer", "order").filter(pk=key).first()

    def preview(self, subject: Term, form: Any) -> Preview:
        part = self._part(subject, form)
        self.left = part.left_before
        by_transfer = not can_go_back(part.payment, on=paris_day(timezone.now()))
        way = words.METHOD.get(part.payment.method_kind, part.payment.method_kind)
        warning = (
            _("Stripe can no longer give this payment back: the reader is asked for an IBAN by letter.")
            if by_transfer
            else _("A refund cannot be called back. The reader is told once the money has left.")
        )
        return Preview(
            facts=[
                Fact(_("Amount given back"), euros(part.ttc)),
                Fact(_("Excl. VAT"), euros(part.ht)),
                Fact(_("VAT"), euros(part.vat)),
                Fact(_("To"), _("by transfer") if by_transfer else f"{way}, {part.payment.reference}"),
                Fact(_("Credit note"), _("on invoice %(number)s") % {"number": part.invoice.reference}),
                Fact(_("On the credit note"), str(Why(form.cleaned_data["why"]).label)),
                Fact(_("Copies taken back"), _copies(part)),
                Fact(_("Can still be refunded afterwards"), euros(part.left_after)),
            ],
            warning=warning,
        )

    def do(self, subject: Term, form: Any, *, actor: Actor, at: datetime) -> Done:
        refund = give_part_back(
            subject.pk,
            left_shown=self.left,
            copies=form.cleaned_data["copies"] or 0,
            amount=form.cleaned_data["amount"],
            limit=self.limit,
            why=form.cleaned_data["why"],
            words=form.cleaned_data["reason"],
            actor=actor,
            at=at,
        )
        if refund is None:
            return Done(_("The credit note is issued; the reader is asked for an IBAN."))
        return sent(refund, actor=actor, at=at)

    def back(self, subject: Term) -> str:
        return reverse("desk_subscription", args=[subject.subscription_id])

    def about(self, subject: Term) -> str:
        said = {"term": subject.number, "number": subject.subscription}
        return _("term %(term)s of subscription %(number)s") % said

    def _part(self, subject: Term, form: Any) -> Part:
        contract = contract_of(subscription=subject.subscription_id)
        term = next(one for one in contract.terms if one.pk == subject.pk)
        try:
            return part_of(
                contract,
                term,
                copies=form.cleaned_data["copies"] or 0,
                amount=form.cleaned_data["amount"],
                limit=self.limit,
            )
        except ValidationError as trouble:
            raise Impossible(trouble.messages[0]) from trouble


def limit_of(user: Any) -> Decimal | None:
    """The most that somebody may give back of one payment in parts; None for finance. One query."""
    if may(user, Right.REFUND):
        return None
    today = paris_day(timezone.now())
    row = RefundLimit.objects.filter(role=Role.SUPPORT, valid_from__lte=today).order_by("-valid_from").first()
    return row.amount.amount if row else Decimal("0.00")


def sent(refund: Refund, *, actor: Actor, at: datetime) -> Done:
    """Ask Stripe for a refund that was just written down, and say what came of it. Network, after the commit."""
    said = {"reference": refund.reference, "amount": euros(refund.amount)}
    try:
        done = refunds.send(refund.pk, actor=actor, at=at)
    except GatewayFault:
        waits = _(
            "Refund %(reference)s of %(amount)s is written down; Stripe did not answer and is asked again by itself."
        )
        return Done(waits % said, doubt=True)
    if done.state == Refund.State.SUCCEEDED:
        return Done(_("Refund %(reference)s of %(amount)s has left.") % said)
    if done.state == Refund.State.FAILED:
        return Done(_("Refund %(reference)s was refused by Stripe: it is on the finance desk.") % said, doubt=True)
    return Done(_("Refund %(reference)s of %(amount)s is on its way.") % said)


def _copies(part: Part) -> str:
    if not part.copies:
        return _("none: every copy still comes")
    numbers = ", ".join(issue_number(copy.issue.printed) for copy in part.copies if copy.issue)
    count = ngettext("%(count)s copy", "%(count)s copies", len(part.copies)) % {"count": len(part.copies)}
    return f"{count} ({numbers})" if numbers else count
