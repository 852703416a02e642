"""The one act on the escrow: somebody restored a night's file elsewhere, and writes down how it went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from shop.backoffice.acting import Done, Preview, ReasonForm, TwoSteps
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import short_day
from subscriptions.escrow.rehearsing import write_down
from subscriptions.models import Escrow


class RestoredForm(ReasonForm):
    """How a restore went."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        choices=[("worked", gettext_lazy("it worked: the files came out")), ("failed", gettext_lazy("it failed"))],
    )
    field_order = ["outcome", "reason"]


class WriteDownRestore(TwoSteps):
    """Somebody restored the file of a night into an empty database."""

    name = "restored"
    right = Right.ESCROW
    title = gettext_lazy("Write down a restore")
    button = gettext_lazy("Write it down")
    form_class = RestoredForm

    def load(self, request: HttpRequest, key: int) -> Escrow | None:
        return Escrow.objects.filter(pk=key, state=Escrow.State.DONE).first()

    def preview(self, subject: Escrow, form: Any) -> Preview:
        outcome = dict(form.fields["outcome"].choices)[form.cleaned_data["outcome"]]
        return Preview(
            [
                Fact(_("Night"), short_day(subject.night)),
                Fact(_("Hash"), subject.sha256, mono=True),
                Fact(_("Outcome"), outcome),
            ],
            _("It stays beside this file for good. Have the files that you extracted been deleted?"),
        )

    def do(self, subject: Escrow, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        write_down(subject.pk, succeeded=typed["outcome"] == "worked", actor=actor, reason=typed["reason"], at=at)
        return Done(_("It is written down."))

    def back(self, subject: Escrow) -> str:
        return reverse("desk_escrow_night", args=[subject.pk])

    def about(self, subject: Escrow) -> str:
        return short_day(subject.night)
