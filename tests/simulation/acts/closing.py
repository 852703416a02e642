"""Closing: every month at its page, once nothing of it is left to explain; the year after its months, with its files.

Lines of the checklist that find something are answered for by name; one that stops, stops. A month in ten is opened again by two
people, and signed as its next version.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from payments.closing.checklist import answers
from payments.closing.periods import Period, closing_of, first_month, month_of, year_of
from payments.models import PeriodClosing, ReopeningAsked
from shop.backoffice.closing_pages import key_of
from tests.simulation.reconciled import remainder

if TYPE_CHECKING:
    from tests.simulation.desks import AtDesk
    from tests.simulation.shop import Shop, Story

#: A month is looked at so many days after its end: its last statement is here, its last payout at the bank.
AFTER = timedelta(days=8)
OPENED_AGAIN = 0.1


def due(shop: Shop) -> Period | None:
    """The first month that is over for some days and not closed; or the year, once December is. Two queries a month."""
    begun = first_month()
    month = begun
    while month is not None and month.last_day <= shop.clock.today - AFTER:
        if closing_of(month) is None:
            return month
        year = year_of(month.first_day)
        if month.last_day == year.last_day and closing_of(year) is None:
            return year
        month = month_of(month.last_day + timedelta(days=1))
    return None


def closes(shop: Shop, first: AtDesk, second: AtDesk) -> Story:
    """What is due, as far as it goes today."""
    while (period := due(shop)) is not None:
        second.sees("desk_period", key_of(period))
        left = remainder(period)
        if left != 0 or not _signs(shop, second, period):
            shop.journal.write(shop.clock.now, "finance", f"{period} cannot be closed yet: {left} is left")
            return
        shop.remainders[str(period)] = left
        yield shop.clock.now
        _again(shop, first, second, period)
        if period.first_day.month == 1 and period.last_day.month == 12:
            _files(second, period.first_day)
            yield shop.clock.now


def _signs(shop: Shop, who: AtDesk, period: Period) -> bool:
    """Everything answered for, then the signature; twice is refused."""
    for one in answers(period, at=shop.clock.now):
        if not one.done and one.line.by_person:
            found = f"{one.found.count} trouvés, vus un par un." if one.line.find else "Vu et comparé."
            who.does("desk_act_tick", key_of(period), line=one.line.key, reason=found)
    if not who.does("desk_act_sign_period", key_of(period), reason="Tout est rapproché."):
        return False
    assert not who.does("desk_act_sign_period", key_of(period), reason="Encore une fois.")
    return True


def _again(shop: Shop, first: AtDesk, second: AtDesk, period: Period) -> None:
    """Opened again by two people, not by one; the loop above signs it anew."""
    made = PeriodClosing.objects.filter(kind=period.kind, first_day=period.first_day).order_by("-version")[0]
    if made.version > 1 or shop.plan.chance("reopened", str(period)).random() >= OPENED_AGAIN:
        return
    if period.last_day.month == 12:
        return  # its year would have to be opened first
    first.come_in()
    assert first.does("desk_act_ask_reopen", made.pk, reason="Une facture manque.")
    assert not first.does("desk_act_reopen", made.pk, reason="C’est moi qui demande.")
    assert second.does("desk_act_reopen", made.pk, reason="D’accord, à refaire.")
    assert ReopeningAsked.objects.filter(closing=made).count() == 1


def _files(who: AtDesk, day: date) -> None:
    """The FEC of the year, which its own validator takes or refuses, and the archive."""
    assert who.does("desk_act_make_fec", day.year, parties="numbers", reason="Pour l’expert-comptable.")
    assert who.does("desk_act_make_archive", day.year, reason="Archive de l’année.")
