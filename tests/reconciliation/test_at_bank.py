"""From the card to the line of our bank: what is sure finds itself, of two alike a person says which."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from payments.actors import Actor
from payments.audit import balance_of
from payments.bank.writing import UNEXPLAINED
from payments.desk import take_off_desk
from payments.models import BankLine, BankMatch, DeskItem, Payout
from payments.reconciliation.arriving import taken_back, waiting_for_bank
from payments.reconciliation.at_bank import carry_out, match, match_arrivals, match_back, possible
from payments.reconciliation.overdue import MATTERS, watch
from payments.sandbox import paying_out
from payments.working_days import add_banking_days
from tests.bank.coming import come
from tests.bank.files import IBAN, Said
from tests.makers import CLERK
from tests.reconciliation.account import CLOCK, bought, breached, later, looked, paid_out, the_payout, world_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _our_account(settings) -> None:
    settings.BANK_IBAN, settings.BANK_BIC = IBAN, "AGRIFRPP"


@pytest.fixture
def payout(offers, till) -> Payout:
    """Two years at 27,60 € less their fees: 53,88 € on their way."""
    bought(till)
    bought(till)
    paid_out(till)
    looked()
    return the_payout()


def shown(payout: Payout, amount: str = "53.88", *, on: date | None = None, text: str = "STRIPE PAYOUT"):
    return come(Said(amount, text, "Stripe Technology Europe", on or payout.arrives_on), at=later())


def arrivals() -> int:
    return match_arrivals(actor=CLOCK, at=later())


def test_the_line_of_a_payout_is_it_once(payout):
    assert arrivals() == 0, "the bank has not shown it yet"
    [line] = shown(payout)
    assert [arrivals(), arrivals()] == [1, 0]
    line.refresh_from_db()
    payout.refresh_from_db()
    assert (line.left, payout.arrived_on) == (0, line.booked_on)
    assert (balance_of("517000"), balance_of("580000"), balance_of("512000")) == (0, 0, Decimal("53.88"))
    row = BankMatch.objects.get()
    assert (row.kind, row.source, row.amount) == ("payout", f"payout_arrived:{payout.pk}", Decimal("53.88"))
    assert breached() == []


@pytest.mark.parametrize(
    ("amount", "days", "text"),
    [("53.87", 0, "STRIPE PAYOUT"), ("53.88", 3, "STRIPE PAYOUT"), ("53.88", 0, "VIREMENT INCONNU")],
    ids=["a cent less", "three banking days late", "from somebody else"],
)
def test_what_is_not_sure_waits_in_sight(payout, amount, days, text):
    on = add_banking_days(payout.arrives_on, days) if days else payout.arrives_on
    who = "Stripe Technology Europe" if "STRIPE" in text else "X"
    come(Said(amount, text, who, on), at=later() + timedelta(days=7))
    assert arrivals() == 0
    assert (balance_of("580000"), BankMatch.objects.count()) == (Decimal("53.88"), 0)


def test_of_two_lines_alike_a_person_says_which(payout):
    first, second = come(
        Said("53.88", "STRIPE PAYOUT", "Stripe", payout.arrives_on),
        Said("53.88", "STRIPE PAYOUT BIS", "Stripe", payout.arrives_on), at=later(),
    )  # fmt: skip
    assert arrivals() == 0
    match(payout.pk, second.pk, reason="relevé Stripe comparé", actor=CLERK, at=later())
    with pytest.raises(ValidationError):
        match(payout.pk, first.pk, reason="encore", actor=CLERK, at=later())
    assert (balance_of("580000"), balance_of("512000")) == (0, Decimal("53.88"))
    first.refresh_from_db()
    assert first.left == Decimal("53.88")
    assert [one[0] for one in at_bank(later(12))] == ["bank_line"], "the other one is nobody's, and is in sight"
    assert breached() == []


# --- what is not as it should be: one matter each, which ends by itself ------------------------------------------------


def at_bank(at: datetime) -> list[tuple[str, str]]:
    """The matters about the bank on finance's desk, after a look; looking twice is looking once."""
    for _twice in range(2):
        watch(actor=CLOCK, at=at)
    items = DeskItem.objects.filter(kind__in=(*MATTERS, UNEXPLAINED), closed_at=None).order_by("pk")
    return list(items.values_list("kind", "subject"))


def statement_of(payout: Payout, *said: Said, days: int = 5, at: int = 14) -> list[BankLine]:
    """A statement that covers so many days after the payout's, with these lines, let in after so many days."""
    return come(*said, at=later(at), ident=f"R{at}", sequence=str(at), on=payout.arrives_on + timedelta(days=days))


def stripe(payout: Payout, amount: str, *, days: int = 0, trace: bool = False) -> Said:
    text = f"VIR STRIPE {payout.trace}" if trace else "VIR STRIPE"
    return Said(amount, text, "Stripe Technology Europe", payout.arrives_on + timedelta(days=days))


def test_before_its_statement_is_here_nothing_is_missing(payout):
    assert at_bank(later(20)) == []
    statement_of(payout, days=1)
    assert at_bank(later(20)) == [], "two banking days more or less"


def test_a_missing_line_is_one_matter_and_ends_with_the_line(payout):
    """Its days are on a statement, without it; it comes a week late, and Stripe's trace says which it is."""
    statement_of(payout)
    assert at_bank(later(14)) == [("payout_not_at_bank", f"payout:{payout.pk}")]
    sentence = DeskItem.objects.get(kind="payout_not_at_bank").sentence
    assert f"{payout.stripe_payout} de 53,88" in sentence
    assert sentence.endswith("n’est sur aucun relevé de la banque.")
    assert (breached(later(18)), list(waiting_for_bank())) == ([], [payout])
    [line] = statement_of(payout, stripe(payout, "53.88", days=7, trace=True), days=8, at=18)
    assert match_arrivals(actor=CLOCK, at=later(18)) == 1
    line.refresh_from_db()
    assert (line.left, at_bank(later(18)), balance_of("580000")) == (0, [], 0)
    assert DeskItem.objects.get(kind="payout_not_at_bank").closed_because == "its line is there"


def test_a_missing_line_that_nobody_was_told_of_is_a_breach(payout):
    statement_of(payout)
    assert breached(later(17)) == [("PAYOUT", f"payout:{payout.pk}", "is on no statement, and nobody was told")]


def test_what_a_person_has_closed_is_not_put_up_again(payout):
    statement_of(payout)
    assert at_bank(later(14))
    take_off_desk(
        kind="payout_not_at_bank", subject=f"payout:{payout.pk}", because="vu avec la banque", actor=Actor("staff", "1"),
        at=later(14),
    )  # fmt: skip
    assert (at_bank(later(18)), breached(later(18))) == ([], [])


@pytest.mark.parametrize("trace", [True, False])
def test_a_wrong_amount_is_one_matter(payout, trace):
    """Neither is the payout missing as well, nor its line unexplained."""
    [wrong] = statement_of(payout, stripe(payout, "53.78", trace=trace))
    assert match_arrivals(actor=CLOCK, at=later(14)) == 0
    assert at_bank(later(16)) == [("payout_other_at_bank", f"payout:{payout.pk}")]
    assert "y apparaît pour 53,78" in DeskItem.objects.get(kind="payout_other_at_bank").sentence
    assert breached(later(18)) == []
    # The bank puts it right by a second line: together they are the payout, which a person says.
    [rest] = statement_of(payout, stripe(payout, "0.10", days=6), days=8, at=18)
    assert at_bank(later(18)) == [("payout_cut_at_bank", f"payout:{payout.pk}")]
    [fits] = possible(rest)
    assert (fits.payout, fits.lines) == (payout, (wrong, rest))
    carry_out(fits, reason="rectifié par la banque", actor=CLERK, at=later(18))
    assert (balance_of("580000"), at_bank(later(21)), breached(later(21))) == (0, [], [])


def test_a_payout_that_the_bank_has_cut_is_two_lines(payout):
    """One in each of two statements; until the second is here, the first is all that there is of it."""
    [first] = statement_of(payout, stripe(payout, "30.00"))
    assert at_bank(later(16)) == [("payout_other_at_bank", f"payout:{payout.pk}")]
    [second] = statement_of(payout, stripe(payout, "23.88", days=6), days=8, at=18)
    assert at_bank(later(18)) == [("payout_cut_at_bank", f"payout:{payout.pk}")]
    for alone in (first, second):
        with pytest.raises(ValidationError):
            match(payout.pk, alone.pk, reason="seule", actor=CLERK, at=later(18))
    match(payout.pk, first.pk, second.pk, reason="coupé par la banque", actor=CLERK, at=later(18))
    payout.refresh_from_db()
    assert (payout.arrived_on, balance_of("580000"), balance_of("512000")) == (second.booked_on, 0, Decimal("53.88"))
    assert list(BankMatch.objects.values_list("amount", "source").order_by("pk")) == [
        (Decimal("30.00"), f"payout_arrived:{payout.pk}"), (Decimal("23.88"), f"payout_arrived:{payout.pk}"),
    ]  # fmt: skip
    assert (at_bank(later(21)), breached(later(21))) == ([], [])


def test_a_line_of_stripe_that_is_no_payout_is_in_sight(payout):
    line, _mine = statement_of(payout, stripe(payout, "7.00", days=-6), stripe(payout, "53.88"))
    assert match_arrivals(actor=CLOCK, at=later(14)) == 1
    assert at_bank(later(14)) == [], "Stripe's own news may come after the bank's"
    assert breached(later(17)) == [("PAYOUT", line.subject, "names Stripe and is no payout, and nobody was told")]
    assert (at_bank(later(16)), breached(later(17))) == ([("bank_line", line.subject)], [])


# --- what failed after the bank had it ----------------------------------------------------------------------------------


def failed(payout: Payout, till, *, after: int) -> None:
    with world_of(till).lock:
        paying_out.fail(world_of(till), payout.stripe_payout, code="account_closed")
    looked(later(after))
    payout.refresh_from_db()
    assert payout.state == "failed"


def test_what_the_bank_takes_out_again_goes_back_to_stripe(payout, till):
    """Credited, matched, failed: −53,88 € on the transit account until the bank shows that it took the money out again."""
    statement_of(payout, stripe(payout, "53.88"))
    assert match_arrivals(actor=CLOCK, at=later(14)) == 1
    failed(payout, till, after=15)
    assert (balance_of("580000"), balance_of("517000")) == (Decimal("-53.88"), Decimal("53.88"))
    [line] = statement_of(payout, stripe(payout, "-53.88", days=6), days=7, at=18)
    assert [fits.back for fits in possible(line)] == [True]
    assert [match_arrivals(actor=CLOCK, at=later(18)) for _twice in range(2)] == [1, 0]
    line.refresh_from_db()
    assert (line.left, balance_of("580000"), balance_of("512000")) == (0, 0, 0)
    assert BankMatch.objects.order_by("-pk")[0].source == f"payout_returned:{payout.pk}"
    assert (at_bank(later(21)), breached(later(21))) == ([], [])
    with pytest.raises(ValidationError):
        match_back(payout.pk, line.pk, reason="encore", actor=CLERK, at=later(21))
    with pytest.raises(ValidationError):
        taken_back(payout.pk, bank_reference="REL/9", on=line.booked_on, actor=CLERK, at=later(21))


def test_a_statement_that_comes_after_the_failure_shows_both(payout, till):
    """The bank had it and took it out before its statement was here: both lines find the payout, and leave nothing."""
    failed(payout, till, after=15)
    statement_of(payout, stripe(payout, "53.88"), stripe(payout, "-53.88", days=3), at=16)
    assert match_arrivals(actor=CLOCK, at=later(16)) == 2
    assert (balance_of("580000"), balance_of("512000"), balance_of("517000")) == (0, 0, Decimal("53.88"))
    assert (at_bank(later(19)), breached(later(19))) == ([], [])


def test_what_failed_before_the_bank_had_it_is_not_missed_there(payout, till):
    failed(payout, till, after=15)
    statement_of(payout, at=16)
    assert (at_bank(later(19)), breached(later(19))) == ([], [])


def test_a_line_that_names_another_payout_is_not_this_one(payout, till):
    """The second payout is shown ten cents short, and fails; the first is on no statement. Two faults are two matters."""
    with world_of(till).lock:
        paying_out.own_line(world_of(till), "adjustment", 2694)
    name = paid_out(till, after=0)
    looked(later(29))
    second = Payout.objects.get(stripe_payout=name)
    failed(second, till, after=30)
    lines = statement_of(
        second, stripe(second, f"{second.amount - Decimal('0.10')}", trace=True),
        stripe(second, f"-{second.amount}", days=2, trace=True), at=31,
    )  # fmt: skip
    assert match_arrivals(actor=CLOCK, at=later(31)) == 0
    assert at_bank(later(33)) == [
        ("payout_not_at_bank", f"payout:{payout.pk}"), ("payout_other_at_bank", f"payout:{second.pk}"),
    ]  # fmt: skip
    sentence = DeskItem.objects.get(kind="payout_other_at_bank").sentence
    assert "y apparaît pour 26,84" in sentence
    assert "−26,94" in sentence
    assert (sum(line.left for line in lines), breached(later(35))) == (Decimal("-0.10"), [])
