"""The columns of an address file, as data: what each is called, where it comes from, how long it may be (law.md 7.4).

There is no public standard: the customary twenty-three are the default, and a mailing house that wants others, or another
order, gets a profile of its own (`MailingHouse.columns`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Joined to whatever makes the lines, which the sources below call `line`: the address that each froze. What all lines share is
#: given from outside.
ADDRESSES = "JOIN subscriptions_postaladdress place ON place.id = line.address_id"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the file, the SQL it is read by, the longest text that it holds, and whether that may be ""."""

    name: str
    source: str
    longest: int
    may_be_blank: bool = False

    @property
    def cell(self) -> str:
        """The SQL of its cell; what is blank is written as nothing, without quotes."""
        return f"NULLIF({self.source}, '')" if self.may_be_blank else self.source


COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        Column("code_titre", "%(title)s::text", 10),
        Column("num_parution", "%(printed)s::text", 5),
        Column("num_abonne", "line.number", 10, may_be_blank=True),
        Column("num_abonnement", "line.contract", 16),
        Column("qte", "line.copies", 3),
        Column("type_envoi", "line.kind", 3),
        Column("l1", "place.block[1]", 38, may_be_blank=True),
        Column("l2", "place.block[2]", 38, may_be_blank=True),
        Column("l3", "place.block[3]", 38, may_be_blank=True),
        Column("l4", "place.block[4]", 38, may_be_blank=True),
        Column("l5", "place.block[5]", 38, may_be_blank=True),
        Column("l6", "place.block[6]", 38, may_be_blank=True),
        Column("l7", "place.block[7]", 38, may_be_blank=True),
        Column("cp", "place.block[8]", 10, may_be_blank=True),
        Column("ville", "place.block[9]", 38, may_be_blank=True),
        Column("code_pays", "place.country", 2),
        Column("zone", "line.zone", 4),
        Column("dernier_num", "line.last_number", 5),
        Column("nb_restants", "line.copies_left", 2),
        Column("code_relance", "line.insert_code", 4, may_be_blank=True),
        Column("poids_exemplaire", "%(weight)s::int", 5),
        Column("date_depot", "%(deposit)s::text", 8),
        Column("cle_unique", "line.key", 20),
    )
}
CUSTOMARY: tuple[str, ...] = tuple(COLUMNS)


class NoSuchColumn(ValueError):
    """A profile names a column that there is not, or one twice."""


def chosen(names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of a profile, the customary ones if it names none. Raises NoSuchColumn."""
    wanted = tuple(names) or CUSTOMARY
    wrong = [name for name in wanted if name not in COLUMNS]
    if wrong or len(set(wanted)) < len(wanted):
        raise NoSuchColumn(f"unknown or doubled columns: {', '.join(wrong) or ', '.join(wanted)}")
    return tuple(COLUMNS[name] for name in wanted)
