"""Letters to post: what waits and until when, the batches that were made, and one batch with what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.days import paris_day
from payments.documents import read
from shop.backoffice import words
from shop.backoffice.ages import age
from shop.backoffice.doors import desk, gone, page
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for
from shop.backoffice.paging import paged
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import acts_on, columns, show
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table, chip
from shop.templatetags.french import short_day, stamp
from subscriptions.models import Notice, PostBatch, PostBatchLetter
from subscriptions.paper.addressing import addresses_of
from subscriptions.paper.batching import MOST, rebuilt, untrue_because
from subscriptions.paper.waiting import deadline, waiting

Outcome = PostBatchLetter.Outcome
CHECK = "verifier"


@desk(Right.POST)
def to_post(request: HttpRequest) -> HttpResponse:
    """What waits, the most urgent first, as far as one batch reaches; and the batches, newest first."""
    user, at = request.user, timezone.now()
    rows = list(waiting(at=at)[: MOST + 1])
    more = len(rows) > MOST
    found = paged(request, _batches())
    title = _("Letters to post")
    said = {
        "title": title,
        "tables": [_waiting(user, rows[:MOST], more=more), _made(user, found.rows)],
        "acts": [ActLink(_("Make a batch"), reverse("desk_act_make_batch"))] if rows else [],
        "page": found,
    }
    return page(request, "backoffice/post.html", said)


def _waiting(user: Any, rows: Sequence[Notice], *, more: bool) -> Table:
    at = timezone.now()
    known, on = addresses_of(rows), paris_day(at)
    return Table(
        label=_("Waiting"),
        title=_("Waiting"),
        columns=columns(_("Letter"), _("To"), _("Town"), "#" + _("Waiting"), "#" + _("Post by"), "#" + _("Last day")),
        rows=[
            (
                Cell(words.letter_kind(one.kind), link(user, "notice", one.pk)),
                Cell(one.to_name, link(user, "customer", one.customer_id)),
                _town(known.get(one.pk)),
                Cell(age(at - one.due_at), num=True),
                *_days(one, on=on),
            )
            for one in rows
        ],
        total=(Cell(_("And others, after these.")), *[Cell("")] * 5) if more else (),
        empty=_("No letter waits to be posted."),
    )


def _town(address: Any) -> Cell:
    return Cell(f"{address.postcode} {address.town}") if address else chip(words.said(words.POST, "unaddressed"))


def _days(one: Notice, *, on: date) -> tuple[Cell, Cell]:
    """The day by which it should leave, and the last that counts: in words where it has gone by."""
    until = deadline(one)
    if until is None:
        return Cell(""), Cell("")
    post_by = Cell(short_day(until.post_by), num=True)
    if on > until.last:
        return post_by, chip(words.said(words.POST, "too_late"))
    return post_by, chip({"word": short_day(until.last), "tone": words.WAIT}) if until.near(on) else Cell(
        short_day(until.last), num=True
    )


def _batches() -> Any:
    left = Count("lines", filter=Q(lines__outcome=Outcome.TO_POST))
    return PostBatch.objects.annotate(left=left, posted=Count("lines", filter=Q(lines__outcome=Outcome.POSTED)))


def _made(user: Any, rows: Sequence[Any]) -> Table:
    names = words.names_of_staff(one.actor for one in rows)
    return Table(
        label=_("Batches"),
        title=_("Batches"),
        columns=columns(
            _("Batch"), "#" + _("Made"), _("By"), _("Status"), "#" + _("Letters"), "#" + _("Posted"), "#" + _("Pages")
        ),
        rows=[
            (
                Cell(one.reference, link(user, "batch", one.pk), mono=True, tight=True),
                Cell(stamp(one.made_at), num=True),
                Cell(words.who(one.actor, names)),
                chip(words.said(words.POST, "to_post" if one.left else "done")),
                Cell(one.letters, num=True),
                Cell(one.posted, num=True),
                Cell(one.pages, num=True),
            )
            for one in rows
        ],
        empty=_("No batch was made yet."),
    )


@desk(Right.POST)
def batch(request: HttpRequest, key: int) -> HttpResponse:
    """One batch: its files, its letters in their order, what may be done with it."""
    user, at = request.user, timezone.now()
    one = get_object_or_404(PostBatch, pk=key)
    lines = list(one.lines.select_related("notice", "proof"))
    left = [line for line in lines if line.outcome == Outcome.TO_POST]
    today = [
        line
        for line in lines
        if line.outcome == Outcome.POSTED and line.outcome_at and paris_day(line.outcome_at) == paris_day(at)
    ]
    names = words.names_of_staff([one.actor])
    # Each letter is asked of its own rows: only when somebody wants to know.
    looked = CHECK in request.GET
    untrue = {line.pk: because for line in left if (because := untrue_because(line.notice, at=at))} if looked else {}
    acts = [(Right.POST, _("Mark as posted"), "desk_act_posted", one.pk)] if left else []
    acts += [(Right.POST, _("Take the posting back"), "desk_act_unposted", one.pk)] if today else []
    return show(
        request,
        Detail(
            kind=_("Batch"),
            name=one.reference,
            crumbs=((_("Letters to post"), reverse("desk_post")),),
            facts=[
                Fact(_("Letters, one file"), _("PDF"), reverse("desk_batch_pdf", args=[one.pk])),
                Fact(_("Sheet to tick"), _("PDF"), reverse("desk_batch_sheet", args=[one.pk])),
                Fact(_("Made"), stamp(one.made_at)),
                Fact(_("By"), words.who(one.actor, names)),
                Fact(_("Letters"), one.letters),
                Fact(_("Pages"), _("%(pages)s, printed on both sides") % {"pages": one.pages}),
                Fact(_("To post"), len(left)),
                Fact(_("No longer true"), (_take_out_first(len(untrue)) if untrue else _("none")) if looked else ""),
                Fact(_("Hash"), one.document_id, mono=True),
            ],
            tables=[_lines(user, lines, untrue), acts_on(user, [f"batch:{one.pk}"])],
            acts=[
                *acts_for(user, *acts),
                *([ActLink(_("Look whether all are still true"), f"?{CHECK}=1")] if left else []),
            ],
        ),
    )


def _take_out_first(count: int) -> str:
    return ngettext(
        "%(count)d letter is no longer true: take it out before posting.",
        "%(count)d letters are no longer true: take them out before posting.",
        count,
    ) % {"count": count}


def _lines(user: Any, lines: Sequence[PostBatchLetter], untrue: dict[int, str]) -> Table:
    return Table(
        label=_("Letters"),
        title=_("Letters"),
        columns=columns(
            "#" + _("No."),
            _("Letter"),
            _("To"),
            "#" + _("Pages"),
            _("Status"),
            "#" + _("Last day"),
            _("Registered"),
            _("Take out"),
        ),
        rows=[
            (
                Cell(line.place, num=True),
                Cell(words.letter_kind(line.notice.kind), link(user, "notice", line.notice_id)),
                Cell(line.notice.to_name, link(user, "customer", line.notice.customer_id)),
                Cell(line.pages, num=True),
                _status(line, untrue),
                Cell(short_day(until.last) if (until := deadline(line.notice)) else "", num=True),
                Cell(line.proof.provider_id if line.proof else "", mono=True),
                Cell(_("Take out"), reverse("desk_act_take_out", args=[line.pk]))
                if line.outcome == Outcome.TO_POST and may(user, Right.POST)
                else Cell(""),
            )
            for line in lines
        ],
    )


def _status(line: PostBatchLetter, untrue: dict[int, str]) -> Cell:
    if line.pk in untrue:
        return chip(words.said(words.POST, "untrue"))
    if line.proof is not None:
        said = words.said(words.POST, "posted")
        return chip({**said, "word": f"{said['word']} {short_day(paris_day(line.proof.at))}"})
    return chip(words.said(words.POST, line.outcome or "to_post"))


@desk(Right.POST)
def batch_pdf(request: HttpRequest, key: int) -> HttpResponse:
    """The merged file as it was frozen; made again of its letters where its own body was purged."""
    one = get_object_or_404(PostBatch, pk=key)
    return pdf(request, read(one.document_id) or rebuilt(one), f"{one.reference}.pdf")


@desk(Right.POST)
def batch_sheet(request: HttpRequest, key: int) -> HttpResponse:
    """The sheet to tick."""
    one = get_object_or_404(PostBatch, pk=key)
    return pdf(request, read(one.sheet_id), f"{one.reference}-bordereau.pdf")


def pdf(request: HttpRequest, body: bytes | None, name: str) -> HttpResponse:
    """A PDF, shown in the browser under that name; the page of what was purged where there is none."""
    if body is None:
        return gone(request, what=_("this document"))
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer
