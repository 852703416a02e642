"""The team: who may sign in at the desks, in which roles, with which second factor."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.desk import record_act
from shop.backoffice import second_factor, words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.doors import desk, page
from shop.backoffice.roles import LABELS, RIGHTS, ROLE_LABELS, Right, Role
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, Fact, Table
from shop.customers.models import Customer
from shop.templatetags.french import stamp


@desk(Right.TEAM)
def team(request: HttpRequest) -> HttpResponse:
    """Everybody who may sign in here, and what each role may do."""
    devices = dict(
        Authenticator.objects.filter(type=Authenticator.Type.TOTP, user__is_staff=True).values_list(
            "user", "last_used_at"
        )
    )
    people = Customer.objects.filter(is_staff=True).prefetch_related("groups").order_by("last_name", "pk")
    rows = [
        (
            Cell(one.full_name or one.email, reverse("desk_act_roles", args=[one.pk])),
            Cell(one.email or ""),
            Cell(_("yes") if one.is_active else _("no")),
            Cell(", ".join(role_names(one))),
            Cell(_("set up"), reverse("desk_act_reset", args=[one.pk]), chip=words.GOOD)
            if one.pk in devices
            else Cell(_("not yet"), chip=words.WAIT),
            Cell(stamp(devices.get(one.pk)), num=True),
            Cell(_("new password"), reverse("desk_act_link", args=[one.pk])),
            Cell(_("take off"), reverse("desk_act_dismiss", args=[one.pk])),
        )
        for one in people
    ]
    marks = [
        (
            Cell(label),
            *(Cell(_("yes"), chip=words.GOOD) if right in RIGHTS[role] else Cell("") for role in Role),
        )
        for right, label in LABELS.items()
    ]
    tables = [
        Table(
            label=_("Team"),
            title=_("Team"),
            columns=columns(
                _("Name"), _("E-mail"), _("Open"), _("Roles"), _("Second factor"), "#" + _("Last code"), "", ""
            ),
            rows=rows,
        ),
        Table(
            label=_("Rights"),
            title=_("What each role may do"),
            columns=columns(_("Right"), *ROLE_LABELS.values()),
            rows=marks,
        ),
    ]
    said = {
        "title": _("Team"),
        "tables": tables,
        "nothing": False,
        "acts": [ActLink(_("Add a colleague"), reverse("desk_act_hire"))],
    }
    return page(request, "backoffice/home.html", said)


def role_names(one: Customer) -> list[str]:
    """The roles of somebody, as read on a page."""
    names = {group.name for group in one.groups.all()}
    found = [str(label) for role, label in ROLE_LABELS.items() if role.value in names]
    return [*found, _("everything (superuser)")] if one.is_superuser else found


class RolesForm(ReasonForm):
    """Which roles somebody has from now on."""

    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        choices=[(role.value, label) for role, label in ROLE_LABELS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ["roles", "reason"]


class OnTeam(TwoSteps):
    """Acts upon a colleague; nobody acts upon themselves, so that no administrator locks the door from inside."""

    right = Right.TEAM

    def load(self, request: HttpRequest, key: int) -> Customer | None:
        one = Customer.objects.filter(pk=key, is_staff=True).first()
        if one is not None and one.pk == request.user.pk:
            raise Impossible(_("Nobody does this to themselves: ask another administrator."))
        return one

    def back(self, subject: Customer) -> str:
        return reverse("desk_team")

    def about(self, subject: Customer) -> str:
        return subject.full_name or subject.email or ""


class ChangeRoles(OnTeam):
    """Give and take roles."""

    name = "roles"
    title = gettext_lazy("Change somebody's roles")
    button = gettext_lazy("Change them")

    def form(self, subject: Customer, data: Any) -> forms.Form:
        return RolesForm(data, initial={"roles": list(subject.groups.values_list("name", flat=True))})

    def preview(self, subject: Customer, form: Any) -> Preview:
        now = [str(ROLE_LABELS[Role(name)]) for name in form.cleaned_data["roles"]]
        return Preview(
            facts=[
                Fact(_("Until now"), ", ".join(role_names(subject)) or _("no role")),
                Fact(_("From now on"), ", ".join(now) or _("no role")),
            ],
            warning=_("It holds from the next page they open."),
        )

    @transaction.atomic
    def do(self, subject: Customer, form: Any, *, actor: Actor, at: datetime) -> Done:
        wanted = form.cleaned_data["roles"]
        before = sorted(subject.groups.values_list("name", flat=True))
        ours = Group.objects.filter(name__in=[role.value for role in Role])
        subject.groups.remove(*ours)
        subject.groups.add(*ours.filter(name__in=wanted))
        record_act(
            "changed roles",
            subject=f"customer:{subject.pk}",
            actor=actor,
            at=at,
            reason=form.cleaned_data["reason"],
            facts={"before": before, "after": sorted(wanted)},
        )
        return Done(_("The roles are changed."))


class ResetSecondFactor(OnTeam):
    """A lost device: its sessions end, and the next sign-in sets another one up."""

    name = "reset"
    title = gettext_lazy("Take away a lost second factor")
    button = gettext_lazy("Take it away")

    def preview(self, subject: Customer, form: Any) -> Preview:
        if second_factor.device_of(subject) is None:
            raise Impossible(_("There is no second factor to take away."))
        return Preview(
            facts=[Fact(_("Colleague"), self.about(subject)), Fact(_("E-mail"), subject.email)],
            warning=_(
                "Their sessions end. Whoever next signs in with their password sets up a new device: make sure it is them."
            ),
        )

    @transaction.atomic
    def do(self, subject: Customer, form: Any, *, actor: Actor, at: datetime) -> Done:
        if not second_factor.forget(subject):
            raise Impossible(_("There is no second factor to take away."))
        record_act(
            "reset a second factor",
            subject=f"customer:{subject.pk}",
            actor=actor,
            at=at,
            reason=form.cleaned_data["reason"],
        )
        return Done(_("The second factor is gone; a new one is set up at the next sign-in."))
