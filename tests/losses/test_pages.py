"""The pages of lost copies: the same answer to everybody, the link, the claim, the address; and the way there from the account."""

from __future__ import annotations

import re
from datetime import date

import pytest

from payments.models import DeskItem
from subscriptions.losses.asking import find
from subscriptions.losses.links import BadLink, address_path, claim_path, read_claim
from subscriptions.models import AddressDoubt, Claim, Notice
from tests.losses.people import CLAIMED, buys, claims, comes_back, copy_of, in_stock, posted
from tests.makers import make_magazine, make_offers

ON = CLAIMED.date()


@pytest.fixture
def anne(db, clock):
    one = buys(make_offers(make_magazine())["fixed"], email="anne@example.fr")
    posted(one)
    in_stock()
    clock.move_to(CLAIMED)
    return one


def plain(answer):
    return " ".join(re.sub("<[^>]+>", " ", answer.content.decode()).split())


def test_whatever_is_typed_the_answer_is_the_same(anne, client):
    place = anne.recipient.address.postcode
    pages = [
        client.post("/reclamation/", {"number": number, "proof": proof}).content
        for number, proof in (
            (anne.number, place),
            (anne.number, "ANNE@example.fr"),
            (anne.number, "01000"),
            ("00000000", place),
        )
    ]
    same = {re.sub(rb'value="[^"]+"', b"", page) for page in pages}
    assert len(same) == 1
    assert Notice.objects.filter(kind="claim_link").count() == 1  # once a day


def test_a_number_or_a_postcode_alone_finds_nobody(anne):
    assert find(anne.number, "anne@example.fr") == anne
    assert find(anne.number, "") is None
    assert find(anne.number, "autre@example.fr") is None
    assert find("", anne.recipient.address.postcode) is None


def test_who_has_no_mailbox_is_called_by_a_colleague(anne, client):
    anne.payer.email = None
    anne.payer.save(update_fields=["email"])
    client.post("/reclamation/", {"number": anne.number, "proof": anne.recipient.address.postcode})
    assert DeskItem.objects.get().kind == "claim_without_mail"


def test_a_copy_is_claimed_by_the_link_once(anne, client):
    path = claim_path(anne.pk, on=ON)
    page = client.get(path)
    assert page.status_code == 200
    assert f'value="{copy_of(anne).pk}"' in page.content.decode()
    typed = {"copy": copy_of(anne).pk, "reason": "not_received"}
    assert client.post(path, typed).status_code == 200  # the address was not looked at
    done = client.post(path, typed | {"right": "on"})
    assert done.status_code == 303
    assert client.post(path, typed | {"right": "on"}).status_code == 200  # sent again from another tab
    one = Claim.objects.get()
    assert (one.state, one.by, one.actor) == ("approved", "reader", "reader:anonymous")
    assert "n°\u00a025".encode() in client.get(done.url).content


def test_a_copy_of_another_reader_is_not_claimed(anne, client):
    other = buys(anne.offer, email="bruno@example.fr")
    answer = client.post(
        claim_path(other.pk, on=ON), {"copy": copy_of(anne).pk, "reason": "not_received", "right": "on"}
    )
    assert answer.status_code == 200
    assert not Claim.objects.exists()


def test_a_link_is_neither_guessed_nor_for_ever(anne):
    with pytest.raises(BadLink):
        read_claim(f"{anne.pk}-20270104.xxx", on=ON)
    token = claim_path(anne.pk, on=ON).split("/")[2]
    assert read_claim(token, on=date(2027, 3, 5)) == anne
    with pytest.raises(BadLink):
        read_claim(token, on=date(2027, 3, 6))
    with pytest.raises(BadLink):  # a link to claim opens no address
        read_claim(address_path(anne.pk, on=ON).split("/")[2], on=ON)


def test_the_address_is_confirmed_by_its_link_and_twice_is_once(anne, client):
    comes_back(anne)
    path = address_path(anne.pk, on=ON)
    assert "14" in plain(client.get(path))
    for _time in range(2):
        assert client.post(path, {"step": "right"}).status_code == 303
    assert AddressDoubt.objects.get().state == "answered"
    assert Claim.objects.get().state == "approved"


def test_another_address_by_the_link_releases_and_sends_again(anne, client):
    comes_back(anne)
    moved = {
        "step": "moved", "country": "FR", "title": "MME", "first_name": "Élodie", "last_name": "Lefèvre",
        "street": "3 rue Mercière", "postcode": "69002", "town": "Lyon",
    }  # fmt: skip
    path = address_path(anne.pk, on=ON)
    assert client.post(path, moved | {"town": ""}).status_code == 200
    assert client.post(path, moved).status_code == 303
    anne.recipient.refresh_from_db()
    assert anne.recipient.address.postcode == "69002"
    assert AddressDoubt.objects.get().state == "answered"


def test_the_second_claim_is_led_to_the_address(anne, client):
    claims(anne)
    posted(anne, number=26, on=date(2027, 1, 5))
    path = claim_path(anne.pk, on=ON)
    answer = client.post(path, {"copy": copy_of(anne, 26).pk, "reason": "not_received", "right": "on"})
    assert answer.url.startswith("/reclamation/")  # before its days: to a person
    assert Claim.objects.get(issue__number=26).state == "on_desk"


def test_the_account_leads_to_the_claim_of_each_copy_sent(anne, client):
    client.force_login(anne.payer)
    page = client.get("/compte/").content.decode()
    assert (page.count("?numero=25"), page.count("?numero=26")) == (1, 0)


def test_the_line_of_a_copy_says_what_became_of_it(anne, client):
    client.force_login(anne.payer)
    comes_back(anne, reason=1, on=ON)
    page = client.get("/compte/").content.decode()
    assert "La\u00a0Poste nous l’a rendu" in page
    assert "?numero=25" not in page
    assert "/votre-adresse/" in page
    client.post(address_path(anne.pk, on=ON), {"step": "right"})
    page = client.get("/compte/").content.decode()
    assert "Il repart avec notre prochain envoi" in page
    assert "/votre-adresse/" not in page
