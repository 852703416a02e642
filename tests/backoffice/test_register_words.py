"""The registers speak French to the last column: tables, columns, closed lists and remarks; and no migration knows."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils.translation import override

from shop.backoffice.closed_lists import CLOSED_LISTS, REMARKS, closed_list, in_words, word_of
from shop.backoffice.naming import COLUMNS, TABLES
from shop.backoffice.registers import registers
from subscriptions.models import Offer
from tests.backoffice.colleagues import text_of
from tests.backoffice.sold import sell

NOT_SHOWN = {"idempotency_key", "form_token", "typed"}
IN_FRENCH_ALREADY = {"buyer_kind", "journal"}


def fields():
    """Every column of every register, the fields of money's currencies apart."""
    for model in registers._registry:
        for field in model._meta.concrete_fields:
            if not field.name.endswith("_currency") and field.name not in NOT_SHOWN:
                yield model, field


def test_every_table_and_column_has_its_name():
    assert set(TABLES) == set(registers._registry)
    assert {field.name for _model, field in fields()} - set(COLUMNS) == set()


def test_every_closed_list_is_said_in_words():
    for model, field in fields():
        if field.choices and field.name not in IN_FRENCH_ALREADY:
            if field.name == "state" and model._meta.model_name == "issue":
                continue  # said by its own column
            known = closed_list(model, field.name)
            assert known is not None, field
            assert {value for value, _label in field.choices} <= set(known), field


def test_every_remark_of_a_model_has_its_sentence():
    remarked = {field.name for _model, field in fields() if field.help_text}
    assert remarked - set(REMARKS) == set()


def test_a_word_that_no_list_knows_stays_as_it_is():
    assert word_of(CLOSED_LISTS["payments.payment.state"], "teleported") == "teleported"
    assert in_words(Offer, "title") == "title"


def test_the_pages_of_an_offer_and_a_payment_say_it_in_french(at_desk, offers):
    sale = sell(offers["automatic"])
    boss = at_desk("administrator")
    with override("fr"):
        offer = text_of(boss.browser.get(reverse("registers:subscriptions_offer_change", args=[sale.order.offer_id])))
        assert "reconduction automatique" in offer
        assert "renewed automatically" not in offer
        payments = text_of(boss.browser.get(reverse("registers:payments_payment_changelist")))
        assert "réussi" in payments
        assert "succeeded" not in payments
        payment = text_of(boss.browser.get(reverse("registers:payments_payment_change", args=[sale.payment.pk])))
        assert "Un paiement peut encore arriver par là." in payment
        assert "money may still come" not in payment


@pytest.mark.django_db
def test_django_sees_no_change_to_migrate():
    said = StringIO()
    call_command("makemigrations", check_changes=True, dry_run=True, stdout=said, verbosity=1)
    assert "No changes detected" in said.getvalue() or "Aucun changement" in said.getvalue()
