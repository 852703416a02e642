"""Advising: how many copies of a coming issue to print, as a range whose every part says where it comes from.

What is known is counted by the statement that will freeze the file; what is not is a rate of the issues before, with its
numerator and its denominator. Where those are too few, the publisher's own assumption stands in their place and is named.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from subscriptions.figures.classes import CLASSES, Klass, classed
from subscriptions.figures.metering import named
from subscriptions.figures.meters import count, percent
from subscriptions.figures.reading import Figures, figures_of
from subscriptions.figures.rules import assumption_in_force, facts_of, rule_in_force
from subscriptions.fulfilment.freezing import LINES
from subscriptions.fulfilment.freezing import facts_of as facts_of_lines
from subscriptions.models import Entitlement, Issue, MailingRun, PrintAssumption

#: Rates are those of so many issues before.
LOOKED_BACK = 4
#: Whoever renews does so until two issues after the last one (law.md 8.2).
DECIDED_AFTER = 2
#: So many issues before are looked at in all: those to come, those whose readers may still decide, those of the rates.
AT_MOST = 16
FREE = (Klass.FREE, Klass.PROOF, Klass.SEED)

DUE = f"""{LINES}, {classed("placed")} SELECT klass, SUM(copies) FROM classed GROUP BY klass"""  # noqa: S608

IN_FILES = f"""
WITH line AS (
    SELECT line.* FROM subscriptions_dispatch line JOIN subscriptions_mailingrun run ON run.id = line.run_id
    WHERE line.issue_id = %(issue)s AND run.kind <> 'resend'
), {classed("line")} SELECT klass, SUM(copies) FROM classed GROUP BY klass
"""  # noqa: S608

#: By issue and way of renewing: terms whose last copy comes with it, how many of them go on, and their copies of each issue.
#: The last copy is the one of the last rank; a term that was undone asks nobody anything,
#: and one that was undone after it does not go on.
COHORTS = """
SELECT copy.issue_id, who.renewal = 'automatic', COALESCE(SUM(term.quantity), 0), COALESCE(SUM(term.quantity) FILTER (WHERE later.id IS NOT NULL), 0)
FROM subscriptions_entitlement copy
JOIN subscriptions_term term ON term.id = copy.term_id AND term.copies = copy.rank
JOIN subscriptions_subscription who ON who.id = term.subscription_id
LEFT JOIN subscriptions_termundone undone ON undone.term_id = term.id
LEFT JOIN (
    SELECT next.* FROM subscriptions_term next LEFT JOIN subscriptions_termundone gone ON gone.term_id = next.id WHERE gone.id IS NULL
) later ON later.subscription_id = term.subscription_id AND later.number = term.number + 1
WHERE copy.issue_id = ANY (%(issues)s) AND copy.state NOT IN ('void', 'credited') AND undone.id IS NULL
GROUP BY copy.issue_id, who.renewal = 'automatic'
"""
#: By issue: copies of readers whose very first copy it is.
FIRST = """
SELECT copy.issue_id, COALESCE(SUM(term.quantity), 0)
FROM subscriptions_entitlement copy JOIN subscriptions_term term ON term.id = copy.term_id
WHERE copy.issue_id = ANY (%(issues)s) AND copy.rank = 1 AND term.number = 1 AND copy.state NOT IN ('void', 'credited')
GROUP BY copy.issue_id
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the range. `name` and `how` are in French; `rate`: it was observed, « 12 / 40 », or "" where it was not."""

    code: str
    name: str
    low: int
    high: int
    how: str
    rate: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """The range of an issue, and its parts in the order of the page."""

    issue: Issue
    parts: Sequence[Part]

    @property
    def low(self) -> int:
        """At least so many."""
        return sum(one.low for one in self.parts)

    @property
    def high(self) -> int:
        """At most so many."""
        return sum(one.high for one in self.parts)

    @property
    def frozen(self) -> list[dict[str, Any]]:
        """The parts as they are kept."""
        return [asdict(one) for one in self.parts]


def advise(issue: Issue) -> Advice:
    """The advice for an issue, as of now. Twelve queries; those over its own copies and those of the issues just before."""
    assumed = assumption_in_force()
    before = _before(issue)
    figures = figures_of(_counted(issue))
    parts = [
        *_due(issue),
        _held(issue),
        *_renewals(issue, before, assumed),
        _new(issue, figures, assumed),
        _complements(figures),
    ]
    base = (sum(one.low for one in parts), sum(one.high for one in parts))
    parts.append(_claims(base, figures, assumed))
    parts.append(_singles(figures, assumed))
    base = (sum(one.low for one in parts), sum(one.high for one in parts))
    low, high = (
        _of(many, share) for many, share in zip(base, (assumed.reserve_low, assumed.reserve_high), strict=True)
    )
    parts.append(
        Part(
            "reserve", "Passe et réserve", low, high,
            f"De {percent(assumed.reserve_low)} à {percent(assumed.reserve_high)} de ce qui précède (hypothèse de l’éditeur).",
        )
    )  # fmt: skip
    return Advice(issue, parts)


def _before(issue: Issue) -> Sequence[Issue]:
    """The issues before, the oldest first: enough for rates whose readers have had their time. One query."""
    rows = Issue.objects.filter(magazine=issue.magazine_id, number__lt=issue.number).order_by("-number")
    return list(rows[:AT_MOST])[::-1]


def _counted(issue: Issue) -> Sequence[Issue]:
    """The last issues before that were counted here, the oldest first. One query."""
    rows = Issue.objects.filter(
        magazine=issue.magazine_id, number__lt=issue.number, circulations__run__kind=MailingRun.Kind.MAIN
    )
    return list(rows.distinct().order_by("-number")[:LOOKED_BACK])[::-1]


def _due(issue: Issue) -> Sequence[Part]:
    """Copies by class, a part each: those in its main file and its complements, and those that a file would take today."""
    rule = rule_in_force(issue.post_on)
    facts = {**facts_of_lines(issue), **facts_of(issue.magazine_id, rule)}
    known: dict[Klass, int] = {}
    with connection.cursor() as cursor:
        for query in (DUE, IN_FILES):
            cursor.execute(query, facts)
            for klass, copies in cursor.fetchall():
                known[Klass(klass)] = known.get(Klass(klass), 0) + int(copies)
    return [
        Part(
            f"{'free' if klass in FREE else 'due'}_{klass}",
            row.french,
            *_twice(known[klass]),
            "Ceux qui sont en cours pour ce numéro." if klass in FREE else "Dus de ce numéro à ce jour.",
        )
        for klass, row in CLASSES.items()
        if known.get(klass)
    ]


def _held(issue: Issue) -> Part:
    rows = Entitlement.objects.filter(issue=issue, state=Entitlement.State.HELD)
    held = rows.aggregate(sum=Sum("term__quantity"))["sum"] or 0
    return Part("held", "Retenus, s’ils sont libérés", 0, held, "Adresses à confirmer, pauses et litiges en cours.")


def _renewals(issue: Issue, before: Sequence[Issue], assumed: PrintAssumption) -> Sequence[Part]:
    """Readers whose last copy comes with an issue before and who may still decide: how many go on, beyond those who have."""
    posted = [one for one in before if one.posted_on is not None]
    decided = posted[:-DECIDED_AFTER][-LOOKED_BACK:]
    undecided = [one for one in before if one.posted_on is None or one in posted[-DECIDED_AFTER:]]
    with connection.cursor() as cursor:
        cursor.execute(COHORTS, {"issues": [one.pk for one in (*decided, *undecided)]})
        rows = [(key, bool(automatic), int(all_of), int(on)) for key, automatic, all_of, on in cursor.fetchall()]
    past, open_still = {one.pk for one in decided}, {one.pk for one in undecided}
    return [
        _cohort(
            automatic,
            [(all_of, on) for key, way, all_of, on in rows if way == automatic and key in past],
            [(all_of, on) for key, way, all_of, on in rows if way == automatic and key in open_still],
            named(undecided),
            assumed,
        )
        for automatic in (True, False)
    ]


def _cohort(
    automatic: bool,
    observed: Sequence[tuple[int, int]],
    now: Sequence[tuple[int, int]],
    issues: str,
    assumed: PrintAssumption,
) -> Part:
    code, name = ("automatic", "Reconductions attendues") if automatic else ("fixed", "Réabonnements attendus")
    ending, done = sum(one for one, _on in now), sum(on for _one, on in now)
    all_of, on = sum(one for one, _on in observed), sum(on for _one, on in observed)
    known = all_of >= assumed.observed_least
    rates = [Decimal(went) * 100 / many for many, went in observed if many] if known else []
    low, high = (min(rates), max(rates)) if rates else (assumed.renewed_low, assumed.renewed_high)
    wanted = [min(max(_of(ending, share) - done, 0), ending - done) for share in (low, high)]
    how = f"Exemplaires qui finissent ({issues}) : {count(ending)}, dont déjà repris : {count(done)}. "
    how += (
        f"Taux observé : {count(on)} sur {count(all_of)}, de {percent(low)} à {percent(high)} selon le numéro."
        if known
        else f"Trop peu de cas pour un taux ({count(on)} sur {count(all_of)}, il en faut {assumed.observed_least}) : "
        f"hypothèse de l’éditeur, de {percent(low)} à {percent(high)}."
    )
    return Part(code, name, wanted[0], wanted[1], how, f"{on} / {all_of}" if known else "")


def _new(issue: Issue, figures: Sequence[Figures], assumed: PrintAssumption) -> Part:
    keys = [one.issue.pk for one in figures]
    with connection.cursor() as cursor:
        cursor.execute(FIRST, {"issues": [issue.pk, *keys]})
        firsts = {key: int(copies) for key, copies in cursor.fetchall()}
    here, seen = firsts.get(issue.pk, 0), [firsts.get(key, 0) for key in keys]
    name, many = "Nouveaux abonnés d’ici la mise en poste", sum(seen)
    if many >= assumed.observed_least:
        how = (
            f"Nouveaux par numéro : de {count(min(seen))} à {count(max(seen))} ({count(many)} en tout, numéros : {len(seen)}). "
            f"Déjà comptés pour celui-ci : {count(here)}."
        )
        return Part("new", name, max(min(seen) - here, 0), max(max(seen) - here, 0), how, f"{many} / {len(seen)}")
    how = (
        f"Trop peu de cas pour un taux (nouveaux : {count(many)}, numéros : {len(seen)}, il en faut {assumed.observed_least}) : "
        f"hypothèse de l’éditeur, de {count(assumed.new_low)} à {count(assumed.new_high)}. Déjà comptés : {count(here)}."
    )
    return Part("new", name, assumed.new_low, assumed.new_high, how)


def _complements(figures: Sequence[Figures]) -> Part:
    """What left after the main files: renewals and new readers that came late, who are in the lines above already."""
    keys = [one.issue.pk for one in figures]
    rows = (
        MailingRun.objects.filter(issue__in=keys)
        .exclude(sha256="")
        .order_by()
        .values("kind")
        .annotate(sum=Sum("copies"))
    )
    sent = dict(rows.values_list("kind", "sum"))
    late, main = sent.get(MailingRun.Kind.COMPLEMENT, 0), sent.get(MailingRun.Kind.MAIN, 0)
    how = (
        f"Partis en complément : {count(late)}, dans les fichiers principaux : {count(main)} (numéros : {len(keys)}). "
        "Ils sont compris dans les lignes qui précèdent : un complément se sert sur la passe, avant d’entrer en stock."
    )
    return Part("complements", "Compléments", 0, 0, how, f"{late} / {main}" if main else "")


def _claims(base: tuple[int, int], figures: Sequence[Figures], assumed: PrintAssumption) -> Part:
    sent, posted = sum(one.again for one in figures), sum(one.posted for one in figures)
    known = posted >= assumed.observed_least
    rates = [Decimal(one.again) * 100 / one.posted for one in figures if one.posted] if known else []
    low, high = (min(rates), max(rates)) if rates else (assumed.claimed_low, assumed.claimed_high)
    how = (
        f"Renvoyés : {count(sent)} sur {count(posted)} exemplaires diffusés, de {percent(low)} à {percent(high)} selon le numéro."
        if known
        else f"Trop peu d’exemplaires diffusés pour un taux ({count(posted)}) : hypothèse de l’éditeur, de {percent(low)} à "
        f"{percent(high)}."
    )
    return Part(
        "claims", "Stock pour les réclamations", _of(base[0], low), _of(base[1], high), how, f"{sent} / {posted}" if known else ""
    )  # fmt: skip


def _singles(figures: Sequence[Figures], assumed: PrintAssumption) -> Part:
    seen = [one.of(Klass.SINGLE) for one in figures]
    name = "Stock pour la vente au numéro"
    if sum(seen) >= assumed.observed_least:
        how = f"Vendus par numéro : de {count(min(seen))} à {count(max(seen))} ({count(sum(seen))} en tout, numéros : {len(seen)})."
        return Part("singles", name, min(seen), max(seen), how, f"{sum(seen)} / {len(seen)}")
    how = (
        f"Trop peu de ventes pour un taux ({count(sum(seen))} en tout, numéros : {len(seen)}) : hypothèse de l’éditeur, "
        f"de {count(assumed.single_low)} à {count(assumed.single_high)}."
    )
    return Part("singles", name, assumed.single_low, assumed.single_high, how)


def _twice(many: int) -> tuple[int, int]:
    return many, many


def _of(many: int, share: Decimal) -> int:
    """A share of copies, rounded up: half a copy cannot be printed."""
    return math.ceil(many * share / 100)
