"""The nightly audit by hand: every invariant of the design against every row."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from shop.watch import audit


class Command(BaseCommand):
    help = "Checks every invariant; prints the breaches and fails if there are any."

    def handle(self, *args: Any, **options: Any) -> None:
        found = audit.breaches(timezone.now())
        for name, subject, sentence in found:
            self.stdout.write(f"{name}  {subject}: {sentence}")
        if found:
            raise CommandError(f"{len(found)} breaches")
        self.stdout.write(f"0 breaches over {len(audit.checks())} invariants")
