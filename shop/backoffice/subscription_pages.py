"""The page of one subscription: its terms, its dates, every copy and every movement of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.days import paris_day
from shop.account.receipts import left_words, receipt_words
from shop.backoffice import words
from shop.backoffice.doors import desk
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for, name_of
from shop.backoffice.quote_pages import quotes_of
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, show, why
from shop.backoffice.stays import stays_of
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Step, Table, Why, chip
from shop.templatetags.french import euros, issue_number, short_day, stamp
from subscriptions.calendar import IssueDates
from subscriptions.dates import LIVING, SubscriptionDates, dates_of_subscription
from subscriptions.models import (
    AddressChange,
    CarriedTerm,
    EntitlementMovement,
    Gift,
    HandOver,
    Pause,
    RenewalEvent,
    Subscription,
    Term,
)
from subscriptions.prolonging import PROLONGABLE
from subscriptions.receipts import receipts_of


@desk(Right.PEOPLE)
def subscription(request: HttpRequest, key: int) -> HttpResponse:
    """One subscription: its terms, every copy and every movement of it."""
    one = get_object_or_404(
        Subscription.objects.select_related("payer", "holder", "recipient__address", "offer", "saved_method"), pk=key
    )
    user, said = request.user, words.said(words.SUBSCRIPTION, one.state)
    terms = list(one.terms.order_by("number"))
    moves = list(
        EntitlementMovement.objects.filter(entitlement__term__subscription=one)
        .select_related("entitlement__term", "entitlement__issue", "issue")
        .order_by("pk")
    )
    dates = dates_of_subscription(one, on=paris_day(timezone.now()))
    gift = Gift.objects.filter(subscription=one).first() if one.is_gift else None
    detail = Detail(
        kind=_("Subscription"),
        name=str(one),
        crumbs=((_("Reader"), link(user, "customer", one.payer_id)),) if one.payer_id else (),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Offer"), f"{one.offer.title}, {words.RENEWAL[one.renewal]}"),
            *_gift_facts(gift),
            Fact(_("Payer"), name_of(one.payer), link(user, "customer", one.payer_id)),
            Fact(_("Holder"), name_of(one.holder), link(user, "customer", one.holder_id)),
            Fact(_("Recipient"), one.recipient.name, lines=one.recipient.address.lines),
            *_dates(dates),
            Fact(_("Charged by"), words.means(one.saved_method)),
            Fact(_("Since"), stamp(one.created_at)),
        ],
        whys=[
            why(user, one.events.all(), words.SUBSCRIPTION),
            *_gift_story(user, gift),
            _movements(moves),
            *_renewals(user, one),
        ],
        tables=[
            _terms(user, terms),
            _copies(one, moves, dates),
            _moves_of_house(user, one),
            *stays_of(user, one, on=dates.on),
            *_pauses(one),
            _hand_overs(user, one),
            *quotes_of(user, one),
            _declarations(user, one),
            acts_on(user, [f"subscription:{one.pk}"]),
        ],
        acts=[
            *acts_for(user, (Right.ADDRESS, _("Correct the address"), "desk_act_address", one.recipient_id)),
            *acts_for(user, (Right.ADDRESS, _("Give a temporary address"), "desk_act_stay", one.recipient_id)),
            *pause_acts(user, dates, one),
            *(
                acts_for(user, (Right.QUOTES, _("Make a quote"), "desk_act_quote", one.pk))
                if one.state in PROLONGABLE
                else []
            ),
            *(
                acts_for(
                    user,
                    (Right.HAND_OVER, _("Another recipient"), "desk_act_recipient", one.pk),
                    (Right.HAND_OVER, _("Another payer"), "desk_act_payer", one.pk),
                )
                if one.state in LIVING
                else []
            ),
            *(acts_for(user, (Right.STOP, _("End it today"), "desk_act_end", one.pk)) if one.state in LIVING else []),
            *(
                acts_for(user, (Right.HAND_OVER, _("Forget the recipient"), "desk_act_forget", one.pk))
                if one.is_gift
                else []
            ),
            *(
                found
                for term in terms
                if term.payment_id
                for found in acts_for(
                    user,
                    (
                        Right.REFUND_PART,
                        _("Refund part of term %(number)s") % {"number": term.number},
                        "desk_act_refund_part",
                        term.pk,
                    ),
                )
            ),
        ],
    )
    return show(request, detail)


def _gift_facts(gift: Gift | None) -> list[Fact]:
    """That it is a gift, whom its recipient is told by and when, and the code of its card."""
    if gift is None:
        return []
    said = words.said(words.GIFT, gift.state)
    told = short_day(gift.announce_on) if gift.announce_on else _("by the giver")
    facts = [
        Fact(_("Gift"), said["word"], "#cadeau", chip=said["tone"]),
        Fact(_("To be told"), told),
        Fact(_("Code of the card"), gift.code),
        Fact(_("Signed"), gift.giver_name),
    ]
    carried = CarriedTerm.objects.filter(sold__subscription=gift.subscription_id).select_related("served__subscription")
    return facts + [
        Fact(
            _("Goes on in"),
            str(row.served.subscription),
            reverse("desk_subscription", args=[row.served.subscription_id]),
        )
        for row in carried
    ]


def _gift_story(user: Any, gift: Gift | None) -> list[Why]:
    """How far the gift has come."""
    if gift is None:
        return []
    return [why(user, gift.events.all(), words.GIFT, title=_("What became of the gift"), anchor="cadeau")]


def _dates(dates: SubscriptionDates) -> list[Fact]:
    """What comes next, what is left, until when: from the calculator that the reader's own page asks."""
    first, following, renewal = dates.first_issue, dates.next_issue, dates.renewal
    facts = [
        Fact(_("First issue"), issue_number(first.printed) if first else ""),
        Fact(_("Next issue"), _issue(following) if following else ""),
        Fact(_("Copies left"), dates.copies_left),
        Fact(_("Until"), short_day(dates.ends_on)),
    ]
    if dates.paused:
        numbers = ", ".join(issue_number(issue.printed) for issue in dates.paused)
        facts.append(Fact(_("Put off"), numbers, "#exemplaires", chip=words.WAIT))
        facts.append(Fact(_("Last issue"), issue_number(dates.last_printed) if dates.last_printed else ""))
    if dates.withdrawal_open:
        until = short_day(dates.withdraw_until) or _("fourteen days from the first issue")
        facts.append(Fact(_("May withdraw until"), until))
    if renewal is not None:
        said = {"day": short_day(renewal.on), "amount": euros(renewal.amount), "until": short_day(renewal.refuse_until)}
        told = _("on %(day)s for %(amount)s, may be refused until %(until)s") % said
        facts.append(Fact(_("Renews itself"), told))
    planned = renewal or dates.by_choice
    if planned is not None and planned.state:
        stands = words.said(words.NEXT_TERM, planned.state)
        facts.append(Fact(_("Renewal"), stands["word"], "#reconduction", chip=stands["tone"]))
    if dates.means_ends_first:
        facts.append(Fact(_("Card"), _("ends before the renewal"), chip=words.WAIT))
    return facts


def _renewals(user: Any, one: Subscription) -> list[Why]:
    """The chain of its renewals, one after the other; nothing while none was planned."""
    steps = list(RenewalEvent.objects.filter(renewal__subscription=one).order_by("pk"))
    title = _("Why the renewal stands where it stands")
    return [why(user, steps, words.NEXT_TERM, title=title, anchor="reconduction")] if steps else []


def _issue(issue: IssueDates) -> str:
    posted = short_day(issue.posted_on or issue.post_on)
    return _("%(number)s, posted about %(day)s") % {"number": issue_number(issue.printed), "day": posted}


def _terms(user: Any, terms: list[Term]) -> Table:
    return Table(
        label=_("Terms"),
        title=_("Terms"),
        columns=columns(
            "#" + _("No."),
            "#" + _("From"),
            "#" + _("To"),
            "#" + _("Copies"),
            pgettext("desk", "Order"),
            "#" + _("Amount"),
        ),
        rows=[
            (
                Cell(row.number, num=True),
                Cell(short_day(row.starts_on), num=True),
                Cell(short_day(row.ends_on), num=True),
                Cell(row.copies, num=True),
                Cell(_("its order") if row.order_id else "", link(user, "order", row.order_id)),
                Cell(euros(row.amount), num=True),
            )
            for row in terms
        ],
        empty=_("No term was opened."),
    )


def _copies(one: Subscription, moves: list[EntitlementMovement], dates: SubscriptionDates) -> Table:
    """Each copy with its receipt, as its reader is told it. Three queries."""
    copies = {move.entitlement_id: move.entitlement for move in moves}
    receipts = receipts_of([one.pk])[one.pk]
    return Table(
        label=_("Copies"),
        title=_("Copies"),
        columns=columns(
            "#" + _("Term"),
            "#" + _("Rank"),
            _("Issue"),
            "#" + _("Posted"),
            _("Status"),
            _("Receipt"),
            "#" + _("Value excl. VAT"),
        ),
        rows=[
            (
                Cell(copy.term.number, num=True),
                Cell(copy.rank, num=True),
                Cell(words.issue_of(copy.issue, copy.state)),
                Cell(short_day(copy.issue.posted_on or copy.issue.post_on) if copy.issue else "", num=True),
                chip(words.said(words.COPY, copy.state), "#exemplaires"),
                Cell(receipt_words(receipts[copy.term.number, copy.rank], on=dates.on)),
                Cell(euros(copy.value_ht), num=True),
            )
            for copy in sorted(copies.values(), key=lambda copy: (copy.term.number, copy.rank))
        ],
        total=[
            Cell(_("Total")),
            *[Cell("")] * 4,
            Cell(left_words(dates.copies_left)),
            Cell(euros(sum(copy.value_ht for copy in copies.values())), num=True),
        ],
    )


def _movements(moves: list[EntitlementMovement]) -> Why:
    names = words.names_of_staff(move.actor for move in moves)
    return Why(
        _("What happened to each copy"),
        [
            Step(
                at=move.at,
                from_word=_("copy %(rank)s, %(issue)s")
                % {"rank": move.entitlement.rank, "issue": issue_number(move.issue.printed) if move.issue else "—"},
                to_word=words.said(words.MOVEMENT, move.kind)["word"],
                tone=words.said(words.MOVEMENT, move.kind)["tone"],
                who=words.who(move.actor, names),
                why=reason(move.reason),
            )
            for move in moves
        ],
        "exemplaires",
    )


def _moves_of_house(user: Any, one: Subscription) -> Table:
    rows = list(
        AddressChange.objects.filter(recipient=one.recipient_id)
        .select_related("old", "new", "first_issue")
        .order_by("-pk")
    )
    names = words.names_of_staff(row.actor for row in rows)
    return Table(
        label=_("Changes of address"),
        title=_("Changes of address"),
        columns=columns("#" + _("When"), _("From"), _("To"), _("Reaches"), _("Who"), _("Why")),
        rows=[
            (
                Cell(stamp(row.at), num=True),
                Cell(", ".join(row.old.lines)),
                Cell(", ".join(row.new.lines)),
                Cell(issue_number(row.first_issue.printed) if row.first_issue else _("the next issue planned")),
                Cell(words.who(row.actor, names)),
                Cell(reason(row.reason)),
            )
            for row in rows
        ],
        empty=_("The address never changed."),
    )


def pause_acts(user: Any, dates: SubscriptionDates, one: Subscription) -> list[ActLink]:
    """Put issues off, or have them sent after all, where there may be any."""
    found = []
    if one.state == Subscription.State.ACTIVE and dates.next_issue is not None:
        found += acts_for(user, (Right.PAUSE, _("Put issues off"), "desk_act_pause", one.pk))
    if dates.paused:
        found += acts_for(user, (Right.PAUSE, _("End the pause"), "desk_act_resume", one.pk))
    return found


def _pauses(one: Subscription) -> list[Table]:
    """The issues that the reader did not want; nothing where there was none."""
    rows = list(Pause.objects.filter(term__subscription=one).select_related("issue", "term").order_by("-pk"))
    names = words.names_of_staff(row.actor for row in rows)
    table = Table(
        label=_("Pauses"),
        title=_("Pauses"),
        columns=columns("#" + _("Asked for"), _("Issue"), "#" + _("Term"), _("Status"), _("Who"), _("Why")),
        rows=[
            (
                Cell(stamp(row.at), num=True),
                Cell(issue_number(row.issue.printed)),
                Cell(row.term.number, num=True),
                chip(words.said(words.PAUSE, row.state), "#exemplaires"),
                Cell(words.who(row.actor, names)),
                Cell(reason(row.reason)),
            )
            for row in rows
        ],
    )
    return [table] if rows else []


def _hand_overs(user: Any, one: Subscription) -> Table:
    rows = list(
        HandOver.objects.filter(subscription=one)
        .select_related("old_recipient", "new_recipient", "old_payer", "new_payer", "first_issue")
        .order_by("-pk")
    )
    names = words.names_of_staff(row.actor for row in rows)
    return Table(
        label=_("Recipients and payers"),
        title=_("Recipients and payers"),
        columns=columns("#" + _("When"), _("What"), _("From"), _("To"), _("Reaches"), _("Who"), _("Why")),
        rows=[
            (
                Cell(stamp(row.at), num=True),
                Cell(_("Recipient") if row.new_recipient else _("Payer")),
                Cell(row.old_recipient.name if row.old_recipient else name_of(row.old_payer)),
                Cell(
                    row.new_recipient.name if row.new_recipient else name_of(row.new_payer),
                    link(user, "customer", row.new_payer_id),
                ),
                Cell(issue_number(row.first_issue.printed) if row.first_issue else ""),
                Cell(words.who(row.actor, names)),
                Cell(reason(row.reason)),
            )
            for row in rows
        ],
        empty=_("Recipient and payer never changed."),
    )


def _declarations(user: Any, one: Subscription) -> Table:
    """Withdrawals and terminations of it. One query."""
    return Table(
        label=_("Declarations"),
        title=_("Declarations"),
        columns=columns(_("Reference"), "#" + _("Received"), _("Kind"), _("Status"), _("What it does")),
        rows=[
            (
                Cell(row.reference, link(user, "declaration", row.pk), mono=True),
                Cell(stamp(row.received_at), num=True),
                Cell(words.DECLARATION_KIND[row.kind]),
                chip(words.said(words.DECLARATION, row.state)),
                Cell(words.said(words.DECLARATION_EFFECT, row.effect)["word"]),
            )
            for row in one.declarations.order_by("-pk")
        ],
        empty=_("Nobody has asked to stop it."),
    )
