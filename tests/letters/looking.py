"""A mail backend that looks at the database through a connection of its own while it sends."""

from __future__ import annotations

import psycopg
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection

from tests import servers

SEEN: list[tuple[str, bool, bool]] = []


class Backend(BaseEmailBackend):
    """(state of the letter, whether it is stored, whether a transaction is open around the sending)."""

    def send_messages(self, messages):
        SEEN.clear()
        with psycopg.connect(servers.superuser_url(), autocommit=True) as other:
            for state, stored in other.execute(
                "SELECT notice.state, document.body IS NOT NULL FROM subscriptions_notice notice"
                " LEFT JOIN payments_document document ON document.sha256 = notice.document_id"
            ):
                SEEN.append((state, stored, connection.in_atomic_block))
        return len(messages)
