"""Acts about lines of our bank's statements: accept a proposal, say what a line was, undo it; add and end rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.actors import Actor
from payments.bank.known import known_for
from payments.bank.matching import standing
from payments.bank.proposing import Proposal, What, propose
from payments.bank.rules import BY_HAND, KEYS, add_rule, end_rule, rule_for
from payments.days import paris_day
from payments.invoicing.open_items import still_open
from payments.models import BankLine, BankMatch, BankRule
from payments.money import eur, parse_french
from payments.reconciliation import at_bank
from shop.backoffice import bank_words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.acts_prices import DateInput
from shop.backoffice.bank_tables import money, names_of
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import short_day
from shop.watch.bell import ring
from subscriptions.bank import explaining


class _OnLine(TwoSteps):
    """What acts on one line have in common. `whole`: nothing may be said of it yet."""

    right = Right.BANK
    whole = False
    asked = ""

    def load(self, request: HttpRequest, key: int) -> BankLine | None:
        self.asked = request.GET.get("quoi", "")
        one = BankLine.objects.select_related("statement").filter(pk=key).first()
        if one is not None and (not one.left or (self.whole and one.left != one.amount)):
            raise Impossible(_("This line is explained by now, or less is left of it."))
        return one

    def facts(self, one: BankLine) -> list[Fact]:
        """What it is about."""
        return [
            Fact(_("Line"), f"{one.statement.reference}/{one.place}, {short_day(one.booked_on)}"),
            Fact(_("Label"), "", lines=one.text.split("\n") if one.text else ()),
            Fact(_("From or to"), one.counterparty),
            Fact(_("Amount"), money(one.amount)),
            Fact(_("Unexplained"), money(one.left) if one.left != one.amount else ""),
        ]

    def back(self, subject: BankLine) -> str:
        return reverse("desk_bank_line", args=[subject.pk])

    def about(self, subject: BankLine) -> str:
        return f"{subject.statement.reference}/{subject.place}"


class AcceptForm(ReasonForm):
    """Which of the proposals."""

    proposal = forms.ChoiceField(label=gettext_lazy("What it is"), widget=forms.RadioSelect)
    field_order = ["proposal", "reason"]


class AcceptProposal(_OnLine):
    """Say yes to a proposal."""

    name = "accept-proposal"
    title = gettext_lazy("Say what this line is")
    button = gettext_lazy("That is what it is")
    whole = True

    def form(self, subject: BankLine, data: Any) -> forms.Form:
        self.found = {one.name: one for one in propose(subject, known_for([subject], on=paris_day(timezone.now())))}
        named = names_of(list(self.found.values()))
        form = AcceptForm(data, initial={"proposal": self.asked, "reason": _("as proposed")})
        choices: Any = form.fields["proposal"]
        choices.choices = [
            (name, f"{bank_words.WHAT[one.what]} : {named[name]}".replace(" :", "\u00a0:"))
            for name, one in self.found.items()
        ]
        return form

    def preview(self, subject: BankLine, form: Any) -> Preview:
        chosen = self.found[form.cleaned_data["proposal"]]
        return Preview(
            facts=[
                *self.facts(subject),
                Fact(_("What it is"), f"{bank_words.WHAT[chosen.what]}"),
                Fact(_("Which"), names_of([chosen])[chosen.name]),
                Fact(_("Why"), "", lines=bank_words.why(chosen.because)),
            ],
            warning=_WARNINGS[chosen.what],
        )

    def do(self, subject: BankLine, form: Any, *, actor: Actor, at: datetime) -> Done:
        chosen: Proposal = self.found[form.cleaned_data["proposal"]]
        explaining.accept(subject.pk, chosen.name, reason=form.cleaned_data["reason"], actor=actor, at=at)
        if chosen.what in (What.TRANSFER, What.FILE, What.BACK, What.ORDER, What.BOUNCED):
            ring("letters")
        return _done(subject)


_RECEIVED = gettext_lazy(
    "The transfer is noted and booked, and its VAT falls due on the day of the credit. It is kept for good."
)
_WARNINGS = {
    What.NOTED: gettext_lazy("It is booked already: only the line is said to be it."),
    What.INVOICES: _RECEIVED,
    What.CHARGES: gettext_lazy(
        "The invoice is paid whole; what the bank kept is booked as its fee. The VAT falls due on the day of the credit."
    ),
    What.TRANSFER: gettext_lazy("The refund is booked if it was not yet, and counts as arrived; its reader is told."),
    What.FILE: gettext_lazy(
        "The refunds are booked if they were not yet, and count as arrived; their readers are told."
    ),
    What.BACK: gettext_lazy("The books are mirrored, and the reader is asked for another account by letter."),
    What.RULE: gettext_lazy("It is booked on the account of the rule."),
    What.ORDER: gettext_lazy("The order is paid and served, unless its transfer was noted before; its reader is told."),
    What.DEPOSIT: gettext_lazy("The cheques count as credited: 5112 to 512."),
    What.BOUNCED: gettext_lazy(
        "The amount is owed again, the copies still owed are held, and the reader is asked for another payment by letter. What "
        "the bank keeps beyond it is booked as its fee."
    ),
}


class InvoicesForm(ReasonForm):
    """Numbers of invoices, as somebody found them out."""

    numbers = forms.CharField(
        label=gettext_lazy("Numbers of the invoices"),
        max_length=600,
        help_text=gettext_lazy(
            "With commas between them, in the order in which they are paid: F2026-000012, F2026-000013."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["numbers", "reason"]

    def clean_numbers(self) -> list[str]:
        """Each of them is an invoice that is to be paid."""
        wanted = [
            part.strip().upper() for part in self.cleaned_data["numbers"].replace(";", ",").split(",") if part.strip()
        ]
        known = set(still_open().filter(reference__in=wanted).values_list("reference", flat=True))
        missing = [number for number in wanted if number not in known]
        if missing or not wanted:
            raise forms.ValidationError(
                _("Nothing is left to pay of %(numbers)s, or there is no such invoice.")
                % {"numbers": ", ".join(missing) or "—"}
            )
        return list(dict.fromkeys(wanted))


class PayInvoices(_OnLine):
    """A line pays invoices that a person names."""

    name = "bank-pays-invoices"
    title = gettext_lazy("Say which invoices this line pays")
    button = gettext_lazy("It pays them")
    form_class = InvoicesForm
    whole = True

    def preview(self, subject: BankLine, form: Any) -> Preview:
        if subject.amount <= 0:
            raise Impossible(_("Money that left pays no invoice."))
        bills = {one.reference: one for one in still_open().filter(reference__in=form.cleaned_data["numbers"])}
        rest, said = subject.amount, []
        for number in form.cleaned_data["numbers"]:
            bill = bills[number]
            paid = max(min(rest, bill.left), eur(0).amount)
            rest -= paid
            said.append(
                _("%(number)s (%(buyer)s): %(paid)s of %(left)s")
                % {"number": number, "buyer": bill.buyer_name, "paid": money(paid), "left": money(bill.left)}
            )
        return Preview(
            facts=[
                *self.facts(subject),
                Fact(_("Invoices"), "", lines=said),
                Fact(_("Too much"), money(rest) if rest else ""),
            ],
            warning=_RECEIVED,
        )

    def do(self, subject: BankLine, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        explaining.pay_invoices(subject.pk, typed["numbers"], reason=typed["reason"], actor=actor, at=at)
        return _done(subject)


class PayoutForm(ReasonForm):
    """Which payout of Stripe's a line is."""

    payout = forms.ChoiceField(label=gettext_lazy("Payout"), widget=forms.RadioSelect)
    field_order = ["payout", "reason"]


class IsPayout(_OnLine):
    """A line is a payout that a person names: two of one amount came within a few days, the bank has cut one in two, or it
    has taken out again what had failed."""

    name = "bank-is-payout"
    title = gettext_lazy("Say which payout this line is")
    button = gettext_lazy("It is this payout")
    whole = True

    def form(self, subject: BankLine, data: Any) -> forms.Form:
        self.found = {one.name: one for one in at_bank.possible(subject)}
        form = PayoutForm(data)
        choice: Any = form.fields["payout"]
        choice.choices = [(name, _which(one)) for name, one in self.found.items()]
        return form

    def preview(self, subject: BankLine, form: Any) -> Preview:
        one = self.found[form.cleaned_data["payout"]]
        parts = [f"{line.statement.reference}/{line.place}, {money(line.amount)}" for line in one.lines]
        return Preview(
            facts=[
                *self.facts(subject),
                Fact(_("Payout"), f"{one.payout.stripe_payout}, {money(one.payout.amount)}"),
                Fact(_("Expected on"), short_day(one.payout.arrives_on)),
                Fact(_("Lines that make it"), "", lines=parts if len(parts) > 1 else ()),
            ],
            warning=_("The bank has taken out again what had failed: it goes back to the account of what travels.")
            if one.back
            else _("It leaves the account of what travels, and stands at the bank from the day of the line on."),
        )

    def do(self, subject: BankLine, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        at_bank.carry_out(self.found[typed["payout"]], reason=typed["reason"], actor=actor, at=at)
        return _done(subject)


def _which(one: at_bank.Fits) -> str:
    """A choice in words."""
    said = {"payout": one.payout.stripe_payout, "day": short_day(one.payout.arrives_on)}
    if one.back:
        return _("%(payout)s of %(day)s, which failed: the bank has taken it out again") % said
    if len(one.lines) > 1:
        said["lines"] = ", ".join(f"{line.statement.reference}/{line.place}" for line in one.lines)
        return _("%(payout)s of %(day)s, in two lines: %(lines)s") % said
    return _("%(payout)s of %(day)s") % said


class BookForm(ReasonForm):
    """The account of a line."""

    account = forms.ChoiceField(label=gettext_lazy("Account"), choices=[(key, bank_words.KEYS[key]) for key in BY_HAND])
    field_order = ["account", "reason"]


class BookLine(_OnLine):
    """Put a line on an account of the bank's own."""

    name = "bank-book"
    title = gettext_lazy("Book this line on an account")
    button = gettext_lazy("Book it")
    form_class = BookForm

    def preview(self, subject: BankLine, form: Any) -> Preview:
        account = str(bank_words.KEYS[form.cleaned_data["account"]])
        return Preview(
            facts=[*self.facts(subject), Fact(_("Account"), account)],
            warning=_("It is booked against 512. Undoing it later books its mirror."),
        )

    def do(self, subject: BankLine, form: Any, *, actor: Actor, at: datetime) -> Done:
        explaining.book_on(
            subject.pk, form.cleaned_data["account"], reason=form.cleaned_data["reason"], actor=actor, at=at
        )
        return _done(subject)


class NotOurs(_OnLine):
    """A line that the shop does not book."""

    name = "bank-not-ours"
    title = gettext_lazy("This line is not the shop’s")
    button = gettext_lazy("It is not the shop’s")

    def preview(self, subject: BankLine, form: Any) -> Preview:
        return Preview(
            facts=self.facts(subject),
            warning=_("The shop books nothing of it: the firm’s accountant does, elsewhere. It leaves the list."),
        )

    def do(self, subject: BankLine, form: Any, *, actor: Actor, at: datetime) -> Done:
        explaining.not_ours(subject.pk, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return _done(subject)


class UndoLine(_OnLine):
    """What was said of a line does not hold."""

    name = "bank-undo"
    title = gettext_lazy("Undo what this line was")
    button = gettext_lazy("Undo it")

    def load(self, request: HttpRequest, key: int) -> BankLine | None:
        one = BankLine.objects.select_related("statement").filter(pk=key).first()
        if one is not None and not standing().filter(line=one).exists():
            raise Impossible(_("Nothing is said of this line yet."))
        if one is not None and standing().filter(line=one, kind=BankMatch.Kind.PAYOUT).exists():
            raise Impossible(
                _("This line is a payout of Stripe’s, and stays so: what comes back of it is another line.")
            )
        return one

    def preview(self, subject: BankLine, form: Any) -> Preview:
        held = list(standing().filter(line=subject).order_by("pk"))
        kinds = {row.kind for row in held}
        moved = kinds & {BankMatch.Kind.RECEIPT, BankMatch.Kind.TRANSFER, BankMatch.Kind.TRANSFER_BACK}
        lines = [f"{bank_words.MATCH[row.kind][0]}, {money(row.amount)}" for row in held]
        return Preview(
            facts=[*self.facts(subject), Fact(_("What it was"), "", lines=lines)],
            warning=_("The transfer itself stays in the books, and goes on finance’s desk: it stands on no statement any more.")
            if moved
            else _("What was booked is booked the other way round. The line waits for its explanation again."),
        )  # fmt: skip

    def do(self, subject: BankLine, form: Any, *, actor: Actor, at: datetime) -> Done:
        explaining.take_back(subject.pk, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(_("Undone: the line waits for its explanation."))


def _done(subject: BankLine) -> Done:
    left = BankLine.objects.values_list("left", flat=True).get(pk=subject.pk)
    if left:
        return Done(_("It is written down; %(left)s are still unexplained.") % {"left": money(left)})
    return Done(_("The line is explained; 0,00 € are left of it."))


class RuleForm(ReasonForm):
    """Which lines, and on which account."""

    words = forms.CharField(
        label=gettext_lazy("Words of the label"),
        max_length=120,
        help_text=gettext_lazy(
            "All of them, in this order, like FRAIS TENUE COMPTE. Accents and capitals do not count."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    side = forms.ChoiceField(label=gettext_lazy("Side"), choices=list(bank_words.SIDE.items()))
    most = forms.CharField(
        label=gettext_lazy("Up to"), max_length=20, help_text=gettext_lazy("Larger lines are left to a person.")
    )
    account = forms.ChoiceField(label=gettext_lazy("Account"), choices=[(key, bank_words.KEYS[key]) for key in KEYS])
    valid_from = forms.DateField(label=gettext_lazy("For lines booked from"), widget=DateInput)
    field_order = ["words", "side", "most", "account", "valid_from", "reason"]

    def clean_most(self) -> Any:
        """Euros as they are written in French."""
        amount = parse_french(self.cleaned_data["most"]).amount
        if amount <= 0:
            raise forms.ValidationError(_("Up to more than nothing."))
        return amount


class AddRule(TwoSteps):
    """A rule for lines of some label."""

    name = "bank-rule"
    right = Right.BANK
    title = gettext_lazy("Add a rule")
    button = gettext_lazy("Add it")
    form_class = RuleForm

    def load(self, request: HttpRequest, key: int) -> str:
        return "rules"

    def preview(self, subject: str, form: Any) -> Preview:
        typed = form.cleaned_data
        rule = BankRule(
            words=typed["words"],
            side=typed["side"],
            most=typed["most"],
            key=typed["account"],
            valid_from=typed["valid_from"],
        )
        waiting = BankLine.objects.exclude(left=0).order_by("-pk")[:2000]
        meant = [line for line in waiting if rule_for(line, [rule]) is not None]
        many = ngettext("%(count)s line", "%(count)s lines", len(meant)) % {"count": len(meant)}
        return Preview(
            facts=[
                Fact(_("Words of the label"), typed["words"]),
                Fact(_("Side"), str(bank_words.SIDE[typed["side"]])),
                Fact(_("Up to"), money(typed["most"])),
                Fact(_("Account"), str(bank_words.KEYS[typed["account"]])),
                Fact(_("For lines booked from"), short_day(typed["valid_from"])),
                Fact(
                    _("Of the lines that wait now, it means"),
                    many,
                    lines=[f"{short_day(line.booked_on)}, {money(line.amount)}, {' '.join(line.text.split())[:80]}" for line in meant[:20]],
                ),
            ],
            warning=_("Lines of later statements are booked by it without a person. Those that wait now are proposed it."),
        )  # fmt: skip

    def do(self, subject: str, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = dict(form.cleaned_data)
        add_rule(key=typed.pop("account"), **typed, actor=actor, at=at)
        return Done(_("The rule holds."))

    def back(self, subject: str) -> str:
        return reverse("desk_bank_rules")

    def about(self, subject: str) -> str:
        return _("Rules")


class EndRule(TwoSteps):
    """A rule ends."""

    name = "bank-rule-end"
    right = Right.BANK
    title = gettext_lazy("End a rule")
    button = gettext_lazy("End it")

    def load(self, request: HttpRequest, key: int) -> BankRule | None:
        one = BankRule.objects.filter(pk=key).first()
        if one is not None and one.ended_on is not None:
            raise Impossible(_("This rule has ended."))
        return one

    def preview(self, subject: BankRule, form: Any) -> Preview:
        return Preview(
            facts=[
                Fact(_("Words of the label"), subject.words),
                Fact(_("Account"), str(bank_words.KEYS.get(subject.key, subject.key))),
            ],
            warning=_("Lines booked from today on are no longer meant; what it has booked stays."),
        )

    def do(self, subject: BankRule, form: Any, *, actor: Actor, at: datetime) -> Done:
        end_rule(subject.pk, on=paris_day(at), reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(_("The rule has ended."))

    def back(self, subject: BankRule) -> str:
        return reverse("desk_bank_rules")
