"""`manage.py verify_archive FILE`: is the archive of a year what it was when it was made? Asks no database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.exports.archive_checking import verify


class Command(BaseCommand):
    help = "Verify the archive of a year: hashes, chains of seals, closed days, FEC."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        with options["file"].open("rb") as file:
            found = list(verify(file))
        for name, sentence in found:
            self.stderr.write(f"{name} : {sentence}")
        if found:
            raise CommandError(f"{len(found)} faults")
        self.stdout.write("L’archive est intacte.")
