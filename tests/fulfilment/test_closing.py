"""An issue is closed: two people, one frozen run, whose file comes out the same byte for byte however often it is made."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.utils import IntegrityError, ProgrammingError
from django.test.utils import CaptureQueriesContext

from shop.watch.audit import breaches
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.fulfilment.address_file import FileChanged, file_name, fingerprint, verify, written
from subscriptions.fulfilment.closing import CannotClose, ask, close, drop
from subscriptions.fulfilment.columns import CUSTOMARY
from subscriptions.fulfilment.handing_over import CannotHandOver, count_received, hand_over
from subscriptions.fulfilment.posting import CannotPost, post_run
from subscriptions.models import Dispatch, Entitlement, FreeCopy, Magazine, MailingRun, PostalAddress
from subscriptions.moving import move_copies
from subscriptions.places import address_row
from tests.fulfilment.people import at, buys, issue
from tests.makers import CLERK, COLLEAGUE, NOW, close_file, make_house, make_magazine, make_offers, send_out

CUTOFF, POSTED = date(2026, 12, 1), date(2026, 12, 15)
REUNION = TypedAddress(
    title="M.", first_name="Fabrice", last_name="Payet", street="4 chemin des Flamboyants", postcode="97410",
    town="Saint-Pierre", country="FR",
)  # fmt: skip
BRUSSELS = TypedAddress(
    title="M.", first_name="Luc", last_name="Peeters", street="Rue Haute 12", postcode="1000", town="Bruxelles",
    country="BE",
)  # fmt: skip
LIBRARY = TypedAddress(
    kind=AddressKind.ORGANISATION, organisation="Université de Nantes", service="Service périodiques",
    street="1 quai de Tourville", locality="BP 13522", postcode="44035", town="Nantes CEDEX 1", country="FR",
)  # fmt: skip


@pytest.fixture
def offers(db):
    return make_offers(make_magazine())


@pytest.fixture
def house(offers):
    return make_house(Magazine.objects.get())


def text(run: MailingRun) -> list[str]:
    return b"".join(written(run)).decode("cp1252").split("\r\n")


def test_two_people_close_an_issue_and_the_file_has_the_customary_columns(offers, house):
    buys(offers["fixed"])
    buys(offers["automatic"], email="luc@example.be", address=BRUSSELS)
    buys(offers["fixed"], email="fabrice@example.fr", address=REUNION)
    asked = ask(issue(25).pk, actor=CLERK, at=at(CUTOFF, 9), reason="Arrêté du n° 25")
    run = close(asked.pk, actor=COLLEAGUE, at=at(CUTOFF, 10))
    assert (run.state, run.kind, run.sequence, run.dispatches, run.copies) == ("closed", "main", 1, 3, 3)
    assert (issue(25).state, run.closed_alone) == ("closed", False)
    assert text(run) == [
        ";".join(CUSTOMARY),
        "ACTUIA;25;{0};{0}-1;1;ABO;MME Élodie LEFÈVRE;;;12 BIS RUE DE L EGLISE;;75004 PARIS;;75004;PARIS;FR;METR;28;3;;250;"
        "20261215;N25-000001-01".format(number(0)),
        "ACTUIA;25;{0};{0}-1;1;ABO;M. Fabrice PAYET;;;4 CHEMIN DES FLAMBOYANTS;;97410 SAINT PIERRE;;97410;SAINT PIERRE;FR;"
        "DOM;28;3;;250;20261215;N25-000002-01".format(number(2)),
        "ACTUIA;25;{0};{0}-1;1;ABO;M. Luc Peeters;;;;Rue Haute 12;1000 BRUXELLES;BELGIQUE;1000;BRUXELLES;BE;UE;;3;;250;"
        "20261215;N25-000003-01".format(number(1)),
        "",
    ]
    assert file_name(run) == "ACTUIA_N025_20261215_v1.csv"
    body = b"".join(written(run))
    assert (run.sha256, run.size) == (hashlib.sha256(body).hexdigest(), len(body))
    assert run.counts == {
        "table": [
            {"zone": "DOM", "kind": "ABO", "country": "FR", "lines": 1, "copies": 1},
            {"zone": "METR", "kind": "ABO", "country": "FR", "lines": 1, "copies": 1},
            {"zone": "UE", "kind": "ABO", "country": "BE", "lines": 1, "copies": 1},
        ],
        "first_key": "N25-000001-01",
        "last_key": "N25-000003-01",
    }
    assert list(Entitlement.objects.filter(issue__number=25).values_list("state", flat=True)) == ["assigned"] * 3
    assert breaches(NOW) == []


def number(place: int) -> str:
    """The subscriber number of the nth who bought."""
    return str(Dispatch.objects.order_by("subscription").values_list("subscription__number", flat=True)[place])


def test_asking_and_saying_yes_twice_is_one_run(offers, house):
    buys(offers["fixed"])
    first = ask(issue(25).pk, actor=CLERK, at=at(CUTOFF, 9))
    assert ask(issue(25).pk, actor=COLLEAGUE, at=at(CUTOFF, 9)) == first
    run = close(first.pk, actor=COLLEAGUE, at=at(CUTOFF, 10))
    again = close(first.pk, actor=COLLEAGUE, at=at(CUTOFF, 12))
    assert (again.pk, again.closed_at, again.sha256) == (run.pk, run.closed_at, run.sha256)
    assert Dispatch.objects.count() == 1


def test_who_asked_does_not_say_yes(offers, house):
    run = ask(issue(25).pk, actor=CLERK, at=at(CUTOFF, 9))
    with pytest.raises(CannotClose) as refused:
        close(run.pk, actor=CLERK, at=at(CUTOFF, 23), reason="Personne d'autre n'est là.")
    assert refused.value.code == "second_person"
    assert (issue(25).state, Dispatch.objects.count()) == ("planned", 0)


def test_alone_with_a_reason_after_a_delay_and_for_all_to_see(offers):
    make_house(Magazine.objects.get(), second_person=False)
    buys(offers["fixed"])
    run = ask(issue(25).pk, actor=CLERK, at=at(CUTOFF, 9))
    for when, why, code in ((at(CUTOFF, 12), "Congés", "too_early"), (at(CUTOFF, 13), " ", "no_reason")):
        with pytest.raises(CannotClose) as refused:
            close(run.pk, actor=CLERK, at=when, reason=why)
        assert refused.value.code == code
    closed = close(run.pk, actor=CLERK, at=at(CUTOFF, 13), reason="Congés : personne d'autre.")
    assert (closed.closed_alone, closed.closed_because) == (True, "Congés : personne d'autre.")


def test_the_database_takes_no_second_main_file_and_no_yes_of_one_person(offers, house):
    run = close_file(issue(25), on=CUTOFF)
    with pytest.raises(IntegrityError, match="run_main_once"):
        MailingRun.objects.create(
            issue=issue(25), house=house, kind="main", sequence=2, asked_by="staff:1", asked_at=at(CUTOFF)
        )
    assert run.asked_by != run.closed_by


@pytest.mark.parametrize("column", ["sha256", "dispatches", "counts", "closed_by"])
def test_what_was_closed_stays(offers, house, column):
    run = close_file(issue(25), on=CUTOFF)
    with pytest.raises(IntegrityError, match="the run is closed"):
        MailingRun.objects.filter(pk=run.pk).update(**{column: {} if column == "counts" else "7"})


def test_a_line_is_evidence(offers, house):
    buys(offers["fixed"])
    run = close_file(issue(25), on=CUTOFF)
    with pytest.raises(ProgrammingError):
        Dispatch.objects.filter(run=run).update(copies=2)


def test_not_before_the_cut_off_and_not_without_a_house(offers):
    with pytest.raises(CannotClose) as refused:
        ask(issue(25).pk, actor=CLERK, at=at(CUTOFF - timedelta(days=1)))
    assert refused.value.code == "early"
    with pytest.raises(CannotClose) as refused:
        ask(issue(25).pk, actor=CLERK, at=at(CUTOFF))
    assert refused.value.code == "no_house"


def test_an_expired_cppap_number_stops_the_run(offers, house):
    Magazine.objects.update(cppap_valid_until=POSTED - timedelta(days=1))
    with pytest.raises(CannotClose) as refused:
        ask(issue(25).pk, actor=CLERK, at=at(CUTOFF))
    assert refused.value.code == "cppap"


def test_what_was_asked_for_can_be_given_up_and_asked_for_again(offers, house):
    first = ask(issue(25).pk, actor=CLERK, at=at(CUTOFF, 9))
    drop(first.pk, actor=CLERK, at=at(CUTOFF, 9), reason="Trop tôt : un lecteur vient de payer.")
    with pytest.raises(CannotClose) as refused:
        close(first.pk, actor=COLLEAGUE, at=at(CUTOFF, 10))
    assert refused.value.code == "not_asked"
    second = ask(issue(25).pk, actor=CLERK, at=at(CUTOFF, 10))
    assert (second.sequence, second.kind) == (2, "main")
    close(second.pk, actor=COLLEAGUE, at=at(CUTOFF, 10))
    with pytest.raises(CannotClose):
        drop(second.pk, actor=CLERK, at=at(CUTOFF, 11), reason="Trop tard pour cela.")


def test_a_crash_in_the_middle_leaves_nothing_and_the_next_try_is_whole(offers, house, monkeypatch):
    buys(offers["fixed"])
    run = ask(issue(25).pk, actor=CLERK, at=at(CUTOFF, 9))

    def broken(_run):
        raise RuntimeError("the machine stopped")

    with monkeypatch.context() as patched:
        patched.setattr("subscriptions.fulfilment.closing.fingerprint", broken)
        with pytest.raises(RuntimeError):
            close(run.pk, actor=COLLEAGUE, at=at(CUTOFF, 10))
    assert (Dispatch.objects.count(), issue(25).state) == (0, "planned")
    assert Entitlement.objects.get(issue__number=25).state == "owed"
    assert close(run.pk, actor=COLLEAGUE, at=at(CUTOFF, 10)).dispatches == 1


def test_held_copies_stay_at_home_and_late_starters_leave_with_a_complement(offers, house):
    held, served = buys(offers["fixed"]), buys(offers["fixed"], email="anne@example.fr")
    copy = Entitlement.objects.get(term__subscription=held, issue__number=25)
    move_copies([copy], "hold", on=CUTOFF, actor=CLERK, at=at(CUTOFF))
    main = close_file(issue(25), on=CUTOFF)
    assert list(main.lines.values_list("subscription", flat=True)) == [served.pk]
    copy.refresh_from_db()
    move_copies([copy], "release", on=CUTOFF, actor=CLERK, at=at(CUTOFF, 12))
    late = close(ask(issue(25).pk, actor=CLERK, at=at(CUTOFF, 13)).pk, actor=COLLEAGUE, at=at(CUTOFF, 13))
    assert (late.kind, late.sequence, file_name(late)) == ("complement", 2, "ACTUIA_N025_20261215_v2.csv")
    assert list(late.lines.values_list("subscription", "key")) == [(held.pk, "N25-000001-02")]
    assert fingerprint(main).sha256 == main.sha256
    send_out(issue(25), on=POSTED)
    hand_over(late.pk, actor=CLERK, at=at(POSTED))
    count_received(late.pk, copies=1, actor=CLERK, at=at(POSTED))
    assert post_run(late.pk, on=POSTED, actor=CLERK, at=at(POSTED)).copies == 1
    assert set(Entitlement.objects.filter(issue__number=25).values_list("state", flat=True)) == {"served"}
    assert breaches(NOW) == []


def test_a_move_after_the_closing_changes_no_byte(offers, house):
    subscription = buys(offers["fixed"])
    run = close_file(issue(25), on=CUTOFF)
    moved = address_row(BRUSSELS, postal_label(BRUSSELS), at=NOW)
    moved.save()
    subscription.recipient.address = moved
    subscription.recipient.save(update_fields=["address"])
    verify(run)
    assert "75004 PARIS" in text(run)[1]


def test_what_was_forgotten_shows(offers, house):
    subscription = buys(offers["fixed"])
    run = close_file(issue(25), on=CUTOFF)
    PostalAddress.objects.filter(pk=subscription.recipient.address_id).update(
        typed={}, lines=[], block=[], postcode="", town=""
    )
    with pytest.raises(FileChanged):
        verify(run)
    with pytest.raises(FileChanged):
        hand_over(run.pk, actor=CLERK, at=at(CUTOFF, 12))


def test_free_copies_and_test_addresses_are_in_the_file_and_out_of_the_books(offers, house):
    magazine = Magazine.objects.get()
    for place, (kind, typed) in enumerate((("free", LIBRARY), ("proof", BRUSSELS), ("seed", REUNION))):
        address = address_row(typed, postal_label(typed), at=NOW)
        address.save()
        FreeCopy.objects.create(
            magazine=magazine, kind=kind, number=f"9900000{place}", address=address, copies=1 + place, from_number=25,
            actor=str(CLERK), reason="Service gratuit", created_at=NOW,
        )  # fmt: skip
    run = close_file(issue(25), on=CUTOFF)
    assert list(run.lines.values_list("kind", "copies", "zone")) == [
        ("GRA", 1, "METR"),
        ("ABO", 3, "DOM"),
        ("JUS", 2, "UE"),
    ]
    assert (run.dispatches, run.copies) == (3, 6)
    assert text(run)[1] == (
        "ACTUIA;25;99000000;99000000;1;GRA;Université de Nantes;Service périodiques;;1 QUAI DE TOURVILLE;BP 13522;"
        "44035 NANTES CEDEX 1;;44035;NANTES CEDEX 1;FR;METR;;;;250;20261215;N25-000001-01"
    )
    assert send_out(issue(25), on=POSTED).copies == 0


def test_the_last_copy_of_a_fixed_term_says_so_and_a_renewing_one_does_not(offers, house):
    fixed = buys(offers["fixed"])
    for number in (25, 26, 27):
        send_out(issue(number), on=issue(number).post_on)
    run = close_file(issue(28), on=issue(28).cutoff_on)
    line = run.lines.get(subscription=fixed)
    assert (line.last_number, line.copies_left, line.insert_code) == (28, 0, "R0")


def test_another_house_has_other_columns_and_an_old_file_keeps_its_own(offers, house):
    buys(offers["fixed"])
    first = close_file(issue(25), on=CUTOFF)
    make_house(
        Magazine.objects.get(), separator="|", encoding="utf-8", columns=["cle_unique", "l1", "l6"], with_header=False
    )
    send_out(issue(25), on=POSTED)
    second = close_file(issue(26), on=issue(26).cutoff_on)
    assert b"".join(written(second)).decode() == "N26-000001-01|MME Élodie LEFÈVRE|75004 PARIS\r\n"
    verify(first)


def test_the_house_counts_before_anything_is_posted(offers, house):
    buys(offers["fixed"])
    run = close_file(issue(25), on=CUTOFF)
    with pytest.raises(CannotHandOver):
        count_received(run.pk, copies=1, actor=CLERK, at=at(CUTOFF, 12))
    with pytest.raises(CannotPost) as refused:
        post_run(run.pk, on=POSTED, actor=CLERK, at=at(POSTED))
    assert refused.value.code == "not_out"
    hand_over(run.pk, actor=CLERK, at=at(CUTOFF, 12))
    hand_over(run.pk, actor=COLLEAGUE, at=at(CUTOFF, 13))
    assert not count_received(run.pk, copies=2, actor=CLERK, at=at(CUTOFF, 14))
    with pytest.raises(CannotPost) as refused:
        post_run(run.pk, on=POSTED, actor=CLERK, at=at(POSTED))
    assert refused.value.code == "not_counted"
    assert count_received(run.pk, copies=1, actor=CLERK, at=at(CUTOFF, 15))
    with pytest.raises(CannotPost) as refused:
        post_run(run.pk, on=CUTOFF - timedelta(days=1), actor=CLERK, at=at(POSTED))
    assert refused.value.code == "day"
    assert post_run(run.pk, on=POSTED, actor=CLERK, at=at(POSTED)).copies == 1


def test_closing_three_takes_as_many_queries_as_closing_one(offers, house):
    buys(offers["fixed"])
    first = ask(issue(25).pk, actor=CLERK, at=at(CUTOFF))
    with CaptureQueriesContext(connection) as one:
        close(first.pk, actor=COLLEAGUE, at=at(CUTOFF))
    for name in ("bernard", "chantal"):
        buys(offers["fixed"], email=f"{name}@example.fr")
    day = issue(26).cutoff_on
    second = ask(issue(26).pk, actor=CLERK, at=at(day))
    with CaptureQueriesContext(connection) as three:
        assert close(second.pk, actor=COLLEAGUE, at=at(day)).dispatches == 3
    assert len(three) == len(one)
