"""One letter of every kind, ready to be queued: whoever adds a kind to the table adds it here, or the tests say so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from payments.invoicing.issuing import credit_in_full
from payments.models import MethodSetup, Refund
from payments.money import eur
from subscriptions.models import AddressChange, Consent, Issue, Subscription
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


def reminders() -> list[NoticeDraft]:
    """The series of a fixed term: to readers who still receive, and to one whose term ended in January 2028."""
    two, one, none, over = (purchase(number=5 + left, email=f"reader{left}@example.fr") for left in range(4))
    for rank in range(6):
        years, quarter = divmod(rank, 4)
        on = date(2028 + years, 3 * quarter + 3, 15)
        posted = {"posted_on": on, "state": "posted"} if rank == 0 else {}
        dates = {"cover_month": on.month, "cover_year": on.year, "cutoff_on": on.replace(day=1), "post_on": on}
        Issue.objects.get_or_create(magazine=two.order.offer.magazine, number=29 + rank, defaults=dates | posted)
    for bought, sent in ((two, 2), (one, 3), (none, 4), (over, 4)):
        bought.term.entitlements.filter(rank__lte=sent).update(state="served")
    Subscription.objects.filter(pk=over.term.subscription_id).update(state="lapsed", state_since=AT)
    Consent.objects.create(matter="similar_offers", given=True, words="…", customer=over.customer, at=AT)
    told = [
        ("two_left", "RA1", two, "2027-06-15"),
        ("one_left", "RA2", one, "2027-09-15"),
        ("last_posted", "R0", none, "2027-12-22"),
        ("lapsed", "RE1", over, "2028-03-20"),
        ("next_posted", "RE2", over, "2028-03-20"),
        ("farewell", "RE3", over, "2028-03-20"),
    ]
    return [
        draft(f"reminder_{name}", {"term_id": bought.term.pk, "code": code, "on": on})
        for name, code, bought, on in told
    ]


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
        draft("account_erased", {"erased_on": "2027-03-01"}),
        *reminders(),
    ]
