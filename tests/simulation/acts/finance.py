"""Finance's week, by two people at their pages: statements handed in, lines and discrepancies explained, transfers sent.

What explains itself is left to itself for some days. What a line truly was is known to whoever asks the bank (`Moved.meant`): of
the proposals of a page the right one is accepted, and where none is right, the numbers are typed.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from payments.bank.payouts import looks_like_payout
from payments.models import BankLine, BankStatement, CsvProfile, Discrepancy, Invoice, Payout, Transfer, TransferFile
from payments.transfers.banking import waiting_for_file
from payments.working_days import add_banking_days
from shop.backoffice.roles import ensure_roles
from tests.bank.files import PROFILE
from tests.simulation.acts import closing
from tests.simulation.bank import Moved, Written
from tests.simulation.clock import paris
from tests.simulation.desks import AtDesk
from tests.simulation.timetable import there

if TYPE_CHECKING:
    from tests.simulation.shop import Shop, Story

TRIES = 9
WHY = "Vu avec la banque."
#: So long what looks like a payout is left to the clockwork.
LEFT_ALONE = timedelta(days=4)
QUOTED = re.compile(r"accepter/\?quoi=([a-z_]+(?:%3A|:)[0-9-]+)")
#: What a discrepancy that waits for finance is ended by: a key that its movement is booked to, or words alone.
ENDS = {
    "unknown_type": "FEES",
    "foreign": "",
    "payout_failed": "",
    "failed_after_paid": "",
    "changed": "FEES",
    "doubled": "ADJUSTMENTS",
}
ACCOUNT = "FR1420041010050500013M02606"
State = Transfer.State


def begin(shop: Shop) -> None:
    """Two of finance are hired; from the first Monday on they look at the bank every week."""
    ensure_roles()
    shop.finance = [AtDesk(shop, "finance", number) for number in (1, 2)]
    monday = shop.plan.begins + timedelta(days=7 - shop.plan.begins.weekday())
    shop.bank.until = shop.plan.begins - timedelta(days=1)
    shop.agenda.add(paris(monday, 9, 40), lambda: look(shop))


def look(shop: Shop) -> None:
    """Monday: the bank has written what moved until yesterday. Whatever stops them, they begin anew."""
    shop.agenda.add(paris(shop.clock.today + timedelta(days=7), 9, 40), lambda: look(shop))
    the_bank_writes(shop)
    if shop.bank.drawer or waits(shop):
        shop.tell("finance", "looks at the bank", lambda: week(shop), at=shop.clock.now, tries=TRIES)


def the_bank_writes(shop: Shop) -> None:
    """A statement of everything until yesterday."""
    with shop.till.world.lock:
        shop.bank.look(shop.till.world.store.all("payout"))
    shop.bank.own_lines(shop.clock.today)
    shop.bank.write(shop.clock.today - timedelta(days=1))


def waits(shop: Shop) -> bool:
    """Whether anything is on finance's pages. Two statements at most."""
    rows = [
        BankLine.objects.exclude(left=0),
        Discrepancy.objects.filter(ended_at=None),
        Transfer.objects.filter(state__in=(State.ASKED, State.GIVEN, State.APPROVED)),
    ]
    return any(there(rows)) or closing.due(shop) is not None


def week(shop: Shop) -> Story:
    """Everything that waits, each thing once."""
    first, second = shop.finance
    first.come_in()
    while shop.bank.drawer:
        _hands_in(shop, first, shop.bank.drawer[0])
        shop.bank.drawer.pop(0)
    yield shop.clock.now + timedelta(hours=3)
    first.come_in()
    for line in BankLine.objects.exclude(left=0).select_related("statement").order_by("pk"):
        _explains(shop, first, line, shop.bank.find(line.bank_reference))
    yield shop.clock.now
    second.come_in()
    for one in Discrepancy.objects.filter(ended_at=None, kind__in=ENDS).order_by("pk"):
        _settles(shop, second, one)
    yield shop.clock.now
    yield from _gives_back(shop, first, second)
    yield from closing.closes(shop, first, second)


# --- statements -------------------------------------------------------------------------------------------------------


def _hands_in(shop: Shop, who: AtDesk, file: Written) -> None:
    """A file that is here already is known; anything else that is refused is a mistake of the shop's."""
    known = BankStatement.objects.filter(file_name=file.name).exists()
    refused = who.hands_in(
        "desk_act_bank_file", file.name, file.body, reason="Relevé de la semaine.", **_beside(who, file)
    )
    assert bool(refused) == known, f"{file.name} was {'taken twice' if known else f'refused: {refused}'}"
    assert BankLine.objects.filter(statement__file_name=file.name).count() == len(file.lines)


def _beside(who: AtDesk, file: Written) -> dict[str, str]:
    """What a CSV wants: the profile of the bank, made once."""
    if file.format != "csv":
        return {}
    profile = CsvProfile.objects.filter(name=PROFILE["name"]).first()
    if profile is None:
        who.saves("desk_act_bank_profile_new", **PROFILE, reason="La banque a changé de site.")
        profile = CsvProfile.objects.get(name=PROFILE["name"])
    return {"profile": str(profile.pk)}


def _explains(shop: Shop, who: AtDesk, line: BankLine, true: Moved) -> None:
    """What a line was, if it is known by now."""
    if true.meant.what == "payout":
        _is_payout(shop, who, line, true)
    elif true.meant.what == "invoice":
        _pays(shop, who, line, true)
    elif true.meant.what == "fee":
        who.does("desk_act_bank_book", line.pk, account="BANK_FEES", reason=WHY)
        _rules(shop, who)
    elif true.meant.what == "interest":
        who.does("desk_act_bank_book", line.pk, account="INTEREST_EARNED", reason=WHY)
    elif true.meant.what == "others":
        who.does("desk_act_bank_not_ours", line.pk, reason="Payé par l’imprimerie de la maison.")
    elif true.meant.what == "unknown":
        who.does("desk_act_bank_book", line.pk, account="SUSPENSE", reason="Personne ne le connaît.")


def _rules(shop: Shop, who: AtDesk) -> None:
    """The fees of the next months need nobody."""
    who.does(
        "desk_act_bank_rule", 0, words="FRAIS TENUE COMPTE", side="out", most="20,00", account="BANK_FEES",
        valid_from=shop.clock.today.isoformat(), reason="Frais de chaque mois.",
    )  # fmt: skip


def _is_payout(shop: Shop, who: AtDesk, line: BankLine, true: Moved) -> None:
    """What the clockwork did not bring together: alike, late without a trace, cut in two, put right by the bank."""
    payout = Payout.objects.filter(stripe_payout=true.meant.of[0]).first()
    if payout is None or line.statement.at > shop.clock.now - LEFT_ALONE:
        return
    assert looks_like_payout(line)
    together = [one for one in shop.bank.moved if one.meant == true.meant]
    mine = {
        one.bank_reference: one
        for one in BankLine.objects.filter(bank_reference__in=[moved.ref for moved in together]).exclude(left=0)
    }
    if len(mine) < len(together) or line.pk != min(one.pk for one in mine.values()):
        return  # the rest of it is on the next statement, or was said already
    if true.meant.part == "wrong":
        if sum((one.amount for one in mine.values()), Decimal(0)) != 0:
            return  # the bank has not taken it back yet
        for one in mine.values():
            who.does("desk_act_bank_book", one.pk, account="SUSPENSE", reason="Erreur de la banque, reprise par elle.")
        return
    keys = sorted(mine.values(), key=lambda one: (one.booked_on, one.pk))
    how = "back" if true.meant.part == "back" else "is"
    name = "-".join(map(str, (how, payout.pk, *(one.pk for one in keys))))
    who.does("desk_act_bank_payout", line.pk, payout=name, reason="Comparé à Stripe.")


def _pays(shop: Shop, who: AtDesk, line: BankLine, true: Moved) -> None:
    """The proposal of the page that is right; else the numbers that the treasurer says on the telephone."""
    bills = list(Invoice.objects.filter(reference__in=true.meant.of).values_list("pk", flat=True))
    page = who.sees("desk_bank_line", line.pk).content.decode()
    offered = [found.replace("%3A", ":") for found in QUOTED.findall(page)]
    what = "charges" if true.meant.part == "charges" else "invoices"
    right = [name for name in offered if name == f"{what}:{'-'.join(map(str, bills))}" or name.startswith("noted:")]
    if right and who.does("desk_act_bank_accept", line.pk, proposal=right[0], reason="comme proposé"):
        return
    numbers = ", ".join(true.meant.of)
    if not who.does("desk_act_bank_invoices", line.pk, numbers=numbers, reason="Le trésorier a appelé."):
        # Nothing is left to pay of it by now: it waits for its payer on an account of its own.
        who.does("desk_act_bank_book", line.pk, account="SUSPENSE", reason="Facture annulée entre-temps.")


# --- discrepancies ----------------------------------------------------------------------------------------------------


def _settles(shop: Shop, who: AtDesk, one: Discrepancy) -> None:
    """Taken in hand, and ended by whoever knows what it was."""
    if one.owner_id is None:
        assert who.does("desk_act_take_discrepancy", one.pk, reason="Je regarde.")
    if ENDS[one.kind] and one.movement_id is not None:
        assert who.does("desk_act_book_discrepancy", one.pk, to=ENDS[one.kind], reason="Vu avec Stripe.")
    else:
        assert who.does("desk_act_explain_discrepancy", one.pk, reason="Vu avec Stripe.")
    assert not who.does("desk_act_explain_discrepancy", one.pk, reason="Encore une fois.")


# --- refunds by transfer ----------------------------------------------------------------------------------------------


def _gives_back(shop: Shop, first: AtDesk, second: AtDesk) -> Story:
    """Accounts written down for those whom no letter reaches, approved by the other, one file for the bank."""
    patience = shop.clock.now - timedelta(days=10)
    for one in Transfer.objects.filter(state=State.ASKED, created_at__lt=patience).order_by("pk"):
        first.does("desk_act_account", one.pk, holder="Comptable", iban=ACCOUNT, reason="Par téléphone.")
    for one in Transfer.objects.filter(state=State.GIVEN).order_by("pk"):
        assert one.given_by != str(second.actor)
        second.does("desk_act_approve", one.pk, reason="Compte vérifié.")
    yield shop.clock.now
    if waiting_for_file().exists():
        second.does("desk_act_make_file", 0, reason="Remboursements de la semaine.")
    for file in TransferFile.objects.filter(transfers__state=State.APPROVED).distinct().order_by("pk"):
        orders = second.sees("desk_transfer_file_xml", file.pk).content
        shop.bank.carry_out(orders, on=add_banking_days(shop.clock.today, 1))
        if shop.plan.chance("sent", file.pk).random() < 0.3:
            second.does("desk_act_file_sent", file.pk, on=shop.clock.today.isoformat(), reason="Vu à la banque.")
