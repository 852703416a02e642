"""A real SMTP server on the loopback that keeps what it takes and answers as it is told."""

from __future__ import annotations

import asyncio
import email
import threading
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.smtp import SMTP


class Server:
    """`answers` maps a command (MAIL, RCPT, DATA) to what is answered instead of 250; "drop" hangs up.

    `hang_up_after`: how many letters one connection may bring, as some servers have it.
    """

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.taken: list[bytes] = []
        self.connections = 0
        self.refused = ""
        self.hang_up_after: int | None = None

    def __enter__(self) -> Self:
        # Its own thread from the first step on: a browser of another test may have a loop running in this one.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._listening = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)
        self.port = self._listening.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *trouble: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @property
    def letters(self) -> list[EmailMessage]:
        """What was taken, parsed."""
        return [email.message_from_bytes(body, policy=default) for body in self.taken]

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        envelope.mail_from = address
        return self._answer(server, "MAIL") or "250 ok"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        refused = self._answer(server, "RCPT") or (address == self.refused and "550 no such mailbox")
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        refused = self._answer(server, "DATA")
        if refused:
            return refused
        self.taken.append(envelope.content)
        return "250 taken"

    async def handle_NOOP(self, server: SMTP, session: Any, envelope: Any, argument: str) -> str:
        if self.hang_up_after == len(self.taken):
            server.transport.abort()
        return "250 ok"

    def _answer(self, server: SMTP, command: str) -> str:
        answer = self.answers.get(command, "")
        if answer == "drop":
            server.transport.abort()
        return answer

    def _greet(self) -> SMTP:
        self.connections += 1
        return SMTP(self, hostname="localhost", loop=self._loop, enable_SMTPUTF8=True)

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(self._greet, "127.0.0.1", 0)

    async def _close(self) -> None:
        self._listening.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
