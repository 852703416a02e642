"""What the reader's pages say of a subscription, in plain sentences, from the one calculator of dates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from shop.account.doors import may_choose, may_move, may_pay
from shop.account.gifts import gift_words, gifts_of, gone_elsewhere
from shop.account.receipts import left_words, receipt_words
from shop.losses.saying import Losses, asked_for_address, losses_of
from shop.storefront.covers import season_of
from shop.templatetags.french import day, issue_number
from subscriptions.calendar import IssueDates, is_open
from subscriptions.dates import LIVING, CopyDates, Means, SubscriptionDates, dates_of_subscriptions
from subscriptions.digital.rights import readable
from subscriptions.losses.links import address_path, claim_path
from subscriptions.models import Entitlement, Offer, Subscription
from subscriptions.models import Renewal as Plan
from subscriptions.moving import GONE
from subscriptions.notices.french import issues, month
from subscriptions.receipts import Receipt, receipts_of
from subscriptions.renewals.by_hand import BY_HAND
from subscriptions.renewals.links import pay_path
from subscriptions.renewals.links_by_choice import renew_path
from subscriptions.stopping.reading import stopped_and_waiting

State = Subscription.State
Copy = Entitlement.State

STATES: dict[str, tuple[Any, str]] = {
    State.PENDING: (gettext_lazy("beginning"), "wait"),
    State.ACTIVE: (gettext_lazy("active"), "good"),
    State.GRACE: (gettext_lazy("payment expected"), "wait"),
    State.LAPSED: (gettext_lazy("lapsed"), ""),
    State.ENDED: (gettext_lazy("ended"), ""),
}
STOPPED = (gettext_lazy("stopped"), "")
#: Icon, tone and word of a copy by its state; `owed` says more with the issue's own dates.
COPIES: dict[str, tuple[str, str, Any]] = {
    Copy.OWED: ("clock", "", gettext_lazy("to come")),
    Copy.ASSIGNED: ("letter", "wait", gettext_lazy("about to leave")),
    Copy.SERVED: ("check", "good", gettext_lazy("posted")),
    Copy.HELD: ("pause", "wait", gettext_lazy("on hold")),
    Copy.CREDITED: ("cross", "", gettext_lazy("given back")),
    Copy.VOID: ("cross", "", gettext_lazy("cancelled")),
}
#: The next year is not paid, and its reader may pay it; its payment is being made.
WAITS_FOR_READER = frozenset({Plan.State.RETRYING, Plan.State.AWAITING_READER, Plan.State.MANUAL})
ON_ITS_WAY = frozenset({Plan.State.CHARGING, Plan.State.UNRESOLVED})
#: How many copies are still to come when the card offers another year: as early as the first reminder (law.md 7.7).
RENEWED_FROM = 2
#: A number beyond every issue: what is not planned yet stands last.
MANY = 10**6
BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "cartes_bancaires": "Carte Bancaire"}


def cards(request: HttpRequest, subscriptions: Sequence[Subscription], *, on: date) -> list[dict[str, Any]]:
    """The reading-room card of each subscription, the living ones first. Queries do not grow with their number."""
    dates = dates_of_subscriptions(subscriptions, on=on)
    stopped = stopped_and_waiting([one.pk for one in subscriptions])
    keys = [one.pk for one in subscriptions]
    gifts, lost, asked = gifts_of(subscriptions), losses_of(keys), asked_for_address(keys)
    online = readable(subscriptions, reader_id=request.user.pk or 0, on=on)
    receipts = receipts_of(keys)
    # What somebody was given and goes on in a subscription of theirs is shown there.
    shown = [one for one in subscriptions if one.payer_id == request.user.pk or one.pk not in gone_elsewhere(gifts)]
    ordered = sorted(shown, key=lambda one: (one.state not in LIVING, -one.pk))
    return [
        card(
            request,
            one,
            dates[one.pk],
            stopped=one.pk in stopped,
            online={number for key, number in online if key == one.pk},
            receipts=receipts[one.pk],
            lost=lost,
            asked=one.pk in asked,
        )
        | gift_words(request, one, gifts.get(one.pk))
        for one in ordered
    ]


def card(
    request: HttpRequest,
    subscription: Subscription,
    dates: SubscriptionDates,
    *,
    stopped: bool = False,
    online: Collection[int] = (),
    receipts: Mapping[tuple[int, int], Receipt] = MappingProxyType({}),
    lost: Losses = MappingProxyType({}),
    asked: bool = False,
) -> dict[str, Any]:
    """One card, as `templates/account/home.html` wants it.

    `stopped`: given up by its reader, its money to follow. `online`: the issues that this reader may read on a screen.
    `receipts`: what happened to each copy, by term and rank. `lost`: what became of lost copies. `asked`: copies came back,
    and its reader is asked for the address.
    """
    word, tone = STOPPED if stopped else STATES[subscription.state]
    living = subscription.state in LIVING and not stopped
    known = dates.next_issue or dates.first_issue
    movable = may_move(request, subscription)
    return {
        "number": subscription.number or "",
        "title": subscription.magazine.title,
        "offer": subscription.offer.title,
        "living": living,
        "state_word": word,
        "state_tone": tone,
        "season": season_of(known.cover_month).slug if known else "winter",
        "next": shown_issue(dates.next_issue),
        "lines": subscription.recipient.address.lines if movable else [subscription.recipient.name],
        "starts_on": dates.starts_on,
        "ends_on": dates.ends_on,
        "copies_owed": dates.copies_left,
        "quantity": dates.quantity,
        "renews_on": dates.renewal.on if dates.renewal else None,
        "renewal_amount": dates.renewal.amount if dates.renewal else None,
        "refuse_until": dates.renewal.refuse_until
        if dates.renewal and dates.on <= dates.renewal.refuse_until
        else None,
        "yearly_price": dates.yearly_price,
        "means": means_words(dates.means),
        "withdrawal_open": dates.withdrawal_open and living,
        "withdraw_until": dates.withdraw_until if dates.withdrawal_open else None,
        "sentence": _("You have stopped it: nothing more is debited, and your money follows.")
        if stopped
        else sentence(subscription, dates),
        "copies": sorted(
            [
                *(
                    copy_line(copy, paused=bool(dates.paused))
                    | {"read_url": read_url(subscription, copy) if copy.issue and copy.issue.number in online else None}
                    | (receipt(receipts.get((copy.term, copy.rank)), on=dates.on) if copy.issue else {})
                    | (_about_loss(subscription, copy, dates, lost) if movable else {})
                    for copy in dates.copies
                ),
                *(paused_line(issue) for issue in dates.paused),
            ],
            key=lambda line: line["place"],
        ),
        "paused": bool(dates.paused),
        "last": last_words(dates),
        "left": left_words(dates.copies_left),
        "pause_url": reverse("account_pause", args=[subscription.pk])
        if living and movable and pausable(dates)
        else None,
        "address_url": reverse("account_address", args=[subscription.pk]) if living and movable else None,
        "address_wanted_url": address_path(subscription.pk, on=dates.on) if asked and movable else None,
        "stay_url": reverse("account_stay", args=[subscription.pk]) if living and movable else None,
        "card_url": reverse("account_card", args=[subscription.pk]) if may_pay(request, subscription) else None,
        "pay_url": pay_url(request, subscription, dates) if not stopped else None,
        "renew_url": renew_url(request, subscription, dates) if not stopped else None,
        "stop_url": function("terminate", subscription) if living else None,
        "withdraw_url": function("withdraw", subscription) if dates.withdrawal_open and living else None,
        "renewal_url": reverse("account_renewal", args=[subscription.pk])
        if living and may_choose(request, subscription, dates)
        else None,
    }


def _about_loss(subscription: Subscription, copy: CopyDates, dates: SubscriptionDates, lost: Losses) -> dict[str, Any]:
    """What became of a copy that was lost, and the way to say that one did not arrive; of what was posted.

    Before its days a person looks at it, and none is refused (C. conso L216-2).
    """
    if copy.state != Copy.SERVED or copy.issue is None:
        return {}
    known = lost.get((subscription.pk, copy.issue.number))
    said: dict[str, Any] = {"lost": known.sentence if known else ""}
    if known is None or known.claimable:
        said["claim_url"] = f"{claim_path(subscription.pk, on=dates.on)}?numero={copy.issue.number}"
    return said


def receipt(found: Receipt | None, *, on: date) -> dict[str, str]:
    """What happened to a copy, in the place of the sentence; nothing where nothing has happened yet."""
    return {"sentence": receipt_words(found, on=on)} if found is not None and found.steps else {}


def read_url(subscription: Subscription, copy: CopyDates) -> str | None:
    """Where the issue of a copy is read on a screen; for a copy that comes, or has come."""
    if copy.issue is None or copy.state in GONE or copy.state == Copy.HELD:
        return None
    return reverse("account_digital", args=[subscription.pk, copy.issue.number])


def renew_url(request: HttpRequest, subscription: Subscription, dates: SubscriptionDates) -> str | None:
    """The payer's way to another year: once it is near its last issues, or lapsed; a living automatic one needs none."""
    near = subscription.state == State.ACTIVE and dates.copies_left <= RENEWED_FROM
    fixed = subscription.renewal == Offer.Renewal.FIXED
    if subscription.payer_id != request.user.pk or not dates.copies or subscription.is_gift:
        return None
    if subscription.state != State.LAPSED and not (near and fixed):
        return None
    return renew_path(subscription, term=max(copy.term for copy in dates.copies))


def pay_url(request: HttpRequest, subscription: Subscription, dates: SubscriptionDates) -> str | None:
    """The payer's way to the page on which the next year is paid, when it waits for them or its charge failed."""
    renewal = dates.renewal or dates.by_choice
    if renewal is None or renewal.plan is None or subscription.payer_id != request.user.pk:
        return None
    return pay_path(renewal.plan) if renewal.state in WAITS_FOR_READER else None


def sentence(subscription: Subscription, dates: SubscriptionDates) -> str:
    """What is going on when it is not simply active; an empty string when it is."""
    if subscription.state == State.GRACE:
        return unpaid(dates)
    if subscription.state == State.LAPSED and dates.ends_on:
        return _("It was paid for until %(date)s. Subscribe again to receive the next issues.") % {
            "date": day(dates.ends_on)
        }
    if subscription.state == State.ENDED:
        return _("It has ended: nothing more is sent, and nothing more is debited.")
    if dates.by_choice and dates.by_choice.plan and dates.by_choice.plan.why == BY_HAND:
        return _(
            "It is no longer renewed by itself: nothing will be debited, and another year is yours to choose. "
            "We have written to you how."
        )
    if dates.by_choice:
        return _(
            "It was to renew itself on %(date)s. We could not announce it in time, so nothing will be debited: "
            "another year is yours to choose. We have written to you how."
        ) % {"date": day(dates.by_choice.on)}
    if dates.renewal and dates.means is None:
        return _("No means of payment is kept: choose one, or it ends on %(date)s.") % {"date": day(dates.renewal.on)}
    if dates.means_ends_first and dates.renewal:
        return _("Your card ends before the debit of %(date)s. Please choose another one.") % {
            "date": day(dates.renewal.on)
        }
    if dates.paused:
        return ngettext(
            "%(issues)s is put off: a later issue comes in its place.",
            "%(issues)s are put off: later issues come in their place.",
            len(dates.paused),
        ) % {"issues": issues([issue.printed for issue in dates.paused])}
    if any(copy.state == Copy.HELD for copy in dates.copies):
        return _("Your copies are on hold: none is lost.")
    if subscription.renewal == Offer.Renewal.FIXED and dates.copies_left == 0 and dates.copies:
        return _("All the copies you paid for are posted. Subscribe again to receive the next issues.")
    return ""


def unpaid(dates: SubscriptionDates) -> str:
    """Where the payment of the next year stands that should have arrived."""
    plan = dates.renewal.plan if dates.renewal else None
    if plan is not None and plan.state in ON_ITS_WAY:
        return _("The payment for the next year is on its way. There is nothing for you to do.")
    if plan is not None and plan.state == Plan.State.RETRYING and plan.next_try_on:
        return _(
            "Your bank has refused the payment for the next year. We try again on %(date)s; you can pay it yourself before. "
            "Your copies wait for it."
        ) % {"date": day(max(plan.next_try_on, dates.on))}
    if plan is not None and plan.state == Plan.State.AWAITING_READER:
        return _("The next year could not be debited, and waits for you: you can pay it here. Your copies wait for it.")
    return _("The last payment did not arrive. Your copies wait for it; we have written to you.")


def pausable(dates: SubscriptionDates) -> bool:
    """Whether there may be something to put off, or to take back: the page itself looks closer."""
    return bool(dates.paused) or any(
        copy.state in (Copy.OWED, Copy.HELD) and copy.issue is not None and is_open(copy.issue, on=dates.on)
        for copy in dates.copies
    )


def last_words(dates: SubscriptionDates) -> str:
    """The last issue of what was paid for, while a pause moves it; an empty string else."""
    if not dates.paused or dates.last_number is None:
        return ""
    said = {"number": issue_number(dates.last_printed)}
    if dates.last_issue is None:
        return _("%(number)s, whose date is not set yet") % said
    return _("%(number)s, posted about %(date)s") % (said | {"date": day(dates.last_issue.post_on)})


def paused_line(issue: IssueDates) -> dict[str, Any]:
    """An issue that does not come, on the time line of copies."""
    return {
        "number": issue.printed,
        "place": issue.number,
        "month": month(issue.cover_month, issue.cover_year),
        "icon": "pause",
        "tone": "wait",
        "word": _("put off"),
        "sentence": _("It is not sent to you: a later issue comes in its place."),
    }


def copy_line(copy: CopyDates, *, paused: bool = False) -> dict[str, Any]:
    """One line of the time line of copies. `paused`: what is held is only put off, and comes with the issue it has now."""
    if paused and copy.state == Copy.HELD:
        copy = replace(copy, state=Copy.OWED)
    icon, tone, word = COPIES[copy.state]
    issue = copy.issue
    return {
        "number": issue.printed if issue else None,
        # What another house has sent came before all that we know of.
        "earlier": issue is None and copy.state == Copy.SERVED,
        "place": issue.number if issue else 0 if copy.state == Copy.SERVED else MANY,
        "month": month(issue.cover_month, issue.cover_year) if issue else "",
        "icon": icon,
        "tone": tone,
        "word": word,
        "sentence": copy_sentence(copy),
    }


def copy_sentence(copy: CopyDates) -> str:
    """When a copy comes, came, or why it does not."""
    issue = copy.issue
    if copy.state == Copy.CREDITED:
        return _("Its price was given back to you.")
    if copy.state == Copy.VOID:
        return _("It will not be sent.")
    if copy.state == Copy.HELD:
        return _("It leaves once the hold is over.")
    if issue is None and copy.state == Copy.SERVED:
        return _("It was sent to you before this shop served your subscription.")
    if issue is None:
        return _("Its date is not set yet.")
    if copy.sent_again_on:
        return _("Sent again on %(date)s.") % {"date": day(copy.sent_again_on)}
    if issue.posted_on is None:
        return _("To be posted about %(date)s.") % {"date": day(issue.post_on)}
    if copy.state == Copy.SERVED:
        return _("Posted on %(date)s.") % {"date": day(issue.posted_on)}
    return _("The issue was posted on %(date)s; yours leaves with the next parcel.") % {"date": day(issue.posted_on)}


def shown_issue(issue: IssueDates | None) -> dict[str, Any] | None:
    """An issue as the templates print it."""
    if issue is None:
        return None
    return {"number": issue.printed, "month": month(issue.cover_month, issue.cover_year), "post_date": issue.post_on}


def means_words(means: Means | None) -> str:
    """« Visa •••• 4242, 08/2028 », « Prélèvement SEPA •••• 3000 »; an empty string when none is kept."""
    if means is None:
        return ""
    name = BRANDS.get(means.brand) or (means.brand.capitalize() if means.brand else _("Card"))
    if means.kind == "sepa_debit":
        name = _("SEPA direct debit")
    words = f"{name}\u00a0••••\u00a0{means.last4}" if means.last4 else name
    return f"{words}, {means.ends_on:%m/%Y}" if means.ends_on else words


def function(name: str, subscription: Subscription) -> str:
    """One of the two functions that need no account, filled in with this subscription; the steps are the same."""
    return f"{reverse(name)}?{urlencode({'abonnement': subscription.number or ''})}"
