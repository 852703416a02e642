"""Mistakes in the running code: each is made on purpose, a few days or a year are lived, and its named invariant sees it.

What the database refuses by itself (a charge without its notices, two terms of one number) raises, and is tested where it
is refused; here stand mistakes that leave every constraint whole.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from payments import gateway, settling
from payments.webhooks import processing
from subscriptions.notices.posting import LetterBox
from subscriptions.renewals import charging
from tests.simulation.plan import Plan
from tests.simulation.run import Report, simulate

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.long]
Patch = pytest.MonkeyPatch

SOME_DAYS = Plan(begins=date(2027, 2, 1), years=0.02, readers=2, seed=8, audit_months=24)
A_YEAR = Plan(begins=date(2027, 2, 1), years=1.02, readers=0, bulk=2, bulk_days=2, seed=8, audit_months=24)


def charges_again_under_another_key(patch: Patch) -> None:
    """Whoever takes silence for a no, and asks for the same money once more."""
    charge = gateway.charge_off_session

    def twice(*given: object, key: str, **named: object) -> object:
        charge(*given, key=f"{key}-again", **named)  # type: ignore[arg-type]
        return charge(*given, key=key, **named)  # type: ignore[arg-type]

    patch.setattr(gateway, "charge_off_session", twice)


def hands_each_letter_over_twice(patch: Patch) -> None:
    """A worker that does not believe the post."""
    send = LetterBox.send
    patch.setattr(LetterBox, "send", lambda self, message: (send(self, message), send(self, message))[1])


def hears_and_forgets(patch: Patch) -> None:
    """Events are stored, and nobody applies them."""
    patch.setattr(processing, "process", lambda **_given: 0)


def books_no_money(patch: Patch) -> None:
    """What was received does not reach the ledger."""
    patch.setattr(settling, "post", lambda drafts, **_given: [])


def finds_nobody_to_charge(patch: Patch) -> None:
    """A condition too many in the sweep of due renewals."""
    due = charging.due
    patch.setattr(charging, "due", lambda on: due(on).none())


BUGS: tuple[tuple[Callable[[Patch], None], Plan, set[str]], ...] = (
    (charges_again_under_another_key, A_YEAR, {"ONE-CHARGE", "MIRROR"}),
    (finds_nobody_to_charge, A_YEAR, {"ON TIME"}),
    (hands_each_letter_over_twice, SOME_DAYS, {"TOLD"}),
    (hears_and_forgets, SOME_DAYS, {"HEARD"}),
    (books_no_money, SOME_DAYS, {"BALANCED"}),
)


def seen(report: Report) -> set[str]:
    """The invariants that do not hold."""
    return {one.name for one in report.found}


@pytest.mark.parametrize(("bug", "plan", "invariants"), BUGS, ids=[bug.__name__ for bug, _plan, _names in BUGS])
def test_a_mistake_in_the_code_is_seen_by_its_invariant(monkeypatch, bug, plan, invariants):
    bug(monkeypatch)
    report = simulate(plan)
    assert invariants <= seen(report), (report.found[:5], report.failures[:3])


def test_without_a_mistake_the_same_days_are_clean():
    """So that the test above can fail; a year is clean in `test_planted`."""
    report = simulate(SOME_DAYS)
    assert report.clean, (report.found[:5], report.failures[:3])
    assert report.counts["charges"] == 2
