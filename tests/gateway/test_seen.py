"""What we ask for, to the letter, and what we see in the answers."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from payments import gateway
from payments.gateway import Outcome
from tests.gateway import shapes
from tests.gateway.teller import Teller

CREATED = datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)
EXPIRES = datetime(2026, 11, 18, 12, 6, 40, tzinfo=UTC)


class TestAPage:
    def test_for_a_payment(self, teller: Teller) -> None:
        teller.says(200, shapes.checkout())
        seen = gateway.open_checkout(
            reference="P-1",
            customer="cus_1",
            amount_cents=2760,
            description="ActuIA, un an",
            success_url="https://boutique.example/merci/P-1",
            cancel_url="https://boutique.example/panier",
            expires_at=EXPIRES,
            save_method=True,
            metadata={"order": "42", "coupon": ""},
            key="key-1",
            statement_descriptor="ACTUIA",
        )
        assert seen == gateway.CheckoutSeen(
            id="cs_1",
            url="https://checkout.example/cs_1",
            status="open",
            payment_status="unpaid",
            mode="payment",
            payment_intent="",
            setup_intent="",
            customer="cus_1",
            amount_cents=2760,
            currency="eur",
            client_reference_id="P-1",
            metadata={"reference": "P-1"},
            expires_at=EXPIRES,
            created=CREATED,
            livemode=False,
        )
        (heard,) = teller.heard
        assert (heard.method, heard.path) == ("POST", "/v1/checkout/sessions")
        assert heard.headers["Idempotency-Key"] == "key-1"
        assert heard.form == {
            "mode": "payment",
            "customer": "cus_1",
            "client_reference_id": "P-1",
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "eur",
            "line_items[0][price_data][unit_amount]": "2760",
            "line_items[0][price_data][product_data][name]": "ActuIA, un an",
            "payment_intent_data[description]": "ActuIA, un an",
            "payment_intent_data[metadata][order]": "42",
            "payment_intent_data[metadata][reference]": "P-1",
            "payment_intent_data[setup_future_usage]": "off_session",
            "payment_intent_data[statement_descriptor_suffix]": "ACTUIA",
            "metadata[order]": "42",
            "metadata[reference]": "P-1",
            "success_url": "https://boutique.example/merci/P-1",
            "cancel_url": "https://boutique.example/panier",
            "expires_at": "1795003600",
            "allowed_payment_method_types[0]": "card",
            "allowed_payment_method_types[1]": "sepa_debit",
            "locale": "fr",
        }

    def test_without_keeping_the_method(self, teller: Teller) -> None:
        teller.says(200, shapes.checkout())
        gateway.open_checkout(
            reference="P-1",
            customer="cus_1",
            amount_cents=2760,
            description="ActuIA, un an",
            success_url="https://boutique.example/merci/P-1",
            cancel_url="https://boutique.example/panier",
            expires_at=EXPIRES,
            save_method=False,
            metadata={},
            key="key-1",
            kinds=("card",),
        )
        form = teller.heard[0].form
        assert not [name for name in form if "setup_future_usage" in name or "descriptor" in name]
        assert [value for name, value in form.items() if "allowed" in name] == ["card"]

    def test_for_a_new_card(self, teller: Teller) -> None:
        teller.says(200, shapes.checkout(mode="setup", amount_total=None, currency=None, setup_intent="seti_1"))
        seen = gateway.open_setup(
            reference="M-1",
            customer="cus_1",
            success_url="https://boutique.example/carte",
            cancel_url="https://boutique.example/compte",
            expires_at=EXPIRES,
            metadata={},
            key="key-2",
        )
        assert (seen.mode, seen.setup_intent, seen.amount_cents, seen.currency) == ("setup", "seti_1", 0, "")
        assert teller.heard[0].form == {
            "mode": "setup",
            "customer": "cus_1",
            "client_reference_id": "M-1",
            "setup_intent_data[metadata][reference]": "M-1",
            "metadata[reference]": "M-1",
            "success_url": "https://boutique.example/carte",
            "cancel_url": "https://boutique.example/compte",
            "expires_at": "1795003600",
            "allowed_payment_method_types[0]": "card",
            "allowed_payment_method_types[1]": "sepa_debit",
            "locale": "fr",
        }

    def test_expired_by_us(self, teller: Teller) -> None:
        teller.says(200, shapes.checkout(status="expired", url=None))
        seen = gateway.expire_checkout("cs_1")
        assert (seen.status, seen.url) == ("expired", "")
        assert (teller.heard[0].method, teller.heard[0].path) == ("POST", "/v1/checkout/sessions/cs_1/expire")

    def test_paid_before_we_could_expire_it(self, teller: Teller) -> None:
        teller.refuses(400, message="Only Checkout Sessions with a status in [open] can be expired.")
        teller.says(200, shapes.checkout(status="complete", payment_status="paid", payment_intent="pi_1", url=None))
        seen = gateway.expire_checkout("cs_1")
        assert (seen.status, seen.payment_status, seen.payment_intent) == ("complete", "paid", "pi_1")

    def test_refused_although_open(self, teller: Teller) -> None:
        teller.refuses(400, code="parameter_unknown")
        teller.says(200, shapes.checkout())
        with pytest.raises(gateway.Refused):
            gateway.expire_checkout("cs_1")

    def test_expiring_what_does_not_exist(self, teller: Teller) -> None:
        teller.refuses(404, code="resource_missing", param="session")
        with pytest.raises(gateway.Missing):
            gateway.expire_checkout("cs_404")
        assert len(teller.heard) == 1

    def test_those_of_a_customer(self, teller: Teller) -> None:
        teller.says(200, shapes.page(shapes.checkout(id="cs_2"), more=True))
        teller.says(200, shapes.page(shapes.checkout()))
        assert [seen.id for seen in gateway.find_checkouts(customer="cus_1")] == ["cs_2", "cs_1"]
        assert teller.heard[1].query == {"customer": "cus_1", "limit": "100", "starting_after": "cs_2"}


def test_a_customer(teller: Teller) -> None:
    teller.says(200, {"id": "cus_1", "object": "customer", "email": "a@b.example", "metadata": {"reference": "C-1"}})
    seen = gateway.create_customer(reference="C-1", email="a@b.example", name="", key="key-1")
    assert (seen.id, seen.email, seen.deleted) == ("cus_1", "a@b.example", False)
    assert teller.heard[0].form == {
        "email": "a@b.example",
        "preferred_locales[0]": "fr",
        "metadata[reference]": "C-1",
    }


STATUSES = [
    ("requires_payment_method", Outcome.CREATED),
    ("requires_confirmation", Outcome.CREATED),
    ("requires_action", Outcome.ACTION_REQUIRED),
    ("processing", Outcome.PROCESSING),
    ("succeeded", Outcome.SUCCEEDED),
    ("canceled", Outcome.CANCELLED),
    ("requires_capture", Outcome.UNKNOWN),
    ("a_status_of_next_year", Outcome.UNKNOWN),
]


class TestAnIntent:
    @pytest.mark.parametrize(("status", "outcome"), STATUSES)
    def test_status(self, teller: Teller, status: str, outcome: Outcome) -> None:
        teller.says(200, shapes.intent(status=status))
        seen = gateway.fetch_intent("pi_1")
        assert (seen.outcome, seen.status) == (outcome, status)

    @pytest.mark.parametrize("status", ["succeeded", "processing", "canceled", "requires_action"])
    def test_an_earlier_refusal_does_not_hide_the_status(self, teller: Teller, status: str) -> None:
        """The buyer was refused, tried again, and this is how it stands now."""
        teller.says(200, shapes.refused_intent(code="card_declined", decline_code="lost_card") | {"status": status})
        seen = gateway.fetch_intent("pi_1")
        assert seen.status == status
        assert seen.outcome is not Outcome.DECLINED

    def test_charged_off_session(self, teller: Teller) -> None:
        method = {"id": "pm_1", "object": "payment_method", "type": "sepa_debit"}
        teller.says(200, shapes.intent(status="processing", payment_method=method, amount_received=0))
        seen = gateway.charge_off_session(
            reference="P-1",
            customer="cus_1",
            method="pm_1",
            amount_cents=2760,
            description="ActuIA, un an",
            metadata={"subject": "term:1:2"},
            key="key-1",
        )
        assert seen == gateway.IntentSeen(
            id="pi_1",
            outcome=Outcome.PROCESSING,
            status="processing",
            amount_cents=2760,
            currency="eur",
            amount_received=0,
            customer="cus_1",
            payment_method="pm_1",
            charge="ch_1",
            decline=None,
            metadata={"reference": "P-1"},
            created=CREATED,
            livemode=False,
            method_kind="sepa_debit",
        )
        (heard,) = teller.heard
        assert (heard.method, heard.path) == ("POST", "/v1/payment_intents")
        assert heard.headers["Idempotency-Key"] == "key-1"
        assert heard.form == {
            "amount": "2760",
            "currency": "eur",
            "customer": "cus_1",
            "payment_method": "pm_1",
            "allowed_payment_method_types[0]": "card",
            "allowed_payment_method_types[1]": "sepa_debit",
            "confirm": "true",
            "off_session": "true",
            "description": "ActuIA, un an",
            "metadata[subject]": "term:1:2",
            "metadata[reference]": "P-1",
            "expand[0]": "payment_method",
            "expand[1]": "latest_charge",
        }

    def test_looked_up_by_our_reference(self, teller: Teller) -> None:
        """Every page is read: the one we look for may lie on the last."""
        others = [shapes.intent(id=f"pi_{n}", metadata={"reference": "P-2"}) for n in (5, 4)]
        teller.says(200, shapes.page(*others, more=True))
        teller.says(200, shapes.page(shapes.intent(id="pi_3", metadata={}), shapes.intent()))
        assert [seen.id for seen in gateway.find_intents(customer="cus_1", reference="P-1")] == ["pi_1"]
        assert teller.heard[0].query == {
            "customer": "cus_1",
            "limit": "100",
            "expand[0]": "data.payment_method",
            "expand[1]": "data.latest_charge",
        }
        assert teller.heard[1].query["starting_after"] == "pi_4"

    def test_a_look_up_that_breaks_off_finds_nothing_out(self, teller: Teller) -> None:
        teller.says(200, shapes.page(shapes.intent(id="pi_5", metadata={}), more=True))
        teller.refuses(500, type="api_error")
        with pytest.raises(gateway.Unknown):
            gateway.find_intents(customer="cus_1", reference="P-1")


CHARGE: dict[str, Any] = {
    "id": "ch_1",
    "object": "charge",
    "status": "succeeded",
    "payment_intent": "pi_1",
    "customer": "cus_1",
    "amount": 2760,
    "amount_refunded": 1000,
    "currency": "eur",
    "balance_transaction": None,
    "paid": True,
    "refunded": False,
    "disputed": False,
    "payment_method": "pm_1",
    "payment_method_details": {
        "type": "card",
        "card": {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2029, "fingerprint": "fp_1"},
    },
    "failure_code": None,
    "outcome": {"type": "authorized", "reason": None, "network_decline_code": None},
    "created": 1_795_000_000,
    "livemode": False,
}


class TestACharge:
    def test_before_stripe_booked_it(self, teller: Teller) -> None:
        teller.says(200, CHARGE)
        assert gateway.fetch_charge("ch_1") == gateway.ChargeSeen(
            id="ch_1",
            payment_intent="pi_1",
            customer="cus_1",
            amount_cents=2760,
            amount_refunded=1000,
            currency="eur",
            balance_transaction="",
            paid=True,
            refunded=False,
            disputed=False,
            status="succeeded",
            decline=None,
            method=gateway.MethodSeen(
                id="pm_1",
                kind="card",
                brand="visa",
                last4="4242",
                exp_month=8,
                exp_year=2029,
                fingerprint="fp_1",
                customer="cus_1",
                mandate="",
            ),
            created=CREATED,
            livemode=False,
        )

    def test_blocked_by_stripe_itself(self, teller: Teller) -> None:
        outcome = {"type": "blocked", "reason": "highest_risk_level"}
        teller.says(
            200, CHARGE | {"status": "failed", "paid": False, "failure_code": "card_declined", "outcome": outcome}
        )
        refused = gateway.fetch_charge("ch_1").decline
        assert refused is not None
        assert (refused.code, refused.family) == ("highest_risk_level", gateway.Family.FRAUD)

    def test_a_debit_that_came_back(self, teller: Teller) -> None:
        details = {"type": "sepa_debit", "sepa_debit": {"last4": "3000", "bank_code": "20041", "mandate": "mandate_1"}}
        outcome = {"type": "issuer_declined", "reason": None, "network_decline_code": "AC04"}
        failed = {"status": "failed", "paid": False, "failure_code": "refer_to_customer", "outcome": outcome}
        teller.says(200, CHARGE | failed | {"payment_method_details": details})
        seen = gateway.fetch_charge("ch_1")
        assert seen.decline is not None
        assert (seen.decline.code, seen.decline.family) == ("AC04", gateway.Family.ACCOUNT_CLOSED)
        assert seen.method is not None
        assert (seen.method.kind, seen.method.last4, seen.method.mandate) == ("sepa_debit", "3000", "mandate_1")
        assert (seen.method.brand, seen.method.exp_month) == ("", None)


def test_a_card_that_is_let_go(teller: Teller) -> None:
    card = {"brand": "mastercard", "last4": "4444", "exp_month": 2, "exp_year": 2027, "fingerprint": "fp_2"}
    teller.says(200, {"id": "pm_1", "object": "payment_method", "type": "card", "customer": None, "card": card})
    seen = gateway.detach_method("pm_1")
    assert (seen.kind, seen.brand, seen.last4, seen.exp_month, seen.exp_year) == ("card", "mastercard", "4444", 2, 2027)
    assert seen.customer == ""
    assert teller.heard[0].path == "/v1/payment_methods/pm_1/detach"


def test_a_setup_that_the_bank_refused(teller: Teller) -> None:
    setup = {
        "id": "seti_1",
        "object": "setup_intent",
        "status": "requires_payment_method",
        "customer": "cus_1",
        "payment_method": None,
        "last_setup_error": {"code": "card_declined", "decline_code": "expired_card"},
        "metadata": {"reference": "M-1"},
    }
    teller.says(200, setup)
    seen = gateway.fetch_setup("seti_1")
    assert (seen.outcome, seen.payment_method) == (Outcome.DECLINED, "")
    assert seen.decline is not None
    assert seen.decline.family is gateway.Family.EXPIRED


class TestARefund:
    def test_asked_for(self, teller: Teller) -> None:
        teller.says(200, shapes.refund())
        seen = gateway.refund(
            reference="R-1",
            payment_intent="pi_1",
            amount_cents=2760,
            reason="requested_by_customer",
            metadata={"order": "42"},
            key="key-1",
        )
        assert seen == gateway.RefundSeen(
            id="re_1",
            status="pending",
            amount_cents=2760,
            currency="eur",
            payment_intent="pi_1",
            charge="ch_1",
            failure_reason="",
            metadata={"reference": "R-1"},
            balance_transaction="",
            created=CREATED,
        )
        assert teller.heard[0].headers["Idempotency-Key"] == "key-1"
        assert teller.heard[0].form == {
            "payment_intent": "pi_1",
            "amount": "2760",
            "reason": "requested_by_customer",
            "metadata[order]": "42",
            "metadata[reference]": "R-1",
        }

    def test_that_failed_days_later(self, teller: Teller) -> None:
        teller.says(200, shapes.refund(status="failed", failure_reason="expired_or_canceled_card"))
        seen = gateway.fetch_refund("re_1")
        assert (seen.status, seen.failure_reason) == ("failed", "expired_or_canceled_card")

    def test_already_given_back(self, teller: Teller) -> None:
        teller.refuses(400, code="charge_already_refunded")
        with pytest.raises(gateway.Refused) as caught:
            gateway.refund(
                reference="R-1", payment_intent="pi_1", amount_cents=2760, reason="", metadata={}, key="key-1"
            )
        assert caught.value.code == "charge_already_refunded"

    def test_looked_up_by_our_reference(self, teller: Teller) -> None:
        teller.says(200, shapes.page(shapes.refund(id="re_2", metadata={"reference": "R-2"}), shapes.refund()))
        assert [seen.id for seen in gateway.find_refunds(payment_intent="pi_1", reference="R-1")] == ["re_1"]
        assert teller.heard[0].query == {"payment_intent": "pi_1", "limit": "100"}


class TestTheBalance:
    LINE = gateway.MovementSeen(
        id="txn_1",
        kind="charge",
        amount_cents=2760,
        fee_cents=64,
        net_cents=2696,
        currency="eur",
        source="ch_1",
        created=CREATED,
        available_on=date(2026, 11, 21),
        category="charge",
        status="pending",
    )

    def test_one_line(self, teller: Teller) -> None:
        teller.says(200, shapes.movement())
        assert gateway.fetch_movement("txn_1") == self.LINE

    def test_the_lines_of_one_charge(self, teller: Teller) -> None:
        teller.says(200, shapes.page(shapes.movement()))
        assert list(gateway.list_movements(source="ch_1")) == [self.LINE]
        assert teller.heard[0].query == {"limit": "100", "source": "ch_1"}

    def test_the_lines_since(self, teller: Teller) -> None:
        back = shapes.movement(id="txn_2", type="refund", amount=-2760, fee=0, net=-2760, source="re_1")
        teller.says(200, shapes.page(back, more=True))
        teller.says(200, shapes.page(shapes.movement()))
        lines = list(gateway.list_movements(since=CREATED))
        assert [(line.id, line.net_cents) for line in lines] == [("txn_2", -2760), ("txn_1", 2696)]
        assert teller.heard[1].query == {"created[gte]": "1795000000", "limit": "100", "starting_after": "txn_2"}


def test_what_is_seen_cannot_be_changed_and_can_be_written_down(teller: Teller) -> None:
    teller.says(200, shapes.checkout())
    seen = gateway.fetch_checkout("cs_1")
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.status = "complete"  # type: ignore[misc]
    assert json.loads(json.dumps(dataclasses.asdict(seen), default=str))["client_reference_id"] == "P-1"
