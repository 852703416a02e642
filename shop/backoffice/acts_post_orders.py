"""Acts about orders by post and telephone: take one, with its cheque or without; note the cheque or transfer that comes; give it up."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from payments.models import Payment
from payments.money import eur
from payments.offline_kinds import Kind
from payments.vat import split
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.acts_prices import DateInput
from shop.backoffice.cheque_forms import ChequeForm, cheque_facts
from shop.backoffice.post_order_form import CHEQUE_HERE, HOW, PAID, PostOrderForm, named
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.customers.models import Customer
from shop.customers.search import refresh
from shop.templatetags.french import euros, issue_number, short_day
from shop.watch.bell import ring
from subscriptions.gifts.starting import Start
from subscriptions.models import Consent, Order, Subscription
from subscriptions.offers.catalogue import Shelf, read_shelf
from subscriptions.offers.disclosing import disclosure
from subscriptions.offline import ordering
from subscriptions.orders.placing import ConsentGiven, Wish
from subscriptions.orders.quoting import Quote, quote
from subscriptions.prolonging import held

#: What the disclosure says of the means of payment, instead of Stripe's page; kept with the order, in French as all of it.
PAYMENT = {
    Kind.CHEQUE: "Par chèque, à l’ordre de l’éditeur, à la commande.",
    Kind.TRANSFER: "Par virement sur le compte de l’éditeur, à la commande.",
}


class TakePostOrder(TwoSteps):
    """Take an order by post or telephone, of a reader who is here (by their key) or of a new one."""

    name = "take-post-order"
    right = Right.POST_ORDERS
    title = gettext_lazy("Order by post or telephone")
    button = gettext_lazy("Take the order")

    def load(self, request: HttpRequest, key: int) -> Customer | str | None:
        if not key:
            return "new"
        one = Customer.objects.filter(pk=key).first()
        if one is not None and (one.erased_on is not None or one.merged_into_id is not None):
            raise Impossible(_("This record is closed: nothing can be ordered from it."))
        return one

    def form(self, subject: Customer | str, data: Any) -> forms.Form:
        return PostOrderForm(data, reader=_reader(subject))

    def preview(self, subject: Customer | str, form: Any) -> Preview:
        typed = form.cleaned_data
        found, shelf = _quoted(form)
        ht, vat = split(found.amount.amount, found.vat.rate)
        last = found.first_issue.number + found.offer.copies - 1
        here = typed["paid"] == CHEQUE_HERE
        return Preview(
            facts=[
                Fact(_("Reader"), _who(_reader(subject) or form.known)),
                Fact(_("How it came"), HOW[typed["how"]]),
                Fact(_("Offer"), found.offer.title),
                Fact(_("Goes on"), found.prolongs.number if found.prolongs else ""),
                Fact(_("A gift from"), typed["giver"] if typed["gift"] else ""),
                Fact(_("Issues"), f"{issue_number(found.first_issue.printed)} – {issue_number(last)}"),
                Fact(_("Term"), f"{short_day(found.term.starts_on)} – {short_day(found.term.ends_on)}"),
                Fact(_("Total"), f"{euros(found.amount)} ({euros(eur(ht))} + {euros(eur(vat))})"),
                Fact(_("Paid"), PAID[typed["paid"]]),
                *(cheque_facts(form.cheque(), on=shelf.on, asked=found.amount.amount) if here else ()),
                Fact(_("Letters"), typed["email"] or _("on paper, to the postal address")),
                Fact(_("Billed to"), "", lines=form.billing_label.printed_lines if form.billing_label else ()),
            ],
            warning=_(
                "The subscription begins at once, and the invoice takes a number for good. The confirmation goes out with "
                "the terms of sale and the form of withdrawal."
            )
            if here
            else _("Nothing is sent or invoiced before the money is here. A letter says what to pay and where."),
            label=list(form.label.printed_lines),
        )

    def do(self, subject: Customer | str, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        found, shelf = _quoted(form)
        taken = ordering.take_order(
            _wish(form, found, shelf, reader=_reader(subject)),
            by=form.by,
            cheque=form.cheque() if typed["paid"] == CHEQUE_HERE else None,
            form_token=typed["token"],
            reason=typed["reason"],
            actor=actor,
            at=at,
        )
        if taken.order.customer_id is not None:
            refresh([taken.order.customer_id])
            self.went_to = taken.order.customer_id
        ring("letters")
        said = {"order": taken.order.reference, "amount": euros(taken.order.amount)}
        if taken.cheque is None:
            return Done(_("Order %(order)s waits for %(amount)s.") % said)
        return Done(_("Order %(order)s is paid: %(amount)s by cheque.") % said)

    def back(self, subject: Customer | str) -> str:
        key = getattr(self, "went_to", None) or (subject.pk if isinstance(subject, Customer) else None)
        return reverse("desk_person", args=[key]) if key else reverse("desk_awaited")

    def about(self, subject: Customer | str) -> str:
        return _who(_reader(subject)) or _("Orders that wait for their money")


class _Awaited(TwoSteps):
    """What acts on an order that waits for its cheque or its transfer have in common; the key is that of its payment."""

    kind = ""

    def load(self, request: HttpRequest, key: int) -> Payment | None:
        one = Payment.objects.filter(pk=key, way=Payment.Way.OFFLINE).first()
        if one is not None and (one.state != Payment.State.CREATED or (self.kind and one.method_kind != self.kind)):
            raise Impossible(_("Nothing is awaited of this payment by cheque or transfer any more."))
        return one

    def facts(self, one: Payment) -> list[Fact]:
        """What it is about."""
        order = order_of(one)
        return [
            Fact(_("Order"), order.reference),
            Fact(_("Reader"), f"{order.first_name} {order.last_name}".strip() or order.email),
            Fact(_("Asked for"), euros(one.amount)),
        ]

    def back(self, subject: Payment) -> str:
        return reverse("desk_awaited")

    def about(self, subject: Payment) -> str:
        return _("Orders that wait for their money")


class ReceiveCheque(_Awaited):
    """The cheque of an order that waited is here."""

    name = "receive-cheque"
    right = Right.POST_ORDERS
    title = gettext_lazy("The cheque is here")
    button = gettext_lazy("Take it")
    kind = Kind.CHEQUE

    def form(self, subject: Payment, data: Any) -> forms.Form:
        return ChequeForm(data, asked=subject.amount.amount)

    def preview(self, subject: Payment, form: Any) -> Preview:
        on = paris_day(timezone.now())
        return Preview(
            [*self.facts(subject), *cheque_facts(form.cheque(), on=on, asked=subject.amount.amount)],
            _("The subscription begins at once, and the invoice takes a number for good."),
        )

    def do(self, subject: Payment, form: Any, *, actor: Actor, at: datetime) -> Done:
        ordering.cheque_came(subject.pk, form.cheque(), reason=form.cleaned_data["reason"], actor=actor, at=at)
        ring("letters")
        return Done(_("Order %(order)s is paid.") % {"order": order_of(subject).reference})


class TransferForm(ReasonForm):
    """One line of the bank's statement."""

    received_on = forms.DateField(label=gettext_lazy("Credited on"), widget=DateInput)
    bank_reference = forms.CharField(
        label=gettext_lazy("Bank reference"), max_length=80, help_text=gettext_lazy("As on the statement.")
    )
    field_order = ["received_on", "bank_reference", "reason"]

    def clean_received_on(self) -> date:
        """A day that has come."""
        day: date = self.cleaned_data["received_on"]
        if day > paris_day(timezone.now()):
            raise forms.ValidationError(_("This day has not come yet: when did the bank credit it?"))
        return day


class ReceiveTransfer(_Awaited):
    """The transfer of an order that waited is on our account."""

    name = "receive-order-transfer"
    right = Right.RECEIPTS
    title = gettext_lazy("The transfer is here")
    button = gettext_lazy("Note it")
    form_class = TransferForm
    kind = Kind.TRANSFER

    def preview(self, subject: Payment, form: Any) -> Preview:
        typed = form.cleaned_data
        return Preview(
            [
                *self.facts(subject),
                Fact(_("Credited on"), short_day(typed["received_on"])),
                Fact(_("Bank reference"), typed["bank_reference"], mono=True),
            ],
            _("The subscription begins at once, and the invoice takes a number for good."),
        )

    def do(self, subject: Payment, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        ordering.transfer_came(
            subject.pk, bank_reference=typed["bank_reference"], received_on=typed["received_on"],
            reason=typed["reason"], actor=actor, at=at,
        )  # fmt: skip
        ring("letters")
        return Done(_("Order %(order)s is paid.") % {"order": order_of(subject).reference})


class GiveUpAwaited(_Awaited):
    """Nobody waits for the money any more."""

    name = "give-up-awaited"
    right = Right.POST_ORDERS
    title = gettext_lazy("Give this order up")
    button = gettext_lazy("Cancel it")

    def preview(self, subject: Payment, form: Any) -> Preview:
        return Preview(self.facts(subject), _("The order is cancelled. Nothing was sent, and nobody is written to."))

    def do(self, subject: Payment, form: Any, *, actor: Actor, at: datetime) -> Done:
        ordering.give_up(subject.pk, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(_("Order %(order)s is cancelled.") % {"order": order_of(subject).reference})


def order_of(payment: Payment) -> Order:
    """What a payment by post or telephone is for."""
    return Order.objects.get(pk=int(payment.subject.removeprefix("order:")))


def _reader(subject: Customer | str) -> Customer | None:
    return subject if isinstance(subject, Customer) else None


def _who(reader: Customer | None) -> str:
    return named(reader) if reader else ""


def _quoted(form: PostOrderForm) -> tuple[Quote, Shelf]:
    """What it comes to today. Raises ValidationError with a sentence."""
    typed, on = form.cleaned_data, paris_day(timezone.now())
    shelf = read_shelf(on)
    prolonged: Subscription | None = typed["renews"] or None
    renews = held(prolonged) if prolonged is not None else None
    if prolonged is not None and renews is None:
        raise Impossible(_("This subscription can no longer be prolonged."))
    found = quote(
        typed["offer"],
        country=typed["country"],
        postcode=typed["postcode"],
        buyer_kind="consumer",
        on=on,
        shelf=shelf,
        renews=renews,
        gift=Start() if typed["gift"] else None,
    )
    return found, shelf


def _wish(form: PostOrderForm, found: Quote, shelf: Shelf, *, reader: Customer | None) -> Wish:
    typed = form.cleaned_data
    address = form.typed()
    giver = form.billing if typed["gift"] else None
    buyer = giver or address
    terms = shelf.text("cgv")
    said = str(form.fields["terms"].label)
    facts = disclosure(found, shelf.on, shelf=shelf)
    blocks = [one | {"text": PAYMENT[form.by]} if one.get("key") == "payment" else one for one in facts["blocks"]]
    return Wish(
        quote=found,
        email=typed["email"] or ((reader.email or "") if reader is not None else ""),
        title=buyer.title,
        first_name=buyer.first_name,
        last_name=buyer.last_name,
        phone=typed["phone"],
        delivery=address,
        delivery_label=form.label,  # type: ignore[arg-type]  # a valid form has one
        billing=form.billing if form.billing_label is not None else None,
        billing_label=form.billing_label,
        typed={name: str(value) for name, value in typed.items() if name not in ("token", "reason")},
        disclosure=facts | {"blocks": blocks, "by": typed["how"]},
        expected_total=found.amount.amount,
        consents=[
            ConsentGiven(Consent.Matter.TERMS, True, f"{said} ({HOW[typed['how']]})", terms.pk if terms else None),
            ConsentGiven(
                Consent.Matter.SIMILAR_OFFERS, typed["similar_offers"], str(form.fields["similar_offers"].label)
            ),
        ],
        source_code={"post": "COURRIER", "phone": "TELEPHONE"}[typed["how"]],
        gift=form.gift_wish(),
        customer=reader,
    )
