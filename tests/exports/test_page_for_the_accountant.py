"""docs/exports.md has every column of every export, in its order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from payments.exports.journals import FIELDS
from payments.exports.offered import EXPORTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(EXPORTS))
def test_each_column_is_explained_in_its_place(name):
    (section,) = (part for part in PAGE.split("\n## ") if f"`{name}`" in part)
    explained = re.findall(r"^\| (.+?) \| .+ \|$", section, flags=re.MULTILINE)[1:]
    heads = [one.head for one in EXPORTS[name].columns]
    assert explained == ["Jour" if head == "Mois" and name == "ventes-par-mois" else head for head in heads]


def test_each_field_of_a_profile_is_named():
    (section,) = (part for part in PAGE.split("\n## ") if part.startswith("Journaux"))
    said = section[section.index("Champs d’un profil") :]
    assert re.findall(r"`([a-z_]+)`", said) == list(FIELDS)
