"""The towns whose postcodes everybody knows, to catch a postcode and a town that cannot belong together.

Only names that no other French commune bears, compared whole: Le Havre de Paix or Paris La Défense are other towns.
A wrong refusal would cost a reader, so a town that is not listed is never doubted.
"""

from __future__ import annotations

import re

_DEPARTMENTS = {
    "AIX EN PROVENCE": "13",
    "AJACCIO": "20",
    "AMIENS": "80",
    "ANGERS": "49",
    "ANNECY": "74",
    "AVIGNON": "84",
    "BASTIA": "20",
    "BESANCON": "25",
    "BORDEAUX": "33",
    "CLERMONT FERRAND": "63",
    "DIJON": "21",
    "GRENOBLE": "38",
    "LE HAVRE": "76",
    "LE MANS": "72",
    "LILLE": "59",
    "LIMOGES": "87",
    "LYON": "69",
    "MARSEILLE": "13",
    "METZ": "57",
    "MONTPELLIER": "34",
    "MULHOUSE": "68",
    "NANTES": "44",
    "NICE": "06",
    "NIMES": "30",
    "PARIS": "75",
    "PERPIGNAN": "66",
    "POITIERS": "86",
    "REIMS": "51",
    "RENNES": "35",
    "ROUEN": "76",
    "STRASBOURG": "67",
    "TOULON": "83",
    "TOULOUSE": "31",
    "VILLEURBANNE": "69",
    "CAYENNE": "973",
    "FORT DE FRANCE": "972",
    "MAMOUDZOU": "976",
    "MONACO": "980",
    "NOUMEA": "988",
    "PAPEETE": "987",
    "POINTE A PITRE": "971",
}
# Paris, Lyon and Marseille: the last two figures are the district (75116 is the north of the 16th).
_DISTRICT_PREFIXES = {"PARIS": ("750", "751"), "LYON": ("690",), "MARSEILLE": ("130",)}


def postcode_contradicts_town(postcode: str, town: str) -> bool:
    """Whether a town in bare capitals is one of the known ones and the five figures belong elsewhere."""
    name, district = _name_and_district(town)
    department = _DEPARTMENTS.get(name)
    if department is None:
        return False
    if not postcode.startswith(department):
        return True
    if district is None or not postcode.startswith(_DISTRICT_PREFIXES.get(name, ())):
        return False
    return int(postcode[-2:]) != district


def _name_and_district(town: str) -> tuple[str, int | None]:
    """Split PARIS 8E or PARIS 8E ARRONDISSEMENT; a CEDEX number is the sorting office's and says nothing here."""
    name = re.sub(r" CEDEX\b.*$", "", town)
    found = re.fullmatch(r"(?P<name>\D+?) (?P<district>[0-9]{1,2})(?:ER|E|EME)?(?: ARRONDISSEMENT)?", name)
    if found is None:
        return name, None
    return found["name"], int(found["district"]) if name == town else None
