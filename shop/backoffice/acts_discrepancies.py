"""Acts about discrepancies: take one in hand, explain it, book its movement where it belongs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.models import Discrepancy
from payments.reconciliation import discrepancies
from payments.reconciliation.sentences import sentence
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.discrepancy_pages import owner_of
from shop.backoffice.payout_words import BOOKABLE
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, stamp


class _OnDiscrepancy(TwoSteps):
    """What acts on one discrepancy have in common: it is open."""

    right = Right.RECONCILE

    def load(self, request: HttpRequest, key: int) -> Discrepancy | None:
        one = Discrepancy.objects.select_related("movement", "payout", "owner").filter(pk=key).first()
        if one is not None and one.ended_at is not None:
            raise Impossible(_("This discrepancy has ended already."))
        return one

    def facts(self, one: Discrepancy) -> list[Fact]:
        """What it is about."""
        return [
            Fact(_("In words"), sentence(one)),
            Fact(_("About"), words.subject(one.subject)),
            Fact(_("Found"), stamp(one.found_at)),
            Fact(_("Owner"), owner_of(one) or _("nobody yet")),
        ]

    def preview(self, subject: Discrepancy, form: Any) -> Preview:
        return Preview(facts=self.facts(subject))

    def back(self, subject: Discrepancy) -> str:
        return reverse("desk_discrepancy", args=[subject.pk])

    def about(self, subject: Discrepancy) -> str:
        return _("discrepancy no. %(key)s") % {"key": subject.pk}


class TakeDiscrepancy(_OnDiscrepancy):
    """Mine from now on."""

    name = "take_discrepancy"
    title = gettext_lazy("Take it in hand")
    button = gettext_lazy("Take it")

    def do(self, subject: Discrepancy, form: Any, *, actor: Actor, at: datetime) -> Done:
        reason = form.cleaned_data["reason"]
        discrepancies.take(subject.pk, by=int(actor.name), reason=reason, actor=actor, at=at)
        return Done(_("The discrepancy is yours."))


class ExplainDiscrepancy(_OnDiscrepancy):
    """Somebody knows what it was; nothing more is booked."""

    name = "explain_discrepancy"
    title = gettext_lazy("Explain it")
    button = gettext_lazy("End it as explained")

    def load(self, request: HttpRequest, key: int) -> Discrepancy | None:
        one = super().load(request, key)
        if one is not None and discrepancies.has_to_be_booked(one):
            raise Impossible(_("The books are not Stripe’s balance by this amount: book it."))
        return one

    def preview(self, subject: Discrepancy, form: Any) -> Preview:
        warning = _("The same thing, with the same amounts, will not be shown again.")
        return Preview(facts=self.facts(subject), warning=warning)

    def do(self, subject: Discrepancy, form: Any, *, actor: Actor, at: datetime) -> Done:
        discrepancies.explain_away(subject.pk, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(_("The discrepancy is explained."))


class BookForm(ReasonForm):
    """Where the movement belongs."""

    to = forms.ChoiceField(label=gettext_lazy("Book it to"), choices=list(BOOKABLE.items()))
    field_order = ["to", "reason"]


class BookDiscrepancy(_OnDiscrepancy):
    """Its movement leaves the account of what has to be explained."""

    name = "book_discrepancy"
    title = gettext_lazy("Book it")
    button = gettext_lazy("Book it and end it")
    form_class = BookForm

    def load(self, request: HttpRequest, key: int) -> Discrepancy | None:
        one = super().load(request, key)
        if one is not None and discrepancies.bookable(one) is None:
            raise Impossible(_("This discrepancy has no movement that waits to be booked: explain it instead."))
        return one

    def preview(self, subject: Discrepancy, form: Any) -> Preview:
        amount = discrepancies.bookable(subject)
        return Preview(
            facts=[
                *self.facts(subject),
                Fact(_("Amount"), "" if amount is None else euros(amount)),
                Fact(_("Book it to"), str(BOOKABLE[form.cleaned_data["to"]])),
            ],
            warning=_("An entry is written today; entries are never changed."),
        )

    def do(self, subject: Discrepancy, form: Any, *, actor: Actor, at: datetime) -> Done:
        given = form.cleaned_data
        discrepancies.book(subject.pk, to=given["to"], reason=given["reason"], actor=actor, at=at)
        return Done(_("The movement is booked, and the discrepancy ended."))
