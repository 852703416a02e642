"""Renewals at the desks: the list by day, what stands in the way of each, and one with its chain."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.utils import timezone

from payments.models import DeskItem, SavedMethod
from shop.backoffice.obstacles import OBSTACLES
from subscriptions.models import Renewal, RenewalProof
from subscriptions.renewals.matters import BOUNCED_KIND
from tests.backoffice.colleagues import said, text_of
from tests.backoffice.sold import planned, sell
from tests.backoffice.test_queries import counted
from tests.renewals.people import prove

pytestmark = pytest.mark.django_db


def rows(answer) -> list[list[str]]:
    return [[str(cell.text) for cell in row] for row in answer.context["table"].rows]


def test_the_next_one_stands_first_and_what_is_over_is_not_shown(at_desk, offers):
    first, second, over = (planned(sell(offers["automatic"], number=number).subscription) for number in (1, 2, 3))
    Renewal.objects.filter(pk=first.pk).update(renews_on=date(2027, 12, 1))
    Renewal.objects.filter(pk=over.pk).update(state="cancelled", why="La reconduction automatique est désactivée.")
    colleague = at_desk("support")
    assert [row[0] for row in rows(colleague.see("desk_renewals"))] == [
        str(second.subscription),
        str(first.subscription),
    ]
    [row] = rows(colleague.see("desk_renewals", etat="cancelled"))
    assert row[-1] == "La reconduction automatique est désactivée."
    assert rows(colleague.see("desk_renewals", etat="manual")) == []


def test_what_is_proved_and_what_stands_in_the_way(at_desk, offers):
    sale = sell(offers["automatic"], number=1)
    renewal = planned(sale.subscription, state="announced")
    prove(renewal, RenewalProof.Kind.LEGAL, sent_on=date(2027, 9, 23))
    colleague = at_desk("finance")
    [row] = rows(colleague.see("desk_renewals"))
    assert row[5:7] == ["23/09/2027", "—"]
    assert row[-1] == said("No means of payment is kept.")
    method = SavedMethod.objects.create(
        payer_account=sale.payment.payer_account, stripe_method="pm_x", kind="card", last4="4242", exp_month=10,
        exp_year=2027, created_at=timezone.now(),
    )  # fmt: skip
    sale.subscription.saved_method = method
    sale.subscription.save()
    [row] = rows(colleague.see("desk_renewals"))
    assert row[-1] == said("The card ends before the renewal.")
    DeskItem.objects.create(
        desk="support", kind=BOUNCED_KIND, subject=f"renewal:{renewal.pk}", sentence="L’avis n’est pas arrivé.",
        opened_at=timezone.now(),
    )  # fmt: skip
    [row] = rows(colleague.see("desk_renewals"))
    assert row[-1] == "L’avis n’est pas arrivé."


def test_one_shows_its_chain_its_proofs_and_its_matters(at_desk, offers):
    sale = sell(offers["automatic"], number=1)
    renewal = planned(sale.subscription)
    prove(renewal, RenewalProof.Kind.LEGAL, sent_on=date(2027, 9, 23))
    answer = at_desk("administrator").see("desk_renewal", renewal.pk)
    page = text_of(answer)
    assert said("R is near") in page
    assert "23/09/2027" in page
    assert said("Nothing was charged yet.") in page
    assert sale.subscription.number in page
    assert at_desk("support").see("desk_renewal", 0).status_code == 404


def test_the_subscription_and_the_person_show_it_too(at_desk, offers):
    sale = sell(offers["automatic"], number=1)
    colleague = at_desk("support")
    assert "reconduction" not in [
        one.anchor for one in colleague.see("desk_subscription", sale.subscription.pk).context["detail"].whys
    ]
    planned(sale.subscription)
    whys = colleague.see("desk_subscription", sale.subscription.pk).context["detail"].whys
    assert [len(one.steps) for one in whys if one.anchor == "reconduction"] == [1]
    assert said("R is near") in text_of(colleague.see("desk_person", sale.customer.pk))


# Filters, the months ahead, and who is still to be planned.


def several(offers) -> list[Renewal]:
    """One on 23 November, one in December without a card that lasts, one by choice on 23 November."""
    november, december, choice = (
        planned(sell(offers["automatic"], number=number).subscription) for number in (1, 2, 3)
    )
    for plan in (november, december, choice):
        method = SavedMethod.objects.create(
            payer_account=plan.subscription.terms.get().payment.payer_account, stripe_method=f"pm_{plan.pk}x",
            kind="card", last4="4242", exp_month=11, exp_year=2027, created_at=timezone.now(),
        )  # fmt: skip
        plan.subscription.saved_method = method
        plan.subscription.save()
    Renewal.objects.filter(pk=december.pk).update(renews_on=date(2027, 12, 6), state="announced")
    Renewal.objects.filter(pk=choice.pk).update(state="manual")
    return [november, december, choice]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, [0, 2, 1]),
        ({"mois": "2027-11"}, [0, 2]),
        ({"mois": "2027-12"}, [1]),
        ({"jour": "2027-12-06"}, [1]),
        ({"mois": "2027-11", "etat": "manual"}, [2]),
        ({"obstacle": "carte"}, [1]),
        ({"obstacle": "choix"}, [2]),
        ({"obstacle": "aucun"}, [0]),
        ({"obstacle": "bureau"}, [0]),
        ({"obstacle": "avis"}, []),
        ({"obstacle": "litige"}, []),
        ({"mois": "2027-99", "jour": "x", "obstacle": "x", "etat": "x"}, [0, 2, 1]),
    ],
    ids=str,
)
def test_the_list_is_filtered_by_state_month_day_and_what_stands_in_the_way(at_desk, offers, asked, shown):
    plans = several(offers)
    if asked.get("obstacle") == "bureau":
        DeskItem.objects.create(
            desk="support", kind="x", subject=f"renewal:{plans[0].pk}", sentence="…", opened_at=timezone.now()
        )
    found = rows(at_desk("support").see("desk_renewals", **asked))
    assert [row[0] for row in found] == [str(plans[place].subscription) for place in shown]


def test_the_months_ahead_add_up_and_every_number_opens_its_rows(at_desk, offers):
    today = date(2026, 11, 23)
    november, december, choice = several(offers)
    Renewal.objects.filter(pk=november.pk).update(renews_on=today)
    Renewal.objects.filter(pk=december.pk).update(state="planned")
    Renewal.objects.filter(pk=december.pk).update(renews_on=date(2026, 12, 6))
    Renewal.objects.filter(pk=choice.pk).update(state="planned")
    Renewal.objects.filter(pk=choice.pk).update(renews_on=today)
    sell(offers["automatic"], number=4)  # its year ends on 22 November 2027: beyond these twelve months
    colleague = at_desk("finance")
    answer = colleague.see("desk_renewal_calendar")
    by_month, by_day, obstacles = answer.context["tables"]
    first, second, *others = by_month.rows
    heads = [str(column.label) for column in by_month.columns]
    assert len(by_month.rows) == 12
    assert [str(cell.text) for cell in first[-4:]] == ["2", "55,20\u00a0€", "", ""]
    assert [str(cell.text) for cell in second[-4:]] == ["1", "27,60\u00a0€", "", ""]
    assert all(str(cell.text) == "" for row in others for cell in row[1:])
    assert [str(cell.text) for cell in by_month.total[-4:]] == ["3", "82,80\u00a0€", "0", "0,00\u00a0€"]
    assert len(heads) == len(first)
    assert [[str(cell.text) for cell in row][:2] for row in by_day.rows] == [["23/11/2026", "2"]]
    for row in (*by_month.rows, *by_day.rows, *obstacles.rows):
        for cell in row:
            if isinstance(cell.text, int):
                assert len(rows(colleague.browser.get(cell.url))) == cell.text, cell
    assert answer.content.decode().count("<rect") == 2


def test_a_year_that_ends_and_is_not_planned_yet_is_seen_and_listed(at_desk, offers):
    subscription = sell(offers["automatic"], number=1).subscription
    with time_machine.travel("2027-02-01T09:00:00Z", tick=False):
        colleague = at_desk("finance")
        by_month = colleague.see("desk_renewal_calendar").context["tables"][0]
        [[cell, amount]] = [row[-2:] for row in by_month.rows if row[-2].text]
        assert (cell.text, amount.text) == (1, "27,60\u00a0€")
        [row] = rows(colleague.browser.get(cell.url))
        assert row[0] == subscription.number
        assert row[-1].endswith("09/09/2027")


def test_the_calendar_and_the_filters_ask_as_much_for_one_as_for_three(at_desk, offers):
    boss = at_desk("administrator")
    urls = ["/gestion/reconductions/calendrier/", "/gestion/reconductions/a-planifier/"]
    urls += [f"/gestion/reconductions/?obstacle={name}" for name in (*OBSTACLES, "aucun")]
    planned(sell(offers["automatic"], number=1).subscription)
    before = [counted(boss.browser, url)[0] for url in urls]
    for number in (2, 3):
        planned(sell(offers["automatic"], number=number).subscription)
    assert [counted(boss.browser, url)[0] for url in urls] == before
    assert max(before) <= 24
