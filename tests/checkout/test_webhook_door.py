"""Stripe's webhooks have a door of their own: what only people need is neither asked for nor answered with."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import resolve

from shop.checkout.webhook import stripe_webhook
from shop.middleware import WEBHOOKS


def test_the_door_stands_where_the_addresses_say():
    assert resolve(WEBHOOKS).func is stripe_webhook


@pytest.mark.parametrize(("method", "status"), [("POST", 400), ("GET", 405), ("PUT", 405)])
def test_what_comes_in_there_meets_no_session_and_no_cookie(db, method, status):
    client = Client(enforce_csrf_checks=True, headers={"cookie": "sessionid=of-somebody; commande=forged"})
    answer = client.generic(method, WEBHOOKS, b"{}", content_type="application/json")
    assert answer.status_code == status
    assert not answer.cookies
    assert "Content-Security-Policy" not in answer
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Length"] == str(len(answer.content))


def test_a_host_that_is_not_ours_is_refused_there_too(db):
    assert Client(headers={"host": "elsewhere.example"}).generic("POST", WEBHOOKS, b"{}").status_code == 400


def test_the_neighbours_go_the_usual_way(db):
    answer = Client().get(f"{WEBHOOKS}x")
    assert answer.status_code == 404
    assert "Content-Security-Policy" in answer
