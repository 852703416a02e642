"""`manage.py load_demo`: the demo's publisher, its issues, its staff and a year of made-up readers, once."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from payments.days import PARIS, paris_day
from shop.demo.issues import EARLIEST
from shop.demo.loading import CannotLoad, Loaded, found, load
from shop.demo.till import NoTill


class Command(BaseCommand):
    """Loads the demo, or says that it is loaded; prints who can sign in. Exit code 1 with the breaches if there are any."""

    help = "Load the demo's made-up publisher, issues, staff and readers (in a demo only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", type=_day, help="the day the demo's history ends (default: now)")
        parser.add_argument("--readers", type=int, default=200, help="how many readers (default: 200)")
        parser.add_argument("--codes", action="store_true", help="print the codes the staff's devices show now")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo (DEMO is not set): made-up readers have no place here.")
        # Here, because these rooms are of no use to a shop that is none of a demo.
        from shop.demo.team import codes, logins

        if options["codes"]:
            self.stdout.write("\n".join(codes(at=timezone.now())))
            return
        loaded = found()
        if loaded is not None:
            self.stdout.write("The demo is already loaded.")
        else:
            loaded = self._load(readers=options["readers"], until=_instant(options["on"]))
        self.stdout.write("\n".join([*logins(), *_readers(loaded)]))

    def _load(self, *, readers: int, until: datetime) -> Loaded:
        if readers < 0:
            raise CommandError("--readers is a number of readers: 0 or more.")
        try:
            loaded = load(readers=readers, until=until)
        except (CannotLoad, NoTill) as trouble:
            raise CommandError(str(trouble)) from None
        if readers and not loaded.readers:
            self.stdout.write("No made-up readers: their payments would be unknown to the Stripe account in use.")
        return loaded


def _readers(loaded: Loaded) -> list[str]:
    if not loaded.stars:
        return []
    return [
        f"Readers worth signing in as (at {reverse('account_home')}, with the code that arrives in the mailbox):",
        *(f"  {email}  {why}" for email, why in loaded.stars),
    ]


def _instant(on: date | None) -> datetime:
    """The end of the demo's history: now, or six in the evening of an earlier day."""
    now = timezone.now()
    if on is None or on == paris_day(now):
        return now
    if not EARLIEST <= on < paris_day(now):
        raise CommandError(f"--on is a day between {EARLIEST.isoformat()} and today.")
    return datetime.combine(on, time(18), PARIS).astimezone(UTC)


def _day(text: str) -> date:
    return date.fromisoformat(text)
