"""Acts on the way to the mailing house: how it gets its files, and sending one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.acts_runs import OnRun
from shop.backoffice.roles import Right
from shop.backoffice.run_pages import name_of
from shop.backoffice.tables import Fact
from shop.backoffice.transmission_words import WAY
from shop.watch.bell import ring
from subscriptions.enveloping import certificate_of, fingerprint_of, holder_of
from subscriptions.models import Magazine, MailingRun, TransmissionWay
from subscriptions.transmitting.sending import transmit
from subscriptions.transmitting.ways import WrongWay, check, succeed, way_in_force

FIELDS = ("way", "directory", "host", "port", "username", "host_key", "secret", "certificate")


class WayForm(ReasonForm):
    """How the files reach the house; nothing secret is typed here."""

    way = forms.ChoiceField(label=gettext_lazy("Way"), choices=list(WAY.items()))
    host = forms.CharField(label=gettext_lazy("Server"), max_length=120, required=False)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=22)
    username = forms.CharField(label=gettext_lazy("User"), max_length=60, required=False)
    host_key = forms.CharField(
        label=gettext_lazy("Key of the server"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "As the mailing house tells it, by another way than the network: type and key. A server with another one gets nothing."
        ),
    )
    secret = forms.CharField(
        label=gettext_lazy("Name of the key or password"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Its name among the secrets of the shop’s machine, never the password itself."),
    )
    directory = forms.CharField(
        label=gettext_lazy("Directory"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("On the server; or the name of a folder below that of the settings."),
    )
    certificate = forms.CharField(
        label=gettext_lazy("Certificate of the mailing house"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "X.509, in PEM: the address file then travels in an envelope that the house alone opens."
        ),
    )
    field_order = ["way", "host", "port", "username", "host_key", "secret", "directory", "certificate", "reason"]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not self.errors:
            try:
                check(**{name: typed[name] for name in FIELDS})
            except WrongWay as wrong:
                self.add_error(wrong.code, wrong)
        return typed


class ChangeWay(TwoSteps):
    """Another way of the files to the mailing house; those that are on their way keep theirs."""

    name = "change_way"
    right = Right.CLOSE
    title = gettext_lazy("Way of the files to the mailing house")
    button = gettext_lazy("Keep it")

    def load(self, request: Any, key: int) -> Magazine | None:
        return Magazine.objects.order_by("pk").first()

    def form(self, subject: Magazine, data: Any) -> forms.Form:
        way = TransmissionWay.objects.filter(magazine=subject).last()
        return WayForm(data, initial={name: getattr(way, name) for name in FIELDS} if way else {})

    def preview(self, subject: Magazine, form: Any) -> Preview:
        typed = form.cleaned_data
        facts = [Fact(form.fields["way"].label, WAY[typed["way"]])]
        if typed["way"] == "sftp":
            facts += [Fact(form.fields[name].label, typed[name]) for name in ("host", "port", "username", "secret")]
            facts.append(Fact(form.fields["host_key"].label, typed["host_key"], mono=True))
        if typed["way"] != "download":
            facts.append(Fact(form.fields["directory"].label, typed["directory"]))
            facts.append(Fact(_("Enveloped for"), _holder(typed["certificate"]) or _("nobody: it travels as it is")))
        return Preview(facts, _("It holds for the files that are sent from now on. Nothing is sent by this."))

    def do(self, subject: Magazine, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = {name: form.cleaned_data[name] for name in FIELDS}
        succeed(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"], **typed)
        return Done(_("The next files go this way."))

    def back(self, subject: Magazine) -> str:
        return reverse("desk_issues")


def _holder(certificate: str) -> str:
    if not certificate:
        return ""
    one = certificate_of(certificate.encode())
    return f"{holder_of(one)}, SHA-256 {fingerprint_of(one)[:16]}…"


class TransmitRun(OnRun):
    """Send a closed file to the mailing house by the way in force."""

    name = "transmit_run"
    title = gettext_lazy("Send a file to the mailing house")
    button = gettext_lazy("Send it")
    states = (MailingRun.State.CLOSED,)

    def preview(self, subject: MailingRun, form: Any) -> Preview:
        way = way_in_force(subject.issue.magazine_id)
        if way is None:
            raise Impossible(_("No way to the mailing house was entered: its files are downloaded."))
        where = f"{way.username}@{way.host}" if way.way == TransmissionWay.Way.SFTP else way.directory
        return Preview(
            [
                Fact(_("File"), name_of(subject)),
                Fact(_("Mailing house"), subject.house.name),
                Fact(_("Copies"), subject.copies),
                Fact(_("Hash"), subject.sha256, mono=True),
                Fact(_("Way"), WAY[way.way]),
                Fact(_("Where to"), where, mono=True),
                Fact(_("Enveloped for"), _holder(way.certificate) or _("nobody: it travels as it is")),
            ],
            _(
                "The control sheet goes along. The file is handed over once it was read back there; a file that no longer gives its"
                " hash is not sent."
            ),
        )

    def do(self, subject: MailingRun, form: Any, *, actor: Actor, at: datetime) -> Done:
        transmit(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        ring("transmissions")
        return Done(_("The file leaves within a minute: this page says when it has arrived."))
