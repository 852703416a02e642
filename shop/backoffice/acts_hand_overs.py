"""Acts about who receives and who pays: a name put right, another recipient, another payer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.acts_people import AddressForm, readers_of
from shop.backoffice.money_tables import name_of
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.customers.models import Customer
from shop.customers.renaming import FIELDS, labels_of, rename
from shop.customers.search import refresh
from shop.templatetags.french import issue_number
from shop.watch.bell import ring
from subscriptions.addresses.typed import TypedAddress
from subscriptions.dates import LIVING
from subscriptions.gifts.forgetting import CannotForget, forget, forgettable
from subscriptions.handing_over import first_reached, give_payer, give_recipient, payer_of
from subscriptions.models import Gift, Subscription


class NameForm(ReasonForm):
    """A name as it should be written."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=10, required=False)
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=60, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=60, required=False)
    organisation = forms.CharField(label=gettext_lazy("Organisation"), max_length=120, required=False)
    field_order = [*FIELDS, "reason"]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not (typed.get("last_name") or typed.get("organisation")):
            self.add_error("last_name", _("Please give a last name, or an organisation."))
        return typed

    def names(self) -> dict[str, str]:
        """The four parts, as typed."""
        return {name: self.cleaned_data[name] for name in FIELDS}


class CorrectName(TwoSteps):
    """The spelling of a reader's name, and the labels that bear it."""

    name = "name"
    right = Right.ADDRESS
    title = gettext_lazy("Correct a name")
    button = gettext_lazy("Correct the name")

    def load(self, request: HttpRequest, key: int) -> Customer | None:
        one = Customer.objects.filter(pk=key).first()
        if one is not None and (one.erased_on is not None or one.is_staff):
            raise Impossible(_("This is not a reader whose name is corrected here."))
        return one

    def form(self, subject: Customer, data: Any) -> forms.Form:
        return NameForm(data, initial={name: getattr(subject, name) for name in FIELDS})

    def preview(self, subject: Customer, form: Any) -> Preview:
        names = form.names()
        labels = labels_of(subject, names)
        if not labels and all(getattr(subject, name) == names[name] for name in FIELDS):
            raise Impossible(_("This is already the name."))
        facts = [
            Fact(_("Until now"), _said({name: getattr(subject, name) for name in FIELDS})),
            Fact(_("From now on"), _said(names)),
        ]
        for one in labels:
            facts += [
                Fact(_("Label until now"), "", lines=one.recipient.address.lines),
                Fact(_("Label from now on"), "", lines=list(one.label.printed_lines)),
            ]
        return Preview(
            facts=facts,
            warning=_("Invoices and letters that were issued keep their name. The reader is told of a new label."),
        )

    def do(self, subject: Customer, form: Any, *, actor: Actor, at: datetime) -> Done:
        labels = rename(subject, form.names(), actor=actor, reason=form.cleaned_data["reason"], at=at)
        ring("letters")
        return Done(_("The name is corrected, on %(count)s labels as well.") % {"count": labels})

    def back(self, subject: Customer) -> str:
        return reverse("desk_person", args=[subject.pk])

    def about(self, subject: Customer) -> str:
        return subject.full_name or _("reader no. %(key)s") % {"key": subject.pk}


class _OnSubscription(TwoSteps):
    """What acts on a living subscription have in common."""

    right = Right.HAND_OVER

    def load(self, request: HttpRequest, key: int) -> Subscription | None:
        one = Subscription.objects.select_related("payer", "recipient__address").filter(pk=key).first()
        if one is not None and one.state not in LIVING:
            raise Impossible(_("This subscription has ended already."))
        return one

    def back(self, subject: Subscription) -> str:
        return reverse("desk_subscription", args=[subject.pk])

    def about(self, subject: Subscription) -> str:
        return _("subscription %(number)s") % {"number": subject}


class GiveRecipient(_OnSubscription):
    """Somebody else receives what is still owed."""

    name = "recipient"
    title = gettext_lazy("Another recipient")
    button = gettext_lazy("Send it to them")

    def form(self, subject: Subscription, data: Any) -> forms.Form:
        return AddressForm(data, initial=TypedAddress())

    def preview(self, subject: Subscription, form: Any) -> Preview:
        lines = list(form.label.printed_lines)
        if lines == list(subject.recipient.address.lines):
            raise Impossible(_("This is already the address on the label."))
        first = first_reached(subject, on=paris_day(timezone.now()))
        return Preview(
            facts=[
                Fact(_("Subscription"), str(subject)),
                Fact(_("Payer"), name_of(subject.payer)),
                Fact(_("Until now"), subject.recipient.name, lines=subject.recipient.address.lines),
                Fact(_("Reaches"), issue_number(first.printed) if first else _("the next issue planned")),
            ],
            warning=_("The payer gets a letter about it. Price and dates do not change; issues in a closed file stay."),
            label=lines,
        )

    def do(self, subject: Subscription, form: Any, *, actor: Actor, at: datetime) -> Done:
        keys = readers_of(subject.recipient)
        done = give_recipient(
            subject.pk, form.typed(), form.label, actor=actor, reason=form.cleaned_data["reason"], at=at
        )
        if done is None:
            raise Impossible(_("This is already the address on the label."))
        refresh(keys)
        ring("letters")
        first = done.first_issue
        said = {"issue": issue_number(first.printed) if first else _("the next issue planned")}
        return Done(_("The new recipient receives from %(issue)s on.") % said)


class PayerForm(ReasonForm):
    """Who pays from now on, by their e-mail: a reader we know, or a new one."""

    email = forms.EmailField(label=gettext_lazy("E-mail of the new payer"), max_length=254)
    first_name = forms.CharField(
        label=gettext_lazy("First name"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Only for somebody we do not know yet."),
    )
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=60, required=False)
    field_order = ["email", "first_name", "last_name", "reason"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        known = Customer.objects.filter(email=typed.get("email", "")).first()
        if known is not None and (known.is_staff or not known.is_active):
            self.add_error("email", _("This is no reader’s address."))
        if known is None and not typed.get("last_name"):
            self.add_error("last_name", _("Nobody is known under this address: please give their name."))
        return typed


class GivePayer(_OnSubscription):
    """Somebody else pays for what comes next."""

    name = "payer"
    title = gettext_lazy("Another payer")
    button = gettext_lazy("Let them pay")
    form_class = PayerForm

    def preview(self, subject: Subscription, form: Any) -> Preview:
        email = form.cleaned_data["email"]
        known = Customer.objects.filter(email=email).first()
        if known is not None and known.pk == subject.payer_id:
            raise Impossible(_("This reader pays already."))
        new = (
            known.full_name if known else f"{form.cleaned_data['first_name']} {form.cleaned_data['last_name']}".strip()
        )
        return Preview(
            facts=[
                Fact(_("Subscription"), str(subject)),
                Fact(_("Until now"), name_of(subject.payer)),
                Fact(_("From now on"), new, lines=[email]),
                Fact(_("Known"), _("yes") if known else _("no: a record is made")),
                Fact(_("Automatic renewal"), _("stops") if subject.renewal == "automatic" else _("is off")),
            ],
            warning=_(
                "What was paid stays with whoever paid it. The card of the former payer is let go; the new one buys the next year "
                "themselves before it can renew itself. Both get a letter."
            ),
        )

    def do(self, subject: Subscription, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        before = subject.payer_id
        with transaction.atomic():
            payer = payer_of(typed["email"], first_name=typed["first_name"], last_name=typed["last_name"], at=at)
            done = give_payer(subject.pk, payer, actor=actor, reason=typed["reason"], at=at)
        if done is None:
            raise ValidationError(_("This reader pays already."))
        refresh([key for key in (before, payer.pk) if key])
        ring("letters")
        return Done(_("%(name)s pays from now on.") % {"name": payer.full_name or typed["email"]})


def _said(names: dict[str, str]) -> str:
    person = " ".join(part for part in (names["title"], names["first_name"], names["last_name"]) if part)
    return ", ".join(part for part in (person, names["organisation"]) if part)


class ForgetRecipient(TwoSteps):
    """Whoever received a gift, and has no account, asks to be forgotten."""

    name = "forget"
    right = Right.HAND_OVER
    title = gettext_lazy("Forget the recipient of a gift")
    button = gettext_lazy("Forget them")

    def load(self, request: HttpRequest, key: int) -> Subscription | None:
        one = Subscription.objects.select_related("recipient").filter(pk=key).first()
        if one is not None:
            try:
                forgettable(Gift.objects.filter(subscription=one).first(), one.pk)
            except CannotForget as refused:
                raise Impossible(refused.messages) from refused
        return one

    def preview(self, subject: Subscription, form: Any) -> Preview:
        gift = Gift.objects.get(subscription=subject)
        return Preview(
            facts=[
                Fact(_("Subscription"), str(subject)),
                Fact(_("Recipient"), subject.recipient.name or gift.recipient_name),
                Fact(_("E-mail"), gift.reader_email or gift.recipient_email),
            ],
            warning=_(
                "Name, addresses and the giver’s words go for good; the contract and its invoice stay. Nobody is told."
            ),
        )

    def do(self, subject: Subscription, form: Any, *, actor: Actor, at: datetime) -> Done:
        if not forget(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"]):
            raise Impossible(_("Nothing of them is left."))
        return Done(_("The recipient is forgotten."))

    def back(self, subject: Subscription) -> str:
        return reverse("desk_subscription", args=[subject.pk])
