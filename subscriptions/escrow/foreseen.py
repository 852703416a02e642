"""Which files would any house have to make? Those that were closed and have not left, and those that closing would make today.

A file that is not closed is foreseen with the very statement that freezes it (`fulfilment.freezing`), read and not written. It
knows more than is true today, by the plan: whose address is in doubt is held at the closing, whoever has no address cannot be
in it, and what is owed of the issues before has left by then. So is a file out of the stock, with what was sold of past issues and
the claims that were approved: all of them, since nobody knows in whose stock that house would find the copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Max

from subscriptions.fulfilment import address_file
from subscriptions.fulfilment.freezing import KEY, OWED_OF, PLACED_OF, ZONE_FACTS, facts_of
from subscriptions.fulfilment.houses import house_in_force
from subscriptions.losses.freezing import PLACED_RESENDS, to_resend
from subscriptions.losses.rules import HOLDING
from subscriptions.models import Claim, Entitlement, Issue, MailingHouse, MailingRun, SoldIssue
from subscriptions.singles.sending import to_send

Run, Kind = MailingRun.State, MailingRun.Kind
#: What was closed and is not known to have left: somebody may have to hand it over once more.
NOT_GONE = (Run.CLOSED, Run.HANDED_OVER)
#: All columns, in the alphabet of everybody: what a copy of the shop is made from.
WHOLE = MailingHouse(separator=";", encoding="utf-8", columns=[], with_header=True)

_DOUBTED = ", ".join(f"'{state}'" for state in sorted(HOLDING))
FORESEEN = OWED_OF.format(
    coming="(copy.state = 'held' OR COALESCE(issue.number, %(number)s) >= %(number)s)",
    owed=(
        "NOT EXISTS (SELECT FROM subscriptions_addressdoubt doubt"
        f" WHERE doubt.subscription_id = owed.subscription_id AND doubt.state IN ({_DOUBTED}))"
    ),
)
BEFORE = f"{FORESEEN}, {PLACED_OF.format(which='CARDINALITY(address.block) > 0')}"
ITS_LINES = f"(SELECT placed.*, {KEY} AS key FROM placed) line"  # noqa: S608


def closed_runs(magazine_id: int) -> list[MailingRun]:
    """The files of a magazine that were closed and have not left, in the order of their issues."""
    runs = MailingRun.objects.filter(issue__magazine=magazine_id, state__in=NOT_GONE)
    return list(runs.select_related("issue__magazine", "house").order_by("issue__number", "sequence"))


def runs_to_come(magazine_id: int, *, on: date) -> list[MailingRun]:
    """The files that closing would make, as rows that nobody saves: the main file of each planned issue, a complement of each
    other one that copies are still owed of, and one out of the stock of each that something waits of. `on`: the day; a deposit
    that was due before is made then."""
    issues = Issue.objects.filter(magazine=magazine_id).select_related("magazine").order_by("number")
    owed = Entitlement.objects.filter(state=Entitlement.State.OWED, issue__isnull=False).values("issue")
    found = list(issues.filter(state=Issue.State.PLANNED) | issues.filter(pk__in=owed))
    claimed = Claim.objects.filter(state=Claim.State.APPROVED).values("issue")
    sold = SoldIssue.objects.filter(state=SoldIssue.State.OWED).values("issue")
    out_of_stock = list(issues.filter(pk__in=claimed) | issues.filter(pk__in=sold))
    last = dict(
        MailingRun.objects.filter(issue__magazine=magazine_id)
        .order_by()
        .values_list("issue")
        .annotate(last=Max("sequence"))
    )
    asked = {
        (issue, kind): sequence
        for issue, kind, sequence in MailingRun.objects.filter(
            issue__magazine=magazine_id, state=Run.ASKED
        ).values_list("issue", "kind", "sequence")
    }
    house = house_in_force(magazine_id) or MailingHouse(magazine_id=magazine_id)
    made = []
    kinds = [(one, Kind.MAIN if one.state == Issue.State.PLANNED else Kind.COMPLEMENT) for one in found]
    for issue, kind in [*kinds, *((one, Kind.RESEND) for one in out_of_stock)]:
        sequence = asked.get((issue.pk, kind), last.get(issue.pk, 0) + 1)
        last[issue.pk] = max(last.get(issue.pk, 0), sequence)  # no two files of an issue have one name
        made.append(
            MailingRun(issue=issue, house=house, kind=kind, sequence=sequence, deposit_on=max(issue.post_on, on))
        )
    return made


def written(run: MailingRun, *, whole: bool = False) -> Iterator[bytes]:
    """The file of a run, closed or to come, in pieces: as its house reads it, or `whole`, with all columns."""
    house = WHOLE if whole else run.house
    if not run._state.adding:
        return address_file.written(run, house=house)
    facts = address_file.shared(run) | {"sequence": run.sequence, "post_on": run.deposit_on}
    if run.kind == Kind.RESEND:
        return address_file.lines_as(house, PLACED_RESENDS, ITS_LINES, _waiting(run.issue) | facts)
    return address_file.lines_as(house, BEFORE, ITS_LINES, facts_of(run.issue) | facts)


def _waiting(issue: Issue) -> dict[str, Any]:
    """What `PLACED_RESENDS` is asked with: everything of an issue that waits for its next file out of the stock."""
    return {
        "issue": issue.pk,
        "number": issue.number,
        "claims": list(to_resend(issue.pk).values_list("pk", flat=True)),
        "sold": list(to_send(issue.pk).values_list("pk", flat=True)),
        **ZONE_FACTS,
    }


#: Everybody to whom copies are still to be sent, one line each, with where they live today.
READERS = """
SELECT COALESCE(who.number, '') AS num_abonne, CASE WHEN who.is_gift THEN 'GFT' ELSE 'ABO' END AS type_envoi, MAX(term.quantity) AS qte,
    COUNT(*) AS restants, COUNT(*) FILTER (WHERE copy.state = 'held') AS dont_retenus,
    COUNT(*) FILTER (WHERE copy.issue_id IS NULL) AS dont_sans_numero,
    MAX(COALESCE(issue.last_number, issue.number)) AS dernier_num_prevu,
    CASE WHEN who.renewal = 'fixed' THEN 'non' ELSE 'oui' END AS reconduction,
    home.block[1] AS l1, home.block[2] AS l2, home.block[3] AS l3, home.block[4] AS l4, home.block[5] AS l5, home.block[6] AS l6,
    home.block[7] AS l7, home.block[8] AS cp, home.block[9] AS ville, home.country AS code_pays
FROM subscriptions_entitlement copy
JOIN subscriptions_term term ON term.id = copy.term_id
JOIN subscriptions_subscription who ON who.id = term.subscription_id
JOIN subscriptions_recipient receiver ON receiver.id = who.recipient_id
JOIN subscriptions_postaladdress home ON home.id = receiver.address_id
LEFT JOIN subscriptions_issue issue ON issue.id = copy.issue_id
WHERE copy.state IN ('owed', 'assigned', 'held') AND who.magazine_id = %(magazine)s
GROUP BY who.id, home.id
UNION ALL
SELECT free.number, CASE free.kind WHEN 'free' THEN 'GRA' WHEN 'proof' THEN 'JUS' ELSE 'ABO' END, free.copies, NULL, NULL, NULL,
    free.until_number, 'non', home.block[1], home.block[2], home.block[3], home.block[4], home.block[5], home.block[6],
    home.block[7], home.block[8], home.block[9], home.country
FROM subscriptions_freecopy free JOIN subscriptions_postaladdress home ON home.id = free.address_id
WHERE free.ended_at IS NULL AND free.magazine_id = %(magazine)s
ORDER BY num_abonne
"""
#: The calendar of issues.
ISSUES = """
SELECT number AS num, last_number AS second_num, cover_month AS mois, cover_year AS annee, cutoff_on AS arrete_le, post_on AS poste_prevue_le,
    posted_on AS poste_le, state AS etat
FROM subscriptions_issue WHERE magazine_id = %(magazine)s ORDER BY number
"""
