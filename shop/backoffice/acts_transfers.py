"""Acts about refunds by transfer: begin one, write its account down, approve, make the file, mark it sent or come back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_variables

from payments.actors import Actor, staff
from payments.days import paris_day
from payments.desk import record_act
from payments.iban import check_iban, masked
from payments.models import Refund, Transfer, TransferFile
from payments.transfers import banking, giving_back
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.money_tables import name_of
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, short_day
from subscriptions import transferring

State = Transfer.State


class BeginTransfer(TwoSteps):
    """A refund that failed goes by transfer."""

    name = "begin_transfer"
    right = Right.TRANSFERS
    title = gettext_lazy("Give it back by transfer")
    button = gettext_lazy("Ask for an IBAN")

    def load(self, request: HttpRequest, key: int) -> Refund | None:
        one = Refund.objects.select_related("payment__customer", "credit_note").filter(pk=key).first()
        if one is not None and one.state != Refund.State.FAILED:
            raise Impossible(_("This refund has not failed: its money is on its way."))
        return one

    def preview(self, subject: Refund, form: Any) -> Preview:
        return Preview(
            facts=[
                Fact(_("Refund"), subject.reference),
                Fact(_("Failure"), subject.failure),
                Fact(_("Amount"), euros(subject.amount)),
                Fact(_("Reader"), name_of(subject.payment.customer)),
            ],
            warning=_(
                "Make sure at Stripe that the money was not given back already. The reader is asked for an IBAN by letter."
            ),
        )

    def do(self, subject: Refund, form: Any, *, actor: Actor, at: datetime) -> Done:
        made = transferring.begin(subject, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(_("Transfer %(reference)s waits for an IBAN.") % {"reference": made.reference})

    def back(self, subject: Refund) -> str:
        return reverse("desk_refund", args=[subject.pk])


class _OnTransfer(TwoSteps):
    """What acts on one transfer have in common. `states`: where it must stand."""

    right = Right.TRANSFERS
    states: tuple[str, ...] = ()

    def load(self, request: HttpRequest, key: int) -> Transfer | None:
        self.actor = staff(request.user)
        one = Transfer.objects.select_related("customer", "credit_note", "file").filter(pk=key).first()
        if one is not None and one.state not in self.states:
            raise Impossible(_("Where this transfer stands, that cannot be done."))
        return one

    def facts(self, one: Transfer) -> list[Fact]:
        """What it is about."""
        note = one.credit_note
        return [
            Fact(_("Transfer"), one.reference),
            Fact(_("Amount"), euros(one.amount)),
            Fact(_("Reader"), name_of(one.customer)),
            Fact(_("Credit note"), note.reference if note else ""),
        ]

    def back(self, subject: Transfer) -> str:
        return reverse("desk_transfer", args=[subject.pk])


class StaffAccountForm(ReasonForm):
    """The account as the reader wrote or said it, and where that came from."""

    holder = forms.CharField(label=gettext_lazy("Name of the account"), max_length=70)
    iban = forms.CharField(
        label=gettext_lazy("IBAN"),
        max_length=50,
        help_text=gettext_lazy("From the reader’s own document. Afterwards only its last four signs are shown."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ["holder", "iban", "reason"]

    @sensitive_variables()
    def clean_iban(self) -> str:
        return check_iban(self.cleaned_data["iban"])


class WriteAccount(_OnTransfer):
    """Write down the account that a reader or an heir has named."""

    name = "account"
    right = Right.ACCOUNTS
    title = gettext_lazy("Write down the account")
    button = gettext_lazy("Write it down")
    form_class = StaffAccountForm
    states = (State.ASKED, State.GIVEN, State.APPROVED)

    @sensitive_variables()
    def preview(self, subject: Transfer, form: Any) -> Preview:
        iban = form.cleaned_data["iban"]
        return Preview(
            facts=[
                *self.facts(subject),
                Fact(_("Name of the account"), form.cleaned_data["holder"]),
                Fact(_("Account"), f"{iban[:2]} {masked(iban[-4:])}"),
            ],
            warning=_("A colleague of finance approves it before anything is paid."),
        )

    @sensitive_variables()
    def do(self, subject: Transfer, form: Any, *, actor: Actor, at: datetime) -> Done:
        reason = form.cleaned_data["reason"]
        with transaction.atomic():
            giving_back.give_account(
                subject.pk,
                holder=form.cleaned_data["holder"],
                iban=form.cleaned_data["iban"],
                actor=actor,
                at=at,
                reason=reason,
            )
            record_act("wrote down an account", subject=subject.subject, actor=actor, at=at, reason=reason)
        return Done(_("The account is written down; it waits to be approved."))


class ApproveForm(ReasonForm):
    """A yes; and, where finance is one person, that nobody else is there."""

    alone = forms.BooleanField(
        label=gettext_lazy("I wrote the account down myself, and no colleague can approve it"), required=False
    )
    field_order = ["alone", "reason"]


class Approve(_OnTransfer):
    """Say yes to one transfer: not by whoever wrote its account down."""

    name = "approve"
    title = gettext_lazy("Approve a transfer")
    button = gettext_lazy("Approve it")
    states = (State.GIVEN,)

    def form(self, subject: Transfer, data: Any) -> forms.Form:
        form = ApproveForm(data)
        if not settings.TRANSFERS_APPROVED_ALONE or subject.given_by != str(self.actor):
            del form.fields["alone"]
        return form

    def preview(self, subject: Transfer, form: Any) -> Preview:
        own = subject.given_by == str(self.actor)
        if own and not form.cleaned_data.get("alone"):
            raise Impossible(_("You wrote this account down yourself: a colleague of finance approves it."))
        names = words.names_of_staff([subject.given_by])
        return Preview(
            facts=[
                *self.facts(subject),
                Fact(_("Name of the account"), subject.holder),
                Fact(_("Account"), f"{subject.iban[:2]} {masked(subject.iban_end)}"),
                Fact(_("Written down by"), words.who(subject.given_by, names)),
            ],
            warning=_("You approve alone: the reason stands on this transfer for good.") if own else "",
        )

    def do(self, subject: Transfer, form: Any, *, actor: Actor, at: datetime) -> Done:
        with transaction.atomic():
            done = giving_back.approve(
                subject.pk,
                actor=actor,
                at=at,
                reason=form.cleaned_data["reason"],
                alone=settings.TRANSFERS_APPROVED_ALONE and bool(form.cleaned_data.get("alone")),
                end=subject.iban_end,
            )
            record_act(
                "approved a transfer",
                subject=subject.subject,
                actor=actor,
                at=at,
                reason=form.cleaned_data["reason"],
                facts={"alone": bool(done.alone_because)},
            )
        return Done(_("Approved: it goes into the next file for the bank."))


class CancelTransfer(_OnTransfer):
    """It is not wanted any more."""

    name = "cancel_transfer"
    title = gettext_lazy("Cancel a transfer")
    button = gettext_lazy("Cancel it")
    states = (State.ASKED, State.GIVEN, State.APPROVED)

    def preview(self, subject: Transfer, form: Any) -> Preview:
        return Preview(
            facts=self.facts(subject), warning=_("The money stays owed to the reader: give it back another way.")
        )

    def do(self, subject: Transfer, form: Any, *, actor: Actor, at: datetime) -> Done:
        with transaction.atomic():
            giving_back.cancel(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        return Done(_("The transfer is cancelled."))


class AskAgain(_OnTransfer):
    """What was cancelled is wanted after all."""

    name = "ask_again"
    title = gettext_lazy("Ask for a cancelled transfer again")
    button = gettext_lazy("Ask for an IBAN")
    states = (State.CANCELLED,)

    def preview(self, subject: Transfer, form: Any) -> Preview:
        warning = (
            _("To the estate: no letter leaves, the heirs are asked for an IBAN by a person.")
            if subject.because == Transfer.Because.ESTATE
            else _("The reader is asked for an IBAN by letter.")
        )
        return Preview(facts=self.facts(subject), warning=warning)

    def do(self, subject: Transfer, form: Any, *, actor: Actor, at: datetime) -> Done:
        anew = transferring.ask_again(subject.pk, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(_("Transfer %(reference)s waits for an IBAN.") % {"reference": anew.reference})


class Arrived(_OnTransfer):
    """The bank's statement shows it."""

    name = "arrived"
    title = gettext_lazy("A transfer has arrived")
    button = gettext_lazy("It has arrived")
    states = (State.SENT,)

    def preview(self, subject: Transfer, form: Any) -> Preview:
        return Preview(facts=self.facts(subject), warning=_("The IBAN leaves our records; four signs of it stay."))

    def do(self, subject: Transfer, form: Any, *, actor: Actor, at: datetime) -> Done:
        with transaction.atomic():
            giving_back.arrived(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        return Done(_("The transfer is done."))


class DayForm(ReasonForm):
    """A day of the bank's, not to come and not long ago."""

    on = forms.DateField(
        label=gettext_lazy("On"),
        help_text=gettext_lazy("As the bank’s statement says."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order = ["on", "reason"]

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > paris_day(timezone.now()):
            raise ValidationError(_("This day has not come yet."))
        return on


class CameBack(_OnTransfer):
    """The bank sent the money back; the reader is asked for another account."""

    name = "came_back"
    title = gettext_lazy("A transfer came back")
    button = gettext_lazy("It came back")
    form_class = DayForm
    states = (State.SENT, State.DONE)

    def preview(self, subject: Transfer, form: Any) -> Preview:
        on = form.cleaned_data["on"]
        if subject.sent_on is not None and on < subject.sent_on:
            raise Impossible(_("It cannot have come back before it left."))
        return Preview(
            facts=[*self.facts(subject), Fact(_("Came back on"), short_day(on))],
            warning=_(
                "The books are mirrored. To the estate: no letter leaves, the heirs are asked for an IBAN by a person."
            )
            if subject.because == Transfer.Because.ESTATE
            else _("The books are mirrored, and the reader is asked for another account by letter."),
        )

    def do(self, subject: Transfer, form: Any, *, actor: Actor, at: datetime) -> Done:
        anew = transferring.came_back(
            subject.pk, on=form.cleaned_data["on"], reason=form.cleaned_data["reason"], actor=actor, at=at
        )
        if anew is None:
            return Done(_("It is booked. The bank of its reader has given the money back: nothing is asked for again."))
        return Done(_("Transfer %(reference)s waits for an IBAN.") % {"reference": anew.reference})


class MakeFile(TwoSteps):
    """One file with every approved transfer, for the bank."""

    name = "make_file"
    right = Right.TRANSFERS
    title = gettext_lazy("Make a file for the bank")
    button = gettext_lazy("Make the file")
    made: TransferFile | None = None

    def load(self, request: HttpRequest, key: int) -> str:
        return "file"

    def preview(self, subject: str, form: Any) -> Preview:
        iban, _bic = banking.own_account()
        waiting = list(banking.waiting_for_file().order_by("payment_id", "pk")[: banking.MOST])
        if not waiting:
            raise Impossible(_("No approved transfer waits for a file."))
        count = ngettext("%(count)s transfer", "%(count)s transfers", len(waiting)) % {"count": len(waiting)}
        lines = [f"{one.reference}, {one.holder}, {euros(one.amount)}" for one in waiting]
        return Preview(
            facts=[
                Fact(_("Transfers"), count, lines=lines),
                Fact(_("Total"), euros(sum(one.amount.amount for one in waiting))),
                Fact(_("From our account"), f"{iban[:2]} {masked(iban[-4:])}"),
            ],
            warning=_("Hand it to the bank, then mark it sent: until then nothing is booked and nobody is told."),
        )

    def do(self, subject: str, form: Any, *, actor: Actor, at: datetime) -> Done:
        self.made = banking.make_file(on=paris_day(at), reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(_("File %(reference)s is made.") % {"reference": self.made.reference})

    def back(self, subject: str) -> str:
        return reverse("desk_transfer_file", args=[self.made.pk]) if self.made else reverse("desk_transfer_files")

    def about(self, subject: str) -> str:
        return str(_("approved transfers"))


class _OnFile(TwoSteps):
    """What acts on a file have in common: some of it still waits for the bank."""

    right = Right.TRANSFERS

    def load(self, request: HttpRequest, key: int) -> TransferFile | None:
        one = TransferFile.objects.filter(pk=key).first()
        if one is not None and not one.transfers.filter(state=State.APPROVED).exists():
            raise Impossible(_("Nothing of this file waits for the bank any more."))
        return one

    def facts(self, one: TransferFile) -> list[Fact]:
        """What waits in it."""
        waiting = list(one.transfers.filter(state=State.APPROVED).order_by("pk"))
        lines = [f"{row.reference}, {row.holder}, {euros(row.amount)}" for row in waiting]
        return [
            Fact(_("File"), one.reference),
            Fact(_("Transfers"), len(waiting), lines=lines),
            Fact(_("Total"), euros(sum(row.amount.amount for row in waiting))),
        ]

    def back(self, subject: TransferFile) -> str:
        return reverse("desk_transfer_file", args=[subject.pk])


class FileSent(_OnFile):
    """The bank has carried a file out: books, letters and desks follow."""

    name = "file_sent"
    title = gettext_lazy("The bank has carried a file out")
    button = gettext_lazy("Mark it sent")
    form_class = DayForm

    def preview(self, subject: TransferFile, form: Any) -> Preview:
        on = form.cleaned_data["on"]
        if on < paris_day(subject.created_at):
            raise Impossible(_("It cannot have left before it was made."))
        return Preview(
            facts=[*self.facts(subject), Fact(_("Sent on"), short_day(on))],
            warning=_("Each reader is told by letter, with the credit note. The books are of that day."),
        )

    def do(self, subject: TransferFile, form: Any, *, actor: Actor, at: datetime) -> Done:
        sent = transferring.mark_sent(
            subject, on=form.cleaned_data["on"], reason=form.cleaned_data["reason"], actor=actor, at=at
        )
        said = ngettext("%(count)s transfer is marked sent.", "%(count)s transfers are marked sent.", len(sent))
        return Done(said % {"count": len(sent)})


class DiscardFile(_OnFile):
    """The file was not handed to the bank."""

    name = "file_discard"
    title = gettext_lazy("Discard a file")
    button = gettext_lazy("Discard it")

    def preview(self, subject: TransferFile, form: Any) -> Preview:
        return Preview(
            facts=self.facts(subject),
            warning=_("Only if the bank never had it: its transfers go into the next file, and would be paid twice."),
        )

    def do(self, subject: TransferFile, form: Any, *, actor: Actor, at: datetime) -> Done:
        banking.discard_file(subject, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(_("The file is discarded; its transfers wait for another one."))
