"""What a log line never says: a token that opens an order, a row that the database refused."""

from __future__ import annotations

import copy
import logging
import logging.config
import sys

import pytest
from django.db import IntegrityError, transaction

from shop.customers.models import Customer
from shop.logging import LOGGING


@pytest.fixture
def line():
    """How the shop writes down one call of `logging`."""
    formatter = logging.config.DictConfigurator({"version": 1}).configure_formatter(
        copy.deepcopy(LOGGING["formatters"]["line"])
    )

    def written(message: str, *args: object, exc_info: bool = False) -> str:
        record = logging.getLogger("essai").makeRecord("essai", logging.ERROR, "", 0, message, args, None)
        if exc_info:
            record.exc_info = sys.exc_info()
        return formatter.format(record)

    return written


def test_a_row_that_the_database_refused_is_not_written_down(db, line):
    known = "camille@exemple.fr"
    Customer.objects.create_user(known)

    def again() -> tuple[str, str]:
        try:
            with transaction.atomic():
                Customer.objects.create_user(known)
        except IntegrityError as refused:
            return str(refused), line("broken", exc_info=True) + line("Task raised unexpected: %r", refused)
        raise AssertionError("two accounts with one address")

    said, written = again()
    assert known in said
    assert known not in written
    assert "UniqueViolation" in written
    assert written.count("DETAIL: …") == 3  # of the driver's error, of Django's, and of the one told in a sentence


@pytest.mark.parametrize("room", ["commande/suivi", "commande/retour", "compte/courriel/confirmation"])
def test_a_token_is_cut_out_of_the_path(line, room):
    said = line("Conflict: %s", f"/{room}/CMD-AAA-BBB-CCC.0123456789abcdef-_/?x=1")
    assert "AAA" not in said
    assert "0123" not in said
    assert f"/{room}/…/" in said


def test_the_link_to_choose_a_password_is_cut_out_too(line):
    said = line("Gone: %s", "/gestion/mot-de-passe/7/d6vq4x-0123456789abcdef0123456789abcdef/")
    assert said.count("0123456789abcdef") == 0
    assert "/gestion/mot-de-passe/7/…/" in said


def test_what_names_nobody_stays(line):
    for path in ("/compte/factures/F2026-000001.pdf", "/gestion/evenements-stripe/evt_1QxYzAbCdEfGhIjK/"):
        assert path in line("Not Found: %s", path)
