"""One's data: a file with everything, and erasure that keeps what the law keeps and nothing else."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.utils import timezone

from payments.actors import Actor, job, reader
from payments.invoicing.rendering import render
from payments.models import Act, DeskItem, Invoice, LedgerEntry, PayerAccount, Payment, SavedMethod
from shop.customers.erasing import CannotErase, erase
from shop.customers.exporting import rows, words
from shop.customers.holdings import everything
from shop.customers.models import Customer, EmailChange
from shop.customers.words import LABELS
from shop.watch.audit import breaches
from subscriptions.addresses.check import check
from subscriptions.addresses.typed import TypedAddress
from subscriptions.models import Consent, Entitlement, Notice, Order, PostalAddress, Recipient, Subscription
from subscriptions.moving import move_copies
from subscriptions.moving_house import change_address
from subscriptions.notices.delivering import deliver
from subscriptions.refunding import refund_in_full
from subscriptions.texts import load_texts
from tests.account.people import Reader, field, said
from tests.disputes.people import disputed
from tests.makers import NOW, make_wish, place_order

PAGE, ERASE = "/compte/donnees/", "/compte/donnees/effacement/"
LYON = TypedAddress(last_name="Lefèvre", street="3 rue de la République", postcode="69001", town="Lyon")


def moves(person: Reader) -> None:
    change_address(
        person.subscription.recipient, LYON, check(LYON)[1], actor=reader(person.customer), reason="", at=timezone.now()
    )


def served(person: Reader) -> None:
    """Every copy has been posted."""
    copies = list(Entitlement.objects.filter(term__subscription=person.subscription))
    with transaction.atomic():
        for kind in ("assign", "serve"):
            move_copies(copies, kind, on=NOW.date(), actor=job("tests"), at=NOW)


def test_the_file_has_everything_and_nothing_of_others(elodie, karim):
    load_texts(NOW.date())
    elodie.signs_in()
    moves(elodie)
    invoice = elodie.customer.invoices.get()
    render(invoice, at=timezone.now())
    deliver(20, at=timezone.now())
    answer = elodie.client.post("/compte/donnees/fichier/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Content-Disposition"] == 'attachment; filename="mes-donnees-2026-11-23.zip"'
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    names = archive.namelist()
    assert {"donnees.json", "donnees.html", f"factures/{invoice.reference}.pdf"} <= set(names)
    assert archive.read(f"factures/{invoice.reference}.pdf").startswith(b"%PDF-")
    letters = sorted(name.split("-", 1)[1] for name in names if name.startswith("courriers/"))
    assert letters == ["address_changed.eml", "order_confirmation.eml", "sign_in_code.eml"]

    facts = json.loads(archive.read("donnees.json"))
    assert facts["person"] == {
        "email": "elodie.lefevre@example.fr",
        "title": "MME",
        "first_name": "Élodie",
        "last_name": "Lefèvre",
        "organisation": "",
        "phone": "",
        "language": "fr",
        "known_since": "2026-11-23T10:00:00+01:00",
        "came_by": "shop",
    }
    [subscription] = facts["subscriptions"]
    assert subscription["number"] == elodie.subscription.number
    assert subscription["address"]["label"] == ["LEFÈVRE", "3 RUE DE LA REPUBLIQUE", "69001 LYON"]
    [term] = subscription["terms"]
    assert (term["starts_on"], term["ends_on"], term["amount"]) == ("2026-11-23", "2027-11-22", "27.60")
    assert [(copy["issue"], copy["state"]) for copy in term["copies"]] == [(n, "owed") for n in (25, 26, 27, 28)]
    [order] = facts["orders"]
    assert order["delivery"]["typed"]["street"] == "12 bis rue de l'Église"
    assert order["shown_before"]["total"] == "27.60"
    [payment] = facts["payments"]
    assert (payment["amount"], payment["paid_by"], payment["received_on"]) == ("27.60", "card", "2026-11-23")
    [means] = facts["means_of_payment"]
    assert (means["brand"], means["last4"], means["expires"]) == ("visa", "4242", "08/2028")
    assert facts["invoices"][0]["number"] == invoice.reference
    assert [one["first_issue"] for one in facts["address_changes"]] == [25]
    [consent] = facts["consents"]
    assert (consent["matter"], consent["given"], consent["ip"]) == ("terms", True, "192.0.2.7")
    assert consent["words"] == "J’accepte les conditions générales de vente."
    assert len(facts["sessions"]) == 1
    assert [act["what"] for act in facts["acts"]] == ["changed an address"]
    whole = archive.read("donnees.json").decode() + archive.read("donnees.html").decode()
    assert karim.email not in whole
    assert karim.subscription.number not in whole
    page = archive.read("donnees.html").decode()
    assert "23\u00a0novembre\u00a02026 à 10\u00a0h\u00a000" in page
    assert "renewed each year" in page
    assert "order_confirmation" not in page
    assert "3 RUE DE LA REPUBLIQUE" in page
    assert "<script" not in page


def test_what_was_disputed_at_the_bank_is_told(elodie):
    [payment] = Payment.objects.filter(customer=elodie.customer)
    disputed(payment)
    disputed(payment, "lost")
    facts = everything(elodie.customer, at=NOW)
    [dispute] = facts["payments"][0]["disputes"]
    assert (dispute["amount"], dispute["state"]) == ("27.60", "bank_lost")
    [said] = next(row["items"] for row in rows(facts) if row["label"] == LABELS["payments"])
    [told] = next(row["items"] for row in said if row["label"] == LABELS["disputes"])
    assert [row["text"] for row in told if row["label"] == LABELS["state"]] == [
        "ended: the bank has given the money back"
    ]


def test_every_fact_has_a_name_for_people(elodie):
    elodie.signs_in()
    moves(elodie)
    disputed(Payment.objects.get(customer=elodie.customer))

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            inner = [keys(one) for name, one in value.items() if name not in ("typed", "shown_before")]
            return set(value).union(*inner)
        return set().union(*(keys(one) for one in value)) if isinstance(value, list) else set()

    assert keys(everything(elodie.customer, at=NOW)) <= set(LABELS)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "—"),
        ("", "—"),
        (True, "yes"),
        (False, "no"),
        ("2026-11-23", "23\u00a0novembre\u00a02026"),
        ("2026-11-23T10:00:00+01:00", "23\u00a0novembre\u00a02026 à 10\u00a0h\u00a000"),
        ("2026-99-99", "2026-99-99"),
        ("27.60", "27.60"),
        ("75004 PARIS", "75004 PARIS"),
        (25, "25"),
    ],
)
def test_plain_values_for_people(value, shown):
    assert words(value) == shown


def test_the_file_is_for_its_owner_by_the_button_alone(elodie):
    assert Client().post("/compte/donnees/fichier/").status_code == 302
    elodie.signs_in()
    assert elodie.client.get("/compte/donnees/fichier/").status_code == 405
    codes = [elodie.client.post("/compte/donnees/fichier/").status_code for _time in range(7)]
    assert codes == [200] * 6 + [429]


def test_erasure_in_two_steps_gives_up_the_copies_and_keeps_the_books_right(elodie, mailoutbox):
    moves(elodie)
    account = Payment.objects.get().payer_account
    PayerAccount.objects.filter(pk=account.pk).update(stripe_customer="cus_1")
    elodie.signs_in()
    elsewhere = Reader(Client(), elodie.email).signs_in()
    EmailAddress.objects.create(user=elodie.customer, email=elodie.email, verified=True, primary=True)
    customer, subscription = elodie.customer, elodie.subscription
    moved_to, sold_to = subscription.recipient.address_id, Order.objects.get().delivery_id
    owed = "I give up the 4 copies that are still owed to me, without their price being given back."
    assert owed in said(elodie.client.get(PAGE))

    answer = elodie.client.post(ERASE, {"erase": "on"})
    assert answer.status_code == 200
    assert "Copies are still owed to you. Tick this box to give them up, or come back later." in said(answer)
    answer = elodie.client.post(ERASE, {"give_up": "on"})
    assert "Please tick the box: erasure cannot be undone." in said(answer)
    page = elodie.client.post(ERASE, {"erase": "on", "give_up": "on"})
    sentences = said(page)
    assert "Erase your data?" in sentences
    assert "4 copies will not be sent, and their price is not given back." in sentences
    assert "A last letter goes to elodie.lefevre@example.fr to confirm it." in sentences
    assert Customer.objects.get(pk=customer.pk).email, "nothing has happened yet"

    answer = elodie.client.post(ERASE, {"confirmation": field(page, "confirmation")})
    assert (answer.status_code, answer["Location"]) == (303, "/compte/effacement/")
    assert "Your data are erased" in said(elodie.client.get(answer["Location"]))
    assert not elodie.is_in()
    assert not elsewhere.is_in()
    assert UserSession.objects.count() == 0

    gone = Customer.objects.get(pk=customer.pk)
    assert (gone.email, gone.title, gone.first_name, gone.last_name, gone.phone, gone.search) == (
        None,
        "",
        "",
        "",
        "",
        "",
    )
    assert (gone.is_active, gone.erased_on, gone.has_usable_password()) == (False, date(2026, 11, 23), False)
    assert EmailAddress.objects.count() == 0
    assert Recipient.objects.get().name == ""
    blank = PostalAddress.objects.get(pk=moved_to)
    assert (blank.typed, blank.lines, blank.postcode, blank.town, blank.country) == ({}, [], "", "", "FR")
    method = SavedMethod.objects.get()
    assert (method.last4, method.exp_year, method.fingerprint) == ("4242", None, "")
    assert method.ended_because == "the reader had their data erased"

    kept = PostalAddress.objects.get(pk=sold_to)
    assert kept.lines[1] == "12 BIS RUE DE L EGLISE"
    assert Order.objects.get().email == "elodie.lefevre@example.fr"
    assert Invoice.objects.get().buyer_name == "Élodie Lefèvre"
    assert Consent.objects.count() == 1
    subscription.refresh_from_db()
    assert (subscription.state, subscription.saved_method) == ("ended", None)
    assert set(Entitlement.objects.values_list("state", flat=True)) == {"void"}
    entry = LedgerEntry.objects.get(source=f"given_up:customer:{customer.pk}")
    assert {line.account_id: line.debit - line.credit for line in entry.lines.all()} == {
        "487100": Decimal("27.03"),
        "701100": Decimal("-27.03"),
    }
    act = Act.objects.get(verb="data erased")
    assert (act.subject, act.actor) == (f"customer:{customer.pk}", f"reader:{customer.pk}")
    assert act.facts == {"subscriptions": [subscription.pk], "copies_given_up": 4}
    desk = DeskItem.objects.get(kind="erase_at_stripe")
    assert "cus_1" in desk.sentence
    assert desk.desk == "support"

    deliver(20, at=timezone.now())
    states = dict(Notice.objects.values_list("kind", "state"))
    assert states["account_erased"] == "sent"
    assert states["address_changed"] == "withdrawn", (
        "nothing more is told to somebody who is gone, but what the law wants"
    )
    [last] = [message for message in mailoutbox if "effac" in message.subject]
    assert last.to == ['"Élodie Lefèvre" <elodie.lefevre@example.fr>']
    assert "<strong>le 23\u00a0novembre\u00a02026</strong>" in last.alternatives[0].content
    assert [breach for breach in breaches(timezone.now()) if "fee" not in str(breach)] == []


def test_a_reader_who_is_owed_nothing_just_confirms(karim):
    served(karim)
    karim.signs_in()
    assert "I give up" not in " ".join(said(karim.client.get(PAGE)))
    page = karim.client.post(ERASE, {"erase": "on"})
    assert "copies will not be sent" not in " ".join(said(page))
    karim.client.post(ERASE, {"confirmation": field(page, "confirmation")})
    assert Customer.objects.filter(erased_on__isnull=False).count() == 1
    assert not LedgerEntry.objects.filter(source__startswith="given_up").exists()
    assert set(Entitlement.objects.values_list("state", flat=True)) == {"served"}


def test_the_confirmation_is_ones_own_of_the_moment_and_of_what_was_shown(elodie, karim, clock):
    served(karim)
    karim.signs_in()
    token = field(karim.client.post(ERASE, {"erase": "on"}), "confirmation")
    elodie.signs_in()
    late = "Nothing was erased: the confirmation came too late. Please begin again."
    for confirmation in (token, "forged", ""):
        assert late in said(elodie.client.post(ERASE, {"confirmation": confirmation}))
    own = field(elodie.client.post(ERASE, {"erase": "on", "give_up": "on"}), "confirmation")
    copies = Entitlement.objects.filter(term__subscription=elodie.subscription, rank=1)
    with transaction.atomic():
        move_copies(list(copies), "void", on=NOW.date(), actor=job("tests"), at=NOW)
    assert late in said(elodie.client.post(ERASE, {"confirmation": own})), "4 copies were shown, 3 are owed"
    clock.move_to(NOW + timedelta(minutes=11))
    assert late in said(karim.client.post(ERASE, {"confirmation": token}))
    assert Customer.objects.filter(erased_on__isnull=False).count() == 0


def test_the_first_step_alone_erases_nothing(elodie):
    elodie.signs_in()
    elodie.client.post(ERASE, {"erase": "on", "give_up": "on"})
    elodie.client.post(ERASE, {"erase": "on", "give_up": "on"})
    assert elodie.is_in()


def test_erasure_waits_for_an_unpaid_order_a_refund_and_a_dispute(elodie, karim, offers):
    place_order(make_wish(offers["fixed"], email=karim.email), at=timezone.now())
    karim.signs_in()
    waits = "An order is waiting for its payment. It ends within a day if you do not pay it; come back then."
    assert waits in said(karim.client.get(PAGE))
    assert waits in said(karim.client.post(ERASE, {"erase": "on", "give_up": "on"}))
    with pytest.raises(CannotErase) as refused:
        erase(karim.customer, actor=Actor("staff", "7"), at=NOW, reason="par courrier", giving_up=True)
    assert refused.value.messages == [waits]

    payment = Payment.objects.get(customer=elodie.customer)
    item = DeskItem.objects.create(
        desk="finance", kind="charge.dispute.created", subject=f"payment:{payment.pk}", sentence="x", opened_at=NOW
    )
    with pytest.raises(CannotErase, match="Your bank disputes a payment of yours"):
        erase(elodie.customer, actor=job("tests"), at=NOW, reason="", giving_up=True)
    DeskItem.objects.filter(pk=item.pk).update(closed_at=NOW, closed_by="staff:7")
    with transaction.atomic():
        order = Order.objects.get(customer=elodie.customer)
        refund_in_full(order, reason="Rétractation", actor=job("tests"), at=NOW)
    with pytest.raises(CannotErase, match="Money is on its way back to you"):
        erase(elodie.customer, actor=job("tests"), at=NOW, reason="", giving_up=True)


def test_the_domain_refuses_while_copies_are_owed(elodie):
    with pytest.raises(CannotErase) as refused:
        erase(elodie.customer, actor=Actor("staff", "7"), at=NOW, reason="par courrier")
    assert refused.value.messages == [
        "4 copies are still owed to you, and need your address. Wait until they are sent, or give them up."
    ]
    assert elodie.customer.erased_on is None
    assert Act.objects.count() == 0


def test_erased_twice_is_erased_once(elodie):
    customer = elodie.customer
    assert erase(customer, actor=Actor("staff", "7"), at=NOW, reason="par courrier", giving_up=True)
    assert not erase(customer, actor=Actor("staff", "7"), at=NOW, reason="par courrier", giving_up=True)
    assert Act.objects.filter(verb="data erased").count() == 1
    assert Notice.objects.filter(kind="account_erased").count() == 1


def test_staff_are_not_erased_here(db):
    anne = get_user_model().objects.create_user("anne@example.fr", is_staff=True)
    with pytest.raises(CannotErase, match="a member of staff"):
        erase(anne, actor=Actor("staff", "7"), at=NOW, reason="x")


def test_who_pays_for_a_gift_leaves_and_the_gift_goes_on(elodie):
    claire = get_user_model().objects.create_user("claire@example.fr", first_name="Claire")
    Subscription.objects.update(holder=claire)
    Recipient.objects.update(customer=claire, name="Claire Dubois")
    erase(elodie.customer, actor=Actor("staff", "7"), at=NOW, reason="par courrier")
    subscription = Subscription.objects.select_related("recipient__address").get()
    assert (subscription.state, subscription.recipient.name) == ("active", "Claire Dubois")
    assert subscription.recipient.address.town == "Paris"
    assert set(Entitlement.objects.values_list("state", flat=True)) == {"owed"}
    assert subscription.saved_method is None


def test_the_address_is_free_again_after_erasure(elodie, offers):
    erase(elodie.customer, actor=Actor("staff", "7"), at=NOW, reason="par courrier", giving_up=True)
    again = Reader(Client(), elodie.email)
    again.asks_code()
    assert again.letters("sign_in_code") == []
    again.buys(offers["fixed"])
    assert again.signs_in().is_in()
    assert Customer.objects.count() == 2
    assert "n° 25, décembre 2026 · to comeTo be posted about 15 décembre 2026." in again.sees("account_home")
    assert EmailChange.objects.count() == 0
