"""The snapshot of law.md 4.1: complete, in sentences, the same for page, order and letter."""

from __future__ import annotations

import json
from datetime import date

import pytest

from subscriptions.calendar import DeliveryZone
from subscriptions.models import LegalText
from subscriptions.offers.catalogue import read_shelf
from subscriptions.offers.disclosing import disclosure
from tests.storefront.shelf import TODAY, stand

NB = "\u00a0"


def said(on=TODAY, *, code="un-an", zone=DeliveryZone.FR):
    shelf = read_shelf(on)
    facts = disclosure(shelf.standing(shelf.offer(code), zone), on, shelf=shelf)
    return facts, {block["key"]: block["text"] for block in facts["blocks"]}


@pytest.fixture(autouse=True)
def shelf_rows(db):
    return stand()


def test_the_facts_are_exact_and_plain():
    facts, _blocks = said()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["total"] == "27.60"
    assert facts["prices"] == {"FR": "27.60", "DOM": "27.60", "EU": "33.60", "WORLD": "39.60"}
    assert facts["first_issue"]["number"] == 25
    assert facts["issues"] == [25, 26, 27, 28]
    assert facts["term"] == {
        "starts_on": "2026-11-23",
        "ends_on": "2027-11-22",
        "renews_on": "2027-11-23",
        "last_day_to_refuse": "2027-11-22",
    }
    cgv = LegalText.objects.get(code="cgv")
    assert facts["texts"]["cgv"] == {"id": cgv.pk, "version": "2026-11", "sha256": cgv.sha256}


def test_every_point_of_the_law_has_its_block():
    _facts, blocks = said()
    assert list(blocks) == [
        "goods", "price", "first_issue", "term", "stop", "withdrawal", "payment", "delivery", "seller", "guarantees",
        "complaints",
    ]  # fmt: skip
    assert f"4 numéros (du n°{NB}25 au n°{NB}28), livrés par la poste" in blocks["goods"]
    assert blocks["price"].startswith(f"27,60{NB}€ TTC pour 12 mois, frais d’envoi compris vers la France")
    assert f"Ailleurs : 33,60{NB}€ vers l’Union européenne, 39,60{NB}€ vers le reste du monde." in blocks["price"]
    assert f"N°{NB}25 (décembre{NB}2026), mise en poste prévue le 15{NB}décembre{NB}2026" in blocks["first_issue"]
    assert "prend fin de lui-même" in blocks["term"]
    assert "quatorze jours après la réception du premier numéro" in blocks["withdrawal"]
    assert f"RCS Paris 732{NB}829{NB}320" in blocks["seller"]
    assert "Médiateur de la consommation (exemple)" in blocks["complaints"]


def test_the_automatic_offer_says_what_renews_when_and_for_how_much():
    _facts, blocks = said(code="un-an-reconduit")
    assert f"reconduit pour 12 mois le 23{NB}novembre{NB}2027" in blocks["term"]
    assert f"sauf refus jusqu’au 22{NB}novembre{NB}2027 inclus" in blocks["term"]
    assert f"Prix de la reconduction : 27,60{NB}€, ou le tarif annoncé" in blocks["term"]
    assert "enregistré chez Stripe" in blocks["payment"]


def test_abroad_the_total_is_that_of_the_zone():
    facts, blocks = said(zone=DeliveryZone.EU)
    assert facts["total"] == "33.60"
    assert blocks["price"].startswith(f"33,60{NB}€ TTC pour 12 mois, frais d’envoi compris vers l’Union européenne")


def test_a_debit_that_settles_after_the_cutoff_promises_the_next_issue():
    _facts, early = said(date(2026, 11, 16))
    assert "prélèvement" not in early["first_issue"]
    _facts, late = said(date(2026, 11, 27))
    assert late["first_issue"].startswith(f"N°{NB}25")
    assert f"n°{NB}26, mise en poste prévue le 15{NB}mars{NB}2027" in late["first_issue"]


def test_functions_that_do_not_exist_are_not_promised(monkeypatch):
    _facts, blocks = said(code="un-an-reconduit")
    assert ("Résilier votre contrat" in blocks["stop"]) is ("Renoncer au contrat ici" in blocks["withdrawal"])
    monkeypatch.setattr("subscriptions.offers.disclosing.online_functions", lambda: True)
    _facts, blocks = said(code="un-an-reconduit")
    assert "« Résilier votre contrat » au bas de chaque page" in blocks["stop"]
    assert "« Renoncer au contrat ici » au bas de chaque page" in blocks["withdrawal"]


def test_the_same_day_offer_and_zone_are_the_same_snapshot():
    assert said()[0] == said()[0]
