"""Who did it: every change carries an actor and a reason from its first row (design, rule 15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a job, Stripe or an import; written as `kind:name` wherever a change is recorded."""

    kind: str
    name: str

    def __post_init__(self) -> None:
        if self.kind not in {"reader", "staff", "job", "stripe", "import", "system"}:
            raise ValueError(f"unknown kind of actor: {self.kind}")

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


def reader(customer: Any) -> Actor:
    """A customer acting for themself; an anonymous buyer is `reader:anonymous`."""
    key = getattr(customer, "pk", None)
    return Actor("reader", str(key) if key else "anonymous")


def staff(user: Any) -> Actor:
    """A member of staff, by primary key (names change, keys do not)."""
    return Actor("staff", str(user.pk))


def job(name: str) -> Actor:
    """A periodic job, by its name in the timetable."""
    return Actor("job", name)


def stripe_event(event_id: str) -> Actor:
    """Stripe, through the event that brought the news."""
    return Actor("stripe", event_id)
