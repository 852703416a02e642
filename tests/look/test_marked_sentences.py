"""Sentences are marked where the collector finds them: never inside an f-string, which Python 3.11 hands over as one string."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}


def test_no_sentence_hides_in_an_f_string():
    found = []
    for floor in ("payments", "subscriptions", "shop", "tasks"):
        for path in (ROOT / floor).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.JoinedStr):
                    continue
                found.extend(
                    f"{path.relative_to(ROOT)}:{inner.lineno}"
                    for inner in ast.walk(node)
                    if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") in MARKS
                )
    assert found == []
