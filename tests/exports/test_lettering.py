"""Lettering in the FEC: an invoice and whatever settles it, by what is written of it and never by a guess."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from payments.actors import job
from payments.closing.days import close_days
from payments.days import PARIS
from payments.exports.fec import Parties, written
from payments.exports.fec_checking import check
from payments.exports.fec_making import wanted_of
from payments.invoicing.reissuing import buyer_of, reissue
from tests.closing.conftest import book
from tests.institutions.papers import make_agency, take, transfer
from tests.makers import CLERK, NOW, TODAY, make_magazine, make_offers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world():
    return make_offers(make_magazine())


def lettered(year: int = 2026, *, parties: str = Parties.NUMBERS) -> list[tuple[str, str, str]]:
    """(piece, letter, day) of each line on 411."""
    close_days(actor=job("close-day"), at=datetime(2028, 1, 5, 1, tzinfo=PARIS))
    wanted = wanted_of(year, parties=parties)
    body = b"".join(written(wanted))
    report = check(body.splitlines(keepends=True), name=wanted.name)
    assert report.valid, report.faults
    lines = (line.split("\t") for line in body.decode("iso8859-15").split("\r\n")[1:-1])
    assert all(not line[13] for line in lines if line[4] != "411000")
    lines = (line.split("\t") for line in body.decode("iso8859-15").split("\r\n")[1:-1])
    return [(line[8], line[13], line[14]) for line in lines if line[4] == "411000"]


@pytest.mark.parametrize("parties", list(Parties))
def test_an_invoice_and_its_transfers(parties):
    invoice = take(quantity=3).invoice
    transfer(invoice, "50.00", ref="VIR 1")
    transfer(invoice, "32.80", ref="VIR 2", on=TODAY + timedelta(days=3), at=NOW + timedelta(days=3))
    found = lettered(parties=parties)
    assert found == [(piece, invoice.reference, "20261126") for piece in (invoice.reference, "VIR 1", "VIR 2")]


def test_what_is_half_paid_has_no_letter_yet():
    transfer(take(quantity=3).invoice, "50.00")
    assert {letter for _piece, letter, _day in lettered()} == {""}


def test_what_is_paid_the_year_after_has_none_in_either_year():
    """Its invoice is in the balance that opens the next year, which carries no piece."""
    invoice = take().invoice
    transfer(invoice, "27.60", on=date(2027, 1, 8), at=NOW + timedelta(days=46))
    assert lettered(2026) == [(invoice.reference, "", "")]
    assert [letter for _piece, letter, _day in lettered(2027)] == ["", ""]


def test_one_transfer_over_several_invoices_letters_those_that_it_settles():
    agency = make_agency(percent="0")
    first, second, third = (
        take(agency=agency, invoiced_to="agency", email=f"{name}@bu.example").invoice for name in "abc"
    )
    transfer(second, "60.00", others=True)
    found = lettered()
    settled = sorted(letter for _piece, letter, _day in found if letter)
    assert settled == sorted([first.reference, second.reference] * 2)
    assert [piece for piece, letter, _day in found if not letter] == [third.reference, "VIR 0001"]


def test_an_invoice_made_out_anew_belongs_to_the_first_one():
    invoice = take().invoice
    other = replace(buyer_of(invoice), name="Université de Lyon, service comptable")
    done = reissue(invoice.pk, other, reason="autre service", words="demande", on=TODAY, actor=CLERK, at=NOW)
    assert [letter for _piece, letter, _day in lettered()] == ["", "", ""], "27,60 € of it are still owed"
    transfer(done.invoice, "27.60")
    assert {letter for _piece, letter, _day in lettered()} == {invoice.reference}


def test_what_names_nothing_is_left_alone():
    book("payment:4711", on=TODAY)
    book("manual:1", on=TODAY, debit="AR", credit="PSP", party="C000012")
    # A payment that is not there and an entry by hand: they come to nothing together, and nobody says that they belong together.
    assert [letter for _piece, letter, _day in lettered()] == ["", ""]
