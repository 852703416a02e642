"""`manage.py check_anchor DAY HASH`: do the books of today still say what was sent out of this house? (law.md 2.4, 1)"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from payments.audit import numbered
from payments.closing.auditing import days_closed
from payments.models import DayClosing
from payments.sealing.heads import heads_found_again
from payments.sealing.verifying import sealed_as_written


class Command(BaseCommand):
    help = "Hold the hash of a closed day, as it was sent, against the books; and the books against their seals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("day", type=date.fromisoformat)
        parser.add_argument("hash")

    def handle(self, *args: Any, **options: Any) -> None:
        closing = DayClosing.objects.filter(day=options["day"]).first()
        if closing is None:
            raise CommandError(f"Le {options['day']} n’est pas clos.")
        if closing.hash != options["hash"].strip().lower():
            raise CommandError(f"Le {options['day']} porte aujourd’hui une autre empreinte : {closing.hash}")
        at, found = timezone.now(), 0
        for check in (days_closed, heads_found_again, sealed_as_written, numbered):
            for subject, sentence in check(at):
                found += 1
                self.stderr.write(f"{subject}: {sentence}")
        if found:
            raise CommandError(f"{found} faults")
        self.stdout.write("Les comptes disent ce qui avait été envoyé.")
