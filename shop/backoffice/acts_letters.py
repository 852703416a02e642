"""Acts about letters: send one again, or the one that carried an invoice; try a failed one; settle a doubt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.desk import record_act
from payments.models import Invoice
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.letter_pages import may_go_again
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.watch.bell import ring
from subscriptions.models import Notice
from subscriptions.notices.letters import LETTERS
from subscriptions.notices.recovering import send_again, settle_doubt


class ResendLetter(TwoSteps):
    """The same letter once more, written from the facts as they stand now, to the reader's address of today."""

    name = "resend_letter"
    right = Right.RESEND
    title = gettext_lazy("Send a letter again")
    button = gettext_lazy("Send it")

    def load(self, request: HttpRequest, key: int) -> Notice | None:
        one = Notice.objects.select_related("customer").filter(pk=key).first()
        if one is not None and not may_go_again(one):
            raise Impossible(_("This letter cannot be sent again: it opens an account, or it is still on its way."))
        return one

    def preview(self, subject: Notice, form: Any) -> Preview:
        return letter_preview(subject)

    def do(self, subject: Notice, form: Any, *, actor: Actor, at: datetime) -> Done:
        again(subject, reason=form.cleaned_data["reason"], actor=actor, at=at)
        if not to_email(subject):
            return Done(_("The letter waits among those to post."))
        return Done(_("The letter leaves now, to %(email)s.") % {"email": to_email(subject)})

    def back(self, subject: Notice) -> str:
        return reverse("desk_letter", args=[subject.pk])

    def about(self, subject: Notice) -> str:
        return _("letter “%(kind)s”") % {"kind": words.letter_kind(subject.kind)}


class RetryLetter(ResendLetter):
    """A letter that failed or came back, tried again."""

    name = "retry_letter"
    title = gettext_lazy("Try a letter again")
    button = gettext_lazy("Try again")

    def load(self, request: HttpRequest, key: int) -> Notice | None:
        one = super().load(request, key)
        if one is not None and one.state not in (Notice.State.FAILED, Notice.State.BOUNCED):
            raise Impossible(_("This letter did not fail."))
        return one


class ResendInvoice(TwoSteps):
    """The letter that carried an invoice or a credit note, with its PDF, once more."""

    name = "resend_invoice"
    right = Right.RESEND
    title = gettext_lazy("Send an invoice again")
    button = gettext_lazy("Send it")

    def load(self, request: HttpRequest, key: int) -> Invoice | None:
        one = Invoice.objects.filter(pk=key).first()
        if one is not None and carrier(one) is None:
            raise Impossible(_("No letter has carried this document yet."))
        return one

    def preview(self, subject: Invoice, form: Any) -> Preview:
        return letter_preview(_carrier(subject), Fact(_("Document"), subject.reference))

    def do(self, subject: Invoice, form: Any, *, actor: Actor, at: datetime) -> Done:
        letter = _carrier(subject)
        reason = form.cleaned_data["reason"]
        with transaction.atomic():
            record_act(
                "resent an invoice",
                subject=f"invoice:{subject.pk}",
                actor=actor,
                at=at,
                reason=reason,
                facts={"notice": letter.pk},
            )
            again(letter, reason=reason, actor=actor, at=at)
        said = {"number": subject.reference, "email": to_email(letter)}
        return Done(_("%(number)s leaves now, to %(email)s.") % said)

    def back(self, subject: Invoice) -> str:
        return reverse("desk_invoice", args=[subject.pk])

    def about(self, subject: Invoice) -> str:
        return subject.reference


class DoubtForm(ReasonForm):
    """What the mail provider's log says."""

    left = forms.ChoiceField(
        label=gettext_lazy("What does the mail provider's log say?"),
        choices=[
            ("yes", gettext_lazy("the letter left")),
            ("no", gettext_lazy("the letter did not leave: send it now")),
        ],
        widget=forms.RadioSelect,
    )
    field_order = ["left", "reason"]


class SettleDoubt(TwoSteps):
    """A person's word about a letter that may have left."""

    name = "settle_doubt"
    right = Right.RESEND
    title = gettext_lazy("Settle the doubt")
    button = gettext_lazy("Settle")
    form_class = DoubtForm

    def load(self, request: HttpRequest, key: int) -> Notice | None:
        one = Notice.objects.select_related("customer").filter(pk=key).first()
        if one is not None and one.state != Notice.State.DOUBTFUL:
            raise Impossible(_("There is no doubt about this letter."))
        return one

    def preview(self, subject: Notice, form: Any) -> Preview:
        left = form.cleaned_data["left"] == "yes"
        shown = letter_preview(subject)
        then = _("nothing more is sent") if left else _("the letter leaves now")
        return Preview([*shown.facts, Fact(_("What follows"), then)], "" if left else shown.warning)

    def do(self, subject: Notice, form: Any, *, actor: Actor, at: datetime) -> Done:
        left = form.cleaned_data["left"] == "yes"
        if not settle_doubt(subject.pk, left=left, actor=actor, reason=form.cleaned_data["reason"], at=at):
            raise Impossible(_("There is no doubt about this letter."))
        ring("letters")
        return Done(_("The letter counts as sent.") if left else _("The letter leaves now."))

    def back(self, subject: Notice) -> str:
        return reverse("desk_letter", args=[subject.pk])

    def about(self, subject: Notice) -> str:
        return _("letter “%(kind)s”") % {"kind": words.letter_kind(subject.kind)}


def to_email(letter: Notice) -> str:
    """Where it goes today: the reader's present address, else the one it had."""
    customer: Any = letter.customer
    return (customer.email if customer else "") or letter.to_email


def letter_preview(letter: Notice, *more: Fact) -> Preview:
    """What will leave, and to whom. Raises Impossible when there is nobody to write to."""
    if not to_email(letter) and not LETTERS[letter.kind].may_be_posted:
        raise Impossible(_("This reader has no e-mail address."))
    return Preview(
        facts=[
            *more,
            Fact(_("Letter"), words.letter_kind(letter.kind)),
            Fact(_("To"), letter.to_name),
            Fact(_("E-mail"), to_email(letter) or _("none: it waits among the letters to post")),
        ],
        warning=_("It is written anew from the facts as they stand now, with its documents."),
    )


@transaction.atomic
def again(letter: Notice, *, reason: str, actor: Actor, at: datetime) -> Notice:
    """Queue it once more and ring the post office."""
    queued = send_again(letter.pk, actor=actor, reason=reason, at=at, to_email=to_email(letter))
    transaction.on_commit(lambda: ring("letters"))
    return queued


def carrier(invoice: Invoice) -> Notice | None:
    """The first letter that carried this document: the confirmation for an invoice, the refund for a credit note."""
    matters = [f"order_confirmation:{invoice.subject}"]
    if invoice.kind == Invoice.Kind.CREDIT_NOTE:
        matters = [f"refund_sent:refund:{key}" for key in invoice.refunds.values_list("pk", flat=True)]
    return Notice.objects.select_related("customer").filter(matter__in=matters).order_by("pk").first()


def _carrier(invoice: Invoice) -> Notice:
    found = carrier(invoice)
    if found is None:
        raise Impossible(_("No letter has carried this document yet."))
    return found
