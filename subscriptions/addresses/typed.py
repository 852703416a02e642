"""What a person typed into an address form, kept as it was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class AddressKind(StrEnum):
    """Who receives at the address: it decides what stands on the first two lines."""

    PERSON = "person"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedAddress:
    """One address as typed: nothing is corrected here, so that a form can always show it again.

    Each field but the last two feeds one line of a French label (NF Z10-011): names line 1, ``service`` and ``flat``
    line 2, ``building`` line 3, ``street`` line 4, ``locality`` line 5, ``postcode`` and ``town`` line 6.
    ``region`` (state, county, prefecture) is read only where the country's own format has one.
    """

    kind: AddressKind = AddressKind.PERSON
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    organisation: str = ""
    service: str = ""  # the department, desk or "for the attention of" inside an organisation
    flat: str = ""  # flat, floor, staircase, "chez M. X"
    building: str = ""  # building, residence, entrance, industrial estate
    street: str = ""  # number and street
    locality: str = ""  # hamlet (lieu-dit), BP, CS, TSA, military post (SP)
    postcode: str = ""
    town: str = ""
    region: str = ""
    country: str = "FR"  # ISO 3166-1 alpha-2, or XI for Northern Ireland

    def to_dict(self) -> dict[str, str]:
        """Return every field as plain text, ready for a JSON column."""
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> TypedAddress:
        """Read back what :meth:`to_dict` wrote; fields that are absent are empty.

        Raises ``ValueError`` for a field or a kind that is unknown and ``TypeError`` for a value that is not text:
        a stored address that does not fit must be seen, not half read.
        """
        unknown = set(stored) - FIELD_NAMES
        if unknown:
            raise ValueError(f"not fields of an address: {', '.join(sorted(unknown))}")
        for name, value in stored.items():
            if not isinstance(value, str):
                raise TypeError(f"the address field {name} is not text")
        values: dict[str, Any] = dict(stored)
        values["kind"] = AddressKind(values.get("kind", AddressKind.PERSON))
        return cls(**values)


FIELD_NAMES = frozenset(field.name for field in fields(TypedAddress))
TEXT_FIELDS = tuple(field.name for field in fields(TypedAddress) if field.name not in {"kind", "country"})
