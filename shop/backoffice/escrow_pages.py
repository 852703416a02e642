"""The escrow at the desks: is last night's file there, for whom, what is in it, and was it ever tried?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.backoffice import words
from shop.backoffice.ages import age
from shop.backoffice.doors import desk, page
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show
from shop.backoffice.tables import Cell, Detail, Fact, Table, chip
from shop.backoffice.transmission_words import ESCROW, ESCROW_FAULT, REHEARSAL, WRONG
from shop.templatetags.french import issue_number, short_day, stamp
from subscriptions.escrow.keeping import configured
from subscriptions.models import Escrow, EscrowRehearsal

SHOWN = 30
#: Hours after which the newest file is too old.
OLD = 36


@desk(Right.ESCROW)
def escrow(request: HttpRequest) -> HttpResponse:
    """The last nights, and what one wants to know of a morning. Four queries, whatever the number."""
    now = timezone.now()
    rows = list(Escrow.objects.prefetch_related("rehearsals")[:SHOWN])
    newest = next((row for row in rows if row.state == Escrow.State.DONE), None)
    said = {
        "title": _("Escrow"),
        "figures": _figures(newest, now),
        "tables": [_nights(rows, now)],
        "nothing": False,
    }
    return page(request, "backoffice/home.html", said)


def _figures(newest: Escrow | None, now: datetime) -> list[dict[str, Any]]:
    here = reverse("desk_escrow")
    if newest is None or newest.made_at is None:
        note = _("no file was written yet") if configured() else _("the settings name no folder and no holders")
        return [{"label": _("Newest file"), "value": _("none"), "note": note, "tone": "bad", "url": here}]
    old = (now - newest.made_at).total_seconds() > OLD * 3600
    tried = EscrowRehearsal.objects.filter(kind=EscrowRehearsal.Kind.RESTORED).last()
    opened = EscrowRehearsal.objects.filter(kind=EscrowRehearsal.Kind.OPENED).last()
    url = reverse("desk_escrow_night", args=[newest.pk])
    holders = len(newest.holders)
    return [
        {"label": _("Newest file"), "value": age(now - newest.made_at), "note": stamp(newest.made_at),
         "tone": "bad" if old else "good", "url": url},
        {"label": _("Copies in it"), "value": newest.copies,
         "note": ngettext("%(count)d line", "%(count)d lines", newest.lines or 0) % {"count": newest.lines or 0}, "url": url},
        {"label": _("Who can open it"), "value": holders, "note": ", ".join(one["name"] for one in newest.holders), "url": url},
        _tried(_("Opened by the clock"), opened, url, none="" if settings.ESCROW_REHEARSAL_KEY else _("no key of rehearsals is set")),
        _tried(_("Restored by somebody"), tried, url, none=_("to be tried once a year")),
    ]  # fmt: skip


def _tried(label: Any, last: EscrowRehearsal | None, url: str, *, none: Any) -> dict[str, Any]:
    if last is None:
        return {"label": label, "value": _("never"), "note": none, "tone": "bad" if none else "", "url": url}
    at = reverse("desk_escrow_night", args=[last.escrow_id])
    value = _("it worked") if last.succeeded else _("it failed")
    return {
        "label": label,
        "value": value,
        "note": stamp(last.at),
        "tone": "good" if last.succeeded else "bad",
        "url": at,
    }


def _nights(rows: Sequence[Escrow], now: datetime) -> Table:
    return Table(
        label=_("Nights"),
        title=_("Nights"),
        columns=columns(
            _("Night"), _("Status"), "#" + _("Written"), "#" + _("Age"), "#" + _("Files"), "#" + _("Lines"), "#" + _("Copies"),
            "#" + _("Size"), _("Hash"), _("Tried"),
        ),
        rows=[_row(row, now) for row in rows],
        more_url=reverse("desk_escrow_nights") if len(rows) == SHOWN else "",
        empty=_("No night yet."),
    )  # fmt: skip


def _row(row: Escrow, now: datetime) -> Sequence[Cell]:
    here = reverse("desk_escrow_night", args=[row.pk])
    made = row.made_at
    tries = list(row.rehearsals.all())
    last = tries[-1] if tries else None
    return (
        Cell(short_day(row.night), here),
        chip(words.said(ESCROW, row.state)),
        Cell(stamp(made) if made else _fault(row), num=bool(made)),
        Cell(age(now - made) if made else "", num=True),
        Cell(len(row.counts) if made else "", here, num=True),
        Cell("" if row.lines is None else row.lines, here, num=True),
        Cell("" if row.copies is None else row.copies, here, num=True),
        Cell(_size(row.size), num=True),
        Cell(f"{row.sha256[:12]}…" if row.sha256 else "", here, mono=True),
        Cell(
            REHEARSAL[last.kind] if last else "", chip=(words.GOOD if last.succeeded else words.BAD) if last else None
        ),
    )


def _fault(row: Escrow) -> Any:
    return ESCROW_FAULT.get(row.failure, row.failure)


def _size(size: int | None) -> str:
    return "" if size is None else _("%(size)s KB") % {"size": f"{size / 1000:,.0f}".replace(",", "\u202f")}


@desk(Right.ESCROW)
def nights(request: HttpRequest) -> HttpResponse:
    """Every night there ever was."""
    now = timezone.now()
    return show_list(
        request,
        title=_("Escrow"),
        rows=Escrow.objects.prefetch_related("rehearsals"),
        columns=_nights([], now).columns,
        row=lambda row: _row(row, now),
    )


@desk(Right.ESCROW)
def night(request: HttpRequest, key: int) -> HttpResponse:
    """One night: its file, the files in it, who can open it, whether that was tried."""
    row = get_object_or_404(Escrow, pk=key)
    user, said = request.user, words.said(ESCROW, row.state)
    facts = [
        Fact(_("Status"), said["word"], chip=said["tone"]),
        Fact(_("Tries"), row.attempts),
        Fact(_("Written"), stamp(row.made_at) if row.made_at else ""),
        Fact(_("File"), row.name, mono=True),
        Fact(_("Size"), _size(row.size)),
        Fact(_("Hash"), row.sha256, mono=True),
        Fact(_("Hash of what is inside"), row.content_sha256, mono=True),
        Fact(_("Lines"), row.lines),
        Fact(_("Copies"), row.copies),
        Fact(_("Last fault"), _fault(row)),
        Fact(_("Removed"), stamp(row.removed_at) if row.removed_at else ""),
    ]
    done = row.state == Escrow.State.DONE
    return show(
        request,
        Detail(
            kind=_("Escrow"),
            name=short_day(row.night),
            crumbs=((_("Escrow"), reverse("desk_escrow")),),
            facts=[fact for fact in facts if fact.value not in ("", None)],
            tables=[
                _files(row),
                _holders(row),
                _rehearsals(row),
                matters_of(user, [f"escrow:{row.pk}"]),
                acts_on(user, [f"escrow:{row.pk}"]),
            ],
            acts=acts_for(user, (Right.ESCROW, _("Write down a restore"), "desk_act_restored", row.pk)) if done else (),
        ),
    )


def _files(row: Escrow) -> Table:
    return Table(
        label=_("Address files in it"),
        title=_("Address files in it"),
        columns=columns(_("Issue"), _("File"), _("Status"), "#" + _("Lines"), "#" + _("Copies"), _("Hash")),
        rows=[
            (
                Cell(issue_number(one["issue"])),
                Cell(one["name"], mono=True),
                _state_of(one),
                Cell(one["lines"], num=True),
                Cell(one["copies"], num=True),
                Cell(f"{one['sha256'][:16]}…", mono=True),
            )
            for one in row.counts
        ],
        empty=_("Nothing: nobody was owed a copy."),
    )


def _state_of(one: dict[str, Any]) -> Cell:
    if not one["closed"]:
        return Cell(_("foreseen"), chip=words.NONE)
    return (
        Cell(_("as it was closed"), chip=words.GOOD) if one["true"] else Cell(_("not what was closed"), chip=words.BAD)
    )


def _holders(row: Escrow) -> Table:
    return Table(
        label=_("Who can open it"),
        title=_("Who can open it"),
        columns=columns(_("Holder"), _("Certificate until"), _("Fingerprint")),
        rows=[
            (
                Cell(one["name"]),
                Cell(short_day(date.fromisoformat(one["until"]))),
                Cell(f"{one['fingerprint'][:32]}…", mono=True),
            )
            for one in row.holders
        ],
        empty=_("Nobody yet."),
    )


def _rehearsals(row: Escrow) -> Table:
    rows = list(row.rehearsals.all())
    names = words.names_of_staff(one.actor for one in rows)
    return Table(
        label=_("Tries of this file"),
        title=_("Tries of this file"),
        columns=columns("#" + _("When"), _("What"), _("Outcome"), _("Who"), _("Why")),
        rows=[
            (
                Cell(stamp(one.at), num=True),
                Cell(REHEARSAL[one.kind]),
                Cell(_("it worked"), chip=words.GOOD) if one.succeeded else Cell(_("it failed"), chip=words.BAD),
                Cell(words.who(one.actor, names)),
                Cell(one.reason or WRONG.get(one.facts.get("wrong", ""), "")),
            )
            for one in rows
        ],
        empty=_("Nobody has tried this file."),
    )
