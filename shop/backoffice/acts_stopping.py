"""Acts about stopping: carry out or settle a declaration that waits; end a subscription on a recognised ground."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.actors import Actor
from payments.days import paris_day
from payments.disputes import NO_REFUND, is_disputed
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.declaration_pages import candidates
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, short_day, stamp
from shop.watch.bell import ring
from subscriptions.dates import LIVING
from subscriptions.models import Declaration, Order, Subscription
from subscriptions.stopping.deciding import Decision, apply_declaration, decided_effect, settle
from subscriptions.stopping.matching import named
from subscriptions.stopping.reading import UNSERVED, contract_of, standing_of
from subscriptions.stopping.terminating import end_now

Ground = Declaration.Ground
BACK = gettext_lazy("A refund cannot be called back. The reader is told by letter.")


class DeclarationActForm(ReasonForm):
    """Which contract, and what is done to it."""

    contract = forms.CharField(
        label=gettext_lazy("Contract"),
        max_length=40,
        help_text=gettext_lazy("The number of the subscriber or of the order."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    decision = forms.ChoiceField(
        label=gettext_lazy("What is done"),
        choices=[
            (Decision.AS_THE_RULE_SAYS, gettext_lazy("what the rule says, on the day it was received")),
            (Decision.END_NOW, gettext_lazy("it ends today, what was not served is given back")),
            (Decision.GIVE_ALL_BACK, gettext_lazy("it ends today, everything is given back")),
        ],
        widget=forms.RadioSelect,
    )
    field_order = ["contract", "decision", "reason"]

    def clean_contract(self) -> dict[str, Any]:
        """The keys and the name of the contract that a number names."""
        read = named(self.cleaned_data["contract"])
        subscription = Subscription.objects.filter(number__in=read.numbers).first()
        if subscription is not None:
            return {"subscription": subscription.pk, "order": None, "name": str(subscription)}
        order = Order.objects.filter(reference__in=read.orders).first()
        if order is None:
            raise ValidationError(_("There is no contract of this number."))
        return {"subscription": None, "order": order.pk, "name": order.reference}


class _OnDeclaration(TwoSteps):
    """What acts on a declaration have in common: it waits for a person."""

    right = Right.STOP

    def load(self, request: HttpRequest, key: int) -> Declaration | None:
        one = Declaration.objects.select_related("subscription", "order").filter(pk=key).first()
        if one is not None and one.state != Declaration.State.ON_DESK:
            raise Impossible(_("This declaration is dealt with already."))
        return one

    def back(self, subject: Declaration) -> str:
        return reverse("desk_declaration", args=[subject.pk])

    def about(self, subject: Declaration) -> str:
        return _("declaration %(reference)s") % {"reference": subject.reference}

    def facts(self, subject: Declaration) -> list[Fact]:
        """What was declared, and when it counts from."""
        return [
            Fact(_("Declaration"), f"{words.DECLARATION_KIND[subject.kind]}, {subject.reference}"),
            Fact(_("Received"), stamp(subject.received_at)),
            Fact(_("By"), f"{subject.first_name} {subject.last_name}".strip(), lines=[subject.email or ""]),
        ]


class CarryOutDeclaration(_OnDeclaration):
    """Carry it out on the contract that was found for it."""

    name = "declaration"
    title = gettext_lazy("Carry out a declaration")
    button = gettext_lazy("Carry it out")

    def form(self, subject: Declaration, data: Any) -> forms.Form:
        form = DeclarationActForm(data)
        known = str(subject.subscription or subject.order or "")
        found = [] if known else candidates(subject)
        form.initial = {"contract": known or (str(found[0]) if len(found) == 1 else "")}
        return form

    def preview(self, subject: Declaration, form: Any) -> Preview:
        contract = form.cleaned_data["contract"]
        effect = decided_effect(
            subject,
            form.cleaned_data["decision"],
            subscription=contract["subscription"],
            order=contract["order"],
            on=paris_day(timezone.now()),
        )
        return Preview(
            facts=[
                *self.facts(subject),
                Fact(_("Contract"), contract["name"]),
                Fact(_("From"), short_day(effect.effective_on)),
                Fact(_("Given back"), euros(effect.refund) if effect.refund else _("nothing")),
                Fact(_("At the latest"), short_day(effect.refund_due_on) if effect.refund else ""),
                Fact(_("The reader is told"), effect.sentence),
            ],
            warning=BACK if effect.refund else "",
        )

    def do(self, subject: Declaration, form: Any, *, actor: Actor, at: datetime) -> Done:
        contract = form.cleaned_data["contract"]
        done = apply_declaration(
            subject.pk,
            form.cleaned_data["decision"],
            subscription=contract["subscription"],
            order=contract["order"],
            actor=actor,
            at=at,
            reason=form.cleaned_data["reason"],
        )
        ring("letters")
        return Done(_("Declaration %(reference)s is carried out.") % {"reference": done.reference})


class SettleDeclaration(_OnDeclaration):
    """It was dealt with otherwise: answered, a double, nothing to do."""

    name = "settle"
    title = gettext_lazy("Settle a declaration otherwise")
    button = gettext_lazy("Settle it")

    def preview(self, subject: Declaration, form: Any) -> Preview:
        return Preview(
            facts=self.facts(subject),
            warning=_("Nothing changes for any contract. Write to the reader yourself: no letter goes by itself."),
        )

    def do(self, subject: Declaration, form: Any, *, actor: Actor, at: datetime) -> Done:
        done = settle(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        return Done(_("Declaration %(reference)s is settled.") % {"reference": done.reference})


class EndForm(ReasonForm):
    """The ground that is recognised, and where the money goes."""

    ground = forms.ChoiceField(
        label=gettext_lazy("Recognised ground"),
        choices=[
            (Ground.DEATH, gettext_lazy("death of the reader")),
            (Ground.MOVED, gettext_lazy("moved where we do not deliver")),
            (Ground.ILLNESS, gettext_lazy("long illness")),
            (Ground.OTHER, gettext_lazy("another ground")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please choose the ground that is recognised.")},
    )
    to_estate = forms.BooleanField(
        label=gettext_lazy("To the estate: by transfer, to an account that the heirs name"),
        required=False,
    )
    field_order = ["ground", "to_estate", "reason"]


class EndSubscription(TwoSteps):
    """End a subscription today; what was not served is given back."""

    name = "end"
    right = Right.STOP
    title = gettext_lazy("End a subscription today")
    button = gettext_lazy("End it")
    form_class = EndForm

    def load(self, request: HttpRequest, key: int) -> Subscription | None:
        one = Subscription.objects.select_related("payer").filter(pk=key).first()
        if one is not None and one.state not in LIVING:
            raise Impossible(_("This subscription has ended already."))
        return one

    def preview(self, subject: Subscription, form: Any) -> Preview:
        contract = contract_of(subscription=subject.pk)
        if is_disputed(contract.money):
            raise Impossible(NO_REFUND)
        standing = standing_of(contract, on=paris_day(timezone.now()))
        back = sum(copy.state in UNSERVED for copy in contract.copies)
        way = _("by transfer, on finance’s desk") if form.cleaned_data["to_estate"] else _("the way it was paid")
        return Preview(
            facts=[
                Fact(_("Subscription"), str(subject)),
                Fact(_("Payer"), subject.payer.full_name if subject.payer else ""),
                Fact(_("Copies given back"), ngettext("%(count)s copy", "%(count)s copies", back) % {"count": back}),
                Fact(_("Amount given back"), euros(standing.unserved_price)),
                Fact(_("How"), way if standing.unserved_price else ""),
                Fact(_("Automatic renewal"), _("stops") if standing.automatic else ""),
            ],
            warning=_("A refund cannot be called back. Write to the reader or the family yourself."),
        )

    def do(self, subject: Subscription, form: Any, *, actor: Actor, at: datetime) -> Done:
        given = end_now(
            subject.pk,
            form.cleaned_data["ground"],
            to_estate=form.cleaned_data["to_estate"],
            reason=form.cleaned_data["reason"],
            actor=actor,
            at=at,
        )
        total = sum(one.amount for one in given)
        return Done(_("%(number)s ends today; %(amount)s is given back.") % {"number": subject, "amount": euros(total)})

    def back(self, subject: Subscription) -> str:
        return reverse("desk_subscription", args=[subject.pk])

    def about(self, subject: Subscription) -> str:
        return _("subscription %(number)s") % {"number": subject}
