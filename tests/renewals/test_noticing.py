"""Which letter is queued on which day, to whom, and what keeps it back. R is 23 November 2027."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.models import SavedMethod
from subscriptions.models import Notice, Renewal, Subscription
from subscriptions.notices.delivering import deliver
from subscriptions.renewals.noticing import Noticed, notice
from tests.makers import NOW
from tests.races.crowd import together
from tests.renewals.days import (
    around,
    dispute,
    live_on,
    move_to,
    noon,
    notice_on,
    other_card,
    plan_on,
    post_later,
    prove_on,
    succeed_price,
    the_renewal,
)
from tests.renewals.people import announced, subscriber

R = date(2027, 11, 23)
TARGET = R - timedelta(days=61)
DEBIT_ON = R - timedelta(days=14)
pytestmark = pytest.mark.django_db


def matters(kind: str) -> list[str]:
    return list(Notice.objects.filter(kind=kind).order_by("pk").values_list("matter", flat=True))


class TestLegal:
    def test_from_r_61_on_to_whoever_pays(self):
        reader = subscriber()
        plan_on(R - timedelta(days=75))
        assert notice_on(TARGET - timedelta(days=1)) == Noticed()
        assert notice_on(TARGET) == Noticed(legal=1)
        assert notice_on(TARGET) == Noticed()
        letter = Notice.objects.get(kind="renewal_notice")
        renewal = the_renewal()
        assert letter.matter == f"renewal_notice:renewal:{renewal.pk}:2027-11-23"
        assert (letter.rank, letter.to_email, letter.customer_id) == (
            "legal", "elodie.lefevre@example.fr", reader.payer_id,
        )  # fmt: skip
        assert letter.facts == {"renewal_id": renewal.pk, "renews_on": "2027-11-23", "amount": "27.60"}

    @pytest.mark.parametrize(
        ("on", "queued"),
        [(date(2027, 9, 22), 0), (date(2027, 9, 23), 1), (date(2027, 10, 20), 1), (date(2027, 10, 21), 0)],
    )
    def test_between_the_planned_day_and_two_days_before_the_end_of_the_window(self, on, queued):
        announced(subscriber(), renews_on=R, state="planned", without="legal")
        assert notice_on(on).legal == queued

    @pytest.mark.parametrize(
        "change", [{"renewal": "fixed"}, {"state": "ended"}, {"state": "lapsed"}], ids=["off", "ended", "lapsed"]
    )
    def test_to_nobody_who_has_said_no(self, change):
        reader = subscriber()
        announced(reader, renews_on=R, state="planned", without="legal")
        Subscription.objects.filter(pk=reader.pk).update(**change)
        assert notice_on(TARGET) == Noticed()

    @pytest.mark.parametrize("state", sorted(set(Renewal.State) - {"planned", "paid", "retrying"}))
    def test_of_no_renewal_that_has_gone_on(self, state):
        announced(subscriber(), renews_on=R, state=state)
        assert notice_on(TARGET).legal == 0

    def test_to_nobody_whose_data_was_erased(self):
        reader = subscriber()
        announced(reader, renews_on=R, state="planned", without="legal")
        get_user_model().objects.filter(pk=reader.payer_id).update(erased_on=TARGET)
        assert notice_on(TARGET) == Noticed()

    def test_another_day_is_another_letter_that_says_so(self, outbox):
        subscriber()
        live_on(around(R, 75, 61))
        post_later(28, date(2027, 12, 20))
        live_on([date(2027, 10, 1), date(2027, 10, 21), date(2027, 10, 22)])
        renewal = the_renewal()
        assert (renewal.state, renewal.renews_on) == ("announced", date(2027, 12, 21))
        assert matters("renewal_notice") == [
            f"renewal_notice:renewal:{renewal.pk}:2027-11-23",
            f"renewal_notice:renewal:{renewal.pk}:2027-12-21",
        ]
        said = outbox[-1].body.replace("\u00a0", " ")
        assert "Ce courrier remplace celui qui annonçait une reconduction le 23 novembre 2027" in said
        assert "La reconduction attend que le dernier numéro déjà payé vous ait été envoyé." in said
        days = renewal.proofs.order_by("pk").values_list("renews_on", "sent_on")
        assert list(days) == [(R, TARGET), (date(2027, 12, 21), date(2027, 10, 21))]

    def test_a_day_whose_window_is_closed_already_is_left_to_choice(self, outbox):
        subscriber()
        live_on(around(R, 75, 61))
        post_later(28, date(2027, 11, 30))
        live_on([date(2027, 11, 2)])
        assert the_renewal().state == "manual"

    def test_the_price_that_was_told_is_the_one_of_the_letter(self, outbox):
        reader = subscriber()
        succeed_price(reader, "30.00", valid_from=date(2027, 9, 20))
        live_on(around(R, 75, 61))
        said = outbox[-1].body.replace("\u00a0", " ")
        assert "30,00 € TTC, au lieu de 27,60 € pour la période en cours" in said
        succeed_price(reader, "33.00", valid_from=date(2027, 11, 1))
        move_to(reader, "EU")
        live_on(around(R, 14))
        assert "Nous débiterons 30,00 € le 23 novembre 2027" in outbox[-1].body.replace("\u00a0", " ")

    def test_a_letter_withdrawn_when_the_day_moved_is_written_again_if_it_moves_back(self, outbox):
        subscriber()
        plan_on(R - timedelta(days=75))
        notice_on(TARGET)
        post_later(28, date(2027, 12, 20))
        plan_on(TARGET)
        assert deliver(10, at=noon(TARGET)).withdrawn == 1
        assert Notice.objects.get(kind="renewal_notice").failure == "the renewal has moved to another day"
        post_later(28, date(2027, 9, 15))
        live_on([TARGET])
        assert matters("renewal_notice")[-1].endswith(":2027-11-23#2")
        assert the_renewal().state == "announced"


class TestPreDebit:
    def test_names_the_card_and_its_end(self, outbox):
        announced(subscriber(), renews_on=R, without="pre_debit")
        assert notice_on(DEBIT_ON - timedelta(days=1)) == Noticed()
        assert notice_on(DEBIT_ON) == Noticed(pre_debit=1)
        assert notice_on(DEBIT_ON) == Noticed()
        deliver(10, at=noon(DEBIT_ON))
        assert "par carte •••• 4242, valable jusqu’à fin 12/2030" in outbox[-1].body.replace("\u00a0", " ")

    def test_by_direct_debit_names_the_account_the_mandate_and_the_creditor(self, outbox):
        reader = subscriber(kind="sepa_debit")
        announced(reader, renews_on=R, without="pre_debit")
        assert notice_on(R - timedelta(days=16)) == Noticed(pre_debit=1)
        deliver(10, at=noon(R - timedelta(days=16)))
        said = outbox[-1].body.replace("\u00a0", " ")
        assert "sur le compte dont l’IBAN se termine par 2606" in said
        assert f"Référence unique du mandat (RUM) : {reader.saved_method.mandate_reference}" in said
        assert reader.saved_method.mandate not in said
        assert "Identifiant créancier SEPA (ICS) : FR72ZZZ123456" in said

    def test_without_a_means_of_payment_there_is_no_debit_to_tell(self):
        reader = subscriber()
        announced(reader, renews_on=R, without="pre_debit")
        SavedMethod.objects.filter(pk=reader.saved_method_id).update(ended_at=NOW)
        assert notice_on(DEBIT_ON).pre_debit == 0
        Subscription.objects.filter(pk=reader.pk).update(saved_method=None)
        assert notice_on(DEBIT_ON).pre_debit == 0

    def test_while_the_legal_notice_is_known_to_have_come_back_no_debit_is_told(self):
        renewal = announced(subscriber(), renews_on=R, without="pre_debit")
        Notice.objects.filter(matter=f"legal:renewal:{renewal.pk}:{R}:{TARGET}").update(state="bounced")
        assert notice_on(DEBIT_ON).pre_debit == 0

    @pytest.mark.parametrize("state", sorted(set(Renewal.State) - {"announced", "paid", "retrying"}))
    def test_only_of_what_will_be_debited(self, state):
        announced(subscriber(), renews_on=R, state=state, without="pre_debit")
        assert notice_on(DEBIT_ON).pre_debit == 0

    def test_one_that_waited_too_long_to_leave_is_withdrawn_and_told_anew_with_its_day(self, outbox):
        announced(subscriber(), renews_on=R, without="pre_debit")
        on = R - timedelta(days=6)
        notice_on(on)
        next_day = on + timedelta(days=1)
        assert deliver(10, at=noon(next_day)).withdrawn == 1
        assert Notice.objects.get(kind="renewal_pre_debit").failure == "too late for the day that it names"
        assert notice_on(next_day).pre_debit == 1
        deliver(10, at=noon(next_day))
        assert outbox[-1].subject.endswith("le 25\u00a0novembre\u00a02027")
        assert prove_on(next_day)[0].pre_debit == 1

    def test_a_card_that_ends_first_is_said_to(self, outbox):
        reader = subscriber()
        announced(reader, renews_on=R, without="pre_debit")
        other_card(reader, exp_month=10, exp_year=2027)
        notice_on(DEBIT_ON)
        deliver(10, at=noon(DEBIT_ON))
        letter = next(one for one in outbox if "débit de" in one.subject)
        assert "Cette carte ne sera plus valable ce jour-là." in letter.body
        assert f"/compte/abonnements/{reader.pk}/moyen-de-paiement/" in letter.body


class TestCardWanted:
    @pytest.mark.parametrize(
        ("exp", "asked"),
        [((10, 2027), True), ((11, 2027), False), ((12, 2027), False), ((12, 2026), True), ((1, 2028), False)],
        ids=["month before", "month of R", "month after", "year before", "year after"],
    )
    def test_of_whom_whose_card_ends_before_r(self, exp, asked):
        reader = subscriber()
        announced(reader, renews_on=R)
        other_card(reader, exp_month=exp[0], exp_year=exp[1])
        assert notice_on(R - timedelta(days=60)).card == int(asked)

    def test_of_whom_who_has_none_or_an_ended_one(self):
        one, another = subscriber(), subscriber(email="another@example.fr")
        announced(one, renews_on=R)
        announced(another, renews_on=R)
        SavedMethod.objects.filter(pk=one.saved_method_id).update(ended_at=NOW)
        Subscription.objects.filter(pk=another.pk).update(saved_method=None)
        assert notice_on(R - timedelta(days=60)).card == 2

    def test_of_nobody_who_pays_by_direct_debit(self):
        announced(subscriber(kind="sepa_debit"), renews_on=R)
        assert notice_on(R - timedelta(days=60)).card == 0

    def test_at_r_60_and_at_r_30_once_each(self, outbox):
        reader = subscriber()
        renewal = announced(reader, renews_on=R)
        other_card(reader, exp_month=9, exp_year=2027)
        asked = {days: notice_on(R - timedelta(days=days)).card for days in (61, 60, 59, 31, 30, 29, 1, 0)}
        assert asked == {61: 0, 60: 1, 59: 0, 31: 0, 30: 1, 29: 0, 1: 0, 0: 0}
        assert matters("renewal_card_wanted") == [
            f"renewal_card_wanted:renewal:{renewal.pk}:2027-11-23:60",
            f"renewal_card_wanted:renewal:{renewal.pk}:2027-11-23:30",
        ]

    def test_a_run_that_goes_on_from_the_last_one_asks_on_the_day_and_when_a_card_has_ended(self):
        due, ended = subscriber(), subscriber(email="other@example.fr", typed={"n": 2})
        plan_on(R - timedelta(days=75))
        other_card(due, exp_month=9, exp_year=2027)
        card = other_card(ended)

        def since_yesterday(days: int) -> int:
            on = R - timedelta(days=days)
            return notice(on=on, at=noon(on), limit=100, since=on - timedelta(days=1)).card

        assert [since_yesterday(days) for days in (61, 60, 59, 46)] == [0, 1, 0, 0]
        on = R - timedelta(days=45)
        SavedMethod.objects.filter(pk=card.pk).update(ended_at=noon(on), ended_because="mandate")
        assert [since_yesterday(days) for days in (45, 44, 43, 30, 29)] == [1, 0, 0, 2, 0]

    def test_a_good_card_left_meanwhile_stops_it(self, outbox):
        reader = subscriber()
        announced(reader, renews_on=R)
        other_card(reader, exp_month=9, exp_year=2027)
        notice_on(R - timedelta(days=60))
        other_card(reader)
        deliver(10, at=noon(R - timedelta(days=60)))
        assert Notice.objects.get(kind="renewal_card_wanted").failure == "a good means of payment is kept"
        assert notice_on(R - timedelta(days=30)).card == 0


def queries(act) -> int:
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen)


def test_the_queries_of_a_round_do_not_grow_with_the_readers():
    counts = []
    for people in (1, 3):
        for number in range(people):
            reader = subscriber(email=f"{people}-{number}@example.fr")
            announced(reader, renews_on=R, state="planned", without="legal")
            other_card(reader, exp_month=9, exp_year=2027)
        counts.append(queries(lambda: notice_on(TARGET + timedelta(days=1))))
        Renewal.objects.all().update(state="announced")
        counts.append(queries(lambda: notice_on(DEBIT_ON)))
    assert counts[:2] == counts[2:]


@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_queue_each_letter_once():
    for number in range(4):
        announced(subscriber(email=f"{number}@example.fr"), renews_on=R, state="planned", without="legal")
    done = together([lambda: notice_on(TARGET)] * 2)
    assert sum(one.legal for one in done) == 4
    assert Notice.objects.filter(kind="renewal_notice", state="queued").count() == 4


def test_a_dispute_takes_the_letter_back(outbox):
    reader = subscriber()
    plan_on(R - timedelta(days=75))
    notice_on(TARGET)
    dispute(reader, at=NOW)
    plan_on(TARGET)
    deliver(10, at=noon(TARGET))
    assert Notice.objects.get(kind="renewal_notice").state == "withdrawn"
