"""A column that holds one of a closed list of words, which the database knows as well as we do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.expressions import Combinable

if TYPE_CHECKING:
    Words = models.CharField[str | Combinable, str]
else:
    Words = models.CharField


class Listed(Words):
    """A word of `choices`, or none where it may be left blank; a constraint of its table refuses every other.

    The constraint comes with the column, named after both, so that no list is written twice. Migrations see a column and a
    constraint like any other: a word more is a migration more.
    """

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        words = [str(word) for word, _label in self.flatchoices]
        if self.blank and "" not in words:
            words.append("")
        known = models.CheckConstraint(
            condition=models.Q(**{f"{name}__in": words}), name=f"{cls._meta.model_name}_{name}_listed"
        )
        cls._meta.constraints = [*cls._meta.constraints, known]
        cls._meta.original_attrs["constraints"] = cls._meta.constraints

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
