"""CSV profiles and rules of our bank at the desks: data of finance's, with a guess and a look at what a profile reads."""

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
from django.utils.translation import gettext_lazy, pgettext

from payments.bank.csv_files import DATE_FORMATS, ENCODINGS, SEPARATORS, guess, read_csv
from payments.bank.statements import ReadStatement
from payments.desk import record_act
from payments.models import BankRule, CsvProfile
from shop.backoffice import bank_words, lists, words
from shop.backoffice.acting import ReasonForm
from shop.backoffice.bank_tables import money
from shop.backoffice.doors import actor_of, desk, page
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, Table
from shop.backoffice.uploads import takes_files
from shop.templatetags.french import short_day, stamp

LARGEST = 2 * 1024 * 1024
SHOWN = 20
FIELDS = (
    "separator", "encoding", "decimal", "date_format", "booked_on", "value_on", "text", "amount", "debit", "credit",
    "reference", "counterparty", "balance",
)  # fmt: skip


def _column(label: Any, help_text: Any = "", *, required: bool = False, most: int = 80) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, help_text=help_text, required=required, max_length=most, widget=widget)


class ProfileForm(ReasonForm):
    """How a bank writes, column by column, by the names of its head line."""

    file = forms.FileField(
        label=gettext_lazy("A file of this bank, to look at"),
        required=False,
        help_text=gettext_lazy("2 MB at most. Nothing of it is kept."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt"}),
    )
    name = forms.CharField(label=gettext_lazy("Name of the bank"), max_length=60)
    separator = forms.ChoiceField(
        label=gettext_lazy("Separator"),
        choices=[(one, gettext_lazy("tabulator") if one == "\t" else one) for one in SEPARATORS],
    )
    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=[(one, one) for one in ENCODINGS])
    decimal = forms.ChoiceField(label=gettext_lazy("Amounts like"), choices=CsvProfile.Decimal.choices)
    date_format = forms.ChoiceField(
        label=gettext_lazy("Days like"),
        choices=list(
            zip(
                DATE_FORMATS,
                ("23/11/2026", "2026-11-23", "23.11.2026", "23-11-2026", "23/11/26", "20261123"),
                strict=True,
            )
        ),
    )
    booked_on = _column(gettext_lazy("Column of the day"), required=True)
    value_on = _column(gettext_lazy("Column of the value date"))
    text = _column(
        gettext_lazy("Columns of the label"),
        gettext_lazy("One, or several with a | between them."),
        required=True,
        most=300,
    )
    amount = _column(gettext_lazy("Column of the signed amount"), gettext_lazy("This one, or the next two."))
    debit = _column(gettext_lazy("Column of debits"))
    credit = _column(gettext_lazy("Column of credits"))
    reference = _column(gettext_lazy("Column of the bank’s reference"))
    counterparty = _column(gettext_lazy("Column of the other party"))
    balance = _column(
        gettext_lazy("Column of the balance after each line"),
        gettext_lazy("Without it, both balances are typed with each statement."),
    )
    field_order = ["file", "name", *FIELDS, "reason"]

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        both = bool(typed.get("debit")) and bool(typed.get("credit"))
        if bool(typed.get("amount")) == both or (typed.get("debit") and not both) or (typed.get("credit") and not both):
            self.add_error("amount", _("Name the column of the signed amount, or those of debits and of credits."))
        return typed

    def profile(self, one: CsvProfile) -> CsvProfile:
        """The profile as it was typed."""
        one.name = self.cleaned_data["name"]
        for field in FIELDS:
            setattr(one, field, self.cleaned_data[field])
        return one


@desk(Right.BANK)
def profiles(request: HttpRequest) -> HttpResponse:
    """How each bank writes its CSV."""

    def row(one: CsvProfile) -> Sequence[Cell]:
        amounts = one.amount or f"{one.debit} / {one.credit}"
        return (
            Cell(one.name, reverse("desk_act_bank_profile", args=[one.pk])),
            Cell(_("tabulator") if one.separator == "\t" else one.separator, mono=True),
            Cell(one.encoding, mono=True),
            Cell(one.booked_on),
            Cell(one.text.replace("|", ", ")),
            Cell(amounts),
            Cell(one.balance),
            Cell(stamp(one.changed_at), num=True),
        )

    return lists.show(
        request,
        title=_("CSV profiles"),
        rows=CsvProfile.objects.order_by(),
        columns=columns(
            pgettext("bank", "Bank"), _("Separator"), _("Encoding"), _("Day"), _("Label"), _("Amount"), _("Balance"), "#" + _("Changed")
        ),
        row=row,
        facts={
            "crumbs": ((_("Bank statements"), reverse("desk_bank")),),
            "acts": [ActLink(_("Add a profile"), reverse("desk_act_bank_profile_new"))],
        },
    )  # fmt: skip


@takes_files(LARGEST)
@desk(Right.BANK, methods=("GET", "POST"))
def profile(request: HttpRequest, key: int = 0) -> HttpResponse:
    """One profile: filled from a file by a guess, tried on it, and only then saved."""
    one = CsvProfile.objects.filter(pk=key).first() if key else CsvProfile()
    if one is None:
        raise Http404
    step = request.POST.get("step", "")
    initial = {"name": one.name, **{field: getattr(one, field) for field in FIELDS}}
    if request.method != "POST":
        return _drawn(request, ProfileForm(initial=initial), key)
    given = request.FILES.get("file")
    body = given.read() if given is not None else b""
    if step in ("guess", "try") and not body:
        form = ProfileForm(request.POST)
        form.add_error("file", _("Please choose a file."))
        return _drawn(request, form, key)
    if step == "guess":
        try:
            found = guess(body)
        except ValidationError as trouble:
            form = ProfileForm(request.POST)
            form.add_error("file", trouble)
            return _drawn(request, form, key)
        typed = {name: value for name, value in request.POST.items() if value and name in ("name", "reason")}
        return _drawn(request, ProfileForm(initial={**initial, **typed, **found}), key)
    form = ProfileForm(request.POST)
    if step == "try":
        form.fields["reason"].required = False
        form.fields["name"].required = False
    valid = form.is_valid()
    for name in ("name", "reason"):
        form.fields[name].required = True  # to save it, both are wanted
    if not valid:
        return _drawn(request, form, key)
    if step == "try":
        try:
            return _drawn(request, form, key, tried=read_csv(body, form.profile(CsvProfile())))
        except ValidationError as trouble:
            form.add_error("file", trouble)
            return _drawn(request, form, key)
    return _save(request, form, one, key)


def _save(request: HttpRequest, form: ProfileForm, one: CsvProfile, key: int) -> HttpResponse:
    at, actor = timezone.now(), actor_of(request)
    if CsvProfile.objects.filter(name=form.cleaned_data["name"]).exclude(pk=one.pk).exists():
        form.add_error("name", _("There is a profile of this name already."))
        return _drawn(request, form, key)
    with transaction.atomic():
        made = form.profile(one)
        made.actor, made.changed_at = str(actor), at
        made.save()
        record_act(
            "changed a CSV profile", subject=f"csv_profile:{made.pk}", actor=actor, at=at,
            reason=form.cleaned_data["reason"], facts={field: getattr(made, field) for field in FIELDS},
        )  # fmt: skip
    messages.success(request, _("The profile is saved."))
    return HttpResponseRedirect(reverse("desk_bank_profiles"))


def _drawn(request: HttpRequest, form: ProfileForm, key: int, *, tried: ReadStatement | None = None) -> HttpResponse:
    said = {
        "form": form,
        "new": not key,
        "tables": [_tried(tried)] if tried else [],
        "back_url": reverse("desk_bank_profiles"),
    }
    return page(request, "backoffice/bank_profile.html", said, status=422 if form.is_bound and form.errors else 200)


def _tried(read: ReadStatement) -> Table:
    """What the profile reads in the file."""
    balances = [
        Cell(money(one) if one is not None else _("to be typed"), num=True) for one in (read.opening, read.closing)
    ]
    return Table(
        label=_("What this profile reads"),
        title=_("What this profile reads"),
        columns=columns(
            "#" + _("Day"), "#" + _("Value date"), "#" + _("Amount"), _("Label"), _("From or to"), _("Bank reference")
        ),
        rows=[
            (
                Cell(short_day(line.booked_on), num=True),
                Cell(short_day(line.value_on), num=True),
                Cell(money(line.amount), num=True),
                Cell(line.text),
                Cell(line.counterparty),
                Cell(line.bank_reference, mono=True),
            )
            for line in read.lines[:SHOWN]
        ],
        total=(Cell(_("First and last balance")), *balances, Cell(""), Cell(""), Cell(len(read.lines), num=True)),
    )


@desk(Right.BANK)
def rules(request: HttpRequest) -> HttpResponse:
    """Which lines go on which account by themselves."""

    def row(one: BankRule) -> Sequence[Cell]:
        ended = one.ended_on is not None
        return (
            Cell(one.words, "" if ended else reverse("desk_act_bank_rule_end", args=[one.pk])),
            Cell(bank_words.SIDE[one.side]),
            Cell(money(one.most), num=True),
            Cell(bank_words.KEYS.get(one.key, one.key)),
            Cell(short_day(one.valid_from), num=True),
            Cell(short_day(one.ended_on), num=True),
            Cell(_("ended"), chip=words.NONE) if ended else Cell(_("holds"), chip=words.GOOD),
        )

    return lists.show(
        request,
        title=_("Rules of bank lines"),
        rows=BankRule.objects.all(),
        columns=columns(
            _("Words of the label"), _("Side"), "#" + _("Up to"), _("Account"), "#" + _("From"), "#" + _("Until"), _("Status")
        ),
        row=row,
        facts={
            "crumbs": ((_("Bank statements"), reverse("desk_bank")),),
            "acts": [ActLink(_("Add a rule"), reverse("desk_act_bank_rule"))],
        },
    )  # fmt: skip
