"""The desk of finance: exact figures on a small world, every number with the way to its rows, as many queries for three as for one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from payments.disputing import OPENED
from payments.models import DeskItem, Discrepancy, Dispute, Payout
from subscriptions.models import Issue
from tests.backoffice.colleagues import text_of
from tests.backoffice.sold import sell
from tests.bank.coming import come
from tests.bank.files import Said
from tests.choice.people import reader, renews
from tests.institutions.papers import take, transfer
from tests.makers import NOW, TODAY, send_out
from tests.renewals.counter import R

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offers")]
PAGES = (
    ("desk_finance", (), {}),
    ("desk_balance", (), {"jour": "2026-11-23"}),
    ("desk_balance", (), {"mois": "2026-11"}),
    ("desk_balance_rows", ("stripe", "not_there"), {"jour": "2026-11-23"}),
    ("desk_cohorts", (), {}),
    ("desk_cohorts", (), {"par": "issue", "qui": "own"}),
    ("desk_cohort_rows", (), {"mois": "2026-11-01", "rang": "1"}),
    ("desk_rates", (), {}),
    ("desk_failed_rows", (), {"mois": "2026-11"}),
    ("desk_months", (), {}),
    ("desk_month", (202611,), {}),
)


def plain(answer) -> str:
    """What the page says, with plain spaces."""
    return re.sub(r"[\u00a0\u202f]", " ", text_of(answer))


def links(answer) -> set[str]:
    return {url.replace("&amp;", "&") for url in re.findall(r'href="([^"]+)"', answer.content.decode())}


def test_a_day_with_three_sales_one_transfer_and_an_issue_posted(at_desk, offers):
    """82,80 by card and 27,60 by transfer; three copies of n° 25 earn 6,76 each, and of the fourth 6,76 too."""
    finance = at_desk("finance")
    for number in (1, 2, 3):
        sell(offers["fixed"], number=number)
    transfer(take().invoice, "27.60")
    send_out(Issue.objects.get(number=25), on=TODAY, at=timezone.now())
    page = finance.see("desk_finance")
    said = plain(page)
    for sentence in (
        "Encaissé aujourd’hui 82,80 € 3 paiements",
        "Virements reçus aujourd’hui 27,60 € 1 virement",
        "Rendu aujourd’hui 0,00 € 0 remboursement",
        "Contesté en ce moment 0,00 €",
        "n° 26 15/03/2027 4 27,00 €",
        "Total des exemplaires 12 81,08 €",
        "Dans les livres, compte 487100 81,08 €",
        "novembre 2026 27,04 € 27,04 €",
        "445712 TVA collectée 2,10 % 2,28 €",
    ):
        assert sentence in said, (sentence, said)
    here = links(page)
    assert f"{reverse('desk_payments')}?etat=succeeded&jour=2026-11-23" in here
    assert f"{reverse('desk_entries')}?compte=487100" in here
    assert f"{reverse('desk_entries')}?compte=445712&du=2026-11-01&au=2026-11-30" in here
    issue = Issue.objects.get(number=26)
    rows = finance.see("desk_owed", issue.pk)
    assert plain(rows).count("6,75 €") == 4
    assert "<svg" in page.content.decode()
    assert re.search(r'aria-labelledby="revenue-t revenue-d"', page.content.decode())


def test_the_lists_that_numbers_open_hold_what_they_say(at_desk, offers):
    finance = at_desk("finance")
    sell(offers["fixed"], number=1)
    [sale] = finance.see("desk_payments", etat="succeeded", jour="2026-11-23").context["page"].rows
    assert finance.see("desk_payments", etat="succeeded", jour="2026-11-22").context["page"].rows == []
    assert "Ceux du 23/11/2026 seulement." in plain(finance.see("desk_payments", jour="2026-11-23"))
    entries = finance.see("desk_entries", compte="517000", au="2026-11-23")
    assert [one.source for one in entries.context["page"].rows] == [f"payment:{sale.pk}"]
    assert "Seulement ce qui touche le compte 517000. Jusqu’au 23/11/2026 seulement." in plain(entries)
    assert finance.see("desk_entries", compte="517000", au="2026-11-22").context["page"].rows == []
    found = finance.see("desk_entries", nature="invoice", du="2026-11-01", au="2026-11-30").context["page"].rows
    assert [one.journal for one in found] == ["VE"]
    assert finance.see("desk_movements", au="2026-11-23").context["page"].rows == []
    for silly in ("2026-02-30", "demain", "2026-11-23'"):
        assert finance.see("desk_payments", jour=silly).status_code == 200


def test_what_nobody_has_explained_has_an_owner_an_age_and_a_way_to_it(at_desk):
    finance = at_desk("finance")
    now = timezone.now()
    before = TODAY - timedelta(days=3)
    [line] = come(Said("5.00", "VIREMENT", "M. X", on=before), on=before, at=NOW - timedelta(days=3))
    one = Discrepancy.objects.create(
        kind="unknown_type",
        subject="movement:1",
        at_stripe="-3.00",
        found_at=now - timedelta(days=9),
        owner=finance.user,
    )
    DeskItem.objects.create(
        desk="finance", kind="x", subject="payment:1", sentence="À regarder.", opened_at=now - timedelta(days=1)
    )
    page = finance.see("desk_finance")
    said = plain(page)
    assert "−3,00 € 9 j Finance Martin" in said
    assert "M. X VIREMENT 5,00 € 3 j personne encore" in said
    assert "À regarder. 1 j personne encore" in said
    assert "Lignes de banque à expliquer 1 5,00 €" in said
    assert said.index("−3,00 € 9 j") < said.index("M. X VIREMENT") < said.index("À regarder."), "the oldest first"
    for name, key in (("desk_discrepancy", one.pk), ("desk_bank_line", line.pk)):
        assert reverse(name, args=[key]) in links(page)


def test_a_payout_is_expected_and_shown_with_its_line(at_desk):
    finance = at_desk("finance")
    facts = {"currency": "eur", "automatic": True, "state_since": NOW, "looked_up_at": NOW, "created": NOW}
    late = Payout.objects.create(
        stripe_payout="po_late", amount="26.94", arrives_on=TODAY - timedelta(days=1), state="paid", **facts
    )
    Payout.objects.create(
        stripe_payout="po_coming", amount="53.88", arrives_on=TODAY + timedelta(days=1), state="in_transit", **facts
    )
    page = finance.see("desk_finance")
    said = plain(page)
    assert "24/11/2026 po_coming en route — 53,88 €" in said
    assert "22/11/2026 po_late attend la ligne de banque — 26,94 €" in said
    assert "À recevoir encore 80,82 €" in said
    assert reverse("desk_payout", args=[late.pk]) in links(page)


def test_the_balance_says_every_difference_and_the_remainder_at_nought(at_desk, offers):
    finance = at_desk("finance")
    sell(offers["fixed"], number=1)
    come(Said("5.00", "VIREMENT"), at=NOW)
    page = finance.see("desk_balance", jour="2026-11-23")
    said = plain(page)
    assert "Chez Stripe 27,60 € 0,00 € 27,60 € 0,00 €" in said
    assert "À la banque 0,00 € 1 005,00 € −1 005,00 € 0,00 €" in said
    assert "dans les livres seulement 1 −27,60 €" in said
    assert "lignes à expliquer 1 5,00 €" in said
    assert "solde avant le premier relevé 1 1 000,00 €" in said
    assert said.count("Reste 0,00 €") == 3
    rows = finance.see("desk_balance_rows", "stripe", "not_there", jour="2026-11-23")
    assert "paiement n° " in plain(rows)
    assert "27,60 € 0,00 € 27,60 €" in plain(rows)
    month = plain(finance.see("desk_balance", mois="2026-11"))
    assert "Ce qui a bougé en novembre 2026" in month
    assert "Chez Stripe les livres 0,00 € 27,60 € 27,60 €" in month
    assert finance.see("desk_balance_rows", "stripe", "nothing").status_code == 404
    assert finance.see("desk_balance_rows", "elsewhere", "fee").status_code == 404


def test_a_cohort_is_drawn_and_its_numbers_lead_to_subscriptions(at_desk, time_machine_at):
    """Two of November 2026 go on, one does not: 66,7 % on the day after their year."""
    stayed = [reader(email=f"reader{n}@example.fr") for n in range(3)]
    for one in stayed[:2]:
        renews(one, on=R - timedelta(days=10))
    time_machine_at(R + timedelta(days=1))
    finance = at_desk("finance")
    page = finance.see("desk_cohorts")
    assert "novembre 2026 3 3 0 2 1 0 0 66,7 %" in plain(page)
    assert 'aria-labelledby="rank1-t rank1-d"' in page.content.decode()
    assert "11/26: 2 par choix, 1 encore ouvert" in page.content.decode()
    [url] = [url for url in links(page) if "issue=open" in url]
    rows = finance.browser.get(url)
    assert [str(one) in plain(rows) for one in stayed] == [False, False, True]
    assert "encore ouvert" in plain(rows)
    rates = finance.see("desk_rates")
    assert "novembre 2027 3 0 2 1 0 0 66,7 %" in plain(rates)
    by_issue = plain(finance.see("desk_cohorts", par="issue"))
    assert "n° 25 3 3 0 2 1 0 0 66,7 %" in by_issue
    assert "Personne n’est encore arrivé" in plain(finance.see("desk_cohorts", qui="gift"))


@pytest.mark.parametrize(("name", "args", "query"), PAGES, ids=lambda one: str(one))
def test_as_many_queries_for_three_sales_as_for_one(at_desk, offers, name, args, query):
    finance = at_desk("finance")
    sell(offers["fixed"], number=1)
    come(Said("5.00", "A"), at=NOW)

    def cost() -> int:
        finance.see(name, *args, **query)
        with CaptureQueriesContext(connection) as asked:
            assert finance.see(name, *args, **query).status_code == 200
        return len(asked)

    one = cost()
    for number in (2, 3):
        sell(offers["fixed"], number=number)
    come(*[Said("5.00", "A", on=TODAY)] * 2, opening="1005.00", ident="R2", sequence="232")
    assert cost() == one
    assert one <= 40, one


@pytest.mark.parametrize("role", ["support", "fulfilment", ""])
def test_nobody_else_sees_any_of_it(at_desk, role):
    colleague = at_desk(role)
    for name, args, query in PAGES:
        assert colleague.see(name, *args, **query).status_code == 403, name
    assert Client().get(reverse("desk_finance")).status_code == 302


def test_a_dispute_is_one_row_with_the_way_to_it(at_desk, offers):
    """Its matter on the desk and the dispute itself are one thing."""
    finance = at_desk("finance")
    sale = sell(offers["fixed"], number=1)
    one = Dispute.objects.create(
        stripe_dispute="du_1", payment=sale.payment, amount="27.60", opened_at=NOW - timedelta(days=2), state_since=NOW,
        looked_up_at=NOW, taken="27.60", owner=finance.user,
    )  # fmt: skip
    subject = f"payment:{sale.payment.pk}"
    DeskItem.objects.create(desk="finance", kind=OPENED, subject=subject, sentence="Contesté.", opened_at=NOW)
    page = finance.see("desk_finance")
    said = plain(page)
    assert f"La banque du paiement {sale.payment.reference} le conteste. 27,60 € 2 j Finance Martin" in said
    assert "Contesté en ce moment 27,60 € 1 contestation" in said
    assert "Contesté. " not in said
    assert reverse("desk_dispute", args=[one.pk]) in links(page)
