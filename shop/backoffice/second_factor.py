"""The second factor of the staff: a code of the day's device, or one of ten recovery codes.

The secrets are allauth's own (`allauth.mfa`); two rules are ours. A code is good once: the last counter used is written
down under a lock, because one kept for thirty seconds only would let a code be replayed for the rest of its tolerance.
And a session of the desks names the device that opened it: taking the device away ends the session.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.utils.crypto import constant_time_compare

PERIOD = 30
TOLERANCE = 1  # a device half a minute off still opens
LAST_COUNTER = "last_counter"


def device_of(user: Any) -> Authenticator | None:
    """The device of a member of staff, if they have set one up."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()


def new_secret() -> str:
    """A secret to be put into a device, in base 32."""
    return generate_totp_secret()


def device_url(user: Any, secret: str) -> str:
    """The otpauth address that a device reads from a QR code."""
    url: str = get_adapter().build_totp_url(user, secret)
    return url


def matching_counter(secret: str, code: str, *, at: datetime) -> int | None:
    """The counter whose code this is, within the tolerance around `at`; None if it is none."""
    digits = "".join(code.split())
    now = int(at.timestamp()) // PERIOD
    for counter in range(now - TOLERANCE, now + TOLERANCE + 1):
        if constant_time_compare(format_hotp_value(hotp_value(secret, counter)), digits):
            return counter
    return None


@transaction.atomic
def set_up(user: Any, secret: str, code: str, *, at: datetime) -> Authenticator | None:
    """Give somebody their device, proved by a code of it; None if the code is wrong or they already have one."""
    type(user).objects.select_for_update(no_key=True).get(pk=user.pk)
    counter = matching_counter(secret, code, at=at)
    if counter is None or device_of(user) is not None:
        return None
    device: Authenticator = TOTP.activate(user, secret).instance
    device.data[LAST_COUNTER] = counter
    device.created_at = device.last_used_at = at
    device.save()
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)
    return device


@transaction.atomic
def open_with(user: Any, code: str, *, at: datetime) -> Authenticator | None:
    """The device that this code opens with, or its recovery codes; None if the code is wrong or was used."""
    devices = {
        row.type: row for row in Authenticator.objects.select_for_update(no_key=True).filter(user=user).order_by("pk")
    }
    device = devices.get(Authenticator.Type.TOTP)
    if device is None:
        return None
    counter = matching_counter(decrypt(device.data["secret"]), code, at=at)
    if counter is not None:
        if counter <= device.data.get(LAST_COUNTER, -1):
            return None
        device.data[LAST_COUNTER] = counter
        device.last_used_at = at
        device.save(update_fields=["data", "last_used_at"])
        return device
    spare = devices.get(Authenticator.Type.RECOVERY_CODES)
    if spare is not None and RecoveryCodes(spare).validate_code("".join(code.split())):
        Authenticator.objects.filter(pk=spare.pk).update(last_used_at=at)
        return device
    return None


def recovery_codes(user: Any) -> list[str]:
    """The recovery codes that are still good."""
    spare = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return RecoveryCodes(spare).get_unused_codes() if spare else []


def forget(user: Any) -> int:
    """Take away device and recovery codes, which ends the sessions they opened; returns how many rows went."""
    return int(Authenticator.objects.filter(user=user).delete()[0])
