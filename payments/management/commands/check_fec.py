"""`manage.py check_fec FILE`: judge any FEC, ours or another's, line by line. Asks no database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.exports.fec_checking import check


class Command(BaseCommand):
    help = "Check a FEC against A47 A-1: columns, dates, amounts, balance, numbering, alphabet."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        with path.open("rb") as file:
            report = check(file, name=path.name)
        for fault in report.faults:
            self.stderr.write(f"{fault.line}\t{fault.column}\t{fault.reason}")
        if not report.valid:
            raise CommandError(f"{report.count} faults")
        self.stdout.write(f"{report.lines} lignes, {report.entries} écritures, {report.debit} au débit et au crédit.")
