"""A change of price: prepared, signed, told in good time, refused by one, charged to the others; or cancelled."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from payments.actors import Actor
from payments.money import eur
from subscriptions.dates import dates_of_subscription
from subscriptions.models import Notice, Offer, Price, PriceChange, Renewal, RenewalProof, Term, TermUndone
from subscriptions.notices.delivering import deliver
from subscriptions.offers.catalogue import read_shelf
from subscriptions.pricing.changing import CannotChange, cancel, prepare, sign
from subscriptions.pricing.cohort import figures_of, months_of, readers_of
from subscriptions.pricing.refusing import read_refusal, refuse, refuse_path
from subscriptions.pricing.telling import tell
from tests.letters.conftest import outbox
from tests.makers import NOW, TODAY
from tests.renewals.conftest import post
from tests.renewals.days import live_through, noon, plan_on, the_renewal
from tests.renewals.people import prove, subscriber
from tests.renewals.test_gate import attempt

pytestmark = pytest.mark.django_db
__all__ = ["outbox", "post"]
FINANCE = Actor("staff", "7")
WHY = "Le papier coûte plus cher."
#: Signed on 23 November 2026: new orders from New Year on, renewals from 1 September 2027.
ORDERS, RENEWALS = date(2027, 1, 1), date(2027, 9, 1)
R = date(2027, 11, 23)


def prepared(amount="30.60", *, zones=("FR",), orders=ORDERS, renewals=RENEWALS, at=NOW):
    offer = Offer.objects.get(renewal="automatic")
    return prepare(
        offer.pk, zones, Decimal(amount), orders_from=orders, renewals_from=renewals, actor=FINANCE, reason=WHY, at=at
    )


def signed(*args, at=NOW, **kwargs):
    return sign(prepared(*args, at=at, **kwargs).pk, actor=FINANCE, reason=WHY, at=at)


def prices():
    """(amount, orders from, to, renewals from, to) of the automatic offer in France, in order."""
    rows = Price.objects.filter(offer__renewal="automatic", delivery_zone="FR").order_by("pk")
    return [(str(row.amount.amount), row.valid_from, row.valid_to, row.renewals_from, row.renewals_to) for row in rows]


def test_signing_ends_the_old_price_on_two_days_and_edits_none():
    subscriber()
    change = signed()
    assert prices() == [
        ("27.60", date(2020, 1, 1), ORDERS, None, RENEWALS),
        ("30.60", ORDERS, None, RENEWALS, None),
    ]
    offer = Offer.objects.get(renewal="automatic")
    shelves = [read_shelf(day).price(offer, "FR") for day in (ORDERS - timedelta(days=1), ORDERS)]
    assert [str(price.amount.amount) for price in shelves if price] == ["27.60", "30.60"]
    [step] = change.events.filter(to_state="signed")
    assert (step.actor, step.reason) == ("staff:7", WHY)
    assert step.figures == {
        "reached": {"readers": 1, "before": "27.60", "after": "30.60"},
        "told": {"readers": 0, "before": "0.00", "after": "0.00"},
        "later": {"readers": 0, "before": "0.00", "after": "0.00"},
    }
    with pytest.raises(CannotChange):
        sign(change.pk, actor=FINANCE, reason=WHY, at=NOW)


def test_the_next_year_costs_more_from_its_day_on_and_not_before():
    subscription = subscriber()
    signed()
    assert str(dates_of_subscription(subscription, on=TODAY).renewal.amount.amount) == "30.60"
    plan_on(R - timedelta(days=75))
    assert str(the_renewal().amount.amount) == "30.60"
    assert subscription.terms.get().amount.amount == Decimal("27.60"), "the term that runs stays as it was paid"


def test_whoever_renews_before_the_day_pays_the_old_price_once_more():
    subscriber()
    signed(renewals=date(2027, 11, 24))
    plan_on(R - timedelta(days=75))
    assert str(the_renewal().amount.amount) == "27.60"


def test_editing_the_prices_changes_no_announced_renewal(post):
    subscription = subscriber()
    target = R - timedelta(days=61)
    live_through(target, target)
    renewal = the_renewal(subscription)
    assert (renewal.state, str(renewal.amount.amount)) == ("announced", "27.60")
    change = prepared("30.60", orders=target + timedelta(days=1), renewals=target + timedelta(days=91), at=noon(target))
    assert figures_of(months_of(change))["told"] == {"readers": 1, "before": "27.60", "after": "27.60"}
    sign(change.pk, actor=FINANCE, reason=WHY, at=noon(target))
    plan_on(target + timedelta(days=2))
    renewal.refresh_from_db()
    assert (renewal.state, str(renewal.amount.amount)) == ("announced", "27.60")


def test_the_letter_of_its_own_comes_ninety_days_before_and_once(post):
    subscription = subscriber()
    deliver(10, at=NOW)
    change = signed()
    assert tell(on=R - timedelta(days=91), at=noon(R - timedelta(days=91)), limit=10) == 0
    day = R - timedelta(days=90)
    assert tell(on=day, at=noon(day), limit=10) == 1
    assert tell(on=day + timedelta(days=3), at=noon(day), limit=10) == 0
    post.clear()
    deliver(10, at=noon(day))
    assert post[0].subject == "ActuIA\u00a0: votre prochaine année coûtera 30,60\u00a0€ au lieu de 27,60\u00a0€"
    notice = Notice.objects.get(kind="price_change")
    assert (notice.matter, notice.rank) == (f"price_change:{change.pk}:{subscription.pk}:2", "legal")


def test_whose_renewal_was_moved_long_after_the_term_is_told_as_well(post):
    """Issues came late, and R with them: five months after the term has ended."""
    subscription = subscriber()
    change = signed()
    plan_on(R - timedelta(days=75))
    late, day = R + timedelta(days=150), R + timedelta(days=70)
    Renewal.objects.update(renews_on=late)
    assert tell(on=day - timedelta(days=11), at=noon(day), limit=10) == 0, "ninety days before, and no sooner"
    assert [tell(on=day, at=noon(day), limit=10) for _twice in range(2)] == [1, 0]
    notice = Notice.objects.get(kind="price_change")
    assert notice.matter == f"price_change:{change.pk}:{subscription.pk}:2"
    assert notice.facts["renews_on"] == late.isoformat()


def second_year(subscription, **facts) -> Term:
    """Another term, of the same price unless said otherwise."""
    first = subscription.terms.get(number=1)
    year = {
        "starts_on": R, "ends_on": date(2028, 11, 22), "copies": 4, "amount": first.amount, "amount_ht": first.amount_ht,
        "vat_zone": first.vat_zone, "vat_rate": first.vat_rate, "created_at": NOW,
    }  # fmt: skip
    return Term.objects.create(subscription=subscription, number=2, **(year | facts))


def test_a_year_that_was_undone_keeps_nobody_from_being_told(post):
    """Bought early and given back: the year that renews follows the first one, and is the third by number."""
    subscription = subscriber()
    TermUndone.objects.create(term=second_year(subscription), actor="job:test", reason="rétractation", at=NOW)
    change = signed()
    day = R - timedelta(days=90)
    assert tell(on=day, at=noon(day), limit=10) == 1
    notice = Notice.objects.get(kind="price_change")
    assert (notice.matter, notice.facts["renews_on"]) == (
        f"price_change:{change.pk}:{subscription.pk}:3",
        R.isoformat(),
    )


def test_a_year_that_was_given_is_no_price_that_the_reader_paid(post):
    """Three copies of a gift follow the reader's own: they see no price of it, and the next year costs more than theirs."""
    subscription = subscriber()
    second_year(subscription, source="gift", copies=3, amount=eur("20.70"), ends_on=date(2028, 8, 22))
    signed()
    day = date(2028, 8, 23) - timedelta(days=90)
    assert tell(on=day, at=noon(day), limit=10) == 1
    post.clear()
    deliver(10, at=noon(day))
    [letter] = [one for one in post if "prochaine année" in one.subject]
    assert "au lieu de 27,60\u00a0€" in letter.subject
    assert "20,70" not in letter.body + letter.alternatives[0][0]


def test_the_legal_notice_says_no_price_of_a_gift(post):
    subscription = subscriber()
    carried = second_year(subscription, source="gift", copies=3, amount=eur("20.70"), ends_on=date(2028, 8, 22))
    target = carried.ends_on + timedelta(days=1) - timedelta(days=61)
    live_through(target, target)
    [legal] = [letter for letter in post if "reconduction" in letter.subject]
    assert "27,60\u00a0€ TTC, inchangé" in legal.body
    assert "20,70" not in legal.body


def test_the_legal_notice_states_the_change_and_the_total_told_is_the_total_charged(post):
    subscription = subscriber()
    signed()
    target = R - timedelta(days=61)
    live_through(target, target)
    [legal] = [letter for letter in post if "reconduction" in letter.subject]
    assert "cette nouvelle année coûte 30,60\u00a0€, au lieu de 27,60\u00a0€ pour la période en cours" in legal.body
    assert "30,60\u00a0€ TTC, au lieu de 27,60\u00a0€ pour la période en cours" in legal.body
    assert str(RenewalProof.objects.get(renewal__subscription=subscription).amount) == "30.60"


def test_the_database_takes_no_other_total_than_the_one_that_was_told(post):
    subscription = subscriber()
    live_through(R - timedelta(days=61), R - timedelta(days=61))
    renewal = the_renewal(subscription)
    prove(renewal, RenewalProof.Kind.PRE_DEBIT, sent_on=R - timedelta(days=14))
    Renewal.objects.filter(pk=renewal.pk).update(state="charging")
    renewal.refresh_from_db()
    renewal.amount = eur("30.60")
    with pytest.raises(IntegrityError, match=r"was told 27.60, it is not charged 30.60"), transaction.atomic():
        attempt(renewal)
    renewal.refresh_from_db()
    assert attempt(renewal).number == 1


def test_one_click_refuses_and_the_term_is_kept_to_its_end():
    subscription = subscriber()
    change = signed()
    token = refuse_path(subscription.pk, number=2, change_id=change.pk).split("/")[2]
    found = read_refusal(token, on=TODAY)
    assert found.situation == "open"
    assert refuse(found, at=NOW) is True
    subscription.refresh_from_db()
    assert subscription.renewal == "fixed"
    assert read_refusal(token, on=TODAY).situation == "off"
    assert refuse(read_refusal(token, on=TODAY), at=NOW) is False
    assert subscription.terms.get().amount.amount == Decimal("27.60")
    assert Notice.objects.filter(kind="renewal_turned_off").count() == 1
    day = R - timedelta(days=90)
    assert tell(on=day, at=noon(day), limit=10) == 0, "whoever has refused is told no more"


def test_cancelled_before_its_day_the_old_amount_goes_on():
    subscriber()
    change = signed()
    plan_on(R - timedelta(days=75))
    assert str(the_renewal().amount.amount) == "30.60"
    cancel(change.pk, actor=FINANCE, reason="Le papier baisse.", at=NOW)
    assert prices() == [
        ("27.60", date(2020, 1, 1), ORDERS, None, RENEWALS),
        ("30.60", ORDERS, ORDERS, RENEWALS, RENEWALS),
        ("27.60", ORDERS, None, RENEWALS, None),
    ]
    plan_on(R - timedelta(days=74))
    assert str(the_renewal().amount.amount) == "27.60"
    with pytest.raises(CannotChange, match="déjà annulé"):
        cancel(change.pk, actor=FINANCE, reason=WHY, at=NOW)
    again = signed("31.20")
    assert again.state == "signed"
    assert str(dates_of_subscription(the_renewal().subscription, on=TODAY).yearly_price.amount) == "27.60"
    plan_on(R - timedelta(days=74))
    assert str(the_renewal().amount.amount) == "31.20"


def test_whoever_was_written_to_hears_that_it_does_not_come(post):
    subscriber()
    deliver(10, at=NOW)
    change = signed(orders=date(2027, 9, 1), renewals=date(2027, 9, 1))
    day = R - timedelta(days=90)
    tell(on=day, at=noon(day), limit=10)
    deliver(10, at=noon(day))
    cancel(change.pk, actor=FINANCE, reason=WHY, at=noon(day))
    deliver(10, at=noon(day))
    assert post[-1].subject == "ActuIA\u00a0: le prix de votre abonnement ne change pas"


def test_once_it_took_effect_it_is_not_cancelled(post):
    subscriber()
    change = signed()
    with pytest.raises(CannotChange, match="a pris effet"):
        cancel(change.pk, actor=FINANCE, reason=WHY, at=noon(ORDERS))
    other = PriceChange.objects.get(pk=change.pk)
    assert other.state == "signed"


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"zones": ()}, "au moins une zone"),
        ({"orders": TODAY}, "à partir de demain"),
        ({"orders": date(2027, 10, 1)}, "suivent les commandes"),
        ({"renewals": date(2027, 2, 20), "orders": date(2027, 1, 1)}, "90 jours"),
        ({"zones": ("FR", "MOON")}, "MOON"),
        ({"amount": "27.60"}, "ce montant"),
    ],
)
def test_what_cannot_be_prepared_is_said(wish, sentence):
    subscriber()
    with pytest.raises(CannotChange, match=sentence):
        prepared(**wish)
    assert PriceChange.objects.count() == 0


def test_two_changes_do_not_overlap():
    subscriber()
    first = prepared()
    with pytest.raises(CannotChange, match="n’est pas terminé"):
        prepared("31.00")
    prepared("35.00", zones=("EU",))
    sign(first.pk, actor=FINANCE, reason=WHY, at=NOW)
    with pytest.raises(CannotChange, match="n’est pas terminé"):
        prepared("31.00", orders=RENEWALS, renewals=date(2028, 1, 1))
    later = signed("31.00", orders=date(2027, 9, 2), renewals=date(2028, 1, 1))
    assert later.state == "signed"
    with pytest.raises(IntegrityError), transaction.atomic():
        Price.objects.create(offer=first.offer, delivery_zone="FR", amount=Decimal("1.00"), valid_from=date(2029, 1, 1))


def test_the_cohort_says_who_renews_when_and_for_how_much():
    subscription = subscriber()
    change = prepared()
    [month] = months_of(change)
    assert (month.month, month.kind, month.readers, str(month.before.amount), str(month.after.amount)) == (
        "2027-11", "reached", 1, "27.60", "30.60",
    )  # fmt: skip
    [one] = readers_of(change, month="2027-11", kind="reached", limit=10)
    assert (one.subscription_id, one.renews_on, str(one.after.amount)) == (subscription.pk, R, "30.60")
    assert readers_of(change, month="2027-10", limit=10) == []
    assert readers_of(change, after=subscription.pk, limit=10) == []


def test_what_a_giver_paid_is_not_shown_as_paid_by_the_reader():
    """Élodie paid 27,60 €; the year that goes on after hers was given, for 20,00 €."""
    subscription = subscriber()
    sold = subscription.terms.get()
    served = Term.objects.create(
        subscription=subscription, number=2, starts_on=date(2027, 11, 23), ends_on=date(2028, 11, 22), copies=0,
        amount="20.00", amount_ht="19.59", vat_zone=sold.vat_zone, vat_rate=sold.vat_rate, created_at=NOW, source="gift",
    )  # fmt: skip
    [row] = [one for one in readers_of(signed(), limit=10) if one.subscription_id == subscription.pk]
    assert (row.renews_on, str(row.paid.amount)) == (served.ends_on + timedelta(days=1), "27.60")
