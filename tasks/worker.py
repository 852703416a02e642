"""The worker: python -m tasks.worker

Not by the `celery` command, whose prompts and colours would cost 10 MiB, and without Django's checks, which would load
every page, form and register of the shop; `manage.py` runs them.
"""

from __future__ import annotations

import os
import sys

from tasks.app import app

if __name__ == "__main__":
    os.environ["CELERY_SKIP_CHECKS"] = "1"
    # Two children: while one waits for a mail server, the other hears what Stripe says.
    worker = app.Worker(concurrency=2, without_gossip=True, without_mingle=True, quiet=True)
    worker.start()
    sys.exit(worker.exitcode)
