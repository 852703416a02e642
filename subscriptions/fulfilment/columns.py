"""The columns of an address file, as data: what each is called, where it comes from, how long it may be (law.md 7.4).

There is no public standard: the customary twenty-three are the default, and a mailing house that wants others, or another
order, gets a profile of its own (`MailingHouse.columns`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Tables that the sources below name: line (dispatch), place (address), issue, title (magazine), house, run, who, free.
TABLES = """
subscriptions_dispatch line
JOIN subscriptions_postaladdress place ON place.id = line.address_id
JOIN subscriptions_mailingrun run ON run.id = line.run_id
JOIN subscriptions_issue issue ON issue.id = line.issue_id
JOIN subscriptions_magazine title ON title.id = issue.magazine_id
JOIN subscriptions_mailinghouse house ON house.id = run.house_id
LEFT JOIN subscriptions_subscription who ON who.id = line.subscription_id
LEFT JOIN subscriptions_entitlement copy ON copy.id = line.entitlement_id
LEFT JOIN subscriptions_term term ON term.id = copy.term_id
LEFT JOIN subscriptions_freecopy free ON free.id = line.free_copy_id
"""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the file, the SQL it is read by, and the longest text that it holds."""

    name: str
    source: str
    longest: int


COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        Column("code_titre", "title.code", 10),
        Column("num_parution", "issue.number", 5),
        Column("num_abonne", "COALESCE(who.number, free.number)", 10),
        Column("num_abonnement", "COALESCE(who.number || '-' || term.number, free.number)", 14),
        Column("qte", "line.copies", 3),
        Column("type_envoi", "line.kind", 3),
        Column("l1", "place.block[1]", 38),
        Column("l2", "place.block[2]", 38),
        Column("l3", "place.block[3]", 38),
        Column("l4", "place.block[4]", 38),
        Column("l5", "place.block[5]", 38),
        Column("l6", "place.block[6]", 38),
        Column("l7", "place.block[7]", 38),
        Column("cp", "place.block[8]", 10),
        Column("ville", "place.block[9]", 38),
        Column("code_pays", "place.country", 2),
        Column("zone", "line.zone", 4),
        Column("dernier_num", "line.last_number", 5),
        Column("nb_restants", "line.copies_left", 2),
        Column("code_relance", "line.insert_code", 4),
        Column("poids_exemplaire", "house.weight_g", 5),
        Column("date_depot", "to_char(run.deposit_on, 'YYYYMMDD')", 8),
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
