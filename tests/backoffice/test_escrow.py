"""The escrow and the way to the mailing house at the desks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.actors import job
from subscriptions.escrow.keeping import keep
from subscriptions.escrow.rehearsing import rehearse
from subscriptions.models import Escrow, EscrowRehearsal, Magazine, MailingRun, Transmission, TransmissionWay
from subscriptions.transmitting.sending import send
from tests.backoffice.colleagues import said, text_of
from tests.certificates import pair
from tests.escrow.copies import NOTARY, configure
from tests.fulfilment.people import at, buys, issue
from tests.makers import NOW, TODAY, close_file, make_house

pytestmark = pytest.mark.django_db
WHY = {"reason": "essai du 23 novembre"}
BLANK = {
    "host": "", "port": "22", "username": "", "host_key": "", "secret": "", "directory": "", "certificate": "", **WHY,
}  # fmt: skip


@pytest.fixture
def run(offers) -> MailingRun:
    make_house(Magazine.objects.get())
    buys(offers["fixed"])
    return close_file(issue(25), on=TODAY)


def night_of(day: date) -> Escrow:
    assert keep(on=day, actor=job("escrow"), at=at(day, 1)).there
    return Escrow.objects.get(night=day)


def test_the_nights_their_figures_and_a_restore_written_down(at_desk, run, settings, tmp_path):
    ines = at_desk("finance")
    assert said("the settings name no folder and no holders") in text_of(ines.see("desk_escrow"))
    configure(settings, tmp_path)
    assert said("no file was written yet") in text_of(ines.see("desk_escrow"))
    row = night_of(TODAY)
    rehearse(row, actor=job("escrow"), at=NOW)
    shown = text_of(ines.see("desk_escrow"))
    assert NOTARY in shown
    assert said("to be tried once a year") in shown
    assert f"{row.sha256[:12]}…" in shown
    page = text_of(ines.see("desk_escrow_night", row.pk))
    assert row.sha256 in page
    assert said("as it was closed") in page
    assert said("foreseen") in page
    assert "routeur/ACTUIA_N025_20261215_v1.csv" in page
    assert ines.act("desk_act_restored", row.pk, outcome="worked", **WHY).status_code == 302
    done = EscrowRehearsal.objects.last()
    assert (done.kind, done.succeeded, done.actor) == ("restored", True, f"staff:{ines.user.pk}")
    assert "essai du 23 novembre" in text_of(ines.see("desk_escrow_night", row.pk))


def test_a_night_that_failed_says_why(at_desk, run, settings, tmp_path):
    configure(settings, tmp_path).rmdir()
    keep(on=TODAY, actor=job("escrow"), at=NOW)
    shown = text_of(at_desk("fulfilment").see("desk_escrow"))
    assert said("the folder is missing or shut") in shown


def test_the_list_asks_as_much_for_one_night_as_for_three(at_desk, run, settings, tmp_path):
    configure(settings, tmp_path)
    ines = at_desk("finance")
    counted = []
    for nights in (1, 3):
        for day in range(nights):
            row = night_of(TODAY + timedelta(days=day))
            if not row.rehearsals.exists():
                rehearse(row, actor=job("escrow"), at=NOW)
        ines.see("desk_escrow")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            ines.see("desk_escrow")
        counted.append(len(asked))
    assert counted[0] == counted[1]


def test_a_way_is_entered_and_a_file_sent_by_it(at_desk, run, settings, tmp_path):
    settings.HAND_OVER_FOLDER = str(tmp_path)
    (tmp_path / "ouest").mkdir()
    loic = at_desk("fulfilment")
    assert said("Send it to the mailing house") not in text_of(loic.see("desk_run", run.pk))
    assert loic.rehearse("desk_act_transmit_run", run.pk, **WHY).status_code in (200, 409, 422)
    wrong = loic.rehearse(
        "desk_act_way",
        0,
        **(BLANK | {"way": "sftp", "host": "sftp.routeur.example", "username": "actuia", "secret": "ouest"}),
    )
    assert said("The server’s own key is pinned: paste it as in known_hosts, type and key.") in text_of(wrong)
    typed = BLANK | {"way": "folder", "directory": "ouest", "certificate": pair("Routage de l’Ouest")[1].decode()}
    shown = text_of(loic.rehearse("desk_act_way", 0, **typed))
    assert "Routage de l’Ouest, SHA-256" in shown
    assert loic.act("desk_act_way", 0, **typed).status_code == 302
    assert TransmissionWay.objects.get().actor == f"staff:{loic.user.pk}"
    assert said("Send it to the mailing house") in text_of(loic.see("desk_run", run.pk))
    assert loic.act("desk_act_transmit_run", run.pk, **WHY).status_code == 302
    assert "en attente d’envoi" in text_of(loic.see("desk_run", run.pk))
    assert Transmission.objects.get().asked_by == f"staff:{loic.user.pk}"


def test_a_file_that_arrived_or_did_not(at_desk, run, settings, tmp_path, monkeypatch):
    settings.HAND_OVER_FOLDER = str(tmp_path)
    loic = at_desk("fulfilment")
    loic.act("desk_act_way", 0, **(BLANK | {"way": "folder", "directory": "ouest"}))
    loic.act("desk_act_transmit_run", run.pk, **WHY)
    send(2, actor=job("transmissions"), at=NOW + timedelta(minutes=1))
    shown = text_of(loic.see("desk_run", run.pk))
    assert "abandonné" in shown
    assert said("the folder is missing or shut") in shown
    item = text_of(loic.see("desk_items", "fulfilment"))
    assert "n’est pas parvenu au routeur" in item
    (tmp_path / "ouest").mkdir()
    assert loic.act("desk_act_transmit_run", run.pk, **(WHY | {"reason": "le dossier est là"})).status_code == 302
    send(2, actor=job("transmissions"), at=NOW + timedelta(minutes=2))
    run.refresh_from_db()
    shown = text_of(loic.see("desk_run", run.pk))
    assert (run.state, run.handed_over_how) == ("handed_over", "folder")
    assert " arrivé " in shown
    assert said("into a folder of the shop’s machine") in shown
    assert loic.act("desk_act_count_run", run.pk, copies="1", **WHY).status_code == 302


def test_nobody_hands_over_by_hand_what_is_on_its_way(at_desk, run):
    loic = at_desk("fulfilment")
    loic.act("desk_act_way", 0, **(BLANK | {"way": "folder", "directory": "ouest"}))
    loic.act("desk_act_transmit_run", run.pk, **WHY)
    refused = loic.act("desk_act_hand_over_run", run.pk, **WHY)
    assert said("This file is on its way to the mailing house: wait for its end.") in text_of(refused)


def test_support_sees_neither(at_desk, run):
    sonia = at_desk("support")
    assert sonia.see("desk_escrow").status_code == 403
    assert sonia.see("desk_act_way").status_code == 403
