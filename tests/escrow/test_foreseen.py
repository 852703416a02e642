"""What is foreseen of a file is what closing it makes: by the plan, and without writing a row."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from subscriptions.addresses.label import postal_label
from subscriptions.escrow.contents import make
from subscriptions.escrow.foreseen import closed_runs, runs_to_come, written
from subscriptions.escrow.opening import open_archive, remade
from subscriptions.fulfilment import address_file
from subscriptions.fulfilment.closing import ask, close
from subscriptions.losses.resending import make as resend
from subscriptions.models import (
    AddressDoubt,
    CopyReturn,
    Dispatch,
    Entitlement,
    EntitlementMovement,
    Issue,
    Magazine,
    MailingRun,
    PostalAddress,
    Recipient,
    Subscription,
)
from subscriptions.places import address_row
from tests.fulfilment.people import at, buys, issue
from tests.fulfilment.test_closing import BRUSSELS, LIBRARY, REUNION
from tests.losses.people import claims
from tests.makers import CLERK, COLLEAGUE, close_file, make_house, make_magazine, make_offers, send_out
from tests.singles import people as singles

pytestmark = pytest.mark.django_db
CUTOFF = date(2026, 12, 1)


@pytest.fixture
def offers():
    magazine = make_magazine()
    make_house(magazine)
    return make_offers(magazine)


def coming(on: date = CUTOFF) -> dict[tuple[int, str], MailingRun]:
    return {(run.issue.number, run.kind): run for run in runs_to_come(Magazine.objects.get().pk, on=on)}


def body(run: MailingRun, *, whole: bool = False) -> bytes:
    return b"".join(written(run, whole=whole))


def doubted(reader: Subscription) -> None:
    """Copies that were granted since are owed, and held by the closing alone."""
    copy = Entitlement.objects.filter(term__subscription=reader).order_by("-issue__number")[0]
    run = MailingRun.objects.create(
        issue_id=copy.issue_id, house=reader.magazine.mailing_houses.get(), kind="resend", sequence=9, asked_by="x",
        asked_at=at(CUTOFF),
    )  # fmt: skip
    line = Dispatch.objects.create(
        run=run, issue_id=copy.issue_id, place=1, key="N28-000001-09", kind="RCL", subscription=reader, entitlement=copy,
        address=reader.recipient.address, copies=1, zone="METR",
    )  # fmt: skip
    back = CopyReturn.objects.create(dispatch=line, reason_code=2, source="paper", on=CUTOFF, actor="x", at=at(CUTOFF))
    AddressDoubt.objects.create(subscription=reader, because=back, state="held", state_since=at(CUTOFF), at=at(CUTOFF))


def test_the_next_file_is_the_file_that_closing_makes_to_the_byte(offers):
    for name, address in (("a", BRUSSELS), ("b", REUNION), ("c", LIBRARY)):
        buys(offers["fixed"], email=f"{name}@example.fr", address=address)
    buys(offers["automatic"], email="d@example.fr")
    doubted(buys(offers["fixed"], email="e@example.fr"))
    before = EntitlementMovement.objects.count(), Dispatch.objects.count()
    foreseen, whole = body(coming()[25, "main"]), body(coming()[25, "main"], whole=True)
    assert (EntitlementMovement.objects.count(), Dispatch.objects.count()) == before
    run = close_file(issue(25), on=CUTOFF)
    assert run.dispatches == 4
    assert foreseen == b"".join(address_file.written(run))
    assert whole == body(run, whole=True)
    assert [one.pk for one in closed_runs(run.issue.magazine_id)] == [run.pk]
    assert (25, "main") not in coming()


def test_past_issues_and_claims_are_in_a_file_out_of_the_stock_as_closing_makes_it(offers):
    """A paid past issue and an approved claim of one issue, beside the next one: named after it, and none is written."""
    anne = buys(offers["fixed"], email="anne@example.fr")
    send_out(issue(25), on=date(2026, 12, 15))
    singles.in_stock(25, 5)
    claims(anne)
    singles.single_offer(offers["fixed"].magazine)
    when = at(date(2027, 1, 5))
    singles.buys({25: 2}, when=when, on=when.date())
    foreseen = coming(when.date())[25, "resend"]
    file = body(foreseen)
    archive = open_archive(make(on=when.date(), at=when).archive)
    assert [(row["numero"], row["genre"]) for row in archive.runs][-1] == (25, "resend")
    assert archive.runs[0]["numero"] == 26
    row = archive.runs[-1]
    assert (row["lignes"], row["exemplaires"], remade(archive, row)) == (2, 3, file)
    run = resend(issue(25).pk, actor=CLERK, at=when)
    assert file == b"".join(address_file.written(run))
    assert (25, "resend") not in coming(when.date())


def test_whoever_has_no_address_is_no_line_and_takes_nobodys_place(offers):
    buys(offers["fixed"], email="a@example.fr", address=BRUSSELS)
    gone = buys(offers["fixed"], email="b@example.fr")
    PostalAddress.objects.filter(pk=gone.recipient.address_id).update(
        typed={}, lines=[], block=[], postcode="", town=""
    )
    lines = body(coming()[25, "main"]).splitlines()
    assert len(lines) == 2
    assert lines[1].endswith(b"N25-000001-01")


def test_what_is_still_owed_of_an_issue_that_left_comes_with_a_complement(offers):
    reader = buys(offers["fixed"], email="a@example.fr")
    buys(offers["fixed"], email="b@example.fr", address=BRUSSELS)
    close_file(issue(25), on=CUTOFF)
    later = buys(offers["fixed"], email="c@example.fr", address=REUNION, when=at(CUTOFF, 18))
    first = Entitlement.objects.filter(term__subscription=later).order_by("rank")[0]
    Entitlement.objects.filter(pk=first.pk).update(issue=issue(25))
    assert reader.pk != later.pk
    foreseen = coming()[25, "complement"]
    made = body(foreseen)
    run = close(ask(issue(25).pk, actor=CLERK, at=at(CUTOFF, 19)).pk, actor=COLLEAGUE, at=at(CUTOFF, 20))
    assert (run.kind, run.sequence, foreseen.sequence) == ("complement", 2, 2)
    assert made == b"".join(address_file.written(run))
    assert b"N25-000001-02" in made


def test_without_a_house_the_customary_file_is_foreseen(offers):
    buys(offers["fixed"])
    with_house = body(coming()[25, "main"])
    other = Magazine.objects.create(
        code="AUTRE", title="Autre", subtitle="x", issn="1", cppap_number="1", cppap_valid_until=date(2050, 1, 1)
    )
    Issue.objects.filter(number__gte=25).update(magazine=other)
    Subscription.objects.update(magazine=other)
    [run] = [one for one in runs_to_come(other.pk, on=CUTOFF) if one.issue.number == 25]
    assert run.house.pk is None
    assert body(run) == with_house.replace(b"ACTUIA", b"AUTRE")


def test_of_a_double_issue_both_numbers_are_said(offers):
    buys(offers["fixed"])
    Issue.objects.filter(number=29).update(number=40)
    Issue.objects.filter(number=28).update(last_number=29)
    assert body(coming()[28, "main"]).splitlines()[1].startswith(b"ACTUIA;28-29;")
    archive = open_archive(make(on=CUTOFF, at=at(CUTOFF, 3)).archive)
    assert archive.runs[-1]["parution"] == "28-29"


@pytest.mark.parametrize(
    ("separator", "encoding", "header"), [(";", "cp1252", True), ("\t", "utf-8", False), ("|", "utf-8", True)]
)
def test_any_profile_can_be_made_from_the_complete_lines(offers, separator, encoding, header):
    magazine = Magazine.objects.get()
    make_house(
        magazine,
        separator=separator,
        encoding=encoding,
        with_header=header,
        columns=["l1", "l4", "l6", "num_abonne", "qte"],
    )
    for name, address in (("a", BRUSSELS), ("b", REUNION), ("c", LIBRARY)):
        buys(offers["fixed"], email=f"{name}@example.fr", address=address)
    archive = open_archive(make(on=CUTOFF, at=at(CUTOFF, 3)).archive)
    for row in archive.runs:
        assert remade(archive, row) == archive.read(row["fichier"])


def test_an_issue_that_left_whole_is_not_in_it(offers):
    buys(offers["fixed"])
    send_out(issue(25), on=CUTOFF)
    contents = make(on=CUTOFF + timedelta(days=1), at=at(CUTOFF, 3))
    assert [row["issue"] for row in contents.counts] == ["26", "27", "28"]


def test_a_file_that_changed_since_is_said_and_the_others_are_there(offers):
    buys(offers["fixed"])
    run = close_file(issue(25), on=CUTOFF)
    Recipient.objects.update(address=_new_address())
    PostalAddress.objects.filter(pk=run.lines.get().address_id).update(
        typed={}, lines=[], block=[], postcode="", town=""
    )
    contents = make(on=CUTOFF, at=at(CUTOFF, 3))
    assert contents.changed == ["routeur/ACTUIA_N025_20261215_v1.csv"]
    assert [row["lines"] for row in contents.counts] == [1, 1, 1, 1]


def _new_address() -> PostalAddress:
    row = address_row(REUNION, postal_label(REUNION), at=at(CUTOFF))
    row.save()
    return row


def test_it_asks_as_much_for_one_reader_as_for_three(offers):
    counted = []
    for names in ("a", "bc"):
        for name in names:
            buys(offers["fixed"], email=f"{name}@example.fr")
        with CaptureQueriesContext(connection) as asked:
            make(on=CUTOFF, at=at(CUTOFF, 3))
        counted.append(len(asked))
    assert counted[0] == counted[1]


def test_the_page_inside_names_every_file_and_every_column(offers):
    buys(offers["fixed"])
    archive = open_archive(make(on=CUTOFF, at=at(CUTOFF, 3)).archive)
    said = archive.read("LISEZMOI.txt").decode().replace("l1 à l7", "l1 l2 l3 l4 l5 l6 l7")
    words = set(said.replace(",", " ").split())
    tables = [name for name in archive.files.namelist() if name.endswith(".csv") and not name.startswith("routeur/")]
    columns = {column for name in tables for column in next(archive.rows(name))}
    assert columns - words == set()
    assert {"MANIFESTE.json", "routeur/", "complet/", "TITRE_abonnes.csv", "TITRE_numeros.csv"} <= words
    assert "1er décembre 2026" in said.replace("\u00a0", " ")
