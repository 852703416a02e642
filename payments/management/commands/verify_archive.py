"""`manage.py verify_archive FILE --sha256 HASH`: is the archive of a year what it was when it was made? Asks no database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.exports.archive_checking import sha256_of, verify


class Command(BaseCommand):
    help = "Verify the archive of a year: hashes, chains of seals, closed days, FEC."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--sha256", default="", help="its hash as it was sent out of the shop when it was made")

    def handle(self, *args: Any, **options: Any) -> None:
        with options["file"].open("rb") as file:
            found, own = list(verify(file, sha256=options["sha256"])), sha256_of(file)
        for name, sentence in found:
            self.stderr.write(f"{name} : {sentence}")
        if found:
            raise CommandError(f"{len(found)} faults")
        if options["sha256"]:
            self.stdout.write("L’archive est intacte : c’est celle dont l’empreinte a été gardée.")
        else:
            self.stdout.write(
                f"L’archive est cohérente. Son empreinte : {own}\nÀ comparer avec celle qui a été envoyée quand elle a été"
                " établie (--sha256) : sans cela, rien ne dit que c’est la même."
            )
