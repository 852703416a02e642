"""The registers: Django's plain record admin, for what people keep (issues, offers, the magazine) and to look at the rest.

Money and evidence are read-only here whoever looks; the database refuses besides. What is changed is kept version by
version (simple_history) and as an act with its actor and reason.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from payments.desk import record_act
from payments.models import (
    Account,
    AccountMap,
    Invoice,
    InvoiceSeries,
    LedgerEntry,
    Payment,
    Refund,
    RefundLimit,
    StripeEvent,
    VatRate,
)
from payments.money import parse_french
from shop.backoffice import words
from shop.backoffice.closed_lists import InWords, in_words
from shop.backoffice.doors import actor_of
from shop.backoffice.naming import put_names
from shop.backoffice.register_site import registers
from shop.backoffice.roles import ROLE_LABELS, Right, Role, may
from subscriptions.calendar import DeliveryZone
from subscriptions.models import Issue, LegalText, Magazine, Offer, Order, Price, ReminderStep, Subscription, Term
from subscriptions.notices.letters import LETTERS

put_names()


class ReadOnly(InWords):
    """Everything to see, nothing to change. The list goes by key and does not count."""

    right: Right | None = Right.RECORDS
    show_full_result_count = False
    list_per_page = 50
    actions = None

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return list_display[:1]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [in_words(self.model, column) for column in super().get_fields(request, obj)]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.right is not None and may(request.user, self.right)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReasonedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A record with the reason of its change."""

    change_reason = forms.CharField(
        label=_("Reason of the change"), min_length=5, max_length=100, help_text=_("Kept for good beside your name.")
    )


class IssueForm(ReasonedForm):
    """An issue; its contents come late, and until then there are none."""

    contents = forms.JSONField(label=_("Contents"), required=False, help_text=_("A list of {title, text}."))

    def clean_contents(self) -> Any:
        contents = self.cleaned_data["contents"] or []
        if not isinstance(contents, list) or not all(isinstance(part, dict) and "title" in part for part in contents):
            raise forms.ValidationError(_("The contents are a list of parts, each with its title."))
        return contents


class ReminderForm(ReasonedForm):
    """A step of the series; its letter is one that is written."""

    def clean_letter(self) -> str:
        letter = str(self.cleaned_data["letter"])
        if letter not in LETTERS or not letter.startswith("reminder_"):
            raise forms.ValidationError(_("There is no reminder of this kind."))
        return letter


class PriceForm(ReasonedForm):
    """A price as it is written in French."""

    amount = forms.CharField(
        label=pgettext_lazy("register", "amount"), max_length=20, help_text=_("Incl. VAT and postage, like 27,60.")
    )
    delivery_zone = forms.ChoiceField(label=pgettext_lazy("register", "delivery zone"), choices=DeliveryZone.choices)

    def clean_amount(self) -> Any:
        amount = parse_french(self.cleaned_data["amount"])
        if amount.amount <= 0:
            raise forms.ValidationError(_("A price is more than nothing."))
        return amount


class LimitForm(ReasonedForm):
    """A limit as it is written in French, for the one role that has one."""

    role = forms.ChoiceField(label=pgettext_lazy("register", "role"), choices=[("support", ROLE_LABELS[Role.SUPPORT])])
    amount = forms.CharField(
        label=pgettext_lazy("register", "amount"), max_length=20, help_text=_("Of one payment, all parts together.")
    )

    def clean_amount(self) -> Any:
        amount = parse_french(self.cleaned_data["amount"])
        if amount.amount < 0:
            raise forms.ValidationError(_("A limit is not below nothing."))
        return amount


class Reasoned(InWords):
    """A record that people keep: changed with a reason by those who have the right, never deleted."""

    form = ReasonedForm
    right = Right.CATALOGUE
    show_full_result_count = False
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, Right.RECORDS)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, self.right)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, self.right)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def keep(self, request: HttpRequest, obj: Any, form: Any) -> None:
        """The act of it, with its reason."""
        record_act(
            "changed a record",
            subject=f"{obj._meta.model_name}:{obj.pk}",
            actor=actor_of(request),
            at=timezone.now(),
            reason=form.cleaned_data["change_reason"],
            facts={"fields": sorted(set(form.changed_data) - {"change_reason"})},
        )


class Kept(Reasoned, SimpleHistoryAdmin):  # type: ignore[misc]
    """One whose versions are kept as well."""

    def has_view_history_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def has_change_history_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """One version and one act."""
        obj._change_reason = form.cleaned_data["change_reason"]
        super().save_model(request, obj, form, change)
        self.keep(request, obj, form)


@admin.register(Issue, site=registers)
class IssueRegister(Kept):
    """What is in an issue. Its number and its days are given on the page of the calendar, its state in fulfilment."""

    form = IssueForm
    right = Right.ISSUES
    list_display = (
        "number",
        "cover_month",
        "cover_year",
        "headline",
        "cutoff_on",
        "post_on",
        "posted_on",
        "state_word",
    )
    exclude = ("state",)
    readonly_fields = (
        "magazine",
        "number",
        "last_number",
        "cover_month",
        "cover_year",
        "cutoff_on",
        "post_on",
        "state_word",
        "posted_on",
    )
    ordering = ("-number",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Issues are planned on the page of the calendar, which shows what follows."""
        return False

    @admin.display(description=pgettext_lazy("register", "state"))
    def state_word(self, issue: Issue) -> str:
        """The state in words."""
        return words.said(words.ISSUE, issue.state)["word"]


@admin.register(Magazine, site=registers)
class MagazineRegister(Kept):
    """The title and its CPPAP number."""

    list_display = ("title", "issn", "cppap_number", "cppap_valid_until")


@admin.register(Offer, site=registers)
class OfferRegister(Kept):
    """What can be bought."""

    list_display = ("code", "title", "kind", "renewal", "copies", "months", "on_sale_from", "on_sale_to")


@admin.register(Price, site=registers)
class PriceRegister(Reasoned):
    """Prices follow each other: one is entered, its end may be set once, and nothing else is ever changed."""

    form = PriceForm
    list_display = ("offer", "delivery_zone", "amount", "valid_from", "valid_to")
    # A change of price brings those, signed at its own desk.
    exclude = ("renewals_from", "renewals_to", "change")
    list_select_related = ("offer",)
    ordering = ("offer", "delivery_zone", "valid_from")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.valid_to is None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("offer", "delivery_zone", "amount", "valid_from")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A whole price, or the end of one: the database lets nothing else be written."""
        if change:
            obj.save(update_fields=["valid_to"])
        else:
            obj.save()
        self.keep(request, obj, form)


@admin.register(ReminderStep, site=registers)
class ReminderRegister(Reasoned):
    """The series of reminders of fixed terms."""

    form = ReminderForm
    list_display = ("code", "place", "addressee", "trigger", "issues_from_last", "days_after", "letter", "active")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The step, and the act of it."""
        obj.save()
        self.keep(request, obj, form)


@admin.register(RefundLimit, site=registers)
class RefundLimitRegister(Reasoned):
    """Up to how much support gives back without finance: a new row is a new limit, none is ever changed."""

    form = LimitForm
    right = Right.REFUND
    list_display = ("role", "amount", "valid_from")
    ordering = ("role", "valid_from")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, Right.REFUND_PART)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and obj is None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The limit, and the act of it."""
        obj.save()
        self.keep(request, obj, form)


def look_at(model: type[models.Model], right: Right, *columns: str, **options: Any) -> None:
    """Put a table among the registers, to be looked at by those who have `right`."""
    facts = {"list_display": columns, "right": right, "__module__": __name__, "ordering": ("-pk",), **options}
    registers.register(model, type(f"{model.__name__}Register", (ReadOnly,), facts))


look_at(LegalText, Right.RECORDS, "code", "version", "valid_from", "title", "sha256")
look_at(VatRate, Right.LEDGER, "zone", "category", "rate", "legal_mention", "valid_from", "valid_to", "source")
look_at(Account, Right.LEDGER, "code", "label")
look_at(AccountMap, Right.LEDGER, "key", "account", "valid_from", list_select_related=("account",))
look_at(InvoiceSeries, Right.LEDGER, "code", "year", "last_number", "last_issued_on")
look_at(Invoice, Right.INVOICES, "reference", "kind", "issued_on", "buyer_name", "total_ttc")
look_at(LedgerEntry, Right.LEDGER, "id", "journal", "piece_ref", "label", "booked_on", "source")
look_at(Payment, Right.PAYMENTS, "reference", "state", "amount", "subject", "created_at", exclude=("idempotency_key",))
look_at(Refund, Right.REFUNDS, "reference", "state", "amount", "reason", "created_at", exclude=("idempotency_key",))
look_at(StripeEvent, Right.EVENTS, "event_id", "type", "state", "received_at", "reason")
look_at(Order, Right.ORDERS, "reference", "state", "amount", "email", "placed_at", exclude=("form_token", "typed"))
look_at(
    Subscription, Right.ORDERS, "number", "state", "renewal", "created_at", raw_id_fields=("payer", "holder", "agency")
)
look_at(Term, Right.ORDERS, "id", "subscription", "number", "starts_on", "ends_on", "copies", "amount")
