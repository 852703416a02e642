"""Tokens of sites that may ask what a subscriber is entitled to: shown once, kept as a hash, revoked by a person."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act
from subscriptions.models import ApiToken

PREFIX = "bqt"
#: What an unknown key is compared with, so that it takes as long as a known one.
NOBODY = hashlib.sha256(b"nobody").hexdigest()


class CannotRevoke(ValidationError):
    """It is revoked already; the message is a sentence for staff."""


@transaction.atomic
def make(name: str, *, actor: Actor, reason: str, at: datetime) -> tuple[ApiToken, str]:
    """A new token and its text, `bqt_<key>_<secret>`, which is written down nowhere: whoever loses it makes another."""
    key, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    text = f"{PREFIX}_{key}_{secret}"
    token = ApiToken.objects.create(
        key=key, sha256=_digest(text), name=name[:60], actor=str(actor), reason=reason[:200], created_at=at
    )
    record_act("made an access token", subject=f"token:{token.pk}", actor=actor, reason=reason, at=at)
    return token, text


@transaction.atomic
def revoke(token_id: int, *, actor: Actor, reason: str, at: datetime) -> ApiToken:
    """End a token; it opens nothing from this transaction on. Raises CannotRevoke."""
    token = ApiToken.objects.select_for_update(no_key=True).get(pk=token_id)
    if token.revoked_at is not None:
        raise CannotRevoke(_("This token is revoked already."), code="revoked")
    token.revoked_at, token.revoked_by, token.revoked_because = at, str(actor), reason[:200]
    token.save(update_fields=["revoked_at", "revoked_by", "revoked_because"])
    record_act("revoked an access token", subject=f"token:{token.pk}", actor=actor, reason=reason, at=at)
    return token


def known(text: str, *, on: date) -> ApiToken | None:
    """The living token of that text; None for any other. Writes down the day of its use, once a day.

    One query, and another on the first use of a day. The secret is compared in constant time, by its hash.
    """
    parts = text.split("_", 2)
    key = parts[1] if len(parts) == 3 and parts[0] == PREFIX and len(parts[1]) == 12 else ""
    token = ApiToken.objects.filter(key=key).first()
    same = constant_time_compare(_digest(text), token.sha256 if token else NOBODY)
    if token is None or not same or token.revoked_at is not None:
        return None
    if token.last_used_on is None or token.last_used_on < on:
        ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(last_used_on=on)
    return token


def _digest(text: str) -> str:
    """A secret of 256 random bits needs no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()
