"""VIES: the question as it leaves, each kind of answer, and that no answer is not a no; over HTTP, from a server here."""

from __future__ import annotations

import json
import socket
import threading
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.db import transaction

from payments.gateway import NetworkInsideTransaction
from payments.models import VatCheck
from payments.tax_ids import TaxIdRefused
from payments.vat import INTRA_EU
from payments.vies import asking
from payments.vies.asking import NotConfigured
from payments.vies.keeping import check, known_valid
from subscriptions.orders.quoting import quote
from tests.letters.people import ACTOR, AT, ON
from tests.makers import make_magazine, make_offers

pytestmark = pytest.mark.django_db
GERMAN = "DE136695976"
YES = {"valid": True, "requestIdentifier": "WAPIAAAAYx1", "name": "BIBLIOTHEK AM DOM", "address": "UNTER DEN\nLINDEN 8"}


@pytest.fixture
def vies(settings):
    """A register that answers what the test puts into `answer` (status, body), and keeps what it was asked."""

    class Register(BaseHTTPRequestHandler):
        asked: list[Any] = []
        answer: Any = (200, json.dumps(YES).encode())

        def do_POST(self):
            self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, body = type(self).answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_ignored):
            pass

    server = HTTPServer(("127.0.0.1", 0), Register)
    turning = threading.Thread(target=server.serve_forever)
    turning.start()
    settings.VIES_URL = f"http://127.0.0.1:{server.server_port}/check-vat-number"
    Register.asked = []
    yield Register
    server.shutdown()
    turning.join()
    server.server_close()


def answers(register: Any, body: Any, status: int = 200) -> VatCheck:
    register.answer = (status, body if isinstance(body, bytes) else json.dumps(body).encode())
    return check(GERMAN, actor=ACTOR, at=AT)


def test_a_yes_is_kept_with_the_number_of_the_consultation(vies):
    found = answers(vies, YES)
    assert (found.vat_number, found.outcome, found.consultation) == (GERMAN, "valid", "WAPIAAAAYx1")
    assert (found.name, found.address, found.asked_at, found.actor) == (
        "BIBLIOTHEK AM DOM", "UNTER DEN LINDEN 8", AT, "job:tests",
    )  # fmt: skip
    assert vies.asked == [
        {
            "countryCode": "DE", "vatNumber": "136695976", "requesterMemberStateCode": "FR",
            "requesterNumber": "44732829320",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "outcome", "trouble"),
    [
        ({"valid": False, "userError": "INVALID", "name": "---"}, 200, "invalid", ""),
        ({"valid": False}, 200, "invalid", ""),
        ({"valid": False, "userError": "MS_UNAVAILABLE"}, 200, "unknown", "MS_UNAVAILABLE"),
        ({"valid": False, "userError": "MS_MAX_CONCURRENT_REQ"}, 200, "unknown", "MS_MAX_CONCURRENT_REQ"),
        ({"valid": "true"}, 200, "unknown", "no answer to read"),
        ([], 200, "unknown", "no answer to read"),
        (b"<html>", 200, "unknown", "JSONDecodeError"),
        (b"[" * 60_000, 200, "unknown", "RecursionError"),
        ({}, 500, "unknown", "HTTPError"),
    ],
)
def test_each_kind_of_answer(vies, body, status, outcome, trouble):
    found = answers(vies, body, status)
    assert (found.outcome, found.trouble, found.name) == (outcome, trouble, "")


def test_what_speaks_no_http_is_an_unknown(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.VIES_URL = f"http://127.0.0.1:{server.getsockname()[1]}/"

        def mumble() -> None:
            with server.accept()[0] as peer:
                peer.recv(65_536)
                peer.sendall(b"220 mail.example.fr ESMTP\r\n")

        mumbling = threading.Thread(target=mumble)
        mumbling.start()
        found = check(GERMAN, actor=ACTOR, at=AT)
        mumbling.join()
    assert (found.outcome, found.trouble) == ("unknown", "BadStatusLine")


def test_a_register_that_is_not_there_is_an_unknown(settings, monkeypatch):
    monkeypatch.setattr(asking, "TIMEOUT", 0.5)
    settings.VIES_URL = "http://127.0.0.1:9/"
    assert check(GERMAN, actor=ACTOR, at=AT).outcome == "unknown"


def test_off_unless_set_and_never_asked_what_is_no_number(settings, vies):
    with pytest.raises(TaxIdRefused):
        check("DE000", actor=ACTOR, at=AT)
    settings.VIES_URL = ""
    with pytest.raises(NotConfigured):
        check(GERMAN, actor=ACTOR, at=AT)
    assert (vies.asked, VatCheck.objects.count()) == ([], 0)


def test_nobody_is_asked_inside_a_transaction(vies):
    with transaction.atomic(), pytest.raises(NetworkInsideTransaction):
        check(GERMAN, actor=ACTOR, at=AT)


def kept(outcome: str, *, days: int = 0, number: str = GERMAN) -> None:
    VatCheck.objects.create(vat_number=number, outcome=outcome, actor="x", asked_at=AT + timedelta(days=days))


def test_a_yes_stands_for_some_days_and_only_a_no_ends_it(settings):
    settings.VIES_DAYS = 30
    assert not known_valid(GERMAN, on=ON)
    kept("valid")
    assert known_valid(GERMAN, on=ON)
    assert known_valid(GERMAN, on=ON + timedelta(days=30))
    assert not known_valid(GERMAN, on=ON + timedelta(days=31))
    assert not known_valid(GERMAN, on=ON - timedelta(days=1))
    kept("unknown", days=1)
    assert known_valid(GERMAN, on=ON + timedelta(days=2))
    kept("invalid", days=3)
    assert not known_valid(GERMAN, on=ON + timedelta(days=4))


def test_a_french_number_exempts_nobody():
    kept("valid", number="FR44732829320")
    assert not known_valid("FR44732829320", on=ON)


def test_a_library_of_another_state_with_a_valid_number_pays_no_vat(settings):
    settings.EU_DISTANCE_LIMIT = 1  # and does not count against the limit
    offer = make_offers(make_magazine())["fixed"]
    facts = {"country": "DE", "postcode": "10117", "buyer_kind": "pro_eu", "on": date(2027, 1, 4)}
    kept("valid")
    vat = quote(offer, **facts, vat_number=GERMAN).vat
    assert (vat.rate, vat.legal_mention) == (Decimal("0.00"), INTRA_EU)
