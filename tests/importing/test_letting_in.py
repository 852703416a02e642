"""What comes in and what does not: people joined or apart, money to the cent, again and again, killed in the middle."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Sum

from payments import audit as money
from payments.ledger import entries
from payments.models import DeskItem, Invoice, LedgerEntry, PayerAccount, SavedMethod
from shop.customers.erasing import erase
from shop.customers.models import Customer
from subscriptions import audit
from subscriptions.addresses.typed import TypedAddress
from subscriptions.buyers import buyers_of
from subscriptions.importing import deciding, letting_in, totals
from subscriptions.importing.checking import check_waiting
from subscriptions.importing.deciding import CannotDecide, approve, check_again, discard
from subscriptions.importing.forgetting import forget
from subscriptions.models import (
    Entitlement,
    EntitlementMovement,
    ImportFile,
    ImportFileEvent,
    ImportRow,
    Issue,
    Notice,
    Recipient,
    Subscription,
    Term,
)
from subscriptions.prolonging import promised_by
from tests.importing.desk import JOB, ONE, OTHER, faults, hand_in, let_in, outcomes, read, say_yes, take_over
from tests.importing.written import Written, automatic, line, write_file, written
from tests.makers import NOW, TODAY

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=31)


def breaches() -> list[tuple[str, str]]:
    """Whatever the invariants of both floors say."""
    found = []
    for checks in (money.CHECKS, audit.CHECKS):
        for name, rules in checks.items():
            found += [(subject, why) for rule in rules for subject, why in rule(NOW) if name != "MIRROR"]
    return found


def standing() -> dict[str, int]:
    """How much there is of everything that an import writes."""
    models = (Customer, Subscription, Term, Entitlement, EntitlementMovement, Recipient, PayerAccount, SavedMethod, Notice, LedgerEntry)  # fmt: skip
    return {model.__name__: model._default_manager.count() for model in models}


def test_a_hundred_readers_of_every_sort_and_every_invariant_holds(offers):
    file = take_over(write_file(100, Random(4)))
    assert (file.state, outcomes(file)) == ("let_in", {"let_in": 100})
    assert breaches() == []
    assert not Invoice.objects.exists()
    assert {entry.source for entry in LedgerEntry.objects.all()} == {f"import:{file.pk}:1.05", f"import:{file.pk}:2.10"}
    assert (
        sum((copy.value_ht for copy in Entitlement.objects.filter(state="owed")), Decimal(0)) == file.deferred_declared
    )
    owed = Entitlement.objects.filter(state="owed").aggregate(sum=Sum("term__quantity"))["sum"]
    assert (owed, owed > Entitlement.objects.filter(state="owed").count()) == (file.copies_declared, True)


def test_the_same_file_changes_nothing_and_neither_do_its_lines_in_another(offers):
    wanted = write_file(30, Random(7))
    first = take_over(wanted)
    before = standing()
    assert hand_in(wanted).pk == first.pk
    again = read(wanted, body=wanted.bytes() + b"\r\n", at=NOW + timedelta(hours=1))
    assert (again.pk != first.pk, outcomes(again), faults(again)) == (True, {"known": 30}, [])
    with pytest.raises(CannotDecide) as refused:
        say_yes(again)
    assert refused.value.messages == [
        "Toutes les lignes de ce fichier sont déjà là\u00a0: il n’y a rien à faire entrer."
    ]
    assert let_in(now=lambda: NOW) == 0
    assert standing() == before


def test_a_line_that_says_otherwise_is_reported_and_never_written_over(offers):
    take_over(written(line(1), line(2)))
    other = written(line(1, destinataire_ville="Villeurbanne", destinataire_code_postal="69100"), line(3))
    file = read(other)
    assert outcomes(file) == {"different": 1, "ready": 1}
    assert [one["code"] for one in file.rows.get(line=2).warnings] == ["said_otherwise"]
    say_yes(file)
    let_in(now=lambda: NOW)
    assert outcomes(file) == {"different": 1, "let_in": 1}
    assert Subscription.objects.get(foreign_ref="A-000001").recipient.address.town == "Lyon"
    assert breaches() == []


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"lines": 3}, "2 abonnés, et 3"),
        ({"copies": 5}, "4 exemplaires, et 5"),
        ({"deferred": Decimal("27.03")}, "27,04\u00a0€ hors taxes, et 27,03\u00a0€"),
    ],
    ids=["lines", "copies", "euros"],
)
def test_what_does_not_match_is_not_let_in(offers, declared, said):
    file = read(written(line(1), line(2)), **declared)
    with pytest.raises(CannotDecide) as refused:
        say_yes(file)
    assert said in " ".join(refused.value.messages)
    assert let_in(now=lambda: NOW) == 0
    assert not Subscription.objects.exists()


def test_who_handed_it_in_does_not_approve_it_but_alone_with_a_mark(offers):
    file = read(written(line(1)))
    with pytest.raises(CannotDecide):
        approve(file.pk, alone=False, actor=ONE, reason="oui", at=NOW)
    assert approve(file.pk, alone=True, actor=ONE, reason="oui", at=NOW).alone
    other = read(written(line(2)))
    assert not approve(other.pk, alone=True, actor=OTHER, reason="oui", at=NOW).alone


def test_what_was_read_yesterday_is_read_again_first(offers):
    file, tomorrow = read(written(line(1))), NOW + timedelta(days=1)
    with pytest.raises(CannotDecide):
        say_yes(file, at=tomorrow)
    Issue.objects.filter(number=25).update(posted_on=tomorrow.date(), state="posted")
    check_again(file.pk, actor=ONE, reason="un jour de plus", at=tomorrow)
    check_waiting(actor=JOB, now=lambda: tomorrow)
    file.refresh_from_db()
    assert (file.state, faults(file)) == ("checked", [(2, "prochain_numero", "issue_posted")])


def test_an_issue_that_left_between_the_yes_and_the_job_keeps_its_lines_out_in_sight(offers):
    file = say_yes(read(written(line(1), line(2, prochain_numero="26", exemplaires_servis=""))))
    Issue.objects.filter(number=25).update(posted_on=TODAY, state="posted")
    let_in(now=lambda: NOW)
    file.refresh_from_db()
    assert (file.state, outcomes(file), faults(file)) == ("let_in", {"faulty": 1, "let_in": 1}, [(2, "prochain_numero", "issue_posted")])  # fmt: skip
    assert DeskItem.objects.get().kind == "import_left_out"
    assert breaches() == []


def test_a_buyer_who_came_meanwhile_is_joined(offers):
    file = say_yes(read(written(line(1))))
    known = Customer.objects.create_user("ines.roux1@exemple.fr", first_name="Inès", last_name="Roux 1")
    let_in(now=lambda: NOW)
    assert Subscription.objects.get().payer == known
    assert file.rows.get().warnings[0]["code"] == "joined"


def test_one_reader_of_two_lines_is_one_record_and_another_name_has_no_address(offers):
    take_over(written(line(1), line(2, destinataire_nom="ROUX 1", destinataire_email="Ines.Roux1@exemple.fr"), line(3, destinataire_nom="Costa", destinataire_email="ines.roux1@exemple.fr")))  # fmt: skip
    one, two, three = (row.payer for row in Subscription.objects.order_by("pk"))
    assert one == two
    assert (three.email, three.last_name) == (None, "Costa")
    letters = {notice.customer_id: notice.channel for notice in Notice.objects.filter(kind="taken_over")}
    assert letters == {one.pk: "email", three.pk: "paper"}


def test_payer_holder_and_recipient_stand_apart(offers):
    take_over(
        written(
            line(
                1, destinataire_civilite="", destinataire_prenom="", destinataire_nom="", destinataire_email="",
                destinataire_organisme="Lycée Ampère", destinataire_service="CDI", payeur_prenom="Zoé", payeur_nom="Garçon",
                payeur_email="zoe@exemple.fr", payeur_voie="8 quai Voltaire", payeur_code_postal="75007", payeur_ville="Paris",
                titulaire_nom="Benali", titulaire_email="benali@exemple.fr",
            ),
            line(2, cadeau="oui", payeur_nom="Costa"),
            line(3, cadeau="oui", payeur_nom="Costa", destinataire_email=""),
        )
    )  # fmt: skip
    library, gift, other = Subscription.objects.order_by("pk")
    assert (library.payer.email, library.holder.email, library.recipient.customer) == ("zoe@exemple.fr", "benali@exemple.fr", None)  # fmt: skip
    assert library.recipient.address.lines[:2] == ["Lycée Ampère", "CDI"]
    assert (gift.is_gift, gift.payer.last_name, gift.holder, other.holder) == (
        True,
        "Costa",
        gift.recipient.customer,
        None,
    )
    assert TypedAddress.from_dict(library.recipient.address.typed).service == "CDI"
    buyer = buyers_of([library], orders={})[library.pk]
    assert (buyer.last_name, buyer.billing.lines[-1]) == ("Garçon", "75007 PARIS")


def test_the_next_year_goes_on_from_what_was_promised_there(offers):
    take_over(written(line(1), line(2, exemplaires_achetes="8", exemplaires_restants="7", exemplaires_servis="")))
    one, two = Subscription.objects.order_by("pk")
    promised = promised_by([one, two])
    assert (promised[one.pk].last_number, promised[one.pk].waiting) == (26, 0)
    # Issues 25 to 29 are planned: two of its seven copies wait for theirs.
    assert (promised[two.pk].last_number, promised[two.pk].waiting) == (31, 2)


def test_copies_served_before_our_register_began_need_no_issue(offers):
    take_over(written(line(1, exemplaires_achetes="8", exemplaires_restants="1", exemplaires_servis="7", montant_ttc="55,20")))  # fmt: skip
    copies = list(Entitlement.objects.order_by("rank").values_list("state", "issue__number"))
    assert copies == [*[("served", None)] * 4, ("served", 22), ("served", 23), ("served", 24), ("owed", 25)]
    days = EntitlementMovement.objects.filter(kind="serve").order_by("entitlement__rank").values_list("on", flat=True)
    assert list(days) == [*[TODAY] * 4, date(2026, 3, 16), date(2026, 6, 15), date(2026, 9, 15)]
    one = Subscription.objects.get()
    assert (promised_by([one])[one.pk].last_number, promised_by([one])[one.pk].waiting) == (25, 0)
    assert breaches() == []


def test_killed_between_two_batches_it_goes_on_and_the_books_follow(offers, monkeypatch):
    monkeypatch.setattr(letting_in, "BATCH", 10)
    file = say_yes(read(write_file(35, Random(9))))
    rounds = iter([True, True, False])
    assert let_in(now=lambda: NOW, go_on=lambda: next(rounds, False)) == 20
    file.refresh_from_db()
    assert (file.state, Subscription.objects.count(), LedgerEntry.objects.count()) == ("approved", 20, 0)
    assert breaches() == []
    assert let_in(now=lambda: NOW) == 15
    file.refresh_from_db()
    assert (file.state, outcomes(file)) == ("let_in", {"let_in": 35})
    assert breaches() == []
    assert let_in(now=lambda: NOW) == 0


def test_one_line_that_the_database_refuses_does_not_keep_the_others_out(offers, monkeypatch):
    file = say_yes(read(written(line(1), line(2), line(3))))
    whole = letting_in.write

    def poisoned(plans, *args, **kwargs):
        if any(plan.said.reference == "A-000002" for plan in plans):
            raise IntegrityError("poison")
        return whole(plans, *args, **kwargs)

    monkeypatch.setattr(letting_in, "write", poisoned)
    let_in(now=lambda: NOW)
    file.refresh_from_db()
    assert (file.state, outcomes(file), faults(file)) == ("let_in", {"let_in": 2, "faulty": 1}, [(3, "", "refused_by_database")])  # fmt: skip
    assert {item.kind for item in DeskItem.objects.all()} == {"import_row_refused", "import_left_out"}
    assert breaches() == []


def test_without_an_account_the_entry_waits_for_finance(offers, monkeypatch):
    monkeypatch.setattr(deciding, "TAKEN_OVER", "NOWHERE")
    file = read(written(line(1)))
    with pytest.raises(CannotDecide) as refused:
        say_yes(file)
    assert "NOWHERE" in " ".join(refused.value.messages)
    monkeypatch.undo()
    say_yes(file)
    monkeypatch.setattr(entries, "TAKEN_OVER", "NOWHERE")
    let_in(now=lambda: NOW)
    file.refresh_from_db()
    assert (file.state, DeskItem.objects.get().kind, LedgerEntry.objects.count()) == ("approved", "import_unmapped", 0)
    monkeypatch.undo()
    let_in(now=lambda: NOW)
    file.refresh_from_db()
    assert (file.state, LedgerEntry.objects.count()) == ("let_in", 1)
    assert breaches() == []


def test_what_was_said_of_people_is_kept_no_longer_than_it_is_needed(offers):
    file = take_over(written(line(1)))
    assert file.rows.get().cells == {}
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportRow.objects.update(cells={"reference": "x"})
    aside = read(written(line(2, destinataire_email="x@")))
    discard(aside.pk, actor=ONE, reason="à corriger", at=NOW)
    assert (aside.rows.get().cells, len(faults(aside))) == ({}, 1)
    lying = read(written(line(3, destinataire_email="y@")))
    assert forget(actor=JOB, at=NOW + timedelta(days=29)) == 0
    assert forget(actor=JOB, at=LATER) >= 1
    assert forget(actor=JOB, at=LATER) == 0
    assert forget(actor=JOB, at=LATER + timedelta(days=31)) == 1
    lying.refresh_from_db()
    assert (lying.state, lying.rows.get().cells, lying.rows.get().faults) == (
        "discarded", {}, [{"column": "destinataire_email", "code": "email", "sentence": ""}],
    )  # fmt: skip


def test_a_reader_who_is_erased_gives_up_what_was_taken_over_for_them(offers):
    take_over(written(line(1)), letters=False)
    erase(Customer.objects.get(), actor=ONE, at=NOW, reason="demandé", giving_up=True)
    assert breaches() == []


def test_what_was_declared_and_what_was_done_is_evidence(offers):
    take_over(written(line(1)))
    for model, change in (
        (ImportFile, {"charge_from": TODAY}),
        (ImportFile, {"deferred_declared": 0}),
        (ImportRow, {"fingerprint": "x"}),
        (ImportFileEvent, {"actor": "staff:9"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            model._default_manager.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            model._default_manager.all().delete()


def test_every_step_is_written_down_with_its_totals(offers):
    file = take_over(written(line(1), line(2)))
    steps = list(ImportFileEvent.objects.filter(file=file).values_list("from_state", "to_state", "actor"))
    assert steps == [
        ("", "to_check", "staff:1"), ("to_check", "checked", "job:imports"), ("checked", "approved", "staff:2"),
        ("approved", "let_in", f"import:{file.pk}"),
    ]  # fmt: skip
    figures = file.events.get(to_state="approved").figures
    assert (figures["lines"], figures["copies_ready"], figures["deferred_ready"]) == ({"ready": 2}, 4, "27.04")
    assert totals.totals(file).to_dict() == file.events.get(to_state="let_in").figures


@pytest.mark.parametrize("many", [1, 3])
def test_queries_do_not_grow_with_the_lines(offers, django_assert_num_queries, many):
    file = say_yes(read(Written(*_facts(many))))
    with django_assert_num_queries(QUERIES):
        letting_in._settle(file.pk, list(file.rows.values_list("pk", flat=True)), actor=JOB, at=NOW)


QUERIES = 43


def _facts(many: int):
    wanted = written(*(automatic(number, payeur_nom="Costa", payeur_email=f"c{number}@exemple.fr") for number in range(many)))  # fmt: skip
    return wanted.rows, wanted.copies, wanted.deferred
