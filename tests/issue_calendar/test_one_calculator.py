"""One calculator: checkout, account, letters and desk say the same first issue, days, windows and addresses, ten thousand times.

The oracle below steps from day to day and knows nothing of the calculator. It is asked on random calendars, before and after a
cut-off or a day of posting has moved; a few dozen of them go through the real pages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from payments.working_days import french_holidays
from shop.backoffice.roles import ensure_roles
from shop.storefront.kept import KEEPER
from subscriptions.calendar import (
    CalendarTooShort,
    DeliveryZone,
    IssueDates,
    claim_window,
    first_issue,
    is_open,
    issues_of_term,
    put_off,
    reached_by_address_change,
    withdraw_until,
)
from subscriptions.dates import dates_of_subscription
from subscriptions.fulfilment.addressed import address_for, joins
from subscriptions.gifts.starting import starts
from subscriptions.issue_calendar.dating import move_days
from subscriptions.models import Issue, Magazine, Offer, PostalAddress, Price, Recipient, TemporaryAddress
from subscriptions.moving_house import reach
from subscriptions.offers.catalogue import Shelf
from subscriptions.orders.quoting import quote
from subscriptions.pausing.foreseeing import standing_of
from tests.account.people import Reader
from tests.backoffice.colleagues import hire
from tests.issue_calendar.test_telling import STAFF
from tests.makers import NOW, TODAY, make_magazine, make_offers, send_out

CASES, PAGES, SEED = 10_000, 24, 20261123
DAY = timedelta(days=1)
MARGIN = {"FR": 14, "DOM": 21, "EU": 21, "WORLD": 30}
OPENS = {"FR": 15, "DOM": 30, "EU": 30, "WORLD": 45}


# --- the oracle ---


def open_on(issue: IssueDates, on: date) -> bool:
    """Nothing has closed it, and its cut-off is still to come."""
    return issue.posted_on is None and issue.closed_on is None and not issue.cutoff_on <= on


def oracle_first(issues: list[IssueDates], on: date) -> IssueDates | None:
    found = None
    for one in issues:
        if open_on(one, on) and (found is None or one.number < found.number):
            found = one
    return found


def worked(day: date) -> bool:
    return day.isoweekday() <= 5 and day not in french_holidays(day.year)


def oracle_withdraw(posted_on: date, zone: str) -> date:
    day = posted_on
    for _day in range(MARGIN[zone] + 14):
        day += DAY
    while not worked(day):
        day += DAY
    return day


@dataclass(frozen=True)
class Stay:
    from_on: date
    until: date


def oracle_address(stays: list[Stay], post_on: date) -> Stay | None:
    """Day by day through each stay."""
    for stay in stays:
        day = stay.from_on
        while day < stay.until:
            if day == post_on:
                return stay
            day += DAY
    return None


# --- the cases ---


def calendar(dice: Random, on: date) -> list[IssueDates]:
    """Four to nine issues around a day: some posted, some closed before their cut-off, some double."""
    number, post_on, found = dice.randint(1, 60), on - timedelta(days=dice.randint(60, 400)), []
    for _place in range(dice.randint(4, 9)):
        post_on += timedelta(days=dice.randint(20, 130))
        cutoff_on = post_on - timedelta(days=dice.randint(1, 30))
        posted = post_on <= on and dice.random() < 0.8
        closed = not posted and cutoff_on <= on + 20 * DAY and dice.random() < 0.2
        double = dice.random() < 0.15
        found.append(
            IssueDates(
                number, post_on.month, post_on.year, cutoff_on, post_on, posted_on=post_on if posted else None,
                closed_on=cutoff_on if closed else None, last_number=number + 1 if double else None,
            )
        )  # fmt: skip
        number += 2 if double else 1
    return found


def stays(dice: Random, on: date) -> list[Stay]:
    day, found = on - timedelta(days=dice.randint(0, 60)), []
    for _place in range(dice.randint(0, 3)):
        begins = day + timedelta(days=dice.randint(0, 90))
        day = begins + timedelta(days=dice.randint(0, 120))
        found.append(Stay(begins, day))
    return found


def rows_of(issues: list[IssueDates]) -> list[Issue]:
    """As the shelf has them."""
    return [
        Issue(
            pk=one.number, number=one.number, last_number=one.last_number, cover_month=one.cover_month,
            cover_year=one.cover_year, cutoff_on=one.cutoff_on, post_on=one.post_on, posted_on=one.posted_on,
            state="posted" if one.posted_on else "closed" if one.closed_on else "planned",
        )
        for one in issues
    ]  # fmt: skip


def shelf_of(issues: list[IssueDates], on: date) -> Shelf:
    offer = Offer(pk=1, code="un-an", copies=4, renewal="fixed")
    prices = tuple(Price(pk=place, offer=offer, delivery_zone=zone) for place, zone in enumerate(DeliveryZone))
    return Shelf(
        on=on, version="x", magazine=Magazine(pk=1), issues=tuple(rows_of(issues)), offers=(offer,), prices=prices,
        _by_code={"un-an": offer},
    )  # fmt: skip


def everybody_says(issues: list[IssueDates], away: list[Stay], on: date, zone: str) -> IssueDates | None:
    """Ask every room that has a say, and hold it against the oracle; returns the first issue."""
    expected = oracle_first(issues, on)
    shelf = shelf_of(issues, on)
    # Checkout and offer page; gifts; a change of address; a pause; the first issue itself.
    standing = shelf.standing(shelf.offers[0], zone)
    given = starts(shelf)
    reached = reached_by_address_change(issues, on=on)
    pausable = sorted(one.number for one in issues if is_open(one, on=on))
    if expected is None:
        assert (standing, given, reached, pausable) == (None, [], None, [])
        with pytest.raises(CalendarTooShort):
            first_issue(issues, on=on)
        return None
    assert standing is not None
    assert standing.first_issue.number == expected.number == first_issue(issues, on=on).number == pausable[0]
    assert reached == expected
    assert given[0].number == expected.number
    assert (standing.first_issue.post_on, standing.first_issue.printed) == (expected.post_on, expected.printed)
    served = issues_of_term(issues, expected, 4)
    assert [one.number for one in standing.issues] == [one.number for one in served]
    # A pause reaches what an address reaches: the copy of the first open issue goes to the one after it.
    after = put_off([one.number for one in served], without=[expected.number], planned=pausable)
    assert after[0] == (served[1].number if len(served) > 1 else None)
    # From the posting on, in each zone.
    for place, one in enumerate(issues):
        posted = one.posted_on or one.post_on
        assert withdraw_until(posted_on=posted, zone=DeliveryZone(zone)) == oracle_withdraw(posted, zone)
        following = issues[place + 1] if place + 1 < len(issues) else None
        window = claim_window(one, following, DeliveryZone(zone))
        assert window.opens_on == posted + OPENS[zone] * DAY
        if following is None:
            assert window.closes_on is None
        else:
            closes = (following.posted_on or following.post_on) + 30 * DAY
            assert window.closes_on == max(window.opens_on, closes)
        assert address_for(away, post_on=one.post_on) == oracle_address(away, one.post_on)
    return expected


def test_ten_thousand_calendars_and_one_answer() -> None:
    dice, moved_on = Random(SEED), 0
    for _number in range(CASES):
        on = date(2026, 1, 1) + timedelta(days=dice.randint(0, 2000))
        issues, away, zone = calendar(dice, on), stays(dice, on), dice.choice(list(MARGIN))
        before = everybody_says(issues, away, on, zone)
        if before is None:
            continue
        # The cut-off comes forward to today: everybody says the next one.
        earlier = [replace(one, cutoff_on=on) if one.number == before.number else one for one in issues]
        after = everybody_says(earlier, away, on, zone)
        assert after is None or after.number > before.number
        # Its day slips: everybody says the same issue, and its new day.
        later = before.post_on + timedelta(days=dice.randint(1, 19))
        slipped = [replace(one, post_on=later) if one.number == before.number else one for one in issues]
        again = everybody_says(slipped, away, on, zone)
        assert again is not None
        assert (again.number, again.post_on) == (before.number, later)
        moved_on += 1
    assert moved_on > CASES * 0.9


@pytest.mark.django_db
def test_the_database_chooses_the_same_address() -> None:
    dice, magazine = Random(SEED), make_magazine()
    issue = Issue.objects.get(number=26, magazine=magazine)
    home = PostalAddress.objects.create(
        typed={}, lines=["A"], country="FR", delivery_zone="FR", vat_zone="FR_METRO", created_at=NOW
    )
    expected: dict[int, int | None] = {}
    for number in range(300):
        recipient = Recipient.objects.create(name=f"reader {number}", address=home)
        known = stays(dice, issue.post_on - 90 * DAY)
        chosen = oracle_address(known, issue.post_on)
        expected[recipient.pk] = None
        for one in known:
            if one.until == one.from_on:
                continue
            row = TemporaryAddress.objects.create(
                recipient=recipient, address=home, from_on=one.from_on, to_on=one.until - DAY, until=one.until,
                actor="tests", at=NOW,
            )  # fmt: skip
            if one == chosen:
                expected[recipient.pk] = row.pk
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.id, away.id FROM subscriptions_recipient r CROSS JOIN subscriptions_issue i {joins()}"
            " WHERE i.id = %s",
            [issue.pk],
        )
        assert dict(cursor.fetchall()) == expected
    assert sum(key is not None for key in expected.values()) > 30


# --- through the real pages ---


@pytest.fixture
def elodie(db, client: Client, settings) -> Reader:
    settings.LANGUAGES, settings.LANGUAGE_CODE = [("en", "English")], "en"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    reader = Reader(client, "elodie.lefevre@example.fr").buys(make_offers(make_magazine())["fixed"])
    reader.signs_in()
    return reader


LYON = {
    "country": "FR", "title": "MME", "first_name": "Élodie", "last_name": "Lefèvre", "street": "3 rue de la République",
    "postcode": "69001", "town": "Lyon",
}  # fmt: skip


def pages_say(reader: Reader, staff: Client) -> dict[str, tuple[str, date]]:
    """The first issue and its day, as each page names it."""
    key, recipient = reader.subscription.pk, reader.subscription.recipient_id
    KEEPER.forget()
    found = {}
    order = reader.client.get("/abonnement/").context["first"]
    found["checkout"] = (order["number"], order["post_date"])
    moving = reader.client.get(f"/compte/abonnements/{key}/adresse/").context["reaches"]
    found["account, address"] = (moving["number"], moving["post_date"])
    choices = reader.client.get(f"/compte/abonnements/{key}/pause/").context["form"].fields["issues"].choices
    first = Issue.objects.get(number=choices[0][0])
    found["account, pause"] = (first.printed, first.post_on)
    days = {"from_on": TODAY.isoformat(), "to_on": (TODAY + 700 * DAY).isoformat(), "step": "ask"}
    stay = reader.client.post(f"/compte/abonnements/{key}/adresse/temporaire/", LYON | days)
    named = Issue.objects.filter(number__in=[25, 26, 27, 28])
    found["account, stay"] = next(
        (one.printed, one.post_on)
        for one in named.order_by("number")
        if f"n°\u00a0{one.printed}," in stay.context["issues"][0]
    )
    shown = staff.post(
        reverse("desk_act_address", args=[recipient]), LYON | {"kind": "person", "reason": "appel", "step": "preview"}
    )
    said = next(fact.value for fact in shown.context["preview"].facts if "Reaches" in str(fact.label))
    found["desk, address"] = next((one.printed, one.post_on) for one in named if said == f"n°\u00a0{one.printed}")
    return found


def test_a_few_dozen_calendars_through_the_real_pages(elodie: Reader) -> None:
    dice = Random(SEED)
    ensure_roles()
    colleague = hire("administrator")
    colleague.sign_in(Client())
    offer, seen = Offer.objects.get(code="un-an"), set()
    for number in range(PAGES):
        cache.clear()  # nobody asks so often in an hour
        lay_out(dice)
        for moved in (False, True):
            if moved:
                move_something(dice, NOW + number * timedelta(minutes=1))
            expected = oracle_first(known(), TODAY)
            assert expected is not None
            answer = (expected.printed, expected.post_on)
            said = pages_say(elodie, colleague.browser)
            assert set(said.values()) == {answer}, said
            # What a letter about a purchase, or about a move, of today would be written from.
            quoted = quote(offer, country="FR", postcode="75004", buyer_kind="consumer", on=TODAY).first_issue
            moved_to = reach(elodie.subscription.recipient, on=TODAY).first
            assert moved_to is not None
            assert (quoted.printed, quoted.post_on) == answer == (moved_to.printed, moved_to.post_on)
            pausable = standing_of(elodie.subscription, on=TODAY).pausable
            assert (pausable[0].printed, pausable[0].post_on) == answer
            seen.add(expected.number)
    assert seen >= {25, 26, 27}


def known() -> list[IssueDates]:
    """The calendar, read afresh and without the shop's own reading of it."""
    return [
        IssueDates(
            one.number, one.cover_month, one.cover_year, one.cutoff_on, one.post_on, one.posted_on,
            one.cutoff_on if one.state != "planned" else None, one.last_number,
        )
        for one in Issue.objects.order_by("number")
    ]  # fmt: skip


def lay_out(dice: Random) -> None:
    """Nos 25 to 28 on other days, the first of them behind their cut-off or not."""
    post_on = TODAY + timedelta(days=dice.randint(2, 20))
    for number in (25, 26, 27, 28, 29):
        cutoff_on = post_on - timedelta(days=dice.randint(1, 25))
        Issue.objects.filter(number=number).update(cutoff_on=cutoff_on, post_on=post_on)
        post_on += timedelta(days=dice.randint(3, 40) if number < 27 else 90)


def move_something(dice: Random, at) -> None:
    """The cut-off, or the day, of the first issue that is still open, by the act's own verb."""
    first = oracle_first(known(), TODAY)
    assert first is not None
    row = Issue.objects.get(number=first.number)
    following = Issue.objects.filter(number__gt=first.number).order_by("number").first()
    assert following is not None
    if dice.random() < 0.5 and first.number < 28:
        move_days(row, cutoff_on=TODAY, post_on=row.post_on, actor=STAFF, reason="essai", at=at)
    else:
        last = min(following.post_on - DAY, row.post_on + 10 * DAY)
        move_days(row, cutoff_on=row.cutoff_on, post_on=last, actor=STAFF, reason="essai", at=at)


@pytest.mark.django_db
def test_what_is_posted_opens_the_windows_everywhere(elodie: Reader) -> None:
    issue = Issue.objects.get(number=25)
    move_days(issue, cutoff_on=issue.cutoff_on, post_on=date(2026, 12, 22), actor=STAFF, reason="essai", at=NOW)
    send_out(issue, on=date(2026, 12, 23))
    dates = dates_of_subscription(elodie.subscription, on=date(2026, 12, 24))
    assert dates.withdraw_until == oracle_withdraw(date(2026, 12, 23), "FR") == date(2027, 1, 20)
