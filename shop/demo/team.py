"""The demo's staff, one for each role, and how they sign in.

Password and second factor follow from the installation's own secret key: the same at every look, and no two demos alike.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.crypto import salted_hmac

from shop.backoffice import second_factor
from shop.backoffice.roles import Role, ensure_roles

NAMES = {
    Role.FINANCE: ("Inès", "Carpentier"),
    Role.FULFILMENT: ("Loïc", "Hamon"),
    Role.SUPPORT: ("Nadia", "Perrin"),
    Role.ADMINISTRATOR: ("Gilles", "Aubry"),
}
SHOWN_CODES = 3


def email_of(role: Role) -> str:
    """What a member of staff signs in with."""
    return f"{role.value}@actuia.example"


def hire(*, at: datetime) -> Mapping[str, Any]:
    """Make the staff, each with a device already set up; returns them by role. Safe to repeat."""
    ensure_roles()
    people: Any = get_user_model().objects
    team = {}
    for role, (first_name, last_name) in NAMES.items():
        person = people.filter(email=email_of(role)).first()
        if person is None:
            person = people.create_user(
                email_of(role),
                _password(role),
                first_name=first_name,
                last_name=last_name,
                is_staff=True,
                created_at=at,
            )
        person.groups.add(Group.objects.get(name=role.value))
        if second_factor.device_of(person) is None:
            second_factor.set_up(person, _secret(role), code_now(role, at=at), at=at)
        team[role.value] = person
    return team


def codes(*, at: datetime) -> list[str]:
    """Lines for the terminal: the code that each device shows at an instant, good for half a minute, once."""
    return [f"  {email_of(role)}  {code_now(role, at=at)}" for role in NAMES]


def code_now(role: Role, *, at: datetime) -> str:
    """The code that the device of a role shows at an instant."""
    counter = int(at.timestamp()) // second_factor.PERIOD
    return str(format_hotp_value(hotp_value(_secret(role), counter)))


def logins() -> list[str]:
    """Lines for the terminal: who signs in, with what."""
    people: Any = get_user_model().objects
    lines = [f"Staff, at {reverse('desk_home')} (a password, then a code of the device or a recovery code):"]
    for role in NAMES:
        person = people.filter(email=email_of(role)).first()
        if person is None:
            continue
        spare = " ".join(second_factor.recovery_codes(person)[:SHOWN_CODES])
        lines += [
            f"  {email_of(role)}  password {_password(role)}",
            f"      device key {_secret(role)}",
            f"      recovery codes, each good once: {spare or 'all used'}",
        ]
    lines.append('  The code a device would show now: make shell ARGS="load_demo --codes"')
    return lines


def _password(role: Role) -> str:
    return f"{role.value}-{_derived(role, 'password').hex()[:10]}"


def _secret(role: Role) -> str:
    return b32encode(_derived(role, "device")).decode()


def _derived(role: Role, what: str) -> bytes:
    return salted_hmac(f"shop.demo.team.{what}", role.value, algorithm="sha256").digest()[:20]
