"""What a line may be: a pure table of proposals, the best first, each with its reasons; and which of them need nobody.

| rank | what is seen | without a person |
| 1 | a transfer noted by hand: same amount, same bank reference, within 3 days | yes |
| 1 | a refund of ours: its reference and its amount; a whole file: its reference and its total | yes |
| 1 | a refund that came back: its reference and its amount, coming in | yes |
| 1 | the transfer of an order by post or telephone: its reference and its amount | yes |
| 1 | cheques deposited: what their slip is to bring, and the slip named, or cheques named and one slip alone of that amount | yes |
| 1 | a cheque that was noted as bounced: its amount, going out, and its number or cheques named | yes |
| 1 | numbers of open invoices, whole, and the amount is what they leave to pay, to the cent | yes |
| 1 | a rule of finance's | yes |
| 2 | noted by hand: same amount within 3 days, another reference | no |
| 2 | cheques deposited: what a slip is to bring, within 15 days of it | no |
| 2 | a cheque that bounced: its amount going out, or a little more for the bank, and its number or a cheque named | no |
| 3 | an order by post or telephone: its amount, and it was noted for a day within 3 days of this one | no |
| 3 | a whole number, and the amount is less: a part, or charges that a bank kept | no |
| 3 | a whole number, and the amount is more: too much | no |
| 4 | a number without its year, or whose zeros got lost; the number of a purchase order; and the amount | no |
| 5 | a number with two signs exchanged, or one wrong; and the amount | no |
| 6 | the amount and the buyer's name | no |

What a person is to decide takes the place of anything automatic: a transfer that was perhaps noted by hand is not booked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from payments.bank.known import CREDITED_WITHIN, NOTED_WITHIN, Bill, Known, Out
from payments.bank.numbers import Near, plain, same_name, whole_numbers
from payments.bank.payouts import looks_like_payout
from payments.bank.rules import rule_for
from payments.models import BankLine, Transfer

#: What a bank keeps of a transfer from abroad, at most; more is a part payment.
CHARGES_UP_TO = Decimal("30.00")
MOST = 8
#: How banks call cheques on statements, and what one may take for a cheque that came back (at most 50,00, C. mon. fin. D131-25).
CHEQUES = ("CHEQUE", "CHQ", "REMISE", "IMPAYE")
BOUNCE_CHARGES_UP_TO = Decimal("50.00")


class What(StrEnum):
    """What a line is said to be."""

    NOTED = "noted"
    INVOICES = "invoices"
    CHARGES = "charges"
    TRANSFER = "transfer"
    FILE = "file"
    BACK = "back"
    RULE = "rule"
    ORDER = "order"
    DEPOSIT = "deposit"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing that a line may be. `keys`: of the invoices, the receipt, the transfer, the file, the rule, the payment of an
    order, the slip or the cheque.

    `because`: reasons by code, with what they name; words are the pages'. `expected`: what the invoices left to pay.
    """

    what: What
    rank: int
    keys: tuple[int, ...]
    because: tuple[Mapping[str, str], ...]
    automatic: bool = False
    expected: Decimal = Decimal("0.00")

    @property
    def name(self) -> str:
        """How a page names it: the same as long as it is the same."""
        return f"{self.what}:{'-'.join(map(str, self.keys))}"


def propose_all(lines: Sequence[BankLine], known: Known) -> dict[int, list[Proposal]]:
    """Proposals by the place of each line in `lines`; what an automatic one takes, no later line is offered as well."""
    taken: set[tuple[str, int]] = set()
    found: dict[int, list[Proposal]] = {}
    for place, line in enumerate(lines):
        mine = [one for one in propose(line, known) if not _claims(one) & taken]
        found[place] = mine
        if mine and mine[0].automatic:
            taken |= _claims(mine[0])
    return found


def propose(line: BankLine, known: Known) -> list[Proposal]:
    """What one line may be, the best first. Nothing for a part that is explained, nor for what looks like a payout, unless it
    names an open invoice."""
    if line.left != line.amount or not line.amount or (looks_like_payout(line) and not _names_bill(line, known)):
        return []
    found = [*_out(line, known), *_noted(line, known), *_ordered(line, known), *_deposited(line, known)]
    found += _bounced(line, known)
    if not found:
        if line.amount > 0:
            found += _invoices(line, known)
        rule = rule_for(line, known.rules)
        if rule is not None:
            found.append(Proposal(What.RULE, 1, (rule.pk,), (_why("rule", words=rule.words),), automatic=not found))
    if sum(one.automatic for one in found) > 1:
        found = [replace(one, automatic=False) for one in found]  # two things at once: a person says which
    unique = {one.name: one for one in sorted(found, key=lambda one: one.rank, reverse=True)}
    return sorted(unique.values(), key=lambda one: one.rank)[:MOST]


def _names_bill(line: BankLine, known: Known) -> bool:
    return any(number in known.bills for number in whole_numbers(f"{line.text}\n{line.end_to_end}"))


def _claims(one: Proposal) -> set[tuple[str, int]]:
    """What no second line may be as well; a rule means any number of lines."""
    kind = "invoice" if one.what in (What.INVOICES, What.CHARGES) else str(one.what)
    return set() if one.what == What.RULE else {(kind, key) for key in one.keys}


def _out(line: BankLine, known: Known) -> Iterator[Proposal]:
    said = plain(f"{line.end_to_end} {line.text}").replace("\n", "")
    for reference, one in known.out.items():
        if reference in said and abs(line.amount) == one.amount:
            why = (_why("end_to_end", reference=reference), _why("amount"))
            if line.amount < 0 and not one.on_line:
                yield Proposal(What.TRANSFER, 1, (one.key,), why, automatic=True)
            elif line.amount > 0 and _has_left(one):
                yield Proposal(What.BACK, 1, (one.key,), (*why, _why("came_in")), automatic=True)
    if line.amount < 0:
        for reference, (key, sums) in known.files.items():
            count = next((count for total, count in sums if -line.amount == total), 0)
            if reference in said and count:
                why = (_why("file", reference=reference), _why("file_total", count=str(count)))
                yield Proposal(What.FILE, 1, (key,), why, automatic=True)


def _has_left(one: Out) -> bool:
    """Whether it may come back: it left; or finance has noted that it came back, and no line is that yet."""
    noted = one.state == Transfer.State.FAILED and not one.back_on_line
    return noted or one.state in (Transfer.State.SENT, Transfer.State.DONE)


def _noted(line: BankLine, known: Known) -> Iterator[Proposal]:
    said = _signs(f"{line.bank_reference} {line.end_to_end} {line.text}")
    for one in known.noted.get(line.amount, ()):
        if abs(one.on - line.booked_on) > NOTED_WITHIN:
            continue
        same = len(_signs(one.bank_reference)) >= 4 and _signs(one.bank_reference) in said
        why = [_why("noted", reference=one.reference), _why("amount"), _why("same_reference" if same else "days")]
        yield Proposal(What.NOTED, 1 if same else 2, (one.key,), tuple(why), automatic=same)


def _ordered(line: BankLine, known: Known) -> Iterator[Proposal]:
    said = _signs(f"{line.bank_reference} {line.end_to_end} {line.text}")
    for one in known.orders:
        if one.amount != line.amount:
            continue
        named = len(_signs(one.reference)) >= 6 and _signs(one.reference) in said
        near = one.on is not None and abs(one.on - line.booked_on) <= NOTED_WITHIN
        why = (_why("order", reference=one.reference), _why("amount"))
        if named:
            yield Proposal(What.ORDER, 1, (one.key,), why, automatic=True)
        elif near:
            yield Proposal(What.ORDER, 3, (one.key,), (_why("order_noted", reference=one.reference), _why("days")))


def _deposited(line: BankLine, known: Known) -> Iterator[Proposal]:
    slips = [
        one for one in known.slips.get(line.amount, ()) if timedelta(0) <= line.booked_on - one.on <= CREDITED_WITHIN
    ]
    said = plain(f"{line.end_to_end} {line.text}")
    for one in slips:
        named = one.reference in said.replace("\n", " ").split()
        alone = len(slips) == 1 and any(word in said for word in CHEQUES)
        why = [_why("slip", reference=one.reference), _why("amount")]
        if named:
            why.append(_why("end_to_end", reference=one.reference))
        elif alone:
            why.append(_why("cheques"))
        yield Proposal(What.DEPOSIT, 1 if named or alone else 2, (one.key,), tuple(why), automatic=named or alone)


def _bounced(line: BankLine, known: Known) -> Iterator[Proposal]:
    """`expected`: what the cheque itself was for; what the line takes beyond it the bank keeps for its trouble."""
    said = plain(f"{line.end_to_end} {line.text}").replace("\n", " ")
    for one in known.cheques:
        more = -line.amount - one.amount
        numbered = one.number.lstrip("0") in [word.lstrip("0") for word in said.split()]
        named = numbered or any(word in said for word in CHEQUES)
        if not named or more < 0 or more > (BOUNCE_CHARGES_UP_TO if numbered else 0):
            continue
        why = [_why("cheque", reference=one.reference, number=one.number, drawer=one.drawer)]
        why += [_why("amount")] if not more else [_why("bounce_charges", amount=str(more))]
        sure = one.noted and not more
        keys = (one.key,)
        yield Proposal(What.BOUNCED, 1 if sure else 2, keys, tuple(why), automatic=sure, expected=one.amount)


def _invoices(line: BankLine, known: Known) -> Iterator[Proposal]:
    said = f"{line.text}\n{line.end_to_end}"
    named = [known.bills[number] for number in whole_numbers(said) if number in known.bills]
    if named:
        yield from _named(line, named)
        return
    who = f"{line.counterparty}\n{line.text}"
    near = known.index.near(said)
    ranks = {Near.NO_YEAR: 4, Near.ZEROS: 4, Near.SWAPPED: 5, Near.ONE_WRONG: 5}
    for number, how in near.items():
        bill = known.bills[number]
        if bill.left == line.amount:
            why = [_why(str(how), number=number), _why("amount")]
            if same_name(bill.buyer, who):
                why.append(_why("name", name=bill.buyer))
            yield _of([bill], ranks[how], why)
    bare = plain(said)
    for engagement, bills in known.by_engagement.items():
        if engagement in bare:
            for bill in bills:
                if bill.left == line.amount:
                    yield _of([bill], 4, [_why("engagement", number=engagement), _why("amount")])
    for bill in known.by_amount.get(line.amount, ()):
        if same_name(bill.buyer, who):
            yield _of([bill], 6, [_why("amount"), _why("name", name=bill.buyer)])


def _named(line: BankLine, named: Sequence[Bill]) -> Iterator[Proposal]:
    """Invoices that the line names as a whole."""
    left = sum((bill.left for bill in named), Decimal(0))
    whole = _why("number", number=", ".join(bill.number for bill in named))
    if left == line.amount:
        yield _of(named, 1, [whole, _why("amount" if len(named) == 1 else "sum")], automatic=True)
        return
    missing = left - line.amount
    if missing < 0:
        yield _of(named, 3, [whole, _why("too_much", amount=str(-missing))])
        return
    if missing <= CHARGES_UP_TO and len(named) == 1:
        why = (whole, _why("charges", amount=str(missing)))
        yield Proposal(What.CHARGES, 3, (named[0].key,), why, expected=left)
    for bill in named:
        if bill.left == line.amount and len(named) > 1:
            yield _of([bill], 3, [_why("number", number=bill.number), _why("amount")])
    yield _of(named, 3, [whole, _why("part", amount=str(missing))])


def _of(bills: Sequence[Bill], rank: int, why: Sequence[Mapping[str, str]], *, automatic: bool = False) -> Proposal:
    keys = tuple(bill.key for bill in bills)
    left = sum((bill.left for bill in bills), Decimal(0))
    return Proposal(What.INVOICES, rank, keys, tuple(why), automatic=automatic, expected=left)


def _why(code: str, **named: str) -> Mapping[str, str]:
    return {"code": code, **named}


def _signs(text: str) -> str:
    return "".join(sign for sign in plain(text) if sign.isalnum())
