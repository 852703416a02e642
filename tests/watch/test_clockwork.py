"""The clockwork: every line of the timetable runs, twice, and its silence is an alarm that people and machines see."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import psycopg
import pytest
import time_machine
from celery.exceptions import NotRegistered
from django.db import connection
from django.utils import timezone

from payments import fees, refunds
from shop.watch import heartbeat, runs
from shop.watch.bell import ring
from shop.watch.models import JobRun
from tasks import beat as clock
from tasks import promise
from tasks.app import app
from tasks.schedule import TIMETABLE

app.loader.import_default_modules()


@pytest.fixture
def timetable(transactional_db):
    runs.know([(job.name, job.every, job.alarm_after) for job in TIMETABLE], at=timezone.now())


@pytest.mark.parametrize("job", TIMETABLE, ids=lambda job: job.name)
def test_every_job_runs_twice_on_an_empty_shop_and_says_so(timetable, job, monkeypatch):
    # What asks Stripe has stories of its own, with a stand-in; here there is nothing to ask.
    monkeypatch.setattr(fees.gateway, "list_movements", lambda **_: iter(()))
    monkeypatch.setattr(fees.gateway, "list_payouts", lambda **_: iter(()))
    monkeypatch.setattr("payments.webhooks.catching_up.gateway.list_events", lambda **_: iter(()))
    monkeypatch.setattr("payments.mirroring.stripe_list.gateway.list_charges", lambda **_: iter(()))
    for _twice in range(2):
        app.tasks[job.name]()
    run = JobRun.objects.get(pk=job.name)
    assert run.succeeded_at is not None
    assert run.failed_at is None


def test_beat_rings_every_job_of_the_timetable_and_nothing_else():
    rung = {entry["task"] for entry in clock.app.conf.beat_schedule.values()}
    assert rung == {job.name for job in TIMETABLE}
    assert rung <= set(app.tasks)
    with pytest.raises(NotRegistered):
        app.tasks["no such job"]


def test_every_line_of_the_timetable_has_its_reason_and_an_alarm_later_than_its_period():
    assert all(job.reason.endswith(".") and job.alarm_after > job.every for job in TIMETABLE)


def test_a_failing_job_is_written_down_and_not_swallowed(timetable, monkeypatch):
    def broken(**_):
        raise RuntimeError("no")

    monkeypatch.setattr(refunds, "due", broken)
    with pytest.raises(RuntimeError):
        app.tasks["refunds"]()
    run = JobRun.objects.get(pk="refunds")
    assert (run.failure, run.succeeded_at) == ("RuntimeError", None)


def test_letters_are_delivered_by_one_child_at_a_time_so_that_another_is_free_for_money(timetable):
    with psycopg.connect(**connection.get_connection_params()) as elsewhere:
        elsewhere.execute("SELECT pg_advisory_lock(hashtext('letters'))")
        app.tasks["letters"]()
        assert JobRun.objects.get(pk="letters").started_at is None
        # Said, and not left to the end of the connection, which PostgreSQL notices when it gets to it.
        elsewhere.execute("SELECT pg_advisory_unlock(hashtext('letters'))")
    for _twice in range(2):
        app.tasks["letters"]()
        assert JobRun.objects.get(pk="letters").succeeded_at is not None


def test_silence_is_an_alarm_on_healthz_until_the_job_succeeds(timetable, client, monkeypatch):
    assert client.get("/healthz").json() == {"healthy": True}
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        answer = client.get("/healthz")
        assert answer.status_code == 503
        late = answer.json()["late"]
        assert "unknown-payments" in late
        assert "refunds" not in late
        app.tasks["unknown-payments"]()
        assert "unknown-payments" not in client.get("/healthz").json()["late"]
    assert client.get("/readyz").json() == {"ready": True}


def test_a_stopped_clock_of_forty_days_makes_everything_late_and_one_turn_mends_it(timetable, monkeypatch):
    monkeypatch.setattr(fees.gateway, "list_movements", lambda **_: iter(()))
    monkeypatch.setattr(fees.gateway, "list_payouts", lambda **_: iter(()))
    monkeypatch.setattr("payments.webhooks.catching_up.gateway.list_events", lambda **_: iter(()))
    monkeypatch.setattr("payments.mirroring.stripe_list.gateway.list_charges", lambda **_: iter(()))
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        assert {one.job for one in runs.late(at=timezone.now())} == {job.name for job in TIMETABLE}
        for job in TIMETABLE:
            app.tasks[job.name]()
        assert runs.late(at=timezone.now()) == []


def test_a_job_that_left_the_timetable_is_forgotten(timetable):
    runs.know([("letters", 5, 600)], at=timezone.now())
    assert list(JobRun.objects.values_list("job", flat=True)) == ["letters"]


def test_the_bell_rings_once_a_second_and_a_dead_redis_only_loses_the_ring(db, settings):
    assert ring("letters") is True
    assert ring("letters") is False
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0", "OPTIONS": settings.CACHES["default"]["OPTIONS"]}}  # fmt: skip
    assert ring("stripe-events") is False


def test_the_watchdog_hears_us_while_all_is_well_and_silence_when_a_job_is_late(timetable, settings):
    heard = []

    class Watchdog(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Watchdog)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        settings.HEARTBEAT_URL = f"http://127.0.0.1:{server.server_port}/beat"
        assert heartbeat.beat(at=timezone.now()) == "heard: 200"
        assert heartbeat.beat(at=timezone.now() + timedelta(days=1)).startswith("silent: ")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert heard == ["/beat"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("last", "now", "gone_through"),
    [
        (None, "2026-11-24", None),
        ("2026-11-23", "2026-11-24", "2026-11-23"),
        ("2026-11-20", "2026-11-24", "2026-11-20"),
        # The first run of a Monday looks at everything, those after it do not.
        ("2026-11-29", "2026-11-30", None),
        ("2026-11-30", "2026-11-30", "2026-11-30"),
    ],
)
def test_a_sweep_goes_on_from_the_day_of_its_last_success(last, now, gone_through):
    noon = {day: datetime.fromisoformat(f"{day}T11:00:00+00:00") for day in (last, now) if day}
    runs.know([("reminders", 1, 1)], at=noon[now])
    JobRun.objects.update(succeeded_at=noon.get(last))
    found = promise._gone_through("reminders", at=noon[now])
    assert (found.isoformat() if found else None) == gone_through
