"""A mail server that can be made to hold its breath while a letter is being handed over."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from aiosmtpd.smtp import SMTP

from tests.letters.server import Server


class SlowServer(Server):
    """While `slow`, a letter that came in whole is neither taken nor refused."""

    def __init__(self) -> None:
        super().__init__()
        self.slow = False
        self.holding = threading.Event()

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        while self.slow:
            self.holding.set()
            await asyncio.sleep(0.02)
        return await super().handle_DATA(server, session, envelope)
