"""The mailbox as a mail provider: it tells the shop what became of a letter, signed as the shop wants it (docs/returns.md)."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.error import URLError

from deploy.local.letters import Letter

DETAILS = {
    "hard": "550 5.1.1 No such mailbox",
    "soft": "452 4.2.2 Mailbox full",
    "delivered": "250 2.0.0 OK",
    "complaint": "marked as spam by its reader",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """Where the shop hears of returns, and the secret that it knows us by."""

    url: str
    secret: str

    def tell(self, letter: Letter, kind: str) -> bool:
        """Tell the shop that a letter was delivered, came back (`hard`, `soft`) or was called spam; whether it heard."""
        message_id = next((value for name, value in letter.headers if name.lower() == "message-id"), "")
        now = datetime.now(UTC)
        body = json.dumps(
            {
                "id": f"{letter.identity}-{kind}",
                "type": kind,
                "message_id": message_id,
                "at": now.isoformat(),
                "detail": DETAILS.get(kind, ""),
            }
        ).encode()
        seconds = int(now.timestamp())
        made = hmac.new(self.secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "Boutique-Signature": f"t={seconds},v1={made}"}
        asked = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310  # the shop's own address
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (URLError, TimeoutError):
            return False


def provider_of(environment: Mapping[str, str]) -> Provider | None:
    """The provider that the environment makes of this mailbox; None where the shop was not told of one."""
    secrets = dict(part.split("=", 1) for part in environment.get("MAIL_RETURNS", "").split(",") if "=" in part)
    site = environment.get("SITE_URL", "")
    return Provider(f"{site}/courrier/retours/generic", secrets["generic"]) if site and "generic" in secrets else None
