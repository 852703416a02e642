"""The calendar of issues at the desk: what is wrong, the next ones planned, days moved with all that hangs on them."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.models import Act, DeskItem
from subscriptions.models import Entitlement, Issue, IssueMove, Magazine, Subscription
from tasks.promise import issue_calendar
from tests.backoffice.colleagues import said, seal_of, text_of
from tests.backoffice.sold import sell

WHY = "L’imprimeur a du retard."


@pytest.fixture
def sale(offers):
    return sell(offers["automatic"])


def test_the_page_shows_the_time_line_the_copies_promised_and_what_is_wrong(at_desk, sale):
    Issue.objects.filter(number=27).update(cutoff_on=date(2027, 6, 10))
    colleague = at_desk("fulfilment")
    answer = colleague.see("desk_issue_calendar")
    page = text_of(answer)
    assert "<svg" in answer.content.decode()
    # The two last posted, and the five to come.
    numbers = [row[0].text.replace("\u00a0", " ") for row in answer.context["tables"][1].rows]
    assert numbers == ["n° 23", "n° 24", "n° 25", "n° 26", "n° 27", "n° 28", "n° 29"]
    promised = {row[0].text.replace("\u00a0", " "): row[7].text for row in answer.context["tables"][1].rows}
    assert (promised["n° 25"], promised["n° 28"], promised["n° 29"]) == (1, 1, 0)
    assert "Le n° 27 est arrêté le 10 juin 2027, 3 jours ouvrés avant sa mise en poste" in page
    assert reverse("desk_act_plan_issues") in answer.content.decode()


def test_the_queries_do_not_grow_with_what_is_promised(at_desk, sale):
    colleague = at_desk("fulfilment")
    counts = []
    for _more in range(2):
        with CaptureQueriesContext(connection) as found:
            colleague.see("desk_issue_calendar")
        counts.append(len(found))
        other = another_reader(sale)
        assert other.terms.get().entitlements.count() == 4
    assert counts[0] == counts[1]


def another_reader(sale):
    """Somebody else who is owed the same issues."""
    one = sale.subscription
    term = one.terms.get()
    copies = list(term.entitlements.all())
    one.pk, one.number, one._state.adding = None, None, True
    one.save()
    term.pk, term.subscription, term.order, term.payment, term._state.adding = None, one, None, None, True
    term.save()
    Entitlement.objects.bulk_create(
        [Entitlement(term=term, rank=copy.rank, issue=copy.issue, value_ht=copy.value_ht) for copy in copies]
    )
    other = Subscription.objects.get(pk=one.pk)
    sale.subscription.refresh_from_db()
    return other


def test_only_those_who_may_change_issues_do_and_everybody_may_look(at_desk, offers):
    key = Issue.objects.get(number=26).pk
    for role, status in (("finance", 403), ("support", 403), ("fulfilment", 200), ("administrator", 200)):
        colleague = at_desk(role)
        assert colleague.see("desk_issue_calendar").status_code == 200
        assert colleague.see("desk_act_plan_issues").status_code == status
        assert colleague.see("desk_act_move_issue", key).status_code == status


def planned(**changes):
    facts = {
        "cover_month": "3",
        "cover_year": "2028",
        "post_on": "2028-03-15",
        "cutoff_on": "2028-03-01",
        "many": "1",
        "reason": WHY,
    }
    return facts | changes


def test_the_next_issues_are_planned_by_the_rhythm(at_desk, offers):
    colleague = at_desk("fulfilment")
    form = colleague.see("desk_act_plan_issues").context["form"]
    assert (form["post_on"].value(), form["cutoff_on"].value()) == (date(2028, 3, 15), date(2028, 3, 1))
    shown = text_of(colleague.rehearse("desk_act_plan_issues", 0, **planned(many="2")))
    assert "n° 30, mars 2028" in shown
    assert "n° 31, juin 2028" in shown
    assert not Issue.objects.filter(number__gte=30).exists()
    colleague.act("desk_act_plan_issues", 0, **planned(many="2"))
    rows = Issue.objects.filter(number__gte=30).values_list("number", "cover_month", "post_on", "cutoff_on")
    assert list(rows) == [
        (30, 3, date(2028, 3, 15), date(2028, 3, 1)),
        (31, 6, date(2028, 6, 15), date(2028, 5, 31)),
    ]
    act = Act.objects.get(verb="planned issues")
    assert (act.facts, act.reason) == ({"issues": ["30", "31"]}, WHY)
    assert Issue.objects.get(number=30).history.get().history_change_reason == WHY


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cutoff_on": "2028-03-15"}, "The cut-off comes before the day of posting."),
        ({"cover_month": "12", "cover_year": "2027"}, "Another issue bears this month and this year on its cover."),
    ],
)
def test_what_cannot_be_planned_is_refused_in_a_sentence(at_desk, offers, changes, sentence):
    answer = at_desk("fulfilment").rehearse("desk_act_plan_issues", 0, **planned(**changes))
    assert said(sentence) in text_of(answer)
    assert not Issue.objects.filter(number__gte=30).exists()


def test_a_move_shows_what_moves_with_it_before_it_is_made(at_desk, sale):
    issue = sale.subscription.terms.get().entitlements.get(rank=1).issue
    assert issue.number == 25
    colleague = at_desk("fulfilment")
    days = {"post_on": "2027-01-12", "cutoff_on": "2026-12-15", "reason": WHY}
    shown = text_of(colleague.rehearse("desk_act_move_issue", issue.pk, **days))
    for words in ("15/12/2026 → 12/01/2027", "01/12/2026 → 15/12/2026", "12/01/2027 → 09/02/2027"):
        assert words in shown, shown
    assert not IssueMove.objects.exists()
    colleague.act("desk_act_move_issue", issue.pk, **days)
    move = IssueMove.objects.get()
    assert (move.old_post_on, move.post_on, move.old_cutoff_on, move.cutoff_on, move.reason) == (
        date(2026, 12, 15), date(2027, 1, 12), date(2026, 12, 1), date(2026, 12, 15), WHY,
    )  # fmt: skip
    issue.refresh_from_db()
    assert (issue.post_on, issue.cutoff_on) == (date(2027, 1, 12), date(2026, 12, 15))
    assert colleague.rehearse("desk_act_move_issue", issue.pk, **days).status_code == 422, "nothing to move"
    assert IssueMove.objects.count() == 1


def test_a_move_that_was_shown_otherwise_is_shown_again(at_desk, sale):
    issue = Issue.objects.get(number=25)
    colleague = at_desk("fulfilment")
    days = {"post_on": "2027-01-12", "cutoff_on": "2026-12-15", "reason": WHY}
    seal = seal_of(colleague.rehearse("desk_act_move_issue", issue.pk, **days))
    another_reader(sale)
    answer = colleague.say_yes("desk_act_move_issue", issue.pk, seal, **days)
    assert answer.status_code == 200
    assert not IssueMove.objects.exists()


@pytest.mark.parametrize(
    ("number", "days", "sentence"),
    [
        (
            25,
            {"post_on": "2027-03-15", "cutoff_on": "2026-12-01"},
            "It would be posted after No. %(number)s: move that one first.",
        ),
        (26, {"post_on": "2026-12-14", "cutoff_on": "2026-12-01"}, "It would be posted before No. %(number)s."),
        (25, {"post_on": "2026-12-15", "cutoff_on": "2026-11-20"}, "The cut-off cannot be moved into the past."),
        (25, {"post_on": "2026-12-15", "cutoff_on": "2026-12-16"}, "The cut-off comes before the day of posting."),
    ],
)
def test_what_cannot_be_moved_is_refused_in_a_sentence(at_desk, offers, number, days, sentence):
    key = Issue.objects.get(number=number).pk
    answer = at_desk("fulfilment").rehearse("desk_act_move_issue", key, **days, reason=WHY)
    assert said(sentence) % {"number": 51 - number} in text_of(answer)
    assert not IssueMove.objects.exists()


def test_a_posted_issue_stands_and_a_closed_one_keeps_its_cut_off(at_desk, offers):
    colleague = at_desk("fulfilment")
    assert colleague.see("desk_act_move_issue", Issue.objects.get(number=24).pk).status_code == 409
    closed = Issue.objects.get(number=25)
    Issue.objects.filter(pk=closed.pk).update(state="closed")
    answer = colleague.rehearse(
        "desk_act_move_issue", closed.pk, post_on="2026-12-15", cutoff_on="2026-12-02", reason=WHY
    )
    assert said("The file of this issue is closed: its cut-off stands.") in text_of(answer)
    colleague.act("desk_act_move_issue", closed.pk, post_on="2026-12-16", cutoff_on="2026-12-01", reason=WHY)
    assert IssueMove.objects.get().post_on == date(2026, 12, 16)


def test_the_register_is_no_second_way_around_it(at_desk, offers):
    boss, issue = at_desk("administrator"), Issue.objects.get(number=26)
    url = reverse("registers:subscriptions_issue_change", args=[issue.pk])
    form = boss.browser.get(url).context["adminform"].form
    assert set(form.fields) == {"headline", "contents", "pages", "change_reason"}
    typed = {"headline": "Titre", "contents": "[]", "pages": "132", "post_on": "2027-05-01", "cutoff_on": "2027-04-01"}
    assert boss.browser.post(url, typed | {"change_reason": WHY}).status_code == 302
    issue.refresh_from_db()
    assert (issue.headline, issue.post_on, issue.cutoff_on) == ("Titre", date(2027, 3, 15), date(2027, 3, 1))
    assert boss.browser.get(reverse("registers:subscriptions_issue_add")).status_code == 403


def test_each_warning_is_on_the_desk_once_and_comes_off_when_mended(at_desk, offers, transactional_db):
    Issue.objects.filter(number=27).update(cutoff_on=date(2027, 6, 10))
    Magazine.objects.update(cppap_valid_until=date(2027, 10, 1))
    issue_calendar()
    issue_calendar()
    key = Magazine.objects.get().pk
    rows = DeskItem.objects.filter(kind="issue_calendar").order_by("subject")
    assert [(one.desk, one.subject, one.closed_at) for one in rows] == [
        ("fulfilment", f"magazine:{key}:cppap:29", None),
        ("fulfilment", f"magazine:{key}:cutoff:27", None),
    ]
    Issue.objects.filter(number=27).update(cutoff_on=date(2027, 6, 1))
    issue_calendar()
    assert [one.subject.split(":", 2)[2] for one in rows.filter(closed_at=None)] == ["cppap:29"]
    closed = rows.get(closed_at__isnull=False)
    assert (closed.closed_by, closed.closed_because) == ("job:issue-calendar", "the calendar was mended")
    page = at_desk("fulfilment").see("desk_item", rows.filter(closed_at=None).get().pk).content.decode()
    assert reverse("desk_issue_calendar") in page
