"""`manage.py note_restore COPY REASON`: write a restore of the database into the technical journal (law.md 2.4, 5)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from payments.actors import Actor
from payments.sealing.journal import note_restore


class Command(BaseCommand):
    help = "Write down that the database was restored, from which copy and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("copy", help="name or time of the copy")
        parser.add_argument("reason")

    def handle(self, *args: Any, **options: Any) -> None:
        note_restore(
            name=options["copy"], reason=options["reason"], actor=Actor("system", "restore"), at=timezone.now()
        )
