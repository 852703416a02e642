"""Which columns does a file of running subscribers have, what stands in each, and which cannot be left out?

The names are French: the file is made by the former house. `make tables` prints this table into docs/import.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `required`: it stands in every file; `filled`: its cell is never empty. `says`: what stands in it."""

    name: str
    says: str
    example: str
    required: bool = False
    filled: bool = False


def _must(name: str, says: str, example: str) -> Column:
    return Column(name, says, example, required=True, filled=True)


#: Fields of an address as `TypedAddress` names them, and how a column of it ends.
ADDRESS: dict[str, str] = {
    "flat": "complement",
    "building": "batiment",
    "street": "voie",
    "locality": "lieu_dit",
    "postcode": "code_postal",
    "town": "ville",
    "region": "region",
    "country": "pays",
}
#: Fields of a person, and how a column of them ends.
PERSON: dict[str, str] = {
    "title": "civilite",
    "first_name": "prenom",
    "last_name": "nom",
    "organisation": "organisme",
    "email": "email",
}
RECIPIENT, PAYER, HOLDER = "destinataire", "payeur", "titulaire"


def _person(who: str, whose: str, *, required: bool = False) -> Iterator[Column]:
    yield Column(f"{who}_civilite", f"Civilité {whose}, dix caractères au plus.", "MME")
    yield Column(f"{who}_prenom", f"Prénom {whose}.", "Élodie", required=required)
    yield Column(f"{who}_nom", f"Nom {whose}.", "Lefèvre", required=required)
    yield Column(f"{who}_organisme", f"Organisme {whose}, s’il ne s’agit pas d’une personne.", "Université de Lille")
    yield Column(f"{who}_email", f"Adresse électronique {whose}. Sans elle, les courriers partent par la poste.", "e.lefevre@exemple.fr")  # fmt: skip


def _address(who: str, whose: str, *, required: bool = False) -> Iterator[Column]:
    yield Column(f"{who}_service", f"Service, ou personne à l’attention de qui, dans l’organisme {whose}.", "Service périodiques")  # fmt: skip
    yield Column(f"{who}_complement", "Appartement, étage, escalier, « chez ».", "Appt 12")
    yield Column(f"{who}_batiment", "Bâtiment, résidence, entrée.", "Résidence des Lilas")
    yield Column(f"{who}_voie", "Numéro et voie.", "12 bis rue de l’Église", required=required)
    yield Column(f"{who}_lieu_dit", "Lieu-dit, BP, CS, TSA ou poste aux armées.", "BP 40012")
    yield Column(f"{who}_code_postal", "Code postal.", "75004", required=required)
    yield Column(f"{who}_ville", "Ville, CEDEX compris.", "Paris", required=required)
    yield Column(f"{who}_region", "État, province ou préfecture, dans les pays qui l’écrivent.", "Ontario")
    yield Column(f"{who}_pays", "Code ISO du pays sur deux lettres ; vide : FR.", "FR")


COLUMNS: tuple[Column, ...] = (
    _must("source", "La maison d’où vient l’abonné, la même sur toutes les lignes et dans le formulaire.", "ancienne-maison"),
    _must("reference", "Le numéro de l’abonnement chez elle. Il ne change jamais : c’est lui qui dit si une ligne est déjà là.", "A-104233"),
    _must("formule", "Code de la formule de cette boutique.", "un-an"),
    _must("reconduction", "« fixe » (durée déterminée) ou « automatique » (reconduction tacite).", "fixe"),
    _must("debut", "Premier jour de la période en cours, AAAA-MM-JJ ou JJ/MM/AAAA.", "2026-03-01"),
    _must("fin", "Dernier jour de la période en cours.", "2027-02-28"),
    _must("montant_ttc", "Prix payé pour toute la période, toutes taxes comprises.", "27,60"),
    _must("exemplaires_achetes", "Numéros achetés pour la période, prolongations comprises.", "4"),
    _must("exemplaires_restants", "Numéros encore dus : ceux que cette boutique servira. Multipliés par la quantité, ce sont les exemplaires dus des totaux déclarés.", "2"),
    Column("exemplaires_servis", "Numéros déjà servis. S’ils sont donnés, servis et restants font les achetés.", "2"),
    Column("prochain_numero", "Premier numéro encore dû ; vide : le premier dont le fichier n’est pas arrêté.", "26"),
    Column("quantite", "Exemplaires de chaque numéro, à la même adresse ; vide : 1. Plusieurs : durée déterminée seulement.", "1"),
    Column("cadeau", "« oui » si le payeur a offert l’abonnement au destinataire, qui n’est alors jamais reconduit.", "non"),
    *_person(RECIPIENT, "de qui reçoit les numéros", required=True),
    *_address(RECIPIENT, "qui reçoit", required=True),
    *_person(PAYER, "de qui paie ; tout est vide si c’est le destinataire"),
    *_address(PAYER, "qui paie"),
    *_person(HOLDER, "de qui tient l’abonnement dans son espace ; tout est vide si c’est le payeur, ou le destinataire d’un cadeau"),
    Column("stripe_client", "Client chez Stripe, tel qu’il est migré. Exigé pour une reconduction automatique.", "cus_Qx7aBcD1eFgH2i"),
    Column("stripe_moyen", "Moyen de paiement chez Stripe, tel qu’il est migré. Exigé pour une reconduction automatique.", "pm_1QabcD2eZvKYlo2C"),
    Column("moyen_type", "« carte » ou « prelevement ».", "carte"),
    Column("moyen_marque", "Réseau de la carte.", "visa"),
    Column("moyen_fin", "Quatre derniers chiffres de la carte ou du compte.", "4242"),
    Column("moyen_expiration", "Dernier mois de la carte, MM/AAAA.", "08/2028"),
    Column("moyen_rum", "Référence unique du mandat de prélèvement.", "9C1F2A77D04B6E35"),
)  # fmt: skip

NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)
BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}
REQUIRED: frozenset[str] = frozenset(column.name for column in COLUMNS if column.required)
SEPARATOR = ";"
