"""Our bank: what truly came to the account and left it, and the statements that it writes of it.

Nothing here knows the shop. Payouts come as Stripe pays them, transfers as treasurers order them; a bank is late, cuts a payout in
two, mistakes an amount and puts it right, or leaves Stripe's trace out (`moods`, one for each of the next payouts). Each line
keeps what it truly was (`meant`): what finance would find out on the telephone.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET  # what the shop itself has written
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from payments.days import paris_day
from payments.sandbox.store import Obj
from payments.working_days import add_banking_days
from tests.bank.files import IBAN, Said, camt, csv, mt940
from tests.simulation.plan import Plan

STRIPE, OURS = "Stripe Technology Europe", "BANQUE DE LA PLACE"
FORMATS = ("camt",) * 8 + ("mt940", "csv")
PAIN = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"


@dataclass(frozen=True, slots=True)
class Meant:
    """What a line truly was: « payout » and its id, « invoice » and its numbers, « transfer »…; `part` of what it is."""

    what: str
    of: tuple[str, ...] = ()
    part: str = "whole"


@dataclass(slots=True)
class Moved:
    """One line of the account. `told`: it is on a statement."""

    on: date
    amount: Decimal
    text: str
    name: str
    ref: str
    meant: Meant
    end_to_end: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """One file of the bank's, as its page gives it."""

    name: str
    body: bytes
    format: str
    lines: Sequence[Moved]


@dataclass(slots=True)
class Bank:
    """The account. `drawer`: statements that nobody has handed in yet, the oldest first."""

    plan: Plan
    moved: list[Moved] = field(default_factory=list)
    moods: list[str] = field(default_factory=list)
    drawer: list[Written] = field(default_factory=list)
    balance: Decimal = Decimal("4000.00")
    until: date = date.min
    written: int = 0
    carried_out: set[str] = field(default_factory=set)
    _shown: dict[str, str] = field(default_factory=dict)
    _own_month: str = ""

    def move(self, on: date, amount: Decimal, text: str, name: str, meant: Meant, *, end_to_end: str = "") -> Moved:
        """Book a line on a banking day, on that day or after it, and after what is on a statement."""
        day = add_banking_days(max(on, self.until + timedelta(days=1)) - timedelta(days=1), 1)
        line = Moved(day, amount, text, name, f"BQ{len(self.moved) + 1:06d}", meant, end_to_end)
        self.moved.append(line)
        return line

    def find(self, ref: str) -> Moved:
        """The line of a reference."""
        return self.moved[int(ref.removeprefix("BQ")) - 1]

    # --- payouts ---

    def look(self, payouts: Sequence[Obj]) -> None:
        """Take what Stripe has sent since, and give back what did not hold: the account was closed to it."""
        for number, one in enumerate(payouts):
            chance, seen = self.plan.chance("bank", number), self._shown.get(one["id"], "")
            if one["currency"] != "eur":
                continue
            if one["status"] == "paid" and not seen:
                self._show(one)
            elif one["status"] == "failed" and seen == "shown":
                self._take_back(one)
            elif one["status"] == "failed" and not seen:
                # The bank may have had it for a day, if Stripe says that it was paid.
                self._shown[one["id"]] = "never"
                if "trace_id" in one and chance.random() < 0.5:
                    self._show(one, usual=True)
                    self._take_back(one)

    def _show(self, payout: Obj, *, usual: bool = False) -> None:
        mood = "" if usual or not self.moods else self.moods.pop(0)
        chance = self.plan.chance("mood", mood, self.written, len(self.moved))
        amount, day = Decimal(payout["amount"]) / 100, paris_day(_instant(payout["arrival_date"]))
        later = add_banking_days(day, chance.randint(3, 6))
        trace = payout["trace_id"]["value"] if mood != "untraced" else ""
        half, cents = (amount / 2).quantize(amount), Decimal("0.10")
        shown: Mapping[str, Sequence[tuple[date, Decimal, str, str]]] = {
            "late": ((later, amount, "whole", trace),),
            "very late": ((add_banking_days(day, chance.randint(14, 20)), amount, "whole", trace),),
            "split": (
                (day, half, "part", ""),
                (add_banking_days(day, chance.randint(1, 4)), amount - half, "part", ""),
            ),
            "missing": (),
            "wrong for good": ((day, amount - cents, "wrong", trace),),
            "wrong": (
                (day, amount - cents, "part", trace),
                (add_banking_days(day, chance.randint(1, 5)), cents, "part", ""),
            ),
            "reversed": (
                (day, amount + cents, "wrong", trace),
                (later, -amount - cents, "wrong", ""),
                (later, amount, "whole", trace),
            ),
        }
        for on, part, role, said in shown.get(mood, ((day, amount, "whole", trace),)):
            meant = Meant("payout", (payout["id"],), role)
            self.move(on, part, f"VIR SEPA STRIPE {said}".strip(), STRIPE, meant)
        self._shown[payout["id"]] = "shown"

    def _take_back(self, payout: Obj) -> None:
        amount, trace = Decimal(payout["amount"]) / 100, payout["trace_id"]["value"]
        last = max(line.on for line in self.moved if line.meant.of == (payout["id"],))
        meant = Meant("payout", (payout["id"],), "back")
        self.move(add_banking_days(last, 1), -amount, f"RETOUR VIR STRIPE {trace}", STRIPE, meant)
        self._shown[payout["id"]] = "back"

    # --- what else moves ---

    def own_lines(self, today: date) -> None:
        """Once a month its fees, an invoice of the printer's that the shop does not pay, now and then something else."""
        month = f"{today:%m/%Y}"
        if month == self._own_month:
            return
        self._own_month, chance = month, self.plan.chance("bank", month)
        self.move(today, Decimal("-12.50"), f"FRAIS DE TENUE DE COMPTE {month}", OURS, Meant("fee"))
        self.move(today, Decimal("-900.00"), "PRLV IMPRIMERIE DU CENTRE", "Imprimerie du Centre", Meant("others"))
        if chance.random() < 0.3:
            self.move(today, Decimal("1.23"), "INTERETS CREDITEURS", OURS, Meant("interest"))
        if chance.random() < 0.3:
            self.move(today, Decimal("15.00"), "VIR DE M. INCONNU", "M. Inconnu", Meant("unknown"))

    def carry_out(self, orders: bytes, *, on: date) -> None:
        """Pay what a file of the shop's orders, line by line or as one; some of it comes back. A file is carried out once."""
        document: Any = ET.fromstring(orders)
        file = document.findtext(f".//{PAIN}MsgId")
        if file in self.carried_out:
            return
        self.carried_out.add(file)
        chance = self.plan.chance("orders", len(self.carried_out))
        ordered = [
            (one.findtext(f".//{PAIN}EndToEndId"), Decimal(one.findtext(f".//{PAIN}InstdAmt")))
            for one in document.iter(f"{PAIN}CdtTrfTxInf")
        ]
        if chance.random() < 0.5:
            total = sum((amount for _ref, amount in ordered), Decimal(0))
            self.move(on, -total, f"REMISE DE VIREMENTS {file}", OURS, Meant("file", (file,)))
        else:
            for reference, amount in ordered:
                text = f"VIR SEPA REMBOURSEMENT {reference}"
                self.move(on, -amount, text, "", Meant("transfer", (reference,)), end_to_end=reference)
        for reference, amount in ordered:
            if chance.random() < 0.15:
                text, back = f"RETOUR {reference}\nCOMPTE CLOS", on + timedelta(days=chance.randint(8, 15))
                self.move(back, amount, text, "", Meant("back", (reference,)), end_to_end=reference)

    # --- statements ---

    def write(self, until: date) -> None:
        """A statement of what moved up to a day, into the drawer; none of nothing."""
        lines = sorted(
            (one for one in self.moved if not one.told and one.on <= until), key=lambda one: (one.on, one.ref)
        )
        self.until = until
        if not lines:
            return
        self.written += 1
        format_ = self.plan.chance("statement", self.written).choice(FORMATS)
        said = [Said(str(one.amount), one.text, one.name, one.on, one.ref, one.end_to_end) for one in lines]
        opening = str(self.balance)
        if format_ == "csv":
            body = csv(said, opening=opening)
        elif format_ == "mt940":
            body = mt940(said, opening=opening, sequence=f"{self.written:05d}/001", on=until)
        else:
            body = camt(
                said, opening=opening, on=until, ident=f"REL-{self.written:05d}", sequence=str(self.written),
                version=("02", "08")[self.written % 2],
            )  # fmt: skip
        for one in lines:
            one.told = True
        self.balance += sum((one.amount for one in lines), Decimal(0))
        self.drawer.append(Written(f"releve-{self.written:04d}.{format_}", body, format_, lines))


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


__all__ = ["IBAN", "Bank", "Meant", "Moved", "Written"]
