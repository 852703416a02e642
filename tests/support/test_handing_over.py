"""Names, recipients, payers: labels are rebuilt and never cut, the date calculator says from when, nobody pays unasked."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from payments.models import Act, Invoice
from shop.customers.models import Customer
from shop.customers.renaming import labels_of, rename
from shop.watch.audit import breaches
from subscriptions.addresses.check import check
from subscriptions.addresses.typed import TypedAddress
from subscriptions.dates import may_turn_on
from subscriptions.gifts.claiming import claim
from subscriptions.handing_over import CannotHandOver, give_payer, give_recipient, payer_of, respelled, spell
from subscriptions.models import AddressChange, HandOver, Notice, RenewalChoice, Subscription
from subscriptions.stopping.choosing import CannotChoose, turn_on
from subscriptions.stopping.terminating import end_now
from tests.backoffice.colleagues import said, seal_of, text_of
from tests.backoffice.sold import sell
from tests.choice.people import reader, time_passes, world
from tests.gifts.people import INES, give
from tests.makers import NOW, make_magazine, make_offers
from tests.renewals.people import announced, subscriber
from tests.stopping.people import JOB, posted, states

pytestmark = pytest.mark.django_db
WHY = "Appel du lecteur."
BROTHER = TypedAddress(
    title="M",
    first_name="Paul",
    last_name="Lefèvre",
    street="3 rue de la Paix",
    postcode="69001",
    town="Lyon",
    country="FR",
)
NAMES = {"title": "MME", "first_name": "Élodie", "last_name": "Le Fèvre", "organisation": ""}


def to_brother(subscription, typed=BROTHER):
    _faults, label = check(typed)
    return give_recipient(subscription.pk, typed, label, actor=JOB, reason=WHY, at=NOW)


def kinds():
    return sorted(Notice.objects.exclude(kind="order_confirmation").values_list("kind", flat=True))


# --- a name ---


def test_a_name_is_put_right_on_the_record_and_on_the_label_that_bears_it():
    subscription = subscriber()
    reader = subscription.payer
    for times in range(2):
        assert rename(reader, NAMES, actor=JOB, reason=WHY, at=NOW) == (1 if times == 0 else 0)
    reader.refresh_from_db()
    subscription.refresh_from_db()
    assert reader.full_name == "Élodie Le Fèvre"
    assert subscription.recipient.address.lines[0] == "MME Élodie LE FÈVRE"
    assert subscription.recipient.address.lines[1:] == ["12 BIS RUE DE L EGLISE", "75004 PARIS"]
    change = AddressChange.objects.get()
    assert (change.first_issue.number, change.old.lines[0]) == (25, "MME Élodie LEFÈVRE")
    assert (kinds(), Act.objects.filter(verb="corrected a name").count()) == (["name_corrected"], 2)
    assert "le fevre" in reader.search
    assert Invoice.objects.get().buyer_name == "Élodie Lefèvre", "what was issued keeps its name"


def test_a_label_with_somebody_elses_name_is_left_alone():
    subscription = subscriber()
    to_brother(subscription)
    assert labels_of(subscription.payer, NAMES) == []


def test_a_name_that_does_not_fit_is_refused_and_never_cut():
    reader = subscriber().payer
    with pytest.raises(ValidationError) as refused:
        rename(
            reader, NAMES | {"last_name": "de La Rochefoucauld-Montmorency-Bouteville"}, actor=JOB, reason=WHY, at=NOW
        )
    assert "38" in " ".join(refused.value.messages)
    reader.refresh_from_db()
    assert (reader.last_name, AddressChange.objects.count()) == ("Lefèvre", 0)


def test_at_the_desk_before_and_after_are_shown(at_desk, offers):
    sale = sell(offers["automatic"])
    colleague = at_desk("support")
    assert (
        reverse("desk_act_name", args=[sale.customer.pk])
        in colleague.see("desk_person", sale.customer.pk).content.decode()
    )
    typed = NAMES | {"reason": WHY}
    page = text_of(colleague.rehearse("desk_act_name", sale.customer.pk, **typed))
    for words in ("MME Élodie LEFÈVRE", "MME Élodie LE FÈVRE"):
        assert words in page
    assert colleague.act("desk_act_name", sale.customer.pk, **typed).status_code == 302
    same = colleague.rehearse("desk_act_name", sale.customer.pk, **typed)
    assert said("This is already the name.") in text_of(same)
    nameless = colleague.rehearse("desk_act_name", sale.customer.pk, reason=WHY)
    assert nameless.status_code == 422
    long = colleague.rehearse("desk_act_name", sale.customer.pk, **(typed | {"last_name": "Xyz" * 20}))
    assert long.status_code == 422
    assert "Élodie Le Fèvre" in text_of(colleague.see("desk_person", sale.customer.pk))


def test_a_name_corrected_with_the_address_is_told_as_a_name(at_desk, offers):
    sale = sell(offers["automatic"])
    known = sale.subscription.recipient.address.typed
    typed = {name: known[name] for name in known} | {"last_name": "Le Fèvre", "reason": WHY}
    at_desk("support").act("desk_act_address", sale.subscription.recipient_id, **typed)
    assert kinds() == ["name_corrected"]


def test_the_giver_does_not_learn_where_a_gift_goes_by_a_name_put_right():
    make_offers(make_magazine())
    subscription = give().subscription
    typed, label = respelled(subscription.recipient, last_name="Le Roux")
    spell(subscription.recipient, typed, label, actor=JOB, reason=WHY, at=NOW)
    assert [one.to_email for one in Notice.objects.filter(kind="name_corrected")] == [INES]


# --- another recipient ---


def test_somebody_else_receives_from_the_first_issue_whose_file_is_open():
    subscription = subscriber()
    posted(25, on=date(2026, 12, 15))
    done = to_brother(subscription)
    subscription.refresh_from_db()
    assert (done.first_issue.number, subscription.recipient.name) == (26, "Paul Lefèvre")
    assert done.old_recipient.name == "Élodie Lefèvre"
    assert (subscription.payer, subscription.holder) == (done.subscription.payer, done.subscription.payer)
    assert subscription.recipient.customer is None
    assert states(subscription) == "served owed owed owed"
    letter = Notice.objects.get(kind="recipient_changed")
    assert letter.to_email == "elodie.lefevre@example.fr"
    assert to_brother(subscription) is None
    assert HandOver.objects.count() == 1
    assert breaches(NOW) == []


def test_whoever_has_no_e_mail_reads_of_it_on_paper():
    subscription = subscriber()
    Customer.objects.filter(pk=subscription.payer_id).update(email=None)
    to_brother(subscription)
    assert Notice.objects.get(kind="recipient_changed").channel == "paper"


def test_another_subscription_of_the_same_reader_goes_on_to_them():
    first, second = subscriber(), subscriber()
    to_brother(first)
    second.refresh_from_db()
    assert second.recipient.name == "Élodie Lefèvre"


def test_what_is_over_is_handed_to_nobody():
    subscription = subscriber()
    end_now(subscription.pk, "moved", actor=JOB, at=NOW, reason=WHY)
    with pytest.raises(CannotHandOver):
        to_brother(subscription)
    with pytest.raises(CannotHandOver):
        give_payer(subscription.pk, Customer.objects.create(email="x@example.fr"), actor=JOB, reason=WHY, at=NOW)


def test_a_recipient_at_the_desk(at_desk, offers):
    sale = sell(offers["automatic"])
    colleague = at_desk("support")
    typed = {name: value for name, value in BROTHER.to_dict().items() if value} | {"reason": WHY}
    shown = colleague.rehearse("desk_act_recipient", sale.subscription.pk, **typed)
    for words in ("M Paul LEFÈVRE", "69001 LYON", "n° 25"):
        assert words in text_of(shown).replace("\xa0", " ")
    assert colleague.say_yes("desk_act_recipient", sale.subscription.pk, seal_of(shown), **typed).status_code == 302
    page = text_of(colleague.see("desk_subscription", sale.subscription.pk))
    assert "Paul Lefèvre" in page
    assert said("gave a subscription another recipient") in text_of(colleague.see("desk_person", sale.customer.pk))
    assert colleague.rehearse("desk_act_recipient", sale.subscription.pk, **typed).status_code == 422


# --- another payer ---


def mother(at=NOW):
    return payer_of("Mere@example.fr", first_name="Anne", last_name="Lefèvre", at=at)


def test_another_payer_pays_what_comes_next_and_nothing_renews_itself():
    subscription = subscriber()
    renewal = announced(subscription, renews_on=date(2027, 11, 23))
    done = give_payer(subscription.pk, mother(), actor=JOB, reason=WHY, at=NOW)
    subscription.refresh_from_db()
    renewal.refresh_from_db()
    assert (subscription.payer.email, subscription.holder.email) == ("mere@example.fr", "mere@example.fr")
    assert (subscription.renewal, subscription.saved_method, renewal.state) == ("fixed", None, "cancelled")
    assert (done.old_payer.email, done.new_payer.email) == ("elodie.lefevre@example.fr", "mere@example.fr")
    assert dict(Notice.objects.filter(kind="payer_changed").values_list("facts__role", "to_email")) == {
        "old": "elodie.lefevre@example.fr", "new": "mere@example.fr",
    }  # fmt: skip
    assert Invoice.objects.get().customer == done.old_payer, "what was paid stays with whoever paid it"
    assert give_payer(subscription.pk, mother(), actor=JOB, reason=WHY, at=NOW) is None
    assert RenewalChoice.objects.get().automatic is False
    assert breaches(NOW) == []


def test_the_new_payer_buys_a_year_before_it_renews_itself():
    subscription = subscriber()
    give_payer(subscription.pk, mother(), actor=JOB, reason=WHY, at=NOW)
    subscription.refresh_from_db()
    assert not may_turn_on(subscription, ends_on=date(2027, 11, 22), on=NOW.date())
    with pytest.raises(CannotChoose):
        turn_on(subscription.pk, words="x", actor=JOB, at=NOW)


@pytest.mark.parametrize("state", ["charging", "unresolved"])
def test_not_while_a_charge_is_on_its_way(state):
    subscription = subscriber()
    announced(subscription, renews_on=date(2027, 11, 23), state=state)
    with pytest.raises(CannotHandOver) as refused:
        give_payer(subscription.pk, mother(), actor=JOB, reason=WHY, at=NOW)
    assert refused.value.code == "charging"


def test_a_payer_at_the_desk_known_or_new(at_desk, offers):
    sale = sell(offers["automatic"])
    colleague = at_desk("support")
    nameless = colleague.rehearse("desk_act_payer", sale.subscription.pk, email="mere@example.fr", reason=WHY)
    assert said("Nobody is known under this address: please give their name.") in text_of(nameless)
    team = colleague.rehearse("desk_act_payer", sale.subscription.pk, email=colleague.user.email, reason=WHY)
    assert said("This is no reader’s address.") in text_of(team)
    own = colleague.rehearse("desk_act_payer", sale.subscription.pk, email=sale.customer.email, reason=WHY)
    assert said("This reader pays already.") in text_of(own)
    typed = {"email": "mere@example.fr", "first_name": "Anne", "last_name": "Lefèvre", "reason": WHY}
    assert not Customer.objects.filter(email="mere@example.fr").exists()
    assert colleague.act("desk_act_payer", sale.subscription.pk, **typed).status_code == 302
    new = Customer.objects.get(email="mere@example.fr")
    assert (new.full_name, Subscription.objects.get().payer) == ("Anne Lefèvre", new)
    assert str(sale.subscription.number) in new.search
    assert str(sale.subscription) in text_of(colleague.see("desk_person", new.pk))


@pytest.mark.parametrize("name", ["desk_act_recipient", "desk_act_payer"])
@pytest.mark.parametrize("role", ["finance", "fulfilment"])
def test_hand_overs_are_supports(at_desk, offers, role, name):
    sale = sell(offers["automatic"])
    assert at_desk(role).see(name, sale.subscription.pk).status_code == 403


# --- a gift that goes on elsewhere ---


def test_copies_of_a_gift_are_not_handed_on_with_their_readers_own_subscription():
    """Neither by its payer, nor by the giver: they come with n° 29 to 32 of Élodie's own, and are hers."""
    world()
    gift = give(start=26)
    own = reader()
    claim(gift.pk, own.payer, onto=own.pk, actor=JOB, at=NOW)
    with pytest.raises(CannotHandOver) as refused:
        to_brother(own)
    assert refused.value.code == "gift"
    with pytest.raises(CannotHandOver) as refused:
        to_brother(gift.subscription)
    assert refused.value.code == "carried"
    own.refresh_from_db()
    assert (own.recipient.name, HandOver.objects.count()) == ("Élodie Lefèvre", 0)
    time_passes(date(2028, 12, 31))
    assert to_brother(own) is not None


# --- the recipient of a gift is forgotten ---


def test_whoever_cannot_be_forgotten_is_refused_before_anything_is_typed(at_desk):
    world(until=30)
    gift = give(start=26)
    colleague = at_desk("support")
    page = colleague.see("desk_act_forget", gift.subscription_id)
    assert page.status_code == 409
    assert "Des exemplaires de ce cadeau sont encore à venir" in text_of(page)
    claim(gift.pk, reader().payer, onto=None, actor=JOB, at=NOW)
    page = colleague.see("desk_act_forget", gift.subscription_id)
    assert page.status_code == 409
    assert "Ce cadeau est dans le compte de son destinataire" in text_of(page)
