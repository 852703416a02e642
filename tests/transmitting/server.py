"""An SFTP server of our own, on this machine: real SSH, one user, one folder; it can be made to misbehave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "boutique", "mot-de-passe-du-routeur"


class House:
    """A running server, and what it was asked."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.client = asyncssh.generate_private_key("ssh-ed25519")
        self.port = 0
        #: "" or what it does wrong: `full`, `spoil`, `drop after rename`, `drop while writing`; or `pick up`: it takes at
        #: once what got its name, and both `pick up and drop`; `gone`: nobody gets in.
        self.mood = ""
        self.written: list[str] = []
        self.taken: list[str] = []

    @property
    def host_key(self) -> str:
        return self.key.export_public_key().decode().strip()


def _session(house: House) -> type[asyncssh.SFTPServer]:
    class Session(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=str(house.home).encode())
            self.channel_of = channel

        def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
            if pflags & asyncssh.FXF_WRITE:
                house.written.append(path.decode())
            return super().open(path, pflags, attrs)

        def write(self, file_obj: Any, offset: int, data: bytes) -> int:
            if house.mood == "full":
                raise OSError(28, "No space left on device")
            if house.mood == "drop while writing":
                self.channel_of.get_connection().abort()
            if house.mood == "spoil":
                data = data[:-1] + b"#"
            return int(super().write(file_obj, offset, data))

        def rename(self, oldpath: bytes, newpath: bytes) -> None:
            super().rename(oldpath, newpath)
            if house.mood.startswith("pick up"):
                name = newpath.decode().lstrip("/")
                house.taken.append(name)
                (house.home / name).unlink()
            if house.mood in ("drop after rename", "pick up and drop") and newpath.endswith((b".csv", b".p7m")):
                self.channel_of.get_connection().abort()

    return Session


@contextmanager
def serving(home: Path) -> Iterator[House]:
    """The server, in a thread of its own."""
    house, loop = House(home), asyncio.new_event_loop()
    keys = asyncssh.import_authorized_keys(house.client.export_public_key().decode())

    class Door(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self.conn = conn
            if house.mood == "gone":
                conn.abort()

        def begin_auth(self, username: str) -> bool:
            self.conn.set_authorized_keys(keys)
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (USER, PASSWORD)

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Door, server_host_keys=[house.key], sftp_factory=_session(house)
        )

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    acceptor = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    house.port = acceptor.get_port()

    async def stop() -> None:
        acceptor.close()
        await acceptor.wait_closed()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    try:
        yield house
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
