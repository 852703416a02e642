"""Limits count senders, not liars, keep nobody's name, and never close the shop."""

from __future__ import annotations

import pytest
import redis
import time_machine
from django.conf import settings as configured
from django.http import HttpResponse
from django.test import RequestFactory

from shop.limits import Limit, client_address, count, limited, neighbourhood

THRICE = Limit("test", times=3, seconds=60)


@pytest.fixture
def noon():
    with time_machine.travel("2026-11-23 12:00:10 +0000", tick=False) as clock:
        yield clock


def test_the_fourth_try_waits_for_the_next_window(noon):
    assert [count(THRICE, "a") for _try in range(4)] == [0, 0, 0, 50]
    assert count(THRICE, "b") == 0
    assert count(Limit("other", times=3, seconds=60), "a") == 0
    noon.shift(50)
    assert count(THRICE, "a") == 0


def test_nothing_that_names_a_person_is_kept(noon):
    count(THRICE, "camille@exemple.fr")
    with redis.Redis.from_url(configured.REDIS_URL) as client:
        keys = b" ".join(client.keys("*"))
    assert b"limit:test" in keys
    assert b"camille" not in keys


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.9.9.9, 203.0.113.9", "203.0.113.9"),
        (2, "10.9.9.9, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "198.51.100.7", "198.51.100.7"),
        (1, "", "192.0.2.1"),
        (1, "not an address", ""),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_our_own_proxies_are_believed(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == expected


def test_one_home_line_is_one_sender():
    assert neighbourhood("2001:db8:1:2:aaaa::1") == neighbourhood("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert neighbourhood("2001:db8:1:3::1") == "2001:db8:1:3::/64"
    assert neighbourhood("192.0.2.1") == "192.0.2.1"
    assert neighbourhood("") == ""


def test_the_answer_is_a_page_with_a_time(noon):
    view = limited(Limit("page", times=1, seconds=60))(lambda request: HttpResponse("ok"))
    factory = RequestFactory()
    assert view(factory.post("/")).status_code == 200
    assert view(factory.get("/")).status_code == 200
    refused = view(factory.post("/"))
    assert refused.status_code == 429
    assert refused["Retry-After"] == "50"


def test_a_cache_that_does_not_answer_closes_nothing(monkeypatch, noon):
    def away(*args, **kwargs):
        raise redis.ConnectionError("away")

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.add", away)
    assert [count(THRICE, "a") for _try in range(5)] == [0, 0, 0, 0, 0]
