"""Free copies at the desks: complimentary, vouchers and test addresses; who gets them, since and until which issue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.acts_people import AddressForm
from shop.backoffice.doors import desk
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right, may
from shop.backoffice.run_words import FREE
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Fact, chip
from shop.templatetags.french import issue_number, short_day
from subscriptions.addresses.typed import TypedAddress
from subscriptions.calendar import reached_by_address_change
from subscriptions.fulfilment.free_copies import end_free, give_free
from subscriptions.models import FreeCopy, Issue, Magazine
from subscriptions.offers.catalogue import dates_of


@desk(Right.FULFILMENT_DESK)
def free_copies(request: HttpRequest) -> HttpResponse:
    """Every one of them, the newest first, and those that have ended."""
    user = request.user

    def row(one: FreeCopy) -> Sequence[Cell]:
        until = issue_number(one.until_number) if one.until_number else _("until they are ended")
        ends = one.ended_at is None and may(user, Right.CLOSE)
        return (
            Cell(one.number, mono=True, tight=True),
            chip(words.said(FREE, one.kind)),
            Cell(", ".join(one.address.lines)),
            Cell(one.copies, num=True),
            Cell(f"{issue_number(one.from_number)} – {until}"),
            Cell(one.reason),
            Cell(_("End them"), reverse("desk_act_end_free", args=[one.pk]))
            if ends
            else Cell(_("ended on %(day)s") % {"day": short_day(paris_day(one.ended_at))} if one.ended_at else ""),
        )

    return show_list(
        request,
        title=_("Free copies"),
        rows=FreeCopy.objects.select_related("address"),
        columns=columns(
            _("Number"), _("Kind"), _("Address"), "#" + _("Copies"), _("Issues"), _("Why"), _("End")
        ),
        row=row,
        facts={"acts": acts_for(user, (Right.CLOSE, _("Give free copies"), "desk_act_give_free", 0))},
    )  # fmt: skip


class FreeForm(AddressForm):
    """What is sent, to whom, from which issue to which."""

    what = forms.ChoiceField(
        label=gettext_lazy("Kind of copies"),
        choices=[
            (FreeCopy.Kind.FREE, gettext_lazy("complimentary copies")),
            (FreeCopy.Kind.PROOF, gettext_lazy("voucher copies")),
            (FreeCopy.Kind.SEED, gettext_lazy("a test address of ours")),
        ],
    )
    copies = forms.IntegerField(label=gettext_lazy("Copies of each issue"), min_value=1, max_value=999, initial=1)
    from_number = forms.IntegerField(label=gettext_lazy("From issue number"), min_value=1)
    until_number = forms.IntegerField(
        label=gettext_lazy("To issue number, included"),
        min_value=1,
        required=False,
        help_text=gettext_lazy("Left empty, they go on until they are ended."),
    )

    def __init__(self, data: Any = None, *, initial: TypedAddress | None = None, first: int | None = None) -> None:
        super().__init__(data, initial=initial)
        self.order_fields(["what", "copies", "from_number", "until_number", *self.fields])
        self.initial = {**(self.initial or {}), "copies": 1, "from_number": first}

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        first, last = typed.get("from_number"), typed.get("until_number")
        if first and last and last < first:
            self.add_error("until_number", _("The last issue comes after the first."))
        return typed


class GiveFree(TwoSteps):
    """Send copies that nobody pays for."""

    name = "give_free"
    right = Right.CLOSE
    title = gettext_lazy("Give free copies")
    button = gettext_lazy("Send them")

    def load(self, request: HttpRequest, key: int) -> Magazine | None:
        return Magazine.objects.order_by("pk").first()

    def form(self, subject: Magazine, data: Any) -> forms.Form:
        coming = map(dates_of, Issue.objects.filter(magazine=subject, posted_on=None))
        first = reached_by_address_change(coming, on=paris_day(timezone.now()))
        return FreeForm(data, first=first.number if first else None)

    def preview(self, subject: Magazine, form: Any) -> Preview:
        typed = form.cleaned_data
        until = typed["until_number"]
        return Preview(
            [
                Fact(_("Kind of copies"), words.said(FREE, typed["what"])["word"]),
                Fact(_("Copies of each issue"), typed["copies"]),
                Fact(_("From"), issue_number(typed["from_number"])),
                Fact(_("To"), issue_number(until) if until else _("until they are ended")),
            ],
            _("They are in every file from then on, and never counted as paid."),
            label=list(form.label.printed_lines),
        )

    def do(self, subject: Magazine, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        free = give_free(
            subject.pk, form.typed(), form.label, kind=typed["what"], copies=typed["copies"],
            from_number=typed["from_number"], until_number=typed["until_number"], actor=actor, reason=typed["reason"], at=at,
        )  # fmt: skip
        return Done(_("They are sent under the number %(number)s.") % {"number": free.number})

    def back(self, subject: Magazine) -> str:
        return reverse("desk_free_copies")


class EndFree(TwoSteps):
    """Send no more of them."""

    name = "end_free"
    right = Right.CLOSE
    title = gettext_lazy("End free copies")
    button = gettext_lazy("End them")
    form_class = ReasonForm

    def load(self, request: HttpRequest, key: int) -> FreeCopy | None:
        one = FreeCopy.objects.select_related("address").filter(pk=key).first()
        if one is not None and one.ended_at is not None:
            raise Impossible(_("These copies have ended already."))
        return one

    def preview(self, subject: FreeCopy, form: Any) -> Preview:
        return Preview(
            [Fact(_("Number"), subject.number), Fact(_("Kind of copies"), words.said(FREE, subject.kind)["word"])],
            _("What is in a closed file still leaves."),
            label=list(subject.address.lines),
        )

    def do(self, subject: FreeCopy, form: Any, *, actor: Actor, at: datetime) -> Done:
        try:
            end_free(subject.pk, actor=actor, reason=form.cleaned_data["reason"], at=at)
        except ValidationError as trouble:
            raise Impossible(trouble.messages[0]) from trouble
        return Done(_("They have ended."))

    def back(self, subject: FreeCopy) -> str:
        return reverse("desk_free_copies")
