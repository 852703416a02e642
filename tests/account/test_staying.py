"""Away for a while: an address from a day to a day, which issues go there, one letter, and home again by itself."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from payments.actors import Actor
from payments.models import Act
from shop.customers.erasing import erase
from shop.customers.holdings import everything
from subscriptions.fulfilment.addressed import address_for, joins
from subscriptions.models import Issue, Notice, TemporaryAddress, TemporaryAddressEnd
from subscriptions.notices.delivering import deliver
from subscriptions.staying import end_stay, held_in
from tests.account.people import Reader, field, said
from tests.makers import NOW

NICE = {
    "country": "FR",
    "title": "MME",
    "first_name": "Élodie",
    "last_name": "Lefèvre",
    "street": "5 promenade des Anglais",
    "postcode": "06000",
    "town": "Nice",
    "from_on": "2026-12-10",
    "to_on": "2027-03-31",
}
LABEL = ["MME Élodie LEFÈVRE", "5 PROMENADE DES ANGLAIS", "06000 NICE"]
HOME = ["MME Élodie LEFÈVRE", "12 BIS RUE DE L EGLISE", "75004 PARIS"]
STAFF = Actor("staff", "1")

CHOSEN = f"""
SELECT i.number, a.town FROM subscriptions_entitlement e
JOIN subscriptions_issue i ON i.id = e.issue_id
JOIN subscriptions_term t ON t.id = e.term_id
JOIN subscriptions_subscription s ON s.id = t.subscription_id
JOIN subscriptions_recipient r ON r.id = s.recipient_id
{joins()}
ORDER BY i.number
"""


def path(reader: Reader) -> str:
    return f"/compte/abonnements/{reader.subscription.pk}/adresse/temporaire/"


def chosen() -> list[tuple[int, str]]:
    """The town to which each copy goes, as the closing of a file reads it."""
    with connection.cursor() as cursor:
        cursor.execute(CHOSEN)
        return cursor.fetchall()


def gives(reader: Reader, **changes: str) -> TemporaryAddress:
    """Both steps."""
    typed = NICE | changes
    asked = reader.client.post(path(reader), typed | {"step": "ask"})
    assert asked.status_code == 200
    answer = reader.client.post(path(reader), typed | {"step": "confirm", "shown": field(asked, "shown")})
    assert answer.status_code == 303, said(answer)
    return TemporaryAddress.objects.latest("pk")


def test_a_reader_sees_which_issues_go_there_before_saying_yes(elodie, mailoutbox):
    elodie.signs_in()
    page = elodie.client.get(path(elodie))
    assert 'data-label-url="' in page.content.decode(), "the label is drawn while one types"
    asked = elodie.client.post(path(elodie), NICE | {"step": "ask"})
    assert [words.replace("\u00a0", " ") for words in asked.context["issues"]] == [
        "n° 25, décembre 2026, posted about 15 décembre 2026",
        "n° 26, mars 2027, posted about 15 mars 2027",
    ]
    assert [line.text for line in asked.context["label_lines"]] == LABEL
    assert not TemporaryAddress.objects.exists()
    answer = elodie.client.post(path(elodie), NICE | {"step": "confirm", "shown": field(asked, "shown")})
    assert answer.status_code == 303
    given = TemporaryAddress.objects.select_related("address").get()
    assert (given.from_on, given.to_on, given.until) == (date(2026, 12, 10), date(2027, 3, 31), date(2027, 4, 1))
    assert (given.address.lines, given.actor) == (LABEL, f"reader:{elodie.customer.pk}")
    assert Act.objects.get(verb="gave a temporary address").subject == f"recipient:{given.recipient_id}"
    assert chosen() == [(25, "Nice"), (26, "Nice"), (27, "Paris"), (28, "Paris")]
    assert deliver(10, at=timezone.now()).sent >= 1
    letter = next(one for one in mailoutbox if "adresse temporaire" in one.subject)
    plain = letter.body.replace("\u00a0", " ")
    assert "du 10 décembre 2026 au 31 mars 2027" in plain
    assert "ce sont les suivants : n° 25 et n° 26" in plain


def test_the_same_twice_is_one(elodie):
    elodie.signs_in()
    first, again = gives(elodie), gives(elodie)
    assert (first.pk, TemporaryAddress.objects.count()) == (again.pk, 1)
    assert Notice.objects.filter(kind="temporary_address").count() == 1


def test_what_changed_between_the_two_steps_is_shown_again(elodie):
    elodie.signs_in()
    asked = elodie.client.post(path(elodie), NICE | {"step": "ask"})
    Issue.objects.filter(number=26).update(post_on=date(2027, 4, 2))
    answer = elodie.client.post(path(elodie), NICE | {"step": "confirm", "shown": field(asked, "shown")})
    assert answer.status_code == 200
    assert answer.context["changed"]
    assert not TemporaryAddress.objects.exists()
    assert len(answer.context["issues"]) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"from_on": "2027-03-31", "to_on": "2027-03-01"}, "The last day comes before the first one."),
        ({"from_on": "2026-01-01", "to_on": "2026-02-01"}, "The last day has passed."),
        ({"to_on": "2029-12-31"}, "It ends more than two years from now. Give it as your new address instead."),
        ({"from_on": "soon"}, "This is not a day: write it like 25/12/2026."),
        ({"to_on": ""}, "Please say until which day."),
        ({"street": "x" * 39}, "On the label this line would read “"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_kept(elodie, changes, sentence):
    elodie.signs_in()
    answer = elodie.client.post(path(elodie), NICE | changes | {"step": "ask"})
    assert answer.status_code == 200
    assert any(sentence in words for words in said(answer)), said(answer)
    assert 'value="5 promenade' in answer.content.decode() or "street" in changes
    assert not TemporaryAddress.objects.exists()


def test_no_two_hold_on_one_day_and_the_database_agrees(elodie):
    elodie.signs_in()
    given = gives(elodie)
    answer = elodie.client.post(path(elodie), NICE | {"from_on": "2027-03-31", "to_on": "2027-05-01", "step": "ask"})
    assert (
        "Another temporary address holds from 10/12/2026 to 31/03/2027. End that one first, or choose other days."
        in said(answer)
    )
    with pytest.raises(IntegrityError, match="temporary_address_one_a_day"), transaction.atomic():
        TemporaryAddress.objects.create(
            recipient=given.recipient, address=given.address, from_on=date(2027, 3, 31), to_on=date(2027, 5, 1),
            until=date(2027, 5, 2), actor="x", at=NOW,
        )  # fmt: skip
    gives(elodie, from_on="2027-04-01", to_on="2027-05-01")
    assert TemporaryAddress.objects.count() == 2


def test_ended_early_the_next_issue_goes_home_and_it_is_ended_once(elodie, mailoutbox):
    elodie.signs_in()
    given = gives(elodie)
    answer = elodie.client.post(path(elodie), {"act": "end", "temporary": str(given.pk)})
    assert answer.status_code == 303
    given.refresh_from_db()
    # It had not begun: it holds on no day, and the row says what was given.
    assert (given.until, given.to_on) == (date(2026, 12, 10), date(2027, 3, 31))
    assert TemporaryAddressEnd.objects.get().until == date(2026, 12, 10)
    assert chosen() == [(25, "Paris"), (26, "Paris"), (27, "Paris"), (28, "Paris")]
    elodie.client.post(path(elodie), {"act": "end", "temporary": str(given.pk)})
    assert TemporaryAddressEnd.objects.count() == 1
    assert elodie.client.get(path(elodie)).context["known"] == [], "it holds on no day"
    deliver(10, at=timezone.now())
    assert [one.subject for one in mailoutbox if "habituelle" in one.subject] == [
        "Vos numéros reviennent à votre adresse habituelle"
    ]
    # Its confirmation is withdrawn: it has ended before it left.
    assert Notice.objects.get(kind="temporary_address").state in ("withdrawn", "sent")
    gives(elodie)
    assert chosen()[0] == (25, "Nice"), "the days are free again"


def test_an_address_is_evidence_and_only_ends_earlier(elodie):
    elodie.signs_in()
    given = gives(elodie)
    for change in ({"to_on": date(2027, 6, 1)}, {"until": date(2027, 6, 1)}, {"from_on": date(2026, 12, 1)}):
        with pytest.raises(Exception, match=r"refused|only comes forward|permission denied"), transaction.atomic():
            TemporaryAddress.objects.filter(pk=given.pk).update(**change)
    with pytest.raises(Exception, match=r"refused|permission denied"), transaction.atomic():
        given.delete()


def test_a_file_that_is_closed_goes_where_it_was_going(elodie):
    elodie.signs_in()
    Issue.objects.filter(number=25).update(state="closed")
    asked = elodie.client.post(path(elodie), NICE | {"step": "ask"})
    assert [words[:5] for words in asked.context["issues"]] == ["n°\u00a026"]
    assert [words[:5] for words in asked.context["sealed"]] == ["n°\u00a025"]


def test_nobody_reads_or_ends_anothers(elodie, karim):
    elodie.signs_in()
    given = gives(elodie)
    karim.signs_in()
    assert karim.client.get(path(elodie)).status_code == 404
    karim.client.post(path(karim), {"act": "end", "temporary": str(given.pk)})
    assert not TemporaryAddressEnd.objects.exists()


def test_it_stops_by_itself(elodie):
    elodie.signs_in()
    given = gives(elodie)
    known = held_in(given.recipient, on=date(2026, 12, 1))
    for post_on, there in (
        (date(2026, 12, 9), False),
        (date(2026, 12, 10), True),
        (date(2027, 3, 31), True),
        (date(2027, 4, 1), False),
    ):
        assert (address_for(known, post_on=post_on) is not None) is there, post_on
    assert held_in(given.recipient, on=date(2027, 4, 1)) == []


def test_the_reader_may_read_it_back_and_erasure_blanks_it(elodie):
    elodie.signs_in()
    given = gives(elodie)
    held = everything(elodie.customer, at=NOW)["temporary_addresses"]
    assert [(one["from_on"], one["to_on"], one["address"]["label"]) for one in held] == [
        ("2026-12-10", "2027-03-31", LABEL)
    ]
    assert erase(elodie.customer, actor=STAFF, at=timezone.now(), reason="asked", giving_up=True)
    given.address.refresh_from_db()
    assert (given.address.lines, given.address.typed, given.address.town) == ([], {}, "")


def test_ending_on_a_day_within_keeps_what_was_posted_before(elodie):
    elodie.signs_in()
    given = gives(elodie)
    assert end_stay(given, actor=STAFF, reason="back early", at=NOW + timedelta(days=30)) is not None
    assert given.until == date(2026, 12, 23)
    assert chosen() == [(25, "Nice"), (26, "Paris"), (27, "Paris"), (28, "Paris")]
