"""What goes wrong between us and Stripe, each called by its right name: above all, unknown is not failed."""

from __future__ import annotations

import logging
import pickle
import socket
import traceback

import pytest
import stripe
from pytest_django.fixtures import Settings

from payments import gateway
from payments.gateway import Family, Outcome
from tests.gateway import shapes
from tests.gateway.teller import Teller


def _charge() -> gateway.IntentSeen:
    return gateway.charge_off_session(
        reference="P-1",
        customer="cus_1",
        method="pm_1",
        amount_cents=2760,
        description="Abonnement",
        metadata={"subject": "term:1:2"},
        key="key-1",
    )


# What Stripe answers to a charge, and what we call it. 402 is not here: a refusal by the bank is an answer.
ANSWERS = [
    (400, {"code": "parameter_unknown", "param": "colour"}, gateway.Refused),
    (400, {"code": "resource_missing", "param": "customer"}, gateway.Missing),
    (400, {"type": "idempotency_error"}, gateway.KeyReused),
    (401, {}, gateway.NotConfigured),
    (403, {}, gateway.NotConfigured),
    (404, {}, gateway.Refused),
    (404, {"code": "resource_missing", "param": "id"}, gateway.Missing),
    (409, {"code": "idempotency_key_in_use", "type": "idempotency_error"}, gateway.Unknown),
    (409, {"code": "lock_timeout"}, gateway.Unknown),
    (424, {"type": "api_error"}, gateway.Unknown),
    (429, {"code": "rate_limit"}, gateway.RateLimited),
    (429, {"code": "lock_timeout"}, gateway.RateLimited),
    (500, {"type": "api_error"}, gateway.Unknown),
    (502, {"type": "api_error"}, gateway.Unknown),
    (503, {"type": "api_error"}, gateway.Unknown),
    (504, {"type": "api_error"}, gateway.Unknown),
]


@pytest.mark.parametrize(
    ("status", "error", "fault"), ANSWERS, ids=[f"{status}-{error.get('code', '')}" for status, error, _ in ANSWERS]
)
def test_answer(teller: Teller, status: int, error: dict[str, str], fault: type[gateway.GatewayFault]) -> None:
    teller.refuses(status, **error)
    with pytest.raises(gateway.GatewayFault) as caught:
        _charge()
    assert type(caught.value) is fault
    assert caught.value.code == error.get("code", "")
    assert caught.value.param == error.get("param", "")
    assert caught.value.status == status
    assert caught.value.request_id == "req_1"


@pytest.mark.parametrize(
    "body",
    [b"<html>Bad gateway</html>", b"", b'{"id": "pi_1"', b'{"object": "payment_intent"}', b'{"id": "pi_1"}', b"[]"],
)
def test_an_answer_that_cannot_be_read_is_unknown(teller: Teller, body: bytes) -> None:
    """200 and nonsense: the money may have moved all the same."""
    teller.says(200, body)
    with pytest.raises(gateway.Unknown):
        _charge()


def test_a_server_that_hangs_up_is_unknown(teller: Teller) -> None:
    teller.hangs_up()
    with pytest.raises(gateway.Unknown) as caught:
        _charge()
    assert (caught.value.status, caught.value.request_id) == (0, "")


def test_a_server_that_keeps_silent_is_unknown(teller: Teller, settings: Settings) -> None:
    settings.STRIPE_TIMEOUT = (0.1, 0.1)
    teller.keeps_silent()
    with pytest.raises(gateway.Unknown):
        _charge()


def test_nobody_there_is_unknown(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused, and nobody else takes the port
        settings.STRIPE_API_BASE = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings.STRIPE_MAX_RETRIES = 0
        with pytest.raises(gateway.Unknown):
            _charge()


@pytest.fixture
def impatient(teller: Teller, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """One retry, at once: the library would wait half a second."""
    settings.STRIPE_MAX_RETRIES = 1
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0)


class TestAfterADoubtfulTry:
    """The library tries again by itself; the first try may have been carried out all the same."""

    @pytest.mark.usefixtures("impatient")
    def test_the_same_key_goes_with_both(self, teller: Teller) -> None:
        teller.refuses(500, type="api_error")
        teller.says(200, shapes.intent())
        assert _charge().outcome is Outcome.SUCCEEDED
        assert [heard.headers["Idempotency-Key"] for heard in teller.heard] == ["key-1", "key-1"]

    @pytest.mark.usefixtures("impatient")
    @pytest.mark.parametrize(
        ("status", "code"), [(429, "rate_limit"), (401, ""), (403, ""), (400, "parameter_unknown")]
    )
    def test_a_refusal_proves_nothing(self, teller: Teller, status: int, code: str) -> None:
        teller.hangs_up()
        teller.refuses(status, code=code)
        with pytest.raises(gateway.Unknown) as caught:
            _charge()
        assert caught.value.status == status

    @pytest.mark.usefixtures("impatient")
    def test_a_gone_method_proves_nothing(self, teller: Teller) -> None:
        teller.refuses(409, code="lock_timeout")
        teller.refuses(400, code="resource_missing", param="payment_method", message="No such PaymentMethod")
        with pytest.raises(gateway.Unknown):
            _charge()

    @pytest.mark.usefixtures("impatient")
    def test_the_banks_refusal_under_the_same_key_is_the_truth(self, teller: Teller) -> None:
        teller.refuses(500, type="api_error")
        error = {"code": "card_declined", "decline_code": "lost_card"}
        teller.refuses(402, type="card_error", **error, payment_intent=shapes.refused_intent(**error))
        charged = _charge()
        assert charged.outcome is Outcome.DECLINED

    @pytest.mark.usefixtures("impatient")
    def test_a_reading_stays_what_it_is(self, teller: Teller) -> None:
        """Nothing is at stake in a reading: the allowance is used up, no more."""
        teller.refuses(500, type="api_error")
        teller.refuses(429, code="rate_limit")
        with pytest.raises(gateway.RateLimited):
            gateway.fetch_intent("pi_1")


def test_a_reused_key_is_treated_as_unknown(teller: Teller) -> None:
    """The earlier request under this key may have moved money: whoever handles "unknown" handles this too."""
    teller.refuses(400, type="idempotency_error")
    with pytest.raises(gateway.Unknown):
        _charge()


class TestARefusedCharge:
    def test_the_bank_wants_the_reader(self, teller: Teller) -> None:
        error = {"code": "authentication_required", "decline_code": "authentication_required"}
        teller.refuses(402, type="card_error", **error, payment_intent=shapes.refused_intent(**error))
        charged = _charge()
        assert charged.outcome is Outcome.ACTION_REQUIRED
        assert charged.status == "requires_payment_method"
        assert charged.decline is not None
        assert charged.decline.family is Family.AUTHENTICATION_REQUIRED
        assert (charged.id, charged.payment_method, charged.method_kind) == ("pi_1", "pm_1", "card")

    def test_refused_before_stripe_made_an_intent(self, teller: Teller) -> None:
        teller.refuses(402, type="card_error", code="expired_card")
        charged = _charge()
        assert charged == gateway.IntentSeen(
            id="",
            outcome=Outcome.DECLINED,
            status="",
            amount_cents=2760,
            currency="eur",
            amount_received=0,
            customer="cus_1",
            payment_method="pm_1",
            charge="",
            decline=gateway.decline("expired_card"),
            metadata={"subject": "term:1:2", "reference": "P-1"},
            created=None,
            livemode=False,
            method_kind="",
        )

    def test_a_402_that_says_nothing(self, teller: Teller) -> None:
        teller.refuses(402, type="card_error")
        charged = _charge()
        assert charged.decline == gateway.Decline("", Family.OTHER, False, Outcome.DECLINED)

    @pytest.mark.parametrize(
        "error",
        [
            {"code": "resource_missing", "message": "No such PaymentMethod: 'pm_1'"},
            {"message": "The provided PaymentMethod was detached from a Customer. It may not be used again."},
            {"message": "The customer does not have a payment method with the ID pm_1."},
            {"code": "payment_method_unexpected_state", "message": "Detached."},
        ],
    )
    def test_the_saved_method_is_gone(self, teller: Teller, error: dict[str, str]) -> None:
        teller.refuses(400, param="payment_method", **error)
        charged = _charge()
        assert charged.outcome is Outcome.DECLINED
        assert charged.decline is not None
        assert (charged.decline.family, charged.decline.retry) == (Family.METHOD_GONE, False)

    def test_a_method_of_the_other_mode_is_our_mistake(self, teller: Teller) -> None:
        """Test key, live card: every reader would be asked for a new card, for nothing."""
        told = "No such PaymentMethod: 'pm_1'; a similar object exists in live mode, but a test mode key was used."
        teller.refuses(400, param="payment_method", code="resource_missing", message=told)
        with pytest.raises(gateway.Missing):
            _charge()

    @pytest.mark.parametrize("code", ["parameter_missing", "parameter_invalid_empty"])
    def test_a_request_wrongly_made_is_our_mistake(self, teller: Teller, code: str) -> None:
        teller.refuses(400, param="payment_method", code=code)
        with pytest.raises(gateway.Refused):
            _charge()

    def test_a_402_elsewhere_is_refused(self, teller: Teller) -> None:
        teller.refuses(402, type="card_error", code="card_declined")
        with pytest.raises(gateway.Refused) as caught:
            gateway.refund(
                reference="R-1", payment_intent="pi_1", amount_cents=2760, reason="", metadata={}, key="key-2"
            )
        assert caught.value.code == "card_declined"


def test_what_stripe_quotes_goes_nowhere(teller: Teller, caplog: pytest.LogCaptureFixture) -> None:
    """Stripe repeats what was typed; the fault's text, its traceback, its pickle and the logs do not."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("stripe").setLevel(logging.ERROR)  # what the gateway and the settings both ask for
    teller.refuses(400, code="email_invalid", param="email", message="Invalid email: jeanne.martin@nulle-part")
    typed = {"email": "jeanne.martin@nulle-part", "name": "Jeanne Martin"}
    with pytest.raises(gateway.Refused) as caught:
        gateway.create_customer(reference="C-1", key="key-3", **typed)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(caught.value)
    kept = pickle.dumps(caught.value)
    for personal in ("jeanne", "Martin", "nulle-part"):
        assert personal not in told
        assert personal.encode() not in kept
        assert personal not in caplog.text
    assert caught.value.__context__ is None
    again = pickle.loads(kept)
    assert (type(again), again.code, again.param, again.status) == (gateway.Refused, "email_invalid", "email", 400)


def test_each_request_leaves_one_line(teller: Teller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="payments.gateway")
    teller.says(200, shapes.intent())
    _charge()
    line = caplog.messages[-1]
    assert line.startswith(
        "stripe POST /v1/payment_intents -> 200 verb=charge_off_session reference=P-1 request=req_1 try=1 ms="
    )
    assert len(caplog.messages) == 1
