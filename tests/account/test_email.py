"""Change of e-mail: both mailboxes agree, links work once, and nothing is said of other people's accounts."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone

from payments.actors import Actor
from payments.models import Act
from shop.customers import emails
from shop.customers.models import Customer, EmailChange
from shop.limits import Limit
from subscriptions.models import Notice
from tests.account.people import Reader, said
from tests.makers import NOW

PAGE = "/compte/courriel/"
NEW = "elodie@example.org"


def links(change: EmailChange | None = None) -> dict[str, str]:
    """The two links of the latest wish, as the letters carry them."""
    wished = change or EmailChange.objects.latest("pk")
    return {
        end: Notice.objects.get(matter=f"email_change:{wished.pk}:confirm:{end}").facts["confirm_path"]
        for end in ("old", "new")
    }


def test_an_address_changes_once_both_mailboxes_agree(elodie):
    elodie.signs_in()
    former = elodie.email
    assert f"We write to you at {former}, and it is with this address that you sign in." in said(
        elodie.client.get(PAGE)
    )
    answer = elodie.client.post(PAGE, {"new_email": " Elodie@Example.ORG "})
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    sentences = said(elodie.client.get(PAGE))
    assert (
        f"A letter with a link went to {former} and another to {NEW}. The address changes once both links are"
        " confirmed, until 24 novembre 2026 à 10 h 00."
    ) in sentences
    assert sentences.count("link to be confirmed") == 2
    old, new = Notice.objects.filter(kind__startswith="email_change_confirm").order_by("pk")
    assert (old.kind, old.to_email, old.to_name) == ("email_change_confirm_old", former, "Élodie Lefèvre")
    assert (new.kind, new.to_email, new.to_name) == ("email_change_confirm_new", NEW, "")

    mailbox = Client()
    page = mailbox.get(links()["new"])
    assert f"From now on we would write to {NEW}, and you would sign in with it." in said(page)
    assert elodie.customer.email == former
    for _twice in range(2):
        answer = mailbox.post(links()["new"])
        assert "Now open the link that we sent to your present address: the address changes then." in said(answer)
        assert elodie.customer.email == former
    assert said(elodie.client.get(PAGE)).count("confirmed") == 1

    answer = mailbox.post(links()["old"])
    assert f"We write to {NEW} from now on, and you sign in with it. You are signed out everywhere else." in said(
        answer
    )
    customer = Customer.objects.get(email=NEW)
    assert customer.search == ""
    assert not Customer.objects.filter(email=former).exists()
    act = Act.objects.get(verb="email changed")
    assert (act.subject, act.actor) == (f"customer:{customer.pk}", f"reader:{customer.pk}")
    assert "@" not in str(act.facts)
    assert {letter.to_email for letter in Notice.objects.filter(kind="email_changed")} == {former, NEW}
    assert not elodie.is_in(), "the other browsers are signed out"
    elodie.email = NEW
    assert elodie.signs_in().is_in()
    ghost = Reader(Client(), former)
    ghost.asks_code()
    assert ghost.letters("sign_in_code") == elodie_letters_before(ghost)


def elodie_letters_before(ghost: Reader) -> list[Notice]:
    """The one code asked for before the change; none since."""
    before = EmailChange.objects.latest("pk").done_at
    return [letter for letter in ghost.letters("sign_in_code") if letter.created_at < before]


def test_the_browser_that_confirms_stays_signed_in(elodie):
    elodie.signs_in()
    elsewhere = Reader(Client(), elodie.email).signs_in()
    elodie.client.post(PAGE, {"new_email": NEW})
    for link in links().values():
        elodie.client.post(link)
    assert elodie.is_in()
    assert not elsewhere.is_in()


def test_opening_a_link_changes_nothing(elodie):
    elodie.signs_in()
    elodie.client.post(PAGE, {"new_email": NEW})
    for link in links().values():
        for _scanner in range(3):
            assert Client().get(link).status_code == 200
            assert Client().head(link).status_code == 200
    assert elodie.customer.email == elodie.email


def test_a_link_used_again_tells_the_truth_and_does_nothing(elodie):
    elodie.signs_in()
    elodie.client.post(PAGE, {"new_email": NEW})
    for link in links().values():
        Client().post(link)
    for link in links().values():
        assert "Your e-mail address is changed." in said(Client().get(link))
        assert "Your e-mail address is changed." in said(Client().post(link))
    assert Notice.objects.filter(kind="email_changed").count() == 2
    assert Act.objects.filter(verb="email changed").count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_ends_after_24_hours(elodie, clock, method):
    elodie.signs_in()
    elodie.client.post(PAGE, {"new_email": NEW})
    Client().post(links()["old"])
    clock.move_to(NOW + timedelta(hours=24, minutes=1))
    answer = getattr(Client(), method)(links()["new"])
    assert answer.status_code == 410
    assert "This link is no longer valid" in said(answer)
    assert Customer.objects.filter(email=NEW).count() == 0


def test_a_later_wish_ends_the_earlier_one(elodie):
    elodie.signs_in()
    elodie.client.post(PAGE, {"new_email": "first@example.org"})
    first = links()
    elodie.client.post(PAGE, {"new_email": NEW})
    assert [Client().post(link).status_code for link in first.values()] == [410, 410]
    for link in links().values():
        Client().post(link)
    assert Customer.objects.filter(email=NEW).exists()


def test_a_wish_can_be_taken_back(elodie):
    elodie.signs_in()
    elodie.client.post(PAGE, {"new_email": NEW})
    assert elodie.client.post("/compte/courriel/abandon/").status_code == 303
    assert [Client().post(link).status_code for link in links().values()] == [410, 410]
    assert "link to be confirmed" not in said(elodie.client.get(PAGE))


def test_forged_links_are_refused_and_counted(elodie, monkeypatch):
    elodie.signs_in()
    elodie.client.post(PAGE, {"new_email": NEW})
    good = links()["old"].removesuffix("/")
    pk = EmailChange.objects.get().pk
    for bad in (good[:-1], good.replace("old", "new"), f"/compte/courriel/confirmation/{pk}-old", f"{good}x"):
        answer = Client().post(f"{bad}/")
        assert answer.status_code == 404
        assert "This link is not complete or was changed. Please copy it whole from our letter." in said(answer)
    assert EmailChange.objects.get().old_confirmed_at is None
    monkeypatch.setattr("shop.account.email.FORGED_LINK", Limit("forged-here", times=3, seconds=600))
    assert [Client().get(f"{good}x/").status_code for _try in range(5)] == [404, 404, 404, 429, 429]


def test_an_address_that_has_an_account_is_taken_like_any_other(elodie, karim):
    elodie.signs_in()
    answers = [elodie.client.post(PAGE, {"new_email": email}) for email in (karim.email, NEW)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(303, PAGE)] * 2
    taken, free = EmailChange.objects.order_by("pk")
    assert [
        Notice.objects.filter(matter__startswith=f"email_change:{change.pk}:").count() for change in (taken, free)
    ] == [2, 2]


def test_who_reads_both_mailboxes_learns_that_the_address_has_an_account(elodie, karim):
    elodie.signs_in()
    elodie.client.post(PAGE, {"new_email": karim.email})
    first = Client().post(links()["old"])
    assert f"Now open the link that we sent to {karim.email}: the address changes then." in said(first)
    last = Client().post(links()["new"])
    assert last.status_code == 409
    assert f"{karim.email} already belongs to an account of ours. Your present address stays as it is." in said(last)
    assert (elodie.customer.email, karim.customer.email) == (elodie.email, karim.email)
    assert elodie.is_in()
    assert Notice.objects.filter(kind="email_changed").count() == 0
    assert Client().post(links()["new"]).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_two_readers_who_want_the_same_free_address():
    ann, bob = (get_user_model().objects.create_user(f"{name}@example.fr", created_at=NOW) for name in ("ann", "bob"))
    wishes = [emails.wish(one, NEW, actor=Actor("reader", str(one.pk)), at=NOW) for one in (ann, bob)]
    for change in wishes:
        emails.confirm(change, emails.End.OLD, actor=Actor("reader", "1"), at=NOW)
    barrier, steps = threading.Barrier(2), []

    def confirm(change: EmailChange) -> None:
        barrier.wait()
        steps.append(emails.confirm(change, emails.End.NEW, actor=Actor("reader", "1"), at=NOW))
        connection.close()

    at_once = [threading.Thread(target=confirm, args=[change]) for change in wishes]
    for one in at_once:
        one.start()
    for one in at_once:
        one.join()
    assert sorted(steps) == ["done", "taken"]
    assert Customer.objects.filter(email=NEW).count() == 1
    assert Notice.objects.filter(kind="email_changed").count() == 2


@pytest.mark.django_db(transaction=True)
def test_both_links_clicked_at_the_same_instant():
    ann = get_user_model().objects.create_user("ann@example.fr", created_at=NOW)
    change = emails.wish(ann, NEW, actor=Actor("reader", "1"), at=NOW)
    barrier, steps = threading.Barrier(2), []

    def confirm(end: emails.End) -> None:
        barrier.wait()
        steps.append(emails.confirm(change, end, actor=Actor("reader", "1"), at=NOW))
        connection.close()

    at_once = [threading.Thread(target=confirm, args=[end]) for end in emails.End]
    for one in at_once:
        one.start()
    for one in at_once:
        one.join()
    assert sorted(steps) == ["done", "waits_for_other"]
    assert Customer.objects.get().email == NEW
    assert Act.objects.filter(verb="email changed").count() == 1


def test_bad_input_is_a_sentence(elodie):
    elodie.signs_in()
    for typed, sentence in (
        ("", "Please write the new e-mail address."),
        ("elodie@", "This is not a whole e-mail address: it looks like name@example.fr."),
        (elodie.email.upper(), "This already is your address."),
    ):
        answer = elodie.client.post(PAGE, {"new_email": typed})
        assert answer.status_code == 200
        assert sentence in said(answer)
    slip = elodie.client.post(PAGE, {"new_email": "elodie@gmial.com"})
    assert any(sentence.startswith("Did you mean elodie@gmail.com?") for sentence in said(slip))
    assert EmailChange.objects.count() == 0
    kept = elodie.client.post(PAGE, {"new_email": "elodie@gmial.com", "email_kept": "elodie@gmial.com"})
    assert kept.status_code == 303


def test_wishes_are_counted(elodie):
    elodie.signs_in()
    answers = [elodie.client.post(PAGE, {"new_email": f"n{n}@example.org"}).status_code for n in range(6)]
    assert answers == [303] * 5 + [429]


def test_staff_replace_a_lost_mailbox(elodie, karim):
    elodie.signs_in()
    elodie.client.post(PAGE, {"new_email": "other@example.org"})
    EmailAddress.objects.create(user=elodie.customer, email=elodie.email, verified=True, primary=True)
    customer, staff = elodie.customer, Actor("staff", "7")
    with pytest.raises(emails.EmailTaken) as refused:
        emails.replace(customer, karim.email, actor=staff, reason="pièce d’identité", at=timezone.now())
    assert refused.value.messages == ["This address is already that of another account."]
    assert elodie.is_in()
    with pytest.raises(ValueError, match="what was checked"):
        emails.replace(customer, NEW, actor=staff, reason=" ", at=timezone.now())
    emails.replace(customer, NEW, actor=staff, reason="n° d’abonné et deux adresses", at=timezone.now())
    assert Customer.objects.get(pk=customer.pk).email == NEW
    assert EmailAddress.objects.count() == 0
    assert not elodie.is_in()
    assert [Client().post(link).status_code for link in links(EmailChange.objects.earliest("pk")).values()] == [
        410,
        410,
    ]
    act = Act.objects.get(verb="email changed")
    assert (act.actor, act.reason) == ("staff:7", "n° d’abonné et deux adresses")
