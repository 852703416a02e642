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


def test_a_token_is_cut_out_of_the_path(line):
    said = line("Internal Server Error: %s", "/commande/suivi/CMD-AAA-BBB-CCC.0123456789abcdef/")
    assert "CMD-AAA" not in said
    assert "/commande/suivi/…/" in said
