"""Two issues put off: which do not come, which come instead, when the renewal is; called off, or over because they left."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth import get_user_model

from payments.actors import job, reader
from subscriptions.calendar import cutoff_for
from subscriptions.dates import dates_of_subscription
from subscriptions.models import Entitlement, EntitlementMovement, Issue, Notice, Pause
from subscriptions.pausing.foreseeing import CannotPause, Changed, may_pause, standing_of, without
from subscriptions.pausing.holding import end_pauses, pause, resume
from tests.letters.conftest import outbox
from tests.makers import NOW, TODAY
from tests.renewals.conftest import post
from tests.renewals.days import noon, plan_on, steps, the_renewal
from tests.renewals.people import subscriber
from tests.stopping.people import posted

pytestmark = pytest.mark.django_db
__all__ = ["outbox", "post"]
ELODIE = reader(None)
WHY = "asked for in the account"


def put_off(subscription, *numbers, at=NOW):
    return pause(subscription.pk, numbers, actor=ELODIE, at=at, reason=WHY)


def copies(subscription):
    """« 27 held, 28 held, 29 owed, — owed »."""
    rows = Entitlement.objects.filter(term__subscription=subscription).select_related("issue")
    return ", ".join(
        f"{row.issue.number if row.issue else '—'} {row.state}" for row in rows.order_by("term__number", "rank")
    )


def moves(subscription):
    """Movements but the grants, in order: (rank, kind, issue)."""
    rows = EntitlementMovement.objects.filter(entitlement__term__subscription=subscription).exclude(kind="grant")
    return [
        (row.entitlement.rank, row.kind, row.issue.number if row.issue else None)
        for row in rows.select_related("entitlement", "issue").order_by("pk")
    ]


def test_two_issues_do_not_come_and_two_more_come_at_the_end():
    subscription = subscriber()
    put_off(subscription, 25, 26)
    assert copies(subscription) == "27 held, 28 held, 29 owed, — owed"
    assert moves(subscription) == [
        (1, "extend", 27), (2, "extend", 28), (3, "extend", 29), (4, "extend", None),
        (1, "hold", 27), (2, "hold", 28),
    ]  # fmt: skip
    dates = dates_of_subscription(subscription, on=TODAY)
    assert [issue.number for issue in dates.paused] == [25, 26]
    assert (dates.next_issue.number, dates.last_issue, dates.last_number, dates.copies_left) == (27, None, 30, 4)
    # R was 23 November 2027; n° 29 leaves on 15 December 2027.
    assert dates.renewal.on == date(2027, 12, 16)
    assert dates.ends_on == date(2027, 11, 22), "what was sold stays"


def test_whoever_has_no_e_mail_address_is_told_on_paper():
    subscription = subscriber()
    get_user_model().objects.filter(pk=subscription.payer_id).update(email=None)
    put_off(subscription, 25)
    told = Notice.objects.get(kind="pause_confirmed")
    assert (told.customer_id, told.to_email, told.channel) == (subscription.payer_id, "", "paper")


def test_put_off_one_after_the_other_is_the_same_in_the_end():
    subscription = subscriber()
    put_off(subscription, 25)
    assert copies(subscription) == "26 held, 27 owed, 28 owed, 29 owed"
    put_off(subscription, 26)
    assert copies(subscription) == "27 held, 28 held, 29 owed, — owed"
    assert [(one.place, one.issue.number, one.entitlement.rank) for one in Pause.objects.all()] == [
        (1, 25, 1),
        (2, 26, 2),
    ]


def test_the_first_of_two_is_called_off_and_its_copy_comes_at_once():
    """The copy that was held for it must not stay held for the other: it would miss the very issue it comes with."""
    subscription = subscriber()
    [first], _foreseen = put_off(subscription, 25)
    put_off(subscription, 26)
    resume(subscription.pk, [first.pk], actor=ELODIE, at=NOW, reason=WHY)
    assert copies(subscription) == "25 owed, 27 held, 28 owed, 29 owed"
    posted(25, on=date(2026, 12, 15), at=noon(date(2026, 12, 15)))
    posted(26, on=date(2027, 3, 15), at=noon(date(2027, 3, 15)))
    assert copies(subscription) == "25 served, 27 owed, 28 owed, 29 owed"


def planned(number, *, month, post_on):
    """One more issue in the calendar."""
    last = Issue.objects.order_by("-number")[0]
    Issue.objects.create(
        magazine=last.magazine, number=number, cover_month=month, cover_year=post_on.year + 1, post_on=post_on,
        cutoff_on=cutoff_for(post_on),
    )  # fmt: skip


def test_a_pause_of_an_issue_after_the_last_ends_with_the_one_that_had_moved_it_there():
    subscription = subscriber()
    planned(30, month=1, post_on=date(2028, 3, 15))
    [first], _foreseen = put_off(subscription, 25)
    [last], _foreseen = put_off(subscription, 29)
    assert copies(subscription) == "26 held, 27 owed, 28 owed, 30 held"
    ended, foreseen = resume(subscription.pk, [first.pk], actor=ELODIE, at=NOW, reason=WHY)
    assert copies(subscription) == "25 owed, 26 owed, 27 owed, 28 owed"
    assert [one.pk for one in ended] == [first.pk, last.pk]
    assert ([issue.number for issue in foreseen.issues], foreseen.last_number) == ([25], 28)
    told = Notice.objects.get(kind="pause_ended")
    assert told.facts["pause_ids"] == [first.pk], "the letter names what comes"
    assert may_pause(standing_of(subscription, on=TODAY)), "neither counts any more"


def test_both_called_off_only_what_comes_is_named():
    subscription = subscriber()
    planned(30, month=1, post_on=date(2028, 3, 15))
    put_off(subscription, 25)
    put_off(subscription, 29)
    keys = list(Pause.objects.values_list("pk", flat=True))
    ended, foreseen = resume(subscription.pk, keys, actor=ELODIE, at=NOW, reason=WHY)
    assert ([one.issue.number for one in ended], [issue.number for issue in foreseen.issues]) == ([25, 29], [25])
    assert copies(subscription) == "25 owed, 26 owed, 27 owed, 28 owed"


def test_the_last_copy_may_be_put_off_twice_and_is_held_until_both_have_left():
    subscription = subscriber()
    Entitlement.objects.filter(term__subscription=subscription, rank__lt=4).update(state="served")
    planned(30, month=1, post_on=date(2028, 3, 15))
    put_off(subscription, 28)
    put_off(subscription, 29)
    assert copies(subscription) == "25 served, 26 served, 27 served, 30 held"
    Issue.objects.exclude(number__in=[28, 29, 30]).update(state="posted", posted_on=date(2027, 6, 15))
    posted(28, on=date(2027, 9, 15), at=noon(date(2027, 9, 15)))
    assert copies(subscription).endswith("30 held")
    posted(29, on=date(2027, 12, 15), at=noon(date(2027, 12, 15)))
    assert copies(subscription).endswith("30 owed")


def test_what_is_foreseen_is_what_comes():
    subscription = subscriber()
    foreseen = without(standing_of(subscription, on=TODAY), [26])
    assert [issue.number for issue in foreseen.issues] == [26]
    assert (foreseen.last.number, foreseen.last_number) == (29, 29)
    assert (foreseen.renewed_before, foreseen.renews_on) == (date(2027, 11, 23), date(2027, 12, 16))
    assert Pause.objects.count() == 0, "nothing is written by looking"
    _pauses, done = put_off(subscription, 26)
    assert done.renews_on == dates_of_subscription(subscription, on=TODAY).renewal.on == foreseen.renews_on
    assert copies(subscription) == "25 owed, 27 held, 28 owed, 29 owed"


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ([], "Veuillez choisir au moins un numéro."),
        ([24], "Un de ces numéros ne peut plus être reporté"),
        ([25, 26, 27], "Deux numéros par an peuvent être reportés"),
    ],
)
def test_what_cannot_be_put_off_is_said(numbers, sentence):
    subscription = subscriber()
    with pytest.raises(CannotPause, match=sentence):
        put_off(subscription, *numbers)
    assert copies(subscription) == "25 owed, 26 owed, 27 owed, 28 owed"


def test_a_file_that_is_closed_is_not_reached():
    subscription = subscriber()
    on_the_day = noon(date(2026, 12, 1))
    with pytest.raises(CannotPause, match="ne peut plus être reporté"):
        put_off(subscription, 25, at=on_the_day)
    Issue.objects.filter(number=26).update(state="closed")
    with pytest.raises(CannotPause):
        put_off(subscription, 26, at=on_the_day)
    assert [issue.number for issue in standing_of(subscription, on=date(2026, 12, 1)).pausable] == [27, 28]


def test_a_third_one_of_a_year_is_refused_whoever_asks():
    subscription = subscriber()
    put_off(subscription, 25)
    with pytest.raises(CannotPause, match="un l’est déjà"):
        put_off(subscription, 26, 27)
    put_off(subscription, 27)
    with pytest.raises(CannotPause):
        put_off(subscription, 28)
    assert not may_pause(standing_of(subscription, on=TODAY))


def test_nobody_pauses_beyond_what_is_planned():
    subscription = subscriber()
    Issue.objects.filter(number=29).update(state="closed")
    Entitlement.objects.filter(term__subscription=subscription, rank__lt=4).update(state="served")
    with pytest.raises(CannotPause, match="n’est pas encore programmé"):
        put_off(subscription, 28)


def test_called_off_the_issues_come_after_all():
    subscription = subscriber()
    begun, _foreseen = put_off(subscription, 25, 26)
    resume(subscription.pk, [begun[0].pk], actor=ELODIE, at=NOW, reason=WHY)
    assert copies(subscription) == "25 owed, 27 held, 28 owed, 29 owed"
    resume(subscription.pk, [begun[1].pk], actor=ELODIE, at=NOW, reason=WHY)
    assert copies(subscription) == "25 owed, 26 owed, 27 owed, 28 owed"
    assert dates_of_subscription(subscription, on=TODAY).renewal.on == date(2027, 11, 23)
    assert [(one.state, one.events.count()) for one in Pause.objects.all()] == [("called_off", 2)] * 2
    with pytest.raises(CannotPause):
        resume(subscription.pk, [begun[1].pk], actor=ELODIE, at=NOW, reason=WHY)
    put_off(subscription, 25, 26)
    assert Pause.objects.filter(state="held").count() == 2, "what was called off does not count"


def test_once_the_issue_has_left_the_copy_is_owed_again():
    subscription = subscriber()
    begun, _foreseen = put_off(subscription, 25)
    posted(25, on=date(2026, 12, 15), at=noon(date(2026, 12, 15)))
    assert copies(subscription) == "26 owed, 27 owed, 28 owed, 29 owed"
    assert Pause.objects.get().state == "over"
    with pytest.raises(CannotPause, match="la poste"):
        resume(subscription.pk, [begun[0].pk], actor=ELODIE, at=noon(date(2026, 12, 16)), reason=WHY)
    posted(26, on=date(2027, 3, 15), at=noon(date(2027, 3, 15)))
    assert copies(subscription) == "26 served, 27 owed, 28 owed, 29 owed"


def test_a_posting_that_was_missed_is_made_good_by_the_sweep():
    subscription = subscriber()
    put_off(subscription, 25)
    Issue.objects.filter(number=25).update(state="posted", posted_on=date(2026, 12, 15))
    assert end_pauses(actor=job("pauses"), at=noon(date(2026, 12, 16))) == 1
    assert end_pauses(actor=job("pauses"), at=noon(date(2026, 12, 16))) == 0
    assert copies(subscription) == "26 owed, 27 owed, 28 owed, 29 owed"


def test_an_announced_renewal_goes_back_to_the_plan_and_is_announced_anew():
    from tests.renewals.people import announced

    subscription = subscriber()
    renewal = announced(subscription, renews_on=date(2027, 11, 23))
    at = datetime(2027, 8, 1, 9, 0, tzinfo=UTC)
    put_off(subscription, 28, at=at)
    renewal.refresh_from_db()
    assert (renewal.state, renewal.renews_on) == ("planned", date(2027, 12, 16))
    assert steps(renewal) == [
        ("announced", "planned", date(2027, 12, 16), "moved later after it was announced"),
    ]
    resume(subscription.pk, [Pause.objects.get().pk], actor=ELODIE, at=at, reason=WHY)
    renewal.refresh_from_db()
    assert (renewal.state, renewal.renews_on) == ("planned", date(2027, 12, 16)), "announced once: never earlier"


def test_a_plan_nobody_was_told_of_follows_both_ways():
    subscription = subscriber()
    at = noon(date(2027, 8, 12))
    plan_on(date(2027, 9, 9))
    begun, _foreseen = put_off(subscription, 28, at=at)
    assert the_renewal(subscription).renews_on == date(2027, 12, 16)
    resume(subscription.pk, [begun[0].pk], actor=ELODIE, at=at, reason=WHY)
    assert (the_renewal(subscription).state, the_renewal(subscription).renews_on) == ("planned", date(2027, 11, 23))


def test_letters_say_it_and_none_says_what_is_no_longer_true(post):
    from subscriptions.notices.delivering import deliver

    subscription = subscriber()
    deliver(10, at=NOW)
    post.clear()
    put_off(subscription, 25, 26)
    deliver(10, at=NOW)
    [letter] = post
    assert letter.subject == "ActuIA\u00a0: vous ne recevrez pas les n°\u00a025 et n°\u00a026"
    begun, _foreseen = list(Pause.objects.filter(state="held")), None
    resume(subscription.pk, [one.pk for one in begun], actor=ELODIE, at=NOW, reason=WHY)
    put_off(subscription, 25)
    assert sorted(Notice.objects.filter(kind__startswith="pause").values_list("kind", "state")) == [
        ("pause_confirmed", "queued"),
        ("pause_confirmed", "sent"),
        ("pause_ended", "queued"),
    ]
    deliver(10, at=NOW)
    assert Notice.objects.get(kind="pause_ended").failure == "the reader has chosen otherwise since"
    assert post[-1].subject == "ActuIA\u00a0: vous ne recevrez pas le n°\u00a025"


def test_what_was_shown_is_compared_under_the_locks():
    """The page was read, and between its own look and the locks an issue is moved by a day: it is shown again."""
    subscription = subscriber()
    shown = without(standing_of(subscription, on=TODAY), [25]).seal
    Issue.objects.filter(number=29).update(post_on=date(2027, 12, 20))
    with pytest.raises(Changed) as changed:
        pause(subscription.pk, [25], actor=reader(subscription.payer), at=NOW, reason="", shown=shown)
    assert (Pause.objects.count(), EntitlementMovement.objects.filter(kind="hold").count()) == (0, 0)
    [paused], _seen = pause(
        subscription.pk, [25], actor=reader(subscription.payer), at=NOW, reason="", shown=changed.value.foreseen.seal
    )
    with pytest.raises(Changed):
        resume(subscription.pk, [paused.pk], actor=reader(subscription.payer), at=NOW, reason="", shown=shown)
    assert Pause.objects.get().state == "held"
