"""Closings at the desk of finance: closed days, months and years with their checklist, what was signed, files for the accountant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.closing.checklist import Answer, Weight, answers, lines
from payments.closing.periods import (
    Kind,
    Period,
    alone_from,
    closing_of,
    first_month,
    month_of,
    named,
    open_before,
    period_of,
    request_of,
    year_of,
)
from payments.days import paris_day
from payments.documents import BodyChanged
from payments.exports.keeping import Changed, Gone, hashed
from payments.models import Anchor, DayClosing, KeptFile, PeriodClosing, ReopeningAsked
from shop.backoffice import words
from shop.backoffice.doors import desk, gone, page
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right, may
from shop.backoffice.sending import send_file
from shop.backoffice.showing import acts_on, columns, show
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table
from shop.backoffice.year_files import requests_table
from shop.templatetags.french import euros, month, short_day, stamp

YEARS_SHOWN = 3
KEPT_SHOWN, ALL_KEPT = 10, 200
MEDIA_TYPES = {
    KeptFile.Kind.FEC: "text/plain; charset=iso-8859-15",
    KeptFile.Kind.ARCHIVE: "application/zip",
    KeptFile.Kind.EXPORT: "application/octet-stream",
}


def key_of(period: Period) -> int:
    """A period in an address: 202611 or 2026."""
    return int(str(period).replace("-", ""))


def period_at(key: int) -> Period | None:
    """The period of an address; None if there is none."""
    text = str(key)
    return named(text if len(text) == 4 else f"{text[:4]}-{text[4:]}")


def name_of(period: Period) -> str:
    """« novembre 2026 », or « 2026 »."""
    return month(period.first_day) if period.kind == Kind.MONTH else str(period)


def periods_since(begun: Period, *, on: date) -> list[Period]:
    """The months and years that are over or going on, the newest first, each year before its months."""
    found: list[Period] = []
    one = month_of(on)
    while one.first_day >= begun.first_day and len(found) < YEARS_SHOWN * 13:
        if not found or one.first_day.month == 12:
            found.append(year_of(one.first_day))
        found.append(one)
        one = month_of(one.first_day - timedelta(days=1))
    return found


@desk(Right.LEDGER)
def closings(request: HttpRequest) -> HttpResponse:
    """Every month and year since the first entry: closed by whom, or what it waits for."""
    on = paris_day(timezone.now())
    begun = first_month()
    shown = periods_since(begun, on=on) if begun else []
    rows = {
        (one.kind, one.first_day): one for one in PeriodClosing.objects.select_related("reopening").order_by("version")
    }
    names = words.names_of_staff(one.signed_by for one in rows.values())
    last = DayClosing.objects.order_by("-day").first()
    table = Table(
        label=_("Months and years"),
        title=_("Months and years"),
        columns=columns(_("Period"), _("Status"), _("Signed by"), "#" + _("Signed"), "#" + _("Version")),
        rows=[_period_row(one, rows.get((one.kind, one.first_day)), names, on=on) for one in shown],
        empty=_("Nothing was booked yet."),
    )
    said = {
        "title": _("Closings"),
        "figures": _figures(last, on=on),
        "tables": [table, _kept_table(KEPT_SHOWN, title=_("Files for the accountant"))],
        "nothing": False,
        "acts": [
            ActLink(_("Files for the accountant"), reverse("desk_kept_files")),
            ActLink(_("Closed days"), reverse("desk_days")),
        ],
    }
    return page(request, "backoffice/home.html", said)


def _figures(last: DayClosing | None, *, on: date) -> list[dict[str, Any]]:
    days = reverse("desk_days")
    if last is None:
        return [{"label": _("Closed until"), "value": "—", "note": _("no day was closed yet"), "url": days}]
    late = last.day < on - timedelta(days=1)
    return [
        {"label": _("Closed until"), "value": short_day(last.day), "url": days, "tone": "bad" if late else "good"},
        {"label": _("Received this month"), "value": euros(last.month_received), "url": days},
        {"label": _("Received this year"), "value": euros(last.year_received), "url": days},
        {"label": _("Received since the beginning"), "value": euros(last.ever_received), "url": days},
        _outside(),
    ]


def _outside() -> dict[str, Any]:
    """Until which day the books are held by a hash that lies outside this house."""
    sent = Anchor.objects.filter(sent_at__isnull=False).select_related("closing").order_by("-closing__day").first()
    said = {"label": _("Hash kept outside until"), "url": reverse("desk_days")}
    if sent is not None:
        return said | {"value": short_day(sent.closing.day), "tone": "good"}
    if not settings.ANCHOR_TO:
        return said | {"value": "—", "note": _("nobody is named who keeps it"), "tone": "bad"}
    return said | {"value": "—", "note": _("sent after the end of the month")}


def _period_row(period: Period, last: PeriodClosing | None, names: Any, *, on: date) -> Sequence[Cell]:
    here = reverse("desk_period", args=[key_of(period)])
    state = _state(period, last, on=on)
    return (
        Cell(name_of(period), here),
        state,
        Cell(words.who(last.signed_by, names) if last else ""),
        Cell(stamp(last.at) if last else "", num=True),
        Cell(last.version if last else "", reverse("desk_closing", args=[last.pk]) if last else "", num=True),
    )


def _state(period: Period, last: PeriodClosing | None, *, on: date) -> Cell:
    opened = getattr(last, "reopening", None)
    if last is not None and opened is None:
        return Cell(_("signed and closed"), chip=words.GOOD)
    if opened is not None:
        return Cell(_("re-opened by one person alone") if opened.alone else _("re-opened"), chip=words.BAD)
    if period.last_day >= on:
        return Cell(_("going on"), chip=words.NONE)
    return Cell(_("to be closed"), chip=words.WAIT)


@desk(Right.LEDGER)
def period(request: HttpRequest, key: int) -> HttpResponse:
    """One month or year: its checklist as it stands now, or as it was signed; and every version that was."""
    one = period_at(key)
    if one is None:
        raise Http404
    user, now = request.user, timezone.now()
    versions = list(
        PeriodClosing.objects.filter(kind=one.kind, first_day=one.first_day)
        .select_related("reopening", "reopening__asked")
        .order_by("-version")
    )
    last = versions[0] if versions else None
    closed = closing_of(one)
    state = _state(one, last, on=paris_day(now))
    before = open_before(one) if closed is None else None
    asked = request_of(closed, at=now) if closed else None
    names = words.names_of_staff([*_people(versions), *([asked.asked_by] if asked else [])])
    detail = Detail(
        kind=_("Closing"),
        name=name_of(one),
        crumbs=((_("Closings"), reverse("desk_closings")),),
        facts=[
            Fact(_("Status"), state.text, chip=state.chip),
            Fact(_("First day"), short_day(one.first_day)),
            Fact(_("Last day"), short_day(one.last_day)),
            Fact(
                _("To be closed first"),
                name_of(before) if before else "",
                reverse("desk_period", args=[key_of(before)]) if before else "",
            ),
            *_asked(asked, names),
        ],
        tables=[
            _signed_lines(closed) if closed else _lines_now(user, one, answers(one, at=now)),
            _versions(versions, names),
            acts_on(user, [f"closing:{row.pk}" for row in versions]),
        ],
        acts=_acts(user, one, closed, asked),
    )
    return show(request, detail)


def _people(versions: Sequence[PeriodClosing]) -> Iterator[str]:
    for row in versions:
        yield row.signed_by
        if hasattr(row, "reopening"):
            yield row.reopening.agreed_by
            yield row.reopening.asked.asked_by


def _asked(asked: ReopeningAsked | None, names: Any) -> list[Fact]:
    if asked is None:
        return []
    since = alone_from(asked)
    return [
        Fact(_("Re-opening asked for by"), words.who(asked.asked_by, names), chip=words.WAIT),
        Fact(_("Because"), asked.reason),
        Fact(_("May be agreed to alone from"), stamp(since) if since else ""),
    ]


def _acts(user: Any, one: Period, closed: PeriodClosing | None, asked: ReopeningAsked | None) -> list[ActLink]:
    key = key_of(one)
    if closed is None:
        return acts_for(
            user,
            (Right.CLOSE_BOOKS, _("Answer for a line"), "desk_act_tick", key),
            (Right.CLOSE_BOOKS, _("Close and sign"), "desk_act_sign_period", key),
        )
    if asked is None:
        return acts_for(user, (Right.CLOSE_BOOKS, _("Ask for it to be re-opened"), "desk_act_ask_reopen", closed.pk))
    return acts_for(user, (Right.CLOSE_BOOKS, _("Re-open it"), "desk_act_reopen", closed.pk))


def _lines_now(user: Any, one: Period, answered: Sequence[Answer]) -> Table:
    names = words.names_of_staff(row.tick.actor for row in answered if row.tick)
    may_tick = may(user, Right.CLOSE_BOOKS)
    act = reverse("desk_act_tick", args=[key_of(one)])
    return Table(
        label=_("Checklist"),
        title=_("Checklist"),
        columns=columns(_("What"), "#" + _("Found"), "#" + _("Amount"), _("Status"), _("Answered by"), _("Because")),
        rows=[
            (
                Cell(row.line.label, _page(row)),
                Cell(row.found.count if row.line.find else "", num=True),
                Cell(euros(row.found.amount) if row.found.amount is not None else "", num=True),
                _standing(row, f"{act}?ligne={row.line.key}" if may_tick else ""),
                Cell(words.who(row.tick.actor, names) if row.tick else ""),
                Cell(row.tick.reason if row.tick else ""),
            )
            for row in answered
        ],
    )


def _page(row: Answer) -> str:
    if row.line.key == "desk":
        return reverse("desk_items", args=["finance"])
    return reverse(row.line.page) if row.line.page else ""


def _standing(row: Answer, act: str) -> Cell:
    if row.done:
        return Cell(_("in order") if row.clean else _("answered for"), chip=words.GOOD)
    if row.line.weight == Weight.STOPS:
        return Cell(_("stops the closing"), chip=words.BAD)
    if row.tick is not None:
        return Cell(_("more was found since"), act, chip=words.WAIT)
    return Cell(_("to be answered for"), act, chip=words.WAIT)


def _signed_lines(closing: PeriodClosing) -> Table:
    """The checklist as it was signed."""
    labels = {one.key: one.label for one in lines()}
    names = words.names_of_staff(row["by"] for row in closing.checks if "by" in row)
    return Table(
        label=_("Checklist as it was signed"),
        title=_("Checklist as it was signed"),
        columns=columns(_("What"), "#" + _("Found"), "#" + _("Amount"), _("Answered by"), _("Because")),
        rows=[
            (
                Cell(labels.get(row["line"], row["line"])),
                Cell("" if row["count"] is None else row["count"], num=True),
                Cell(euros(row["amount"]) if row["amount"] else "", num=True),
                Cell(words.who(row["by"], names) if "by" in row else ""),
                Cell(row.get("reason", "")),
            )
            for row in closing.checks
        ],
    )


def _versions(versions: Sequence[PeriodClosing], names: Any) -> Table:
    return Table(
        label=_("Signatures"),
        title=_("Signatures"),
        columns=columns(
            "#" + _("Version"), "#" + _("Signed"), _("Signed by"), _("Because"), _("Re-opened by"), _("Alone"), _("Figures")
        ),
        rows=[_version_row(row, names) for row in versions],
        empty=_("Nobody has signed it yet."),
    )  # fmt: skip


def _version_row(row: PeriodClosing, names: Any) -> Sequence[Cell]:
    opened = getattr(row, "reopening", None)
    return (
        Cell(row.version, num=True),
        Cell(stamp(row.at), num=True),
        Cell(words.who(row.signed_by, names)),
        Cell(row.reason),
        Cell(words.who(opened.agreed_by, names) if opened else ""),
        Cell(_("alone"), chip=words.BAD) if opened and opened.alone else Cell(""),
        Cell(_("Figures"), reverse("desk_closing", args=[row.pk])),
    )


@desk(Right.LEDGER)
def closing(request: HttpRequest, key: int) -> HttpResponse:
    """What was signed, once and for all: figures and hash."""
    one = get_object_or_404(PeriodClosing, pk=key)
    what = period_of(one)
    names = words.names_of_staff([one.signed_by])
    (taken,) = one.figures["payments"]
    (given,) = one.figures["refunds"]
    (numbers,) = one.figures["numbers"]
    detail = Detail(
        kind=_("Signed figures"),
        name=_("%(period)s, version %(version)s") % {"period": name_of(what), "version": one.version},
        crumbs=(
            (_("Closings"), reverse("desk_closings")),
            (name_of(what), reverse("desk_period", args=[key_of(what)])),
        ),
        facts=[
            Fact(_("Signed by"), words.who(one.signed_by, names)),
            Fact(_("Signed"), stamp(one.at)),
            Fact(_("Payments"), _counted(taken)),
            Fact(_("Given back"), _counted(given)),
            Fact(_("Entries numbered"), f"{numbers['first']}–{numbers['last']}" if numbers["count"] else ""),
            Fact(_("Hash"), one.sha256, mono=True),
        ],
        tables=[_accounts(one), _rates(one), _signed_lines(one)],
    )
    return show(request, detail)


def _counted(row: dict[str, Any]) -> str:
    return _("%(count)s for %(amount)s") % {"count": row["count"], "amount": euros(row["amount"])}


def _accounts(one: PeriodClosing) -> Table:
    return Table(
        label=_("Accounts"),
        title=_("Accounts"),
        columns=columns(
            _("Account"), _("Label"), "#" + _("Debit of the period"), "#" + _("Credit of the period"), "#" + _("Balance at its end")
        ),
        rows=[
            (
                Cell(row["account"], mono=True),
                Cell(row["label"]),
                *(Cell(euros(row[side]), num=True) for side in ("debit", "credit", "balance")),
            )
            for row in one.figures["accounts"]
        ],
    )  # fmt: skip


def _rates(one: PeriodClosing) -> Table:
    return Table(
        label=_("Documents by rate"),
        title=_("Documents by rate"),
        columns=columns(_("Document"), "#" + _("Rate"), "#" + _("Excl. VAT"), "#" + _("VAT"), "#" + _("Incl. VAT")),
        rows=[
            (
                Cell(words.said(words.INVOICE, row["kind"])["word"]),
                Cell(f"{row['rate']} %".replace(".", ","), num=True),
                *(Cell(euros(row[part]), num=True) for part in ("ht", "vat", "ttc")),
            )
            for row in one.figures["rates"]
        ],
        empty=_("No document was issued."),
    )


@desk(Right.LEDGER)
def days(request: HttpRequest) -> HttpResponse:
    """The closed days, the newest first."""

    def row(one: DayClosing) -> Sequence[Cell]:
        numbers = ", ".join(f"{year} : {first}–{last}" for year, (first, last) in sorted(one.numbers.items()))
        return (
            Cell(short_day(one.day), num=True),
            Cell(one.entries, num=True),
            Cell(numbers),
            Cell(euros(one.debit), num=True),
            Cell(euros(one.received), num=True),
            Cell(euros(one.given_back), num=True),
            Cell(euros(one.month_received), num=True),
            Cell(euros(one.year_received), num=True),
            Cell(euros(one.ever_received), num=True),
            Cell(one.hash[:12], mono=True),
        )

    return show_list(
        request,
        title=_("Closed days"),
        rows=DayClosing.objects.all(),
        columns=columns(
            "#" + _("Day"),
            "#" + _("Entries"),
            _("Numbers"),
            "#" + _("Debit and credit"),
            "#" + _("Received that day"),
            "#" + _("Given back"),
            "#" + _("Received in the month"),
            "#" + _("Received in the year"),
            "#" + _("Received since the beginning"),
            _("Hash"),
        ),
        row=row,
    )


def _kept_table(limit: int, *, title: Any = "") -> Table:
    rows = list(KeptFile.objects.order_by("-pk")[:limit])
    names = words.names_of_staff(row.actor for row in rows)
    return Table(
        label=_("Files for the accountant"),
        title=title,
        anchor="fichiers",
        columns=columns(_("File"), "#" + _("Made"), _("By"), "#" + _("Lines"), "#" + _("Size"), _("Hash")),
        rows=[
            (
                Cell(row.name, reverse("desk_kept_file", args=[row.pk]), mono=True),
                Cell(stamp(row.at), num=True),
                Cell(words.who(row.actor, names)),
                Cell(row.lines or "", num=True),
                Cell(_("%(size)s kB") % {"size": -(-row.size // 1024)}, num=True),
                Cell(row.sha256[:16], mono=True),
            )
            for row in rows
        ],
        empty=_("No file was made yet."),
    )


@desk(Right.LEDGER)
def kept_files(request: HttpRequest) -> HttpResponse:
    """Every file that was made for the accountant; and making one, a year each."""
    on, begun = paris_day(timezone.now()), first_month()
    years = range(on.year, begun.first_day.year - 1, -1) if begun else range(0)
    said = {
        "title": _("Files for the accountant"),
        "crumbs": ((_("Closings"), reverse("desk_closings")),),
        "tables": [_kept_table(ALL_KEPT, title=_("Files that were made")), requests_table()],
        "nothing": False,
        "acts": [
            act
            for year in years
            for act in acts_for(
                request.user,
                (Right.CLOSE_BOOKS, _("Make the FEC of %(year)s") % {"year": year}, "desk_act_make_fec", year),
                (Right.CLOSE_BOOKS, _("Make the archive of %(year)s") % {"year": year}, "desk_act_make_archive", year),
            )
        ],
    }
    return page(request, "backoffice/home.html", said)


@desk(Right.LEDGER)
def kept_file(request: HttpRequest, key: int) -> HttpResponse:
    """Download a file as it was made; refused if its bytes are not what was kept."""
    one = get_object_or_404(KeptFile, pk=key)
    try:
        found = hashed(one)
    except (Gone, Changed, BodyChanged):
        return gone(request, what=_("this document"))
    return send_file(found.file, name=one.name, size=found.size, media_type=MEDIA_TYPES[KeptFile.Kind(one.kind)])
