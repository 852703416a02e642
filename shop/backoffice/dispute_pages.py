"""Disputes at the desk of finance: until when each is answered and by whom, what could be shown to the bank, what was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.answering.deadlines import step_of
from payments.answering.standing import APPEALS, AWAITING, last_day, waits, why_not
from payments.days import paris_day
from payments.disputing import REASONS
from payments.documents import read
from payments.models import Dispute, DisputePackage, LedgerEntry
from payments.typesetting import NotSet
from shop.backoffice import words
from shop.backoffice.ages import age
from shop.backoffice.dispute_words import ANSWER, KIND, PHASE, SECTIONS, STATUS, WEAK
from shop.backoffice.doors import desk, gone, page
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for, entries_table, name_of
from shop.backoffice.paging import Page, paged
from shop.backoffice.post_pages import pdf
from shop.backoffice.reasons import contested, reason
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show, why
from shop.backoffice.tables import Cell, Detail, Fact, Table, Why, chip
from shop.templatetags.french import euros, stamp
from subscriptions.answering.case import read_case
from subscriptions.answering.letters import letters_of
from subscriptions.answering.making import make, sections_of
from subscriptions.answering.weak import weaknesses

State = Dispute.State
#: Nobody has more that are open: the list is one page.
OPEN_SHOWN = 500
RELATED = ("payment__customer", "owner")


@desk(Right.DISPUTES)
def disputes(request: HttpRequest) -> HttpResponse:
    """Those that are open, the nearest deadline first; or those that have ended, the newest first."""
    ended = request.GET.get("etat") == "clos"
    now = timezone.now()
    if ended:
        found = paged(request, Dispute.objects.exclude(state=State.OPEN).select_related(*RELATED))
    else:
        found = Page(list(open_ones()[:OPEN_SHOWN]), None, None)
    said = {
        "title": _("Disputes"),
        "table": Table(
            label=_("Disputes"), columns=_columns(), rows=[_row(request.user, one, now) for one in found.rows]
        ),
        "page": found,
        "states": [("clos", _("ended"))],
        "state": "clos" if ended else "",
        "all_word": _("open"),
    }
    return page(request, "backoffice/list.html", said)


def open_ones() -> QuerySet[Dispute]:
    """Open disputes, the nearest deadline first, those that take no answer last."""
    return (
        Dispute.objects.filter(state=State.OPEN)
        .select_related(*RELATED)
        .order_by(F("respond_by").asc(nulls_last=True), "pk")
    )


def to_answer_table(user: Any, *, limit: int) -> Table:
    """The disputes that wait for an answer, for the dashboard. One query."""
    now = timezone.now()
    found = list(open_ones().filter(status__in=AWAITING)[: limit + 1])
    return Table(
        label=_("Disputes to answer"),
        title=_("Disputes to answer"),
        columns=_columns(),
        rows=[_row(user, one, now) for one in found[:limit]],
        more_url=reverse("desk_disputes") if len(found) > limit else "",
    )


def _columns() -> Any:
    return columns(
        _("No."),
        "#" + _("Answer by"),
        _("Left"),
        _("Where it stands"),
        _("Reason"),
        _("Reader"),
        _("Payment"),
        "#" + _("Amount"),
        "#" + _("Age"),
        _("Owner"),
    )


def _row(user: Any, one: Dispute, now: datetime) -> Sequence[Cell]:
    here = link(user, "dispute", one.pk)
    return (
        Cell(one.pk, here, num=True, tight=True),
        Cell(stamp(one.respond_by), num=True),
        left(one, now),
        stands(one, here),
        Cell(REASONS.get(one.reason, one.reason)),
        Cell(name_of(one.payment.customer), link(user, "customer", one.payment.customer_id)),
        Cell(one.payment.reference, link(user, "payment", one.payment_id), mono=True),
        Cell(euros(one.amount), num=True),
        Cell(age((now if one.state == State.OPEN else one.state_since) - one.opened_at), num=True),
        Cell(owner_of(one) or _("nobody yet"), chip=None if one.owner_id or one.state != State.OPEN else words.WAIT),
    )


def left(one: Dispute, now: datetime) -> Cell:
    """How much time is left for an answer, more loudly the less it is."""
    if not waits(one) or one.respond_by is None:
        return Cell("")
    step, day = step_of(one, on=paris_day(now), at=now), last_day(one)
    tone = words.NONE if step is None else words.WAIT if step.kind == "dispute_due" else words.BAD
    if one.respond_by <= now:
        return Cell(_("too late"), chip=tone)
    days = (day - paris_day(now)).days if day else 0
    if days == 0:
        return Cell(_("today"), chip=tone)
    return Cell(ngettext("%(count)s day", "%(count)s days", days) % {"count": days}, chip=tone)


def stands(one: Dispute, url: str = "") -> Cell:
    """Where it stands: by Stripe's word while it is open, by ours once it is over."""
    if one.state == State.OPEN:
        return chip(words.said(STATUS, one.status), url)
    word = one.status if one.status in ("warning_closed", "prevented", *APPEALS) else one.state
    return chip(words.said(STATUS, word), url)


def owner_of(one: Dispute) -> str:
    """Who looks into it; "" for nobody."""
    owner: Any = one.owner
    return (owner.full_name or owner.email) if owner else ""


@desk(Right.DISPUTES)
def dispute(request: HttpRequest, key: int) -> HttpResponse:
    """One dispute: its deadline, what could be shown to the bank and what speaks against us, what was answered."""
    one = get_object_or_404(Dispute.objects.select_related(*RELATED, "credit_note"), pk=key)
    user, now = request.user, timezone.now()
    packages, answers = list(one.packages.order_by("-pk")), list(one.answers.prefetch_related("events").order_by("-pk"))
    closed = why_not(one, at=now)
    note = one.credit_note
    sources = [f"{kind}:{one.pk}" for kind in ("dispute", "dispute_returned", "dispute_lost")]
    status = stands(one)
    detail = Detail(
        kind=_("Dispute"),
        name=_("no. %(key)s") % {"key": one.pk},
        crumbs=((_("Disputes"), reverse("desk_disputes")),),
        facts=[
            Fact(_("Where it stands"), status.text, "#pourquoi", chip=status.chip),
            Fact(_("Answer by"), stamp(one.respond_by), chip=left(one, now).chip if waits(one) else None),
            Fact(_("Left"), left(one, now).text),
            Fact(_("No answer because"), closed if one.state == State.OPEN else ""),
            Fact(_("Amount"), euros(one.amount)),
            Fact(_("Reason"), REASONS.get(one.reason, one.reason)),
            Fact(_("Reader"), name_of(one.payment.customer), link(user, "customer", one.payment.customer_id)),
            Fact(_("Payment"), one.payment.reference, link(user, "payment", one.payment_id)),
            Fact(_("Owner"), owner_of(one) or _("nobody yet"), chip=None if one.owner_id else words.WAIT),
            Fact(_("Opened"), stamp(one.opened_at)),
            Fact(_("Age"), age((now if one.state == State.OPEN else one.state_since) - one.opened_at)),
            Fact(_("Taken by the bank"), euros(one.taken)),
            Fact(_("Given back by the bank"), euros(one.returned) if one.returned else ""),
            Fact(_("Credit note"), note.reference if note else "", link(user, "invoice", one.credit_note_id)),
            Fact(_("Answered, by Stripe’s count"), one.submissions or ""),
            Fact(_("Dispute at Stripe"), one.stripe_dispute, mono=True),
        ],
        whys=[
            why(user, one.events.all(), words.DISPUTE, say=contested),
            *(_why_answer(user, answer) for answer in answers),
        ],
        tables=[
            *(_to_show(one, now) if not closed else ()),
            _packages(packages, {answer.package_id for answer in answers}),
            entries_table(user, LedgerEntry.objects.filter(source__in=sources)),
            matters_of(user, [f"payment:{one.payment_id}", f"dispute:{one.pk}"]),
            acts_on(user, [f"dispute:{one.pk}"]),
        ],
        acts=_acts(user, one, packages) if not closed else _take(user, one),
    )
    return show(request, detail)


def _why_answer(user: Any, answer: Any) -> Why:
    said = {"kind": KIND[answer.kind], "phase": PHASE[answer.phase], "reference": answer.reference}
    title = _("What became of answer %(reference)s (%(phase)s, %(kind)s)") % said
    return why(user, answer.events.all(), ANSWER, title=title, anchor=f"reponse-{answer.pk}", say=answered)


def answered(text: str) -> str:
    """The reason of a step of an answer."""
    return str(KIND[text]) if text in KIND else reason(text)


def _to_show(one: Dispute, now: datetime) -> list[Table]:
    """What the package would hold as of now, and what speaks against us. Some forty queries, for an open dispute alone."""
    case = read_case(one, on=paris_day(now))
    letters = letters_of(case)
    holds = [
        (Cell(str(SECTIONS[section.key])), Cell(_counted(section.blocks), num=True))
        for section in sections_of(case, letters)
    ]
    against = [(Cell(str(WEAK[weak])),) for weak in weaknesses(case, letters)]
    return [
        Table(
            label=_("What the package would hold"),
            title=_("What the package would hold"),
            columns=columns(_("Part of the package"), "#" + _("Pieces")),
            rows=holds,
        ),
        Table(
            label=_("What speaks against us"),
            title=_("What speaks against us"),
            columns=columns(_("Not shown to the bank")),
            rows=against,
            empty=_("Nothing that we know of."),
        ),
    ]


def _counted(blocks: Sequence[Any]) -> int:
    return sum(len(block["rows"]) if block["kind"] == "table" else 1 for block in blocks)


def _packages(packages: Sequence[DisputePackage], submitted: set[int | None]) -> Table:
    names = words.names_of_staff(one.actor for one in packages)
    return Table(
        label=_("Packages"),
        title=_("Packages"),
        columns=columns(
            _("No."), "#" + _("Frozen"), _("Who"), _("Why"), "#" + _("Pages"), _("Status"), _("Hash"), _("Document")
        ),
        rows=[
            (
                Cell(one.number, num=True, tight=True),
                Cell(stamp(one.at), num=True),
                Cell(words.who(one.actor, names)),
                Cell(one.reason),
                Cell(one.pages, num=True),
                Cell(_("answered with"), chip=words.GOOD) if one.pk in submitted else Cell(_("kept"), chip=words.NONE),
                Cell(one.document_id[:16], mono=True),
                Cell(_("PDF"), reverse("desk_dispute_package", args=[one.pk])),
            )
            for one in packages
        ],
        empty=_("No package is frozen yet."),
    )


def _acts(user: Any, one: Dispute, packages: Sequence[DisputePackage]) -> Any:
    possible = [
        (Right.DISPUTES, _("Look at the evidence as a draft"), "desk_dispute_draft", one.pk),
        (Right.DISPUTES, _("Freeze the evidence"), "desk_act_freeze_evidence", one.pk),
    ]
    if packages:
        possible.append((Right.DISPUTES, _("Contest: submit the last package"), "desk_act_submit_evidence", one.pk))
    possible.append((Right.DISPUTES, _("Accept the dispute"), "desk_act_accept_dispute", one.pk))
    return [*_take(user, one), *acts_for(user, *possible)]


def _take(user: Any, one: Dispute) -> Any:
    if one.state != State.OPEN or one.owner_id == user.pk:
        return []
    return acts_for(user, (Right.DISPUTES, _("Take it in hand"), "desk_act_take_dispute", one.pk))


@desk(Right.DISPUTES)
def draft(request: HttpRequest, key: int) -> HttpResponse:
    """The evidence as it would be frozen now, marked as a draft; nothing is kept."""
    one = get_object_or_404(Dispute.objects.select_related("payment"), pk=key)
    try:
        made = make(one, on=paris_day(timezone.now()), draft=True)
    except NotSet:
        return gone(request, what=_("this document"))
    return pdf(request, made.pdf, f"contestation-{one.pk}-projet.pdf")


@desk(Right.DISPUTES)
def package_pdf(request: HttpRequest, key: int) -> HttpResponse:
    """The PDF of a package as it was frozen."""
    one = get_object_or_404(DisputePackage, pk=key)
    return pdf(request, read(one.document_id), f"contestation-{one.dispute_id}-{one.number}.pdf")
