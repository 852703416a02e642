"""The way of the money to the bank: Stripe pays out every Monday, the bank's statement of each month is let in, months are frozen.

Only in a demo large enough for a bank (`desk_stories.MANY`), and where the demo has an account (`BANK_IBAN`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from xml.sax.saxutils import escape

from django.conf import settings

from payments.actors import job
from payments.bank.rules import add_rule
from payments.closing.periods import Period, month_of
from payments.days import PARIS, paris_day
from payments.models import BankReceipt, BankRule, Payout, Transfer
from payments.months.freezing import freeze_due
from payments.reconciliation.at_bank import match_arrivals
from payments.reconciliation.running import reconcile
from shop.demo.stage import Stage
from shop.demo.stories import DAY, Story
from subscriptions.bank.taking_in import Typed, let_in

#: What the account held before the shop's first payout, and what the bank takes each month.
BEFORE, FEE = Decimal("12480.00"), Decimal("-9.80")
STRIPE = "STRIPE TECHNOLOGY EUROPE LTD"
WHO_IS_IT = "VIR M DURAND P"


def tell(stage: Stage, *, since: date) -> list[tuple[datetime, Story]]:
    """Payouts from the first Monday after `since`, statements from the month after it."""
    if stage.till is None or not settings.BANK_IBAN:
        return []
    monday = since + timedelta(days=7 - since.weekday())
    return [(_at(monday, 7), _pays_out(stage)), (_at(month_of(since).last_day + 2 * DAY, 8), _statements(stage))]


def freeze(*, at: datetime) -> None:
    """The figures of the months that are over long enough."""
    freeze_due(actor=job("month-figures"), at=at)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), PARIS)


def _pays_out(stage: Stage) -> Story:
    """Each Monday what is available leaves; on Thursday it is read, and what the last statement showed is found."""
    while True:
        if stage.till is not None:
            stage.till.pay_out()
        yield stage.now + 3 * DAY
        stage.read_fees()
        reconcile(actor=job("payouts"), at=stage.now)
        yield stage.now + 4 * DAY


@dataclass(frozen=True, slots=True)
class _Line:
    on: date
    amount: Decimal
    who: str
    text: str
    reference: str = ""


def _statements(stage: Stage) -> Story:
    """On the second of each month finance lets the statement of the month before in."""
    finance = stage.by("finance")
    balance, number = BEFORE, 0
    while True:
        month = month_of(paris_day(stage.now).replace(day=1) - DAY)
        if not BankRule.objects.exists():
            add_rule(
                words="FRAIS TENUE COMPTE", side="out", most=Decimal("20.00"), key="BANK_FEES", valid_from=month.first_day,
                actor=finance, reason="Convention du compte.", at=stage.now,
            )  # fmt: skip
        lines = _lines(month, surprise=number % 4 == 0)
        number += 1
        body = _camt(lines, month, opening=balance, number=number)
        let_in(body, Typed(), name=f"releve-{month}.xml", reason="Relevé du mois.", actor=finance, at=stage.now)
        match_arrivals(actor=job("payouts"), at=stage.now)
        balance += sum((one.amount for one in lines), Decimal(0))
        yield _at(month_of(month.last_day + DAY).last_day + 2 * DAY, 8)


def _lines(month: Period, *, surprise: bool) -> Sequence[_Line]:
    """What the bank shows of a month: payouts, transfers that were noted, refunds that were sent, its fee; sometimes a riddle."""
    days = (month.first_day, month.last_day)
    payouts = Payout.objects.filter(
        arrived_on=None, currency="eur", arrives_on__range=days, state__in=("in_transit", "paid")
    )
    found = [_Line(one.arrives_on, one.amount, STRIPE, f"VIR SEPA RECU STRIPE {one.trace}".strip()) for one in payouts]
    found += [
        _Line(one.received_on, one.amount.amount, one.payer, f"VIR RECU {one.payer}", one.bank_reference)
        for one in BankReceipt.objects.filter(received_on__range=days)
    ]
    found += [
        _Line(one.sent_on, -one.amount.amount, one.holder, f"VIR EMIS {one.reference}")
        for one in Transfer.objects.filter(sent_on__range=days)
    ]
    if surprise:
        found.append(_Line(month.last_day.replace(day=20), Decimal("55.20"), WHO_IS_IT, "POUR MES DEUX NEVEUX"))
    found.append(_Line(month.last_day, FEE, "", f"FRAIS DE TENUE DU COMPTE {month.first_day:%m/%Y}"))
    return sorted(found, key=lambda one: one.on)


def _camt(lines: Sequence[_Line], month: Period, *, opening: Decimal, number: int) -> bytes:
    """The statement as the bank writes it (camt.053.001.02)."""
    closing = opening + sum((one.amount for one in lines), Decimal(0))
    entries = "".join(_entry(one) for one in lines)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M-{month}</MsgId><CreDtTm>{month.last_day}T23:30:00</CreDtTm></GrpHdr><Stmt><Id>REL-{month}</Id>"
        f"<ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{month.last_day}T23:30:00</CreDtTm>"
        f"<Acct><Id><IBAN>{settings.BANK_IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{_balance('OPBD', opening, month.first_day)}{_balance('CLBD', closing, month.last_day)}{entries}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _balance(code: str, amount: Decimal, on: date) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{abs(amount):.2f}</Amt>'
        f"<CdtDbtInd>{_way(amount)}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
    )


def _entry(one: _Line) -> str:
    side = "Dbtr" if one.amount > 0 else "Cdtr"
    party = f"<RltdPties><{side}><Nm>{escape(one.who)}</Nm></{side}></RltdPties>" if one.who else ""
    return (
        f'<Ntry><Amt Ccy="EUR">{abs(one.amount):.2f}</Amt><CdtDbtInd>{_way(one.amount)}</CdtDbtInd><Sts>BOOK</Sts>'
        f"<BookgDt><Dt>{one.on}</Dt></BookgDt><ValDt><Dt>{one.on}</Dt></ValDt><AcctSvcrRef>{escape(one.reference)}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls>{party}<RmtInf><Ustrd>{escape(one.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def _way(amount: Decimal) -> str:
    return "CRDT" if amount >= 0 else "DBIT"
