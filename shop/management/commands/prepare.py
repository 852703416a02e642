"""What a deployment needs beside its tables: the legal texts in force, and the roles of the staff."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from shop.backoffice.roles import ensure_roles
from subscriptions.texts.loading import load_texts


class Command(BaseCommand):
    help = "Loads legal texts that changed, and makes the staff roles. Safe to repeat at every deployment."

    def handle(self, *args: Any, **options: Any) -> None:
        texts = load_texts(timezone.localdate())
        for text in texts:
            self.stdout.write(f"{text.code} {text.version} is in force from {text.valid_from:%Y-%m-%d}")
        ensure_roles()
        self.stdout.write(f"{len(texts)} new texts; the staff roles are made.")
