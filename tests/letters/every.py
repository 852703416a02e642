"""One letter of every kind, ready to be queued: whoever adds a kind to the table adds it here, or the tests say so."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from payments.invoicing.issuing import credit_in_full
from payments.models import MethodSetup, Refund
from payments.money import eur
from subscriptions.models import AddressChange, Consent, Declaration, RenewalChoice
from subscriptions.notices import NoticeDraft
from subscriptions.stopping.effects import GENERAL, Code, Effect
from subscriptions.stopping.saying import Said, content_of, digest
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


def declaration(kind: str, *, said: Said, effect: Effect | None = None, state: str = "applied") -> Declaration:
    """A declaration of Camille Lenoir's, received now."""
    content = content_of(said, effect=effect.sentence if effect else GENERAL[kind])
    return Declaration.objects.create(
        reference="RTR-4K7-PX2-9HT" if kind == "withdrawal" else f"RSL-4K7-PX2-9H{Declaration.objects.count()}",
        form_token=uuid.uuid4(),
        kind=kind,
        first_name=said.first_name,
        last_name=said.last_name,
        contract=said.contract,
        email=said.email,
        ground=said.ground,
        content=content,
        sha256=digest(content),
        actor=str(ACTOR),
        received_at=AT,
        state=state,
        state_since=AT,
        effect=effect.code if effect else Code.OTHER_EMAIL,
    )


def stoppings(bought: Purchase, renewed: Purchase) -> list[NoticeDraft]:
    """The letters about stopping: two receipts, a decision, a question, and automatic renewal off and on."""
    whole = Effect(Code.WITHDRAWN, ON, Decimal("27.60"), date(2027, 1, 18))
    given_up = Said(
        kind="withdrawal", last_name="Lenoir", first_name="Camille", contract="CMD-4K7-PX2-001",
        email="camille@example.fr", words="Je n’ai pas le temps de lire.",
    )  # fmt: skip
    at_end = Effect(Code.ENDS_AT_TERM, date(2028, 1, 28))
    ended = Said(
        kind="termination", last_name="Lenoir", first_name="Camille", contract="00000200", email="camille@example.fr"
    )
    one = declaration("withdrawal", said=given_up, effect=whole)
    two = declaration("termination", said=ended, effect=at_end)
    three = declaration("termination", said=replace(ended, email="c.lenoir@example.org"), state="on_desk")
    now = Effect(Code.ENDED_NOW, ON, Decimal("20.70"), date(2027, 2, 3))
    four = declaration("termination", said=replace(ended, ground="moved"), effect=now)
    off = RenewalChoice.objects.create(subscription=bought.term.subscription, automatic=False, actor=str(ACTOR), at=AT)
    words = Consent.objects.create(
        matter="mandate", given=True, words="J’autorise ActuIA à débiter 27,60\u00a0€ une fois par an.", at=AT
    )
    on = RenewalChoice.objects.create(
        subscription=renewed.term.subscription, automatic=True, consent=words, actor=str(ACTOR), at=AT
    )
    told = {"declaration_id": three.pk, "subscription_id": renewed.term.subscription_id}
    return [
        draft("withdrawal_acknowledged", {"declaration_id": one.pk, "sentence": whole.sentence}),
        draft("termination_acknowledged", {"declaration_id": two.pk, "sentence": at_end.sentence}),
        draft("declaration_applied", {"declaration_id": four.pk, "sentence": now.sentence}),
        draft("declaration_told", told),
        draft("renewal_turned_off", {"choice_id": off.pk}),
        draft("renewal_turned_on", {"choice_id": on.pk}),
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
        *stoppings(bought, renewed),
    ]
