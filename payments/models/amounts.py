"""Money columns and the constraints that come with each of them."""

from __future__ import annotations

from typing import Any

from django.db import models
from djmoney.models.fields import MoneyField


def euros(**options: Any) -> Any:
    """A EUR column with cents; `eur_only` must guard its table."""
    return MoneyField(  # type: ignore[no-untyped-call]
        max_digits=12, decimal_places=2, default_currency="EUR", **options
    )


def eur_only(column: str, name: str) -> models.CheckConstraint:
    """The currency beside a money column is EUR (design, rule 8)."""
    return models.CheckConstraint(condition=models.Q(**{f"{column}_currency": "EUR"}), name=name)
