"""Acts on many renewals or letters at once: shown, frozen, carried out row by row, compared with what was shown."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from payments.models import Act, DeskItem
from shop.backoffice import bulk_carrying
from shop.backoffice.bulk import KINDS
from shop.backoffice.bulk_carrying import carry_out
from shop.backoffice.models import BulkAct, BulkRow
from subscriptions.models import Notice, Renewal, RenewalChoice, Subscription
from subscriptions.renewals.by_hand import look_at_later
from subscriptions.renewals.planning import plan
from tests.backoffice.colleagues import said, seal_of, text_of
from tests.backoffice.test_queries import counted
from tests.makers import NOW
from tests.renewals.days import CLOCK, noon, notice_on, other_card
from tests.renewals.people import announced, subscriber

pytestmark = pytest.mark.django_db

R = date(2027, 11, 23)
WHY = {"reason": "Décision du comité, ticket 41."}
NOVEMBER = {"mois": "2027-11"}


def reader(number: int, **how) -> Renewal:
    return announced(subscriber(email=f"reader{number}@example.fr", typed={"number": number}), renews_on=R, **how)


def now() -> datetime:
    return timezone.now()


def states(bulk: BulkAct) -> list[tuple[str, str]]:
    return list(bulk.rows.values_list("state", "became"))


def test_what_was_shown_is_frozen_and_carried_out_and_the_rest_is_left_out(at_desk, offers):
    good, paying, gone = reader(1), reader(2, state="charging"), reader(3)
    Subscription.objects.filter(pk=gone.subscription_id).update(state="ended")
    support = at_desk("support")
    shown = support.rehearse("desk_act_renewals", 0, kind="by_choice", **NOVEMBER, **WHY)
    page = text_of(shown)
    assert said("Never charged; the reader is written to and may choose another year.") in page
    assert said("It has gone too far: it is charged, over, or by choice already.") in page
    tables = shown.context["preview"].tables
    assert [[str(row[0].text) for row in table.rows] for table in tables] == [
        [str(good.subscription)],
        [str(paying.subscription), str(gone.subscription)],
    ]
    assert Renewal.objects.get(pk=good.pk).state == "announced"  # looking changes nothing
    answer = support.say_yes("desk_act_renewals", 0, seal_of(shown), kind="by_choice", **NOVEMBER, **WHY)
    bulk = BulkAct.objects.get()
    assert answer.url == reverse("desk_bulk", args=[bulk.pk])
    assert (bulk.rows_total, bulk.left_out_total, bulk.chosen, bulk.finished_at) == (3, 2, {"mois": "2027-11"}, None)
    assert bulk.sha256 in text_of(shown)
    assert [carry_out(now=now) for _twice in range(2)] == [1, 0]
    good.refresh_from_db()
    assert (good.state, good.why[:21]) == ("manual", "Laissée au choix du l")
    step = good.events.latest("pk")
    assert (step.actor, step.reason) == (f"staff:{support.user.pk}", WHY["reason"])
    assert Notice.objects.get(kind="renewal_manual").facts["by_hand"] is True
    assert [state for state, _became in states(bulk)] == ["done", "left_out", "left_out"]
    bulk.refresh_from_db()
    assert bulk.finished_at is not None
    assert Act.objects.get(verb="made a renewal by choice").reason == WHY["reason"]
    seen = text_of(support.see("desk_bulk", bulk.pk))
    assert said("as it was shown") in seen


def test_a_world_that_changed_between_the_look_and_the_yes_is_shown_again(at_desk, offers):
    plans = [reader(1), reader(2)]
    support = at_desk("support")
    shown = support.rehearse("desk_act_renewals", 0, kind="off", **NOVEMBER, **WHY)
    Subscription.objects.filter(pk=plans[0].subscription_id).update(renewal="fixed")
    answer = support.say_yes("desk_act_renewals", 0, seal_of(shown), kind="off", **NOVEMBER, **WHY)
    assert (answer.status_code, answer.context["changed"], BulkAct.objects.count()) == (200, True, 0)


def test_what_changed_after_the_yes_is_refused_in_words_and_the_others_go_on(at_desk, offers):
    plans = [reader(number) for number in (1, 2, 3)]
    support = at_desk("support")
    support.act("desk_act_renewals", 0, kind="off", **NOVEMBER, **WHY)
    Subscription.objects.filter(pk=plans[1].subscription_id).update(renewal="fixed")
    Renewal.objects.filter(pk=plans[2].pk).update(state="charging")
    assert carry_out(now=now) == 3
    bulk = BulkAct.objects.get()
    assert [state for state, _became in states(bulk)] == ["done", "refused", "otherwise"]
    assert states(bulk)[1][1] == KINDS["off"].look([_fresh(plans[1])], R, {})[plans[1].pk].why_not
    assert RenewalChoice.objects.filter(automatic=False).count() == 2
    assert Renewal.objects.get(pk=plans[0].pk).state == "cancelled"
    # The readers are told by the letter that they get when they do it themselves.
    assert Notice.objects.filter(kind="renewal_turned_off").count() == 2


def _fresh(renewal: Renewal) -> Renewal:
    return Renewal.objects.select_related("subscription").get(pk=renewal.pk)


class Killed(BaseException):
    """A worker that is killed."""


def test_killed_at_any_row_it_goes_on_where_it_was_and_nothing_is_done_twice(at_desk, offers, monkeypatch):
    plans = [reader(number) for number in range(1, 5)]
    at_desk("support").act("desk_act_renewals", 0, kind="by_choice", **NOVEMBER, **WHY)
    write, left = bulk_carrying._write, [1, 2, 1]

    def killed(row, *rest, **named):
        left[0] -= 1
        if left[0] < 0:
            left.pop(0)
            raise Killed
        return write(row, *rest, **named)

    monkeypatch.setattr(bulk_carrying, "_write", killed)
    for _kill in range(2):
        with pytest.raises(Killed):
            carry_out(now=now)
    monkeypatch.setattr(bulk_carrying, "_write", write)
    carry_out(now=now)
    assert set(Renewal.objects.values_list("state", flat=True)) == {"manual"}
    assert [one.events.filter(to_state="manual").count() for one in plans] == [1, 1, 1, 1]
    assert Notice.objects.filter(kind="renewal_manual").count() == 4
    assert {state for state, _became in states(BulkAct.objects.get())} == {"done"}


def test_a_fault_of_ours_is_told_to_technique_and_stops_nobody_else(at_desk, offers, monkeypatch):
    first, _second = reader(1), reader(2)
    at_desk("support").act("desk_act_renewals", 0, kind="by_choice", **NOVEMBER, **WHY)
    inner = bulk_carrying._settle
    broken = [RuntimeError("no"), OperationalError("deadlock detected")]

    def faulty(key, **named):
        if BulkRow.objects.get(pk=key).key == first.pk and broken:
            raise broken.pop()
        return inner(key, **named)

    monkeypatch.setattr(bulk_carrying, "_settle", faulty)
    assert carry_out(now=now) == 1  # a deadlock: the row still waits
    assert carry_out(now=now) == 1
    assert [state for state, _became in states(BulkAct.objects.get())] == ["failed", "done"]
    assert DeskItem.objects.get(kind="bulk_row_failed").desk == "technique"


def test_charges_are_put_off_to_a_later_day_only_with_fresh_notices(at_desk, offers):
    plan_, planned = reader(1), reader(2, state="planned", without="legal")
    support = at_desk("support")
    answer = support.act("desk_act_renewals", 0, kind="later", to="2027-11-20", **NOVEMBER, **WHY)
    assert answer.status_code == 422
    assert support.act("desk_act_renewals", 0, kind="later", **NOVEMBER, **WHY).status_code == 422
    shown = support.rehearse("desk_act_renewals", 0, kind="later", to="2027-12-20", **NOVEMBER, **WHY)
    [[_name, will]] = shown.context["preview"].tables[0].rows
    assert re.findall(r"\d\d/\d\d/\d{4}", will.text) == ["20/12/2027", "23/11/2027", "20/10/2027", "06/12/2027"]
    support.say_yes("desk_act_renewals", 0, seal_of(shown), kind="later", to="2027-12-20", **NOVEMBER, **WHY)
    carry_out(now=now)
    plan_.refresh_from_db()
    assert (plan_.state, plan_.renews_on, plan_.amount.amount) == (
        "planned",
        date(2027, 12, 20),
        plan_.price.amount.amount,
    )
    assert Renewal.objects.get(pk=planned.pk).renews_on == R
    # The daily plan leaves it where it was put, and asks for its letters anew.
    plan(on=date(2027, 10, 1), at=noon(date(2027, 10, 1)), actor=CLOCK, limit=10)
    plan_.refresh_from_db()
    assert (plan_.state, plan_.renews_on) == ("planned", date(2027, 12, 20))


def test_a_plan_whose_letter_is_not_proved_yet_is_not_put_off(offers):
    """Its letter holds it to the day that it names: the next plan would bring it back there."""
    plan_, on = reader(1, state="planned", without="legal"), date(2027, 9, 25)
    assert notice_on(on).legal == 1
    outlook = look_at_later([_fresh(plan_)], on=on, to=date(2027, 12, 20))[plan_.pk]
    assert outlook.why_not.startswith("Seule une reconduction annoncée se reporte")


def test_another_card_is_asked_for_where_none_will_do_and_once_a_day(at_desk, offers):
    bad, good = reader(1), reader(2)
    other_card(bad.subscription, exp_month=10, exp_year=2027)
    support = at_desk("support")
    for _twice in range(2):
        support.act("desk_act_renewals", 0, kind="card", **NOVEMBER, **WHY)
        carry_out(now=now)
    [letter] = Notice.objects.filter(kind="renewal_card_wanted")
    assert letter.facts["renewal_id"] == bad.pk
    assert [state for state, _became in states(BulkAct.objects.get())] == ["done", "left_out"]
    assert good.pk


@pytest.mark.parametrize(("on", "sent"), [(date(2027, 8, 20), 0), (date(2027, 9, 1), 1), (date(2027, 11, 1), 0)])
def test_the_legal_notice_goes_again_inside_its_window_only(offers, on, sent):
    plan_ = reader(1, state="planned", without="legal")
    kind = KINDS["notice"]
    outlook = kind.look([_fresh(plan_)], on, {})[plan_.pk]
    assert bool(outlook.will) == bool(sent)
    if sent:
        kind.do(plan_.pk, {}, CLOCK, datetime.combine(on, datetime.min.time(), UTC) + timedelta(hours=12), "x")
        assert kind.look([_fresh(plan_)], on, {})[plan_.pk].why_not  # one is about to leave
    assert Notice.objects.filter(kind="renewal_notice", facts__renewal_id=plan_.pk).count() == sent


def test_failed_letters_go_again_and_none_twice(at_desk, offers):
    for number in (1, 2, 3):
        subscriber(email=f"reader{number}@example.fr", typed={"number": number})
    letters = list(Notice.objects.filter(kind="order_confirmation").order_by("pk"))
    Notice.objects.filter(pk__in=[one.pk for one in letters[:2]]).update(state="failed")
    support = at_desk("support")
    for _twice in range(2):
        support.act("desk_act_letters", 0, etat="failed", **WHY)
        carry_out(now=now)
    again = Notice.objects.filter(matter__contains="#").order_by("pk")
    assert [(one.matter, one.state) for one in again] == [(f"{one.matter}#2", "queued") for one in letters[:2]]
    assert BulkAct.objects.count() == 1  # the second time there was nothing left to do
    assert support.act("desk_act_letters", 0, etat="failed", **WHY).status_code == 422


def test_nobody_but_support_acts_on_many_renewals(at_desk, offers):
    reader(1)
    for role in ("finance", "fulfilment"):
        answer = at_desk(role).act("desk_act_renewals", 0, kind="off", **NOVEMBER, **WHY)
        assert (answer.status_code, BulkAct.objects.count()) == (403, 0)
        if role == "finance":
            assert said("Act on all of these") not in text_of(
                at_desk("finance", email="f2@team.example").see("desk_renewals")
            )


def test_more_than_can_be_shown_is_refused(at_desk, offers, monkeypatch):
    monkeypatch.setattr("shop.backoffice.bulk.MOST", 1)
    reader(1), reader(2)
    answer = at_desk("support").act("desk_act_renewals", 0, kind="off", **NOVEMBER, **WHY)
    assert (answer.status_code, BulkAct.objects.count()) == (422, 0)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_preview_asks_as_much_of_three_as_of_one(at_desk, offers, kind, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    boss = at_desk("administrator")
    name = "desk_act_letters" if kind == "letters" else "desk_act_renewals"
    typed = {"etat": "failed"} if kind == "letters" else {"kind": kind, "to": "2027-12-20", **NOVEMBER}

    def asked() -> int:
        Notice.objects.filter(kind="order_confirmation").update(state="failed")
        boss.rehearse(name, 0, **typed, **WHY)
        with CaptureQueriesContext(connection) as queries:
            boss.rehearse(name, 0, **typed, **WHY)
        return len(queries)

    reader(1)
    first = asked()
    reader(2), reader(3)
    assert asked() == first <= 30


def test_several_hundred_are_frozen_at_once_and_the_pages_do_not_grow(at_desk, offers):
    boss = at_desk("administrator")
    bulk = BulkAct.objects.create(
        kind="off", rows_total=600, left_out_total=0, sha256="x", actor=f"staff:{boss.user.pk}", reason="x", at=NOW
    )
    urls = [reverse("desk_bulks"), reverse("desk_bulk", args=[bulk.pk]), reverse("desk_bulk_rows", args=[bulk.pk])]

    def add(first, last):
        BulkRow.objects.bulk_create(
            [BulkRow(bulk=bulk, ordinal=number, key=number, name="x", shown="x") for number in range(first, last)]
        )

    add(1, 2)
    before = [counted(boss.browser, url)[0] for url in urls]
    add(2, 601)
    assert [counted(boss.browser, url)[0] for url in urls] == before
