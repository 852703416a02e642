"""What the stand-in is told from outside, all of it by environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class Settings:
    """Durations are seconds of the stand-in's clock.

    `fee_seconds`: how long a charge stays without its balance transaction (Stripe captures asynchronously).
    `sepa_seconds`: how long a SEPA debit stays in processing; None means five business days, as at the banks.
    `writes_per_second`: above it, 429; None means no limit. `events`: types sent to the webhook, empty means all.
    `payouts`: "daily" pays out on each banking day what is available, "manual" only on command.
    """

    key: str
    webhook_url: str = ""
    webhook_secret: str = ""
    events: tuple[str, ...] = ()
    store: str = ""
    public_url: str = ""
    fee_seconds: int = 2
    sepa_seconds: int | None = None
    writes_per_second: int | None = None
    payouts: str = "manual"

    def __post_init__(self) -> None:
        if not self.key.startswith("sk_test_"):
            raise SystemExit(
                "STANDIN_KEY must be a test key (sk_test_…): the stand-in for Stripe never runs with a live key."
            )
        if self.payouts not in ("daily", "manual"):
            raise SystemExit(f"STANDIN_PAYOUTS must be daily or manual, not {self.payouts!r}.")


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read STANDIN_*; raises SystemExit with one sentence when the key is missing or live or a number is none."""

    def number(name: str) -> int | None:
        value = environment.get(name, "").strip()
        if value and not value.isdigit():
            raise SystemExit(f"{name} must be a whole number, not {value!r}.")
        return int(value) if value else None

    given: dict[str, Any] = {
        "key": environment.get("STANDIN_KEY", ""),
        "webhook_url": environment.get("STANDIN_WEBHOOK_URL", ""),
        "webhook_secret": environment.get("STANDIN_WEBHOOK_SECRET", ""),
        "events": tuple(filter(None, environment.get("STANDIN_WEBHOOK_EVENTS", "").replace(",", " ").split())),
        "store": environment.get("STANDIN_STORE", ""),
        "public_url": environment.get("STANDIN_PUBLIC_URL", "").rstrip("/"),
        "payouts": environment.get("STANDIN_PAYOUTS", "").strip() or "manual",
        "sepa_seconds": number("STANDIN_SEPA_SECONDS"),
        "writes_per_second": number("STANDIN_WRITES_PER_SECOND"),
    }
    if (fee_seconds := number("STANDIN_FEE_SECONDS")) is not None:
        given["fee_seconds"] = fee_seconds
    return Settings(**given)
