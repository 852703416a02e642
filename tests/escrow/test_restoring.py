"""The nightly file of a living shop, restored into an empty database, makes the same files byte for byte."""

from __future__ import annotations

import hashlib
import io
import subprocess
import zipfile
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from payments.actors import job
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress
from subscriptions.enveloping import CannotOpen
from subscriptions.escrow.keeping import keep, path_of
from subscriptions.escrow.opening import Untrue, open_archive, open_envelope, remade
from subscriptions.escrow.restoring import NotEmpty, restore
from subscriptions.figures.reading import figures_of
from subscriptions.fulfilment.address_file import file_name, verify, written
from subscriptions.fulfilment.closing import ask
from subscriptions.fulfilment.control_sheet import control_sheet
from subscriptions.fulfilment.free_copies import give_free
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.labels import labels
from subscriptions.fulfilment.posting import post_run
from subscriptions.models import Dispatch, Escrow, Issue, Magazine, MailingRun, RestoredEscrow, Subscription
from tests.certificates import pair
from tests.escrow.copies import HOUSE, NOTARY, configure, empty_copy
from tests.fulfilment.people import at, buys, issue
from tests.fulfilment.test_closing import BRUSSELS, LIBRARY, REUNION
from tests.makers import CLERK, COLLEAGUE, close_file, make_house, make_magazine, make_offers

pytestmark = pytest.mark.django_db(transaction=True)
NIGHT, CUTOFF_26 = date(2026, 12, 2), date(2027, 3, 1)
SYSTEM = job("test")


@pytest.fixture
def lived(settings, tmp_path):
    """A shop whose issue 25 was closed on its day and has not left, on the night after; the path of its escrow file."""
    configure(settings, tmp_path)
    magazine = make_magazine()
    offers = make_offers(magazine)
    make_house(
        magazine, columns=["cle_unique", "num_abonne", "l1", "l2", "l4", "l6", "l7", "qte", "nb_restants", "date_depot"]
    )
    buys(offers["fixed"])
    buys(offers["automatic"], email="luc@example.be", address=BRUSSELS)
    buys(offers["fixed"], email="fabrice@example.fr", address=REUNION)
    buys(offers["fixed"], email="bibliotheque@example.fr", address=LIBRARY)
    seed = TypedAddress(first_name="Paul", last_name="Durand", street="8 place de la Mairie", postcode="44000", town="Nantes", country="FR")  # fmt: skip
    give_free(
        magazine.pk, seed, postal_label(seed), kind="seed", copies=2, from_number=25, until_number=None, actor=CLERK,
        reason="adresse de contrôle", at=at(date(2026, 11, 24)),
    )  # fmt: skip
    close_file(issue(25), on=date(2026, 12, 1))
    make_house(magazine)  # another profile from now on
    late = TypedAddress(first_name="Anne", last_name="Le Goff", street="3 rue « A; B »", postcode="29000", town="Quimper", country="FR")  # fmt: skip
    buys(offers["fixed"], email="anne@example.fr", address=late, when=at(date(2026, 12, 1), 18))
    assert keep(on=NIGHT, actor=SYSTEM, at=at(NIGHT, 3)).there
    return path_of(Escrow.objects.get())


def opened(path, who=NOTARY):
    key, certificate = pair(who)
    return open_envelope(path.read_bytes(), key=key, certificate=certificate)


def papers(run: MailingRun) -> tuple[bytes, bytes, bytes]:
    return b"".join(written(run)), labels(run, sheet="3x7"), control_sheet(run)


def test_the_copy_makes_the_files_of_the_living_shop_to_the_byte(lived):
    shut = MailingRun.objects.get()
    alive = {25: papers(shut)}
    hand_over(shut.pk, actor=CLERK, at=at(date(2026, 12, 3)))
    count_received(shut.pk, copies=shut.copies, actor=CLERK, at=at(date(2026, 12, 4)))
    post_run(shut.pk, on=date(2026, 12, 15), actor=CLERK, at=at(date(2026, 12, 15)))
    alive[26] = papers(close_file(issue(26), on=CUTOFF_26))
    archive = opened(lived)
    with empty_copy():
        restored = {run.issue.number: run for run in restore(archive, actor=SYSTEM, at=at(CUTOFF_26))}
        assert sorted(restored) == [25, 26, 27, 28, 29]
        copied = {number: papers(restored[number]) for number in alive}
        verify(MailingRun.objects.select_related("issue__magazine", "house").get(issue__number=25))
        assert Subscription.objects.count() == 0
        assert RestoredEscrow.objects.get().lines.count() == Dispatch.objects.count() > 0
        assert Issue.objects.get(number=25).state == "closed"
    for number, (file, paper, _sheet) in alive.items():
        assert copied[number][0] == file, number
        assert copied[number][1] == paper, number
    assert copied[25][2] == alive[25][2]
    assert b"Paul DURAND" in alive[25][0]
    assert len(alive[26][0].splitlines()) == 7


def test_what_a_restored_shop_posts_counts_as_paid_by_nobody(lived):
    """The escrow holds no price: four readers and two test addresses, and not six sales by post."""
    archive = opened(lived)
    with empty_copy():
        run = next(run for run in restore(archive, actor=SYSTEM, at=at(NIGHT)) if run.issue.number == 25)
        when = at(date(2026, 12, 15))
        hand_over(run.pk, actor=CLERK, at=when)
        count_received(run.pk, copies=run.copies, actor=CLERK, at=when)
        post_run(run.pk, on=date(2026, 12, 15), actor=CLERK, at=when)
        (found,) = figures_of([Issue.objects.get(number=25)])
        assert (found.paid, found.posted, dict(found.copies)) == (0, run.copies, {"RESTORED": run.copies})


def test_without_the_shop_the_file_inside_is_the_file_of_the_house(lived):
    """Nothing but openssl and a ZIP: what a notary's clerk would do."""
    home = lived.parent.parent
    for name, body in zip(("key", "certificate"), pair(HOUSE), strict=True):
        (home / f"{name}.pem").write_bytes(body)
    subprocess.run(
        ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", lived, "-inkey", home / "key.pem", "-recip",
         home / "certificate.pem", "-out", home / "sequestre.zip"],
        check=True,
    )  # fmt: skip
    shut = MailingRun.objects.select_related("issue__magazine", "house").get()
    with zipfile.ZipFile(home / "sequestre.zip") as archive:
        inside = archive.read(f"routeur/{file_name(shut)}")
        assert "openssl cms -decrypt" in archive.read("LISEZMOI.txt").decode()
        readers = archive.read("ACTUIA_abonnes.csv").decode().splitlines()
    assert hashlib.sha256(inside).hexdigest() == shut.sha256
    assert inside == b"".join(written(shut))
    assert [len(row.split(";")) for row in readers] == [18] * 7
    assert "example.fr" not in (home / "sequestre.zip").read_bytes().decode("latin-1")


def test_a_file_foreseen_is_the_file_that_closing_makes(lived):
    run = close_file(issue(26), on=date(2026, 12, 2))
    archive = opened(lived)
    row = next(row for row in archive.runs if row["numero"] == 26)
    # Closed before 25 has left, its copies still count as to come; the plan knows that they have gone by then.
    foreseen, made = (
        archive.read(row["complet"]).decode().splitlines(),
        b"".join(written(run)).decode("cp1252").splitlines(),
    )
    assert [line.split(";")[:18] + line.split(";")[19:] for line in made] == [
        line.split(";")[:18] + line.split(";")[19:] for line in foreseen
    ]
    assert (row["lignes"], row["exemplaires"], row["arrete"]) == (run.dispatches, run.copies, False)


def test_every_file_is_made_from_its_lines_and_its_profile_alone(lived):
    archive = opened(lived)
    assert [row["numero"] for row in archive.runs] == [25, 26, 27, 28, 29]
    for row in archive.runs:
        assert remade(archive, row) == archive.read(row["fichier"])


@pytest.mark.parametrize("who", [NOTARY, HOUSE, "Répétition"])
def test_each_holder_opens_it_alone(lived, who):
    assert opened(lived, who).manifest["jour"] == "2026-12-02"


def test_nobody_else_opens_it_and_no_byte_may_differ(lived):
    with pytest.raises(CannotOpen):
        opened(lived, "Quelqu’un d’autre")
    key, certificate = pair(NOTARY)
    envelope = bytearray(lived.read_bytes())
    envelope[-40] ^= 1
    with pytest.raises((CannotOpen, Untrue)):
        open_envelope(bytes(envelope), key=key, certificate=certificate)


def test_a_changed_line_in_the_archive_is_refused(lived):
    archive = opened(lived)
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as out:
        for info in archive.files.infolist():
            body = archive.files.read(info)
            out.writestr(info, body.replace(b"75004 PARIS", b"75005 PARIS"))
    with pytest.raises(Untrue, match=r"another hash: ACTUIA_abonnes\.csv, complet/ACTUIA_N025"):
        open_archive(other.getvalue())


def test_nothing_is_restored_beside_anything(lived):
    archive = opened(lived)
    with pytest.raises(NotEmpty):
        restore(archive, actor=SYSTEM, at=at(NIGHT))
    assert Magazine.objects.count() == 1
    with empty_copy():
        restore(archive, actor=SYSTEM, at=at(NIGHT))
        with pytest.raises(NotEmpty):
            restore(archive, actor=SYSTEM, at=at(NIGHT))
        assert Magazine.objects.count() == 1


def test_a_copy_closed_after_the_planned_day_says_the_day_it_is_deposited(lived):
    archive = opened(lived)
    with empty_copy():
        runs = {run.issue.number: run for run in restore(archive, actor=SYSTEM, at=at(date(2027, 3, 20)))}
        assert runs[25].deposit_on == date(2026, 12, 15)
        assert runs[26].deposit_on == date(2027, 3, 20)
        assert b"20270320" in b"".join(written(runs[26]))


def test_the_command_writes_files_sheets_and_labels(lived, tmp_path, capsys):
    key, certificate = pair(NOTARY)
    (tmp_path / "k.pem").write_bytes(key)
    (tmp_path / "c.pem").write_bytes(certificate)
    given = {"key": tmp_path / "k.pem", "certificate": tmp_path / "c.pem", "into": tmp_path / "out"}
    with pytest.raises(CommandError, match="empty database"):
        call_command("restore_escrow", str(lived), **given)
    with empty_copy():
        call_command("restore_escrow", str(lived), **given)
    made = sorted(one.name for one in (tmp_path / "out").iterdir())
    assert len(made) == 15
    assert made[:3] == [
        "ACTUIA_N025_20261215_v1.csv",
        "ACTUIA_N025_20261215_v1_bordereau.pdf",
        "ACTUIA_N025_20261215_v1_etiquettes_3x7.pdf",
    ]
    shut = MailingRun.objects.get()
    assert hashlib.sha256((tmp_path / "out" / made[0]).read_bytes()).hexdigest() == shut.sha256
    assert f"sha256 {shut.sha256}" in capsys.readouterr().out


def test_a_run_that_was_asked_for_keeps_its_place_in_the_keys(lived):
    asked = ask_for(26)
    assert keep(on=date(2027, 3, 1), actor=SYSTEM, at=at(CUTOFF_26, 3)).there
    archive = opened(path_of(Escrow.objects.first()))
    row = next(row for row in archive.runs if row["numero"] == 26)
    assert row["rang"] == asked.sequence == 1


def ask_for(number: int) -> MailingRun:
    Issue.objects.filter(number=number).update(cutoff_on=date(2027, 2, 1))
    run = ask(issue(number).pk, actor=COLLEAGUE, at=at(CUTOFF_26))
    assert run.state == "asked"
    return run
