"""The evidence of a dispute made: read, told, set; as a draft to look at, then frozen at a person's click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from payments.actors import Actor
from payments.answering.limits import PAGES
from payments.answering.packaging import freeze, set_pdf, source_of
from payments.days import paris_day
from payments.models import Dispute, DisputePackage
from subscriptions.answering.agreement import agreed, announced, ordered, paid
from subscriptions.answering.blocks import Section
from subscriptions.answering.case import Case, read_case
from subscriptions.answering.english import amount, day
from subscriptions.answering.letters import QUOTED, Sent, letters_of
from subscriptions.answering.service import delivered, stopped, used, written
from subscriptions.answering.summary import REASONS, summary, texts

TEMPLATE = Path(__file__).parent / "typst" / "evidence.typ"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Made:
    """Evidence as it would be shown: its source, the PDF, its pages. `left_out`: kinds of letters for whose words there was no room."""

    case: Case
    letters: Sequence[Sent]
    source: dict[str, Any]
    pdf: bytes
    pages: int
    left_out: Sequence[str]


def make(dispute: Dispute, *, on: date, draft: bool, most: int = PAGES) -> Made:
    """Read everything about a dispute and set it; nothing is kept. Outside any transaction: it takes some tenths of a second.

    Where it has more than `most` pages, which banks do not read, the words of letters are left out, the least telling first; the list of them stays.
    """
    case = read_case(dispute, on=on)
    letters = letters_of(case)
    # The notices before a charge are the case itself: they stand apart, and stay.
    apart = {proof.notice_proof.notice_id for proof in case.proofs}
    quoting = [
        kind
        for kind in QUOTED
        if any(one.notice.kind == kind and one.words and one.notice.pk not in apart for one in letters)
    ]
    left_out: list[str] = []
    while True:
        source = _source(case, letters, quoting=quoting, draft=draft)
        pdf, pages = set_pdf(TEMPLATE, source)
        if pages <= most or not quoting:
            return Made(case, letters, source, pdf, pages, left_out)
        left_out.append(quoting.pop())


def freeze_evidence(dispute: Dispute, *, reason: str, actor: Actor, at: datetime) -> DisputePackage:
    """Make the evidence of a dispute as of now and keep it for good. Raises CannotFreeze, TooMuch, NotSet."""
    made = make(dispute, on=paris_day(at), draft=False)
    return freeze(dispute.pk, made.source, made.pdf, pages=made.pages, reason=reason, actor=actor, at=at)


def made_again(package: DisputePackage) -> bytes:
    """The PDF of a frozen package, set once more from its source: the same bytes. Raises CannotFreeze once that was emptied."""
    pdf, _pages = set_pdf(TEMPLATE, source_of(package))
    return pdf


def sections_of(case: Case, letters: Sequence[Sent], *, quoting: Sequence[str] = QUOTED) -> list[Section]:
    """The parts of the paper, in the order in which things happened."""
    sections = [
        ordered(case),
        agreed(case),
        announced(case, letters),
        paid(case),
        delivered(case),
        used(case),
        written(case, letters, quoting=quoting),
        stopped(case),
    ]
    return [one for one in sections if one is not None]


def _source(case: Case, letters: Sequence[Sent], *, quoting: Sequence[str], draft: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "texts": texts(case),
        "paper": {
            "title": f"Evidence: dispute {case.dispute.stripe_dispute}",
            "author": settings.PUBLISHER["name"],
            "on": [case.on.year, case.on.month, case.on.day],
            "draft": draft,
            "heading": "Answer to a disputed payment",
            "facts": _facts(case),
            "summary": summary(case),
            "sections": [one.data() for one in sections_of(case, letters, quoting=quoting)],
            "foot": [
                f"{settings.PUBLISHER['name']}. Dispute {case.dispute.stripe_dispute}, payment {case.payment.reference}."
            ],
        },
    }


def _facts(case: Case) -> list[list[str]]:
    publisher, dispute = settings.PUBLISHER, case.dispute
    return [
        [
            "Merchant",
            f"{publisher['name']}, {', '.join(publisher['address'])}\nSIREN {publisher['siren']}, {publisher['email']}",
        ],
        ["Dispute", f"{dispute.stripe_dispute}, opened on {day(paris_day(dispute.opened_at))}"],
        ["Reason given", REASONS.get(dispute.reason, dispute.reason)],
        ["Amount disputed", amount(dispute.amount)],
        ["Charge", case.payment.stripe_charge or case.payment.reference],
        ["Date of this paper", day(case.on)],
    ]
