"""What readers who were taken over see in their account, and their colleagues at the desk."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from shop.customers.models import Customer
from subscriptions.models import Subscription
from subscriptions.renewals.links_by_choice import renew_path
from tests.account.people import said
from tests.backoffice.colleagues import text_of
from tests.backoffice.conftest import at_desk
from tests.importing.desk import take_over
from tests.importing.written import automatic, line, written

__all__ = ["at_desk"]

pytestmark = pytest.mark.django_db


def room(customer: Customer) -> list[str]:
    """The sentences of somebody's reading room."""
    client = Client()
    client.force_login(customer, backend="django.contrib.auth.backends.ModelBackend")
    return said(client.get(reverse("account_home")))


def test_whoever_was_taken_over_sees_what_came_from_there_and_what_comes_from_here(offers):
    take_over(written(line(1, exemplaires_achetes="8", exemplaires_restants="2", exemplaires_servis="6", montant_ttc="55,20")))  # fmt: skip
    words = room(Customer.objects.get())
    lines = [one for one in words if "·" in one]
    assert lines[:3] == ["Un numéro antérieur · postéEnvoyé avant que cette boutique ne serve votre abonnement."] * 3
    assert lines[3].startswith("n° 22")
    assert lines[-1].startswith("n° 26")
    assert not any("Sa date n’est pas encore fixée" in one for one in lines)


def test_a_gift_of_another_house_is_nobody_elses_business(offers):
    take_over(written(line(1, cadeau="oui", payeur_prenom="Zoé", payeur_nom="Costa", payeur_email="zoe@exemple.fr")))
    giver, recipient = room(Customer.objects.get(last_name="Costa")), room(Customer.objects.get(last_name="Roux 1"))
    assert any("Inès Roux 1" in one for one in giver)
    assert not any("BELLECOUR" in one for one in giver)
    assert any("BELLECOUR" in one for one in recipient)
    assert any("Zoé Costa" in one for one in recipient)
    assert not any("27,60" in one for one in recipient)
    gift = Subscription.objects.get()
    assert Client().get(renew_path(gift)).headers["Location"] == reverse("gift")


def test_the_desk_says_where_a_copy_came_from(offers, at_desk):
    take_over(written(automatic(1, exemplaires_achetes="8", exemplaires_restants="2", exemplaires_servis="6", montant_ttc="55,20")))  # fmt: skip
    support = at_desk("support")
    shown = text_of(support.see("desk_subscription", Subscription.objects.get().pk))
    assert "avant notre registre" in shown
    assert "repris d’une autre maison" in shown
    person = text_of(support.see("desk_person", Customer.objects.get(source="ancienne-maison").pk))
    assert "ancienne-maison" in person
