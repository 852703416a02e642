"""A copy that did not arrive, in a real browser: asked for by number, claimed by the link, decided at the desk; and an address
that copies came back from."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from payments.days import paris_day
from subscriptions.losses.links import address_path
from subscriptions.losses.returning import Returned, follow, write_down
from subscriptions.losses.stock import enter
from subscriptions.models import AddressDoubt, Claim, Dispatch, Issue, Offer, Subscription
from tests.account.people import Reader
from tests.browsing import sound
from tests.journeys.test_closing import at_desk  # noqa: F401
from tests.makers import CLERK, send_out

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def elodie(shop, client) -> Subscription:
    """A reader whose first issue was posted today."""
    reader = Reader(client, "elodie@example.fr").buys(Offer.objects.get(renewal="fixed"))
    issue = Issue.objects.filter(posted_on=None).order_by("number")[0]
    send_out(issue, on=paris_day(timezone.now()))
    enter(issue.pk, "received", 30, actor=CLERK, at=timezone.now(), reason="passe du routage")
    return reader.subscription


def test_a_copy_is_claimed_and_decided(shop, elodie, window, at_desk, shoot):  # noqa: F811
    page = window()
    page.goto(f"{shop.url}/")
    page.get_by_role("link", name="Un numéro n’est pas arrivé").click()
    sound(page)
    shoot(page, "claim-ask")
    page.get_by_role("button", name="Recevoir le lien").click()
    expect(page.get_by_role("alert")).to_contain_text("Indiquez votre numéro d’abonné")
    page.get_by_label("Numéro d’abonné").fill(elodie.number)
    page.get_by_label("Code postal ou adresse électronique").fill("elodie@example.fr")
    page.get_by_role("button", name="Recevoir le lien").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Regardez votre messagerie")
    sound(page)
    shop.turn()
    [link] = re.findall(r"http\S+/reclamation/\S+", mail.outbox[-1].body)
    page.goto(link)
    sound(page)
    shoot(page, "claim-form")
    page.get_by_role("button", name="Envoyer ma réclamation").click()
    sound(page)
    shoot(page, "claim-faults")
    page.get_by_role("radio").first.check()
    page.get_by_label("Je ne l’ai pas reçu").check()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Envoyer ma réclamation").click()
    expect(page.locator("main")).to_contain_text("une personne de notre équipe l’examine")
    sound(page)
    shoot(page, "claim-done")
    one = Claim.objects.get()
    colleague = at_desk("fulfilment")
    for name, path in (
        ("losses", "exemplaires-perdus/"),
        ("claims", "reclamations/"),
        ("claim", f"reclamations/{one.pk}/"),
        ("stock", "stock/"),
        ("returns", "pnd/"),
        ("return-file", "pnd/fichier/"),
    ):
        colleague.goto(f"{shop.url}/gestion/{path}")
        sound(colleague)
        shoot(colleague, f"desk-{name}")
    colleague.goto(f"{shop.url}/gestion/reclamations/{one.pk}/decider/")
    colleague.get_by_label("le renvoyer", exact=True).check()
    colleague.get_by_label("Motif").fill("Posté hier seulement, mais abîmé.")
    colleague.get_by_role("button", name="Voir ce qui va se passer").click()
    sound(colleague)
    colleague.get_by_role("button", name="Décider", exact=True).click()
    expect(colleague.locator("main")).to_contain_text("à renvoyer")


def test_an_address_is_confirmed(shop, elodie, window, shoot):
    line = Dispatch.objects.get(subscription=elodie)
    at = timezone.now()
    write_down([Returned(line.pk, 2, paris_day(at))], source="paper", actor=CLERK, at=at)
    follow(actor=CLERK, at=at)
    page = window(java_script_enabled=False)
    page.goto(shop.url + address_path(elodie.pk, on=paris_day(at)))
    shoot(page, "address-wanted")
    page.get_by_role("button", name="Envoyer le magazine à cette adresse").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="Elle est exacte").click()
    expect(page.get_by_role("status")).to_contain_text("Merci")
    shoot(page, "address-known")
    assert AddressDoubt.objects.get().state == "answered"
