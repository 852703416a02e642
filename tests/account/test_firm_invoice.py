"""A reader has an invoice made out to a firm: seen before, once, their own, and the books as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from payments.audit import balance_of
from payments.models import Act, Invoice, Refund, Reissue
from shop.account.firm_invoice import REISSUES
from shop.watch.audit import breaches
from subscriptions.models import Notice, Offer
from subscriptions.reissuing import reissue_and_tell
from tests.account.people import Reader, field, said
from tests.makers import NOW
from tests.stopping.people import JOB
from tests.support.test_giving_part import gives
from tests.support.test_reissuing import FIRM as AT_THE_DESK

FIRM = {
    "kind": "company", "organisation": "Lefèvre Conseil", "siren": "732 829 320", "country": "FR",
    "street": "3 rue de la Paix", "postcode": "69001", "town": "Lyon", "engagement_number": "BC-17",
}  # fmt: skip
ACCOUNTS = ("411000", "487100", "445712", "445740", "517000", "701100")


def path_of(invoice: Invoice) -> str:
    return f"/compte/factures/{invoice.reference}/societe/"


def confirms(person: Reader, invoice: Invoice, **changes):
    """Both steps; the answer to the second."""
    typed = FIRM | changes
    shown = person.client.post(path_of(invoice), typed | {"ask": "1"})
    assert shown.status_code == 200
    return person.client.post(path_of(invoice), typed | {"confirm": "1", "shown": field(shown, "shown")})


@pytest.fixture
def invoice(elodie) -> Invoice:
    elodie.signs_in()
    return elodie.customer.invoices.get()


def test_from_the_list_to_both_papers(elodie, invoice):
    before = {account: balance_of(account) for account in ACCOUNTS}
    assert f'href="{path_of(invoice)}"' in elodie.client.get("/compte/factures/").content.decode()
    shown = elodie.client.post(path_of(invoice), FIRM | {"ask": "1"})
    sentences = " ".join(said(shown))
    for words in ("cancels invoice F2026-000001 of 23 novembre 2026, 27,60 €", "Lefèvre Conseil", "732829320", "BC-17"):
        assert words in sentences
    assert Reissue.objects.count() == 0
    answer = confirms(elodie, invoice)
    assert (answer.status_code, answer.url) == (303, "/compte/factures/")
    done = Reissue.objects.get()
    assert (done.original, done.actor) == (invoice, f"reader:{elodie.customer.pk}")
    new = done.invoice
    assert (new.buyer_kind, new.buyer_name, new.buyer_siren, new.engagement_number, new.buyer_address) == (
        "pro_fr", "Lefèvre Conseil", "732829320", "BC-17", ["Lefèvre Conseil", "3 RUE DE LA PAIX", "69001 LYON"],
    )  # fmt: skip
    assert new.delivery_address == invoice.buyer_address
    assert {account: balance_of(account) for account in ACCOUNTS} == before
    assert Refund.objects.count() == 0
    assert Act.objects.get(verb="made an invoice out anew").reason == "asked for in the account"
    assert Notice.objects.get(kind="invoice_reissued").to_email == elodie.email
    page = elodie.client.get("/compte/factures/").content.decode()
    assert "Invoice F2026-000002 is issued, and credit note A2026-000001." in page
    assert page.count("/societe/") == 0, "neither the first, nor what was made out anew in its place"
    assert breaches(NOW) == []


def test_twice_is_once(elodie, invoice):
    shown = elodie.client.post(path_of(invoice), FIRM | {"ask": "1"})
    yes = FIRM | {"confirm": "1", "shown": field(shown, "shown")}
    for _click in range(2):
        elodie.client.post(path_of(invoice), yes)
    assert Reissue.objects.count() == 1
    assert "This invoice was made out anew already" in elodie.client.get("/compte/factures/").content.decode()


def test_what_was_not_shown_is_not_done(elodie, invoice):
    shown = elodie.client.post(path_of(invoice), FIRM | {"ask": "1"})
    seal = field(shown, "shown")
    other = elodie.client.post(path_of(invoice), FIRM | {"organisation": "Autre", "confirm": "1", "shown": seal})
    assert "Nothing is done yet: please read it again." in " ".join(said(other))
    for forged in ("", "0" * 20):
        elodie.client.post(path_of(invoice), FIRM | {"confirm": "1", "shown": forged})
    assert Reissue.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"siren": ""}, "siren"),
        ({"siren": "123456789"}, "siren"),
        ({"siret": "13002139700012"}, "siret"),
        ({"vat_number": "XX1"}, "vat_number"),
        ({"organisation": ""}, "organisation"),
        ({"organisation": "N" * 300}, "organisation"),
        ({"postcode": ""}, "postcode"),
        ({"kind": "emperor"}, "kind"),
        ({"country": "ZZ"}, "country"),
    ],
)
def test_a_fault_is_said_beside_its_field_and_nothing_typed_is_lost(elodie, invoice, changes, name):
    answer = elodie.client.post(path_of(invoice), FIRM | changes | {"ask": "1"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'href="#id_{name}"' in page.split("summary-errors", 1)[1].split("</ul>")[0]
    assert 'name="shown"' not in page
    assert 'value="3 rue de la Paix"' in page
    assert Reissue.objects.count() == 0


def test_a_firm_abroad_needs_no_siren(elodie, invoice):
    abroad = {"siren": "", "country": "BE", "postcode": "1000", "town": "Bruxelles", "vat_number": "BE0428759497"}
    confirms(elodie, invoice, **abroad)
    first = Reissue.objects.get().invoice
    assert (first.buyer_kind, first.buyer_vat_number, first.vat_zone) == ("pro_eu", "BE0428759497", invoice.vat_zone)
    assert breaches(NOW) == []


def test_an_association_needs_no_siren(elodie, invoice):
    confirms(elodie, invoice, kind="association", siren="")
    assert Reissue.objects.get().invoice.buyer_kind == "assoc"


def test_what_was_made_out_anew_is_changed_by_support_alone(elodie, invoice):
    """Each time takes two numbers for good, and a letter: a reader could go on for ever."""
    confirms(elodie, invoice)
    new = Reissue.objects.get().invoice
    for answer in (
        elodie.client.get(path_of(new)),
        elodie.client.post(path_of(new), FIRM | {"organisation": "Autre", "ask": "1"}),
        elodie.client.post(path_of(new), FIRM | {"organisation": "Autre", "confirm": "1", "shown": "0" * 20}),
    ):
        assert (answer.status_code, answer.url) == (303, "/compte/factures/")
    assert Reissue.objects.count() == 1
    assert "for another change please write to us" in elodie.client.get("/compte/factures/").content.decode()
    again = reissue_and_tell(new.pk, replace(AT_THE_DESK, name="Autre"), words="Au téléphone.", actor=JOB, at=NOW)
    assert again.original == new


def test_the_form_keeps_what_was_typed_when_it_is_changed_or_redrawn(elodie, invoice):
    for step in ("change", "refresh"):
        page = elodie.client.post(path_of(invoice), FIRM | {step: "1"}).content.decode()
        assert 'value="Lefèvre Conseil"' in page
        assert "summary-errors" not in page
    assert Reissue.objects.count() == 0


def test_an_invoice_of_somebody_else_does_not_exist(elodie, invoice, offers):
    stranger = Reader(Client(), "karim@example.fr").buys(offers[Offer.Renewal.FIXED])
    theirs = stranger.customer.invoices.get()
    for answer in (elodie.client.get(path_of(theirs)), elodie.client.post(path_of(theirs), FIRM | {"confirm": "1"})):
        assert answer.status_code == 404
    assert elodie.client.get("/compte/factures/F2026-999999/societe/").status_code == 404
    assert Client().get(path_of(invoice)).status_code == 302
    assert Client().post(path_of(invoice), FIRM | {"confirm": "1"}).status_code == 302
    assert Reissue.objects.count() == 0


def test_what_can_no_longer_be_is_neither_offered_nor_done(elodie, invoice, clock):
    gives(elodie.subscription, copies=1)
    assert "/societe/" not in elodie.client.get("/compte/factures/").content.decode()
    answer = elodie.client.get(path_of(invoice), follow=True)
    assert "Part of this invoice was given back to you" in answer.content.decode()
    note = Invoice.objects.get(kind="credit_note")
    assert "This is a credit note" in elodie.client.get(path_of(note), follow=True).content.decode()


def test_the_year_after_it_is_too_late(elodie, clock):
    clock.move_to(datetime(2027, 1, 1, 9, tzinfo=NOW.tzinfo))
    elodie.signs_in()
    invoice = elodie.customer.invoices.get()
    assert "/societe/" not in elodie.client.get("/compte/factures/").content.decode()
    answer = elodie.client.get(path_of(invoice), follow=True)
    assert "The year of this invoice is closed in our books" in answer.content.decode()


def test_sending_is_limited(elodie, invoice):
    codes = [elodie.client.post(path_of(invoice), {"ask": "1"}).status_code for _time in range(REISSUES.times + 1)]
    assert (set(codes[:-1]), codes[-1]) == ({200}, 429)


def test_as_many_queries_for_three_invoices_as_for_one(elodie, invoice):
    def queries() -> int:
        elodie.client.get("/compte/factures/")
        with CaptureQueriesContext(connection) as seen:
            elodie.client.get("/compte/factures/")
        return len(seen)

    one = queries()
    confirms(elodie, invoice)
    elodie.client.get("/compte/factures/")
    assert queries() == one
