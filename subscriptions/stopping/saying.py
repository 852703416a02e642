"""What a reader declares, as the form takes it, the recap shows it and the evidence keeps it: the same lines, the same hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from payments.french_days import french_day
from subscriptions.models import Declaration
from subscriptions.stopping.matching import named

Kind, Ground = Declaration.Kind, Declaration.Ground

GROUNDS: Mapping[str, str] = {
    Ground.DEATH: "Décès de l’abonné",
    Ground.MOVED: "Départ là où vous ne livrez pas",
    Ground.ILLNESS: "Maladie de longue durée",
    Ground.LATE_NOTICE: "Reconduction sans l’avis prévu par la loi",
    Ground.OTHER: "Autre motif légitime",
}
PART = "Partie du contrat"
_DECLARES: Mapping[str, str] = {
    Kind.WITHDRAWAL: "Je renonce au contrat désigné ci-dessous.",
    Kind.TERMINATION: "Je résilie le contrat désigné ci-dessous.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One declaration as typed and checked. `scope`: the part of the contract concerned; empty: the whole of it."""

    kind: str
    last_name: str
    contract: str
    first_name: str = ""
    email: str = ""
    postal_address: str = ""
    scope: str = ""
    wished_on: date | None = None
    ground: str = ""
    words: str = ""

    @property
    def orders(self) -> frozenset[str]:
        """References of orders that it names: in the part of the contract if it says one, else in the contract."""
        return named(self.scope).orders or named(self.contract).orders

    def lines(self) -> list[tuple[str, str]]:
        """(label, value) of everything declared, in French, in the order of the law's list; what is empty is left out."""
        withdrawal = self.kind == Kind.WITHDRAWAL
        wished = french_day(self.wished_on) if self.wished_on else "Dès que possible"
        every = (
            ("Déclaration", _DECLARES[self.kind]),
            ("Nom" if self.first_name or withdrawal else "Nom ou organisation", self.last_name),
            ("Prénom", self.first_name),
            ("Contrat", self.contract),
            (PART, (self.scope or "Tout le contrat") if withdrawal else ""),
            ("Fin souhaitée", "" if withdrawal else wished),
            ("Motif légitime", GROUNDS.get(self.ground, "")),
            ("Précisions", self.words),
            ("Accusé de réception par courriel", self.email),
            ("Accusé de réception par la poste", self.postal_address),
        )
        return [(label, value) for label, value in every if value]


def content_of(said: Said, *, effect: str) -> dict[str, Any]:
    """What the recap showed, as it is kept: the lines, and the sentence on what would happen."""
    return {"kind": str(said.kind), "declared": [list(line) for line in said.lines()], "effect": effect}


def orders_named(declaration: Declaration) -> frozenset[str]:
    """References of orders that a kept declaration names, as `Said.orders` has it."""
    declared = dict(declaration.content.get("declared", ()))
    return named(declared.get(PART, "")).orders or named(declaration.contract).orders


def digest(content: Mapping[str, Any]) -> str:
    """The hash that the acknowledgement states: SHA-256 of the content as canonical JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def token_of(form: UUID, said: Said) -> UUID:
    """The token of one declaration: one form with the same words, however often and from however many tabs it is sent.

    Other words in the same form are another declaration: none may be lost because an earlier one was made.
    """
    return uuid5(form, json.dumps(said.lines(), ensure_ascii=False))
