"""The receipt of each copy, in the account and on the desks, in a browser: the same words on both."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from playwright.sync_api import expect

from payments.actors import job
from subscriptions.models import Entitlement, Issue, Offer
from subscriptions.moving import move_copies
from tests.account.people import Reader
from tests.browsing import sound
from tests.journeys.test_account import sign_in
from tests.journeys.test_support import sits
from tests.makers import NOW, send_out

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TOLD = "Dans le fichier le 15 décembre 2026, posté le 15 décembre 2026, renvoyé le 8 janvier."


def test_the_same_words_for_the_reader_and_for_the_desk(shop, window, shoot, settings, clock):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    offers = {offer.renewal: offer for offer in shop.offers}
    elodie = Reader(Client(), "elodie.lefevre@example.fr").buys(offers[Offer.Renewal.AUTOMATIC])
    send_out(Issue.objects.get(number=25), on=date(2026, 12, 15))
    copies = Entitlement.objects.filter(term__subscription=elodie.subscription)
    move_copies(list(copies.filter(rank=1)), "resend", on=date(2027, 1, 8), actor=job("tests"), at=NOW)
    move_copies(list(copies.filter(rank=2)), "hold", on=date(2027, 1, 9), actor=job("tests"), at=NOW)
    clock.move_to(datetime(2027, 1, 20, 9, 0, tzinfo=UTC))
    page = window()
    sign_in(page, shop, elodie)
    told = page.locator(".timeline")
    expect(told).to_contain_text(TOLD)
    expect(told).to_contain_text("Retenu le 9 janvier. Il est retenu, et part dès que rien ne le retient plus.")
    expect(page.get_by_text("Exemplaires à venir : 3.")).to_be_visible()
    sound(page)
    shoot(page, "receipts-account")
    page = window()
    sits("support", page, shop.url)
    page.goto(f"{shop.url}/gestion/abonnements/{elodie.subscription.pk}/")
    expect(page.get_by_role("main")).to_contain_text(TOLD)
    expect(page.get_by_role("main")).to_contain_text("Exemplaires à venir : 3.")
    sound(page)
    shoot(page, "receipts-desk")
