"""A place for a simulation started by hand: PostgreSQL and Valkey of its own, as the tests have them, gone afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests import servers


@contextmanager
def place() -> Iterator[None]:
    """Servers, a migrated database, and Django made ready on it as the application's role."""
    here = servers.Servers()
    here.lay_out()
    for name in servers.FOREIGN:
        os.environ.pop(name, None)
    os.environ.update(servers.environment_of(servers.database_name()))
    try:
        here.start_cache()
        here.start_database()
        servers.create_database()
        import django

        django.setup()
        yield
        from django.db import connections

        connections.close_all()
    finally:
        here.stop()
