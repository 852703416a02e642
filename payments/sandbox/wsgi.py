"""The stand-in for a WSGI server: `gunicorn --threads 8 payments.sandbox.wsgi:application` (one process only)."""

import os

from payments.sandbox.application import StandIn
from payments.sandbox.settings import from_environment

application = StandIn(from_environment(os.environ))
