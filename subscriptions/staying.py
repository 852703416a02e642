"""Staying elsewhere: an address that holds from a day to a day, and gives way to the other by itself (law.md 7.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import TypedAddress
from subscriptions.calendar import is_open
from subscriptions.fulfilment.addressed import address_for
from subscriptions.models import Entitlement, Issue, Recipient, TemporaryAddress, TemporaryAddressEnd
from subscriptions.moving import COMING
from subscriptions.moving_house import tell_reader
from subscriptions.offers.catalogue import dates_of
from subscriptions.places import address_row

_DAY = timedelta(days=1)
#: Nobody plans to be away further ahead, or for longer, than two years: what is, is a new address.
LONGEST = timedelta(days=731)


class CannotStay(ValidationError):
    """The address cannot hold in these days; the message is a sentence for the reader. `code` names the field."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The coming issues of a recipient, by where they go in these days.

    `there`: issues that go to the temporary address. `sealed`: those posted in these days whose file is closed already:
    they go where they were going.
    """

    there: tuple[Issue, ...]
    sealed: tuple[Issue, ...]


def reached(recipient: Recipient, *, from_on: date, to_on: date, on: date) -> Reached:
    """Which issues an address of these days reaches, given on day `on`. One query.

    Of a recipient who is owed nothing by a planned issue, no issue is named: what is planned later may still go there.
    """
    coming = list(
        Issue.objects.filter(
            entitlements__term__subscription__recipient=recipient, entitlements__state__in=COMING, posted_on=None
        )
        .distinct()
        .order_by("number")
    )
    within = [issue for issue in coming if from_on <= issue.post_on <= to_on]
    reaches = [issue for issue in within if is_open(dates_of(issue), on=on)]
    return Reached(tuple(reaches), tuple(issue for issue in within if issue not in reaches))


def held_in(recipient: Recipient, *, on: date) -> list[TemporaryAddress]:
    """The temporary addresses of a recipient that hold on day `on` or later, the next first. One query.

    One that was ended before it began holds on no day.
    """
    rows = TemporaryAddress.objects.filter(recipient=recipient, until__gt=on).exclude(until=F("from_on"))
    return list(rows.select_related("address").order_by("from_on"))


def issues_of(stays: Iterable[TemporaryAddress], recipient: Recipient, *, on: date) -> dict[int, list[Issue]]:
    """The issues that go to each, by its key: those that are owed, planned, and in no closed file. One query."""
    known = list(stays)
    found: dict[int, list[Issue]] = {one.pk: [] for one in known}
    coming = Issue.objects.filter(
        pk__in=Entitlement.objects.filter(
            term__subscription__recipient=recipient, state__in=COMING, issue__posted_on=None
        ).values("issue")
    )
    for issue in coming.order_by("number"):
        one = address_for(known, post_on=issue.post_on)
        if one is not None and is_open(dates_of(issue), on=on):
            found[one.pk].append(issue)
    return found


def check_stay(
    recipient: Recipient, *, from_on: date, to_on: date, on: date, lines: Sequence[str] = ()
) -> TemporaryAddress | None:
    """Whether an address may hold in these days; the one that is there if it is the same (`lines`). One query.

    Raises CannotStay with a sentence.
    """
    if to_on < from_on:
        raise CannotStay(_("The last day comes before the first one."), code="to_on")
    if to_on < on:
        raise CannotStay(_("The last day has passed."), code="to_on")
    if to_on > on + LONGEST:
        raise CannotStay(_("It ends more than two years from now. Give it as your new address instead."), code="to_on")
    for other in held_in(recipient, on=on):
        if (other.from_on, other.until, other.address.lines) == (from_on, to_on + _DAY, list(lines)):
            return other
        if other.from_on <= to_on and from_on < other.until:
            raise CannotStay(
                _(
                    "Another temporary address holds from %(first)s to %(last)s. End that one first, or choose other days."
                )
                % {"first": f"{other.from_on:%d/%m/%Y}", "last": f"{other.until - _DAY:%d/%m/%Y}"},
                code="from_on",
            )
    return None


@transaction.atomic
def stay(
    recipient: Recipient,
    typed: TypedAddress,
    label: PostalLabel,
    *,
    from_on: date,
    to_on: date,
    actor: Actor,
    reason: str,
    at: datetime,
) -> TemporaryAddress | None:
    """Give a recipient an address for a while: a row, an act, and a letter that says which issues go there.

    `typed` and `label` come from `addresses.check`. The same address for the same days again is the one that is there, and
    returns None. Raises CannotStay with a sentence where another one holds; the database refuses it besides.
    """
    locked = Recipient.objects.select_for_update(no_key=True).get(pk=recipient.pk)
    on = paris_day(at)
    if check_stay(locked, from_on=from_on, to_on=to_on, on=on, lines=label.printed_lines) is not None:
        return None
    address = address_row(typed, label, at=at)
    address.save()
    given = TemporaryAddress.objects.create(
        recipient=locked,
        address=address,
        from_on=from_on,
        to_on=to_on,
        until=to_on + _DAY,
        actor=str(actor),
        reason=reason[:300],
        at=at,
    )
    record_act(
        "gave a temporary address",
        subject=f"recipient:{locked.pk}",
        actor=actor,
        at=at,
        reason=reason,
        facts={"temporary": given.pk, "from_on": from_on.isoformat(), "to_on": to_on.isoformat()},
    )
    _tell(given, kind="temporary_address", at=at)
    return given


@transaction.atomic
def end_stay(temporary: TemporaryAddress, *, actor: Actor, reason: str, at: datetime) -> TemporaryAddressEnd | None:
    """End a temporary address today: what is posted from today on goes home. None if it is over already.

    Side effects: a dated row, its end brought forward, an act, a letter.
    """
    on = paris_day(at)
    Recipient.objects.select_for_update(no_key=True).get(pk=temporary.recipient_id)
    locked = TemporaryAddress.objects.get(pk=temporary.pk)
    if locked.until <= on or TemporaryAddressEnd.objects.filter(temporary=locked).exists():
        return None
    until = max(on, locked.from_on)
    end = TemporaryAddressEnd.objects.create(
        temporary=locked, until=until, actor=str(actor), reason=reason[:300], at=at
    )
    locked.until = until
    locked.save(update_fields=["until"])
    record_act(
        "ended a temporary address",
        subject=f"recipient:{locked.recipient_id}",
        actor=actor,
        at=at,
        reason=reason,
        facts={"temporary": locked.pk, "until": until.isoformat()},
    )
    _tell(locked, kind="temporary_address_ended", at=at)
    temporary.until = until
    return end


def addresses_of(recipients: Sequence[Recipient] | Sequence[int]) -> list[int]:
    """Keys of every address that these recipients gave for a while, over or not. One query."""
    rows = TemporaryAddress.objects.filter(recipient__in=recipients)
    return list(rows.values_list("address", flat=True))


def _tell(given: TemporaryAddress, *, kind: str, at: datetime) -> None:
    tell_reader(given.recipient, kind=kind, matter=f"{kind}:{given.pk}", facts={"temporary_id": given.pk}, at=at)
