"""Deadlines of disputes: on finance's desk at once (`payments.disputing`), again a week before, two days before, and once missed.

Each step is a matter of its own, in place of the one before: what comes near is seen to come near.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from payments.actors import Actor
from payments.answering.standing import AWAITING, last_day
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.models import DeskItem, Dispute
from payments.money import french


@dataclass(frozen=True, slots=True)
class Step:
    """`days`: how many are left at most, on this day, for it to be said."""

    kind: str
    days: int
    sentence: str


#: The most pressing first; a deadline stands where the first of them says.
STEPS = (
    Step("dispute_missed", -1, "aucune réponse n’est partie avant l’échéance : la banque décidera sans nous."),
    Step("dispute_urgent", 2, "URGENT, réponse à donner avant le {day} ({left}) ; sans réponse, elle est perdue."),
    Step("dispute_due", 7, "réponse à donner avant le {day} ({left})."),
)
KINDS = tuple(step.kind for step in STEPS)
LEFT = {0: "aujourd’hui", 1: "demain"}


def step_of(dispute: Dispute, *, on: date, at: datetime) -> Step | None:
    """How pressing the answer is; None while there is time, or where no answer is taken. Pure."""
    day = last_day(dispute)
    if day is None or dispute.respond_by is None:
        return None
    left = -1 if dispute.respond_by <= at else (day - on).days
    return next((step for step in STEPS if left <= step.days), None)


def watch(*, on: date, at: datetime, actor: Actor) -> int:
    """Say again what comes near, and take back what was answered or decided; returns how many matters stand. `on` is the
    Paris day of `at`. Safe to repeat; four statements, whatever their number.
    """
    open_ = Dispute.objects.filter(state=Dispute.State.OPEN, status__in=AWAITING, respond_by__isnull=False)
    said: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    for dispute in open_.select_related("payment", "owner").order_by("pk"):
        if (step := step_of(dispute, on=on, at=at)) is not None:
            said[step.kind][f"dispute:{dispute.pk}"] = _sentence(dispute, step, on=on)
    for kind in KINDS:
        standing = DeskItem.objects.filter(kind=kind, closed_at=None).values_list("subject", flat=True)
        over = [subject for subject in standing if subject not in said[kind]]
        if over:
            because = "answered, decided, or nearer by now"
            take_all_off_desk(kind=kind, subjects=over, because=because, actor=actor, at=at)
        if said[kind]:
            put_all_on_desk(DeskItem.Desk.FINANCE, kind=kind, sentences=said[kind], at=at)
    return sum(map(len, said.values()))


def _sentence(dispute: Dispute, step: Step, *, on: date) -> str:
    day = last_day(dispute) or on
    left = (day - on).days
    words = step.sentence.format(day=f"{day:%d/%m/%Y}", left=LEFT.get(left, f"dans {left} jours"))
    owner = "" if dispute.owner_id else " Personne ne s’en occupe encore."
    return f"Contestation de {dispute.payment.reference}, {french(dispute.amount)} : {words}{owner}"
