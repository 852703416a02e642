"""Configuration comes from the environment; what is missing or wrong stops the start, all of it named at once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import environs
from django.core.exceptions import ImproperlyConfigured

env = environs.Env()

REQUIRED = {
    "SECRET_KEY": "a long random string that signs cookies and links",
    "DATABASE_URL": "PostgreSQL as the application's role, e.g. postgresql://boutique_app:…@host/boutique",
    "REDIS_URL": "Redis or Valkey, e.g. redis://host:6379/0",
    "SITE_URL": "public address of the shop, e.g. https://boutique.example.fr",
    "STRIPE_SECRET_KEY": "Stripe's secret key (sk_test_… or sk_live_…)",
    "STRIPE_WEBHOOK_SECRET": "signing secret of the webhook endpoint (whsec_…)",
    "EMAIL_URL": "outgoing mail, e.g. submission://user:password@host:587",
    "DEFAULT_FROM_EMAIL": "sender of the letters, e.g. Boutique ActuIA <abonnements@example.fr>",
    "PUBLISHER_FILE": "TOML file with the publisher's identity (see deploy/publisher.toml)",
}

PUBLISHER_KEYS = (
    "name", "legal_form", "capital", "address", "siren", "siret", "rcs", "vat_number", "phone", "email",
    "complaints_email", "publication_director", "host", "mediator", "brand", "magazine",
)  # fmt: skip


def require_environment() -> None:
    """Stop with one sentence that names every missing variable and what it is for."""
    missing = [f"  {name}: {meaning}" for name, meaning in REQUIRED.items() if not env.str(name, "")]
    if missing:
        raise ImproperlyConfigured(
            "The shop does not start without its configuration. Missing from the environment:\n"
            + "\n".join(missing)
            + "\nTo look at it with made-up data instead: make demo."
        )


def refuse_live_money(*, key: str, debug: bool, api_base: str, demo: bool) -> None:
    """A live Stripe key never meets DEBUG, the demo or a stand-in."""
    live = key.startswith(("sk_live_", "rk_live_"))
    if live and (debug or demo or api_base):
        raise ImproperlyConfigured(
            "STRIPE_SECRET_KEY is a live key: it cannot be used with DEBUG, DEMO or STRIPE_API_BASE."
        )
    if not key.startswith(("sk_test_", "rk_test_")) and not live:
        raise ImproperlyConfigured("STRIPE_SECRET_KEY is not a Stripe secret key (sk_test_… or sk_live_…).")


def read_publisher(path: str) -> dict[str, Any]:
    """The publisher's identity as printed on pages and invoices; refuses a file with a mention missing."""
    try:
        publisher = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as trouble:
        raise ImproperlyConfigured(f"PUBLISHER_FILE cannot be read: {trouble}") from trouble
    except tomllib.TOMLDecodeError as trouble:
        raise ImproperlyConfigured(f"PUBLISHER_FILE is not valid TOML: {trouble}") from trouble
    missing = [key for key in PUBLISHER_KEYS if not publisher.get(key)]
    if missing:
        raise ImproperlyConfigured(f"PUBLISHER_FILE lacks: {', '.join(missing)}.")
    return publisher
