"""What hangs on the post: withdrawal and claims."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.territories import UnknownTerritory
from payments.working_days import is_working_day
from subscriptions.calendar import (
    RULES,
    ClaimWindow,
    DeliveryZone,
    claim_window,
    delivery_zone_of,
    withdraw_until,
)
from tests.pure.calendars import quarterly

ZONES = st.sampled_from(list(DeliveryZone))


@pytest.mark.parametrize(
    ("country", "postcode", "zone"),
    [
        ("FR", "75011", "FR"),
        ("FR", "20000", "FR"),
        ("MC", "98000", "FR"),
        ("FR", "97400", "DOM"),
        ("GF", "97300", "DOM"),
        ("FR", "97600", "DOM"),
        ("FR", "98713", "WORLD"),
        ("BL", "97133", "WORLD"),
        ("BE", "1000", "EU"),
        ("EL", "105 57", "EU"),
        ("ES", "35001", "EU"),  # outside the VAT area, but served by the Spanish post
        ("GB", "BT1 1AA", "WORLD"),  # inside the VAT area for goods, but served by the British post
        ("XI", "BT1 1AA", "WORLD"),
        ("CH", "1201", "WORLD"),
    ],
)
def test_delivery_zone_of(country: str, postcode: str, zone: str) -> None:
    assert delivery_zone_of(country, postcode) == zone


def test_a_wrong_postcode_gets_the_same_sentence_as_for_vat() -> None:
    with pytest.raises(UnknownTerritory, match="five digits"):
        delivery_zone_of("FR", "7501")


@pytest.mark.parametrize("zone", list(DeliveryZone))
def test_as_long_as_nothing_is_posted_withdrawal_is_open(zone: DeliveryZone) -> None:
    assert withdraw_until(posted_on=None, zone=zone) is None


@pytest.mark.parametrize(
    ("posted_on", "zone", "last_day"),
    [
        (date(2027, 3, 15), DeliveryZone.FR, date(2027, 4, 12)),
        (date(2027, 3, 15), DeliveryZone.DOM, date(2027, 4, 19)),
        (date(2027, 3, 15), DeliveryZone.EU, date(2027, 4, 19)),
        (date(2027, 3, 15), DeliveryZone.WORLD, date(2027, 4, 28)),
        # 28 days later is Easter Sunday: the Monday is a holiday too.
        (date(2027, 2, 28), DeliveryZone.FR, date(2027, 3, 30)),
        # 28 days later is Saturday 15 August.
        (date(2026, 7, 18), DeliveryZone.FR, date(2026, 8, 17)),
        # 28 days later is Friday 25 December.
        (date(2026, 11, 27), DeliveryZone.FR, date(2026, 12, 28)),
        # 44 days later is Tuesday 29 February.
        (date(2028, 1, 16), DeliveryZone.WORLD, date(2028, 2, 29)),
    ],
)
def test_the_last_day_to_withdraw(posted_on: date, zone: DeliveryZone, last_day: date) -> None:
    assert withdraw_until(posted_on=posted_on, zone=zone) == last_day


def test_margins_are_data() -> None:
    rules = replace(RULES, delivery_margin_fr=7, withdrawal_days=30)
    assert withdraw_until(posted_on=date(2027, 3, 15), zone=DeliveryZone.FR, rules=rules) == date(2027, 4, 21)


@given(st.dates(min_value=date(2026, 1, 1), max_value=date(2036, 12, 31)), ZONES)
def test_nobody_has_less_than_the_legal_time(posted_on: date, zone: DeliveryZone) -> None:
    last_day = withdraw_until(posted_on=posted_on, zone=zone)
    assert last_day is not None
    assert is_working_day(last_day)
    margin = {"FR": 14, "DOM": 21, "EU": 21, "WORLD": 30}[zone.value]
    assert timedelta(0) <= last_day - posted_on - timedelta(days=margin + 14) <= timedelta(days=4)


def test_claims_open_by_zone_and_close_after_the_next_issue() -> None:
    march, june = quarterly()[:2]
    opens = {zone.value: claim_window(march, june, zone).opens_on.isoformat() for zone in DeliveryZone}
    assert opens == {"FR": "2027-03-30", "DOM": "2027-04-14", "EU": "2027-04-14", "WORLD": "2027-04-29"}
    assert claim_window(march, june, DeliveryZone.FR).closes_on == date(2027, 7, 15)


def test_real_postings_count_rather_than_planned_ones() -> None:
    march, june = quarterly()[:2]
    late = replace(march, posted_on=date(2027, 3, 20))
    early = replace(june, posted_on=date(2027, 6, 10))
    assert claim_window(late, early, DeliveryZone.FR) == ClaimWindow(date(2027, 4, 4), date(2027, 7, 10))


def test_without_a_next_issue_claims_stay_open() -> None:
    assert claim_window(quarterly()[0], None, DeliveryZone.FR) == ClaimWindow(date(2027, 3, 30), None)


@given(st.integers(min_value=-400, max_value=400), ZONES)
def test_a_window_never_closes_before_it_opens(shift: int, zone: DeliveryZone) -> None:
    march, june = quarterly()[:2]
    moved = replace(june, posted_on=march.post_on + timedelta(days=shift))
    window = claim_window(march, moved, zone)
    assert window.closes_on is not None
    assert window.opens_on <= window.closes_on
