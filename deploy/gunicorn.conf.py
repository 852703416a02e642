"""How gunicorn serves the shop, in the demo and in production: gunicorn -c deploy/gunicorn.conf.py shop.wsgi:application

Address, number of workers and threads come from the environment (BIND, WEB_WORKERS, WEB_THREADS).
"""

import gc
import os
from typing import Any

bind = os.environ.get("BIND", "127.0.0.1:8000").split()
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "gthread"
os.environ["DATABASE_POOL"] = str(threads)  # none waits for a connection, and at rest there is none
preload_app = True
# One listening socket for all: with one each (reuse_port), whoever is queued at a worker that is replaced is hung up on.
reuse_port = False
control_socket_disable = True
graceful_timeout = 20
max_requests, max_requests_jitter = 20_000, 2_000


def when_ready(server: Any) -> None:
    """Load in the parent what every worker would load for itself, and keep the collector from copying it."""
    from shop.warming import warm

    warm(server.app.wsgi())
    gc.collect()
    gc.freeze()
