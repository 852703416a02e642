"""Fixtures for everyone who needs Stripe in a test: over real HTTP (`standin`), or in one process (`standin_inprocess`).

    def test_something(standin):
        client = standin.client()                       # a real stripe.StripeClient
        ...
        visit = standin.pay(session.url)                # what a browser does on the hosted page
        assert visit.url == "https://shop.example/merci"
        standin.deliver(post)                           # webhooks through post(body, headers) -> status

Webhooks: name an address with `standin.settings(webhook_url=…)` and they come by themselves in the background, or leave
it empty and pass them on with `deliver`. Its clock is the machine's until `advance` or `set_clock`.
"""

from collections.abc import Callable, Iterator

import pytest
import stripe

from payments.sandbox.application import StandIn
from payments.sandbox.inprocess import InProcessClient
from payments.sandbox.settings import Settings
from tests.sandbox.driver import KEY, SECRET, Driver
from tests.sandbox.server import RunningServer


class RunningStandIn(Driver):
    """A stand-in over HTTP in this process; `application` is the thing itself."""

    def __init__(self, application: StandIn, base: str) -> None:
        super().__init__(base)
        self.application = application

    def client(self, **options: object) -> stripe.StripeClient:
        """A Stripe client of the SDK that talks to it, without retries."""
        http = stripe.RequestsClient(timeout=(2, 10))
        return stripe.StripeClient(
            self.key, base_addresses={"api": self.base}, max_network_retries=0, http_client=http, **options
        )

    def deliver(self, post: Callable[[bytes, dict[str, str]], int]) -> int:
        """Pass every waiting webhook once to `post(body, headers) -> status`, in order; returns how many got 2xx."""
        return self.application.webhooks.deliver(post)

    def wait_for_webhooks(self) -> None:
        """Wait until every due webhook was tried at `webhook_url` and its answer noted."""
        assert self.application.webhooks.wait(), self.deliveries()


class StandInInProcess:
    """A stand-in without sockets: time and webhooks move only when told."""

    key, secret = KEY, SECRET

    def __init__(self, application: StandIn) -> None:
        self.application = application
        self.http_client = InProcessClient(application)

    def client(self) -> stripe.StripeClient:
        """A Stripe client of the SDK that talks to it."""
        return stripe.StripeClient(self.key, max_network_retries=0, http_client=self.http_client)

    def advance(self, seconds: int = 0, *, days: int = 0) -> int:
        """Move its clock on; what is planned on the way happens."""
        world = self.application.world
        with world.lock:
            world.travel(world.clock.now() + seconds + days * 86_400)
            return world.clock.now()

    def deliver(self, post: Callable[[bytes, dict[str, str]], int]) -> int:
        """Pass every waiting webhook once to `post(body, headers) -> status`."""
        return self.application.webhooks.deliver(post)


@pytest.fixture
def standin() -> Iterator[RunningStandIn]:
    """The stand-in over HTTP on a free loopback port, empty, with a webhook secret and no webhook address."""
    application = StandIn(Settings(key=KEY, webhook_secret=SECRET))
    server = RunningServer(application)
    yield RunningStandIn(application, server.base)
    application.close()
    server.close()


@pytest.fixture
def standin_inprocess() -> Iterator[StandInInProcess]:
    """The stand-in in this process, empty."""
    application = StandIn(Settings(key=KEY, webhook_secret=SECRET), background=False)
    yield StandInInProcess(application)
    application.close()
