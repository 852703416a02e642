"""The receipt of a copy: every step and every place where it may stand, in French, and whole stories word for word."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from payments.actors import job
from shop.account.receipts import left_words, receipt_words, stands_words, step_words
from subscriptions.disputing import HELD
from subscriptions.models import Entitlement, EntitlementMovement, Issue, Term
from subscriptions.moving import move_copies
from subscriptions.offline.bouncing import UNPAID
from subscriptions.pausing.holding import pause
from subscriptions.receipts import Happened, Receipt, Stands, Step, receipt_of, receipts_of
from tests.account.conftest import _plain_static, elodie, karim, offers
from tests.makers import NOW, send_out

__all__ = ["_plain_static", "elodie", "karim", "offers"]
ON = date(2027, 3, 20)
PAUSE = datetime(2027, 3, 3, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _french():
    with translation.override("fr"):
        yield


def plain(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def issue(number=14, *, posted=None):
    return Issue(
        number=number, cover_month=3, cover_year=2027, cutoff_on=date(2027, 2, 24), post_on=date(2027, 2, 26), posted_on=posted
    )  # fmt: skip


def moved(kind, day, *, reason="", to=None, at=None):
    return EntitlementMovement(kind=kind, on=day, reason=reason, issue=to, at=at or NOW)


def copy(state, *moves, posted=None, planned=True, **known):
    """A copy of no. 14 with what happened to it."""
    entitlement = Entitlement(
        term=Term(number=1, subscription_id=1), rank=1, state=state, issue=issue(posted=posted) if planned else None
    )
    return receipt_of(entitlement, [moved("grant", date(2026, 11, 23)), *moves], **known)


IN_FILE = moved("assign", date(2027, 2, 24))
POSTED = moved("serve", date(2027, 2, 27))
AGAIN = moved("resend", date(2027, 3, 10))
LEFT = date(2027, 2, 27)


def test_the_receipt_of_a_copy_that_was_lost_on_its_way():
    """The example of the issue, word for word."""
    told = copy("served", IN_FILE, POSTED, AGAIN, posted=LEFT, claimed=[date(2027, 3, 9)])
    assert plain(receipt_words(told, on=ON)) == (
        "Dans le fichier le 24 février, posté le 27 février, réclamé le 9 mars, renvoyé le 10 mars."
    )
    assert plain(left_words(2)) == "Exemplaires à venir : 2."


STANDS = {
    "owed": (copy("owed"), "Il sera posté vers le 26 février 2027."),
    "unplanned": (copy("owed", planned=False), "La date de son numéro n’est pas encore fixée."),
    "late": (
        copy("owed", posted=LEFT),
        "Le numéro a été posté le 27 février 2027 ; le vôtre part avec le prochain envoi.",
    ),
    "in_file": (copy("assigned", IN_FILE), "Il est sur le point de partir : il sera posté vers le 26 février 2027."),
    "posted": (copy("served", IN_FILE, POSTED, posted=LEFT), "Il vous a été posté."),
    "claimed": (
        copy("served", IN_FILE, POSTED, posted=LEFT, claimed=[date(2027, 3, 9)]),
        "Vous nous avez dit qu’il n’était pas arrivé : nous nous en occupons.",
    ),
    "sent_again": (copy("served", IN_FILE, POSTED, AGAIN, posted=LEFT), "Un autre exemplaire vous a été posté."),
    "put_off": (
        copy("held", moved("extend", ON, to=issue(15), at=PAUSE), moved("hold", ON, at=PAUSE), pauses={PAUSE}),
        "Vous avez reporté un numéro : cet exemplaire vient avec un numéro suivant.",
    ),
    "disputed": (
        copy("held", moved("hold", ON, reason=HELD)),
        "Votre banque conteste son paiement : il attend qu’elle décide.",
    ),
    "unpaid": (
        copy("held", moved("hold", ON, reason=UNPAID)),
        "Le chèque qui le payait est revenu impayé : il attend un autre règlement.",
    ),
    "no_address": (
        copy("held", moved("hold", ON, reason="the address is doubtful")),
        "Nous avons un doute sur votre adresse : il part dès que vous l’avez vérifiée.",
    ),
    "stopped": (
        copy("held", moved("hold", ON, reason="withdrawal RTR-1"), stopped=True),
        "Le contrat est arrêté : il n’est plus envoyé, et votre argent suit.",
    ),
    "held": (copy("held", moved("hold", ON, reason="x")), "Il est retenu, et part dès que rien ne le retient plus."),
    "credited": (copy("credited", moved("credit", ON)), "Son prix vous a été remboursé."),
    "void": (copy("void", moved("void", ON)), "Il ne sera pas envoyé."),
}


@pytest.mark.parametrize("stands", Stands, ids=str)
def test_stands(stands):
    told, sentence = STANDS[stands]
    assert told.stands == stands
    assert plain(stands_words(told)) == sentence


STEPS = {
    "in_file": (IN_FILE, "dans le fichier le 24 février"),
    "posted": (POSTED, "posté le 27 février"),
    "sent_again": (AGAIN, "renvoyé le 10 mars"),
    "put_off": (moved("extend", ON, to=issue(15), at=PAUSE), "passé au n° 15 le 20 mars, par la pause"),
    "disputed": (moved("hold", ON, reason=HELD), "retenu le 20 mars par une contestation à la banque"),
    "unpaid": (moved("hold", ON, reason=UNPAID), "retenu le 20 mars, son chèque étant revenu impayé"),
    "no_address": (moved("hold", ON, reason="the address is doubtful"), "retenu le 20 mars, l’adresse étant douteuse"),
    "held": (moved("hold", ON, reason="x"), "retenu le 20 mars"),
    "released": (moved("release", ON), "libéré le 20 mars"),
    "other_issue": (moved("extend", ON, to=issue(16)), "passé au n° 16 le 20 mars"),
    "credited": (moved("credit", ON), "remboursé le 20 mars"),
    "void": (moved("void", ON), "annulé le 20 mars"),
}


@pytest.mark.parametrize("step", Step, ids=str)
def test_step(step):
    if step == Step.CLAIMED:
        happened, words = Happened(Step.CLAIMED, date(2027, 3, 9)), "réclamé le 9 mars"
    else:
        move, words = STEPS[step]
        (happened,) = copy("owed", move, pauses={PAUSE}).steps
    assert happened.step == step
    assert plain(step_words(happened, on=ON)) == words


def test_what_a_pause_holds_and_lets_go_is_one_step():
    told = copy(
        "owed",
        moved("extend", date(2027, 3, 3), to=issue(15), at=PAUSE),
        moved("hold", date(2027, 3, 3), at=PAUSE),
        moved("release", date(2027, 3, 15), at=PAUSE.replace(day=15)),
        pauses={PAUSE, PAUSE.replace(day=15)},
    )
    assert [one.step for one in told.steps] == [Step.PUT_OFF]
    assert told.stands == Stands.OWED


def test_held_by_the_bank_and_let_go_is_two():
    told = copy("owed", moved("hold", date(2027, 3, 3), reason=HELD), moved("release", date(2027, 3, 9)))
    assert plain(receipt_words(told, on=ON)) == (
        "Retenu le 3 mars par une contestation à la banque, libéré le 9 mars. Il sera posté vers le 26 février 2027."
    )


def test_claimed_sent_again_and_claimed_again():
    told = copy("served", IN_FILE, POSTED, AGAIN, posted=LEFT, claimed=[date(2027, 3, 9), date(2027, 3, 28)])
    assert told.stands == Stands.CLAIMED
    assert plain(receipt_words(told, on=date(2027, 4, 1))).endswith(
        "renvoyé le 10 mars, réclamé le 28 mars. Vous nous avez dit qu’il n’était pas arrivé : nous nous en occupons."
    )


def test_another_year_is_said():
    told = copy("served", IN_FILE, POSTED, posted=LEFT)
    assert (
        plain(receipt_words(told, on=date(2028, 1, 1)))
        == "Dans le fichier le 24 février 2027, posté le 27 février 2027."
    )


def test_nothing_has_happened_yet():
    assert plain(receipt_words(copy("owed"), on=ON)) == "Il sera posté vers le 26 février 2027."
    assert copy("owed").steps == ()


def test_an_issue_that_is_not_planned():
    (happened,) = copy("owed", moved("extend", ON), planned=False).steps
    assert plain(step_words(happened, on=ON)) == "passé, le 20 mars, à un numéro encore à prévoir"


# --- from the rows -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_year_from_its_rows(elodie):
    subscription = elodie.subscription
    send_out(Issue.objects.get(number=25), on=date(2026, 12, 15))
    copies = list(Entitlement.objects.filter(term__subscription=subscription).order_by("rank"))
    move_copies(copies[:1], "resend", on=date(2027, 1, 8), actor=job("tests"), at=NOW)
    move_copies(copies[3:], "void", on=date(2027, 1, 9), actor=job("tests"), at=NOW)
    found = receipts_of([subscription.pk], claims={copies[0].pk: [date(2027, 1, 5)]})[subscription.pk]
    told = [plain(receipt_words(found[1, rank], on=date(2027, 1, 10))) for rank in (1, 2, 3, 4)]
    assert told == [
        "Dans le fichier le 15 décembre 2026, posté le 15 décembre 2026, réclamé le 5 janvier, renvoyé le 8 janvier.",
        "Il sera posté vers le 15 mars 2027.",
        "Il sera posté vers le 15 juin 2027.",
        "Annulé le 9 janvier.",
    ]


@pytest.mark.django_db
def test_a_pause_from_its_rows(elodie):
    subscription = elodie.subscription
    pause(subscription.pk, [25], actor=job("tests"), at=NOW, reason="asked for in the account")
    found = receipts_of([subscription.pk])[subscription.pk]
    assert [found[1, rank].stands for rank in (1, 2, 3, 4)] == [Stands.PUT_OFF, Stands.OWED, Stands.OWED, Stands.OWED]
    assert plain(receipt_words(found[1, 1], on=NOW.date())) == (
        "Passé au n° 26 le 23 novembre, par la pause. Vous avez reporté un numéro : cet exemplaire vient avec un numéro suivant."
    )
    assert [found[1, rank].issue.number for rank in (1, 2, 3, 4)] == [26, 27, 28, 29]


@pytest.mark.django_db
def test_it_asks_as_much_for_two_readers_as_for_one(elodie, karim):
    def asked(*keys):
        with CaptureQueriesContext(connection) as found:
            assert {key: len(rows) for key, rows in receipts_of(keys).items()} == dict.fromkeys(keys, 4)
        return len(found)

    assert asked(elodie.subscription.pk) == asked(elodie.subscription.pk, karim.subscription.pk) == 3


def test_a_receipt_is_a_value():
    assert copy("owed") == copy("owed")
    assert isinstance(copy("owed"), Receipt)
