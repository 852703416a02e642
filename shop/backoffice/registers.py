"""The registers: Django's plain record admin, for what people keep (issues, offers, the magazine) and to look at the rest.

Money and evidence are read-only here whoever looks; the database refuses besides. What is changed is kept version by
version (simple_history) and as an act with its actor and reason.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
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
    StripeEvent,
    VatRate,
)
from shop.backoffice import words
from shop.backoffice.closed_lists import InWords, in_words
from shop.backoffice.doors import actor_of, is_inside, refuse, to_sign_in
from shop.backoffice.naming import put_names
from shop.backoffice.roles import Right, may
from subscriptions.models import Issue, LegalText, Magazine, Offer, Order, Price, Subscription, Term


class Registers(admin.AdminSite):
    """Behind the same door as the desks."""

    site_header = _("Registers")
    site_title = _("Registers")
    index_title = _("Registers")
    site_url = "/gestion/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return is_inside(request) and may(request.user, Right.RECORDS)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """The desks' own door and their own 403, instead of a second sign-in page."""
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not is_inside(request):
                return to_sign_in(request)
            if not may(request.user, Right.RECORDS):
                return refuse(request, Right.RECORDS)
            answer: HttpResponse = inner(request, *args, **kwargs)
            return answer

        return guarded

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("desk_sign_in"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("desk_home"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("desk_home"))


registers = Registers(name="registers")
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


class Kept(InWords, SimpleHistoryAdmin):  # type: ignore[misc]
    """A record that people keep: changed with a reason, never deleted."""

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

    def has_view_history_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def has_change_history_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """One version and one act, both with the reason."""
        reason = form.cleaned_data["change_reason"]
        obj._change_reason = reason
        super().save_model(request, obj, form, change)
        record_act(
            "changed a record",
            subject=f"{obj._meta.model_name}:{obj.pk}",
            actor=actor_of(request),
            at=timezone.now(),
            reason=reason,
            facts={"fields": sorted(set(form.changed_data) - {"change_reason"})},
        )


@admin.register(Issue, site=registers)
class IssueRegister(Kept):
    """The calendar of issues. States move in fulfilment, never here."""

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
    readonly_fields = ("state_word", "posted_on")
    ordering = ("-number",)

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

    list_display = ("code", "title", "renewal", "copies", "months", "on_sale_from", "on_sale_to")


def look_at(model: type[models.Model], right: Right, *columns: str, **options: Any) -> None:
    """Put a table among the registers, to be looked at by those who have `right`."""
    facts = {"list_display": columns, "right": right, "__module__": __name__, "ordering": ("-pk",), **options}
    registers.register(model, type(f"{model.__name__}Register", (ReadOnly,), facts))


look_at(
    Price, Right.RECORDS, "offer", "delivery_zone", "amount", "valid_from", "valid_to", list_select_related=("offer",)
)
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
