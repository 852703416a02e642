"""Where one copy of one issue goes: to the temporary address that holds on the day of posting, else home (law.md 7.5).

The rule, once: a temporary address holds for an issue if `from_on <= post_on < until`, `post_on` being the day for which the
issue is planned when its file is closed. Whatever the reader gives, or ends, afterwards reaches the next file. The database
lets no two of one recipient hold on one day (`temporary_address_one_a_day`), so that a copy has one address, and the joins
below never make two rows of one.

`address_for` is the rule on values, for pages and letters; `stay_join` with `address_key`, or `joins`, are the same in SQL, for
the closing of a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class Stay(Protocol):
    """A temporary address as far as its days go."""

    @property
    def from_on(self) -> date: ...
    @property
    def until(self) -> date: ...


S = TypeVar("S", bound=Stay)


def holds(stay: Stay, *, post_on: date) -> bool:
    """Whether an issue posted on that day goes there."""
    return stay.from_on <= post_on < stay.until


def address_for(stays: Iterable[S], *, post_on: date) -> S | None:
    """The temporary address of a recipient for an issue posted on that day; None: it goes home."""
    return next((one for one in stays if holds(one, post_on=post_on)), None)


def stay_join(*, recipient: str = "r", post_on: str = "i.post_on", stay: str = "away") -> str:
    """The join to the temporary address that holds, under the name `stay`: no row, or one. `post_on`: SQL of a date.

    Its sister is `address_key`. Names are ours, never typed.
    """
    return f"""LEFT JOIN subscriptions_temporaryaddress {stay} ON {stay}.recipient_id = {recipient}.id
        AND {stay}.from_on <= {post_on} AND {post_on} < {stay}.until"""


def address_key(*, recipient: str = "r", stay: str = "away") -> str:
    """The key of the postal address that the label carries: what a dispatch freezes, for an address row is never corrected."""
    return f"COALESCE({stay}.address_id, {recipient}.address_id)"


def joins(*, recipient: str = "r", post_on: str = "i.post_on", address: str = "a", stay: str = "away") -> str:
    """Both joins: afterwards `{address}` is the postal address of each copy, `{stay}.id` the temporary one (null: home).

    `recipient` names a row of `subscriptions_recipient` that the statement has already. One row stays one row::

        SELECT e.id, a.lines
        FROM subscriptions_entitlement e
        JOIN subscriptions_issue i ON i.id = e.issue_id
        JOIN subscriptions_term t ON t.id = e.term_id
        JOIN subscriptions_subscription s ON s.id = t.subscription_id
        JOIN subscriptions_recipient r ON r.id = s.recipient_id
        {joins()}
        WHERE e.issue_id = %s AND e.state = 'owed'
    """
    return f"""
    {stay_join(recipient=recipient, post_on=post_on, stay=stay)}
    JOIN subscriptions_postaladdress {address} ON {address}.id = {address_key(recipient=recipient, stay=stay)}
    """
