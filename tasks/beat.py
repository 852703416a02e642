"""The timetable's own small application: python -m tasks.beat SCHEDULE_FILE

Beat only rings: it needs neither Django nor the jobs' code, which would cost it some 60 MiB, nor the `celery` command,
whose prompts and colours would cost another 10.
"""

from __future__ import annotations

import os
import sys

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

if __name__ == "__main__":
    app.Beat(schedule=sys.argv[1], quiet=True).run()
