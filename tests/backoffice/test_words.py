"""What jobs wrote in English is said in French; a colleague's own words are left alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext

from shop.backoffice import words
from shop.backoffice.reasons import KNOWN, contested, reason
from subscriptions.notices.answers import ANSWERS, STATUSES


@pytest.mark.parametrize(
    "own_words", ["", "Commande passée deux fois.", "100 % sûr", "%(reference)s", "order without a reference"]
)
def test_a_colleagues_own_words_are_left_alone(own_words):
    assert reason(own_words) == own_words


def test_what_jobs_wrote_is_said_in_the_language_of_the_page():
    assert reason("surplus") == gettext("surplus")
    paid = gettext("order %(reference)s paid")
    assert reason("order CMD-4K7-PX2-9HJ paid") == paid % {"reference": "CMD-4K7-PX2-9HJ"}
    assert reason("550 the mailbox is full") == f"550 {gettext('the mailbox is full')}"
    stands = gettext("stands at %(state)s, its last recorded step says %(last)s")
    assert reason("stands at paid, its last recorded step says None") == stands % {
        "state": gettext("paid"),
        "last": "None",
    }
    twice = gettext("given up after %(tries)s attempts: %(trouble)s")
    assert reason("given up after 9 attempts: not ours") == twice % {"tries": "9", "trouble": gettext("not ours")}


def test_every_answer_of_a_mail_server_is_known():
    assert {answer.meaning for table in (ANSWERS, STATUSES) for answer in table.values()} <= KNOWN


def sentences(*folders: str) -> dict[str, str]:
    """What the functions of the audit yield, each with something in its places, by where it stands."""
    found = {}
    for path in (path for folder in folders for path in Path(folder).rglob("*.py")):
        for function in (one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.FunctionDef)):
            if function.returns is None or ast.unparse(function.returns) != "Breaches":
                continue
            for one in ast.walk(function):
                if isinstance(one, ast.Yield) and isinstance(one.value, ast.Tuple):
                    said = one.value.elts[-1]
                    parts = said.values if isinstance(said, ast.JoinedStr) else [said]
                    words = [str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts]
                    if words != ["7"]:
                        found[f"{path}:{said.lineno}"] = "".join(words)
    return found


def test_everything_that_the_audit_finds_is_said_in_french():
    found = sentences("payments", "subscriptions")
    assert len(found) > 50
    with translation.override("fr"):
        assert {place: words for place, words in found.items() if reason(words) == words} == {}


def test_a_step_of_a_dispute_is_said_in_french():
    with translation.override("fr"):
        assert (contested("fraudulent"), contested("warning_closed")) == (
            "fraude", "la banque s’est renseignée et n’a pas donné suite",
        )  # fmt: skip
        assert contested("needs more words") == "needs more words"


def test_every_known_reason_has_its_french():
    assert [phrase for phrase in sorted(KNOWN) if gettext(phrase) == phrase] == []


def test_a_matter_on_a_desk_names_letters_and_answers_in_words():
    with translation.override("fr"):
        stored = "Un courrier «\u00a0email_changed\u00a0» n’est pas parvenu à son lecteur\u00a0: 550 no such mailbox, or refused by policy."
        said = words.matter(stored)
        assert words.letter_kind("email_changed") in said
        assert gettext("no such mailbox, or refused by policy") in said
        assert "email_changed" not in said
        assert "550" in said
        assert "mailbox" not in said
    for kept in ("27,60\u00a0€ à rendre par virement.", "Paiement « nobody_knows » 500 fois.", ""):
        assert words.matter(kept) == kept


def test_subjects_are_named():
    assert words.subject("payment:12") == gettext("payment no. %(key)s") % {"key": "12"}
    assert words.subject("letter:order_confirmation") == "letter:order_confirmation"
    assert words.subject("nothing") == "nothing"
