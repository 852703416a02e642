"""The usual postal abbreviations, used only where a line would not fit (NF Z10-011), and never in a town."""

from __future__ import annotations

from subscriptions.addresses.characters import capitals

# Kinds of street and place, longest phrases first where one begins another.
STREET_KINDS = {
    "ZONE D AMENAGEMENT CONCERTE": "ZAC",
    "ZONE D ACTIVITES": "ZA",
    "ZONE D ACTIVITE": "ZA",
    "ZONE ARTISANALE": "ZA",
    "ZONE INDUSTRIELLE": "ZI",
    "CENTRE COMMERCIAL": "CCAL",
    "TERRE PLEIN": "TPL",
    "ROND POINT": "RPT",
    "GRANDE RUE": "GR",
    "LIEU DIT": "LD",
    "ALLEE": "ALL",
    "ALLEES": "ALL",
    "AVENUE": "AV",
    "BOULEVARD": "BD",
    "CARREFOUR": "CAR",
    "CHAUSSEE": "CHS",
    "CHEMIN": "CHE",
    "CORNICHE": "COR",
    "COURS": "CRS",
    "DESCENTE": "DSC",
    "DOMAINE": "DOM",
    "ESPLANADE": "ESP",
    "FAUBOURG": "FG",
    "HAMEAU": "HAM",
    "IMPASSE": "IMP",
    "LOTISSEMENT": "LOT",
    "MONTEE": "MTE",
    "PASSAGE": "PAS",
    "PLACE": "PL",
    "PLATEAU": "PLT",
    "PROMENADE": "PRO",
    "QUARTIER": "QUA",
    "RESIDENCE": "RES",
    "ROCADE": "ROC",
    "ROUTE": "RTE",
    "RUELLE": "RLE",
    "SENTIER": "SEN",
    "SQUARE": "SQ",
    "TRAVERSE": "TRA",
    "VILLAGE": "VLGE",
}

# Titles in the names of streets: soldiers, clergy, learned people, saints; each may occur anywhere in the line.
TITLES = {
    "NOTRE DAME": "ND",
    "GENERAL": "GAL",
    "MARECHAL": "MAL",
    "COMMANDANT": "CDT",
    "CAPITAINE": "CNE",
    "LIEUTENANT": "LT",
    "DOCTEUR": "DR",
    "PROFESSEUR": "PR",
    "PRESIDENT": "PDT",
    "MONSEIGNEUR": "MGR",
    "MADAME": "MME",
    "MONSIEUR": "M",
    "SAINTES": "STES",
    "SAINTE": "STE",
    "SAINTS": "STS",
    "SAINT": "ST",
}

# Inside a building.
PARTS_OF_BUILDINGS = {
    "APPARTEMENT": "APP",
    "BATIMENT": "BAT",
    "ESCALIER": "ESC",
    "ETAGE": "ETG",
    "IMMEUBLE": "IMM",
    "RESIDENCE": "RES",
    "LOGEMENT": "LOGT",
    "PORTE": "PTE",
    "ENTREE": "ENT",
    "PAVILLON": "PAV",
}

BOXES = {"BOITE POSTALE": "BP", "COURSE SPECIALE": "CS", "LIEU DIT": "LD"}

PERSONAL_TITLES = {"MONSIEUR": "M.", "MADAME": "Mme", "MADEMOISELLE": "Mlle", "DOCTEUR": "Dr", "PROFESSEUR": "Pr"}

# Which tables may shorten which line; the order is the order in which they are tried.
TABLES_BY_FIELD = {
    "last_name": (PERSONAL_TITLES,),
    "street": (STREET_KINDS, TITLES),
    "locality": (BOXES, STREET_KINDS, TITLES),
    "flat": (PARTS_OF_BUILDINGS,),
    "building": (PARTS_OF_BUILDINGS, STREET_KINDS),
}


def shortened(text: str, *, field: str, fits: int) -> str:
    """Replace whole words by their postal abbreviation, one at a time from the left, until the line fits.

    A text that fits, or a field that may not be shortened, comes back as it is; where nothing makes it fit the
    shortest spelling found comes back, for the caller to refuse: no word is ever cut or dropped.
    """
    words = text.split(" ")
    for table in TABLES_BY_FIELD.get(field, ()):
        phrases = sorted(table, key=len, reverse=True)
        start = 0
        while len(" ".join(words)) > fits and start < len(words):
            for phrase in phrases:
                end = start + phrase.count(" ") + 1
                if [capitals(word) for word in words[start:end]] == phrase.split(" "):
                    words[start:end] = [table[phrase]]
                    break
            start += 1
    return " ".join(words)
