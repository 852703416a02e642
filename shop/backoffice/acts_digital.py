"""Acts about the digital edition and about who may ask for entitlements: set it, make a token, revoke one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.digital_pages import share_words
from shop.backoffice.doors import desk, page
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, Fact, Table, chip
from shop.templatetags.french import short_day, stamp
from subscriptions.digital.switching import change, check, rule_of
from subscriptions.digital.tokens import make, revoke
from subscriptions.models import ApiToken, DigitalRule, Magazine


class DigitalForm(ReasonForm):
    """Everything that holds, at once: what is set here replaces what was set before."""

    on = forms.BooleanField(label=gettext_lazy("This magazine has a digital edition"), required=False)
    share = forms.DecimalField(
        label=gettext_lazy("Share of the price, in percent"),
        help_text=gettext_lazy(
            "Which part of the price excl. VAT the digital edition is, by a method that can be shown."
        ),
        required=False,
        localize=True,
        max_digits=5,
        decimal_places=2,
    )
    rate = forms.ChoiceField(label=gettext_lazy("Rate"), required=False)
    decided_by = forms.CharField(label=gettext_lazy("Decided by"), required=False, max_length=120)
    decided_on = forms.DateField(
        label=gettext_lazy("Decided on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    with_text = forms.BooleanField(
        label=gettext_lazy("Readers agree to the newest version of the text “Digital edition”"), required=False
    )
    field_order = ["on", "share", "rate", "decided_by", "decided_on", "with_text", "reason"]

    def __init__(self, data: Any = None, *, rule: DigitalRule | None = None) -> None:
        initial = {
            "on": rule.on,
            "share": rule.share,
            "rate": rule.rate,
            "decided_by": rule.decided_by,
            "decided_on": rule.decided_on,
            "with_text": rule.text_id is not None,
        } if rule else {}  # fmt: skip
        super().__init__(data, initial=initial)
        field: Any = self.fields["rate"]
        field.choices = [("", _("not decided")), *words.DIGITAL_RATE.items()]


class SetDigital(TwoSteps):
    """What holds for a magazine from now on."""

    name = "set-digital"
    right = Right.DIGITAL_SET
    title = gettext_lazy("Set the digital edition")
    button = gettext_lazy("Set it")

    def load(self, request: HttpRequest, key: int) -> Magazine | None:
        return Magazine.objects.filter(pk=key).first()

    def form(self, subject: Magazine, data: Any) -> forms.Form:
        return DigitalForm(data, rule=rule_of(subject.pk))

    def preview(self, subject: Magazine, form: Any) -> Preview:
        typed, before = form.cleaned_data, rule_of(subject.pk)
        rule = DigitalRule(magazine=subject, **_typed(typed))
        check(rule, with_text=typed["with_text"], on=paris_day(timezone.now()))
        was_on = before is not None and before.on
        return Preview(
            facts=[
                Fact(_("Until now"), words.said(words.DIGITAL, "on" if was_on else "off")["word"]),
                Fact(_("From now on"), words.said(words.DIGITAL, "on" if rule.on else "off")["word"]),
                Fact(_("Share of the price"), share_words(rule) or _("not decided")),
                Fact(_("Rate"), str(words.DIGITAL_RATE.get(rule.rate, _("not decided")))),
                Fact(_("Decided by"), rule.decided_by),
                Fact(_("Decided on"), short_day(rule.decided_on)),
                Fact(_("Text readers agree to"), _("the newest version") if typed["with_text"] else _("none")),
            ],
            warning=_consequence(was_on=was_on, on=rule.on),
        )

    def do(self, subject: Magazine, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        rule = change(
            subject.pk,
            **_typed(typed),
            with_text=typed["with_text"],
            actor=actor,
            reason=typed["reason"],
            at=at,
        )
        return Done(_("The digital edition is on.") if rule.on else _("The digital edition is off."))

    def back(self, subject: Magazine) -> str:
        return reverse("desk_digital_edition", args=[subject.pk])

    def about(self, subject: Magazine) -> str:
        return subject.title


def _typed(typed: dict[str, Any]) -> dict[str, Any]:
    share: Decimal | None = typed["share"]
    return {
        "on": typed["on"],
        "share": share,
        "rate": typed["rate"],
        "decided_by": typed["decided_by"],
        "decided_on": typed["decided_on"],
    }


def _consequence(*, was_on: bool, on: bool) -> str:
    if on and not was_on:
        return _("From now on readers find the issues that have a file in their account, once they have agreed.")
    if was_on and not on:
        return _(
            "From now on nothing of it is there any more: no page, no word, no file. What was agreed to stays kept."
        )
    return ""


class TokenForm(ReasonForm):
    """Who will ask with it."""

    site = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("The site that asks with it, like “actuia.com”."),
    )
    field_order = ["site", "reason"]


class MakeToken(TwoSteps):
    """A new token, shown once on the page that answers, and kept nowhere."""

    name = "make-token"
    right = Right.TOKENS
    title = gettext_lazy("Make an access token")
    button = gettext_lazy("Make the token")
    form_class = TokenForm

    def __init__(self) -> None:
        self.text = ""

    def load(self, request: HttpRequest, key: int) -> str:
        return "tokens"

    def preview(self, subject: str, form: Any) -> Preview:
        return Preview(
            facts=[
                Fact(_("Name"), form.cleaned_data["site"]),
                Fact(_("May ask"), _("whether a subscriber number is good, until when, for which issues")),
            ],
            warning=_("It is shown once, on the next page, and cannot be read again."),
        )

    def do(self, subject: str, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        _token, self.text = make(typed["site"], actor=actor, reason=typed["reason"], at=at)
        return Done(_("The token is made."))

    def _do(self, request: HttpRequest, subject: Any, form: Any, mark: str) -> HttpResponse:
        answer = super()._do(request, subject, form, mark)
        if not self.text:
            return answer
        # On this page and nowhere else: a message would lie in the session until it is read.
        said = {"token": self.text, "name": form.cleaned_data["site"], "back_url": self.back(subject)}
        return page(request, "backoffice/token.html", said)

    def back(self, subject: str) -> str:
        return reverse("desk_tokens")

    def about(self, subject: str) -> str:
        return _("Access tokens")


class RevokeToken(TwoSteps):
    """End a token, for good."""

    name = "revoke-token"
    right = Right.TOKENS
    title = gettext_lazy("Revoke an access token")
    button = gettext_lazy("Revoke it")

    def load(self, request: HttpRequest, key: int) -> ApiToken | None:
        one = ApiToken.objects.filter(pk=key).first()
        if one is not None and one.revoked_at is not None:
            raise Impossible(_("This token is revoked already."))
        return one

    def preview(self, subject: ApiToken, form: Any) -> Preview:
        return Preview(
            facts=[
                Fact(_("Name"), subject.name),
                Fact(_("Made"), stamp(subject.created_at)),
                Fact(_("Last used"), short_day(subject.last_used_on) or _("never")),
            ],
            warning=_("The site that asks with it gets no answer from this moment on. There is no way back."),
        )

    def do(self, subject: ApiToken, form: Any, *, actor: Actor, at: datetime) -> Done:
        revoke(subject.pk, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return Done(_("The token is revoked."))

    def back(self, subject: ApiToken) -> str:
        return reverse("desk_tokens")


@desk(Right.TOKENS)
def tokens(request: HttpRequest) -> HttpResponse:
    """Every token that was ever made, the newest first."""
    rows = list(ApiToken.objects.all())
    names = words.names_of_staff([row.actor for row in rows] + [row.revoked_by for row in rows if row.revoked_by])
    title = _("Access tokens")
    table = Table(
        label=title,
        columns=columns(
            _("Name"), _("Key"), _("Status"), "#" + _("Made"), _("Who"), _("Why"), "#" + _("Last used"), "#" + _("Revoked"),
            _("Revoked by"), _("Why"),
        ),
        rows=[
            (
                Cell(row.name, "" if row.revoked_at else reverse("desk_act_revoke_token", args=[row.pk])),
                Cell(row.key, mono=True),
                chip(words.said(words.TOKEN, "revoked" if row.revoked_at else "good")),
                Cell(stamp(row.created_at), num=True),
                Cell(words.who(row.actor, names)),
                Cell(row.reason),
                Cell(short_day(row.last_used_on) or _("never"), num=True),
                Cell(stamp(row.revoked_at) if row.revoked_at else "", num=True),
                Cell(words.who(row.revoked_by, names) if row.revoked_by else ""),
                Cell(row.revoked_because),
            )
            for row in rows
        ],
    )  # fmt: skip
    acts = [ActLink(_("Make an access token"), reverse("desk_act_make_token"))]
    note = _("With a token another site asks whether a subscriber number is good: see docs/api.md.")
    crumbs = ((_("Digital edition"), reverse("desk_digital")),)
    said = {"title": title, "table": table, "page": {}, "states": [], "acts": acts, "note": note, "crumbs": crumbs}
    return page(request, "backoffice/list.html", said)
