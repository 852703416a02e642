"""Who may read which issue on a screen: the one who receives it on paper, by the same copy.

A copy that is owed, in a file or was sent gives the right; one that is held, given back or void gives none, nor one of a term
that was undone or whose payment the bank disputes. A pause gives its issue up: the copy comes with a later one, on screen too.
From the day on which the issue is posted, or a day that was set with its file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from subscriptions.digital.files import newest
from subscriptions.digital.switching import rules_on
from subscriptions.disputes import disputed_terms
from subscriptions.models import DigitalConsent, DigitalRule, Entitlement, Issue, IssueFile, Subscription, Term

Copy = Entitlement.State
GIVES_RIGHT = (Copy.OWED, Copy.ASSIGNED, Copy.SERVED)


@dataclass(frozen=True, slots=True)
class Readable:
    """One issue that one reader may read. `contract`: the term whose order they agree for; `agreed`: their yes, if given."""

    copy: Entitlement
    issue: Issue
    file: IssueFile
    rule: DigitalRule
    contract: Term
    agreed: DigitalConsent | None


def reader_of(subscription: Subscription) -> int | None:
    """Who reads it: its holder; its payer where nobody else holds it, unless it is a gift. An organisation is one account."""
    if subscription.is_gift:
        return subscription.holder_id
    return subscription.holder_id or subscription.payer_id


def entitled(subscriptions: Collection[int]) -> Sequence[Entitlement]:
    """The copies of these subscriptions that give a right, by issue. Three queries at most."""
    rows: QuerySet[Entitlement] = Entitlement.objects.filter(
        term__subscription__in=subscriptions, term__undone=None, state__in=GIVES_RIGHT, issue__isnull=False
    )
    found = list(rows.select_related("term", "issue").order_by("issue__number", "pk"))
    disputed = disputed_terms({copy.term_id for copy in found}) if found else set()
    return [copy for copy in found if copy.term_id not in disputed]


def readable(subscriptions: Sequence[Subscription], *, reader_id: int, on: date) -> Mapping[tuple[int, int], Readable]:
    """What a reader may read on day `on`, by subscription and number of the issue.

    One query while no magazine has a digital edition; seven at most, whatever their number.
    """
    rules = rules_on({one.magazine_id for one in subscriptions})
    theirs = {one.pk: one for one in subscriptions if one.magazine_id in rules and reader_of(one) == reader_id}
    if not theirs:
        return {}
    copies = entitled(theirs)
    files = newest({copy.issue_id for copy in copies if copy.issue_id})
    contracts = contracts_of(theirs)
    agreed = agreed_by(reader_id, subscriptions=theirs)
    found = {}
    for copy in copies:
        file, issue = files.get(copy.issue_id or 0), copy.issue
        if file is None or issue is None or not _available(issue, file, on=on):
            continue
        subscription = theirs[copy.term.subscription_id]
        contract = contract_of(copy.term, contracts[subscription.pk])
        found[subscription.pk, issue.number] = Readable(
            copy, issue, file, rules[subscription.magazine_id], contract, agreed.get(contract.pk)
        )
    return found


def contracts_of(subscriptions: Collection[int]) -> Mapping[int, Sequence[Term]]:
    """The terms of these subscriptions that began a contract: the first, and each that an order has sold. One query."""
    found: dict[int, list[Term]] = {}
    rows = Term.objects.standing().filter(subscription__in=subscriptions).order_by("subscription", "number")
    for term in rows:
        known = found.setdefault(term.subscription_id, [])
        if not known or term.order_id is not None:
            known.append(term)
    return found


def contract_of(term: Term, contracts: Sequence[Term]) -> Term:
    """The contract that a term belongs to: the last that began with it or before it.

    A renewal opens no new time to withdraw (CJEU C-565/22), so what was agreed holds; an order does.
    """
    return [one for one in contracts if one.number <= term.number][-1]


def agreed_by(reader_id: int, *, subscriptions: Collection[int]) -> Mapping[int, DigitalConsent]:
    """What a reader, or a record of theirs that was merged into this one, has agreed to, by contract. One query."""
    theirs = Q(customer=reader_id) | Q(customer__merged_into=reader_id)
    rows = DigitalConsent.objects.filter(theirs, term__subscription__in=subscriptions)
    return {row.term_id: row for row in rows.order_by("-pk")}


def _available(issue: Issue, file: IssueFile, *, on: date) -> bool:
    days = [day for day in (issue.posted_on, file.available_from) if day is not None]
    return any(day <= on for day in days)
