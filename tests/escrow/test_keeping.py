"""One file a night: once, whole, tried again by the table, kept so many nights; killed anywhere, the next round mends it."""

from __future__ import annotations

import hashlib
import os
import threading
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, ProgrammingError, connection

from payments.actors import job
from payments.models import DeskItem
from shop.checks import escrow_can_be_used, folders_can_be_written
from shop.configuration import refuse_broken_escrow, refuse_broken_hand_over
from shop.watch.models import JobRun
from shop.watch.runs import know
from subscriptions.escrow import holders, keeping, rehearsing
from subscriptions.escrow.keeping import FAILED, STALLED, WAITS, keep, path_of
from subscriptions.escrow.moving import NoSuchStep, move
from subscriptions.models import Escrow, EscrowRehearsal
from tasks.escrow import NoEscrow, escrow
from tests.certificates import pair
from tests.escrow.copies import HOUSE, NOTARY, configure
from tests.fulfilment.people import at, buys
from tests.makers import TODAY, make_house, make_magazine, make_offers

NIGHT = date(2026, 11, 24)
CLOCK = job("escrow")
TOMORROW = NIGHT + timedelta(days=1)


class Killed(BaseException):
    """The process ends here; nothing catches it."""


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    return configure(settings, tmp_path)


@pytest.fixture
def reader(db):
    magazine = make_magazine()
    make_house(magazine)
    return buys(make_offers(magazine)["fixed"])


def round_at(when: datetime, *, night: date = NIGHT):
    return keep(on=night, actor=CLOCK, at=when)


def files(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_one_file_a_night_with_its_figures(folder, reader):
    first = round_at(at(NIGHT, 1))
    again = round_at(at(NIGHT, 2))
    assert (first.written, again.written, first.there, again.there) == (1, 0, True, True)
    row = Escrow.objects.get()
    body = path_of(row).read_bytes()
    assert (row.state, row.night, row.attempts, row.name) == ("done", NIGHT, 1, "sequestre-2026-11-24.p7m")
    assert (row.sha256, row.size) == (hashlib.sha256(body).hexdigest(), len(body))
    # One reader is owed four issues: 25 to 28.
    assert (row.lines, row.copies) == (4, 4)
    assert [(one["issue"], one["closed"], one["lines"], one["true"]) for one in row.counts] == [
        (number, False, 1, True) for number in ("25", "26", "27", "28")
    ]
    assert [one["name"] for one in row.holders] == [NOTARY, HOUSE, "Répétition"]
    assert files(folder) == ["sequestre-2026-11-24.p7m"]
    assert "LEFÈVRE" not in str(row.counts)
    assert oct(path_of(row).stat().st_mode)[-3:] == "640"


@pytest.mark.parametrize(
    ("where", "left"),
    [("make", []), ("enveloped", []), ("_put", []), ("_finish", ["sequestre-2026-11-24.p7m.1.coming"])],
)
def test_killed_at_each_step_the_next_round_mends_it(folder, reader, monkeypatch, where, left):
    def dies(*_args, **_facts):
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):  # noqa: PT012
        patched.setattr(keeping, where, dies)
        round_at(at(NIGHT, 1))
    assert files(folder) == left
    # In flight: somebody may still be at it.
    assert (Escrow.objects.get().state, round_at(at(NIGHT, 1)).written) == ("in_flight", 0)
    assert round_at(at(NIGHT, 1) + STALLED).written == 1
    row = Escrow.objects.get()
    assert (row.state, row.attempts, files(folder)) == ("done", 2, ["sequestre-2026-11-24.p7m"])
    assert hashlib.sha256(path_of(row).read_bytes()).hexdigest() == row.sha256


@pytest.mark.django_db(transaction=True)
def test_killed_between_the_file_and_its_row(folder, reader, monkeypatch):
    with monkeypatch.context() as patched, pytest.raises(Killed):  # noqa: PT012
        patched.setattr(keeping, "move", _dies_at("done"))
        round_at(at(NIGHT, 1))
    assert files(folder) == ["sequestre-2026-11-24.p7m"]
    assert Escrow.objects.get().sha256 == ""
    assert round_at(at(NIGHT, 1) + STALLED).written == 1
    row = Escrow.objects.get()
    assert hashlib.sha256(path_of(row).read_bytes()).hexdigest() == row.sha256


def _dies_at(target: str):
    def moves(row, to, **facts):
        if to == target:
            raise Killed
        move(row, to, **facts)

    return moves


def test_a_late_try_does_not_put_its_file_under_anothers_hash(folder, reader, monkeypatch):
    """The first try sleeps until the second has finished."""
    really, rounds = keeping.enveloped, []

    def slow(content, certificates):
        if not rounds:
            rounds.append(1)
            assert round_at(at(NIGHT, 1) + STALLED).written == 1
        return really(content, certificates)

    monkeypatch.setattr(keeping, "enveloped", slow)
    assert round_at(at(NIGHT, 1)).there
    row = Escrow.objects.get()
    assert (row.attempts, files(folder)) == (2, ["sequestre-2026-11-24.p7m"])
    assert hashlib.sha256(path_of(row).read_bytes()).hexdigest() == row.sha256


@pytest.mark.django_db(transaction=True)
def test_two_workers_write_one_file(folder, reader):
    found = []

    def works():
        try:
            found.append(round_at(at(NIGHT, 1)).written)
        finally:
            connection.close()

    workers = [threading.Thread(target=works) for _one in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sorted(found) == [0, 1]
    assert (Escrow.objects.get().attempts, files(folder)) == (1, ["sequestre-2026-11-24.p7m"])


def test_a_full_disk_is_tried_again_by_the_table_then_stands_on_the_desk(folder, reader):
    for number in range(1, len(WAITS) + 2):
        (folder / f"sequestre-2026-11-24.p7m.{number}.coming").symlink_to("/dev/full")
    when = at(NIGHT, 1)
    for number, wait in enumerate((*WAITS, None), start=1):
        assert round_at(when).failed == 1
        row = Escrow.objects.get()
        assert (row.attempts, row.failure) == (number, "disk full")
        if wait is None:
            break
        assert (row.state, row.due_at, DeskItem.objects.count()) == ("queued", when + wait, 0)
        assert round_at(when + wait - timedelta(seconds=1)).failed == 0
        when += wait
    assert (row.state, round_at(when + timedelta(hours=2)).there) == ("failed", False)
    item = DeskItem.objects.get(kind=FAILED)
    assert item.desk == "technique"
    assert "24/11/2026 n’a pas pu être écrit (disk full), après 4 essais" in item.sentence
    assert files(folder) == []
    assert round_at(at(TOMORROW, 1), night=TOMORROW).written == 1
    assert not DeskItem.objects.filter(kind=FAILED, closed_at=None).exists()


def test_a_folder_that_is_gone_is_tried_again_once_it_is_there(folder, reader):
    folder.rmdir()
    assert round_at(at(NIGHT, 1)).failed == 1
    assert Escrow.objects.get().failure == "folder"
    folder.mkdir()
    assert round_at(at(NIGHT, 2)).written == 1


def test_a_certificate_that_is_gone_fails_the_night(folder, reader, settings):
    Path(settings.ESCROW_CERTIFICATES[0]).write_text("nothing")
    assert round_at(at(NIGHT, 1)).failed == 1
    assert Escrow.objects.get().failure == "certificate"
    os.remove(settings.ESCROW_CERTIFICATES[0])
    assert round_at(at(NIGHT, 2)).failed == 1
    assert (Escrow.objects.get().failure, files(folder)) == ("folder", [])


def test_a_clock_that_stood_still_writes_tonight_and_not_the_nights_before(folder, reader, monkeypatch):
    with monkeypatch.context() as patched, pytest.raises(Killed):  # noqa: PT012
        patched.setattr(keeping, "make", _killed)
        round_at(at(NIGHT, 1))
    later = NIGHT + timedelta(days=40)
    assert round_at(at(later, 1), night=later).written == 1
    assert list(Escrow.objects.values_list("night", "state", "failure")) == [
        (later, "done", ""),
        (NIGHT, "failed", "stalled"),
    ]


def _killed(**_facts):
    raise Killed


def test_so_many_nights_are_kept(folder, reader, settings):
    settings.ESCROW_KEEP = 2
    (folder / "sequestre-2026-11-20.p7m.1.coming").touch()
    for day in range(4):
        night = NIGHT + timedelta(days=day)
        round_at(at(night, 1), night=night)
    assert files(folder) == ["sequestre-2026-11-26.p7m", "sequestre-2026-11-27.p7m"]
    assert [bool(row.removed_at) for row in Escrow.objects.order_by("night")] == [True, True, False, False]


def test_what_was_written_is_never_changed(folder, reader):
    round_at(at(NIGHT, 1))
    row = Escrow.objects.get()
    with pytest.raises(NoSuchStep):
        move(row, "failed", at=at(NIGHT, 2))
    with pytest.raises(IntegrityError, match="only"):
        Escrow.objects.filter(pk=row.pk).update(sha256="0" * 64)


def test_a_certificate_that_ends_soon_is_said_and_used(folder, reader, settings, tmp_path):
    (tmp_path / "old.pem").write_bytes(pair("Étude qui ferme", days=330)[1])
    settings.ESCROW_CERTIFICATES = [*settings.ESCROW_CERTIFICATES, str(tmp_path / "old.pem")]
    for _twice in range(2):
        assert holders.watch(actor=CLOCK, at=at(NIGHT, 1)) == 1
    item = DeskItem.objects.get(kind=holders.ENDS, closed_at=None)
    assert "Étude qui ferme pour le séquestre finit le 27/11/2026" in item.sentence
    assert round_at(at(NIGHT, 1)).written == 1
    settings.ESCROW_CERTIFICATES = settings.ESCROW_CERTIFICATES[:-1]
    assert holders.watch(actor=CLOCK, at=at(NIGHT, 2)) == 0
    assert not DeskItem.objects.filter(kind=holders.ENDS, closed_at=None).exists()


# --- rehearsals ------------------------------------------------------------------------------------------------------


def test_once_a_week_the_newest_file_is_opened(folder, reader):
    round_at(at(NIGHT, 1))
    row = rehearsing.due(at=at(NIGHT, 1))
    done = rehearsing.rehearse(row, actor=CLOCK, at=at(NIGHT, 1))
    assert (done.succeeded, done.facts) == (True, {"files": 4, "lines": 4, "copies": 4, "wrong": ""})
    for day in range(1, 8):
        night = NIGHT + timedelta(days=day)
        round_at(at(night, 1), night=night)
        assert (rehearsing.due(at=at(night, 1)) is not None) == (day == 7)


def test_a_changed_byte_is_found_and_stands_on_the_desk_until_a_file_opens(folder, reader):
    round_at(at(NIGHT, 1))
    row = Escrow.objects.get()
    body = bytearray(path_of(row).read_bytes())
    body[len(body) // 2] ^= 1
    path_of(row).write_bytes(body)
    done = rehearsing.rehearse(row, actor=CLOCK, at=at(NIGHT, 1))
    assert (done.succeeded, done.facts["wrong"]) == (False, "changed")
    item = DeskItem.objects.get(kind=rehearsing.REHEARSAL_FAILED)
    assert item.closed_at is None
    assert item.sentence == "Le séquestre du 24/11/2026 n’est pas bon : ce n’est plus le fichier qui a été écrit."
    assert rehearsing.due(at=at(NIGHT, 1)) is None
    round_at(at(TOMORROW, 1), night=TOMORROW)
    assert rehearsing.rehearse(rehearsing.due(at=at(TOMORROW, 1)), actor=CLOCK, at=at(TOMORROW, 1)).succeeded
    assert DeskItem.objects.get(kind=rehearsing.REHEARSAL_FAILED).closed_at is not None


def test_a_file_that_is_gone_is_found(folder, reader):
    round_at(at(NIGHT, 1))
    path_of(Escrow.objects.get()).unlink()
    done = rehearsing.rehearse(Escrow.objects.get(), actor=CLOCK, at=at(NIGHT, 1))
    assert done.facts["wrong"] == "missing"


def test_a_key_that_opens_nothing_is_found(folder, reader, settings, tmp_path):
    round_at(at(NIGHT, 1))
    (tmp_path / "other.pem").write_bytes(b"".join(pair("Autre")))
    settings.ESCROW_REHEARSAL_KEY = str(tmp_path / "other.pem")
    assert rehearsing.rehearse(Escrow.objects.get(), actor=CLOCK, at=at(NIGHT, 1)).facts["wrong"] == "key"


def test_a_key_that_cannot_be_read_does_not_accuse_the_file(folder, reader, settings, tmp_path):
    round_at(at(NIGHT, 1))
    settings.ESCROW_REHEARSAL_KEY = str(tmp_path / "gone.pem")
    assert rehearsing.rehearse(Escrow.objects.get(), actor=CLOCK, at=at(NIGHT, 1)).facts["wrong"] == "key"
    assert DeskItem.objects.get(kind=rehearsing.REHEARSAL_FAILED).sentence == (
        "Le séquestre du 24/11/2026 n’a pas pu être ouvert : la clé de répétition manque, ou ne l’ouvre pas."
    )


def test_a_person_writes_down_that_it_was_restored(folder, reader):
    round_at(at(NIGHT, 1))
    row = Escrow.objects.get()
    rehearsing.write_down(row.pk, succeeded=True, actor=job("test"), reason="restauré chez le notaire", at=at(NIGHT, 9))
    assert row.rehearsals.get().kind == "restored"
    with pytest.raises(ProgrammingError, match="permission denied"):
        EscrowRehearsal.objects.update(succeeded=False)


# --- the job and the settings ----------------------------------------------------------------------------------------


def test_the_job_writes_opens_and_raises_when_there_is_no_file(folder, reader, monkeypatch):
    know([("escrow", 900, 21_600)], at=at(TODAY))
    escrow()
    run = JobRun.objects.get()
    assert run.succeeded_at is not None
    assert (Escrow.objects.get().state, EscrowRehearsal.objects.get().succeeded) == ("done", True)
    monkeypatch.setattr(keeping, "make", _fails)
    Escrow.objects.all()  # the night is over: another clock
    with pytest.raises(NoEscrow):
        _at(monkeypatch, at(NIGHT, 2))
    assert JobRun.objects.get().failure == "NoEscrow"


def _fails(**_facts):
    raise RuntimeError


def _at(monkeypatch, when):
    monkeypatch.setattr("tasks.escrow.timezone.now", lambda: when)
    escrow()


def test_before_the_hour_and_without_settings_there_is_nothing_to_do(reader, settings, tmp_path, monkeypatch):
    know([("escrow", 900, 21_600)], at=at(TODAY))
    escrow()
    assert JobRun.objects.get().summary == "no escrow is configured"
    configure(settings, tmp_path)
    _at(monkeypatch, at(NIGHT, 0))
    assert (JobRun.objects.get().summary, Escrow.objects.count()) == ("not yet", 0)


def test_a_folder_that_cannot_be_written_to_is_said_before_it_is_needed(settings, monkeypatch):
    settings.ESCROW_FOLDER = "/proc"
    settings.HAND_OVER_FOLDER = ""
    monkeypatch.setattr("os.access", lambda path, mode: path != "/proc")
    assert [one.msg for one in folders_can_be_written()] == ["ESCROW_FOLDER: /proc cannot be written to by this user."]


def test_certificates_and_key_are_looked_at_more_closely_by_the_check(settings, tmp_path):
    bodies = {
        "good": b"".join(pair("Répétition")), "short": pair("Court", bits=1024)[1], "rubbish": b"-----BEGIN CERTIFICATE-----",
        "mixed": pair("Autre")[0] + pair("Répétition")[1],
    }  # fmt: skip
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)

    def found(certificate: str, key: str) -> list[str]:
        settings.ESCROW_CERTIFICATES = [str(tmp_path / certificate)]
        settings.ESCROW_REHEARSAL_KEY = str(tmp_path / key) if key else ""
        return [one.id for one in escrow_can_be_used()]

    assert (found("good", "good"), found("good", "")) == ([], [])
    assert (found("short", ""), found("rubbish", ""), found("nowhere", "")) == (["shop.E001"],) * 3
    assert (found("good", "mixed"), found("good", "nowhere"), found("good", "short")) == (["shop.E002"],) * 3


def test_secrets_that_everybody_may_read_stop_the_start(tmp_path):
    (tmp_path / "ouest.key").write_text("x")
    (tmp_path / "ouest.key").chmod(0o600)
    refuse_broken_hand_over(folder=str(tmp_path), secrets=str(tmp_path))
    (tmp_path / "ouest.key").chmod(0o644)
    for folder, secrets, said in (
        (tmp_path, tmp_path, "ouest.key"),
        ("/nowhere", "", "HAND_OVER"),
        ("", "/nowhere", "SFTP"),
    ):
        with pytest.raises(ImproperlyConfigured, match=said):
            refuse_broken_hand_over(folder=str(folder), secrets=str(secrets))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"folder": ""}, "go together"),
        ({"certificates": []}, "go together"),
        ({"keep": 0}, "ESCROW_KEEP"),
        ({"folder": "/nowhere"}, "no folder"),
        ({"folder": "relative"}, "no folder"),
        ({"certificates": ["/nowhere.pem"]}, "No such file"),
        ({"certificates": ["text"]}, "not one certificate of an RSA key"),
        ({"certificates": ["curve"]}, "not one certificate of an RSA key"),
        ({"rehearsal_key": "/nowhere.pem"}, "No such file"),
        ({"rehearsal_key": "text"}, "one of ESCROW_CERTIFICATES"),
        ({"rehearsal_key": "other"}, "one of ESCROW_CERTIFICATES"),
        ({"rehearsal_key": "public"}, "must hold a private key"),
    ],
)
def test_a_wrong_configuration_stops_the_start(tmp_path, changed, said):
    bodies = {
        "own": b"".join(pair("Répétition")), "text": b"nothing", "curve": pair("Courbe", curve=True)[1],
        "other": b"".join(pair("Autre")), "public": pair("Répétition")[1],
    }  # fmt: skip
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)

    def there(value):
        return str(tmp_path / value) if value in bodies else value

    right = {"folder": str(tmp_path), "certificates": ["own"], "keep": 14, "rehearsal_key": "own"}
    for facts, wrong in ((right, False), (right | changed, True)):
        given = facts | {
            "certificates": [there(one) for one in facts["certificates"]], "rehearsal_key": there(facts["rehearsal_key"]),
        }  # fmt: skip
        if wrong:
            with pytest.raises(ImproperlyConfigured, match=said):
                refuse_broken_escrow(**given)
        else:
            refuse_broken_escrow(**given)
