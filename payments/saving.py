"""Saving many rows of one table at once: one statement, whose rows travel as one JSON text.

What Django writes for this (a CASE of a branch per row and column for `bulk_update`, a converted value per field for
`bulk_create`) took longer to build for fifty renewals than everything else about charging them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model
from djmoney.money import Money


def save_all(rows: Sequence[Model], fields: Sequence[str]) -> None:
    """Save these fields of rows of one table that the caller has locked. One statement; none for no rows."""
    if not rows:
        return
    meta = type(rows[0])._meta
    key: Any = meta.pk
    columns = [key, *(meta.get_field(name) for name in fields)]
    changes = ", ".join(f"{_name(column)} = new.{_name(column)}" for column in columns[1:])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_table(rows)} AS old SET {changes} FROM {_given(columns)}"  # noqa: S608
            f" WHERE old.{_name(key)} = new.{_name(key)}",
            [_written(rows, columns)],
        )


def insert_all(rows: Sequence[Model]) -> None:
    """Insert new rows of one table in their order, and give each its primary key. One statement; none for no rows.

    As for `bulk_create`: nothing is checked here but by the database, and no column is filled in but from the row.
    """
    if not rows:
        return
    meta = type(rows[0])._meta
    key: Any = meta.pk
    columns = [column for column in meta.concrete_fields if column is not key]
    names = ", ".join(map(_name, columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table(rows)} ({names}) SELECT {names} FROM {_given(columns)} ORDER BY place RETURNING {_name(key)}",  # noqa: S608
            [_written(rows, columns)],
        )
        keys = cursor.fetchall()
    for row, (given,) in zip(rows, keys, strict=True):
        row.pk = given
        row._state.adding, row._state.db = False, connection.alias


def _given(columns: Sequence[Any]) -> str:
    types = ", ".join(f"{_name(column)} {column.cast_db_type(connection)}" for column in columns)
    return f"jsonb_to_recordset(%s::jsonb) AS new(place integer, {types})"


def _written(rows: Sequence[Model], columns: Sequence[Any]) -> str:
    names = [(column.column, column.attname) for column in columns]
    return json.dumps(
        [
            {column: getattr(row, attribute) for column, attribute in names} | {"place": place}
            for place, row in enumerate(rows)
        ],
        default=_plain,
    )


def _plain(value: Any) -> str:
    """Days and instants with all their digits, amounts without their currency, which has a column of its own."""
    match value:
        case date():
            return value.isoformat()
        case Money():
            return str(value.amount)
        case Decimal() | UUID():
            return str(value)
    raise TypeError(f"{type(value).__name__} is no value of a column")


def _table(rows: Sequence[Model]) -> str:
    return connection.ops.quote_name(type(rows[0])._meta.db_table)


def _name(column: Any) -> str:
    return connection.ops.quote_name(column.column)
