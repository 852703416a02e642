"""An import in a real browser: handed in by one, its faults and its totals, approved by another; at a desk and on a telephone."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from shop.backoffice.roles import ensure_roles
from subscriptions.models import ImportFile, Subscription
from tasks.promise import imports
from tests.backoffice.colleagues import hire
from tests.browsing import sound
from tests.importing.written import SOURCE, Written, line, write_file, written

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(shop, settings, window):
    """A window for somebody of a role."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    ensure_roles()

    def sit(role: str) -> Page:
        colleague = hire(role)
        colleague.sign_in(Client())
        page = window()
        page.context.add_cookies(
            [
                {"name": name, "value": cookie.value, "url": shop.url}
                for name, cookie in colleague.browser.cookies.items()
            ]
        )
        return page

    return sit


def fill(page: Page, file: Written) -> None:
    page.get_by_label("Ancienne maison").fill(SOURCE)
    page.get_by_label("Fichier", exact=True).set_input_files(
        {"name": "abonnes.csv", "mimeType": "text/csv", "buffer": file.bytes()}
    )
    page.get_by_label("Abonnés déclarés").fill(str(len(file.rows)))
    page.get_by_label("Exemplaires dus, déclarés").fill(str(file.copies))
    page.get_by_label("Valeur de ces exemplaires").fill(f"{file.deferred:.2f}".replace(".", ","))
    page.get_by_label("Personne de ce fichier n’est débité avant le").fill(
        (timezone.localdate() + timedelta(days=60)).isoformat()
    )
    page.get_by_label("Motif").fill("Reprise de septembre")


def test_a_faulty_file_then_the_right_one(shop, desk, shoot):
    one, other = desk("finance"), desk("administrator")
    one.goto(f"{shop.url}{reverse('desk_imports')}")
    expect(one.get_by_role("heading", level=1)).to_have_text("Reprises d’abonnés")
    one.get_by_role("link", name="Déposer un fichier").click()
    sound(one)
    shoot(one, "import-hand-in")
    fill(
        one,
        written(line(1, fin="31/04/2027"), line(2, formule="deux-ans"), line(3, destinataire_voie="place Bellecour")),
    )
    one.get_by_role("button", name="Déposer").click()
    expect(one.locator("body")).to_contain_text("Le fichier est déposé.")
    imports()
    one.reload()
    expect(one.locator("main")).to_contain_text("2 lignes sont en anomalie")
    sound(one)
    shoot(one, "import-faulty")
    one.get_by_role("link", name="date inexistante").click()
    expect(one.locator("main")).to_contain_text("Cette date n’existe pas")
    sound(one)
    shoot(one, "import-lines")

    right = write_file(30, Random(5))
    one.goto(f"{shop.url}{reverse('desk_act_hand_in')}")
    fill(one, right)
    one.get_by_role("button", name="Déposer").click()
    imports()
    file = ImportFile.objects.order_by("pk").last()
    assert file is not None
    other.goto(f"{shop.url}{reverse('desk_import', args=[file.pk])}")
    sound(other)
    shoot(other, "import-read")
    other.get_by_role("link", name="Approuver").click()
    other.get_by_label("Motif").fill("Les totaux concordent")
    other.get_by_role("button", name="Voir ce qui va se passer").click()
    sound(other)
    shoot(other, "import-approve")
    other.get_by_role("button", name="Faire entrer").click()
    imports()
    other.goto(f"{shop.url}{reverse('desk_import', args=[file.pk])}")
    expect(other.locator("main")).to_contain_text("entré")
    sound(other)
    shoot(other, "import-let-in")
    assert Subscription.objects.filter(source=SOURCE).count() == 30
