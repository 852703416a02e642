"""Readers of whom everything is kept that a bank may be shown: what the page said, what they agreed to, the letters as sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from payments.disputing import apply
from payments.gateway import IntentSeen, Outcome
from payments.models import Dispute, Payment, PaymentEvent
from payments.money import eur
from payments.settling import News
from payments.settling import apply as settle
from shop.checkout.page import SCREEN, button_words
from subscriptions.models import Magazine, Offer, Renewal, RenewalAttempt, Subscription
from subscriptions.notices.delivering import deliver
from subscriptions.offers.catalogue import read_shelf
from subscriptions.offers.disclosing import disclosure
from subscriptions.orders.placing import ConsentGiven
from subscriptions.texts import load_texts, mandate_words
from tests.disputes.people import BANK, says
from tests.makers import NOW, TODAY, make_magazine, make_offers, make_wish
from tests.renewals.days import live, noon, the_renewal
from tests.renewals.people import subscriber
from tests.stopping.people import JOB

R = date(2027, 11, 23)


def told(**wish: Any) -> Subscription:
    """Élodie, who chose automatic renewal on the page; her confirmation has left."""
    if not Magazine.objects.exists():
        make_offers(make_magazine())
    load_texts(TODAY)
    shelf = read_shelf(TODAY)
    quoted = make_wish(Offer.objects.get(renewal="automatic")).quote
    terms, mandate = shelf.text("cgv"), shelf.text("mandat")
    assert terms is not None
    assert mandate is not None
    agreed = [
        ConsentGiven("terms", True, "J’accepte les conditions générales de vente.", terms.pk),
        ConsentGiven("similar_offers", False, "Recevoir nos offres."),
        ConsentGiven("mandate", True, mandate_words(mandate, quoted.amount), mandate.pk),
    ]
    shown = disclosure(quoted, TODAY, shelf=shelf) | {"order_screen": SCREEN, "button": button_words(quoted)}
    subscription = subscriber(**({"disclosure": shown, "consents": agreed} | wish))
    deliver(20, at=NOW + timedelta(minutes=1))
    return subscription


def renewed_as_told(subscription: Subscription) -> Payment:
    """The second year: planned, announced, told again, charged on R and paid; every letter has left."""
    for days in (75, 61, 60, 14, 13):
        live(R - timedelta(days=days))
    renewal = the_renewal(subscription)
    Renewal.objects.filter(pk=renewal.pk).update(state=Renewal.State.CHARGING)
    at, first = noon(R), subscription.terms.get(number=1).payment
    assert first is not None
    payment = Payment.objects.create(
        reference=f"PAY-SECOND-{subscription.pk}", purpose="renewal", subject=renewal.subject, customer_id=subscription.payer_id,
        payer_account=first.payer_account, amount=eur("27.60"), description="Reconduction", way=Payment.Way.OFF_SESSION,
        method_kind="card", saved_method=subscription.saved_method, idempotency_key=f"second-{subscription.pk}", created_at=at,
        called_at=at, state_since=at,
    )  # fmt: skip
    PaymentEvent.objects.create(payment=payment, from_state="", to_state="created", actor=str(JOB), at=at)
    proof = renewal.proofs.get(kind="pre_debit")
    RenewalAttempt.objects.create(
        renewal=renewal, renews_on=R, number=1, charged_on=R, pre_debit_sent_on=proof.sent_on, payment=payment, at=at
    )
    taken = IntentSeen(
        id=f"pi_second_{payment.pk}", outcome=Outcome.SUCCEEDED, status="succeeded", amount_cents=2760, currency="eur",
        amount_received=2760, customer="cus", payment_method="pm", charge=f"ch_second_{payment.pk}", decline=None, metadata={},
        created=at, livemode=False, method_kind="card",
    )  # fmt: skip
    settle([News(payment.pk, Outcome.SUCCEEDED, intent=taken, closed=True)], actor=JOB, at=at)
    deliver(20, at=at + timedelta(minutes=1))
    payment.refresh_from_db()
    return payment


def contested(payment: Payment, reason: str, *, at: datetime) -> Dispute:
    """Its holder contests it, for that reason."""
    seen = replace(says(payment), reason=reason, created=at, respond_by=at + timedelta(days=10))
    return apply(seen, payment_id=payment.pk, actor=BANK, at=at)
