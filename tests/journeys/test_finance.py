"""The desk of finance in a real browser: from a line of the bank to the reader and back in three clicks each way, every page
on a desk and on a telephone; support sees none of it, and what needs two people takes two."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from payments.closing.checklist import lines
from payments.closing.days import close_days
from payments.closing.periods import month_of, sign, tick
from payments.models import BalanceMovement, Payout, Reopening
from payments.months.freezing import freeze_due
from payments.reconciliation.at_bank import match_arrivals
from tests.bank.coming import come
from tests.bank.files import Said
from tests.browsing import sound
from tests.closing.conftest import WRITER, at, book
from tests.journeys.test_support import _quick, sits
from tests.reconciliation.account import CLOCK, bought, later, looked, paid_out

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["_quick"]


class Clicks:
    """Counts what a person has to click."""

    def __init__(self, page: Page) -> None:
        self.page, self.made = page, 0

    def on(self, link: Locator) -> None:
        link.click()
        self.page.wait_for_load_state()
        self.made += 1


@pytest.fixture
def line(shop):
    """Two years sold at 27,60 €, paid out together, shown by the bank as one line of 53,88 €."""
    shop.till.command("POST", "clock", frozen=True)
    bought(shop.till)
    bought(shop.till)
    paid_out(shop.till)
    looked()
    payout = Payout.objects.get()
    [line] = come(Said("53.88", "STRIPE PAYOUT", "Stripe", payout.arrives_on), at=later())
    match_arrivals(actor=CLOCK, at=later())
    return line


def test_from_the_bank_to_the_reader_and_back_in_three_clicks(shop, line, window, shoot):
    page = window()
    sits("finance", page, shop.url)
    main, here = page.locator("main"), f"{shop.url}/gestion/banque/lignes/{line.pk}/"
    payment = BalanceMovement.objects.filter(meaning="payment").earliest("pk").payment
    reader = f"{shop.url}/gestion/personnes/{payment.customer_id}/"
    page.goto(here)
    sound(page)
    shoot(page, "finance-bank-line")
    there = Clicks(page)
    there.on(main.get_by_role("link", name=re.compile("^virement Stripe n°")).first)
    expect(page).to_have_url(re.compile(r"/gestion/virements-stripe/\d+/$"))
    sound(page)
    shoot(page, "finance-payout")
    there.on(main.get_by_role("link", name=payment.reference, exact=True))
    there.on(main.locator(f'a[href="/gestion/personnes/{payment.customer_id}/"]').first)
    expect(page).to_have_url(reader)
    assert there.made == 3
    back = Clicks(page)
    back.on(main.locator(f'a[href^="/gestion/paiements/{payment.pk}/"]').first)
    back.on(main.locator('a[href^="/gestion/virements-stripe/"]').first)
    back.on(main.get_by_role("link", name=f"{line.statement.reference}/{line.place}", exact=True))
    expect(page).to_have_url(here)
    assert back.made == 3
    # Whoever knows the payout already goes straight to one of its readers.
    main.locator(f'a[href="/gestion/personnes/{payment.customer_id}/"]').first.click()
    expect(page).to_have_url(reader)


def test_every_page_of_finance_at_any_size(shop, line, window, shoot):
    freeze_due(actor=CLOCK, at=later(60))
    page = window()
    sits("finance", page, shop.url)
    arrives = line.booked_on
    for path, picture in (
        ("", "home"),
        (f"balance/?jour={arrives}", "balance"),
        (f"balance/?mois={arrives:%Y-%m}", "balance-month"),
        (f"balance/bank/opening/?jour={arrives}", "balance-rows"),
        ("cohortes/", "cohorts"),
        ("reconductions/", "rates"),
        ("mois/", "months"),
        ("mois/202611/", "month"),
    ):
        page.goto(f"{shop.url}/gestion/finance/{path}")
        sound(page)
        shoot(page, f"finance-{picture}")
    # From the first page to the balance, to the lines behind a number, and back by the way one came.
    page.goto(f"{shop.url}/gestion/finance/balance/?jour={date(2026, 11, 23)}")
    page.locator("main").get_by_role("link", name="53,88 €").first.click()
    expect(page).to_have_url(re.compile(r"/gestion/ecritures/\?compte=517000&au=2026-11-23$"))
    page.emulate_media(media="print")
    page.goto(f"{shop.url}/gestion/finance/")
    expect(page.get_by_text(re.compile("^Imprimé le"))).to_be_visible()
    expect(page.locator(".desk-nav")).to_be_hidden()


def test_support_is_told_what_is_missing(shop, window):
    page = window()
    sits("support", page, shop.url)
    for path in ("", "balance/", "cohortes/", "reconductions/", "mois/"):
        assert page.goto(f"{shop.url}/gestion/finance/{path}").status == 403
        expect(page.locator("main")).to_contain_text("finance")
    sound(page)
    expect(page.get_by_role("link", name="Finances", exact=True)).to_have_count(0)


def test_a_signed_month_is_opened_again_by_two_people(shop, window, shoot):
    october = date(2026, 10, 5)
    book("given_up:1", on=october, debit="DEFERRED", credit="REV_PRINT", journal="OD")
    book("given_up:2", on=october, debit="REV_PRINT", credit="DEFERRED", journal="OD")
    close_days(actor=WRITER, at=at(date(2026, 11, 1), 1))
    for one in lines():
        if one.by_person:
            tick(month_of(october), one.key, actor=WRITER, at=at(date(2026, 11, 2)), reason="vérifié")
    closing = sign(month_of(october), actor=WRITER, at=at(date(2026, 11, 2)), reason="vérifié")
    finance, other = window(), window()
    sits("finance", finance, shop.url)
    sits("administrator", other, shop.url)
    here = f"{shop.url}/gestion/clotures/202610/"

    def says(page: Page, link: str, button: str) -> None:
        page.goto(here)
        page.locator("main").get_by_role("link", name=link).click()
        page.get_by_label("Motif").fill("une facture oubliée")
        page.get_by_role("button", name="Voir ce qui va se passer").click()
        if button:
            page.get_by_role("button", name=button, exact=True).click()
            page.wait_for_load_state()
        sound(page)

    says(finance, "Demander la réouverture", "Demander")
    says(finance, "Rouvrir", "")
    expect(finance.locator("main")).to_contain_text("quelqu’un d’autre")
    assert not Reopening.objects.exists()
    says(other, "Rouvrir", "Rouvrir")
    made = Reopening.objects.get(closing=closing)
    assert made.alone is False
    shoot(other, "finance-reopened")
