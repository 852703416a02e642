"""One mailing run: what was closed and by whom, its file, its sheet, its labels, its lines, what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.documents import read
from shop.backoffice import words
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for
from shop.backoffice.post_pages import pdf
from shop.backoffice.roles import Right
from shop.backoffice.run_words import ALONE, KIND, MISCOUNTED, RUN, RUN_KIND, ZONE
from shop.backoffice.sending import send_file
from shop.backoffice.showing import acts_on, columns, show, why
from shop.backoffice.tables import Cell, Detail, Fact, Table
from shop.backoffice.transmission_words import WAY
from shop.backoffice.transmissions_of import sendings
from shop.templatetags.french import issue_number, short_day, stamp
from subscriptions.fulfilment import address_file
from subscriptions.fulfilment.control_sheet import control_sheet
from subscriptions.fulfilment.correcting import corrections, corrections_file
from subscriptions.fulfilment.correcting import file_name as corrections_name
from subscriptions.fulfilment.handing_over import ON_ITS_WAY
from subscriptions.fulfilment.labels import MOST, SHEETS, labels
from subscriptions.models import Dispatch, MailingRun
from subscriptions.transmitting.ways import way_in_force

State = MailingRun.State
SHOWN = 20
#: How a mailing file is sent over the wire; the bytes are what matters.
CSV = "text/csv"


def closed_run(key: int) -> MailingRun:
    """A run that was closed, with what its papers name. Raises Http404."""
    found = MailingRun.objects.select_related("issue__magazine", "house", "statement")
    return get_object_or_404(found.exclude(sha256=""), pk=key)


@desk(Right.FULFILMENT_DESK)
def run(request: HttpRequest, key: int) -> HttpResponse:
    """One run and what may be done with it."""
    one = get_object_or_404(MailingRun.objects.select_related("issue__magazine", "house", "statement"), pk=key)
    user = request.user
    shut = bool(one.sha256)
    sent = list(one.transmissions.select_related("way"))
    way = shut and way_in_force(one.issue.magazine_id) is not None
    return show(
        request,
        Detail(
            kind=_("File"),
            name=name_of(one),
            crumbs=(
                (_("Issues"), reverse("desk_issues")),
                (issue_number(one.issue.printed), reverse("desk_issue", args=[one.issue_id])),
            ),
            facts=[*_facts(one), *(_papers(one) if shut else [])],
            whys=[why(user, one.events.all(), RUN, say=str)],
            tables=[
                *([sendings(sent)] if sent or way else []),
                *([_counts(one), _corrections(user, one)] if shut else []),
                acts_on(user, [f"run:{one.pk}"]),
            ],
            acts=acts_for(user, *_acts(one, way=way, busy=any(row.state in ON_ITS_WAY for row in sent))),
        ),
    )


def name_of(one: MailingRun) -> str:
    """« n° 25, main file v1 »."""
    return f"{issue_number(one.issue.printed)}, {words.said(RUN_KIND, one.kind)['word']} v{one.sequence}"


def _facts(one: MailingRun) -> list[Fact]:
    names = words.names_of_staff([one.asked_by, one.closed_by, one.handed_over_by, one.received_by])
    said = words.said(RUN, one.state)
    facts = [
        Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
        Fact(_("Mailing house"), one.house.name),
        Fact(_("Asked for"), f"{stamp(one.asked_at)}, {words.who(one.asked_by, names)}"),
        Fact(_("Why"), one.asked_because),
    ]
    if one.closed_at:
        facts.append(Fact(_("File closed"), f"{stamp(one.closed_at)}, {words.who(one.closed_by, names)}"))
    if one.closed_alone:
        facts.append(Fact(_("Closed by one person alone"), one.closed_because, chip=ALONE))
    if one.dispatches is not None:
        facts += [
            Fact(_("Lines"), one.dispatches, reverse("desk_run_lines", args=[one.pk])),
            Fact(_("Copies"), one.copies),
            Fact(
                _("Keys"), f"{one.counts['first_key']} – {one.counts['last_key']}" if one.dispatches else "", mono=True
            ),
            Fact(_("Posting planned"), short_day(one.deposit_on)),
        ]
    if one.handed_over_at:
        facts.append(Fact(_("Handed over"), f"{stamp(one.handed_over_at)}, {words.who(one.handed_over_by, names)}"))
        facts.append(Fact(_("How"), WAY.get(one.handed_over_how, one.handed_over_how)))
    if one.received_copies is not None:
        wrong = one.received_copies != one.copies
        facts.append(Fact(_("Counted by the mailing house"), one.received_copies, chip=MISCOUNTED if wrong else None))
    if one.posted_on:
        facts.append(Fact(_("Posted"), short_day(one.posted_on)))
    return facts


def _papers(one: MailingRun) -> list[Fact]:
    facts = [
        Fact(_("Address file"), address_file.file_name(one), reverse("desk_run_file", args=[one.pk]), mono=True),
        Fact(_("Control sheet"), _("PDF"), reverse("desk_run_sheet", args=[one.pk])),
        Fact(_("Late corrections"), corrections_name(one), reverse("desk_run_corrections", args=[one.pk]), mono=True),
        Fact(_("Hash"), one.sha256, mono=True),
    ]
    if (one.dispatches or 0) <= MOST:
        facts += [
            Fact(_("Labels"), form.name, reverse("desk_run_labels", args=[one.pk, key])) for key, form in SHEETS.items()
        ]
    if one.statement_id:
        facts.append(Fact(_("Statement of deposit"), _("PDF"), reverse("desk_run_statement", args=[one.pk])))
    return facts


def _acts(one: MailingRun, *, way: bool, busy: bool) -> list[tuple[Right, Any, str, int]]:
    if one.state == State.ASKED:
        return [
            (Right.CLOSE, _("Close the file"), "desk_act_close_run", one.pk),
            (Right.CLOSE, _("Give it up"), "desk_act_drop_run", one.pk),
        ]
    if one.state == State.CLOSED and not busy:
        by_hand = (
            Right.CLOSE,
            _("Hand it over by hand") if way else _("Hand it over"),
            "desk_act_hand_over_run",
            one.pk,
        )
        return (
            [(Right.CLOSE, _("Send it to the mailing house"), "desk_act_transmit_run", one.pk), by_hand]
            if way
            else [by_hand]
        )
    if one.state == State.HANDED_OVER:
        count = (Right.CLOSE, _("Enter the count of the mailing house"), "desk_act_count_run", one.pk)
        posted = (Right.CLOSE, _("It is posted"), "desk_act_post_run", one.pk)
        return [count, posted] if one.received_copies == one.copies else [count]
    if one.state == State.POSTED and one.statement_id is None:
        return [(Right.CLOSE, _("Attach the statement of deposit"), "desk_act_statement", one.pk)]
    return []


def _counts(one: MailingRun) -> Table:
    return Table(
        label=_("What it holds"),
        title=_("What it holds"),
        columns=columns(_("Zone"), _("Country"), _("Kind"), "#" + _("Lines"), "#" + _("Copies")),
        rows=[
            (
                Cell(ZONE.get(row["zone"], row["zone"])),
                Cell(row["country"]),
                Cell(KIND.get(row["kind"], row["kind"])),
                Cell(row["lines"], num=True),
                Cell(row["copies"], num=True),
            )
            for row in one.counts["table"]
        ],
        total=(Cell(_("Total")), Cell(""), Cell(""), Cell(one.dispatches, num=True), Cell(one.copies, num=True)),
        empty=_("Nothing: nobody was owed a copy."),
    )


def _corrections(user: Any, one: MailingRun) -> Table:
    found = list(islice(corrections(one), SHOWN + 1)) if one.state != State.POSTED else []
    return Table(
        label=_("Changed since it was closed"),
        title=_("Changed since it was closed"),
        columns=columns(_("Line"), _("Subscription"), _("Now")),
        rows=[
            (
                Cell(row.dispatch.key, mono=True),
                Cell(
                    row.dispatch.number,
                    link(user, "subscription", row.dispatch.subscription_id),
                    mono=True,
                ),
                Cell(" ".join(text for text in row.block[:7] if text)),
            )
            for row in found[:SHOWN]
        ],
        more_url=reverse("desk_run_corrections", args=[one.pk]) if len(found) > SHOWN else "",
        empty=_("Nothing to correct by hand."),
    )


@desk(Right.FULFILMENT_DESK)
def run_lines(request: HttpRequest, key: int) -> HttpResponse:
    """The lines of one run, in their order."""
    one = closed_run(key)
    user = request.user

    def row(line: Dispatch) -> Sequence[Cell]:
        return (
            Cell(line.key, mono=True, tight=True),
            Cell(line.number, link(user, "subscription", line.subscription_id), mono=True, tight=True),
            Cell(KIND.get(line.kind, line.kind)),
            Cell(", ".join(text for text in line.address.block[:7] if text)),
            Cell(line.zone),
            Cell(line.copies, num=True),
            Cell("" if line.copies_left is None else line.copies_left, num=True),
            Cell(line.insert_code, mono=True),
        )

    return show_list(
        request,
        title=_("Lines of %(file)s") % {"file": name_of(one)},
        rows=one.lines.select_related("address"),
        columns=columns(
            _("Key"), _("Number"), _("Kind"), _("Address"), _("Zone"), "#" + _("Copies"), "#" + _("Left"), _("Sheet")
        ),
        row=row,
    )


@desk(Right.CLOSE)
def run_file(request: HttpRequest, key: int) -> HttpResponse | StreamingHttpResponse:
    """The address file, byte for byte as it was closed; a page that says so where it can no longer be made."""
    one = closed_run(key)
    try:
        file, fingerprint = address_file.verified(one)
    except address_file.FileChanged:
        return page(request, "backoffice/file_changed.html", {"run": one, "name": name_of(one)}, status=409)
    return send_file(file, name=address_file.file_name(one), size=fingerprint.size, media_type=CSV)


@desk(Right.CLOSE)
def run_corrections(request: HttpRequest, key: int) -> StreamingHttpResponse:
    """The late corrections, as of now."""
    one = closed_run(key)
    return _stream(corrections_file(one), corrections_name(one))


def _stream(pieces: Any, name: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(pieces, content_type=CSV)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@desk(Right.FULFILMENT_DESK)
def run_sheet(request: HttpRequest, key: int) -> HttpResponse:
    """The control sheet."""
    one = closed_run(key)
    return pdf(request, control_sheet(one), address_file.file_name(one).replace(".csv", "_bordereau.pdf"))


@desk(Right.CLOSE)
def run_labels(request: HttpRequest, key: int, sheet: str) -> HttpResponse:
    """Labels on the sheets of one form."""
    one = closed_run(key)
    if sheet not in SHEETS or (one.dispatches or 0) > MOST:
        raise Http404
    return pdf(
        request, labels(one, sheet=sheet), address_file.file_name(one).replace(".csv", f"_etiquettes_{sheet}.pdf")
    )


@desk(Right.FULFILMENT_DESK)
def run_statement(request: HttpRequest, key: int) -> HttpResponse:
    """The statement of deposit of the post, as it was uploaded."""
    one = closed_run(key)
    if one.statement_id is None:
        raise Http404
    return pdf(request, read(one.statement_id), address_file.file_name(one).replace(".csv", "_depot.pdf"))
