"""Every mention of law.md 2.1, for each kind of buyer: what must be said, and what must not."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from payments.invoicing.issuing import Buyer, LineDraft, credit_in_full
from payments.invoicing.mentions import DEBITS, LATE_PROFESSIONAL, LATE_PUBLIC, NO_DISCOUNT, facts_of
from payments.invoicing.reissuing import CannotReissue, reissue
from payments.models import Invoice, VatCheck
from payments.vat import INTRA_EU
from tests.letters.people import ACTOR, AT, invoice_of, pay, place

pytestmark = pytest.mark.django_db
NBSP = "\u00a0"
DUE = date(2027, 2, 3)


def buyer(kind: str, **changes: str) -> Buyer:
    facts = {
        "name": "Société Lumière",
        "address": ("SOCIETE LUMIERE", "25 RUE DU PREMIER FILM", "69008 LYON"),
        "country": "FR",
    }
    return Buyer(kind=kind, **(facts | changes))


def unpaid(kind: str, **changes):
    """Facts of an unpaid invoice to a buyer of that kind."""
    changes.setdefault("buyer", buyer(kind))
    changes.setdefault("due_on", DUE)
    return facts_of(invoice_of(place(), None, **changes))


def test_a_reader_s_invoice_paid_by_card():
    order = place()
    facts = facts_of(invoice_of(order, pay(order)))
    assert facts["title"] == "Facture F2027-000001"
    assert facts["under"] == [f"Émise le 4{NBSP}janvier{NBSP}2027"]
    assert facts["seller"] == {
        "name": "ActuIA Éditions",
        "lines": [
            "14 rue des Archives",
            "75004 PARIS",
            "FRANCE",
            "SIREN 732829320, RCS Paris",
            "N° TVA FR44732829320",
        ],
    }
    assert facts["buyer"] == ["Camille Lenoir", "3 RUE DE LA PAIX", "69001 LYON", "FRANCE"]
    assert facts["parties"] == []
    assert facts["rows"] == [
        [
            "ActuIA, abonnement d’un an, 4 numéros (nos 25 à 28)",
            "1",
            f"27,03{NBSP}€",
            f"2,10{NBSP}%",
            f"27,03{NBSP}€",
            f"27,60{NBSP}€",
        ]
    ]
    assert facts["totals"] == [
        ["Total HT", f"27,03{NBSP}€", False],
        [f"TVA 2,10{NBSP}%", f"0,57{NBSP}€", False],
        ["Total TTC", f"27,60{NBSP}€", True],
    ]
    assert facts["paid"] == (
        f"Payée le 4{NBSP}janvier{NBSP}2027 par carte{NBSP}••••{NBSP}4242. Reste à payer : 0,00{NBSP}€."
    )
    assert facts["mentions"] == ["Nature de l’opération : livraison de biens."]
    assert facts["foot"] == [
        "ActuIA Éditions, SAS au capital de 20 000 €, SIRET 73282932000074",
        "abonnements@actuia.example, +33 1 84 00 00 00",
    ]


@pytest.mark.parametrize(
    ("kind", "saved", "words"),
    [
        ("card", True, f"carte{NBSP}••••{NBSP}4242"),
        ("card", False, "carte"),
        ("sepa_debit", True, f"prélèvement SEPA{NBSP}••••{NBSP}3000"),
        ("sepa_debit", False, "prélèvement SEPA"),
        ("link", False, "Link"),
        ("something_new", False, "paiement en ligne"),
    ],
)
def test_how_it_was_paid(kind, saved, words):
    order = place()
    paid = facts_of(invoice_of(order, pay(order, kind=kind, saved=saved)))["paid"]
    assert paid.startswith(f"Payée le 4{NBSP}janvier{NBSP}2027 par {words}. ")


def test_nothing_a_consumer_does_not_owe_is_claimed():
    said = " ".join(unpaid("consumer")["mentions"])
    for claim in ("40", "retard", "pénalité", "Escompte", "Échéance"):
        assert claim not in said


@pytest.mark.parametrize("kind", ["pro_fr", "pro_eu", "pro_row", "assoc"])
def test_professionals_read_due_date_discount_penalties_and_40_euros(kind):
    facts = unpaid(kind)
    assert facts["mentions"] == [
        "Nature de l’opération : livraison de biens.",
        f"Échéance : 3{NBSP}février{NBSP}2027. Escompte pour paiement anticipé : néant.",
        LATE_PROFESSIONAL,
    ]
    assert "majoré de 10 points" in LATE_PROFESSIONAL
    assert f"frais de recouvrement : 40{NBSP}€" in LATE_PROFESSIONAL
    assert facts["paid"] == f"Net à payer : 27,60{NBSP}€, à payer au plus tard le 3{NBSP}février{NBSP}2027."


def test_a_public_body_owes_eight_points_and_gives_its_numbers():
    facts = unpaid(
        "public_fr",
        buyer=buyer(
            "public_fr",
            siren="196917744",
            siret="19691774400019",
            service_code="BU-PERIO",
            engagement_number="EJ-2027-00417",
        ),
        delivery_address=("SERVICE PERIODIQUES", "6 AVENUE GASTON BERGER", "69621 VILLEURBANNE CEDEX"),
    )
    assert facts["parties"] == [
        ["N° SIREN du client", "196917744"],
        ["N° SIRET du client", "19691774400019"],
        ["Code service", "BU-PERIO"],
        ["N° d’engagement ou de bon de commande", "EJ-2027-00417"],
        ["Adresse de livraison", "SERVICE PERIODIQUES\n6 AVENUE GASTON BERGER\n69621 VILLEURBANNE CEDEX"],
    ]
    assert facts["mentions"][1].endswith(NO_DISCOUNT)
    assert facts["mentions"][-1] == LATE_PUBLIC
    assert "majoré de 8 points" in LATE_PUBLIC
    assert LATE_PROFESSIONAL not in facts["mentions"]


def test_a_delivery_to_the_same_address_is_not_repeated():
    facts = unpaid("pro_fr", delivery_address=("SOCIETE LUMIERE", "25 RUE DU PREMIER FILM", "69008 LYON"))
    assert facts["parties"] == []


def test_a_sale_to_a_taxable_body_of_the_union_shows_both_numbers_and_why_there_is_no_vat():
    facts = unpaid(
        "pro_eu",
        buyer=buyer("pro_eu", vat_number="DE129273398", country="DE"),
        vat_zone="EU",
        vat_rate=Decimal("0.00"),
        legal_mention="Exonération de TVA – art. 262 ter, I du CGI",
    )
    assert facts["parties"] == [["N° TVA du client", "DE129273398"]]
    assert "N° TVA FR44732829320" in facts["seller"]["lines"]
    assert facts["mentions"][0] == "Exonération de TVA – art. 262 ter, I du CGI."
    assert facts["totals"] == [
        ["Total HT", f"27,60{NBSP}€", False],
        [f"TVA 0,00{NBSP}%", f"0,00{NBSP}€", False],
        ["Total TTC", f"27,60{NBSP}€", True],
    ]


def test_an_export_says_why_there_is_no_vat():
    facts = unpaid(
        "consumer", vat_zone="WORLD", vat_rate=Decimal("0.00"), legal_mention="Exonération de TVA – art. 262, I du CGI"
    )
    assert facts["mentions"] == [
        "Exonération de TVA – art. 262, I du CGI.",
        "Nature de l’opération : livraison de biens.",
    ]


def test_vat_paid_on_debits_is_said_where_it_was_chosen(settings):
    settings.PUBLISHER = settings.PUBLISHER | {"vat_on_debits": True}
    assert DEBITS in unpaid("pro_fr")["mentions"]
    assert DEBITS == "Option pour le paiement de la taxe d’après les débits."


def test_a_supply_on_another_day_is_dated():
    facts = unpaid("consumer", supplied_on=date(2027, 1, 2))
    assert facts["under"] == [
        f"Émise le 4{NBSP}janvier{NBSP}2027",
        f"Date de la livraison ou du versement : 2{NBSP}janvier{NBSP}2027",
    ]


@pytest.mark.parametrize(
    ("ttc", "quantity", "unit", "ht", "vat"),
    [
        ("55.20", 2, "27,03", "54,06", "1,14"),
        ("82.80", 3, "27,03", "81,10", "1,70"),
        ("2760.00", 100, "27,03", f"2{NBSP}703,23", "56,77"),
    ],
)
def test_amounts_of_several_subscriptions(ttc, quantity, unit, ht, vat):
    facts = unpaid("pro_fr", lines=(LineDraft("ActuIA", Decimal(ttc), quantity),))
    assert facts["rows"][0][1:5] == [str(quantity), f"{unit}{NBSP}€", f"2,10{NBSP}%", f"{ht}{NBSP}€"]
    assert [row[1] for row in facts["totals"][:2]] == [f"{ht}{NBSP}€", f"{vat}{NBSP}€"]


def test_a_credit_note_names_its_invoice_and_its_reason():
    order = place()
    invoice = invoice_of(order, pay(order))
    with transaction.atomic():
        note = credit_in_full(
            invoice, reason="rétractation", unserved_ht=Decimal("27.03"), on=date(2027, 1, 6), actor=ACTOR, at=AT
        )
    facts = facts_of(Invoice.objects.get(pk=note.pk))
    assert facts["title"] == "Avoir A2027-000001"
    assert facts["under"] == [
        f"Émis le 6{NBSP}janvier{NBSP}2027",
        f"Avoir sur facture n°{NBSP}F2027-000001 du 4{NBSP}janvier{NBSP}2027",
        "Motif : rétractation",
    ]
    assert facts["totals"][-1] == ["Avoir TTC", f"27,60{NBSP}€", True]
    assert facts["paid"] == (
        f"27,60{NBSP}€ vous sont rendus par le moyen de paiement d’origine (carte{NBSP}••••{NBSP}4242)."
    )
    assert facts["mentions"] == ["Nature de l’opération : livraison de biens."]


@pytest.mark.parametrize(
    ("name", "address", "printed"),
    [
        ("Camille Lenoir", ("MME CAMILLE LENOIR", "3 RUE X"), ["MME CAMILLE LENOIR", "3 RUE X"]),
        ("Université de Lyon, BU", ("UNIVERSITE DE LYON", "BU"), ["Université de Lyon, BU", "BU"]),
        ("Camille Lenoir", ("3 RUE X",), ["Camille Lenoir", "3 RUE X"]),
        ("Camille Lenoir", (), ["Camille Lenoir"]),
    ],
)
def test_the_name_stands_above_the_address_once(name, address, printed):
    facts = unpaid("consumer", buyer=Buyer("consumer", name, address, "FR"))
    assert facts["buyer"] == printed


def test_what_is_made_out_anew_says_when_it_was_supplied_and_is_not_due_before_its_day():
    """Supplied on 4 January, due on 3 February, made out anew on the sixth (law.md 2.1, 7)."""
    invoice = invoice_of(place(), None, buyer=buyer("pro_fr", name="Société Lumière"), due_on=DUE)
    other = buyer("pro_fr", name="Société Méliès")
    done = reissue(invoice.pk, other, reason="autre acheteur", words="demandé", on=date(2027, 2, 6), actor=ACTOR, at=AT)
    facts = facts_of(done.invoice)
    assert facts["under"] == [
        f"Émise le 6{NBSP}février{NBSP}2027",
        f"Remplace la facture n°{NBSP}F2027-000001 du 4{NBSP}janvier{NBSP}2027",
        f"Date de la livraison ou du versement : 4{NBSP}janvier{NBSP}2027",
    ]
    said = json.dumps(facts, ensure_ascii=False, default=str)
    assert f"à payer au plus tard le 6{NBSP}février{NBSP}2027" in said
    assert f"3{NBSP}février" not in said


def library(name: str, kind: str = "pro_eu", number: str = "DE136695976") -> Buyer:
    return Buyer(kind, name, (name.upper(), "10117 BERLIN", "ALLEMAGNE"), "DE", vat_number=number)


@pytest.mark.parametrize(
    ("to", "known"),
    [
        (buyer("assoc", name="Les Amis", address=("LES AMIS", "69001 LYON")), "valid"),
        (library("Stadtbibliothek", number=""), "valid"),
        (library("Stadtbibliothek", number="DE129273398"), "valid"),
        (library("Stadtbibliothek"), "invalid"),
        (library("Stadtbibliothek"), None),
        (library("Stadtbibliothek", kind="pro_row"), "valid"),
    ],
)
def test_an_exempt_sale_within_the_union_is_not_made_out_anew_to_whom_vat_is_due(to, known):
    """Without VAT to « Les Amis, 69001 LYON » it would say art. 262 ter and break BR-IC-02."""
    invoice = invoice_of(
        place(),
        None,
        buyer=library("Bibliothek am Dom"),
        vat_zone="EU",
        vat_rate=Decimal("0.00"),
        legal_mention=INTRA_EU,
    )
    if known:
        VatCheck.objects.create(vat_number="DE136695976", outcome=known, actor="x", asked_at=AT)
    with pytest.raises(CannotReissue) as refused:
        reissue(invoice.pk, to, reason="autre acheteur", words="demandé", on=date(2027, 1, 6), actor=ACTOR, at=AT)
    assert refused.value.code == "exempt"
    assert Invoice.objects.count() == 1


def test_it_is_made_out_anew_to_another_firm_that_the_register_knows():
    invoice = invoice_of(
        place(),
        None,
        buyer=library("Bibliothek am Dom"),
        vat_zone="EU",
        vat_rate=Decimal("0.00"),
        legal_mention=INTRA_EU,
    )
    VatCheck.objects.create(vat_number="DE129273398", outcome="valid", actor="x", asked_at=AT)
    other = library("Stadtbibliothek", number="DE129273398")
    done = reissue(invoice.pk, other, reason="autre acheteur", words="demandé", on=date(2027, 1, 6), actor=ACTOR, at=AT)
    assert (done.invoice.legal_mention, done.invoice.total_vat.amount) == (INTRA_EU, Decimal("0.00"))
