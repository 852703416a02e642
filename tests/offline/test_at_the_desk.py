"""The desks: an order from the letter on the table to its subscription, a slip from the cheques to the bank, and who may."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.models import Cheque, DepositSlip, Payment
from shop.customers.models import Customer
from shop.customers.search import refresh
from subscriptions.models import Gift, Notice, Offer, Order, Subscription, Term
from tests.backoffice.colleagues import text_of
from tests.bank.coming import come
from tests.bank.files import Said
from tests.institutions.papers import all_is_well
from tests.makers import TODAY
from tests.offline.post import bounced, deposited, ordered, three

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offers")]

LETTER = {
    "how": "post", "title": "MME", "first_name": "Élodie", "last_name": "Lefèvre", "street": "12 bis rue de l'Église",
    "postcode": "75004", "town": "Paris", "country": "FR", "terms": "on", "paid": "cheque_here", "cheque_amount": "27,60",
    "cheque_number": "0004711", "cheque_bank": "Crédit Agricole", "cheque_drawer": "M. ou Mme Lefèvre",
    "cheque_received_on": TODAY.isoformat(), "reason": "bon de commande du 20 novembre",
    "token": "0b5c7a52-93f5-4f0b-8a1c-0c2f1b6ad001",
}  # fmt: skip


def letter(**changes):
    return LETTER | {"offer": Offer.objects.get(code="un-an").pk} | changes


def acts(colleague, name, *args, **typed):
    """Both steps of an act: what it shows first, and what it answers."""
    address = reverse(name, args=args)
    shown = colleague.browser.post(address, {"step": "preview", **typed})
    seal = re.search(r'name="seal" value="([^"]+)"', shown.content.decode())
    if seal is None:
        return shown, shown
    return shown, colleague.browser.post(address, {"step": "do", "seal": seal.group(1), **typed}, follow=True)


def test_support_takes_an_order_with_its_cheque_in_one_go(at_desk):
    support = at_desk("support")
    shown, done = acts(support, "desk_act_post_order", **letter())
    for words in (
        "27,60",
        "par courrier",
        "n° 25",
        "0004711, Crédit Agricole",
        "12 BIS RUE DE L EGLISE",
        "sur papier, à l’adresse postale",
    ):
        assert words in text_of(shown), words
    assert "est payée : 27,60 € par chèque" in text_of(done)
    order = Order.objects.get()
    assert (order.state, order.source_code, order.disclosure.facts["by"]) == ("paid", "COURRIER", "post")
    said = {one["key"]: one["text"] for one in order.disclosure.facts["blocks"]}
    assert said["payment"] == "Par chèque, à l’ordre de l’éditeur, à la commande."
    assert order.consents.get(matter="terms").words.endswith("(par courrier)")
    assert Term.objects.get().order_id == order.pk
    all_is_well()
    # The same envelope again, in a form of its own: the reader is found first, then the cheque.
    refresh([order.customer_id])
    again, _same = acts(support, "desk_act_post_order", **letter(token="0b5c7a52-93f5-4f0b-8a1c-0c2f1b6ad002"))
    assert f"Élodie Lefèvre (lecteur n° {order.customer_id})" in text_of(again)
    else_ = letter(token="0b5c7a52-93f5-4f0b-8a1c-0c2f1b6ad003", somebody_else="on")
    _shown, refused = acts(support, "desk_act_post_order", **else_)
    assert "est déjà là, sous la référence CHQ-" in text_of(refused)
    assert (Order.objects.count(), Customer.objects.filter(is_staff=False).count()) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"terms": ""}, "Sans les conditions générales de vente, il n’y a pas de commande."),
        ({"cheque_number": ""}, "Cela figure sur le chèque : saisissez-le."),
        ({"cheque_amount": "vingt"}, "« vingt » n’est pas un montant"),
        ({"cheque_amount": "28,00"}, "Le chèque est de 28,00 €, et 27,60 € sont demandés"),
        ({"postcode": "7500"}, "code postal"),
        ({"gift": "on"}, "Qui l’offre ?"),
        ({"gift": "on", "billing_last_name": "Martin"}, ""),
        ({"email": "elodie"}, "adresse"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_said_beside_its_field_and_takes_nothing(at_desk, changes, sentence):
    shown, _done = acts(at_desk("support"), "desk_act_post_order", **letter(**changes))
    assert shown.status_code == 422
    assert sentence in text_of(shown)
    assert 'value="0004711"' in shown.content.decode() or "cheque_number" in changes
    assert (Order.objects.count(), Cheque.objects.count()) == (0, 0)


def test_a_gift_by_post_has_its_payer_and_its_recipient_apart(at_desk):
    payer = {
        "billing_title": "M.", "billing_first_name": "Paul", "billing_last_name": "Martin", "billing_street": "3 rue de la Paix",
        "billing_postcode": "69001", "billing_town": "Lyon",
    }  # fmt: skip
    typed = letter(gift="on", message="Bonne lecture", cheque_drawer="M. Martin", **payer)
    _shown, done = acts(at_desk("fulfilment"), "desk_act_post_order", **typed)
    assert "est payée" in text_of(done)
    order, gift = Order.objects.get(), Gift.objects.get()
    assert (order.is_gift, order.first_name, order.last_name, order.customer.full_name) == (
        True,
        "Paul",
        "Martin",
        "Paul Martin",
    )
    assert (gift.giver_name, gift.recipient_name, gift.message) == ("Paul Martin", "Élodie Lefèvre", "Bonne lecture")
    assert Subscription.objects.get().recipient.address.lines[0].endswith("LEFÈVRE")
    confirmation = Notice.objects.get(kind="order_confirmation")
    assert (confirmation.channel, confirmation.customer_id) == ("paper", order.customer_id)
    all_is_well()


def test_a_reader_who_is_here_goes_on_from_their_page(at_desk):
    first = ordered(email="elodie@example.fr")
    reader = Customer.objects.get(pk=Order.objects.get(pk=first.order.pk).customer_id)
    support = at_desk("support")
    page = support.see("desk_person", reader.pk)
    assert reverse("desk_act_order_for", args=[reader.pk]) in page.content.decode()
    subscription = Subscription.objects.get()
    typed = letter(renews=subscription.pk, email="elodie@example.fr", cheque_number="0004712")
    _shown, done = acts(support, "desk_act_order_for", reader.pk, **typed)
    assert "est payée" in text_of(done)
    assert list(Term.objects.order_by("number").values_list("subscription", "number")) == [
        (subscription.pk, 1), (subscription.pk, 2),
    ]  # fmt: skip
    assert Customer.objects.filter(is_staff=False).count() == 1
    all_is_well()


def test_an_order_by_telephone_waits_in_sight_and_is_paid_when_its_cheque_comes(at_desk):
    support = at_desk("support")
    _shown, done = acts(support, "desk_act_post_order", **letter(how="phone", paid="cheque_later", cheque_number=""))
    assert "attend 27,60 €" in text_of(done)
    payment = Payment.objects.get()
    assert Order.objects.get().reference in text_of(support.see("desk_awaited"))
    cheque = {name: value for name, value in LETTER.items() if name.startswith(("cheque_", "reason"))}
    _shown, done = acts(support, "desk_act_cheque_came", payment.pk, **cheque)
    assert "est payée" in text_of(done)
    assert Order.objects.get().reference not in text_of(support.see("desk_awaited"))
    all_is_well()


def test_finance_makes_a_slip_prints_it_and_follows_a_cheque_that_bounced(at_desk):
    finance = at_desk("finance")
    cheques = three()
    listed = text_of(finance.see("desk_cheques"))
    assert "Ici : 82,80 €. À la banque, pas encore crédités : 0,00 €." in listed
    keys = [one.pk for one in cheques]
    _shown, done = acts(finance, "desk_act_deposit", cheques=keys, on=TODAY.isoformat(), reason="remise du lundi")
    assert "Le bordereau REM00001 est fait : 82,80 €" in text_of(done)
    slip = DepositSlip.objects.get()
    paper = finance.see("desk_slip_pdf", slip.pk)
    assert (paper["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert finance.see("desk_slip_pdf", slip.pk).content == paper.content
    assert text_of(finance.see("desk_slip", slip.pk)).count("27,60") == 3
    for reference, name, key in (
        (slip.reference, "desk_slip", slip.pk),
        (cheques[0].reference, "desk_cheque", keys[0]),
    ):
        found = finance.browser.get(reverse("desk_search"), {"q": reference})
        assert found["Location"] == reverse(name, args=[key])
    bad = cheques[1]
    typed = {"on": TODAY.isoformat(), "because": "no_funds", "reason": "avis de la banque"}
    shown, done = acts(finance, "desk_act_bounced", bad.pk, **typed)
    assert "Seulement si la banque ne l’a jamais crédité" in text_of(shown)
    assert "sont de nouveau dus" in text_of(done)
    assert "Attendu de la banque 55,20" in re.sub(r"\s+", " ", text_of(finance.see("desk_slip", slip.pk)))
    _shown, done = acts(finance, "desk_act_give_up_cheque", bad.pk, reason="sans réponse")
    assert "Ce qu’il devait payer est annulé." in text_of(done)
    all_is_well()


def test_the_bank_credits_a_slip_without_the_cheque_that_it_had_refused(at_desk):
    cheques = three()
    slip = deposited(cheques)
    bounced(cheques[0], because="unusable")
    [line] = come(Said("55.20", "REMISE DE CHEQUES"))
    slip.refresh_from_db()
    assert (str(line.left), str(slip.credited), str(slip.total.amount)) == ("0.00", "55.20", "82.80")
    all_is_well()


def test_a_cheque_is_not_deposited_before_it_was_handed_over(at_desk):
    with pytest.raises(ValidationError):
        deposited(three(), on=TODAY - timedelta(days=1))
    assert not DepositSlip.objects.exists()


@pytest.mark.parametrize("name", ["desk_cheques", "desk_slips", "desk_awaited"])
def test_a_list_of_three_asks_no_more_than_a_list_of_one(at_desk, name):
    finance, support = at_desk("finance"), at_desk("support")
    colleague = support if name == "desk_awaited" else finance
    counts = []
    for number in (1, 2, 3):
        taken = ordered(f"000020{number}", name=f"Lecteur{number}")
        ordered(None, name=f"Attend{number}")
        assert taken.cheque is not None
        deposited([taken.cheque])
        colleague.see(name)
        with CaptureQueriesContext(connection) as asked:
            colleague.see(name)
        counts.append(len(asked))
    assert counts[0] == counts[2], counts
