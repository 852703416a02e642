"""What refuses to start, and what says aloud that the clockwork does not turn."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from shop.configuration import read_publisher, refuse_live_money, refuse_what_stripe_refuses
from shop.watch import runs
from shop.watch.models import JobRun

LIVE = {"key": "sk_live_x", "debug": False, "api_base": "", "demo": False, "http_client": "", "site": "https://x.fr"}
FINE = {"webhook_secret": "whsec_x", "minutes": 60, "descriptor": "ACTUIA ABO"}


@pytest.mark.parametrize(
    "wrong",
    [{"debug": True}, {"api_base": "http://127.0.0.1:8027"}, {"demo": True}, {"http_client": "a.b"}, {"site": "http://x.fr"}],
    ids=lambda wrong: next(iter(wrong)),
)  # fmt: skip
def test_live_money_is_refused_beside_anything_made_up(wrong):
    with pytest.raises(ImproperlyConfigured, match="live key"):
        refuse_live_money(**LIVE | wrong)
    refuse_live_money(**LIVE | wrong | {"key": "sk_test_x"})
    refuse_live_money(**LIVE)


@pytest.mark.parametrize("key", ["", "pk_live_x", "whsec_x"])
def test_what_is_no_secret_key_is_refused(key):
    with pytest.raises(ImproperlyConfigured, match="not a Stripe secret key"):
        refuse_live_money(**LIVE | {"key": key})


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"webhook_secret": "sk_test_x"}, "STRIPE_WEBHOOK_SECRET"),
        ({"minutes": 34}, "CHECKOUT_MINUTES"),
        ({"minutes": 1436}, "CHECKOUT_MINUTES"),
        ({"descriptor": "A" * 23}, "STATEMENT_DESCRIPTOR"),
        ({"descriptor": "ABO*ACTUIA"}, "STATEMENT_DESCRIPTOR"),
        ({"descriptor": "12345"}, "STATEMENT_DESCRIPTOR"),
    ],
    ids=str,
)
def test_what_stripe_would_refuse_for_every_reader_is_refused_at_the_start(wrong, named):
    with pytest.raises(ImproperlyConfigured, match=named):
        refuse_what_stripe_refuses(**FINE | wrong)
    refuse_what_stripe_refuses(**FINE)


def test_a_clockwork_that_never_started_is_not_health(client, transactional_db):
    JobRun.objects.all().delete()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"healthy": False, "clockwork": "has never started"})
    runs.know([("letters", 5, 600)], at=timezone.now())
    assert client.get("/healthz").status_code == 200
    JobRun.objects.update(known_since=timezone.now() - timedelta(minutes=11))
    assert list(client.get("/healthz").json()["late"]) == ["letters"]


def test_the_last_success_is_that_of_the_job(transactional_db):
    runs.know([("letters", 5, 600), ("refunds", 60, 1800)], at=timezone.now())
    assert runs.last_success("letters") is None
    with runs.running("letters"):
        pass
    assert runs.last_success("letters") == JobRun.objects.get(job="letters").succeeded_at
    assert (runs.last_success("refunds"), runs.last_success("unheard of")) == (None, None)


PUBLISHER = Path("deploy/publisher.toml").read_text(encoding="utf-8")


def publisher(tmp_path: Path, old: str, new: str) -> dict[str, Any]:
    assert old in PUBLISHER
    path = tmp_path / "publisher.toml"
    path.write_text(PUBLISHER.replace(old, new), encoding="utf-8")
    return read_publisher(str(path))


def test_numbers_of_the_publisher_are_read_as_machines_write_them(tmp_path):
    """With blanks they would stand so on every Factur-X and in the file for the platform, frozen."""
    read = publisher(tmp_path, '"732829320"', '"732 829 320"')
    assert (read["siren"], read["siret"], read["vat_number"]) == ("732829320", "73282932000074", "FR44732829320")
    assert publisher(tmp_path, '"FR44732829320"', '"fr 44 732 829 320"')["vat_number"] == "FR44732829320"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"732829320"', '"732829321"', "siren is not right"),
        ('"73282932000074"', '"73282932000075"', "siret is not right"),
        ('"FR44732829320"', '"FR45732829320"', "vat_number is not right"),
        ('"732829320"', '"552100554"', "siret is not that of the siren"),
    ],
)
def test_numbers_of_the_publisher_that_are_none_stop_the_start(tmp_path, old, new, named):
    with pytest.raises(ImproperlyConfigured, match=named):
        publisher(tmp_path, old, new)
