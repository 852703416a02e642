"""Merging two records of one reader: which stays, what moves, which address remains."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.money_tables import name_of
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.customers.merging import doubles_of, merge, moves_of, refuse_if_impossible
from shop.customers.models import Customer


class MergeForm(ReasonForm):
    """The record that goes, and whose address remains."""

    other = forms.CharField(
        label=gettext_lazy("The record that goes"),
        max_length=254,
        help_text=gettext_lazy("Its reader number or its e-mail address."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.ChoiceField(
        label=gettext_lazy("The e-mail address that remains"),
        choices=[("kept", gettext_lazy("of the record that stays")), ("gone", gettext_lazy("of the record that goes"))],
        widget=forms.RadioSelect,
        initial="kept",
    )
    field_order = ["other", "email", "reason"]

    def clean_other(self) -> int:
        typed = self.cleaned_data["other"].strip().lower().lstrip("#")
        found = Customer.objects.filter(pk=int(typed)) if typed.isdecimal() else Customer.objects.filter(email=typed)
        key = found.values_list("pk", flat=True).first()
        if key is None:
            raise ValidationError(_("There is no reader of this number or address."))
        return int(key)


class MergeRecords(TwoSteps):
    """Make one record of two; this one stays."""

    name = "merge"
    right = Right.MERGE
    title = gettext_lazy("Merge with another record")
    button = gettext_lazy("Merge them")
    form_class = MergeForm

    def load(self, request: HttpRequest, key: int) -> Customer | None:
        one = Customer.objects.filter(pk=key).first()
        if one is not None and (one.is_staff or one.erased_on or one.merged_into_id):
            raise Impossible(_("This record cannot take another one in."))
        return one

    def form(self, subject: Customer, data: Any) -> forms.Form:
        form = MergeForm(data)
        likely = doubles_of(subject) if data is None else []
        if len(likely) == 1:
            form.initial = {"other": likely[0].pk}
        return form

    def preview(self, subject: Customer, form: Any) -> Preview:
        gone = Customer.objects.get(pk=form.cleaned_data["other"])
        refuse_if_impossible(gone, subject)
        moves = moves_of(gone, subject)
        stays = subject if form.cleaned_data["email"] == "kept" else gone
        said = [str(words.CONSENT[matter]) for matter in moves.objections]
        return Preview(
            facts=[
                Fact(_("Stays"), f"{name_of(subject)} (#{subject.pk})", lines=[subject.email or _("no address")]),
                Fact(_("Goes"), f"{name_of(gone)} (#{gone.pk})", lines=[gone.email or _("no address")]),
                Fact(_("The e-mail address that remains"), stays.email or subject.email or gone.email or ""),
                Fact(_("Subscriptions that move"), moves.subscriptions),
                Fact(
                    _("Of the same magazine"),
                    _("both stay, each with its own dates: nothing is joined") if moves.same_magazine else "",
                ),
                Fact(_("Orders that move"), moves.orders),
                Fact(_("Means of payment that move"), moves.cards),
                Fact(_("Invoices that keep the old name"), moves.invoices),
                Fact(_("Letters as they were sent"), moves.letters),
                Fact(_("Refused by one, so by both"), "", lines=said),
            ],
            warning=_(
                "This cannot be undone. Both are signed out; the other address opens the account only if both were proved by a "
                "sign-in."
            ),
        )

    def do(self, subject: Customer, form: Any, *, actor: Actor, at: datetime) -> Done:
        gone = form.cleaned_data["other"]
        kept = merge(
            gone,
            subject.pk,
            keep_email_of=subject.pk if form.cleaned_data["email"] == "kept" else gone,
            reason=form.cleaned_data["reason"],
            actor=actor,
            at=at,
        )
        return Done(_("The two records are one: reader no. %(key)s.") % {"key": kept.pk})

    def back(self, subject: Customer) -> str:
        return reverse("desk_person", args=[subject.pk])

    def about(self, subject: Customer) -> str:
        return subject.full_name or _("reader no. %(key)s") % {"key": subject.pk}
