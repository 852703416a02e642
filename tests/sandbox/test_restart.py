"""Under gunicorn, as the demo runs it: answers survive SIGKILL, the clockwork goes on, a live key is refused."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
import stripe

from tests.sandbox.buying import renewal_params, saved, session_params
from tests.sandbox.driver import FR_PAYS, KEY, SECRET, Driver

pytestmark = pytest.mark.machine_clock


class Process:
    """One gunicorn with the stand-in on a fixed port and store."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.driver = Driver(f"http://127.0.0.1:{self.port}")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STANDIN_")}
        self.environment = {**kept, "STANDIN_KEY": KEY, "STANDIN_WEBHOOK_SECRET": SECRET}
        self.environment["STANDIN_STORE"] = str(folder / "store")
        self.child = None

    def start(self, *options):
        command = [sys.executable, "-m", "gunicorn", "--threads=4", "--no-control-socket", *(options or ["--preload"])]
        command += [f"--bind=127.0.0.1:{self.port}", "--log-level=error", "payments.sandbox.wsgi:application"]
        self.child = subprocess.Popen(command, env=self.environment, start_new_session=True)
        for _ in range(100):
            try:
                assert requests.get(f"{self.driver.base}/_control/", timeout=5).status_code == 200
                return
            except requests.ConnectionError:
                time.sleep(0.05)  # nobody tells when a port begins to listen
        raise AssertionError("the stand-in did not start")

    def kill(self):
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def client(self):
        return stripe.StripeClient(KEY, base_addresses={"api": self.driver.base}, max_network_retries=0)


@pytest.fixture
def process(tmp_path):
    process = Process(tmp_path)
    process.start()
    yield process
    process.kill()


def test_nothing_answered_is_lost_by_a_kill(process):
    client = process.client()
    customer, method = saved(client, "pm_card_visa")
    key = {"idempotency_key": "attempt-1"}
    params = renewal_params(customer, method, metadata={"payment": "1"})
    intent = client.v1.payment_intents.create(params, key)
    debit = client.v1.checkout.sessions.create(session_params(customer=customer))
    process.driver.pay(debit.url, iban=FR_PAYS)
    waiting = client.v1.checkout.sessions.create(session_params(customer=customer))
    process.driver.misbehave_webhooks("drop", times=3)
    process.driver.advance(3600)
    then = process.driver.now()

    process.kill()
    process.start()

    again = client.v1.payment_intents.create(params, key)
    assert (again.id, again.last_response.headers["idempotent-replayed"]) == (intent.id, "true")
    assert 0 <= process.driver.now() - then < 60
    assert [one["payment_intent"] for one in process.driver.charges()] == [intent.id]
    assert client.v1.charges.retrieve(intent.latest_charge).balance_transaction is not None
    process.driver.advance(days=7)
    assert client.v1.checkout.sessions.retrieve(debit.id).payment_status == "paid"
    assert client.v1.checkout.sessions.retrieve(waiting.id).status == "expired"
    assert len(process.driver.deliveries()) == len(client.v1.events.list({"limit": 100}).data)


def test_ten_kills_in_the_middle_of_charges_leave_each_charged_once(process):
    client = process.client()
    customer, method = saved(client, "pm_card_visa")
    for number in range(10):
        params = renewal_params(customer, method, metadata={"payment": str(number)})
        process.driver.misbehave("delay_after", method="POST", path="/v1/payment_intents", seconds=5)
        impatient = stripe.StripeClient(
            KEY,
            base_addresses={"api": process.driver.base},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=(1, 0.15)),
        )
        with pytest.raises(stripe.APIConnectionError):
            impatient.v1.payment_intents.create(params, {"idempotency_key": f"attempt-{number}"})
        process.kill()
        process.start()
        intent = client.v1.payment_intents.create(params, {"idempotency_key": f"attempt-{number}"})
        assert intent.status == "succeeded"
    assert sorted(one["metadata"]["payment"] for one in process.driver.charges()) == [str(n) for n in range(10)]


def test_a_dropped_connection_is_one_under_gunicorn_too(process):
    client = process.client()
    for action in ("timeout_before", "timeout_after"):
        process.driver.misbehave(action, method="POST", path="/v1/customers")
        with pytest.raises(stripe.APIConnectionError):
            client.v1.customers.create({"email": f"{action}@example.org"})
    assert [one.email for one in client.v1.customers.list().data] == ["timeout_after@example.org"]


@pytest.mark.parametrize("options", [["--preload"], ["--workers=1"]], ids=["preload", "plain"])
def test_a_killed_worker_is_followed_by_one_that_knows_all(tmp_path, options):
    process = Process(tmp_path)
    process.start(*options)
    customer = process.client().v1.customers.create({"email": "camille@example.org"})
    listed = Path(f"/proc/{process.child.pid}/task/{process.child.pid}/children").read_text()
    os.kill(int(listed), signal.SIGKILL)
    for _ in range(100):
        try:
            assert process.client().v1.customers.retrieve(customer.id).email == "camille@example.org"
            break
        except stripe.APIConnectionError:
            time.sleep(0.05)  # the worker's heir needs a moment
    assert process.driver.advance(1) > 0
    process.kill()


def test_two_cannot_share_a_store(process):
    command = [sys.executable, "-c", "import payments.sandbox.wsgi"]
    second = subprocess.run(command, env=process.environment, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "Another stand-in already keeps its state" in second.stderr


@pytest.mark.parametrize("key", ["", "sk_live_abc", "pk_test_abc"])
def test_only_a_test_key_starts_it(key):
    environment = {**os.environ, "STANDIN_KEY": key}
    command = [sys.executable, "-c", "import payments.sandbox.wsgi"]
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "must be a test key" in refused.stderr


def test_it_starts_without_the_shop():
    code = "import sys, payments.sandbox.application; assert not {'django', 'celery'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
