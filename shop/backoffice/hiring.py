"""Who joins the team and who leaves it. Nobody is told a password: a colleague chooses their own by a link, then a device."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.desk import record_act
from shop.backoffice import second_factor
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.roles import ROLE_LABELS, Right, Role
from shop.backoffice.tables import Fact
from shop.backoffice.team import OnTeam, RolesForm, role_names
from shop.customers.models import Customer
from subscriptions.notices.paths import absolute


class PasswordLinks(PasswordResetTokenGenerator):
    """Links to choose a password: good once, for three days, and only until the next sign-in."""

    key_salt = "shop.backoffice.hiring.PasswordLinks"


links = PasswordLinks()


def password_link(user: Customer) -> str:
    """The whole address at which somebody chooses their password."""
    return absolute(reverse("desk_choose_password", args=[user.pk, links.make_token(user)]))


class HireForm(RolesForm):
    """A new colleague."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=60)
    last_name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    field_order = ["email", "first_name", "last_name", "roles", "reason"]

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if Customer.objects.filter(email=email).exists():
            raise ValidationError(
                _("This address already has an account. A colleague works under an address of their own.")
            )
        return email


class Hire(TwoSteps):
    """A new colleague; nothing opens to them before they have chosen a password and set up a device."""

    name = "hire"
    right = Right.TEAM
    title = gettext_lazy("Add a colleague")
    button = gettext_lazy("Add")
    form_class = HireForm

    def load(self, request: HttpRequest, key: int) -> str:
        return "team"

    def preview(self, subject: str, form: Any) -> Preview:
        said = form.cleaned_data
        roles = ", ".join(str(ROLE_LABELS[Role(name)]) for name in said["roles"])
        return Preview(
            facts=[
                Fact(_("Colleague"), f"{said['first_name']} {said['last_name']}"),
                Fact(_("E-mail"), said["email"]),
                Fact(_("Roles"), roles or _("no role")),
            ],
            warning=_(
                "You get a link for them to choose a password. Hand it over yourself; it is good once, for three days."
            ),
        )

    @transaction.atomic
    def do(self, subject: str, form: Any, *, actor: Actor, at: datetime) -> Done:
        said = form.cleaned_data
        user = Customer.objects.create_user(
            said["email"],
            None,
            first_name=said["first_name"],
            last_name=said["last_name"],
            is_staff=True,
            created_at=at,
        )
        user.groups.add(*Group.objects.filter(name__in=said["roles"]))
        facts = {"roles": sorted(said["roles"])}
        record_act(
            "hired a colleague", subject=f"customer:{user.pk}", actor=actor, at=at, reason=said["reason"], facts=facts
        )
        return Done(_("Hand this link over: %(link)s") % {"link": password_link(user)})

    def back(self, subject: str) -> str:
        return reverse("desk_team")

    def about(self, subject: str) -> str:
        return _("Team")


class GiveLink(OnTeam):
    """A forgotten password."""

    name = "link"
    title = gettext_lazy("Let a colleague choose a new password")
    button = gettext_lazy("Make a link")

    def preview(self, subject: Customer, form: Any) -> Preview:
        return Preview(
            facts=[Fact(_("Colleague"), self.about(subject)), Fact(_("E-mail"), subject.email)],
            warning=_("Make sure that it is them who ask. Their second factor stays as it is."),
        )

    def do(self, subject: Customer, form: Any, *, actor: Actor, at: datetime) -> Done:
        reason = form.cleaned_data["reason"]
        record_act("made a password link", subject=f"customer:{subject.pk}", actor=actor, at=at, reason=reason)
        return Done(_("Hand this link over: %(link)s") % {"link": password_link(subject)})


class Dismiss(OnTeam):
    """Somebody leaves: rights, device and sessions go; what they did stays under their name."""

    name = "dismiss"
    title = gettext_lazy("Take a colleague off the team")
    button = gettext_lazy("Take off the team")
    form_class = ReasonForm

    def preview(self, subject: Customer, form: Any) -> Preview:
        return Preview(
            facts=[
                Fact(_("Colleague"), self.about(subject)),
                Fact(_("Until now"), ", ".join(role_names(subject)) or _("no role")),
                Fact(_("Matters in hand"), subject.desk_items.filter(closed_at=None).count()),
            ],
            warning=_("Their sessions end at once. Matters in their hands go back to nobody."),
        )

    @transaction.atomic
    def do(self, subject: Customer, form: Any, *, actor: Actor, at: datetime) -> Done:
        locked = Customer.objects.select_for_update(no_key=True).get(pk=subject.pk)
        if not locked.is_staff:
            raise Impossible(_("They are not on the team any more."))
        before = sorted(locked.groups.values_list("name", flat=True))
        locked.is_staff = locked.is_superuser = False
        locked.set_unusable_password()
        locked.save(update_fields=["is_staff", "is_superuser", "password"])
        locked.groups.clear()
        locked.desk_items.filter(closed_at=None).update(owner=None)
        second_factor.forget(locked)
        reason, subject_name = form.cleaned_data["reason"], f"customer:{locked.pk}"
        record_act(
            "dismissed a colleague", subject=subject_name, actor=actor, at=at, reason=reason, facts={"roles": before}
        )
        return Done(_("They are off the team."))
