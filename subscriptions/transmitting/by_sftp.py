"""SFTP: the server must show the key that is pinned; the secret comes from a file that the settings name, never from a row.

One connection for one transmission, in an event loop of its own: nothing else of the shop is asynchronous. What the library knows
of its user's own configuration and agent is left aside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncssh
from django.conf import settings

from subscriptions.models import TransmissionWay
from subscriptions.transmitting.outcomes import Fault

T = TypeVar("T")
#: Seconds for reaching the server, and for each thing asked of it.
CONNECT, ANSWER = 20, 100
# It tells of users, addresses and paths, which are nobody's business in a log.
asyncssh.set_log_level("WARNING")


class Sftp:
    """A directory of a server that is reached."""

    def __init__(self, run: Callable[[Awaitable[Any]], Any], client: asyncssh.SFTPClient, directory: str) -> None:
        self._run, self._client, self._directory = run, client, directory

    def read(self, name: str) -> bytes | None:
        async def ask() -> bytes | None:
            try:
                async with self._client.open(self._at(name), "rb") as file:
                    found: Any = await file.read()
                    return bytes(found)
            except asyncssh.SFTPNoSuchFile:
                return None

        there: bytes | None = self._run(ask())
        return there

    def write(self, name: str, content: bytes) -> None:
        async def ask() -> None:
            async with self._client.open(self._at(name), "wb") as file:
                await file.write(content)

        self._run(ask())

    def rename(self, name: str, to: str) -> None:
        self._run(self._client.rename(self._at(name), self._at(to)))

    def _at(self, name: str) -> str:
        return f"{self._directory.rstrip('/')}/{name}" if self._directory else name


@contextmanager
def reach(way: TransmissionWay) -> Iterator[Sftp]:
    """The directory of a way on its server. Raises Fault."""
    who = _secret(way)
    with asyncio.Runner() as runner:

        def run(asked: Awaitable[T]) -> T:
            return runner.run(_told(asked))

        connection = runner.run(_connected(way, who))
        try:
            yield Sftp(run, run(connection.start_sftp_client()), way.directory)
        finally:
            connection.abort()
            runner.run(connection.wait_closed())


async def _connected(way: TransmissionWay, who: dict[str, Any]) -> asyncssh.SSHClientConnection:
    pinned = asyncssh.import_public_key(way.host_key)
    try:
        return await asyncssh.connect(
            way.host,
            way.port,
            username=way.username,
            known_hosts=([pinned], [], []),
            config=None,
            agent_path=None,
            x509_trusted_certs=None,
            connect_timeout=CONNECT,
            login_timeout=CONNECT,
            **who,
        )
    except asyncssh.HostKeyNotVerifiable as trouble:
        raise Fault("host key") from trouble
    except asyncssh.PermissionDenied as trouble:
        raise Fault("refused") from trouble
    except (OSError, asyncssh.Error, TimeoutError) as trouble:
        raise Fault("unreachable") from trouble


async def _told(asked: Awaitable[T]) -> T:
    """What the server answers, within its time; its refusals as ours."""
    try:
        return await asyncio.wait_for(asked, ANSWER)
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPPermissionDenied) as trouble:
        raise Fault("folder") from trouble
    except (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded) as trouble:
        raise Fault("full") from trouble
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection) as trouble:
        raise Fault("broken off") from trouble
    except asyncssh.SFTPError as trouble:
        raise Fault("server") from trouble
    except (OSError, asyncssh.Error, TimeoutError) as trouble:
        raise Fault("broken off") from trouble


def _secret(way: TransmissionWay) -> dict[str, Any]:
    """The key, else the password, that a way names. Raises Fault."""
    home = Path(settings.SFTP_SECRETS or "/nonexistent")
    key, password = home / f"{way.secret}.key", home / f"{way.secret}.password"
    try:
        if key.is_file():
            return {"client_keys": [asyncssh.import_private_key(key.read_bytes())], "password": None}
        return {"client_keys": None, "password": password.read_text(encoding="utf-8").rstrip("\n")}
    except (OSError, ValueError) as trouble:
        raise Fault("secret") from trouble
