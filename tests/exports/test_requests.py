"""Files of a large year: asked for on a page, made by a job, once, whatever stands still or comes twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payments.actors import job
from payments.closing.days import close_days
from payments.exports import requesting
from payments.exports.fec import Parties
from payments.exports.fec_making import make_fec, wanted_of
from payments.exports.moving import move
from payments.exports.requesting import STALLED_AFTER, ask, make_waiting
from payments.models import FileRequest, KeptFile
from tasks import money
from tests.backoffice.colleagues import text_of
from tests.closing.conftest import at, book
from tests.makers import CLERK, COLLEAGUE

pytestmark = pytest.mark.django_db
JOB = job("accountant-files")
SPRING = date(2026, 3, 2)
NOON = at(date(2026, 11, 23))
WHY = {"reason": "demandé par le comptable"}


@pytest.fixture
def books() -> None:
    book("payment:1", on=SPRING)
    close_days(actor=job("close-day"), at=NOON)


@pytest.fixture
def large(books, monkeypatch) -> None:
    """A year is large from its first entry on."""
    monkeypatch.setattr(requesting, "WHILE_WAITING", 0)


def asked(kind: str = "fec", *, year: int = 2026, actor=CLERK) -> FileRequest:
    return ask(kind, wanted_of(year), actor=actor, at=NOON, reason="demandé par le comptable")


def make(when=NOON) -> int:
    return make_waiting(actor=JOB, now=lambda: when)


def steps(request: FileRequest) -> list[str]:
    return list(request.events.values_list("to_state", flat=True))


def test_asked_for_made_and_kept_in_the_name_of_whoever_asked(books):
    request = asked()
    assert asked(actor=COLLEAGUE) == request, "asked for while it is open, it is the same one"
    assert (make(), make()) == (1, 0)
    request.refresh_from_db()
    kept = KeptFile.objects.get()
    assert (request.state, request.file, kept.actor) == ("made", kept, str(CLERK))
    assert steps(request) == ["waiting", "making", "made"]
    again = asked()
    assert again != request, "what was made may be asked for again"
    make()
    again.refresh_from_db()
    assert (again.file, KeptFile.objects.count()) == (kept, 1)


def test_both_kinds_the_oldest_first(books):
    fec, archive = asked(), asked("archive")
    assert make_waiting(actor=JOB, now=lambda: NOON, go_on=iter([True, False]).__next__) == 1
    assert [FileRequest.objects.get(pk=one.pk).state for one in (fec, archive)] == ["made", "waiting"]
    make()
    assert list(KeptFile.objects.order_by("kind").values_list("kind", flat=True)) == ["archive", "fec"]


def test_what_cannot_be_made_says_why(books):
    book("payment:2", on=date(2026, 11, 22), written=NOON)
    request = asked()
    assert make() == 1
    request.refresh_from_db()
    assert (request.state, request.file) == ("refused", None)
    assert (
        request.refusal
        == (
            "1 écritures de l’exercice n’ont pas encore de numéro : elles le reçoivent à la clôture de leur journée, cette nuit."
        )
        or "numéro" in request.refusal
    )
    assert KeptFile.objects.count() == 0


def test_killed_in_the_middle_it_is_taken_up_again_and_makes_the_same_file(books, monkeypatch):
    request = asked()

    def killed(*_args, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr(requesting, "make_fec", killed)
    with pytest.raises(KeyboardInterrupt):
        make()
    monkeypatch.setattr(requesting, "make_fec", make_fec)
    assert make(NOON + STALLED_AFTER - timedelta(seconds=1)) == 0, "somebody may still be at it"
    assert make(NOON + STALLED_AFTER) == 1
    request.refresh_from_db()
    assert request.state == "made"
    assert steps(request) == ["waiting", "making", "waiting", "making", "made"]


def test_whoever_was_slow_does_not_settle_it_twice(books, monkeypatch):
    request = asked()

    def slow(wanted, **named):
        made = make_fec(wanted, **named)
        taken_over = FileRequest.objects.get(pk=request.pk)
        move(taken_over, "made", actor=JOB, at=NOON, file=made)
        return made

    monkeypatch.setattr(requesting, "make_fec", slow)
    assert make() == 1
    assert steps(request) == ["waiting", "making", "made"]


def test_a_large_year_is_left_to_the_job_and_seen_on_the_page(at_desk, large):
    finance = at_desk("finance")
    shown = finance.rehearse("desk_act_make_fec", 2026, parties="numbers", **WHY)
    assert "en arrière-plan" in text_of(shown)
    assert finance.act("desk_act_make_fec", 2026, parties="numbers", **WHY).status_code == 302
    assert finance.act("desk_act_make_archive", 2026, **WHY).status_code == 302
    assert (KeptFile.objects.count(), FileRequest.objects.count()) == (0, 2)
    assert "en attente" in text_of(finance.see("desk_kept_files"))
    money.accountant_files()
    page = text_of(finance.see("desk_exports"))
    assert "FEC20261231.txt" in page
    assert "faite" in page or "fait" in page
    assert KeptFile.objects.count() == 2


def test_a_small_year_is_made_at_once(at_desk, books):
    finance = at_desk("finance")
    assert finance.act("desk_act_make_fec", 2026, parties=Parties.NUMBERS.value, **WHY).status_code == 302
    assert (KeptFile.objects.count(), FileRequest.objects.count()) == (1, 0)
