"""Incidents: many claims of one issue in one department are one matter, decided once by fulfilment, carried out in batches.

From the claim on that makes them many, claims of that issue and department wait under it, those too that were approved and
not sent yet; their readers are told that many are concerned.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from payments.actors import Actor
from payments.desk import put_on_desk, record_act, take_off_desk
from payments.models import DeskItem
from subscriptions.losses import moving
from subscriptions.losses.rules import is_incident, rule_in_force
from subscriptions.losses.telling import tell
from subscriptions.models import Claim, ClaimIncident, Dispatch, Issue, PostalAddress

State, Incident = Claim.State, ClaimIncident.State
#: What stands on fulfilment's desk: once, however many claim.
KIND = "claim_incident"
#: Claims that an incident takes under it: nothing of them has left yet.
GATHERED = (State.RECEIVED, State.ASKED, State.APPROVED)
BEYOND_THE_SEA = ("97", "98")


def department_of(address: PostalAddress) -> str:
    """The department of an address, as its postcode says it; abroad the country."""
    if address.country not in ("FR", "MC"):
        return address.country
    return address.postcode[:3] if address.postcode.startswith(BEYOND_THE_SEA) else address.postcode[:2]


def incident_of(issue_id: int, department: str) -> ClaimIncident | None:
    """The incident of an issue in a department. One query."""
    return ClaimIncident.objects.filter(issue=issue_id, department=department).first()


def gather(issue: Issue, department: str, *, actor: Actor, at: datetime) -> ClaimIncident | None:
    """Begin the incident of a locked issue in a department if its claims are many by now; None if they are not, or it has begun.

    Side effects: the incident, its claims under it with a letter each, one matter on fulfilment's desk.
    """
    if incident_of(issue.pk, department) is not None:
        return None
    rule = rule_in_force()
    counted = Claim.objects.filter(
        issue=issue, department=department, at__gt=at - timedelta(days=rule.incident_days)
    ).exclude(reason=Claim.Reason.CAME_BACK)
    claims = counted.count()
    if claims < rule.incident_least or not is_incident(claims=claims, lines=_lines(issue, department), rule=rule):
        return None
    one = ClaimIncident(issue=issue, department=department, state_since=at, at=at)
    moving.begin_incident(one, actor=actor, at=at, reason=f"{claims} claims")
    _take_under(one, actor=actor, at=at)
    _put_before_fulfilment(one, claims=claims, at=at)
    return one


def _take_under(one: ClaimIncident, *, actor: Actor, at: datetime) -> None:
    rows = list(
        Claim.objects.select_for_update(no_key=True, of=("self",))
        .select_related("subscription__recipient__customer", "subscription__payer", "subscription__holder")
        .filter(issue=one.issue, department=one.department, state__in=GATHERED, round=1)
        .exclude(reason=Claim.Reason.CAME_BACK)
        .order_by("pk")
    )
    for row in rows:
        row.incident = one
    for row in moving.move(rows, State.WAITING, actor=actor, at=at, reason="many are concerned", also=("incident",)):
        tell(row.subscription, "claim_waiting", f"claim:{row.pk}", {"claim_id": row.pk}, at=at)


def _put_before_fulfilment(one: ClaimIncident, *, claims: int, at: datetime) -> None:
    put_on_desk(
        DeskItem.Desk.FULFILMENT,
        kind=KIND,
        subject=f"incident:{one.pk}",
        sentence=f"{claims} réclamations du n° {one.issue.number} dans le département {one.department} : "
        "à décider une fois pour toutes.",
        at=at,
    )


def _lines(issue: Issue, department: str) -> int:
    """Lines of the issue that went there, but for those sent again."""
    lines = Dispatch.objects.filter(issue=issue).exclude(kind=Dispatch.Kind.CLAIM)
    if department.isdigit():
        lines = lines.filter(address__country__in=("FR", "MC"), address__postcode__startswith=department)
    else:
        lines = lines.filter(address__country=department)
    return lines.count()


@transaction.atomic
def decide_incident(
    incident_id: int, target: str, *, actor: Actor, at: datetime, reason: str, wait_until: date | None = None
) -> ClaimIncident:
    """Fulfilment decides for all: RESENDING, EXTENDING, or WAITING until a day. The sweep carries it out.

    Raises NoSuchStep if it was decided before.
    """
    one = ClaimIncident.objects.select_for_update(no_key=True, of=("self",)).select_related("issue").get(pk=incident_id)
    moving.move_incident(one, target, actor=actor, at=at, reason=reason, wait_until=wait_until)
    record_act(
        "decided an incident", subject=f"incident:{one.pk}", actor=actor, at=at, reason=reason,
        facts={"decided": target, "issue": one.issue.number, "department": one.department},
    )  # fmt: skip
    take_off_desk(kind=KIND, subject=f"incident:{one.pk}", because=reason, actor=actor, at=at)
    return one


@transaction.atomic
def wake(*, on: date, actor: Actor, at: datetime) -> int:
    """Incidents that were to wait until a day that has come stand before fulfilment again; returns how many."""
    due = ClaimIncident.objects.filter(state=Incident.WAITING, wait_until__lte=on).select_related("issue")
    rows = list(due.select_for_update(no_key=True, skip_locked=True, of=("self",)).order_by("pk"))
    for one in rows:
        moving.move_incident(one, Incident.OPEN, actor=actor, at=at, reason="the day has come")
        _put_before_fulfilment(one, claims=one.claims.filter(state=State.WAITING).count(), at=at)
    return len(rows)
