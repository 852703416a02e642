"""The worker's application, run by `tasks.worker`. The timetable runs apart, in `tasks.beat`."""

from __future__ import annotations

import gc
import os

from celery import Celery
from celery.signals import setup_logging, worker_before_create_process, worker_init

from tasks.schedule import TIMETABLE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

app = Celery("boutique", include=["tasks.money", "tasks.promise", "tasks.escrow", "tasks.charges", "tasks.watch"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_time_limit=300,
    task_soft_time_limit=240,
    # Longer than any task may take: a task is only given to a second worker when the first must be dead.
    broker_transport_options={"visibility_timeout": 900},
    broker_connection_retry_on_startup=True,
    worker_max_tasks_per_child=2000,
    worker_hijack_root_logger=False,
    timezone="Europe/Paris",
)


@worker_init.connect
def make_timetable_known(**_: object) -> None:
    """From now on a job that does not succeed in its time is an alarm."""
    # Django is set up by Celery only once this module has been imported.
    from django.db import connection
    from django.utils import timezone

    from shop.watch import runs

    runs.know([(job.name, job.every, job.alarm_after) for job in TIMETABLE], at=timezone.now())
    connection.close()  # the parent will ask nothing else


@worker_before_create_process.connect
def share_memory(**_: object) -> None:
    """Children of the pool share what the parent has loaded: the collector must not touch, and so copy, it."""
    gc.collect()
    gc.freeze()


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Celery leaves logging to Django's settings."""
