"""A second, empty, migrated database on the server of the tests; a folder and holders for an escrow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.db import connection
from psycopg import sql

from deploy.local.postgres import OWNER
from tests import servers, template
from tests.certificates import pair

NOTARY, HOUSE = "Maître Hélène Dubreuil, notaire", "Routage de l’Ouest"


@contextmanager
def empty_copy() -> Iterator[None]:
    """Inside, the shop of this process lives in another database: real, migrated, empty. Needs real transactions."""
    name = f"{servers.database_name()}_copy"
    with psycopg.connect(os.environ[servers.SUPERUSER_HERE], autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(template.NAME), sql.Identifier(OWNER)
            )
        )
        before = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = name
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def configure(settings, home: Path, *, rehearsal: bool = True) -> Path:
    """An escrow in `home` for a notary and a mailing house, and for the rehearsals of the shop itself; its folder."""
    folder = home / "sequestre"
    folder.mkdir()
    names = [NOTARY, HOUSE]
    certificates = []
    for number, who in enumerate(names):
        (home / f"{number}.pem").write_bytes(pair(who)[1])
        certificates.append(str(home / f"{number}.pem"))
    if rehearsal:
        key, certificate = pair("Répétition")
        (home / "rehearsal.pem").write_bytes(key + certificate)
        certificates.append(str(home / "rehearsal.pem"))
        settings.ESCROW_REHEARSAL_KEY = str(home / "rehearsal.pem")
    settings.ESCROW_FOLDER, settings.ESCROW_CERTIFICATES = str(folder), certificates
    return folder
