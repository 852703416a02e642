"""Closed lists: whatever column has one, PostgreSQL refuses every other word."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from payments.models.listed import Listed
from subscriptions.models import Order
from tests.letters.people import place

pytestmark = pytest.mark.django_db
OURS = ("payments.", "subscriptions.", "shop.")
#: `history_type` is that of django-simple-history, currencies are guarded by `eur_only` or by the amount beside them.
OTHERS = ("history_type", "_currency")
LISTED = [
    field
    for model in apps.get_models()
    if model.__module__.startswith(OURS)
    for field in model._meta.local_fields
    if field.choices and not isinstance(field, models.IntegerField) and not field.name.endswith(OTHERS)
]
CHECKS = """
SELECT c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
WHERE c.contype = 'c' AND c.conname LIKE '%\\_listed'
"""


def test_a_column_with_a_list_of_words_is_a_listed_one():
    assert len(LISTED) > 90
    assert [str(field) for field in LISTED if not isinstance(field, Listed)] == []


def test_the_database_knows_the_same_words():
    with connection.cursor() as cursor:
        cursor.execute(CHECKS)
        known = {name: set(re.findall(r"'([^']*)'", definition)) for name, definition in cursor.fetchall()}
    assert known == {
        f"{field.model._meta.model_name}_{field.name}_listed": {word for word, _label in field.flatchoices}
        | ({""} if field.blank else set())
        for field in LISTED
    }


def test_another_word_is_refused_whoever_writes_it():
    place()
    with pytest.raises(IntegrityError, match="order_state_listed"), transaction.atomic():
        Order.objects.update(state="nowhere")
