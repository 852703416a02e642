"""Who may open what: every address of the desks for every role, written out; and that `ensure_roles` says the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from payments.actors import job
from payments.models import DeskItem, LedgerEntry, MirrorCharge, MirrorRun
from payments.refunds import request
from shop.backoffice import urls
from shop.backoffice.registers import registers
from shop.backoffice.roles import LABELS, RIGHTS, ROLE_LABELS, Right, Role, ensure_roles
from shop.customers.models import Customer
from tests.backoffice.colleagues import Colleague, said, text_of
from tests.backoffice.sold import planned, sell
from tests.stopping.people import terminates

F, L, S, A = "finance", "fulfilment", "support", "administrator"
EVERYBODY = {F, L, S, A}

#: Every address behind the door, and who may open it. A new one fails the test until somebody has thought about it here.
OPEN_TO = {
    "desk_home": EVERYBODY,
    "desk_search": EVERYBODY,
    "desk_person": EVERYBODY,
    "desk_subscription": EVERYBODY,
    "desk_items": {F, A},  # asked for finance's
    "desk_item": {F, A},
    "desk_renewals": {F, S, A},
    "desk_renewal": {F, S, A},
    "desk_orders": {F, S, A},
    "desk_order": {F, S, A},
    "desk_payments": {F, S, A},
    "desk_payment": {F, S, A},
    "desk_refunds": {F, S, A},
    "desk_refund": {F, S, A},
    "desk_stripe_events": {F, A},
    "desk_stripe_event": {F, A},
    "desk_stripe_event_by_id": {F, A},
    "desk_invoices": {F, S, A},
    "desk_invoice": {F, S, A},
    "desk_invoice_pdf": {F, S, A},
    "desk_entries": {F, A},
    "desk_entry": {F, A},
    "desk_mirror": {F, A},
    "desk_mirror_run": {F, A},
    "desk_mirror_charges": {F, A},
    "desk_letters": {S, A},
    "desk_letter": {S, A},
    "desk_letter_as_sent": {S, A},
    "desk_acts": {F, S, A},
    "desk_clock": {F, A},
    "desk_team": {A},
    "desk_act_refund": {F, A},
    "desk_act_give_back": {F, A},
    "desk_act_take_over": {F, A},
    "desk_act_look_up": {F, S, A},
    "desk_act_resend_invoice": {F, S, A},
    "desk_act_resend_letter": {F, S, A},
    "desk_act_retry_letter": {F, S, A},
    "desk_act_settle_doubt": {F, S, A},
    "desk_act_address": {L, S, A},
    "desk_act_email": {S, A},
    "desk_declarations": {F, S, A},
    "desk_declaration": {F, S, A},
    "desk_declaration_pdf": {F, S, A},
    "desk_act_declaration": {S, A},
    "desk_act_settle": {S, A},
    "desk_act_end": {S, A},
    "desk_act_take": {F, A},
    "desk_act_close": {F, A},
    "desk_act_hire": {A},
    "desk_act_link": {A},
    "desk_act_dismiss": {A},
    "desk_act_roles": {A},
    "desk_act_reset": {A},
}
DOOR = {
    "desk_choose_password",
    "desk_sign_in",
    "desk_second_factor",
    "desk_set_up",
    "desk_recovery_codes",
    "desk_sign_out",
}
#: Pages that are there for those who may, and say 404 or 409 about what there is to see or do in this small world.
ELSE = {
    "desk_letter_as_sent": 404,
    "desk_invoice_pdf": 404,
    "desk_act_resend_letter": 409,
    "desk_act_retry_letter": 409,
    "desk_act_settle_doubt": 409,
}


@pytest.fixture
def world(offers):
    """One of each thing, and its address."""
    sale = sell(offers["fixed"])
    refund = request(sale.payment, amount=sale.payment.amount, reason="essai", actor=job("test"), at=timezone.now())
    item = DeskItem.objects.create(
        desk="finance", kind="x", subject="payment:1", sentence="…", opened_at=timezone.now()
    )
    declared = terminates("ActuIA, en novembre", at=timezone.now())
    other = Customer.objects.create_user("other@team.example", is_staff=True)
    sold, letter = sale.order.pk, sale.letter.pk
    now = timezone.now()
    mirror = MirrorRun.objects.create(kind="nightly", since=now - timedelta(days=16), until=now, started_at=now)
    charge = MirrorCharge.objects.create(
        stripe_charge="ch_x",
        created=now,
        amount=1,
        refunded=0,
        currency="eur",
        ours=True,
        first_run=mirror,
        last_run=mirror,
    )
    keys = {
        "desk_items": "finance",
        "desk_stripe_event_by_id": "evt_1",
        "desk_person": sale.customer.pk,
        "desk_subscription": sale.subscription.pk,
        "desk_item": item.pk,
        "desk_order": sold,
        "desk_renewal": planned(sale.subscription).pk,
        "desk_payment": sale.payment.pk,
        "desk_refund": refund.pk,
        "desk_stripe_event": sale.event.pk,
        "desk_invoice": sale.invoice.pk,
        "desk_invoice_pdf": sale.invoice.pk,
        "desk_entry": LedgerEntry.objects.order_by("pk")[0].pk,
        "desk_letter": letter,
        "desk_letter_as_sent": letter,
        "desk_mirror_run": mirror.pk,
        "desk_mirror_charges": mirror.pk,
        "desk_act_refund": sold,
        "desk_act_give_back": sale.payment.pk,
        "desk_act_take_over": charge.pk,
        "desk_act_look_up": sale.payment.pk,
        "desk_act_resend_invoice": sale.invoice.pk,
        "desk_act_resend_letter": letter,
        "desk_act_retry_letter": letter,
        "desk_act_settle_doubt": letter,
        "desk_act_address": sale.subscription.recipient_id,
        "desk_act_email": sale.customer.pk,
        "desk_declaration": declared.pk,
        "desk_declaration_pdf": declared.pk,
        "desk_act_declaration": declared.pk,
        "desk_act_settle": declared.pk,
        "desk_act_end": sale.subscription.pk,
        "desk_act_take": item.pk,
        "desk_act_close": item.pk,
        "desk_act_link": other.pk,
        "desk_act_dismiss": other.pk,
        "desk_act_roles": other.pk,
        "desk_act_reset": other.pk,
    }
    return lambda name: reverse(name, args=[keys[name]] if name in keys else [])


def names() -> set[str]:
    return {pattern.name for pattern in [*urls.pages, *urls.acts] if isinstance(pattern, URLPattern)}


def test_every_address_behind_the_door_is_in_the_table_and_asks_for_one_right():
    assert names() == set(OPEN_TO)
    assert {pattern.name for pattern in urls.door} == DOOR
    for pattern in [*urls.pages, *urls.acts]:
        assert isinstance(pattern.callback.right, Right), pattern.name


@pytest.mark.parametrize("role", [F, L, S, A, ""])
def test_each_role_opens_what_is_its_own_and_is_told_what_is_missing_elsewhere(at_desk, world, role):
    colleague: Colleague = at_desk(role)
    for name, roles in OPEN_TO.items():
        answer = colleague.browser.get(world(name))
        if role in roles:
            assert answer.status_code in (200, ELSE.get(name, 302 if name == "desk_stripe_event_by_id" else 200)), name
        else:
            assert answer.status_code == 403, (name, answer.status_code)
            missing = str(answer.context["missing"])
            assert missing in text_of(answer), name
            if name.startswith(("desk_item", "desk_act_take", "desk_act_close")) and not role:
                continue  # without any right the first one that is missing is the dashboard's
            assert answer.context["roles"] == [str(ROLE_LABELS[one]) for one in Role if one.value in roles], name


@pytest.mark.parametrize("role", [F, L, S, A])
def test_acts_are_refused_to_those_who_may_not_even_when_posted_straight(at_desk, world, role):
    colleague = at_desk(role)
    for name in (name for name in OPEN_TO if name.startswith("desk_act_") and role not in OPEN_TO[name]):
        assert colleague.browser.post(world(name), {"step": "do", "reason": "sans droit"}).status_code == 403, name


def test_nothing_opens_to_a_stranger_or_a_reader(world, client):
    reader = Customer.objects.create_user("someone@example.fr")
    reader.groups.add(Group.objects.get_or_create(name=A)[0])
    for browser in (client, Client()):
        for name in OPEN_TO:
            answer = browser.get(world(name))
            assert answer.url.startswith("/gestion/connexion/"), name
            assert browser.post(world(name)).status_code == 302, name
        client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")


def test_pages_that_only_show_take_no_post(at_desk, world):
    colleague = at_desk(A)
    for pattern in urls.pages:
        assert colleague.browser.post(world(pattern.name)).status_code == 405, pattern.name


def test_the_registers_open_to_their_roles(at_desk):
    for role, expected in ((F, 200), (L, 200), (A, 200), (S, 403), ("", 403)):
        answer = at_desk(role).browser.get("/gestion/registres/")
        assert answer.status_code == expected, role
    assert said("see the registers") in text_of(answer)


SEEN_BY_ALL = {"issue", "magazine", "offer", "price", "legaltext", "reminderstep"}


def test_money_registers_are_cut_to_the_rights_on_money(at_desk):
    fulfilment = at_desk(L)
    for model in registers._registry:
        url = reverse(f"registers:{model._meta.app_label}_{model._meta.model_name}_changelist")
        shown = fulfilment.browser.get(url).status_code
        assert shown == (200 if model._meta.model_name in SEEN_BY_ALL else 403), url


def test_ensuring_roles_twice_changes_nothing_and_takes_back_what_is_not_in_the_table(db):
    ensure_roles()
    first = {group.name: sorted(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}
    assert first == {role.value: sorted(right.value for right in rights) for role, rights in RIGHTS.items()}
    Group.objects.get(name=S).permissions.add(Permission.objects.get(codename="refund_orders"))
    Permission.objects.create(
        content_type=Permission.objects.get(codename="see_home").content_type, codename="old_right", name="old"
    )
    ensure_roles()
    second = {group.name: sorted(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}
    assert second == first
    assert not Permission.objects.filter(codename="old_right").exists()


def test_every_right_has_words_and_a_role():
    assert set(LABELS) == set(Right)
    assert set().union(*RIGHTS.values()) == set(Right)


def test_a_right_taken_away_holds_from_the_next_page(at_desk):
    colleague = at_desk(F)
    assert colleague.see("desk_payments").status_code == 200
    colleague.user.groups.clear()
    assert colleague.see("desk_payments").status_code == 403


def test_a_member_without_a_role_gets_in_and_sees_nothing(at_desk):
    colleague = at_desk("")
    answer = colleague.see("desk_home")
    assert answer.status_code == 403
    assert answer.context["desks"] == []
