"""The archive of a year is verified without a database: what was changed in it does not agree with the rest, what was made up from
one end to the other has another hash than the one that was sent; and the technical journal."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from payments.actors import job
from payments.closing.checklist import lines
from payments.closing.days import close_days
from payments.closing.periods import month_of, sign, tick, year_of
from payments.exports.archive import make_archive
from payments.exports.archive_checking import CHAINS, HEAD, MANIFEST, verify
from payments.exports.fec_making import CannotExport, wanted_of
from payments.exports.keeping import pieces_of
from payments.invoicing.issuing import Buyer, InvoiceDraft, LineDraft, issue
from payments.models import DayClosing, Document, KeptFile, SealedRow, TechnicalEvent
from payments.sealing import journal
from payments.sealing.canonical import SEALED
from payments.sealing.sealing import link, seal_all
from tasks import money
from tests.closing.conftest import at, book
from tests.makers import CLERK

ACTOR = job("tests")
SPRING = date(2026, 3, 2)
FEC = wanted_of(2026).name


@pytest.fixture
def archive(db) -> bytes:
    """Two entries, two invoices, three closed days; March and the year are not signed."""
    book("payment:1", on=SPRING, label='Encaissement « d’Éloïse \\ "ș" »')
    book("payment:2", on=SPRING)
    issue([invoice(1), invoice(2)], on=SPRING, actor=ACTOR, at=at(SPRING))
    journal.watch("1.0", actor=ACTOR, at=at(SPRING))
    seal_all(at=at(SPRING))
    close_days(actor=ACTOR, at=at(date(2026, 3, 5)))
    tick(month_of(SPRING), "bank", actor=CLERK, at=at(date(2026, 4, 1)), reason="vérifié sur le relevé")
    seal_all(at=at(date(2026, 4, 1)))
    kept = make_archive(wanted_of(2026), actor=ACTOR, at=at(date(2027, 1, 5)))
    again = make_archive(wanted_of(2026), actor=ACTOR, at=at(date(2027, 2, 5)))
    assert kept.pk == again.pk, "the same books make the same bytes"
    return b"".join(pieces_of(kept))


def invoice(number: int) -> InvoiceDraft:
    """What a reader of Lyon buys for a year."""
    return InvoiceDraft(
        subject=f"order:{number}", customer_id=None, payment_id=None,
        buyer=Buyer("consumer", "Camille Lenoir", ("3 RUE DE LA PAIX", "69001 LYON"), "FR"), vat_zone="FR",
        vat_rate=Decimal("2.10"), legal_mention="", lines=(LineDraft("ActuIA, abonnement d’un an", Decimal("27.60")),),
        supplied_on=SPRING, due_on=SPRING,
    )  # fmt: skip


def found(body: bytes, sha256: str = "") -> list[tuple[str, str]]:
    return list(verify(io.BytesIO(body), sha256=sha256))


def members_of(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {one: archive.read(one) for one in archive.namelist()}


def packed(members: dict[str, bytes], *, honest_list: bool = True) -> bytes:
    """An archive of these members, with the list of their hashes if wanted."""
    out = io.BytesIO()
    if honest_list:
        hashes = {one: hashlib.sha256(text).hexdigest() for one, text in members.items() if one != MANIFEST}
        members = members | {MANIFEST: json.dumps(hashes).encode()}
    with zipfile.ZipFile(out, "w") as after:
        for one, text in members.items():
            after.writestr(one, text)
    return out.getvalue()


def rewritten(body: bytes, name: str, old: bytes, new: bytes, *, honest_list: bool = True) -> bytes:
    """The archive with one member changed, and the list of hashes with it if wanted."""
    members = members_of(body)
    assert old in members[name]
    return packed(members | {name: members[name].replace(old, new, 1)}, honest_list=honest_list)


def cut(body: bytes, name: str, *, keep: slice) -> bytes:
    """The archive with some of the lines of one member only, and an honest list of hashes."""
    members = members_of(body)
    return packed(members | {name: b"".join(members[name].splitlines(keepends=True)[keep])})


def test_it_verifies_and_says_how_in_french(archive):
    assert found(archive) == []
    members = members_of(archive)
    assert "Vérification" in members["LISEZMOI.txt"].decode()
    links = members["chaine_ledger.jsonl"].decode().splitlines()
    assert len(links) == 5
    assert json.loads(links[1])[2][7] == 'Encaissement « d’Éloïse \\ "ș" »'
    assert len(members["jours.jsonl"].splitlines()) == 3
    assert [json.loads(json.loads(line)[0])["document"]["reference"] for line in members["factures.jsonl"].splitlines()] == [
        "F2026-000001", "F2026-000002",
    ]  # fmt: skip
    assert json.loads(members["chaine_ticks.jsonl"].splitlines()[1])[2][9] == "vérifié sur le relevé"
    head = json.loads(members[HEAD])
    assert (head["exercice"], head["provisoire"], head["chaine_ledger.jsonl"]["lignes"]) == (2026, True, 4)


def test_the_verifier_knows_every_chain():
    assert {f"chaine_{chain}.jsonl" for chain in SEALED} == set(CHAINS)


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        ("chaine_ledger.jsonl", b'"27.60", "0.00"', b'"27.61", "0.00"', "le maillon 1 ne vérifie pas"),
        ("chaine_ticks.jsonl", "vérifié sur".encode(), b"jamais vu sur", "le maillon 1 ne vérifie pas"),
        ("jours.jsonl", b"110.40", b"110.41", "le jour 2026-03-02 ne vérifie pas"),
        ("factures.jsonl", b"Camille", b"Camillo", "la pièce F2026-000001 ne vérifie pas"),
        ("factures.jsonl", b"27.60", b"2.760", "la pièce F2026-000001 ne vérifie pas"),
        (FEC, b"27,60", b"27,61", "ligne 2, ligne : L’écriture n’est pas équilibrée."),
    ],
)  # fmt: skip
def test_a_change_is_found_even_with_a_new_list_of_hashes(archive, name, old, new, sentence):
    assert found(rewritten(archive, name, old, new)) == [(name, sentence)]


ENDS = "ne commence ou ne finit pas comme TETE.json le dit"


@pytest.mark.parametrize(
    ("name", "keep"),
    [
        ("chaine_ledger.jsonl", slice(0, 2)),
        ("chaine_ledger.jsonl", slice(0, 1)),
        ("jours.jsonl", slice(0, 1)),
        ("jours.jsonl", slice(1, None)),
        ("jours.jsonl", slice(0, 0)),
        ("factures.jsonl", slice(0, 1)),
        ("factures.jsonl", slice(1, None)),
        ("chaine_journal.jsonl", slice(0, -1)),
    ],
)
def test_what_was_cut_off_is_found(archive, name, keep):
    assert found(cut(archive, name, keep=keep)) == [(name, ENDS)]


def test_a_chain_made_anew_is_not_the_one_that_the_days_cite(archive):
    """Everything agrees with itself, the head too, but for the days that were closed while it stood."""
    members = members_of(archive)
    name, before, links = "chaine_ledger.jsonl", "", [b'[""]\n']
    for line in members[name].splitlines()[1:]:
        position, _hash, row = json.loads(line)
        text = json.dumps(row, ensure_ascii=False).replace("27.60", "55.20")
        before = link(before, hashlib.sha256(text.encode()).hexdigest())
        links.append(f'[{position}, "{before}", {text}]\n'.encode())
    head = json.loads(members[HEAD])
    head[name]["empreinte"] = before
    forged = packed(members | {name: b"".join(links), HEAD: json.dumps(head).encode()})
    assert found(forged) == [(name, "le maillon 4 n’est pas celui que les clôtures journalières citent")]


def test_no_file_may_be_missing_twice_or_beside(archive):
    members = members_of(archive)
    alone = {"LISEZMOI.txt": members["LISEZMOI.txt"]}
    missing = {name for name, sentence in found(packed(alone)) if "manque" in sentence}
    assert missing == {HEAD, "jours.jsonl", "periodes.jsonl", "factures.jsonl", "FEC", *CHAINS}
    for name in [*members.keys() - {MANIFEST, FEC}]:
        assert (name, "manque") in found(packed({one: text for one, text in members.items() if one != name})), name
    assert found(packed(members | {"autre.txt": b"x"})) == [("autre.txt", "n’a rien à faire dans une archive")]
    out = io.BytesIO(archive)
    with zipfile.ZipFile(out, "a") as twice, pytest.warns(UserWarning, match="Duplicate"):
        twice.writestr("factures.jsonl", members["factures.jsonl"])
    assert found(out.getvalue()) == [("factures.jsonl", "est deux fois dans l’archive")]


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\n", b"{", b"[]\n", b"null\n", b'["x"]\n["y"]\n', b"\xff\xfe\n", b"[1, 2, 3, 4]\n", b"[" * 60_000],
)
def test_garbage_is_a_sentence_and_no_crash(archive, garbage):
    members = members_of(archive)
    for name in (HEAD, "jours.jsonl", "factures.jsonl", *CHAINS, FEC):
        assert name in {one for one, _sentence in found(packed(members | {name: garbage}))} or name == HEAD, name
        assert found(packed(members | {name: garbage})), name
    assert found(packed(members | {"periodes.jsonl": garbage or b"x"}))
    assert found(packed(members | {MANIFEST: garbage}, honest_list=False)) == [(MANIFEST, "ne se lit pas")]


def test_only_its_own_hash_says_that_it_is_the_one_that_was_made(archive, tmp_path, capsys):
    """Any archive that agrees with itself is coherent; the hash that was sent is that of one."""
    sha256 = hashlib.sha256(archive).hexdigest()
    assert found(archive, sha256.upper()) == []
    packed_again = packed(members_of(archive))
    assert found(packed_again) == []
    assert found(packed_again, sha256) == [
        ("", "n’a pas l’empreinte qui avait été gardée : ce n’est pas l’archive qui a été établie")
    ]
    path = tmp_path / "archive.zip"
    path.write_bytes(archive)
    call_command("verify_archive", str(path), "--sha256", sha256)
    assert "intacte" in capsys.readouterr().out
    call_command("verify_archive", str(path))
    said = capsys.readouterr().out
    assert "intacte" not in said
    assert f"cohérente. Son empreinte : {sha256}" in said


def test_its_hash_is_sealed_with_the_next_day(archive):
    kept = KeptFile.objects.get()
    seal_all(at=at(date(2027, 1, 5)))
    close_days(actor=ACTOR, at=at(date(2027, 1, 6)))
    sealed = SealedRow.objects.get(chain="files")
    assert (sealed.row, DayClosing.objects.order_by("-day").first().heads["files"]) == (kept.pk, [1, sealed.hash])


def test_an_archive_is_provisional_until_its_year_is_signed(db):
    book("payment:1", on=date(2026, 12, 30))
    close_days(actor=ACTOR, at=at(date(2027, 1, 4)))
    early = make_archive(wanted_of(2026), actor=ACTOR, at=at(date(2027, 1, 4)))
    assert early.name == "732829320ARCHIVE2026PROVISOIRE.zip"
    for period in (month_of(date(2026, 12, 1)), year_of(date(2026, 1, 1))):
        for line in lines():
            if line.by_person:
                tick(period, line.key, actor=CLERK, at=at(date(2027, 1, 4)), reason="vérifié sur le relevé")
        sign(period, actor=CLERK, at=at(date(2027, 1, 4)), reason="vérifié")
    final = make_archive(wanted_of(2026), actor=ACTOR, at=at(date(2027, 1, 5)))
    assert final.name == "732829320ARCHIVE2026.zip"
    body = b"".join(pieces_of(final))
    assert found(body) == []
    assert json.loads(members_of(body)[HEAD])["provisoire"] is False
    assert found(rewritten(body, "periodes.jsonl", b'"27.60"', b'"27.61"')) == [
        ("periodes.jsonl", "la clôture 2026-12, version 1, ne vérifie pas")
    ]
    assert found(cut(body, "periodes.jsonl", keep=slice(0, 1))) == [("periodes.jsonl", ENDS)]
    assert {Document.objects.get(sha256=part).keep_until for part in final.parts} == {date(2038, 1, 1)}


def test_a_signature_made_up_anew_is_not_the_one_that_was_sealed(db):
    """Its own hash and the head agree with it; the link that was made in the year does not."""
    book("payment:1", on=date(2026, 10, 5))
    for month in (10, 11):
        period = month_of(date(2026, month, 1))
        when = at(period.last_day + timedelta(days=2))
        close_days(actor=ACTOR, at=when)
        for line in lines():
            if line.by_person:
                tick(period, line.key, actor=CLERK, at=when, reason="vérifié sur le relevé")
        sign(period, actor=CLERK, at=when, reason="vérifié")
        seal_all(at=when)
    body = b"".join(pieces_of(make_archive(wanted_of(2026), actor=ACTOR, at=at(date(2026, 12, 5)))))
    members = members_of(body)
    first, second = members["periodes.jsonl"].splitlines(keepends=True)
    said, _hash, when, opened = json.loads(first)
    said[4] = "staff:9"
    own = hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    forged = json.dumps([said, own, when, opened], ensure_ascii=False).encode() + b"\n"
    assert found(packed(members | {"periodes.jsonl": forged + second})) == [
        ("periodes.jsonl", "la clôture du 2026-10-01, version 1, n’est pas celle qui a été scellée")
    ]


@pytest.mark.django_db(transaction=True)
def test_an_archive_that_does_not_verify_is_not_kept(superuser):
    book("payment:1", on=SPRING)
    book("payment:2", on=SPRING)
    close_days(actor=ACTOR, at=at(date(2026, 3, 5)))
    superuser.execute(
        "SET session_replication_role = replica; UPDATE payments_ledgerentry SET label = 'x' WHERE source = 'payment:1'"
    )
    with pytest.raises(CannotExport, match="le maillon 1 ne vérifie pas"):
        make_archive(wanted_of(2026), actor=ACTOR, at=at(date(2027, 1, 5)))
    assert not KeptFile.objects.exists()


def test_a_change_is_found_by_the_list(archive):
    changed = rewritten(archive, "LISEZMOI.txt", b"SIREN", b"SIRET", honest_list=False)
    assert found(changed) == [("LISEZMOI.txt", "n’a pas l’empreinte annoncée")]
    assert found(b"PK nothing") == [("", "n’est pas une archive ZIP lisible")]


def test_the_commands(archive, tmp_path, capsys):
    path = tmp_path / "archive.zip"
    path.write_bytes(archive)
    call_command("verify_archive", str(path))
    assert "cohérente" in capsys.readouterr().out
    path.write_bytes(rewritten(archive, "LISEZMOI.txt", b"SIREN", b"SIRET", honest_list=False))
    with pytest.raises(CommandError):
        call_command("verify_archive", str(path))
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        name = wanted_of(2026).name
        (tmp_path / name).write_bytes(members.read(name))
    call_command("check_fec", str(tmp_path / name))
    assert "10 lignes, 4 écritures" in capsys.readouterr().out


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
