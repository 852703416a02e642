"""One test per row of what a declaration does: code, first day, sum, last day for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from subscriptions.stopping.effects import AT_ONCE, GENERAL, SENTENCES, Code, Effect, Standing, Undone, effect_of

ON = date(2026, 12, 20)
ENDS = date(2027, 11, 22)
CENT0 = Decimal("0.00")
STANDS = Standing(
    subscription=True,
    over=False,
    bought_here=True,
    automatic=True,
    withdrawal_open=True,
    withdraw_until=None,
    ends_on=ENDS,
    paid=Decimal("27.60"),
    unserved_price=Decimal("20.70"),
    waits=False,
    disputed=False,
    notice=True,
    unpaid=False,
    debited=False,
)
ORDERED = replace(STANDS, subscription=False, automatic=False, ends_on=None, paid=CENT0, unserved_price=CENT0)
SINGLES = replace(ORDERED, singles=True, paid=Decimal("27.00"))
LATE = {"withdrawal_open": False, "withdraw_until": date(2026, 12, 18)}
LONGER = Undone(paid=Decimal("27.60"), waits=False, runs_until=ENDS)
TWO_YEARS = replace(STANDS, paid=Decimal("55.20"), ends_on=date(2028, 11, 22), undone=LONGER)
ROWS = [
    (
        "an order that prolonged, in time", "withdrawal", TWO_YEARS, "",
        Effect(Code.WITHDRAWN, ON, Decimal("27.60"), date(2027, 1, 3), undone=LONGER),
    ),
    (
        "the same, a copy of it in a file", "withdrawal", replace(TWO_YEARS, undone=replace(LONGER, waits=True)), "",
        Effect(Code.WITHDRAWN_WAITS, ON, Decimal("27.60"), date(2027, 1, 3), undone=replace(LONGER, waits=True)),
    ),
    (
        "the same, a copy of the year before in a file", "withdrawal", replace(TWO_YEARS, waits=True), "",
        Effect(Code.WITHDRAWN, ON, Decimal("27.60"), date(2027, 1, 3), undone=LONGER),
    ),
    ("in time", "withdrawal", STANDS, "", Effect(Code.WITHDRAWN, ON, Decimal("27.60"), date(2027, 1, 3))),
    (
        "in time, a copy in a file", "withdrawal", replace(STANDS, waits=True), "",
        Effect(Code.WITHDRAWN_WAITS, ON, Decimal("27.60"), date(2027, 1, 3)),
    ),
    (
        "too late", "withdrawal", replace(STANDS, **LATE), "",
        Effect(Code.WITHDRAWAL_LATE, ENDS, until=date(2026, 12, 18)),
    ),
    (
        "bought elsewhere", "withdrawal", replace(STANDS, withdrawal_open=False, bought_here=False), "",
        Effect(Code.WITHDRAWAL_NOT_HERE, ENDS),
    ),
    ("over already", "withdrawal", replace(STANDS, withdrawal_open=False, over=True), "", Effect(Code.ALREADY_OVER)),
    ("an order to be paid", "withdrawal", replace(ORDERED, unpaid=True), "", Effect(Code.WITHDRAWN_UNPAID, ON)),
    (
        "a debit on its way", "withdrawal", replace(ORDERED, debited=True, paid=Decimal("27.60")), "",
        Effect(Code.WITHDRAWN_DEBIT, ON, Decimal("27.60"), date(2027, 1, 3)),
    ),
    ("an order that is over", "withdrawal", ORDERED, "", Effect(Code.ALREADY_OVER)),
    ("automatic", "termination", STANDS, "", Effect(Code.ENDS_AT_TERM, ENDS)),
    ("fixed", "termination", replace(STANDS, automatic=False), "", Effect(Code.ENDS_BY_ITSELF, ENDS)),
    (
        "the paid term is over", "termination", replace(STANDS, ends_on=date(2026, 12, 1)), "",
        Effect(Code.ENDS_AT_TERM, ON, paid_is_over=True),
    ),
    ("ended already", "termination", replace(STANDS, over=True), "", Effect(Code.ALREADY_OVER)),
    *(
        (ground, "termination", STANDS, ground, Effect(Code.GROUND, ENDS))
        for ground in ("death", "moved", "illness", "other")
    ),
    (
        "renewed in silence", "termination", replace(STANDS, notice=False), "late_notice",
        Effect(Code.NOTICE_MISSED, ON, Decimal("20.70"), date(2027, 1, 19)),
    ),
    (
        "renewed in silence, disputed", "termination", replace(STANDS, notice=False, disputed=True, waits=True),
        "late_notice", Effect(Code.NOTICE_MISSED_WAITS, ON, Decimal("20.70"), date(2027, 1, 19)),
    ),
    ("the notice is proved", "termination", STANDS, "late_notice", Effect(Code.NOTICE_PROVED, ENDS)),
    (
        "renewed in silence, not claimed", "termination", replace(STANDS, notice=False), "",
        Effect(Code.ENDS_AT_TERM, ENDS),
    ),
    ("cancel an order", "termination", replace(ORDERED, unpaid=True), "", Effect(Code.ORDER_CANCELLED, ON)),
    ("cancel a debit", "termination", replace(ORDERED, debited=True), "", Effect(Code.ORDER_DEBIT)),
    ("cancel what is over", "termination", ORDERED, "", Effect(Code.ALREADY_OVER)),
    (
        "past issues, not sent", "withdrawal", replace(SINGLES, unserved_price=Decimal("9.00")), "",
        Effect(Code.SINGLE_UNSENT, ON, Decimal("9.00"), date(2027, 1, 3)),
    ),
    ("past issues, sent", "withdrawal", SINGLES, "", Effect(Code.SINGLE_SENT)),
    (
        "past issues, disputed", "withdrawal", replace(SINGLES, unserved_price=Decimal("9.00"), disputed=True), "",
        Effect(Code.SINGLE_WAITS, ON, Decimal("9.00")),
    ),
    ("past issues, sent and disputed", "withdrawal", replace(SINGLES, disputed=True), "", Effect(Code.SINGLE_SENT)),
    ("past issues, taken back", "withdrawal", replace(SINGLES, over=True), "", Effect(Code.ALREADY_OVER)),
    (
        "past issues, not sent", "termination", replace(SINGLES, unserved_price=Decimal("9.00")), "",
        Effect(Code.SINGLE_UNSENT, ON, Decimal("9.00"), date(2027, 1, 3)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "standing", "ground", "effect"), [row[1:] for row in ROWS], ids=[f"{row[1]}: {row[0]}" for row in ROWS]
)
def test_row(kind, standing, ground, effect):
    assert effect_of(kind, standing, ground=ground, on=ON) == effect


def test_every_code_the_table_gives_is_in_a_row_and_has_its_sentence():
    by_people = {Code.GOODWILL, Code.ENDED_NOW, Code.UNRECOGNISED, Code.OTHER_EMAIL}
    assert {row[4].code for row in ROWS} == set(Code) - by_people
    assert set(SENTENCES) == set(Code)
    assert set(Code) >= AT_ONCE
    assert set(GENERAL) == {"withdrawal", "termination"}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_sentence_names_day_and_sum(row):
    effect: Effect = row[4]
    assert "None" not in effect.sentence
    assert "{" not in effect.sentence
    if effect.refund:
        assert f"{effect.refund:.2f}".replace(".", ",") in effect.sentence


def test_of_a_paid_period_that_is_over_nothing_is_said_to_run_to_its_end():
    over = effect_of("termination", replace(STANDS, ends_on=ON - timedelta(days=1)), on=ON)
    assert over.sentence == (
        "Votre abonnement s’arrête le 20\u00a0décembre\u00a02026 : la période que vous aviez payée est finie. Il ne sera "
        "pas reconduit et rien ne sera plus débité."
    )
    last_day = effect_of("termination", replace(STANDS, ends_on=ON), on=ON)
    assert "à la fin de la période payée" in last_day.sentence


def test_what_is_said_before_the_last_click():
    said = effect_of("withdrawal", STANDS, on=ON).sentence.replace("\u00a0", " ")
    assert said == (
        "Votre rétractation prend effet le 20 décembre 2026. Tout ce que vous avez payé, soit 27,60 €, vous est rendu par "
        "le même moyen de paiement, au plus tard le 3 janvier 2027. Aucun numéro ne sera plus envoyé et rien ne sera plus "
        "débité."
    )
