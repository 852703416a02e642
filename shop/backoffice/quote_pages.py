"""Renewal quotes at the desks: the list with each paper, those of one subscription, and making one at any time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from payments.actors import Actor
from payments.days import paris_day
from shop.backoffice import lists, words
from shop.backoffice.acting import Done, Impossible, Preview, TwoSteps
from shop.backoffice.ages import age
from shop.backoffice.doors import desk
from shop.backoffice.links import link
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Fact, Table, chip
from shop.templatetags.french import euros, short_day
from shop.watch.bell import ring
from subscriptions.models import Quote, Subscription, Term
from subscriptions.prolonging import PROLONGABLE
from subscriptions.quotes.making import CannotQuote, foresee, make_quote
from subscriptions.quotes.paper import pdf_of


@desk(Right.QUOTES)
def quotes(request: HttpRequest) -> HttpResponse:
    """Every quote, the newest first; those that nobody has ordered yet, with their age."""
    on = paris_day(timezone.now())
    return lists.show(
        request,
        title=_("Quotes"),
        rows=_standing(Quote.objects.select_related("subscription"), on=on),
        columns=_heads(),
        rows_of=lambda rows: _rows(request.user, rows, on=on),
        states=words.QUOTE,
        state_column="stands",
    )


@desk(Right.QUOTES)
def quote_pdf(request: HttpRequest, key: int) -> HttpResponse:
    """The paper of one, as issued."""
    one = get_object_or_404(Quote, pk=key)
    answer = HttpResponse(pdf_of(one, at=timezone.now()), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{one.reference}.pdf"'
    return answer


def quotes_of(user: Any, subscription: Subscription) -> list[Table]:
    """Those of one subscription; nothing where there is none."""
    on = paris_day(timezone.now())
    rows = list(_standing(subscription.quotes.select_related("subscription"), on=on).order_by("-pk"))
    found = Table(label=_("Quotes"), title=_("Quotes"), columns=_heads(), rows=_rows(user, rows, on=on))
    return [found] if rows else []


def _standing(quotes: QuerySet[Quote], *, on: date) -> QuerySet[Quote]:
    """Each with `stands`: ordered once its subscription goes on after the term that it would follow."""
    later = Term.objects.standing().filter(subscription=OuterRef("subscription"), number__gt=OuterRef("term__number"))
    return quotes.annotate(
        stands=Case(
            When(Exists(later), then=Value("ordered")),
            When(valid_until__lt=on, then=Value("expired")),
            default=Value("waiting"),
        )
    )


def _heads() -> Any:
    return columns(
        _("Reference"),
        _("Subscription"),
        _("Status"),
        "#" + _("Age"),
        "#" + _("Made"),
        "#" + _("Valid until"),
        _("Buyer"),
        "#" + _("Amount excl. VAT"),
        "#" + _("Amount"),
        _("Who"),
    )


def _rows(user: Any, rows: Sequence[Any], *, on: date) -> list[Sequence[Cell]]:
    names = words.names_of_staff(row.actor for row in rows)
    return [
        (
            Cell(
                row.reference,
                reverse("desk_quote_pdf", args=[row.pk]) if may(user, Right.QUOTES) else "",
                mono=True,
                tight=True,
            ),
            Cell(str(row.subscription), link(user, "subscription", row.subscription_id), mono=True, tight=True),
            chip(words.said(words.QUOTE, row.stands)),
            Cell(age(on - row.issued_on) if row.stands == "waiting" and on > row.issued_on else "", num=True),
            Cell(short_day(row.issued_on), num=True),
            Cell(short_day(row.valid_until), num=True),
            Cell(row.buyer_name),
            Cell(euros(row.amount_ht), num=True),
            Cell(euros(row.amount), num=True),
            Cell(words.who(row.actor, names)),
        )
        for row in rows
    ]


class MakeQuote(TwoSteps):
    """Make a quote of the next year at any time; it goes to the payer by e-mail."""

    name = "quote"
    right = Right.QUOTES
    title = gettext_lazy("Make a renewal quote")
    button = gettext_lazy("Make it and send it")

    def load(self, request: HttpRequest, key: int) -> Subscription | None:
        one = Subscription.objects.select_related("payer", "offer").filter(pk=key).first()
        if one is not None and one.state not in PROLONGABLE:
            raise Impossible(_("This subscription can no longer be prolonged."))
        return one

    def preview(self, subject: Subscription, form: Any) -> Preview:
        payer = subject.payer
        try:
            quote = foresee(subject, on=paris_day(timezone.now()))
        except CannotQuote as refused:
            raise Impossible(" ".join(refused.messages)) from None
        return Preview(
            facts=[
                Fact(_("Subscription"), str(subject)),
                Fact(_("Buyer"), quote.buyer),
                Fact(_("Goes to"), (payer.email or "") if payer else ""),
                Fact(_("Offer"), subject.offer.title),
                Fact(pgettext("quote", "Year"), f"{short_day(quote.starts_on)} – {short_day(quote.ends_on)}"),
                Fact(_("Amount"), euros(quote.amount)),
                Fact(_("Valid until"), short_day(quote.valid_until)),
            ],
            warning=_("It takes a number, and is never changed: it promises today’s price until its last day."),
        )

    def do(self, subject: Subscription, form: Any, *, actor: Actor, at: datetime) -> Done:
        made = make_quote(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        ring("letters")
        said = {"reference": made.reference, "amount": euros(made.amount), "day": short_day(made.valid_until)}
        return Done(_("Quote %(reference)s is made: %(amount)s, valid until %(day)s.") % said)

    def back(self, subject: Subscription) -> str:
        return reverse("desk_subscription", args=[subject.pk])

    def about(self, subject: Subscription) -> str:
        return _("subscription %(number)s") % {"number": subject}
