"""Money at the desks: given back once however often it is asked, and changed by nobody."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from payments.models import Act, Invoice, LedgerEntry, Payment, Refund
from shop.backoffice.registers import ReadOnly, registers
from shop.watch.audit import breaches
from subscriptions.models import Entitlement, Subscription
from subscriptions.orders.following import follow
from tests.backoffice.colleagues import said, seal_of, text_of
from tests.backoffice.sold import sell
from tests.makers import make_magazine, make_offers, make_wish, open_page, place_order

WHY = "Commande passée deux fois."


@pytest.fixture
def paid(transactional_db, till):
    """An order paid at the stand-in, as a reader pays."""
    order = place_order(make_wish(make_offers(make_magazine())["fixed"]), at=timezone.now())
    payment = open_page(order, at=timezone.now())
    till.pay(payment.checkout_url)
    follow(order, at=timezone.now(), ask=True)
    order.refresh_from_db()
    assert order.state == "paid"
    return order


@pytest.fixture
def finance(transactional_db, at_desk):
    return at_desk("finance")


def test_the_preview_says_amount_credit_note_and_copies_and_the_yes_does_it(paid, finance, till):
    shown = finance.rehearse("desk_act_refund", paid.pk, reason=WHY)
    page_says = text_of(shown).replace("\xa0", " ")
    invoice = Invoice.objects.get()
    for word in ("27,60 €", invoice.reference, "n° 25, n° 26, n° 27, n° 28", WHY):
        assert word in page_says, word
    assert (Refund.objects.count(), Invoice.objects.count()) == (0, 1)
    answer = finance.say_yes("desk_act_refund", paid.pk, seal_of(shown), reason=WHY)
    assert answer.url == reverse("desk_order", args=[paid.pk])
    refund = Refund.objects.get()
    assert (refund.state, refund.amount.amount, refund.reason) == ("succeeded", Decimal("27.60"), WHY)
    note = Invoice.objects.get(kind="credit_note")
    assert (note.total_ttc.amount, refund.credit_note_id) == (Decimal("27.60"), note.pk)
    assert set(Entitlement.objects.values_list("state", flat=True)) == {"void"}
    assert Subscription.objects.get().state == "ended"
    act = Act.objects.get(verb="refunded in full")
    assert (act.actor, act.reason, act.subject) == (f"staff:{finance.user.pk}", WHY, paid.subject)
    assert breaches(timezone.now()) == []
    assert refund.reference in text_of(finance.see("desk_order", paid.pk))
    again = finance.act("desk_act_refund", paid.pk, reason=WHY)
    assert (again.status_code, said("This order is already refunded.") in text_of(again)) == (422, True)


def at_once(*calls):
    """Everybody at the same time, each with a connection of their own."""
    answers, start = [], threading.Barrier(len(calls))

    def run(call):
        try:
            start.wait(timeout=30)
            answers.append(call())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == len(calls)
    return answers


def test_a_yes_sent_twice_at_once_is_one_credit_note_and_one_refund(paid, finance, till):
    seal = seal_of(finance.rehearse("desk_act_refund", paid.pk, reason=WHY))
    yes = lambda: finance.say_yes("desk_act_refund", paid.pk, seal, reason=WHY)  # noqa: E731
    answers = at_once(yes, yes, yes)
    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert (Refund.objects.count(), Invoice.objects.filter(kind="credit_note").count()) == (1, 1)
    assert Act.objects.filter(verb="refunded in full").count() == 1
    assert breaches(timezone.now()) == []


def test_two_colleagues_who_say_yes_at_once_give_the_money_back_once(paid, finance, at_desk, till):
    boss = at_desk("administrator")
    seals = {
        one: seal_of(who.rehearse("desk_act_refund", paid.pk, reason=WHY)) for one, who in (("f", finance), ("b", boss))
    }
    answers = at_once(
        lambda: finance.say_yes("desk_act_refund", paid.pk, seals["f"], reason=WHY),
        lambda: boss.say_yes("desk_act_refund", paid.pk, seals["b"], reason=WHY),
    )
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    assert (Refund.objects.count(), Invoice.objects.filter(kind="credit_note").count()) == (1, 1)


def test_when_stripe_is_silent_the_refund_is_written_down_and_not_asked_twice(paid, finance, till, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    answer = finance.act("desk_act_refund", paid.pk, reason=WHY)
    assert answer.status_code == 302
    refund = Refund.objects.get()
    assert refund.state in ("created", "unknown")
    settings.STRIPE_API_BASE = till.base
    from payments import refunds
    from payments.actors import job

    refunds.send(refund.pk, actor=job("refunds"), at=timezone.now())
    refund.refresh_from_db()
    assert (refund.state, Refund.objects.count()) == ("succeeded", 1)


def test_a_payment_is_asked_for_at_stripe_and_what_it_says_is_believed(transactional_db, at_desk, till):
    order = place_order(make_wish(make_offers(make_magazine())["fixed"]), at=timezone.now())
    payment = open_page(order, at=timezone.now())
    support = at_desk("support")
    assert support.act("desk_act_look_up", payment.pk, reason="Le lecteur dit avoir payé.").status_code == 302
    payment.refresh_from_db()
    assert payment.state == "created"
    till.pay(payment.checkout_url)
    assert support.act("desk_act_look_up", payment.pk, reason="Le lecteur dit avoir payé.").status_code == 302
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, order.state) == ("succeeded", "paid")
    assert Act.objects.filter(verb="asked Stripe", subject=f"payment:{payment.pk}").count() == 2
    assert payment.events.order_by("pk").last().actor == f"staff:{support.user.pk}"


def test_an_unpaid_order_is_not_refunded(offers, at_desk):
    order = place_order(make_wish(offers["fixed"]), at=timezone.now())
    answer = at_desk("finance").act("desk_act_refund", order.pk, reason=WHY)
    assert said("This order is not paid: there is nothing to refund.") in text_of(answer)


MONEY = (
    "payment",
    "refund",
    "invoice",
    "invoiceseries",
    "ledgerentry",
    "account",
    "accountmap",
    "vatrate",
    "stripeevent",
    "order",
    "term",
)


def test_no_money_row_can_be_added_changed_or_deleted_in_the_registers_by_anybody(offers, at_desk):
    sale = sell(offers["fixed"])
    boss = at_desk("administrator")
    boss.user.is_superuser = True
    boss.user.save(update_fields=["is_superuser"])
    models = {model._meta.model_name: model for model in registers._registry}
    before = {name: list(models[name].objects.order_by("pk").values()) for name in MONEY}
    for name in MONEY:
        model = models[name]
        assert isinstance(registers._registry[model], ReadOnly)
        place = f"registers:{model._meta.app_label}_{name}"
        row = model.objects.order_by("pk").last()
        assert boss.browser.get(reverse(f"{place}_changelist")).status_code == 200, name
        assert boss.browser.get(reverse(f"{place}_add")).status_code == 403, name
        if row is None:
            continue
        page = boss.browser.get(reverse(f"{place}_change", args=[row.pk]))
        assert page.status_code == 200, name
        assert 'name="_save"' not in page.content.decode(), name
        assert (
            boss.browser.post(reverse(f"{place}_change", args=[row.pk]), {"state": "x", "amount_0": "1"}).status_code
            == 403
        )
        assert boss.browser.post(reverse(f"{place}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403, name
        bulk = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        boss.browser.post(reverse(f"{place}_changelist"), bulk)
    assert {name: list(models[name].objects.order_by("pk").values()) for name in MONEY} == before
    assert Payment.objects.get(pk=sale.payment.pk).amount.amount == Decimal("27.60")
    assert LedgerEntry.objects.count() == 2


def test_keys_that_would_let_somebody_charge_again_are_not_shown(offers, at_desk):
    sale = sell(offers["fixed"])
    boss = at_desk("administrator")
    for url in (
        reverse("registers:payments_payment_change", args=[sale.payment.pk]),
        reverse("desk_payment", args=[sale.payment.pk]),
    ):
        assert sale.payment.idempotency_key not in boss.browser.get(url).content.decode()
