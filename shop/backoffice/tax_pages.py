"""What the tax office is told of sales: e-reporting by day, rate and category; the meter of sales to the Union, and what
its register said of VAT numbers."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments import eu_meter
from payments.days import paris_day
from payments.ereporting.materialising import written_money, written_sales
from payments.models import VatCheck
from payments.money import eur
from shop.backoffice import words
from shop.backoffice.doors import desk
from shop.backoffice.exporting import csv_file
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns, matters_of, show
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table, chip
from shop.templatetags.french import euros, percent, short_day, stamp


def _month(request: HttpRequest) -> tuple[date, date]:
    """First and last day of the month that is asked for (« 2027-09 »), else of the running one."""
    try:
        year, month = map(int, request.GET.get("mois", "").split("-"))
        first = date(year, month, 1)
    except ValueError:
        first = date.min
    if not 2000 <= first.year <= 2999:  # no month of ours, nor one that has others beside it
        first = paris_day(timezone.now()).replace(day=1)
    return first, first.replace(day=monthrange(first.year, first.month)[1])


@desk(Right.LEDGER)
def ereporting(request: HttpRequest) -> HttpResponse:
    """The reports of one month, as they are written by now, with their totals."""
    since, until = _month(request)
    sales, money = written_sales(since=since, until=until), written_money(since=since, until=until)
    asked = f"?mois={since:%Y-%m}"
    before, after = date(since.year - (since.month == 1), (since.month - 2) % 12 + 1, 1), until.replace(day=1)
    after = date(after.year + (after.month == 12), after.month % 12 + 1, 1)
    detail = Detail(
        kind=_("E-reporting"),
        name=f"{since:%m/%Y}",
        crumbs=(),
        facts=[
            Fact(_("Reported from"), short_day(settings.EREPORT_FROM)),
            Fact(_("Base without VAT"), euros(eur(sum((one.ht for one in sales.values()), Decimal(0))))),
            Fact(_("VAT"), euros(eur(sum((one.vat for one in sales.values()), Decimal(0))))),
            Fact(_("Money received"), euros(eur(sum(money.values(), Decimal(0))))),
        ],
        tables=[
            Table(
                label=_("Sales"),
                title=_("Sales"),
                columns=columns(
                    "#" + _("Day"), _("Category"), "#" + _("Rate"), "#" + _("Base without VAT"), "#" + _("VAT"),
                    "#" + _("Documents"),
                ),
                rows=[
                    (
                        Cell(short_day(key.day), num=True), Cell(_category(key.category)), Cell(percent(key.rate), num=True),
                        Cell(euros(eur(one.ht)), num=True), Cell(euros(eur(one.vat)), num=True),
                        Cell(one.documents, num=True),
                    )
                    for key, one in sorted(sales.items())
                ],
                empty=_("Nothing to report: a day without sales has no report."),
            ),
            Table(
                label=_("Money received"),
                title=_("Money received"),
                columns=columns("#" + _("Day"), "#" + _("Rate"), "#" + _("Amount incl. VAT")),
                rows=[
                    (
                        Cell(short_day(key.day), num=True), Cell(percent(key.rate), num=True),
                        Cell(euros(eur(amount)), num=True),
                    )
                    for key, amount in sorted(money.items())
                ],
                empty=_("Nothing to report: a day without money has no report."),
            ),
        ],
        acts=[
            ActLink(_("Month before"), f"{reverse('desk_ereporting')}?mois={before:%Y-%m}"),
            ActLink(_("Month after"), f"{reverse('desk_ereporting')}?mois={after:%Y-%m}"),
            ActLink("CSV", reverse("desk_ereporting_csv") + asked),
            ActLink("JSON", reverse("desk_ereporting_json") + asked),
        ],
    )  # fmt: skip
    return show(request, detail)


def _category(code: str) -> str:
    return f"{code} — {words.EREPORT[code]}"


@desk(Right.LEDGER)
def ereporting_csv(request: HttpRequest) -> HttpResponse:
    """One month as a table: sales, then money received."""
    since, until = _month(request)
    heads = ("flux", "jour", "categorie", "taux", "base_ht", "tva", "ttc", "documents")
    rows: list[tuple[Any, ...]] = [
        ("ventes", key.day, key.category, key.rate, one.ht, one.vat, one.ht + one.vat, one.documents)
        for key, one in sorted(written_sales(since=since, until=until).items())
    ]
    paid = sorted(written_money(since=since, until=until).items())
    rows += [("encaissements", key.day, "", key.rate, "", "", amount, "") for key, amount in paid]
    return csv_file(f"e-reporting-{since:%Y-%m}", heads, rows)


@desk(Right.LEDGER)
def ereporting_json(request: HttpRequest) -> HttpResponse:
    """The same for the platform: days as AAAAMMJJ, amounts as decimal text (law.md 3.3)."""
    since, until = _month(request)
    body = {
        "siren": settings.PUBLISHER["siren"],
        "periode": {"debut": f"{since:%Y%m%d}", "fin": f"{until:%Y%m%d}"},
        "devise": "EUR",
        "transactions": [
            {
                "date": f"{key.day:%Y%m%d}", "categorie": key.category, "taux": f"{key.rate:.2f}", "base_ht": f"{one.ht:.2f}",
                "tva": f"{one.vat:.2f}",
            }
            for key, one in sorted(written_sales(since=since, until=until).items())
        ],
        "paiements": [
            {"date": f"{key.day:%Y%m%d}", "taux": f"{key.rate:.2f}", "montant_ttc": f"{amount:.2f}"}
            for key, amount in sorted(written_money(since=since, until=until).items())
        ],
    }  # fmt: skip
    answer = JsonResponse(body, json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="e-reporting-{since:%Y-%m}.json"'
    return answer


@desk(Right.LEDGER)
def union(request: HttpRequest) -> HttpResponse:
    """What was sold to other states of the Union this year, against the limit up to which French VAT holds."""
    on = paris_day(timezone.now())
    meter = eu_meter.read(on)
    open_ = meter.takes(Decimal("0.01"), on=on)
    detail = Detail(
        kind=_("Sales to the European Union"),
        name=str(meter.year),
        crumbs=(),
        facts=[
            Fact(_("Sold this year, without VAT"), euros(eur(meter.sold))),
            Fact(_("Sold the year before"), euros(eur(meter.before))),
            Fact(_("Limit"), euros(eur(meter.limit))),
            Fact(_("Left to sell"), euros(eur(meter.left)), chip=words.GOOD if open_ else words.BAD),
            Fact(_("One-stop shop (OSS) from"), short_day(meter.oss_from) if meter.oss_from else _("not set")),
            Fact(
                _("Orders from there"),
                pgettext("orders", "taken") if open_ else pgettext("orders", "refused"),
                chip=words.GOOD if open_ else words.BAD,
            ),
            Fact(_("Alarms at"), ", ".join(euros(eur(one)) for one in settings.EU_DISTANCE_ALARMS)),
        ],
        tables=[
            matters_of(
                request.user,
                [f"eu-threshold:{meter.year}-{one}" for one in (*settings.EU_DISTANCE_ALARMS, eu_meter.BEFORE)],
            )
        ],
        acts=[],
    )
    return show(request, detail)


@desk(Right.INSTITUTIONS)
def vat_checks(request: HttpRequest) -> HttpResponse:
    """What the Union's register said of VAT numbers, the newest first."""
    names: dict[str, str] = {}

    def rows_of(found: list[VatCheck]) -> list[Sequence[Cell]]:
        names.update(words.names_of_staff(one.actor for one in found))
        return [_vat_row(one, names) for one in found]

    return show_list(
        request,
        title=_("VAT numbers"),
        rows=VatCheck.objects.all(),
        columns=columns(
            _("VAT number"), "#" + _("Asked"), _("Answer"), _("Consultation"), _("Name in the register"), _("Asked by")
        ),
        rows_of=rows_of,
        states=words.VAT_CHECK,
        state_column="outcome",
        facts={"acts": acts_for(request.user, (Right.INSTITUTIONS, _("Ask about a number"), "desk_act_vat_number", 0))},
    )


def _vat_row(one: VatCheck, names: dict[str, str]) -> Sequence[Cell]:
    return (
        Cell(one.vat_number, mono=True, tight=True),
        Cell(stamp(one.asked_at), num=True),
        chip(words.said(words.VAT_CHECK, one.outcome)),
        Cell(one.consultation, mono=True),
        Cell(one.name),
        Cell(words.who(one.actor, names)),
    )
