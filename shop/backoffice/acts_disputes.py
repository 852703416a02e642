"""Acts about disputes: take one in hand, freeze its evidence, submit it for good, accept that the holder is right."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.actors import Actor
from payments.answering import sending
from payments.answering.packaging import CannotFreeze, source_of
from payments.answering.standing import why_not
from payments.answering.taking import take
from payments.disputing import REASONS
from payments.gateway import GatewayFault
from payments.models import Dispute, DisputeAnswer, DisputePackage
from payments.typesetting import NotSet
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.dispute_pages import RELATED, owner_of
from shop.backoffice.money_tables import name_of
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Fact, Table
from shop.templatetags.french import euros, stamp
from subscriptions.answering.making import freeze_evidence

State = DisputeAnswer.State


class _OnDispute(TwoSteps):
    """What acts on one dispute have in common: it still waits for an answer."""

    right = Right.DISPUTES

    def load(self, request: HttpRequest, key: int) -> Dispute | None:
        one = Dispute.objects.select_related(*RELATED).filter(pk=key).first()
        if one is not None and (because := self.impossible(one)):
            raise Impossible(because)
        return one

    def impossible(self, one: Dispute) -> str:
        """Why it cannot be done; "" where it can."""
        return why_not(one, at=timezone.now())

    def facts(self, one: Dispute) -> list[Fact]:
        """What it is about."""
        return [
            Fact(_("Payment"), one.payment.reference),
            Fact(_("Reader"), name_of(one.payment.customer)),
            Fact(_("Amount"), euros(one.amount)),
            Fact(_("Reason"), REASONS.get(one.reason, one.reason)),
            Fact(_("Answer by"), stamp(one.respond_by)),
            Fact(_("Owner"), owner_of(one) or _("nobody yet")),
        ]

    def preview(self, subject: Dispute, form: Any) -> Preview:
        return Preview(facts=self.facts(subject))

    def back(self, subject: Dispute) -> str:
        return reverse("desk_dispute", args=[subject.pk])

    def about(self, subject: Dispute) -> str:
        return _("dispute no. %(key)s") % {"key": subject.pk}


class TakeDispute(_OnDispute):
    """Mine from now on, with what stands on the desk about it."""

    name = "take_dispute"
    title = gettext_lazy("Take it in hand")
    button = gettext_lazy("Take it")

    def impossible(self, one: Dispute) -> str:
        return "" if one.state == Dispute.State.OPEN else why_not(one, at=timezone.now())

    def do(self, subject: Dispute, form: Any, *, actor: Actor, at: datetime) -> Done:
        take(subject.pk, by=int(actor.name), reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(_("The dispute is yours."))


class FreezeEvidence(_OnDispute):
    """Keep what could be shown to the bank, as of now, as one PDF."""

    name = "freeze_evidence"
    title = gettext_lazy("Freeze the evidence")
    button = gettext_lazy("Freeze it")

    def preview(self, subject: Dispute, form: Any) -> Preview:
        warning = _("Nothing is sent yet. The package is kept for good; if something changes, freeze another one.")
        return Preview(facts=self.facts(subject), warning=warning)

    def do(self, subject: Dispute, form: Any, *, actor: Actor, at: datetime) -> Done:
        try:
            made = freeze_evidence(subject, reason=form.cleaned_data["reason"], actor=actor, at=at)
        except NotSet:
            raise CannotFreeze(_("The document cannot be set: technique is to look at it.")) from None
        said = ngettext(
            "Package no. %(number)s is frozen: %(pages)s page. Read it, then submit it.",
            "Package no. %(number)s is frozen: %(pages)s pages. Read it, then submit it.",
            made.pages,
        )
        return Done(said % {"number": made.number, "pages": made.pages})


class SubmitForm(ReasonForm):
    """A reason, and that somebody has read what the bank will read."""

    seen = forms.BooleanField(
        label=gettext_lazy("I have read the PDF from its first page to its last, and nobody else’s data stand in it"),
        error_messages={"required": gettext_lazy("Read it first: nothing can be added once it is sent.")},
    )
    field_order = ["seen", "reason"]


class SubmitEvidence(_OnDispute):
    """The bank gets the last package. Final."""

    name = "submit_evidence"
    title = gettext_lazy("Contest: submit the last package")
    button = gettext_lazy("Submit it to the bank, for good")
    form_class = SubmitForm

    def impossible(self, one: Dispute) -> str:
        because = super().impossible(one)
        return because or ("" if one.packages.exists() else _("Freeze the evidence first."))

    def preview(self, subject: Dispute, form: Any) -> Preview:
        package = _last(subject)
        names = words.names_of_staff([package.actor])
        texts = source_of(package)["texts"]
        return Preview(
            facts=[
                *self.facts(subject),
                Fact(
                    _("Package"),
                    _("no. %(key)s") % {"key": package.number},
                    reverse("desk_dispute_package", args=[package.pk]),
                ),
                Fact(_("Frozen"), stamp(package.at)),
                Fact(_("Frozen by"), words.who(package.actor, names)),
                Fact(_("Pages"), package.pages),
                Fact(_("Hash"), package.document_id, mono=True),
            ],
            tables=[
                Table(
                    label=_("What goes beside the PDF"),
                    title=_("What goes beside the PDF"),
                    columns=columns(_("Field"), _("Text")),
                    rows=[(Cell(name, mono=True), Cell(text)) for name, text in sorted(texts.items())],
                )
            ],
            warning=_("FINAL: the bank gets this and nothing else; nothing can be added, changed or taken back."),
        )

    def do(self, subject: Dispute, form: Any, *, actor: Actor, at: datetime) -> Done:
        answer = sending.answer(_last(subject), reason=form.cleaned_data["reason"], actor=actor, at=at)
        return _given(answer, actor=actor, at=at)


class AcceptDispute(_OnDispute):
    """The holder is right: the dispute is lost, the year is undone."""

    name = "accept_dispute"
    title = gettext_lazy("Accept the dispute")
    button = gettext_lazy("Accept it: the money is lost")

    def preview(self, subject: Dispute, form: Any) -> Preview:
        return Preview(
            facts=self.facts(subject),
            warning=_(
                "FINAL: the bank keeps the money. What was not sent is credited, what was sent is a loss; the subscription ends "
                "unless another year runs, and the reader is told."
            ),
        )

    def do(self, subject: Dispute, form: Any, *, actor: Actor, at: datetime) -> Done:
        answer = sending.accept(subject.pk, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return _given(answer, actor=actor, at=at)


def _last(one: Dispute) -> DisputePackage:
    return one.packages.latest("pk")


def _given(answer: DisputeAnswer, *, actor: Actor, at: datetime) -> Done:
    """Give an answer that was just written down to Stripe, and say what came of it. Network, after the commit."""
    said = {"reference": answer.reference}
    try:
        done = sending.send(answer.pk, actor=actor, at=at)
    except GatewayFault:
        waits = _("Answer %(reference)s is written down; Stripe did not answer and is asked again by itself.")
        return Done(waits % said, doubt=True)
    if done.state == State.SENT:
        return Done(_("Answer %(reference)s is with the bank.") % said)
    if done.state == State.FAILED:
        refused = _("Stripe refused answer %(reference)s (%(code)s): it is on the finance desk.")
        return Done(refused % {**said, "code": done.failure}, doubt=True)
    return Done(
        _("Stripe did not say whether it has answer %(reference)s: it is looked up by itself.") % said, doubt=True
    )
