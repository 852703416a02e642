"""Days since the last duplicate: by order and by term, given back by itself, and by one click where that failed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from payments import refunds
from payments.charging import intend, open_hosted_page
from payments.looking_up import look_up
from payments.mirroring import duplicates, taking_over
from payments.models import MirrorCharge, Payment, Refund
from shop.backoffice.roles import ensure_roles
from shop.watch.audit import breaches
from subscriptions import transferring
from tests.backoffice.colleagues import Colleague, hire, seal_of, text_of
from tests.makers import NOW, READER
from tests.mirror.nights import CLOCK, TOMORROW, bought, charge_by_hand, customer_of, found, night, on_the_desk
from tests.storefront.conftest import _plain_static

__all__ = ["_plain_static"]
pytestmark = pytest.mark.django_db(transaction=True)
FOUND = "Stripe has taken money for it a second time"
WHY = "Le premier remboursement est revenu."


@pytest.fixture
def finance(transactional_db, client, settings) -> Colleague:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    ensure_roles()
    colleague = hire("finance")
    colleague.sign_in(client)
    return colleague


def twin_of(first: Payment, till) -> Payment:
    """A second payment page of the same order, paid as well."""
    twin = intend(
        purpose=first.purpose, subject=first.subject, amount=first.amount, description="x", customer=None,
        account=first.payer_account, save_method=False, actor=READER, at=timezone.now(),
    )  # fmt: skip
    page = open_hosted_page(
        twin, email="x@example.fr", name="x", success_url="http://shop.test/", cancel_url="http://shop.test/",
        actor=READER, at=timezone.now(),
    )  # fmt: skip
    till.pay(page.checkout_url)
    return look_up(page, actor=READER, at=timezone.now())


def test_days_are_counted_from_the_first_payment_then_from_the_last_duplicate(offers, till):
    assert duplicates.record(NOW) == duplicates.Record(0, None, None)
    first = bought(till)
    assert duplicates.record(NOW + timedelta(days=40)) == duplicates.Record(40, None, NOW.date())
    with time_machine.travel(NOW + timedelta(days=10), tick=False):
        twin = twin_of(first, till)
    assert list(duplicates.duplicates()) == [twin]
    assert duplicates.record(NOW + timedelta(days=40)) == duplicates.Record(
        30, (NOW + timedelta(days=10)).date(), NOW.date()
    )
    # The same Paris day, late in the evening: nought; the next one: one.
    assert duplicates.record(NOW + timedelta(days=10, hours=13)).days == 0
    assert duplicates.record(NOW + timedelta(days=10, hours=15)).days == 1


def test_a_term_that_was_paid_twice_by_whatever_payments(offers, till):
    """One subject for the charge without the reader and for the page: (subscription, term)."""
    bought(till)
    paid = {"purpose": "renewal", "subject": "term:7:2", "amount": "27.60", "way": "checkout", "description": "x"}
    rows = [
        Payment.objects.create(
            **paid, reference=f"PAY-{number}", idempotency_key=str(number), state="succeeded", is_open=False,
            surplus=number == 2, received_on=NOW.date(), created_at=NOW, state_since=NOW + timedelta(days=number),
        )
        for number in (1, 2)
    ]  # fmt: skip
    assert list(duplicates.duplicates()) == [rows[1]]
    assert duplicates.record(NOW + timedelta(days=9)).days == 7


def test_what_pays_for_nothing_for_another_reason_is_no_duplicate(offers, till):
    payment = bought(till)
    Payment.objects.filter(pk=payment.pk).update(surplus=True)
    assert list(duplicates.duplicates()) == []


def test_a_second_charge_that_only_stripe_knows_counts_too(offers, till):
    payment = bought(till)
    charge_by_hand(till, customer=customer_of(payment), metadata={"reference": payment.reference})
    night()
    assert duplicates.record(NOW + timedelta(days=3)).days == 2


def test_a_second_charge_that_only_stripe_knows_is_given_back_by_one_click(offers, till, finance):
    """It becomes a surplus payment of the same order, booked and refunded; the next night finds nothing to explain."""
    payment = bought(till)
    charge_by_hand(till, customer=customer_of(payment), metadata={"reference": payment.reference})
    night()
    charge = MirrorCharge.objects.exclude(stripe_charge=payment.stripe_charge).get()
    address = reverse("desk_act_take_over", args=[charge.pk])
    assert address in finance.see("desk_mirror").content.decode()
    shown = finance.rehearse("desk_act_take_over", charge.pk, reason=WHY)
    for _twice in range(2):
        finance.say_yes("desk_act_take_over", charge.pk, seal_of(shown), reason=WHY)
    twin = Payment.objects.get(stripe_charge=charge.stripe_charge)
    assert (twin.subject, twin.surplus, twin.effect) == (payment.subject, True, "surplus")
    assert Refund.objects.get().state == "succeeded"
    assert list(duplicates.duplicates()) == [twin]
    assert breaches(timezone.now()) == [("MIRROR", f"charge:{charge.stripe_charge}", FOUND)]
    [run] = night(TOMORROW + timedelta(days=1))
    assert (found(run), on_the_desk()) == ([], [])
    assert finance.rehearse("desk_act_take_over", charge.pk, reason=WHY).status_code == 422
    first = MirrorCharge.objects.get(stripe_charge=payment.stripe_charge)
    with pytest.raises(taking_over.NotASecondCharge):
        taking_over.take_over(first, reason=WHY, actor=READER, at=timezone.now())


def test_the_page_shows_the_days_the_list_and_the_one_click(offers, till, finance):
    twin = twin_of(bought(till), till)
    refund = Refund.objects.get(payment=twin)
    till.client().v1.refunds.create({"payment_intent": twin.stripe_intent, "amount": 100})
    refunds.send(refund.pk, actor=CLOCK, at=timezone.now())
    refund.refresh_from_db()
    assert refund.state == "failed"
    page = finance.see("desk_mirror")
    assert page.status_code == 200
    said = text_of(page)
    assert "0 jour dernier le 23/11/2026" in said
    assert twin.reference in said
    assert reverse("desk_act_give_back", args=[twin.pk]) in page.content.decode()


def test_one_click_gives_back_what_is_left_and_does_it_once(offers, till, finance):
    twin = twin_of(bought(till), till)
    Refund.objects.filter(payment=twin).update(state="failed")
    shown = finance.rehearse("desk_act_give_back", twin.pk, reason=WHY)
    assert "27,60" in text_of(shown)
    for _twice in range(2):
        finance.say_yes("desk_act_give_back", twin.pk, seal_of(shown), reason=WHY)
    again = Refund.objects.get(state="succeeded")
    assert (again.payment_id, str(again.amount.amount), again.reason) == (twin.pk, "27.60", WHY)
    assert finance.rehearse("desk_act_give_back", twin.pk, reason=WHY).status_code == 422
    assert "demandé ou fait" in text_of(finance.see("desk_mirror"))


def test_what_goes_by_transfer_is_not_offered_a_second_time(offers, till, finance):
    twin = twin_of(bought(till), till)
    refund = Refund.objects.get(payment=twin)
    Refund.objects.filter(payment=twin).update(state="failed")
    transferring.begin(refund, reason=WHY, actor=READER, at=timezone.now())
    [shown] = duplicates.duplicates()
    assert (str(shown.given), duplicates.left_to_give_back(twin).amount) == ("27.60", 0)
    assert "demandé ou fait" in text_of(finance.see("desk_mirror"))
    assert finance.rehearse("desk_act_give_back", twin.pk, reason=WHY).status_code == 422


def test_a_payment_that_pays_for_something_is_not_given_back_here(offers, till, finance):
    payment = bought(till)
    assert finance.rehearse("desk_act_give_back", payment.pk, reason=WHY).status_code == 422
    with pytest.raises(refunds.NothingToRefund):
        duplicates.give_back_rest(payment.pk, reason=WHY, actor=READER, at=timezone.now())


def test_a_run_and_its_charges_are_one_click_away(offers, till, finance):
    payment = bought(till)
    other = charge_by_hand(till, metadata={})
    nightly, _monthly = night()
    page = text_of(finance.see("desk_mirror"))
    assert "Autres produits 1 27,60 €" in page
    run = text_of(finance.see("desk_mirror_run", nightly.pk))
    assert "1, 27,60 €" in run
    ours = text_of(finance.see("desk_mirror_charges", nightly.pk, etat="ours"))
    assert payment.reference in ours
    assert other.latest_charge not in ours
    assert other.latest_charge in text_of(finance.see("desk_mirror_charges", nightly.pk, etat="foreign"))


def test_the_page_before_the_first_night(offers, finance):
    assert "Aucun miroir n’a encore été tendu" in text_of(finance.see("desk_mirror"))
