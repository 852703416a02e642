"""An invoice made out anew to a firm: two numbers, two papers, no money, and every sum as it was."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from payments.audit import balance_of
from payments.invoicing.issuing import Buyer, standing_invoice
from payments.invoicing.mentions import facts_of
from payments.invoicing.reissuing import CannotReissue, buyer_of, is_open
from payments.invoicing.rendering import read_whole, render_pending
from payments.models import Act, Invoice, LedgerLine, Payment, Refund, Reissue
from payments.money import eur
from shop.customers.models import Customer
from shop.watch.audit import breaches
from subscriptions.models import Notice
from subscriptions.notices.delivering import deliver
from subscriptions.reissuing import reissue_and_tell
from subscriptions.stopping.terminating import end_now
from tests.backoffice.colleagues import said, seal_of, text_of
from tests.backoffice.sold import sell
from tests.makers import NOW
from tests.races.crowd import together, troubles
from tests.renewals.people import subscriber
from tests.stopping.people import JOB, posted, states, withdraws
from tests.support.test_giving_part import gives

pytestmark = pytest.mark.django_db
FIRM = Buyer(
    kind="pro_fr",
    name="Lefèvre Conseil",
    address=("LEFEVRE CONSEIL", "3 RUE DE LA PAIX", "69001 LYON"),
    country="FR",
    siren="732829320",
    siret="73282932000074",
    vat_number="FR44732829320",
    engagement_number="BC-2026-17",
)
ACCOUNTS = ("411000", "487100", "445712", "445740", "517000", "701100")


def anew(invoice, buyer=FIRM, at=NOW):
    return reissue_and_tell(invoice.pk, buyer, words="Demande du lecteur.", actor=JOB, at=at)


def books():
    return {account: balance_of(account) for account in ACCOUNTS}


@pytest.mark.parametrize("merged", [False, True])
def test_both_papers_reach_whoever_has_no_e_mail_or_another_record_by_now(merged):
    reader = subscriber().payer
    kept = Customer.objects.create(email="kept@example.fr", first_name="Élodie", last_name="Lefèvre", created_at=NOW)
    changes = {"is_active": False, "merged_into": kept} if merged else {}
    Customer.objects.filter(pk=reader.pk).update(email=None, **changes)
    anew(Invoice.objects.get())
    letter = Notice.objects.get(kind="invoice_reissued")
    assert (letter.customer, letter.channel) == ((kept, "email") if merged else (reader, "paper"))


@pytest.mark.parametrize("served", [0, 1])
def test_two_papers_and_not_a_cent_moves(served):
    subscription = subscriber()
    if served:
        posted(25, on=date(2026, 12, 15))
    invoice, before, stand = Invoice.objects.get(), books(), states(subscription)
    done = anew(invoice)
    assert books() == before
    assert states(subscription) == stand
    assert Refund.objects.count() == 0
    note, new = done.credit_note, done.invoice
    assert (note.kind, note.original, note.reference[0]) == ("credit_note", invoice, "A")
    assert (new.kind, new.buyer_name, new.buyer_siren, new.engagement_number) == (
        "invoice", "Lefèvre Conseil", "732829320", "BC-2026-17",
    )  # fmt: skip
    sums = {(one.total_ht.amount, one.total_vat.amount, one.total_ttc.amount) for one in (invoice, note, new)}
    assert sums == {(Decimal("27.03"), Decimal("0.57"), Decimal("27.60"))}
    assert new.delivery_address == invoice.buyer_address, "it is still delivered where it was"
    assert (new.payment, new.customer, new.supplied_on) == (invoice.payment, invoice.customer, invoice.supplied_on)
    lines = {
        (line.account_id, line.debit - line.credit)
        for line in LedgerLine.objects.filter(entry__source__in=(f"invoice:{note.pk}", f"invoice:{new.pk}"))
    }
    assert lines == {
        ("411000", Decimal("-27.60")), ("487100", Decimal("27.03")), ("445712", Decimal("0.57")),
        ("411000", Decimal("27.60")), ("487100", Decimal("-27.03")), ("445712", Decimal("-0.57")),
    }  # fmt: skip
    assert Act.objects.get(verb="made an invoice out anew").reason == "Demande du lecteur."
    assert breaches(NOW) == []


def test_both_papers_say_what_they_are():
    done = anew(_invoice())
    note, new = facts_of(read_whole(done.credit_note_id)), facts_of(read_whole(done.invoice_id))
    original = done.original.reference
    assert any(f"Avoir sur facture n°\u00a0{original}" in line for line in note["under"])
    assert "Motif : facture établie à un autre nom" in note["under"]
    assert note["paid"] == (
        f"Aucune somme n’est rendue : le paiement reste acquis. La facture n°\u00a0{done.invoice.reference} remplace la facture annulée."
    )
    assert any(f"Remplace la facture n°\u00a0{original} du 23\u00a0novembre\u00a02026" in line for line in new["under"])
    assert new["paid"].startswith("Payée le 23\u00a0novembre\u00a02026")
    assert any("40\u00a0€" in line for line in new["mentions"]), "what is due between professionals stands on it"
    assert new["buyer"] == ["LEFEVRE CONSEIL", "3 RUE DE LA PAIX", "69001 LYON"]


def _invoice():
    subscriber()
    return Invoice.objects.get()


def test_the_letter_carries_both(mailoutbox):
    done = anew(_invoice())
    render_pending(10, at=NOW)
    Notice.objects.exclude(kind="invoice_reissued").update(state="sent")
    assert deliver(5, at=NOW).sent == 1
    [letter] = mailoutbox
    assert [one[0] for one in letter.attachments] == [
        f"{done.invoice.reference}.pdf",
        f"{done.credit_note.reference}.pdf",
    ]
    assert all(one[1][:5] == b"%PDF-" for one in letter.attachments)


def test_once_at_a_time_and_what_was_made_anew_may_be_so_again():
    invoice = _invoice()
    first = anew(invoice)
    for taken in (invoice, first.credit_note):
        with pytest.raises(CannotReissue):
            anew(taken)
    with pytest.raises(CannotReissue) as same:
        anew(first.invoice)
    assert same.value.code == "same"
    back = anew(first.invoice, buyer_of(invoice))
    assert standing_invoice(invoice.payment_id) == back.invoice
    assert Invoice.objects.filter(kind="credit_note").count() == 2
    assert breaches(NOW) == []


def test_later_money_is_credited_on_the_invoice_that_stands():
    subscription = subscriber()
    done = anew(Invoice.objects.get())
    gives(subscription, copies=1)
    part = Invoice.objects.filter(kind="credit_note").latest("pk")
    assert (part.original, part.buyer_name) == (done.invoice, "Lefèvre Conseil")
    declared = withdraws(subscription)
    assert declared.refund.amount == eur("20.70")
    assert declared.refund.credit_note.original == done.invoice
    assert breaches(NOW) == []


def test_an_end_after_it_credits_the_firm():
    subscription = subscriber()
    done = anew(Invoice.objects.get())
    [given] = end_now(subscription.pk, "moved", actor=JOB, at=NOW, reason="x")
    assert given.credit_note.original == done.invoice
    assert breaches(NOW) == []


def test_what_was_credited_is_not_made_out_anew():
    subscription = subscriber()
    gives(subscription, amount=Decimal("1.00"))
    with pytest.raises(CannotReissue) as refused:
        anew(Invoice.objects.get(kind="invoice"))
    assert refused.value.code == "credited"


@pytest.mark.parametrize(
    ("issued", "on", "open_still"),
    [("2026-11-23", "2026-12-31", True), ("2026-11-23", "2027-01-01", False), ("2026-01-01", "2026-01-01", True)],
)
def test_only_while_the_year_is_open(issued, on, open_still):
    assert is_open(date.fromisoformat(issued), on=date.fromisoformat(on)) is open_still


def test_next_year_it_is_too_late():
    invoice = _invoice()
    with pytest.raises(CannotReissue) as refused:
        anew(invoice, at=datetime(2026, 12, 31, 23, 30, tzinfo=timezone.get_fixed_timezone(0)))
    assert refused.value.code == "closed", "it is 2027 in Paris"


def test_the_pair_is_evidence():
    anew(_invoice())
    for sql in ("UPDATE payments_reissue SET reason = 'x'", "DELETE FROM payments_reissue"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_four_at_once_make_one_pair():
    invoice = _invoice()
    done = together([lambda: anew(invoice).pk] * 4)
    assert {one.code for one in troubles(done)} == {"again"}
    assert (Reissue.objects.count(), Invoice.objects.count()) == (1, 3)
    assert breaches(NOW) == []


TYPED = {
    "buyer_kind": "pro_fr", "organisation": "Lefèvre Conseil", "siren": "732 829 320", "siret": "", "vat_number": "",
    "engagement_number": "BC-2026-17", "country": "FR", "street": "3 rue de la Paix", "postcode": "69001", "town": "Lyon",
    "reason": "Demande du lecteur.",
}  # fmt: skip


def test_at_the_desk(at_desk, offers):
    sale = sell(offers["automatic"])
    colleague = at_desk("support")
    act = reverse("desk_act_reissue", args=[sale.invoice.pk])
    assert act in colleague.see("desk_invoice", sale.invoice.pk).content.decode()
    shown = colleague.rehearse("desk_act_reissue", sale.invoice.pk, **TYPED)
    page = text_of(shown).replace("\xa0", " ")
    for words in ("Lefèvre Conseil", "69001 LYON", "732829320", "27,60 €", said("stays as it is: no money moves")):
        assert words in page, words
    for _time in range(2):
        assert colleague.say_yes("desk_act_reissue", sale.invoice.pk, seal_of(shown), **TYPED).status_code in (302, 409)
    assert (Reissue.objects.count(), Payment.objects.count()) == (1, 1)
    new = Reissue.objects.get().invoice
    assert new.reference in text_of(colleague.see("desk_invoice", sale.invoice.pk))
    assert sale.invoice.reference in text_of(colleague.see("desk_invoice", new.pk))
    assert act not in colleague.see("desk_invoice", sale.invoice.pk).content.decode()
    assert colleague.see("desk_act_reissue", sale.invoice.pk).status_code == 409


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"siren": "732829321"}, "siren"),
        ({"siren": ""}, "siren"),
        ({"siret": "35600000000048"}, "siret"),
        ({"vat_number": "FR00732829320"}, "vat_number"),
        ({"organisation": ""}, "organisation"),
        ({"postcode": "6900"}, "postcode"),
        ({"organisation": "Société d’édition et de conseil en intelligence artificielle"}, "organisation"),
    ],
)
def test_a_slip_is_said_beside_its_field(at_desk, offers, changes, field):
    sale = sell(offers["automatic"])
    answer = at_desk("support").rehearse("desk_act_reissue", sale.invoice.pk, **(TYPED | changes))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


def test_the_clock_of_the_desk_is_this_year(at_desk, offers, clock):
    sale = sell(offers["automatic"])
    clock.shift(timedelta(days=60))
    refused = at_desk("finance").see("desk_act_reissue", sale.invoice.pk)
    assert said("The year of this invoice is over: it cannot be made out anew.") in text_of(refused)
