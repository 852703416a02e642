"""The demo's mailbox: takes every letter by SMTP and shows it. `python -m deploy.local.mailbox FOLDER SMTP_PORT WEB_PORT`.

Nothing leaves the machine. Each letter has buttons that make the shop hear, as from a mail provider, that it came back for
good or for now, was delivered, or was called spam (`MAIL_RETURNS` and `SITE_URL` in the environment). Letters are shown in a closed frame under a policy that allows no script and no outside
address, so that a letter which would fetch something shows a hole instead.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from aiosmtpd.controller import Controller

from deploy.local.letters import Letter, Letterbox
from deploy.local.mailbox_pages import framed, letter_page, list_page, missing_page, told_page
from deploy.local.mailbox_returns import Provider, provider_of

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

REFUSED, LATER = "refus.example", "plustard.example"
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'self'"
LETTER_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; base-uri 'self'; form-action 'none'; frame-ancestors 'self'"
)
LISTED = 200


class Post:
    """What aiosmtpd calls: refuses the two domains kept for trying refusals, stores the rest."""

    def __init__(self, box: Letterbox, clock: Callable[[], datetime]) -> None:
        self.box, self.clock = box, clock

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        domain = address.rpartition("@")[2].lower()
        if domain == REFUSED:
            return "550 5.1.1 No such mailbox"
        if domain == LATER:
            return "451 4.7.1 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        identity = self.box.drop(
            envelope.original_content, sender=envelope.mail_from, recipients=envelope.rcpt_tos, on=self.clock()
        )
        return f"250 2.0.0 OK queued as {identity}"


class Pages:
    """The WSGI application: `/`, `/lettres.json` (both with `?a=address`), `/lettre/ID[/html|/brut|/piece/N]`, and
    `/lettre/ID/retour/KIND` to be posted, which makes the shop hear what became of the letter.
    """

    def __init__(self, box: Letterbox, provider: Provider | None = None) -> None:
        self.box, self.provider = box, provider

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", "/")).strip("/").split("/")
        if environ.get("REQUEST_METHOD") == "POST":
            return self._tell(environ, start, path)
        wanted = parse_qs(str(environ.get("QUERY_STRING", ""))).get("a", [""])[0]
        match path:
            case [""]:
                letters, total = self._found(wanted)
                return _answer(start, list_page(letters, total=total, filter_=wanted))
            case ["lettres.json"]:
                letters, total = self._found(wanted)
                listing = {"total": total, "letters": [_facts(letter) for letter in letters]}
                return _answer(start, json.dumps(listing, ensure_ascii=False), kind="application/json")
            case ["lettre", identity, *rest] if letter := self.box.read(identity):
                return self._one(start, letter, rest)
            case _:
                return _answer(start, missing_page(), status="404 Not Found")

    def _tell(self, environ: WSGIEnvironment, start: StartResponse, path: list[str]) -> Iterable[bytes]:
        """Play a return. Another site's form may not: only pages of this mailbox name it as their origin."""
        own = f"http://{environ.get('HTTP_HOST', '')}"
        match path:
            case ["lettre", identity, "retour", kind] if (
                self.provider and environ.get("HTTP_ORIGIN", own) == own and (letter := self.box.read(identity))
            ):
                heard = self.provider.tell(letter, kind)
                return _answer(start, told_page(letter, kind, heard=heard))
            case _:
                return _answer(start, missing_page(), status="404 Not Found")

    def _one(self, start: StartResponse, letter: Letter, rest: list[str]) -> Iterable[bytes]:
        match rest:
            case []:
                return _answer(start, letter_page(letter, plays=self.provider is not None))
            case ["html"] if letter.html:
                return _answer(start, framed(letter), policy=LETTER_POLICY)
            case ["brut"]:
                raw = self.box.raw(letter.identity) or b""
                return _answer(start, raw, kind="message/rfc822", name=f"{letter.identity}.eml")
            case ["piece", number] if number.isdecimal() and int(number) < len(letter.pieces):
                piece = letter.pieces[int(number)]
                shown = bool(piece.content_id) and piece.kind.startswith("image/")
                return _answer(start, piece.body, kind=piece.kind, name="" if shown else piece.name)
            case _:
                return _answer(start, missing_page(), status="404 Not Found")

    def _found(self, wanted: str) -> tuple[list[Letter], int]:
        if not wanted:
            return list(self.box.letters(LISTED)), len(self.box.identities())
        found = [
            one for one in self.box.letters(len(self.box.identities())) if wanted.lower() in one.recipients.lower()
        ]
        return found[:LISTED], len(found)


def _facts(letter: Letter) -> dict[str, object]:
    here = f"/lettre/{letter.identity}"
    return {
        "id": letter.identity,
        "from": letter.sender,
        "to": letter.recipients,
        "subject": letter.subject,
        "sent": letter.sent.isoformat() if letter.sent else None,
        "text": letter.text,
        "html": letter.html,
        "headers": [list(pair) for pair in letter.headers],
        "attachments": [
            {
                "name": piece.name,
                "type": piece.kind,
                "size": len(piece.body),
                "href": f"{here}/piece/{letter.pieces.index(piece)}",
            }
            for piece in letter.attachments
        ],
        "href": here,
    }


def _answer(
    start: StartResponse,
    body: str | bytes,
    *,
    status: str = "200 OK",
    kind: str = "text/html",
    policy: str = PAGE_POLICY,
    name: str = "",
) -> Iterable[bytes]:
    content = body.encode() if isinstance(body, str) else body
    headers = [
        ("Content-Type", f"{kind}; charset=utf-8" if isinstance(body, str) else kind),
        ("Content-Length", str(len(content))),
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ]
    if name:
        headers.append(("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name, safe='')}"))
    start(status, headers)
    return [content]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    wbufsize = -1  # one write per answer: headers and body apart wait for each other for 40 ms
    timeout = 30

    def log_message(self, format: str, *args: object) -> None:
        return  # addresses looked for are personal data


def serve(folder: Path, *, smtp_port: int, web_port: int) -> None:
    """Take and show letters until SIGTERM or SIGINT."""
    box = Letterbox(folder)
    post = Controller(
        Post(box, lambda: datetime.now(UTC)), hostname="127.0.0.1", port=smtp_port, data_size_limit=25_000_000
    )
    post.start()
    pages = Pages(box, provider_of(os.environ))
    server = make_server("127.0.0.1", web_port, pages, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.shutdown()
    post.stop()


if __name__ == "__main__":
    # Blocked before any thread exists, so that they wait for the main thread.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    serve(Path(sys.argv[1]), smtp_port=int(sys.argv[2]), web_port=int(sys.argv[3]))
