"""Answers: row, commit, call; what Stripe does not answer is looked up before anything is asked again (design, rules 2, 3).

Evidence is submitted once: the bank gets it, and nothing is added later. The file goes first, and harms nothing if it is
handed over twice; only the submission is final.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from payments import disputing, gateway
from payments.actors import Actor
from payments.answering.deadlines import KINDS
from payments.answering.limits import FILE
from payments.answering.moving import begin, move
from payments.answering.packaging import locked, source_of
from payments.answering.standing import phase_of, why_not
from payments.desk import put_on_desk, record_act, take_off_desk
from payments.documents import read
from payments.gateway import DisputeSeen
from payments.keys import new_key, new_reference
from payments.models import DeskItem, DisputeAnswer, DisputePackage

log = structlog.get_logger(__name__)
State, Kind = DisputeAnswer.State, DisputeAnswer.Kind
REFUSED = "dispute_answer_refused"


class CannotAnswer(ValidationError):
    """No answer can be given; the message is a sentence for staff."""


def answer(package: DisputePackage, *, reason: str, actor: Actor, at: datetime) -> DisputeAnswer:
    """Write down that this package is to be submitted; `send` after the commit, or the sweep, does it. Raises CannotAnswer."""
    return _write(package.dispute_id, Kind.EVIDENCE, package, reason=reason, actor=actor, at=at)


def accept(dispute_id: int, *, reason: str, actor: Actor, at: datetime) -> DisputeAnswer:
    """Write down that the holder is right: the dispute is to be closed as lost. Raises CannotAnswer."""
    return _write(dispute_id, Kind.ACCEPT, None, reason=reason, actor=actor, at=at)


@transaction.atomic
def _write(
    dispute_id: int, kind: str, package: DisputePackage | None, *, reason: str, actor: Actor, at: datetime
) -> DisputeAnswer:
    dispute = locked(dispute_id)
    if because := why_not(dispute, at=at):
        raise CannotAnswer(because)
    made = DisputeAnswer.objects.create(
        reference=new_reference("REP"),
        dispute=dispute,
        phase=phase_of(dispute),
        kind=kind,
        package=package,
        idempotency_key=new_key(),
        file_key=new_key(),
        actor=str(actor),
        reason=reason[:300],
        created_at=at,
        state_since=at,
    )
    begin(made, actor=actor, at=at)
    facts = {"answer": made.reference} | ({"sha256": package.document_id} if package else {})
    verb = "contested a dispute" if package else "accepted a dispute"
    record_act(verb, subject=f"dispute:{dispute.pk}", actor=actor, at=at, reason=reason, facts=facts)
    return made


def send(answer_id: int, *, actor: Actor, at: datetime) -> DisputeAnswer:
    """Give one answer to Stripe. Network; outside a transaction; safe to repeat: a repeat looks up first.

    Raises what the gateway raises where Stripe does not answer: it is asked again by the sweep.
    """
    with transaction.atomic():
        one = DisputeAnswer.objects.select_for_update(no_key=True).get(pk=answer_id)
        first = one.state == State.CREATED and one.called_at is None
        if one.state in (State.CREATED, State.UNKNOWN):
            one.called_at = at
            one.save(update_fields=["called_at"])
    one = DisputeAnswer.objects.select_related("dispute", "package").get(pk=answer_id)
    if one.state in (State.SENT, State.FAILED):
        return one
    return _ask(one, actor=actor, at=at) if first else _look_up(one, actor=actor, at=at)


def _look_up(one: DisputeAnswer, *, actor: Actor, at: datetime) -> DisputeAnswer:
    """What became of an answer: Stripe says under whose reference it was answered. What it does not know was never carried
    out, and is asked again under the same key; not after the day, nor once the bank has decided.
    """
    seen = gateway.fetch_dispute(one.dispute.stripe_dispute)
    over = seen.status in disputing.ENDS
    if seen.answer == one.reference or (one.kind == Kind.ACCEPT and seen.status == "lost"):
        return _sent(one, seen, actor=actor, at=at)
    if over or (seen.respond_by is not None and seen.respond_by <= at):
        disputing.apply(seen, payment_id=one.dispute.payment_id, actor=actor, at=at)
        return _refused(one, "too_late", actor=actor, at=at)
    return _ask(one, actor=actor, at=at)


def _ask(one: DisputeAnswer, *, actor: Actor, at: datetime) -> DisputeAnswer:
    dispute = one.dispute
    try:
        if one.package is None:
            seen = gateway.accept_dispute(dispute.stripe_dispute, reference=one.reference, key=one.idempotency_key)
        else:
            file = one.stripe_file or _hand_over(one, one.package)
            evidence = {**source_of(one.package)["texts"], FILE: file}
            seen = gateway.submit_evidence(
                dispute.stripe_dispute, reference=one.reference, evidence=evidence, key=one.idempotency_key
            )
    except gateway.Unknown:
        move(one.pk, State.UNKNOWN, reason="Stripe did not answer", actor=actor, at=at)
    except gateway.Refused as refused:
        return _refused(one, refused.code or "refused", actor=actor, at=at)
    else:
        return _sent(one, seen, actor=actor, at=at)
    one.refresh_from_db()
    return one


def _hand_over(one: DisputeAnswer, package: DisputePackage) -> str:
    body = read(package.document_id)
    if body is None:
        raise CannotAnswer(_("The time for which this package was kept is over."))
    name = f"{one.dispute.stripe_dispute}-{package.number}.pdf"
    file = gateway.upload_evidence(reference=one.reference, name=name, body=body, key=one.file_key)
    DisputeAnswer.objects.filter(pk=one.pk).update(stripe_file=file)
    return file


def _sent(one: DisputeAnswer, seen: DisputeSeen, *, actor: Actor, at: datetime) -> DisputeAnswer:
    """It is given, and what follows is applied; the desk waits for no answer any more."""
    if move(one.pk, State.SENT, reason=one.kind, actor=actor, at=at):
        log.info("dispute_answered", answer=one.reference, kind=one.kind)
        for kind in (*KINDS, REFUSED):
            take_off_desk(kind=kind, subject=f"dispute:{one.dispute_id}", because="answered", actor=actor, at=at)
    disputing.apply(seen, payment_id=one.dispute.payment_id, actor=actor, at=at)
    one.refresh_from_db()
    return one


def _refused(one: DisputeAnswer, code: str, *, actor: Actor, at: datetime) -> DisputeAnswer:
    if move(one.pk, State.FAILED, reason=code, actor=actor, at=at):
        put_on_desk(
            DeskItem.Desk.FINANCE,
            kind=REFUSED,
            subject=f"dispute:{one.dispute_id}",
            sentence=f"La réponse {one.reference} à la contestation {one.dispute.stripe_dispute} n’est pas passée chez Stripe "
            f"({code}) : à refaire avant l’échéance.",
            at=at,
        )
    one.refresh_from_db()
    return one


def due(*, at: datetime, limit: int) -> list[int]:
    """Answers to send or to look up now: those nobody has sent, and the silent ones after five minutes."""
    rows = DisputeAnswer.objects.filter(
        Q(state=State.CREATED, called_at=None)
        | Q(state__in=(State.CREATED, State.UNKNOWN), called_at__lte=at - timedelta(minutes=5))
    )
    return list(rows.order_by(F("called_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:limit])
