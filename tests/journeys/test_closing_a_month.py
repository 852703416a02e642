"""A month closed at finance's desk in a real browser: looked at, answered for line by line, signed, the FEC made."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from payments.actors import job
from payments.closing.checklist import lines
from payments.closing.days import close_days
from payments.closing.periods import month_of
from payments.days import paris_day
from payments.models import KeptFile, PeriodClosing
from shop.backoffice.closing_pages import key_of
from shop.backoffice.roles import ensure_roles
from tests.account.people import Reader
from tests.backoffice.colleagues import hire
from tests.browsing import sound
from tests.closing.conftest import book

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def at_desk(shop, settings, window):
    """Somebody of a role, in a window of their own."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    ensure_roles()

    def sit(role: str) -> Page:
        colleague = hire(role)
        colleague.sign_in(Client())
        page = window()
        cookies = [
            {"name": name, "value": cookie.value, "url": shop.url} for name, cookie in colleague.browser.cookies.items()
        ]
        page.context.add_cookies(cookies)
        return page

    return sit


def go_on(page: Page, button: str) -> None:
    page.get_by_label("Motif").fill("vérifié sur le relevé")
    page.get_by_role("button", name="Voir ce qui va se passer").click()
    sound(page)
    page.get_by_role("button", name=button, exact=True).click()


def test_from_the_checklist_to_the_file(shop, at_desk, client, shoot):
    today = paris_day(timezone.now())
    last_month = month_of(today.replace(day=1) - timedelta(days=1))
    book(
        "given_up:1",
        on=last_month.first_day,
        debit="DEFERRED",
        credit="REV_PRINT",
        journal="OD",
        label="Exemplaires rendus",
    )
    book(
        "given_up:2",
        on=last_month.first_day,
        debit="REV_PRINT",
        credit="DEFERRED",
        journal="OD",
        label="Exemplaires repris",
    )
    close_days(actor=job("close-day"), at=timezone.now())
    finance = at_desk("finance")
    finance.goto(f"{shop.url}/gestion/clotures/")
    sound(finance)
    shoot(finance, "closings-open")
    finance.goto(f"{shop.url}/gestion/clotures/{key_of(last_month)}/")
    sound(finance)
    shoot(finance, "closing-checklist")
    for line in lines():
        if line.weight == "person":
            finance.goto(f"{shop.url}/gestion/clotures/{key_of(last_month)}/repondre/?ligne={line.key}")
            go_on(finance, "En répondre")
    shoot(finance, "closing-answered")
    finance.get_by_role("link", name="Clôturer et signer").click()
    go_on(finance, "Clôturer et signer")
    expect(finance.get_by_role("main")).to_contain_text("clôturée")
    shoot(finance, "closing-signed")
    finance.goto(f"{shop.url}/gestion/clotures/signees/{PeriodClosing.objects.get().pk}/")
    sound(finance)
    shoot(finance, "closing-figures")
    Reader(client, "elodie@example.fr").buys(shop.offers[0])
    finance.goto(f"{shop.url}/gestion/clotures/jours/")
    sound(finance)
    shoot(finance, "closed-days")
    finance.goto(f"{shop.url}/gestion/clotures/fichiers/fec/{last_month.last_day.year}/")
    sound(finance)
    shoot(finance, "fec-form")
    close_days(actor=job("close-day"), at=timezone.now() + timedelta(days=1))  # what was sold today gets its number
    go_on(finance, "Le faire")
    sound(finance)
    shoot(finance, "fec-kept")
    assert KeptFile.objects.get().lines >= 4
