"""What to type into Stripe's dashboard so that the shop hears everything it listens to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from payments.gateway import API_VERSION
from payments.webhooks.types import HEARD


class Command(BaseCommand):
    help = "Prints the address, API version and events of the webhook endpoint to create at Stripe."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Endpoint URL: {settings.SITE_URL}/webhooks/stripe/")
        self.stdout.write(f"API version:  {API_VERSION}")
        self.stdout.write("Events:")
        for name in sorted(HEARD):
            self.stdout.write(f"  {name}")
