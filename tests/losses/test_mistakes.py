"""Mistakes in the running code: each is made on purpose, its story is told, and the invariant of its name sees it.

What the database refuses by itself is tested where it is refused; these leave every constraint whole. Without the mistake
the same story is sound, so that each of them can fail.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shop.watch.audit import breaches
from subscriptions.fulfilment import freezing as files
from subscriptions.fulfilment.free_copies import give_free
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.posting import post_run
from subscriptions.losses import answering, claiming, freezing, resending, returning
from subscriptions.losses.deciding import decide_by_hand
from subscriptions.losses.resending import make
from subscriptions.models import AddressDoubt, Claim, EntitlementMovement, Subscription
from subscriptions.moving import move_copies
from subscriptions.stopping.terminating import end_now
from tests.institutions.papers import LIBRARY, postal_label, take
from tests.losses.people import CLERK, at, buys, claims, comes_back, copy_of, in_stock, issue, posted
from tests.makers import COLLEAGUE, make_magazine, make_offers

Patch = pytest.MonkeyPatch
CLAIMED = date(2027, 1, 4)
LATER = at(date(2027, 1, 20))


@pytest.fixture
def reader(db) -> Subscription:
    """One reader of a fixed term, to whom no. 25 is owed."""
    return buys(make_offers(make_magazine())["fixed"])


def sends_again(when: datetime = LATER) -> None:
    """What was approved of no. 25 leaves."""
    run = make(issue(25).pk, actor=CLERK, at=when)
    hand_over(run.pk, actor=CLERK, at=when)
    count_received(run.pk, copies=run.copies or 0, actor=CLERK, at=when)
    post_run(run.pk, on=when.date(), actor=CLERK, at=when)


# --- stories ---


def a_claim_is_sent_again(reader: Subscription) -> None:
    posted(reader)
    in_stock()
    claims(reader)
    sends_again()


def two_claims_and_one_copy_in_stock(reader: Subscription) -> None:
    other = buys(reader.offer, email="luc@example.fr")
    posted(reader, other)
    in_stock(copies=2)
    claims(reader)
    claims(other)
    in_stock_by_count(1)
    sends_again()


def in_stock_by_count(copies: int) -> None:
    from subscriptions.losses.stock import enter

    enter(issue(25).pk, "counted", copies, actor=CLERK, at=LATER, reason="inventaire")


def sent_again_twice(reader: Subscription) -> None:
    a_claim_is_sent_again(reader)
    try:
        sends_again(LATER + timedelta(days=7))
    except resending.CannotClose:
        return


def a_copy_comes_back_and_the_next_issue_leaves(reader: Subscription) -> None:
    posted(reader)
    comes_back(reader)
    posted(number=26, on=date(2027, 3, 15))


def a_copy_comes_back_and_its_reader_answers(reader: Subscription) -> None:
    posted(reader)
    a_copy_of_it_comes_back(reader)


def a_claim_is_refused_and_its_copy_comes_back(reader: Subscription) -> None:
    posted(reader)
    one = claims(reader, when=at(date(2026, 12, 16)))
    assert one.state == "on_desk"
    decide_by_hand(one.pk, "refused", actor=CLERK, at=at(date(2026, 12, 20)), reason="le facteur l’a déposé")
    in_stock()
    a_copy_of_it_comes_back(reader)


def a_copy_of_it_comes_back(reader: Subscription) -> None:
    comes_back(reader)
    answering.answer(AddressDoubt.objects.get().pk, actor=CLERK, at=LATER, reason="au téléphone")


def an_institution_of_two_copies(reader: Subscription) -> None:
    take(quantity=2)
    posted(reader)


def free_copies_of_a_school(reader: Subscription) -> None:
    give_free(
        issue(25).magazine_id, LIBRARY, postal_label(LIBRARY), kind="free", copies=3, from_number=25, until_number=26,
        actor=CLERK, reason="partenariat", at=at(date(2026, 11, 24)),
    )  # fmt: skip
    posted(reader)


def a_claim_waits_and_the_subscription_ends(reader: Subscription) -> None:
    posted(reader)
    in_stock()
    claims(reader)
    end_now(reader.pk, "death", actor=COLLEAGUE, at=at(date(2027, 1, 6)), reason="la famille a appelé")
    try:
        sends_again()
    except resending.CannotClose:
        return


# --- mistakes ---


def sends_again_what_was_sent_again(patch: Patch) -> None:
    """Whoever looks for claims of two states where one was meant."""

    def resend(issue_id: int) -> Any:
        return Claim.objects.filter(issue=issue_id, state__in=("approved", "resent"))

    patch.setattr(freezing, "to_resend", resend)
    patch.setattr(resending, "to_resend", resend)


def sends_more_than_is_there(patch: Patch) -> None:
    """The stock is not looked at, and not written down."""
    patch.setattr(
        freezing, "_as_far_as_stock_goes", lambda run: (list(freezing.to_resend(run.issue_id).order_by("pk")), 0)
    )
    patch.setattr(freezing, "append", lambda *given, **named: None)


def takes_one_out_of_stock_whatever_leaves(patch: Patch) -> None:
    """A counter where a sum was meant."""
    append = freezing.append
    patch.setattr(
        freezing, "_as_far_as_stock_goes",
        lambda run: (list(freezing.to_resend(run.issue_id).select_related("entitlement__term").order_by("pk")), 0),
    )  # fmt: skip
    patch.setattr(freezing, "append", lambda issue, kind, copies, **named: append(issue, kind, -1, **named))


def holds_nothing(patch: Patch) -> None:
    """Addresses in doubt are asked about, and copies leave for them all the same."""
    patch.setattr(returning, "hold", lambda *given, **named: 0)
    patch.setattr(files, "hold_of_issue", lambda *given, **named: 0)


def forgets_what_came_back(patch: Patch) -> None:
    """The copies to come are released, and the one that came back is nobody's."""
    patch.setattr(answering, "resend_what_came_back", lambda *given, **named: [])


def asks_the_rules_about_nothing(patch: Patch) -> None:
    """Returns are written down, and no sweep looks at them."""
    patch.setattr("tests.losses.people.follow", lambda **named: 0)


def asks_about_no_address(patch: Patch) -> None:
    """The rules were asked, and what they said was dropped."""
    patch.setattr(returning.moving, "doubt", lambda *given, **named: None)


def drops_the_second_copy(patch: Patch) -> None:
    """Every line is one copy."""
    patch.setattr(files, "FREEZE", files.FREEZE.replace("owed.quantity AS copies", "1 AS copies"))


def leaves_free_copies_out(patch: Patch) -> None:
    """A condition too many."""
    patch.setattr(files, "FREEZE", files.FREEZE.replace("free.ended_at IS NULL", "free.ended_at IS NOT NULL"))


def sends_after_the_end(patch: Patch) -> None:
    """Approved is approved."""

    def resend(issue_id: int) -> Any:
        return Claim.objects.filter(issue=issue_id, state__in=("approved", "on_desk"))

    patch.setattr(freezing, "to_resend", resend)
    patch.setattr(resending, "to_resend", resend)


def takes_a_refusal_for_the_last_word(patch: Patch) -> None:
    """As it was: a claim is one for ever, unless it was sent again."""
    again = claiming._again
    patch.setattr(claiming, "_again", lambda before, **named: before.state == "resent" and again(before, **named))


def tells_nobody_what_becomes_of_claims(patch: Patch) -> None:
    """No letter is queued."""
    patch.setattr(claiming, "tell", lambda *given, **named: True)


def tells_nobody_of_returns(patch: Patch) -> None:
    """No letter asks where they live."""
    patch.setattr(returning, "tell", lambda *given, **named: True)


Story = Callable[[Subscription], None]
MISTAKES: tuple[tuple[Callable[[Patch], None], Story, str, str], ...] = (
    (sends_again_what_was_sent_again, sent_again_twice, "COPIES", "sent again, and nobody had claimed it"),
    (sends_more_than_is_there, two_claims_and_one_copy_in_stock, "COPIES", "sent again, and not out of stock"),
    (takes_one_out_of_stock_whatever_leaves, two_claims_and_one_copy_in_stock, "COPIES", "sent again, and not out of stock"),
    (holds_nothing, a_copy_comes_back_and_the_next_issue_leaves, "COPIES", "sent to an address in doubt"),
    (forgets_what_came_back, a_copy_comes_back_and_its_reader_answers, "COPIES", "came back, its address is known, and it is not owed again"),
    (asks_the_rules_about_nothing, a_copy_comes_back_and_the_next_issue_leaves, "COPIES", "came back, and nobody has looked at it"),
    (asks_about_no_address, a_copy_comes_back_and_the_next_issue_leaves, "COPIES", "came back, and nobody has asked where its reader lives"),
    (
        takes_a_refusal_for_the_last_word, a_claim_is_refused_and_its_copy_comes_back, "COPIES",
        "came back, its address is known, and it is not owed again",
    ),
    (drops_the_second_copy, an_institution_of_two_copies, "COPIES", "carries another number of copies than its term promises of each issue"),
    (leaves_free_copies_out, free_copies_of_a_school, "COPIES", "are not in it"),
    (sends_after_the_end, a_claim_waits_and_the_subscription_ends, "STOPPED", "put in a file after its contract was stopped"),
    (tells_nobody_what_becomes_of_claims, a_claim_is_sent_again, "TOLD", "claimed, and no letter says what becomes of it"),
    (tells_nobody_of_returns, a_copy_comes_back_and_the_next_issue_leaves, "TOLD", "its reader was not asked for the address"),
)  # fmt: skip
SEEN_ON = at(date(2027, 3, 16))


def seen() -> list[tuple[str, str]]:
    """Invariants of copies and of losses that do not hold, each with its sentence; letters are not delivered here."""
    found = [(name, sentence) for name, subject, sentence in breaches(SEEN_ON) if not subject.startswith("notice:")]
    return [one for one in found if one[0] in ("COPIES", "BALANCED", "STOPPED", "TOLD")]


@pytest.mark.parametrize(
    ("mistake", "story", "invariant", "sentence"), MISTAKES, ids=[mistake.__name__ for mistake, *_rest in MISTAKES]
)
def test_a_mistake_is_seen_by_its_invariant(reader, monkeypatch, mistake, story, invariant, sentence):
    mistake(monkeypatch)
    story(reader)
    found = seen()
    assert any(name == invariant and said.endswith(sentence) for name, said in found), found


@pytest.mark.parametrize(
    "story", dict.fromkeys(story for _mistake, story, *_rest in MISTAKES), ids=lambda one: one.__name__
)
def test_without_the_mistake_the_same_story_is_sound(reader, story):
    story(reader)
    assert seen() == []


def test_a_held_copy_that_is_put_in_a_file_is_seen(reader):
    copy = copy_of(reader)
    move_copies([copy], "hold", on=CLAIMED, actor=CLERK, at=LATER, reason="attente")
    EntitlementMovement.objects.create(
        entitlement=copy, kind="assign", issue=copy.issue, actor=str(CLERK), reason="", on=CLAIMED, at=LATER
    )
    assert ("COPIES", "put in a file after hold") in seen()
