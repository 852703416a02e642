"""An issue with two numbers: one copy for each reader, « n° 26-27 » wherever it is named, and the count goes on after it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.actors import Actor
from payments.models import Act, Invoice
from shop.storefront.kept import KEEPER
from subscriptions.calendar import IssueDates, TermDates, cutoff_for, last_of, numbers_from, put_off
from subscriptions.dates import dates_of_subscription
from subscriptions.issue_calendar.dating import CannotDate, make_double
from subscriptions.models import Entitlement, FreeCopy, Issue
from subscriptions.notices import queue
from subscriptions.notices.delivering import deliver
from subscriptions.notices.french import bare_issues, issue, issues
from subscriptions.prolonging import Promised, held, next_issue
from subscriptions.renewals.reminding import _before
from tests.account.people import Reader
from tests.letters.every import every
from tests.letters.people import AT
from tests.makers import NOW, TODAY, make_magazine, make_offers

STAFF = Actor("staff", "1")


def single(number: int, last: int | None = None) -> IssueDates:
    post_on = date(2026, 12, 15) + timedelta(days=91 * number)
    return IssueDates(number, post_on.month, post_on.year, cutoff_for(post_on), post_on, last_number=last)


CALENDAR = [single(25), single(26, 27), single(28), single(29), single(30)]


def test_numbers_are_printed_and_counted_on():
    assert numbers_from(25, CALENDAR, 4) == ["25", "26-27", "28", "29"]
    assert numbers_from(26, reversed(CALENDAR), 2) == ["26-27", "28"]
    assert numbers_from(29, CALENDAR, 4) == ["29", "30", "31", "32"]
    assert numbers_from(26, CALENDAR[:2], 3) == ["26-27", "28", "29"]
    assert numbers_from(31, CALENDAR, 2) == ["31", "32"]
    assert (last_of(25, CALENDAR, 4), last_of(26, CALENDAR[:2], 1), last_of(31, CALENDAR, 2)) == (29, 27, 32)


@pytest.mark.parametrize(
    ("numbers", "said", "bare"),
    [
        (["26-27"], "n° 26-27", "26-27"),
        (["25", "26-27"], "n° 25 et n° 26-27", "25 et 26-27"),
        (["25", "26-27", "28", "29"], "n° 25, n° 26-27, n° 28 et n° 29", "25, 26-27, 28 et 29"),
        (["25", "26", "27", "28"], "du n° 25 au n° 28", "25 à 28"),
        ([25, 26, 27, 28], "du n° 25 au n° 28", "25 à 28"),
        (["25", "26", "28"], "n° 25, n° 26 et n° 28", "25, 26 et 28"),
        (["25"], "n° 25", "25"),
    ],
)
def test_a_double_issue_is_never_hidden_in_a_run(numbers, said, bare):
    assert issues(numbers).replace("\u00a0", " ") == said
    assert bare_issues(numbers) == bare
    assert issue(numbers[0]).startswith("n°\u00a0")


@st.composite
def calendars(draw):
    """Issues in order, some of them double; the numbers have no hole but those."""
    number, found = draw(st.integers(1, 40)), []
    for place in range(draw(st.integers(1, 10))):
        double = draw(st.booleans())
        post_on = date(2027, 1, 4) + timedelta(days=91 * place)
        found.append(
            IssueDates(
                number,
                post_on.month,
                post_on.year,
                cutoff_for(post_on),
                post_on,
                last_number=number + 1 if double else None,
            )
        )
        number += 2 if double else 1
    return found


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(calendars(), st.integers(1, 6), st.data())
def test_whatever_is_double_a_term_goes_on_with_the_issue_after_its_last(every_issue, copies, data):
    place = data.draw(st.integers(0, len(every_issue) - 1))
    first = every_issue[place].number
    named = numbers_from(first, every_issue, copies)
    assert len(named) == copies
    flat = [int(number) for name in named for number in name.split("-")]
    assert flat == list(range(first, flat[-1] + 1)), "no number is left out and none is twice"
    last = last_of(first, every_issue, copies)
    assert last == flat[-1]
    dates = TermDates(date(2027, 1, 1), date(2027, 12, 31), date(2028, 1, 1))
    promised = Promised((), 0, date(2026, 12, 31), 0, date(2026, 12, 31), open_end=False)
    after = promised.and_then(dates, first=first, copies=copies, planned=every_issue)
    following = next_issue(after, every_issue, on=date(2026, 12, 1), goes_on=True)
    assert following == last + 1
    # Put off, each copy takes the next issue there is, whatever its numbers.
    numbers = [one.number for one in every_issue[place : place + copies]]
    later = put_off(numbers, without=numbers[:1], planned=[one.number for one in every_issue])
    known = [one.number for one in every_issue]
    assert (
        list(later)
        == [*numbers[1:], *[one for one in known if one > numbers[-1]][:1], *[None] * copies][: len(numbers)]
    )


@pytest.mark.django_db
def test_the_database_lets_no_two_issues_bear_one_number():
    magazine = make_magazine()
    with pytest.raises(IntegrityError, match="issue_numbers_apart"), transaction.atomic():
        Issue.objects.filter(number=26).update(last_number=27)
    with pytest.raises(IntegrityError, match="issue_two_numbers"), transaction.atomic():
        Issue.objects.filter(number=29).update(last_number=31)
    Issue.objects.filter(number=29).update(last_number=30)
    days = {"cover_month": 3, "cover_year": 2028, "cutoff_on": date(2028, 3, 1), "post_on": date(2028, 3, 15)}
    with pytest.raises(IntegrityError, match="issue_numbers_apart"), transaction.atomic():
        Issue.objects.create(magazine=magazine, number=30, **days)
    assert Issue.objects.create(magazine=magazine, number=31, **days).printed == "31"


@pytest.fixture
def elodie(db, client: Client, settings) -> Reader:
    """A reader by fixed term: nos 25 to 28, of which the second is then made double."""
    settings.LANGUAGES, settings.LANGUAGE_CODE = [("fr", "French")], "fr"
    return Reader(client, "elodie.lefevre@example.fr").buys(make_offers(make_magazine())["fixed"])


def test_made_double_it_is_one_copy_and_everybody_keeps_their_days(elodie):
    before = list(Entitlement.objects.order_by("rank").values_list("rank", "issue", "issue__post_on", "value_ht"))
    issue26 = Issue.objects.get(number=26)
    make_double(issue26, actor=STAFF, reason="numéro d’été", at=NOW)
    assert (
        list(Entitlement.objects.order_by("rank").values_list("rank", "issue", "issue__post_on", "value_ht")) == before
    )
    assert [one.printed for one in Issue.objects.filter(number__gte=25)] == ["25", "26-27", "28", "29", "30"]
    assert Act.objects.get(verb="made an issue double").facts["counted on"] == ["28", "29", "30"]
    dates = dates_of_subscription(elodie.subscription, on=TODAY)
    assert [copy.issue.printed for copy in dates.copies if copy.issue] == ["25", "26-27", "28", "29"]
    assert (dates.last_number, dates.last_printed) == (29, "29")
    assert held(elodie.subscription).promised.last_number == 29
    # The reminder « one issue before the last » follows the calendar, not the number minus one.
    assert _before([28], 1, issue26.magazine) == [26]
    with pytest.raises(CannotDate):
        make_double(Issue.objects.get(number=26), actor=STAFF, reason="encore", at=NOW)


def test_a_double_issue_at_the_end_is_counted_on_from_its_second_number(elodie):
    # Two that are planned later: the copy that waits is counted on from the second number.
    Issue.objects.filter(number=29).update(number=99, cover_year=2099)
    Issue.objects.filter(number=28).update(last_number=29)
    Entitlement.objects.create(term=elodie.subscription.terms.get(), rank=5, issue=None, value_ht=0)
    dates = dates_of_subscription(elodie.subscription, on=TODAY)
    assert (dates.last_number, dates.last_printed) == (30, "30")
    assert held(elodie.subscription).promised.last_number == 30


def test_a_closed_issue_keeps_its_number(elodie):
    Issue.objects.filter(number=27).update(state="closed")
    with pytest.raises(CannotDate):
        make_double(Issue.objects.get(number=26), actor=STAFF, reason="trop tard", at=NOW)


def test_free_copies_that_count_on_a_later_number_are_ended_first(elodie):
    issue26 = Issue.objects.get(number=26)
    address = elodie.subscription.recipient.address
    facts = {
        "magazine": issue26.magazine,
        "address": address,
        "actor": "tests",
        "reason": "dépôt légal",
        "created_at": NOW,
    }
    FreeCopy.objects.create(kind="proof", number="J1", from_number=25, until_number=26, **facts)
    ends_later = FreeCopy.objects.create(kind="free", number="G1", from_number=25, until_number=28, **facts)
    with pytest.raises(CannotDate, match=r"Free copies|exemplaires gratuits"):
        make_double(issue26, actor=STAFF, reason="numéro d’été", at=NOW)
    FreeCopy.objects.filter(pk=ends_later.pk).update(ended_at=NOW, ended_by="tests")
    assert make_double(issue26, actor=STAFF, reason="numéro d’été", at=NOW).printed == "26-27"


#: Issue 25 named without its second number.
HALF = re.compile(r"(?:[nN]°|No\.)[\s\u00a0\u202f]25(?![\d-])")


def test_every_page_names_both_numbers(elodie):
    make_double(Issue.objects.get(number=25), actor=STAFF, reason="x", at=NOW)
    # Its headline, which people type, names it as well here.
    Issue.objects.update(headline="Dossier")
    KEEPER.forget()
    elodie.signs_in()
    pages = [
        "/", "/magazine/", "/abonnement/", "/offrir/", "/compte/", f"/compte/abonnements/{elodie.subscription.pk}/adresse/",
        f"/compte/abonnements/{elodie.subscription.pk}/pause/", f"/compte/abonnements/{elodie.subscription.pk}/adresse/temporaire/",
        "/couvertures/25.svg",
    ]  # fmt: skip
    named = 0
    for page in pages:
        answer = elodie.client.get(page, follow=True)
        text = answer.content.decode().replace("&nbsp;", " ")
        assert not HALF.search(text), (page, HALF.search(text))
        named += "25-26" in text
    assert named >= 5, "and they do name it"


def test_every_letter_names_both_numbers(db, mailoutbox):
    drafts = every()
    # The series of reminders posts a later one: as if it were not yet.
    Issue.objects.filter(state="posted").update(state="planned", posted_on=None)
    make_double(Issue.objects.get(number=25), actor=STAFF, reason="x", at=AT)
    queue(drafts)
    deliver(500, at=AT)
    assert len(mailoutbox) > 50
    for letter in mailoutbox:
        text = f"{letter.subject}\n{letter.body}\n{letter.alternatives[0][0]}"
        assert not HALF.search(text), (letter.subject, HALF.search(text))
    assert sum("25-26" in letter.body for letter in mailoutbox) >= 5


def test_an_invoice_counts_the_copies_and_names_both_numbers(db, client):
    offers = make_offers(make_magazine())
    make_double(Issue.objects.get(number=26), actor=STAFF, reason="x", at=NOW)
    Reader(client, "elodie.lefevre@example.fr").buys(offers["fixed"])
    line = Invoice.objects.get().lines.get()
    assert "4 numéros (n°\u00a025, 26-27, 28 et 29), port compris" in line.name
