"""Lines of our bank's that are cheques: each row of the table of proposals, undone and said again."""

from __future__ import annotations

import pytest

from payments.models import BankMatch, Cheque, DepositSlip, DeskItem
from payments.offline_kinds import Kind
from subscriptions.bank.explaining import accept, take_back
from tests.bank.coming import come, offered
from tests.bank.files import Said
from tests.institutions.papers import all_is_well
from tests.makers import NOW
from tests.offline.post import FINANCE, books, bounced, deposited, ordered, three

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offers")]
ACT = {"reason": "relevé du jour", "actor": FINANCE, "at": NOW}
NEXT = {"ident": "REL-2", "sequence": "232"}


def seen(line) -> list[tuple[str, int, bool]]:
    return [(str(one.what), one.rank, one.automatic) for one in offered(line)]


def test_of_two_slips_of_one_amount_a_person_says_which_unless_one_is_named():
    first, second, third = three()
    slips = [deposited([first]), deposited([second]), deposited([third])]
    [named, other] = come(Said("27.60", "REMISE DE CHEQUES REM00003"), Said("27.60", "REMISE DE CHEQUES"))
    assert (str(named.left), str(other.left)) == ("0.00", "27.60")
    assert DepositSlip.objects.get(credited_on__isnull=False).pk == slips[2].pk
    assert seen(other) == [("deposit", 2, False), ("deposit", 2, False)]
    accept(other.pk, f"deposit:{slips[1].pk}", **ACT)
    assert set(Cheque.objects.filter(state="credited")) == {second, third}
    all_is_well()


def test_a_credit_that_says_nothing_of_cheques_waits_for_a_person():
    deposited(three())
    [line] = come(Said("82.80", "VERSEMENT"))
    assert (str(line.left), seen(line)) == ("82.80", [("deposit", 2, False)])


def test_a_line_that_is_said_to_be_a_slip_is_undone_and_said_again():
    slip = deposited(three())
    [line] = come(Said("82.80", "REMISE CHEQUES"))
    take_back(line.pk, **ACT)
    # The money did come: the books keep it, and finance's desk looks for its line.
    assert DeskItem.objects.filter(kind="off_statement", subject=f"deposit:{slip.pk}", closed_at=None).exists()
    assert books()["512"] == "82.80"
    line.refresh_from_db()
    assert seen(line) == [("deposit", 1, True)]
    accept(line.pk, f"deposit:{slip.pk}", **ACT)
    assert books()["512"] == "82.80"
    assert BankMatch.objects.filter(kind="deposit").count() == 3
    all_is_well()


def test_a_cheque_that_was_noted_as_bounced_is_found_on_its_line_without_a_person():
    cheques = three()
    deposited(cheques)
    come(Said("82.80", "REMISE CHEQUES"))
    bounced(Cheque.objects.get(pk=cheques[0].pk))
    [line] = come(Said("-27.60", "CHQ IMPAYE"), opening="1082.80", **NEXT)
    assert str(line.left) == "0.00"
    assert BankMatch.objects.get(line=line).source == f"cheque_bounced:{cheques[0].pk}"
    all_is_well()


def test_which_cheque_came_back_a_person_says_where_no_number_says_it():
    deposited(three())
    come(Said("82.80", "REMISE CHEQUES"))
    [line, numbered] = come(Said("-27.60", "CHEQUE IMPAYE"), Said("-27.60", "IMPAYE 101"), opening="1082.80", **NEXT)
    assert seen(line) == [("bounced", 2, False)] * 3
    assert seen(numbered) == [("bounced", 2, False)] * 3
    # More than the bank may take for it is something else.
    [fee] = come(Said("-90.00", "IMPAYE 0000101"), opening="1027.60", ident="REL-3", sequence="233")
    assert seen(fee) == []


def test_what_came_back_before_the_credit_is_on_no_line():
    cheques = three()
    deposited(cheques)
    bounced(cheques[0], because="unusable")
    [credit, debit] = come(Said("55.20", "REMISE CHEQUES"), Said("-27.60", "CHEQUE IMPAYE 0000101"))
    assert str(credit.left) == "0.00"
    assert [one.keys for one in offered(debit)] == [(cheques[1].pk,), (cheques[2].pk,)]


def test_an_order_by_another_amount_is_not_what_a_line_pays():
    taken = ordered(None, by=Kind.TRANSFER, email="elodie@example.fr")
    [line] = come(Said("27.50", f"ABONNEMENT {taken.order.reference}"))
    assert (str(line.left), seen(line)) == ("27.50", [])
