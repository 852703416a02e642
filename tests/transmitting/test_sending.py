"""A closed file reaches the mailing house once, whole, by SFTP or a folder; whatever fails is looked up, tried again, or told."""

from __future__ import annotations

import hashlib
import logging
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection

from payments.actors import job
from payments.models import DeskItem
from subscriptions.enveloping import CannotOpen, opened
from subscriptions.fulfilment.address_file import written
from subscriptions.fulfilment.closing import ask, close
from subscriptions.fulfilment.handing_over import NOT_TRANSMITTED, CannotHandOver, count_received, hand_over
from subscriptions.fulfilment.posting import post_run
from subscriptions.models import Issue, MailingRun, PostalAddress, Transmission, TransmissionEvent, TransmissionWay
from subscriptions.transmitting import sending
from subscriptions.transmitting.by_folder import Folder
from subscriptions.transmitting.outcomes import OUTCOMES, WAITS, wait_after
from subscriptions.transmitting.sending import STALLED, send, transmit
from subscriptions.transmitting.ways import WrongWay, succeed
from tests.certificates import pair
from tests.fulfilment.people import at, buys, issue
from tests.makers import CLERK, COLLEAGUE, close_file, make_house, make_magazine, make_offers
from tests.transmitting.server import PASSWORD, USER, House, serving

ON = date(2026, 12, 1)
NOON = at(ON, 12)
CLOCK = job("transmissions")
NAME, SHEET = "ACTUIA_N025_20261215_v1.csv", "ACTUIA_N025_20261215_v1_bordereau.pdf"
ROUTER = "Routage de l’Ouest"


class Killed(BaseException):
    """The process ends here; nothing catches it."""


@pytest.fixture
def run(db) -> MailingRun:
    magazine = make_magazine()
    make_house(magazine)
    buys(make_offers(magazine)["fixed"])
    return close_file(issue(25), on=ON)


@pytest.fixture
def home(settings, tmp_path) -> Path:
    """Where the files of the house arrive, by whichever way."""
    settings.HAND_OVER_FOLDER = str(tmp_path)
    settings.SFTP_SECRETS = str(tmp_path / "secrets")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "ouest").mkdir()
    return tmp_path / "ouest"


@pytest.fixture
def house(home):
    with serving(home) as running:
        yield running


def by_folder(run: MailingRun, **facts):
    given = {"way": "folder", "directory": "ouest"} | facts
    return succeed(run.issue.magazine_id, actor=CLERK, at=NOON, reason="accord du routeur", **given)


def by_sftp(run: MailingRun, house: House, **facts):
    secrets = house.home.parent / "secrets"
    (secrets / "ouest.key").write_bytes(house.client.export_private_key())
    (secrets / "mot.password").write_text(f"{PASSWORD}\n")
    given = {
        "way": "sftp", "host": "127.0.0.1", "port": house.port, "username": USER, "host_key": house.host_key,
        "secret": "ouest",
    }  # fmt: skip
    return succeed(run.issue.magazine_id, actor=CLERK, at=NOON, reason="accord du routeur", **(given | facts))


def sends(run: MailingRun, *, when=NOON) -> Transmission:
    """Asked for, and one round."""
    row = transmit(run.pk, actor=CLERK, at=NOON, reason="envoi du n° 25")
    send(2, actor=CLOCK, at=when)
    row.refresh_from_db()
    run.refresh_from_db()
    return row


def there(home: Path) -> list[str]:
    return sorted(one.name for one in home.iterdir())


def steps(row: Transmission) -> list[tuple[str, str]]:
    return list(row.events.values_list("to_state", "reason"))


# --- it arrives ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["ouest", "mot"])
def test_by_sftp_with_a_key_or_a_password(run, house, home, secret):
    by_sftp(run, house, secret=secret)
    row = sends(run)
    body = (home / NAME).read_bytes()
    assert there(home) == [NAME, SHEET]
    assert (row.state, row.attempts, row.name, row.failure) == ("done", 1, NAME, "")
    assert (row.sent_sha256, row.sent_size) == (run.sha256, run.size) == (hashlib.sha256(body).hexdigest(), len(body))
    assert (home / SHEET).read_bytes().startswith(b"%PDF-")
    assert (run.state, run.handed_over_how, run.handed_over_by) == ("handed_over", "sftp", "job:transmissions")
    assert run.events.last().reason == "envoi du n° 25"
    assert house.written == [f"{SHEET}.part", f"{NAME}.part"]
    assert count_received(run.pk, copies=1, actor=CLERK, at=NOON)
    assert post_run(run.pk, on=ON, actor=CLERK, at=NOON).copies == 1


def test_by_sftp_into_a_directory_of_the_server(run, house, home):
    (home / "entrant").mkdir()
    by_sftp(run, house, directory="/entrant")
    assert sends(run).state == "done"
    assert there(home / "entrant") == [NAME, SHEET]


def test_by_a_folder(run, home):
    by_folder(run)
    row = sends(run)
    assert (row.state, run.state, run.handed_over_how, there(home)) == ("done", "handed_over", "folder", [NAME, SHEET])
    assert (home / NAME).read_bytes() == b"".join(written(run))


def test_in_an_envelope_for_the_house_alone(run, house, home):
    key, certificate = pair(ROUTER)
    by_sftp(run, house, certificate=certificate.decode())
    row = sends(run)
    sealed = (home / f"{NAME}.p7m").read_bytes()
    assert (row.state, there(home)) == ("done", [f"{NAME}.p7m", SHEET])
    assert (row.sent_sha256, row.sent_size) == (hashlib.sha256(sealed).hexdigest(), len(sealed))
    inside = opened(sealed, key=key, certificate=certificate)
    assert hashlib.sha256(inside).hexdigest() == run.sha256
    assert "LEFÈVRE".encode("cp1252") not in sealed
    with pytest.raises(CannotOpen):
        opened(sealed, key=pair("Autre")[0], certificate=pair("Autre")[1])


def test_asked_twice_and_swept_twice_it_arrives_once(run, house):
    by_sftp(run, house)
    first = transmit(run.pk, actor=CLERK, at=NOON, reason="envoi")
    assert transmit(run.pk, actor=COLLEAGUE, at=NOON, reason="envoi") == first
    assert send(2, actor=CLOCK, at=NOON).arrived == 1
    assert send(2, actor=CLOCK, at=NOON + timedelta(days=3)).arrived == 0
    assert len(house.written) == 2
    with pytest.raises(CannotHandOver) as refused:
        transmit(run.pk, actor=CLERK, at=NOON, reason="encore")
    assert refused.value.code == "not_closed"


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_it_once(run, house, home):
    by_sftp(run, house)
    transmit(run.pk, actor=CLERK, at=NOON, reason="envoi")
    found = []

    def works():
        try:
            found.append(send(2, actor=CLOCK, at=NOON).arrived)
        finally:
            connection.close()

    workers = [threading.Thread(target=works) for _one in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert (sorted(found), len(house.written), there(home)) == ([0, 1], 2, [NAME, SHEET])


# --- it fails --------------------------------------------------------------------------------------------------------


def failed_for_good(run: MailingRun, row: Transmission, word: str) -> None:
    assert (row.state, row.failure, run.state) == ("failed", word, "closed")
    item = DeskItem.objects.get(kind=NOT_TRANSMITTED, closed_at=None)
    assert (item.desk, item.subject) == ("fulfilment", f"run:{run.pk}")
    assert item.sentence == f"Le fichier {NAME} n’est pas parvenu au routeur : {OUTCOMES[word].sentence}."


def waits(run: MailingRun, row: Transmission, word: str) -> None:
    assert (row.state, row.failure, run.state) == ("queued", word, "closed")
    assert row.due_at == NOON + WAITS[0]
    assert not DeskItem.objects.filter(kind=NOT_TRANSMITTED).exists()


def test_a_server_with_another_key_gets_nothing(run, house, home):
    import asyncssh

    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    by_sftp(run, house, host_key=other)
    failed_for_good(run, sends(run), "host key")
    assert (there(home), house.written) == ([], [])


def test_a_wrong_password_is_refused(run, house, home):
    by_sftp(run, house, secret="faux")
    (home.parent / "secrets" / "faux.password").write_text("autre")
    failed_for_good(run, sends(run), "refused")


def test_a_secret_that_is_not_there(run, house):
    by_sftp(run, house, secret="inconnu")
    failed_for_good(run, sends(run), "secret")


def test_a_certificate_that_can_no_longer_be_used(run, home):
    TransmissionWay.objects.create(
        magazine=run.issue.magazine,
        way="folder",
        directory="ouest",
        certificate="abîmé",
        actor="x",
        reason="x",
        at=NOON,
    )
    failed_for_good(run, sends(run), "certificate")
    assert there(home) == []


def test_a_directory_that_is_not_there(run, house):
    by_sftp(run, house, directory="/nulle-part")
    failed_for_good(run, sends(run), "folder")


def test_a_folder_that_is_not_there(run, home):
    by_folder(run, directory="nulle-part")
    failed_for_good(run, sends(run), "folder")


def test_another_file_with_the_name_is_never_written_over(run, house, home):
    (home / NAME).write_text("à quelqu’un d’autre")
    by_sftp(run, house)
    failed_for_good(run, sends(run), "occupied")
    assert (home / NAME).read_text() == "à quelqu’un d’autre"


def test_a_changed_byte_is_not_sent(run, house, home):
    by_sftp(run, house)
    row = transmit(run.pk, actor=CLERK, at=NOON, reason="envoi")
    PostalAddress.objects.update(typed={}, lines=[], block=[], postcode="", town="")
    send(2, actor=CLOCK, at=NOON)
    row.refresh_from_db()
    failed_for_good(run, row, "changed")
    assert there(home) == []


def test_a_full_disk_of_the_server_is_tried_again(run, house, home):
    by_sftp(run, house)
    house.mood = "full"
    row = sends(run)
    waits(run, row, "server")
    house.mood = ""
    assert send(2, actor=CLOCK, at=NOON + WAITS[0]).arrived == 1
    assert there(home) == [NAME, SHEET]


def test_a_full_disk_of_a_folder_is_tried_again(run, home):
    by_folder(run)
    (home / f"{NAME}.part").symlink_to("/dev/full")
    waits(run, sends(run), "full")
    (home / f"{NAME}.part").unlink()
    assert send(2, actor=CLOCK, at=NOON + WAITS[0]).arrived == 1


def test_bytes_that_were_spoilt_do_not_get_the_name(run, house, home):
    by_sftp(run, house)
    house.mood = "spoil"
    waits(run, sends(run), "corrupted")
    assert NAME not in there(home)


def test_nobody_answers_and_at_last_a_person_decides(run, house, home):
    by_sftp(run, house, port=1)
    row, when = sends(run), NOON
    waits(run, row, "unreachable")
    for wait in WAITS:
        when += wait
        send(2, actor=CLOCK, at=when)
    row.refresh_from_db()
    failed_for_good(run, row, "unreachable")
    assert row.attempts == len(WAITS) + 1
    by_sftp(run, house)
    again = transmit(run.pk, actor=CLERK, at=when, reason="le routeur répond de nouveau")
    assert (again.number, send(2, actor=CLOCK, at=when).arrived) == (2, 1)
    assert not DeskItem.objects.filter(kind=NOT_TRANSMITTED, closed_at=None).exists()


def test_broken_off_while_writing_it_is_written_anew(run, house, home):
    by_sftp(run, house)
    house.mood = "drop while writing"
    waits(run, sends(run), "broken off")
    house.mood = ""
    assert send(2, actor=CLOCK, at=NOON + WAITS[0]).arrived == 1
    assert there(home) == [NAME, SHEET]


@pytest.mark.parametrize("sealed", [False, True])
def test_what_arrived_unseen_is_looked_up_and_not_sent_again(run, house, home, sealed):
    """The server renames, and the line goes dead before it can say so. The clock runs on for two hundred days."""
    by_sftp(run, house, certificate=pair(ROUTER)[1].decode() if sealed else "")
    house.mood = "drop after rename"
    row = sends(run)
    waits(run, row, "renaming")
    assert there(home) == [f"{NAME}.p7m" if sealed else NAME, SHEET]
    before, house.mood = list(house.written), ""
    assert send(2, actor=CLOCK, at=NOON + timedelta(days=200)).arrived == 1
    row.refresh_from_db()
    assert (row.state, row.attempts, house.written) == ("done", 2, before)
    assert steps(row) == [("in_flight", ""), ("queued", "broken off"), ("in_flight", ""), ("done", "")]


@pytest.mark.parametrize("sealed", [False, True])
def test_what_the_house_picks_up_at_once_has_arrived(run, house, home, sealed):
    by_sftp(run, house, certificate=pair(ROUTER)[1].decode() if sealed else "")
    house.mood = "pick up"
    row = sends(run)
    assert (row.state, row.attempts, row.failure, run.state) == ("done", 1, "", "handed_over")
    assert (there(home), house.taken) == ([], [SHEET, f"{NAME}.p7m" if sealed else NAME])


def test_picked_up_unseen_it_goes_to_a_person_and_not_again(run, house, home):
    """The line goes dead while the file gets its name, and the house has taken it before anybody can look."""
    by_sftp(run, house)
    house.mood = "pick up and drop"
    row = sends(run)
    waits(run, row, "renaming")
    assert steps(row)[-1] == ("queued", "broken off")
    before, house.mood = list(house.written), ""
    assert send(2, actor=CLOCK, at=NOON + WAITS[0]).failed == 1
    row.refresh_from_db()
    assert (row.state, row.failure, house.written) == ("failed", "doubtful", before)
    assert DeskItem.objects.get(kind=NOT_TRANSMITTED).sentence == (
        f"Le fichier {NAME} se trouve peut-être chez le routeur : l’envoi s’est arrêté pendant que le fichier, déjà entier, recevait "
        "son nom, et rien ne se trouve plus à sa place. Demandez-le-lui avant tout autre envoi."
    )
    assert send(2, actor=CLOCK, at=NOON + timedelta(days=3)).arrived == 0


@pytest.mark.parametrize("last", ["broken off", "unreachable"])
def test_given_up_after_a_broken_line_nobody_says_that_it_has_not_arrived(run, house, home, last):
    by_sftp(run, house)
    house.mood = "drop while writing"
    row, when = sends(run), NOON
    if last == "unreachable":
        house.mood = "gone"
    for wait in WAITS:
        when += wait
        send(2, actor=CLOCK, at=when)
    row.refresh_from_db()
    assert (row.state, row.failure) == ("failed", last)
    sentence = DeskItem.objects.get(kind=NOT_TRANSMITTED, closed_at=None).sentence
    assert sentence.startswith(f"Le fichier {NAME} se trouve peut-être chez le routeur : {OUTCOMES[last].sentence}.")


def test_asked_for_once_more_what_the_first_one_left_there_is_found(run, house, home):
    """Enveloped: the second transmission would make other bytes, and call the first one's another file."""
    by_sftp(run, house, certificate=pair(ROUTER)[1].decode())
    house.mood = "drop after rename"
    first = sends(run)
    house.mood, when = "", NOON
    secret = home.parent / "secrets" / "ouest.key"
    kept = secret.read_bytes()
    secret.unlink()
    for wait in WAITS:
        when += wait
        send(2, actor=CLOCK, at=when)
    first.refresh_from_db()
    assert (first.state, first.failure) == ("failed", "renaming")
    secret.write_bytes(kept)
    before = list(house.written)
    second = transmit(run.pk, actor=COLLEAGUE, at=when, reason="le routeur ne l’a pas vu")
    assert send(2, actor=CLOCK, at=when).arrived == 1
    second.refresh_from_db()
    assert (second.number, second.state, second.sent_sha256) == (2, "done", first.sent_sha256)
    assert house.written == before


def test_what_keeps_a_try_from_looking_does_not_make_it_known(run, house, home):
    """Asked for its name and the line dead; then the secret is gone too: it may still lie there."""
    by_sftp(run, house)
    house.mood = "drop after rename"
    row = sends(run)
    secret = home.parent / "secrets" / "ouest.key"
    kept, house.mood = secret.read_bytes(), ""
    secret.unlink()
    send(2, actor=CLOCK, at=NOON + WAITS[0])
    row.refresh_from_db()
    assert (row.state, row.failure, steps(row)[-1]) == ("queued", "renaming", ("queued", "secret"))
    secret.write_bytes(kept)
    assert send(2, actor=CLOCK, at=NOON + timedelta(days=1)).arrived == 1
    assert house.written == [f"{SHEET}.part", f"{NAME}.part"]


# --- it is killed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sealed", [False, True], ids=["clear", "enveloped"])
@pytest.mark.parametrize("where", ["written", "reach", "_announce", "carry", "the file", "_finish"])
def test_killed_at_each_step_it_arrives_once(run, home, monkeypatch, where, sealed):
    by_folder(run, certificate=pair(ROUTER)[1].decode() if sealed else "")
    row = transmit(run.pk, actor=CLERK, at=NOON, reason="envoi")
    really, calls = sending.carry, []

    def dies(*args, **_facts):
        if where == "the file" and not calls:
            calls.append(1)
            return really(*args)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):  # noqa: PT012
        patched.setattr(sending, "carry" if where == "the file" else where, dies)
        send(2, actor=CLOCK, at=NOON)
    assert send(2, actor=CLOCK, at=NOON).arrived == 0
    done = send(2, actor=CLOCK, at=NOON + STALLED)
    assert (done.stalled, done.arrived) == (1, 1)
    row.refresh_from_db()
    run.refresh_from_db()
    name = f"{NAME}.p7m" if sealed else NAME
    body = (home / name).read_bytes()
    assert (row.state, run.state, there(home)) == ("done", "handed_over", [name, SHEET])
    assert (row.sent_sha256, row.sent_size) == (hashlib.sha256(body).hexdigest(), len(body))


@pytest.mark.parametrize("picked_up", [True, False])
def test_killed_while_it_gets_its_name(run, home, monkeypatch, picked_up):
    """Picked up, nobody can tell; with what was written still there, it did not get its name and goes on."""
    by_folder(run)
    row = transmit(run.pk, actor=CLERK, at=NOON, reason="envoi")
    really = Folder.rename

    def dies(place, name, to):
        if to == SHEET:
            return really(place, name, to)
        if picked_up:
            (home / name).unlink()
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):  # noqa: PT012
        patched.setattr(Folder, "rename", dies)
        send(2, actor=CLOCK, at=NOON)
    done = send(2, actor=CLOCK, at=NOON + STALLED)
    row.refresh_from_db()
    assert (done.stalled, done.arrived, row.state) == (1, 0 if picked_up else 1, "failed" if picked_up else "done")
    assert (row.failure, there(home)) == (("doubtful", [SHEET]) if picked_up else ("", [NAME, SHEET]))


def test_killed_after_it_was_seen_there_and_picked_up_since(run, home, monkeypatch):
    """Two tries die before they can say that it has arrived; then it is gone, and is not sent once more."""
    by_folder(run)
    row = transmit(run.pk, actor=CLERK, at=NOON, reason="envoi")

    def dies(*_args, **_facts):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(sending, "_finish", dies)
        for when in (NOON, NOON + STALLED):
            with pytest.raises(Killed):
                send(2, actor=CLOCK, at=when)
    (home / NAME).unlink()
    assert send(2, actor=CLOCK, at=NOON + 2 * STALLED).arrived == 0
    row.refresh_from_db()
    assert (row.state, row.failure, there(home)) == ("failed", "doubtful", [SHEET])


def test_a_late_try_says_nothing_any_more(run, home, monkeypatch):
    """The first try sleeps while the second one arrives."""
    by_folder(run)
    row = transmit(run.pk, actor=CLERK, at=NOON, reason="envoi")
    really, slept = sending._announce, []

    def slow(*facts, **more):
        if not slept:
            slept.append(1)
            assert send(2, actor=CLOCK, at=NOON + STALLED).arrived == 1
        return really(*facts, **more)

    monkeypatch.setattr(sending, "_announce", slow)
    assert send(2, actor=CLOCK, at=NOON).arrived == 0
    row.refresh_from_db()
    assert (row.state, row.attempts, there(home)) == ("done", 2, [NAME, SHEET])
    assert TransmissionEvent.objects.filter(to_state="done").count() == 1


# --- by hand, and the ways -------------------------------------------------------------------------------------------


def test_by_hand_only_while_nothing_is_on_its_way(run, home):
    by_folder(run, directory="nulle-part")
    transmit(run.pk, actor=CLERK, at=NOON, reason="envoi")
    with pytest.raises(CannotHandOver) as refused:
        hand_over(run.pk, actor=CLERK, at=NOON)
    assert refused.value.code == "on_its_way"
    send(2, actor=CLOCK, at=NOON)
    assert hand_over(run.pk, actor=CLERK, at=NOON).handed_over_how == "download"
    assert not DeskItem.objects.filter(kind=NOT_TRANSMITTED, closed_at=None).exists()


def test_without_a_way_there_is_nothing_to_send_by(run, home):
    with pytest.raises(CannotHandOver) as refused:
        transmit(run.pk, actor=CLERK, at=NOON, reason="envoi")
    assert refused.value.code == "no_way"
    by_folder(run)
    by_folder(run, way="download", directory="")
    with pytest.raises(CannotHandOver):
        transmit(run.pk, actor=CLERK, at=NOON, reason="envoi")


def test_a_file_that_is_not_closed_is_not_sent(run, home):
    Issue.objects.filter(number=26).update(cutoff_on=ON)
    asked = ask(issue(26).pk, actor=CLERK, at=NOON)
    by_folder(run)
    with pytest.raises(CannotHandOver):
        transmit(asked.pk, actor=CLERK, at=NOON, reason="envoi")
    assert close(asked.pk, actor=COLLEAGUE, at=NOON).state == "closed"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"way": "sftp", "username": "x", "secret": "x", "host_key": "ssh-ed25519 AAAA"}, "host"),
        ({"way": "sftp", "host": "h", "username": "x", "secret": "x", "host_key": "pas une clé"}, "host_key"),
        ({"way": "sftp", "host": "h", "username": "x", "secret": "x"}, "host_key"),
        ({"way": "folder"}, "directory"),
        ({"way": "folder", "directory": "/etc"}, "directory"),
        ({"way": "folder", "directory": "../etc"}, "directory"),
        ({"way": "folder", "directory": "ouest", "secret": "../../etc/passwd"}, "secret"),
        ({"way": "folder", "directory": "ouest", "certificate": "rien"}, "certificate"),
        ({"way": "folder", "directory": "ouest", "certificate": "courbe"}, "certificate"),
    ],
)
def test_a_way_that_cannot_be_used_is_refused(run, facts, code):
    if facts.get("certificate") == "courbe":
        facts = facts | {"certificate": pair("Courbe", curve=True)[1].decode()}
    with pytest.raises(WrongWay) as refused:
        succeed(run.issue.magazine_id, actor=CLERK, at=NOON, reason="essai", **facts)
    assert refused.value.code == code


@pytest.mark.parametrize("word", sorted(OUTCOMES))
def test_every_fault_has_its_waits_or_none(word):
    found = [wait_after(word, attempts) for attempts in range(1, len(WAITS) + 2)]
    again = word in ("unreachable", "broken off", "stalled", "renaming", "full", "server", "corrupted")
    assert found == ([*WAITS, None] if again else [None] * (len(WAITS) + 1))


def test_what_is_over_stays_as_it_was(run, home):
    by_folder(run)
    row = sends(run)
    with pytest.raises(IntegrityError):
        Transmission.objects.filter(pk=row.pk).update(sent_sha256="0" * 64)


def test_nothing_personal_and_no_secret_is_logged(run, house, caplog):
    by_sftp(run, house, secret="mot")
    house.mood = "drop after rename"
    with caplog.at_level(logging.DEBUG):
        sends(run)
    assert "LEFÈVRE" not in caplog.text
    assert PASSWORD not in caplog.text
