"""Refusing a new price in a real browser, in French: the letter's one button, the second click, and again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from payments.actors import Actor
from subscriptions.models import Offer
from subscriptions.pricing.changing import prepare, sign
from subscriptions.pricing.refusing import refuse_path
from tests.account.people import Reader
from tests.browsing import sound

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_new_price_is_refused(shop, window, shoot):
    offer = Offer.objects.get(renewal="automatic")
    elodie = Reader(Client(), "elodie.lefevre@example.fr").buys(offer)
    today, at, finance = timezone.localdate(), timezone.now(), Actor("staff", "1")
    change = prepare(
        offer.pk, ["FR"], Decimal("30.60"), orders_from=today + timedelta(days=30), renewals_from=today + timedelta(days=120),
        actor=finance, reason="Le papier coûte plus cher.", at=at,
    )  # fmt: skip
    sign(change.pk, actor=finance, reason="Vu.", at=at)
    page = window(java_script_enabled=True)
    path = refuse_path(elodie.subscription.pk, number=2, change_id=change.pk)
    assert path == reverse("refuse_price", args=[path.split("/")[2]])
    page.goto(shop.url + path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Refuser le nouveau prix")
    expect(page.locator("main")).to_contain_text("30,60\u00a0€")
    sound(page)
    shoot(page, "refuse-price")
    page.get_by_role("button", name="Refuser, et ne pas reconduire").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Il ne sera pas reconduit.")
    sound(page)
    shoot(page, "refuse-price-done")
    assert elodie.subscription.renewal == "fixed"
    page.goto(shop.url + path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Il ne sera pas reconduit.")
