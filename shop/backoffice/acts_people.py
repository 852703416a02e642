"""Acts about people: correct an address, replace a lost e-mail after an identity check."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from shop.backoffice import lost_emails as emails
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.customers.emails import live_by_post
from shop.customers.models import Customer
from shop.customers.search import refresh
from shop.templatetags.french import issue_number
from subscriptions.addresses.check import check
from subscriptions.addresses.countries import deliverable_countries
from subscriptions.addresses.fields import field_label
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import TEXT_FIELDS, AddressKind, TypedAddress
from subscriptions.handing_over import NAMES, spell
from subscriptions.models import Notice, Recipient
from subscriptions.moving_house import change_address, reach
from subscriptions.paper.addressing import addresses_of


class AddressForm(ReasonForm):
    """Every field an address may have; the postal check says what is missing or too long, field by field."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Who receives"),
        choices=[
            (AddressKind.PERSON, gettext_lazy("a person")),
            (AddressKind.ORGANISATION, gettext_lazy("an organisation")),
        ],
    )

    def __init__(self, data: Any = None, *, initial: TypedAddress | None = None) -> None:
        super().__init__(data, initial=initial.to_dict() if initial else None)
        country = (data or {}).get("country") or (initial.country if initial else "FR")
        served = [(one.code, one.name) for one in deliverable_countries(settings.DELIVERY_COUNTRIES or None)]
        self.fields["country"] = forms.ChoiceField(label=_("Country"), choices=served)
        for name in TEXT_FIELDS:
            label = field_label(name, country=country)
            self.fields[name] = forms.CharField(label=label, required=False, max_length=200)
        self.order_fields(["kind", "country", *TEXT_FIELDS, "reason"])
        self.label: PostalLabel | None = None

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if {"kind", "country"} <= typed.keys():
            faults, self.label = check(self.typed(), allowed=settings.DELIVERY_COUNTRIES or None)
            for fault in faults:
                self.add_error(fault.field if fault.field in self.fields else None, fault.sentence)
        return typed

    def typed(self) -> TypedAddress:
        """The address as typed."""
        found = {name: self.cleaned_data.get(name, "") for name in (*TEXT_FIELDS, "kind", "country")}
        return TypedAddress.from_dict(found)


class CorrectAddress(TwoSteps):
    """Where somebody receives their copies, from the first issue that the change still reaches."""

    name = "address"
    right = Right.ADDRESS
    title = gettext_lazy("Correct an address")
    button = gettext_lazy("Correct it")

    def load(self, request: HttpRequest, key: int) -> Recipient | None:
        return Recipient.objects.select_related("address", "customer").filter(pk=key).first()

    def form(self, subject: Recipient, data: Any) -> forms.Form:
        try:
            known = TypedAddress.from_dict(subject.address.typed)
        except (ValueError, TypeError):
            known = TypedAddress(country=subject.address.country)
        return AddressForm(data, initial=known)

    def preview(self, subject: Recipient, form: Any) -> Preview:
        lines = list(form.label.printed_lines)
        if lines == list(subject.address.lines):
            raise Impossible(_("This is already the address on the label."))
        reached = reach(subject, on=paris_day(timezone.now())).first
        return Preview(
            facts=[
                Fact(_("Recipient"), subject.name),
                Fact(_("Until now"), "", lines=subject.address.lines),
                Fact(_("Reaches"), issue_number(reached.printed) if reached else _("the next issue planned")),
            ],
            warning=_("The reader gets a letter about it. Issues before that one go to the old address."),
            label=lines,
        )

    def do(self, subject: Recipient, form: Any, *, actor: Actor, at: datetime) -> Done:
        correct = spell if _only_the_name(subject, form.typed()) else change_address
        change = correct(subject, form.typed(), form.label, actor=actor, reason=form.cleaned_data["reason"], at=at)
        if change is None:
            raise Impossible(_("This is already the address on the label."))
        refresh(readers_of(subject))
        issue = change.first_issue
        said = {"issue": issue_number(issue.printed) if issue else _("the next issue planned")}
        return Done(_("The new address holds from %(issue)s on.") % said)

    def back(self, subject: Recipient) -> str:
        keys = readers_of(subject)
        return reverse("desk_person", args=[keys[0]]) if keys else reverse("desk_home")

    def about(self, subject: Recipient) -> str:
        return subject.name


def _only_the_name(recipient: Recipient, typed: TypedAddress) -> bool:
    """Whether the place stays: then the reader is told of a name put right, not of a new address."""
    known = recipient.address.typed
    return bool(known) and all(
        value == known.get(name, "") for name, value in typed.to_dict().items() if name not in (*NAMES, "kind")
    )


def readers_of(recipient: Recipient) -> list[int]:
    """Who is found under this recipient's address: themself, and whoever pays for them."""
    payers: Iterable[Any] = recipient.subscriptions.order_by("pk").values_list("payer_id", flat=True)
    keys = [recipient.customer_id, *payers]
    return list(dict.fromkeys(key for key in keys if key is not None))


class EmailForm(ReasonForm):
    """The new address, and how the person on the telephone was known to be the reader."""

    new_email = forms.EmailField(label=gettext_lazy("New e-mail address"), max_length=254)
    checked = forms.MultipleChoiceField(
        label=gettext_lazy("What was checked"),
        choices=list(emails.CHECKS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Two at least, told by the reader without help. What you tick is kept."),
        error_messages={"required": gettext_lazy("Please check the reader's identity in two ways at least.")},
    )
    field_order = ["new_email", "checked", "reason"]

    def clean_checked(self) -> list[str]:
        checked: list[str] = self.cleaned_data["checked"]
        if len(checked) < emails.CHECKS_NEEDED:
            raise ValidationError(_("Please check the reader's identity in two ways at least."))
        return sorted(checked)

    def clean_new_email(self) -> str:
        return str(self.cleaned_data["new_email"]).lower()


class ReplaceEmail(TwoSteps):
    """A reader who lost their mailbox gets back into their account."""

    name = "email"
    right = Right.EMAIL
    title = gettext_lazy("Replace a lost e-mail address")
    button = gettext_lazy("Replace it")
    form_class = EmailForm

    def load(self, request: HttpRequest, key: int) -> Customer | None:
        one = Customer.objects.filter(pk=key).first()
        if one is not None:
            try:
                emails.refuse_if_not_a_reader(one)
            except ValidationError as trouble:
                raise Impossible(trouble.messages[0]) from trouble
        return one

    def preview(self, subject: Customer, form: Any) -> Preview:
        new = form.cleaned_data["new_email"]
        emails.refuse_if_taken(subject, new)
        checked = [str(emails.CHECKS[code]) for code in form.cleaned_data["checked"]]
        return Preview(
            facts=[
                Fact(_("Reader"), subject.full_name),
                Fact(_("Until now"), subject.email or _("no address")),
                Fact(_("From now on"), new),
                Fact(_("Checked"), "", lines=checked),
            ],
            warning=_(
                "Every open session of the reader ends. From now on sign-in codes and letters go to the new address."
            ),
        )

    def do(self, subject: Customer, form: Any, *, actor: Actor, at: datetime) -> Done:
        emails.replace_lost(
            subject,
            form.cleaned_data["new_email"],
            checked=form.cleaned_data["checked"],
            reason=form.cleaned_data["reason"],
            actor=actor,
            at=at,
        )
        return Done(_("The e-mail address is now %(email)s.") % {"email": form.cleaned_data["new_email"]})

    def back(self, subject: Customer) -> str:
        return reverse("desk_person", args=[subject.pk])

    def about(self, subject: Customer) -> str:
        return subject.full_name or _("reader no. %(key)s") % {"key": subject.pk}


class WriteByPost(TwoSteps):
    """A reader who wants no e-mail, or has none any more: their letters go by post."""

    name = "by_post"
    right = Right.EMAIL
    title = gettext_lazy("Write by post only")
    button = gettext_lazy("Write by post")

    def load(self, request: HttpRequest, key: int) -> Customer | None:
        one = Customer.objects.filter(pk=key).first()
        if one is None:
            return None
        try:
            emails.refuse_if_not_a_reader(one)
        except ValidationError as trouble:
            raise Impossible(trouble.messages[0]) from trouble
        if not one.email:
            raise Impossible(_("This reader has no e-mail address: their letters go by post already."))
        if not address_of(one):
            raise Impossible(_("No postal address of this reader is known: their letters would go nowhere."))
        return one

    def preview(self, subject: Customer, form: Any) -> Preview:
        return Preview(
            facts=[
                Fact(_("Reader"), subject.full_name),
                Fact(_("Until now"), subject.email or ""),
                Fact(_("From now on"), "", lines=address_of(subject)),
            ],
            warning=_(
                "Without an e-mail address there is no account: open sessions end. Letters that wait are not changed."
            ),
        )

    def do(self, subject: Customer, form: Any, *, actor: Actor, at: datetime) -> Done:
        live_by_post(subject, actor=actor, reason=form.cleaned_data["reason"], at=at)
        refresh([subject.pk])
        return Done(_("Letters to this reader go by post from now on."))

    def back(self, subject: Customer) -> str:
        return reverse("desk_person", args=[subject.pk])

    def about(self, subject: Customer) -> str:
        return subject.full_name or _("reader no. %(key)s") % {"key": subject.pk}


def address_of(customer: Customer) -> list[str]:
    """The label of a reader's own postal address; empty where none is known."""
    found = addresses_of([Notice(pk=0, customer_id=customer.pk)])
    return list(found[0].lines) if found else []
