"""Letters that arrived at the demo's mailbox: one .eml file each, read back into what a page shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime
from pathlib import Path

IDENTITY = re.compile(r"\d{8}T\d{6}\.\d{6}-\d{4}")


@dataclass(frozen=True)
class Piece:
    """An attachment, or a picture inside the letter (`content_id` is then what its HTML calls it by)."""

    name: str
    kind: str
    body: bytes
    content_id: str


@dataclass(frozen=True)
class Letter:
    """One letter as it came. `sent` is the letter's own date; None if it has none that can be read."""

    identity: str
    sender: str
    recipients: str
    subject: str
    sent: datetime | None
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]
    pieces: tuple[Piece, ...]

    @property
    def attachments(self) -> tuple[Piece, ...]:
        """What is offered for download: everything the HTML does not show by itself."""
        return tuple(
            piece for piece in self.pieces if not (piece.content_id and f"cid:{piece.content_id}" in self.html)
        )


class Letterbox:
    """A folder of letters. Safe for one writer and any number of readers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.taken = 0

    def drop(self, raw: bytes, *, sender: str, recipients: list[str], on: datetime) -> str:
        """Store one letter as it came, with its envelope in front, and return its identity; `on` orders the list."""
        self.taken = (self.taken + 1) % 10_000
        identity = f"{on:%Y%m%dT%H%M%S.%f}-{self.taken:04d}"
        envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n".encode("utf-8", "replace")
        arriving = self.folder / f"{identity}.arriving"
        arriving.write_bytes(envelope + raw)
        arriving.rename(self.folder / f"{identity}.eml")
        return identity

    def identities(self) -> list[str]:
        """Of every letter, newest first."""
        return sorted((path.name.removesuffix(".eml") for path in self.folder.glob("*.eml")), reverse=True)

    def letters(self, limit: int = 200) -> Iterator[Letter]:
        """Newest first, `limit` at most."""
        for identity in self.identities()[:limit]:
            if letter := self.read(identity):
                yield letter

    def raw(self, identity: str) -> bytes | None:
        """The file itself; None if there is no such letter."""
        if not IDENTITY.fullmatch(identity):
            return None
        try:
            return (self.folder / f"{identity}.eml").read_bytes()
        except FileNotFoundError:
            return None

    def read(self, identity: str) -> Letter | None:
        """The letter of that identity; None if there is none."""
        raw = self.raw(identity)
        if raw is None:
            return None
        message = message_from_bytes(raw, policy=policy.default)
        return Letter(
            identity=identity,
            sender=str(message["From"] or message["X-Envelope-From"] or ""),
            recipients=str(message["X-Envelope-To"] or message["To"] or ""),
            subject=str(message["Subject"] or "").strip(),  # a long one begins on the line after its name
            sent=_date(message),
            text=_body(message, "plain"),
            html=_body(message, "html"),
            headers=tuple((name, str(value)) for name, value in message.items()),
            pieces=tuple(_pieces(message)),
        )


def _date(message: EmailMessage) -> datetime | None:
    try:
        return parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError):
        return None


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return _text(part) if part is not None else ""


def _text(part: MIMEPart) -> str:
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, UnicodeDecodeError):  # a character set that nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _pieces(message: EmailMessage) -> Iterator[Piece]:
    bodies = {id(message.get_body(("plain",))), id(message.get_body(("html",)))}
    for number, part in enumerate(message.walk()):
        if part.is_multipart() or id(part) in bodies:
            continue
        payload = part.get_payload(decode=True)
        yield Piece(
            name=part.get_filename() or f"piece-{number}",
            kind=part.get_content_type(),
            body=payload if isinstance(payload, bytes) else b"",
            content_id=str(part["Content-ID"] or "").strip("<> "),
        )
