"""Acts about imports: say yes to a file that was read, have it read again, put it aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor, staff
from payments.days import paris_day
from payments.money import eur
from shop.backoffice.acting import Done, Impossible, Preview, TwoSteps
from shop.backoffice.import_pages import JOB
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, short_day
from shop.watch.bell import ring
from subscriptions.importing.deciding import approve, check_again, discard, obstacles
from subscriptions.importing.totals import totals
from subscriptions.models import ImportFile, ImportRow

State = ImportFile.State
Outcome = ImportRow.Outcome


def nobody_else(user: Any) -> bool:
    """Whether no other colleague may say yes to an import."""
    people: Any = get_user_model()._default_manager
    theirs = Q(groups__permissions__codename=Right.IMPORT.value) | Q(user_permissions__codename=Right.IMPORT.value)
    others = people.filter(theirs | Q(is_superuser=True), is_staff=True, is_active=True)
    return not others.exclude(pk=user.pk).exists()


class _OnImport(TwoSteps):
    """What they have in common."""

    right = Right.IMPORT
    states: ClassVar[tuple[str, ...]] = (State.CHECKED,)
    impossible: ClassVar[Any] = gettext_lazy("This file is not to be decided about now.")

    def load(self, request: HttpRequest, key: int) -> ImportFile | None:
        one = ImportFile.objects.filter(pk=key).first()
        if one is not None and one.state not in self.states:
            raise Impossible(self.impossible)
        return one

    def back(self, subject: ImportFile) -> str:
        return reverse("desk_import", args=[subject.pk])

    def about(self, subject: ImportFile) -> str:
        return _("Import no. %(key)s") % {"key": subject.pk}

    def facts(self, subject: ImportFile) -> list[Fact]:
        """The figures of the file as they stand."""
        found = totals(subject)
        return [
            Fact(_("Former house"), subject.source),
            Fact(_("File"), subject.name),
            Fact(_("Subscribers let in by it"), found.of(Outcome.READY)),
            Fact(_("Here already"), found.of(Outcome.KNOWN, Outcome.DIFFERENT)),
            Fact(_("Faulty"), found.of(Outcome.FAULTY)),
            Fact(_("Copies owed"), found.copies_ready),
            Fact(_("Worth without VAT"), euros(eur(found.deferred_ready))),
            Fact(_("No charge before"), short_day(subject.charge_from)),
            Fact(_("Letters"), _("each payer is written to") if subject.letters else _("nobody is written to")),
            Fact(_("Hash"), subject.sha256, mono=True),
        ]


class ApproveImport(_OnImport):
    """The second look: what was read matches what the former house declares, and goes in."""

    name = "approve-import"
    title = gettext_lazy("Approve an import")
    button = gettext_lazy("Let it in")

    def __init__(self) -> None:
        self.alone = False

    def load(self, request: HttpRequest, key: int) -> ImportFile | None:
        one = super().load(request, key)
        if one is None:
            return None
        against = obstacles(one, totals(one), on=paris_day(timezone.now()))
        if against:
            raise Impossible(list(against))
        if one.actor == str(staff(request.user)):
            self.alone = nobody_else(request.user)
            if not self.alone:
                raise Impossible(_("Somebody else approves what you handed in."))
        return one

    def preview(self, subject: ImportFile, form: Any) -> Preview:
        warning = _("Subscriptions, copies and their worth in the books: this is not taken back.")
        if self.alone:
            warning = _("You handed it in yourself: it stays marked that nobody else has looked at it.")
        return Preview(facts=self.facts(subject), warning=warning)

    def do(self, subject: ImportFile, form: Any, *, actor: Actor, at: datetime) -> Done:
        approve(subject.pk, alone=self.alone, actor=actor, reason=form.cleaned_data["reason"], at=at)
        ring(JOB)
        return Done(_("It is approved, and being let in."))


class ReadAgain(_OnImport):
    """What is known of issues, offers and readers has changed since it was read."""

    name = "read-import-again"
    title = gettext_lazy("Have an import read again")
    button = gettext_lazy("Have it read")

    def preview(self, subject: ImportFile, form: Any) -> Preview:
        return Preview(facts=self.facts(subject), warning=_("Each line is judged anew, by what is known today."))

    def do(self, subject: ImportFile, form: Any, *, actor: Actor, at: datetime) -> Done:
        check_again(subject.pk, actor=actor, reason=form.cleaned_data["reason"], at=at)
        ring(JOB)
        return Done(_("It is being read again."))


class PutAside(_OnImport):
    """It is not let in."""

    name = "put-import-aside"
    title = gettext_lazy("Put an import aside")
    button = gettext_lazy("Put it aside")
    states = (State.TO_CHECK, State.CHECKED)

    def preview(self, subject: ImportFile, form: Any) -> Preview:
        return Preview(
            facts=self.facts(subject), warning=_("What it says of people is forgotten; the same file can be handed in again.")
        )  # fmt: skip

    def do(self, subject: ImportFile, form: Any, *, actor: Actor, at: datetime) -> Done:
        discard(subject.pk, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return Done(_("It is put aside."))
