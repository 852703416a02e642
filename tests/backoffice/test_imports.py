"""An import through the pages: handed in by one, read by the job, looked at and approved by another; files that are refused."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from payments.exports.cells import STARTS
from shop.backoffice.import_words import CODE, FILE, ROW
from shop.customers.models import Customer
from subscriptions.importing.faults import FaultCode, WarningCode
from subscriptions.importing.lines import LARGEST
from subscriptions.models import ImportFile, ImportRow, Subscription
from tasks.promise import imports
from tests.backoffice.colleagues import text_of
from tests.importing.written import SOURCE, line, write_file, written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(at_desk, offers):
    """Finance and an administrator, each at a desk."""
    return at_desk("finance"), at_desk("administrator")


def typed(file, *, body: bytes | None = None, **changes):
    """The form as it is filled in."""
    return {
        "source": SOURCE, "encoding": "utf-8", "lines": len(file.rows), "copies": file.copies,
        "deferred": f"{file.deferred:.2f}".replace(".", ","), "letters": "on", "reason": "Reprise de septembre",
        "charge_from": (timezone.localdate() + timedelta(days=60)).isoformat(),
        "file": SimpleUploadedFile("abonnes.csv", file.bytes() if body is None else body, content_type="text/csv"),
    } | changes  # fmt: skip


def hand_in(colleague, file, **given):
    """The answer to the form."""
    return colleague.browser.post(reverse("desk_act_hand_in"), typed(file, **given))


def test_from_a_file_to_subscriptions_with_two_people(two):
    one, other = two
    wanted = write_file(40, Random(3))
    answer = hand_in(one, wanted)
    file = ImportFile.objects.get()
    assert answer.url == reverse("desk_import", args=[file.pk])
    assert "0 / 40" in text_of(one.see("desk_import", file.pk))
    imports()
    shown = text_of(one.see("desk_import", file.pk))
    assert "Totaux de contrôle" in shown
    assert "40 40 oui" in shown
    assert one.act("desk_act_import", file.pk, reason="Les totaux concordent").status_code == 409
    assert other.act("desk_act_import", file.pk, reason="Les totaux concordent").status_code == 302
    imports()
    file.refresh_from_db()
    assert (file.state, file.alone, Subscription.objects.count()) == ("let_in", False, 40)
    rows = text_of(other.see("desk_import_rows", file.pk, etat="let_in"))
    assert Subscription.objects.order_by("pk")[0].number in rows
    assert "Ce même fichier est déjà là" in text_of(
        one.browser.post(reverse("desk_act_hand_in"), typed(wanted), follow=True)
    )
    assert ImportFile.objects.count() == 1


def test_alone_it_is_marked(at_desk, offers):
    one = at_desk("finance")
    hand_in(one, written(line(1)))
    imports()
    file = ImportFile.objects.get()
    assert one.act("desk_act_import", file.pk, reason="Personne d’autre n’est là").status_code == 302
    file.refresh_from_db()
    assert file.alone
    assert "par qui l’a déposé, seul" in text_of(one.see("desk_import", file.pk))


def test_each_figure_opens_its_lines_and_faults_leave_as_a_file(two):
    one, _other = two
    hand_in(one, written(line(1, formule="deux-ans"), line(2, destinataire_nom="=cmd()"), line(3, reference="+3"), line(4)))  # fmt: skip
    imports()
    file = ImportFile.objects.get()
    shown = text_of(one.see("desk_import", file.pk))
    assert "3 lignes sont en anomalie" in shown
    found = text_of(one.see("desk_import_rows", file.pk, colonne="formule", code="unknown_offer"))
    assert "Aucune formule ne porte ce code." in found
    assert "formule de tableur" not in found
    assert one.act("desk_act_import", file.pk, reason="quand même").status_code == 409
    sheet = one.see("desk_import_csv", file.pk)
    lines = sheet.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert "'+3" in lines[3]
    assert not any(cell.strip('"').startswith(STARTS) for row in lines for cell in row.split(";"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": b""}, "vide"),
        ({"body": b"source;reference\r\na;b\r\n"}, "Ces colonnes manquent"),
        ({"body": written(line(1)).bytes().decode().encode("cp1252")}, "n’est pas écrite en UTF-8"),
        ({"charge_from": "2026-11-23"}, "doit être à venir"),
        ({"deferred": "beaucoup"}, "n’est pas un montant"),
        ({"source": "shop"}, "nom court de l’ancienne maison"),
    ],
    ids=["empty", "columns", "encoding", "day", "amount", "source"],
)
def test_what_is_no_file_comes_back_with_its_sentence_and_what_was_typed(two, changes, said):
    one, _other = two
    answer = hand_in(one, written(line(1)), **changes)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "Reprise de septembre" in answer.content.decode()
    assert not ImportFile.objects.exists()


def test_a_file_of_a_hundred_megabytes_is_refused_before_it_is_read(two):
    one, _other = two

    class Untouched:
        """A body that nobody may read."""

        def read(self, *_size: int) -> bytes:
            raise AssertionError("it was read")

        readline = read

    answer = one.browser.generic(
        "POST", reverse("desk_act_hand_in"), b"", content_type="multipart/form-data; boundary=x",
        **{"CONTENT_LENGTH": str(100 * 1024 * 1024), "wsgi.input": Untouched()},
    )  # fmt: skip
    assert answer.status_code == 413
    assert "dépasse 48\u00a0Mo" in answer.content.decode()
    assert not ImportFile.objects.exists()


def test_a_file_that_hides_its_length_is_cut_and_refused(two, monkeypatch):
    from subscriptions.importing import lines

    one, _other = two
    monkeypatch.setattr(lines, "LARGEST", 2000)
    answer = hand_in(one, write_file(20, Random(1)))
    assert (answer.status_code, ImportFile.objects.count(), LARGEST) == (422, 0, 48 * 1024 * 1024)


def test_read_again_and_put_aside(two):
    one, other = two
    hand_in(one, written(line(1)))
    imports()
    file = ImportFile.objects.get()
    assert one.act("desk_act_import_again", file.pk, reason="Une formule a été ajoutée").status_code == 302
    imports()
    assert other.act("desk_act_import_aside", file.pk, reason="Un autre fichier vient").status_code == 302
    file.refresh_from_db()
    assert (file.state, ImportRow.objects.get().cells) == ("discarded", {})
    assert other.act("desk_act_import", file.pk, reason="trop tard").status_code == 409


def test_every_word_is_there():
    assert set(FILE) == set(ImportFile.State.values)
    assert set(ROW) == set(ImportRow.Outcome.values)
    assert set(CODE) == {str(one) for kind in (FaultCode, WarningCode) for one in kind}


def test_a_reader_or_support_does_not_come_in(at_desk, offers):
    support = at_desk("support")
    assert support.see("desk_imports").status_code == 403
    assert support.browser.post(reverse("desk_act_hand_in"), {}).status_code == 403
    assert not Customer.objects.filter(source=SOURCE).exists()
