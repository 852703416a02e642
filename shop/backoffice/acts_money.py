"""Acts about money: refund an order in full, ask Stripe about a payment."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments import looking_up, refunds
from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.gateway import GatewayFault, NotConfigured, Unknown
from payments.invoicing.issuing import left_of, standing_invoice
from payments.mirroring import duplicates, taking_over
from payments.models import MirrorCharge, Payment, Refund
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, TwoSteps
from shop.backoffice.acts_refunds import sent
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, issue_number
from subscriptions.models import Entitlement, Order, SoldIssue, Term
from subscriptions.refunding import refund_in_full, still_runs
from subscriptions.singles.moving import UNSENT
from subscriptions.singles.selling import is_single
from subscriptions.stopping.reading import contract_of
from subscriptions.stopping.unserved import can_go_back

TAKEN_BACK = (Entitlement.State.OWED, Entitlement.State.HELD)


class RefundOrder(TwoSteps):
    """Give an order back whole: credit note, copies taken back, money sent the way it came."""

    name = "refund"
    right = Right.REFUND
    title = gettext_lazy("Refund in full")
    button = gettext_lazy("Give the money back")

    def load(self, request: HttpRequest, key: int) -> Order | None:
        return Order.objects.select_related("customer", "offer").filter(pk=key).first()

    def preview(self, subject: Order, form: Any) -> Preview:
        payment = Payment.objects.filter(subject=subject.subject, state=Payment.State.SUCCEEDED, surplus=False).first()
        invoice = standing_invoice(payment.pk) if payment else None
        if payment is None or invoice is None or subject.state != Order.State.PAID:
            raise Impossible(_("This order is not paid: there is nothing to refund."))
        left = left_of(invoice)
        if not left:
            raise Impossible(_("This order is already refunded."))
        if is_single(subject):
            return self._of_singles(subject, payment, invoice.reference, left=left)
        term = Term.objects.select_related("subscription").get(order=subject)
        copies = contract_of(subscription=term.subscription_id).of_term(term)  # of a gift that goes on elsewhere: there
        back = [copy for copy in copies if copy.state in TAKEN_BACK]
        served = [copy for copy in copies if copy.state == Entitlement.State.SERVED]
        issues = ", ".join(issue_number(copy.issue.printed) for copy in back if copy.issue)
        way = words.METHOD.get(payment.method_kind, payment.method_kind)
        by_transfer = not can_go_back(payment, on=paris_day(timezone.now()))
        return Preview(
            facts=[
                Fact(_("Amount given back"), euros(left)),
                Fact(_("To"), _("by transfer") if by_transfer else f"{way}, {payment.reference}"),
                Fact(_("Reader"), f"{subject.first_name} {subject.last_name}".strip() or subject.organisation),
                Fact(
                    _("Credit note"),
                    _("of %(amount)s on invoice %(number)s") % {"amount": euros(left), "number": invoice.reference},
                ),
                Fact(
                    _("Copies taken back"),
                    ngettext("%(count)s copy", "%(count)s copies", len(back)) % {"count": len(back)},
                    lines=[issues] if issues else (),
                ),
                Fact(_("Copies already served"), len(served)),
                Fact(
                    _("Subscription"),
                    _("the subscription goes on")
                    if still_runs(term.subscription, but=term, on=paris_day(timezone.now()))
                    else _("%(number)s ends today") % {"number": term.subscription},
                ),
            ],
            warning=_("Stripe can no longer give this payment back: the reader is asked for an IBAN by letter.")
            if by_transfer
            else _("A refund cannot be called back. The reader is told once the money has left."),
        )

    @staticmethod
    def _of_singles(order: Order, payment: Payment, invoice: str, *, left: Decimal) -> Preview:
        """The same of an order of past issues: what has left is given back too, and stays with the reader."""
        lines = list(SoldIssue.objects.filter(order=order, replaces=None).select_related("issue"))
        if any(line.state == SoldIssue.State.ASSIGNED for line in lines):
            raise Impossible(_("A copy is in a mailing file that is not posted yet. Refund the order once it is."))
        said = [f"{issue_number(line.issue.printed)} × {line.copies}" for line in lines if line.state in UNSENT]
        return Preview(
            facts=[
                Fact(_("Amount given back"), euros(left)),
                Fact(_("To"), f"{words.METHOD.get(payment.method_kind, payment.method_kind)}, {payment.reference}"),
                Fact(_("Reader"), f"{order.first_name} {order.last_name}".strip() or order.organisation),
                Fact(
                    _("Credit note"),
                    _("of %(amount)s on invoice %(number)s") % {"amount": euros(left), "number": invoice},
                ),
                Fact(_("Copies taken back"), ", ".join(said)),
                Fact(
                    _("Copies already served"),
                    sum(line.copies for line in lines if line.state == SoldIssue.State.SERVED),
                ),
            ],
            warning=_("A refund cannot be called back. The reader is told once the money has left."),
        )

    def do(self, subject: Order, form: Any, *, actor: Actor, at: datetime) -> Done:
        refund = refund_in_full(subject, reason=form.cleaned_data["reason"], actor=actor, at=at)
        if refund is None:
            return Done(_("The credit note is issued; the reader is asked for an IBAN."))
        return sent(refund, actor=actor, at=at)

    def back(self, subject: Order) -> str:
        return reverse("desk_order", args=[subject.pk])

    def about(self, subject: Order) -> str:
        return _("order %(reference)s") % {"reference": subject.reference}


class GiveDuplicateBack(TwoSteps):
    """Give back what is left of a payment that pays for nothing: its own refund was refused."""

    name = "give_duplicate_back"
    right = Right.REFUND
    title = gettext_lazy("Give a duplicate back")
    button = gettext_lazy("Give the money back")

    def load(self, request: HttpRequest, key: int) -> Payment | None:
        return Payment.objects.select_related("customer").filter(pk=key).first()

    def preview(self, subject: Payment, form: Any) -> Preview:
        rest = duplicates.left_to_give_back(subject)
        if not subject.surplus:
            raise Impossible(_("This payment is no surplus: what it pays for is refunded with its order."))
        if rest.amount <= 0:
            raise Impossible(_("All of it is given back, or on its way."))
        return Preview(
            facts=[
                Fact(_("Amount given back"), euros(rest)),
                Fact(_("To"), f"{words.METHOD.get(subject.method_kind, subject.method_kind)}, {subject.reference}"),
                Fact(_("Pays for"), words.subject(subject.subject)),
            ],
            warning=_("A refund cannot be called back. The reader is told once the money has left."),
        )

    def do(self, subject: Payment, form: Any, *, actor: Actor, at: datetime) -> Done:
        try:
            refund = duplicates.give_back_rest(subject.pk, reason=form.cleaned_data["reason"], actor=actor, at=at)
        except refunds.NothingToRefund:
            raise Impossible(_("All of it is given back, or on its way.")) from None
        return sent(refund, actor=actor, at=at)

    def back(self, subject: Payment) -> str:
        return reverse("desk_mirror")

    def about(self, subject: Payment) -> str:
        return _("payment %(reference)s") % {"reference": subject.reference}


class TakeOver(TwoSteps):
    """Take over a second charge that only Stripe knows: it becomes a surplus payment, and goes back."""

    name = "take_over"
    right = Right.REFUND
    title = gettext_lazy("Give a second charge back")
    button = gettext_lazy("Give the money back")

    def load(self, request: HttpRequest, key: int) -> MirrorCharge | None:
        return MirrorCharge.objects.select_related("payment").filter(pk=key).first()

    def preview(self, subject: MirrorCharge, form: Any) -> Preview:
        first = self._paid_before(subject)
        return Preview(
            facts=[
                Fact(_("Amount given back"), euros(subject.amount)),
                Fact(_("Charge"), subject.stripe_charge, mono=True),
                Fact(_("Paid before by"), first.reference),
                Fact(_("Pays for"), words.subject(first.subject)),
            ],
            warning=_("It is written into the books as money that pays for nothing, and given back the way it came."),
        )

    def do(self, subject: MirrorCharge, form: Any, *, actor: Actor, at: datetime) -> Done:
        self._paid_before(subject)
        try:
            payment = taking_over.take_over(subject, reason=form.cleaned_data["reason"], actor=actor, at=at)
        except GatewayFault:
            return Done(_("Stripe does not answer: nothing has changed. Please try again in a minute."), doubt=True)
        except taking_over.NotASecondCharge:
            raise Impossible(_("This charge is in the books already: nothing is to be given back here.")) from None
        return sent(Refund.objects.get(payment=payment), actor=actor, at=at)

    def back(self, subject: MirrorCharge) -> str:
        return reverse("desk_mirror")

    def about(self, subject: MirrorCharge) -> str:
        return _("charge %(key)s") % {"key": subject.stripe_charge}

    def _paid_before(self, subject: MirrorCharge) -> Payment:
        try:
            return taking_over.first_payment(subject)
        except taking_over.NotASecondCharge:
            raise Impossible(_("This charge is in the books already: nothing is to be given back here.")) from None


class AskStripe(TwoSteps):
    """Ask Stripe what became of a payment, and believe it."""

    name = "look_up"
    right = Right.LOOK_UP
    title = gettext_lazy("Ask Stripe again")
    button = gettext_lazy("Ask Stripe")

    def load(self, request: HttpRequest, key: int) -> Payment | None:
        return Payment.objects.select_related("payer_account").filter(pk=key).first()

    def preview(self, subject: Payment, form: Any) -> Preview:
        if subject.called_at is None:
            raise Impossible(_("Stripe was never asked for this payment: it knows nothing of it."))
        return Preview(
            facts=[
                Fact(_("Payment"), subject.reference),
                Fact(_("Amount"), euros(subject.amount)),
                Fact(_("Status now"), words.said(words.PAYMENT, subject.state)["word"]),
            ],
            warning=_("If Stripe has news, the payment and all that hangs on it follow at once."),
        )

    def do(self, subject: Payment, form: Any, *, actor: Actor, at: datetime) -> Done:
        before = subject.state
        record_act(
            "asked Stripe", subject=f"payment:{subject.pk}", actor=actor, at=at, reason=form.cleaned_data["reason"]
        )
        try:
            looking_up.look_up(subject, actor=actor, at=at)
        except Unknown:
            return Done(_("Stripe does not answer: nothing has changed. The sweep goes on asking."), doubt=True)
        except NotConfigured:
            return Done(_("Stripe does not accept our key: nothing has changed. Tell the technique desk."), doubt=True)
        except GatewayFault:
            return Done(_("Stripe could not say: nothing has changed."), doubt=True)
        after = words.said(words.PAYMENT, subject.state)["word"]
        if subject.state == before:
            return Done(_("Stripe says the same: %(state)s.") % {"state": after})
        return Done(_("Stripe had news: the payment is now %(state)s.") % {"state": after})

    def back(self, subject: Payment) -> str:
        return reverse("desk_payment", args=[subject.pk])

    def about(self, subject: Payment) -> str:
        return _("payment %(reference)s") % {"reference": subject.reference}
