"""How many to print: each part from what is known or was observed, the publisher's assumption where too little was, and what
became of an advice that was kept."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from subscriptions.figures.advising import Advice, advise
from subscriptions.figures.printing import CannotPrint, freeze_advice, note_print, used_of
from subscriptions.figures.rules import succeed_assumption
from subscriptions.losses.resending import make
from subscriptions.models import PrintAdvice, PrintRun, Subscription, Term, TermUndone
from subscriptions.moving import move_copies
from tests.figures.people import at, buys, free, goes, issue
from tests.institutions.papers import take
from tests.losses.people import claims, copy_of, in_stock
from tests.makers import CLERK, NOW, make_house, send_out


@pytest.fixture
def shop(db, offers):
    make_house(offers["fixed"].magazine)
    return offers


def assume(**facts):
    """What the publisher assumes; no reserve unless said otherwise."""
    plain = {"reserve_low": 0, "reserve_high": 0, "claimed_low": 0, "claimed_high": 0} | facts
    return succeed_assumption(actor=CLERK, at=NOW, reason="hypothèses de l’année", **plain)


def parts(advice: Advice) -> dict[str, tuple[int, int, str]]:
    """Each part: at least, at most, what was observed; the classes that are due and those that are free together."""
    found: dict[str, tuple[int, int, str]] = {}
    for one in advice.parts:
        low, high, _rate = found.get(one.code.partition("_")[0], (0, 0, ""))
        found[one.code.partition("_")[0]] = (low + one.low, high + one.high, one.rate)
    return found


def test_what_is_known_is_counted_by_class_with_what_is_held_beside_it(shop):
    for name in ("anne", "bernard", "chantal"):
        buys(shop["fixed"], email=f"{name}@example.fr")
    take(quantity=5)
    free("free", 3)
    held = copy_of(Subscription.objects.earliest("pk"))
    move_copies([held], "hold", on=NOW.date(), actor=CLERK, at=NOW)
    assume()
    advice = advise(issue(25))
    found = parts(advice)
    assert (found["due"], found["free"], found["held"]) == ((7, 7, ""), (3, 3, ""), (0, 1, ""))
    assert (advice.low, advice.high) == (10, 11)
    assert [(one.code, one.name, one.low) for one in advice.parts[:3]] == [
        ("due_IND", "Abonnements payés par l’abonné destinataire", 2),
        ("due_UNPAID", "Abonnements facturés, non encore encaissés", 5),
        ("free_FREE", "Services gratuits", 3),
    ]


def test_once_the_file_is_closed_what_is_in_it_is_still_due(shop):
    buys(shop["fixed"])
    assume()
    before = parts(advise(issue(25)))["due"]
    send_out(issue(25), on=date(2026, 12, 15))
    assert before == (1, 1, "") == parts(advise(issue(25)))["due"]


def test_where_too_few_were_observed_the_assumption_stands_and_says_so(shop):
    """One reader ends with no. 28: half of them to all of them are assumed to go on, which is one copy either way."""
    buys(shop["fixed"])
    assume(renewed_low=Decimal(50), renewed_high=Decimal(100), new_low=4, new_high=9, single_low=2, single_high=3)
    advice = advise(issue(29))
    found = parts(advice)
    assert (found["fixed"], found["new"], found["singles"]) == ((1, 1, ""), (4, 9, ""), (2, 3, ""))
    how = {one.code: one.how.replace("\u00a0", " ") for one in advice.parts}
    assert how["fixed"].endswith(
        ": 1, dont déjà repris : 0. Trop peu de cas pour un taux (0 sur 0, il en faut 30) : hypothèse de l’éditeur, de 50,0 % à "
        "100,0 %."
    )


def test_renewals_expected_come_from_the_rate_that_was_observed(shop, monkeypatch):
    """Of ten readers who ended with no. 22 six went on; of four who end with no. 24 one has gone on: two more are expected."""
    monkeypatch.setattr("subscriptions.figures.advising.DECIDED_AFTER", 1)
    for place in range(10):
        one = buys(shop["fixed"], email=f"old{place}@example.fr")
        moved = one.terms.get().entitlements.order_by("-rank")
        moved.update(issue=None)
        moved.filter(rank=4).update(issue=issue(22))
        if place < 6:
            goes_on(one)
    for place in range(4):
        one = buys(shop["fixed"], email=f"new{place}@example.fr")
        moved = one.terms.get().entitlements.order_by("-rank")
        moved.update(issue=None)
        moved.filter(rank=4).update(issue=issue(24))
        if place < 1:
            goes_on(one)
    assume(observed_least=10)
    advice = advise(issue(25))
    assert parts(advice)["fixed"] == (2, 2, "6 / 10")
    assume(observed_least=11, renewed_low=Decimal(25), renewed_high=Decimal(100))
    assert parts(advise(issue(25)))["fixed"] == (0, 3, "")


def test_a_next_year_that_was_undone_is_not_one_that_goes_on(shop):
    buys(shop["fixed"])
    one = Subscription.objects.get()
    goes_on(one)
    assume(renewed_low=Decimal(100), renewed_high=Decimal(100))
    assert parts(advise(issue(29)))["fixed"] == (0, 0, "")
    TermUndone.objects.create(term=one.terms.get(number=2), actor="staff:1", reason="rétractation", at=NOW)
    assert parts(advise(issue(29)))["fixed"] == (1, 1, "")


def goes_on(one: Subscription) -> None:
    """Its next term is there."""
    term = one.terms.get()
    begins = term.ends_on + timedelta(days=1)
    Term.objects.create(
        subscription=one, number=2, starts_on=begins, ends_on=begins + timedelta(days=364), copies=4, amount=term.amount,
        amount_ht=term.amount_ht, vat_zone=term.vat_zone, vat_rate=term.vat_rate, created_at=NOW, source="story",
        foreign_ref=f"s{one.pk}",
    )  # fmt: skip


def test_new_readers_claims_and_complements_come_from_the_issues_before(shop):
    """No. 25 brought three new readers, no. 26 one; one copy of three was claimed and sent again."""
    anne, *_others = [buys(shop["fixed"], email=f"{name}@example.fr") for name in ("anne", "bernard", "chantal")]
    send_out(issue(25), on=date(2026, 12, 15))
    in_stock()
    claims(anne)
    goes(make(issue(25).pk, actor=CLERK, at=at(date(2027, 1, 5)), reason="réclamations"), on=date(2027, 1, 5))
    buys(shop["fixed"], email="denis@example.fr")
    send_out(issue(26), on=date(2027, 3, 15))
    assume(observed_least=4)
    advice = advise(issue(27))
    found = parts(advice)
    assert found["due"] == (4, 4, "")
    assert found["new"] == (1, 3, "4 / 2")
    assert found["complements"] == (0, 0, "0 / 7")
    # Nothing of no. 26, a third of no. 25: of the 5 to 7 copies before it.
    assert found["claims"] == (0, 3, "1 / 7")
    assert (advice.low, advice.high) == (5, 10)


def test_the_reserve_is_a_share_of_everything_else_rounded_up(shop):
    for place in range(10):
        buys(shop["fixed"], email=f"r{place}@example.fr")
    assume(reserve_low=Decimal(3), reserve_high=Decimal(5))
    advice = advise(issue(25))
    assert parts(advice)["reserve"] == (1, 1, "")
    assert (advice.low, advice.high) == (11, 11)


def test_an_advice_is_kept_laid_beside_what_was_printed_and_used_and_never_changed(shop):
    anne = buys(shop["fixed"], email="anne@example.fr")
    buys(shop["fixed"], email="bernard@example.fr")
    assume(reserve_low=Decimal(50), reserve_high=Decimal(100))
    on = date(2026, 11, 24)
    with pytest.raises(CannotPrint) as changed:
        freeze_advice(issue(25).pk, shown=(1, 2), on=on, actor=CLERK, at=at(on), reason="bon à tirer")
    assert changed.value.code == "changed"
    kept = freeze_advice(issue(25).pk, shown=(3, 4), on=on, actor=CLERK, at=at(on), reason="bon à tirer")
    assert (kept.number, kept.low, kept.high) == (1, 3, 4)
    note_print(issue(25).pk, 10, on=on, actor=CLERK, at=at(on, 12), reason="facture 1204")
    note_print(issue(25).pk, 9, on=on, actor=CLERK, at=at(on, 13), reason="facture 1204 corrigée")
    # A later advice is not the one that the print run was made by.
    freeze_advice(issue(25).pk, on=on, actor=CLERK, at=at(on, 14), reason="pour voir")
    send_out(issue(25), on=date(2026, 12, 15))
    in_stock(copies=6)
    claims(anne)
    goes(make(issue(25).pk, actor=CLERK, at=at(date(2027, 1, 5)), reason="réclamations"), on=date(2027, 1, 5))
    (found,) = used_of([issue(25)])
    assert found.advice == kept
    assert (found.printed, found.sent, found.again, found.stock, found.spoiled) == (9, 2, 1, 5, 0)
    assert (found.used, found.over, found.inside) == (3, 1, True)
    assert (PrintAdvice.objects.count(), PrintRun.objects.count()) == (2, 2)
    with pytest.raises(CannotPrint) as late:
        freeze_advice(issue(25).pk, on=on, actor=CLERK, at=at(on), reason="trop tard")
    assert late.value.code == "posted"


def test_an_advice_makes_as_many_queries_for_three_readers_as_for_one(shop):
    made = []
    for names in (("anne",), ("bernard", "chantal")):
        for name in names:
            buys(shop["fixed"], email=f"{name}@example.fr")
        with CaptureQueriesContext(connection) as queries:
            advise(issue(25))
        made.append(len(queries))
    assert made[0] == made[1] <= 18
