"""The exports as finance sees them, on a desk and on a phone: from the page of all of them to a file on the disk."""

from __future__ import annotations

from datetime import date, timedelta

import openpyxl
import pytest
from django.conf import settings as django_settings
from django.test import Client

from payments.actors import job
from payments.closing.days import close_days
from payments.exports.fec_making import wanted_of
from payments.exports.requesting import ask
from payments.models import AccountantProfile, Act
from shop.backoffice.roles import ensure_roles
from tests.backoffice.colleagues import hire
from tests.browsing import sound
from tests.institutions.papers import take
from tests.journeys.conftest import shoot, shop, window
from tests.makers import CLERK, NOW, TODAY
from tests.reconciliation.account import bought

__all__ = ["shoot", "shop", "window"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_export_is_looked_at_and_taken_at_any_size(shop, window, shoot, settings, tmp_path):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    shop.till.command("POST", "clock", frozen=True)
    bought(shop.till)
    take(quantity=3)
    take(email="bu@example.fr", number="4500099", at=NOW - timedelta(days=40), dated_on=date(2026, 10, 1))
    close_days(actor=job("close-day"), at=NOW + timedelta(days=1))
    ask("fec", wanted_of(2026), actor=CLERK, at=NOW, reason="demandé par le comptable")
    ensure_roles()
    desk = Client()
    hire("finance").sign_in(desk)
    page = window()
    name = django_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": desk.cookies[name].value, "url": shop.url}])
    until, since = TODAY.isoformat(), TODAY.replace(month=10, day=1).isoformat()
    for path, picture in (
        ("exports/", "exports"),
        (f"exports/journaux/?du={since}&au={until}", "export-journals"),
        (f"exports/tva-encaissements/?du={since}&au={until}", "export-vat"),
        (f"exports/balance-agee/?au={until}", "export-aged"),
        ("exports/balance-agee/?au=2031-01-01", "export-wrong"),
        ("exports/profils/", "export-profiles"),
        (f"exports/profils/{AccountantProfile.objects.get(name='EBP').pk}/", "export-profile"),
        ("clotures/fichiers/", "export-year-files"),
    ):
        page.goto(f"{shop.url}/gestion/{path}")
        shoot(page, picture)
        sound(page)
    page.goto(f"{shop.url}/gestion/exports/postes-ouverts/?au={until}")
    with page.expect_download() as waited:
        page.get_by_role("button", name="Télécharger le XLSX").click()
    waited.value.save_as(tmp_path / "postes.xlsx")
    assert waited.value.suggested_filename == f"postes-ouverts_{until}.xlsx"
    book = openpyxl.load_workbook(tmp_path / "postes.xlsx")
    assert [row[8] for row in book["Données"].iter_rows(min_row=2, values_only=True)] == [82.8, 27.6]
    assert book["Contrôle"]["D2"].value == 0
    assert Act.objects.get(verb="took an export").facts["rows"] == 2
    page.goto(f"{shop.url}/gestion/exports/")
    assert waited.value.suggested_filename in page.content()
