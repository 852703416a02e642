"""A file of running subscribers as another house would write it: `write_file(n, random)`; and how one is made wrong.

For the tests of imports and for whoever wants readers by the thousand: every line is right, the totals beside it too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from payments.vat import ht_left
from subscriptions.calendar import add_months
from subscriptions.importing.columns import NAMES
from subscriptions.importing.receiving import Declared

SOURCE = "ancienne-maison"
TODAY = date(2026, 11, 23)
FIRST_NAMES = ("Élodie", "Jean-Marc", "Inès", "Œuvrard", "Zoé", "Raphaël", "Nadia", "Camille", "Thibault", "Anaïs")
LAST_NAMES = ("Lefèvre", "Le Goff", "N’Diaye", "Garçon", "Müller", "de La Tour", "Benali", "Lenoir", "Costa", "Hamon")
STREETS = ("12 bis rue de l’Église", "3 place Bellecour", "44 avenue du Général-Leclerc", "7 allée des Tilleuls")
TOWNS = (("75004", "Paris", "2.10"), ("69002", "Lyon", "2.10"), ("20200", "Bastia", "2.10"), ("97400", "Saint-Denis", "1.05"))  # fmt: skip


@dataclass
class Written:
    """The lines of a file, and what is owed by them. `wrong`: line in the file, column and code of each planted fault."""

    rows: list[dict[str, str]]
    copies: int
    deferred: Decimal
    wrong: list[tuple[int, str, str]] = field(default_factory=list)

    def bytes(self, *, heads: Sequence[str] = NAMES) -> bytes:
        """As it is handed in."""
        return as_csv(self.rows, heads=heads)

    def declared(self, **changes: object) -> Declared:
        """The totals of the former house, which agree."""
        facts: dict[str, object] = {
            "source": SOURCE, "lines": len(self.rows), "copies": self.copies, "deferred": self.deferred,
            "charge_from": TODAY + timedelta(days=60), "letters": True,
        }  # fmt: skip
        return Declared(**(facts | changes))  # type: ignore[arg-type]


def as_csv(rows: Iterable[Mapping[str, str]], *, heads: Sequence[str] = NAMES) -> bytes:
    """Lines as CSV, semicolons between the cells."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([row.get(head, "") for head in heads] for row in rows)
    return text.getvalue().encode()


def line(number: int = 1, **changes: str) -> dict[str, str]:
    """One reader of the former house, all of it right: two of four copies left, for a fixed term."""
    return {
        "source": SOURCE, "reference": f"A-{number:06d}", "formule": "un-an", "reconduction": "fixe",
        "debut": "2026-05-02", "fin": "2027-05-01", "montant_ttc": "27,60", "exemplaires_achetes": "4",
        "exemplaires_restants": "2", "exemplaires_servis": "2", "prochain_numero": "25",
        "destinataire_civilite": "MME", "destinataire_prenom": "Inès", "destinataire_nom": f"Roux {number}",
        "destinataire_voie": "4 place Bellecour", "destinataire_code_postal": "69002", "destinataire_ville": "Lyon",
        "destinataire_email": f"ines.roux{number}@exemple.fr",
    } | changes  # fmt: skip


def automatic(number: int = 1, **changes: str) -> dict[str, str]:
    """One whose next year begins by itself, with a card that Stripe keeps."""
    return line(
        number, formule="un-an-reconduit", reconduction="automatique", stripe_client=f"cus_old{number:06d}",
        stripe_moyen=f"pm_old{number:06d}", moyen_type="carte", moyen_marque="visa", moyen_fin="4242",
        moyen_expiration="12/2049",
    ) | changes  # fmt: skip


def written(*rows: dict[str, str]) -> Written:
    """A file of these lines, with the totals that they say."""
    return Written(
        list(rows),
        copies=sum(int(row["exemplaires_restants"]) * int(row.get("quantite") or 1) for row in rows),
        deferred=sum((_worth(row) for row in rows), Decimal("0.00")),
    )


def write_file(many: int, random: Random, *, first: int = 1, on: date = TODAY, following: int = 25) -> Written:
    """So many readers, every line right on day `on`; `following`: the number of an issue whose file is open.

    Fixed and automatic terms, gifts, organisations, payers apart, overseas, with e-mail and without; every amount and
    every number of copies that the former house sold.
    """
    return written(*(_reader(number, random, on=on, following=following) for number in range(first, first + many)))


def _reader(number: int, random: Random, *, on: date, following: int) -> dict[str, str]:
    bought = random.choice((4, 4, 4, 8))
    left = random.randint(0 if bought == 4 else 1, bought)
    ends = on + timedelta(days=random.randint(20, 330))
    postcode, town, _rate = random.choice(TOWNS)
    last = f"{random.choice(LAST_NAMES)} {number}"
    row = {
        "source": SOURCE, "reference": f"A-{number:06d}", "formule": "un-an", "reconduction": "fixe",
        "debut": add_months(ends, -12).isoformat(), "fin": random.choice((ends.isoformat(), f"{ends:%d/%m/%Y}")),
        "montant_ttc": random.choice(("27,60", "24,00", "55,20", "27.60")), "exemplaires_achetes": str(bought),
        "exemplaires_restants": str(left), "prochain_numero": random.choice((str(following), "")),
        "exemplaires_servis": random.choice((str(bought - left), "")),
        "destinataire_civilite": random.choice(("MME", "M", "")),
        "destinataire_prenom": random.choice(FIRST_NAMES), "destinataire_nom": last,
        "destinataire_email": f"lecteur{number}@exemple.fr" if random.random() < 0.8 else "",
        "destinataire_voie": random.choice(STREETS), "destinataire_code_postal": postcode, "destinataire_ville": town,
    }  # fmt: skip
    sort = random.random()
    if sort < 0.4:
        row |= {key: value for key, value in automatic(number).items() if key.startswith(("stripe_", "moyen_"))}
        row |= {"formule": "un-an-reconduit", "reconduction": "automatique"}
    elif sort < 0.5:
        row |= {"cadeau": "oui", **_payer(number, random)}
    elif sort < 0.6:
        row |= {
            "destinataire_civilite": "", "destinataire_prenom": "", "destinataire_nom": "", "destinataire_organisme": f"Lycée {number}",
            "destinataire_service": "CDI", "quantite": str(random.choice((1, 2, 30))), **_payer(number, random),
        }  # fmt: skip
    return row


def _payer(number: int, random: Random) -> dict[str, str]:
    return {
        "payeur_prenom": random.choice(FIRST_NAMES), "payeur_nom": f"Payeur {number}",
        "payeur_email": f"payeur{number}@exemple.fr" if random.random() < 0.7 else "",
        "payeur_voie": "8 quai Voltaire", "payeur_code_postal": "75007", "payeur_ville": "Paris",
    }  # fmt: skip


def _worth(row: Mapping[str, str]) -> Decimal:
    amount = Decimal(row["montant_ttc"].replace(",", "."))
    rate = next((Decimal(rate) for code, _town, rate in TOWNS if code == row["destinataire_code_postal"]), Decimal("2.10"))  # fmt: skip
    bought, left = int(row["exemplaires_achetes"]), int(row["exemplaires_restants"])
    return ht_left(amount, copies=bought, served=bought - left, rate=rate)
