"""What the demo's processes are told by environment, and what stays as the person set it.

A variable that the person set points the demo at a real service, and the local one is then not started: `DATABASE_URL`
(with `DATABASE_OWNER_URL`), `REDIS_URL`, `STRIPE_SECRET_KEY` or `STRIPE_API_BASE`, `EMAIL_URL`. Ports: `PORT`, `STRIPE_PORT`,
`MAILBOX_PORT`, `SMTP_PORT`. `DEMO_READERS` says how many made-up readers the first start loads.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from deploy.local.holders import hold
from deploy.local.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent.parent
# Two demos side by side need two homes (and other ports).
HOME = Path(os.environ.get("BOUTIQUE_HOME") or ROOT / ".boutique")
SAVED = "environment.json"
# Anything else in the person's shell that would change how Python or the servers behave stays outside.
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class Plan:
    """What this start uses of its own, and where. A port is 0 where the thing behind it is not ours."""

    port: int
    stripe_port: int
    mailbox_port: int
    smtp_port: int
    own_database: bool
    own_redis: bool
    site_url: str
    home: Path

    @property
    def ports(self) -> dict[int, str]:
        """Every port to be bound, with the variable that moves it."""
        wanted = {
            self.port: "PORT",
            self.stripe_port: "STRIPE_PORT",
            self.mailbox_port: "MAILBOX_PORT",
            self.smtp_port: "SMTP_PORT",
        }
        return {port: name for port, name in wanted.items() if port}

    @property
    def stripe_url(self) -> str:
        # Another host name than the shop's: cookies ignore ports.
        return f"http://localhost:{self.stripe_port}"

    @property
    def mailbox_url(self) -> str:
        return f"http://127.0.0.1:{self.mailbox_port}"


def plan(given: Mapping[str, str], home: Path = HOME) -> Plan:
    """Decide from the person's environment. Raises `Trouble` for what contradicts itself."""
    own_stripe = not (given.get("STRIPE_API_BASE") or given.get("STRIPE_SECRET_KEY"))
    own_mail = not given.get("EMAIL_URL")
    if bool(given.get("DATABASE_URL")) != bool(given.get("DATABASE_OWNER_URL")):
        raise Trouble(
            "DATABASE_URL and DATABASE_OWNER_URL go together: set both, or neither for the demo's own PostgreSQL."
        )
    port = _port(given, "PORT", 8000)
    return Plan(
        port=port,
        stripe_port=_port(given, "STRIPE_PORT", 8010) if own_stripe else 0,
        mailbox_port=_port(given, "MAILBOX_PORT", 8025) if own_mail else 0,
        smtp_port=_port(given, "SMTP_PORT", 8026) if own_mail else 0,
        own_database=not given.get("DATABASE_URL"),
        own_redis=not given.get("REDIS_URL"),
        site_url=given.get("SITE_URL") or f"http://127.0.0.1:{port}",
        home=home,
    )


def compose(given: Mapping[str, str], plan_: Plan, *, database: tuple[str, str], redis: str) -> dict[str, str]:
    """The environment of every process of the shop; `database` is (application's URL, owner's URL)."""
    application, owner = database
    secret = _remembered(plan_.home, "secrets.json")
    here = {
        "DEMO": "1",
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "SECRET_KEY": secret["django"],
        "SITE_URL": plan_.site_url,
        "DATABASE_URL": application,
        "DATABASE_OWNER_URL": owner,
        "REDIS_URL": redis,
        "PUBLISHER_FILE": str(ROOT / "deploy" / "publisher.toml"),
        "DEFAULT_FROM_EMAIL": "Boutique ActuIA <abonnements@actuia.example>",
        # Made up, with the right check digits: the statements of the demo's bank are of this account.
        "BANK_IBAN": "FR7630006000011234567890189",
        "BANK_BIC": "AGRIFRPP",
        "STATIC_ROOT": str(plan_.home / "static"),
        "STRIPE_WEBHOOK_SECRET": secret["webhook"],
        "BIND": f"127.0.0.1:{plan_.port}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
        "MALLOC_ARENA_MAX": "1",  # threads share one heap: less memory, and the interpreter lets one run at a time anyway
        "MALLOC_TRIM_THRESHOLD_": "131072",  # fixed: else the first big letter makes the heap keep what it frees
    }
    if not given.get("ESCROW_FOLDER"):
        here |= hold(plan_.home)
    if plan_.smtp_port:
        here["EMAIL_URL"] = f"smtp://127.0.0.1:{plan_.smtp_port}"
        # The mailbox plays a provider too: a letter can be made to come back. Made of what older demos remember already.
        here["MAIL_RETURNS"] = f"generic={sha256(secret['webhook'].encode()).hexdigest()}"
    if plan_.stripe_port:
        here |= {
            "STRIPE_API_BASE": plan_.stripe_url,
            "STRIPE_CHECKOUT_ORIGIN": plan_.stripe_url,
            "STRIPE_SECRET_KEY": secret["stripe"],
        }
    kept = {name: value for name, value in given.items() if name in PASSED_ON}
    wanted = {name: value for name, value in given.items() if name in here or name in OWN_CHOICE}
    # DEMO and the like are ours; what the person set to point at a real service wins.
    return kept | here | {name: value for name, value in wanted.items() if name not in NOT_TO_CHOOSE and value}


OWN_CHOICE = (
    "EMAIL_URL",
    "MAIL_RETURNS",
    "BOUNCE_ADDRESS",
    "BOUNCE_MAILBOX",
    "STRIPE_API_BASE",
    "STRIPE_CHECKOUT_ORIGIN",
    "STRIPE_SECRET_KEY",
    "HEARTBEAT_URL",
    "SENTRY_DSN",
    "CHECKOUT_MINUTES",
    "ESCROW_FOLDER",
    "ESCROW_CERTIFICATES",
    "ESCROW_KEEP",
    "ESCROW_REHEARSAL_KEY",
    "HAND_OVER_FOLDER",
    "SFTP_SECRETS",
)
NOT_TO_CHOOSE = ("DEMO", "DJANGO_SETTINGS_MODULE", "PYTHONPATH", "PYTHONUNBUFFERED", "STATIC_ROOT")


def of_stand_in(given: Mapping[str, str], plan_: Plan) -> dict[str, str]:
    """The environment of the stand-in for Stripe; any STANDIN_* the person set wins."""
    secret = _remembered(plan_.home, "secrets.json")
    kept = {name: value for name, value in given.items() if name in PASSED_ON or name.startswith("STANDIN_")}
    return {
        "STANDIN_KEY": secret["stripe"],
        "STANDIN_WEBHOOK_URL": f"{plan_.site_url}/webhooks/stripe/",
        "STANDIN_WEBHOOK_SECRET": given.get("STRIPE_WEBHOOK_SECRET") or secret["webhook"],
        "STANDIN_STORE": str(plan_.home / "stripe"),
        "STANDIN_PUBLIC_URL": plan_.stripe_url,
        "STANDIN_PAYOUTS": "daily",
        "STANDIN_SEPA_SECONDS": "60",  # the bank's five days, to look at within a coffee
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
    } | kept


def save(environment: Mapping[str, str], home: Path) -> None:
    """Let `make shell` and the benches find the running demo; the file holds secrets, so it is closed to others."""
    _write_closed(home / SAVED, environment)


def saved(home: Path = HOME) -> dict[str, str]:
    """The environment of the demo that ran last. Raises `Trouble` if none ever did."""
    try:
        found: dict[str, str] = json.loads((home / SAVED).read_text())
    except FileNotFoundError:
        raise Trouble("The demo was never started here: make demo.") from None
    return found


def _remembered(home: Path, name: str) -> dict[str, str]:
    place = home / name
    if not place.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_closed(
            place,
            {
                "django": secrets.token_urlsafe(50),
                "stripe": f"sk_test_{secrets.token_hex(12)}",
                "webhook": f"whsec_{secrets.token_hex(16)}",
            },
        )
    known: dict[str, str] = json.loads(place.read_text())
    return known


def _write_closed(place: Path, content: Mapping[str, str]) -> None:
    making = place.with_suffix(".new")
    with open(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(dict(content), out, indent=1)
    making.rename(place)


def _port(given: Mapping[str, str], name: str, usual: int) -> int:
    value = given.get(name) or str(usual)
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise Trouble(f"{name} must be a port number, not {value!r}.")
    return int(value)
