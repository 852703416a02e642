"""The French of the whole catalogue is set as a French printer sets it, and speaks as we speak to readers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polib
import pytest

from deploy.local.translations import CATALOGUE

NO_BREAK = "\u00a0\u202f"
#: What must not stand in a French sentence, and how the fault is called.
FAULTS = {
    "no no-break space before a double sign": re.compile(rf"(?<![{NO_BREAK}])[:;?»€]"),
    "no no-break space after an opening guillemet": re.compile(rf"«(?![{NO_BREAK}])"),
    "an exclamation mark": re.compile(r"!"),
    "a straight apostrophe": re.compile(r"'"),
    "English quotation marks": re.compile(r"[“”\"]"),
    "three dots instead of an ellipsis": re.compile(r"\.\.\."),
    "a number sign without its degree, or without its no-break space": re.compile(
        rf"\bn[o0º]\.? ?\d|[nN]°(?![{NO_BREAK}]|$)"
    ),
    "a space too many": re.compile(r"\s\s|^\s(?!:)|[ \t\n]$"),
    "a word we do not say": re.compile(
        r"\b(oups|bouclage|email|e-mail|mail|process\w*|transaction|data|tu|ton|tes)\b", re.I
    ),
    "capitals without their accents": re.compile(
        r"^(A (partir|la|l’|recevoir|paraître|payer)\b|Etat|Ecart|Ecriture|Emis|Etape|Equipe)"
    ),
}
#: What the rules above do not read: tags with their attributes, addresses, placeholders, times of day and accounts.
NOT_WORDS = re.compile(r"<[^>]*>|https?://\S+|%\(\w+\)[sdf]|\{\w*\}|\d:\d")


def faults_of(french: str) -> list[str]:
    """The names of the rules a sentence breaks."""
    words = NOT_WORDS.sub("0", french)
    return [name for name, pattern in FAULTS.items() if pattern.search(words)]


def french_sentences() -> Iterator[tuple[str, str]]:
    """Each English sentence with its French; with each of its forms where it has two."""
    for entry in polib.pofile(str(CATALOGUE)):
        for french in [entry.msgstr, *entry.msgstr_plural.values()]:
            if french:
                yield entry.msgid, french


def test_every_sentence_is_set_in_french() -> None:
    wrong = {english: (french, faults_of(french)) for english, french in french_sentences() if faults_of(french)}
    assert wrong == {}


def test_the_catalogue_is_really_read() -> None:
    known = dict(french_sentences())
    assert known["Subscribe"] == "S’abonner"
    assert known["Order with obligation to pay — %(total)s incl. VAT"] == (
        "Commander avec obligation de paiement — %(total)s TTC"
    )
    assert known["Withdraw from the contract here"] == "Renoncer au contrat ici"
    assert known["Terminate your contract"] == "Résilier votre contrat"


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("Rien n'a été débité.", "a straight apostrophe"),
        ("Merci !", "an exclamation mark"),
        ("Prélèvement : 27,60\u00a0€", "no no-break space before a double sign"),
        ("27,60 €", "no no-break space before a double sign"),
        ("Erreur: rien", "no no-break space before a double sign"),
        ("Vraiment ?", "no no-break space before a double sign"),
        ("Le champ « ville\u00a0»", "no no-break space after an opening guillemet"),
        ("Le champ «\u00a0ville »", "no no-break space before a double sign"),
        ("Le champ “ville”", "English quotation marks"),
        ("Oups, rien", "a word we do not say"),
        ("Un e-mail part", "a word we do not say"),
        ("Votre n° 25", "a number sign without its degree, or without its no-break space"),
        ("Votre no 25", "a number sign without its degree, or without its no-break space"),
        ("Un  numéro", "a space too many"),
        ("Etat de la commande", "capitals without their accents"),
        ("Patientez...", "three dots instead of an ellipsis"),
    ],
)
def test_each_rule_finds_its_fault(sentence: str, fault: str) -> None:
    assert fault in faults_of(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Le n°\u00a025 part vers 10:30\u00a0: gardez 27,60\u00a0€, dit «\u00a0%(who)s\u00a0».",
        'Écrivez à <a href="mailto:%(email)s">%(email)s</a>\u00a0; à bientôt.',
        "\u00a0: %(why)s",
        "À partir du %(issue)s",
        "Lecteur n°",
    ],
)
def test_good_french_passes(sentence: str) -> None:
    assert faults_of(sentence) == []
