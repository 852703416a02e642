"""An issue leaves and is counted: each copy in one class, by what was paid for it; later rows add, and none is edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from payments.actors import job
from payments.invoicing.issuing import credit_part, standing_invoice
from payments.invoicing.reissuing import buyer_of, reissue
from payments.ledger.entries import REV_SINGLE
from subscriptions.figures.auditing import figures_are_true
from subscriptions.figures.correcting import correct
from subscriptions.figures.reading import average, of_a_year, parts_of, sold_by_code
from subscriptions.figures.taking import take_missing
from subscriptions.issue_calendar.dating import make_double
from subscriptions.losses.resending import make
from subscriptions.models import Circulation, CirculationCount, CountedCopy, TermUndone
from subscriptions.moving import move_copies
from subscriptions.orders.placing import payment_of
from subscriptions.singles.giving_back import take_back_whole
from tests.disputes.people import disputed
from tests.figures.people import (
    BRUSSELS,
    LATER,
    POSTED_ON,
    at,
    buys,
    classes,
    counted,
    free,
    goes,
    issue,
    leaves,
    promotion,
    rows,
)
from tests.gifts.people import give
from tests.importing.desk import take_over
from tests.importing.written import line, written
from tests.institutions.papers import make_agency, take, transfer
from tests.losses.people import claims, comes_back, copy_of, in_stock
from tests.makers import CLERK, NOW, make_house, send_out
from tests.singles import people as singles
from tests.singles.people import single_offer

JOB = job("circulation")


@pytest.fixture
def shop(db, offers):
    make_house(offers["fixed"].magazine)
    return offers


def sound() -> None:
    assert list(figures_are_true(NOW)) == []


def test_an_issue_with_a_reader_of_each_class(shop):
    """Every class at once: what is paid, what is not, what is sent to ourselves; the sum is what was posted."""
    buys(shop["fixed"], email="anne@example.fr")
    buys(shop["automatic"], email="luc@example.fr", address=BRUSSELS)
    give()
    take(quantity=5)
    cheap = promotion("13.00")
    buys(cheap, email="chantal@example.fr")
    free("free", 3), free("proof", 2), free("seed", 1)
    send_out(issue(25), on=POSTED_ON)
    assert classes() == {"IND": 2, "GIFT": 1, "UNPAID": 5, "LOW": 1, "FREE": 3, "PROOF": 2, "SEED": 1}
    found = counted()
    assert (found.paid, found.not_paid, found.posted, found.again, found.total) == (3, 12, 15, 0, 15)
    assert rows() == [(1, "main", POSTED_ON, 15)]
    assert {(one.klass, one.band, one.zone): one.copies for one in parts_of(issue(25))} == {
        ("IND", "FULL", "METR"): 1,
        ("IND", "FULL", "UE"): 1,
        ("GIFT", "FULL", "METR"): 1,
        ("UNPAID", "FULL", "METR"): 5,
        ("LOW", "LOW", "METR"): 1,
        ("FREE", "", "METR"): 3,
        ("PROOF", "", "METR"): 2,
        ("SEED", "", "METR"): 1,
    }
    sound()


def test_five_copies_of_an_institution_are_paid_once_its_transfer_has_come(shop):
    """Invoiced when the issue leaves; paid a week later: a further row takes them out of one class into the other."""
    ordered = take(quantity=5)
    send_out(issue(25), on=POSTED_ON)
    assert classes() == {"UNPAID": 5}
    assert correct(on=LATER, actor=JOB, at=at(LATER)) == 0
    transfer(ordered.invoice, "138.00", on=LATER, at=at(LATER))
    assert correct(on=LATER, actor=JOB, at=at(LATER)) == 1
    assert correct(on=LATER, actor=JOB, at=at(LATER)) == 0
    assert classes() == {"BULK": 5}
    assert rows() == [(1, "main", POSTED_ON, 5), (2, "", LATER, 0)]
    moved = CountedCopy.objects.filter(circulation__number=2).order_by("pk")
    assert [(one.klass, one.copies, one.paid) for one in moved] == [
        ("UNPAID", -5, None),
        ("BULK", 5, Decimal("34.50")),
    ]
    sound()


@pytest.mark.parametrize(
    ("amount", "percent", "klass", "band", "of_reference"),
    [
        # 14,00 € of 27,60 € are 50,7 %; less five per cent, 13,30 €, they are 48,2 %: not a paid copy any more.
        ("14.00", "0", "IND", "MID", Decimal("50.7")),
        ("14.00", "5", "LOW", "LOW", Decimal("48.2")),
        # The limits themselves: 50 % is enough, and so is 80 %.
        ("13.80", "0", "IND", "MID", Decimal("50.0")),
        ("13.79", "0", "LOW", "LOW", Decimal("50.0")),
        ("22.08", "0", "IND", "HIGH", Decimal("80.0")),
        ("22.07", "0", "IND", "MID", Decimal("80.0")),
        ("27.60", "5", "IND", "HIGH", Decimal("95.0")),
        ("27.60", "0", "IND", "FULL", Decimal("100.0")),
    ],
)
def test_what_was_paid_beside_the_reference_price_decides(shop, amount, percent, klass, band, of_reference):
    offer = promotion(amount) if amount != "27.60" else shop["fixed"]
    agency = make_agency(percent=percent)
    ordered = take(offer=offer, agency=agency)
    transfer(ordered.invoice, str(ordered.order.amount.amount))
    send_out(issue(25), on=POSTED_ON)
    one = CountedCopy.objects.get()
    assert (one.klass, one.band, one.percent, one.code) == (klass, band, of_reference, "Prenax SAS")
    sound()


def test_a_complement_is_a_row_of_its_own_and_counts_for_the_issue(shop):
    buys(shop["fixed"], email="anne@example.fr")
    held = [copy_of(buys(shop["fixed"], email="bernard@example.fr"))]
    move_copies(held, "hold", on=NOW.date(), actor=CLERK, at=NOW)
    run = leaves(on=date(2026, 12, 1))
    assert rows() == [(1, "main", date(2026, 12, 1), 1)]
    move_copies(held, "release", on=date(2026, 12, 8), actor=CLERK, at=at(date(2026, 12, 8)))
    second = leaves(on=date(2026, 12, 10))
    assert (run.kind, second.kind) == ("main", "complement")
    assert rows() == [(1, "main", date(2026, 12, 1), 1), (2, "complement", date(2026, 12, 10), 1)]
    assert classes() == {"IND": 2}
    sound()


def test_a_copy_that_is_sent_again_is_shown_and_never_counted_twice(shop):
    anne = buys(shop["fixed"], email="anne@example.fr")
    send_out(issue(25), on=POSTED_ON)
    in_stock()
    claims(anne)
    goes(make(issue(25).pk, actor=CLERK, at=at(date(2027, 1, 5)), reason="réclamations"), on=date(2027, 1, 5))
    found = counted()
    assert classes() == {"IND": 1, "CLAIM": 1}
    assert (found.paid, found.posted, found.again, found.total) == (1, 1, 1, 2)
    assert rows()[-1] == (2, "resend", date(2027, 1, 5), 1)
    sound()


def test_one_issue_more_instead_of_a_lost_copy_is_not_paid_a_second_time(shop):
    """Nothing is in stock: the reader gets a fifth issue, and the four that were paid stay the only paid ones."""
    anne = buys(shop["fixed"], email="anne@example.fr")
    send_out(issue(25), on=POSTED_ON)
    assert claims(anne).state == "extended"
    for number in (26, 27, 28, 29):
        send_out(issue(number), on=issue(number).post_on)
    assert [classes(number) for number in (25, 26, 27, 28, 29)] == [{"IND": 1}] * 4 + [{"CLAIM": 1}]
    sound()


def test_a_return_is_shown_beside_and_takes_nothing_away(shop):
    anne = buys(shop["fixed"], email="anne@example.fr")
    buys(shop["fixed"], email="bernard@example.fr")
    send_out(issue(25), on=POSTED_ON)
    comes_back(anne)
    found = counted()
    assert (found.paid, found.posted, found.returned) == (2, 2, 1)
    sound()


def test_imported_readers_are_paid_at_what_the_former_house_was_paid(shop):
    """27,60 € there is the reference here; 12,00 € is below half of it; the house is named beside both."""
    take_over(written(line(1), line(2, montant_ttc="12,00")), letters=False)
    send_out(issue(25), on=POSTED_ON)
    found = CountedCopy.objects.order_by("pk").values_list("klass", "percent", "code")
    assert sorted(found) == [
        ("IND", Decimal("100.0"), "ancienne-maison"),
        ("LOW", Decimal("43.5"), "ancienne-maison"),
    ]
    sound()


def test_a_double_issue_is_one_copy_and_one_issue_of_the_average(shop):
    buys(shop["fixed"], email="anne@example.fr")
    make_double(issue(25), actor=CLERK, reason="double", at=NOW)
    send_out(issue(25), on=POSTED_ON)
    send_out(issue(27), on=date(2027, 3, 15))
    figures = [counted(25), counted(27)]
    assert [one.paid for one in figures] == [1, 1]
    assert figures[0].issue.printed == "25-26"
    assert average(figures)["paid"] == Decimal("1.0")


def test_a_term_that_is_undone_after_its_copy_left_is_no_longer_paid(shop):
    anne = buys(shop["fixed"], email="anne@example.fr")
    send_out(issue(25), on=POSTED_ON)
    TermUndone.objects.create(term=anne.terms.get(), actor="staff:1", reason="rétractation", at=at(LATER))
    assert correct(on=LATER, actor=JOB, at=at(LATER)) == 1
    assert correct(on=LATER, actor=JOB, at=at(LATER)) == 0
    assert classes() == {"UNDONE": 1}


def test_a_year_that_was_invoiced_paid_and_then_undone_is_moved_twice(shop):
    ordered = take(quantity=5)
    send_out(issue(25), on=POSTED_ON)
    transfer(ordered.invoice, "138.00", on=LATER, at=at(LATER))
    assert correct(on=LATER, actor=JOB, at=at(LATER)) == 1
    TermUndone.objects.create(term=ordered.term, actor="staff:1", reason="annulé", at=at(LATER))
    assert correct(on=LATER, actor=JOB, at=at(LATER)) == 1
    assert correct(on=LATER, actor=JOB, at=at(LATER)) == 0
    assert classes() == {"UNDONE": 5}
    assert rows() == [(1, "main", POSTED_ON, 5), (2, "", LATER, 0), (3, "", LATER, 0)]
    sound()


def test_what_was_posted_before_copies_were_counted_is_counted_once(shop, monkeypatch):
    buys(shop["fixed"], email="anne@example.fr")
    monkeypatch.setattr("subscriptions.fulfilment.posting.take", lambda *_args, **_named: None)
    send_out(issue(25), on=POSTED_ON)
    assert [subject for subject, _why in figures_are_true(NOW)] == [
        f"run:{issue(25).runs.get().pk}", f"issue:{issue(25).pk}"
    ]  # fmt: skip
    assert take_missing(actor=JOB, at=at(LATER)) == 1
    assert take_missing(actor=JOB, at=at(LATER)) == 0
    assert rows() == [(1, "main", POSTED_ON, 1)]
    sound()


def test_what_was_sold_by_offer_and_code(shop):
    buys(shop["fixed"], email="anne@example.fr")
    ordered = take(agency=make_agency(), quantity=2)
    transfer(ordered.invoice, "52.44")
    send_out(issue(25), on=POSTED_ON)
    found = {(one.offer, one.code): (one.copies, one.low, one.paid, one.reference) for one in sold_by_code([issue(25)])}
    assert found == {
        ("Abonnement d’un an", ""): (1, 0, Decimal("6.90"), Decimal("6.90")),
        ("Abonnement d’un an", "Prenax SAS"): (2, 0, Decimal("13.11"), Decimal("13.80")),
    }


def test_past_issues_sold_one_by_one_are_paid_at_their_own_price_and_replaced_ones_are_not(shop):
    """Two copies at 9,00 € leave from the stock; no reference price is asked of them, and no. 24 has no main file here."""
    single_offer(shop["fixed"].magazine)
    singles.in_stock(24, 5)
    singles.buys({24: 2})
    singles.leaves(singles.closes(24, when=at(LATER)), when=at(LATER))
    assert classes(24) == {"SINGLE": 2}
    one = CountedCopy.objects.get()
    assert (one.band, one.paid, one.reference, one.percent) == ("", Decimal("18.00"), None, None)
    assert of_a_year(shop["fixed"].magazine_id, until=LATER) == []
    sound()


@pytest.mark.parametrize("how", ["refunded", "charged back", "a part", "made out anew"])
def test_past_issues_whose_money_went_back_are_no_longer_paid(shop, how):
    """All of it, by us or by the bank; a part of it, or another name on the invoice, leaves them sold."""
    single_offer(shop["fixed"].magazine)
    singles.in_stock(24, 5)
    order = singles.buys({24: 2})
    singles.leaves(singles.closes(24, when=at(NOW.date())), when=at(NOW.date()))
    invoice = standing_invoice(payment_of(order).pk)
    if how == "refunded":
        take_back_whole(order, reason="abîmés", actor=CLERK, at=at(LATER))
    elif how == "charged back":
        disputed(payment_of(order), "lost", at=at(LATER))
    elif how == "a part":
        credit_part(
            invoice, ttc=Decimal("9.00"), unserved_ht=Decimal(0), what="un exemplaire abîmé", reason="geste", on=LATER, actor=CLERK,
            at=at(LATER), revenue=REV_SINGLE,
        )  # fmt: skip
    else:
        other = replace(buyer_of(invoice), name="Anne Martin-Roux")
        reissue(invoice.pk, other, reason="autre nom", words="mariage", on=LATER, actor=CLERK, at=at(LATER))
    moved = 1 if how in ("refunded", "charged back") else 0
    assert correct(on=LATER, actor=JOB, at=at(LATER)) == moved
    assert correct(on=LATER, actor=JOB, at=at(LATER)) == 0
    assert classes(24) == ({"UNDONE": 2} if moved else {"SINGLE": 2})
    sound()


def test_counting_three_copies_takes_as_many_queries_as_counting_one(shop):
    made = []
    for number, names in ((25, ("anne",)), (26, ("bernard", "chantal"))):
        for name in names:
            buys(shop["fixed"], email=f"{name}@example.fr")
        with CaptureQueriesContext(connection) as queries:
            send_out(issue(number), on=issue(number).post_on)
        made.append(len([one for one in queries if "circulation" in one["sql"] or "countedcopy" in one["sql"]]))
    assert made[0] == made[1]
    assert counted(26).paid == 3


def test_no_role_edits_what_was_counted(shop):
    buys(shop["fixed"], email="anne@example.fr")
    send_out(issue(25), on=POSTED_ON)
    for model, change in (
        (Circulation, {"copies": 2}),
        (CirculationCount, {"copies": 2}),
        (CountedCopy, {"copies": 2}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**change)
    sound()
