"""Exports at the desk of finance: all of them on one page; each with its days, its sums beside the books', and its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.closing.periods import month_of
from payments.days import paris_day
from payments.exports.journals import NAME as JOURNALS
from payments.exports.journals import export_of
from payments.exports.offered import EXPORTS, By, Check, Export
from payments.exports.sheets import Format
from payments.exports.spans import Span, Standing, one_picture, standing
from payments.exports.taking import take
from payments.models import AccountantProfile, Act
from shop.backoffice import words
from shop.backoffice.acts_prices import DateInput
from shop.backoffice.doors import actor_of, desk, page
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right
from shop.backoffice.sending import send_file
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, Column, Table
from shop.backoffice.year_files import requests_table
from shop.templatetags.french import euros, short_day, stamp

#: Nobody asks for more than two years at once.
MOST_DAYS = 732
SHOWN = 20
STANDING: dict[str, Any] = {
    Standing.PROVISIONAL: (gettext_lazy("provisional: days are not closed yet"), words.WAIT),
    Standing.NUMBERED: (gettext_lazy("numbered, not signed yet"), words.WAIT),
    Standing.SIGNED: (gettext_lazy("signed"), words.GOOD),
}


class SpanForm(forms.Form):
    """Which days, and of the journals in whose profile. The names are those of the address."""

    du = forms.DateField(label=gettext_lazy("First day"), widget=DateInput(format="%Y-%m-%d"))
    au = forms.DateField(label=gettext_lazy("Last day"), widget=DateInput(format="%Y-%m-%d"))
    profil = forms.ModelChoiceField(
        label=gettext_lazy("Profile of the accountant"), queryset=AccountantProfile.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, name: str, by: By, on: date, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="f-%s", **kwargs)
        self.on = on
        if name == JOURNALS:
            self.fields["profil"].queryset = offered_profiles(on)  # type: ignore[attr-defined]
        else:
            del self.fields["profil"]
        if by == By.DAY:
            del self.fields["du"]
            self.fields["au"].label = _("At the end of")

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        until = typed.get("au")
        since = typed.get("du") if "du" in self.fields else until
        if since is None or until is None:
            return typed
        if until > self.on:
            self.add_error("au", _("This day is still to come."))
        elif since > until:
            self.add_error("du", _("The first day is after the last one."))
        elif (until - since).days >= MOST_DAYS:
            self.add_error("du", _("Two years at the most."))
        return typed

    def span(self) -> Span:
        """The days as they were typed."""
        until = self.cleaned_data["au"]
        return Span(self.cleaned_data.get("du", until), until)


def offered_profiles(on: date) -> Any:
    """The profiles that are offered on a day, those of the shop first."""
    return AccountantProfile.objects.filter(retired_on=None).order_by("pk") | AccountantProfile.objects.filter(
        retired_on__gt=on
    ).order_by("pk")


def last_month(on: date) -> Span:
    """What is asked for as a rule: the month before."""
    month = month_of(on.replace(day=1) - timedelta(days=1))
    return Span(month.first_day, month.last_day)


def _every(on: date) -> list[Export]:
    first = offered_profiles(on).first()
    return [*([export_of(first)] if first else []), *EXPORTS.values()]


@desk(Right.EXPORT)
def exports(request: HttpRequest) -> HttpResponse:
    """All of them, as of the month before; files of a year; who took what."""
    on = paris_day(timezone.now())
    span = last_month(on)
    taken = _taken()
    said = {
        "title": _("Exports"),
        "note": _("Each page says first what its file will add up to, and what the books say."),
        "tables": [
            Table(
                label=_("Exports"),
                columns=columns(_("Export"), _("What it is"), _("Of"), _("Last taken")),
                rows=[
                    (
                        Cell(one.title, reverse("desk_export", args=[one.name])),
                        Cell(one.about),
                        Cell(_said(span, one.by)),
                        Cell(taken.get(one.name, "")),
                    )
                    for one in _every(on)
                ],
            ),
            requests_table(),
            _acts(),
        ],
        "nothing": False,
        "acts": [
            *acts_for(request.user, (Right.EXPORT, _("Profiles of the accountant"), "desk_export_profiles", 0)),
            *acts_for(request.user, (Right.LEDGER, _("FEC and archives"), "desk_kept_files", 0)),
        ],
    }
    return page(request, "backoffice/home.html", said)


def _said(span: Span, by: By) -> str:
    if by == By.DAY:
        return _("at the end of %(day)s") % {"day": short_day(span.last)}
    return _("from %(first)s to %(last)s") % {"first": short_day(span.first), "last": short_day(span.last)}


def _subjects() -> list[str]:
    """Of the acts that take an export: their index goes by subject."""
    return [f"export:{name}" for name in (JOURNALS, *EXPORTS)]


def _taken() -> dict[str, str]:
    """When each export was last taken, by name. One query."""
    rows = Act.objects.filter(subject__in=_subjects()).order_by("subject", "-at").distinct("subject")
    return {one.subject.removeprefix("export:"): stamp(one.at) for one in rows}


def _acts() -> Table:
    """Who took what, the newest first. Two queries."""
    rows = list(Act.objects.filter(subject__in=_subjects()).order_by("-at", "-pk")[:SHOWN])
    names = words.names_of_staff(one.actor for one in rows)
    return Table(
        label=_("Who took what"),
        title=_("Who took what"),
        anchor="journal",
        columns=columns("#" + _("When"), _("Who"), _("File"), "#" + _("Lines"), _("Hash")),
        rows=[
            (
                Cell(stamp(one.at), num=True),
                Cell(words.who(one.actor, names)),
                Cell(one.facts.get("file", ""), mono=True),
                Cell(one.facts.get("rows", ""), num=True),
                Cell(str(one.facts.get("sha256", ""))[:16], mono=True),
            )
            for one in rows
        ],
        empty=_("Nobody has taken a file yet."),
    )


@desk(Right.EXPORT)
def export(request: HttpRequest, name: str) -> HttpResponse:
    """One export: its days, and its sums beside the books'."""
    form = _asked(request, name)
    return _drawn(request, name, form, _named(name, form))


@desk(Right.EXPORT, methods=("GET", "POST"))
def take_export(request: HttpRequest, name: str) -> HttpResponse:
    """Its file, and a line that says who took it; asked for without saying yes, the page of the export."""
    form = _asked(request, name)
    one = _named(name, form)
    if request.method != "POST" or one is None:
        return _drawn(request, name, form, one)
    try:
        wanted = Format(request.POST.get("format", ""))
    except ValueError:
        raise Http404 from None
    profile, at = form.cleaned_data.get("profil"), timezone.now()
    try:
        taken = take(one, form.span(), wanted, actor=actor_of(request), at=at, profile=profile)
    except ValidationError as trouble:
        form.add_error(None, trouble)
        return _drawn(request, name, form, one)
    return send_file(taken.written.file, name=taken.name, size=taken.written.size, media_type=taken.media_type)


def _asked(request: HttpRequest, name: str) -> SpanForm:
    """What is asked for, the month before unless something else is said. Raises Http404 for an export that there is not."""
    if name != JOURNALS and name not in EXPORTS:
        raise Http404
    on = paris_day(timezone.now())
    default = last_month(on)
    typed = request.POST if request.method == "POST" else request.GET
    given = {"du": default.first.isoformat(), "au": default.last.isoformat(), **typed.dict()}
    if name == JOURNALS and "profil" not in given:
        given["profil"] = str(offered_profiles(on).values_list("pk", flat=True).first() or "")
    return SpanForm(given, name=name, by=By.PERIOD if name == JOURNALS else EXPORTS[name].by, on=on)


def _named(name: str, form: SpanForm) -> Export | None:
    """The export that is asked for; None while the days or the profile are none."""
    if not form.is_valid():
        return None
    return export_of(form.cleaned_data["profil"]) if name == JOURNALS else EXPORTS[name]


def _drawn(request: HttpRequest, name: str, form: SpanForm, one: Export | None = None) -> HttpResponse:
    shown = one or EXPORTS.get(name)
    said: dict[str, Any] = {
        "title": shown.title if shown else _("Journals"),
        "about": shown.about if shown else "",
        "form": form,
        "show_url": reverse("desk_export", args=[name]),
        "take_url": reverse("desk_act_take_export", args=[name]),
        "crumbs": ((_("Exports"), reverse("desk_exports")),),
        "acts": [ActLink(_("Profiles of the accountant"), reverse("desk_export_profiles"))] if name == JOURNALS else [],
        "formats": [(Format.CSV.value, "CSV"), (Format.XLSX.value, "XLSX")],
    }
    if one is not None and not form.errors:
        span = form.span()
        with one_picture():
            sums, checks = one.checked(span)
            word, tone = STANDING[standing(span)]
        lines = ngettext("%(count)s line", "%(count)s lines", sums.rows) % {"count": sums.rows}
        said |= {"asked": form.data, "standing": word, "tone": tone, "lines": lines, "sums": _sums(one, checks)}
    return page(
        request, "backoffice/export.html", said, status=422 if form.errors and request.method == "POST" else 200
    )


def _sums(one: Export, checks: Sequence[Check]) -> Table:
    """What the file adds up to, and what the books say."""
    return Table(
        label=_("Sums of the file and of the books"),
        title=_("Sums of the file and of the books"),
        columns=[Column(_("What")), *(Column(label, num=True) for label in (_("File"), _("Books"), _("Difference")))],
        rows=[
            (
                Cell(check.label),
                Cell(euros(check.file) if check.file is not None else "", num=True),
                Cell(euros(check.books), num=True),
                Cell("")
                if check.difference is None
                else Cell(euros(check.difference), chip=words.GOOD if not check.difference else words.WAIT, num=True),
            )
            for check in checks
        ],
    )
