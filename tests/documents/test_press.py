"""The press: a program of its own sets the documents, and leaves when nobody asks."""

from __future__ import annotations

import os
import signal
from datetime import date

import pytest

from payments import typesetting
from payments.typesetting import ROOT, NotSet, typeset

ON = date(2026, 11, 30)


@pytest.fixture
def template(tmp_path, monkeypatch):
    """A small template with a root of its own."""
    monkeypatch.setattr(typesetting, "ROOT", tmp_path)
    file = tmp_path / "small.typ"
    file.write_text('#set document(title: "Essai")\n#set text(lang: "fr")\n#json(bytes(sys.inputs.facts)).word')
    yield file
    typesetting._end()


def running() -> int:
    assert typesetting._running is not None
    return typesetting._running._process.pid


def test_one_press_sets_one_document_after_the_other(template):
    first = typeset(template, {"word": "un"}, on=ON)
    press = running()
    second = typeset(template, {"word": "deux"}, on=ON)
    assert first.startswith(b"%PDF")
    assert first != second
    assert running() == press
    assert typeset(template, {"word": "un"}, on=ON) == first


def test_a_press_that_was_killed_or_has_left_is_followed_by_another_with_the_same_bytes(template):
    first = typeset(template, {"word": "un"}, on=ON)
    press = running()
    os.kill(press, signal.SIGKILL)
    assert typeset(template, {"word": "un"}, on=ON) == first
    assert running() != press


def test_a_press_leaves_when_nobody_asks_and_when_whoever_started_it_is_gone(template, monkeypatch):
    press = typesetting._Press()
    press._ask.close()
    assert press._process.wait(10) == 0
    press._hear.close()
    quick = template.with_name("press.py")
    quick.write_text((ROOT / "payments" / "press.py").read_text().replace("IDLE = 8.0", "IDLE = 0.2"))
    monkeypatch.setattr(typesetting, "PRESS", quick)
    typeset(template, {"word": "un"}, on=ON)
    assert typesetting._running is not None
    assert typesetting._running._process.wait(10) == 0


def test_what_cannot_be_set_is_said_and_the_next_document_is_set(template):
    with pytest.raises(NotSet, match="dictionary does not contain key"):
        typeset(template, {}, on=ON)
    assert typeset(template, {"word": "un"}, on=ON).startswith(b"%PDF")


def test_a_document_over_which_the_press_ends_is_an_error(template, monkeypatch):
    broken = template.with_name("press.py")
    broken.write_text("import sys; sys.stdin.readline()")
    monkeypatch.setattr(typesetting, "PRESS", broken)
    with pytest.raises(NotSet, match=r"The press ended over small\.typ"):
        typeset(template, {"word": "un"}, on=ON)


def test_whoever_was_interrupted_gets_no_other_document_later(template, monkeypatch):
    """The soft time limit of a job is an exception that may come anywhere, also between a request and its answer."""
    first = typeset(template, {"word": "un"}, on=ON)
    press = typesetting._running
    assert press is not None

    def interrupted(*_):
        raise TimeoutError

    monkeypatch.setattr(press, "_hear", type("Cut", (), {"readline": interrupted})())
    with pytest.raises(TimeoutError):
        typeset(template, {"word": "deux"}, on=ON)
    assert typeset(template, {"word": "un"}, on=ON) == first
