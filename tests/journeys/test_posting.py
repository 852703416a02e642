"""The letters to post in a real browser: what waits, a batch made, posted, taken back; at a desk and on a telephone."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from payments.days import paris_day
from shop.backoffice.roles import ensure_roles
from subscriptions.models import Notice, PostBatch
from subscriptions.notices.queueing import NoticeDraft, queue
from tests.backoffice.colleagues import hire
from tests.backoffice.posting import letter_to
from tests.browsing import sound
from tests.renewals.people import announced, subscriber

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def at_post(shop, settings, window):
    """Somebody of support at the desk, in the window of this test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    ensure_roles()
    colleague = hire("support")
    colleague.sign_in(Client())
    page = window()
    cookies = [
        {"name": name, "value": cookie.value, "url": shop.url} for name, cookie in colleague.browser.cookies.items()
    ]
    page.context.add_cookies(cookies)
    return page


def waiting() -> None:
    """A legal notice whose day is near, and a letter of service, to a reader without e-mail."""
    made = subscriber()
    Notice.objects.update(state="withdrawn")
    get_user_model().objects.filter(pk=made.payer_id).update(email=None)
    at = timezone.now()
    renewal = announced(
        made, renews_on=paris_day(at).replace(year=2027, month=1, day=13), state="planned", without="legal"
    )
    facts = {"renewal_id": renewal.pk, "renews_on": renewal.renews_on.isoformat()}
    queue(
        [
            NoticeDraft(
                kind="renewal_notice", matter="legal", customer_id=made.payer_id, to_email="", to_name="Élodie Lefèvre",
                facts=facts, due_at=at, created_at=at,
            )
        ]
    )  # fmt: skip
    letter_to(made.payer)


def go_on(page: Page, button: str) -> None:
    page.get_by_role("button", name="Voir ce qui va se passer").click()
    sound(page)
    page.get_by_role("button", name=button).click()


def test_from_what_waits_to_what_is_posted_and_back(shop, at_post, shoot):
    waiting()
    page = at_post
    page.goto(f"{shop.url}/gestion/courriers-a-poster/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Courriers à poster")
    expect(page.locator("tbody tr").first).to_contain_text("Avis d’échéance")
    sound(page)
    shoot(page, "post-waiting")
    page.get_by_role("link", name="Faire un lot").click()
    go_on(page, "Le faire")
    page.get_by_role("link", name="Noter comme posté").wait_for()
    expect(page.get_by_role("heading", level=1)).to_contain_text(PostBatch.objects.get().reference)
    sound(page)
    shoot(page, "post-batch")
    page.get_by_role("link", name="Noter comme posté").click()
    page.get_by_label("Posté le").fill(paris_day(timezone.now()).isoformat())
    page.get_by_label("numéro du recommandé").fill("1A 234 567 8901 2")
    page.get_by_role("button", name="Voir ce qui va se passer").click()
    sound(page)
    shoot(page, "post-posted-preview")
    page.get_by_role("button", name="C’est posté").click()
    expect(page.locator("main")).to_contain_text("1A 234 567 8901 2")
    sound(page)
    shoot(page, "post-posted")
    page.get_by_role("link", name="Revenir sur l’envoi noté").click()
    page.get_by_label("Motif").fill("le lot est encore là")
    go_on(page, "Revenir dessus")
    page.get_by_role("link", name="Retirer").first.click()
    page.get_by_label("Motif").fill("adresse à vérifier")
    go_on(page, "Le retirer")
    expect(page.locator("main")).to_contain_text("retiré")
    shoot(page, "post-taken-out")
    assert sorted(Notice.objects.filter(channel="paper").values_list("state", flat=True)) == ["printing", "queued"]
    page.goto(f"{shop.url}/gestion/retours-d-e-mails/")
    sound(page)
    shoot(page, "returns-empty")
