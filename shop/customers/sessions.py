"""The places where a reader is signed in: seen by them, ended by them, and ended for them when the e-mail changes.

The rows are allauth's (`allauth.usersessions`); a session that has ended by itself is dropped when its list is read.
"""

from __future__ import annotations

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef


def open_sessions(customer: Any) -> list[UserSession]:
    """Where somebody is signed in now, the latest first."""
    return sorted(UserSession.objects.purge_and_list(customer), key=lambda one: one.created_at, reverse=True)


def end_sessions(customer: Any, *, but: str | None = None) -> int:
    """Sign somebody out everywhere, except in the session whose key is `but`; returns how many ended."""
    ended = 0
    for one in UserSession.objects.filter(user=customer).exclude(session_key=but or ""):
        one.end()
        ended += 1
    return ended


def end_session(customer: Any, pk: int) -> bool:
    """Sign somebody out in one place; False if it is none of theirs."""
    one = UserSession.objects.filter(user=customer, pk=pk).first()
    if one is None:
        return False
    one.end()
    return True


def forget_ended() -> int:
    """Drop what is known of sessions that are over (law.md 4.10); returns how many. One statement."""
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    return int(UserSession.objects.filter(~Exists(alive)).delete()[0])
