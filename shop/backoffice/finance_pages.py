"""The first page of finance: today's money, what arrives when, what nobody explains, what is owed to readers, revenue, VAT.

Each number is read by an index of its own days or of what is open, and opens its rows; nothing here counts a whole table.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.bank.matching import standing as standing_matches
from payments.closing.periods import Period
from payments.days import paris_day
from payments.ledger.accounts import accounts_of, revenue_accounts
from payments.ledger.posting import ZERO
from payments.models import BankMatch, Payout
from payments.months.reading import Due, earned, last_months, vat_due
from payments.reconciliation.arriving import waiting_for_bank
from payments.today import Money, midnight_before, money_of
from shop.backoffice import words
from shop.backoffice.closing_pages import key_of, name_of
from shop.backoffice.doors import desk
from shop.backoffice.finance_parts import Part, Plot, number, show
from shop.backoffice.finance_plots import Row, over_months, told
from shop.backoffice.links import link
from shop.backoffice.payout_words import PAYOUT
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, Table, chip
from shop.backoffice.unmatched import Unmatched, unmatched, unmatched_table
from shop.templatetags.french import euros, issue_number, short_day
from subscriptions.deferred import Owed, booked, owed_by_issue

MONTHS = 13
#: So many days back the calendar of payouts reaches.
BACK = timedelta(days=14)
PAYOUTS = 60


@desk(Right.LEDGER)
def finance(request: HttpRequest) -> HttpResponse:
    """What finance wants to know of a morning. The queries are as many as the parts, whatever they hold."""
    user, now = request.user, timezone.now()
    on = paris_day(now)
    money, open_ = money_of(on), unmatched(user, now)
    months = last_months(on, count=MONTHS)
    return show(
        request,
        title=_("Finance"),
        crumbs=(),
        words=[_("%(day)s, from midnight to midnight in Paris.") % {"day": short_day(on)}],
        figures=[*_today(money), *_open(open_)],
        acts=[
            ActLink(_("Books, Stripe, bank"), reverse("desk_balance")),
            ActLink(_("Cohorts"), reverse("desk_cohorts")),
            ActLink(_("Renewals and refusals"), reverse("desk_rates")),
            ActLink(_("Frozen months"), reverse("desk_months")),
        ],
        parts=[
            Part([unmatched_table(user, open_, now)], anchor="a-expliquer"),
            Part([_calendar(user, on)]),
            _deferred(owed_by_issue(), booked()),
            _revenue(months, earned(months), on=on),
            _vat(vat_due(months[-1]), months[-1]),
        ],
    )


def _today(money: Money) -> list[dict[str, Any]]:
    day = f"jour={money.on:%Y-%m-%d}"

    def figure(label: str, one: Any, url: str, note: str, tone: str = "") -> dict[str, Any]:
        return {"label": label, "value": euros(one.amount), "note": note, "url": url, "tone": tone}

    disputed = money.disputed
    return [
        figure(
            _("Taken today"), money.taken, f"{reverse('desk_payments')}?etat=succeeded&{day}",
            ngettext("%(n)s payment", "%(n)s payments", money.taken.count) % {"n": money.taken.count},
        ),
        figure(
            _("Transfers received today"), money.transferred, reverse("desk_receipts"),
            ngettext("%(n)s transfer", "%(n)s transfers", money.transferred.count) % {"n": money.transferred.count},
        ),
        figure(
            _("Given back today"), money.given_back, f"{reverse('desk_refunds')}?etat=succeeded&{day}",
            ngettext("%(n)s refund", "%(n)s refunds", money.given_back.count) % {"n": money.given_back.count},
        ),
        figure(
            _("Stripe’s fees today"), money.fees, f"{reverse('desk_movements')}?{day}",
            ngettext("%(n)s movement", "%(n)s movements", money.fees.count) % {"n": money.fees.count},
        ),
        figure(
            _("Disputed now"), disputed, reverse("desk_disputes"),
            ngettext("%(n)s dispute", "%(n)s disputes", disputed.count) % {"n": disputed.count},
            "wait" if disputed.count else "",
        ),
    ]  # fmt: skip


def _open(open_: Unmatched) -> list[dict[str, Any]]:
    """What nobody has explained yet, and how much money that is."""
    return [
        {
            "label": _("Discrepancies"), "value": open_.discrepancies, "url": reverse("desk_discrepancies"),
            "tone": "bad" if open_.discrepancies else "good",
        },
        {
            "label": _("Bank lines to explain"), "value": open_.lines, "url": reverse("desk_bank_unexplained"),
            "note": euros(open_.left), "tone": "bad" if open_.lines else "good",
        },
        {
            "label": _("Matters on finance’s desk"), "value": open_.matters, "url": reverse("desk_items", args=["finance"]),
            "tone": "wait" if open_.matters else "good",
        },
    ]  # fmt: skip


def _calendar(user: Any, on: date) -> Table:
    """Payouts that are on their way, and those of the last two weeks, with the line of the bank that shows each. Three queries."""
    since = on - BACK
    coming = set(waiting_for_bank().values_list("pk", flat=True)[:PAYOUTS])
    wanted = Q(pk__in=coming) | Q(created__gte=midnight_before(since - BACK), arrives_on__gte=since)
    rows = list(Payout.objects.filter(wanted, currency="eur").order_by("-arrives_on", "-pk")[:PAYOUTS])
    sources = {f"payout_arrived:{one.pk}": one.pk for one in rows if one.arrived_on}
    lines = {
        sources[match.source]: match
        for match in standing_matches()
        .filter(kind=BankMatch.Kind.PAYOUT, source__in=sources)
        .select_related("line__statement")
    }
    total = sum((one.amount for one in rows if one.pk in coming), ZERO)
    return Table(
        label=_("Calendar of payouts"),
        title=_("Calendar of payouts"),
        anchor="virements",
        columns=columns(
            "#" + _("Expected"), _("Payout"), _("Status"), "#" + _("At the bank"), _("Bank line"), "#" + _("Amount")
        ),
        rows=[_payout(user, one, lines.get(one.pk), on=on) for one in rows],
        total=(
            Cell(_("Still to come")), Cell(""), Cell(""), Cell(""), Cell(""), Cell(euros(total), reverse("desk_payouts"), num=True),
        )
        if rows
        else (),
        empty=_("Nothing is on its way to the bank."),
    )  # fmt: skip


def _payout(user: Any, one: Payout, match: Any, *, on: date) -> Sequence[Cell]:
    here = link(user, "payout", one.pk)
    late = one.arrived_on is None and one.arrives_on < on and one.state in (Payout.State.IN_TRANSIT, Payout.State.PAID)
    state = (
        Cell(_("waits for the line of the bank"), here, chip=words.WAIT) if late else chip(words.said(PAYOUT, one.state), here)
    )  # fmt: skip
    return (
        Cell(short_day(one.arrives_on), here, num=True),
        Cell(one.stripe_payout, here, mono=True),
        state,
        Cell(short_day(one.arrived_on) or "—", num=True),
        Cell(
            f"{match.line.statement.reference}/{match.line.place}" if match else "",
            link(user, "bank_line", match.line_id) if match else "",
            mono=True,
        ),
        Cell(euros(one.amount), here, num=True),
    )


def _deferred(owed: Sequence[Owed], held: Decimal) -> Part:
    """What readers have paid and are still to get, issue by issue; and that the books hold the same, to the cent."""
    accounts = accounts_of("DEFERRED")
    here = f"{reverse('desk_entries')}?compte={','.join(accounts)}"
    copies, value = sum(one.copies for one in owed), sum((one.value for one in owed), ZERO)
    difference = held - value
    rows = [
        (
            Cell(issue_number(one.issue.printed) if one.issue else _("not planned yet")),
            Cell(short_day(one.issue.post_on) if one.issue else "", num=True),
            number(one.copies, _owed_url(one)),
            Cell(euros(one.value), _owed_url(one), num=True),
        )
        for one in owed
    ]
    books = _("In the books, on account %(codes)s") % {"codes": ", ".join(accounts)}
    table = Table(
        label=_("Still to be served"),
        columns=columns(_("Issue"), "#" + _("Posting planned"), "#" + _("Copies"), "#" + _("Value excl. VAT")),
        rows=[
            *rows,
            (Cell(_("Total of the copies")), Cell(""), number(copies), Cell(euros(value), num=True)),
            (Cell(books), Cell(""), Cell(""), Cell(euros(held), here, num=True)),
        ],
        total=(
            Cell(_("Difference")),
            Cell(""),
            Cell(""),
            Cell(euros(difference), num=True, chip=words.BAD if difference else words.GOOD),
        ),
    )
    said = _(
        "Each copy keeps the value it had when it was sold; it is earned on the day its issue is posted to the reader."
    )
    return Part([table], title=_("Still to be served"), anchor="reste-a-servir", words=[said])  # fmt: skip


def _owed_url(one: Owed) -> str:
    return reverse("desk_owed", args=[one.issue.pk if one.issue else 0])


def _revenue(months: Sequence[Period], found: Any, *, on: date) -> Part:
    """What was earned in each of thirteen months: this one, and the twelve before it."""
    accounts = ",".join(revenue_accounts())
    values = [found[one.first_day] for one in months]
    before = values[:-1]
    average = (sum(before, ZERO) / len(before)).quantize(Decimal("0.01"))
    drawn = [
        Row(f"{one.first_day:%m/%y}", value, euros(value), over=one.last_day < on)
        for one, value in zip(months, values, strict=True)
    ]
    title = _("Revenue by month, excl. VAT")
    rows = [
        (
            Cell(name_of(one), reverse("desk_month", args=[key_of(one)])),
            Cell(euros(value), _entries(accounts, one), num=True),
            Cell(euros(value - average), num=True),
        )
        for one, value in reversed(list(zip(months, values, strict=True)))
    ]
    return Part(
        [
            Table(
                label=title,
                columns=columns(_("Month"), "#" + _("Revenue excl. VAT"), "#" + _("Against the average")),
                rows=rows,
                total=(Cell(_("Average of the twelve before")), Cell(euros(average), num=True), Cell("")),
            )
        ],
        title=title,
        anchor="chiffre-d-affaires",
        beside=True,
        words=[_("Revenue is booked when an issue is posted: a month without a posting earns nothing, or gives back.")],
        plot=Plot(
            over_months("revenue", drawn, title=title, desc=told(drawn), mark=average),
            _("Full: months that are over. Outline: the month that goes on. Dashed: the average of the twelve before."),
        ),
    )


def _entries(accounts: str, month: Period) -> str:
    return f"{reverse('desk_entries')}?compte={accounts}&du={month.first_day:%Y-%m-%d}&au={month.last_day:%Y-%m-%d}"


def _vat(found: Sequence[Due], month: Period) -> Part:
    """What falls due of VAT this month, so far."""
    title = _("VAT of %(month)s") % {"month": name_of(month)}
    table = Table(
        label=title,
        columns=columns(_("Account"), _("Label"), "#" + _("Due so far")),
        rows=[
            (
                Cell(one.account, _entries(one.account, month), mono=True),
                Cell(one.label),
                Cell(euros(one.amount), _entries(one.account, month), num=True),
            )
            for one in found
        ],
        total=(Cell(_("Total")), Cell(""), Cell(euros(sum((one.amount for one in found), ZERO)), num=True)),
    )
    said = _("VAT of the press falls due when the price is received, and comes off again on the day a refund has left.")
    return Part([table], title=title, anchor="tva", words=[said])
