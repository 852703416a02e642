"""Moving house: the label drawn as it will be printed, the first issue that goes there, one letter, one act."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from payments.actors import Actor, job
from payments.models import Act
from subscriptions.addresses.check import check
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.models import AddressChange, Entitlement, Issue, Notice, Order, PostalAddress, Recipient
from subscriptions.moving import move, move_copies
from subscriptions.moving_house import change_address, reach
from subscriptions.notices.delivering import deliver
from tests.account.people import Reader, field, said
from tests.makers import NOW, make_magazine, make_offers

LYON = {
    "country": "FR",
    "title": "MME",
    "first_name": "Élodie",
    "last_name": "Lefèvre",
    "street": "3 rue de la République",
    "postcode": "69001",
    "town": "Lyon",
}
LABEL = ["MME Élodie LEFÈVRE", "3 RUE DE LA REPUBLIQUE", "69001 LYON"]


def path(reader: Reader, end: str = "") -> str:
    return f"/compte/abonnements/{reader.subscription.pk}/adresse/{end}"


def test_a_reader_moves_and_is_told_from_which_issue_on(elodie, mailoutbox):
    elodie.signs_in()
    page = elodie.client.get(path(elodie))
    assert (
        "From issue n° 25 on, décembre 2026, posted about 15 décembre 2026, your copies go to the new address."
        in said(page)
    )
    assert "We send to this address today: MME Élodie LEFÈVRE, 12 BIS RUE DE L EGLISE, 75004 PARIS" in said(page)
    assert 'value="Élodie"' in page.content.decode()
    assert 'value="12 bis rue' not in page.content.decode(), "the street is what has changed"

    answer = elodie.client.post(path(elodie), LYON | {"save": "1"})
    assert (answer.status_code, answer["Location"]) == (303, "/compte/")
    assert "The address is changed from issue n° 25, décembre 2026 on. A letter confirms it." in elodie.sees(
        "account_home"
    )
    change = AddressChange.objects.select_related("old", "new", "first_issue", "recipient").get()
    assert (change.old.town, change.new.lines, change.first_issue.number) == ("Paris", LABEL, 25)
    assert change.new.typed == TypedAddress(**LYON).to_dict()
    assert (change.new.vat_zone, change.new.delivery_zone, change.actor) == (
        "FR_METRO",
        "FR",
        f"reader:{elodie.customer.pk}",
    )
    assert elodie.subscription.recipient.address_id == change.new_id
    assert Order.objects.get().delivery.town == "Paris", "the order is evidence and stays"
    act = Act.objects.get(verb="changed an address")
    assert act.subject == f"recipient:{change.recipient_id}"
    assert act.facts == {"change": change.pk, "old": change.old_id, "new": change.new_id}
    [letter] = elodie.letters("address_changed")
    assert letter.facts == {"change_id": change.pk}
    deliver(20, at=timezone.now())
    [sent] = [message for message in mailoutbox if "adresse" in message.subject]
    assert "à partir du n°\u00a025" in sent.body


def test_sent_twice_it_moves_once(elodie):
    elodie.signs_in()
    for _time in range(2):
        assert elodie.client.post(path(elodie), LYON).status_code == 303
    assert AddressChange.objects.count() == 1
    assert "This already is the address we send to." in elodie.sees("account_home")
    assert len(elodie.letters("address_changed")) == 1
    assert Act.objects.filter(verb="changed an address").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_move_once(offers_committed):
    elodie = offers_committed
    recipient = elodie.subscription.recipient
    typed = TypedAddress(**LYON)
    label = check(typed)[1]
    barrier, results = threading.Barrier(2), []

    def click() -> None:
        barrier.wait()
        moved = change_address(recipient, typed, label, actor=Actor("reader", "1"), reason="", at=NOW)
        results.append(moved is not None)
        connection.close()

    clicks = [threading.Thread(target=click) for _each in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert sorted(results) == [False, True]
    assert AddressChange.objects.count() == 1


@pytest.fixture
def offers_committed(transactional_db, client):
    return Reader(client, "elodie.lefevre@example.fr").buys(make_offers(make_magazine())["automatic"])


@pytest.mark.parametrize(
    ("on", "first", "leaves"),
    [
        # Cut-off of no. 25: 1 December 2026. Up to the day before, it still goes to the new address.
        (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), 25, []),
        # 0:30 on 1 December in Paris: its file may be closed at any hour.
        (datetime(2026, 11, 30, 23, 30, tzinfo=UTC), 26, [25]),
    ],
)
def test_the_day_of_the_cutoff_belongs_to_the_next_issue(elodie, clock, on, first, leaves):
    clock.move_to(on)
    elodie.signs_in()
    page = elodie.client.get(path(elodie))
    lead = next(sentence for sentence in said(page) if sentence.startswith("From issue"))
    assert lead.startswith(f"From issue n° {first} on")
    ready = [sentence for sentence in said(page) if "is being made ready" in sentence]
    assert ready == [
        f"Issue n° {number} is being made ready for the former address: have your post forwarded." for number in leaves
    ]
    elodie.client.post(path(elodie), LYON)
    assert AddressChange.objects.get().first_issue.number == first


def test_a_file_closed_ahead_of_its_day_is_out_of_reach(elodie):
    Issue.objects.filter(number=25).update(state="closed")
    found = reach(elodie.subscription.recipient, on=date(2026, 11, 24))
    assert (found.first.number, [issue.number for issue in found.leaves]) == (26, [25])


def test_a_reader_whose_first_issue_is_later_is_told_that_one(elodie):
    copies = Entitlement.objects.filter(term__subscription=elodie.subscription, rank=1)
    with transaction.atomic():
        move_copies(list(copies), "void", on=NOW.date(), actor=job("tests"), at=NOW)
    assert reach(elodie.subscription.recipient, on=NOW.date()).first.number == 26


def test_nothing_planned_yet(elodie):
    Issue.objects.filter(number__gte=25).update(state="posted", posted_on=date(2026, 11, 20))
    elodie.signs_in()
    assert "Your copies go to the new address from the next issue on, whose date is not set yet." in said(
        elodie.client.get(path(elodie))
    )
    elodie.client.post(path(elodie), LYON)
    assert AddressChange.objects.get().first_issue is None
    assert "The address is changed: it holds for every issue to come. A letter confirms it." in elodie.sees(
        "account_home"
    )


def test_bad_addresses_come_back_as_typed_with_a_sentence(elodie):
    elodie.signs_in()
    answer = elodie.client.post(
        path(elodie), LYON | {"postcode": "6900", "street": "3 rue de l’Abbé-de-l’Épée bâtiment C étage 4"}
    )
    assert answer.status_code == 200
    form = answer.context["form"]
    assert set(form.errors) == {"postcode", "street"}
    assert form.errors["street"][0].startswith("On the label this line would read “")
    assert 'value="6900"' in answer.content.decode()
    assert "2 things are to be put right" in said(answer)
    assert AddressChange.objects.count() == 0
    too_long = elodie.client.post(path(elodie), LYON | {"postcode": "6900169001690016900169001"})
    assert too_long.context["form"].errors["postcode"]


def test_another_country_redraws_the_form_without_script_and_loses_nothing(elodie):
    elodie.signs_in()
    answer = elodie.client.post(path(elodie), LYON | {"country": "US", "refresh": "1"})
    assert answer.status_code == 200
    assert not answer.context["form"].errors
    names = [one.name for one in answer.context["delivery"]]
    assert {"region", "postcode"} <= set(names)
    assert "ZIP code" in " ".join(said(answer))
    assert 'value="3 rue de la République"' in answer.content.decode()
    moved = elodie.client.post(
        path(elodie), LYON | {"country": "BE", "postcode": "1000", "town": "Bruxelles", "save": "1"}
    )
    assert moved.status_code == 303
    new = PostalAddress.objects.latest("pk")
    assert (new.delivery_zone, new.lines[-1]) == ("EU", "BELGIQUE")


def test_the_label_is_drawn_while_one_types(elodie):
    elodie.signs_in()
    answer = elodie.client.post(path(elodie, "etiquette/"), LYON)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'data-part="label"' in html
    assert 'data-part="address"' in html
    assert "3 RUE DE LA REPUBLIQUE" in html
    assert "n°\u00a025" in html
    assert Recipient.objects.get().address.town == "Paris"


def test_who_has_ended_moves_nothing(elodie):
    elodie.signs_in()
    move([elodie.subscription], "ended", actor=job("tests"), at=NOW)
    assert elodie.client.get(path(elodie)).status_code == 404
    assert elodie.client.post(path(elodie), LYON).status_code == 404


def test_an_organisation_stays_one(offers, client):
    office = TypedAddress(
        kind=AddressKind.ORGANISATION,
        organisation="Médiathèque",
        street="1 place du Marché",
        postcode="35000",
        town="Rennes",
    )
    library = Reader(client, "biblio@example.fr").buys(
        offers["fixed"], delivery=office, delivery_label=check(office)[1], organisation="Médiathèque"
    )
    library.signs_in()
    page = library.client.get(path(library))
    assert 'value="Médiathèque"' in page.content.decode()
    library.client.post(
        path(library),
        {
            "country": "FR",
            "organisation": "Médiathèque",
            "street": "2 rue Neuve",
            "postcode": "35000",
            "town": "Rennes",
        },
    )
    assert Recipient.objects.get().name == "Médiathèque"
    assert PostalAddress.objects.latest("pk").lines == ["Médiathèque", "2 RUE NEUVE", "35000 RENNES"]


def test_staff_move_a_reader_with_a_reason(elodie):
    typed = TypedAddress(**LYON)
    change = change_address(
        elodie.subscription.recipient,
        typed,
        check(typed)[1],
        actor=Actor("staff", "7"),
        reason="par téléphone, numéro d’abonné vérifié",
        at=NOW,
    )
    act = Act.objects.get(verb="changed an address")
    assert (act.actor, act.reason) == ("staff:7", "par téléphone, numéro d’abonné vérifié")
    assert (change.actor, change.reason) == (act.actor, act.reason)


def test_a_reader_without_email_hears_of_it_by_post(elodie):
    elodie_customer = elodie.customer
    type(elodie_customer).objects.filter(pk=elodie_customer.pk).update(email=None)
    typed = TypedAddress(**LYON)
    recipient = Recipient.objects.get()
    assert change_address(recipient, typed, check(typed)[1], actor=Actor("staff", "7"), reason="par courrier", at=NOW)
    letter = Notice.objects.get(kind="address_changed")
    assert (letter.channel, letter.state, letter.customer_id) == ("paper", "queued", elodie_customer.pk)


def test_a_hidden_token_is_needed(elodie):
    strict = Reader(Client(enforce_csrf_checks=True), elodie.email)
    page = strict.client.get("/compte/connexion/")
    assert strict.client.post("/compte/connexion/", {"email": elodie.email}).status_code == 403
    token = field(page, "csrfmiddlewaretoken")
    strict.client.post("/compte/connexion/", {"email": elodie.email, "csrfmiddlewaretoken": token})
    page = strict.client.get("/compte/connexion/code/")
    token = field(page, "csrfmiddlewaretoken")
    strict.client.post("/compte/connexion/code/", {"code": elodie.last_code(), "csrfmiddlewaretoken": token})
    assert strict.client.get(path(elodie)).status_code == 200
    assert strict.client.post(path(elodie), LYON).status_code == 403
    assert AddressChange.objects.count() == 0
