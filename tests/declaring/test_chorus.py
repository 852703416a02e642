"""Invoices of public bodies in Chorus Pro: every row of the table of steps, what waits and what is in trouble, the file."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from payments.actors import Actor
from payments.chorus import reading
from payments.chorus.depositing import archive, to_deposit
from payments.chorus.moving import TRANSITIONS, CannotMove, move
from payments.chorus.watching import LATE, TROUBLE, begin, watch
from payments.models import Act, ChorusDeposit, ChorusEvent, DeskItem
from tests.documents.electronic import embedded
from tests.documents.test_electronic import DUE, FIRM, UNIVERSITY
from tests.letters.people import AT, ON, invoice_of, place

pytestmark = pytest.mark.django_db
CLERK = Actor("staff", "7")
State = ChorusDeposit.State


def billed(number: int = 1, buyer=UNIVERSITY):
    return invoice_of(place(number=number), None, buyer=buyer, due_on=DUE)


def deposit() -> ChorusDeposit:
    bill = billed()
    begin(at=AT, limit=10)
    return ChorusDeposit.objects.get(invoice=bill)


def note(one: ChorusDeposit, target: str, *, on: date = ON, number: str = "") -> ChorusDeposit:
    return move(
        one.pk, target, on=on, number=number, reason="vu sur le portail", actor=CLERK, at=AT + timedelta(days=9)
    )


def stand_at(state: str) -> ChorusDeposit:
    one = deposit()
    ChorusDeposit.objects.filter(pk=one.pk).update(state=state)
    return one


@pytest.mark.parametrize(("start", "target"), [(a, b) for a in State.values for b in State.values if a != b])
def test_every_step_of_the_table_and_no_other(start, target):
    one = stand_at(start)
    if target in TRANSITIONS[start]:
        assert note(one, target).state == target
        step = ChorusEvent.objects.get(deposit=one)
        assert (step.from_state, step.to_state, step.on, step.actor) == (start, target, ON, "staff:7")
        assert note(one, target).events.count() == 1
    else:
        with pytest.raises(CannotMove):
            note(one, target)
        assert not ChorusEvent.objects.exists()


def test_a_step_is_not_dated_before_the_last_nor_to_come():
    one = note(deposit(), State.DEPOSITED, on=date(2027, 1, 6), number="CPP-881")
    assert one.chorus_number == "CPP-881"
    with pytest.raises(CannotMove):
        note(one, State.AVAILABLE, on=date(2027, 1, 5))
    with pytest.raises(CannotMove):
        note(one, State.AVAILABLE, on=date(2028, 1, 5))
    assert note(one, State.AVAILABLE, on=date(2027, 1, 7)).chorus_number == "CPP-881"


@pytest.mark.parametrize(
    ("start", "target"),
    [
        (State.TO_DEPOSIT, State.AVAILABLE),
        (State.TO_DEPOSIT, State.PAID),
        (State.SUSPENDED, State.PAID),
    ],
)
def test_steps_that_the_portal_took_unseen_may_be_left_out(start, target):
    assert target in TRANSITIONS[start]


def test_a_number_that_comes_with_where_it_stands_already_is_kept():
    one = note(deposit(), State.DEPOSITED)
    assert one.chorus_number == ""
    listed = "Numéro;Statut;Date;N° Chorus\nF2027-000001;Déposée;05/01/2027;CPP-12\n"
    for _twice in range(2):
        assert (
            reading.note(reading.read(listed), reason="export du portail", actor=CLERK, at=AT + timedelta(days=9)) == 1
        )
    one.refresh_from_db()
    assert (one.state, one.chorus_number, one.events.count()) == ("deposited", "CPP-12", 1)
    assert Act.objects.filter(verb="noted a number of Chorus Pro", subject=one.subject).count() == 1


def test_documents_of_public_bodies_alone_are_begun_once():
    bill = billed()
    billed(2, buyer=FIRM)
    assert [begin(at=AT, limit=10), begin(at=AT, limit=10)] == [1, 0]
    assert ChorusDeposit.objects.get().invoice == bill


def test_what_waits_too_long_is_on_the_desk_until_it_is_deposited(settings):
    settings.CHORUS_DAYS = 3
    one = deposit()
    assert watch(on=ON + timedelta(days=2), at=AT, actor=CLERK) == 0
    for _time in range(2):
        assert watch(on=ON + timedelta(days=3), at=AT, actor=CLERK) == 1
    [item] = DeskItem.objects.filter(kind=LATE)
    assert (item.subject, item.closed_at) == (one.subject, None)
    assert item.sentence == "La facture F2027-000001 attend son dépôt dans Chorus Pro."
    note(one, State.DEPOSITED)
    assert watch(on=ON + timedelta(days=4), at=AT, actor=CLERK) == 0
    item.refresh_from_db()
    assert item.closed_because == "moved on in Chorus Pro"


@pytest.mark.parametrize(
    ("state", "word"), [(State.SUSPENDED, "suspendue"), (State.RECYCLED, "à recycler"), (State.REJECTED, "rejetée")]
)
def test_trouble_is_on_the_desk(state, word):
    note(note(deposit(), State.DEPOSITED), state)
    watch(on=ON + timedelta(days=9), at=AT, actor=CLERK)
    assert word in DeskItem.objects.get(kind=TROUBLE).sentence


def test_the_file_holds_the_electronic_invoices_and_is_the_same_again():
    one = deposit()
    body = archive(to_deposit(), at=AT)
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        assert packed.namelist() == ["F2027-000001.pdf"]
        assert b"EJ-2027-00417" in embedded(packed.read("F2027-000001.pdf"))
    assert archive(to_deposit(), at=AT) == body
    note(one, State.DEPOSITED)
    assert to_deposit() == []


def test_steps_are_evidence():
    note(deposit(), State.DEPOSITED)
    with pytest.raises(Exception, match=r"refused|permission denied"), transaction.atomic():
        ChorusEvent.objects.update(reason="autre chose")
    with pytest.raises(Exception, match=r"refused|permission denied"), transaction.atomic():
        ChorusDeposit.objects.update(invoice_id=1)


def test_a_list_of_the_portal_is_noted_whole_in_the_order_of_its_days():
    one = deposit()
    listed = (
        "Numéro;Statut;Date;N° Chorus\n"
        "F2027-000001;SUSPENDUE;08/01/2027;\n\n"
        " F2027-000001 ;Déposée;2027-01-05;CPP-12\n"
        "F2027-000001;Mise à disposition;06/01/2027;\n"
    )
    assert reading.note(reading.read(listed), reason="export du portail", actor=CLERK, at=AT + timedelta(days=9)) == 3
    assert [step.to_state for step in one.events.all()] == ["deposited", "available", "suspended"]
    one.refresh_from_db()
    assert (one.state, one.chorus_number) == ("suspended", "CPP-12")


def test_a_list_with_one_wrong_line_is_refused_with_each_line_named():
    one = deposit()
    with pytest.raises(ValidationError) as refused:
        reading.read(
            "F2027-000001;Déposée;05/01/2027\nF2027-000001;Perdue;05/01/2027\nX;Déposée;05/01/2027\nF2027-000001;Payée;hier"
        )
    assert [message.split(":")[0].split("\u00a0")[0] for message in refused.value.messages] == [
        "Ligne 2",
        "Ligne 3",
        "Ligne 4",
    ]
    with pytest.raises(ValidationError, match="F2027-000001"):
        reading.note(
            reading.read("F2027-000001;Déposée;05/01/2027\nF2027-000001;À recycler;06/01/2027\nF2027-000001;Mandatée;07/01/2027"),
            reason="export du portail", actor=CLERK, at=AT + timedelta(days=9),
        )  # fmt: skip
    one.refresh_from_db()
    assert (one.state, one.events.count()) == ("to_deposit", 0)
    for nothing in ("", "\n"):
        with pytest.raises(ValidationError):
            reading.read(nothing)
