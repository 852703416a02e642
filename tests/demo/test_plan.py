"""Who the made-up readers are, which issues there are, and who plays what: decided without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from random import Random

import pytest
from django.utils import translation

from payments.days import PARIS
from payments.working_days import is_working_day
from shop.checkout.form import OrderForm
from shop.demo.casting import GIVERS, STARS, cast
from shop.demo.issues import first_day, made_up_issues, older_issues, opened_on, post_day
from shop.demo.people import make_passers_by, make_people
from shop.demo.renewal_casting import SOONEST, YEARS, year_for
from subscriptions.calendar import DeliveryZone, IssueDates, expected_sepa_settlement, first_issue, term_dates

ON = date(2026, 11, 23)
UNTIL = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
EVERY_FOURTH_DAY = [date(2024, 1, 1) + timedelta(days=4 * n) for n in range(275)]


def people(count=200):
    return make_people(count, Random(1))


def test_nine_issues_three_of_them_past_on_a_known_day():
    issues = made_up_issues(ON)
    assert [(one.number, one.cover_month, one.cover_year) for one in issues] == [
        (22, 3, 2026), (23, 6, 2026), (24, 9, 2026), (25, 12, 2026), (26, 3, 2027), (27, 6, 2027), (28, 9, 2027),
        (29, 12, 2027), (30, 3, 2028),
    ]  # fmt: skip
    assert [one.post_on for one in issues[:4]] == [
        date(2026, 3, 16), date(2026, 6, 15), date(2026, 9, 15), date(2026, 12, 15),
    ]  # fmt: skip
    assert (issues[3].cutoff_on, opened_on(ON)) == (date(2026, 12, 1), date(2025, 12, 1))


def test_on_the_day_an_issue_is_posted_it_is_past():
    assert made_up_issues(date(2026, 12, 14))[3].number == 25
    assert made_up_issues(date(2026, 12, 15))[3].number == 26


def test_on_any_day_the_calendar_is_one_a_press_commission_would_accept():
    for on in EVERY_FOURTH_DAY:
        issues = made_up_issues(on)
        assert [one.post_on <= on for one in issues] == [True] * 3 + [False] * 6, on
        assert all(is_working_day(one.post_on) and 15 <= one.post_on.day <= 18 for one in issues), on
        assert all(one.cutoff_on < one.post_on for one in issues), on
        assert len({(one.cover_year, one.cover_month) for one in issues}) == 9, on
        assert [one.number for one in issues] == list(range(issues[0].number, issues[0].number + 9)), on


def test_on_any_day_the_first_order_reaches_the_oldest_issue_and_its_term_is_not_over():
    for on in EVERY_FOURTH_DAY:
        known = [
            IssueDates(one.number, one.cover_month, one.cover_year, one.cutoff_on, one.post_on)
            for one in made_up_issues(on)
        ]
        assert first_issue(known, on=opened_on(on)) == known[0], on
        assert term_dates(known[0], ordered_on=opened_on(on)).renews_on > on, on


def test_on_any_day_the_first_readers_stand_where_they_are_to_stand():
    """Each ordered on a day on which a year of theirs begins, and nothing is put off that was not announced yet."""
    for on in EVERY_FOURTH_DAY:
        issues = [*older_issues(on), *made_up_issues(on)]
        known = [IssueDates(one.number, one.cover_month, one.cover_year, one.cutoff_on, one.post_on) for one in issues]
        for (away, _tale, _star), debit in product(YEARS, (False, True)):
            year = year_for(on + timedelta(days=away), issues, debit=debit)
            assert first_day(on) <= year.ordered_on, on
            settled = expected_sepa_settlement(year.ordered_on) if debit else year.ordered_on
            reached = first_issue(known, on=settled)
            assert reached is not None
            assert term_dates(reached, ordered_on=year.ordered_on).renews_on == year.first, on
            wanted = on + timedelta(days=away)
            assert year.renews_on in (wanted, year.first), on
            assert timedelta(0) <= wanted - year.renews_on < timedelta(days=SOONEST), on
            # Put off after it was announced, 60 days before, and before the notice of the later day leaves.
            if year.renews_on > year.first:
                assert year.first - timedelta(days=57) < year.renews_on - timedelta(days=60), on


def test_a_saturday_or_a_holiday_moves_the_post_day_on():
    assert post_day(2025 * 4 + 0) == date(2025, 3, 17)  # the 15th is a Saturday
    assert post_day(2024 * 4 + 1) == date(2024, 6, 17)


def test_every_issue_tells_what_is_in_it():
    dossiers = [one.dossier for one in made_up_issues(ON)]
    assert len({one.headline for one in dossiers}) == 9
    for dossier in dossiers:
        folios = [article["folio"] for article in dossier.contents()]
        assert folios == sorted(folios)
        assert folios[-1] < dossier.pages


def test_two_hundred_readers_are_always_the_same_and_no_two_alike():
    assert people() == people()
    assert len({person.email for person in people()}) == len(people()) == 200


def test_nobody_can_have_a_made_up_address():
    strangers = make_passers_by(30, Random(2), but=people())
    assert all(person.email.endswith(".example") for person in [*people(), *strangers])
    assert not {person.email for person in strangers} & {person.email for person in people()}


@pytest.mark.parametrize("count", [12, 200])
def test_the_order_form_takes_what_every_reader_types(count):
    with translation.override("fr"):
        for person in people(count):
            form = OrderForm(
                {**person.typed, "renewal": person.renewal},
                renewals=["fixed", "automatic"],
                zones=[str(zone) for zone in DeliveryZone],
            )
            assert form.is_valid(), (person.typed, form.errors)


@pytest.mark.parametrize("count", [12, 200])
def test_every_kind_of_address_is_there(count):
    typed = [person.typed for person in people(count)]
    assert len(typed) == count
    assert any(one.get("siren") for one in typed)
    assert any(one["delivery_postcode"].startswith("97") and one["delivery_country"] == "FR" for one in typed)
    assert any(one["delivery_country"] in ("BE", "DE", "ES") for one in typed)
    assert any(one["delivery_country"] in ("CH", "GB", "CA") for one in typed)


def parts(readers, on=ON, until=UNTIL):
    return cast(readers, issues=made_up_issues(on), opened_on=opened_on(on), until=until)


def test_the_plan_is_the_same_twice():
    assert [(part.begins, part.person, part.star) for part in parts(200)] == [
        (part.begins, part.person, part.star) for part in parts(200)
    ]


def test_on_any_day_everybody_begins_between_the_opening_and_the_present():
    for on in EVERY_FOURTH_DAY[::5]:
        until = datetime(on.year, on.month, on.day, 9, 30, tzinfo=UTC)
        plan = parts(200, on, until)
        first = datetime.combine(opened_on(on), time(), PARIS)
        assert all(first < part.begins < until for part in plan), on
        assert len([part for part in plan if part.star]) == STARS + GIVERS, on


def test_a_demo_without_readers_has_no_parts():
    assert parts(0) == []


@pytest.mark.parametrize("readers", [1, 2, 3, 11])
def test_few_readers_are_few(readers):
    readers_of = {person.email.partition("@")[0] for person in make_people(readers, Random(2026))}
    assert len([part for part in parts(readers) if part.person.email.partition("@")[0] in readers_of]) == readers
