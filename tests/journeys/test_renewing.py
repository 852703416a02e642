"""A reader renews by the link of a letter, in a real browser: from the button to the letter that confirms it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from payments.actors import job
from subscriptions.models import AddressChange, Issue, Offer, Order, Subscription, Term
from subscriptions.objecting import has_objected, unsubscribe_path
from subscriptions.renewals.links_by_choice import renew_path
from tests.account.people import Reader
from tests.browsing import sound
from tests.journeys.test_purchase import VISA, pay_by_card, send
from tests.makers import send_out

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EMAIL = "elodie.lefevre@example.fr"


@pytest.fixture
def elodie(shop, client) -> Subscription:
    """Élodie, whose fixed year has two copies to come; issues are planned for another year."""
    plan_issues(shop)
    subscription = Reader(client, EMAIL).buys(Offer.objects.get(renewal="fixed")).subscription
    for number in Issue.objects.filter(posted_on=None).order_by("number").values_list("number", flat=True)[:2]:
        send_out(Issue.objects.get(number=number), on=timezone.localdate(), actor=job("test"))
    return subscription


def plan_issues(shop) -> None:
    """Quarterly issues after the last one of the small world, whatever today is."""
    last = Issue.objects.latest("number")
    first_on = max(last.post_on, timezone.localdate() + timedelta(days=20))
    for step in range(1, 9):
        on = first_on + timedelta(days=91 * step)
        Issue.objects.create(
            magazine=shop.magazine, number=last.number + step, cover_month=on.month, cover_year=on.year,
            cutoff_on=on - timedelta(days=14), post_on=on,
        )  # fmt: skip


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_from_the_letter_to_the_next_year(shop, elodie, window, shoot, script):
    page = window(java_script_enabled=script)
    page.goto(shop.url + renew_path(elodie, source="RA1"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre réabonnement à ActuIA")
    expect(page.locator("p.lead")).to_contain_text(f"Votre abonnement {elodie.number} continue")
    assert page.input_value("[name=email]") == EMAIL
    assert page.input_value("[name=delivery_street]") == "12 bis rue de l'Église"
    assert page.is_checked("[name=renewal][value=fixed]")
    assert not page.is_checked("[name=terms]")
    if script:
        sound(page)
        shoot(page, "renew")
        page.fill("[name=delivery_flat]", "Appartement 4")
        expect(page.locator("[data-part=label]")).to_contain_text("Appartement 4", timeout=15_000)
    page.click("button[name=place]")
    expect(page.get_by_role("alert")).to_be_visible()
    if script:
        sound(page)
        shoot(page, "renew-terms-missing")
    page.check("[name=terms]")
    send(page, shop)
    pay_by_card(page, VISA)
    page.wait_for_url(f"{shop.url}/commande/retour/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("C’est payé\u00a0: votre abonnement continue.")
    if script:
        sound(page)
        shoot(page, "renew-paid")
    shop.turn()
    assert Subscription.objects.get() == elodie
    first, second = Term.objects.order_by("number")
    assert second.starts_on == first.ends_on + timedelta(days=1)
    assert Order.objects.get(renews=elodie).source_code == "RA1"
    assert AddressChange.objects.count() == (1 if script else 0)
    assert len(shop.till.charges()) == 1
    assert [letter.subject for letter in mail.outbox if "prolongé" in letter.subject] == [
        f"Votre abonnement est prolongé (commande {second.order.reference})"
    ]


def test_from_the_account_s_card(shop, elodie, window, shoot):
    from tests.journeys.test_account import sign_in

    page = window()
    sign_in(page, shop, Reader(None, EMAIL))
    sound(page)
    shoot(page, "account-renew")
    page.get_by_role("link", name="Se réabonner").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre réabonnement à ActuIA")


def test_stopping_the_reminders(shop, elodie, window, shoot):
    page = window(java_script_enabled=False)
    page.goto(shop.url + unsubscribe_path(elodie.payer_id))
    shoot(page, "unsubscribe")
    page.get_by_role("button", name="Arrêter les rappels").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("C’est fait\u00a0: plus de rappels.")
    shoot(page, "unsubscribed")
    assert has_objected(elodie.payer_id)


def test_the_small_pages_are_sound(shop, elodie, window, shoot):
    page = window()
    for name, path in {
        "unsubscribe-page": unsubscribe_path(elodie.payer_id),
        "renew-forged": "/reabonnement/forged/",
    }.items():
        page.goto(shop.url + path)
        sound(page)
        shoot(page, name)
