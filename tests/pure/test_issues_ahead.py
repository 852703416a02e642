"""The next issue by the rhythm, and every warning about the calendar, once each and not once too many."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.working_days import is_working_day
from subscriptions.calendar import IssueDates, cutoff_for
from subscriptions.calendar.ahead import next_plan, warnings, working_days_between

ON = date(2026, 11, 23)
CPPAP = date(2031, 9, 30)


def issue(number: int, post_on: date, *, posted: bool = False, last: int | None = None, **changes) -> IssueDates:
    facts = {
        "number": number,
        "last_number": last,
        "cover_month": post_on.month,
        "cover_year": post_on.year,
        "cutoff_on": cutoff_for(post_on),
        "post_on": post_on,
        "posted_on": post_on if posted else None,
    }
    return IssueDates(**(facts | changes))


#: Four a year on working days, thirteen months ahead.
SOUND = [
    issue(24, date(2026, 9, 15), posted=True),
    issue(25, date(2026, 12, 15)),
    issue(26, date(2027, 3, 15)),
    issue(27, date(2027, 6, 15)),
    issue(28, date(2027, 9, 15)),
    issue(29, date(2027, 12, 15)),
]


def wrong(issues, *, on: date = ON, cppap: date = CPPAP, a_year: int = 4) -> dict[str, str]:
    found = warnings(issues, issues_a_year=a_year, cppap_until=cppap, on=on)
    assert len({one.matter for one in found}) == len(found)
    return {one.matter: one.sentence.replace("\u00a0", " ") for one in found}


def test_a_sound_calendar_has_nothing_wrong():
    assert wrong(SOUND) == {}
    assert wrong(reversed(SOUND)) == {}


def with_changed(number: int, **changes) -> list[IssueDates]:
    return [replace(one, **changes) if one.number == number else one for one in SOUND]


@pytest.mark.parametrize(
    ("issues", "matter", "sentence"),
    [
        (
            with_changed(26, post_on=date(2027, 4, 16), cutoff_on=date(2027, 4, 1)),
            "gap:26",
            "Plus de 4 mois séparent le n° 25 (15 décembre 2026) du n° 26 (16 avril 2027).",
        ),
        (
            with_changed(26, cover_month=5, cover_year=2027),
            "cover:2027-01",
            "Aucune couverture n’est prévue pour le premier trimestre 2027.",
        ),
        (
            with_changed(26, cover_month=5, cover_year=2027),
            "covers:2027-04",
            "Deux couvertures pour le deuxième trimestre 2027 : n° 26 et n° 27.",
        ),
        (
            with_changed(27, cutoff_on=date(2027, 6, 2)),
            "cutoff:27",
            "Le n° 27 est arrêté le 2 juin 2027, 9 jours ouvrés avant sa mise en poste : le routeur en demande 10.",
        ),
        (
            with_changed(27, post_on=date(2027, 6, 13), cutoff_on=date(2027, 5, 20)),
            "deposit:27",
            "Le n° 27 est posté le 13 juin 2027, un jour sans dépôt (samedi, dimanche ou jour férié).",
        ),
        (SOUND[:-1], "horizon", "Le calendrier s’arrête le 15 septembre 2027 : moins de 12 mois sont planifiés."),
        (SOUND[:1], "horizon", "Aucun numéro à venir n’est planifié : rien ne peut être vendu."),
    ],
)
def test_each_fault_is_said_in_its_sentence(issues, matter, sentence):
    assert wrong(issues)[matter] == sentence


def test_the_certificate_must_hold_on_the_day_of_the_deposit():
    assert wrong(SOUND, cppap=date(2027, 12, 15)) == {}
    assert list(wrong(SOUND, cppap=date(2027, 12, 14))) == ["cppap:29"]
    assert "fin du certificat de la CPPAP (14 décembre 2027)" in wrong(SOUND, cppap=date(2027, 12, 14))["cppap:29"]


def test_what_was_posted_is_not_warned_of():
    posted = [replace(one, posted_on=one.post_on) for one in SOUND[:3]]
    late = [replace(posted[1], cutoff_on=posted[1].post_on - timedelta(days=1)), posted[2], *SOUND[3:]]
    assert wrong(late) == {}


def test_four_months_to_the_day_are_no_gap():
    assert "gap:26" not in wrong(with_changed(26, post_on=date(2027, 4, 15), cutoff_on=date(2027, 4, 1)))


def test_a_double_issue_has_one_cover_and_leaves_no_gap():
    issues = [
        *SOUND[:2],
        replace(SOUND[2], last_number=27),
        *(replace(one, number=one.number + 1) for one in SOUND[3:]),
    ]
    assert wrong(issues) == {}


def test_the_next_issue_follows_by_the_rhythm():
    plan = next_plan(SOUND, issues_a_year=4, on=ON)
    # 15 March 2028 is a Wednesday; ten working days before it is the first.
    assert (plan.number, plan.cover_month, plan.cover_year) == (30, 3, 2028)
    assert (plan.post_on, plan.cutoff_on, plan.last_number) == (date(2028, 3, 15), date(2028, 3, 1), None)
    double = next_plan(SOUND, issues_a_year=4, on=ON, double=True)
    assert (double.number, double.last_number, double.post_on) == (30, 31, plan.post_on)
    after = next_plan([*SOUND, double.dates], issues_a_year=4, on=ON)
    assert (after.number, after.cover_month, after.post_on) == (32, 6, date(2028, 6, 15))


@given(st.dates(date(2026, 1, 1), date(2036, 12, 31)), st.sampled_from([1, 2, 3, 4, 6, 12]), st.booleans())
def test_whatever_is_proposed_is_on_a_day_with_a_deposit_and_never_warned_of(first, a_year, double):
    issues = [issue(1, first, posted=True)]
    for place in range(6):
        issues.append(next_plan(issues, issues_a_year=a_year, on=first, double=double and place == 2).dates)
    for one in issues[1:]:
        assert is_working_day(one.post_on)
        assert working_days_between(one.cutoff_on, one.post_on) == 10
    numbers = [number for one in issues for number in range(one.number, one.ends + 1)]
    assert numbers == list(range(1, len(numbers) + 1))
    matters = wrong(issues, on=first, cppap=date(2099, 1, 1), a_year=a_year)
    # Fewer than three a year are more than four months apart, and say so; three are just about.
    assert not [name for name in matters if name.split(":")[0] in ("cover", "covers", "cutoff", "deposit")], matters
    if a_year != 3:
        assert (a_year > 3) is not any(name.startswith("gap") for name in matters)
