"""The act on VAT numbers: ask the Union's register about one, and keep its answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.desk import record_act
from payments.models import VatCheck
from payments.tax_ids import check_eu_vat
from payments.vies.keeping import check
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact


class NumberForm(ReasonForm):
    """The number, as the buyer wrote it."""

    vat_number = forms.CharField(label=gettext_lazy("VAT number"), max_length=20)
    field_order = ["vat_number", "reason"]

    def clean_vat_number(self) -> str:
        return check_eu_vat(self.cleaned_data["vat_number"])


class CheckNumber(TwoSteps):
    """Ask VIES about a number."""

    name = "vat_number"
    right = Right.INSTITUTIONS
    title = gettext_lazy("Ask the register about a VAT number")
    button = gettext_lazy("Ask VIES")
    form_class = NumberForm

    def load(self, request: HttpRequest, key: int) -> str:
        if not settings.VIES_URL:
            raise Impossible(_("The register of VAT numbers is not set up: sell with French VAT."))
        return "vat-numbers"

    def preview(self, subject: str, form: Any) -> Preview:
        return Preview(
            facts=[Fact(_("VAT number"), form.cleaned_data["vat_number"], mono=True)],
            warning=_("The answer is kept for good, whatever it is. No answer is not a no: ask again later."),
        )

    def do(self, subject: str, form: Any, *, actor: Actor, at: datetime) -> Done:
        found = check(form.cleaned_data["vat_number"], actor=actor, at=at)
        record_act(
            "asked about a VAT number",
            subject=f"vat_check:{found.pk}",
            actor=actor,
            at=at,
            reason=form.cleaned_data["reason"],
            facts={"outcome": found.outcome},
        )
        said = words.said(words.VAT_CHECK, found.outcome)["word"]
        return Done(
            _("VIES says of %(number)s: %(said)s.") % {"number": found.vat_number, "said": said},
            doubt=found.outcome != VatCheck.Outcome.VALID,
        )

    def back(self, subject: str) -> str:
        return reverse("desk_vat_checks")

    def about(self, subject: str) -> str:
        return str(_("VAT numbers"))
