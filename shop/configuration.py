"""Configuration comes from the environment; what is missing or wrong stops the start, all of it named at once."""

from __future__ import annotations

import base64
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import environs
from django.core.exceptions import ImproperlyConfigured

from payments.tax_ids import TaxIdRefused, check_french_vat, check_siren, check_siret

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

#: As in `subscriptions.returns.providers`, which cannot be read before the settings are.
RETURNS_FROM = frozenset({"generic", "mailgun", "brevo"})

#: What names an RSA key in a certificate (DER of 1.2.840.113549.1.1.1); signatures by one have other numbers.
RSA = bytes.fromhex("06092a864886f70d010101")

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


def refuse_live_money(
    *, key: str, debug: bool, api_base: str, demo: bool, http_client: str = "", site: str = "https://"
) -> None:
    """A live Stripe key never meets DEBUG, the demo, a stand-in, or a shop that is not reached by https."""
    live = key.startswith(("sk_live_", "rk_live_"))
    if live and (debug or demo or api_base or http_client):
        raise ImproperlyConfigured(
            "STRIPE_SECRET_KEY is a live key: it cannot be used with DEBUG, DEMO, STRIPE_API_BASE or STRIPE_HTTP_CLIENT."
        )
    if live and not site.startswith("https://"):
        raise ImproperlyConfigured("STRIPE_SECRET_KEY is a live key: SITE_URL must begin with https://.")
    if not key.startswith(("sk_test_", "rk_test_")) and not live:
        raise ImproperlyConfigured("STRIPE_SECRET_KEY is not a Stripe secret key (sk_test_… or sk_live_…).")


def refuse_one_stop_shop(day: date | None) -> None:
    """With the one-stop shop the VAT of each destination is due; the shop has no rates of other states and would go on at ours."""
    if day is not None:
        raise ImproperlyConfigured(
            "OSS_ENABLED_FROM is set, and the shop has no VAT rates of other states yet: it would charge French VAT where another is due."
        )


def refuse_what_stripe_refuses(*, webhook_secret: str, minutes: int, descriptor: str) -> None:
    """What would make Stripe refuse every payment page, or us every webhook, is told at the start and not by readers."""
    if not webhook_secret.startswith("whsec_"):
        raise ImproperlyConfigured("STRIPE_WEBHOOK_SECRET is not the signing secret of an endpoint (whsec_…).")
    if not 35 <= minutes <= 1435:
        raise ImproperlyConfigured(
            "CHECKOUT_MINUTES must lie between 35 and 1435: Stripe's pages last 30 minutes to a day."
        )
    if not 2 <= len(descriptor) <= 22 or set(descriptor) & set("<>\\'\"*") or descriptor.isdigit():
        raise ImproperlyConfigured(
            "STATEMENT_DESCRIPTOR must have 2 to 22 characters, a letter among them, and none of < > \\ ' \" *."
        )


def refuse_unknown_returns(secrets: dict[str, str], *, bounce_address: str, bounce_mailbox: str) -> None:
    """Who may tell us of returns has a name that we know and a secret that cannot be guessed."""
    unknown = sorted(secrets.keys() - RETURNS_FROM)
    if unknown:
        raise ImproperlyConfigured(
            f"MAIL_RETURNS names {', '.join(unknown)}; known: {', '.join(sorted(RETURNS_FROM))}."
        )
    if any(len(secret) < 16 for secret in secrets.values()):
        raise ImproperlyConfigured("MAIL_RETURNS holds a secret of less than 16 characters.")
    if bounce_address and bounce_address.count("@") != 1:
        raise ImproperlyConfigured("BOUNCE_ADDRESS is no e-mail address.")
    if bounce_mailbox and not bounce_mailbox.startswith(("imaps://", "imap://")):
        raise ImproperlyConfigured("BOUNCE_MAILBOX must begin with imaps://.")


def refuse_broken_escrow(*, folder: str, certificates: list[str], keep: int, rehearsal_key: str) -> None:
    """An escrow that nobody could write, or nobody could open, is told at the start and not on the day it is needed.

    A certificate that has ended is none of that: its holder's key still opens, and the technique desk says it in time.
    """
    if not (folder or certificates or rehearsal_key):
        return
    if not (folder and certificates):
        raise ImproperlyConfigured("ESCROW_FOLDER and ESCROW_CERTIFICATES go together: where, and for whom.")
    if keep < 1:
        raise ImproperlyConfigured("ESCROW_KEEP must be 1 at least: so many nights are kept.")
    _refuse_folder("ESCROW_FOLDER", folder)
    # Looked at without the library, which would cost every process twenty megabytes; `manage.py check` looks closer.
    known = {path: _certificates("ESCROW_CERTIFICATES", path) for path in certificates}
    wrong = [path for path, found in known.items() if len(found) != 1 or RSA not in found[0]]
    if wrong:
        raise ImproperlyConfigured(
            f"ESCROW_CERTIFICATES: {', '.join(wrong)}: not one certificate of an RSA key, in PEM."
        )
    if rehearsal_key:
        own = _certificates("ESCROW_REHEARSAL_KEY", rehearsal_key)
        if own not in known.values() or b"PRIVATE KEY-----" not in Path(rehearsal_key).read_bytes():
            raise ImproperlyConfigured(
                "ESCROW_REHEARSAL_KEY must hold a private key and its certificate, which is one of ESCROW_CERTIFICATES."
            )


def _certificates(name: str, path: str) -> list[bytes]:
    """The certificates in a file of PEM, as DER."""
    try:
        found = re.findall(rb"-----BEGIN CERTIFICATE-----(.+?)-----END", Path(path).read_bytes(), re.DOTALL)
        return [base64.b64decode(one) for one in found]
    except (OSError, ValueError) as trouble:
        raise ImproperlyConfigured(f"{name}: {path} cannot be used: {trouble}") from trouble


def refuse_broken_hand_over(*, folder: str, secrets: str) -> None:
    """Folders that are named are there, and what is secret is so."""
    if folder:
        _refuse_folder("HAND_OVER_FOLDER", folder)
    if secrets:
        place = Path(secrets)
        if not place.is_dir():
            raise ImproperlyConfigured(f"SFTP_SECRETS: {secrets} is no folder.")
        loose = sorted(one.name for one in place.iterdir() if one.is_file() and one.stat().st_mode & 0o007)
        if loose:
            raise ImproperlyConfigured(f"SFTP_SECRETS: everybody on this machine may read {', '.join(loose)}.")


def _refuse_folder(name: str, folder: str) -> None:
    if not Path(folder).is_absolute() or not Path(folder).is_dir():
        raise ImproperlyConfigured(f"{name}: {folder} is no folder of this machine.")


def read_publisher(path: str) -> dict[str, Any]:
    """The publisher's identity as printed on pages and invoices, its numbers as machines write them; refuses a file with a mention
    missing or a number that is none: they are frozen on every invoice."""
    try:
        publisher = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as trouble:
        raise ImproperlyConfigured(f"PUBLISHER_FILE cannot be read: {trouble}") from trouble
    except tomllib.TOMLDecodeError as trouble:
        raise ImproperlyConfigured(f"PUBLISHER_FILE is not valid TOML: {trouble}") from trouble
    missing = [key for key in PUBLISHER_KEYS if not publisher.get(key)]
    if missing:
        raise ImproperlyConfigured(f"PUBLISHER_FILE lacks: {', '.join(missing)}.")
    for key, check in (("siren", check_siren), ("siret", check_siret), ("vat_number", check_french_vat)):
        try:
            publisher[key] = check(str(publisher[key]))
        except TaxIdRefused as trouble:
            raise ImproperlyConfigured(f"PUBLISHER_FILE: {key} is not right, look for a slip.") from trouble
    if not publisher["siret"].startswith(publisher["siren"]):
        raise ImproperlyConfigured("PUBLISHER_FILE: siret is not that of the siren.")
    return publisher
