"""What the next issue would be, and what is wrong with the calendar of issues as it is planned (law.md 7.5).

Pure. The sentences are in French: the desk of fulfilment and the page of the calendar print the same ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from payments.french_days import MONTHS, french_day
from payments.money import NBSP
from payments.working_days import add_working_days, is_working_day, next_working_day
from subscriptions.calendar.issues import IssueDates, cutoff_for, printed
from subscriptions.calendar.rules import RULES, Rules
from subscriptions.calendar.terms import add_months


@dataclass(frozen=True, slots=True)
class IssuePlan:
    """An issue that is to be planned."""

    number: int
    cover_month: int
    cover_year: int
    cutoff_on: date
    post_on: date
    last_number: int | None = None

    @property
    def dates(self) -> IssueDates:
        """The same as the calendar knows it."""
        return IssueDates(
            number=self.number,
            cover_month=self.cover_month,
            cover_year=self.cover_year,
            cutoff_on=self.cutoff_on,
            post_on=self.post_on,
            last_number=self.last_number,
        )


@dataclass(frozen=True, slots=True)
class Warn:
    """One thing that is wrong. `matter` names it for as long as it lasts; `number`: the issue, None for the whole calendar."""

    matter: str
    sentence: str
    number: int | None = None


def next_plan(
    issues: Iterable[IssueDates], *, issues_a_year: int, on: date, double: bool = False, rules: Rules = RULES
) -> IssuePlan:
    """The issue that follows by the rhythm of the magazine: number, cover, a day with a deposit, the usual cut-off.

    A double issue takes two numbers and one place in the rhythm, so that readers wait no longer for it.
    """
    last = max(issues, key=lambda one: one.number, default=None)
    months = max(1, 12 // issues_a_year)
    if last is None:
        number, cover, post_on = 1, add_months(on.replace(day=1), months), add_months(on, months)
    else:
        number = last.ends + 1
        cover = add_months(date(last.cover_year, last.cover_month, 1), months)
        post_on = add_months(last.post_on, months)
    post_on = next_working_day(post_on)
    return IssuePlan(
        number=number,
        cover_month=cover.month,
        cover_year=cover.year,
        cutoff_on=cutoff_for(post_on, working_days=rules.cutoff_working_days),
        post_on=post_on,
        last_number=number + 1 if double else None,
    )


def working_days_between(cutoff_on: date, post_on: date) -> int:
    """How many working days before the day of posting the cut-off lies; the usual is ten."""
    days = 0
    while add_working_days(post_on, -(days + 1)) >= cutoff_on:
        days += 1
    return days


def warnings(
    issues: Iterable[IssueDates], *, issues_a_year: int, cppap_until: date, on: date, rules: Rules = RULES
) -> Sequence[Warn]:
    """What is wrong on day `on` with what is to come, in the order of the issues; the whole calendar last."""
    every = sorted(issues, key=lambda one: one.number)
    coming = [one for one in every if one.posted_on is None]
    found = [warn for one in coming for warn in _of_one(one, cppap_until=cppap_until, rules=rules)]
    before = [one for one in every if one.posted_on is not None][-1:]
    found += _gaps([*before, *coming], rules=rules)
    found += _covers([*before, *coming], issues_a_year=issues_a_year)
    found += _horizon(coming, on=on, rules=rules)
    return sorted(found, key=lambda warn: (warn.number is None, warn.number or 0))


def _of_one(one: IssueDates, *, cppap_until: date, rules: Rules) -> Iterator[Warn]:
    name = f"Le n°{NBSP}{one.printed}"
    day = french_day(one.post_on)
    if cppap_until < one.post_on:
        sentence = (
            f"{name} est posté le {day}, après la fin du certificat de la CPPAP ({french_day(cppap_until)}) : sans "
            "renouvellement, ni le tarif de presse ni la TVA à 2,10 % ne lui sont acquis."
        )
        yield Warn(f"cppap:{one.number}", sentence, one.number)
    between = working_days_between(one.cutoff_on, one.post_on)
    if between < rules.cutoff_working_days:
        sentence = (
            f"{name} est arrêté le {french_day(one.cutoff_on)}, {between} jours ouvrés avant sa mise en poste : "
            f"le routeur en demande {rules.cutoff_working_days}."
        )
        yield Warn(f"cutoff:{one.number}", sentence, one.number)
    if not is_working_day(one.post_on):
        sentence = f"{name} est posté le {day}, un jour sans dépôt (samedi, dimanche ou jour férié)."
        yield Warn(f"deposit:{one.number}", sentence, one.number)


def _gaps(issues: Sequence[IssueDates], *, rules: Rules) -> Iterator[Warn]:
    for before, after in pairwise(issues):
        left = before.posted_on or before.post_on
        if after.post_on > add_months(left, rules.most_months_between_issues):
            sentence = (
                f"Plus de {rules.most_months_between_issues} mois séparent le n°{NBSP}{before.printed} "
                f"({french_day(left)}) du n°{NBSP}{after.printed} ({french_day(after.post_on)})."
            )
            yield Warn(f"gap:{after.number}", sentence, after.number)


def _covers(issues: Sequence[IssueDates], *, issues_a_year: int) -> Iterator[Warn]:
    """Each stretch of the year has one cover: a quarter for a quarterly."""
    if not issues or 12 % issues_a_year:
        return
    months = 12 // issues_a_year
    taken: defaultdict[int, list[IssueDates]] = defaultdict(list)
    for one in issues:
        taken[(one.cover_year * 12 + one.cover_month - 1) // months].append(one)
    for place in range(min(taken), max(taken) + 1):
        there = taken.get(place, [])
        name, key = _stretch(place, months)
        if not there:
            yield Warn(f"cover:{key}", f"Aucune couverture n’est prévue pour {name}.")
        elif len(there) > 1:
            numbers = " et ".join(f"n°{NBSP}{one.printed}" for one in there)
            yield Warn(f"covers:{key}", f"Deux couvertures pour {name} : {numbers}.", there[-1].number)


def _stretch(place: int, months: int) -> tuple[str, str]:
    """« le deuxième trimestre 2027 » and its key, or « juin 2027 », or « mai à juin 2027 »."""
    year, month = divmod(place * months, 12)
    key = f"{year}-{month + 1:02d}"
    if months == 3:
        ordinals = ("premier", "deuxième", "troisième", "quatrième")
        return f"le {ordinals[month // 3]} trimestre {year}", key
    if months == 1:
        return f"{MONTHS[month]}{NBSP}{year}", key
    return f"{MONTHS[month]} à {MONTHS[month + months - 1]}{NBSP}{year}", key


def _horizon(coming: Sequence[IssueDates], *, on: date, rules: Rules) -> Iterator[Warn]:
    last = max((one.post_on for one in coming), default=None)
    if last is None:
        yield Warn("horizon", "Aucun numéro à venir n’est planifié : rien ne peut être vendu.")
    elif last < add_months(on, rules.planned_months_ahead):
        sentence = (
            f"Le calendrier s’arrête le {french_day(last)} : moins de {rules.planned_months_ahead} mois sont planifiés."
        )
        yield Warn("horizon", sentence)


def numbered(plan: IssuePlan) -> str:
    """« 26 » or « 26-27 » of an issue that is to be."""
    return printed(plan.number, plan.last_number)
