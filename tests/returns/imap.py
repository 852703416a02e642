"""A small IMAP server on this machine: one mailbox, the handful of commands that reading it takes (RFC 3501)."""

from __future__ import annotations

import re
import socketserver
import threading
from types import TracebackType
from typing import Self


class Mailbox:
    """What lies in it: messages by number, with their flags. `dies_after`: hangs up after so many commands."""

    def __init__(self, *messages: bytes, password: str = "word", dies_after: int = 0) -> None:
        self.messages = dict(enumerate(messages, start=1))
        self.flags: dict[int, set[str]] = {number: set() for number in self.messages}
        self.password, self.dies_after, self.commands = password, dies_after, 0
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        box = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"* OK ready\r\n")
                while line := self.rfile.readline().strip():
                    box.commands += 1
                    if box.dies_after and box.commands > box.dies_after:
                        return
                    tag, _space, said = line.decode().partition(" ")
                    self.wfile.write(box.answer(said) + f"{tag} {box.last}\r\n".encode())

        return Handler

    def answer(self, said: str) -> bytes:
        """The untagged lines of an answer; `last` is how it ends."""
        self.last = "OK done"
        match said.split(" ", 1)[0].upper():
            case "CAPABILITY":
                return b"* CAPABILITY IMAP4rev1\r\n"
            case "LOGIN":
                if f'"{self.password}"' not in said:
                    self.last = "NO wrong"
                return b""
            case "SELECT":
                return f"* {len(self.messages)} EXISTS\r\n".encode()
            case "UID":
                return self._uid(said.split(" ", 1)[1])
            case "EXPUNGE":
                for number in [number for number, flags in self.flags.items() if r"\Deleted" in flags]:
                    del self.messages[number], self.flags[number]
                return b""
            case "LOGOUT":
                return b"* BYE\r\n"
        return b""

    def _uid(self, said: str) -> bytes:
        if said.startswith("SEARCH"):
            unseen = [str(number) for number, flags in self.flags.items() if r"\Seen" not in flags]
            return f"* SEARCH {' '.join(unseen)}\r\n".encode()
        number = int(re.findall(r"\d+", said)[0])
        if said.startswith("FETCH"):
            body = self.messages[number]
            return f"* {number} FETCH (UID {number} BODY[] {{{len(body)}}}\r\n".encode() + body + b")\r\n"
        self.flags[number] |= set(re.findall(r"\\\w+", said))
        return b""
