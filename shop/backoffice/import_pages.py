"""Imports at the desks: hand a file in, the list, one with its totals beside what was declared, its lines, their faults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from payments.days import paris_day
from payments.money import eur, parse_french
from shop.backoffice import import_words, lists, words
from shop.backoffice.acting import ReasonForm
from shop.backoffice.doors import actor_of, desk, page
from shop.backoffice.exporting import csv_file
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show, why
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table, chip
from shop.backoffice.uploads import takes_long_files
from shop.templatetags.french import euros, short_day, stamp
from shop.watch.bell import ring
from subscriptions.importing.deciding import obstacles
from subscriptions.importing.faults import FileRefused
from subscriptions.importing.lines import ENCODINGS, LARGEST, too_large
from subscriptions.importing.receiving import Declared, receive
from subscriptions.importing.totals import Totals, controls, totals
from subscriptions.models import ImportFile, ImportRow

State = ImportFile.State
Outcome = ImportRow.Outcome
JOB = "imports"
# Both are lists of {column, code, sentence}; the text of the column's name is ours.
COUNTED = """
SELECT one->>'column', one->>'code', count(*) FROM subscriptions_importrow, jsonb_array_elements({what}) AS one
WHERE file_id = %s GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""


class HandInForm(ReasonForm):
    """The file, and what the former house declares of it."""

    source = forms.SlugField(
        label=gettext_lazy("Former house"),
        max_length=40,
        help_text=gettext_lazy("A short name without spaces, the same for all its files, like ancienne-maison."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV with semicolons, 48 MB at most. Its columns are described in docs/import.md."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"), choices=list(ENCODINGS.items()), widget=forms.RadioSelect, initial="utf-8"
    )
    lines = forms.IntegerField(label=gettext_lazy("Subscribers declared"), min_value=1, max_value=1_000_000)
    copies = forms.IntegerField(label=gettext_lazy("Copies owed, declared"), min_value=0, max_value=10_000_000)
    deferred = forms.CharField(
        label=gettext_lazy("Worth of these copies without VAT, declared"),
        max_length=20,
        help_text=gettext_lazy("In euros, like 12 345,67."),
    )
    charge_from = forms.DateField(
        label=gettext_lazy("Nobody of this file is charged before"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Whoever renews before it is asked instead, and nothing is debited."),
    )
    letters = forms.BooleanField(
        label=gettext_lazy("Write to each payer: who serves them now, their number, the copies left"),
        required=False,
        initial=True,
    )
    field_order = ["source", "file", "encoding", "lines", "copies", "deferred", "charge_from", "letters", "reason"]

    def clean_deferred(self) -> Any:
        """Euros as they are written in French."""
        return parse_french(self.cleaned_data["deferred"]).amount


def _too_long(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """A file of a hundred megabytes is refused by its length, before a byte of it is read."""
    form = HandInForm()
    said = {"form": form, "back_url": reverse("desk_imports"), "sentences": too_large().messages}
    return page(request, "backoffice/import.html", said, status=413)


@takes_long_files(LARGEST, too_long=desk(Right.IMPORT, methods=("GET", "POST"))(_too_long))
@desk(Right.IMPORT, methods=("GET", "POST"))
def hand_in(request: HttpRequest) -> HttpResponse:
    """Hand a file in. Nothing is let in by it; the same file again is the one that is here."""
    form = HandInForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            received = receive(
                typed["file"].file,
                name=typed["file"].name,
                encoding=typed["encoding"],
                declared=Declared(
                    source=typed["source"].lower(),
                    lines=typed["lines"],
                    copies=typed["copies"],
                    deferred=typed["deferred"],
                    charge_from=typed["charge_from"],
                    letters=typed["letters"],
                ),
                actor=actor_of(request),
                reason=typed["reason"],
                at=timezone.now(),
            )
        except FileRefused as refused:
            form.add_error(
                getattr(refused, "code", "") if getattr(refused, "code", "") in form.fields else "file", refused
            )
        else:
            if received.again:
                messages.info(request, _("This very file is here already: nothing was taken in again."))
            else:
                ring(JOB)
                messages.success(
                    request, _("The file is here. It is being read; nothing is let in before somebody says yes.")
                )
            return HttpResponseRedirect(reverse("desk_import", args=[received.file.pk]))
    said = {"form": form, "back_url": reverse("desk_imports")}
    return page(request, "backoffice/import.html", said, status=422 if form.errors else 200)


@desk(Right.IMPORT)
def imports(request: HttpRequest) -> HttpResponse:
    """Every file, the newest first."""

    def rows_of(found: list[ImportFile]) -> list[Sequence[Cell]]:
        names = words.names_of_staff(one.actor for one in found)
        return [
            (
                Cell(stamp(one.at), reverse("desk_import", args=[one.pk]), num=True, tight=True),
                Cell(one.source),
                Cell(one.name),
                Cell(one.lines_total, reverse("desk_import_rows", args=[one.pk]), num=True),
                chip(words.said(import_words.FILE, one.state), reverse("desk_import", args=[one.pk]) + "#pourquoi"),
                Cell(short_day(one.charge_from), num=True),
                Cell(words.who(one.actor, names)),
            )
            for one in found
        ]

    return lists.show(
        request,
        title=_("Imports of subscribers"),
        rows=ImportFile.objects.all(),
        columns=columns(
            "#" + _("Handed in"), _("Former house"), _("File"), "#" + _("Lines"), _("Status"), "#" + _("No charge before"), _("Who")
        ),
        rows_of=rows_of,
        states=import_words.FILE,
        facts={"acts": [ActLink(_("Hand a file in"), reverse("desk_act_hand_in"))]},
    )  # fmt: skip


@desk(Right.IMPORT)
def import_file(request: HttpRequest, key: int) -> HttpResponse:
    """One file: what was declared and found, what stands in its way, who handed it in and who said yes."""
    one = get_object_or_404(ImportFile, pk=key)
    user, subject, found = request.user, f"import:{one.pk}", totals(one)
    said, names = words.said(import_words.FILE, one.state), words.names_of_staff([one.actor])
    against = obstacles(one, found, on=paris_day(timezone.now())) if one.state == State.CHECKED else ()
    left = one.lines_total - found.of(Outcome.WAITING)
    detail = Detail(
        kind=_("Import of subscribers"),
        name=f"n° {one.pk}",
        crumbs=((_("Imports of subscribers"), reverse("desk_imports")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Lines read"), f"{left} / {one.lines_total}" if one.state == State.TO_CHECK else ""),
            Fact(_("What stands in its way"), "", lines=against),
            Fact(_("Former house"), one.source),
            Fact(_("File"), one.name),
            Fact(_("Handed in"), f"{words.who(one.actor, names)}, {stamp(one.at)}"),
            Fact(_("Reason"), one.reason),
            Fact(_("Read on"), short_day(one.checked_on)),
            Fact(_("No charge before"), short_day(one.charge_from)),
            Fact(_("Letters"), _("each payer is written to") if one.letters else _("nobody is written to")),
            Fact(_("Approved"), _("by the one who handed it in, alone") if one.alone else "", chip=words.WAIT),
            Fact(_("Hash"), one.sha256, mono=True),
        ],
        whys=[why(user, one.events.all(), import_words.FILE)],
        tables=[
            _controls(one, found),
            _outcomes(one, found),
            *_said(one, "faults", _("Faults")),
            *_said(one, "warnings", _("To be known")),
            matters_of(user, [subject]),
            acts_on(user, [subject]),
        ],
        acts=_acts(user, one, ready=not against),
    )
    return show(request, detail)


def _acts(user: Any, one: ImportFile, *, ready: bool) -> list[ActLink]:
    acts = []
    if one.state == State.CHECKED and ready:
        acts += acts_for(user, (Right.IMPORT, _("Approve it"), "desk_act_import", one.pk))
    if one.state == State.CHECKED:
        acts += acts_for(user, (Right.IMPORT, _("Have it read again"), "desk_act_import_again", one.pk))
    if one.state in (State.TO_CHECK, State.CHECKED):
        acts += acts_for(user, (Right.IMPORT, _("Put it aside"), "desk_act_import_aside", one.pk))
    return [*acts, ActLink(_("Faults as a file"), reverse("desk_import_csv", args=[one.pk]))]


def _controls(one: ImportFile, found: Totals) -> Table:
    """What was declared beside what was found."""

    def shown(name: str, value: Any) -> Any:
        return euros(eur(value)) if name == "deferred" else value

    here = reverse("desk_import_rows", args=[one.pk])
    return Table(
        label=_("Control totals"),
        title=_("Control totals"),
        columns=columns(_("What"), "#" + pgettext("import", "Declared"), "#" + pgettext("import", "Found"), _("Match")),
        rows=[
            (
                Cell(import_words.CONTROL[control.name]),
                Cell(shown(control.name, control.declared), num=True),
                Cell(shown(control.name, control.found), here, num=True),
                Cell(_("yes"), chip=words.GOOD) if control.holds else Cell(_("no"), chip=words.BAD),
            )
            for control in controls(one, found)
        ],
        total=[
            Cell(_("Let in, or to be")),
            Cell(""),
            Cell(f"{found.copies_ready} / {euros(eur(found.deferred_ready))}", num=True),
            Cell(""),
        ],
    )


def _outcomes(one: ImportFile, found: Totals) -> Table:
    here = reverse("desk_import_rows", args=[one.pk])
    return Table(
        label=_("What became of the lines"),
        title=_("What became of the lines"),
        columns=columns(_("Lines"), "#" + _("How many")),
        rows=[
            (
                chip(words.said(import_words.ROW, outcome), f"{here}?etat={outcome}"),
                Cell(found.lines[outcome], f"{here}?etat={outcome}", num=True),
            )
            for outcome in import_words.ROW
            if outcome in found.lines
        ],
        total=(Cell(_("In all")), Cell(found.every, here, num=True)),
    )


def _said(one: ImportFile, what: str, title: str) -> list[Table]:
    """How often what was said of which column; each figure opens its lines. One query; nothing where nothing was said."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED.format(what=what), [one.pk])
        counted = cursor.fetchall()
    here = reverse("desk_import_rows", args=[one.pk])
    rows = []
    for column, code, many in counted:
        url = f"{here}?{urlencode({'colonne': column, 'code': code})}"
        rows.append((Cell(column or "—", mono=True), Cell(import_words.code(code), url), Cell(many, url, num=True)))
    table = Table(
        label=title, title=title, columns=columns(_("Column"), _("What"), "#" + _("How many")), rows=rows
    )  # fmt: skip
    return [table] if rows else []


@desk(Right.IMPORT)
def import_rows(request: HttpRequest, key: int) -> HttpResponse:
    """The lines of one file, in their order: of one outcome, or those of which one thing is said."""
    one = get_object_or_404(ImportFile, pk=key)
    rows = one.rows.select_related("term__subscription").defer("cells")
    column, code = request.GET.get("colonne"), request.GET.get("code")
    if code:
        thing = [{"column": column or "", "code": code}]
        rows = rows.filter(faults__contains=thing) | rows.filter(warnings__contains=thing)

    def row(line: ImportRow) -> Sequence[Cell]:
        term = line.term
        told = [f"{said['column']} : {said['sentence']}".removeprefix(" : ") for said in (*line.faults, *line.warnings)]
        return (
            Cell(line.line, num=True, tight=True),
            Cell(line.foreign_ref, mono=True),
            chip(words.said(import_words.ROW, line.outcome)),
            Cell(str(term.subscription), link(request.user, "subscription", term.subscription_id))
            if term
            else Cell(""),
            Cell(line.copies_left if line.copies_left is not None else "", num=True),
            Cell(euros(eur(line.deferred)) if line.deferred is not None else "", num=True),
            Cell(" ".join(told)),
        )

    return lists.show(
        request,
        title=_("Lines of import no. %(key)s") % {"key": one.pk},
        rows=rows,
        columns=columns(
            "#" + _("Line"), _("Reference"), _("Status"), _("Subscription"), "#" + _("Copies owed"), "#" + _("Worth without VAT"), _("What was said of it")
        ),
        row=row,
        states=import_words.ROW,
        state_column="outcome",
        order="line",
        facts={
            "crumbs": ((_("Import no. %(key)s") % {"key": one.pk}, reverse("desk_import", args=[one.pk])),),
            "acts": [ActLink(_("Faults as a file"), reverse("desk_import_csv", args=[one.pk]))],
        },
    )  # fmt: skip


@desk(Right.IMPORT)
def import_csv(request: HttpRequest, key: int) -> HttpResponse:
    """Every fault and remark as a file, one a line, to work through with the former house."""
    one = get_object_or_404(ImportFile, pk=key)
    heads = [_("Line"), _("Reference"), _("Status"), _("Column"), _("What"), _("Sentence")]
    return csv_file(f"reprise-{one.pk}-anomalies", heads, _told(one))


def _told(one: ImportFile) -> Iterator[Sequence[Any]]:
    for line in one.rows.exclude(faults=[], warnings=[]).defer("cells").order_by("line").iterator(2000):
        for said in (*line.faults, *line.warnings):
            state = words.said(import_words.ROW, line.outcome)["word"]
            yield (
                line.line,
                line.foreign_ref,
                state,
                said["column"],
                import_words.code(said["code"]),
                said["sentence"],
            )
