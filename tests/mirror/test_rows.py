"""One story for each row of the table at the head of `payments.mirroring.comparing`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import refunds
from payments.audit import mirrored
from payments.models import DeskItem, MirrorCharge, MirrorDifference, Refund
from shop.watch.audit import breaches
from subscriptions.models import Order, Subscription
from subscriptions.refunding import refund_in_full
from tests.mirror.nights import (
    CLOCK,
    as_superuser,
    bought,
    charge_by_hand,
    customer_of,
    found,
    night,
    on_the_desk,
    quarter_past_two,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_difference(offers, till):
    """Three readers paid, one was given back; a charge of another product stands beside them and is no error."""
    payments = [bought(till) for _each in range(3)]
    refund = refund_in_full(
        Subscription.objects.order_by("pk")[0].terms.get().order, reason="rétractation", actor=CLOCK, at=timezone.now()
    )
    refunds.send(refund.pk, actor=CLOCK, at=timezone.now())
    charge_by_hand(till, metadata={"reference": "SHOP-1", "product": "mugs"})
    nightly, monthly = night()
    for run in (nightly, monthly):
        assert (run.ours, str(run.ours_amount), run.foreign, str(run.foreign_amount)) == (3, "82.80", 1, "27.60")
        assert (run.mended, run.differences, found(run)) == (0, 0, [])
    assert on_the_desk() == []
    kept = MirrorCharge.objects.filter(ours=True).order_by("payment").values_list("payment", "refunded")
    assert [(key, str(sum_)) for key, sum_ in kept] == [
        (payments[0].pk, "27.60"),
        (payments[1].pk, "0.00"),
        (payments[2].pk, "0.00"),
    ]
    foreign = MirrorCharge.objects.get(ours=False)
    assert (foreign.reference, foreign.payment) == ("", None)
    assert [one for one in breaches(quarter_past_two()) if one[0] != "TOLD"] == []


def test_mended(offers, till):
    """The reader paid, nobody heard of it: the night settles it by the one way, and says so once."""
    payment = bought(till, heard=False)
    nightly, monthly = night()
    payment.refresh_from_db()
    assert (payment.state, payment.effect) == ("succeeded", "done")
    assert (nightly.mended, nightly.differences, found(nightly)) == (1, 0, [("mended", f"payment:{payment.pk}")])
    assert found(monthly) == []
    assert Subscription.objects.count() == 1
    assert on_the_desk() == []


def test_unknown_by_its_customer(offers, till):
    """Somebody charged a reader of ours from Stripe's own pages."""
    payment = bought(till)
    intent = charge_by_hand(till, customer=customer_of(payment), metadata={})
    nightly, _monthly = night()
    assert found(nightly) == [("unknown", f"charge:{intent.latest_charge}")]
    item = DeskItem.objects.get(kind="mirror_unknown")
    assert (item.desk, item.sentence) == (
        "finance",
        (
            f"Stripe a encaissé 27,60\u00a0€ ({intent.latest_charge}) au nom de la boutique, et les livres ne "
            "connaissent pas ce paiement : à retrouver, ou à rendre depuis Stripe."
        ),
    )
    assert list(mirrored(quarter_past_two())) == [
        (f"charge:{intent.latest_charge}", "Stripe has taken money that the books do not know")
    ]


def test_unknown_by_its_reference(offers, till):
    """A reference of ours that the books do not hold, as after a restore."""
    intent = charge_by_hand(till, metadata={"reference": "PAY-7K2M9QXW4ACD"})
    nightly, _monthly = night()
    assert found(nightly) == [("unknown", f"charge:{intent.latest_charge}")]


def test_unsettled(offers, till):
    """The books hold another intent for this payment, which took nothing: a person looks at it."""
    payment = bought(till, card="4000000000000002")
    assert payment.state == "declined"
    charge_by_hand(till, customer=customer_of(payment), metadata={"reference": payment.reference})
    nightly, _monthly = night()
    payment.refresh_from_db()
    assert payment.state != "succeeded"
    assert found(nightly) == [("unsettled", f"payment:{payment.pk}")]


def test_second(offers, till):
    """Two charges under one reference of ours: the second is nobody's, and on the desk by its own name."""
    payment = bought(till)
    intent = charge_by_hand(till, customer=customer_of(payment), metadata={"reference": payment.reference})
    nightly, _monthly = night()
    assert found(nightly) == [("second", f"charge:{intent.latest_charge}")]
    [(kind, subject)] = on_the_desk()
    assert (kind, subject) == ("mirror_second", f"charge:{intent.latest_charge}")


@pytest.mark.parametrize("charge", ["ch_nobody_knows", None], ids=["another charge", "no charge"])
def test_missing(offers, till, superuser, charge):
    """The books hold as paid what Stripe does not."""
    payment = bought(till)
    as_superuser(
        superuser, "UPDATE payments_payment SET stripe_charge = %s, stripe_intent = 'pi_gone', reference = 'PAY-GONE' "
        "WHERE id = %s", charge, payment.pk,
    )  # fmt: skip
    nightly, _monthly = night()
    assert ("missing", f"payment:{payment.pk}") in found(nightly)
    item = DeskItem.objects.get(kind="mirror_missing")
    assert item.sentence == (
        "Les livres tiennent PAY-GONE pour payé (27,60\u00a0€), et Stripe n’a pas cet encaissement."
    )


def test_amount(offers, till, superuser):
    """One euro more at Stripe."""
    payment = bought(till)
    as_superuser(superuser, "UPDATE payments_payment SET amount = 26.60 WHERE id = %s", payment.pk)
    nightly, _monthly = night()
    one = MirrorDifference.objects.get(run=nightly)
    assert (one.kind, str(one.at_stripe), str(one.in_books)) == ("amount", "27.60", "26.60")
    assert DeskItem.objects.get(kind="mirror_amount").sentence == (
        f"Stripe a encaissé 27,60\u00a0€ pour {payment.reference}, les livres 26,60\u00a0€."
    )


def test_currency(offers, till):
    """The stand-in takes euros only: its charge is given another currency by hand."""
    payment = bought(till)
    world = till.application.world
    with world.lock:
        world.change(world.need("charge", payment.stripe_charge), currency="chf")
    nightly, _monthly = night()
    assert found(nightly) == [("currency", f"payment:{payment.pk}")]
    assert (nightly.ours, nightly.ours_amount) == (1, 0)


def test_refunded_at_stripe(offers, till):
    """Somebody gave money back from Stripe's own pages."""
    payment = bought(till)
    till.client().v1.refunds.create({"payment_intent": payment.stripe_intent, "amount": 760})
    nightly, _monthly = night()
    one = MirrorDifference.objects.get(run=nightly)
    assert (one.kind, str(one.at_stripe), str(one.in_books)) == ("refunded", "7.60", "0.00")


def test_refunded_in_the_books(offers, till, superuser):
    """The books say that 5 € have arrived; Stripe has given nothing back."""
    payment = bought(till)
    refund = Refund.objects.create(
        reference="RMB-X", payment=payment, amount="5.00", reason="x", actor="job:x", idempotency_key="x",
        state="succeeded", refunded_on="2026-11-23", created_at=timezone.now(), state_since=timezone.now(),
    )  # fmt: skip
    assert refund.state == "succeeded"
    nightly, _monthly = night()
    one = MirrorDifference.objects.get(run=nightly)
    assert (one.kind, str(one.at_stripe), str(one.in_books)) == ("refunded", "0.00", "5.00")


def test_refunded_on_its_way_is_no_difference(offers, till):
    """Asked for and not answered: Stripe has carried it out, and the night hears of it by the one way."""
    bought(till)
    refund = refund_in_full(Order.objects.get(), reason="rétractation", actor=CLOCK, at=timezone.now())
    till.misbehave("timeout_after", path="/v1/refunds")
    refunds.send(refund.pk, actor=CLOCK, at=timezone.now())
    refund.refresh_from_db()
    assert refund.state == "unknown"
    nightly, _monthly = night(quarter_past_two().date() + timedelta(days=1))
    assert found(nightly) == []
    assert str(MirrorCharge.objects.get().refunded) == "27.60"
