"""Restore an escrow file: open it with a private key, fill an empty database, write the files of every run to be posted."""

from __future__ import annotations

from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from payments.actors import Actor
from payments.days import paris_day
from subscriptions.enveloping import CannotOpen
from subscriptions.escrow.opening import Untrue, open_archive, open_envelope
from subscriptions.escrow.restoring import NotEmpty, restore
from subscriptions.fulfilment.address_file import file_name, written
from subscriptions.fulfilment.control_sheet import control_sheet
from subscriptions.fulfilment.labels import MOST, SHEETS, labels


class Command(BaseCommand):
    help = (
        "Opens an escrow file with a private key and its certificate, restores it into an EMPTY migrated database, and writes "
        "address files, control sheets and labels. Nothing is restored unless every file comes out with the hash it had."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the envelope (.p7m), or the archive that was in it (.zip)")
        parser.add_argument("--key", type=Path, help="private key, PEM")
        parser.add_argument("--certificate", type=Path, help="its certificate, PEM; left out: in the file of the key")
        parser.add_argument("--password", action="store_true", help="ask for the password of the key")
        parser.add_argument("--into", type=Path, required=True, help="folder for the files; made if it is not there")
        parser.add_argument("--sheet", choices=sorted(SHEETS), default="3x7", help="form of the labels")

    def handle(self, *args: Any, **options: Any) -> None:
        at, into = timezone.now(), options["into"]
        try:
            archive = self._archive(options)
            runs = restore(archive, actor=Actor("system", "restore"), at=at)
            into.mkdir(parents=True, exist_ok=True, mode=0o700)
        except (OSError, CannotOpen, Untrue, NotEmpty) as trouble:
            raise CommandError(f"Nothing was restored: {trouble}") from trouble
        for run in runs:
            name = file_name(run)
            with (into / name).open("wb") as out:
                out.writelines(written(run))
            (into / name.replace(".csv", "_bordereau.pdf")).write_bytes(control_sheet(run))
            if (run.dispatches or 0) <= MOST:
                paper = labels(run, sheet=options["sheet"])
                (into / name.replace(".csv", f"_etiquettes_{options['sheet']}.pdf")).write_bytes(paper)
            self.stdout.write(f"{name}: {run.dispatches} lines, {run.copies} copies, sha256 {run.sha256}")
        self.stdout.write(f"{len(runs)} files in {into}, as of {paris_day(at):%d/%m/%Y}.")

    def _archive(self, options: dict[str, Any]) -> Any:
        content = options["file"].read_bytes()
        if options["file"].suffix == ".zip":
            return open_archive(content)
        if options["key"] is None:
            raise CommandError("--key names the private key that opens the envelope.")
        password = getpass("Password of the key: ").encode() if options["password"] else None
        certificate = options["certificate"] or options["key"]
        return open_envelope(
            content, key=options["key"].read_bytes(), certificate=certificate.read_bytes(), password=password
        )
