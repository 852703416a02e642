"""The numbers of a firm in a form: each is one, they belong together, and in France there is a SIREN."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from payments.tax_ids import check_eu_vat, check_siren, check_siret, siren_of_siret
from payments.territories import EU_STATES
from payments.vat import BuyerKind
from subscriptions.addresses.territories import is_french_postal_area

NUMBERS = (("siren", check_siren), ("siret", check_siret), ("vat_number", check_eu_vat))
FRENCH_KINDS = {"company": BuyerKind.PRO_FR, "public": BuyerKind.PUBLIC_FR, "association": BuyerKind.ASSOC}


def check_numbers(form: forms.Form, typed: dict[str, Any]) -> None:
    """Normalise what was typed in place, with each fault beside its field; a SIRET brings its SIREN."""
    for name, read in NUMBERS:
        if typed.get(name):
            try:
                typed[name] = read(typed[name])
            except ValidationError as refused:
                form.add_error(name, refused)
    siren, siret = typed.get("siren"), typed.get("siret")
    if siret and not form.has_error("siret"):
        if siren and not form.has_error("siren") and siren != siren_of_siret(siret):
            form.add_error("siret", _("This SIRET belongs to another SIREN. Check which one is right."))
        elif not siren:
            typed["siren"] = siren_of_siret(siret)


def want_siren(form: forms.Form, typed: dict[str, Any], kind: str) -> None:
    """A French company or public body has a SIREN, which its invoice will bear (law.md 2.1)."""
    missing = not (typed.get("siren") or form.has_error("siren") or form.has_error("siret"))
    if missing and kind in (BuyerKind.PRO_FR, BuyerKind.PUBLIC_FR):
        form.add_error("siren", _("A French firm or public body has a SIREN: please give it."))


def kind_of_organisation(kind: str, country: str) -> str:
    """What an organisation is for VAT and e-invoicing: by the country its invoice goes to (law.md 3.2)."""
    if is_french_postal_area(country):
        return FRENCH_KINDS.get(kind, BuyerKind.PRO_FR)
    return BuyerKind.PRO_EU if country in EU_STATES | {"XI"} else BuyerKind.PRO_ROW
