"""Saving many changed rows at once, each with its own values: one UPDATE from arrays.

What Django's `bulk_update` writes for this is a CASE of a branch per row and column; building it for fifty renewals took
longer than everything else about charging them, and PostgreSQL has to read it as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def save_all(rows: Sequence[Model], fields: Sequence[str]) -> None:
    """Save these fields of rows of one table that the caller has locked. One statement; none for no rows."""
    if not rows:
        return
    meta = type(rows[0])._meta
    key: Any = meta.pk
    columns: list[Any] = [key, *(meta.get_field(name) for name in fields)]
    quote = connection.ops.quote_name
    arrays = [[column.get_db_prep_save(getattr(row, column.attname), connection) for row in rows] for column in columns]
    places = ", ".join(f"%s::{column.cast_db_type(connection)}[]" for column in columns)
    named = ", ".join(quote(column.column) for column in columns)
    changes = ", ".join(f"{quote(column.column)} = new.{quote(column.column)}" for column in columns[1:])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(meta.db_table)} AS old SET {changes} FROM unnest({places}) AS new({named})"  # noqa: S608
            f" WHERE old.{quote(key.column)} = new.{quote(key.column)}",
            arrays,
        )
