"""What a try that did not arrive leads to: one closed table, by the word of its fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

#: Before each try after the first; when they are used up, a person decides.
WAITS = (timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=3))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether another try may help, and what a person is told if none does (in French, on fulfilment's desk).

    `unknown`: the file may lie at the mailing house all the same.
    """

    again: bool
    sentence: str
    unknown: bool = False


OUTCOMES: Mapping[str, Outcome] = {
    "unreachable": Outcome(True, "le serveur du routeur ne répond pas"),
    "broken off": Outcome(True, "la liaison s’est rompue pendant l’envoi", unknown=True),
    "stalled": Outcome(True, "l’envoi s’est arrêté sans réponse", unknown=True),
    "renaming": Outcome(
        True, "l’envoi s’est arrêté pendant que le fichier, déjà entier, recevait son nom", unknown=True
    ),
    "doubtful": Outcome(
        False,
        "l’envoi s’est arrêté pendant que le fichier, déjà entier, recevait son nom, et rien ne se trouve plus à sa place",
        unknown=True,
    ),
    "full": Outcome(True, "il n’y a plus de place chez le routeur"),
    "server": Outcome(True, "le serveur du routeur refuse l’écriture sans dire pourquoi"),
    "corrupted": Outcome(True, "le fichier relu chez le routeur n’est pas celui qui a été envoyé", unknown=True),
    "host key": Outcome(
        False, "le serveur du routeur montre une autre clé que celle qui est épinglée : rien n’a été envoyé"
    ),
    "refused": Outcome(False, "le routeur refuse notre clé ou notre mot de passe"),
    "secret": Outcome(False, "la clé ou le mot de passe nommé n’est pas parmi les secrets de la boutique"),
    "folder": Outcome(False, "le dossier n’existe pas, ou l’écriture y est interdite"),
    "occupied": Outcome(False, "un autre fichier porte déjà ce nom chez le routeur"),
    "certificate": Outcome(False, "le certificat du routeur ne peut pas être utilisé"),
    "changed": Outcome(False, "refait depuis ses lignes, le fichier n’a plus l’empreinte de son arrêté"),
    "otherwise": Outcome(False, "le fichier a été remis d’une autre façon"),
}
#: After these the file may have arrived, whatever came later.
UNKNOWN = tuple(word for word, outcome in OUTCOMES.items() if outcome.unknown)
#: Stands on the row from before the file gets its name until it is known whether it did.
RENAMING = "renaming"


class Fault(RuntimeError):
    """A try did not arrive; `word` is a key of `OUTCOMES`."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def wait_after(word: str, attempts: int) -> timedelta | None:
    """How long to wait for the next try after so many; None: no other one."""
    return WAITS[attempts - 1] if OUTCOMES[word].again and attempts <= len(WAITS) else None
