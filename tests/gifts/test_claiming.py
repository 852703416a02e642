"""Claiming: the first has it; whoever reads already gets its copies after their own; a withdrawal finds them there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from payments.models import Refund
from subscriptions.dates import dates_of_subscription
from subscriptions.fulfilment.planning import assign_planned
from subscriptions.gifts.claiming import CannotClaim, claim, follow_earlier, subscriptions_to_prolong
from subscriptions.gifts.links import gift_path, gift_token
from subscriptions.gifts.starting import already_given
from subscriptions.models import CarriedTerm, Entitlement, Gift, Notice, Renewal, Subscription, Term
from subscriptions.renewals.planning import plan
from subscriptions.stopping.reading import contract_of, standing_of
from tests.choice.people import noon, story, time_passes, wrong
from tests.choice.people import reader as subscribed
from tests.gifts.people import GIVER, INES, JOB, give, letters, numbers, told, withdrawn
from tests.gifts.people import reader as somebody
from tests.makers import READER, TODAY
from tests.renewals.people import announced
from tests.stopping.people import withdraws

pytestmark = pytest.mark.django_db


@pytest.fixture
def gift(offers) -> Gift:
    return give(start=26)


def claims(gift: Gift, customer, *, onto: Subscription | None = None, on: date = TODAY) -> bool:
    return claim(gift.pk, customer, onto=onto.pk if onto else None, actor=READER, at=noon(on))


def test_in_an_account_of_one_s_own(gift, mailoutbox):
    ines = somebody(INES)
    assert claims(gift, ines)
    assert not claims(gift, ines)
    gift.refresh_from_db()
    assert (gift.state, gift.claimed_by) == (Gift.State.CLAIMED, ines)
    assert gift.subscription.holder == ines
    assert gift.subscription.payer.email == GIVER
    assert gift.subscription.recipient.customer == ines
    assert numbers(gift) == [26, 27, 28, 29]
    letters("gift_claimed", TODAY)
    said = [one for one in mailoutbox if one.subject == "Votre cadeau est dans votre compte"]
    assert len(said) == 1
    assert "27,60" not in said[0].body + said[0].alternatives[0][0]
    assert wrong(noon(TODAY)) == []


def test_two_people_claim_and_the_first_has_it(gift):
    assert claims(gift, somebody(INES))
    with pytest.raises(CannotClaim) as refused:
        claims(gift, somebody("other@example.fr"))
    assert refused.value.code == "claimed"
    gift.refresh_from_db()
    assert gift.claimed_by.email == INES


def test_the_giver_does_not_claim_it(gift):
    with pytest.raises(CannotClaim) as refused:
        claims(gift, gift.subscription.payer)
    assert refused.value.code == "own"


def test_what_was_taken_back_is_not_claimed(gift):
    withdrawn(gift)
    with pytest.raises(CannotClaim) as refused:
        claims(gift, somebody(INES))
    assert refused.value.code == "over"


def test_whoever_reads_already_gets_the_copies_after_theirs(gift):
    """Élodie has n° 25 to 28 until 22 November 2027: the gift becomes n° 29 to 32, the next day for a year."""
    own = subscribed()
    assert subscriptions_to_prolong(own.payer, gift) == [own]
    assert claims(gift, own.payer, onto=own)
    assert not claims(gift, own.payer, onto=own)
    assert story(own) == [
        (1, "2026-11-23", "2027-11-22", [25, 26, 27, 28]),
        (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32]),
    ]
    assert numbers(gift) == []
    carried = CarriedTerm.objects.get()
    assert carried.sold.subscription == gift.subscription
    values = [copy.value_ht for copy in carried.served.entitlements.all()]
    assert values == [Decimal("6.76"), Decimal("6.75"), Decimal("6.76"), Decimal("6.76")]
    assert wrong(noon(TODAY)) == []
    assert already_given(gift) == 32


def test_copies_of_a_gift_are_no_renewal_without_notice_and_no_money_of_their_reader(gift):
    own = subscribed(renewal="automatic")
    before = standing_of(contract_of(subscription=own.pk), on=TODAY)
    assert claims(gift, own.payer, onto=own)
    after = standing_of(contract_of(subscription=own.pk), on=TODAY)
    assert (after.notice, after.unserved_price) == (True, before.unserved_price)


def test_what_renews_itself_does_so_after_the_gift(gift):
    own = subscribed(renewal="automatic")
    planned_on = date(2027, 9, 10)
    time_passes(planned_on)
    plan(on=planned_on, at=noon(planned_on), actor=JOB, limit=10)
    assert Renewal.objects.get(subscription=own).renews_on == date(2027, 11, 23)
    assert told(planned_on) == 1
    late = give(start=29, on=planned_on, announce_on=planned_on)
    assert claims(late, own.payer, onto=own, on=planned_on)
    assert Renewal.objects.get(subscription=own).state == Renewal.State.CANCELLED
    plan(on=planned_on, at=noon(planned_on), actor=JOB, limit=10)
    assert not Renewal.objects.filter(subscription=own, state=Renewal.State.PLANNED).exists()
    dates = dates_of_subscription(own, on=planned_on)
    assert dates.renewal.on == date(2028, 11, 23)
    assert story(own)[1] == (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32])
    assert wrong(noon(planned_on)) == []


def test_only_what_is_still_owed_follows(gift):
    """One copy came already: three follow, as nine months."""
    own = subscribed()
    on = date(2027, 3, 20)
    time_passes(on)
    assert claims(gift, own.payer, onto=own, on=on)
    assert numbers(gift) == [26]
    assert story(own)[1] == (2, "2027-11-23", "2028-08-22", [29, 30, 31])
    assert Term.objects.get(source="gift").amount.amount == Decimal("20.70")
    assert wrong(noon(on)) == []


def test_the_giver_sees_the_copies_where_they_are_and_may_still_withdraw(gift):
    own = subscribed()
    claims(gift, own.payer, onto=own)
    dates = dates_of_subscription(gift.subscription, on=TODAY)
    assert [(copy.rank, copy.issue.number) for copy in dates.copies] == [(1, 29), (2, 30), (3, 31), (4, 32)]
    assert dates.copies_left == 4
    assert dates.withdrawal_open
    standing = standing_of(contract_of(subscription=gift.subscription_id), on=TODAY)
    assert (standing.paid, standing.unserved_price) == (Decimal("27.60"), Decimal("27.60"))


def test_whoever_reads_already_is_not_promised_the_money_of_the_gift(gift):
    own = subscribed()
    claims(gift, own.payer, onto=own)
    standing = standing_of(contract_of(subscription=own.pk), on=TODAY)
    assert (standing.paid, standing.unserved_price) == (Decimal("27.60"), Decimal("27.60"))


def test_a_withdrawal_of_the_giver_voids_only_the_gift_s_copies(gift):
    own = subscribed()
    claims(gift, own.payer, onto=own)
    declaration = withdrawn(gift)
    assert declaration.effect == "withdrawn"
    assert declaration.refund.amount.amount == Decimal("27.60")
    gift.refresh_from_db()
    own.refresh_from_db()
    assert gift.state == Gift.State.VOID
    assert gift.subscription.state == Subscription.State.ENDED
    assert own.state == Subscription.State.ACTIVE
    assert [copy.state for copy in own.terms.get(number=1).entitlements.all()] == ["owed"] * 4
    assert [copy.state for copy in own.terms.get(number=2).entitlements.all()] == ["void"] * 4
    assert dates_of_subscription(own, on=TODAY).ends_on == date(2027, 11, 22)
    assert wrong(noon(TODAY)) == []


def test_a_withdrawal_of_the_recipient_leaves_the_gift_that_follows_alone(gift):
    """Élodie's own order goes back to her; what Bruno gave her still comes, and nothing goes back to him."""
    own = subscribed()
    claims(gift, own.payer, onto=own)
    declaration = withdraws(own)
    assert (declaration.effect, [one.payment.customer for one in Refund.objects.all()]) == ("withdrawn", [own.payer])
    own.refresh_from_db()
    gift.refresh_from_db()
    assert (gift.state, own.state) == (Gift.State.CLAIMED, Subscription.State.ACTIVE)
    assert [copy.state for copy in own.terms.get(number=1).entitlements.all()] == ["void"] * 4
    assert [copy.state for copy in own.terms.get(number=2).entitlements.all()] == ["owed"] * 4
    said = Notice.objects.get(kind="withdrawal_acknowledged").facts["sentence"].replace("\u00a0", " ")
    assert "soit 27,60 €" in said
    assert said.endswith("La période qui vous a été offerte n’est pas touchée : elle s’arrête le 22 novembre 2028, et ses numéros vous sont servis jusqu’au dernier.")  # fmt: skip
    assert wrong(noon(TODAY)) == []


def test_after_a_withdrawal_of_the_giver_the_reader_s_own_year_renews_on_its_day(gift):
    """The year that was given, and taken back, is none to wait for."""
    own = subscribed(renewal="automatic")
    claims(gift, own.payer, onto=own)
    withdrawn(gift)
    assert dates_of_subscription(own, on=TODAY).renewal.on == date(2027, 11, 23)
    planned_on = date(2027, 9, 10)
    time_passes(planned_on)
    plan(on=planned_on, at=noon(planned_on), actor=JOB, limit=10)
    renewal = Renewal.objects.get(subscription=own)
    assert (renewal.renews_on, renewal.number) == (date(2027, 11, 23), 3)


def test_a_gift_prolonged_later_follows_again(gift):
    own = subscribed()
    claims(gift, own.payer, onto=own)
    again = give(continues=gift, after=already_given(gift), on=date(2027, 1, 10), announce_on=None)
    assert again.state == Gift.State.CLAIMED
    assert numbers(again) == [33, 34, 35, 36]
    assert again.subscription.recipient == gift.subscription.recipient
    on = date(2027, 1, 11)
    assert follow_earlier(on=on, actor=JOB, at=noon(on), limit=10) == 1
    assert follow_earlier(on=on, actor=JOB, at=noon(on), limit=10) == 0
    assert story(own)[2] == (3, "2028-11-23", "2029-11-22", [33, 34, 35, 36])
    assert wrong(noon(on)) == []


def test_a_gift_of_which_nothing_is_owed_any_more_follows_nothing_and_stops_no_year(offers):
    """Its last copy left with the reader's own: to let it « follow » would only have ended the plan of their next year."""
    gift, own, on = give(start=25), subscribed(renewal="automatic"), date(2027, 9, 20)
    time_passes(on)
    plan(on=on, at=noon(on), actor=JOB, limit=10)
    with pytest.raises(CannotClaim) as refused:
        claims(gift, own.payer, onto=own, on=on)
    assert refused.value.code == "onto"
    gift.refresh_from_db()
    assert gift.claimed_by is None
    assert Renewal.objects.get(subscription=own).state == Renewal.State.PLANNED
    assert claims(gift, own.payer, on=on)


def test_a_year_that_waits_for_its_reader_is_not_ended_for_a_gift_that_cannot_follow(gift):
    own = subscribed(renewal="automatic")
    claims(gift, own.payer, onto=own)
    give(continues=gift, after=already_given(gift), on=date(2027, 1, 10), announce_on=None)
    waiting = announced(own, renews_on=date(2027, 1, 5), state=Renewal.State.AWAITING_READER)
    Subscription.objects.filter(pk=own.pk).update(state=Subscription.State.GRACE)
    on = date(2027, 1, 11)
    assert follow_earlier(on=on, actor=JOB, at=noon(on), limit=10) == 0
    waiting.refresh_from_db()
    assert waiting.state == Renewal.State.AWAITING_READER


def test_copies_that_wait_for_their_issue_come_before_those_of_a_gift(offers):
    """Of the reader's own, the last waits for n° 28; n° 29 to 32 are planned, and still the gift waits behind it."""
    own = subscribed()
    gift = give(start=26)
    Entitlement.objects.filter(term__subscription=own, rank=4).update(issue=None)
    assert claims(gift, own.payer, onto=own)
    assert story(own)[1][3] == [None] * 4
    assign_planned(actor=JOB, at=noon(TODAY))
    assert [row[3] for row in story(own)] == [[25, 26, 27, 28], [29, 30, 31, 32]]


def test_a_gift_that_goes_on_begins_after_the_one_before(gift):
    again = give(continues=gift, after=already_given(gift), announce_on=None)
    assert numbers(again) == [30, 31, 32, 33]
    assert again.state == Gift.State.GIVEN


def test_the_page_says_it_is_taken_and_shows_nothing_of_whose(gift):
    own = subscribed()
    claims(gift, own.payer, onto=own)
    text = Client().get(gift_path(gift)).content.decode()
    assert "dans un compte" in text
    assert "n°\u00a029" not in text
    client = Client()
    client.force_login(somebody("other@example.fr"), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(f"/compte/cadeaux/{gift_token(gift)}/", {"onto": "0"})
    assert answer.status_code == 409
    assert "déjà dans un compte" in answer.content.decode()


def test_an_account_is_opened_by_the_address_alone_and_nothing_is_said_of_it(gift):
    """Known or not, the same answer; who is new is a reader from then on, with the name the gift is for."""
    somebody("known@example.fr")
    answers = set()
    for email in ("known@example.fr", "new@example.fr"):
        answer = Client().post(f"{gift_path(gift)}compte/", {"email": email})
        answers.add((answer.status_code, answer["Location"].split("?")[0]))
        assert Notice.objects.filter(kind="sign_in_code", to_email=email).count() == 1
    assert answers == {(302, "/compte/connexion/code/")}
    made = Notice.objects.get(kind="sign_in_code", to_email="new@example.fr").customer
    assert made.full_name == "Inès Roux"
