"""Which webhooks are Stripe's own, and what an event tells."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from payments import gateway
from tests.gateway import shapes
from tests.gateway.teller import Teller

SECRET = "whsec_boutique"


def _signed(body: Any, *, secret: str = SECRET, age: int = 0) -> tuple[bytes, str]:
    raw = body if isinstance(body, str) else json.dumps(body)
    stamp = int(time.time()) - age
    return raw.encode(), stripe.WebhookSignature.generate_signature_header(raw, secret, stamp)


PAID = shapes.event("payment_intent.succeeded", shapes.intent())


class TestGenuine:
    def test_the_event_is_read(self) -> None:
        raw, header = _signed(PAID)
        assert gateway.verify_event(raw, header, SECRET) == gateway.EventSeen(
            id="evt_1",
            type="payment_intent.succeeded",
            created=datetime.fromtimestamp(1_795_000_000, UTC),
            object_id="pi_1",
            object_kind="payment_intent",
            livemode=False,
            api_version="2026-10-28.endive",
            status="succeeded",
            payment_intent="pi_1",
            charge="ch_1",
            customer="cus_1",
            payment_method="pm_1",
            reference="P-1",
        )

    def test_up_to_five_minutes_old(self) -> None:
        raw, header = _signed(PAID, age=290)
        assert gateway.verify_event(raw, header, SECRET).id == "evt_1"

    def test_one_good_signature_among_several(self) -> None:
        raw, header = _signed(PAID)
        header = header.replace(",v1=", ",v1=" + "0" * 64 + ",v1=", 1)
        assert gateway.verify_event(raw, header, SECRET).id == "evt_1"

    def test_while_the_secret_is_being_replaced(self) -> None:
        raw, header = _signed(PAID, secret="whsec_old")
        assert gateway.verify_event(raw, header, ("whsec_new", "whsec_old")).id == "evt_1"


class TestForged:
    def test_another_secret(self) -> None:
        raw, header = _signed(PAID, secret="whsec_stranger")
        with pytest.raises(gateway.ForgedEvent):
            gateway.verify_event(raw, header, SECRET)

    def test_one_byte_changed(self) -> None:
        raw, header = _signed(PAID)
        with pytest.raises(gateway.ForgedEvent):
            gateway.verify_event(raw.replace(b"2760", b"2761", 1), header, SECRET)

    def test_older_than_five_minutes(self) -> None:
        raw, header = _signed(PAID, age=310)
        with pytest.raises(gateway.ForgedEvent):
            gateway.verify_event(raw, header, SECRET)

    @pytest.mark.parametrize("header", ["", "t=", "t=1", "v1=abc", "t=abc,v1=abc", "t=1,v1=", "é", "t=1,v0=abc"])
    def test_a_header_that_proves_nothing(self, header: str) -> None:
        raw, _ = _signed(PAID)
        with pytest.raises(gateway.ForgedEvent):
            gateway.verify_event(raw, header, SECRET)

    @pytest.mark.parametrize("secret", ["", (), ("",)])
    def test_without_a_secret_nothing_is_genuine(self, secret: Any) -> None:
        raw, header = _signed(PAID, secret="")
        with pytest.raises(gateway.ForgedEvent):
            gateway.verify_event(raw, header, secret)

    def test_signed_but_another_object(self) -> None:
        raw, header = _signed(PAID | {"object": "charge"})
        with pytest.raises(gateway.ForgedEvent):
            gateway.verify_event(raw, header, SECRET)

    @pytest.mark.parametrize("raw", [b"\xff\xfe", b""])
    def test_a_body_that_is_no_text(self, raw: bytes) -> None:
        with pytest.raises(gateway.ForgedEvent):
            gateway.verify_event(raw, f"t={int(time.time())},v1=00", SECRET)

    @pytest.mark.parametrize(
        "body",
        ["", "nothing", "[]", "null", '"event"', "{}", '{"object": "charge"}', '{"object": "event"}', "{" * 50],
    )
    def test_signed_but_no_event(self, body: str) -> None:
        raw, header = _signed(body)
        with pytest.raises(gateway.ForgedEvent):
            gateway.verify_event(raw, header, SECRET)

    @pytest.mark.parametrize("body", ["[" * 100_000, json.dumps(PAID | {"created": 10**18})])
    def test_signed_but_no_event_that_a_machine_can_hold(self, body: str) -> None:
        raw, header = _signed(body)
        with pytest.raises(gateway.ForgedEvent):
            gateway.verify_event(raw, header, SECRET)


RELATED = [
    (
        "checkout.session.completed",
        shapes.checkout(status="complete", payment_intent="pi_9", client_reference_id="P-7"),
        {"status": "complete", "payment_intent": "pi_9", "customer": "cus_1", "reference": "P-7"},
    ),
    (
        "setup_intent.succeeded",
        {
            "id": "seti_1",
            "object": "setup_intent",
            "status": "succeeded",
            "customer": "cus_1",
            "payment_method": "pm_2",
            "metadata": {"reference": "M-1"},
        },
        {
            "status": "succeeded",
            "setup_intent": "seti_1",
            "customer": "cus_1",
            "payment_method": "pm_2",
            "reference": "M-1",
        },
    ),
    (
        "charge.updated",
        {
            "id": "ch_1",
            "object": "charge",
            "status": "succeeded",
            "payment_intent": "pi_1",
            "balance_transaction": "txn_1",
            "customer": "cus_1",
            "metadata": {},
        },
        {
            "status": "succeeded",
            "payment_intent": "pi_1",
            "charge": "ch_1",
            "customer": "cus_1",
            "balance_transaction": "txn_1",
        },
    ),
    (
        "refund.updated",
        shapes.refund(status="failed"),
        {"status": "failed", "payment_intent": "pi_1", "charge": "ch_1", "reference": "R-1"},
    ),
    (
        "payment_method.automatically_updated",
        {"id": "pm_1", "object": "payment_method", "customer": "cus_1"},
        {"payment_method": "pm_1", "customer": "cus_1"},
    ),
    ("payout.paid", {"id": "po_1", "object": "payout", "status": "paid"}, {"status": "paid"}),
    ("customer.created", {"id": "cus_5", "object": "customer"}, {"customer": "cus_5"}),
    ("something.new", {"object": "something"}, {}),
]


@pytest.mark.parametrize(("kind", "thing", "related"), RELATED, ids=[case[0] for case in RELATED])
def test_what_an_event_names(kind: str, thing: dict[str, Any], related: dict[str, str]) -> None:
    raw, header = _signed(shapes.event(kind, thing))
    seen = gateway.verify_event(raw, header, SECRET)
    assert (seen.type, seen.object_id, seen.object_kind) == (kind, thing.get("id", ""), thing["object"])
    assert seen.related == related


class TestTheList:
    SINCE = datetime(2026, 11, 20, tzinfo=UTC)

    def test_read_to_its_end_page_by_page(self, teller: Teller) -> None:
        teller.says(200, shapes.page(*[PAID | {"id": f"evt_{n}"} for n in (5, 4)], more=True))
        teller.says(200, shapes.page(*[PAID | {"id": f"evt_{n}"} for n in (3, 2)], more=True))
        teller.says(200, shapes.page(PAID))
        events = gateway.list_events(since=self.SINCE, types=["payment_intent.succeeded", "refund.updated"])
        assert next(events).id == "evt_5"
        assert len(teller.heard) == 1, "a page is asked for when it is needed"
        assert [event.id for event in events] == ["evt_4", "evt_3", "evt_2", "evt_1"]
        assert [heard.query for heard in teller.heard] == [
            {
                "created[gte]": "1795132800",
                "limit": "100",
                "types[0]": "payment_intent.succeeded",
                "types[1]": "refund.updated",
                **more,
            }
            for more in ({}, {"starting_after": "evt_4"}, {"starting_after": "evt_2"})
        ]

    def test_resumed_behind_an_event(self, teller: Teller) -> None:
        teller.says(200, shapes.page())
        assert list(gateway.list_events(since=self.SINCE, types=[], after="evt_4")) == []
        assert teller.heard[0].query == {"created[gte]": "1795132800", "limit": "100", "starting_after": "evt_4"}

    def test_a_page_that_fails_is_said(self, teller: Teller) -> None:
        teller.says(200, shapes.page(PAID, more=True))
        teller.refuses(503, type="api_error")
        events = gateway.list_events(since=self.SINCE, types=[])
        assert next(events).id == "evt_1"
        with pytest.raises(gateway.Unknown):
            next(events)
