"""One letter of every kind, ready to be queued: whoever adds a kind to the table adds it here, or the tests say so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from payments.invoicing.issuing import credit_in_full
from payments.models import MethodSetup, Refund
from payments.money import eur
from subscriptions.models import AddressChange, Renewal
from subscriptions.notices import NoticeDraft
from subscriptions.texts import load_texts
from tests.letters.people import ACTOR, AT, ON, Purchase, pay, place, purchase

EXPIRES = AT + timedelta(minutes=10)


def draft(kind: str, facts: Mapping[str, Any], **changes: Any) -> NoticeDraft:
    """A letter of that kind to Camille Lenoir, due now."""
    given: dict[str, Any] = {
        "kind": kind,
        "matter": f"{kind}:1",
        "customer_id": None,
        "to_email": "camille@example.fr",
        "to_name": "Camille Lenoir",
        "facts": facts,
        "due_at": AT,
        "created_at": AT,
    }
    return NoticeDraft(**(given | changes))


def code(**changes: Any) -> NoticeDraft:
    """The cheapest letter: a code, from no row at all."""
    return draft("sign_in_code", {"code": "K7XP-29HJ", "expires_at": EXPIRES.isoformat()}, **changes)


def texts() -> None:
    """The legal texts as loaded before the first sale."""
    load_texts(date(2026, 11, 1))


def refund_of(bought: Purchase, **changes: Any) -> Refund:
    """The whole of a purchase given back, with its credit note."""
    facts: dict[str, Any] = {
        "reference": f"RMB-{bought.payment.pk}",
        "payment": bought.payment,
        "amount": eur("27.60"),
        "reason": "rétractation",
        "actor": str(ACTOR),
        "idempotency_key": f"refund-{bought.payment.pk}",
        "state": "succeeded",
        "created_at": AT,
        "state_since": AT,
        "refunded_on": ON,
    }
    if "credit_note" not in changes:
        facts["credit_note"] = credit_in_full(
            bought.invoice, reason="rétractation", unserved_ht=Decimal("27.03"), on=ON, actor=ACTOR, at=AT
        )
    return Refund.objects.create(**(facts | changes))


def address_change(bought: Purchase, *, issue: int | None = 26) -> AddressChange:
    """Camille Lenoir moves; the new label goes on from no. 26."""
    recipient = bought.term.subscription.recipient
    return AddressChange.objects.create(
        recipient=recipient,
        old=recipient.address,
        new=recipient.address,
        first_issue=next((one for one in bought.issues if one.number == issue), None),
        actor=str(ACTOR),
        at=AT,
    )


def setup_of(bought: Purchase) -> MethodSetup:
    """A card left for the next charge of a subscription: the one it has."""
    saved = bought.payment.saved_method
    assert saved is not None
    saved.exp_month, saved.exp_year = 12, 2029
    saved.save()
    return MethodSetup.objects.create(
        reference=f"MOY-{bought.term.pk}",
        subject=f"subscription:{bought.term.subscription_id}",
        payer_account=saved.payer_account,
        idempotency_key=f"setup-{bought.term.pk}",
        state="done",
        saved_method=saved,
        actor=str(ACTOR),
        created_at=AT,
        state_since=AT,
    )


def renewal_of(
    number: int, *, kind: str = "card", state: str = "announced", expires: tuple[int, int] | None = (12, 2029)
) -> Renewal:
    """The renewal on 15 March 2027 of a reader since 15 March 2026; the card ends at the end of that month, if at all."""
    bought = purchase(automatic=True, kind=kind, number=number, starts_on=date(2026, 3, 15))
    saved = bought.payment.saved_method
    assert saved is not None
    saved.exp_month, saved.exp_year = expires if expires else (None, None)
    saved.mandate = "" if kind == "card" else "mandate_1A2B"
    saved.save()
    return Renewal.objects.create(
        subscription=bought.term.subscription,
        number=2,
        renews_on=date(2027, 3, 15),
        state=state,
        state_since=AT,
        price=bought.order.price,
        amount=bought.order.amount,
        created_at=AT,
    )


def about(renewal: Renewal, **facts: str) -> dict[str, Any]:
    """The facts of a letter about a renewal."""
    return {"renewal_id": renewal.pk, "renews_on": renewal.renews_on.isoformat(), **facts}


def every() -> list[NoticeDraft]:
    """All of them, from real rows, all still true."""
    texts()
    bought, renewed = purchase(), purchase(automatic=True, number=2)
    refused, debited = place(state="cancelled", number=3), place(state="awaiting_payment", number=4)
    pay(debited, kind="sepa_debit", state="processing", number=4)
    mail = {
        "confirm_path": "/compte/adresse-electronique/signed/",
        "old_email": "camille@example.fr",
        "new_email": "lenoir@example.org",
        "expires_at": EXPIRES.isoformat(),
    }
    method = {"subscription_id": renewed.term.subscription_id, "setup_id": setup_of(renewed).pk}
    announced, ends_first = renewal_of(5), renewal_of(6, expires=(2, 2027))
    return [
        draft("order_confirmation", renewed.facts),
        draft("payment_refused", {"order_id": refused.pk, "decline_code": "insufficient_funds"}),
        draft("sepa_pending", {"order_id": debited.pk}),
        draft("sepa_failed", {"order_id": refused.pk, "decline_code": "account_closed"}),
        draft("order_expired_with_late_money", {"order_id": refused.pk}),
        draft("refund_sent", {"refund_id": refund_of(bought).pk}),
        code(),
        draft("email_change_confirm_old", mail),
        draft("email_change_confirm_new", mail),
        draft("email_changed", mail),
        draft("address_changed", {"change_id": address_change(bought).pk}),
        draft("method_changed", method),
        draft("renewal_notice", about(announced)),
        draft("renewal_pre_debit", about(announced, charge_on="2027-03-15")),
        draft("renewal_card_wanted", about(ends_first)),
        draft("renewal_manual", about(renewal_of(7, state="manual"))),
        draft("account_erased", {"erased_on": "2027-03-01"}),
    ]
