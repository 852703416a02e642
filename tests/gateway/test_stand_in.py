"""The gateway against the stand-in, over HTTP: every parameter we send passes its check, and stories end as they should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from payments import gateway
from payments.gateway import Family, Outcome
from tests.sandbox.fixtures import RunningStandIn, standin

__all__ = ["standin"]

HOME = "https://boutique.example"


@pytest.fixture(autouse=True)
def till(standin: RunningStandIn, settings: Settings) -> RunningStandIn:
    """The stand-in, reached by configuration alone."""
    settings.STRIPE_API_BASE = standin.base
    settings.STRIPE_SECRET_KEY = standin.key
    settings.STRIPE_MAX_RETRIES = 0
    settings.STRIPE_HTTP_CLIENT = ""
    return standin


def _customer() -> str:
    seen = gateway.create_customer(
        reference="C-1", email="camille@example.org", name="Camille Martin", key="key-customer"
    )
    return seen.id


def _page(standin: RunningStandIn, customer: str, **given: Any) -> gateway.CheckoutSeen:
    return gateway.open_checkout(
        **{
            "reference": "P-1",
            "customer": customer,
            "amount_cents": 2760,
            "description": "ActuIA, un an",
            "success_url": f"{HOME}/merci/P-1",
            "cancel_url": f"{HOME}/panier",
            "expires_at": datetime.fromtimestamp(standin.now(), UTC) + timedelta(hours=1),
            "save_method": True,
            "metadata": {"order": "42", "empty": ""},
            "key": "key-page",
            "statement_descriptor": "ACTUIA",
        }
        | given
    )


def _charge(customer: str, method: str, **given: Any) -> gateway.IntentSeen:
    return gateway.charge_off_session(
        **{
            "reference": "P-2",
            "customer": customer,
            "method": method,
            "amount_cents": 2760,
            "description": "ActuIA, deuxième année",
            "metadata": {"subject": "term:1:2"},
            "key": "key-charge",
        }
        | given
    )


def _saved(standin: RunningStandIn, **how: Any) -> tuple[str, str]:
    """A reader who paid once and left the method: customer and method."""
    customer = _customer()
    page = _page(standin, customer)
    standin.pay(page.url, **how)
    paid = gateway.fetch_checkout(page.id)
    return customer, gateway.fetch_intent(paid.payment_intent).payment_method


def test_a_purchase_its_fee_its_renewal_and_its_refund(standin: RunningStandIn) -> None:
    customer = _customer()
    page = _page(standin, customer)
    assert (page.status, page.payment_status, page.payment_intent) == ("open", "unpaid", "")
    assert (page.amount_cents, page.currency, page.client_reference_id) == (2760, "eur", "P-1")
    assert page.metadata == {"order": "42", "reference": "P-1"}
    assert _page(standin, customer) == page, "the same key gives the same page"
    assert gateway.find_checkouts(customer=customer) == [page]

    assert standin.pay(page.url).url == f"{HOME}/merci/P-1"
    paid = gateway.fetch_checkout(page.id)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", "")
    intent = gateway.fetch_intent(paid.payment_intent)
    assert (intent.outcome, intent.amount_received, intent.method_kind) == (Outcome.SUCCEEDED, 2760, "card")
    assert intent.metadata == {"order": "42", "reference": "P-1"}
    assert gateway.find_intents(customer=customer, reference="P-1") == [intent]
    assert gateway.find_intents(customer=customer, reference="P-2") == []
    card = gateway.fetch_method(intent.payment_method)
    assert (card.kind, card.brand, card.last4, card.customer) == ("card", "visa", "4242", customer)
    assert (card.exp_month, card.exp_year) == (12, 2040)

    charge = gateway.fetch_charge(intent.charge)
    assert (charge.paid, charge.amount_cents, charge.balance_transaction) == (True, 2760, "")
    assert list(gateway.list_movements(source=charge.id)) == []
    standin.advance(2)
    (line,) = gateway.list_movements(source=charge.id)
    assert line.id == gateway.fetch_charge(intent.charge).balance_transaction
    assert gateway.fetch_movement(line.id) == line
    assert line in list(gateway.list_movements(since=line.created))
    assert (line.kind, line.amount_cents, line.fee_cents, line.net_cents) == ("charge", 2760, 66, 2694)

    renewed = _charge(customer, intent.payment_method)
    assert (renewed.outcome, renewed.method_kind, renewed.metadata["subject"]) == (
        Outcome.SUCCEEDED,
        "card",
        "term:1:2",
    )
    assert _charge(customer, intent.payment_method) == renewed, "the same key gives the same charge"
    assert len(standin.charges()) == 2

    back = gateway.refund(
        reference="R-1",
        payment_intent=renewed.id,
        amount_cents=2760,
        reason="requested_by_customer",
        metadata={"order": "42"},
        key="key-refund",
    )
    assert (back.amount_cents, back.payment_intent, back.metadata["reference"]) == (2760, renewed.id, "R-1")
    assert gateway.fetch_refund(back.id).id == back.id
    assert [found.id for found in gateway.find_refunds(payment_intent=renewed.id, reference="R-1")] == [back.id]
    assert gateway.find_refunds(payment_intent=renewed.id, reference="R-2") == []
    assert gateway.fetch_charge(renewed.charge).amount_refunded == 2760
    with pytest.raises(gateway.Refused) as caught:
        gateway.refund(
            reference="R-2", payment_intent=renewed.id, amount_cents=1, reason="", metadata={}, key="key-refund-2"
        )
    assert caught.value.code == "charge_already_refunded"


def test_what_is_delivered_is_what_the_list_tells(standin: RunningStandIn) -> None:
    since = datetime.fromtimestamp(standin.now(), UTC) - timedelta(minutes=1)
    customer = _customer()
    page = _page(standin, customer)
    standin.pay(page.url)
    heard: list[gateway.EventSeen] = []

    def hook(body: bytes, headers: dict[str, str]) -> int:
        heard.append(gateway.verify_event(body, headers["Stripe-Signature"], standin.secret))
        return 200

    standin.deliver(hook)
    done = next(event for event in heard if event.type == "checkout.session.completed")
    assert (done.object_id, done.reference, done.customer, done.status) == (page.id, "P-1", customer, "complete")
    assert done.payment_intent == gateway.fetch_checkout(page.id).payment_intent
    assert done.api_version == gateway.API_VERSION
    types = ["checkout.session.completed", "payment_intent.succeeded"]
    listed = list(gateway.list_events(since=since, types=types))
    assert {event.id for event in listed} == {event.id for event in heard if event.type in types}
    assert gateway.fetch_event(done.id) == done
    assert [event.id for event in gateway.list_events(since=since, types=types, after=listed[0].id)] == [listed[1].id]


CARDS = [
    ("4000000000000002", "generic_decline", Family.DO_NOT_HONOUR, True),
    ("4000000000009995", "insufficient_funds", Family.INSUFFICIENT_FUNDS, True),
    ("4000000000009987", "lost_card", Family.LOST_OR_STOLEN, False),
    ("4000000000009979", "stolen_card", Family.LOST_OR_STOLEN, False),
    ("4000000000000069", "expired_card", Family.EXPIRED, False),
    ("4000000000000127", "incorrect_cvc", Family.INCORRECT_DETAILS, False),
    ("4000000000000119", "processing_error", Family.TRY_LATER, True),
]


@pytest.mark.parametrize(("number", "code", "family", "again"), CARDS, ids=[case[1] for case in CARDS])
def test_refused_off_session(standin: RunningStandIn, number: str, code: str, family: Family, again: bool) -> None:
    """The exception, the intent fetched and the intent found by our reference tell one thing."""
    customer, method = _saved(standin)
    standin.card_becomes(method, number)
    refused = _charge(customer, method)
    assert refused.outcome is Outcome.DECLINED
    assert refused.decline is not None
    assert (refused.decline.code, refused.decline.family, refused.decline.retry) == (code, family, again)
    assert (refused.payment_method, refused.method_kind) == (method, "card")
    assert gateway.fetch_intent(refused.id) == refused
    assert gateway.find_intents(customer=customer, reference="P-2") == [refused]
    assert gateway.fetch_charge(refused.charge).decline is not None
    assert len(standin.charges()) == 1


def test_the_bank_wants_the_reader(standin: RunningStandIn) -> None:
    customer, method = _saved(standin)
    standin.card_becomes(method, "4000002760003184")
    asked = _charge(customer, method)
    assert (asked.outcome, asked.status) == (Outcome.ACTION_REQUIRED, "requires_payment_method")
    assert asked.decline is not None
    assert asked.decline.family is Family.AUTHENTICATION_REQUIRED
    assert gateway.fetch_intent(asked.id) == asked
    assert len(standin.charges()) == 1


def test_what_waits_for_the_bank_is_cancelled_for_good(standin: RunningStandIn) -> None:
    """Cancelled twice it stays cancelled; what has taken money is returned as it is; what is not there is missing."""
    customer, method = _saved(standin)
    standin.card_becomes(method, "4000002760003184")
    waits = _charge(customer, method)
    assert waits.outcome == Outcome.ACTION_REQUIRED
    for _twice in range(2):
        gone = gateway.cancel_intent(waits.id)
        assert (gone.outcome, gone.status, gone.id) == (Outcome.CANCELLED, "canceled", waits.id)
    standin.card_becomes(method, "4242424242424242")
    paid = _charge(customer, method, reference="P-3", key="key-paid")
    assert gateway.cancel_intent(paid.id) == paid
    with pytest.raises(gateway.Missing):
        gateway.cancel_intent("pi_nobody")
    assert len(standin.charges(reference="P-3")) == 1


def test_refused_on_the_page_then_paid(standin: RunningStandIn) -> None:
    customer = _customer()
    page = _page(standin, customer)
    standin.pay(page.url, card="4000000000009995")
    (refused,) = gateway.find_intents(customer=customer, reference="P-1")
    assert (refused.outcome, refused.decline and refused.decline.code) == (Outcome.DECLINED, "insufficient_funds")
    standin.pay(page.url, card="4000002500003155", allow=False)
    (unproved,) = gateway.find_intents(customer=customer, reference="P-1")
    assert (unproved.outcome, unproved.decline and unproved.decline.family) == (
        Outcome.DECLINED,
        Family.AUTHENTICATION_FAILED,
    )
    standin.pay(page.url)
    (paid,) = gateway.find_intents(customer=customer, reference="P-1")
    assert (paid.id, paid.outcome) == (refused.id, Outcome.SUCCEEDED)


class TestADirectDebit:
    def _page(self, standin: RunningStandIn) -> gateway.CheckoutSeen:
        page = _page(standin, _customer())
        standin.pay(page.url, card=None, iban="FR1420041010050500013M02606")
        return gateway.fetch_checkout(page.id)

    def test_is_on_its_way_then_paid_then_renewed(self, standin: RunningStandIn) -> None:
        page = self._page(standin)
        assert (page.status, page.payment_status) == ("complete", "unpaid")
        intent = gateway.fetch_intent(page.payment_intent)
        assert (intent.outcome, intent.amount_received, intent.method_kind) == (Outcome.PROCESSING, 0, "sepa_debit")
        account = gateway.fetch_method(intent.payment_method)
        assert (account.kind, account.last4, account.brand, account.exp_year) == ("sepa_debit", "2606", "", None)
        standin.settle(intent.id)
        assert gateway.fetch_intent(intent.id).outcome is Outcome.SUCCEEDED
        charge = gateway.fetch_charge(gateway.fetch_intent(intent.id).charge)
        assert charge.method is not None
        assert charge.method.mandate.startswith("mandate_")
        renewed = _charge(page.customer, intent.payment_method)
        assert (renewed.outcome, renewed.method_kind) == (Outcome.PROCESSING, "sepa_debit")

    @pytest.mark.parametrize(
        ("failure", "family", "again"),
        [
            ("insufficient_funds", Family.INSUFFICIENT_FUNDS, True),
            ("debit_not_authorized", Family.REVOKED, False),
            ("account_closed", Family.ACCOUNT_CLOSED, False),
            ("no_account", Family.INCORRECT_DETAILS, False),
            ("charge_exceeds_source_limit", Family.NOT_SUPPORTED, False),
            ("charge_exceeds_weekly_limit", Family.NOT_SUPPORTED, False),
            ("generic_could_not_process", Family.TRY_LATER, False),
        ],
    )
    def test_comes_back(self, standin: RunningStandIn, failure: str, family: Family, again: bool) -> None:
        page = self._page(standin)
        standin.settle(page.payment_intent, failure=failure)
        intent = gateway.fetch_intent(page.payment_intent)
        assert intent.outcome is Outcome.DECLINED
        assert intent.decline is not None
        assert intent.decline.code == failure
        assert (intent.decline.family, intent.decline.retry) == (family, again)


class TestANewCard:
    def test_is_left_without_paying(self, standin: RunningStandIn) -> None:
        customer, old = _saved(standin)
        page = gateway.open_setup(
            reference="M-1",
            customer=customer,
            success_url=f"{HOME}/compte/carte",
            cancel_url=f"{HOME}/compte",
            expires_at=datetime.fromtimestamp(standin.now(), UTC) + timedelta(hours=1),
            metadata={"subject": "subscription:1"},
            key="key-setup",
        )
        assert (page.mode, page.amount_cents) == ("setup", 0)
        assert standin.pay(page.url, card="5555555555554444").url == f"{HOME}/compte/carte"
        done = gateway.fetch_checkout(page.id)
        assert (done.status, done.payment_status) == ("complete", "no_payment_required")
        setup = gateway.fetch_setup(done.setup_intent)
        assert (setup.outcome, setup.customer) == (Outcome.SUCCEEDED, customer)
        assert setup.metadata == {"subject": "subscription:1", "reference": "M-1"}
        assert gateway.fetch_method(setup.payment_method).last4 == "4444"
        assert gateway.detach_method(old).customer == ""
        gone = _charge(customer, old)
        assert (gone.id, gone.outcome) == ("", Outcome.DECLINED)
        assert gone.decline is not None
        assert gone.decline.family is Family.METHOD_GONE
        assert _charge(customer, setup.payment_method, key="key-charge-2").outcome is Outcome.SUCCEEDED

    def test_of_somebody_else_is_not_charged(self, standin: RunningStandIn) -> None:
        _, method = _saved(standin)
        other = gateway.create_customer(reference="C-2", email="b@example.org", name="", key="key-other").id
        refused = _charge(other, method)
        assert refused.decline is not None
        assert refused.decline.family is Family.METHOD_GONE
        assert len(standin.charges()) == 1


class TestAPageThatEnds:
    def test_expired_by_us_nobody_pays_on_it(self, standin: RunningStandIn) -> None:
        page = _page(standin, _customer())
        assert gateway.expire_checkout(page.id).status == "expired"
        assert gateway.expire_checkout(page.id).status == "expired"
        standin.pay(page.url)
        assert standin.charges() == []

    def test_paid_before_we_expire_it(self, standin: RunningStandIn) -> None:
        page = _page(standin, _customer())
        standin.pay(page.url)
        ended = gateway.expire_checkout(page.id)
        assert (ended.status, ended.payment_status) == ("complete", "paid")

    def test_by_the_clock(self, standin: RunningStandIn) -> None:
        page = _page(standin, _customer())
        standin.advance(3601)
        assert gateway.fetch_checkout(page.id).status == "expired"


class TestWhenStripeDoesNotAnswer:
    PATH = "/v1/payment_intents"

    @pytest.mark.parametrize("action", ["timeout_after", "error_after"])
    def test_the_money_moved_and_is_found(self, standin: RunningStandIn, action: str) -> None:
        customer, method = _saved(standin)
        standin.misbehave(action, method="POST", path=self.PATH)
        with pytest.raises(gateway.Unknown):
            _charge(customer, method)
        (found,) = gateway.find_intents(customer=customer, reference="P-2")
        assert found.outcome is Outcome.SUCCEEDED
        assert len(standin.charges()) == 2

    @pytest.mark.parametrize("action", ["timeout_before", "error_before"])
    def test_nothing_moved_and_nothing_is_found(self, standin: RunningStandIn, action: str) -> None:
        customer, method = _saved(standin)
        standin.misbehave(action, method="POST", path=self.PATH)
        with pytest.raises(gateway.Unknown):
            _charge(customer, method)
        assert gateway.find_intents(customer=customer, reference="P-2") == []
        assert len(standin.charges()) == 1

    def test_a_lost_page_is_found_with_its_address(self, standin: RunningStandIn) -> None:
        customer = _customer()
        standin.misbehave("timeout_after", method="POST", path="/v1/checkout/sessions")
        with pytest.raises(gateway.Unknown):
            _page(standin, customer)
        (found,) = gateway.find_checkouts(customer=customer)
        assert (found.client_reference_id, found.status) == ("P-1", "open")
        assert found.url
        assert _page(standin, customer) == found, "the same key gives the page that was lost"


class TestOurMistakes:
    def test_a_key_used_twice_for_two_things(self, standin: RunningStandIn) -> None:
        customer, method = _saved(standin)
        _charge(customer, method)
        with pytest.raises(gateway.KeyReused):
            _charge(customer, method, amount_cents=5520)
        assert len(standin.charges()) == 2

    def test_another_secret_key(self, settings: Settings) -> None:
        settings.STRIPE_SECRET_KEY = "sk_test_of_somebody_else"
        with pytest.raises(gateway.NotConfigured):
            gateway.fetch_intent("pi_1")

    def test_an_id_that_is_not_there(self) -> None:
        with pytest.raises(gateway.Missing):
            gateway.fetch_intent("pi_nowhere")

    def test_an_expiry_that_stripe_does_not_allow(self, standin: RunningStandIn) -> None:
        soon = datetime.fromtimestamp(standin.now(), UTC) + timedelta(minutes=5)
        with pytest.raises(gateway.Refused) as caught:
            _page(standin, _customer(), expires_at=soon)
        assert caught.value.param == "expires_at"

    def test_more_than_the_allowance(self, standin: RunningStandIn) -> None:
        standin.settings(writes_per_second=1)
        standin.set_clock(standin.now(), frozen=True)
        gateway.create_customer(reference="C-1", email="c@example.org", name="", key="key-1")
        with pytest.raises(gateway.RateLimited):
            gateway.create_customer(reference="C-2", email="d@example.org", name="", key="key-2")
