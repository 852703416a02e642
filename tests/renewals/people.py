"""Readers with an automatic subscription, and renewals as far as a story needs them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from payments.gateway import IntentSeen, MethodSeen, Outcome
from payments.settling import News, apply
from subscriptions.calendar import legal_notice_window
from subscriptions.models import (
    Magazine,
    Notice,
    NoticeProof,
    Offer,
    Price,
    Renewal,
    RenewalProof,
    Subscription,
)
from subscriptions.orders.placing import payment_of
from tests.makers import NOW, READER, make_magazine, make_offers, make_wish, place_order


def subscriber(*, renewal: str = "automatic", kind: str = "card", **wish: Any) -> Subscription:
    """A paid subscription of the small world: ordered on 23 November 2026, term 1 until 22 November 2027.

    Issues 25 to 28 are owed. The card Visa 4242 (12/2030), or the IBAN, is kept for the next years.
    """
    if not Magazine.objects.exists():
        make_offers(make_magazine())
    offer = Offer.objects.get(renewal=renewal)
    order = place_order(make_wish(offer, **wish))
    payment = payment_of(order)
    method = MethodSeen(
        id=f"pm_{payment.pk}",
        kind=kind,
        brand="visa" if kind == "card" else "",
        last4="4242" if kind == "card" else "2606",
        exp_month=12 if kind == "card" else None,
        exp_year=2030 if kind == "card" else None,
        fingerprint="f",
        customer=f"cus_{payment.pk}",
        mandate="" if kind == "card" else f"mandate_{payment.pk}",
        mandate_reference="" if kind == "card" else f"RUM{payment.pk:013d}",
    )
    paid = IntentSeen(
        id=f"pi_{payment.pk}", outcome=Outcome.SUCCEEDED, status="succeeded", amount_cents=2760, currency="eur",
        amount_received=2760, customer=method.customer, payment_method=method.id, charge=f"ch_{payment.pk}",
        decline=None, metadata={}, created=NOW, livemode=False, method_kind=kind,
    )  # fmt: skip
    apply([News(payment.pk, Outcome.SUCCEEDED, intent=paid, method=method, closed=True)], actor=READER, at=NOW)
    return Subscription.objects.get(terms__order=order)


def announced(
    subscription: Subscription,
    *,
    renews_on: date,
    state: str = Renewal.State.ANNOUNCED,
    without: str = "",
) -> Renewal:
    """A renewal for R with its proofs (but the one of kind `without`), put into `state`."""
    renewal = Renewal.objects.create(
        subscription=subscription,
        number=2,
        renews_on=renews_on,
        state=state,
        state_since=NOW,
        price=Price.objects.get(offer=subscription.offer, delivery_zone="FR", valid_to=None),
        amount="27.60",
        next_try_on=renews_on if state == Renewal.State.RETRYING else None,
        created_at=NOW,
    )
    window = legal_notice_window(renews_on)
    if without != RenewalProof.Kind.LEGAL:
        prove(renewal, RenewalProof.Kind.LEGAL, sent_on=window.target_on)
    if without != RenewalProof.Kind.PRE_DEBIT:
        prove(renewal, RenewalProof.Kind.PRE_DEBIT, sent_on=renews_on - timedelta(days=14))
    return renewal


def prove(
    renewal: Renewal,
    kind: str,
    *,
    sent_on: date,
    opens: date | None = None,
    closes: date | None = None,
    ordinal: int = 1,
) -> RenewalProof:
    """A notice of that kind that the mail provider took on `sent_on`, and the proof of it."""
    window = legal_notice_window(renewal.renews_on)
    legal = kind == RenewalProof.Kind.LEGAL
    notice = Notice.objects.create(
        kind="renewal_notice" if legal else "renewal_pre_debit",
        matter=f"{kind}:renewal:{renewal.pk}:{renewal.renews_on}:{sent_on}",
        rank=Notice.Rank.LEGAL,
        customer=renewal.subscription.payer,
        to_email="elodie@example.fr",
        due_at=NOW,
        created_at=NOW,
        state=Notice.State.SENT,
        state_since=NOW,
    )
    return RenewalProof.objects.create(
        renewal=renewal,
        renews_on=renewal.renews_on,
        kind=kind,
        ordinal=ordinal,
        sent_on=sent_on,
        window_opens=opens or (window.opens_on if legal else renewal.renews_on - timedelta(days=30)),
        window_closes=closes or (window.closes_on if legal else renewal.renews_on - timedelta(days=7)),
        notice_proof=NoticeProof.objects.create(notice=notice, kind="accepted", provider_id="1", at=NOW),
        at=NOW,
    )
