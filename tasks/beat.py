"""The timetable's own small application: celery -A tasks.beat beat.

Beat only rings: it needs neither Django nor the jobs' code, which would cost it some 60 MiB.
"""

from __future__ import annotations

import os

from celery import Celery

from tasks.schedule import beat_schedule

app = Celery("boutique-beat", fixups=[])
app.conf.update(
    broker_url=os.environ["REDIS_URL"].replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1),
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    beat_schedule=beat_schedule(),
    beat_max_loop_interval=5,
    timezone="Europe/Paris",
)
