"""No network inside a transaction: our row is committed before Stripe is called."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from payments import gateway
from tests.gateway import shapes
from tests.gateway.teller import Teller

SOON = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
PAGE: dict[str, Any] = {
    "reference": "P-1",
    "customer": "cus_1",
    "success_url": "https://boutique.example/merci",
    "cancel_url": "https://boutique.example/panier",
    "expires_at": SOON,
    "metadata": {},
    "key": "key-1",
}
CALLS: dict[str, Callable[[], Any]] = {
    "create_customer": lambda: gateway.create_customer(reference="C-1", email="a@b.example", name="A", key="key-1"),
    "open_checkout": lambda: gateway.open_checkout(
        amount_cents=2760, description="Abonnement", save_method=False, **PAGE
    ),
    "open_setup": lambda: gateway.open_setup(**PAGE),
    "fetch_checkout": lambda: gateway.fetch_checkout("cs_1"),
    "expire_checkout": lambda: gateway.expire_checkout("cs_1"),
    "find_checkouts": lambda: gateway.find_checkouts(customer="cus_1"),
    "charge_off_session": lambda: gateway.charge_off_session(
        reference="P-1",
        customer="cus_1",
        method="pm_1",
        amount_cents=2760,
        description="Abonnement",
        metadata={},
        key="key-1",
    ),
    "cancel_intent": lambda: gateway.cancel_intent("pi_1"),
    "fetch_intent": lambda: gateway.fetch_intent("pi_1"),
    "find_intents": lambda: gateway.find_intents(customer="cus_1", reference="P-1"),
    "list_charges": lambda: list(gateway.list_charges(since=SOON, until=SOON)),
    "fetch_charge": lambda: gateway.fetch_charge("ch_1"),
    "fetch_method": lambda: gateway.fetch_method("pm_1"),
    "detach_method": lambda: gateway.detach_method("pm_1"),
    "fetch_setup": lambda: gateway.fetch_setup("seti_1"),
    "refund": lambda: gateway.refund(
        reference="R-1", payment_intent="pi_1", amount_cents=2760, reason="", metadata={}, key="key-1"
    ),
    "fetch_dispute": lambda: gateway.fetch_dispute("du_1"),
    "upload_evidence": lambda: gateway.upload_evidence(
        reference="REP-1", name="dossier.pdf", body=b"%PDF", key="key-1"
    ),
    "submit_evidence": lambda: gateway.submit_evidence("du_1", reference="REP-1", evidence={}, key="key-1"),
    "accept_dispute": lambda: gateway.accept_dispute("du_1", reference="REP-1", key="key-1"),
    "fetch_fraud_warning": lambda: gateway.fetch_fraud_warning("issfr_1"),
    "fetch_refund": lambda: gateway.fetch_refund("re_1"),
    "find_refunds": lambda: gateway.find_refunds(payment_intent="pi_1", reference="R-1"),
    "fetch_event": lambda: gateway.fetch_event("evt_1"),
    "list_events": lambda: list(gateway.list_events(since=SOON, types=["refund.updated"])),
    "fetch_movement": lambda: gateway.fetch_movement("txn_1"),
    "list_movements": lambda: list(gateway.list_movements(since=SOON)),
    "fetch_payout": lambda: gateway.fetch_payout("po_1"),
    "list_payouts": lambda: list(gateway.list_payouts(since=SOON)),
}


def test_every_verb_is_tried_here() -> None:
    offline = {"verify_event", "decline", "rows", "refuse_inside_transaction"}
    verbs = {name for name in gateway.__all__ if name[0].islower()}
    assert verbs - offline == set(CALLS)


@pytest.mark.django_db
@pytest.mark.parametrize("verb", CALLS)
def test_refused_inside_a_transaction(teller: Teller, verb: str) -> None:
    with transaction.atomic(), pytest.raises(gateway.NetworkInsideTransaction):
        CALLS[verb]()
    assert teller.heard == []


def test_no_handler_of_faults_hides_it() -> None:
    assert not issubclass(gateway.NetworkInsideTransaction, gateway.GatewayFault)


@pytest.mark.django_db
def test_the_transaction_around_a_test_is_not_ours(teller: Teller) -> None:
    assert connection.in_atomic_block
    teller.says(200, shapes.intent())
    assert gateway.fetch_intent("pi_1").id == "pi_1"


@pytest.mark.django_db(transaction=True)
def test_before_and_after_a_real_transaction(teller: Teller) -> None:
    teller.says(200, shapes.intent())
    teller.says(200, shapes.intent())
    assert gateway.fetch_intent("pi_1").id == "pi_1"
    with transaction.atomic():
        with transaction.atomic(), pytest.raises(gateway.NetworkInsideTransaction):
            gateway.fetch_intent("pi_1")
        with pytest.raises(gateway.NetworkInsideTransaction):
            gateway.fetch_intent("pi_1")
    assert gateway.fetch_intent("pi_1").id == "pi_1"
    assert len(teller.heard) == 2


@pytest.mark.django_db(transaction=True)
def test_refused_with_autocommit_off(teller: Teller) -> None:
    transaction.set_autocommit(False)
    try:
        with pytest.raises(gateway.NetworkInsideTransaction):
            gateway.fetch_intent("pi_1")
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
    assert teller.heard == []


@pytest.mark.django_db(transaction=True)
def test_a_list_is_refused_at_the_page_that_falls_into_a_transaction(teller: Teller) -> None:
    teller.says(200, shapes.page(shapes.movement(id="txn_2"), more=True))
    lines = gateway.list_movements(since=SOON)
    assert next(lines).id == "txn_2"
    with transaction.atomic(), pytest.raises(gateway.NetworkInsideTransaction):
        next(lines)
    assert len(teller.heard) == 1


@pytest.mark.django_db
def test_proving_an_event_needs_no_network() -> None:
    with transaction.atomic(), pytest.raises(gateway.ForgedEvent):
        gateway.verify_event(b"{}", "", "whsec_x")
