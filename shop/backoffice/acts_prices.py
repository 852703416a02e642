"""Acts about prices: prepare a change, sign it after its cohort was looked at, cancel it until it took effect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from payments.money import eur, parse_french
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.price_pages import zones_in_words
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, short_day
from shop.watch.bell import ring
from subscriptions.calendar import DeliveryZone
from subscriptions.models import Offer, PriceChange
from subscriptions.pricing.changing import cancel, check, prepare, sign
from subscriptions.pricing.cohort import LATER, REACHED, TOLD, figures_of, months_of

State = PriceChange.State


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"


class ChangeForm(ReasonForm):
    """Which offer, where, how much, from when."""

    offer = forms.ModelChoiceField(label=gettext_lazy("Offer"), queryset=Offer.objects.none())
    zones = forms.MultipleChoiceField(
        label=gettext_lazy("Delivery zones"),
        choices=DeliveryZone.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Please choose at least one delivery zone.")},
    )
    amount = forms.CharField(
        label=gettext_lazy("New amount"), max_length=20, help_text=gettext_lazy("Incl. VAT and postage, like 27,60.")
    )
    orders_from = forms.DateField(label=gettext_lazy("New orders pay it from"), widget=DateInput)
    renewals_from = forms.DateField(
        label=gettext_lazy("It holds for renewals from R ="),
        widget=DateInput,
        help_text=gettext_lazy("Readers are told ninety days before a renewal that costs more."),
    )
    field_order = ["offer", "zones", "amount", "orders_from", "renewals_from", "reason"]

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        field: Any = self.fields["offer"]
        field.queryset = Offer.objects.order_by("pk")
        field.label_from_instance = lambda offer: offer.title

    def clean_amount(self) -> Any:
        """Euros as they are written in French."""
        amount = parse_french(self.cleaned_data["amount"])
        if amount.amount <= 0:
            raise forms.ValidationError(_("A price is more than nothing."))
        return amount.amount


def reached(figures: Mapping[str, Any]) -> list[Fact]:
    """The totals of a cohort, as facts."""
    labels = {
        REACHED: _("At the new price"),
        TOLD: _("Announced already, untouched"),
        LATER: _("Once more at the old price"),
    }
    return [
        Fact(
            label,
            _("%(readers)s readers: %(before)s before, %(after)s after")
            % {
                "readers": figures[kind]["readers"],
                "before": euros(eur(figures[kind]["before"])),
                "after": euros(eur(figures[kind]["after"])),
            },
        )
        for kind, label in labels.items()
    ]


class PreparePrice(TwoSteps):
    """Prepare a change; nothing holds before it is signed."""

    name = "prepare-price"
    right = Right.PRICES
    title = gettext_lazy("Prepare a change of price")
    button = gettext_lazy("Prepare it")
    form_class = ChangeForm

    def load(self, request: HttpRequest, key: int) -> str:
        return "prices"

    def preview(self, subject: str, form: Any) -> Preview:
        typed = form.cleaned_data
        change = PriceChange(
            offer=typed["offer"],
            zones=sorted(typed["zones"]),
            amount=eur(typed["amount"]),
            orders_from=typed["orders_from"],
            renewals_from=typed["renewals_from"],
        )
        check(change, on=paris_day(timezone.now()))
        return Preview(
            facts=[
                Fact(_("Offer"), change.offer.title),
                Fact(_("Zones"), zones_in_words(change)),
                Fact(_("New amount"), euros(change.amount)),
                Fact(_("New orders pay it from"), short_day(change.orders_from)),
                Fact(_("It holds for renewals from R ="), short_day(change.renewals_from)),
                *reached(figures_of(months_of(change))),
            ],
            warning=_("Nothing changes before it is signed."),
        )

    def do(self, subject: str, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        prepare(
            typed["offer"].pk,
            typed["zones"],
            typed["amount"],
            orders_from=typed["orders_from"],
            renewals_from=typed["renewals_from"],
            actor=actor,
            reason=typed["reason"],
            at=at,
        )
        return Done(_("The change is prepared: look at its cohort, then sign it."))

    def back(self, subject: str) -> str:
        return reverse("desk_prices")

    def about(self, subject: str) -> str:
        return _("Changes of price")


class _OnChange(TwoSteps):
    """What signing and cancelling have in common."""

    right = Right.PRICES

    def load(self, request: HttpRequest, key: int) -> PriceChange | None:
        one = PriceChange.objects.select_related("offer").filter(pk=key).first()
        if one is not None and one.state not in self.states:
            raise Impossible(self.impossible)
        return one

    states: tuple[str, ...] = ()
    impossible: Any = ""

    def facts(self, subject: PriceChange) -> list[Fact]:
        """What the change says."""
        return [
            Fact(_("Offer"), subject.offer.title),
            Fact(_("Zones"), zones_in_words(subject)),
            Fact(_("New amount"), euros(subject.amount)),
            Fact(_("New orders pay it from"), short_day(subject.orders_from)),
            Fact(_("It holds for renewals from R ="), short_day(subject.renewals_from)),
        ]

    def back(self, subject: PriceChange) -> str:
        return reverse("desk_price", args=[subject.pk])

    def about(self, subject: PriceChange) -> str:
        return f"{subject.offer.title}, {euros(subject.amount)}"


class SignPrice(_OnChange):
    """Sign: the prices are written, with the name and the figures of the cohort."""

    name = "sign-price"
    title = gettext_lazy("Sign a change of price")
    button = gettext_lazy("Sign it")
    states = (State.PREPARED,)
    impossible = gettext_lazy("This change is no longer to be signed.")

    def preview(self, subject: PriceChange, form: Any) -> Preview:
        check(subject, on=paris_day(timezone.now()))
        return Preview(
            facts=[*self.facts(subject), *reached(figures_of(months_of(subject)))],
            warning=_("Every reader whose next year costs more is written to ninety days before it."),
        )

    def do(self, subject: PriceChange, form: Any, *, actor: Actor, at: datetime) -> Done:
        sign(subject.pk, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return Done(_("The change is signed: its prices hold on their days."))


class CancelPrice(_OnChange):
    """Cancel, until it took effect."""

    name = "cancel-price"
    title = gettext_lazy("Cancel a change of price")
    button = gettext_lazy("Cancel it")
    states = (State.PREPARED, State.SIGNED)
    impossible = gettext_lazy("This change is cancelled already.")

    def preview(self, subject: PriceChange, form: Any) -> Preview:
        return Preview(
            facts=self.facts(subject),
            warning=_("The amount before goes on. Readers who were written to hear that it does not come."),
        )

    def do(self, subject: PriceChange, form: Any, *, actor: Actor, at: datetime) -> Done:
        cancel(subject.pk, actor=actor, reason=form.cleaned_data["reason"], at=at)
        ring("letters")
        return Done(_("The change is cancelled."))
