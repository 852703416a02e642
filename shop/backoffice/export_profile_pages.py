"""Profiles of accountants at the desk of finance: how their software wants the journals, as data, with a look at what one makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.days import paris_day
from payments.desk import record_act
from payments.exports.journals import FIELDS, export_of
from payments.exports.offered import Query
from payments.exports.profiles import (
    DATE_FORMATS,
    ENCODINGS,
    SEPARATORS,
    as_import_file,
    columns_of,
    refuse_unreadable,
    typed,
)
from payments.exports.sheets import rows_of
from payments.exports.spans import Span, one_picture
from payments.models import AccountantProfile, LedgerEntry
from shop.backoffice import lists, words
from shop.backoffice.acting import ReasonForm
from shop.backoffice.doors import actor_of, desk, page
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, Table
from shop.templatetags.french import stamp

FACTS = (
    "name", "columns", "head_line", "separator", "encoding", "decimal", "date_format", "quoted", "ending", "customers", "detail",
    "source",
)  # fmt: skip
SHOWN = 8
Customers, Detail = AccountantProfile.Customers, AccountantProfile.Detail
CUSTOMERS = {
    Customers.NONE: gettext_lazy("all on one account"),
    Customers.NUMBERS: gettext_lazy("one sub-account each, by number"),
    Customers.NAMES: gettext_lazy("one sub-account each, with the name"),
}
DETAILS = {
    Detail.ENTRY: gettext_lazy("every line"),
    Detail.DAY: gettext_lazy("totals by day"),
    Detail.MONTH: gettext_lazy("totals by month"),
}


class ProfileForm(ReasonForm):
    """How an accountant's software wants the journals."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    columns = forms.CharField(
        label=gettext_lazy("Columns"),
        help_text=gettext_lazy("One a line, in their order: field; head; longest text. The last two may be left out."),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off"}),
    )
    head_line = forms.BooleanField(label=gettext_lazy("The first line says the heads"), required=False)
    separator = forms.ChoiceField(
        label=gettext_lazy("Separator"),
        choices=[(one, gettext_lazy("tabulator") if one == "\t" else one) for one in SEPARATORS],
    )
    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=[(one, one) for one in ENCODINGS])
    decimal = forms.ChoiceField(label=gettext_lazy("Amounts like"), choices=[(",", "27,60"), (".", "27.60")])
    date_format = forms.ChoiceField(
        label=gettext_lazy("Days like"),
        choices=list(
            zip(DATE_FORMATS, ("23/11/2026", "23112026", "231126", "20261123", "2026-11-23", "23/11/26"), strict=True)
        ),
    )
    quoted = forms.BooleanField(label=gettext_lazy("Texts stand between quotes"), required=False)
    ending = forms.ChoiceField(label=gettext_lazy("Ending of the file"), choices=[("csv", ".csv"), ("txt", ".txt")])
    customers = forms.ChoiceField(
        label=gettext_lazy("Customers"),
        choices=list(CUSTOMERS.items()),
        help_text=gettext_lazy("Names only if the accountant asks for them: the file leaves this house."),
    )
    detail = forms.ChoiceField(label=gettext_lazy("Entries"), choices=list(DETAILS.items()))
    source = forms.CharField(
        label=gettext_lazy("Where this layout is described"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    retired = forms.BooleanField(label=gettext_lazy("No longer offered"), required=False)
    field_order = [*FACTS, "retired", "reason"]

    def clean_columns(self) -> list[dict[str, Any]]:
        return columns_of(self.cleaned_data["columns"])

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                refuse_unreadable(self.profile(AccountantProfile()))
            except ValidationError as trouble:
                self.add_error("columns", trouble)
        return found

    def profile(self, one: AccountantProfile) -> AccountantProfile:
        """The profile as it was typed."""
        for fact in FACTS:
            setattr(one, fact, self.cleaned_data[fact])
        return one


@desk(Right.EXPORT)
def profiles(request: HttpRequest) -> HttpResponse:
    """Every profile, those that are no longer offered too."""

    def row(one: AccountantProfile) -> Sequence[Cell]:
        return (
            Cell(one.name, reverse("desk_act_export_profile", args=[one.pk])),
            Cell(len(one.columns), num=True),
            Cell(_("tabulator") if one.separator == "\t" else one.separator, mono=True),
            Cell(one.encoding, mono=True),
            Cell(CUSTOMERS[Customers(one.customers)]),
            Cell(DETAILS[Detail(one.detail)]),
            Cell(one.source),
            Cell(stamp(one.changed_at) if one.changed_at else "", num=True),
            Cell(_("no longer offered"), chip=words.NONE) if one.retired_on else Cell(_("offered"), chip=words.GOOD),
        )

    return lists.show(
        request,
        title=_("Profiles of the accountant"),
        rows=AccountantProfile.objects.order_by(),
        columns=columns(
            _("Name"), "#" + _("Columns"), _("Separator"), _("Encoding"), _("Customers"), _("Entries"), _("Described in"),
            "#" + _("Changed"), _("Status"),
        ),
        row=row,
        facts={
            "crumbs": ((_("Exports"), reverse("desk_exports")),),
            "acts": [ActLink(_("Add a profile"), reverse("desk_act_export_profile_new"))],
        },
    )  # fmt: skip


@desk(Right.EXPORT, methods=("GET", "POST"))
def profile(request: HttpRequest, key: int = 0) -> HttpResponse:
    """One profile: typed, tried on the last entries of the books, and saved."""
    one = AccountantProfile.objects.filter(pk=key).first() if key else AccountantProfile(columns=[])
    if one is None:
        raise Http404
    if request.method != "POST":
        initial = {fact: getattr(one, fact) for fact in FACTS}
        initial |= {"columns": typed(one.columns), "retired": one.retired_on is not None}
        return _drawn(request, ProfileForm(initial=initial), key)
    form = ProfileForm(request.POST)
    trying = request.POST.get("step") == "try"
    if trying:
        form.fields["reason"].required = form.fields["name"].required = False
    valid = form.is_valid()
    form.fields["reason"].required = form.fields["name"].required = True  # to save it, both are wanted
    if not valid:
        return _drawn(request, form, key)
    if trying:
        return _drawn(request, form, key, tried=_tried(form.profile(AccountantProfile())))
    return _save(request, form, one, key)


def _save(request: HttpRequest, form: ProfileForm, one: AccountantProfile, key: int) -> HttpResponse:
    at, actor = timezone.now(), actor_of(request)
    if AccountantProfile.objects.filter(name=form.cleaned_data["name"]).exclude(pk=one.pk).exists():
        form.add_error("name", _("There is a profile of this name already."))
        return _drawn(request, form, key)
    with transaction.atomic():
        made = form.profile(one)
        made.actor, made.changed_at = str(actor), at
        if form.cleaned_data["retired"] != (made.retired_on is not None):
            made.retired_on = paris_day(at) if form.cleaned_data["retired"] else None
        made.save()
        record_act(
            "changed an accountant’s profile", subject=f"accountant_profile:{made.pk}", actor=actor, at=at,
            reason=form.cleaned_data["reason"],
            facts={fact: getattr(made, fact) for fact in FACTS} | {"retired": made.retired_on is not None},
        )  # fmt: skip
    messages.success(request, _("The profile is saved."))
    return HttpResponseRedirect(reverse("desk_export_profiles"))


def _drawn(request: HttpRequest, form: ProfileForm, key: int, *, tried: str | None = None) -> HttpResponse:
    said = {
        "form": form,
        "new": not key,
        "tried": tried,
        "fields": [_fields()],
        "back_url": reverse("desk_export_profiles"),
    }
    return page(request, "backoffice/export_profile.html", said, status=422 if form.is_bound and form.errors else 200)


def _fields() -> Table:
    """What a column may say."""
    return Table(
        label=_("Fields"),
        title=_("Fields"),
        anchor="champs",
        columns=columns(_("Field"), _("What it says")),
        rows=[(Cell(name, mono=True), Cell(field.label)) for name, field in FIELDS.items()],
    )


def _tried(profile: AccountantProfile) -> str:
    """The first lines of the file of the last day on which something was booked."""
    last = LedgerEntry.objects.order_by("-booked_on").values_list("booked_on", flat=True).first()
    if last is None:
        return _("Nothing was booked yet.")
    export = export_of(profile)
    span = Span(last.replace(day=1) if profile.detail == Detail.MONTH else last, last)
    with one_picture():
        query = export.rows(span)
        found = list(rows_of(Query(f"SELECT * FROM ({query.text}) AS line LIMIT {SHOWN}", query.asked)))  # noqa: S608
    written = as_import_file(profile, export.columns, found)
    with written.file as file:
        return file.read().decode(profile.encoding.removesuffix("-sig")).removeprefix("\ufeff")
