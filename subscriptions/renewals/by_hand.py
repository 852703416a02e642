"""What a colleague may do to the renewals of readers, one or hundreds: each act says beforehand what it will do to each.

An act is two functions: `look` reads any number of renewals and says of each what would happen, or why nothing may; `do`
locks one, looks again, and acts. What a preview showed is thus what is asked again under the lock, by the same words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from subscriptions.calendar import legal_notice_window
from subscriptions.models import Notice, Offer, Renewal
from subscriptions.notices.queueing import queue
from subscriptions.paper.addressing import by_post_among
from subscriptions.renewals.checks import usable
from subscriptions.renewals.falling_due import LIVING, by_choice
from subscriptions.renewals.foreseeing import legal_to_come, pre_debit_to_come
from subscriptions.renewals.locking import lock
from subscriptions.renewals.matters import CARD, LEGAL, MOST, announced_once, letters
from subscriptions.renewals.moving import OVER, follow, move
from subscriptions.renewals.noticing import draft
from subscriptions.renewals.standing import standings
from subscriptions.stopping.choosing import turn_off

State = Renewal.State
#: What `Renewal.why` says of one that a colleague made so.
BY_HAND = "Laissée au choix du lecteur par un membre de l’équipe."
#: A charge is put off by so many days at most.
LATEST = timedelta(days=366)
WAITING = (Notice.State.QUEUED, Notice.State.SENDING)


class CannotDo(ValidationError):
    """The act may not be done to this renewal, or not any more; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would happen to one renewal, in a sentence; or, in `why_not`, why nothing may."""

    will: str = ""
    why_not: str = ""


Outlooks = Mapping[int, Outlook]


def _day(on: date) -> str:
    return on.strftime("%d/%m/%Y")


def look_at_choice(renewals: Sequence[Renewal], *, on: date) -> Outlooks:
    """Never charged, the reader is told how to go on. No queries."""
    open_to_it = (State.PLANNED, State.ANNOUNCED, State.DUE)
    return {
        one.pk: Outlook(_("Never charged; the reader is written to and may choose another year."))
        if one.state in open_to_it and one.subscription.state in LIVING
        else Outlook(why_not=_("It has gone too far: it is charged, over, or by choice already."))
        for one in renewals
    }


@transaction.atomic
def make_by_choice(key: int, *, actor: Actor, at: datetime, reason: str) -> Outlook:
    """Leave a renewal to its reader's choice. Moves it, queues the letter, writes the act. Raises CannotDo."""
    renewal = _locked(key)
    outlook = _may(look_at_choice([renewal], on=paris_day(at)), renewal)
    by_choice([renewal], why=BY_HAND, actor=actor, at=at, reason=reason, by_hand=True)
    _record("made a renewal by choice", renewal, actor=actor, at=at, reason=reason)
    return outlook


def look_at_off(renewals: Sequence[Renewal], *, on: date) -> Outlooks:
    """No further year; the reader is told as if they had done it. No queries."""
    found = {}
    for one in renewals:
        if one.subscription.renewal != Offer.Renewal.AUTOMATIC:
            found[one.pk] = Outlook(why_not=_("Automatic renewal is off already."))
        elif one.state in (State.CHARGING, State.UNRESOLVED):
            found[one.pk] = Outlook(_("Off from now on; the charge that is on its way is given back if it succeeds."))
        elif one.state in OVER:
            found[one.pk] = Outlook(why_not=_("This renewal is over."))
        else:
            found[one.pk] = Outlook(_("Off from now on; nothing more is charged, the copies paid for are still sent."))
    return found


@transaction.atomic
def turn_it_off(key: int, *, actor: Actor, at: datetime, reason: str) -> Outlook:
    """Turn automatic renewal off for the reader. Cancels the plan, queues the letter, writes the act. Raises CannotDo.

    Nothing is locked here: `turn_off` begins with the payments, as the agreed order has it, and looks again.
    """
    renewal = Renewal.objects.select_related("subscription").get(pk=key)
    outlook = _may(look_at_off([renewal], on=paris_day(at)), renewal)
    if not turn_off(renewal.subscription_id, actor=actor, at=at, reason=reason):
        raise CannotDo(_("Automatic renewal is off already."))
    _record("turned renewal off", renewal, actor=actor, at=at, reason=reason)
    return outlook


def look_at_later(renewals: Sequence[Renewal], *, on: date, to: date) -> Outlooks:
    """Charged on a later day, with fresh notices inside their windows. A dozen queries at most.

    Only what was announced is put off: a plan that nobody was told of follows the calendar, and would come back to it.
    """
    # A letter alone holds a plan to the day that it names, so that it would come back to it as well.
    known = announced_once([one for one in renewals if one.state == State.PLANNED])
    known |= {one.pk for one in renewals if one.state == State.ANNOUNCED}
    by_post = by_post_among([one.subscription_id for one in renewals])
    standing = {one.subscription.pk: one for one in standings([one.subscription for one in renewals], renewals, on=on)}
    found = {}
    for one in renewals:
        subscription = one.subscription
        on_paper = subscription.pk in by_post
        legal = legal_to_come(subscription, to, on=on, by_post=on_paper)
        if one.pk not in known:
            why_not = _("Only an announced renewal is put off: this one was not announced, or has gone too far.")
        elif not one.renews_on < to <= one.renews_on + LATEST:
            why_not = _("Its day is %(day)s: it is put off to a later one only, by a year at most.") % {
                "day": _day(one.renews_on)
            }
        elif standing[subscription.pk].price_on(to) is None:
            why_not = _("There is no price for its zone on that day.")
        elif legal.on is None:
            why_not = _("A new legal notice can no longer reach its reader in time for that day.")
        else:
            debit = pre_debit_to_come(subscription, to, legal, on=on, by_post=on_paper)
            will = _(
                "Charged on %(to)s instead of %(day)s; new legal notice on %(legal)s, debit announced on %(debit)s."
            )
            found[one.pk] = Outlook(
                will
                % {
                    "to": _day(to),
                    "day": _day(one.renews_on),
                    "legal": _day(legal.on),
                    "debit": _day(debit.on or to),
                }
            )
            continue
        found[one.pk] = Outlook(why_not=why_not)
    return found


@transaction.atomic
def put_off(key: int, *, to: date, actor: Actor, at: datetime, reason: str) -> Outlook:
    """Put a charge off to a later day: a plan again, at the price of that day, with letters of its own. Raises CannotDo."""
    renewal = _locked(key)
    outlook = _may(look_at_later([renewal], on=paris_day(at), to=to), renewal)
    [standing] = standings([renewal.subscription], [renewal], on=paris_day(at))
    price = standing.price_on(to)
    if price is None:
        raise CannotDo(_("There is no price for its zone on that day."))
    former, renewal.renews_on = renewal.renews_on, to
    renewal.price, renewal.amount = price, price.amount
    if renewal.state == State.PLANNED:
        follow([renewal], actor=actor, at=at, reason=reason)
    else:
        move([renewal], State.PLANNED, actor=actor, at=at, reason=reason)
    _record(
        "put a charge off", renewal, actor=actor, at=at, reason=reason, former=former.isoformat(), to=to.isoformat()
    )
    return outlook


def look_at_card(renewals: Sequence[Renewal], *, on: date) -> Outlooks:
    """The reader is asked for another means of payment, at most once a day. One query."""
    waiting = [one for one in renewals if one.state in (State.PLANNED, State.ANNOUNCED)]
    asked = letters(CARD, waiting, step=on.isoformat())
    found = {}
    for one in renewals:
        if one.state not in (State.PLANNED, State.ANNOUNCED):
            found[one.pk] = Outlook(why_not=_("It has gone too far: another letter asks for its payment."))
        elif usable(one.subscription.saved_method, on=one.renews_on):
            found[one.pk] = Outlook(why_not=_("The means of payment is good on that day."))
        elif not _reached(one):
            found[one.pk] = Outlook(why_not=_("The reader has no e-mail address: write by post."))
        elif one.pk in asked:
            found[one.pk] = Outlook(why_not=_("The reader was asked today already."))
        else:
            found[one.pk] = Outlook(_("The reader is asked by e-mail for another means of payment."))
    return found


@transaction.atomic
def ask_for_another_card(key: int, *, actor: Actor, at: datetime, reason: str) -> Outlook:
    """Ask the reader for another means of payment, today. Queues the letter, writes the act. Raises CannotDo."""
    renewal, on = _locked(key), paris_day(at)
    outlook = _may(look_at_card([renewal], on=on), renewal)
    queue([draft(CARD, renewal, (), at=at, step=on.isoformat())])
    _record("asked for another card", renewal, actor=actor, at=at, reason=reason)
    return outlook


def look_at_notice(renewals: Sequence[Renewal], *, on: date) -> Outlooks:
    """The legal notice once more, where its window is open. One query."""
    waiting = [one for one in renewals if one.state in (State.PLANNED, State.ANNOUNCED)]
    sent = letters(LEGAL, waiting)
    found = {}
    for one in renewals:
        window, mine = legal_notice_window(one.renews_on), sent.get(one.pk, ())
        if one.state not in (State.PLANNED, State.ANNOUNCED):
            found[one.pk] = Outlook(why_not=_("It has gone too far for a legal notice."))
        elif not window.send_from <= on <= window.send_until:
            found[one.pk] = Outlook(
                why_not=_("Its legal notice may leave from %(first)s to %(last)s only.")
                % {"first": _day(window.send_from), "last": _day(window.send_until)}
            )
        elif not _reached(one):
            found[one.pk] = Outlook(why_not=_("The reader has no e-mail address: write by post."))
        elif any(letter.state in WAITING for letter in mine):
            found[one.pk] = Outlook(why_not=_("A legal notice is about to leave already."))
        elif len(mine) >= MOST:
            found[one.pk] = Outlook(why_not=_("It was sent too often: find out why it does not arrive."))
        else:
            found[one.pk] = Outlook(_("The legal notice leaves again, today."))
    return found


@transaction.atomic
def send_notice_again(key: int, *, actor: Actor, at: datetime, reason: str) -> Outlook:
    """Queue the legal notice about the present R once more. Writes the act. Raises CannotDo."""
    renewal = _locked(key)
    outlook = _may(look_at_notice([renewal], on=paris_day(at)), renewal)
    sent = letters(LEGAL, [renewal]).get(renewal.pk, ())
    queue([draft(LEGAL, renewal, sent, at=at, amount=str(renewal.amount.amount))])
    _record("sent a legal notice again", renewal, actor=actor, at=at, reason=reason)
    return outlook


def _reached(renewal: Renewal) -> bool:
    payer = renewal.subscription.payer
    return payer is not None and bool(payer.email)


def _locked(key: int) -> Renewal:
    """The renewal and its subscription, locked in the agreed order. Raises CannotDo where there is none."""
    found = lock(Renewal.objects.filter(pk=key))
    if not found:
        raise CannotDo(_("This renewal does not exist."))
    return found[0]


def _may(outlooks: Outlooks, renewal: Renewal) -> Outlook:
    outlook = outlooks[renewal.pk]
    if outlook.why_not:
        raise CannotDo(outlook.why_not)
    return outlook


def _record(verb: str, renewal: Renewal, *, actor: Actor, at: datetime, reason: str, **facts: str) -> None:
    record_act(
        verb,
        subject=f"subscription:{renewal.subscription_id}",
        actor=actor,
        reason=reason,
        facts={"renewal": renewal.pk, **facts},
        at=at,
    )
