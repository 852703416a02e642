"""The archive of a year is verified without a database, and any change of a byte is found; and the technical journal."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from payments.actors import job
from payments.closing.days import close_days
from payments.exports.archive import make_archive
from payments.exports.archive_checking import MANIFEST, verify
from payments.exports.fec_making import wanted_of
from payments.exports.keeping import pieces_of
from payments.models import TechnicalEvent
from payments.sealing import journal
from payments.sealing.sealing import seal_all
from tasks import money
from tests.closing.conftest import at, book

ACTOR = job("tests")
SPRING = date(2026, 3, 2)


@pytest.fixture
def archive(db) -> bytes:
    book("payment:1", on=SPRING, label='Encaissement « d’Éloïse \\ "ș" »')
    book("payment:2", on=SPRING)
    seal_all(at=at(SPRING))
    close_days(actor=ACTOR, at=at(date(2026, 3, 5)))
    journal.watch("1.0", actor=ACTOR, at=at(SPRING))
    kept = make_archive(wanted_of(2026), actor=ACTOR, at=at(date(2027, 1, 5)))
    again = make_archive(wanted_of(2026), actor=ACTOR, at=at(date(2027, 2, 5)))
    assert kept.pk == again.pk, "the same books make the same bytes"
    return b"".join(pieces_of(kept))


def found(body: bytes) -> list[tuple[str, str]]:
    return list(verify(io.BytesIO(body)))


def rewritten(body: bytes, name: str, old: bytes, new: bytes, *, honest_list: bool = True) -> bytes:
    """The archive with one member changed, and the list of hashes with it if wanted."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as before, zipfile.ZipFile(out, "w") as after:
        members = {one: before.read(one) for one in before.namelist()}
        assert old in members[name]
        members[name] = members[name].replace(old, new, 1)
        if honest_list:
            hashes = json.loads(members[MANIFEST]) | {name: hashlib.sha256(members[name]).hexdigest()}
            members[MANIFEST] = json.dumps(hashes).encode()
        for one, text in members.items():
            after.writestr(one, text)
    return out.getvalue()


def test_it_verifies_and_says_how_in_french(archive):
    assert found(archive) == []
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        assert "Vérification" in members.read("LISEZMOI.txt").decode()
        links = members.read("chaine_ledger.jsonl").decode().splitlines()
        assert len(links) == 3
        assert json.loads(links[1])[2][7] == 'Encaissement « d’Éloïse \\ "ș" »'
        assert len(members.read("jours.jsonl").splitlines()) == 3


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        ("chaine_ledger.jsonl", b'"27.60", "0.00"', b'"27.61", "0.00"', "le maillon 1 ne vérifie pas"),
        ("jours.jsonl", b"55.20", b"55.21", "le jour 2026-03-02 ne vérifie pas"),
        ("FEC", b"27,60", b"27,61", "ligne 2, ligne : L’écriture n’est pas équilibrée."),
    ],
)  # fmt: skip
def test_a_change_is_found_even_with_a_new_list_of_hashes(archive, name, old, new, sentence):
    name = wanted_of(2026).name if name == "FEC" else name
    assert found(rewritten(archive, name, old, new)) == [(name, sentence)]


def test_a_change_is_found_by_the_list(archive):
    changed = rewritten(archive, "LISEZMOI.txt", b"SIREN", b"SIRET", honest_list=False)
    assert found(changed) == [("LISEZMOI.txt", "n’a pas l’empreinte annoncée")]
    assert found(b"PK nothing") == [("", "n’est pas une archive ZIP lisible")]


def test_the_commands(archive, tmp_path, capsys):
    path = tmp_path / "archive.zip"
    path.write_bytes(archive)
    call_command("verify_archive", str(path))
    assert "intacte" in capsys.readouterr().out
    path.write_bytes(rewritten(archive, "LISEZMOI.txt", b"SIREN", b"SIRET", honest_list=False))
    with pytest.raises(CommandError):
        call_command("verify_archive", str(path))
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        name = wanted_of(2026).name
        (tmp_path / name).write_bytes(members.read(name))
    call_command("check_fec", str(tmp_path / name))
    assert "4 lignes, 2 écritures" in capsys.readouterr().out


# --- the technical journal -------------------------------------------------------------------------------------------


def events() -> list[tuple[str, str, str, str]]:
    return list(TechnicalEvent.objects.order_by("pk").values_list("kind", "name", "before", "after"))


def test_versions_and_settings_are_written_down_when_they_change(db, settings):
    first = journal.watch("1.0", actor=ACTOR, at=at(SPRING))
    assert first == len(events()) == 1 + len(journal.values())
    assert journal.watch("1.0", actor=ACTOR, at=at(SPRING)) == 0
    settings.TRANSFERS_APPROVED_ALONE = True
    settings.BANK_IBAN = "FR1420041010050500013M02606"
    assert journal.watch("1.1", actor=ACTOR, at=at(SPRING)) == 3
    version, alone, iban = events()[-3:]
    assert version == ("version", "boutique", "1.0", "1.1")
    assert alone == ("setting", "TRANSFERS_APPROVED_ALONE", "False", "True")
    assert iban[1] == "BANK_IBAN"
    assert "FR14" not in iban[3], "no account is written into the journal"


def test_a_clock_that_stands_before_what_is_sealed_is_written_down_once(db):
    book("payment:1", on=SPRING)
    seal_all(at=at(SPRING))
    journal.watch("1.0", actor=ACTOR, at=at(SPRING))
    back = at(SPRING) - timedelta(hours=1)
    assert journal.watch("1.0", actor=ACTOR, at=back) == 1
    assert journal.watch("1.0", actor=ACTOR, at=back + timedelta(minutes=1)) == 0
    assert events()[-1][0] == "clock"


def test_a_restore_and_the_job(db):
    call_command("note_restore", "boutique-2026-11-22.dump", "disque perdu")
    money.seal()
    assert events()[0] == ("restore", "database", "", "boutique-2026-11-22.dump")
    assert ("version", "boutique", "", "1.0") in events()
