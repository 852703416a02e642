"""Logs for machines, without personal data: ids and references only (brief lines, JSON in production)."""

from __future__ import annotations

import os
import re
from typing import Any

import structlog
from structlog.typing import EventDict

#: Signed links open an order without signing in: their tokens stay out of the logs.
_TOKENS = re.compile(
    r"(/(?:commande|compte|gestion|retractation|resiliation|reclamation|votre-adresse|cadeau|offrir|reabonnement"
    r"|reconduction|remboursement|tarif|desinscription)/(?:[a-z0-9-]+/)+?)(?:[^/\s\"']*[.:~][^/\s\"']{12,}|[a-z0-9]+-[0-9a-f]{32,})"
)
#: A subscriber number that another site asks about, and the token it asks with.
_ASKED = re.compile(r"(/api/v1/entitlements/)[^\s\"']+|\bbqt_[\w-]+")
#: What PostgreSQL adds to a refusal: the key or the whole row that it refused, with the names and addresses in it.
_DETAILS = re.compile(r"DETAIL: .*?(?=\n(?:HINT:|CONTEXT:|\n)|\Z)", re.S)


def hide_persons(_logger: Any, _name: str, line: EventDict) -> EventDict:
    """Cut the token out of every path that is logged, and the refused row out of every error of the database."""
    return {name: _hidden(value) if isinstance(value, str) else value for name, value in line.items()}


def _hidden(value: str) -> str:
    value = _ASKED.sub(lambda found: f"{found[1] or 'bqt_'}…", value)
    return _DETAILS.sub("DETAIL: …", _TOKENS.sub(r"\1…", value))


_shared = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    hide_persons,
]

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        *_shared[1:],
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                hide_persons,
                structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "logger", "event"])
                if os.environ.get("DEMO")
                else structlog.processors.JSONRenderer(),
            ],
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "django_structlog": {"level": "WARNING"},
        "axes": {"level": "ERROR"},
        "stripe": {"level": "ERROR"},
    },
}
