"""An issue closed at the desks in a real browser, by two people: at a desk and on a telephone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from payments.days import paris_day
from shop.backoffice.roles import ensure_roles
from subscriptions.models import Issue, Magazine, MailingHouse, MailingRun, Offer
from tests.account.people import Reader
from tests.backoffice.colleagues import hire
from tests.browsing import sound
from tests.makers import make_house

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


def go_on(page: Page, button: str, *, reason: str = "arrêté du n° 25") -> None:
    page.get_by_label("Motif").fill(reason)
    page.get_by_role("button", name="Voir ce qui va se passer").click()
    sound(page)
    page.get_by_role("button", name=button, exact=True).click()


def test_from_planned_to_posted(shop, at_desk, client, shoot):
    if not MailingHouse.objects.exists():
        make_house(Magazine.objects.get())
    for name in ("elodie", "karim"):
        Reader(client, f"{name}@example.fr").buys(Offer.objects.get(renewal="fixed"))
    issue = Issue.objects.filter(posted_on=None).order_by("number")[0]
    today = paris_day(timezone.now())
    Issue.objects.filter(pk=issue.pk).update(cutoff_on=today, post_on=today + timedelta(days=14))
    clerk, colleague = at_desk("fulfilment"), at_desk("administrator")
    clerk.goto(f"{shop.url}/gestion/numeros/{issue.pk}/")
    sound(clerk)
    shoot(clerk, "issue-planned")
    clerk.get_by_role("link", name="Demander l’arrêté de son fichier").click()
    go_on(clerk, "Demander")
    expect(clerk.locator("main")).to_contain_text("attend un accord")
    sound(clerk)
    colleague.goto(clerk.url)
    colleague.get_by_role("link", name="Arrêter le fichier").click()
    colleague.get_by_label("Motif").fill("arrêté du n° 25")
    colleague.get_by_role("button", name="Voir ce qui va se passer").click()
    sound(colleague)
    shoot(colleague, "run-close-preview")
    colleague.get_by_role("button", name="Arrêter le fichier").click()
    expect(colleague.get_by_text("Le fichier est arrêté : 2 exemplaires.")).to_be_visible()
    clerk.reload()
    sound(clerk)
    shoot(clerk, "run-closed")
    clerk.get_by_role("link", name="Remettre au routeur").click()
    go_on(clerk, "Le routeur l’a reçu")
    clerk.get_by_role("link", name="Saisir le compte du routeur").click()
    clerk.get_by_label("Exemplaires comptés par le routeur").fill(str(MailingRun.objects.get().copies))
    go_on(clerk, "Enregistrer le compte")
    clerk.get_by_role("link", name="C’est posté").click()
    go_on(clerk, "C’est posté")
    expect(clerk.locator("main")).to_contain_text("posté")
    sound(clerk)
    shoot(clerk, "run-posted")
    assert MailingRun.objects.get().state == "posted"
    assert Issue.objects.get(pk=issue.pk).posted_on == today
