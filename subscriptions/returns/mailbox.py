"""The mailbox of returns, read by IMAP: each notification is stored, then taken away; the rest is left to people.

A message is stored before it is marked: a reader that dies between the two stores it again, which changes nothing. What
is no notification stays where it is, seen.
"""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

import structlog

from subscriptions.returns.news import News
from subscriptions.returns.notifications import read
from subscriptions.returns.receiving import count, store

log = structlog.get_logger(__name__)
PROVIDER = "mailbox"
#: Seconds; a server that hangs holds one job and nothing else.
TIMEOUT = 30
#: So many at once.
BATCH = 200


class CannotRead(RuntimeError):
    """The mailbox does not open, or does not answer."""


@dataclass(slots=True)
class Fetched:
    """What one round read: messages, notifications among them, and those that were new."""

    messages: int = 0
    notifications: int = 0
    new: int = 0


def fetch(url: str, *, at: datetime) -> Fetched:
    """Read what has come into the mailbox at `url` (imaps://user:password@host/FOLDER). Slow, network. Raises CannotRead."""
    done = Fetched()
    try:
        with _opened(url) as server:
            _answer, found = server.uid("SEARCH", "UNSEEN")
            for number in found[0].split()[:BATCH] if found and found[0] else ():
                _one(server, number.decode(), done, at=at)
    except (OSError, imaplib.IMAP4.error) as trouble:  # its words may hold the password
        raise CannotRead(type(trouble).__name__) from None
    return done


def _one(server: imaplib.IMAP4, number: str, done: Fetched, *, at: datetime) -> None:
    _answer, parts = server.uid("FETCH", number, "(BODY.PEEK[])")
    raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
    if raw is None:
        return
    done.messages += 1
    news = _read(raw, at=at)
    if news is not None:
        done.notifications += 1
        done.new += store(PROVIDER, [news], raw, media_type="message/rfc822", at=at)
    else:
        count(PROVIDER, "unreadable", at=at)
    flags = r"(\Seen \Deleted)" if news is not None else r"(\Seen)"
    server.uid("STORE", number, "+FLAGS", flags)


def _read(raw: bytes, *, at: datetime) -> News | None:
    """Anybody may write to this mailbox, whatever they like: one message that breaks its reader must not keep the others."""
    try:
        return read(raw, at=at)
    except Exception as trouble:  # parts within parts without end, a character set that is none
        log.warning("return unreadable", trouble=type(trouble).__name__)
        return None


@contextmanager
def _opened(url: str) -> Iterator[imaplib.IMAP4]:
    place = urlsplit(url)
    host, safe = place.hostname or "", place.scheme == "imaps"
    kind = imaplib.IMAP4_SSL if safe else imaplib.IMAP4
    server = kind(host, place.port or (993 if safe else 143), timeout=TIMEOUT)
    try:
        server.login(unquote(place.username or ""), unquote(place.password or ""))
        answer, _said = server.select(unquote(place.path.strip("/")) or "INBOX")
        if answer != "OK":
            raise imaplib.IMAP4.error("no such folder")
        yield server
        server.expunge()
    finally:
        try:
            server.logout()
        except (OSError, imaplib.IMAP4.error):  # it has hung up: then the line is closed at this end
            server.shutdown()
