"""Real SIGKILLs of every process while readers buy: afterwards each was charged once and subscribed once, or neither.

One story, because starting everything takes seconds: eleven readers, each with a death at another instant; then silence;
then the books. Time that would have to pass is taken from the rows that wait for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.places import Places
from tests import servers, template
from tests.kills.post import SlowServer
from tests.kills.reader import NOTHING, SERVED, Reader, meanwhile
from tests.kills.shop import CLOCK, POSTGRES, STRIPE, VALKEY, WEB, WORKER, Shop, until

SESSIONS = "/v1/checkout/sessions"
ONE_SESSION = "/v1/checkout/sessions/*"
HELD = 4.0  # seconds that a request is held at the stand-in: longer than it takes to see it there and kill

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs the kernel's death signal"),
    pytest.mark.machine_clock,
]


@pytest.fixture
def post() -> Iterator[SlowServer]:
    with SlowServer() as server:
        yield server


@pytest.fixture
def shop(tmp_path: Path, post: SlowServer) -> Iterator[Shop]:
    given = {"EMAIL_URL": f"smtp://127.0.0.1:{post.port}"}
    with Shop(tmp_path / "home", given, migrated=put_migrated) as shop:
        shop.start()
        yield shop


def put_migrated(places: Places) -> None:
    """The suite's own migrated data folder, copied."""
    template.fetch(servers.RUNS, places, servers.environment_of(template.NAME), anew=False)


def asked(shop: Shop, method: str, path: str) -> int:
    """How many such requests the stand-in has received so far."""
    return sum(one["method"] == method and one["path"].startswith(path) for one in shop.till.requests())


# --- the deaths ----------------------------------------------------------------------------------------------------------


def web_dies_before_stripe_opens_the_page(shop: Shop, reader: Reader) -> None:
    reader.fill_in()
    before = asked(shop, "POST", SESSIONS)
    shop.till.misbehave("delay", method="POST", path=SESSIONS, seconds=HELD)
    sending = meanwhile(reader.send)
    until(lambda: asked(shop, "POST", SESSIONS) > before, "Stripe is asked for the page")
    shop.kill(WEB)
    sending()
    assert shop.ask("SELECT checkout_session FROM payments_payment ORDER BY id DESC LIMIT 1") == [None]
    shop.start_again(WEB)
    reader.order()
    reader.pay()
    reader.sees_it_paid()


def web_dies_after_stripe_opened_the_page(shop: Shop, reader: Reader) -> None:
    reader.fill_in()
    before = asked(shop, "POST", SESSIONS)
    shop.till.misbehave("delay_after", method="POST", path=SESSIONS, seconds=HELD)
    sending = meanwhile(reader.send)
    until(lambda: asked(shop, "POST", SESSIONS) > before, "Stripe is asked for the page")
    shop.kill(WEB)
    sending()
    shop.start_again(WEB)
    reader.order()
    assert len({one for _key, one in reader.orders}) == 1
    reader.pay()
    reader.sees_it_paid()


def web_dies_between_the_payment_and_the_way_back(shop: Shop, reader: Reader) -> None:
    reader.order()
    reader.pay()
    shop.kill(WEB)
    shop.start_again(WEB)
    reader.sees_it_paid()


def web_dies_while_the_page_after_paying_asks_stripe(shop: Shop, reader: Reader) -> None:
    reader.order()
    with shop.without(CLOCK, WORKER):  # so that it is the page that asks
        reader.pay()
        looking = _held_at_stripe(shop, reader)
        shop.kill(WEB)
        looking()
        shop.start_again(WEB)
        reader.sees_it_paid()


def worker_dies_while_it_looks_up_what_a_webhook_told(shop: Shop, reader: Reader) -> None:
    reader.order()
    before = asked(shop, "GET", f"{SESSIONS}/")
    shop.till.misbehave("delay", method="GET", path=ONE_SESSION, seconds=HELD)
    reader.pay()
    shop.ring("stripe-events")
    until(lambda: asked(shop, "GET", f"{SESSIONS}/") > before, "the worker asks Stripe")
    shop.kill(WORKER)
    assert reader.orders[0][1] == "awaiting_payment"
    assert shop.ask("SELECT count(*) FROM payments_stripeevent WHERE state = 'stored' AND attempts > 0") != [0]
    shop.let_pass(20)
    shop.start_again(WORKER)


def worker_dies_while_a_letter_is_being_handed_over(shop: Shop, reader: Reader, post: SlowServer) -> None:
    post.slow = True
    reader.order()
    reader.pay()
    reader.sees_it_paid()
    post.holding.clear()
    until(post.holding.is_set, "a letter is at the mail server's door")
    shop.kill(WORKER)
    post.slow = False
    held = shop.ask("SELECT kind FROM subscriptions_notice WHERE state = 'sending'")
    assert held
    shop.let_pass(20)
    shop.start_again(WORKER)


def valkey_dies_and_nobody_who_buys_notices(shop: Shop, reader: Reader) -> None:
    shop.kill(VALKEY)
    reader.order()
    reader.pay()
    reader.sees_it_paid()
    shop.start_again(VALKEY)


def valkey_is_emptied_between_the_payment_and_its_news(shop: Shop, reader: Reader) -> None:
    reader.order()
    reader.pay()
    with shop.bell.connection_for_read() as connection:
        connection.default_channel.client.flushall()
    reader.sees_it_paid()


def stripe_dies_before_the_card_is_given(shop: Shop, reader: Reader) -> None:
    reader.order()
    shop.kill(STRIPE)
    shop.start_again(STRIPE)
    reader.pay()
    reader.sees_it_paid()


def stripe_dies_while_the_card_is_charged(shop: Shop, reader: Reader) -> None:
    reader.order()
    paying = meanwhile(reader.pay)
    shop.kill(STRIPE)
    paying()
    shop.start_again(STRIPE)
    visit = shop.till.pay(reader.page)  # charged already, or charged now
    assert visit.status in (200, 303), visit.text
    reader.link = reader.link or visit.url
    reader.sees_it_paid()


def stripe_dies_while_the_page_after_paying_asks(shop: Shop, reader: Reader) -> None:
    reader.order()
    with shop.without(CLOCK, WORKER):  # so that it is the page that asks
        reader.pay()
        looking = _held_at_stripe(shop, reader)
        shop.kill(STRIPE)
        assert looking() in ("awaiting", "unknown")  # the truth, as far as it is known
        shop.start_again(STRIPE)


def _held_at_stripe(shop: Shop, reader: Reader) -> Callable[[], Any]:
    """The reader opens the page after paying, whose question is held at the stand-in by now; the answer waits for it."""
    before = asked(shop, "GET", f"{SESSIONS}/")
    shop.till.misbehave("delay", method="GET", path=ONE_SESSION, seconds=HELD)
    looking = meanwhile(reader.look)
    until(lambda: asked(shop, "GET", f"{SESSIONS}/") > before, "the page asks Stripe")
    return looking


def power_fails_while_an_order_is_placed(shop: Shop, reader: Reader) -> None:
    reader.fill_in()
    before = asked(shop, "POST", SESSIONS)
    shop.till.misbehave("delay_after", method="POST", path=SESSIONS, seconds=HELD)
    sending = meanwhile(reader.send)
    until(lambda: asked(shop, "POST", SESSIONS) > before, "Stripe is asked for the page")
    everything = (WEB, WORKER, CLOCK, STRIPE, VALKEY, POSTGRES)
    shop.kill(*everything)
    sending()
    shop.start_again(POSTGRES)
    shop.let_pass(20)
    shop.start_again(VALKEY, STRIPE, CLOCK, WORKER, WEB)
    reader.order()
    reader.pay()


DEATHS = (
    web_dies_before_stripe_opens_the_page,
    web_dies_after_stripe_opened_the_page,
    web_dies_between_the_payment_and_the_way_back,
    web_dies_while_the_page_after_paying_asks_stripe,
    worker_dies_while_it_looks_up_what_a_webhook_told,
    valkey_dies_and_nobody_who_buys_notices,
    valkey_is_emptied_between_the_payment_and_its_news,
    stripe_dies_before_the_card_is_given,
    stripe_dies_while_the_card_is_charged,
    stripe_dies_while_the_page_after_paying_asks,
    power_fails_while_an_order_is_placed,
)


# --- the story -----------------------------------------------------------------------------------------------------------


def test_whoever_dies_each_reader_is_charged_once_and_subscribed_once_or_neither(shop: Shop, post: SlowServer) -> None:
    readers = []
    for death in DEATHS:
        reader = Reader(shop, death.__name__.replace("_", "-"))
        death(shop, reader)
        readers.append(reader)
    with_letter = Reader(shop, "worker-dies-with-a-letter")
    worker_dies_while_a_letter_is_being_handed_over(shop, with_letter, post)
    readers.append(with_letter)
    gone = Reader(shop, "never-comes-back")
    gone.fill_in()
    shop.till.misbehave("delay_after", method="POST", path=SESSIONS, seconds=HELD)
    sending = meanwhile(gone.send)
    until(lambda: gone.orders, "the order is written down")
    shop.kill(WEB)
    sending()
    shop.start_again(WEB)
    assert shop.kills >= 10

    _until_quiet(shop)
    for reader in readers:
        assert reader.in_numbers() == SERVED, reader.email
        assert reader.look() == "paid", reader.email
    assert gone.in_numbers() == NOTHING
    _everybody_was_written_to(post, readers)

    # Whoever never came back owes nothing and is owed nothing, once the page is over.
    shop.till.advance(3 * 3600)
    shop.let_pass(3 * 60)
    shop.ring("order-expiry", "unknown-payments")
    until(lambda: {state for _key, state in gone.orders} <= {"expired", "cancelled"}, "the lost order ends")
    assert gone.in_numbers() == NOTHING

    # Stripe's money and ours are the same, and no invariant is broken.
    ours = shop.ask("SELECT stripe_charge FROM payments_payment WHERE state = 'succeeded' AND NOT surplus")
    assert sorted(ours) == sorted(one["id"] for one in shop.till.charges())
    assert len(ours) == len(readers)
    assert shop.ask("SELECT kind FROM payments_deskitem WHERE closed_at IS NULL") == []
    assert shop.manage("audit").startswith("0 breaches")


def _until_quiet(shop: Shop) -> None:
    """Let what waits for its time come due, and look until nothing waits any more."""
    waiting = {
        "events": "SELECT count(*) FROM payments_stripeevent WHERE state = 'stored'",
        "payments": "SELECT count(*) FROM payments_payment WHERE state = 'unknown' AND stripe_intent IS NOT NULL",
        "letters": "SELECT count(*) FROM subscriptions_notice WHERE state IN ('queued', 'sending')",
        "documents": "SELECT count(*) FROM payments_invoice i WHERE NOT EXISTS"
        " (SELECT FROM payments_invoicerendering r WHERE r.invoice_id = i.id)",
        "deliveries": "",
    }

    def left() -> dict[str, int]:
        shop.raise_fallen()
        found = {name: shop.ask(query)[0] if query else len(shop.till.deliveries()) for name, query in waiting.items()}
        return {name: number for name, number in found.items() if number}

    def quiet() -> bool:
        if not left():
            return True
        shop.let_pass(20)
        shop.ring("stripe-events", "letters", "invoice-documents")
        return False

    try:
        until(quiet, "everything is done", patience=90)
    except AssertionError as late:
        raise AssertionError(f"{late}: {left()}") from late


def _everybody_was_written_to(post: SlowServer, readers: list[Reader]) -> None:
    """Once each; the letter that was in the door may have come twice, and then under one Message-ID."""
    seen: dict[str, list[str]] = {}
    for letter in post.letters:
        seen.setdefault(str(letter["To"]).rpartition("<")[2].rstrip(">"), []).append(str(letter["Message-ID"]))
    assert sorted(seen) == sorted(reader.email for reader in readers)
    assert {email: len(set(identities)) for email, identities in seen.items()} == dict.fromkeys(seen, 1)
    assert sum(len(identities) for identities in seen.values()) <= len(readers) + 1
