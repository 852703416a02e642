"""One client per process and configuration, refused where it must not be."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest
import stripe
from pytest_django.fixtures import Settings

from payments import gateway
from payments.gateway import client
from tests.gateway import shapes
from tests.gateway.teller import Teller


class InProcess(stripe.HTTPClient):
    """A till in this very process, as the simulation plugs one in; it answers with plain headers."""

    name = "in-process"
    heard: list[tuple[str, str]] = []

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, dict[str, str]]:
        self.heard.append((method, url))
        if url.endswith("pi_404?expand[0]=payment_method&expand[1]=latest_charge"):
            return '{"error": {"code": "resource_missing", "type": "invalid_request_error"}}', 404, {"Request-Id": "r7"}
        return '{"id": "pi_1", "object": "payment_intent", "status": "processing", "created": 1}', 200, {}

    def close(self) -> None:
        """Nothing is open."""


def test_the_version_is_the_librarys() -> None:
    assert gateway.API_VERSION == stripe.api_version == "2026-10-28.endive"


def test_every_request_carries_key_and_version(teller: Teller) -> None:
    teller.says(200, shapes.intent())
    gateway.fetch_intent("pi_1")
    headers = teller.heard[0].headers
    assert headers["Authorization"] == "Bearer sk_test_gateway"
    assert headers["Stripe-Version"] == "2026-10-28.endive"


def test_without_a_key(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(gateway.NotConfigured):
        gateway.fetch_intent("pi_1")


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_a_live_key_goes_to_stripe_only(teller: Teller, settings: Settings, key: str) -> None:
    settings.STRIPE_SECRET_KEY = key
    with pytest.raises(gateway.NotConfigured):
        gateway.fetch_intent("pi_1")
    settings.STRIPE_API_BASE = ""
    settings.STRIPE_HTTP_CLIENT = f"{__name__}.InProcess"
    with pytest.raises(gateway.NotConfigured):
        gateway.fetch_intent("pi_1")
    assert teller.heard == []


@pytest.mark.usefixtures("teller")
def test_one_client_until_a_setting_changes(settings: Settings) -> None:
    first = client._client()
    assert client._client() is first
    settings.STRIPE_MAX_RETRIES = 1
    assert client._client() is not first
    settings.STRIPE_MAX_RETRIES = 0
    assert client._client() is first


@pytest.mark.usefixtures("teller")
def test_a_forked_child_makes_its_own() -> None:
    """Two processes on one kept-open line would read each other's answers."""
    mine = client._client()
    back, forth = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(forth, b"own" if client._client() is not mine else b"shared")
        os._exit(0)
    os.waitpid(child, 0)
    os.close(forth)
    with os.fdopen(back, "rb") as told:
        assert told.read() == b"own"


class TestPluggedInProcess:
    @pytest.fixture(autouse=True)
    def plugged(self, settings: Settings) -> None:
        settings.STRIPE_HTTP_CLIENT = f"{__name__}.InProcess"
        settings.STRIPE_API_BASE = "http://stand-in.invalid"
        settings.STRIPE_MAX_RETRIES = 0
        InProcess.heard = []

    def test_by_configuration_alone(self) -> None:
        assert gateway.fetch_intent("pi_1").outcome is gateway.Outcome.PROCESSING
        assert InProcess.heard == [
            ("get", "http://stand-in.invalid/v1/payment_intents/pi_1?expand[0]=payment_method&expand[1]=latest_charge")
        ]

    def test_its_errors_are_read_the_same(self) -> None:
        with pytest.raises(gateway.Missing) as caught:
            gateway.fetch_intent("pi_404")
        assert caught.value.request_id == "r7"


@pytest.mark.parametrize("amount", [27.60, "2760", True, None])
def test_amounts_are_whole_cents(teller: Teller, amount: Any) -> None:
    with pytest.raises(TypeError):
        gateway.refund(reference="R", payment_intent="pi_1", amount_cents=amount, reason="", metadata={}, key="k")
    assert teller.heard == []


@pytest.mark.parametrize("amount", [0, -1])
def test_amounts_are_more_than_nothing(teller: Teller, amount: int) -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        gateway.refund(reference="R", payment_intent="pi_1", amount_cents=amount, reason="", metadata={}, key="k")
    assert teller.heard == []


@pytest.mark.parametrize(
    "fetch",
    [
        gateway.fetch_checkout,
        gateway.expire_checkout,
        gateway.fetch_intent,
        gateway.fetch_charge,
        gateway.fetch_method,
        gateway.detach_method,
        gateway.fetch_setup,
        gateway.fetch_refund,
        gateway.fetch_event,
        gateway.fetch_movement,
    ],
)
def test_nothing_is_asked_for_without_its_id(teller: Teller, fetch: Any) -> None:
    with pytest.raises(ValueError, match="without its id"):
        fetch("")
    assert teller.heard == []
