"""Joining the team, forgetting a password, leaving: each by an administrator, with a reason, and no password told."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments.models import Act, DeskItem
from shop.customers.models import Customer
from tests.backoffice.colleagues import PASSWORD, code_now, said, text_of

WHY = "Arrivée au service lecteurs."
NEW = {"email": "Zoe@team.example", "first_name": "Zoé", "last_name": "Blanc", "roles": ["support"], "reason": WHY}
CHOSEN = "un bateau sous la pluie"


def link_on(colleague):
    found = re.search(r"http://[^\s<\"]+(/gestion/mot-de-passe/[^\s<\"]+)", colleague.see("desk_team").content.decode())
    assert found
    return found.group(1)


@pytest.fixture
def boss(at_desk):
    return at_desk("administrator")


def test_a_new_colleague_chooses_a_password_then_a_device_then_works(boss):
    assert boss.act("desk_act_hire", 0, **NEW).url == reverse("desk_team")
    zoe = Customer.objects.get(email="zoe@team.example")
    assert (zoe.is_staff, zoe.has_usable_password()) == (True, False)
    act = Act.objects.get(verb="hired a colleague")
    assert (act.actor, act.reason, act.facts) == (f"staff:{boss.user.pk}", WHY, {"roles": ["support"]})
    link = link_on(boss)
    assert link not in text_of(boss.see("desk_team")), "told once"
    browser = Client()
    short = browser.post(link, {"password": "court", "again": "court"})
    assert (short.status_code, list(short.context["form"].errors)) == (200, ["password"])
    other = browser.post(link, {"password": CHOSEN, "again": CHOSEN + "s"})
    assert said("The two do not match.") in text_of(other)
    assert browser.post(link, {"password": CHOSEN, "again": CHOSEN}).url == reverse("desk_sign_in")
    assert browser.get(link).status_code == 410, "good once"
    browser.post(reverse("desk_sign_in"), {"username": "zoe@team.example", "password": CHOSEN})
    assert browser.get(reverse("desk_second_factor")).url == reverse("desk_set_up")
    browser.get(reverse("desk_set_up"))
    browser.post(reverse("desk_set_up"), {"code": code_now(browser.session["desk_secret"])})
    assert browser.get(reverse("desk_letters")).status_code == 200
    assert browser.get(reverse("desk_entries")).status_code == 403


def test_a_link_is_over_after_three_days_and_forged_ones_never_were(boss, clock):
    boss.act("desk_act_hire", 0, **NEW)
    link = link_on(boss)
    assert Client().get(link[:-3] + "xy/").status_code == 410
    assert Client().get(re.sub(r"/\d+/", f"/{boss.user.pk}/", link)).status_code == 410
    clock.shift(timedelta(days=3, seconds=2))
    over = Client().get(link)
    assert over.status_code == 410
    assert Client().post(link, {"password": CHOSEN, "again": CHOSEN}).status_code == 410
    assert not Customer.objects.get(email="zoe@team.example").has_usable_password()


def test_an_address_that_has_an_account_is_not_hired_twice(boss):
    Customer.objects.create_user("zoe@team.example")
    answer = boss.act("desk_act_hire", 0, **NEW)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["email"])
    assert not Customer.objects.get(email="zoe@team.example").is_staff


def test_a_forgotten_password_leaves_the_second_factor_as_it_is(boss, at_desk):
    support = at_desk("support")
    assert boss.act("desk_act_link", support.user.pk, reason="Mot de passe oublié.").status_code == 302
    assert support.see("desk_home").status_code == 200, "nothing has changed yet"
    Client().post(link_on(boss), {"password": CHOSEN, "again": CHOSEN})
    assert support.see("desk_home").status_code == 302, "a new password ends the open sessions"
    browser = Client()
    browser.post(reverse("desk_sign_in"), {"username": support.user.email, "password": CHOSEN})
    assert browser.get(reverse("desk_second_factor")).status_code == 200
    assert browser.get(reverse("desk_home")).status_code == 302
    old = Client()
    old.post(reverse("desk_sign_in"), {"username": support.user.email, "password": PASSWORD})
    assert old.get(reverse("desk_second_factor")).status_code == 302
    assert [act.verb for act in Act.objects.order_by("pk")][-2:] == ["made a password link", "chose a password"]


def test_who_leaves_loses_rights_device_sessions_and_matters_but_not_their_name(boss, at_desk):
    finance = at_desk("finance")
    item = DeskItem.objects.create(
        desk="finance", kind="x", subject="payment:1", sentence="…", opened_at=timezone.now(), owner=finance.user
    )
    Act.objects.create(actor=f"staff:{finance.user.pk}", verb="asked Stripe", subject="payment:1", at=timezone.now())
    assert boss.act("desk_act_dismiss", finance.user.pk, reason="Départ à la retraite.").status_code == 302
    assert finance.see("desk_home").status_code == 302
    item.refresh_from_db()
    assert item.owner is None
    again = Client().post(reverse("desk_sign_in"), {"username": finance.user.email, "password": PASSWORD})
    assert again.status_code == 200
    assert "Finance Martin" in text_of(boss.see("desk_acts"))
    assert Act.objects.get(verb="dismissed a colleague").facts == {"roles": ["finance"]}
    assert boss.see("desk_act_dismiss", boss.user.pk).status_code == 409
    assert boss.see("desk_act_dismiss", finance.user.pk).status_code == 404


def test_a_reader_is_given_no_link(boss):
    reader = Customer.objects.create_user("reader@example.fr")
    for name in ("desk_act_link", "desk_act_dismiss", "desk_act_roles", "desk_act_reset"):
        assert boss.see(name, reader.pk).status_code == 404, name
