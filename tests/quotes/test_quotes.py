"""A university whose year ends gets a quote ninety days before, frozen and numbered, and orders it from its letter."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from payments.actors import Actor, job
from payments.models import DeskItem
from subscriptions.calendar import DeliveryZone
from subscriptions.models import Issue, Notice, Offer, Price, Quote, QuoteRendering, Subscription, Term, TermUndone
from subscriptions.notices.delivering import deliver
from subscriptions.objecting import object_to_reminders
from subscriptions.pricing.changing import CannotChange, prepare
from subscriptions.quotes.making import CannotQuote, make_quote
from subscriptions.quotes.paper import facts_of, pdf_of
from subscriptions.quotes.sweeping import quote_due
from subscriptions.renewals.remindable import remindable
from tests.letters.conftest import outbox
from tests.makers import NOW
from tests.renewals.conftest import post
from tests.renewals.days import noon
from tests.renewals.people import subscriber

pytestmark = pytest.mark.django_db
__all__ = ["outbox", "post"]
CLOCK = job("renewal-quotes")
#: Ordered on 23 November 2026: the term runs to 22 November 2027, and the quote is due on 25 August 2027.
R = date(2027, 11, 23)
DUE = date(2027, 8, 25)


def university(**changes) -> Subscription:
    """A public body, fixed term, issues 25 to 28; no. 29 is planned."""
    wish = {
        "buyer_kind": "public_fr",
        "organisation": "Université de Lyon",
        "siren": "130021397",
        "siret": "13002139700011",
        "engagement_number": "4500012345",
        "email": "periodiques@univ-lyon.example",
    }
    return subscriber(renewal="fixed", **(wish | changes))


def sweep(on: date) -> int:
    return quote_due(on=on, at=noon(on), actor=CLOCK, limit=100)


def test_the_quote_comes_ninety_days_before_the_end_and_once():
    subscription = university()
    assert sweep(DUE - timedelta(days=1)) == 0
    assert sweep(DUE) == 1
    assert sweep(DUE) == 0
    assert sweep(DUE + timedelta(days=3)) == 0
    quote = Quote.objects.get()
    assert (quote.reference, quote.subscription, quote.issued_on, quote.valid_until) == (
        "D2027-0001", subscription, DUE, date(2027, 11, 23),
    )  # fmt: skip
    assert (str(quote.amount.amount), str(quote.amount_ht.amount), quote.vat_rate) == (
        "27.60",
        "27.03",
        Decimal("2.10"),
    )
    assert (quote.starts_on, quote.ends_on) == (R, date(2028, 11, 22))
    assert [one["number"] for one in quote.issues] == ["29"]
    assert (quote.buyer_name, quote.siret) == ("Université de Lyon", "13002139700011")
    notice = Notice.objects.get(kind="renewal_quote")
    assert (notice.matter, notice.to_email) == ("renewal_quote:D2027-0001", "periodiques@univ-lyon.example")


def test_what_it_says_word_for_word():
    university()
    sweep(DUE)
    facts = facts_of(Quote.objects.get())
    assert facts["title"] == "Devis D2027-0001"
    assert [line.replace("\u00a0", " ") for line in facts["under"]] == [
        "Établi le 25 août 2027",
        "Valable jusqu’au 23 novembre 2027 inclus",
        "Réabonnement du 23 novembre 2027 au 22 novembre 2028",
    ]
    assert [row[:2] for row in facts["totals"]] == [
        ["Total HT", "27,03\u00a0€"],
        ["TVA 2,10\u00a0%", "0,57\u00a0€"],
        ["Total TTC", "27,60\u00a0€"],
    ]
    assert ["N° SIRET du client", "13002139700011"] in facts["parties"]
    said = " ".join(facts["mentions"])
    assert "n°\u00a029 (décembre\u00a02027, vers le 15\u00a0décembre\u00a02027), les 3 suivants, à paraître" in said
    assert "arrêté du 16 février 2015, art. 3, 3°" in said
    assert "majoré de 8 points" in said
    assert "Pas de reconduction tacite" in said


def test_a_company_reads_the_mentions_of_companies():
    university(buyer_kind="pro_fr", organisation="Acme SAS")
    sweep(DUE)
    said = " ".join(facts_of(Quote.objects.get())["mentions"])
    assert "majoré de 10 points" in said
    assert "service fait" not in said


def test_the_paper_is_set_once_and_goes_with_the_letter(post):
    university()
    deliver(10, at=NOW)
    post.clear()
    sweep(DUE)
    deliver(10, at=noon(DUE))
    [letter] = post
    assert letter.subject == "ActuIA\u00a0: votre devis de réabonnement D2027-0001"
    [(name, body, kind)] = letter.attachments
    assert (name, body[:5], kind) == ("D2027-0001.pdf", b"%PDF-", "application/pdf")
    quote = Quote.objects.get()
    assert pdf_of(quote, at=noon(DUE + timedelta(days=9))) == body
    assert QuoteRendering.objects.count() == 1
    assert "?source=DEVIS" in letter.body
    assert "List-Unsubscribe" in letter.extra_headers


def test_organisations_are_not_reminded_as_readers_are_and_readers_are_not_quoted():
    ours, theirs = university(), subscriber(renewal="fixed", email="camille@example.fr")
    reminded = remindable(lapsed=False, courtesy=False).values_list("subscription", flat=True)
    assert list(reminded) == [theirs.pk]
    sweep(DUE)
    assert list(Quote.objects.values_list("subscription", flat=True)) == [ours.pk]


def test_none_after_an_objection_and_none_for_who_has_gone_on():
    objecting, prolonged = university(), university(email="cdi@lycee.example", organisation="Lycée Ampère")
    object_to_reminders(objecting.payer_id, words="non", ip=None, user_agent="", at=NOW)
    first = prolonged.terms.get()
    Term.objects.create(
        subscription=prolonged, number=2, starts_on=R, ends_on=date(2028, 11, 22), copies=4, amount=first.amount,
        amount_ht=first.amount_ht, vat_zone=first.vat_zone, vat_rate=first.vat_rate, created_at=NOW,
    )  # fmt: skip
    assert sweep(DUE) == 0


def test_a_letter_that_waits_is_not_sent_once_the_year_is_ordered(post):
    subscription = university()
    sweep(DUE)
    first = subscription.terms.get()
    Term.objects.create(
        subscription=subscription, number=2, starts_on=R, ends_on=date(2028, 11, 22), copies=4, amount=first.amount,
        amount_ht=first.amount_ht, vat_zone=first.vat_zone, vat_rate=first.vat_rate, created_at=NOW,
    )  # fmt: skip
    deliver(10, at=noon(DUE))
    assert Notice.objects.get(kind="renewal_quote").failure == "the subscription goes on"


def test_what_cannot_be_quoted_is_on_finances_desk_until_it_can():
    subscription = university()
    Issue.objects.filter(number=29).update(number=24 + 100, posted_on=date(2027, 1, 1), state="posted")
    assert sweep(DUE) == 0
    item = DeskItem.objects.get(kind="quote_impossible")
    assert (item.desk, item.subject) == ("finance", f"subscription:{subscription.pk}")
    Issue.objects.filter(number=124).update(number=29, posted_on=None, state="planned")
    assert sweep(DUE + timedelta(days=1)) == 1
    item.refresh_from_db()
    assert item.closed_at is not None


def test_numbers_have_no_gap_and_begin_anew_each_year():
    first, second = university(), university(email="cdi@lycee.example")
    staff = Actor("staff", "7")
    numbers = [make_quote(one.pk, actor=staff, at=NOW, reason="demandé").reference for one in (first, second, first)]
    assert numbers == ["D2026-0001", "D2026-0002", "D2026-0003"]
    assert make_quote(first.pk, actor=staff, at=noon(DUE)).reference == "D2027-0001"
    Subscription.objects.filter(pk=second.pk).update(state="ended")
    with pytest.raises(CannotQuote):
        make_quote(second.pk, actor=staff, at=noon(DUE))
    assert make_quote(first.pk, actor=staff, at=noon(DUE)).reference == "D2027-0002", "what failed took no number"


def test_a_price_that_was_quoted_holds_until_the_last_day_of_the_quote():
    university()
    sweep(DUE)
    offer = Offer.objects.get(renewal="fixed")
    wish = {"renewals_from": date(2028, 3, 1), "actor": Actor("staff", "7"), "reason": "papier", "at": noon(DUE)}
    with pytest.raises(CannotChange, match="D2027-0001"):
        prepare(offer.pk, [DeliveryZone.FR], Decimal("30.60"), orders_from=date(2027, 11, 23), **wish)
    change = prepare(offer.pk, [DeliveryZone.FR], Decimal("30.60"), orders_from=date(2027, 11, 24), **wish)
    assert change.state == "prepared"


def test_a_price_that_ends_ends_the_quote():
    university()
    Price.objects.filter(offer__renewal="fixed", delivery_zone="FR").update(valid_to=date(2027, 10, 1))
    sweep(DUE)
    assert Quote.objects.get().valid_until == date(2027, 9, 30)


def test_a_quote_is_never_changed():
    university()
    sweep(DUE)
    with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute("UPDATE subscriptions_quote SET buyer_name = 'x'")


def test_an_organisation_without_e_mail_gets_its_quote_by_post(django_user_model):
    subscription = university()
    django_user_model.objects.filter(pk=subscription.payer_id).update(email=None)
    assert sweep(DUE) == 1
    assert Notice.objects.get(kind="renewal_quote").channel == "paper"


def test_a_year_that_was_undone_is_not_the_one_that_a_quote_follows():
    subscription = university()
    first = subscription.terms.get()
    again = Term.objects.create(
        subscription=subscription, number=2, starts_on=R, ends_on=date(2028, 11, 22), copies=4, amount=first.amount,
        amount_ht=first.amount_ht, vat_zone=first.vat_zone, vat_rate=first.vat_rate, created_at=NOW,
    )  # fmt: skip
    TermUndone.objects.create(term=again, actor="job:test", reason="remboursée", at=NOW)
    assert sweep(DUE) == 1
    assert sweep(DUE) == 0
    assert (Quote.objects.get().term, Quote.objects.get().starts_on) == (first, R)
    deliver(10, at=noon(DUE))
    assert Notice.objects.get(kind="renewal_quote").failure == ""
